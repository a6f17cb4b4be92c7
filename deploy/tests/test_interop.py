"""STUN and port mapping with programs that nobody here wrote: coturn and its tools, miniupnpd."""

import concurrent.futures
import json
import re
import unittest

import shared
from shared import Cloud, Node, wait_for
from sites import PROFILES, Internet

STUN_PORT, NMS_PORT = 3478, 7447
KINDS = ("full-cone", "address-restricted", "port-restricted", "symmetric", "firewall")
# What turnutils_natdiscovery of coturn calls the same things.
THEIR_WORDS = {"endpoint-independent": "Endpoint Independent", "address-dependent": "Address Dependent",
               "address and port-dependent": "Address and Port Dependent"}


class InteropTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.internet = cls.enterClassContext(Internet())
        cls.cloud_host, cls.cloud_addresses = cls.public("cloud")
        cls.cloud = Cloud(cls.cloud_host, [*cls.cloud_addresses, cls.cloud_host.ipv6])
        cls.cloud.serve()
        cls.turn_host, cls.turn_addresses = cls.public("turn")
        listen = [word for address in cls.turn_addresses for word in ("-L", address)]
        cls.turn_host.spawn(
            "turnserver", "turnserver", "-n", "--stun-only", "--no-cli", "--no-tls", "--no-dtls", "--log-file", "stdout",
            "--pidfile", cls.turn_host.directory / "pid", "-p", STUN_PORT, *listen)
        cls.hosts = {kind: cls.internet.add(cls.internet.site(kind, kind), f"{kind}-1") for kind in (*KINDS, "gateway")}
        wait_for(lambda: cls.reflexive(cls.turn_host, cls.turn_addresses[0], STUN_PORT), 30, "coturn answering")

    def tearDown(self):
        shared.LabTest.tearDown(self)

    @property
    def lab(self):
        return self.internet

    @classmethod
    def public(cls, name):
        """A host with two public IPv4 addresses."""
        host = cls.internet.add(cls.internet.site(name, "public"), name)
        second = f"11.83.{host.site.number}.3"
        host.run("ip", "addr", "add", f"{second}/24", "dev", "up0")
        return host, (host.ipv4, second)

    @staticmethod
    def reflexive(host, server, port):
        """The address that a server tells coturn's client."""
        # Where an answer from the other address is filtered, it waits for it without end.
        done = host.run("timeout", "5", "stdbuf", "-oL", "turnutils_stunclient", "-p", port, server, check=False)
        found = re.search(r"UDP reflexive addr: (\S+):\d+", done.stdout)
        return found and found[1]

    def node(self, kind, name, settings=""):
        node = Node(self.hosts[kind], name)
        node.join(self.cloud.invite(name))
        node.configure(settings)
        node.up()
        return node

    @staticmethod
    def netcheck(node):
        return json.loads(node.command("netcheck", "--json").stdout)

    def test_their_client_learns_its_address_from_the_nms(self):
        for kind in KINDS:
            with self.subTest(kind=kind):
                host = self.hosts[kind]
                expected = host.site.public_ipv4() if PROFILES[kind].translates else host.ipv4
                self.assertEqual(expected, self.reflexive(host, self.cloud_host.ipv4, NMS_PORT))

    def test_their_discovery_finds_every_behaviour_with_the_nms(self):
        def discover(kind):
            return self.hosts[kind].run("turnutils_natdiscovery", "-m", "-f", "-p", NMS_PORT, self.cloud_host.ipv4,
                                        check=False, timeout=180).stdout

        with concurrent.futures.ThreadPoolExecutor(len(KINDS)) as pool:
            outputs = dict(zip(KINDS, pool.map(discover, KINDS)))
        for kind, output in outputs.items():
            with self.subTest(kind=kind, output=output):
                family = PROFILES[kind].ipv4
                # Unless told its own address it does not see that nothing is translated.
                mapping = THEIR_WORDS[family.mapping or "endpoint-independent"]
                self.assertIn(f"NAT with {mapping} Mapping", output)
                self.assertIn(f"NAT with {THEIR_WORDS[family.filtering]} Filtering", output)

    def test_the_node_finds_every_behaviour_and_learns_its_address_from_coturn(self):
        settings = f'stun-servers: ["{self.turn_addresses[0]}:{STUN_PORT}"]\nport-mapping: "off"\n'
        for kind in KINDS:
            with self.subTest(kind=kind):
                node, profile = self.node(kind, f"node-{kind}", settings), PROFILES[kind]
                found = self.netcheck(node)
                ipv4 = found["ipv4"]
                self.assertEqual("works", found["udp"])
                self.assertEqual(profile.translates, ipv4["nat"])
                self.assertEqual(profile.ipv4.filtering, ipv4["filtering"])
                self.assertIn(f"{self.turn_addresses[0]}:{STUN_PORT}",
                              [server["address"] for server in ipv4["servers"] if server["mapped"]])
                if profile.translates:
                    public = node.host.site.public_ipv4()
                    self.assertEqual(profile.ipv4.mapping, ipv4["mapping"])
                    self.assertEqual(public, ipv4["mapped"].split(":")[0])
                    self.assertIn((public, "stun"), [(each["address"].split(":")[0], each["kind"])
                                                     for each in found["candidates"]])
                self.assertFalse(found["portMapping"]["allowed"])
                node.command("down")

    def test_miniupnpd_lets_strangers_in_while_the_node_runs(self):
        router = self.hosts["gateway"].site.router
        node = self.node("gateway", "mapped")
        mapping = wait_for(lambda: self.netcheck(node)["portMapping"]["mapping"], 60, "a port mapping")
        found = self.netcheck(node)
        self.assertEqual({"PCP": True, "NAT-PMP": True, "UPnP": True}, found["portMapping"]["protocols"])
        self.assertEqual("PCP", mapping["protocol"])
        self.assertIn({"address": mapping["external"], "kind": "port mapping"}, found["candidates"])
        self.assert_strangers_get_in(node, mapping["external"])
        self.assertTrue(self.mapped_port(router))
        node.command("down")
        wait_for(lambda: not self.mapped_port(router), 30, "the mapping to be given back")

        # The same with UPnP alone.
        gateway = next(process for process in self.internet.processes if "miniupnpd" in process.log.name)
        gateway.stop()
        file = router.directory / "miniupnpd.conf"
        file.write_text(file.read_text().replace("enable_natpmp=yes", "enable_natpmp=no"))
        router.spawn("upnp-only", "miniupnpd", "-d", "-f", file, "-P", router.directory / "miniupnpd.pid")
        node.up()
        mapping = wait_for(lambda: self.netcheck(node)["portMapping"]["mapping"], 60, "a port mapping by UPnP")
        self.assertEqual("UPnP", mapping["protocol"])
        self.assert_strangers_get_in(node, mapping["external"])
        node.command("down")
        wait_for(lambda: not self.mapped_port(router), 30, "the mapping to be given back")

    @staticmethod
    def mapped_port(router):
        return "dnat" in router.run("nft", "list", "chain", "inet", "router", "prerouting_miniupnpd").stdout

    def assert_strangers_get_in(self, node, external):
        """Noise from a host that the node has never sent to is counted at the node."""

        def noise():
            return sum(node.status()["engine"]["drops"].values())

        before = noise()
        address, port = external.rsplit(":", 1)
        self.turn_host.run("bash", "-c", f"echo noise > /dev/udp/{address}/{port}")
        wait_for(lambda: noise() > before, 20, "what a stranger sent")


if __name__ == "__main__":
    unittest.main()
