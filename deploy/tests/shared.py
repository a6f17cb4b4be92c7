"""What the end-to-end tests share: the lab on the path and a pair of nodes with their cloud."""

import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lab"))

from cyphonic import Cloud, Node, start_nodes  # noqa: E402
from lab import Lab, LabError, wait_for  # noqa: E402

__all__ = ["Cloud", "Lab", "LabError", "Node", "PairTest", "echoes", "start_nodes", "wait_for"]


def echoes(host, address, *options):
    """What ping prints of three echoes, unless the options say how many. After the last one it waits for the interval or
    twice the longest round trip, whichever is longer, whatever -W says (iputils 20221126): half a second tells what is late,
    as the first ones after a start may be, from what is lost."""
    return host.run("ping", "-c", "3", "-i", "0.5", "-W", "2", *options, address, check=False).stdout


class LabTest(unittest.TestCase):
    """A lab for each class; its logs are printed when a test fails."""

    @classmethod
    def setUpClass(cls):
        cls.lab = cls.enterClassContext(Lab())

    def tearDown(self):
        outcome = getattr(self._outcome, "result", None)
        if outcome and any(test is self for test, _ in outcome.failures + outcome.errors):
            for process in self.lab.processes:
                print(f"--- {process.log.name}\n{process.output()[-3000:]}", file=sys.stderr)


class PairTest(LabTest):
    """A cloud and two nodes, alice and bob, whose tunnel is up."""

    NODE_YAML = ""
    CLOUD_YAML = ""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.cloud = Cloud(cls.lab.host("cloud"))
        cls.cloud.configure(cls.CLOUD_YAML)
        cls.cloud.serve()
        cls.alice, cls.bob = (cls.node(name) for name in ("alice", "bob"))
        cls.alice.host.run("ping", "-c", "1", "-W", "5", cls.bob.fqdn)

    @classmethod
    def node(cls, name):
        node = Node(cls.lab.host(name))
        node.join(cls.cloud.invite(name))
        node.configure(cls.NODE_YAML)
        node.up()
        return node

    def assert_reachable(self, message=None):
        self.assertIn(" 0% packet loss", echoes(self.alice.host, self.bob.virtual_ipv4), message)
