package io.cyphonic.engine;

import io.cyphonic.engine.config.Membership;
import io.cyphonic.engine.config.NodeConfig.DnsConfig;
import io.cyphonic.engine.config.NodeConfig.DnsConfigure;
import io.cyphonic.engine.control.ControlPlane;
import io.cyphonic.engine.dns.HostResolver;
import io.cyphonic.engine.dns.NameResolver;
import io.cyphonic.engine.dns.ResolvedLink;
import io.cyphonic.signaling.net.AddressText;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Starts the resolver as the settings say, and says how to use it. */
final class ResolverSetup {
    private static final int DNS_PORT = 53;
    private static final Path RESOLV_CONF = Path.of("/etc/resolv.conf");
    private static final Logger LOG = LoggerFactory.getLogger(ResolverSetup.class);

    private ResolverSetup() {}

    /** Opens the resolver. */
    static NameResolver open(
            DnsConfig config, Membership self, ControlPlane control, String interfaceName)
            throws IOException {
        List<InetSocketAddress> listen =
                config.listen().orElseGet(() -> virtualAddresses(self, interfaceName));
        List<InetSocketAddress> upstream =
                config.upstream().orElseGet(() -> HostResolver.nameServers(RESOLV_CONF, listen));
        NameResolver resolver = NameResolver.open(self, control, listen, upstream);
        InetSocketAddress first = resolver.addresses().getFirst();
        LOG.info(
                "names of {} are answered at {}; to use it everywhere, put \"nameserver {}\" first"
                        + " in /etc/resolv.conf; other zones go to {}",
                self.zone(),
                AddressText.format(first),
                AddressText.format(first.getAddress()),
                upstream.isEmpty() ? "nobody" : text(upstream));
        if (config.configure() == DnsConfigure.RESOLVED) {
            ResolvedLink.configure(interfaceName, self.zone(), first.getAddress());
        }
        return resolver;
    }

    /** The virtual addresses the interface really has: IPv6 may be off on this host. */
    private static List<InetSocketAddress> virtualAddresses(Membership self, String name) {
        boolean ipv6 = hasIpv6(name);
        return Stream.of(self.virtualIpv4(), self.virtualIpv6())
                .filter(address -> ipv6 || !(address instanceof Inet6Address))
                .map(address -> new InetSocketAddress(address, DNS_PORT))
                .toList();
    }

    private static boolean hasIpv6(String name) {
        try {
            NetworkInterface link = NetworkInterface.getByName(name);
            return link != null
                    && link.inetAddresses().anyMatch(each -> each instanceof Inet6Address);
        } catch (SocketException _) {
            return false;
        }
    }

    private static String text(List<InetSocketAddress> addresses) {
        return String.join(", ", addresses.stream().map(AddressText::format).toList());
    }
}
