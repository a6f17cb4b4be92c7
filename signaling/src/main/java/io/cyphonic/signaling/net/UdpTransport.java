package io.cyphonic.signaling.net;

import java.lang.foreign.MemorySegment;

/**
 * The node's one port on the underlay, over IPv4 and IPv6: tunnels and signaling share it, so that
 * a NAT shows the NMS the very mapping that peers will use.
 *
 * <p>Never blocks. {@link #receive} is for one thread; {@link #send} is for one thread at a time
 * (the sender of the pipeline); {@link #sendSignaling} is for any thread. Only sendSignaling may
 * allocate.
 */
public interface UdpTransport extends AutoCloseable {
    /** Nothing to receive, or no room to send, now. */
    int WOULD_BLOCK = 0;

    /** A datagram is longer than the interface on its way carries ({@code -EMSGSIZE}). */
    int TOO_LONG = -90;

    /** Most datagrams that one {@link #send} takes ({@code UDP_MAX_SEGMENTS} of older kernels). */
    int MAX_SEGMENTS = 64;

    /**
     * Most bytes that one {@link #send} takes: the largest payload that fits a UDP length field.
     */
    int MAX_SEND_LENGTH = 65_507;

    /** From so many runs on, {@link #sendRuns} costs less than a {@link #send} each. */
    int MIN_RUNS_TOGETHER = 3;

    /** The port all sockets are bound to. */
    int localPort();

    /**
     * Receives the next datagrams of one source. The sockets take turns: nothing from one does not
     * mean that the others have nothing, which {@link Readiness} tells and one of the next calls
     * brings. Urgent capsules may come before others that were sent earlier.
     *
     * @param into its memory, which is exchanged, or a buffer of at least 65535 bytes
     * @return bytes received; {@link #WOULD_BLOCK}, also once without asking when all that was
     *     found has been taken; or a negative errno
     */
    int receive(ReceivedDatagrams into);

    /**
     * Sends {@code length} bytes as datagrams of {@code segmentLength} bytes each, the last of
     * which may be shorter; in one call to the kernel where it can segment ({@code UDP_SEGMENT}),
     * one by one where it cannot. A kernel that refuses segmentation at run time is noticed here,
     * once, and the batch is sent again without it. All of them are urgent capsules or none is: the
     * two kinds have different hop limits, so that a receiving kernel does not join them.
     *
     * @param memory off the heap, or an array's segment that comes again and again: the sender
     *     keeps it, and what it makes of it
     * @param segmentLength at least 1; {@code length} for a single datagram
     * @return how many bytes were sent, from the front, in whole datagrams: {@code length} when all
     *     were; less when the socket is full; {@link #TOO_LONG} or another negative errno when none
     *     was
     */
    int send(MemorySegment memory, int offset, int length, int segmentLength, Endpoint to);

    /**
     * Sends runs of datagrams in one call to the kernel, as many of them as it takes. Runs that do
     * not go this way go by {@link #send}, which knows what to do about every refusal.
     *
     * @param memory as for {@link #send}
     * @param first of the runs to send
     * @return how many were sent whole, from the first on; 0 if none was, for whatever reason
     */
    default int sendRuns(MemorySegment memory, DatagramRuns runs, int first) {
        return 0;
    }

    /**
     * Sends one datagram, from any thread.
     *
     * @return {@code length}; {@link #WOULD_BLOCK}; or a negative errno (no route, no such family)
     */
    int sendSignaling(byte[] datagram, int length, Endpoint to);

    /** Whether the kernel cuts large sends into datagrams at present. */
    boolean segmentationOffload();

    /** Whether the kernel joins received datagrams at present. */
    boolean receiveOffload();

    /** Closes the sockets. Idempotent. */
    @Override
    void close();
}
