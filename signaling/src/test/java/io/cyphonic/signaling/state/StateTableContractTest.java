package io.cyphonic.signaling.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** What every {@link StateTable} promises. */
abstract class StateTableContractTest {
    static final int KEY_LENGTH = 8;
    static final int RECORD_LENGTH = 24;
    static final int MAX_ENTRIES = 64;

    StateStore store;
    StateTable table;

    /** Makes the store under test. */
    abstract StateStore newStore();

    @BeforeEach
    void createTable() {
        store = newStore();
        table = store.createTable("table", KEY_LENGTH, RECORD_LENGTH, MAX_ENTRIES);
    }

    @AfterEach
    void closeStore() {
        store.close();
    }

    static byte[] key(long number) {
        return ByteBuffer.allocate(KEY_LENGTH).putLong(number).array();
    }

    static byte[] record(long expiryMillis, long number) {
        return ByteBuffer.allocate(RECORD_LENGTH)
                .putLong(expiryMillis)
                .putLong(number)
                .putLong(~number)
                .array();
    }

    byte[] get(long number) {
        final byte[] record = new byte[RECORD_LENGTH];
        return table.get(key(number), record) ? record : null;
    }

    @Test
    void shouldReadBackWhatWasWritten() {
        assertThat(table.put(key(1), record(10, 1))).isTrue();
        assertThat(table.put(key(2), record(20, 2))).isTrue();

        assertThat(get(1)).isEqualTo(record(10, 1));
        assertThat(get(2)).isEqualTo(record(20, 2));
        assertThat(table.size()).isEqualTo(2);
    }

    @Test
    void shouldLeaveTheArrayAloneWhenThereIsNoRecord() {
        final byte[] record = record(7, 7);

        assertThat(table.get(key(1), record)).isFalse();
        assertThat(record).isEqualTo(record(7, 7));
    }

    @Test
    void shouldCopyTheArraysItIsGiven() {
        final byte[] key = key(1);
        final byte[] record = record(10, 1);
        table.put(key, record);

        Arrays.fill(key, (byte) 9);
        Arrays.fill(record, (byte) 9);

        assertThat(get(1)).isEqualTo(record(10, 1));
    }

    @Test
    void shouldReplaceWhenPutTwice() {
        table.put(key(1), record(10, 1));

        assertThat(table.put(key(1), record(11, 2))).isTrue();

        assertThat(get(1)).isEqualTo(record(11, 2));
        assertThat(table.size()).isEqualTo(1);
    }

    @Test
    void shouldWriteOnlyOnceWhenPutIfAbsentIsRepeated() {
        assertThat(table.putIfAbsent(key(1), record(10, 1))).isTrue();
        assertThat(table.putIfAbsent(key(1), record(10, 2))).isFalse();

        assertThat(get(1)).isEqualTo(record(10, 1));
    }

    @Test
    void shouldReplaceOnlyWhenEveryByteIsAsExpected() {
        table.put(key(1), record(10, 1));
        final byte[] lastByteDiffers = record(10, 1);
        lastByteDiffers[RECORD_LENGTH - 1]++;

        assertThat(table.replace(key(1), lastByteDiffers, record(10, 2))).isFalse();
        assertThat(get(1)).isEqualTo(record(10, 1));
        assertThat(table.replace(key(1), record(10, 1), record(10, 2))).isTrue();
        assertThat(get(1)).isEqualTo(record(10, 2));
        assertThat(table.replace(key(3), record(10, 1), record(10, 2))).isFalse();
        assertThat(table.size()).isEqualTo(1);
    }

    @Test
    void shouldRemoveOnceAndHandBackTheRecord() {
        table.put(key(1), record(10, 1));
        final byte[] removed = new byte[RECORD_LENGTH];

        assertThat(table.remove(key(1), removed)).isTrue();
        assertThat(removed).isEqualTo(record(10, 1));
        assertThat(table.remove(key(1), null)).isFalse();
        assertThat(get(1)).isNull();
        assertThat(table.size()).isZero();
    }

