package io.cyphonic.bench.relay;

import io.cyphonic.signaling.handshake.RelayKeys;
import io.cyphonic.signaling.protocol.RelayServer;
import io.cyphonic.signaling.relay.RelayService;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.time.InstantSource;

/**
 * The processes of bench/relay: {@code bare ADDRESS}, {@code relay ADDRESS}, and {@code load
 * ADDRESS PORT SECONDS DATAGRAM_LENGTH DATAGRAMS_PER_SEND}. The first two print their port and run
 * until they are ended; the load prints what it sent and received as JSON.
 */
public final class RelayBench {
    static final byte[] SECRET = new byte[RelayKeys.SECRET_LENGTH];
    static final int RELAY_ID = 1;

    private RelayBench() {}

    /** Runs one of the three. */
    public static void main(String[] args) throws Exception {
        Inet4Address address = (Inet4Address) InetAddress.ofLiteral(args[1]);
        switch (args[0]) {
            case "bare" -> BareForwarder.run(address);
            case "relay" -> relay(address);
            case "load" ->
                    new RelayLoad(
                                    new InetSocketAddress(address, Integer.parseInt(args[2])),
                                    Integer.parseInt(args[4]),
                                    Integer.parseInt(args[5]))
                            .run(address, Integer.parseInt(args[3]));
            default -> throw new IllegalArgumentException("bare, relay or load; found " + args[0]);
        }
    }

    private static void relay(Inet4Address address) throws Exception {
        RelayService service =
                RelayService.open(
                        new RelayServer(RELAY_ID, new InetSocketAddress(address, 0), null, 0),
                        SECRET,
                        new SecureRandom(),
                        InstantSource.system());
        // What was not passed on says why.
        Runtime.getRuntime()
                .addShutdownHook(
                        new Thread(() -> System.err.println(service.counters().snapshot())));
        service.start();
        System.out.println("port " + service.server().ipv4().getPort());
        Thread.currentThread().join();
    }
}
