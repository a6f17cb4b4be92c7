package io.cyphonic.engine.config;

import java.util.Optional;

/**
 * Every key of {@code node.yaml}: its name, what it accepts and what it is for. The loader, its
 * messages and the file that {@code join} writes all come from this list, so they cannot disagree.
 */
enum ConfigKey {
    CLOUD_ADDRESSES(
            "cloud.addresses",
            "a list of 1 to 8 ADDRESS:PORT, IPv6 as [ADDRESS]:PORT",
            "Where the cloud listens; tried in this order."),
    LISTEN_PORT(
            "listen-port",
            "0 to 65535, 0 takes any free port",
            "UDP port of this node for tunnels and signaling, over IPv4 and IPv6."),
    STUN_SERVERS(
            "stun-servers",
            "a list of at most 8 HOST:PORT",
            "STUN servers (RFC 8489) to learn the own address from, besides the cloud."),
    PORT_MAPPING(
            "port-mapping",
            "auto or off",
            "Whether to ask the default gateway to let peers in: by PCP, NAT-PMP or UPnP."),
    TUN_NAME(
            "tun.name",
            "1 to 15 letters, digits, dots, hyphens or underscores",
            "Name of the virtual interface."),
    TUN_MTU(
            "tun.mtu",
            "1280 to 9000 bytes",
            "MTU of the virtual interface; capsules add 32 bytes and the UDP and IP headers."),
    ENGINE_MODE(
            "engine.mode",
            "serial, pipeline or adaptive",
            "Who carries a batch: one thread, dedicated threads, or whichever suits the load."),
    ENGINE_RING_SIZE(
            "engine.ring-size",
            "a power of two from 4 to 1024",
            "Slots per direction; each takes about 130 KiB of memory."),
    ENGINE_WORKERS(
            "engine.workers",
            "1 to 64",
            "Threads that seal, and as many that open; the default is half the processors."),
    ENGINE_WAIT_STRATEGY(
            "engine.wait-strategy",
            "blocking, sleeping, yielding, busy-spin or phased-backoff",
            "How these threads wait: blocking costs the least, busy-spin a core per thread."),
    ENGINE_OFFLOADS(
            "engine.offloads",
            "on, off, or a list of tun-tso, tun-uso, tun-queues, udp-gso, udp-gro and"
                    + " udp-queues",
            "Work left to the kernel where it can do it."),
    ENGINE_CIPHER(
            "engine.cipher",
            "auto or jca",
            "Who encrypts packets: auto takes the library ipsec-mb if it is installed, else the"
                    + " JVM."),
    ENGINE_BATCH_PACKETS(
            "engine.batch-packets",
            "1 to 256",
            "A batch with this many packets takes no further read; less is less delay."),
    ENGINE_BATCH_KILOBYTES(
            "engine.batch-kilobytes",
            "1 to 64",
            "The same in KiB; one read, up to 64 KiB, always fits."),
    ENGINE_MAX_TUNNELS("engine.max-tunnels", "1 to 65536", "Most tunnels at once."),
    METRICS_LISTEN(
            "metrics.listen",
            "ADDRESS:PORT, IPv6 as [ADDRESS]:PORT",
            "Serves the counters over HTTP in the Prometheus text format; off without it."),
    DNS_LISTEN(
            "dns.listen",
            "off, or a list of at most 8 ADDRESS:PORT",
            "Where the resolver listens; the default is port 53 of both virtual addresses."),
    DNS_UPSTREAM(
            "dns.upstream",
            "off, or a list of at most 8 ADDRESS or ADDRESS:PORT",
            "Who answers for other zones; the default is what /etc/resolv.conf says at start."),
    DNS_CONFIGURE(
            "dns.configure",
            "none or resolved",
            "Whether to tell systemd-resolved about the zone; forgotten with the interface.");

    private final String key;
    private final String allowed;
    private final String purpose;

    ConfigKey(String key, String allowed, String purpose) {
        this.key = key;
        this.allowed = allowed;
        this.purpose = purpose;
    }

    /** The name as written in the file, sections joined by dots. */
    String key() {
        return key;
    }

    /** What the key accepts, for people. */
    String allowed() {
        return allowed;
    }

    /** What the key is for, one sentence. */
    String purpose() {
        return purpose;
    }

    /** The key of a name. */
    static Optional<ConfigKey> of(String name) {
        for (ConfigKey candidate : values()) {
            if (candidate.key.equals(name)) {
                return Optional.of(candidate);
            }
        }
        return Optional.empty();
    }

    /** Whether some key lies in a section of this name. */
    static boolean isSection(String name) {
        for (ConfigKey candidate : values()) {
            if (candidate.key.startsWith(name + ".")) {
                return true;
            }
        }
        return false;
    }
}
