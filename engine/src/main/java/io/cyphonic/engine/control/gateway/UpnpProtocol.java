package io.cyphonic.engine.control.gateway;

import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetSocketAddress;
import java.security.SecureRandom;

/**
 * UPnP Internet Gateway Device, version 1 and 2: WANIPConnection or WANPPPConnection, found by SSDP
 * and asked by SOAP. What it learns about a gateway is kept until the gateway does not answer there
 * any more.
 */
final class UpnpProtocol implements MappingProtocol {
    private static final int CONFLICT = 718;
    private static final int ONLY_PERMANENT_LEASES = 725;
    private static final int PORT_TRIES = 3;
    private static final int FIRST_EPHEMERAL_PORT = 49_152;

    private final SecureRandom random;
    private UpnpService service;
    private Inet4Address external;

    UpnpProtocol(SecureRandom random) {
        this.random = random;
    }

    @Override
    public String name() {
        return "UPnP";
    }

    @Override
    public Finding find(GatewayLink link) throws IOException {
        return discover(link) ? new Finding(true, askAddress(link)) : Finding.ABSENT;
    }

    @Override
    public Outcome map(GatewayLink link, int internalPort, int externalPort) throws IOException {
        if (!discover(link)) {
            return new Outcome.Absent();
        }
        Inet4Address address = askAddress(link);
        if (service == null) {
            return new Outcome.Absent();
        }
        if (address == null || address.isAnyLocalAddress()) {
            service = null;
            return new Outcome.Refused("it tells no outer address");
        }
        int port = externalPort;
        int lifetime = LIFETIME_SECONDS;
        int error = 0;
        for (int i = 0; i < PORT_TRIES; i++) {
            error = add(link, internalPort, port, lifetime);
            if (error == 0) {
                external = address;
                return new Outcome.Granted(new InetSocketAddress(address, port), lifetime);
            }
            if (service == null) {
                return new Outcome.Absent();
            }
            if (error == ONLY_PERMANENT_LEASES) {
                lifetime = 0;
            } else if (error == CONFLICT) {
                port = random.nextInt(FIRST_EPHEMERAL_PORT, 65_536);
            } else {
                break;
            }
        }
        return new Outcome.Refused("error " + error);
    }

    @Override
    public Health check(GatewayLink link) throws IOException {
        if (service == null) {
            // There is nothing like an epoch: what is found again may have restarted.
            return discover(link) ? Health.LOST : Health.SILENT;
        }
        Inet4Address address = askAddress(link);
        if (address == null) {
            service = null;
            return Health.SILENT;
        }
        return address.equals(external) ? Health.GOOD : Health.LOST;
    }

    @Override
    public void unmap(GatewayLink link, int internalPort, int externalPort) throws IOException {
        if (service != null) {
            call(
                    link,
                    service.call(
                            "DeletePortMapping",
                            "NewRemoteHost",
                            "",
                            "NewExternalPort",
                            String.valueOf(externalPort),
                            "NewProtocol",
                            "UDP"));
        }
    }

    private boolean discover(GatewayLink link) throws IOException {
        if (service != null) {
            return true;
        }
        UpnpService.Location location =
                link.search(
                        UpnpService.searchRequest(),
                        bytes -> UpnpService.location(bytes, link.route().gateway()));
        if (location == null) {
            return false;
        }
        HttpText description = link.exchange(location.server(), location.request());
        if (description != null && description.status() == 200) {
            service = UpnpService.find(description.body(), location.server()).orElse(null);
        }
        return service != null;
    }

    /** The answer of the service; without one it is to be discovered again. */
    private HttpText call(GatewayLink link, byte[] request) throws IOException {
        HttpText answer = null;
        try {
            answer = link.exchange(service.control(), request);
            return answer;
        } finally {
            if (answer == null) {
                service = null;
            }
        }
    }

    private Inet4Address askAddress(GatewayLink link) throws IOException {
        HttpText answer = call(link, service.call("GetExternalIPAddress"));
        return answer == null || answer.status() != 200
                ? null
                : UpnpService.externalAddress(answer.body());
    }

    /** The UPnP error code, or 0. */
    private int add(GatewayLink link, int internalPort, int externalPort, int lifetimeSeconds)
            throws IOException {
        HttpText answer =
                call(
                        link,
                        service.call(
                                "AddPortMapping",
                                "NewRemoteHost",
                                "",
                                "NewExternalPort",
                                String.valueOf(externalPort),
                                "NewProtocol",
                                "UDP",
                                "NewInternalPort",
                                String.valueOf(internalPort),
                                "NewInternalClient",
                                link.route().own().getHostAddress(),
                                "NewEnabled",
                                "1",
                                "NewPortMappingDescription",
                                "cyphonic",
                                "NewLeaseDuration",
                                String.valueOf(lifetimeSeconds)));
        if (answer == null) {
            return -1;
        }
        return answer.status() == 200 ? 0 : UpnpService.errorCode(answer.body());
    }
}
