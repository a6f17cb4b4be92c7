package io.cyphonic.signaling.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;

class DatagramStreamTest {
    @Test
    void shouldWriteTheseBytes() throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();

        DatagramStream.write(out, new byte[] {9, 0x46, 1, 2, 9}, 1, 3);
        DatagramStream.write(out, new byte[0x1234], 0, 0x1234);

        assertThat(HexFormat.of().formatHex(out.toByteArray(), 0, 8)).isEqualTo("0003460102123400");
    }

    @Test
    void shouldReadWhatWasWrittenAndThenTheEnd() throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        byte[] longest = new byte[DatagramStream.MAX_LENGTH];
        Arrays.fill(longest, (byte) 3);
        DatagramStream.write(out, longest, 0, longest.length);
        DatagramStream.write(out, new byte[] {7}, 0, 1);
        ByteArrayInputStream in = new ByteArrayInputStream(out.toByteArray());

        assertThat(DatagramStream.read(in)).isEqualTo(longest);
        assertThat(DatagramStream.read(in)).containsExactly(7);
        assertThat(DatagramStream.read(in)).isEmpty();
    }

    @Test
    void shouldEndAtALengthThatIsNotAllowedAndWhenCut() throws IOException {
        for (String hex : new String[] {"0000", "2401", "ffff00", "00", "0003aabb", ""}) {
            assertThat(DatagramStream.read(new ByteArrayInputStream(HexFormat.of().parseHex(hex))))
                    .as(hex)
                    .isEmpty();
        }
        assertThatThrownBy(
                        () -> DatagramStream.write(new ByteArrayOutputStream(), new byte[1], 0, 0))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void shouldSurviveAnyBytes() throws IOException {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        for (int i = 0; i < 20_000; i++) {
            byte[] noise = new byte[random.nextInt(200)];
            random.nextBytes(noise);
            ByteArrayInputStream in = new ByteArrayInputStream(noise);
            int read = 0;
            byte[] datagram;
            while ((datagram = DatagramStream.read(in)).length > 0) {
                read += DatagramStream.PREFIX_LENGTH + datagram.length;
            }
            assertThat(read).as("seed %d", seed).isLessThanOrEqualTo(noise.length);
        }
    }
}
