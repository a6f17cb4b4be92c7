package io.cyphonic.engine.control.gateway;

import io.cyphonic.signaling.net.AddressText;

import java.net.Inet4Address;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The service of an Internet Gateway Device that makes port mappings, and the messages to and from
 * it (UPnP Device Architecture 1.1; WANIPConnection:1 and :2, WANPPPConnection:1). Pure; any bytes
 * are safe to read. Every address that a gateway names has to be its own.
 *
 * @param control where to send SOAP requests
 * @param path the path there
 * @param type the service type
 */
record UpnpService(InetSocketAddress control, String path, String type) {
    private static final List<String> TYPES =
            List.of(
                    "urn:schemas-upnp-org:service:WANIPConnection:2",
                    "urn:schemas-upnp-org:service:WANIPConnection:1",
                    "urn:schemas-upnp-org:service:WANPPPConnection:1");
    private static final String SAFE_PATH = "/[\\x21-\\x7E]{0,255}";

    /**
     * Where the description of a device is.
     *
     * @param server the gateway with a port
     * @param path the path there
     */
    record Location(InetSocketAddress server, String path) {
        byte[] request() {
            return ascii(
                    "GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n"
                            .formatted(path, AddressText.format(server)));
        }
    }

    /** The search for a gateway (UPnP Device Architecture 1.1, section 1.3.2). */
    static byte[] searchRequest() {
        return ascii(
                """
                M-SEARCH * HTTP/1.1\r
                HOST: 239.255.255.250:1900\r
                MAN: "ssdp:discover"\r
                MX: 1\r
                ST: urn:schemas-upnp-org:device:InternetGatewayDevice:1\r
                \r
                """);
    }

    /** Reads the answer to a search; {@code null} if it does not lead to this gateway. */
    static Location location(byte[] answer, Inet4Address gateway) {
        HttpText response = HttpText.parse(answer, true);
        if (response == null
                || response.status() != 200
                || !response.header("st").contains("InternetGatewayDevice")) {
            return null;
        }
        return locate(response.header("location"), new InetSocketAddress(gateway, 80));
    }

    /** Finds the service in a description. */
    static Optional<UpnpService> find(byte[] description, InetSocketAddress server) {
        List<Map<String, String>> services =
                XmlRecords.read(description, "service", Set.of("serviceType", "controlURL"));
        for (String type : TYPES) {
            for (Map<String, String> service : services) {
                if (type.equals(service.get("serviceType"))) {
                    Location location = locate(service.getOrDefault("controlURL", ""), server);
                    if (location != null) {
                        return Optional.of(
                                new UpnpService(location.server(), location.path(), type));
                    }
                }
            }
        }
        return Optional.empty();
    }

    /** An absolute or relative URL that stays on the server's address; {@code null} if not. */
    private static Location locate(String url, InetSocketAddress server) {
        try {
            URI uri = URI.create(url);
            InetSocketAddress target = server;
            if (uri.isAbsolute()) {
                boolean same =
                        "http".equals(uri.getScheme())
                                && uri.getHost() != null
                                && AddressText.literal(uri.getHost())
                                        .filter(server.getAddress()::equals)
                                        .isPresent();
                if (!same) {
                    return null;
                }
                target =
                        new InetSocketAddress(
                                server.getAddress(), uri.getPort() < 0 ? 80 : uri.getPort());
            }
            String path = uri.getRawPath() == null ? "" : uri.getRawPath();
            path = (path.startsWith("/") ? path : "/" + path);
            path += uri.getRawQuery() == null ? "" : "?" + uri.getRawQuery();
            return uri.getRawAuthority() != null && !uri.isAbsolute() || !path.matches(SAFE_PATH)
                    ? null
                    : new Location(target, path);
        } catch (IllegalArgumentException _) {
            return null;
        }
    }

    /**
     * A SOAP request.
     *
     * @param arguments names and values in turns; the values need no escaping
     */
    byte[] call(String action, String... arguments) {
        StringBuilder body =
                new StringBuilder(
                        "<?xml version=\"1.0\"?>\r\n<s:Envelope"
                                + " xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\""
                                + " s:encodingStyle=\"http://schemas.xmlsoap.org/soap/encoding/\">"
                                + "<s:Body><u:");
        body.append(action).append(" xmlns:u=\"").append(type).append("\">");
        for (int i = 0; i < arguments.length; i += 2) {
            body.append('<').append(arguments[i]).append('>').append(arguments[i + 1]);
            body.append("</").append(arguments[i]).append('>');
        }
        body.append("</u:").append(action).append("></s:Body></s:Envelope>\r\n");
        return ascii(
                "POST %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\nContent-Type: text/xml;"
                                .formatted(path, AddressText.format(control))
                        + " charset=\"utf-8\"\r\nSOAPAction: \"%s#%s\"\r\nContent-Length: %d\r\n\r\n%s"
                                .formatted(type, action, body.length(), body));
    }

    /** The outer address in an answer to GetExternalIPAddress; {@code null} if there is none. */
    static Inet4Address externalAddress(byte[] body) {
        return field(body, "NewExternalIPAddress").flatMap(AddressText::literal).orElse(null)
                        instanceof Inet4Address address
                ? address
                : null;
    }

    /** The error code of a fault; -1 if it has none. */
    static int errorCode(byte[] body) {
        return field(body, "errorCode")
                .filter(code -> code.matches("\\d{1,4}"))
                .map(Integer::parseInt)
                .filter(code -> code != 0)
                .orElse(-1);
    }

    private static Optional<String> field(byte[] body, String name) {
        return XmlRecords.read(body, "Body", Set.of(name)).stream()
                .findFirst()
                .map(record -> record.get(name));
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
