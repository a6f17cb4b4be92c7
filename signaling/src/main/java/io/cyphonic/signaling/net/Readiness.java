package io.cyphonic.signaling.net;

/**
 * Waits until there is something to do: the one place where a staging thread sleeps. It covers the
 * sources it was made for (the TUN device, the UDP sockets, or both) and a wake-up from elsewhere.
 *
 * <p>{@link #await} is for one thread; {@link #wake} is for any. Neither allocates.
 */
public interface Readiness extends AutoCloseable {
    /** Bit in the result: the TUN device has a packet. */
    int TUN = 1;

    /** Bit in the result: a UDP socket has a datagram. */
    int UDP = 2;

    /** Both sources. */
    int SOURCES = TUN | UDP;

    /** Bit in the result: somebody called {@link #wake}. */
    int WOKEN = 4;

    /**
     * Sleeps until a source is readable, somebody wakes the thread, or the time is over.
     *
     * @param sources bits of those that are waited for, of the ones it was made for; 0 waits for a
     *     wake-up only
     * @param timeoutMillis 0 looks without sleeping; negative waits without end
     * @return the bits of what is ready; 0 after the time
     */
    int await(int sources, int timeoutMillis);

    /** Sleeps until any of its sources is readable; see {@link #await(int, int)}. */
    default int await(int timeoutMillis) {
        return await(SOURCES, timeoutMillis);
    }

    /** Ends a present or the next {@link #await}. */
    void wake();

    /** Releases the descriptors; nobody may be waiting. Idempotent. */
    @Override
    void close();
}
