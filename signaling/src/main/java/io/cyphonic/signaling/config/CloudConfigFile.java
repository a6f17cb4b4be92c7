package io.cyphonic.signaling.config;

import io.cyphonic.signaling.net.AddressText;
import io.cyphonic.signaling.protocol.RelayServer;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/** Reads and writes {@code cloud.yaml}. Static methods without state. */
public final class CloudConfigFile {
    private static final Set<String> KEYS =
            Set.of(
                    "zone",
                    "listen",
                    "network",
                    "keep-alive-seconds",
                    "certificate-days",
                    "login-hours",
                    "stun-alternate-port",
                    "relay",
                    "relays",
                    "metrics");
    private static final Set<String> NETWORK_KEYS = Set.of("ipv4", "ipv6");
    private static final Set<String> METRICS_KEYS = Set.of("listen");
    private static final Set<String> RELAY_KEYS = Set.of("port", "tls-port", "path-megabits");
    private static final int MAX_FILE_BYTES = 65536;

    private CloudConfigFile() {}

    /**
     * Reads a configuration.
     *
     * @throws ConfigException with file, line, key, value and what is allowed
     * @throws IOException if the file cannot be read
     */
    public static CloudConfig load(Path file) throws IOException {
        try {
            if (Files.size(file) > MAX_FILE_BYTES) {
                throw new ConfigException(file + ": longer than " + MAX_FILE_BYTES + " bytes");
            }
            return parse(file.toString(), Files.readString(file));
        } catch (NoSuchFileException _) {
            throw new ConfigException(
                    file + ": no such file; 'cyphonic-cloud init' makes a new cloud");
        } catch (CharacterCodingException _) {
            throw new ConfigException(file + ": not UTF-8 text");
        }
    }

    /** Reads a configuration from text; {@code file} is for the messages. */
    public static CloudConfig parse(String file, String text) {
        YamlMapping root = YamlMapping.parse(file, text);
        root.allowOnly(KEYS);
        YamlMapping network = root.mapping("network");
        network.allowOnly(NETWORK_KEYS);

        String zone = root.value("zone", Function.identity(), CloudConfig::checkZone);
        List<InetSocketAddress> listen =
                root.list("listen", SocketAddresses::parse, CloudConfig::checkListen);
        IpPrefix ipv4 = network.value("ipv4", IpPrefix::parse, CloudConfig::checkIpv4);
        IpPrefix ipv6 = network.value("ipv6", IpPrefix::parse, CloudConfig::checkIpv6);
        return new CloudConfig(
                zone,
                listen,
                ipv4,
                ipv6,
                number(root, "keep-alive-seconds", CloudConfig.DEFAULT_KEEP_ALIVE_SECONDS, 5, 300),
                number(root, "certificate-days", CloudConfig.DEFAULT_CERTIFICATE_DAYS, 1, 365),
                number(root, "login-hours", CloudConfig.DEFAULT_LOGIN_HOURS, 1, 168),
                number(
                        root,
                        "stun-alternate-port",
                        CloudConfig.DEFAULT_STUN_ALTERNATE_PORT,
                        0,
                        65_535),
                metricsListen(root),
                relay(root));
    }

    private static RelayConfig relay(YamlMapping root) {
        RelayConfig defaults = RelayConfig.DEFAULTS;
        List<RelayServer> others =
                root.has("relays")
                        ? root.list("relays", RelayConfig::parse, RelayConfig::checkOthers)
                        : List.of();
        if (!root.has("relay")) {
            return new RelayConfig(
                    defaults.port(), defaults.tlsPort(), defaults.pathMegabits(), others);
        }
        YamlMapping relay = root.mapping("relay");
        relay.allowOnly(RELAY_KEYS);
        return new RelayConfig(
                number(relay, "port", defaults.port(), 0, 65_535),
                number(relay, "tls-port", defaults.tlsPort(), 0, 65_535),
                number(
                        relay,
                        "path-megabits",
                        defaults.pathMegabits(),
                        1,
                        RelayConfig.MAX_PATH_MEGABITS),
                others);
    }

