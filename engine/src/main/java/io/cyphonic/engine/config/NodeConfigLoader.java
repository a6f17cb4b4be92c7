package io.cyphonic.engine.config;

import io.cyphonic.engine.config.EngineConfig.BatchLimit;
import io.cyphonic.engine.config.EngineConfig.CipherProvider;
import io.cyphonic.engine.config.EngineConfig.Mode;
import io.cyphonic.engine.config.EngineConfig.Offload;
import io.cyphonic.engine.config.EngineConfig.WaitKind;
import io.cyphonic.engine.config.NodeConfig.DnsConfig;
import io.cyphonic.engine.config.NodeConfig.DnsConfigure;
import io.cyphonic.engine.config.NodeConfig.PortMappingChoice;
import io.cyphonic.signaling.net.AddressText;

import org.snakeyaml.engine.v2.nodes.Node;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.charset.MalformedInputException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * Reads {@code node.yaml}. Anything it does not know or cannot accept is a {@link ConfigException}
 * that names line, key, value and what is allowed; nothing is silently ignored.
 */
public final class NodeConfigLoader {
    /** Name of the file inside a node's directory. */
    public static final String FILE_NAME = "node.yaml";

    private static final int DEFAULT_MTU = 1400;
    private static final int DEFAULT_RING_SIZE = 32;
    private static final int DEFAULT_MAX_TUNNELS = 1024;
    private static final int MAX_ADDRESSES = 8;

    private final ConfigValues values;
    private final ConfigDocument document;
    private final int processors;

    private NodeConfigLoader(ConfigDocument document, int processors) {
        this.document = document;
        this.values = new ConfigValues(document);
        this.processors = processors;
    }

    /** Loads {@code directory/node.yaml}. */
    public static NodeConfig load(Path directory) {
        Path file = directory.resolve(FILE_NAME);
        try {
            return parse(Files.readString(file), Runtime.getRuntime().availableProcessors());
        } catch (NoSuchFileException _) {
            throw new ConfigException(
                    "%s: not found; run `cyphonic join INVITATION --dir %s` first"
                            .formatted(file, directory));
        } catch (MalformedInputException _) {
            throw new ConfigException("%s: not UTF-8 text".formatted(file));
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + file + ": " + e.getMessage(), e);
        }
    }

    /** Reads the text of a file, for a machine with this many processors. */
    static NodeConfig parse(String text, int processors) {
        ConfigDocument document = ConfigDocument.parse(FILE_NAME, text);
        return new NodeConfigLoader(document, processors).read();
    }

    private NodeConfig read() {
        return new NodeConfig(
                cloudAddresses(),
                values.integer(ConfigKey.LISTEN_PORT, 0, 65_535, 0),
                stunServers(),
                values.choice(
                        ConfigKey.PORT_MAPPING, PortMappingChoice.class, PortMappingChoice.AUTO),
                tunName(),
                values.integer(ConfigKey.TUN_MTU, 1280, 9000, DEFAULT_MTU),
                engine(),
                metricsListen(),
                dns());
    }

    private List<InetSocketAddress> cloudAddresses() {
        Node node =
                document.value(ConfigKey.CLOUD_ADDRESSES)
                        .orElseThrow(() -> document.missing(ConfigKey.CLOUD_ADDRESSES));
        return values.list(
                ConfigKey.CLOUD_ADDRESSES,
                node,
                1,
                MAX_ADDRESSES,
                text -> AddressText.parse(text, -1));
    }

    private List<InetSocketAddress> stunServers() {
        return document.value(ConfigKey.STUN_SERVERS)
                .map(
                        node ->
                                values.list(
                                        ConfigKey.STUN_SERVERS,
                                        node,
                                        0,
                                        MAX_ADDRESSES,
                                        AddressText::parseHost))
                .orElse(List.of());
    }

    private String tunName() {
        return values.text(
                ConfigKey.TUN_NAME,
                "cyphonic0",
                name ->
                        name.matches("[A-Za-z0-9_.-]{1,15}")
                                && !name.matches("\\.{1,2}|all|default"));
    }

    private EngineConfig engine() {
        return new EngineConfig(
                values.choice(ConfigKey.ENGINE_MODE, Mode.class, Mode.ADAPTIVE),
                ringSize(),
                values.integer(ConfigKey.ENGINE_WORKERS, 1, 64, Math.clamp(processors / 2, 1, 64)),
                values.choice(ConfigKey.ENGINE_WAIT_STRATEGY, WaitKind.class, WaitKind.BLOCKING),
                offloads(),
                values.choice(ConfigKey.ENGINE_CIPHER, CipherProvider.class, CipherProvider.AUTO),
                values.integer(ConfigKey.ENGINE_MAX_TUNNELS, 1, 65_536, DEFAULT_MAX_TUNNELS),
                batchLimit());
    }

    private BatchLimit batchLimit() {
        int packets =
                values.integer(
                        ConfigKey.ENGINE_BATCH_PACKETS, 1, 256, BatchLimit.DEFAULT.packets());
        int kilobytes =
                values.integer(
                        ConfigKey.ENGINE_BATCH_KILOBYTES, 1, 64, BatchLimit.DEFAULT.bytes() / 1024);
        return new BatchLimit(packets, kilobytes * 1024);
    }

    private int ringSize() {
        int size = values.integer(ConfigKey.ENGINE_RING_SIZE, 4, 1024, DEFAULT_RING_SIZE);
        if (Integer.bitCount(size) != 1) {
            Node node = document.value(ConfigKey.ENGINE_RING_SIZE).orElseThrow();
            throw document.refuse(ConfigKey.ENGINE_RING_SIZE, node, ConfigDocument.describe(node));
        }
        return size;
    }

    private Set<Offload> offloads() {
        Optional<Node> node = document.value(ConfigKey.ENGINE_OFFLOADS);
        if (node.isEmpty() || values.isText(node.get(), "on")) {
            return Set.copyOf(EnumSet.allOf(Offload.class));
        }
        if (values.isText(node.get(), "off")) {
            return Set.of();
        }
        List<Offload> some =
                values.list(
                        ConfigKey.ENGINE_OFFLOADS,
                        node.get(),
                        0,
                        Offload.values().length,
                        text -> ConfigValues.constant(Offload.class, text));
        return Set.copyOf(some.isEmpty() ? EnumSet.noneOf(Offload.class) : EnumSet.copyOf(some));
    }

    private Optional<InetSocketAddress> metricsListen() {
        return document.value(ConfigKey.METRICS_LISTEN)
                .map(
                        node ->
                                AddressText.parse(values.scalar(ConfigKey.METRICS_LISTEN, node), -1)
                                        .orElseThrow(
                                                () ->
                                                        document.refuse(
                                                                ConfigKey.METRICS_LISTEN,
                                                                node,
                                                                ConfigDocument.describe(node))));
    }

    private DnsConfig dns() {
        return new DnsConfig(
                addressesOrOff(ConfigKey.DNS_LISTEN, -1),
                addressesOrOff(ConfigKey.DNS_UPSTREAM, 53),
                values.choice(ConfigKey.DNS_CONFIGURE, DnsConfigure.class, DnsConfigure.NONE));
    }

    private Optional<List<InetSocketAddress>> addressesOrOff(ConfigKey key, int defaultPort) {
        return document.value(key)
                .map(
                        node ->
                                values.isText(node, "off")
                                        ? List.of()
                                        : values.list(
                                                key,
                                                node,
                                                0,
                                                MAX_ADDRESSES,
                                                text -> AddressText.parse(text, defaultPort)));
    }

    /** The name of a constant as the file writes it: lower case, hyphens. */
    public static String kebab(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
