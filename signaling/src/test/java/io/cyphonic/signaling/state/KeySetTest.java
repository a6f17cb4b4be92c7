package io.cyphonic.signaling.state;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;

class KeySetTest {
    private static byte[] key(int length, int number) {
        return Arrays.copyOf(ByteBuffer.allocate(Integer.BYTES).putInt(number).array(), length);
    }

    private static List<ByteBuffer> keys(KeySet set, int length) {
        final byte[] all = set.copy();
        final List<ByteBuffer> keys = new ArrayList<>();
        for (int offset = 0; offset < all.length; offset += length) {
            keys.add(ByteBuffer.wrap(Arrays.copyOfRange(all, offset, offset + length)));
        }
        return keys;
    }

    @ParameterizedTest
    @ValueSource(ints = {4, 8, 16, 33})
    void shouldHoldWhatASetHoldsUnderRandomOperations(int length) {
        final long seed = new Random().nextLong();
        final Random random = new Random(seed);
        final KeySet set = new KeySet(length);
        final Set<ByteBuffer> model = new HashSet<>();
        for (int i = 0; i < 20_000; i++) {
            // Grows and empties again and again, so that it is made larger and smaller.
            final boolean growing = i / 2_000 % 2 == 0;
            final byte[] key = key(length, random.nextInt(1_000));
            if (random.nextInt(10) < (growing ? 8 : 2)) {
                set.add(key);
                model.add(ByteBuffer.wrap(key));
            } else {
                set.remove(key);
                model.remove(ByteBuffer.wrap(key));
            }
            if (i % 97 == 0) {
                assertThat(keys(set, length))
                        .as("seed %d step %d", seed, i)
                        .containsExactlyInAnyOrderElementsOf(model);
            }
        }
    }

    @Test
    void shouldKeepACopyOfTheKeyItIsGiven() {
        final KeySet set = new KeySet(4);
        final byte[] key = key(4, 7);
        set.add(key);

        key[0] = 9;

        assertThat(set.copy()).isEqualTo(key(4, 7));
    }
}
