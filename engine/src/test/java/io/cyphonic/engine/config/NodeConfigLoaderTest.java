package io.cyphonic.engine.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cyphonic.engine.config.EngineConfig.BatchLimit;
import io.cyphonic.engine.config.EngineConfig.Mode;
import io.cyphonic.engine.config.EngineConfig.Offload;
import io.cyphonic.engine.config.EngineConfig.WaitKind;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;

class NodeConfigLoaderTest {
    private static final String CLOUD = "cloud: {addresses: [\"192.0.2.1:7447\"]}\n";

    @Test
    void shouldUseDefaultsThatFitTwoCoresWhenOnlyTheCloudIsGiven() {
        NodeConfig config = NodeConfigLoader.parse(CLOUD, 2);

        assertThat(config.cloudAddresses())
                .containsExactly(new InetSocketAddress("192.0.2.1", 7447));
        assertThat(config.listenPort()).isZero();
        assertThat(config.tunName()).isEqualTo("cyphonic0");
        assertThat(config.tunMtu()).isEqualTo(1400);
        assertThat(config.engine().mode()).isEqualTo(Mode.ADAPTIVE);
        assertThat(config.engine().ringSize()).isEqualTo(32);
        assertThat(config.engine().workers()).isEqualTo(1);
        assertThat(config.engine().waitStrategy()).isEqualTo(WaitKind.BLOCKING);
        assertThat(config.engine().offloads()).containsExactlyInAnyOrder(Offload.values());
        assertThat(config.metricsListen()).isEmpty();
        assertThat(config.dns().enabled()).isTrue();
    }

    @Test
    void shouldReadEveryKey() {
        NodeConfig config =
                NodeConfigLoader.parse(
                        """
                        cloud:
                          addresses: ["192.0.2.1:7447", "[2001:db8::1]:7447"]
                        listen-port: 51820
                        stun-servers: ["stun.example.org:3478"]
                        tun:
                          name: cy1
                          mtu: 1280
                        engine:
                          mode: serial
                          ring-size: 64
                          workers: 3
                          wait-strategy: busy-spin
                          offloads: [udp-gso, tun-tso]
                          batch-packets: 16
                          batch-kilobytes: 8
                          max-tunnels: 10
                        metrics:
                          listen: "127.0.0.1:9447"
                        dns:
                          listen: ["127.0.0.1:5353"]
                          upstream: ["192.0.2.53", "[2001:db8::53]:5300"]
                          configure: resolved
                        """,
                        2);

        assertThat(config.cloudAddresses()).hasSize(2);
        assertThat(config.listenPort()).isEqualTo(51820);
        assertThat(config.stunServers()).hasSize(1);
        assertThat(config.engine().mode()).isEqualTo(Mode.SERIAL);
        assertThat(config.engine().waitStrategy()).isEqualTo(WaitKind.BUSY_SPIN);
        assertThat(config.engine().offloads())
                .containsExactlyInAnyOrder(Offload.UDP_GSO, Offload.TUN_TSO);
        assertThat(config.engine().maxTunnels()).isEqualTo(10);
        assertThat(config.engine().batchLimit()).isEqualTo(new BatchLimit(16, 8 * 1024));
        assertThat(config.metricsListen()).contains(new InetSocketAddress("127.0.0.1", 9447));
        assertThat(config.dns().upstream().orElseThrow())
                .containsExactly(
                        new InetSocketAddress("192.0.2.53", 53),
                        new InetSocketAddress("2001:db8::53", 5300));
        assertThat(config.dns().configure()).isEqualTo(NodeConfig.DnsConfigure.RESOLVED);
    }

    @Test
    void shouldReadWhatJoinWrites() {
        List<InetSocketAddress> cloud =
                List.of(
                        new InetSocketAddress("192.0.2.1", 7447),
                        new InetSocketAddress("2001:db8::1", 7447));

        String text = NodeConfigTemplate.text(cloud);

        assertThat(NodeConfigLoader.parse(text, 2).cloudAddresses()).isEqualTo(cloud);
    }

