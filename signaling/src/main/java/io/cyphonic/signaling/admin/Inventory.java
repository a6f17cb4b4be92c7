package io.cyphonic.signaling.admin;

import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The devices and open invitations of a cloud, by name. Also the JSON that {@code devices --json}
 * prints and the administration socket carries.
 */
public record Inventory(String zone, List<Device> devices, List<OpenInvitation> invitations) {
    /**
     * A node that has joined.
     *
     * @param observed the addresses the NMS saw it at; empty unless registered
     * @param certificateExpiry end of its newest certificate, or {@code null} if none was issued
     */
    public record Device(
            String fqdn,
            String nodeId,
            String virtualIpv4,
            String virtualIpv6,
            boolean registered,
            List<String> observed,
            Instant certificateExpiry,
            boolean revoked) {}

    /** An invitation that can still be used. */
    public record OpenInvitation(String fqdn, Instant expiry) {}

    /** As maps, lists, texts and booleans. */
    public Map<String, Object> toJson() {
        List<Object> deviceList = new ArrayList<>();
        for (Device device : devices) {
            Map<String, Object> entry = new LinkedHashMap<>();
            entry.put("fqdn", device.fqdn());
            entry.put("nodeId", device.nodeId());
            entry.put("virtualIpv4", device.virtualIpv4());
            entry.put("virtualIpv6", device.virtualIpv6());
            entry.put("registered", device.registered());
            entry.put("observed", device.observed());
            entry.put("certificateExpiry", text(device.certificateExpiry()));
            entry.put("revoked", device.revoked());
            deviceList.add(entry);
        }
        List<Object> invitationList = new ArrayList<>();
        for (OpenInvitation invitation : invitations) {
            Map<String, Object> entry = new LinkedHashMap<>();
            entry.put("fqdn", invitation.fqdn());
            entry.put("expiry", text(invitation.expiry()));
            invitationList.add(entry);
        }
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("zone", zone);
        json.put("devices", deviceList);
        json.put("invitations", invitationList);
        return json;
    }

    /**
     * Reads what {@link #toJson} made.
     *
     * @throws IllegalArgumentException for anything else
     */
    public static Inventory fromJson(Map<?, ?> json) {
        try {
            List<Device> devices = new ArrayList<>();
            for (Object item : (List<?>) json.get("devices")) {
                Map<?, ?> entry = (Map<?, ?>) item;
                devices.add(
                        new Device(
                                (String) entry.get("fqdn"),
                                (String) entry.get("nodeId"),
                                (String) entry.get("virtualIpv4"),
                                (String) entry.get("virtualIpv6"),
                                (Boolean) entry.get("registered"),
                                ((List<?>) entry.get("observed"))
                                        .stream().map(String.class::cast).toList(),
                                instant(entry.get("certificateExpiry")),
                                (Boolean) entry.get("revoked")));
            }
            List<OpenInvitation> invitations = new ArrayList<>();
            for (Object item : (List<?>) json.get("invitations")) {
                Map<?, ?> entry = (Map<?, ?>) item;
                invitations.add(
                        new OpenInvitation(
                                (String) entry.get("fqdn"), instant(entry.get("expiry"))));
            }
            return new Inventory((String) json.get("zone"), devices, invitations);
        } catch (ClassCastException | NullPointerException | DateTimeException e) {
            throw new IllegalArgumentException("not an inventory", e);
        }
    }

    private static String text(Instant instant) {
        return instant == null ? null : instant.toString();
    }

    private static Instant instant(Object text) {
        return text == null ? null : Instant.parse((String) text);
    }
}
