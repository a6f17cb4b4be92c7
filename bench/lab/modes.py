"""What bench/modes does: the same traffic over one and more tunnels in every mode, in turn, and medians."""

import argparse
import json
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "deploy/lab"))

import figures  # noqa: E402
import load  # noqa: E402
from environment import machine  # noqa: E402
from fleet import MAX_INITIATORS, fleet  # noqa: E402
from lab import LabError  # noqa: E402

MODES = ("adaptive", "serial", "pipeline")
SMALL_BYTES = 64
MORE_THAN_GOES = 4000
# A node that was just started compiles for about 4 s of processor time, and all share the processors.
WARM_UP = 2.5
COLUMNS = (
    ("tcp_mbps", "TCP Mbit/s", "{:.0f}", max),
    ("small_kpps", "UDP 64 B 1000/s", "{:.0f}", max),
    ("rtt_idle_ms", "RTT idle ms", "{:.3f}", min),
    ("rtt_loaded_ms", "RTT loaded ms", "{:.2f}", min),
)


class Unwatched:
    """Fleets tell somebody who reads the metrics of their nodes; here nobody does."""

    def watch(self, endpoint):
        pass

    def forget(self, name):
        pass


def one_cell(nodes, seconds):
    """Bulk, small packets, and round trips without and with load over all tunnels that stand."""
    before = nodes.path_changes()
    idle = load.idle(nodes, seconds)
    bulk = load.tcp(nodes, seconds)
    small = load.udp(nodes, seconds, MORE_THAN_GOES, datagram=SMALL_BYTES)
    after = nodes.path_changes()
    return {
        "tcp_mbps": bulk["mbps"],
        "small_kpps": small["mbps"] * 1000 / (8 * SMALL_BYTES),
        "rtt_idle_ms": idle["rtt_p50_ms"],
        "rtt_loaded_ms": bulk["rtt_p50_ms"],
        "reordered": bulk["reordered"] + small["out_of_order"],
        # What is under way on two ways may overtake.
        "path_changes": None if None in (before, after) else after - before,
    }


def measure_all(options):
    """{(mode, count): [cell of each round]}"""
    cells = {}
    total, done, began = options.rounds * len(options.modes), 0, time.monotonic()
    with fleet(Unwatched(), max(options.counts)) as nodes:
        for number in range(options.rounds):
            # The first of a round meets another machine than the last: everybody is first once.
            turn = number % len(options.modes)
            for mode in options.modes[turn:] + options.modes[:turn]:
                left = (time.monotonic() - began) / done * (total - done) if done else 0
                print(f"== round {number + 1}/{options.rounds}: {mode}"
                      + (f" (about {left / 60:.0f} min left)" if done else ""), flush=True)
                nodes.start(f"engine:\n  mode: {mode}\n")
                try:
                    for count in sorted(options.counts):
                        nodes.connect(count)
                        warm_up = WARM_UP * count if options.warm_up is None else options.warm_up
                        load.tcp(nodes, warm_up)
                        load.settle(warm_up)
                        cells.setdefault((mode, count), []).append(one_cell(nodes, options.seconds))
                finally:
                    nodes.stop()
                done += 1
    return cells


def medians(cells):
    return {cell: {name: figures.median([each[name] for each in rounds]) for name in rounds[0]}
            for cell, rounds in cells.items()}


def table(results, modes, counts):
    """A row for each number of tunnels and mode; the best of the modes has a star."""
    lines = [f"{'tunnels':>8} {'mode':10}" + "".join(f"{title:>18}" for _, title, _, _ in COLUMNS)
             + f"{'reordered':>11}{'path changes':>14}"]
    for count in sorted(counts):
        best = {key: better(results[mode, count][key] for mode in modes) for key, _, _, better in COLUMNS}
        for mode in modes:
            cell = results[mode, count]
            changes = "-" if cell["path_changes"] is None else f"{cell['path_changes']:.0f}"
            lines.append(f"{count:8} {mode:10}" + "".join(
                f"{form.format(cell[key]) + ('*' if cell[key] == best[key] else ' '):>18}"
                for key, _, form, _ in COLUMNS)
                + f"{cell['reordered']:11.0f}{changes:>14}")
    return "\n".join(lines)


def parse():
    parser = argparse.ArgumentParser(
        prog="bench/modes",
        description="Starts a cloud, a node and up to ten more that make tunnels to it, in network namespaces, and measures "
                    "bulk, small packets and round trips over all tunnels at once in each mode of the engine: rounds in turn, "
                    "medians. Round trips are medians of single pings.")
    parser.add_argument("--counts", default="1,3,5,10", help="comma-separated numbers of tunnels (default 1,3,5,10)")
    parser.add_argument("--modes", default=",".join(MODES), help="comma-separated modes (default all)")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of each (default 3)")
    parser.add_argument("--seconds", type=int, default=3, help="length of each measurement (default 3)")
    parser.add_argument("--warm-up", type=float,
                        help=f"length of the transfer before them (default {WARM_UP:g} s for each tunnel)")
    parser.add_argument("--json", help="write all figures to this file")
    options = parser.parse_args()
    options.modes = options.modes.split(",")
    if unknown := set(options.modes) - set(MODES):
        parser.error(f"--modes {','.join(sorted(unknown))}: there are {', '.join(MODES)}")
    try:
        options.counts = [int(word) for word in options.counts.split(",")]
    except ValueError:
        parser.error(f"--counts {options.counts}: expected numbers with commas")
    if not all(1 <= count <= MAX_INITIATORS for count in options.counts):
        parser.error(f"--counts: from 1 to {MAX_INITIATORS}")
    return options


def main():
    options = parse()
    try:
        cells = measure_all(options)
    except (LabError, KeyboardInterrupt) as trouble:
        sys.exit(f"bench/modes: {trouble or 'interrupted'}")
    results = medians(cells)
    print("\n" + table(results, options.modes, options.counts))
    if options.json:
        document = {"machine": machine(), "cells": [
            {"mode": mode, "tunnels": count, "medians": results[mode, count], "rounds": rounds}
            for (mode, count), rounds in cells.items()]}
        pathlib.Path(options.json).write_text(json.dumps(document, indent=2) + "\n")


main()
