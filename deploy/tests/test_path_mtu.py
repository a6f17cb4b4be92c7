"""Underlays that carry less than an interface says, from the start or from the middle of a transfer on: it completes.

The core of the lab is the narrow place: a route's MTU makes it drop what is longer, in both directions, as a router in
front of a narrow link does. In the silent half of the tests it does not say so either (no ICMP): a black hole.
"""

import hashlib
import json
import re
import sys
import threading
import time
import unittest

import shared
from lab import wait_for
from sites import Internet

MEBIBYTE = 1024 * 1024
OVERHEAD = {4: 60, 6: 80}
LONGEST_GAP = 1.6

RECEIVER = """
import hashlib, json, socket, sys, time
server = socket.socket(socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET)
server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server.bind((sys.argv[1], 5301))
server.listen()
print("listening", flush=True)
connection = server.accept()[0]
digest, last, gap, total = hashlib.sha256(), time.monotonic(), 0, 0
while data := connection.recv(1 << 20):
    now = time.monotonic()
    gap, last, total = max(gap, now - last), now, total + len(data)
    digest.update(data)
print("result " + json.dumps({"bytes": total, "gap": round(gap, 3), "sha256": digest.hexdigest()}), flush=True)
"""

SENDER = """
import socket, sys, time
address, mebibytes, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
connection = socket.create_connection((address, 5301), timeout=20)
piece = bytes(range(256)) * 256
for number in range(16 * mebibytes):
    connection.sendall(piece)
    if number == 4 * mebibytes:
        print("a quarter", flush=True)
    time.sleep(seconds / (16 * mebibytes))
connection.shutdown(socket.SHUT_WR)
connection.recv(1)
"""


class Stalls:
    """The longest time this machine let a process wait for a processor, while entered: a node can be no quicker."""

    INTERVAL = 0.01

    def __enter__(self):
        self.longest, self.ended = 0.0, threading.Event()
        self.thread = threading.Thread(target=self._watch)
        self.thread.start()
        return self

    def _watch(self):
        last = time.monotonic()
        while not self.ended.wait(self.INTERVAL):
            now = time.monotonic()
            self.longest, last = max(self.longest, now - last - self.INTERVAL), now

    def __exit__(self, *_):
        self.ended.set()
        self.thread.join()


class PathMtuTest(unittest.TestCase):
    """A cloud and two nodes, each behind a link of its own to the core."""

    LAB_MTU = 9000
    NODE_YAML = "tun:\n  mtu: 8900\n"
    FAMILY = 4
    SILENT = False
    FROM_THE_START = None

    @classmethod
    def setUpClass(cls):
        cls.lab = cls.enterClassContext(Internet(mtu=cls.LAB_MTU))
        v4, v6 = cls.FAMILY == 4, cls.FAMILY == 6
        if cls.SILENT:
            cls.lab._net("nft", "add table inet silent { chain out { type filter hook output priority 0;"
                         " icmp type destination-unreachable drop; icmpv6 type packet-too-big drop; }; }")
        kind = "ipv4-only" if v4 else "ipv6-only"
        hosts = [cls.lab.add(cls.lab.site(name, kind), name) for name in ("cloud", "alice", "bob")]
        if cls.FROM_THE_START:
            cls.narrow(cls.FROM_THE_START)
        cls.cloud = shared.Cloud(hosts[0], listen=[hosts[0].ipv4 if v4 else hosts[0].ipv6])
        cls.cloud.serve()
        cls.alice, cls.bob = (cls.node(host) for host in hosts[1:])
        cls.alice.host.run("ping", "-c", "1", "-W", "5", cls.bob.fqdn)

    @classmethod
    def node(cls, host):
        node = shared.Node(host)
        node.join(cls.cloud.invite(host.name))
        node.configure(cls.NODE_YAML)
        node.up()
        return node

    @classmethod
    def narrow(cls, mtu):
        """From now on the core forwards nothing longer to alice and bob."""
        for number in (2, 3):
            cls.lab._net("ip", "route", "replace", f"11.83.{number}.0/24", "dev", f"c{number}", "mtu", mtu)
            cls.lab._net("ip", "-6", "route", "replace", f"2001:db8:{number}::/64", "dev", f"c{number}", "mtu", mtu,
                         "metric", "100")

    def tearDown(self):
        outcome = getattr(self._outcome, "result", None)
        if outcome and any(test is self for test, _ in outcome.failures + outcome.errors):
            for process in self.lab.processes:
                print(f"--- {process.log.name}\n{process.output()[-3000:]}", file=sys.stderr)

    def transfer(self, address, during=None, mebibytes=10, seconds=3.0):
        """Sends from alice to bob; what the receiver says of it."""
        with Stalls() as stalls:
            result = self._transfer(address, during, mebibytes, seconds)
        return result | {"stall": stalls.longest}

    def _transfer(self, address, during, mebibytes, seconds):
        receiver = self.bob.host.spawn("receiver", sys.executable, "-c", RECEIVER, address)
        receiver.wait_for_line("listening", 20)
        sender = self.alice.host.spawn("sender", sys.executable, "-c", SENDER, address, mebibytes, seconds)
        try:
            if during:
                sender.wait_for_line("a quarter", 60)
                during()
            line = receiver.wait_for_line("result ", 90)
        finally:
            sender.stop()
            receiver.stop()
        result = json.loads(line.removeprefix("result "))
        piece = bytes(range(256)) * 256
        expected = hashlib.sha256()
        for _ in range(16 * mebibytes):
            expected.update(piece)
        self.assertEqual((mebibytes * MEBIBYTE, expected.hexdigest()), (result["bytes"], result["sha256"]))
        return result

    def await_path_mtu(self, most, least):
        def found():
            mtu = self.alice.peer(self.bob.fqdn)["pathMtu"]
            return mtu if least <= mtu <= most else None

        return wait_for(found, 30, f"a path MTU of {least} to {most}")

    def assert_dropped(self, underlay, address):
        result = self.transfer(address, during=lambda: self.narrow(underlay))
        inner = underlay - OVERHEAD[self.FAMILY]
        mtu = self.await_path_mtu(inner, inner - 12)
        print(f"{type(self).__name__}: underlay now {underlay}, inside IPv{6 if ':' in address else 4}: "
              f"longest gap {result['gap']} s, pathMtu {mtu}", file=sys.stderr)
        self.assert_short(result)

    def assert_short(self, result):
        """The transfer stood still only as long as the search takes, and as the machine did."""
        self.assertLess(result["gap"], LONGEST_GAP + 5 * result["stall"], result)


