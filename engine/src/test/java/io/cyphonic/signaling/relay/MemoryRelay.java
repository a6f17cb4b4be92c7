package io.cyphonic.signaling.relay;

import io.cyphonic.signaling.net.Endpoint;
import io.cyphonic.signaling.net.ReceivedDatagrams;

import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.function.LongSupplier;

/** The real relay on a network in memory. In its package, for that is where its logic is open. */
public final class MemoryRelay {
    /** The relay's id. */
    public static final int ID = 1;

    private final InetSocketAddress address;
    private final LongSupplier nanos;
    private final LongSupplier wallMillis;
    private final RelayCounters counters = new RelayCounters();
    private final RelayLogic logic;

    /** Carries what the relay sends. */
    @FunctionalInterface
    public interface Carrier {
        /** Sends one datagram. */
        void send(byte[] datagram, Endpoint from, Endpoint to);
    }

    private record Output(InetSocketAddress address, Carrier carrier, RelayCounters counters)
            implements RelayOutput {
        @Override
        public void forward(byte[] buffer, int offset, int length, int segment, Endpoint to) {
            for (int at = 0; at < length; at += segment) {
                int end = Math.min(at + segment, length);
                answer(Arrays.copyOfRange(buffer, offset + at, offset + end), to);
            }
            counters.add(RelayCounter.FORWARDED, Math.ceilDiv(length, segment));
        }

        @Override
        public void answer(byte[] datagram, Endpoint to) {
            carrier.send(datagram, Endpoint.of(address), to);
        }
    }

    /** A relay at an address. */
    public MemoryRelay(
            InetSocketAddress address,
            byte[] secret,
            SecureRandom random,
            LongSupplier nanos,
            LongSupplier wallMillis,
            Carrier carrier) {
        this.address = address;
        this.nanos = nanos;
        this.wallMillis = wallMillis;
        this.logic =
                new RelayLogic(
                        ID,
                        secret,
                        256,
                        random,
                        counters,
                        new Output(address, carrier, counters),
                        nanos.getAsLong());
    }

    /** A datagram has come. */
    public void receive(byte[] datagram, Endpoint from) {
        ReceivedDatagrams batch = new ReceivedDatagrams();
        batch.buffer = Arrays.copyOf(datagram, 65_535);
        batch.length = datagram.length;
        batch.segmentLength = datagram.length;
        byte[] source = from.sockaddr();
        System.arraycopy(source, 0, batch.source, 0, source.length);
        batch.sourceLength = source.length;
        logic.receive(batch, null, address, nanos.getAsLong(), wallMillis.getAsLong());
    }

    /** Channels at present. */
    public int channels() {
        return logic.channels();
    }

    /** What it counted. */
    public RelayCounters counters() {
        return counters;
    }
}
