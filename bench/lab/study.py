"""What bench/study does: measures every cell of the plan, in turns, and keeps each at once; then the report."""

import dataclasses
import datetime
import json
import pathlib
import signal
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "deploy/lab"))

import load  # noqa: E402
import scrape  # noqa: E402
import study_plan  # noqa: E402
from environment import machine  # noqa: E402
from fleet import fleet, sweep  # noqa: E402
from journal import Journal  # noqa: E402
from lab import REPOSITORY, LabError  # noqa: E402
from study_plan import Plan  # noqa: E402
from study_results import results  # noqa: E402


class Study:
    def __init__(self, directory, plan, journal, groups=None):
        self.directory, self.plan, self.journal, self.groups = directory, plan, journal, groups
        self.done = {study_plan.key(cell) for cell in journal.entries("cell")}
        self.began, self.spent_before = time.monotonic(), sum(entry["seconds"] for entry in journal.entries("spent"))
        self.done_before = set(self.done)

    def measure(self):
        with scrape.Sampler(self.directory / "samples.jsonl", self.plan.sample_seconds) as sampler, \
                fleet(sampler, max(self.plan.connections), self._remember_lab) as nodes:
            self.say(f"{1 + max(self.plan.connections)} nodes have joined")
            self.joined = time.monotonic()
            for repetition, mode, counts in self.plan.groups():
                if self._open(repetition, mode, counts):
                    if self._too_late(repetition):
                        self.say(f"--minutes {self.plan.minutes:g}: repetition {repetition + 1} is left out")
                        return
                    self._group(nodes, sampler, repetition, mode, counts)
                    self.groups = self.groups and self.groups - 1
                    if self.groups == 0:
                        return

    def _remember_lab(self, tag):
        self.journal.add("lab", tag=tag)

    def _open(self, repetition, mode, counts):
        return [(count, protocol) for count in counts for protocol in self.plan.protocols
                if (repetition, mode, count, protocol) not in self.done]

    def _too_late(self, repetition):
        if not self.plan.minutes or repetition == 0 or any(cell[0] == repetition for cell in self.done):
            return False
        now = time.monotonic()
        return now - self.began + (now - self.joined) / repetition > self.plan.minutes * 60

    def _group(self, nodes, sampler, repetition, mode, counts):
        """All connection counts of a mode, once, with nodes of their own."""
        sampler.now(repetition=repetition, mode=mode, connections=0, phase="start")
        nodes.start(f"engine:\n  mode: {mode}\n" + "".join(f"  {line.strip()}\n" for line in self.plan.engine.splitlines()))
        try:
            for count in counts:
                wanted = [protocol for each, protocol in self._open(repetition, mode, counts) if each == count]
                if wanted:
                    fresh = count > len(nodes.up)
                    nodes.connect(count)
                    if fresh and self.plan.warm_up:
                        load.tcp(nodes, self.plan.warm_up)
                    load.settle(self.plan.settle if fresh else 0)
                    sampler.now(repetition=repetition, mode=mode, connections=count, phase="rest")
                    time.sleep(self.plan.preparation)
                for protocol in wanted:
                    self._cell(nodes, sampler, repetition, mode, count, protocol)
        finally:
            sampler.now(phase="stop")
            nodes.stop()

    def _cell(self, nodes, sampler, repetition, mode, count, protocol):
        sampler.now(repetition=repetition, mode=mode, connections=count, phase=protocol)
        for attempt in (1, 2):
            changes, before, began = nodes.path_changes(), nodes.listener.endpoint.read(), time.time()
            try:
                figures = self._traffic(nodes, protocol)
                break
            except LabError as trouble:
                self.journal.add("trouble", repetition=repetition, mode=mode, connections=count, protocol=protocol,
                                 text=str(trouble))
                nodes.refresh_servers()
                if attempt == 2:
                    self.say(f"   {protocol} failed twice and is left out: {trouble}")
                    return
        after, ended = nodes.listener.endpoint.read(), time.time()
        changed = nodes.path_changes()
        self.journal.add("cell", repetition=repetition, mode=mode, connections=count, protocol=protocol,
                         began=round(began, 2), seconds=round(ended - began, 2), **figures,
                         path_changes=None if None in (changes, changed) else changed - changes,
                         listener=_difference(before, after))
        self.done.add((repetition, mode, count, protocol))
        self.say(f"{repetition + 1}/{self.plan.repetitions} {mode:9} {count:2} {protocol:6} {_short(figures)}")

    def _traffic(self, nodes, protocol):
        short, full = self.plan.seconds / 2, self.plan.seconds
        if protocol == "idle":
            return load.idle(nodes, short)
        if protocol == "pings":
            return load.pings(nodes, short)
        if protocol == "steady":
            return load.udp(nodes, short, self.plan.steady_mbps, ping=True)
        if protocol == "tcp":
            return load.tcp(nodes, full)
        return load.udp(nodes, full, self.plan.udp_mbps)

    def say(self, text):
        spent = time.monotonic() - self.began
        left = study_plan.time_left(self.plan, self.done, spent) if self.done - self.done_before else \
            study_plan.time_left(self.plan, self.done, 0)
        print(f"== {text}  ({_clock(left)} left)", flush=True)

    def finish(self):
        self.journal.add("spent", seconds=round(time.monotonic() - self.began))