    @Test
    void shouldRefuseNewEntriesWhenFull() {
        for (int i = 0; i < MAX_ENTRIES; i++) {
            assertThat(table.put(key(i), record(10, i))).as("entry %d", i).isTrue();
        }

        assertThat(table.put(key(1000), record(10, 0))).isFalse();
        assertThat(table.putIfAbsent(key(1000), record(10, 0))).isFalse();
        assertThat(get(1000)).isNull();
        assertThat(table.put(key(5), record(11, 55))).as("replacing needs no room").isTrue();
        assertThat(table.size()).isEqualTo(MAX_ENTRIES);

        table.remove(key(7), null);
        assertThat(table.put(key(1000), record(10, 0))).isTrue();
    }

    @Test
    void shouldHoldItsBoundWhenFilledAndEmptiedManyTimes() {
        final long before = store.offHeapBytes();
        for (int round = 0; round < 50; round++) {
            for (int i = 0; i < MAX_ENTRIES; i++) {
                assertThat(table.put(key(round * 1000L + i), record(10, i))).isTrue();
            }
            for (int i = 0; i < MAX_ENTRIES; i++) {
                assertThat(table.remove(key(round * 1000L + i), null)).isTrue();
            }
        }

        assertThat(table.size()).isZero();
        assertThat(store.offHeapBytes()).isEqualTo(before);
    }

    @Test
    void shouldExpireAtTheExactMillisecond() {
        table.put(key(1), record(99, 1));
        table.put(key(2), record(100, 2));
        table.put(key(3), record(101, 3));
        table.put(key(4), record(Long.MAX_VALUE, 4));
        final List<Long> expired = new ArrayList<>();

        final int count = table.expire(100, (_, r) -> expired.add(ByteBuffer.wrap(r).getLong(8)));

        assertThat(count).isEqualTo(2);
        assertThat(expired).containsExactlyInAnyOrder(1L, 2L);
        assertThat(get(3)).isNotNull();
        assertThat(get(4)).isNotNull();
        assertThat(table.expire(100, null)).isZero();
    }

    @Test
    void shouldExpireWhatWasGivenAnEarlierTimeWhenLookedAtBefore() {
        table.put(key(1), record(1000, 1));
        table.put(key(2), record(1000, 2));
        table.put(key(3), record(2000, 3));
        assertThat(table.expire(500, null)).isZero();

        table.put(key(1), record(400, 1));
        assertThat(table.replace(key(2), record(1000, 2), record(450, 2))).isTrue();
        assertThat(table.putIfAbsent(key(4), record(300, 4))).isTrue();

        assertThat(table.expire(500, null)).isEqualTo(3);
        assertThat(table.expire(1999, null)).isZero();
        assertThat(table.expire(2000, null)).isEqualTo(1);
    }

    @Test
    void shouldCountEveryChangeAndNothingElse() {
        final List<Runnable> changes =
                List.of(
                        () -> table.put(key(1), record(10, 1)),
                        () -> table.put(key(1), record(10, 2)),
                        () -> table.putIfAbsent(key(2), record(20, 1)),
                        () -> table.replace(key(1), record(10, 2), record(30, 3)),
                        () -> table.expire(20, null),
                        () -> table.remove(key(1), null));
        final List<Runnable> others =
                List.of(
                        () -> table.get(key(1), new byte[RECORD_LENGTH]),
                        () -> table.replace(key(1), record(99, 9), record(10, 4)),
                        () -> table.remove(key(9), null),
                        () -> table.expire(5, null),
                        () -> table.forEach((_, _) -> {}));
        for (final Runnable change : changes) {
            final long before = table.changes();
            change.run();
            final long after = table.changes();
            assertThat(after).isGreaterThan(before);
            others.forEach(Runnable::run);
            assertThat(table.changes()).isEqualTo(after);
        }
    }

    @Test
    void shouldNotExpireWhatWasRenewed() {
        table.put(key(1), record(100, 1));
        table.put(key(1), record(300, 1));

        assertThat(table.expire(200, null)).isZero();
        assertThat(table.expire(300, null)).isEqualTo(1);
    }

    @Test
    void shouldExpireTheRestWhenAVisitorHasFailed() {
        for (int i = 0; i < 10; i++) {
            table.put(key(i), record(100, i));
        }

        assertThatThrownBy(
                        () ->
                                table.expire(
                                        100,
                                        (_, _) -> {
                                            throw new IllegalStateException("wanted");
                                        }))
                .hasMessage("wanted");

        assertThat(table.expire(100, null)).isEqualTo(9);
        assertThat(table.size()).isZero();
    }

