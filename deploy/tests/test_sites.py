"""The routers of the lab do what their profiles say, measured by a probe that has nothing to do with the product."""

import concurrent.futures
import json
import unittest

import shared  # noqa: F401  puts the lab on the path
from lab import REPOSITORY
from sites import PROFILES, Internet

PROBE = REPOSITORY / "deploy/lab/nat_probe.py"
PORTS = (3478, 3479)
LISTENER = "import socket, sys, time; s = socket.create_server((sys.argv[1], int(sys.argv[2]))); print('ready', flush=True); " \
           "time.sleep(60)"
# NAT-PMP (RFC 6886): the address, then a port for UDP 40000, then whatever arrives there.
MAPPED = """
import socket, struct
gateway = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
gateway.settimeout(4)
gateway.sendto(bytes(2), ("192.168.1.1", 5351))
address = socket.inet_ntoa(gateway.recv(16)[8:12])
gateway.sendto(struct.pack(">BBHHHI", 0, 1, 0, 40000, 40000, 120), ("192.168.1.1", 5351))
answer = struct.unpack(">BBHIHHI", gateway.recv(16))
inside = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
inside.bind(("0.0.0.0", 40000))
print("mapped", address, answer[5], flush=True)
print("got from", inside.recvfrom(100)[1][0], flush=True)
"""
SENDER = "import socket, sys; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); " \
         "s.sendto(b'x', (sys.argv[1], int(sys.argv[2])))"


class SiteTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.internet = cls.enterClassContext(Internet())
        responder = cls.internet.add(cls.internet.site("responder", "public"), "responder")
        number = responder.site.number
        responder.run("ip", "addr", "add", f"11.83.{number}.3/24", "dev", "up0")
        responder.run("ip", "-6", "addr", "add", f"2001:db8:{number:x}::3/64", "dev", "up0", "nodad")
        cls.servers = {4: (responder.ipv4, f"11.83.{number}.3"), 6: (responder.ipv6, f"2001:db8:{number:x}::3")}
        for addresses in cls.servers.values():
            responder.spawn(f"probe-{addresses[0]}", "python3", PROBE, "serve", *addresses, *PORTS).wait_for_line("ready", 5)
        cls.hosts = {name: cls.internet.add(cls.internet.site(name, name), f"{name}-1") for name in PROFILES}
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            jobs = {(name, family): pool.submit(cls.probe, host, family)
                    for name, host in cls.hosts.items() for family in (4, 6)}
        cls.seen = {key: job.result() for key, job in jobs.items()}

    @classmethod
    def probe(cls, host, family):
        return json.loads(host.run("python3", PROBE, "probe", *cls.servers[family], *PORTS).stdout)

    def test_mapping_and_filtering_are_as_the_profile_says(self):
        for name, profile in PROFILES.items():
            for version, family in ((4, profile.ipv4), (6, profile.ipv6)):
                with self.subTest(profile=name, family=version):
                    seen = self.seen[name, version]
                    if family is None or not profile.udp:
                        self.assertFalse(seen["reachable"], seen)
                    else:
                        self.assertEqual((True, family.mapping, family.filtering),
                                         (seen["reachable"], seen["mapping"], seen["filtering"]))

    def test_no_router_hairpins(self):
        for name, profile in PROFILES.items():
            if profile.translates and profile.udp:
                self.assertFalse(self.seen[name, 4]["hairpin"], name)

    def test_a_cut_is_between_two_hosts_only_and_can_be_mended(self):
        one, other, third = (self.hosts[name] for name in ("public", "ipv4-only", "firewall"))

        def reaches(host, target):
            return host.run("ping", "-c", "1", "-W", "1", target.ipv4, check=False).returncode == 0

        self.assertTrue(reaches(one, other))
        self.internet.cut(one, other)
        self.assertFalse(reaches(one, other))
        self.assertTrue(reaches(third, other))
        self.internet.mend(one, other)
        self.assertTrue(reaches(one, other))

    def test_only_tcp_443_leaves_where_udp_is_blocked(self):
        inside, server = self.hosts["udp-blocked"], self.hosts["public"]
        for port, reachable in ((443, True), (7447, False)):
            server.spawn(f"tcp-{port}", "python3", "-c", LISTENER, server.ipv4, port).wait_for_line("ready", 5)
            done = inside.run("python3", "-c", f"import socket; socket.create_connection(('{server.ipv4}', {port}), 1)",
                              check=False)
            self.assertEqual(reachable, done.returncode == 0, port)

    def test_gateway_says_its_public_address_and_opens_a_port_to_all(self):
        host, stranger = self.hosts["gateway"], self.hosts["public"]
        waiting = host.spawn("mapped", "python3", "-c", MAPPED)
        address, port = waiting.wait_for_line("mapped", 5).split()[1:]
        self.assertEqual(host.site.public_ipv4(), address)
        stranger.run("python3", "-c", SENDER, address, port)
        self.assertEqual(f"got from {stranger.ipv4}", waiting.wait_for_line("got", 5))
