package io.cyphonic.engine.control.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.cyphonic.engine.control.policy.TunnelPolicy.Phase;
import io.cyphonic.signaling.protocol.Id128;
import io.cyphonic.signaling.state.ChronicleStateStore;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

class SharedStateTest {
    private static final long NOW = 1_000_000;
    private static final Id128 NODE = new Id128(1, 2);
    private static final Id128 PATH = new Id128(3, 4);
    private static final int THREADS = 16;

    private final ChronicleStateStore store = new ChronicleStateStore();
    private final SharedState state = new SharedState(store, 16);

    @AfterEach
    void close() {
        store.close();
    }

    private static PeerIdentity peer() throws Exception {
        return new PeerIdentity(
                NODE,
                "alpha.cyphonic.internal",
                (Inet4Address) InetAddress.getByName("10.121.0.9"),
                (Inet6Address) InetAddress.getByName("fd00::9"),
                new byte[PeerIdentity.TUNNEL_KEY_LENGTH],
                77);
    }

    @Test
    void shouldFindATunnelByEveryKeyWhenItWasAdded() throws Exception {
        TunnelRecord tunnel = new TunnelRecord(NODE, 5, NOW);
        tunnel.identity(peer());
        tunnel.pathId(PATH);

        assertThat(state.tunnels().add(tunnel)).isTrue();

        for (WantedPeer key :
                List.of(
                        WantedPeer.byName("alpha.cyphonic.internal"),
                        WantedPeer.byAddress(peer().virtualIpv4()),
                        WantedPeer.byAddress(peer().virtualIpv6()),
                        WantedPeer.byTunnel(5))) {
            TunnelRecord found = state.tunnels().find(key);
            assertThat(found.nodeId()).isEqualTo(NODE);
            assertThat(found.pathId()).isEqualTo(PATH);
            assertThat(found.phase()).isEqualTo(Phase.CONNECTING);
            assertThat(found.receiverIndex()).isEqualTo(TunnelRecord.NONE);
            assertThat(found.identity().virtualIpv6()).isEqualTo(peer().virtualIpv6());
            assertThat(found.identity().notAfterMillis()).isEqualTo(77);
        }
        state.tunnels().remove(tunnel);
        assertThat(state.tunnels().find(NODE)).isNull();
        assertThat(state.tunnels().find(WantedPeer.byTunnel(5))).isNull();
    }

    @Test
    void shouldShowTheSameViewUntilSomethingChanges() {
        PathRecord paths = new PathRecord(NODE, NOW);
        state.paths().put(NODE, paths);

        Collection<PathRecord> first = state.paths().view();
        assertThat(first).extracting(PathRecord::nodeId).containsExactly(NODE);
        assertThat(state.paths().view()).isSameAs(state.paths().view());

        paths.packetsOut(7);
        state.paths().put(NODE, paths);
        assertThat(state.paths().view()).extracting(PathRecord::packetsOut).containsExactly(7L);
        assertThat(first).extracting(PathRecord::packetsOut).containsExactly(0L);

        state.paths().remove(NODE);
        assertThat(state.paths().view()).isEmpty();
    }

    @Test
    void shouldKeepAHandshakeWholeWhenItIsStored() {
        List<InetSocketAddress> candidates =
                List.of(
                        new InetSocketAddress("192.0.2.1", 1),
                        new InetSocketAddress("2001:db8::1", 65_535));
        byte[] secret = {1, 2, 3};
        byte[] datagram = new byte[HandshakeRecord.MAX_DATAGRAM];
        HandshakeRecord handshake =
                new HandshakeRecord(NODE, PATH, -7, candidates, secret, datagram, NOW, NOW);
        state.handshakes().add(9, handshake);

        HandshakeRecord found = state.handshakes().find(9);

        assertThat(found.nodeId()).isEqualTo(NODE);
        assertThat(found.pathId()).isEqualTo(PATH);
        assertThat(found.receiverIndex()).isEqualTo(-7);
        assertThat(found.state()).isEqualTo(secret);
        assertThat(found.datagram()).isEqualTo(datagram);
        assertThat(found.candidate()).isEqualTo(candidates.get(0));
        HandshakeRecord second = found.advanced();
        assertThat(second.candidate()).isEqualTo(candidates.get(1));
        assertThat(second.tries()).isZero();
        assertThat(second.advanced().atStartOfRound()).isTrue();
        assertThat(second.advanced().tries()).isEqualTo(1);
    }

