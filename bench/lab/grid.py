"""What bench/nat-grid does: every kind of network environment with every other, and what became of it."""

import argparse
import datetime
import json
import os
import pathlib
import platform
import shutil
import signal
import sys
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "deploy/lab"))

import grid_report  # noqa: E402
import grid_rules  # noqa: E402
from grid_world import World  # noqa: E402
from lab import LabError, run  # noqa: E402
from sites import PROFILES, Internet  # noqa: E402

EXPECTED = HERE.parent / "nat-grid.expected.json"
LIMITS = {"reply_ms": 500, "direct_ms": 2000, "gap_ms": 1000}


def parse():
    parser = argparse.ArgumentParser(
        prog="bench/nat-grid",
        description="Starts a cloud and two nodes behind each kind of router, in network namespaces of its own, and connects "
                    "every pair: does it connect, by which path, time to the first reply (name query and ping), time to the "
                    "direct path; then cuts the direct path under running traffic and mends it again. Exit status 0 if every "
                    "pair has the path of bench/nat-grid.expected.json or a better one and no TCP connection broke.")
    parser.add_argument("--only", metavar="PROFILES", help="comma-separated profiles: all pairs of these")
    parser.add_argument("--pairs", metavar="A:B,...", help="only these pairs, the first one opens the tunnel")
    parser.add_argument("--jobs", type=int, default=2, choices=range(1, 9), metavar="N",
                        help="pairs measured at a time, 1 to 8 (default 2); they share the processor")
    parser.add_argument("--strict", action="store_true",
                        help="times over the limits fail too: " + ", ".join(f"{k} {v}" for k, v in LIMITS.items()))
    parser.add_argument("--json", metavar="FILE", help="write everything to this file")
    parser.add_argument("--html", metavar="FILE", help="write the matrix as a page of its own to this file")
    parser.add_argument("--logs", metavar="DIR", help="copy the logs of all programs there")
    parser.add_argument("--list", action="store_true", help="say which profiles there are, and end")
    return parser.parse_args()


def known(name):
    if name not in PROFILES:
        sys.exit(f"bench/nat-grid: no profile '{name}'; there are: {', '.join(PROFILES)}")
    return name


def chosen(options):
    """The pairs of profiles, in an order that lets disjoint ones run side by side."""
    if options.pairs:
        pairs = [tuple(part.strip() for part in pair.split(":")) for pair in options.pairs.split(",")]
        for pair in pairs:
            if len(pair) != 2:
                sys.exit(f"bench/nat-grid: '{':'.join(pair)}' is not a pair; write for example symmetric:full-cone")
        return [(known(one), known(other)) for one, other in pairs]
    names = [known(name.strip()) for name in options.only.split(",")] if options.only else list(PROFILES)
    return [(one, names[(place + step) % len(names)]) for step in range(len(names)) for place, one in enumerate(names)]


class Run:
    """Measures pairs on a few threads; no node takes part in two at a time."""

    def __init__(self, world, pairs, expected, said):
        self.world, self.waiting, self.expected, self.said = world, list(pairs), expected, said
        self.total, self.results, self.busy = len(pairs), {}, set()
        self.changed, self.stopping = threading.Condition(), False
        self.began = time.monotonic()

    def work(self):
        while True:
            with self.changed:
                pair = self.changed.wait_for(self._next, 0.5)
                if self.stopping or (not pair and not self.waiting):
                    return
                if not pair:
                    continue
                self.waiting.remove(pair)
                names = {f"{pair[0]}-1", f"{pair[1]}-2"}
                self.busy |= names
            try:
                result = self.world.measure(f"{pair[0]}-1", f"{pair[1]}-2", self.expected[pair[0]][pair[1]])
            except Exception as trouble:  # a thread that dies would end the run without a word
                result = {"expected": self.expected[pair[0]][pair[1]], "error": f"{type(trouble).__name__}: {trouble}"}
            result["problems"], result["late"] = problems(result)
            with self.changed:
                self.busy -= names
                self.changed.notify_all()
                if self.stopping:
                    return
                self.results[pair] = result
                self._progress(pair, result)

    def _next(self):
        return self.stopping or next(
            (pair for pair in self.waiting if not {f"{pair[0]}-1", f"{pair[1]}-2"} & self.busy), None)

    def _progress(self, pair, result):
        done = len(self.results)
        left = (time.monotonic() - self.began) / done * (self.total - done)
        self.said(f"[{done}/{self.total}, {left / 60:.0f} min {left % 60:.0f} s left] {pair[0]} -> {pair[1]}: "
                  + grid_report.sentence(result))

    def all(self, jobs):
        threads = [threading.Thread(target=self.work, daemon=True) for _ in range(jobs)]
        for thread in threads:
            thread.start()
        try:
            while any(thread.is_alive() for thread in threads):
                time.sleep(0.1)
        finally:
            with self.changed:
                self.stopping = True
                self.changed.notify_all()


