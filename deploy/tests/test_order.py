"""Flows through the tunnel show no reordering, in any mode, over either family inside and outside."""

import contextlib
import select
import socket
import subprocess
import threading
import unittest

import shared
import measure
from lab import wait_for


class OrderTest:
    def tearDown(self):
        super().tearDown()
        for node in (self.alice, self.bob):
            status = node.status()
            self.assertEqual(0, status["engine"]["outOfOrder"], status)

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


class InstrumentTest(unittest.TestCase):
    """What tells that nothing is out of order tells when something is."""

    PORT = 5299

    def test_datagrams_out_of_order_are_counted(self):
        server = subprocess.Popen([*measure.IPERF_SERVER, "-1", "-B", "127.0.0.1", "-p", str(self.PORT)],
                                  stdout=subprocess.DEVNULL)
        self.addCleanup(server.wait)
        self.addCleanup(server.kill)
        wait_for(lambda: f":{self.PORT} " in subprocess.run(
            ["ss", "-Hltn"], capture_output=True, text=True).stdout, 5, "iperf3 to listen")
        Swapping(self, self.PORT)

        done = subprocess.run([*measure.IPERF_CLIENT, Swapping.ADDRESS, "-p", str(self.PORT), "-u", "-b", "4M",
                               "-l", "1000", "-t", "1"], capture_output=True, text=True, timeout=30)

        result = measure.iperf_result(done.stdout, done.stderr)
        self.assertEqual(0, result["end"]["sum"]["lost_packets"])
        self.assertGreater(measure.out_of_order(result), 20)


class Swapping:
    """Stands before an iperf3 server on 127.0.0.1; of ten datagrams to it, the last two change places."""

    ADDRESS = "127.0.0.2"
    FIRST_DATAGRAMS = 10

    def __init__(self, test, port):
        self.listening = test.enterContext(socket.create_server((self.ADDRESS, port)))
        self.datagrams = test.enterContext(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        self.datagrams.bind((self.ADDRESS, port))
        self.to_server = test.enterContext(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        self.to_server.connect(("127.0.0.1", port))
        self.port = port
        threading.Thread(target=self.carry, daemon=True).start()

    def carry(self):
        client, _ = self.listening.accept()
        server = socket.create_connection(("127.0.0.1", self.port))
        source, held, count = None, None, 0
        # The test ends by closing what this waits for.
        with client, server, contextlib.suppress(OSError, ValueError):
            while True:
                ready, _, _ = select.select([client, server, self.datagrams, self.to_server], [], [], 20)
                if not ready:
                    return
                for each in ready:
                    if each is self.datagrams:
                        datagram, source = each.recvfrom(65536)
                        count += 1
                        if count > self.FIRST_DATAGRAMS and count % 10 == 9:
                            held = datagram
                            continue
                        self.to_server.send(datagram)
                        if held is not None:
                            self.to_server.send(held)
                            held = None
                    elif each is self.to_server:
                        self.datagrams.sendto(each.recv(65536), source)
                    else:
                        data = each.recv(65536)
                        if not data:
                            return
                        (server if each is client else client).sendall(data)
