package io.cyphonic.signaling.credential;

import static io.cyphonic.signaling.credential.CredentialFixtures.RANDOM;
import static io.cyphonic.signaling.credential.CredentialFixtures.ip;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;

import java.net.InetSocketAddress;
import java.util.List;
import java.util.Random;

class InvitationTest {
    private static final List<InetSocketAddress> CLOUD =
            List.of(
                    new InetSocketAddress(ip("192.0.2.1"), 7447),
                    new InetSocketAddress(ip("2001:db8::1"), 65535));

    private final Invitation invitation = Invitation.create(CLOUD, new byte[32], RANDOM);

    @Test
    void shouldComeBackTheSameWhenParsed() {
        String line = invitation.encode();

        assertThat(line).startsWith("cyphonic-").matches("[A-Za-z0-9_-]+");
        assertThat(Invitation.parse(" " + line + "\n")).isEqualTo(invitation);
    }

    @Test
    void shouldSayTruncatedWhenTheEndIsMissing() {
        String line = invitation.encode();

        for (int length = "cyphonic-".length(); length < line.length() - 1; length++) {
            String shorter = line.substring(0, length);
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> Invitation.parse(shorter))
                    .withMessageContaining("truncated");
        }
    }

    @Test
    void shouldRefuseWhenACharacterIsChanged() {
        String line = invitation.encode();

        for (int i = "cyphonic-".length(); i < line.length() - 1; i++) {
            char other = line.charAt(i) == 'A' ? 'B' : 'A';
            String changed = line.substring(0, i) + other + line.substring(i + 1);
            assertThatIllegalArgumentException()
                    .as("character %d", i)
                    .isThrownBy(() -> Invitation.parse(changed));
        }
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Invitation.parse(line + "AAAA"))
                .withMessageContaining("behind its end");
        assertThatIllegalArgumentException()
                .isThrownBy(
                        () -> Invitation.parse(line.substring(0, 20) + "!" + line.substring(21)))
                .withMessageContaining("character 21 ");
    }

    @Test
    void shouldSayNotAnInvitationWhenItIsSomethingElse() {
        for (String text : List.of("", "hello", "CYPHONIC-AAAA", "https://example.org/")) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> Invitation.parse(text))
                    .withMessageContaining("not an invitation");
        }
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Invitation.parse("cyphonic-" + "A".repeat(5000)))
                .withMessageContaining("at most 1024");
    }

    @Test
    void shouldOnlyRefuseWhenGivenRandomText() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int i = 0; i < 1000; i++) {
            StringBuilder text = new StringBuilder("cyphonic-");
            random.ints(random.nextInt(400), 0x20, 0x7f).forEach(c -> text.append((char) c));
            assertThatIllegalArgumentException()
                    .as("seed %d", seed)
                    .isThrownBy(() -> Invitation.parse(text.toString()));
        }
    }

    @Test
    void shouldNotShowTheSecretWhenPrinted() {
        assertThat(invitation.toString()).isEqualTo("Invitation[" + invitation.id() + "]");
    }
}
