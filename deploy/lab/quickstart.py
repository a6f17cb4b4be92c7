"""A cloud, two nodes, one tunnel: what deploy/quickstart shows."""

import argparse
import json
import sys

import measure
from cyphonic import NODE, Cloud, Node
from lab import Lab, LabError


def step(text):
    print(f"== {text}", flush=True)


def bring_up(lab):
    step("starting a cloud")
    cloud = Cloud(lab.host("cloud"))
    print("   " + cloud.serve())
    nodes = []
    for name in ("alice", "bob"):
        step(f"{name} joins with an invitation and comes up")
        node = Node(lab.host(name))
        node.join(cloud.invite(name))
        print("   " + node.up())
        nodes.append(node)
    return cloud, *nodes


def first_reply(alice, bob):
    """Milliseconds from the first name query to the first echo reply, the tunnel being built in between."""
    milliseconds, out = measure.first_reply(alice.host, bob.fqdn)
    if bob.virtual_ipv4 not in out and bob.virtual_ipv6 not in out:
        raise LabError(f"{bob.fqdn} did not resolve to a virtual address of bob:\n{out}")
    return milliseconds


def show(rows):
    width = max(len(name) for name, _ in rows)
    print()
    for name, value in rows:
        print(f"  {name:<{width}}  {value}")
    print()


def measure_all(alice, bob, seconds):
    step(f"alice pings {bob.fqdn}: the name query builds the tunnel")
    result = {"first_reply_ms": round(first_reply(alice, bob), 1)}
    result["rtt_ms"] = measure.ping(alice.host, bob.fqdn)
    step(f"iperf3 over TCP, {seconds} s")
    result["tcp"] = measure.tcp(alice.host, bob.host, bob.virtual_ipv4, seconds)
    step(f"iperf3 over UDP, {seconds} s")
    result["udp"] = measure.udp(alice.host, bob.host, bob.virtual_ipv4, "500M", seconds=seconds)
    result["path"] = alice.peer(bob.fqdn)["path"]
    result["rss_mb"] = round(max(alice.peak_rss_megabytes(), bob.peak_rss_megabytes()))
    return result


def check(result):
    """What must hold for the exit status to be 0."""
    if result["rtt_ms"]["loss_percent"] > 0:
        raise LabError(f"ping lost {result['rtt_ms']['loss_percent']} % of its packets")
    if result["tcp"]["reordered"] or result["udp"]["out_of_order"]:
        raise LabError(f"packets were reordered: {result['tcp']} {result['udp']}")
    if result["tcp"]["mbps"] <= 0 or result["udp"]["mbps"] <= 0:
        raise LabError("nothing came through")


def say_how_to_look_around(lab, alice, bob):
    lab.keep = True
    node = f"ip netns exec {alice.host.namespace} {NODE}"
    names = " ".join(host.namespace for host in lab.hosts)
    pids = " ".join(str(process.pid) for process in lab.processes if process.running())
    print(f"""Kept running. To look around:
  {node} status --dir {alice.directory}
  {node} ping {bob.name} --dir {alice.directory}
  ip netns exec {alice.host.namespace} ping {bob.fqdn}
  ip netns exec {alice.host.namespace} tcpdump -ni up0 udp
Logs are in {lab.directory}. To remove it all:
  kill {pids}; for n in {names} {lab.tag}-net; do ip netns del $n; rm -rf /etc/netns/$n; done; rm -rf {lab.directory}""")


def main():
    parser = argparse.ArgumentParser(prog="deploy/quickstart")
    parser.add_argument("--keep", action="store_true", help="leave cloud and nodes running")
    parser.add_argument("--seconds", type=int, default=5, help="length of each iperf3 run")
    parser.add_argument("--json", help="write the figures to this file as well")
    options = parser.parse_args()
    try:
        with Lab() as lab:
            try:
                _, alice, bob = bring_up(lab)
                result = measure_all(alice, bob, options.seconds)
                show([
                    ("first query to first reply", f"{result['first_reply_ms']} ms"),
                    ("round-trip time", f"{result['rtt_ms']['avg']} ms"),
                    ("TCP, one flow", f"{result['tcp']['mbps']} Mbit/s, {result['tcp']['reordered']} reordered"),
                    ("UDP, 500 Mbit/s offered", f"{result['udp']['mbps']} Mbit/s, {result['udp']['loss_percent']} % "
                                                f"lost, {result['udp']['out_of_order']} out of order"),
                    ("path", result["path"]),
                    ("peak memory of a node", f"{result['rss_mb']} MB"),
                ])
                check(result)
                if options.json:
                    with open(options.json, "w") as file:
                        json.dump(result, file, indent=2)
                if options.keep:
                    say_how_to_look_around(lab, alice, bob)
            except LabError:
                for process in lab.processes:
                    print(f"--- {process.log.name}\n{process.output()[-3000:]}", file=sys.stderr)
                raise
        print("all of it worked")
    except (LabError, KeyboardInterrupt) as trouble:
        sys.exit(f"quickstart: {trouble or 'interrupted'}")


main()
