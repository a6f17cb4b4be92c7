"""An internet of namespaces: a core that routes, and sites behind routers of every kind, made of nftables.

What each kind of site does to packets is written down in `PROFILES` in the words of RFC 4787 (mapping, filtering); the
rules that make a plain Linux kernel behave so are in `routers.py`, and `test_sites.py` measures that they do. Public
addresses are of ranges that no list of reserved ranges has, for gateways refuse to map ports on others; nothing is
routed out of the lab. All homes use the same private network, as homes do.
"""

import dataclasses
import ipaddress

import routers
from lab import Host, Lab, run

INDEPENDENT, ADDRESS, ADDRESS_AND_PORT = "endpoint-independent", "address-dependent", "address and port-dependent"
HOME, CARRIER = ipaddress.ip_network("192.168.1.0/24"), ipaddress.ip_network("100.64.0.0/24")


@dataclasses.dataclass(frozen=True)
class Family:
    """What a site's way out does in one IP version. A mapping of None means that addresses are not translated."""

    mapping: str | None
    filtering: str


OPEN = Family(None, INDEPENDENT)
FIREWALLED = Family(None, ADDRESS_AND_PORT)


@dataclasses.dataclass(frozen=True)
class Profile:
    """A kind of network environment. `gateway`: hosts may ask the router for a port that is open to all."""

    name: str
    title: str
    ipv4: Family | None = None
    ipv6: Family | None = None
    udp: bool = True
    gateway: bool = False
    layers: int = 1
    shared: bool = False

    @property
    def routed(self):
        return not (self.ipv4 in (OPEN, None) and self.ipv6 in (OPEN, None))

    @property
    def translates(self):
        return self.ipv4 is not None and self.ipv4.mapping is not None


PROFILES = {profile.name: profile for profile in (
    Profile("public", "public addresses of both families, no router", OPEN, OPEN),
    Profile("full-cone", "full cone NAT", Family(INDEPENDENT, INDEPENDENT)),
    Profile("address-restricted", "address-restricted NAT", Family(INDEPENDENT, ADDRESS)),
    Profile("port-restricted", "port-restricted NAT", Family(INDEPENDENT, ADDRESS_AND_PORT)),
    Profile("symmetric", "symmetric NAT, random ports", Family(ADDRESS_AND_PORT, ADDRESS_AND_PORT)),
    Profile("double-nat", "port-restricted NAT behind a carrier's", Family(INDEPENDENT, ADDRESS_AND_PORT), layers=2),
    Profile("same-nat", "all hosts behind one port-restricted NAT without hairpin",
            Family(INDEPENDENT, ADDRESS_AND_PORT), shared=True),
    Profile("firewall", "stateful firewall, no NAT", FIREWALLED),
    Profile("udp-blocked", "NAT that lets out TCP 443 only", Family(ADDRESS_AND_PORT, ADDRESS_AND_PORT), udp=False),
    Profile("ipv4-only", "public IPv4 address, no IPv6", OPEN),
    Profile("ipv6-only", "public IPv6 address, no IPv4", None, OPEN),
    Profile("dual-stack", "symmetric NAT for IPv4, stateful firewall for IPv6",
            Family(ADDRESS_AND_PORT, ADDRESS_AND_PORT), FIREWALLED),
    Profile("gateway", "symmetric NAT with PCP, NAT-PMP and UPnP (miniupnpd)",
            Family(ADDRESS_AND_PORT, ADDRESS_AND_PORT), gateway=True),
)}


class Site:
    """One way into the internet and the hosts that use it."""

    def __init__(self, internet, number, name, profile):
        self.internet, self.number, self.name, self.profile = internet, number, name, profile
        self.routers, self.hosts = [], []

    @property
    def router(self):
        """The one next to the hosts."""
        return self.routers[-1]

    def public_ipv4(self):
        """What others see of its hosts over IPv4 if the site translates."""
        return f"11.83.{self.number}.2"


