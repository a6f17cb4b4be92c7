package io.cyphonic.engine.dns;

import io.cyphonic.engine.config.Membership;
import io.cyphonic.engine.control.ControlPlane;
import io.cyphonic.engine.control.ControlPlane.Reached;
import io.cyphonic.engine.dns.DnsCounters.Event;

import org.xbill.DNS.AAAARecord;
import org.xbill.DNS.ARecord;
import org.xbill.DNS.DClass;
import org.xbill.DNS.Name;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.SOARecord;
import org.xbill.DNS.Section;
import org.xbill.DNS.Type;

import java.net.Inet4Address;
import java.net.Inet6Address;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;

/**
 * Answers for the names of the zone. A query for a peer starts the tunnel to it, and the answer
 * waits until the tunnel is up, so that the first packet of the application finds it ready.
 *
 * <p>Safe for any number of threads; a call waits at most the limit it was made with.
 */
final class ZoneAnswers {
    /** How long an answer may be kept; short, since a node may be revoked. */
    static final long TTL_SECONDS = 10;

    private static final Pattern HOST_NAME = Pattern.compile("[a-z0-9_-]+(\\.[a-z0-9_-]+)*");

    private final Membership self;
    private final Name zone;
    private final Name ownName;
    private final ControlPlane control;
    private final Duration limit;

    ZoneAnswers(Membership self, ControlPlane control, Duration limit) {
        this.self = self;
        this.zone = DnsNames.absolute(self.zone());
        this.ownName = DnsNames.absolute(self.fqdn());
        this.control = control;
        this.limit = limit;
    }

    /** Whether a name is the zone or inside it, label by label. */
    boolean covers(Name name) {
        return name.subdomain(zone);
    }

    /** Fills in the answer to a question about a name of the zone. */
    Event answer(Name name, int type, Reply reply) {
        if (name.equals(zone)) {
            return answerForZone(type, reply);
        }
        if (name.equals(ownName)) {
            return addresses(name, type, self.virtualIpv4(), self.virtualIpv6(), reply);
        }
        String fqdn = name.toString(true).toLowerCase(Locale.ROOT);
        if (!HOST_NAME.matcher(fqdn).matches()) {
            return unknown(reply);
        }
        return switch (await(fqdn)) {
            case Reached.Up up -> addresses(name, type, up.virtualIpv4(), up.virtualIpv6(), reply);
            case Reached.Unknown() -> unknown(reply);
            case Reached.Unreachable(String reason) -> unreachable(type, reason, reply);
        };
    }

    private Reached await(String fqdn) {
        try {
            return control.reach(fqdn).get(limit.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException _) {
            return new Reached.Unreachable("the tunnel is not up yet");
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            return new Reached.Unreachable("the node is shutting down");
        } catch (ExecutionException e) {
            throw new IllegalStateException("reach() must not fail", e.getCause());
        }
    }

    private Event answerForZone(int type, Reply reply) {
        reply.authoritative();
        boolean wanted = type == Type.SOA || type == Type.ANY;
        reply.add(startOfAuthority(), wanted ? Section.ANSWER : Section.AUTHORITY);
        return Event.ANSWERED;
    }

    private Event addresses(
            Name name, int type, Inet4Address ipv4, Inet6Address ipv6, Reply reply) {
        reply.authoritative();
        boolean any = type == Type.ANY;
        boolean answered = false;
        if ((any || type == Type.A) && ipv4 != null) {
            reply.add(new ARecord(name, DClass.IN, TTL_SECONDS, ipv4), Section.ANSWER);
            answered = true;
        }
        if ((any || type == Type.AAAA) && ipv6 != null) {
            reply.add(new AAAARecord(name, DClass.IN, TTL_SECONDS, ipv6), Section.ANSWER);
            answered = true;
        }
        if (!answered) {
            reply.add(startOfAuthority(), Section.AUTHORITY);
        }
        return Event.ANSWERED;
    }

    private Event unreachable(int type, String reason, Reply reply) {
        if (type != Type.A && type != Type.AAAA && type != Type.ANY) {
            // The name exists, and no tunnel is needed to say that it has no such record.
            reply.authoritative();
            reply.add(startOfAuthority(), Section.AUTHORITY);
            return Event.ANSWERED;
        }
        reply.rcode(Rcode.SERVFAIL);
        reply.explain(reason);
        return Event.UNREACHABLE;
    }

    private Event unknown(Reply reply) {
        reply.authoritative();
        reply.rcode(Rcode.NXDOMAIN);
        reply.add(startOfAuthority(), Section.AUTHORITY);
        return Event.UNKNOWN_NAME;
    }

    /** Lets others remember what does not exist for as long as what does (RFC 2308). */
    private SOARecord startOfAuthority() {
        return new SOARecord(
                zone,
                DClass.IN,
                TTL_SECONDS,
                ownName,
                DnsNames.below("hostmaster", zone),
                1,
                3600,
                600,
                86_400,
                TTL_SECONDS);
    }
}
