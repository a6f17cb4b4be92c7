package io.cyphonic.engine.dns;

import io.cyphonic.engine.config.Membership;
import io.cyphonic.engine.control.ControlPlane;
import io.cyphonic.engine.dns.DnsCounters.Event;

import org.xbill.DNS.DClass;
import org.xbill.DNS.Name;
import org.xbill.DNS.PTRRecord;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.ReverseMap;
import org.xbill.DNS.Section;
import org.xbill.DNS.Type;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Optional;

/**
 * Turns virtual addresses back into names: the node's own and those of peers it has tunnels with.
 */
final class ReverseAnswers {
    private static final Name IPV4_TREE = DnsNames.absolute("in-addr.arpa");
    private static final Name IPV6_TREE = DnsNames.absolute("ip6.arpa");

    private final Membership self;
    private final ControlPlane control;

    ReverseAnswers(Membership self, ControlPlane control) {
        this.self = self;
        this.control = control;
    }

    /** The virtual address a reverse name stands for, if it does. */
    Optional<InetAddress> virtualAddress(Name name) {
        if (!name.subdomain(IPV4_TREE) && !name.subdomain(IPV6_TREE)) {
            return Optional.empty();
        }
        try {
            return Optional.of(ReverseMap.fromName(name)).filter(self::isVirtual);
        } catch (UnknownHostException | RuntimeException _) {
            return Optional.empty();
        }
    }

    /** Fills in the name of an address. */
    Event answer(Name name, int type, InetAddress address, Reply reply) {
        reply.authoritative();
        Optional<String> fqdn = nameOf(address);
        if (fqdn.isEmpty()) {
            reply.rcode(Rcode.NXDOMAIN);
            return Event.UNKNOWN_NAME;
        }
        if (type == Type.PTR || type == Type.ANY) {
            Name target = DnsNames.absolute(fqdn.get());
            reply.add(
                    new PTRRecord(name, DClass.IN, ZoneAnswers.TTL_SECONDS, target),
                    Section.ANSWER);
        }
        return Event.ANSWERED;
    }

    private Optional<String> nameOf(InetAddress address) {
        if (self.isOwn(address)) {
            return Optional.of(self.fqdn());
        }
        return control.peers().stream()
                .filter(
                        peer ->
                                address.equals(peer.virtualIpv4())
                                        || address.equals(peer.virtualIpv6()))
                .map(ControlPlane.Peer::fqdn)
                .findFirst();
    }
}
