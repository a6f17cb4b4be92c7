package io.cyphonic.signaling.state;

/**
 * One table of the shared in-memory state: fixed-size keys to fixed-size records, outside the Java
 * heap, with a hard upper bound on entries. Any thread may call any method; each call is atomic for
 * its key, and nothing is atomic across keys, so one record is one unit of truth.
 *
 * <p>The first eight bytes of every record are its expiry, big-endian milliseconds of the owner's
 * clock ({@link Long#MAX_VALUE}: never). {@link #get} returns expired records too; callers compare
 * the expiry with the time they were given, and {@link #expire} removes what is past it.
 *
 * <p>Arrays passed in are copied, never kept.
 */
public interface StateTable {
    /** Length in bytes of every key. */
    int keyLength();

    /** Length in bytes of every record. */
    int recordLength();

    /**
     * Copies the record of a key into {@code recordOut}, without allocating.
     *
     * @param key exactly {@link #keyLength} bytes
     * @param recordOut exactly {@link #recordLength} bytes; unchanged when there is none
     * @return whether there is one
     */
    boolean get(byte[] key, byte[] recordOut);

    /**
     * Writes a record, replacing the present one.
     *
     * @return false when the table is full and nothing was written
     */
    boolean put(byte[] key, byte[] record);

    /**
     * Writes a record if the key has none: exactly one of many concurrent callers gets true.
     *
     * @return true if written; false if there was one, or the table is full
     */
    boolean putIfAbsent(byte[] key, byte[] record);

    /**
     * Replaces a record if it still holds {@code expected}, byte for byte (compare and set).
     *
     * @return whether it was replaced
     */
    boolean replace(byte[] key, byte[] expected, byte[] record);

    /**
     * Removes the record of a key and overwrites its bytes.
     *
     * @param removedOut receives what was removed, or {@code null}
     * @return true for exactly one of many concurrent callers
     */
    boolean remove(byte[] key, byte[] removedOut);

    /**
     * Calls the visitor with a copy of every record; entries written meanwhile may be missed. Costs
     * what the records cost that are there, however many there could be.
     */
    void forEach(Visitor visitor);

    /**
     * Removes every record whose expiry is not after {@code nowMillis}. Costs next to nothing when
     * there is none.
     *
     * @param expired is told of each removed record, or {@code null}
     * @return how many were removed
     */
    int expire(long nowMillis, Visitor expired);

    /**
     * Counts the changes: if it is the same twice, every read in between would have found what the
     * first found.
     */
    long changes();

    /** Number of records, expired ones included. */
    long size();

    /** Receives copies of keys and records. */
    @FunctionalInterface
    interface Visitor {
        /** Called once for a record; the arrays are the visitor's own. */
        void visit(byte[] key, byte[] record);
    }
}
