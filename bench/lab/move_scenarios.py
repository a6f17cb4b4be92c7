"""What can happen to the network under a node: each scenario is a mover, a peer, and a way to move there and back."""

import signal
import time

from sites import PROFILES, Profile

WAYS = {"public": "public", "NAT": "port-restricted", "IPv4 only": "ipv4-only"}


class Scenario:
    """`move` is called again and again and goes back and forth; when it returns the new network is there."""

    name = ""
    mover_profile = PROFILES["ipv4-only"]
    sleeps = False

    def __init__(self, internet, peer_way):
        self.internet, self.peer_way = internet, peer_way
        self.moves = 0
        self.mover = internet.add(internet.site("mover", self.mover_profile), "mover")
        self.peer = internet.add(internet.site("peer", WAYS[peer_way]), "peer")

    def prepare(self, mover_node):
        """Called when both nodes are up."""

    def move(self):
        self.moves += 1
        self.change(self.moves % 2)

    def change(self, away):
        raise NotImplementedError


def readdress(host, number, away, gateway=None):
    """One address goes, another of the same network comes, in one command."""
    new, old = (4, 2) if away else (2, 4)
    host.run("ip", "-batch", "-", input=f"addr del 11.83.{number}.{old}/24 dev up0\n"
                                        f"addr add 11.83.{number}.{new}/24 dev up0\n"
                                        f"route replace default via 11.83.{number}.1 dev up0\n")
    host.ipv4 = f"11.83.{number}.{new}"


class AddressChange(Scenario):
    """Another address on the same link."""

    name = "address change"

    def change(self, away):
        readdress(self.mover, self.mover.site.number, away)


class BothEnds(AddressChange):
    """Both get another address in the same moment: neither knows where the other is."""

    name = "both ends at once"

    def change(self, away):
        for host in (self.mover, self.peer):
            readdress(host, host.site.number, away)


class DefaultRoute(Scenario):
    """A second uplink becomes the way out; the first one stays as it is."""

    name = "default route"

    def __init__(self, internet, peer_way):
        super().__init__(internet, peer_way)
        self.second = internet.site("second", "ipv4-only")
        internet.uplink(self.mover, self.second.number, True, False, "up1")
        self.change(False)

    def change(self, away):
        number, interface = (self.second.number, "up1") if away else (self.mover.site.number, "up0")
        self.mover.run("ip", "route", "replace", "default", "via", f"11.83.{number}.1", "dev", interface)


class OtherNetwork(DefaultRoute):
    """One interface goes down and another comes up, as from Wi-Fi to a mobile network."""

    name = "other interface"

    def change(self, away):
        number, old, new = (self.second.number, "up0", "up1") if away else (self.mover.site.number, "up1", "up0")
        self.mover.run("ip", "-batch", "-", input=f"link set {old} down\nlink set {new} up\n"
                                                  f"route replace default via 11.83.{number}.1 dev {new}\n")


class NatRebinding(Scenario):
    """The NAT forgets its mappings and gives the node another port; the node itself is told nothing."""

    name = "NAT rebinding"
    mover_profile = Profile("rebinding", "port-restricted NAT", PROFILES["port-restricted"].ipv4)

    def prepare(self, mover_node):
        self.port = mover_node.status()["node"]["listenPort"]
        self.change(False)

    def change(self, away):
        router, site = self.mover.site.router, self.mover.site
        router.run("nft", "-f", "-", input="add chain inet router postrouting\nflush chain inet router postrouting\n"
                   f'add rule inet router postrouting oifname "up0" udp sport {self.port} '
                   f"snat ip to {site.public_ipv4()}:{50001 if away else 50000}\n"
                   'add rule inet router postrouting oifname "up0" meta nfproto ipv4 masquerade\n')
        router.run("conntrack", "-F")


class Ipv4ToIpv6(Scenario):
    """From a network with IPv4 only to one with IPv6 only, and back."""

    name = "IPv4 only to IPv6 only"

    def change(self, away):
        number = self.mover.site.number
        old4, new6 = f"addr {{}} 11.83.{number}.2/24 dev up0\n", f"addr {{}} 2001:db8:{number:x}::2/64 dev up0{{}}\n"
        if away:
            text = old4.format("del") + new6.format("add", " nodad") + \
                f"-6 route replace default via 2001:db8:{number:x}::1 dev up0\n"
        else:
            text = new6.format("del", "") + old4.format("add") + f"route replace default via 11.83.{number}.1 dev up0\n"
        self.mover.run("ip", "-batch", "-", input=text.replace("-6 route", "route"))


class Sleep(Scenario):
    """The mover stands still as a sleeping laptop does, and wakes with another address. Counted from waking."""

    name = "sleep and wake elsewhere"
    sleeps = True
    SECONDS = 8

    def prepare(self, mover_node):
        self.process = mover_node.process.popen

    def change(self, away):
        self.process.send_signal(signal.SIGSTOP)
        try:
            readdress(self.mover, self.mover.site.number, away)
            time.sleep(self.SECONDS)
        finally:
            self.process.send_signal(signal.SIGCONT)


ALL = (
    (AddressChange, "public"),
    (AddressChange, "NAT"),
    (DefaultRoute, "NAT"),
    (OtherNetwork, "NAT"),
    (NatRebinding, "public"),
    (NatRebinding, "NAT"),
    (Ipv4ToIpv6, "public"),
    (Ipv4ToIpv6, "IPv4 only"),
    (BothEnds, "public"),
    (Sleep, "NAT"),
)


def title(kind, way):
    return f"{kind.name}, peer {way}"
