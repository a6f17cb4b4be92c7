package io.cyphonic.signaling.cli;

import io.cyphonic.signaling.admin.AdministrationException;
import io.cyphonic.signaling.config.ConfigException;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;

/** Turns a failure into the one line that an operator reads. */
final class ErrorText {
    private ErrorText() {}

    static String of(Throwable failure) {
        return oneLine(
                switch (failure) {
                    case AdministrationException e -> e.getMessage();
                    case ConfigException e -> e.getMessage();
                    case NoSuchFileException e -> e.getFile() + ": no such file or directory";
                    case AccessDeniedException e -> e.getFile() + ": no permission";
                    case FileSystemException e when e.getReason() != null ->
                            e.getFile() + ": " + e.getReason();
                    case IOException e when e.getMessage() != null -> e.getMessage();
                    default ->
                            "internal error: %s (run again with --verbose for details)"
                                    .formatted(failure);
                });
    }

    private static String oneLine(String text) {
        return text.strip().replaceAll("\\s*\\R\\s*", "; ");
    }
}
