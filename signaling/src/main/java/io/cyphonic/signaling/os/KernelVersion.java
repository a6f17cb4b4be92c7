package io.cyphonic.signaling.os;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The version of the running kernel. Only for features that cannot be probed; it says nothing about
 * patches of a distribution.
 *
 * @param major for example 6 in 6.1.0-18-amd64
 * @param minor for example 1 in 6.1.0-18-amd64
 * @param release the whole text; empty if unknown
 */
public record KernelVersion(int major, int minor, String release) {
    private static final Pattern NUMBERS = Pattern.compile("(\\d{1,4})\\.(\\d{1,4}).*");
    private static final Path SOURCE = Path.of("/proc/sys/kernel/osrelease");

    /** The running kernel; version 0.0 if it cannot be found out. */
    public static KernelVersion current() {
        try {
            return parse(Files.readString(SOURCE).strip());
        } catch (IOException _) {
            return parse("");
        }
    }

    static KernelVersion parse(String release) {
        Matcher numbers = NUMBERS.matcher(release);
        return numbers.matches()
                ? new KernelVersion(
                        Integer.parseInt(numbers.group(1)),
                        Integer.parseInt(numbers.group(2)),
                        release)
                : new KernelVersion(0, 0, release);
    }

    /** Whether this kernel is of that version or newer. */
    public boolean isAtLeast(int wantedMajor, int wantedMinor) {
        return major > wantedMajor || major == wantedMajor && minor >= wantedMinor;
    }
}
