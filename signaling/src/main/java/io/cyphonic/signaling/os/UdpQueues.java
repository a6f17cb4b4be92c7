package io.cyphonic.signaling.os;

import io.cyphonic.signaling.net.DatagramRuns;
import io.cyphonic.signaling.net.Endpoint;
import io.cyphonic.signaling.net.ReceivedDatagrams;
import io.cyphonic.signaling.net.UdpTransport;

import java.lang.foreign.MemorySegment;

/**
 * The queues of one UDP port: one for what is urgent, if the kernel sorts what comes ({@link
 * UrgentDatagrams}), and one for all else. Receives take turns as {@link TunQueues} do: a queue
 * gives as much as makes a batch, then the other one if it has something. So what is urgent waits
 * for a batch at most, and however much of it comes, all else has its turns too.
 *
 * <p>One thread receives. Does not allocate.
 */
final class UdpQueues {
    /** A turn is over when a queue has given this many bytes. */
    private static final int TURN_BYTES = 32 * 1024;

    /** What a receive counts at least: a turn of short datagrams is over too, after 128 of them. */
    private static final int MIN_RECEIVE_BYTES = 256;

    private final UdpQueue ordinary;

    /** {@code null} if there is none. */
    private final UdpQueue urgent;

    private boolean urgentHasTheTurn;
    private int given;

    /** {@code urgent} may be {@code null}. */
    UdpQueues(UdpQueue ordinary, UdpQueue urgent) {
        this.ordinary = ordinary;
        this.urgent = urgent;
    }

    /** See {@link UdpTransport#receive}: would block if every queue would. */
    int receive(ReceivedDatagrams into) {
        if (urgent == null) {
            return ordinary.receive(into);
        }
        if (given >= TURN_BYTES) {
            pass();
        }
        int result = receiveInTurn(into);
        if (result == UdpTransport.WOULD_BLOCK) {
            pass();
            result = receiveInTurn(into);
        }
        return result;
    }

    private int receiveInTurn(ReceivedDatagrams into) {
        int result = (urgentHasTheTurn ? urgent : ordinary).receive(into);
        given += Math.max(result, MIN_RECEIVE_BYTES);
        return result;
    }

    private void pass() {
        urgentHasTheTurn = !urgentHasTheTurn;
        given = 0;
    }

    /** Who sends these datagrams; {@code null} if the host does not have the family. */
    UdpSender sender(MemorySegment memory, int offset, int length, Endpoint to) {
        boolean isUrgent = urgent != null && UrgentDatagrams.matches(memory, offset, length);
        return (isUrgent ? urgent : ordinary).sender(to);
    }

    /** The first run from {@code first} on, not counting it, that goes by another sender. */
    int endOfSender(MemorySegment memory, DatagramRuns runs, int first) {
        UdpSender sender = sender(memory, runs, first);
        int end = first + 1;
        while (end < runs.count && sender(memory, runs, end) == sender) {
            end++;
        }
        return end;
    }

    UdpSender sender(MemorySegment memory, DatagramRuns runs, int run) {
        return sender(memory, runs.offset[run], runs.segmentLength[run], runs.to[run]);
    }
}
