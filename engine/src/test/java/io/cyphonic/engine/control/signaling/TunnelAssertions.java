package io.cyphonic.engine.control.signaling;

import static org.assertj.core.api.Assertions.assertThat;

import io.cyphonic.engine.fixtures.FakeSession;
import io.cyphonic.engine.fixtures.SimulatedNode;

/** What has to hold of a tunnel, seen from both ends. */
final class TunnelAssertions {
    private TunnelAssertions() {}

    static void assertMatchingKeys(SimulatedNode left, SimulatedNode right) {
        FakeSession leftSession = left.session(right);
        FakeSession rightSession = right.session(left);
        assertThat(leftSession).as("session of %s", left.fqdn()).isNotNull();
        assertThat(rightSession).as("session of %s", right.fqdn()).isNotNull();
        assertThat(leftSession.sendKey()).isEqualTo(rightSession.receiveKey());
        assertThat(leftSession.receiveKey()).isEqualTo(rightSession.sendKey());
        assertThat(leftSession.sendKey()).isNotEqualTo(leftSession.receiveKey());
    }

    static void assertNoTunnel(SimulatedNode left, SimulatedNode right) {
        assertThat(left.session(right)).as("session of %s", left.fqdn()).isNull();
        assertThat(right.session(left)).as("session of %s", right.fqdn()).isNull();
    }
}