    private static Optional<InetSocketAddress> metricsListen(YamlMapping root) {
        if (!root.has("metrics")) {
            return Optional.empty();
        }
        YamlMapping metrics = root.mapping("metrics");
        metrics.allowOnly(METRICS_KEYS);
        return Optional.of(
                metrics.value(
                        "listen",
                        text ->
                                AddressText.parse(text, -1)
                                        .orElseThrow(
                                                () ->
                                                        new IllegalArgumentException(
                                                                "needs ADDRESS:PORT, IPv6 as"
                                                                        + " [ADDRESS]:PORT")),
                        _ -> {}));
    }

    /** The text of a configuration, with an explanation of every key. */
    public static String render(CloudConfig config) {
        StringBuilder listen = new StringBuilder();
        for (InetSocketAddress address : config.listen()) {
            listen.append("  - \"").append(SocketAddresses.format(address)).append("\"\n");
        }
        return """
        # Configuration of a CYPHONIC cloud; read by 'cyphonic-cloud serve' at start.

        # DNS zone of the nodes' names. Chosen once: nodes keep their names for life.
        zone: %s

        # Addresses of this machine by which nodes reach the cloud: TCP for login, UDP for the rest.
        # Invitations carry them. ADDRESS:PORT or [ADDRESS]:PORT.
        listen:
        %s
        # Virtual addresses come from these networks. Chosen once: nodes keep their addresses for life.
        network:
          ipv4: %s
          ipv6: "%s"

        # How often a node tells the cloud that it is there; 5 to 300.
        keep-alive-seconds: %d

        # Life of a node's certificate; renewed at login when a third of it is left; 1 to 365.
        certificate-days: %d

        # Life of a login; then the node logs in again by itself; 1 to 168.
        login-hours: %d

        # Second UDP port on every listen address, for STUN alone: nodes find out with it how their
        # NAT behaves (RFC 5780). 0 to 65535, 0 for none.
        stun-alternate-port: %d
        """
                        .formatted(
                                config.zone(),
                                listen,
                                config.ipv4(),
                                config.ipv6(),
                                config.keepAliveSeconds(),
                                config.certificateDays(),
                                config.loginHours(),
                                config.stunAlternatePort())
                + metrics(config)
                + relay(config.relay());
    }

    private static String relay(RelayConfig relay) {
        StringBuilder others = new StringBuilder();
        for (RelayServer other : relay.others()) {
            others.append("  - \"").append(RelayConfig.format(other)).append("\"\n");
        }
        return """

        # The relay (TRS) of this process, for nodes that cannot reach each other. port: UDP, on the first
        # listen address of each family; 0 for none. tls-port: TCP, for networks that let nothing else out:
        # login, signaling and relay over TLS; 0 for none. path-megabits: most that one end of a path may send.
        relay:
          port: %d
          tls-port: %d
          path-megabits: %d

        # Relays in other places ('cyphonic-cloud relay'), up to 15: id from 2 on, addresses, TLS port if any.
        """
                        .formatted(relay.port(), relay.tlsPort(), relay.pathMegabits())
                + (others.isEmpty()
                        ? "#relays:\n#  - \"2 203.0.113.9:7448 [2001:db8::9]:7448 tls=443\"\n"
                        : "relays:\n" + others);
    }

    private static String metrics(CloudConfig config) {
        String comment =
                """

                # Serves figures for Prometheus over HTTP, under /metrics; ADDRESS:PORT. Off without it.
                """;
        return comment
                + config.metricsListen()
                        .map(at -> "metrics:\n  listen: \"" + AddressText.format(at) + "\"\n")
                        .orElse("#metrics:\n#  listen: 127.0.0.1:9448\n");
    }

    /** Writes a new file; an existing one is an error. */
    public static void write(Path file, CloudConfig config) throws IOException {
        Files.write(
                file,
                render(config).getBytes(StandardCharsets.UTF_8),
                StandardOpenOption.CREATE_NEW,
                StandardOpenOption.WRITE);
    }

    private static int number(YamlMapping mapping, String key, int ifAbsent, int least, int most) {
        if (!mapping.has(key)) {
            return ifAbsent;
        }
        return mapping.value(
                key,
                value -> {
                    try {
                        return Integer.valueOf(value);
                    } catch (NumberFormatException _) {
                        throw new IllegalArgumentException("not a whole number");
                    }
                },
                value -> CloudConfig.checkRange(key, value, least, most));
    }
}
