package io.cyphonic.engine.control.gateway;

import java.io.IOException;
import java.net.ConnectException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.PortUnreachableException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Function;

/** A gateway that speaks what it is told to, in the time it is told. */
final class FakeGateway implements GatewayLink {
    static final Inet4Address ADDRESS = ipv4("192.168.1.1");
    static final Inet4Address HOST = ipv4("192.168.1.100");
    static final GatewayRoute ROUTE = new GatewayRoute(ADDRESS, "eth0", HOST);
    static final InetSocketAddress UPNP = new InetSocketAddress(ADDRESS, 5000);

    static final String DESCRIPTION =
            """
            <?xml version="1.0"?>
            <root xmlns="urn:schemas-upnp-org:device-1-0"><device><serviceList>
            <service><serviceType>urn:schemas-upnp-org:service:Layer3Forwarding:1</serviceType>
            <controlURL>/ctl/L3F</controlURL></service>
            </serviceList><deviceList><device><serviceList><service>
            <serviceType>urn:schemas-upnp-org:service:WANIPConnection:1</serviceType>
            <controlURL>/ctl/IPConn</controlURL></service></serviceList></device></deviceList>
            </device></root>
            """;

    boolean pcp;
    boolean natPmp;
    boolean upnp;
    boolean silent;
    int pcpResult;
    int conflicts;

    /** The longest it grants by PCP and NAT-PMP. */
    int lifetimeSeconds = MappingProtocol.LIFETIME_SECONDS;

    /** Where its UPnP service is. */
    InetSocketAddress upnpServer = UPNP;

    Inet4Address external = ipv4("198.51.100.7");
    long startedSeconds;
    long nowSeconds = 1000;
    int exchanges;

    /** Internal port to external port, with the protocol that made it. */
    final Map<Integer, Integer> mappings = new HashMap<>();

    static Inet4Address ipv4(String text) {
        return (Inet4Address) InetAddress.ofLiteral(text);
    }

    void restart() {
        startedSeconds = nowSeconds;
        mappings.clear();
    }

    @Override
    public GatewayRoute route() {
        return ROUTE;
    }

    @Override
    public <T> T ask(byte[] request, int port, int tries, Function<byte[], T> reader)
            throws IOException {
        exchanges++;
        if (silent) {
            return null;
        }
        if (port != 5351 || !pcp && !natPmp) {
            throw new PortUnreachableException();
        }
        if (request[0] == 2) {
            return reader.apply(pcp ? pcp(request) : unsupported());
        }
        return natPmp ? reader.apply(natPmp(request)) : null;
    }

    private byte[] unsupported() {
        return ByteBuffer.allocate(8)
                .putShort((short) 128)
                .putShort((short) 1)
                .putInt((int) (nowSeconds - startedSeconds))
                .array();
    }

    private byte[] pcp(byte[] request) {
        byte[] response = request.clone();
        ByteBuffer out = ByteBuffer.wrap(response);
        out.put(1, (byte) (request[1] | 0x80)).put(3, (byte) pcpResult);
        out.putInt(8, (int) (nowSeconds - startedSeconds));
        out.putInt(12, 0).putInt(16, 0).putInt(20, 0);
        if (request[1] == 1 && pcpResult == 0) {
            int internal = Short.toUnsignedInt(out.getShort(40));
            int wanted = Short.toUnsignedInt(out.getShort(42));
            out.putInt(4, Math.min(out.getInt(4), lifetimeSeconds));
            map(internal, wanted, out.getInt(4));
            out.putShort(42, (short) (wanted == 0 ? 1 : wanted));
            out.putLong(44, 0).putInt(52, 0xFFFF).put(56, external.getAddress());
        }
        return response;
    }

    private void map(int internal, int wanted, int lifetime) {
        if (lifetime == 0) {
            mappings.remove(internal);
        } else {
            mappings.put(internal, wanted);
        }
    }

    private byte[] natPmp(byte[] request) {
        int seconds = (int) (nowSeconds - startedSeconds);
        if (request[1] == 0) {
            return ByteBuffer.allocate(12)
                    .putShort((short) 128)
                    .putShort((short) 0)
                    .putInt(seconds)
                    .put(external.getAddress())
                    .array();
        }
        ByteBuffer in = ByteBuffer.wrap(request);
        int internal = Short.toUnsignedInt(in.getShort(4));
        int wanted = Short.toUnsignedInt(in.getShort(6));
        map(internal, wanted, in.getInt(8));
        return ByteBuffer.allocate(16)
                .putShort((short) 129)
                .putShort((short) 0)
                .putInt(seconds)
                .putShort((short) internal)
                .putShort((short) wanted)
                .putInt(Math.min(in.getInt(8), lifetimeSeconds))
                .array();
    }

    @Override
    public <T> T search(byte[] request, Function<byte[], T> reader) {
        exchanges++;
        return upnp && !silent
                ? reader.apply(
                        searchAnswer(
                                "http://192.168.1.1:" + upnpServer.getPort() + "/rootDesc.xml"))
                : null;
    }

    static byte[] searchAnswer(String location) {
        return ("HTTP/1.1 200 OK\r\n"
                        + "CACHE-CONTROL: max-age=120\r\n"
                        + "ST: urn:schemas-upnp-org:device:InternetGatewayDevice:1\r\n"
                        + "EXT:\r\n"
                        + "Location: "
                        + location
                        + "\r\n\r\n")
                .getBytes(StandardCharsets.US_ASCII);
    }

    @Override
    public HttpText exchange(InetSocketAddress server, byte[] request) throws IOException {
        exchanges++;
        if (silent) {
            return null;
        }
        if (!server.equals(upnpServer)) {
            throw new ConnectException("Connection refused");
        }
        String text = new String(request, StandardCharsets.US_ASCII);
        if (text.startsWith("GET /rootDesc.xml ")) {
            return http(200, DESCRIPTION);
        }
        if (text.contains("#GetExternalIPAddress\"")) {
            return soap(
                    "<NewExternalIPAddress>"
                            + external.getHostAddress()
                            + "</NewExternalIPAddress>");
        }
        int externalPort = Integer.parseInt(value(text, "NewExternalPort"));
        if (text.contains("#DeletePortMapping\"")) {
            mappings.values().remove(externalPort);
            return soap("");
        }
        if (conflicts > 0) {
            conflicts--;
            return http(
                    500,
                    "<s:Envelope xmlns:s=\"x\"><s:Body><s:Fault><detail><UPnPError><errorCode>718"
                            + "</errorCode></UPnPError></detail></s:Fault></s:Body></s:Envelope>");
        }
        mappings.put(Integer.parseInt(value(text, "NewInternalPort")), externalPort);
        return soap("");
    }

    private static String value(String text, String element) {
        int start = text.indexOf("<" + element + ">") + element.length() + 2;
        return text.substring(start, text.indexOf('<', start));
    }

    private static HttpText soap(String inside) {
        return http(
                200,
                "<s:Envelope xmlns:s=\"x\"><s:Body><r>" + inside + "</r></s:Body></s:Envelope>");
    }

    private static HttpText http(int status, String body) {
        byte[] bytes =
                "HTTP/1.1 %d OK\r\nContent-Length: %d\r\n\r\n%s"
                        .formatted(status, body.length(), body)
                        .getBytes(StandardCharsets.US_ASCII);
        return HttpText.parse(bytes, true);
    }
}
