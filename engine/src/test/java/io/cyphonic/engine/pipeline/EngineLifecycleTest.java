package io.cyphonic.engine.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cyphonic.engine.config.EngineConfig;
import io.cyphonic.engine.config.EngineConfig.CipherProvider;
import io.cyphonic.engine.config.EngineConfig.Mode;
import io.cyphonic.engine.config.EngineConfig.WaitKind;
import io.cyphonic.engine.counters.Counter;
import io.cyphonic.engine.counters.DropReason;
import io.cyphonic.engine.fixtures.EngineRig;
import io.cyphonic.engine.fixtures.Packets;
import io.cyphonic.signaling.handshake.CipherSuite;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;

class EngineLifecycleTest {
    private static List<String> engineThreads() {
        return Thread.getAllStackTraces().keySet().stream()
                .map(Thread::getName)
                .filter(name -> name.startsWith("cy-"))
                .toList();
    }

    @ParameterizedTest
    @EnumSource(Mode.class)
    void shouldLeaveNoThreadBehindHoweverOftenItStartsAndStops(Mode mode) {
        for (int round = 0; round < 15; round++) {
            try (EngineRig a = new EngineRig(1, EngineRig.config(mode, 4, 2), Disturbance.NONE);
                    EngineRig b =
                            new EngineRig(2, EngineRig.config(mode, 4, 2), Disturbance.NONE)) {
                a.openTunnelTo(b);
                b.openTunnelTo(a);
                EngineRig.join(a, b, CipherSuite.AES_GCM_SHA256, round);
                a.engine.start();
                for (int i = 0; i < 50 * (round % 3); i++) {
                    a.tun.offer(Packets.numbered(a.ipv4, b.ipv4, i, 500));
                }
                if (round % 2 == 0) {
                    b.engine.start();
                }
            }
        }

        EngineRig.await("threads to end", () -> engineThreads().isEmpty());
    }

    @Test
    void shouldNameItsThreadsWithinTheKernelsLimit() {
        try (EngineRig a =
                new EngineRig(1, EngineRig.config(Mode.PIPELINE, 4, 2), Disturbance.NONE)) {
            a.engine.start();

            assertThat(engineThreads())
                    .containsExactlyInAnyOrder(
                            "cy-out-stage",
                            "cy-seal-0",
                            "cy-seal-1",
                            "cy-out-send",
                            "cy-in-stage",
                            "cy-open-0",
                            "cy-open-1",
                            "cy-in-deliver")
                    .allMatch(name -> name.length() <= 15);
            assertThat(a.engine.bufferBytes()).isBetween(1_000_000L, 2_000_000L);
        }
    }

    @Test
    void shouldStopInTimeWhenAHandlerHangs() {
        AtomicBoolean hang = new AtomicBoolean(true);
        Disturbance hanging =
                (step, batch) -> {
                    while (hang.get() && step == Disturbance.Step.SEAL) {
                        LockSupport.parkNanos(1_000_000);
                    }
                };
        EngineRig a = new EngineRig(1, EngineRig.config(Mode.PIPELINE, 4, 1), hanging);
        EngineRig b = new EngineRig(2, EngineRig.config(Mode.SERIAL, 4, 1), Disturbance.NONE);
        a.openTunnelTo(b);
        b.openTunnelTo(a);
        EngineRig.join(a, b, CipherSuite.AES_GCM_SHA256, 1);
        a.engine.start();
        for (int i = 0; i < 3_000; i++) {
            a.tun.offer(Packets.numbered(a.ipv4, b.ipv4, i, 1_000));
        }

        a.close();

        hang.set(false);
        EngineRig.await("threads to end", () -> engineThreads().isEmpty());
        // Its keys were wiped meanwhile: nothing may be sealed under zeros.
        assertThat(a.count(Counter.OUTBOUND_SENT_PACKETS)).isZero();
        b.close();
    }

    @ParameterizedTest
    @EnumSource(WaitKind.class)
    void shouldWorkWithEveryWaitStrategy(WaitKind wait) {
        EngineConfig config =
                new EngineConfig(Mode.PIPELINE, 4, 2, wait, Set.of(), CipherProvider.JCA, 4);
        try (EngineRig a = new EngineRig(1, config, Disturbance.NONE);
                EngineRig b =
                        new EngineRig(2, EngineRig.config(Mode.SERIAL, 4, 1), Disturbance.NONE)) {
            a.openTunnelTo(b);
            b.openTunnelTo(a);
            EngineRig.join(a, b, CipherSuite.AES_GCM_SHA256, 1);
            a.engine.start();
            a.tun.offer(Packets.numbered(a.ipv4, b.ipv4, 1, 1_000));

            EngineRig.await("sending", () -> a.count(Counter.OUTBOUND_SENT_PACKETS) == 1);
        }
    }

    @Test
    void shouldSurviveAListenerThatThrows() {
        try (EngineRig b =
                new EngineRig(2, EngineRig.config(Mode.SERIAL, 4, 1), Disturbance.NONE)) {
            b.engine.setListener(new ThrowingListener());
            b.engine.start();

            b.udp.offer(new byte[] {0x41}, b.address);
            b.udp.offer(new byte[] {0x77}, b.address);

            EngineRig.await("next", () -> b.drops(DropReason.INBOUND_MALFORMED) == 1);
            assertThat(b.count(Counter.LISTENER_FAILURES)).isEqualTo(1);
        }
    }

    @Test
    void shouldRefuseToStartTwiceOrAfterClose() {
        EngineRig a = new EngineRig(1, EngineRig.config(Mode.SERIAL, 4, 1), Disturbance.NONE);
        a.engine.start();
        assertThatThrownBy(a.engine::start).isInstanceOf(IllegalStateException.class);
        a.close();
        a.close();
        assertThatThrownBy(a.engine::start).isInstanceOf(IllegalStateException.class);
    }

    private static final class ThrowingListener implements DataPlaneListener {
        @Override
        public void onSignalingDatagram(byte[] datagram, io.cyphonic.signaling.net.Endpoint from) {
            throw new IllegalStateException("injected");
        }

        @Override
        public void onControlMessage(int t, byte[] m, io.cyphonic.signaling.net.Endpoint f) {}

        @Override
        public void onTunnelWanted(byte[] virtualAddress) {}

        @Override
        public void onSessionConfirmed(int tunnelIndex, int receiverIndex) {}

        @Override
        public void onEndpointChanged(int t, io.cyphonic.signaling.net.Endpoint from) {}
    }
}
