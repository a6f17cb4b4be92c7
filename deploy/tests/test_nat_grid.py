"""The expected matrix of bench/nat-grid is what the rules say, and holds for pairs that stand for the others."""

import json
import pathlib
import sys
import unittest

import shared  # noqa: F401  puts the lab on the path
from lab import REPOSITORY

sys.path.insert(0, str(pathlib.Path(REPOSITORY) / "bench/lab"))

import grid_rules  # noqa: E402

EXPECTED = REPOSITORY / "bench/nat-grid.expected.json"


class ExpectedMatrixTest(unittest.TestCase):
    def test_file_follows_from_the_rules(self):
        self.assertEqual(grid_rules.document(), json.loads(EXPECTED.read_text()))

    def test_who_opens_the_tunnel_makes_no_difference(self):
        matrix = grid_rules.matrix()
        for one in matrix:
            for other in matrix:
                self.assertEqual(matrix[one][other], matrix[other][one], (one, other))

    def test_textbook_cases(self):
        matrix = grid_rules.matrix()
        for one, other, path in (
            ("port-restricted", "port-restricted", "direct"),
            ("address-restricted", "symmetric", "direct"),
            ("port-restricted", "symmetric", "relay"),
            ("symmetric", "symmetric", "relay"),
            ("symmetric", "gateway", "direct"),
            ("same-nat", "same-nat", "direct"),
            ("ipv4-only", "ipv6-only", "relay"),
            ("dual-stack", "ipv6-only", "direct"),
            ("udp-blocked", "public", "tcp"),
        ):
            self.assertEqual(path, matrix[one][other], (one, other))
