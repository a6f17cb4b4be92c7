package io.cyphonic.signaling.registry;

import static io.cyphonic.signaling.registry.RegistrySamples.address;
import static io.cyphonic.signaling.registry.RegistrySamples.hash;
import static io.cyphonic.signaling.registry.RegistrySamples.id;
import static io.cyphonic.signaling.registry.RegistrySamples.network;
import static io.cyphonic.signaling.registry.RegistrySamples.overIpv4;
import static io.cyphonic.signaling.registry.RegistrySamples.overIpv6;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cyphonic.signaling.protocol.Id128;
import io.cyphonic.signaling.protocol.sbe.Status;
import io.cyphonic.signaling.state.ChronicleStateStore;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

class RegistryStateMachineTest {
    private static final long NOW = 1_000_000;
    private static final long EXPIRY = 2_000_000;

    private final ChronicleStateStore store = new ChronicleStateStore();
    private final RegistryStateMachine machine = newMachine(store, new RegistryLimits(4, 3));
    private final RegistryView view = machine.view();

    static RegistryStateMachine newMachine(ChronicleStateStore store, RegistryLimits limits) {
        final RegistryStateMachine machine = new RegistryStateMachine(store, limits);
        assertThat(machine.apply(0, new RegistryCommand.Configure(network())).status())
                .isEqualTo(Status.OK);
        return machine;
    }

    @AfterEach
    void closeStore() {
        store.close();
    }

    private Status invite(int number, String name) {
        return machine.apply(
                        NOW, new RegistryCommand.Invite(id(number), name, hash(number), EXPIRY))
                .status();
    }

    private Registry.Redeemed redeem(int number, byte[] secretHash, byte[] keyHash, long now) {
        return machine.apply(
                now,
                new RegistryCommand.Redeem(id(number), secretHash, keyHash, now, id(100 + number)));
    }

    private Id128 enrolled(int number, String name) {
        assertThat(invite(number, name)).isEqualTo(Status.OK);
        final Registry.Redeemed redeemed = redeem(number, hash(number), hash(50 + number), NOW);
        assertThat(redeemed.status()).isEqualTo(Status.OK);
        return redeemed.nodeId();
    }

    private Status register(Id128 node, NodeRecord.Registration registration) {
        return machine.apply(NOW, new RegistryCommand.Register(node, registration)).status();
    }

    private NodeRecord.Registration registrationOf(Id128 node) {
        return view.findById(node).orElseThrow().registration();
    }

    private Status revoke(String name) {
        return machine.apply(NOW, new RegistryCommand.Revoke(name)).status();
    }

