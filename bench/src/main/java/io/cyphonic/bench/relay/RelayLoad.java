package io.cyphonic.bench.relay;

import io.cyphonic.signaling.handshake.RelayCode;
import io.cyphonic.signaling.handshake.RelayKeys;
import io.cyphonic.signaling.handshake.RelaySeal;
import io.cyphonic.signaling.net.Endpoint;
import io.cyphonic.signaling.net.ReceivedDatagrams;
import io.cyphonic.signaling.os.LinuxReadiness;
import io.cyphonic.signaling.os.LinuxUdpTransport;
import io.cyphonic.signaling.os.UdpOptions;
import io.cyphonic.signaling.protocol.Id128;
import io.cyphonic.signaling.protocol.RelayHeader;
import io.cyphonic.signaling.protocol.RelayMessage;

import java.lang.foreign.MemorySegment;
import java.net.Inet4Address;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.util.concurrent.TimeUnit;

/** Two ends of a path: one sends as fast as it is let, sealed as a node does, the other counts. */
final class RelayLoad {
    private static final int BUFFER_LENGTH = 65_535;
    private static final long ANSWER_NS = TimeUnit.MILLISECONDS.toNanos(400);
    private static final int BIND_ATTEMPTS = 4;
    private static final Id128 NODE = new Id128(1, 2);
    private static final int LIMIT = Integer.MAX_VALUE;

    // A path of its own: the relay may still know that of the load before.
    private final Id128 path = Id128.random(new SecureRandom());
    private final Endpoint relay;
    private final int length;
    private final int batchSize;

    RelayLoad(InetSocketAddress relay, int length, int batchSize) {
        this.relay = Endpoint.of(relay);
        this.length = length;
        this.batchSize = batchSize;
    }

    void run(Inet4Address address, int seconds) throws Exception {
        End sender = new End(address, RelayHeader.INITIATOR);
        End receiver = new End(address, RelayHeader.RESPONDER);
        receiver.bind();
        sender.bind();
        Thread sending = Thread.ofPlatform().daemon().start(() -> sender.send(seconds));
        long received = receiver.count(seconds);
        sending.join();
        System.out.printf(
                "{\"sent\": %d, \"received\": %d, \"seconds\": %d}%n",
                sender.sent, received, seconds);
    }

    private final class End {
        private final LinuxUdpTransport transport;
        private final LinuxReadiness readiness;
        private final ReceivedDatagrams batch = new ReceivedDatagrams();
        private final int side;
        private final long expiryMillis = System.currentTimeMillis() + 3_600_000;
        private final RelaySeal seal;
        private final RelayCode code;
        private int channel;
        private volatile long sent;

        End(Inet4Address address, int side) throws Exception {
            this.side = side;
            transport = LinuxUdpTransport.open(UdpOptions.of(address, null, 0));
            readiness = LinuxReadiness.forUdp(transport);
            batch.buffer = new byte[BUFFER_LENGTH];
            byte[] key =
                    RelayKeys.channelKey(
                            RelayBench.SECRET,
                            RelayBench.RELAY_ID,
                            path,
                            side,
                            NODE,
                            expiryMillis,
                            LIMIT);
            seal = new RelaySeal(key);
            code = new RelayCode(key);
        }

        /** Binds; a forwarder that does not answer has understood all the same. */
        void bind() {
            byte[] cookie = new byte[RelayMessage.COOKIE_LENGTH];
            for (long sequence = 1; sequence <= BIND_ATTEMPTS; sequence++) {
                byte[] bind =
                        code.signed(
                                new RelayMessage.Bind(
                                        side, path, NODE, expiryMillis, LIMIT, sequence, cookie));
                transport.send(MemorySegment.ofArray(bind), 0, bind.length, bind.length, relay);
                switch (answer()) {
                    case RelayMessage.Challenge challenge -> cookie = challenge.cookie();
                    case RelayMessage.Bound bound -> {
                        channel = bound.channel();
                        return;
                    }
                    case null, default -> {}
                }
            }
        }

        private RelayMessage answer() {
            long end = System.nanoTime() + ANSWER_NS;
            while (System.nanoTime() < end) {
                int received = transport.receive(batch);
                if (received > 0) {
                    return RelayMessage.decode(batch.buffer, received);
                }
                readiness.await(10);
            }
            return null;
        }

        void send(int seconds) {
            byte[] buffer = new byte[length * batchSize];
            MemorySegment bytes = MemorySegment.ofArray(buffer);
            long counter = 0;
            long count = 0;
            long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
            while (System.nanoTime() < end) {
                for (int at = 0; at < buffer.length; at += length) {
                    RelayHeader.write(buffer, at, side, ++counter, channel);
                    seal.seal(buffer, at, length);
                }
                int result = transport.send(bytes, 0, buffer.length, length, relay);
                count += result > 0 ? result / length : 0;
            }
            sent = count;
        }

        long count(int seconds) {
            long received = 0;
            long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
            while (System.nanoTime() < end) {
                int result = transport.receive(batch);
                if (result > 0) {
                    received += Math.ceilDiv(batch.length, batch.segmentLength);
                } else {
                    readiness.await(50);
                }
            }
            return received;
        }
    }
}
