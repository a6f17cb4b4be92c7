package io.cyphonic.signaling.net;

import java.util.Arrays;

/**
 * Runs of datagrams in one buffer. A run has one receiver and one length, but for its last
 * datagram, which may be shorter. Made once and reused; owned by the thread that sends.
 */
public final class DatagramRuns {
    /** The receiver of each run. */
    public final Endpoint[] to;

    /** Where each run begins in the buffer. */
    public final int[] offset;

    /** Bytes of each run. */
    public final int[] length;

    /** Bytes per datagram of each run. */
    public final int[] segmentLength;

    /** Runs in use. */
    public int count;

    /** Room for so many runs. */
    public DatagramRuns(int capacity) {
        to = new Endpoint[capacity];
        offset = new int[capacity];
        length = new int[capacity];
        segmentLength = new int[capacity];
    }

    /** Adds a run. */
    public void add(Endpoint receiver, int at, int bytes, int perDatagram) {
        to[count] = receiver;
        offset[count] = at;
        length[count] = bytes;
        segmentLength[count] = perDatagram;
        count++;
    }

    /** Forgets all of them. */
    public void clear() {
        Arrays.fill(to, 0, count, null);
        count = 0;
    }
}
