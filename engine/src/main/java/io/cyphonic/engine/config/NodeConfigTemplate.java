package io.cyphonic.engine.config;

import io.cyphonic.signaling.net.AddressText;

import java.net.InetSocketAddress;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * The {@code node.yaml} that {@code join} writes: the cloud's addresses, and every other key as a
 * comment with what it is for, what it accepts and its default.
 */
public final class NodeConfigTemplate {
    private static final Map<ConfigKey, String> EXAMPLES =
            new EnumMap<>(
                    Map.ofEntries(
                            Map.entry(ConfigKey.LISTEN_PORT, "0"),
                            Map.entry(ConfigKey.STUN_SERVERS, "[]"),
                            Map.entry(ConfigKey.PORT_MAPPING, "auto"),
                            Map.entry(ConfigKey.TUN_NAME, "cyphonic0"),
                            Map.entry(ConfigKey.TUN_MTU, "1400"),
                            Map.entry(ConfigKey.ENGINE_MODE, "adaptive"),
                            Map.entry(ConfigKey.ENGINE_RING_SIZE, "32"),
                            Map.entry(ConfigKey.ENGINE_WORKERS, "1"),
                            Map.entry(ConfigKey.ENGINE_WAIT_STRATEGY, "blocking"),
                            Map.entry(ConfigKey.ENGINE_OFFLOADS, "on"),
                            Map.entry(ConfigKey.ENGINE_CIPHER, "auto"),
                            Map.entry(ConfigKey.ENGINE_BATCH_PACKETS, "128"),
                            Map.entry(ConfigKey.ENGINE_BATCH_KILOBYTES, "32"),
                            Map.entry(ConfigKey.ENGINE_MAX_TUNNELS, "1024"),
                            Map.entry(ConfigKey.METRICS_LISTEN, "127.0.0.1:9447"),
                            Map.entry(ConfigKey.DNS_LISTEN, "[\"127.0.0.1:5353\"]"),
                            Map.entry(ConfigKey.DNS_UPSTREAM, "[192.0.2.53]"),
                            Map.entry(ConfigKey.DNS_CONFIGURE, "none")));

    private NodeConfigTemplate() {}

    /** The text of the file. */
    public static String text(List<InetSocketAddress> cloudAddresses) {
        StringBuilder out = new StringBuilder();
        out.append("# Settings of this CYPHONIC node, read by `cyphonic up` at start.\n");
        out.append(
                "# What is commented out has its default; a key that does not exist is an"
                        + " error.\n");
        out.append("\ncloud:\n  addresses:\n");
        cloudAddresses.forEach(
                each -> out.append("    - \"").append(AddressText.format(each)).append("\"\n"));
        String section = "cloud";
        for (ConfigKey key : EXAMPLES.keySet()) {
            String name = key.key();
            int dot = name.indexOf('.');
            String owner = dot < 0 ? "" : name.substring(0, dot);
            if (!owner.equals(section)) {
                out.append('\n').append(owner.isEmpty() ? "" : "#" + owner + ":\n");
            }
            section = owner;
            out.append("# ").append(key.purpose()).append('\n');
            out.append("# Allowed: ").append(key.allowed()).append(".\n");
            out.append(owner.isEmpty() ? "#" : "#  ")
                    .append(name.substring(dot + 1))
                    .append(": ")
                    .append(EXAMPLES.get(key))
                    .append('\n');
        }
        return out.toString();
    }
}
