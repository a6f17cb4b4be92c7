package io.cyphonic.signaling.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import net.openhft.chronicle.hash.impl.VanillaChronicleHash;
import net.openhft.chronicle.map.ChronicleMap;

import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.IntStream;

class ChronicleStateStoreTest extends StateTableContractTest {
    private static final int THREADS = 4;

    @Override
    StateStore newStore() {
        return new ChronicleStateStore();
    }

    @Test
    @Timeout(60)
    void shouldLoseNoUpdateWhenThreadsCompareAndSetOneCounter() throws Exception {
        table.put(key(1), record(1, 0));

        inThreads(thread -> Thread.ofPlatform().unstarted(thread), () -> incrementTimes(2_000));

        assertThat(get(1)).isEqualTo(record(1, 2_000L * THREADS));
    }

    @Test
    @Timeout(60)
    void shouldServeVirtualThreadsToo() throws Exception {
        table.put(key(1), record(1, 0));

        inThreads(thread -> Thread.ofVirtual().unstarted(thread), () -> incrementTimes(200));

        assertThat(get(1)).isEqualTo(record(1, 200L * THREADS));
    }

    private void incrementTimes(int times) {
        final byte[] record = new byte[RECORD_LENGTH];
        for (int i = 0; i < times; i++) {
            byte[] next;
            do {
                assertThat(table.get(key(1), record)).isTrue();
                next = record(1, ByteBuffer.wrap(record).getLong(8) + 1);
            } while (!table.replace(key(1), record, next));
        }
    }

    @Test
    @Timeout(60)
    void shouldLetExactlyOneThreadWinEachKey() throws Exception {
        final LongAdder put = new LongAdder();
        final LongAdder removed = new LongAdder();
        final LongAdder refused = new LongAdder();

        inThreads(
                thread -> Thread.ofPlatform().unstarted(thread),
                () -> {
                    for (int i = 0; i < 2_000; i++) {
                        final long k = i % (2 * MAX_ENTRIES);
                        (table.putIfAbsent(key(k), record(1, k)) ? put : refused).increment();
                        if (table.remove(key((k * 7) % (2 * MAX_ENTRIES)), null)) {
                            removed.increment();
                        }
                    }
                });

        assertThat(put.sum() - removed.sum()).isEqualTo(table.size());
        final int[] visited = {0};
        table.forEach((_, _) -> visited[0]++);
        assertThat((long) visited[0]).isEqualTo(table.size());
        assertThat(put.sum() + refused.sum()).isEqualTo(2_000L * THREADS);
    }

    @Test
    @Timeout(60)
    void shouldLeaveNothingExpiredWhenWritersAndSweepsMeet() throws Exception {
        final long now = 100;
        final AtomicInteger turns = new AtomicInteger();
        final LongAdder removed = new LongAdder();
        final LongAdder added = new LongAdder();

        inThreads(
                thread -> Thread.ofPlatform().unstarted(thread),
                () -> {
                    final boolean sweeps = turns.getAndIncrement() % 2 == 0;
                    for (int i = 0; i < 5_000; i++) {
                        if (sweeps) {
                            removed.add(table.expire(now, null));
                        } else if (table.putIfAbsent(key(i % MAX_ENTRIES), record(now, i))) {
                            added.increment();
                        }
                    }
                });
        removed.add(table.expire(now, null));

        assertThat(table.size()).isZero();
        assertThat(removed.sum()).isEqualTo(added.sum()).isPositive();
    }

    private interface ThreadMaker {
        Thread make(Runnable body);
    }

    private static void inThreads(ThreadMaker maker, Runnable body) throws InterruptedException {
        final CountDownLatch start = new CountDownLatch(1);
        final AtomicReference<Throwable> failure = new AtomicReference<>();
        final List<Thread> threads =
                IntStream.range(0, THREADS)
                        .mapToObj(
                                _ ->
                                        maker.make(
                                                () -> {
                                                    try {
                                                        start.await();
                                                        body.run();
                                                    } catch (Throwable e) {
                                                        failure.set(e);
                                                    }
                                                }))
                        .toList();
        threads.forEach(Thread::start);
        start.countDown();
        for (final Thread thread : threads) {
            thread.join();
        }
        assertThat(failure.get()).isNull();
    }

    @Test
    void shouldFillTheWholeTableHoweverItsKeysHash() {
        final int entries = 20_000;
        final StateTable large = store.createTable("large", KEY_LENGTH, RECORD_LENGTH, entries);

        for (int i = 0; i < entries; i++) {
            assertThat(large.put(key(i), record(1, i))).as("entry %d", i).isTrue();
        }

        assertThat(large.put(key(entries), record(1, 0))).isFalse();
    }

