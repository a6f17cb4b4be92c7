package io.cyphonic.signaling.credential;

import static io.cyphonic.signaling.credential.CredentialFixtures.NOW;
import static io.cyphonic.signaling.credential.CredentialFixtures.RANDOM;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;

class PrivateFilesTest {
    @TempDir Path directory;

    @Test
    void shouldKeepSecretsToTheOwnerWhenWritten() throws Exception {
        Path file = directory.resolve("a.key");

        PrivateFiles.writeSecret(file, new byte[] {1, 2, 3});

        assertThat(mode(file)).isEqualTo("rw-------");
        assertThat(PrivateFiles.readSecret(file)).containsExactly(1, 2, 3);
    }

    @Test
    void shouldReplaceAtOnceAndLeaveNothingBesideWhenWrittenAgain() throws Exception {
        Path file = directory.resolve("a.crt");

        PrivateFiles.writeReadable(file, new byte[] {1});
        PrivateFiles.writeReadable(file, new byte[] {2});

        assertThat(mode(file)).isEqualTo("rw-r--r--");
        assertThat(PrivateFiles.read(file)).containsExactly(2);
        try (Stream<Path> files = Files.list(directory)) {
            assertThat(files).containsExactly(file);
        }
    }

    @Test
    void shouldRefuseWhenOthersCanReadTheSecret() throws Exception {
        Path file = directory.resolve("a.key");
        for (String mode : List.of("rw-r-----", "rw----r--", "rw--w----")) {
            PrivateFiles.writeSecret(file, new byte[] {1});
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(mode));

            assertThatIOException()
                    .isThrownBy(() -> PrivateFiles.readSecret(file))
                    .withMessageContaining(file.toString())
                    .withMessageContaining(mode)
                    .withMessageContaining("chmod 600");
        }
    }

    @Test
    void shouldSayWhichFileWhenItIsMissingOrTooLong() throws Exception {
        Path missing = directory.resolve("missing.key");
        Path huge = directory.resolve("huge");
        Files.write(huge, new byte[PrivateFiles.MAX_LENGTH + 1]);

        assertThatIOException()
                .isThrownBy(() -> PrivateFiles.readSecret(missing))
                .withMessage("no key file at " + missing);
        assertThatIOException()
                .isThrownBy(() -> PrivateFiles.read(huge))
                .withMessageContaining("at most 65536");
    }

    @Test
    void shouldMakeClosedDirectoriesWhenKeysAreStored() throws Exception {
        Path node = directory.resolve("node");
        try (NodeKeys keys = NodeKeys.generate(RANDOM)) {
            keys.store(node);

            assertThat(mode(node)).isEqualTo("rwx------");
            assertThat(mode(node.resolve("keys"))).isEqualTo("rwx------");
            assertThat(mode(node.resolve("keys/identity.key"))).isEqualTo("rw-------");
            assertThat(mode(node.resolve("keys/tunnel.key"))).isEqualTo("rw-------");
            try (NodeKeys loaded = NodeKeys.load(node)) {
                assertThat(loaded.identityKey()).isEqualTo(keys.identityKey());
                assertThat(loaded.tunnelKey()).isEqualTo(keys.tunnelKey());
            }
        }
    }

    @Test
    void shouldRefuseKeysWhenTheyAreDamagedOrOfAnotherKind() throws Exception {
        try (NodeKeys keys = NodeKeys.generate(RANDOM)) {
            keys.store(directory);
        }
        Path identity = directory.resolve("keys/identity.key");
        Path tunnel = directory.resolve("keys/tunnel.key");

        PrivateFiles.writeSecret(tunnel, Files.readAllBytes(identity));
        assertThatIOException()
                .isThrownBy(() -> NodeKeys.load(directory))
                .withMessage(tunnel + " holds another kind of key");

        for (String content :
                List.of(
                        "",
                        "hello",
                        "-----BEGIN PRIVATE KEY-----\n%%\n-----END PRIVATE KEY-----")) {
            PrivateFiles.writeSecret(identity, content.getBytes(StandardCharsets.US_ASCII));
            assertThatIOException()
                    .isThrownBy(() -> NodeKeys.load(directory))
                    .withMessageContaining(identity.toString());
        }
    }

    @Test
    void shouldOverwriteThePrivateKeysWhenClosed() {
        NodeKeys keys = NodeKeys.generate(RANDOM);
        byte[] identity = keys.identityPrivateKey();
        byte[] tunnel = keys.tunnelKeyPair().privateKey();

        keys.close();

        assertThat(identity).containsOnly(0);
        assertThat(tunnel).containsOnly(0);
    }

    @Test
    void shouldKeepTheCaWhenAskedToMakeItAgain() throws Exception {
        try (var ca = CertificateAuthority.create(directory, "z", RANDOM, NOW)) {
            assertThat(mode(directory.resolve("ca/ca.key"))).isEqualTo("rw-------");
            assertThatIOException()
                    .isThrownBy(() -> CertificateAuthority.create(directory, "z", RANDOM, NOW))
                    .withMessageContaining("there is a CA");
            assertThat(CertificateAuthority.loadCertificate(directory))
                    .isEqualTo(ca.caCertificate());
        }
    }

    @Test
    void shouldRefuseTheCaWhenKeyAndCertificateDiffer(@TempDir Path other) throws Exception {
        CertificateAuthority.create(directory, "z", RANDOM, NOW).close();
        CertificateAuthority.create(other, "z", RANDOM, NOW).close();
        PrivateFiles.writeReadable(
                directory.resolve("ca/ca.crt"), Files.readAllBytes(other.resolve("ca/ca.crt")));

        assertThatIOException()
                .isThrownBy(() -> CertificateAuthority.load(directory, RANDOM))
                .withMessageContaining("do not belong together");
    }

    private static String mode(Path file) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
    }
}
