package io.cyphonic.signaling.state;

/** Makes the tables of the shared state and releases them all at once. Thread-safe. */
public interface StateStore extends AutoCloseable {
    /**
     * Makes a table.
     *
     * @param name for diagnostics; unique in this store
     * @param keyLength bytes of every key
     * @param recordLength bytes of every record, the eight of its expiry included
     * @param maxEntries hard bound; a write beyond it is refused, never grows the table
     */
    StateTable createTable(String name, int keyLength, int recordLength, int maxEntries);

    /** Bytes outside the heap that the tables occupy at most. */
    long offHeapBytes();

    /** Releases the memory of every table; tables must not be used afterwards. Idempotent. */
    @Override
    void close();
}
