package io.cyphonic.signaling.cli;

import io.cyphonic.signaling.admin.Inventory;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;

/** An inventory as a table for people. */
final class InventoryTable {
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm'Z'").withZone(ZoneOffset.UTC);

    private static final List<String> HEADINGS =
            List.of(
                    "NAME",
                    "STATE",
                    "VIRTUAL IPV4",
                    "VIRTUAL IPV6",
                    "SEEN AT",
                    "CERTIFICATE UNTIL");

    private InventoryTable() {}

    static String render(Inventory inventory) {
        List<List<String>> rows = new ArrayList<>();
        for (Inventory.Device device : inventory.devices()) {
            rows.add(
                    List.of(
                            device.fqdn(),
                            state(device),
                            device.virtualIpv4(),
                            device.virtualIpv6(),
                            device.observed().isEmpty()
                                    ? "-"
                                    : String.join(", ", device.observed()),
                            time(device.certificateExpiry())));
        }
        for (Inventory.OpenInvitation invitation : inventory.invitations()) {
            rows.add(
                    List.of(
                            invitation.fqdn(),
                            "invited until " + time(invitation.expiry()),
                            "-",
                            "-",
                            "-",
                            "-"));
        }
        if (rows.isEmpty()) {
            return "no devices yet in zone " + inventory.zone() + System.lineSeparator();
        }
        rows.addFirst(HEADINGS);
        return align(rows);
    }

    private static String state(Inventory.Device device) {
        if (device.revoked()) {
            return "revoked";
        }
        return device.registered() ? "registered" : "offline";
    }

    private static String time(Instant instant) {
        return instant == null ? "-" : TIME.format(instant);
    }

    private static String align(List<List<String>> rows) {
        int[] widths = new int[HEADINGS.size()];
        for (List<String> row : rows) {
            for (int column = 0; column < widths.length; column++) {
                widths[column] = Math.max(widths[column], row.get(column).length());
            }
        }
        StringBuilder table = new StringBuilder();
        for (List<String> row : rows) {
            StringBuilder line = new StringBuilder();
            for (int column = 0; column < widths.length; column++) {
                line.append(row.get(column))
                        .repeat(' ', widths[column] - row.get(column).length() + 2);
            }
            table.append(line.toString().stripTrailing()).append(System.lineSeparator());
        }
        return table.toString();
    }
}
