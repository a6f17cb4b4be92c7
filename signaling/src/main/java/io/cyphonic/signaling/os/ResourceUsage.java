package io.cyphonic.signaling.os;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What the kernel has counted of this process: getrusage(2).
 *
 * @param peakResidentBytes the most memory that was ever resident
 * @param voluntarySwitches times a thread gave the processor up to wait
 * @param involuntarySwitches times a thread was preempted
 */
public record ResourceUsage(
        long peakResidentBytes, long voluntarySwitches, long involuntarySwitches) {
    private static final int RUSAGE_SELF = 0;

    // struct rusage where long has 64 bits: two timevals, then fourteen longs.
    private static final int LENGTH = 144;
    private static final int MAXRSS_OFFSET = 32;
    private static final int NVCSW_OFFSET = 128;
    private static final int NIVCSW_OFFSET = 136;

    /** The counts of all threads of this process, those that have ended included. */
    public static ResourceUsage ofThisProcess() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment usage = arena.allocate(LENGTH, Long.BYTES);
            if (LibC.getResourceUsage(RUSAGE_SELF, usage) != 0) {
                throw new IllegalStateException("getrusage failed");
            }
            return new ResourceUsage(
                    usage.get(JAVA_LONG, MAXRSS_OFFSET) * 1024,
                    usage.get(JAVA_LONG, NVCSW_OFFSET),
                    usage.get(JAVA_LONG, NIVCSW_OFFSET));
        }
    }

    /** Threads of this process as the kernel counts them. */
    public static int threads() {
        try {
            return Files.readAllLines(Path.of("/proc/self/status")).stream()
                    .filter(line -> line.startsWith("Threads:"))
                    .mapToInt(line -> Integer.parseInt(line.substring(8).strip()))
                    .findFirst()
                    .orElse(0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
