package io.cyphonic.signaling.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.cyphonic.signaling.credential.AuthenticationClient;
import io.cyphonic.signaling.credential.AuthenticationResult.Enrolled;
import io.cyphonic.signaling.credential.AuthenticationResult.LoggedIn;
import io.cyphonic.signaling.credential.Invitation;
import io.cyphonic.signaling.credential.NodeKeys;
import io.cyphonic.signaling.protocol.ControlCipher;
import io.cyphonic.signaling.protocol.ControlEnvelope;
import io.cyphonic.signaling.protocol.ControlMessage;
import io.cyphonic.signaling.protocol.ControlMessage.KeepAlive;
import io.cyphonic.signaling.protocol.ControlMessage.KeepAliveAck;
import io.cyphonic.signaling.protocol.ControlMessage.LoginResponse;
import io.cyphonic.signaling.protocol.ControlMessage.RegistrationRequest;
import io.cyphonic.signaling.protocol.ControlMessage.RegistrationResponse;
import io.cyphonic.signaling.protocol.ControlMessage.RevocationNotice;
import io.cyphonic.signaling.protocol.sbe.Status;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.List;

/**
 * A whole cloud in processes of its own, on its real log: what it acknowledged survives kill -9.
 */
@Timeout(300)
class CloudLifeTest {
    private static final AuthenticationClient AS = new AuthenticationClient(InstantSource.system());

    @TempDir Path temporary;

    @Test
    void shouldKeepWhatItAcknowledgedWhenItIsKilled() throws Exception {
        Path directory = temporary.resolve("cloud");
        String listen = "127.0.0.1:" + freePort();
        CloudProcess.run(temporary, "init", "--dir", directory, "--listen", listen);
        String whileDown = CloudProcess.run(temporary, "invite", "alice", "--dir", directory);

        try (NodeKeys aliceKeys = NodeKeys.generate(new SecureRandom());
                NodeKeys bobKeys = NodeKeys.generate(new SecureRandom());
                DatagramSocket socket = new DatagramSocket(0, InetAddress.ofLiteral("127.0.0.1"))) {
            socket.setSoTimeout(20_000);
            Node alice;
            String bobsInvitation;
            try (CloudProcess cloud = CloudProcess.start(temporary, "serve", "--dir", directory)) {
                assertThat(cloud.line()).startsWith("ready ").contains("tcp/" + listen);
                alice = new Node(join(Invitation.parse(whileDown), aliceKeys), socket);
                assertThat(
                                alice.ask(
                                                new RegistrationRequest(1, List.of()),
                                                RegistrationResponse.class)
                                        .status())
                        .isEqualTo(Status.OK);
                bobsInvitation = CloudProcess.run(temporary, "invite", "bob", "--dir", directory);
                cloud.kill();
            }

            try (CloudProcess cloud = CloudProcess.start(temporary, "serve", "--dir", directory)) {
                assertThat(cloud.line()).startsWith("ready ");
                // The same login, the same registration: nothing of it was in the killed process.
                assertThat(alice.ask(new KeepAlive(2), KeepAliveAck.class).status())
                        .isEqualTo(Status.OK);
                String devices = CloudProcess.run(temporary, "devices", "--dir", directory);
                assertThat(devices)
                        .contains("alice.cyphonic.internal", "registered")
                        .contains("bob.cyphonic.internal", "invited until");

                LoginResponse bob = join(Invitation.parse(bobsInvitation), bobKeys);
                CloudProcess.run(temporary, "revoke", "bob", "--dir", directory);
                assertThat(alice.receive(RevocationNotice.class).revoked())
                        .containsExactly(bob.nodeId());

                cloud.terminate();
                assertThat(cloud.exitCode()).isZero();
            }
        }
    }

    private static LoginResponse join(Invitation invitation, NodeKeys keys) {
        Enrolled enrolled = (Enrolled) AS.enrol(invitation, keys);
        LoggedIn loggedIn =
                (LoggedIn)
                        AS.login(
                                invitation.cloud(),
                                enrolled.caCertificate(),
                                keys,
                                enrolled.response().certificate());
        return loggedIn.response();
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    /** A node as the NMS sees it. */
    private static final class Node {
        private final LoginResponse login;
        private final DatagramSocket socket;
        private final ControlCipher cipher;
        private long counter;

        Node(LoginResponse login, DatagramSocket socket) {
            this.login = login;
            this.socket = socket;
            this.cipher = new ControlCipher(login.commonKey(), login.loginId(), login.nodeId());
        }

        <T extends ControlMessage> T ask(ControlMessage message, Class<T> type) throws IOException {
            byte[] datagram = cipher.sealToNms(message, ++counter);
            InetSocketAddress nms = login.nmsEndpoints().getFirst();
            socket.send(new DatagramPacket(datagram, datagram.length, nms));
            return receive(type);
        }

        <T extends ControlMessage> T receive(Class<T> type) throws IOException {
            DatagramPacket packet = new DatagramPacket(new byte[2000], 2000);
            socket.receive(packet);
            return type.cast(
                    cipher.open(packet.getData(), packet.getLength(), ControlEnvelope.TO_NODE));
        }
    }
}
