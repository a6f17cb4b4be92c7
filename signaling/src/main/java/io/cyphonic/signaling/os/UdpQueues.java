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
    private final UdpReceiver[] queues;
    private final Turns turns;

    /** One, or that of what is urgent and the other. */
    UdpQueues(UdpReceiver... queues) {
        this.queues = queues;
        this.turns = new Turns(queues.length);
    }

    /** See {@link UdpTransport#receive}. */
    int receive(ReceivedDatagrams into) {
        for (int tried = 0; tried < queues.length; tried++) {
            int result = queues[turns.next()].receive(into);
            if (result != UdpTransport.WOULD_BLOCK) {
                turns.gave(result);
                return result;
            }
            turns.pass();
        }
        turns.restart();
        return UdpTransport.WOULD_BLOCK;
    }
}