class Internet(Lab):
    """A lab whose hosts stand behind routers. Open it with `with`."""

    def __enter__(self):
        super().__enter__()
        try:
            self.sites = []
            self._net("sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1")
            self._net("ip", "link", "set", "lo", "up")
        except BaseException:
            self.close()
            raise
        return self

    def namespace(self, name):
        """A host without any link."""
        host = Host(self, name, len(self.hosts) + 1)
        host.ipv4 = host.ipv6 = None
        run("ip", "netns", "add", host.namespace)
        self.hosts.append(host)
        host.directory.mkdir()
        host.run("ip", "link", "set", "lo", "up")
        return host

    def site(self, name, profile):
        """A way into the internet of the given kind, still without hosts."""
        profile = PROFILES[profile] if isinstance(profile, str) else profile
        site = Site(self, len(self.sites) + 1, name, profile)
        self.sites.append(site)
        if profile.routed:
            self._routers(site)
        return site

    def add(self, site, name):
        """A host of the site, with addresses and routes; its `site` is set."""
        host = self.namespace(name)
        host.site = site
        site.hosts.append(host)
        if site.profile.routed:
            self._behind(site, host)
        else:
            self.uplink(host, site.number, site.profile.ipv4 is not None, site.profile.ipv6 is not None)
        host.run("nft", "-f", "-", input="table inet cut {\n"
                 " set ipv4 { type ipv4_addr; }\n set ipv6 { type ipv6_addr; }\n"
                 " chain input { type filter hook input priority -300;\n"
                 "  ip saddr @ipv4 drop\n  ip6 saddr @ipv6 drop\n }\n}\n")
        return host

    def uplink(self, host, number, ipv4=True, ipv6=True, interface="up0"):
        """Connects a host to the core: 11.83.NUMBER.2 and 2001:db8:NUMBER::2."""
        port = f"c{number}"
        run("ip", "link", "add", port, "netns", f"{self.tag}-net", "mtu", self.mtu, "type", "veth",
            "peer", "name", interface, "netns", host.namespace, "mtu", self.mtu)
        self._net("ip", "link", "set", port, "up")
        host.run("ip", "link", "set", interface, "up")
        self._net("ip", "addr", "add", f"11.83.{number}.1/24", "dev", port)
        self._net("ip", "-6", "addr", "add", f"2001:db8:{number:x}::1/64", "dev", port, "nodad")
        if ipv4:
            self.give_ipv4(host, f"11.83.{number}.2", f"11.83.{number}.1", interface)
        if ipv6:
            self.give_ipv6(host, f"2001:db8:{number:x}::2", f"2001:db8:{number:x}::1", interface)

    @staticmethod
    def give_ipv4(host, address, via, interface="up0", length=24):
        host.run("ip", "addr", "add", f"{address}/{length}", "dev", interface)
        host.run("ip", "route", "replace", "default", "via", via, "dev", interface)
        host.ipv4 = address

    @staticmethod
    def give_ipv6(host, address, via, interface="up0"):
        host.run("ip", "-6", "addr", "add", f"{address}/64", "dev", interface, "nodad")
        host.run("ip", "-6", "route", "replace", "default", "via", via, "dev", interface)
        host.ipv6 = address

    def _routers(self, site):
        """The site's routers from the core inwards; `up0` looks to the core, `lan0` to the hosts."""
        profile, number = site.profile, site.number
        router = self._router(site, f"{site.name}-router")
        self.uplink(router, number, profile.ipv4 is not None, profile.ipv6 is not None)
        if profile.layers == 2:
            self._lan(router, f"{CARRIER[1]}/{CARRIER.prefixlen}")
            inner = self._router(site, f"{site.name}-home")
            self._plug(router, inner, "up0")
            self.give_ipv4(inner, str(CARRIER[2]), str(CARRIER[1]))
            router = inner
        if profile.translates:
            self._lan(router, f"{HOME[1]}/{HOME.prefixlen}")
        elif profile.ipv4:
            self._lan(router, f"11.84.{number}.1/24")
            self._net("ip", "route", "add", f"11.84.{number}.0/24", "via", f"11.83.{number}.2")
        if profile.ipv6:
            router.run("ip", "-6", "addr", "add", f"2001:db8:{number:x}:1::1/64", "dev", "lan0", "nodad")
            self._net("ip", "-6", "route", "add", f"2001:db8:{number:x}:1::/64", "via", f"2001:db8:{number:x}::2")
        for each in site.routers:
            each.run("nft", "-f", "-", input=routers.ruleset(profile))
        if profile.gateway:
            routers.start_gateway(router, site.public_ipv4(), HOME)

    def _router(self, site, name):
        router = self.namespace(name)
        router.run("sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1")
        site.routers.append(router)
        return router

    @staticmethod
    def _lan(router, address):
        router.run("ip", "link", "add", "lan0", "type", "bridge")
        router.run("ip", "link", "set", "lan0", "up")
        router.run("ip", "addr", "add", address, "dev", "lan0")

    def _plug(self, router, host, interface):
        port = f"h{host.number}"
        run("ip", "link", "add", port, "netns", router.namespace, "mtu", self.mtu, "type", "veth",
            "peer", "name", interface, "netns", host.namespace, "mtu", self.mtu)
        router.run("ip", "link", "set", port, "master", "lan0", "up")
        host.run("ip", "link", "set", interface, "up")

    def _behind(self, site, host):
        self._plug(site.router, host, "up0")
        last = 99 + len(site.hosts)
        if site.profile.translates:
            self.give_ipv4(host, str(HOME[last]), str(HOME[1]))
        elif site.profile.ipv4:
            self.give_ipv4(host, f"11.84.{site.number}.{last}", f"11.84.{site.number}.1")
        if site.profile.ipv6:
            self.give_ipv6(host, f"2001:db8:{site.number:x}:1::{last}", f"2001:db8:{site.number:x}:1::1")

    @staticmethod
    def seen_as(host, by):
        """The addresses under which a host's packets may reach another one directly."""
        addresses = [host.ipv6] if host.ipv6 else []
        if host.ipv4:
            addresses.append(host.site.public_ipv4() if host.site.profile.translates else host.ipv4)
            if host.site is by.site:
                addresses.append(host.ipv4)
        return addresses

    def cut(self, one, other):
        """Nothing that one of them sends reaches the other directly any more; nobody is told."""
        self._cutting("add", one, other)

    def mend(self, one, other):
        """Takes a cut back."""
        self._cutting("delete", one, other)

    def _cutting(self, verb, one, other):
        for host, peer in ((one, other), (other, one)):
            lines = [f"{verb} element inet cut {'ipv6' if ':' in address else 'ipv4'} {{ {address} }}"
                     for address in dict.fromkeys(self.seen_as(peer, host))]
            host.run("nft", "-f", "-", input="\n".join(lines) + "\n")
