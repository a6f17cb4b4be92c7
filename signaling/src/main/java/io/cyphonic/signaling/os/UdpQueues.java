package io.cyphonic.signaling.os;

import io.cyphonic.signaling.net.ReceivedDatagrams;
import io.cyphonic.signaling.net.UdpTransport;

/**
 * What comes to one UDP port: in one queue, or in two if the kernel sorts it ({@link
 * UrgentDatagrams}), of which each has its {@linkplain Turns turns}. So what is urgent waits for
 * little of what came before it, and however much of it comes, all else has its turns too.
 *
 * <p>Only sockets that have something are asked for it: who waited for the port says which they are
 * ({@link #foundReady}), else one poll(2) does, as a receive that finds nothing costs as much for
 * each socket. One thread receives. Does not allocate.
 */
final class UdpQueues {
    // Sockets, one bit each.
    private static final int URGENT = UdpReceiver.BOTH << UdpReceiver.SOCKETS;
    private static final int ALL = UdpReceiver.BOTH | URGENT;

    /** In the order of the transport's descriptors. */
    private final UdpSocket[] sockets;

    private final UdpReceiver ordinary;

    /** In the order of their turns: urgent before ordinary, or ordinary alone. */
    private final UdpReceiver[] queues;

    private final Turns turns;
    private final PollSet polls;

    /** The last receive brought something: once that is all, nobody need be asked to know it. */
    private boolean served;

    /** Sockets of the two families, then the urgent ones of both; any may be {@code null}. */
    UdpQueues(UdpSocket ipv4, UdpSocket ipv6, UdpSocket urgentIpv4, UdpSocket urgentIpv6) {
        sockets = new UdpSocket[] {ipv4, ipv6, urgentIpv4, urgentIpv6};
        ordinary = new UdpReceiver(ipv4, ipv6, UdpReceiver.BULK_BATCH);
        boolean sorted = urgentIpv4 != null || urgentIpv6 != null;
        queues =
                sorted
                        ? new UdpReceiver[] {
                            new UdpReceiver(urgentIpv4, urgentIpv6, UdpReceiver.URGENT_BATCH),
                            ordinary
                        }
                        : new UdpReceiver[] {ordinary};
        turns = new Turns(queues.length);
        polls = new PollSet(sockets.length);
    }

    /**
     * A descriptor to wait for; -1 if there is no such socket, or not any more.
     *
     * @param index from 0 to below {@link LinuxUdpTransport#SOCKETS}
     */
    int descriptor(int index) {
        UdpSocket socket = sockets[index];
        return socket == null ? -1 : socket.descriptor();
    }

    /** Somebody has looked: these have something, one bit each. For the receiving thread. */
    void foundReady(int found) {
        turns.restart();
        tell(ALL, found);
    }

    /** Tells the queues whose sockets were asked. */
    private void tell(int asked, int found) {
        for (UdpReceiver queue : queues) {
            int shift = queue == ordinary ? 0 : UdpReceiver.SOCKETS;
            if ((asked >>> shift & UdpReceiver.BOTH) != 0) {
                queue.foundReady(found >>> shift & UdpReceiver.BOTH);
            }
        }
    }

    /**
     * As {@link UdpTransport#receive}. Would block when those that were found have no more, without
     * asking them again; the next call looks at all.
     */
    int receive(ReceivedDatagrams into) {
        if (!mayHaveSomething()) {
            if (served) {
                served = false;
                return UdpTransport.WOULD_BLOCK;
            }
            turns.restart();
            int looked = look(ALL);
            if (looked < 0) {
                return looked;
            }
        } else if (turns.isOver()) {
            lookBetweenTurns();
        }
        int result = receiveInTurn(into);
        if (result == UdpTransport.WOULD_BLOCK && queues.length > 1) {
            turns.pass();
            result = receiveInTurn(into);
        }
        if (result == UdpTransport.WOULD_BLOCK) {
            // Nothing but empty datagrams, perhaps: then there may be more of them, and others.
            for (UdpReceiver queue : queues) {
                queue.forgetReady();
            }
        }
        served = result > 0;
        return result;
    }

    private boolean mayHaveSomething() {
        for (UdpReceiver queue : queues) {
            if (queue.mayHaveSomething()) {
                return true;
            }
        }
        return false;
    }

    /**
     * Another queue, or the other family of this one, may have got something during a turn. An
     * ordinary queue that has just been emptied is left so: what comes now makes the next batch.
     */
    private void lookBetweenTurns() {
        boolean emptied = queues[turns.current()] == ordinary && !ordinary.mayHaveMore();
        if (!emptied) {
            look(ALL);
        } else if (queues.length > 1) {
            look(URGENT);
        }
    }

    /** Asks these sockets. */
    private int look(int asked) {
        boolean closed = true;
        for (int i = 0; i < sockets.length; i++) {
            int descriptor = (asked >>> i & 1) != 0 ? descriptor(i) : -1;
            polls.watch(i, descriptor);
            closed &= descriptor < 0;
        }
        if (closed) {
            return -Errno.EBADF;
        }
        tell(asked, polls.look());
        return 0;
    }

    private int receiveInTurn(ReceivedDatagrams into) {
        int result = queues[turns.next()].receive(into);
        if (result != UdpTransport.WOULD_BLOCK) {
            turns.gave(result);
        }
        return result;
    }
}