    @Test
    void shouldAcceptEveryKeyOfTheTemplateWhenItsCommentMarkIsRemoved() {
        String text = NodeConfigTemplate.text(List.of(new InetSocketAddress("192.0.2.1", 7447)));
        String uncommented = text.replaceAll("(?m)^#(  )?([a-z])", "$1$2");

        NodeConfig config = NodeConfigLoader.parse(uncommented, 2);

        assertThat(uncommented).contains("\n  ring-size: 32\n");
        assertThat(config.dns().listen()).isPresent();
        assertThat(config.engine().workers()).isEqualTo(1);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '\'',
            value = {
                "listen-port: 70000 | node.yaml:2: listen-port: found \"70000\"; allowed: 0 to"
                        + " 65535",
                "listen-port: -1 | node.yaml:2: listen-port: found \"-1\"; allowed",
                "listen-port: [1] | node.yaml:2: listen-port: found a list; allowed",
                "engine: {ring-size: 31} | node.yaml:2: engine.ring-size: found \"31\"; allowed: a"
                        + " power",
                "engine: {ring-size: 2048} | node.yaml:2: engine.ring-size: found \"2048\";"
                        + " allowed",
                "engine: {workers: 0} | node.yaml:2: engine.workers: found \"0\"; allowed: 1 to 64",
                "engine: {batch-packets: 257} | engine.batch-packets: found \"257\"; allowed: 1 to",
                "engine: {batch-kilobytes: 0} | engine.batch-kilobytes: found \"0\"; allowed: 1",
                "engine: {mode: turbo} | node.yaml:2: engine.mode: found \"turbo\"; allowed:"
                        + " serial, pipeline or adaptive",
                "engine: {offloads: [gso]} | node.yaml:2: engine.offloads: found \"gso\"; allowed:"
                        + " on, off",
                "engine: {offloads: yes} | node.yaml:2: engine.offloads: found \"yes\"; allowed",
                "engine: fast | node.yaml:2: engine: found \"fast\"; allowed: keys of its own",
                "engine: {rng-size: 8} | node.yaml:2: engine.rng-size: found an unknown key, did"
                        + " you mean engine.ring-size?; allowed: engine.mode",
                "lissen-port: 1 | did you mean listen-port?; allowed: cloud.addresses",
                "tun: {mtu: 900} | node.yaml:2: tun.mtu: found \"900\"; allowed: 1280 to 9000",
                "tun: {name: a/b} | node.yaml:2: tun.name: found \"a/b\"; allowed: 1 to 15",
                "tun: {name: sixteencharacters} | node.yaml:2: tun.name: found",
                "metrics: {listen: localhost} | node.yaml:2: metrics.listen: found \"localhost\";"
                        + " allowed: ADDRESS:PORT",
                "stun-servers: [a b] | node.yaml:2: stun-servers: found \"a b\"; allowed",
                "dns: {configure: yes} | node.yaml:2: dns.configure: found \"yes\"; allowed: none"
                        + " or resolved",
                "dns: {upstream: [dns.example]} | node.yaml:2: dns.upstream: found \"dns.example\";"
                        + " allowed",
                "cloud: {addresses: []} | node.yaml:2: cloud: found twice; it was set in line 1",
                "'engine: {' | node.yaml:3: not YAML:",
            })
    void shouldNameLineKeyValueAndRangeWhenTheFileIsWrong(String line, String message) {
        assertThatThrownBy(() -> NodeConfigLoader.parse(CLOUD + line + "\n", 2))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining(message);
    }

    @Test
    void shouldNameTheLineOfTheItemWhenAListHasABadOne() {
        String text = "cloud:\n  addresses:\n    - \"192.0.2.1:7447\"\n    - \"300.0.2.1:7447\"\n";

        assertThatThrownBy(() -> NodeConfigLoader.parse(text, 2))
                .hasMessageStartingWith(
                        "node.yaml:4: cloud.addresses: found \"300.0.2.1:7447\"; allowed: a list");
    }

    @Test
    void shouldSayWhatIsNeededWhenTheCloudIsMissing() {
        assertThatThrownBy(() -> NodeConfigLoader.parse("# nothing\n", 2))
                .hasMessage(
                        "node.yaml: cloud.addresses: not found; needed: "
                                + ConfigKey.CLOUD_ADDRESSES.allowed());
    }

    @Test
    void shouldPointToJoinWhenThereIsNoFile(@TempDir Path directory) {
        assertThatThrownBy(() -> NodeConfigLoader.load(directory))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("run `cyphonic join INVITATION --dir");
    }

    @Test
    void shouldOnlyEverThrowConfigExceptionsWhenGivenNoise() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        String letters = CLOUD + "engine:\n  ring-size: 32\n&*[]{}:#\"'|>%@`-?\t!";

        for (int round = 0; round < 2000; round++) {
            StringBuilder noise = new StringBuilder();
            int length = random.nextInt(60);
            for (int i = 0; i < length; i++) {
                noise.append(letters.charAt(random.nextInt(letters.length())));
            }
            try {
                NodeConfigLoader.parse(noise.toString(), 2);
            } catch (ConfigException expected) {
                assertThat(expected.getMessage()).as("seed %d", seed).doesNotContain("\n");
            }
        }
    }
}
