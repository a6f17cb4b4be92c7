package io.cyphonic.signaling.cluster;

import java.io.IOException;
import java.nio.file.Path;

/** Another process (or this one) has the registry of this directory open. */
public final class DirectoryInUseException extends IOException {
    private static final long serialVersionUID = 1L;

    DirectoryInUseException(Path directory) {
        super(directory + " is in use by a running cloud");
    }
}
