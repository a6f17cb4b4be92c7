package io.cyphonic.engine;

import io.cyphonic.engine.config.EngineConfig;
import io.cyphonic.engine.pipeline.DataPlaneListener;
import io.cyphonic.engine.pipeline.EngineParts;
import io.cyphonic.engine.pipeline.OverlayPrefixes;
import io.cyphonic.engine.pipeline.PacketEngine;
import io.cyphonic.signaling.handshake.CipherSuite;
import io.cyphonic.signaling.handshake.SessionKeys;
import io.cyphonic.signaling.net.Endpoint;
import io.cyphonic.signaling.net.Readiness;
import io.cyphonic.signaling.os.LinuxReadiness;
import io.cyphonic.signaling.os.LinuxTunDevice;
import io.cyphonic.signaling.os.LinuxUdpTransport;
import io.cyphonic.signaling.os.NativeException;
import io.cyphonic.signaling.os.TunOptions;
import io.cyphonic.signaling.os.UdpOptions;
import io.cyphonic.signaling.state.ChronicleStateStore;
import io.cyphonic.signaling.state.StateStore;

import java.io.UncheckedIOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.security.SecureRandom;
import java.util.EnumSet;
import java.util.concurrent.locks.LockSupport;

/**
 * Sends packets through two engines on the loopback interface before the node says that it is
 * ready. Interpreted code takes a packet tens of times as long as compiled code, and the AES
 * instructions of the processor are used in compiled code only; so the first seconds of the first
 * transfer would be slow. Keys and addresses are made up here and forgotten afterwards.
 */
final class Rehearsal {
    /**
     * Super-packets and small packets, both directions together: enough for the optimising
     * compiler.
     */
    private static final int PACKETS = 12_000;

    /** Calls of a device that has nothing: enough for the calls into the kernel to be compiled. */
    private static final int EMPTY_CALLS = 6_000;

    private static final long POLL_NANOS = 5_000_000;
    private static final long TUN_POLL_NANOS = 50_000;
    private static final byte[] NETWORK = {(byte) 192, 0, 2, 0};
    private static final int PREFIX_LENGTH = 24;
    private static final int SMALLEST_RING = 4;
    private static final int FRAME_LENGTH = 1400;

    private final SecureRandom random = new SecureRandom();
    private final EngineConfig config;

    private Rehearsal(EngineConfig config) {
        this.config =
                new EngineConfig(
                        EngineConfig.Mode.ADAPTIVE,
                        SMALLEST_RING,
                        1,
                        config.waitStrategy(),
                        EnumSet.allOf(EngineConfig.Offload.class),
                        config.cipher(),
                        2);
    }

