package io.cyphonic.signaling.cli;

import io.cyphonic.signaling.config.CloudDirectory;
import io.cyphonic.signaling.config.RelayConfig;
import io.cyphonic.signaling.config.RelayDirectory;
import io.cyphonic.signaling.config.SocketAddresses;
import io.cyphonic.signaling.credential.PrivateFiles;
import io.cyphonic.signaling.protocol.RelayServer;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;

/** Makes the directory of a relay that is to run in another place than its cloud. */
@Command(
        name = "relay-init",
        description = "Makes the directory of a relay for another machine.",
        mixinStandardHelpOptions = true,
        versionProvider = CloudVersion.class,
        footer = {
            "",
            "Copy the directory to the machine (it holds a secret), run 'cyphonic-cloud relay'"
                    + " there,",
            "add the line that this command prints to 'relays' in cloud.yaml, and start the cloud"
                    + " anew.",
            "",
            "Example:",
            "  cyphonic-cloud relay-init --cloud /var/lib/cyphonic-cloud --dir relay2 --id 2 \\",
            "      --listen 203.0.113.9 --listen 2001:db8::9"
        })
final class RelayInitCommand implements Callable<Integer> {
    private static final int FIRST_ID = RelayConfig.OWN_ID + 1;
    private static final int LAST_ID = 65_535;

    @Spec private CommandSpec spec;

    @Mixin private DirectoryOption directory;

    @Option(
            names = "--cloud",
            required = true,
            paramLabel = "DIR",
            description = "Directory of the cloud.")
    private Path cloud;

    @Option(
            names = "--id",
            required = true,
            paramLabel = "ID",
            description = "2 to 65535; another one for each relay.")
    private int id;

    @Option(
            names = "--listen",
            required = true,
            paramLabel = "ADDR",
            converter = RelayInitCommand.AddressConverter.class,
            description = "Address of that machine; at most one of each family.")
    private List<InetAddress> listen;

    @Option(
            names = "--port",
            paramLabel = "PORT",
            defaultValue = "" + RelayConfig.DEFAULT_PORT,
            description = "UDP port; default: ${DEFAULT-VALUE}.")
    private int port;

    @Override
    public Integer call() throws IOException {
        if (id < FIRST_ID || id > LAST_ID) {
            throw wrongUse("--id: '" + id + "' is not allowed; allowed is 2 to 65535");
        }
        if (port < 1 || port > LAST_ID) {
            throw wrongUse("--port: '" + port + "' is not allowed; allowed is 1 to 65535");
        }
        RelayServer relay = new RelayServer(id, only(true), only(false), 0);
        byte[] secret = PrivateFiles.readSecret(new CloudDirectory(cloud).relaySecret());
        try {
            new RelayDirectory(directory.directory().path()).create(relay, secret);
        } finally {
            Arrays.fill(secret, (byte) 0);
        }
        spec.commandLine().getOut().println("  - \"" + RelayDirectory.entry(relay) + "\"");
        return ExitCode.DONE;
    }

    private InetSocketAddress only(boolean ipv4) {
        List<InetAddress> ofFamily =
                listen.stream().filter(each -> each instanceof Inet4Address == ipv4).toList();
        if (ofFamily.size() > 1) {
            throw wrongUse("--listen: at most one address of each family");
        }
        return ofFamily.isEmpty() ? null : new InetSocketAddress(ofFamily.getFirst(), port);
    }

    private ParameterException wrongUse(String message) {
        return new ParameterException(spec.commandLine(), message);
    }

    /** Reads an address without a port. */
    static final class AddressConverter implements picocli.CommandLine.ITypeConverter<InetAddress> {
        @Override
        public InetAddress convert(String value) {
            try {
                return SocketAddresses.parse(value).getAddress();
            } catch (IllegalArgumentException e) {
                throw new picocli.CommandLine.TypeConversionException(
                        "'" + value + "': " + e.getMessage());
            }
        }
    }
}
