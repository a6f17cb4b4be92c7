package io.cyphonic.signaling.auth;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Slows down whoever tries invitations: counts the failures of each source in a window of time. The
 * secrets are too long to be guessed; this keeps the attempts from filling the cluster's log. A
 * source is an IPv4 address or an IPv6 /64, since a host has all addresses of its /64. Bounded: the
 * oldest source gives way. Thread-safe.
 */
final class FailedEnrolments {
    static final int MAX_FAILURES = 10;
    static final long WINDOW_MILLIS = 60_000;
    static final int MAX_SOURCES = 4096;

    private static final int IPV6_SITE_BYTES = 8;

    private record Source(long high, long low) {}

    private record Failures(long sinceMillis, int count) {}

    private final Map<Source, Failures> sources = new LinkedHashMap<>();

    /** Whether this source has to wait. */
    synchronized boolean blocks(InetAddress address, long nowMillis) {
        Failures failures = sources.get(source(address));
        return failures != null && failures.count >= MAX_FAILURES && isCurrent(failures, nowMillis);
    }

    /** Counts a failure of this source. */
    synchronized void add(InetAddress address, long nowMillis) {
        Source source = source(address);
        Failures before = sources.remove(source);
        boolean goesOn = before != null && isCurrent(before, nowMillis);
        sources.put(
                source,
                goesOn
                        ? new Failures(before.sinceMillis, before.count + 1)
                        : new Failures(nowMillis, 1));
        if (sources.size() > MAX_SOURCES) {
            sources.remove(sources.keySet().iterator().next());
        }
    }

    synchronized int size() {
        return sources.size();
    }

    private static boolean isCurrent(Failures failures, long nowMillis) {
        long age = nowMillis - failures.sinceMillis;
        // A clock set back must not block anybody for long.
        return age >= 0 && age < WINDOW_MILLIS;
    }

    private static Source source(InetAddress address) {
        byte[] bytes = address.getAddress();
        if (address instanceof Inet6Address) {
            bytes = Arrays.copyOf(bytes, IPV6_SITE_BYTES);
        }
        long value = 0;
        for (byte b : bytes) {
            value = value << Byte.SIZE | b & 0xFF;
        }
        return new Source(bytes.length, value);
    }
}
