"""Flows through the tunnel show no reordering, in any mode, over either family inside and outside."""

import shared
import measure


class OrderTest:
    def test_tcp_flow_keeps_its_order(self):
        result = measure.tcp(self.alice.host, self.bob.host, self.bob.virtual_ipv4, seconds=3)
        self.assertEqual(0, result["reordered"], result)
        self.assertGreater(result["mbps"], 0)

    def test_udp_flow_keeps_its_order(self):
        result = measure.udp(self.alice.host, self.bob.host, self.bob.virtual_ipv4, "300M")
        self.assertEqual(0, result["out_of_order"], result)
        self.assertGreater(result["mbps"], 0)

    def test_tcp_flow_over_virtual_ipv6_keeps_its_order(self):
        result = measure.tcp(self.bob.host, self.alice.host, self.alice.virtual_ipv6, seconds=2)
        self.assertEqual(0, result["reordered"], result)

    def test_packets_are_counted_and_none_fails_a_handler(self):
        drops = self.alice.status()["engine"]["drops"]
        self.assertEqual(0, drops.get("HANDLER_FAILED", 0), drops)
        self.assertEqual(0, drops.get("OUTBOUND_SEAL_FAILED", 0), drops)
        self.assertEqual(0, drops.get("INBOUND_NOT_AUTHENTIC", 0), drops)


class SerialOrderTest(OrderTest, shared.PairTest):
    NODE_YAML = "engine:\n  mode: serial\n"


class PipelineOrderTest(OrderTest, shared.PairTest):
    NODE_YAML = "engine:\n  mode: pipeline\n  workers: 2\n"


class AdaptiveOrderTest(OrderTest, shared.PairTest):
    NODE_YAML = "engine:\n  mode: adaptive\n"


class NoOffloadsOrderTest(OrderTest, shared.PairTest):
    NODE_YAML = "engine:\n  offloads: off\n"