class DroppingTest:
    STEPS = ((4500, 4), (1500, 6), (1400, 4), (1280, 6))

    def test_transfers_complete_while_the_underlay_narrows(self):
        self.await_path_mtu(8900, 8900)
        self.transfer(self.bob.virtual_ipv4, seconds=0.5)
        for underlay, inside in self.STEPS:
            with self.subTest(underlay=underlay):
                self.assert_dropped(underlay, self.bob.virtual_ipv4 if inside == 4 else self.bob.virtual_ipv6)
        for address in (self.bob.virtual_ipv4, self.bob.virtual_ipv6):
            self.transfer(address, mebibytes=2, seconds=0.1)


class LoudDropTest(DroppingTest, PathMtuTest):
    """Routers say what is too long; nobody needs to listen."""

    STEPS = ((1280, 4),)


class BlackHoleTest(DroppingTest, PathMtuTest):
    SILENT = True


class Ipv6BlackHoleTest(DroppingTest, PathMtuTest):
    SILENT = True
    FAMILY = 6


class FromTheStartTest:
    def test_a_transfer_completes_and_the_host_is_told(self):
        inner = self.FROM_THE_START - OVERHEAD[self.FAMILY]
        for address in (self.bob.virtual_ipv4, self.bob.virtual_ipv6):
            result = self.transfer(address, seconds=0.2)
            self.assert_short(result)
        mtu = self.await_path_mtu(min(1400, inner), min(1400, inner) - 12)
        told = self.alice.host.run("ping", "-M", "do", "-c", "2", "-i", "0.2", "-W", "1", "-s", "1372",
                                   self.bob.virtual_ipv4, check=False)
        if mtu < 1400:
            said = re.search(r"mtu ?= ?(\d+)", told.stdout + told.stderr)
            self.assertTrue(said and int(said.group(1)) == mtu, f"{mtu}: {told.stdout}{told.stderr}")
        else:
            self.assertIn(" 0% packet loss", told.stdout)
        # What may be cut arrives whole, once the host has been told how small.
        for address in (self.bob.virtual_ipv4, self.bob.virtual_ipv6):
            self.alice.host.run("ping", "-c", "1", "-W", "1", "-s", "1350", address, check=False)
            cut = shared.echoes(self.alice.host, address, "-M", "dont", "-s", "4000")
            self.assertIn(" 0% packet loss", cut, address)


class Underlay1280Test(FromTheStartTest, PathMtuTest):
    """A narrow place on the way, silent."""

    LAB_MTU, NODE_YAML, FROM_THE_START, SILENT = 1500, "", 1280, True


class Ipv6Underlay1280Test(FromTheStartTest, PathMtuTest):
    LAB_MTU, NODE_YAML, FROM_THE_START, SILENT, FAMILY = 1500, "", 1280, True, 6


class Underlay1400Test(FromTheStartTest, PathMtuTest):
    LAB_MTU, NODE_YAML, FROM_THE_START = 1500, "", 1400


class Underlay1500Test(FromTheStartTest, PathMtuTest):
    LAB_MTU, NODE_YAML, FROM_THE_START = 1500, "", 1500


class OwnInterface1280Test(FromTheStartTest, PathMtuTest):
    """The node's own interface is the narrow place: the kernel says so."""

    LAB_MTU, NODE_YAML, FROM_THE_START = 1280, "", 1280

    def test_sends_that_were_too_long_are_counted(self):
        self.assertNotIn("UDP segmentation switched off", self.alice.process.output())


if __name__ == "__main__":
    unittest.main()
