"""Traffic over all tunnels of a fleet at once: iperf3 and ping, started together."""

import re
import subprocess
import time

import figures
import measure
from fleet import FIRST_IPERF_PORT
from lab import LabError

PING_INTERVAL = 0.02
UDP_BYTES = 1300
AT_REST = 0.12


def settle(seconds):
    """Waits until the processors are at rest, so long at most: nodes that were just started compile for a while."""
    deadline = time.monotonic() + seconds
    busy, total = _processor_time()
    while time.monotonic() < deadline:
        time.sleep(min(0.5, max(0.0, deadline - time.monotonic())))
        busy_now, total_now = _processor_time()
        if total_now > total and (busy_now - busy) / (total_now - total) < AT_REST:
            return
        busy, total = busy_now, total_now


def _processor_time():
    """(busy, all) ticks of all processors so far; waiting for disks is not busy."""
    with open("/proc/stat") as file:
        ticks = [int(word) for word in file.readline().split()[1:9]]
    return sum(ticks) - ticks[3] - ticks[4], sum(ticks)


class Together:
    """Commands in several hosts at once; ends all of them however it ends."""

    def __init__(self):
        self.running = []

    def __enter__(self):
        return self

    def start(self, host, *command):
        popen = subprocess.Popen(host.enter(*command), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE, text=True, start_new_session=True)
        self.running.append(popen)
        return popen

    def __exit__(self, *_):
        for popen in self.running:
            if popen.poll() is None:
                popen.kill()
            popen.wait()


def whole(seconds):
    """iperf3 counts in whole seconds, and takes half a one for no end."""
    return max(1, round(seconds))


def _iperf(together, fleet, seconds, options=()):
    return [together.start(node.host, *measure.IPERF_CLIENT, fleet.listener.virtual_ipv4, "-p", FIRST_IPERF_PORT + number,
                           "-t", whole(seconds), *options)
            for number, node in enumerate(fleet.up)]


def _results(clients, seconds):
    results = []
    for client in clients:
        try:
            results.append(measure.iperf_result(*client.communicate(timeout=seconds + 60)))
        except subprocess.TimeoutExpired:
            raise LabError(f"iperf3 did not end {seconds + 60:g} s after its start") from None
    return results


def _pings(together, fleet, seconds, nodes=None):
    count = max(10, round(seconds / PING_INTERVAL))
    return [together.start(node.host, "ping", "-n", "-i", PING_INTERVAL, "-c", count, "-W", 2,
                           fleet.listener.virtual_ipv4) for node in (nodes or fleet.up)]


def _round_trips(pings, seconds):
    """Over all tunnels: the mean as ping prints it, and order figures of the single round trips."""
    times, lost, sent = [], 0, 0
    for each in pings:
        out, _ = each.communicate(timeout=seconds + 60)
        found = [float(text) for text in re.findall(r"time=([\d.]+) ms", out)]
        count = re.search(r"(\d+) packets transmitted, (\d+) (?:packets )?received", out)
        if not found or not count:
            raise LabError(f"ping: no answer\n{out}")
        times += found
        sent += int(count.group(1))
        lost += int(count.group(1)) - int(count.group(2))
    return {
        "rtt_ms": round(sum(times) / len(times), 4),
        "rtt_p50_ms": round(figures.percentile(times, 0.5), 4),
        "rtt_p99_ms": round(figures.percentile(times, 0.99), 4),
        "rtt_max_ms": round(max(times), 4),
        "ping_loss_percent": round(100 * lost / sent, 2),
    }


def idle(fleet, seconds):
    """Pings over one tunnel after the other, so that all others are idle."""
    with Together() as together:
        pings = []
        for node in fleet.up:
            pings += _pings(together, fleet, seconds / len(fleet.up), [node])
            pings[-1].wait(seconds + 60)
        return _round_trips(pings, seconds)


def pings(fleet, seconds):
    """Pings over every tunnel at once and nothing else: the slides' ICMP test."""
    with Together() as together:
        return _round_trips(_pings(together, fleet, seconds), seconds)


def tcp(fleet, seconds):
    """One TCP flow over every tunnel, as fast as it goes, and pings beside it."""
    before = fleet.reordered()
    with Together() as together:
        clients = _iperf(together, fleet, seconds)
        pings = _pings(together, fleet, seconds)
        ends = [result["end"] for result in _results(clients, seconds)]
        trips = _round_trips(pings, seconds)
    flows = [end["sum_received"]["bits_per_second"] / 1e6 for end in ends]
    return {
        "mbps": round(sum(flows), 1),
        "flows_mbps": [round(flow, 1) for flow in flows],
        "retransmits": sum(end["sum_sent"].get("retransmits", 0) for end in ends),
        "reordered": fleet.reordered() - before,
        **trips,
    }


def udp(fleet, seconds, total_mbps, ping=False, datagram=UDP_BYTES):
    """UDP over every tunnel, this rate in all, offered evenly; with pings beside it if wanted."""
    rate = f"{total_mbps / len(fleet.up):.3f}M"
    with Together() as together:
        clients = _iperf(together, fleet, seconds, ("-u", "-b", rate, "-l", datagram))
        pings = _pings(together, fleet, seconds) if ping else []
        results = _results(clients, seconds)
        trips = _round_trips(pings, seconds) if ping else {}
    sums = [result["end"]["sum"] for result in results]
    packets = sum(each["packets"] for each in sums)
    received = packets - sum(each["lost_packets"] for each in sums)
    return {
        "offered_mbps": total_mbps,
        "mbps": round(sum((each["packets"] - each["lost_packets"]) * datagram * 8 / each["seconds"] / 1e6
                          for each in sums), 1),
        "loss_percent": round(100 * (packets - received) / packets, 2) if packets else None,
        "out_of_order": sum(measure.out_of_order(result) for result in results),
        **trips,
    }