    @Test
    void shouldServeATableOfOneEntry() {
        final StateTable tiny = store.createTable("tiny", 1, Long.BYTES, 1);

        assertThat(tiny.put(new byte[1], new byte[Long.BYTES])).isTrue();
        assertThat(tiny.put(new byte[] {1}, new byte[Long.BYTES])).isFalse();
    }

    @Test
    void shouldRefuseATableOutOfRange() {
        assertThatThrownBy(() -> store.createTable("x", 8, 4, 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("record length")
                .hasMessageContaining("found 4");
        assertThatThrownBy(() -> store.createTable("x", 8, 8, 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("max entries");
    }

    @Test
    void shouldAllocateNothingPerOperation() {
        final com.sun.management.ThreadMXBean threads =
                (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        final byte[] key = key(1);
        final byte[] record = record(1, 1);
        table.put(key, record);
        readAndReplaceTimes(1_000, key, record);

        final long before = threads.getCurrentThreadAllocatedBytes();
        readAndReplaceTimes(10_000, key, record);
        final long allocated = threads.getCurrentThreadAllocatedBytes() - before;

        assertThat(allocated / 10_000).isZero();
    }

    @Test
    void shouldAllocateNothingWhenThereIsNothingToExpireOrToVisit() {
        final com.sun.management.ThreadMXBean threads =
                (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        final StateTable empty = store.createTable("empty", KEY_LENGTH, RECORD_LENGTH, 1 << 16);
        table.put(key(1), record(1_000, 1));
        sweepTimes(1_000, empty);

        final long before = threads.getCurrentThreadAllocatedBytes();
        sweepTimes(10_000, empty);
        final long allocated = threads.getCurrentThreadAllocatedBytes() - before;

        assertThat(allocated / 10_000).isZero();
    }

    private void sweepTimes(int times, StateTable empty) {
        final StateTable.Visitor never = (_, _) -> {};
        for (int i = 0; i < times; i++) {
            table.expire(999, never);
            empty.expire(999, never);
            empty.forEach(never);
        }
    }

    private void readAndReplaceTimes(int times, byte[] key, byte[] record) {
        for (int i = 0; i < times; i++) {
            table.get(key, record);
            table.replace(key, record, record);
            table.put(key, record);
        }
    }

    @Test
    void shouldCompileNoClassAtRunTime() throws Exception {
        final Class<?> header =
                Class.forName("net.openhft.chronicle.hash.VanillaGlobalMutableState$$Native");

        assertThat(header.getProtectionDomain().getCodeSource().getLocation())
                .isEqualTo(
                        ChronicleStateStore.class
                                .getProtectionDomain()
                                .getCodeSource()
                                .getLocation());
    }

    @Test
    void shouldOverwriteTheBytesOfARemovedRecord() {
        final byte[] secret = record(1, 0x5EC2E75EC2E7L);
        try (ChronicleMap<byte[], byte[]> map =
                        ChronicleStateStore.newMap("secret", KEY_LENGTH, RECORD_LENGTH, 16);
                CallerThreads callers = new CallerThreads()) {
            final ChronicleTable secrets =
                    new ChronicleTable(map, callers, KEY_LENGTH, RECORD_LENGTH, 16);
            secrets.put(key(1), secret);
            assertThat(indexOf(memory(map), secret)).isNotNegative();

            secrets.remove(key(1), null);

            assertThat(indexOf(memory(map), secret)).isNegative();
        }
    }

    private static byte[] memory(ChronicleMap<?, ?> map) {
        final long address = ((VanillaChronicleHash<?, ?, ?, ?>) map).bsAddress();
        final byte[] copy = new byte[Math.toIntExact(map.offHeapMemoryUsed())];
        new UnsafeBuffer(address, copy.length).getBytes(0, copy);
        return copy;
    }

    private static int indexOf(byte[] haystack, byte[] needle) {
        for (int i = 0; i <= haystack.length - needle.length; i++) {
            if (Arrays.equals(haystack, i, i + needle.length, needle, 0, needle.length)) {
                return i;
            }
        }
        return -1;
    }

    @Test
    void shouldHaveNothingThatCallsHome() {
        assertThat(System.getProperty("chronicle.analytics.disable")).isEqualTo("true");
        for (final String name :
                List.of(
                        "net.openhft.chronicle.analytics.Analytics",
                        "net.openhft.chronicle.analytics.AnalyticsConfiguration")) {
            assertThatThrownBy(() -> Class.forName(name))
                    .as("class path has no %s", name)
                    .isInstanceOf(ClassNotFoundException.class);
        }
    }
}
