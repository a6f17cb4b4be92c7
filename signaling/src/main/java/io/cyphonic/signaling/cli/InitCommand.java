package io.cyphonic.signaling.cli;

import io.cyphonic.signaling.config.CloudConfig;
import io.cyphonic.signaling.config.CloudDirectory;
import io.cyphonic.signaling.config.ConfigException;
import io.cyphonic.signaling.config.IpPrefix;
import io.cyphonic.signaling.config.SocketAddresses;

import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;

/** Makes a new cloud. */
@Command(
        name = "init",
        description = "Makes a new cloud: its configuration, certificate authority and keys.",
        mixinStandardHelpOptions = true,
        versionProvider = CloudVersion.class,
        footer = {
            "",
            "Examples:",
            "  cyphonic-cloud init --dir /var/lib/cyphonic --listen 192.0.2.1",
            "  cyphonic-cloud init --dir /var/lib/cyphonic --listen 192.0.2.1 --listen 2001:db8::1",
            "  cyphonic-cloud init --dir cloud --listen [2001:db8::1]:7500 --zone lab.internal"
        })
final class InitCommand implements Callable<Integer> {
    @Spec private CommandSpec spec;

    @Mixin private DirectoryOption directory;

    @Option(
            names = "--listen",
            required = true,
            paramLabel = "ADDR[:PORT]",
            converter = AddressConverter.class,
            description = {
                "Address of this machine by which nodes reach the cloud;",
                "repeat it for IPv4 and IPv6. Port: 7447 unless given."
            })
    private List<InetSocketAddress> listen;

    @Option(
            names = "--zone",
            paramLabel = "ZONE",
            defaultValue = CloudConfig.DEFAULT_ZONE,
            description = "DNS zone of the nodes' names; default: ${DEFAULT-VALUE}.")
    private String zone;

    @Option(
            names = "--ipv4",
            paramLabel = "PREFIX",
            converter = PrefixConverter.class,
            defaultValue = CloudConfig.DEFAULT_IPV4,
            description = "Virtual IPv4 network; default: ${DEFAULT-VALUE}.")
    private IpPrefix ipv4;

    @Option(
            names = "--ipv6",
            paramLabel = "PREFIX",
            converter = PrefixConverter.class,
            description = "Virtual IPv6 network; default: a random unique local one.")
    private IpPrefix ipv6;

    @Override
    public Integer call() throws IOException {
        SecureRandom random = new SecureRandom();
        CloudDirectory target = directory.directory();
        NewCloud.create(target, config(random), random, InstantSource.system().millis());
        String addresses =
                listen.stream().map(SocketAddresses::format).collect(Collectors.joining(", "));
        spec.commandLine()
                .getOut()
                .println(
                        "made the cloud of zone %s at %s in %s"
                                .formatted(zone, addresses, target.path()));
        return ExitCode.DONE;
    }

    private CloudConfig config(SecureRandom random) {
        try {
            CloudConfig config = CloudConfig.withDefaults(zone, listen, random);
            return config.withNetworks(ipv4, ipv6 == null ? config.ipv6() : ipv6);
        } catch (ConfigException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
        }
    }

    /** Reads a listen address. */
    static final class AddressConverter implements ITypeConverter<InetSocketAddress> {
        @Override
        public InetSocketAddress convert(String value) {
            try {
                return SocketAddresses.parse(value);
            } catch (IllegalArgumentException e) {
                throw new TypeConversionException("'" + value + "': " + e.getMessage());
            }
        }
    }

    /** Reads a network. */
    static final class PrefixConverter implements ITypeConverter<IpPrefix> {
        @Override
        public IpPrefix convert(String value) {
            try {
                return IpPrefix.parse(value);
            } catch (IllegalArgumentException e) {
                throw new TypeConversionException("'" + value + "': " + e.getMessage());
            }
        }
    }
}
