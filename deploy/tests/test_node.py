"""What a person does with two nodes: names, status, ping, stopping, revoking; and what stays behind (nothing)."""

import os
import re
import signal
import time

import shared
from lab import wait_for


class NodeTest(shared.PairTest):
    def dig(self, *query):
        return self.alice.host.run("dig", "+tries=1", "+time=5", f"@{self.alice.virtual_ipv4}", *query).stdout

    def test_name_resolves_to_the_virtual_addresses(self):
        self.assertEqual(self.bob.virtual_ipv4, self.dig("+short", "bob.cyphonic.internal", "A").strip())
        self.assertEqual(self.bob.virtual_ipv6, self.dig("+short", "bob.cyphonic.internal", "AAAA").strip())

    def test_unknown_name_is_nxdomain(self):
        self.assertIn("status: NXDOMAIN", self.dig("nobody.cyphonic.internal", "A"))

    def test_other_type_of_a_known_name_is_an_empty_answer(self):
        answer = self.dig("bob.cyphonic.internal", "TXT")
        self.assertIn("status: NOERROR", answer)
        self.assertIn("ANSWER: 0", answer)

    def test_both_families_pass_inside(self):
        for address in (self.bob.virtual_ipv4, self.bob.virtual_ipv6):
            self.assertIn(" 0% packet loss", shared.echoes(self.alice.host, address, "-c", "5"))

    def test_status_has_the_keys_of_the_contract(self):
        status = self.alice.status()
        keys = {
            "node": {"fqdn", "virtualIpv4", "virtualIpv6", "state", "interface", "mtu"},
            "cloud": {"address", "reachable"},
            "engine": {"mode", "ringSize", "workers", "offloads", "threads", "drops"},
        }
        for part, expected in keys.items():
            self.assertLessEqual(expected, set(status[part]), part)
        self.assertLessEqual({"platform", "virtual"}, set(status["engine"]["threads"]))
        peer = self.alice.peer(self.bob.fqdn)
        expected = {"fqdn", "virtualIpv4", "virtualIpv6", "state", "path", "endpoint", "rttMillis", "pathMtu",
                    "handshakeAgeSeconds", "bytesIn", "bytesOut", "packetsIn", "packetsOut"}
        self.assertLessEqual(expected, set(peer))
        self.assertEqual(("up", "direct"), (peer["state"], peer["path"]))
        self.assertEqual("registered", status["node"]["state"])

    def test_ping_command_reports_round_trip_times(self):
        out = self.alice.command("ping", "bob", "-c", "3").stdout
        self.assertRegex(out, r"bob\.cyphonic\.internal.*(ms)")

    def test_netcheck_says_where_this_node_is_seen(self):
        self.assertIn(self.alice.host.ipv4, self.alice.command("netcheck").stdout)

    def test_peak_memory_is_bounded(self):
        for node in (self.alice, self.bob):
            self.assertLess(node.peak_rss_megabytes(), 200)


class EndingTest(shared.PairTest):
    def interfaces(self, node):
        return node.host.run("ip", "-br", "link").stdout

    def test_sigterm_and_sigkill_leave_no_interface_and_no_route(self):
        node = self.node("carol")
        for sig, status in ((signal.SIGTERM, 0), (signal.SIGKILL, -signal.SIGKILL)):
            self.assertIn("cyphonic0", self.interfaces(node))
            self.assertEqual(status, node.process.stop(sig))
            wait_for(lambda: "cyphonic0" not in self.interfaces(node), 5, "the interface to vanish")
            self.assertNotIn("10.121", node.host.run("ip", "route").stdout)
            if sig == signal.SIGTERM:
                node.up()
        node.up()

    def test_down_command_ends_the_node(self):
        node = self.node("dave")
        node.command("down")
        self.assertEqual(0, node.process.popen.wait(10))

    def test_restarted_node_is_reachable_again_with_its_old_address(self):
        before = self.bob.virtual_ipv4
        self.bob.process.stop(signal.SIGKILL)
        self.bob.up()
        self.assertEqual(before, self.bob.virtual_ipv4)
        wait_for(lambda: self.alice.host.run("ping", "-c", "1", "-W", "1", before, check=False).returncode == 0,
                 60, "the tunnel to come back after a restart")


class RevocationTest(shared.PairTest):
    def test_revoked_node_loses_its_tunnels_within_seconds(self):
        self.assert_reachable()
        start = time.monotonic()
        self.cloud.command("revoke", "bob")
        wait_for(lambda: self.alice.host.run("ping", "-c", "1", "-W", "1", self.bob.virtual_ipv4, check=False).returncode,
                 10, "pings to a revoked node to fail")
        self.assertLess(time.monotonic() - start, 10)
        devices = {device["fqdn"]: device for device in self.cloud.devices()["devices"]}
        self.assertTrue(devices["bob.cyphonic.internal"]["revoked"])


class RevocationAtRelayTest(shared.PairTest):
    CLOUD_YAML = "metrics:\n  listen: 127.0.0.1:9448\n"
    SCRAPE = "import urllib.request; print(urllib.request.urlopen('http://127.0.0.1:9448/metrics').read().decode())"

    def relay_channels(self):
        page = self.cloud.host.run("python3", "-c", self.SCRAPE).stdout
        return float(re.search(r"^cyphonic_relay_channels (\S+)$", page, re.MULTILINE)[1])

    def test_relay_ends_the_channel_of_a_revoked_node_within_seconds(self):
        wait_for(lambda: self.relay_channels() == 2, 10, "both ends of the path to have a channel")
        # Frozen, it gives nothing up by itself; left alone, the relay keeps an unused channel for a minute.
        os.kill(self.bob.process.pid, signal.SIGSTOP)
        self.addCleanup(os.kill, self.bob.process.pid, signal.SIGCONT)
        self.cloud.command("revoke", "bob")
        wait_for(lambda: self.relay_channels() == 1, 10, "the relay to end the channel of the revoked node")


class Ipv6UnderlayTest(shared.LabTest):
    def test_nodes_with_only_ipv6_outside_carry_both_families_inside(self):
        cloud = shared.Cloud(self.lab.host("cloud", ipv4=False), listen=[f"fd83::1"])
        cloud.serve()
        nodes = []
        for name in ("erin", "frank"):
            node = shared.Node(self.lab.host(name, ipv4=False))
            node.join(cloud.invite(name))
            node.up()
            nodes.append(node)
        erin, frank = nodes
        for address in (frank.fqdn, frank.virtual_ipv4, frank.virtual_ipv6):
            self.assertIn(" 0% packet loss", erin.host.run("ping", "-c", "3", "-W", "5", address).stdout)
        self.assertIn("[fd83::", erin.peer(frank.fqdn)["endpoint"])