    @Test
    void shouldLetOneHandlerThroughWhenManyClaimTheSame() throws Exception {
        AtomicInteger attempts = new AtomicInteger();
        AtomicInteger responses = new AtomicInteger();
        AtomicInteger stamps = new AtomicInteger();
        AtomicInteger taken = new AtomicInteger();
        WantedPeer wanted = WantedPeer.byName("alpha.cyphonic.internal");
        state.probes()
                .add(
                        1,
                        new ProbeRecord(
                                ProbeRecord.Purpose.MEASURE, NODE, 1, null, NOW, NOW + 100));
        CountDownLatch go = new CountDownLatch(1);
        List<Thread> threads =
                java.util.stream.IntStream.range(0, THREADS)
                        .mapToObj(
                                i ->
                                        Thread.ofVirtual()
                                                .start(
                                                        () -> {
                                                            await(go);
                                                            count(
                                                                    attempts,
                                                                    state.beginAttempt(
                                                                            wanted, i, NOW + 10,
                                                                            NOW));
                                                            count(
                                                                    responses,
                                                                    state.claimResponse(
                                                                            PATH, NOW + 10));
                                                            count(
                                                                    stamps,
                                                                    state.acceptStamp(
                                                                            NODE, NOW, NOW, NOW));
                                                            count(
                                                                    taken,
                                                                    state.probes().take(1) != null);
                                                        }))
                        .toList();

        go.countDown();
        for (Thread thread : threads) {
            thread.join();
        }

        assertThat(attempts).hasValue(1);
        assertThat(responses).hasValue(1);
        assertThat(stamps).hasValue(1);
        assertThat(taken).hasValue(1);
    }

    private static void count(AtomicInteger counter, boolean won) {
        if (won) {
            counter.incrementAndGet();
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void shouldForgetWhatHasExpiredWhenTimeHasPassed() {
        WantedPeer wanted = WantedPeer.byName("alpha.cyphonic.internal");
        state.rememberUnknown(wanted, NOW + 10);
        state.expectPath(PATH, NODE, NOW + 10);
        state.storeResponse(PATH, new byte[] {1}, NOW + 10);
        assertThat(state.attempt(wanted, NOW).outcome()).isEqualTo(AttemptRecord.Outcome.UNKNOWN);
        assertThat(state.isPathExpected(PATH, NODE, NOW)).isTrue();
        assertThat(state.isPathExpected(PATH, PATH, NOW)).isFalse();
        assertThat(state.pendingEntries()).isEqualTo(3);

        assertThat(state.attempt(wanted, NOW + 10)).isNull();
        assertThat(state.isPathExpected(PATH, NODE, NOW + 10)).isFalse();
        assertThat(state.beginAttempt(wanted, 1, NOW + 20, NOW + 10)).isTrue();
        state.expire(NOW + 10, _ -> {});
        assertThat(state.pendingEntries()).isEqualTo(1);
        state.expire(NOW + 20, _ -> {});
        assertThat(state.pendingEntries()).isZero();
    }

    @Test
    void shouldHandOverAHandshakeThatNobodyEnded() {
        List<InetSocketAddress> candidates = List.of(new InetSocketAddress("192.0.2.1", 1));
        state.handshakes()
                .add(
                        9,
                        new HandshakeRecord(
                                NODE,
                                PATH,
                                -7,
                                candidates,
                                new byte[3],
                                new byte[160],
                                NOW,
                                NOW + 10));
        List<Integer> released = new ArrayList<>();

        state.expire(NOW + 9, handshake -> released.add(handshake.receiverIndex()));
        assertThat(released).isEmpty();
        state.expire(NOW + 10, handshake -> released.add(handshake.receiverIndex()));
        state.expire(NOW + 11, handshake -> released.add(handshake.receiverIndex()));

        assertThat(released).containsExactly(-7);
    }

    @Test
    void shouldKeepTheNameOfANewNodeWhenTheOldOneOfThatNameGoes() throws Exception {
        TunnelRecord old = new TunnelRecord(NODE, 5, NOW);
        old.identity(peer());
        state.tunnels().add(old);
        Id128 newId = new Id128(7, 8);
        TunnelRecord next = new TunnelRecord(newId, 6, NOW);
        next.identity(
                new PeerIdentity(
                        newId,
                        peer().fqdn(),
                        (Inet4Address) InetAddress.getByName("10.121.0.10"),
                        (Inet6Address) InetAddress.getByName("fd00::10"),
                        new byte[PeerIdentity.TUNNEL_KEY_LENGTH],
                        77));
        state.tunnels().add(next);

        state.tunnels().remove(old);
        state.expire(NOW, _ -> {});

        assertThat(state.tunnels().find(WantedPeer.byName(peer().fqdn())).nodeId())
                .isEqualTo(newId);
        assertThat(state.tunnels().find(WantedPeer.byAddress(peer().virtualIpv4()))).isNull();
        assertThat(state.tunnels().find(WantedPeer.byTunnel(5))).isNull();
        assertThat(state.tunnels().find(WantedPeer.byTunnel(6)).nodeId()).isEqualTo(newId);
    }

    @Test
    void shouldSaySoWhenThereIsNoRoomForAPath() {
        int paths = 0;
        while (paths < 10_000 && state.expectPath(new Id128(9, paths), NODE, NOW + 10)) {
            paths++;
        }

        assertThat(paths).isBetween(64, 9_999);
        state.expire(NOW + 10, _ -> {});
        assertThat(state.expectPath(PATH, NODE, NOW + 20)).isTrue();
    }

    @Test
    void shouldKnowANodeForGoodWhenItWasRevoked() {
        assertThat(state.isRevoked(NODE)).isFalse();

        state.revoke(NODE);
        state.expire(Long.MAX_VALUE - 1, _ -> {});

        assertThat(state.isRevoked(NODE)).isTrue();
    }
}
