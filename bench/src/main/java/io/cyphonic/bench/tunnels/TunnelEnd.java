package io.cyphonic.bench.tunnels;

import io.cyphonic.engine.config.EngineConfig;
import io.cyphonic.engine.pipeline.DataPlaneListener;
import io.cyphonic.engine.pipeline.EngineParts;
import io.cyphonic.engine.pipeline.EngineTuning;
import io.cyphonic.engine.pipeline.OverlayPrefixes;
import io.cyphonic.engine.pipeline.PacketEngine;
import io.cyphonic.engine.session.CapsuleCipher;
import io.cyphonic.signaling.handshake.SessionKeys;
import io.cyphonic.signaling.net.Endpoint;
import io.cyphonic.signaling.os.LinuxReadiness;
import io.cyphonic.signaling.os.LinuxUdpTransport;
import io.cyphonic.signaling.os.NativeException;
import io.cyphonic.signaling.os.UdpOptions;
import io.cyphonic.signaling.state.ChronicleStateStore;
import io.cyphonic.signaling.state.StateStore;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.util.EnumSet;
import java.util.function.Supplier;

/** One engine with real sockets on the loopback interface and a device in memory. */
final class TunnelEnd implements AutoCloseable {
    private static final int RING_SIZE = 32;

    final EchoTun tun;
    final PacketEngine engine;
    private final LinuxUdpTransport udp;
    private final StateStore store = new ChronicleStateStore();

    TunnelEnd(EchoTun tun, int tunnels, Supplier<CapsuleCipher> ciphers) throws NativeException {
        this.tun = tun;
        udp = LinuxUdpTransport.open(UdpOptions.ofPort(0));
        LinuxReadiness readiness = LinuxReadiness.forUdp(udp);
        tun.onReadable(readiness::wake);
        EngineConfig config =
                new EngineConfig(
                        EngineConfig.Mode.SERIAL,
                        RING_SIZE,
                        1,
                        EngineConfig.WaitKind.BLOCKING,
                        EnumSet.allOf(EngineConfig.Offload.class),
                        EngineConfig.CipherProvider.AUTO,
                        tunnels);
        engine =
                new PacketEngine(
                        new EngineParts(
                                config,
                                tun,
                                udp,
                                _ -> readiness,
                                store,
                                new OverlayPrefixes(new byte[] {10, 0, 0, 0}, 8, null, 0),
                                System::nanoTime,
                                new SecureRandom()),
                        EngineTuning.defaults().withCiphers(ciphers));
        engine.setListener(DataPlaneListener.NONE);
        engine.start();
    }

    Endpoint endpoint() {
        InetAddress loopback = InetAddress.ofLiteral("127.0.0.1");
        return Endpoint.of(new InetSocketAddress(loopback, udp.localPort()));
    }

    /** Gives a tunnel its keys. */
    void install(int tunnel, int ownIndex, int peerIndex, SessionKeys keys) {
        engine.installSession(tunnel, ownIndex, peerIndex, keys, true);
    }

    long bufferBytes() {
        return engine.bufferBytes();
    }

    @Override
    public void close() {
        engine.close();
        store.close();
        udp.close();
    }
}
