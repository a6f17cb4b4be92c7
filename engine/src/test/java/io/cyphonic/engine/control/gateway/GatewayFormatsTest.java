package io.cyphonic.engine.control.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.cyphonic.engine.control.gateway.RouteTable.DefaultRoute;

import org.junit.jupiter.api.Test;

import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;

class GatewayFormatsTest {
    private static final String ROUTES =
            """
            Iface	Destination	Gateway 	Flags	RefCnt	Use	Metric	Mask		MTU	Window	IRTT
            wlan0	00000000	0102A8C0	0003	0	0	600	00000000	0	0	0
            eth0	00000000	0101A8C0	0003	0	0	100	00000000	0	0	0
            cy0	00000000	01007A0A	0003	0	0	1	00000000	0	0	0
            eth0	0001A8C0	00000000	0001	0	0	0	00FFFFFF	0	0	0
            """;

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    @Test
    void shouldFindTheDefaultRouteWithTheSmallestMetric() {
        assertThat(RouteTable.defaultRoute(ROUTES, "cy0"))
                .contains(new DefaultRoute("eth0", FakeGateway.ipv4("192.168.1.1")));
        assertThat(RouteTable.defaultRoute("Iface\n", "cy0")).isEmpty();
    }

    @Test
    void shouldReadAnHttpAnswerWhole() {
        byte[] plain = ascii("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcdef");
        byte[] open = ascii("HTTP/1.0 500 Oh\r\n\r\nabc");
        byte[] chunked =
                ascii(
                        "HTTP/1.1 200 OK\r\n"
                                + "Transfer-Encoding: chunked\r\n\r\n"
                                + "3\r\n"
                                + "abc\r\n"
                                + "2;x=y\r\n"
                                + "de\r\n"
                                + "0\r\n\r\n");

        assertThat(HttpText.parse(plain, false).body()).isEqualTo(ascii("abc"));
        assertThat(HttpText.parse(open, false)).isNull();
        assertThat(HttpText.parse(open, true).body()).isEqualTo(ascii("abc"));
        assertThat(HttpText.parse(chunked, false).body()).isEqualTo(ascii("abcde"));
        assertThat(HttpText.parse(Arrays.copyOf(chunked, chunked.length - 8), true)).isNull();
    }

    @Test
    void shouldFindTheServiceOnTheGatewayOnly() {
        UpnpService service =
                UpnpService.find(ascii(FakeGateway.DESCRIPTION), FakeGateway.UPNP).orElseThrow();
        String elsewhere =
                FakeGateway.DESCRIPTION.replace("/ctl/IPConn", "http://203.0.113.1:80/ctl");

        assertThat(service.control()).isEqualTo(FakeGateway.UPNP);
        assertThat(service.path()).isEqualTo("/ctl/IPConn");
        assertThat(UpnpService.find(ascii(elsewhere), FakeGateway.UPNP)).isEmpty();
    }

    @Test
    void shouldFollowALocationOnTheGatewayOnly() {
        for (String bad :
                List.of(
                        "http://203.0.113.1/desc.xml",
                        "https://192.168.1.1/desc.xml",
                        "http://router.example/desc.xml",
                        "http://192.168.1.1@203.0.113.1/x",
                        "//203.0.113.1/x",
                        "http://192.168.1.1/a b",
                        "")) {
            UpnpService.Location location =
                    UpnpService.location(FakeGateway.searchAnswer(bad), FakeGateway.ADDRESS);
            assertThat(
                            location == null
                                    || location.server().getAddress().equals(FakeGateway.ADDRESS))
                    .as(bad)
                    .isTrue();
        }
        assertThat(
                        UpnpService.location(
                                FakeGateway.searchAnswer("http://192.168.1.1:5000/d.xml?a=b"),
                                FakeGateway.ADDRESS))
                .isEqualTo(new UpnpService.Location(FakeGateway.UPNP, "/d.xml?a=b"));
    }

    @Test
    void shouldReadNoEntityFromElsewhere() {
        String document =
                "<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/hostname\"><!ENTITY y \"yes\">]>"
                        + "<a><r><f>&x;</f><g>&y;</g><h>plain</h></r></a>";

        List<Map<String, String>> records =
                XmlRecords.read(ascii(document), "r", Set.of("f", "g", "h"));

        assertThat(records)
                .allSatisfy(record -> assertThat(record.getOrDefault("f", "")).isEmpty())
                .allSatisfy(record -> assertThat(record.getOrDefault("g", "")).isEmpty());
    }

    @Test
    void shouldNoticeARestartFromTheEpoch() {
        EpochWatch watch = new EpochWatch();
        assertThat(watch.observe(100, seconds(0))).isFalse();
        assertThat(watch.observe(160, seconds(60))).isFalse();
        assertThat(watch.observe(159, seconds(60))).isFalse();
        assertThat(watch.observe(700, seconds(600))).isFalse();
        assertThat(watch.observe(5, seconds(660))).isTrue();
        assertThat(watch.observe(65, seconds(720))).isFalse();
        assertThat(watch.observe(66, seconds(780))).isTrue();
    }

    private static long seconds(long count) {
        return TimeUnit.SECONDS.toNanos(count);
    }

    @Test
    void shouldSurviveAnyBytes() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        PcpProtocol pcp = new PcpProtocol(new SecureRandom(), () -> 0);
        List<byte[]> samples =
                List.of(
                        FakeGateway.searchAnswer("http://192.168.1.1:5000/rootDesc.xml"),
                        ascii(FakeGateway.DESCRIPTION),
                        ascii(
                                "HTTP/1.1 200 OK\r\n"
                                        + "Transfer-Encoding: chunked\r\n\r\n"
                                        + "3\r\n"
                                        + "abc\r\n"
                                        + "0\r\n\r\n"),
                        ascii(ROUTES),
                        new byte[60]);
        for (int round = 0; round < 20_000; round++) {
            byte[] sample = samples.get(random.nextInt(samples.size()));
            byte[] bytes = Arrays.copyOf(sample, random.nextInt(sample.length + 20));
            for (int i = random.nextInt(6); i > 0 && bytes.length > 0; i--) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
            }
            try {
                HttpText.parse(bytes, random.nextBoolean());
                UpnpService.location(bytes, FakeGateway.ADDRESS);
                UpnpService.find(bytes, new InetSocketAddress(FakeGateway.ADDRESS, 80));
                UpnpService.errorCode(bytes);
                UpnpService.externalAddress(bytes);
                NatPmpProtocol.read(bytes, random.nextInt(2));
                pcp.read(bytes, random.nextInt(2));
                RouteTable.defaultRoute(new String(bytes, StandardCharsets.ISO_8859_1), "tun");
            } catch (RuntimeException e) {
                throw new AssertionError("seed " + seed + ", round " + round, e);
            }
        }
    }
}
