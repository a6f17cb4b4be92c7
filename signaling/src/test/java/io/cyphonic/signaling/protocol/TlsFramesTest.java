package io.cyphonic.signaling.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import io.cyphonic.signaling.protocol.TlsFrames.Reason;
import io.cyphonic.signaling.protocol.TlsFrames.Received;

import org.junit.jupiter.api.Test;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Arrays;

class TlsFramesTest {
    private static final ControlMessage FIRST = new ControlMessage.PathProbe(1);
    private static final ControlMessage SECOND = new ControlMessage.Finalization(2);

    @Test
    void shouldReadMessagesInTheOrderTheyWereWritten() throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        TlsFrames.write(out, FIRST);
        TlsFrames.write(out, SECOND);

        ByteArrayInputStream in = new ByteArrayInputStream(out.toByteArray());

        assertThat(TlsFrames.read(in)).isEqualTo(new Received.Message(FIRST));
        assertThat(TlsFrames.read(in)).isEqualTo(new Received.Message(SECOND));
        assertThat(TlsFrames.read(in)).isEqualTo(new Received.Failure(Reason.ENDED));
    }

    @Test
    void shouldSayEndedWhenTheStreamIsCut() throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        TlsFrames.write(out, FIRST);
        byte[] frame = out.toByteArray();

        for (int length = 0; length < frame.length; length++) {
            assertThat(read(Arrays.copyOf(frame, length)))
                    .isEqualTo(new Received.Failure(Reason.ENDED));
        }
    }

    @Test
    void shouldRefuseLengthsOutOfRangeBeforeReadingOn() throws IOException {
        Received badLength = new Received.Failure(Reason.BAD_LENGTH);

        assertThat(read(new byte[] {0, 0, 0, 0})).isEqualTo(badLength);
        assertThat(read(new byte[] {-1, 0, 0, 0})).isEqualTo(badLength);
        assertThat(read(new byte[] {0, 0, 0x40, 1})).isEqualTo(badLength);
    }

    @Test
    void shouldSayMalformedWhenTheBytesAreNoMessage() throws IOException {
        assertThat(read(new byte[] {0, 0, 0, 2, 1, 1}))
                .isEqualTo(new Received.Failure(Reason.MALFORMED));
    }

    private static Received read(byte[] bytes) throws IOException {
        return TlsFrames.read(new ByteArrayInputStream(bytes));
    }
}