    @Test
    void shouldExpireExactlyWhatAModelDoesUnderRandomOperations() {
        final long seed = new Random().nextLong();
        final Random random = new Random(seed);
        final Map<Long, Long> expiries = new HashMap<>();
        long now = 0;
        for (int i = 0; i < 5_000; i++) {
            final long k = random.nextInt(MAX_ENTRIES);
            final long expiry = now + random.nextInt(40);
            final String step = "seed " + seed + " step " + i;
            switch (random.nextInt(4)) {
                case 0 -> {
                    assertThat(table.put(key(k), record(expiry, k))).as(step).isTrue();
                    expiries.put(k, expiry);
                }
                case 1 -> {
                    final Long present = expiries.get(k);
                    if (present != null) {
                        final byte[] expected = record(present, k);
                        assertThat(table.replace(key(k), expected, record(expiry, k)))
                                .as(step)
                                .isTrue();
                        expiries.put(k, expiry);
                    }
                }
                case 2 ->
                        assertThat(table.remove(key(k), null))
                                .as(step)
                                .isEqualTo(expiries.remove(k) != null);
                default -> {
                    now += random.nextInt(20);
                    final long until = now;
                    final int before = expiries.size();
                    expiries.values().removeIf(each -> each <= until);
                    assertThat(table.expire(now, null))
                            .as(step)
                            .isEqualTo(before - expiries.size());
                }
            }
        }
        final Map<Long, Long> visited = new HashMap<>();
        table.forEach(
                (k, r) -> visited.put(ByteBuffer.wrap(k).getLong(), ByteBuffer.wrap(r).getLong()));
        assertThat(visited).as("seed %d", seed).isEqualTo(expiries);
    }

    @Test
    void shouldLetTheVisitorWriteToTheTable() {
        for (int i = 0; i < 10; i++) {
            table.put(key(i), record(10, i));
        }

        table.forEach((key, _) -> assertThat(table.remove(key, null)).isTrue());

        assertThat(table.size()).isZero();
    }

    @Test
    void shouldBehaveLikeAMapUnderRandomOperations() {
        final long seed = new Random().nextLong();
        final Random random = new Random(seed);
        final Map<Long, Long> model = new HashMap<>();
        for (int i = 0; i < 5_000; i++) {
            final long k = random.nextInt(100);
            final long v = random.nextInt(3);
            final Long present = model.get(k);
            final boolean room = present != null || model.size() < MAX_ENTRIES;
            final String step = "seed " + seed + " step " + i;
            switch (random.nextInt(5)) {
                case 0 -> {
                    assertThat(table.put(key(k), record(1, v))).as(step).isEqualTo(room);
                    if (room) {
                        model.put(k, v);
                    }
                }
                case 1 -> {
                    final boolean written = table.putIfAbsent(key(k), record(1, v));
                    assertThat(written).as(step).isEqualTo(present == null && room);
                    if (written) {
                        model.put(k, v);
                    }
                }
                case 2 -> {
                    final boolean replaced = table.replace(key(k), record(1, v), record(1, v + 1));
                    assertThat(replaced).as(step).isEqualTo(Long.valueOf(v).equals(present));
                    if (replaced) {
                        model.put(k, v + 1);
                    }
                }
                case 3 -> {
                    assertThat(table.remove(key(k), null)).as(step).isEqualTo(present != null);
                    model.remove(k);
                }
                default -> {
                    final byte[] found = get(k);
                    assertThat(found)
                            .as(step)
                            .isEqualTo(present == null ? null : record(1, present));
                }
            }
        }
        final Map<Long, Long> visited = new HashMap<>();
        table.forEach(
                (k, r) -> visited.put(ByteBuffer.wrap(k).getLong(), ByteBuffer.wrap(r).getLong(8)));
        assertThat(visited).as("seed %d", seed).isEqualTo(model);
    }

    @Test
    void shouldRefuseArraysOfAnotherLength() {
        assertThatThrownBy(() -> table.put(new byte[KEY_LENGTH + 1], record(1, 1)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("8")
                .hasMessageContaining("9");
        assertThatThrownBy(() -> table.get(key(1), new byte[RECORD_LENGTH - 1]))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void shouldRefuseTwoTablesOfOneName() {
        assertThatThrownBy(() -> store.createTable("table", 8, 8, 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("table");
    }

    @Test
    void shouldAllowClosingTwice() {
        store.close();
        store.close();
    }
}
