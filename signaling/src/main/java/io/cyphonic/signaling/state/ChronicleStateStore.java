package io.cyphonic.signaling.state;

import net.openhft.chronicle.hash.serialization.impl.ByteArraySizedReader;
import net.openhft.chronicle.map.ChronicleMap;
import net.openhft.chronicle.map.ChronicleMapBuilder;
import net.openhft.posix.internal.PosixAPIHolder;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * State tables as Chronicle Maps outside the heap. Nothing is written to disk: a table lives as
 * long as its process, and what must survive lives elsewhere (the cluster log, the key files).
 *
 * <p>Keys and records are plain byte arrays of one length: no class is generated or compiled at run
 * time. Making the first table loads Chronicle, about half a second; every further one takes
 * milliseconds.
 *
 * <p>Closing overwrites every record before the memory is released.
 */
public final class ChronicleStateStore implements StateStore {
    /** Most entries a table can be asked to hold. */
    public static final int MAX_ENTRIES = 1 << 22;

    /** Longest key or record in bytes. */
    public static final int MAX_LENGTH = 1 << 16;

    private static final int ENTRIES_PER_SEGMENT = 256;
    private static final int MAX_SEGMENTS = 8;

    // A hash spreads entries unevenly: a segment may grow to this many times its share. The bound
    // on the whole table is kept by ChronicleTable.
    private static final double MAX_BLOAT_FACTOR = 4.0;

    static {
        // Chronicle reads this once, when its classes load. Its analytics jar is excluded from the
        // build too; this also holds where somebody puts it on the class path again.
        System.setProperty("chronicle.analytics.disable", "true");
        System.setProperty("chronicle.announcer.disable", "true");
        System.setProperty("disable.resource.tracing", "true");
        // Tables in files alone need system calls; the library for them, which generates its
        // classes when it is loaded, takes a tenth of a second of every start.
        PosixAPIHolder.useNoOpPosixApi();
        // It reports, at start, where its jars are and that it found no native CPU pinning.
        final String logLevel = "org.slf4j.simpleLogger.log.net.openhft";
        if (System.getProperty(logLevel) == null) {
            System.setProperty(logLevel, "error");
        }
    }

    private final Map<String, ChronicleTable> tables = new LinkedHashMap<>();
    private final CallerThreads callers = new CallerThreads();
    private boolean closed;

    /** Makes an empty store; memory is taken when tables are made. */
    public ChronicleStateStore() {}

    @Override
    public synchronized StateTable createTable(
            String name, int keyLength, int recordLength, int maxEntries) {
        if (closed) {
            throw new IllegalStateException("state store is closed");
        }
        requireInRange(name, "key length", keyLength, 1, MAX_LENGTH);
        requireInRange(name, "record length", recordLength, Long.BYTES, MAX_LENGTH);
        requireInRange(name, "max entries", maxEntries, 1, MAX_ENTRIES);
        if (tables.containsKey(name)) {
            throw new IllegalArgumentException("state table " + name + " exists already");
        }
        final ChronicleMap<byte[], byte[]> map = newMap(name, keyLength, recordLength, maxEntries);
        final ChronicleTable table =
                new ChronicleTable(map, callers, keyLength, recordLength, maxEntries);
        tables.put(name, table);
        return table;
    }

    static ChronicleMap<byte[], byte[]> newMap(
            String name, int keyLength, int recordLength, int maxEntries) {
        final ByteArraySizedReader reader = ByteArraySizedReader.INSTANCE;
        return ChronicleMapBuilder.of(byte[].class, byte[].class)
                .name(name)
                .constantKeySizeBySample(new byte[keyLength])
                .constantValueSizeBySample(new byte[recordLength])
                .keyReaderAndDataAccess(reader, new FixedBytes(keyLength))
                .valueReaderAndDataAccess(reader, new FixedBytes(recordLength))
                .entries(maxEntries)
                .actualSegments(segments(maxEntries))
                .maxBloatFactor(MAX_BLOAT_FACTOR)
                // The owner closes the store; a hook of its own would close it under handlers that
                // are still ending.
                .skipCloseOnExitHook(true)
                .create();
    }

    /** A power of two: enough that workers seldom meet, few enough that small tables stay small. */
    private static int segments(int maxEntries) {
        final int wanted = Math.clamp(maxEntries / ENTRIES_PER_SEGMENT, 1, MAX_SEGMENTS);
        return Integer.highestOneBit(wanted);
    }

    private static void requireInRange(String name, String what, int value, int min, int max) {
        if (value < min || value > max) {
            throw new IllegalArgumentException(
                    "state table %s: %s must be %d to %d, found %d"
                            .formatted(name, what, min, max, value));
        }
    }

    @Override
    public synchronized long offHeapBytes() {
        return tables.values().stream().mapToLong(ChronicleTable::offHeapBytes).sum();
    }

    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        tables.values().forEach(ChronicleTable::close);
        tables.clear();
        callers.close();
    }
}
