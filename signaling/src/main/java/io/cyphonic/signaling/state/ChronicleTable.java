package io.cyphonic.signaling.state;

import net.openhft.chronicle.hash.Data;
import net.openhft.chronicle.map.ChronicleMap;
import net.openhft.chronicle.map.ExternalMapQueryContext;
import net.openhft.chronicle.map.MapEntry;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/**
 * One Chronicle Map with byte arrays of fixed length as keys and records.
 *
 * <p>The bound on entries is counted here: Chronicle throws when its memory runs out, and how many
 * entries that takes depends on how they hash.
 *
 * <p>Beside the map it keeps which keys there are and when the first record may expire, so that an
 * idle node, which looks at its tables many times a second, pays for what they hold and not for
 * what they could hold. Both only say where to look; what is there, the map says.
 */
final class ChronicleTable implements StateTable {
    private static final VarHandle BIG_ENDIAN_LONG =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

    private final ChronicleMap<byte[], byte[]> map;
    private final CallerThreads callers;
    private final int keyLength;
    private final int recordLength;
    private final int maxEntries;
    private final byte[] zeroRecord;
    private final AtomicInteger entryCount = new AtomicInteger();
    private final AtomicLong changes = new AtomicLong();
    private final KeySet keys;

    /** No record expires before this; lowered after every write, found anew by {@link #expire}. */
    private final AtomicLong earliestExpiry = new AtomicLong(Long.MAX_VALUE);

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
        this.keys = new KeySet(keyLength);
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
        if (entryCount.get() == 0) {
            return false;
        }
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
        final boolean written;
        try (ExternalMapQueryContext<byte[], byte[], ?> context = map.queryContext(key)) {
            context.writeLock().lock();
            final MapEntry<byte[], byte[]> entry = context.entry();
            if (entry == null) {
                written = insert(context, key, record);
            } else {
                written = replacePresent;
                if (replacePresent) {
                    entry.doReplaceValue(context.wrapValueAsData(record));
                }
            }
        }
        return written && noteWrite(record);
    }

    /**
     * After the write, never before: then a search that has missed the record began before this,
     * and has forgotten the bound before this too.
     */
    private boolean noteWrite(byte[] record) {
        changes.incrementAndGet();
        noteExpiry(expiryMillis(record));
        return true;
    }

    private void noteExpiry(long expiryMillis) {
        long bound = earliestExpiry.get();
        while (expiryMillis < bound && !earliestExpiry.compareAndSet(bound, expiryMillis)) {
            bound = earliestExpiry.get();
        }
    }

    private boolean insert(
            ExternalMapQueryContext<byte[], byte[], ?> context, byte[] key, byte[] record) {
        if (entryCount.incrementAndGet() > maxEntries) {
            entryCount.decrementAndGet();
            return false;
        }
        boolean inserted = false;
        try {
            context.absentEntry().doInsert(context.wrapValueAsData(record));
            // Under the lock of the entry, as in its removal: the set agrees with the map.
            keys.add(key);
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
        final boolean replaced =
                callers.mustDelegate()
                        ? callers.call(() -> map.replace(key, expected, record))
                        : map.replace(key, expected, record);
        return replaced && noteWrite(record);
    }

    @Override
    public boolean remove(byte[] key, byte[] removedOut) {
        requireLength("key", key, keyLength);
        if (removedOut != null) {
            requireLength("record", removedOut, recordLength);
        }
        return removeExpired(Long.MAX_VALUE, key, removedOut);
    }

    private boolean removeIfExpiredAt(long nowMillis, byte[] key, byte[] removedOut) {
        try (ExternalMapQueryContext<byte[], byte[], ?> context = map.queryContext(key)) {
            context.writeLock().lock();
            final MapEntry<byte[], byte[]> entry = context.entry();
            if (entry == null) {
                return false;
            }
            final long expiryMillis = expiryMillis(entry);
            if (expiryMillis > nowMillis) {
                noteExpiry(expiryMillis);
                return false;
            }
            if (removedOut != null) {
                entry.value().getUsing(removedOut);
            }
            entry.doReplaceValue(context.wrapValueAsData(zeroRecord));
            entry.doRemove();
            keys.remove(key);
            entryCount.decrementAndGet();
        }
        changes.incrementAndGet();
        return true;
    }

    private static long expiryMillis(MapEntry<byte[], byte[]> entry) {
        final Data<byte[]> value = entry.value();
        // Chronicle reads native, little-endian order; the record is big-endian.
        return Long.reverseBytes(value.bytes().readLong(value.offset()));
    }

    private static long expiryMillis(byte[] record) {
        return (long) BIG_ENDIAN_LONG.get(record, 0);
    }

    /** Visits copies with no lock held, so a visitor may use the table. */
    @Override
    public void forEach(Visitor visitor) {
        if (entryCount.get() == 0) {
            return;
        }
        forEachKey(
                key -> {
                    final byte[] record = new byte[recordLength];
                    if (get(key, record)) {
                        visitor.visit(key, record);
                    }
                });
    }

    private void forEachKey(Consumer<byte[]> visitor) {
        final byte[] all = keys.copy();
        for (int offset = 0; offset < all.length; offset += keyLength) {
            visitor.accept(Arrays.copyOfRange(all, offset, offset + keyLength));
        }
    }

    @Override
    public int expire(long nowMillis, Visitor expired) {
        if (earliestExpiry.get() > nowMillis) {
            return 0;
        }
        // Whatever is written from now on notes its expiry; what was written before will be found.
        earliestExpiry.getAndSet(Long.MAX_VALUE);
        boolean complete = false;
        try {
            final int removed = expireAll(nowMillis, expired);
            complete = true;
            return removed;
        } finally {
            if (!complete) {
                noteExpiry(Long.MIN_VALUE);
            }
        }
    }

    private int expireAll(long nowMillis, Visitor expired) {
        final int[] removed = {0};
        final byte[] record = new byte[recordLength];
        forEachKey(
                key -> {
                    if (removeExpired(nowMillis, key, record)) {
                        removed[0]++;
                        if (expired != null) {
                            expired.visit(key, record.clone());
                        }
                    }
                });
        Arrays.fill(record, (byte) 0);
        return removed[0];
    }

    private boolean removeExpired(long nowMillis, byte[] key, byte[] removedOut) {
        return callers.mustDelegate()
                ? callers.call(() -> removeIfExpiredAt(nowMillis, key, removedOut))
                : removeIfExpiredAt(nowMillis, key, removedOut);
    }

    @Override
    public long changes() {
        return changes.get();
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
        forEachKey(key -> remove(key, null));
        map.close();
    }

    private static void requireLength(String what, byte[] array, int length) {
        if (array.length != length) {
            throw new IllegalArgumentException(
                    what + " must have " + length + " bytes, found " + array.length);
        }
    }
}
