package io.cyphonic.signaling.handshake;

import static io.cyphonic.signaling.handshake.HandshakeFormat.COOKIE_LENGTH;
import static io.cyphonic.signaling.handshake.HandshakeFormat.MACS_LENGTH;
import static io.cyphonic.signaling.handshake.HandshakeFormat.MAC_LENGTH;

import io.cyphonic.signaling.net.RateBuckets;
import io.cyphonic.signaling.protocol.DatagramType;

import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;

/**
 * Keeps the cost of tunnel requests down, in front of {@link TunnelHandshake#readRequest}. A
 * request without the right mac1 (its sender does not even know this node's public key) costs one
 * hash. When more requests come than this node is willing to work on, it is under load: a request
 * is then worked on only if its mac2 proves that its sender receives datagrams at its source
 * address; the others are answered with a cookie that lets them prove it, and even those that can
 * are limited per source address, in a table of fixed size. The scheme is that of WireGuard
 * (Donenfeld, NDSS 2017, section 5.3).
 *
 * <p>A cookie is a MAC over the source address and port under a secret of this object, so nothing
 * is kept per sender. The secret changes every {@value #ROTATION_SECONDS} s; cookies of the
 * previous one still count. The reply is shorter than the request: nobody can use this node to
 * amplify.
 *
 * <p>Sans I/O: time and randomness are given. Thread-safe (one lock; requests are rare). Allocates.
 */
public final class CookieGuard implements AutoCloseable {
    /** How long one secret makes cookies in seconds. */
    public static final int ROTATION_SECONDS = 120;

    private static final long ROTATION_NS = TimeUnit.SECONDS.toNanos(ROTATION_SECONDS);
    private static final long SECOND_NS = TimeUnit.SECONDS.toNanos(1);

    /** What to do with a request. */
    public enum Verdict {
        /** Work on it. */
        ACCEPT,
        /** Answer with {@link CookieGuard#cookieReply}, nothing else. */
        SEND_COOKIE,
        /** Forget it. */
        DROP
    }

    /**
     * Under load, how many requests with a good mac2 are worked on for one source address (IPv6:
     * one /64), on average and at once. A household shares one address.
     */
    public static final int REQUESTS_PER_SECOND_AND_SOURCE = 20;

    private static final int SOURCE_BUCKETS = 1024;

    private final byte[] ownStatic;
    private final SecureRandom random;
    private final int requestsPerSecond;
    private final RateBuckets perSource;
    private final byte[] secret = new byte[32];
    private final byte[] previousSecret = new byte[32];
    private long secretSinceNs;
    private long availableNs;
    private long refilledAtNs;

    /**
     * Starts not under load.
     *
     * @param ownStatic this node's static public key
     * @param requestsPerSecond how many requests may be worked on without a cookie, on average and
     *     at once; at least 1
     * @param nowNs the time, on the scale of the later calls
     */
    public CookieGuard(byte[] ownStatic, SecureRandom random, int requestsPerSecond, long nowNs) {
        if (requestsPerSecond < 1) {
            throw new IllegalArgumentException(
                    "requestsPerSecond must be at least 1, found " + requestsPerSecond);
        }
        this.ownStatic = ownStatic.clone();
        this.random = random;
        this.requestsPerSecond = requestsPerSecond;
        this.availableNs = SECOND_NS;
        this.refilledAtNs = nowNs;
        this.secretSinceNs = nowNs;
        random.nextBytes(secret);
        random.nextBytes(previousSecret);
        this.perSource =
                new RateBuckets(
                        SOURCE_BUCKETS,
                        SECOND_NS / REQUESTS_PER_SECOND_AND_SOURCE,
                        REQUESTS_PER_SECOND_AND_SOURCE,
                        random.nextInt(),
                        nowNs);
    }

