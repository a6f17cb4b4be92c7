package io.cyphonic.engine.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The status report for people: the same facts as the JSON, most important first. */
final class StatusText {
    private static final String[] BYTE_UNITS = {"B", "KB", "MB", "GB", "TB"};

    private final StringBuilder out = new StringBuilder();

    private StatusText() {}

    /** The text of a report. */
    static String of(Map<String, Object> report) {
        StatusText text = new StatusText();
        text.node(section(report, "node"), section(report, "cloud"));
        text.engine(section(report, "engine"));
        text.peers(report.get("peers") instanceof List<?> peers ? peers : List.of());
        return text.out.toString();
    }

    private void node(Map<?, ?> node, Map<?, ?> cloud) {
        line("%s is %s", node.get("fqdn"), node.get("state"));
        row("addresses", node.get("virtualIpv4") + ", " + node.get("virtualIpv6"));
        row(
                "interface",
                "%s, MTU %s, UDP port %s"
                        .formatted(node.get("interface"), node.get("mtu"), node.get("listenPort")));
        row(
                "cloud",
                cloud.get("address")
                        + (Boolean.TRUE.equals(cloud.get("reachable"))
                                ? ", reachable"
                                : ", not reachable"));
    }

    private void engine(Map<?, ?> engine) {
        row(
                "engine",
                "%s, ring of %s, %s worker(s)"
                        .formatted(
                                engine.get("mode"), engine.get("ringSize"), engine.get("workers")));
        row("offloads", joined(section(engine, "offloads"), true));
        Map<?, ?> threads = section(engine, "threads");
        row(
                "threads",
                "%s platform, %s virtual"
                        .formatted(threads.get("platform"), threads.get("virtual")));
        row("order", engine.get("outOfOrder") + " packets came after later ones");
        row("drops", joined(section(engine, "drops"), false));
    }

    private void peers(List<?> peers) {
        if (peers.isEmpty()) {
            line("no peers yet; a name or an address of one starts a tunnel");
            return;
        }
        List<String[]> rows = new ArrayList<>();
        rows.add(new String[] {"PEER", "ADDRESS", "STATE", "PATH", "ENDPOINT", "RTT", "IN", "OUT"});
        for (Object each : peers) {
            if (each instanceof Map<?, ?> peer) {
                rows.add(
                        new String[] {
                            text(peer.get("fqdn")),
                            text(peer.get("virtualIpv4")),
                            text(peer.get("state")),
                            text(peer.get("path")),
                            text(peer.get("endpoint")),
                            peer.get("rttMillis") instanceof Number rtt
                                    ? String.format(Locale.ROOT, "%.2f ms", rtt.doubleValue())
                                    : "-",
                            bytes(peer.get("bytesIn")),
                            bytes(peer.get("bytesOut"))
                        });
            }
        }
        out.append('\n');
        table(rows);
    }

    private void table(List<String[]> rows) {
        int columns = rows.getFirst().length;
        int[] widths = new int[columns];
        for (String[] row : rows) {
            for (int i = 0; i < columns; i++) {
                widths[i] = Math.max(widths[i], row[i].length());
            }
        }
        for (String[] row : rows) {
            StringBuilder line = new StringBuilder();
            for (int i = 0; i < columns; i++) {
                line.append(row[i]).repeat(' ', widths[i] - row[i].length() + 2);
            }
            out.append(line.toString().stripTrailing()).append('\n');
        }
    }

    private void row(String title, Object value) {
        out.append("  ").append(title).repeat(' ', 12 - title.length()).append(value).append('\n');
    }

    private void line(String format, Object... values) {
        out.append(format.formatted(values)).append('\n');
    }

    /** The keys that are true, or the keys with their counts where there are any. */
    private static String joined(Map<?, ?> map, boolean onlyNames) {
        List<String> parts = new ArrayList<>();
        map.forEach(
                (key, value) -> {
                    if (onlyNames && Boolean.TRUE.equals(value)) {
                        parts.add(String.valueOf(key));
                    } else if (value instanceof Number count && count.longValue() != 0) {
                        parts.add(key + " " + count);
                    }
                });
        return parts.isEmpty() ? "none" : String.join(", ", parts);
    }

    private static String bytes(Object value) {
        if (!(value instanceof Number number)) {
            return "-";
        }
        double amount = number.doubleValue();
        int unit = 0;
        while (amount >= 1000 && unit < BYTE_UNITS.length - 1) {
            amount /= 1000;
            unit++;
        }
        return String.format(
                Locale.ROOT, unit == 0 ? "%.0f %s" : "%.1f %s", amount, BYTE_UNITS[unit]);
    }

    private static String text(Object value) {
        return value == null ? "-" : String.valueOf(value);
    }

    private static Map<?, ?> section(Map<?, ?> report, String key) {
        return report.get(key) instanceof Map<?, ?> map ? map : Map.of();
    }
}
