package io.cyphonic.signaling.gateway;

import io.cyphonic.signaling.protocol.DatagramStream;
import io.cyphonic.signaling.relay.RelayStream;

import java.io.IOException;
import java.io.OutputStream;
import java.util.Arrays;

/**
 * What waits to be written to one connection: framed datagrams in two buffers of fixed length, one
 * being filled while the other is written. What finds no room is dropped, as a router would;
 * nothing grows with a peer that reads slowly. Any number of threads may {@link #offer}; one
 * writes.
 */
final class OutgoingDatagrams implements RelayStream {
    /** Bytes that may wait: an eighth of a second at 2 Mbit/s. */
    static final int CAPACITY = 1 << 15;

    private final GatewayCounters counters;
    private byte[] filling = new byte[CAPACITY];
    private byte[] writing = new byte[CAPACITY];
    private int filled;
    private boolean closed;

    OutgoingDatagrams(GatewayCounters counters) {
        this.counters = counters;
    }

    @Override
    public synchronized boolean offer(byte[] buffer, int offset, int length) {
        if (closed
                || length < 1
                || length > DatagramStream.MAX_LENGTH
                || filled + DatagramStream.PREFIX_LENGTH + length > CAPACITY) {
            counters.count(GatewayCounter.DROPPED_FULL);
            return false;
        }
        filling[filled++] = (byte) (length >>> 8);
        filling[filled++] = (byte) length;
        System.arraycopy(buffer, offset, filling, filled, length);
        filled += length;
        counters.count(GatewayCounter.DATAGRAMS_OUT);
        notifyAll();
        return true;
    }

    /** Writes what comes until {@link #close}, or until the connection breaks. */
    void writeAll(OutputStream out) throws IOException {
        while (true) {
            int length = take();
            if (length < 0) {
                return;
            }
            out.write(writing, 0, length);
            out.flush();
        }
    }

    /** Ends {@link #writeAll}; what waits is lost. */
    synchronized void close() {
        closed = true;
        Arrays.fill(filling, (byte) 0);
        notifyAll();
    }

    /** Waits for something and swaps the buffers; -1 after the end. */
    private synchronized int take() throws IOException {
        try {
            while (filled == 0 && !closed) {
                wait();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
        if (closed) {
            return -1;
        }
        byte[] full = filling;
        filling = writing;
        writing = full;
        int length = filled;
        filled = 0;
        return length;
    }
}
