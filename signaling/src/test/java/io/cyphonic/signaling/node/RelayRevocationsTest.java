package io.cyphonic.signaling.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.cyphonic.signaling.config.SocketAddresses;
import io.cyphonic.signaling.handshake.RelayCode;
import io.cyphonic.signaling.handshake.RelayKeys;
import io.cyphonic.signaling.protocol.Id128;
import io.cyphonic.signaling.protocol.RelayRevocation;
import io.cyphonic.signaling.protocol.RelayServer;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;

class RelayRevocationsTest {
    private static final byte[] SECRET = new byte[RelayKeys.SECRET_LENGTH];
    private static final RelayServer NEAR =
            new RelayServer(
                    1,
                    SocketAddresses.parse("192.0.2.1:7448"),
                    SocketAddresses.parse("[2001:db8::1]:7448"),
                    443);
    private static final RelayServer FAR =
            new RelayServer(2, null, SocketAddresses.parse("[2001:db8::2]:7448"), 0);

    private static final int MAX_REPEATED = 150;

    private final NmsFixture fixture = new NmsFixture();
    private final RelayRevocations revocations =
            new RelayRevocations(fixture.registry, List.of(NEAR, FAR), SECRET, MAX_REPEATED);

    @AfterEach
    void close() {
        revocations.close();
        fixture.close();
    }

    @Test
    void shouldTellEveryAddressOfEveryRelayAsLongAsAGrantLasts() {
        assertThat(notices()).as("nobody is revoked").isEmpty();
        NmsFixture.Node bob = revoked("bob");

        assertThat(notices())
                .extracting(Reply::destination)
                .containsExactly(NEAR.ipv4(), NEAR.ipv6(), FAR.ipv6());
        assertThat(told()).containsExactly(bob.id);
        fixture.nowMillis += RelayGrants.LIFE.toMillis();
        NmsFixture.Node carol = revoked("carol");
        assertThat(told()).containsExactly(bob.id, carol.id);
        fixture.nowMillis += RelayGrants.LIFE.toMillis();
        assertThat(told()).as("bob has no grant left").containsExactly(carol.id);
        fixture.nowMillis += RelayGrants.LIFE.toMillis();
        assertThat(notices()).isEmpty();
    }

    @Test
    void shouldTellWhatWasRevokedBeforeTheStart() {
        NmsFixture.Node bob = revoked("bob");

        assertThat(told()).containsExactly(bob.id);
    }

    @Test
    void shouldTellTheNewestInSeveralDatagramsWhenThereAreMany() {
        List<Id128> all = new ArrayList<>();
        for (int i = 0; i < MAX_REPEATED + 5; i++) {
            all.add(revoked("node-" + i).id);
            if (i % 20 == 0) {
                notices();
            }
        }

        assertThat(told()).containsExactlyElementsOf(all.subList(5, all.size()));
    }

    private NmsFixture.Node revoked(String name) {
        NmsFixture.Node node = fixture.node(name);
        fixture.registry.revoke(node.fqdn);
        return node;
    }

    private List<Reply> notices() {
        return revocations.notices(fixture.nowMillis);
    }

    /** What one relay is told, each notice authentic. */
    private List<Id128> told() {
        RelayCode code = new RelayCode(RelayKeys.revocationKey(SECRET));
        List<Id128> told = new ArrayList<>();
        for (Reply notice : notices()) {
            if (notice.destination().equals(NEAR.ipv4())) {
                assertThat(code.verify(notice.datagram(), notice.datagram().length)).isTrue();
                told.addAll(RelayRevocation.decode(notice.datagram()).nodeIds());
            }
        }
        return told;
    }
}
