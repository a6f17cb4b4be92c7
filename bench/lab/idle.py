"""What bench/idle does: tunnels from one node to others, no traffic, and the processor time of the node by thread."""

import argparse
import json
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "deploy/lab"))

from cyphonic import Cloud, Node  # noqa: E402
from lab import Lab, LabError, wait_for  # noqa: E402

START_SECONDS = 90
SHOWN_THREADS = 6


def processor_seconds(pid):
    """Seconds on a processor so far, by thread name."""
    found = {}
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        try:
            name = (task / "comm").read_text().strip()
            nanos = int((task / "schedstat").read_text().split()[0])
        except OSError:
            continue
        found[name] = found.get(name, 0) + nanos / 1e9
    return found


def measure(node, seconds):
    """The share of a core that each thread of an idle node takes, in percent; the most first."""
    before = processor_seconds(node.process.pid)
    time.sleep(seconds)
    after = processor_seconds(node.process.pid)
    shares = {name: 100 * (after[name] - before.get(name, 0)) / seconds for name in after}
    return dict(sorted(shares.items(), key=lambda share: -share[1]))


def connect(node, others):
    for other in others:
        other.up()
        wait_for(lambda: other.host.run("ping", "-n", "-c", 1, "-W", 1, node.virtual_ipv4, check=False).returncode == 0,
                 START_SECONDS, f"a tunnel from {other.name}")


def measure_all(options):
    results = {}
    with Lab() as lab:
        cloud = Cloud(lab.host("cloud"))
        cloud.serve()
        node = Node(lab.host("node"))
        others = [Node(lab.host(f"other{number}")) for number in range(1, max(options.counts) + 1)]
        for each in [node, *others]:
            each.join(cloud.invite(each.name))
            each.configure(f"engine:\n  mode: {options.mode}\n")
        node.up()
        up = 0
        for count in sorted(options.counts):
            connect(node, others[up:count])
            up = count
            time.sleep(options.settle)
            shares = measure(node, options.seconds)
            results[count] = shares
            print(f"  {count:4} tunnels: {sum(shares.values()):5.2f} % of a core; " + ", ".join(
                f"{name} {share:.2f}" for name, share in list(shares.items())[:SHOWN_THREADS]), flush=True)
    return results


def parse():
    parser = argparse.ArgumentParser(
        prog="bench/idle",
        description="Starts a cloud and nodes in network namespaces, makes tunnels from the nodes to one of them, lets all be "
                    "silent and measures the processor time of that one, by thread.")
    parser.add_argument("--counts", default="1,10", help="comma-separated numbers of tunnels (default 1,10)")
    parser.add_argument("--seconds", type=int, default=20, help="how long each is measured (default 20)")
    parser.add_argument("--settle", type=int, default=10, help="silence before each measurement (default 10)")
    parser.add_argument("--mode", default="adaptive", help="mode of the engine (default adaptive)")
    parser.add_argument("--json", help="write all figures to this file")
    options = parser.parse_args()
    options.counts = [int(word) for word in options.counts.split(",")]
    return options


def main():
    options = parse()
    try:
        results = measure_all(options)
    except (LabError, KeyboardInterrupt) as trouble:
        sys.exit(f"bench/idle: {trouble or 'interrupted'}")
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(results, indent=2) + "\n")


main()
