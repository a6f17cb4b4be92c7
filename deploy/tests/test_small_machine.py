"""A node in a machine with 1 GiB of memory: it gets three quarters of that, the rest is for a kernel and its services."""

import os
import pathlib
import tempfile

import shared
import measure
from lab import REPOSITORY
from memory_group import MemoryGroup

MEGABYTES = 768


class SmallMachineTest(shared.LabTest):
    """The small machine runs everything itself: making its start-up caches, the node, its commands, iperf3."""

    @classmethod
    def setUpClass(cls):
        cls.group = cls.enterClassContext(MemoryGroup(MEGABYTES))
        super().setUpClass()
        cls.cloud = shared.Cloud(cls.lab.host("cloud"))
        cls.cloud.serve()
        cls.large = shared.Node(cls.lab.host("large"))
        cls.small = shared.Node(cls.lab.host("small", group=cls.group))
        for node in (cls.large, cls.small):
            node.join(cls.cloud.invite(node.name))
            node.up()

    def tearDown(self):
        super().tearDown()
        self.assertEqual(0, self.group.killed(), "processes ended for want of memory")
        self.assertTrue(self.small.process.running())

    def test_start_caches_are_made(self):
        caches = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.small.host.run(REPOSITORY / "deploy/start-cache", "--quiet", timeout=400,
                            env=os.environ | {"CYPHONIC_CACHE": str(caches)})
        self.assertEqual(4, len(list(caches.glob("*.aot"))))

    def test_full_load_both_ways_is_carried(self):
        self.large.host.run("ping", "-c", "1", "-W", "5", self.small.fqdn)
        for reverse in (False, True):
            carried = measure.tcp(self.large.host, self.small.host, self.small.virtual_ipv4, seconds=4, streams=4,
                                  reverse=reverse)
            self.assertGreater(carried["mbps"], 100)
            self.assertEqual(0, carried["reordered"], [node.status() for node in (self.large, self.small)])
        flood = measure.udp(self.large.host, self.small.host, self.small.virtual_ipv4, rate="0", datagram=64, seconds=2)
        self.assertGreater(flood["mbps"], 1)
        self.assertLess(self.small.peak_rss_megabytes(), 160)
