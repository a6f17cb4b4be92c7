package io.cyphonic.engine.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cyphonic.engine.fixtures.MemoryStateStore;
import io.cyphonic.engine.packet.IpPacket;
import io.cyphonic.signaling.handshake.CipherSuite;
import io.cyphonic.signaling.handshake.SessionKeys;
import io.cyphonic.signaling.net.Endpoint;

import org.junit.jupiter.api.Test;

import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.util.HashSet;
import java.util.Set;

class TunnelTableTest {
    private static final byte[] IPV4 = {10, 121, 0, 2};
    private static final byte[] IPV6 = {(byte) 0xFD, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2};
    private static final Endpoint PEER = Endpoint.of(new InetSocketAddress("127.0.0.1", 7447));

    private final BatchMarks outbound = new BatchMarks();
    private final BatchMarks inbound = new BatchMarks();
    private final TunnelTable table =
            new TunnelTable(new MemoryStateStore(), 4, new SecureRandom(), outbound, inbound);

    private static SessionKeys keys() {
        return new SessionKeys(CipherSuite.AES_GCM_SHA256, new byte[32], new byte[32]);
    }

    private Session install(int tunnel, boolean confirmed, long nowNanos) {
        int index = table.reserve(tunnel);
        assertThat(table.install(tunnel, index, 99, keys(), confirmed, nowNanos)).isTrue();
        return table.session(index);
    }

    @Test
    void shouldFindATunnelByBothItsAddressesUntilItIsClosed() {
        int tunnel = table.open(IPV4, IPV6, PEER);
        SharedTunnelMap.Cursor cursor = table.map().new Cursor();
        byte[] key = new byte[16];
        IpPacket.addressKey(IPV4, key);

        assertThat(cursor.find(key)).isEqualTo(tunnel);
        assertThat(cursor.find(IPV6)).isEqualTo(tunnel);
        int epoch = table.epoch();
        assertThat(table.close(tunnel)).isTrue();
        assertThat(table.close(tunnel)).isFalse();

        assertThat(cursor.find(key)).isEqualTo(-1);
        assertThat(cursor.find(IPV6)).isEqualTo(-1);
        assertThat(table.epoch()).isNotEqualTo(epoch);
    }

    @Test
    void shouldRefuseTunnelsAndIndexesBeyondItsBounds() {
        for (int i = 0; i < 4; i++) {
            assertThat(table.open(new byte[] {10, 121, 1, (byte) i}, null, PEER)).isEqualTo(i);
        }
        assertThat(table.open(IPV4, null, PEER)).isEqualTo(TunnelTable.NONE);

        Set<Integer> indexes = new HashSet<>();
        int index;
        while ((index = table.reserve(1)) != TunnelTable.NONE) {
            assertThat(indexes.add(index)).isTrue();
        }
        assertThat(indexes).hasSizeBetween(16, 4096);
        table.close(1);
        assertThat(table.reserve(0)).isNotEqualTo(TunnelTable.NONE);
        assertThat(table.reserve(1)).isEqualTo(TunnelTable.NONE);
    }

    @Test
    void shouldFindNoOtherTunnelUnderTheIndexOfAClosedOneWhenItsPlaceIsUsedAgain() {
        Set<Integer> indexes = new HashSet<>();
        for (int i = 0; i < 10; i++) {
            int index = table.open(new byte[] {10, 121, 1, (byte) i}, null, PEER);
            assertThat(table.tunnel(index).index()).isEqualTo(index);
            assertThat(indexes.add(index)).isTrue();
            assertThat(table.close(index)).isTrue();
        }
        table.open(IPV4, null, PEER);

        for (int closed : indexes) {
            assertThat(table.tunnel(closed)).isNull();
            assertThat(table.reserve(closed)).isEqualTo(TunnelTable.NONE);
            assertThat(table.close(closed)).isFalse();
        }
    }

