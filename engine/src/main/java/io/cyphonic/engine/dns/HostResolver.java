package io.cyphonic.engine.dns;

import io.cyphonic.signaling.net.AddressText;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.stream.Stream;

/** What the host's resolver is set to; read, never written (resolv.conf(5)). */
public final class HostResolver {
    private static final int MAX_SERVERS = 3;

    private HostResolver() {}

    /**
     * The name servers of a {@code resolv.conf}, at most three, as the C library has it.
     *
     * @param except addresses that are our own and must not be asked
     */
    public static List<InetSocketAddress> nameServers(
            Path resolvConf, Collection<InetSocketAddress> except) {
        try (Stream<String> lines = Files.lines(resolvConf, StandardCharsets.ISO_8859_1)) {
            return lines.map(String::strip)
                    .filter(line -> line.matches("nameserver\\s+\\S+.*"))
                    .map(line -> line.split("\\s+")[1])
                    .flatMap(text -> AddressText.literal(text).stream())
                    .map(address -> new InetSocketAddress(address, 53))
                    .filter(server -> !except.contains(server))
                    .distinct()
                    .limit(MAX_SERVERS)
                    .toList();
        } catch (IOException _) {
            return List.of();
        }
    }
}
