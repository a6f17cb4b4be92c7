"""The expected matrix of bench/nat-grid is what the rules say, and holds for pairs that stand for the others."""

import json
import pathlib
import sys
import unittest

import shared  # noqa: F401  puts the lab on the path
from lab import REPOSITORY

sys.path.insert(0, str(pathlib.Path(REPOSITORY) / "bench/lab"))

import grid  # noqa: E402
import grid_rules  # noqa: E402
from grid_world import World  # noqa: E402
from sites import Internet  # noqa: E402

PAIRS = (
    ("port-restricted", "port-restricted"),
    ("symmetric", "gateway"),
    ("udp-blocked", "port-restricted"),
    ("same-nat", "same-nat"),
    ("dual-stack", "ipv6-only"),
    ("symmetric", "port-restricted"),
    ("firewall", "gateway"),
    ("port-restricted", "ipv6-only"),
    ("firewall", "port-restricted"),
)
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


class RepresentativePairsTest(unittest.TestCase):
    """Every path there is, every reason for it, every cut: 9 of the 169 pairs. Times are bench/nat-grid's business."""

    @classmethod
    def setUpClass(cls):
        cls.internet = cls.enterClassContext(Internet())
        cls.world = World(cls.internet)
        cls.world.start(dict.fromkeys(name for one, other in PAIRS for name in (f"{one}-1", f"{other}-2")))

    def test_pairs_find_their_paths_and_survive_a_cut(self):
        said = []
        run = grid.Run(self.world, PAIRS, json.loads(EXPECTED.read_text())["matrix"], said.append)
        run.all(2)
        print("\n".join(said), file=sys.stderr)
        for pair in PAIRS:
            with self.subTest(pair=pair):
                self.assertEqual([], run.results[pair]["problems"])