    @Test
    void shouldEnrolTheFirstKeyOfAnInvitation() {
        assertThat(invite(1, "alice")).isEqualTo(Status.OK);
        assertThat(view.openInvitations(NOW))
                .containsExactly(
                        new Registry.OpenInvitation(id(1), "alice.cyphonic.internal", EXPIRY));

        final Registry.Redeemed redeemed = redeem(1, hash(1), hash(51), NOW);

        assertThat(redeemed)
                .isEqualTo(
                        new Registry.Redeemed(
                                Status.OK,
                                id(101),
                                "alice.cyphonic.internal",
                                network().ipv4(1),
                                network().ipv6(1)));
        assertThat(redeemed.virtualIpv4()).isEqualTo(address("10.121.0.1"));
        assertThat(redeemed.virtualIpv6()).isEqualTo(address("fd00:121::1"));
        assertThat(view.openInvitations(NOW)).isEmpty();
        assertThat(view.findByFqdn("Alice.Cyphonic.Internal")).isPresent();
        assertThat(view.findByVirtualAddress(address("10.121.0.1"))).isPresent();
        assertThat(view.findByVirtualAddress(address("fd00:121::1"))).isPresent();
        assertThat(view.findByVirtualAddress(address("10.121.0.2"))).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "2, 1, 51, 1000000, INVITATION_UNKNOWN",
        "1, 2, 51, 1000000, INVITATION_UNKNOWN",
        "1, 1, 51, 1999999, OK",
        "1, 1, 51, 2000000, INVITATION_EXPIRED",
        "1, 1, 51, 2000001, INVITATION_EXPIRED",
    })
    void shouldJudgeAnInvitation(int invitation, int secret, int key, long now, Status expected) {
        invite(1, "alice");

        assertThat(redeem(invitation, hash(secret), hash(key), now).status()).isEqualTo(expected);
        assertThat(view.nodes()).hasSize(expected == Status.OK ? 1 : 0);
    }

    @Test
    void shouldAnswerTheSameKeyTheSameAndRefuseAnother() {
        invite(1, "alice");
        final Registry.Redeemed first = redeem(1, hash(1), hash(51), NOW);

        assertThat(redeem(1, hash(1), hash(51), NOW + 5)).isEqualTo(first);
        assertThat(redeem(1, hash(1), hash(52), NOW).status()).isEqualTo(Status.INVITATION_USED);
        assertThat(redeem(1, hash(2), hash(51), NOW).status()).isEqualTo(Status.INVITATION_UNKNOWN);
        assertThat(view.nodes()).hasSize(1);
    }

    @ParameterizedTest
    @CsvSource({
        "alice, OK",
        "ALICE, OK",
        "alice.cyphonic.internal, OK",
        "a-1, OK",
        "'', MALFORMED",
        "-a, MALFORMED",
        "a-, MALFORMED",
        "a_b, MALFORMED",
        "a b, MALFORMED",
        "a.b, MALFORMED",
        "alice.example.org, MALFORMED",
        "a.b.cyphonic.internal, MALFORMED",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa, MALFORMED",
    })
    void shouldTakeOnlyNamesOfTheZone(String name, Status expected) {
        assertThat(invite(1, name)).isEqualTo(expected);
    }

    @Test
    void shouldReplaceAnOlderOpenInvitationOfTheName() {
        invite(1, "alice");

        assertThat(invite(2, "alice")).isEqualTo(Status.OK);

        assertThat(view.openInvitations(NOW)).hasSize(1);
        assertThat(redeem(1, hash(1), hash(51), NOW).status()).isEqualTo(Status.INVITATION_UNKNOWN);
        assertThat(redeem(2, hash(2), hash(51), NOW).status()).isEqualTo(Status.OK);
    }

    @Test
    void shouldRefuseToInviteANameThatIsTaken() {
        enrolled(1, "alice");

        assertThat(invite(2, "alice")).isEqualTo(Status.FORBIDDEN);
    }

    @Test
    void shouldAcceptTheSameInvitationTwice() {
        invite(1, "alice");

        assertThat(invite(1, "alice")).isEqualTo(Status.OK);
        assertThat(invite(1, "bob")).isEqualTo(Status.FORBIDDEN);
        assertThat(view.openInvitations(NOW)).hasSize(1);
    }

    @Test
    void shouldRefuseMoreInvitationsThanItsLimitUntilSomeExpire() {
        for (int i = 1; i <= 3; i++) {
            assertThat(invite(i, "n" + i)).isEqualTo(Status.OK);
        }
        assertThat(invite(4, "n4")).isEqualTo(Status.UNAVAILABLE);

        final RegistryCommand later = new RegistryCommand.Invite(id(4), "n4", hash(4), 2 * EXPIRY);
        assertThat(machine.apply(EXPIRY, later).status()).isEqualTo(Status.OK);
        assertThat(view.openInvitations(EXPIRY)).hasSize(1);
    }

    @Test
    void shouldForgetAnExpiredInvitationAfterAWeek() {
        invite(1, "alice");
        final long week = TimeUnit.DAYS.toMillis(7);

        machine.apply(
                EXPIRY + week - 1, new RegistryCommand.Invite(id(2), "b", hash(2), Long.MAX_VALUE));
        assertThat(redeem(1, hash(1), hash(51), EXPIRY + week).status())
                .isEqualTo(Status.INVITATION_EXPIRED);
        machine.apply(
                EXPIRY + week, new RegistryCommand.Invite(id(3), "c", hash(3), Long.MAX_VALUE));
        assertThat(redeem(1, hash(1), hash(51), EXPIRY + week).status())
                .isEqualTo(Status.INVITATION_UNKNOWN);
    }

    @Test
    void shouldRefuseMoreNodesThanItsLimit() {
        for (int i = 1; i <= 4; i++) {
            enrolled(i, "n" + i);
            machine.apply(2 * EXPIRY + TimeUnit.DAYS.toMillis(8), expiredInvitation());
        }
        invite(9, "n9");

        assertThat(redeem(9, hash(9), hash(59), NOW).status()).isEqualTo(Status.UNAVAILABLE);
        assertThat(view.nodes()).hasSize(4);
        assertThat(view.findByFqdn("n9.cyphonic.internal")).isEmpty();
    }

    private static RegistryCommand expiredInvitation() {
        return new RegistryCommand.Invite(id(999), "x", hash(1), 1);
    }

    @Test
    void shouldForgetWhereANodeWasWhenItIsRevoked() {
        final Id128 alice = enrolled(1, "alice");
        register(alice, overIpv4(7, 1, 1000));

        assertThat(revoke("alice")).isEqualTo(Status.OK);
        assertThat(revoke("alice.cyphonic.internal")).isEqualTo(Status.OK);

        assertThat(view.revocationEpoch()).isEqualTo(1);
        assertThat(view.revokedAfter(0, 10)).containsExactly(alice);
        assertThat(view.revokedAfter(1, 10)).isEmpty();
        assertThat(view.findById(alice).orElseThrow().revoked()).isTrue();
        assertThat(registrationOf(alice)).isNull();
        assertThat(register(alice, overIpv4(7, 2, 1000))).isEqualTo(Status.FORBIDDEN);
        assertThat(
                        machine.apply(NOW, new RegistryCommand.StoreCertificate(alice, new byte[3]))
                                .status())
                .isEqualTo(Status.FORBIDDEN);
        assertThat(redeem(1, hash(1), hash(51), NOW).status()).isEqualTo(Status.INVITATION_USED);
        assertThat(revoke("bob")).isEqualTo(Status.PEER_UNKNOWN);
    }

    @Test
    void shouldGiveANewIdAndNewAddressesWhenARevokedNameComesBack() {
        final Id128 old = enrolled(1, "alice");
        revoke("alice");

        final Id128 renewed = enrolled(2, "alice");

        assertThat(renewed).isNotEqualTo(old);
        assertThat(view.findByFqdn("alice.cyphonic.internal").orElseThrow().nodeId())
                .isEqualTo(renewed);
        assertThat(view.findByVirtualAddress(address("10.121.0.1")).orElseThrow().nodeId())
                .isEqualTo(old);
        assertThat(view.findByVirtualAddress(address("10.121.0.2")).orElseThrow().nodeId())
                .isEqualTo(renewed);
        revoke("alice");
        assertThat(view.revokedAfter(0, 10)).containsExactly(old, renewed);
        assertThat(view.revokedAfter(0, 1)).containsExactly(old);
        assertThat(view.revokedAfter(-5, 1)).containsExactly(old);
    }

    @Test
    void shouldWithdrawAnOpenInvitationWhenItsNameIsRevoked() {
        invite(1, "alice");

        assertThat(revoke("alice")).isEqualTo(Status.OK);

        assertThat(redeem(1, hash(1), hash(51), NOW).status()).isEqualTo(Status.INVITATION_UNKNOWN);
        assertThat(view.revocationEpoch()).isZero();
    }

    @Test
    void shouldIgnoreARegistrationWithALowerCounter() {
        final Id128 alice = enrolled(1, "alice");
        register(alice, overIpv4(7, 5, 1005));

        assertThat(register(alice, overIpv4(7, 4, 1004))).isEqualTo(Status.OK);
        assertThat(register(alice, overIpv4(7, 5, 9999))).isEqualTo(Status.OK);

        assertThat(registrationOf(alice).observedIpv4().getPort()).isEqualTo(1005);
        assertThat(registrationOf(alice).counter()).isEqualTo(5);
        assertThat(registrationOf(alice).registeredAtMillis()).isEqualTo(NOW);
    }

    @Test
    void shouldKeepBothFamiliesWhateverTheirOrder() {
        final Id128 alice = enrolled(1, "alice");
        register(alice, overIpv4(7, 6, 1006));
        register(alice, overIpv6(7, 5, 1005));

        assertThat(registrationOf(alice).observedIpv4().getPort()).isEqualTo(1006);
        assertThat(registrationOf(alice).observedIpv6().getPort()).isEqualTo(1005);
        assertThat(registrationOf(alice).candidates().getFirst().address().getPort())
                .isEqualTo(1006);
        register(alice, overIpv6(7, 4, 1004));
        assertThat(registrationOf(alice).observedIpv6().getPort()).isEqualTo(1005);
    }

    @Test
    void shouldStartAfreshWithANewLoginAndNeverGoBack() {
        final Id128 alice = enrolled(1, "alice");
        register(alice, overIpv6(7, 50, 1050));
        register(alice, overIpv4(8, 0, 2000));

        assertThat(registrationOf(alice).observedIpv6()).isNull();
        assertThat(registrationOf(alice).observedIpv4().getPort()).isEqualTo(2000);
        register(alice, overIpv4(7, 99, 1099));
        assertThat(registrationOf(alice).loginId()).isEqualTo(8);
    }

    @Test
    void shouldNotComeBackByAReplayAfterLoggingOff() {
        final Id128 alice = enrolled(1, "alice");
        register(alice, overIpv4(7, 5, 1005));

        assertThat(unregister(alice, 6)).isEqualTo(Status.OK);
        assertThat(registrationOf(alice)).as("another login").isNotNull();
        assertThat(unregister(alice, 7)).isEqualTo(Status.OK);

        assertThat(registrationOf(alice)).isNull();
        register(alice, overIpv4(7, 5, 1005));
        assertThat(registrationOf(alice)).isNull();
        register(alice, overIpv4(7, 6, 1006));
        assertThat(registrationOf(alice)).isNotNull();
    }

    private Status unregister(Id128 node, long loginId) {
        return machine.apply(NOW, new RegistryCommand.Unregister(node, loginId)).status();
    }

    @Test
    void shouldAnswerPeerUnknownForANodeThatIsNot() {
        assertThat(register(id(5), overIpv4(1, 1, 1))).isEqualTo(Status.PEER_UNKNOWN);
        assertThat(unregister(id(5), 1)).isEqualTo(Status.PEER_UNKNOWN);
        assertThat(
                        machine.apply(NOW, new RegistryCommand.StoreCertificate(id(5), new byte[1]))
                                .status())
                .isEqualTo(Status.PEER_UNKNOWN);
    }

    @Test
    void shouldStoreTheLongestCertificateAndRefuseALongerOne() {
        final Id128 alice = enrolled(1, "a".repeat(63));
        final byte[] longest = new byte[RegistryStateMachine.MAX_CERTIFICATE_LENGTH];

        assertThat(
                        machine.apply(NOW, new RegistryCommand.StoreCertificate(alice, longest))
                                .status())
                .isEqualTo(Status.OK);
        assertThat(
                        machine.apply(
                                        NOW,
                                        new RegistryCommand.StoreCertificate(
                                                alice, new byte[longest.length + 1]))
                                .status())
                .isEqualTo(Status.MALFORMED);
        assertThat(view.findById(alice).orElseThrow().certificate()).isEqualTo(longest);
    }

    @Test
    void shouldKeepTheFirstNetworkItWasGiven() {
        final OverlayNetwork other =
                new OverlayNetwork(
                        "other.internal", network().ipv4Prefix(), 16, network().ipv6Prefix(), 64);

        assertThat(machine.apply(NOW, new RegistryCommand.Configure(other)).status())
                .isEqualTo(Status.FORBIDDEN);
        assertThat(view.network()).contains(network());
    }

    @Test
    void shouldRestoreFromItsSnapshot() {
        final Id128 alice = enrolled(1, "alice");
        register(alice, overIpv4(7, 5, 1005));
        register(alice, overIpv4(8, 5, 1005));
        revoke("alice");
        enrolled(2, "alice");
        invite(3, "bob");
        final List<byte[]> pieces = snapshot(machine);

        try (ChronicleStateStore otherStore = new ChronicleStateStore()) {
            final RegistryStateMachine other = newMachine(otherStore, new RegistryLimits(4, 3));
            load(other, pieces);

            assertThat(snapshot(other)).usingRecursiveComparison().isEqualTo(pieces);
            assertThat(other.view().findByFqdn("alice.cyphonic.internal").orElseThrow().nodeId())
                    .isEqualTo(id(102));
            assertThat(other.view().revokedAfter(0, 9)).containsExactly(alice);
        }
    }

    @Test
    void shouldRefuseASnapshotThatIsCutShort() {
        enrolled(1, "alice");
        final List<byte[]> pieces = snapshot(machine);

        assertThatThrownBy(() -> load(machine, pieces.subList(0, 1)))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("missing");
    }

    static List<byte[]> snapshot(RegistryStateMachine machine) {
        final List<byte[]> pieces = new ArrayList<>();
        machine.writeSnapshot(pieces::add);
        return pieces;
    }

    static void load(RegistryStateMachine machine, List<byte[]> pieces) {
        try (RegistrySnapshot.Loader loader = machine.loadSnapshot()) {
            pieces.forEach(loader);
        }
    }
}