def _difference(before, after):
    """What the listening node did in between (counters), and how it stood at the end (the rest)."""
    if not before or not after:
        return None
    counters = ("cpu_s", "gc_s", "gc_pauses", "threads_started", "tasks_started", "task_s", "switches_voluntary",
                "switches_involuntary", "batches", "packets", "bytes", "path_changes")
    drops = {reason: count - before["drops"].get(reason, 0) for reason, count in after["drops"].items()}
    return {name: round(after[name] - before[name], 6) if name in counters else after[name]
            for name in after if name != "drops"} | {"drops": {reason: count for reason, count in drops.items() if count}}


def _short(figures):
    parts = []
    if "mbps" in figures:
        parts.append(f"{figures['mbps']:.0f} Mbit/s")
    if "loss_percent" in figures:
        parts.append(f"{figures['loss_percent']:.1f} % lost")
    if "rtt_ms" in figures:
        parts.append(f"{figures['rtt_ms']:.3f} ms")
    return ", ".join(parts)


def _clock(seconds):
    hours, rest = divmod(int(seconds), 3600)
    return f"{hours} h {rest // 60:02} min" if hours else f"{rest // 60} min {rest % 60:02} s"


def _directory(options):
    if options.resume or options.report:
        directory = pathlib.Path(options.resume or options.report)
        if not (directory / "journal.jsonl").exists():
            sys.exit(f"bench/study: {directory}: no study was begun there (no journal.jsonl)")
        return directory
    name = datetime.datetime.now().strftime("%Y-%m-%d-%H%M%S")
    directory = pathlib.Path(options.out or REPOSITORY / "target/study" / name)
    directory.mkdir(parents=True, exist_ok=True)
    if (directory / "journal.jsonl").exists():
        sys.exit(f"bench/study: {directory} holds a study already; --resume {directory} goes on with it")
    return directory


def _interrupt(*_):
    raise KeyboardInterrupt


def write_report(directory, journal, copy_to=None):
    import study_report
    document = results(journal, scrape.samples(directory / "samples.jsonl"))
    text = json.dumps(document, indent=1) + "\n"
    (directory / "results.json").write_text(text)
    if copy_to:
        pathlib.Path(copy_to).write_text(text)
    (directory / "report.html").write_text(study_report.page(document))
    print()
    for claim in document["claims"]:
        print(f"{claim['id']}: {study_report.VERDICTS[claim['holds']]}: {claim['title']}")
    print(f"{directory}/report.html\n{directory}/results.json")
    return document


def main():
    options = study_plan.parser().parse_args()
    directory = _directory(options)
    journal = Journal(directory / "journal.jsonl")
    if journal.last("plan"):
        plan = Plan.of(journal.last("plan")["plan"])
        sweep((journal.last("lab") or {"tag": "none"})["tag"])
    else:
        plan = study_plan.plan(options)
        journal.add("plan", plan=dataclasses.asdict(plan), preset=options.preset or "default", machine=machine())
    ended = None
    if not options.report:
        signal.signal(signal.SIGTERM, _interrupt)
        signal.signal(signal.SIGHUP, _interrupt)
        study = Study(directory, plan, journal, options.groups)
        print(f"== results go to {directory}", flush=True)
        try:
            study.measure()
        except KeyboardInterrupt:
            ended = "interrupted"
        except (LabError, OSError) as trouble:
            ended = str(trouble)
        study.finish()
    if journal.entries("cell"):
        write_report(directory, journal, options.json)
    if ended:
        sys.exit(f"bench/study: {ended}; --resume {directory} goes on")
    if not journal.entries("cell"):
        sys.exit("bench/study: nothing was measured")


if __name__ == "__main__":
    main()
