package io.cyphonic.signaling.state;

import net.openhft.chronicle.hash.Data;
import net.openhft.chronicle.map.ChronicleMap;
import net.openhft.chronicle.map.ExternalMapQueryContext;
import net.openhft.chronicle.map.MapEntry;
import net.openhft.chronicle.map.MapSegmentContext;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * One Chronicle Map with byte arrays of fixed length as keys and records.
 *
 * <p>The bound on entries is counted here: Chronicle throws when its memory runs out, and how many
 * entries that takes depends on how they hash.
 */
final class ChronicleTable implements StateTable {
    private final ChronicleMap<byte[], byte[]> map;
    private final CallerThreads callers;
    private final int keyLength;
    private final int recordLength;
    private final int maxEntries;
    private final byte[] zeroRecord;
    private final AtomicInteger entryCount = new AtomicInteger();

    ChronicleTable(
            ChronicleMap<byte[], byte[]> map,
            CallerThreads callers,
            int keyLength,
            int recordLength,
            int maxEntries) {
        this.map = map;
        this.callers = callers;
        this.keyLength = keyLength;
        this.recordLength = recordLength;
        this.maxEntries = maxEntries;
        this.zeroRecord = new byte[recordLength];
    }

    @Override
    public int keyLength() {
        return keyLength;
    }

    @Override
    public int recordLength() {
        return recordLength;
    }

    @Override
    public boolean get(byte[] key, byte[] recordOut) {
        requireLength("key", key, keyLength);
        requireLength("record", recordOut, recordLength);
        if (callers.mustDelegate()) {
            return callers.call(() -> map.getUsing(key, recordOut) != null);
        }
        return map.getUsing(key, recordOut) != null;
    }

    @Override
    public boolean put(byte[] key, byte[] record) {
        requireLength("key", key, keyLength);
        requireLength("record", record, recordLength);
        return callers.mustDelegate()
                ? callers.call(() -> write(key, record, true))
                : write(key, record, true);
    }

    @Override
    public boolean putIfAbsent(byte[] key, byte[] record) {
        requireLength("key", key, keyLength);
        requireLength("record", record, recordLength);
        return callers.mustDelegate()
                ? callers.call(() -> write(key, record, false))
                : write(key, record, false);
    }

    private boolean write(byte[] key, byte[] record, boolean replacePresent) {
        try (ExternalMapQueryContext<byte[], byte[], ?> context = map.queryContext(key)) {
            context.writeLock().lock();
            final MapEntry<byte[], byte[]> entry = context.entry();
            if (entry != null) {
                if (replacePresent) {
                    entry.doReplaceValue(context.wrapValueAsData(record));
                }
                return replacePresent;
            }
            return insert(context, record);
        }
    }

    private boolean insert(ExternalMapQueryContext<byte[], byte[], ?> context, byte[] record) {
        if (entryCount.incrementAndGet() > maxEntries) {
            entryCount.decrementAndGet();
            return false;
        }
        boolean inserted = false;
        try {
            context.absentEntry().doInsert(context.wrapValueAsData(record));
            inserted = true;
        } catch (IllegalStateException _) {
            // Chronicle's own limit; a very uneven hash can reach it before ours. Full is full.
        } finally {
            if (!inserted) {
                entryCount.decrementAndGet();
            }
        }
        return inserted;
    }

    @Override
    public boolean replace(byte[] key, byte[] expected, byte[] record) {
        requireLength("key", key, keyLength);
        requireLength("expected record", expected, recordLength);
        requireLength("record", record, recordLength);
        // Chronicle compares the serialised bytes, not the identity of the arrays.
        return callers.mustDelegate()
                ? callers.call(() -> map.replace(key, expected, record))
                : map.replace(key, expected, record);
    }

    @Override
    public boolean remove(byte[] key, byte[] removedOut) {
        requireLength("key", key, keyLength);
        if (removedOut != null) {
            requireLength("record", removedOut, recordLength);
        }
        return callers.mustDelegate()
                ? callers.call(() -> removeIfExpiredAt(Long.MAX_VALUE, key, removedOut))
                : removeIfExpiredAt(Long.MAX_VALUE, key, removedOut);
    }

    private boolean removeIfExpiredAt(long nowMillis, byte[] key, byte[] removedOut) {
        try (ExternalMapQueryContext<byte[], byte[], ?> context = map.queryContext(key)) {
            context.writeLock().lock();
            final MapEntry<byte[], byte[]> entry = context.entry();
            if (entry == null || expiryMillis(entry) > nowMillis) {
                return false;
            }
            if (removedOut != null) {
                entry.value().getUsing(removedOut);
            }
            entry.doReplaceValue(context.wrapValueAsData(zeroRecord));
            entry.doRemove();
            entryCount.decrementAndGet();
            return true;
        }
    }

    private static long expiryMillis(MapEntry<byte[], byte[]> entry) {
        final Data<byte[]> value = entry.value();
        // Chronicle reads native, little-endian order; the record is big-endian.
        return Long.reverseBytes(value.bytes().readLong(value.offset()));
    }

    @Override
    public void forEach(Visitor visitor) {
        visitExpiredAt(Long.MAX_VALUE, visitor);
    }

    @Override
    public int expire(long nowMillis, Visitor expired) {
        final int[] removed = {0};
        final byte[] record = new byte[recordLength];
        visitExpiredAt(
                nowMillis,
                (key, _) -> {
                    // Somebody may have renewed it since it was copied: look again, under its lock.
                    final boolean gone =
                            callers.mustDelegate()
                                    ? callers.call(() -> removeIfExpiredAt(nowMillis, key, record))
                                    : removeIfExpiredAt(nowMillis, key, record);
                    if (gone) {
                        removed[0]++;
                        if (expired != null) {
                            expired.visit(key, record.clone());
                        }
                    }
                });
        Arrays.fill(record, (byte) 0);
        return removed[0];
    }

    /** Visits copies, segment by segment, with no lock held, so a visitor may use the table. */
    private void visitExpiredAt(long nowMillis, Visitor visitor) {
        for (int segment = 0; segment < map.segments(); segment++) {
            final int index = segment;
            final List<byte[]> copies = new ArrayList<>();
            if (callers.mustDelegate()) {
                callers.call(() -> copySegment(index, nowMillis, copies));
            } else {
                copySegment(index, nowMillis, copies);
            }
            for (int i = 0; i < copies.size(); i += 2) {
                visitor.visit(copies.get(i), copies.get(i + 1));
            }
        }
    }

    private boolean copySegment(int segment, long nowMillis, List<byte[]> copies) {
        try (MapSegmentContext<byte[], byte[], ?> context = map.segmentContext(segment)) {
            context.forEachSegmentEntry(
                    entry -> {
                        if (expiryMillis(entry) <= nowMillis) {
                            copies.add(entry.key().getUsing(new byte[keyLength]));
                            copies.add(entry.value().getUsing(new byte[recordLength]));
                        }
                    });
        }
        return true;
    }

    @Override
    public long size() {
        return entryCount.get();
    }

    long offHeapBytes() {
        return map.offHeapMemoryUsed();
    }

    /** Overwrites every record and releases the memory. */
    void close() {
        forEach((key, _) -> remove(key, null));
        map.close();
    }

    private static void requireLength(String what, byte[] array, int length) {
        if (array.length != length) {
            throw new IllegalArgumentException(
                    what + " must have " + length + " bytes, found " + array.length);
        }
    }
}
