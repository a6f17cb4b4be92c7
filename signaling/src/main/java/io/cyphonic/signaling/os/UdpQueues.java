package io.cyphonic.signaling.os;

import io.cyphonic.signaling.net.ReceivedDatagrams;
import io.cyphonic.signaling.net.UdpTransport;

/**
 * What comes to one UDP port: in one queue, or in two if the kernel sorts it ({@link
 * UrgentDatagrams}), of which each has its {@linkplain Turns turns}. So what is urgent waits for
 * little of what came before it, and however much of it comes, all else has its turns too.
 *
 * <p>One thread receives. Does not allocate.
 */
final class UdpQueues {
    /** Whose turn is the first one. */
    private static final int URGENT_TURN = 0;

    private final UdpReceiver ordinary;

    /** {@code null} if there is none. */
    private final UdpReceiver urgent;

    private final Turns turns = new Turns(2);

    /** {@code urgent} may be {@code null}. */
    UdpQueues(UdpReceiver ordinary, UdpReceiver urgent) {
        this.ordinary = ordinary;
        this.urgent = urgent;
    }

    /** See {@link UdpTransport#receive}. */
    int receive(ReceivedDatagrams into) {
        if (urgent == null) {
            return ordinary.receive(into);
        }
        if (ordinary.isDrained() && !urgent.holdsSomething()) {
            // Not asked once more for what is urgent: whoever comes again begins with that.
            turns.restart();
            return ordinary.receive(into);
        }
        int result = receiveInTurn(into);
        if (result == UdpTransport.WOULD_BLOCK) {
            turns.pass();
            result = receiveInTurn(into);
        }
        if (result == UdpTransport.WOULD_BLOCK) {
            turns.restart();
        }
        return result;
    }

    private int receiveInTurn(ReceivedDatagrams into) {
        UdpReceiver queue = turns.next() == URGENT_TURN ? urgent : ordinary;
        int result = queue.receive(into);
        if (result != UdpTransport.WOULD_BLOCK) {
            turns.gave(result);
        }
        return result;
    }
}
