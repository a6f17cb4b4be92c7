package io.cyphonic.bench.races;

import io.cyphonic.signaling.state.StateStore;
import io.cyphonic.signaling.state.StateTable;

import java.nio.ByteBuffer;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Tables on the heap, and of them as little as the races need: those that are not about the tables
 * themselves make thousands of these a second.
 */
public final class HeapStore implements StateStore {
    @Override
    public StateTable createTable(String name, int keyLength, int recordLength, int maxEntries) {
        return new Table(keyLength, recordLength, new ConcurrentHashMap<>(4), new AtomicLong());
    }

    @Override
    public long offHeapBytes() {
        return 0;
    }

    @Override
    public void close() {}

    private record Table(
            int keyLength,
            int recordLength,
            ConcurrentHashMap<ByteBuffer, byte[]> records,
            AtomicLong changeCount)
            implements StateTable {
        private static ByteBuffer keyOf(byte[] key) {
            return ByteBuffer.wrap(key.clone());
        }

        @Override
        public boolean get(byte[] key, byte[] recordOut) {
            byte[] record = records.get(ByteBuffer.wrap(key));
            if (record != null) {
                System.arraycopy(record, 0, recordOut, 0, recordLength);
            }
            return record != null;
        }

        @Override
        public boolean put(byte[] key, byte[] record) {
            records.put(keyOf(key), record.clone());
            // After the write, as the table of the node does.
            changeCount.incrementAndGet();
            return true;
        }

        @Override
        public boolean putIfAbsent(byte[] key, byte[] record) {
            throw new UnsupportedOperationException();
        }

        @Override
        public boolean remove(byte[] key, byte[] removedOut) {
            boolean removed = records.remove(ByteBuffer.wrap(key)) != null;
            changeCount.incrementAndGet();
            return removed;
        }

        @Override
        public boolean replace(byte[] key, byte[] expected, byte[] record) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void forEach(Visitor visitor) {
            throw new UnsupportedOperationException();
        }

        @Override
        public int expire(long nowMillis, Visitor expired) {
            throw new UnsupportedOperationException();
        }

        @Override
        public long changes() {
            return changeCount.get();
        }

        @Override
        public long size() {
            return records.size();
        }
    }
}
