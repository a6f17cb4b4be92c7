"""Traffic and TCP connections live on when the network under a node changes. Times are the business of bench/moves."""

import pathlib
import sys
import unittest

import shared  # noqa: F401  puts the lab on the path
from lab import REPOSITORY

sys.path.insert(0, str(pathlib.Path(REPOSITORY) / "bench/lab"))

import move_scenarios as moves  # noqa: E402
from moves import run_scenario  # noqa: E402


class MovesTest(unittest.TestCase):
    def assert_survives(self, kind, way, rounds=2):
        for number, move in enumerate(run_scenario(kind, way, rounds)):
            with self.subTest(move=number):
                self.assertTrue(move["back"], move)
                self.assertTrue(move["tcp_lived"], move)

    def test_default_route(self):
        self.assert_survives(moves.DefaultRoute, "NAT")

    def test_nat_rebinding(self):
        self.assert_survives(moves.NatRebinding, "NAT")

    def test_ipv4_only_to_ipv6_only(self):
        self.assert_survives(moves.Ipv4ToIpv6, "IPv4 only")

    def test_both_ends_at_once(self):
        self.assert_survives(moves.BothEnds, "public")
