"""What bench/start does: start everything several times, with and without the start-up caches, and print medians."""

import argparse
import json
import os
import pathlib
import statistics
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "deploy/lab"))

import measure  # noqa: E402
from cyphonic import Cloud, Node  # noqa: E402
from lab import Lab, LabError  # noqa: E402

ROWS = (
    ("serve_s", "cyphonic-cloud serve, to ready", "s", "{:.2f}"),
    ("up_s", "cyphonic up, to ready", "s", "{:.2f}"),
    ("status_s", "cyphonic status", "s", "{:.2f}"),
    ("ping_s", "cyphonic ping -c 1", "s", "{:.2f}"),
    ("first_reply_ms", "first name query to first echo reply", "ms", "{:.0f}"),
    ("rtt_first_ms", "RTT of the first 100 pings", "ms", "{:.3f}"),
    ("tcp_first_mbps", "TCP, first seconds", "Mbit/s", "{:.0f}"),
    ("rtt_after_ms", "RTT after that", "ms", "{:.3f}"),
    ("rss_mb", "peak RSS of a node", "MB", "{:.0f}"),
)


def seconds_of(action):
    began = time.monotonic()
    action()
    return time.monotonic() - began


def one_round(lab, cloud, nodes, seconds):
    """Starts both nodes one after the other, measures, stops them."""
    left, right = nodes
    figures = {}
    ups = []
    for node in nodes:
        node.spawn()
        ups.append(seconds_of(lambda: node.process.wait_for_line("ready", 30)))
    figures["up_s"] = statistics.mean(ups)
    figures["status_s"] = seconds_of(lambda: left.command("status", "--json"))
    address = right.status()["node"]["virtualIpv4"]
    left.host.use_resolver(left.status()["node"]["virtualIpv4"])
    figures["first_reply_ms"], _ = measure.first_reply(left.host, right.fqdn)
    figures["rtt_first_ms"] = measure.ping(left.host, address, 100, 0.01)["avg"]
    if seconds:
        figures["tcp_first_mbps"] = measure.tcp(left.host, right.host, address, seconds)["mbps"]
        figures["rtt_after_ms"] = measure.ping(left.host, address, 100, 0.01)["avg"]
    figures["ping_s"] = seconds_of(lambda: left.command("ping", right.name, "-c", "1"))
    figures["rss_mb"] = max(node.peak_rss_megabytes() for node in nodes)
    for node in nodes:
        node.process.stop()
    return figures


def measure_all(options):
    with Lab() as lab:
        cloud = Cloud(lab.host("cloud"))
        serves = []
        for _ in range(options.rounds):
            serves.append(seconds_of(cloud.serve))
            cloud.process.stop(seconds=20)
        cloud.serve()
        nodes = [Node(lab.host(name)) for name in ("left", "right")]
        for node in nodes:
            node.join(cloud.invite(node.name))
            node.configure(f"engine:\n  mode: {options.mode}\n")
        rounds = [one_round(lab, cloud, nodes, options.seconds) for _ in range(options.rounds)]
    figures = {name: statistics.median(each[name] for each in rounds) for name in rounds[0]}
    return {"serve_s": statistics.median(serves)} | figures, rounds


def parse():
    parser = argparse.ArgumentParser(
        prog="bench/start",
        description="Starts a cloud and two nodes several times in network namespaces and measures the time to ready, the "
                    "short commands, the first packets and the first seconds of TCP; medians. The time of a start includes "
                    "entering the namespace and the launcher.")
    parser.add_argument("--rounds", type=int, default=3, help="starts of each (default 3)")
    parser.add_argument("--seconds", type=int, default=10, help="length of the TCP transfer, 0 for none (default 10)")
    parser.add_argument("--mode", default="adaptive", help="mode of the engine (default adaptive)")
    parser.add_argument("--caches", default="on", choices=("on", "off", "both"),
                        help="with the start-up caches, without, or one after the other (default on)")
    parser.add_argument("--json", help="write all figures to this file")
    return parser.parse_args()


def main():
    options = parse()
    document = {}
    try:
        for caches in ("off", "on") if options.caches == "both" else (options.caches,):
            os.environ["CYPHONIC_START_CACHE"] = caches
            print(f"== start-up caches {caches}", flush=True)
            figures, rounds = measure_all(options)
            document[caches] = {"medians": figures, "rounds": rounds}
            for name, title, unit, form in ROWS:
                if name in figures:
                    print(f"  {title:40}{form.format(figures[name]):>10} {unit}", flush=True)
    except (LabError, KeyboardInterrupt) as trouble:
        sys.exit(f"bench/start: {trouble or 'interrupted'}")
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(document, indent=2) + "\n")


main()