    /** Runs until enough packets have passed or the time is over. */
    static void run(EngineConfig config, long limitNanos) {
        try {
            long deadlineNanos = System.nanoTime() + limitNanos;
            new Rehearsal(config).play(deadlineNanos);
            rehearseDevice(deadlineNanos);
        } catch (NativeException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * The real kind of device, one that is never brought up: it has nothing to read and takes
     * nothing.
     */
    private static void rehearseDevice(long deadlineNanos) throws NativeException {
        String name = "cyr" + ProcessHandle.current().pid();
        byte[] frame = new byte[FRAME_LENGTH];
        try (LinuxTunDevice tun = LinuxTunDevice.open(TunOptions.of(name, FRAME_LENGTH))) {
            for (int i = 0; i < EMPTY_CALLS && System.nanoTime() - deadlineNanos < 0; i++) {
                tun.read(frame, 0, frame.length);
                tun.write(frame, 0, frame.length);
            }
        }
    }

    private void play(long deadlineNanos) throws NativeException {
        byte[] left = address(1);
        byte[] right = address(2);
        RehearsalTun leftTun = new RehearsalTun(left, right);
        RehearsalTun rightTun = new RehearsalTun(right, left);
        leftTun.connect(rightTun);
        rightTun.connect(leftTun);
        UdpOptions options = new UdpOptions(0, true, true, UdpOptions.DEFAULT_BUFFER_BYTES);
        try (LinuxUdpTransport leftUdp = LinuxUdpTransport.open(options);
                LinuxUdpTransport rightUdp = LinuxUdpTransport.open(options);
                StateStore store = new ChronicleStateStore();
                StateStore otherStore = new ChronicleStateStore();
                PacketEngine leftEngine = engine(leftTun, leftUdp, store);
                PacketEngine rightEngine = engine(rightTun, rightUdp, otherStore)) {
            leftEngine.start();
            rightEngine.start();
            connect(leftEngine, right, rightUdp, rightEngine, left, leftUdp);
            while (leftTun.received() + rightTun.received() < PACKETS
                    && System.nanoTime() - deadlineNanos < 0) {
                LockSupport.parkNanos(POLL_NANOS);
            }
            leftTun.end();
            rightTun.end();
        }
    }

    private PacketEngine engine(RehearsalTun tun, LinuxUdpTransport udp, StateStore store) {
        PacketEngine engine =
                new PacketEngine(
                        new EngineParts(
                                config,
                                tun,
                                udp,
                                sources -> watch(sources, tun, udp),
                                store,
                                new OverlayPrefixes(NETWORK, PREFIX_LENGTH, null, 0),
                                System::nanoTime,
                                random),
                        PacketCiphers.of(config.cipher()).tuning());
        engine.setListener(new Audience());
        return engine;
    }

    private void connect(
            PacketEngine left,
            byte[] right,
            LinuxUdpTransport rightUdp,
            PacketEngine rightEngine,
            byte[] leftAddress,
            LinuxUdpTransport leftUdp) {
        int there = left.openTunnel(inet(right), null, loopback(rightUdp));
        int back = rightEngine.openTunnel(inet(leftAddress), null, loopback(leftUdp));
        int leftIndex = left.reserveReceiverIndex(there);
        int rightIndex = rightEngine.reserveReceiverIndex(back);
        byte[] one = key();
        byte[] two = key();
        left.installSession(there, leftIndex, rightIndex, keys(one.clone(), two.clone()), true);
        rightEngine.installSession(back, rightIndex, leftIndex, keys(two, one), true);
    }

    private static SessionKeys keys(byte[] send, byte[] receive) {
        return new SessionKeys(CipherSuite.AES_GCM_SHA256, send, receive);
    }

    private byte[] key() {
        byte[] key = new byte[SessionKeys.KEY_LENGTH];
        random.nextBytes(key);
        return key;
    }

    private static byte[] address(int host) {
        byte[] address = NETWORK.clone();
        address[3] = (byte) host;
        return address;
    }

    private static Inet4Address inet(byte[] address) {
        try {
            return (Inet4Address) InetAddress.getByAddress(address);
        } catch (UnknownHostException e) {
            throw new AssertionError("four bytes are an address", e);
        }
    }

    private static Endpoint loopback(LinuxUdpTransport udp) {
        InetAddress host =
                udp.hasIpv4() ? inet(new byte[] {127, 0, 0, 1}) : InetAddress.getLoopbackAddress();
        return Endpoint.of(new InetSocketAddress(host, udp.localPort()));
    }

    private static Readiness watch(int sources, RehearsalTun tun, LinuxUdpTransport udp) {
        try {
            return (sources & Readiness.TUN) != 0
                    ? new TunReadiness(tun)
                    : LinuxReadiness.forUdp(udp);
        } catch (NativeException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Looks at a rehearsal's device again and again. */
    private record TunReadiness(RehearsalTun tun) implements Readiness {
        @Override
        public int await(int timeoutMillis) {
            if (!tun.readable()) {
                LockSupport.parkNanos(TUN_POLL_NANOS);
            }
            return tun.readable() ? TUN : 0;
        }

        @Override
        public void wake() {
            // The wait is short enough.
        }

        @Override
        public void close() {
            // Holds nothing.
        }
    }

    /** Nobody listens to a rehearsal. */
    private static final class Audience implements DataPlaneListener {
        @Override
        public void onSignalingDatagram(byte[] datagram, Endpoint from) {}

        @Override
        public void onControlMessage(int tunnelIndex, byte[] message, Endpoint from) {}

        @Override
        public void onTunnelWanted(byte[] virtualAddress) {}

        @Override
        public void onSessionConfirmed(int tunnelIndex, int receiverIndex) {}

        @Override
        public void onEndpointChanged(int tunnelIndex, Endpoint from) {}
    }
}