def problems(result):
    """What is wrong, and what came too late."""
    wrong, late = [], []
    if result.get("error"):
        return [result["error"]], late
    if result["path"] is None:
        wrong.append("no path")
    elif grid_rules.RANK[result["path"]] > grid_rules.RANK[result["expected"]]:
        wrong.append(f"{result['path']} instead of {result['expected']}")
    if not result["tcp_lived"]:
        wrong.append(f"the TCP connection broke: {result['tcp_error']}")
    cut = result.get("cut")
    if cut and cut["path"] is None:
        wrong.append("no path after the cut")
    if cut and cut["back_ms"] is None:
        wrong.append("not direct again after the cut was mended")
    figures = {"reply_ms": result["reply_ms"], "direct_ms": result["direct_ms"], "gap_ms": cut and cut["gap_ms"]}
    late += [f"{name} {value:.0f} > {LIMITS[name]}" for name, value in figures.items() if value and value > LIMITS[name]]
    return wrong, late


def machine():
    model = next((line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "?")
    commit = run("git", "-C", HERE, "rev-parse", "--short", "HEAD", check=False).stdout.strip()
    return {"date": datetime.date.today().isoformat(), "processor": model, "cores": os.cpu_count(),
            "kernel": platform.release(), "commit": commit or "unknown"}


def document(results, total, complete):
    rows = [dict({"from": one, "to": other}, **result) for (one, other), result in sorted(results.items())]
    return {"machine": machine(), "limits": LIMITS, "complete": complete, "pairs_wanted": total,
            "profiles": grid_rules.document()["profiles"], "pairs": rows, "summary": grid_report.summary(rows)}


def write(options, page):
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(page, indent=1) + "\n")
    if options.html:
        pathlib.Path(options.html).write_text(grid_report.page(page))


def interruptible():
    """Ctrl-C and SIGTERM end a run in order, also where whoever started it had them ignored."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)


def main():
    options = parse()
    if options.list:
        for profile in PROFILES.values():
            print(f"{profile.name:20}{profile.title}")
        return
    pairs = chosen(options)
    expected = json.loads(EXPECTED.read_text())["matrix"]
    names = list(dict.fromkeys(name for one, other in pairs for name in (f"{one}-1", f"{other}-2")))
    interruptible()
    said = lambda text: print(text, flush=True)  # noqa: E731
    runs, trouble = None, None
    internet = Internet()
    try:
        with internet:
            try:
                said(f"== starting a cloud and {len(names)} nodes")
                world = World(internet)
                world.start(names, said=lambda text: said(f"   {text}"))
                said(f"== {len(pairs)} pairs, {options.jobs} at a time")
                runs = Run(world, pairs, expected, said)
                runs.all(options.jobs)
            except (LabError, KeyboardInterrupt) as why:
                trouble = str(why) or "interrupted"
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, signal.SIG_IGN)
            if options.logs:
                pathlib.Path(options.logs).mkdir(parents=True, exist_ok=True)
                for log in internet.directory.glob("*.log"):
                    shutil.copy(log, options.logs)
    except LabError as why:
        sys.exit(f"bench/nat-grid: {why}")
    results = dict(runs.results) if runs else {}
    page = document(results, len(pairs), trouble is None and len(results) == len(pairs))
    write(options, page)
    if results:
        print("\n" + grid_report.text(page))
    if trouble:
        sys.exit(f"bench/nat-grid: {trouble}; {len(results)} of {len(pairs)} pairs were measured")
    sys.exit(1 if any(row["problems"] or options.strict and row["late"] for row in page["pairs"]) else 0)


if __name__ == "__main__":
    main()
