package io.cyphonic.engine.control.signaling;

import static org.assertj.core.api.Assertions.assertThat;

import io.cyphonic.engine.fixtures.SimulatedNode;
import io.cyphonic.engine.fixtures.SimulatedOverlay;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.net.Inet4Address;
import java.nio.file.Path;
import java.time.Duration;

class OneWayTrafficTest {
    private static final int SECONDS = 10;

    @TempDir Path directory;

    private SimulatedOverlay overlay;
    private SimulatedNode speaker;
    private SimulatedNode listener;

    @BeforeEach
    void start() throws Exception {
        overlay = new SimulatedOverlay(17, directory);
        speaker = overlay.node("speaker");
        listener = overlay.node("listener");
        overlay.awaitRegistered();
        overlay.connect(speaker, listener);
        // Ways are searched and path MTUs found.
        overlay.advance(Duration.ofSeconds(30));
    }

    @AfterEach
    void stop() {
        overlay.close();
    }

    private static Inet4Address virtualAddress(SimulatedNode node) {
        return node.certificate().virtualIpv4();
    }

    private void stream(boolean answered) {
        for (int i = 0; i < SECONDS * 100; i++) {
            speaker.dataPlane().sendPacket(virtualAddress(listener), new byte[1000]);
            overlay.advance(Duration.ofMillis(5));
            if (answered) {
                listener.dataPlane().sendPacket(virtualAddress(speaker), new byte[100]);
            }
            overlay.advance(Duration.ofMillis(5));
        }
    }

    @Test
    void shouldNotAskForItsWaysWhenThePeerOnlyListens() {
        int before = listener.dataPlane().controlMessages();

        stream(false);

        // What is left are the probes for the path MTU, two up to four times a second.
        assertThat(listener.dataPlane().controlMessages() - before)
                .isLessThanOrEqualTo(8 * SECONDS);
        assertThat(speaker.dataPlane().keepAlives()).isBetween(8 * SECONDS, 10 * SECONDS);
    }

    @Test
    void shouldSendNoKeepAliveWhenTheHostAnswersItself() {
        stream(true);

        assertThat(speaker.dataPlane().keepAlives()).isZero();
        assertThat(listener.dataPlane().keepAlives()).isZero();
    }

    @Test
    void shouldSendNoKeepAliveWhenNothingHasCome() {
        overlay.advance(Duration.ofMinutes(1));

        assertThat(speaker.dataPlane().keepAlives()).isZero();
        assertThat(listener.dataPlane().keepAlives()).isZero();
    }

    @Test
    void shouldStopWhenTheStreamStops() {
        stream(false);
        overlay.advance(Duration.ofSeconds(1));
        int before = speaker.dataPlane().keepAlives();

        overlay.advance(Duration.ofSeconds(5));

        assertThat(speaker.dataPlane().keepAlives()).isEqualTo(before);
        assertThat(listener.dataPlane().keepAlives()).isZero();
    }
}