    @Test
    void shouldSealWithANewSessionOnlyOnceThePeerUsesIt() {
        int tunnel = table.open(IPV4, IPV6, PEER);
        Session first = install(tunnel, true, 0);
        Session second = install(tunnel, false, 1);

        assertThat(table.tunnel(tunnel).current()).isSameAs(first);
        table.confirm(second, 2);
        assertThat(table.tunnel(tunnel).current()).isSameAs(second);
        assertThat(table.session(first.receiverIndex())).isSameAs(first);

        Session third = install(tunnel, true, 3);
        assertThat(table.tunnel(tunnel).current()).isSameAs(third);
        assertThat(table.session(first.receiverIndex())).isNull();
        assertThat(first.isWiped()).isTrue();
        assertThat(second.isWiped()).isFalse();
    }

    @Test
    void shouldKeepTheNewerSessionWhenThePeerUsesAnOlderOneLate() {
        int tunnel = table.open(IPV4, IPV6, PEER);
        install(tunnel, true, 0);
        Session older = install(tunnel, false, 1);
        Session newer = install(tunnel, true, 2);

        table.confirm(older, 3);
        table.housekeep(2 * TunnelTable.PREVIOUS_LIFETIME_NANOS);

        assertThat(table.tunnel(tunnel).current()).isSameAs(newer);
        assertThat(table.session(newer.receiverIndex())).isSameAs(newer);
        assertThat(table.session(older.receiverIndex())).isSameAs(older);
    }

    @Test
    void shouldWipeRetiredKeysOnlyWhenNoBatchInFlightCanUseThem() {
        int tunnel = table.open(IPV4, IPV6, PEER);
        Session session = install(tunnel, true, 0);
        long staged = outbound.begin();
        long received = inbound.begin();

        table.close(tunnel);
        assertThat(session.isWiped()).isFalse();
        outbound.finish(staged);
        table.housekeep(0);
        assertThat(session.isWiped()).isFalse();
        inbound.finish(received);
        table.housekeep(0);

        assertThat(session.isWiped()).isTrue();
        assertThatThrownBy(session.sealKey()::getEncoded).isInstanceOf(IllegalStateException.class);
        assertThat(table.retiredSessions()).isZero();
    }

    @Test
    void shouldForgetASupersededSessionAfterItsTime() {
        int tunnel = table.open(IPV4, IPV6, PEER);
        Session first = install(tunnel, true, 0);
        install(tunnel, true, 1_000);

        table.housekeep(TunnelTable.PREVIOUS_LIFETIME_NANOS);
        assertThat(table.session(first.receiverIndex())).isSameAs(first);
        table.housekeep(TunnelTable.PREVIOUS_LIFETIME_NANOS + 1_000);

        assertThat(table.session(first.receiverIndex())).isNull();
        assertThat(first.isWiped()).isTrue();
    }

    @Test
    void shouldNeverGrantACounterTwiceAndStopAtTheLimit() {
        int tunnel = table.open(IPV4, IPV6, PEER);
        int index = table.reserve(tunnel);
        long start = Session.SEAL_LIMIT - 10;
        table.install(tunnel, index, 1, keys(), true, 0, start);
        Session session = table.session(index);

        assertThat(session.reserve(4)).isEqualTo(start);
        assertThat(session.reserve(4)).isEqualTo(start + 4);
        assertThat(session.reserve(4)).isEqualTo(Session.EXHAUSTED);
        assertThat(session.reserve(2)).isEqualTo(start + 8);
        assertThat(session.reserve(1)).isEqualTo(Session.EXHAUSTED);
        assertThat(session.reserved()).isEqualTo(Session.SEAL_LIMIT);
    }

    @Test
    void shouldRefuseAnIndexThatIsNotReservedForTheTunnelAndWipeTheKeys() {
        int tunnel = table.open(IPV4, IPV6, PEER);
        int index = table.reserve(tunnel);
        table.release(index);
        byte[] secret = new byte[32];
        secret[0] = 1;
        SessionKeys keys = new SessionKeys(CipherSuite.AES_GCM_SHA256, secret, new byte[32]);

        assertThat(table.install(tunnel, index, 1, keys, true, 0)).isFalse();

        assertThat(secret).containsOnly(0);
        assertThat(table.session(index)).isNull();
    }
}
