"""Packet rate of the relay and of a bare forwarder with the same batching, on loopback."""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
ADDRESS = "127.0.0.1"
TICKS = os.sysconf("SC_CLK_TCK")
LOADS = {"1400 B, 44 per send": (1400, 44), "1400 B, 1 per send": (1400, 1),
         "148 B, 44 per send": (148, 44), "148 B, 1 per send": (148, 1)}


def parse():
    parser = argparse.ArgumentParser(
        prog="bench/relay",
        description="Sends sealed datagrams through the relay and through a bare UDP forwarder that uses the same "
        "receive and send calls, one after the other, several times. Forwarder and load have a core each. Prints "
        "datagrams per second that arrived, and per second of processor time of the forwarder, and the ratio of both "
        "to the bare forwarder's; the median of the rounds.")
    parser.add_argument("--seconds", type=int, default=4, help="of each measurement (default 4)")
    parser.add_argument("--warm-up", type=int, default=4, help="seconds before the first one (default 4)")
    parser.add_argument("--rounds", type=int, default=3, help="of each kind (default 3)")
    parser.add_argument("--load", choices=list(LOADS), action="append", help="only this load; may be repeated")
    parser.add_argument("--json", metavar="FILE", help="write all figures there")
    parser.add_argument("--classes", metavar="PATH", help=argparse.SUPPRESS)
    return parser.parse_args()


def flags():
    lines = (ROOT / "deploy/jvm/cloud.args").read_text().splitlines()
    return [line for line in lines if line.startswith("-")]


def java(options, cpu, *arguments):
    classes = options.classes or str(ROOT / "bench/target/cyphonic-bench.jar")
    command = ["taskset", "-c", str(cpu), os.environ.get("CYPHONIC_BENCH_JAVA", "java"), *flags(), "-cp", classes,
               "io.cyphonic.bench.relay.RelayBench", *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def load(options, port, seconds, length, batch):
    process = java(options, os.cpu_count() - 1, "load", ADDRESS, port, seconds, length, batch)
    output, _ = process.communicate(timeout=seconds + 60)
    return json.loads(output)


def measure(options, kind, length, batch):
    """One forwarder of a kind, warmed up, measured as often as asked."""
    forwarder = java(options, 0, kind, ADDRESS)
    try:
        port = int(forwarder.stdout.readline().split()[1])
        load(options, port, options.warm_up, length, batch)
        rounds = []
        for _ in range(options.rounds):
            before = cpu_seconds(forwarder.pid)
            result = load(options, port, options.seconds, length, batch)
            used = cpu_seconds(forwarder.pid) - before
            rounds.append({"perSecond": result["received"] / result["seconds"],
                           "perCoreSecond": result["received"] / used if used else 0,
                           "cores": used / result["seconds"],
                           "lost": 1 - result["received"] / max(1, result["sent"])})
        return rounds
    finally:
        forwarder.terminate()
        forwarder.wait(10)


def median(rounds, key):
    return statistics.median(entry[key] for entry in rounds)


def main():
    options = parse()
    figures = []
    print(f"{'load':22} {'forwarder':10} {'datagrams/s':>12} {'per core':>12} {'cores':>6} {'ratio':>6} {'per core':>8}")
    for name in options.load or LOADS:
        length, batch = LOADS[name]
        kinds = {kind: measure(options, kind, length, batch) for kind in ("bare", "relay")}
        for kind, rounds in kinds.items():
            ratio = median(rounds, "perSecond") / median(kinds["bare"], "perSecond")
            per_core = median(rounds, "perCoreSecond") / median(kinds["bare"], "perCoreSecond")
            figures.append({"load": name, "forwarder": kind, "rounds": rounds, "ratio": ratio,
                            "ratioPerCore": per_core})
            print(f"{name:22} {kind:10} {median(rounds, 'perSecond'):12,.0f} {median(rounds, 'perCoreSecond'):12,.0f} "
                  f"{median(rounds, 'cores'):6.2f} {ratio:6.2f} {per_core:8.2f}", flush=True)
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps({"cpus": os.cpu_count(), "figures": figures}, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
