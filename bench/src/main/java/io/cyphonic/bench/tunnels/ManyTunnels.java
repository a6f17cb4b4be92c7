package io.cyphonic.bench.tunnels;

import io.cyphonic.engine.session.CapsuleCipher;
import io.cyphonic.engine.session.JcaCapsuleCipher;
import io.cyphonic.engine.session.NativeCapsuleCipher;
import io.cyphonic.signaling.handshake.CipherSuite;
import io.cyphonic.signaling.handshake.SessionKeys;
import io.cyphonic.signaling.os.MultiBufferAesGcm;
import io.cyphonic.signaling.os.NativeException;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Random;
import java.util.function.Supplier;

/**
 * Round trips through two engines with more and more tunnels between them, each packet through
 * another tunnel at random, so that no cache helps the many. Prints one line per number of tunnels:
 * tunnels, median, 99th percentile, engine buffers, heap in use, resident memory.
 */
public final class ManyTunnels {
    private static final int WARM_UP = 30_000;
    private static final int ROUNDS = 30_000;
    private static final long DEADLINE_NANOS = 2_000_000_000L;

    private final SecureRandom random = new SecureRandom();
    private final Supplier<CapsuleCipher> ciphers =
            MultiBufferAesGcm.find()
                    .<Supplier<CapsuleCipher>>map(found -> () -> new NativeCapsuleCipher(found))
                    .orElse(JcaCapsuleCipher::new);

    private ManyTunnels() {}

    /** Takes the numbers of tunnels as arguments. */
    public static void main(String[] arguments) throws NativeException, IOException {
        ManyTunnels bench = new ManyTunnels();
        for (String each : arguments) {
            bench.measure(Integer.parseInt(each));
        }
    }

    private void measure(int tunnels) throws NativeException, IOException {
        Addresses left = new Addresses(1);
        Addresses right = new Addresses(2);
        try (TunnelEnd a = new TunnelEnd(new EchoTun(left, right, false), tunnels, ciphers);
                TunnelEnd b = new TunnelEnd(new EchoTun(right, left, true), tunnels, ciphers)) {
            for (int number = 0; number < tunnels; number++) {
                join(a, b, left, right, number);
            }
            Random choice = new Random(tunnels);
            for (int i = 0; i < WARM_UP; i++) {
                roundTrip(a, choice.nextInt(tunnels));
            }
            long[] nanos = new long[ROUNDS];
            for (int i = 0; i < ROUNDS; i++) {
                nanos[i] = roundTrip(a, choice.nextInt(tunnels));
            }
            Arrays.sort(nanos);
            System.gc();
            Runtime runtime = Runtime.getRuntime();
            System.out.printf(
                    "%d %.1f %.1f %d %d %d%n",
                    tunnels,
                    nanos[ROUNDS / 2] / 1e3,
                    nanos[ROUNDS * 99 / 100] / 1e3,
                    (a.bufferBytes() + b.bufferBytes()) / 1024,
                    (runtime.totalMemory() - runtime.freeMemory()) / 1024,
                    residentKilobytes());
        }
    }

    private void join(TunnelEnd a, TunnelEnd b, Addresses left, Addresses right, int number) {
        int there = a.engine.openTunnel(right.inet(number), null, b.endpoint());
        int back = b.engine.openTunnel(left.inet(number), null, a.endpoint());
        int aIndex = a.engine.reserveReceiverIndex(there);
        int bIndex = b.engine.reserveReceiverIndex(back);
        byte[] one = key();
        byte[] two = key();
        CipherSuite suite = CipherSuite.AES_GCM_SHA256;
        b.install(back, bIndex, aIndex, new SessionKeys(suite, two.clone(), one.clone()));
        a.install(there, aIndex, bIndex, new SessionKeys(suite, one, two));
    }

    private byte[] key() {
        byte[] key = new byte[SessionKeys.KEY_LENGTH];
        random.nextBytes(key);
        return key;
    }

    /** Waits actively: what is measured is the engines, not how fast this thread wakes. */
    private static long roundTrip(TunnelEnd a, int tunnel) {
        int before = a.tun.delivered();
        long start = System.nanoTime();
        a.tun.send(tunnel);
        while (a.tun.delivered() == before) {
            if (System.nanoTime() - start > DEADLINE_NANOS) {
                throw new IllegalStateException("no answer through tunnel " + tunnel);
            }
            Thread.yield();
        }
        return System.nanoTime() - start;
    }

    private static long residentKilobytes() throws IOException {
        return Files.readAllLines(Path.of("/proc/self/status")).stream()
                .filter(line -> line.startsWith("VmRSS:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                .sum();
    }
}