    /**
     * Judges a request before anything expensive is done with it.
     *
     * @param source where the datagram came from
     * @param nowNs the time
     */
    public synchronized Verdict check(
            byte[] datagram, int length, InetSocketAddress source, long nowNs) {
        if (!HandshakeFormat.isWellFormed(datagram, length)
                || datagram[0] != DatagramType.TUNNEL_REQUEST
                || !HandshakeFormat.hasMac1(datagram, length, ownStatic)) {
            return Verdict.DROP;
        }
        if (tryTake(nowNs)) {
            return Verdict.ACCEPT;
        }
        rotate(nowNs);
        if (!HandshakeFormat.hasMac2(datagram, length, cookie(secret, source))
                && !HandshakeFormat.hasMac2(datagram, length, cookie(previousSecret, source))) {
            return Verdict.SEND_COOKIE;
        }
        // Counted only now: nobody can use up the share of an address that is not his.
        return perSource.allows(network(source), nowNs) ? Verdict.ACCEPT : Verdict.DROP;
    }

    /** Hash of the address, or for IPv6 of its /64: the addresses in there cost nothing. */
    private static int network(InetSocketAddress source) {
        byte[] address = source.getAddress().getAddress();
        return Arrays.hashCode(Arrays.copyOf(address, Math.min(address.length, Long.BYTES)));
    }

    /**
     * The cookie reply to a request that {@link #check} found to need one.
     *
     * @param source where the datagram came from, and where the reply goes
     * @param nowNs the time
     */
    public synchronized byte[] cookieReply(
            byte[] datagram, int length, InetSocketAddress source, long nowNs) {
        rotate(nowNs);
        byte[] nonce = new byte[HandshakeFormat.COOKIE_NONCE_LENGTH];
        random.nextBytes(nonce);
        byte[] header =
                HandshakeFormat.cookieHeader(
                        HandshakeFormat.suite(datagram),
                        HandshakeFormat.intAt(datagram, HandshakeFormat.SENDER_INDEX_FIELD_OFFSET),
                        HandshakeFormat.longAt(
                                datagram, HandshakeFormat.REQUEST_TRANSACTION_ID_FIELD_OFFSET),
                        nonce);
        int mac1Offset = length - MACS_LENGTH;
        byte[] mac1 = Arrays.copyOfRange(datagram, mac1Offset, mac1Offset + MAC_LENGTH);
        return CookieSeal.seal(ownStatic, mac1, header, cookie(secret, source));
    }

    /** Overwrites the secrets. Idempotent. */
    @Override
    public synchronized void close() {
        Arrays.fill(secret, (byte) 0);
        Arrays.fill(previousSecret, (byte) 0);
    }

    /** A bucket that holds one second's worth of requests, counted in nanoseconds. */
    private boolean tryTake(long nowNs) {
        long elapsedNs = nowNs - refilledAtNs;
        if (elapsedNs > 0) {
            availableNs = Math.min(SECOND_NS, availableNs + Math.min(elapsedNs, SECOND_NS));
            refilledAtNs = nowNs;
        }
        long costNs = SECOND_NS / requestsPerSecond;
        if (availableNs < costNs) {
            return false;
        }
        availableNs -= costNs;
        return true;
    }

    private void rotate(long nowNs) {
        long ageNs = nowNs - secretSinceNs;
        if (ageNs < ROTATION_NS) {
            return;
        }
        if (ageNs < 2 * ROTATION_NS) {
            System.arraycopy(secret, 0, previousSecret, 0, secret.length);
        } else {
            // Nobody asked for a whole period: cookies of that secret are too old.
            random.nextBytes(previousSecret);
        }
        random.nextBytes(secret);
        secretSinceNs = nowNs;
    }

    private static byte[] cookie(byte[] secret, InetSocketAddress source) {
        byte[] address = source.getAddress().getAddress();
        byte[] port = ByteBuffer.allocate(Short.BYTES).putShort((short) source.getPort()).array();
        return Arrays.copyOf(NoiseHash.hmacSha256(secret, address, port), COOKIE_LENGTH);
    }
}
