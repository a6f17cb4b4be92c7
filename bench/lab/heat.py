"""What bench/heat does: step after step, each on disk when it is done, so that it goes on after a reboot."""

import dataclasses
import datetime
import json
import pathlib
import signal
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "deploy/lab"))

import drift  # noqa: E402
import heat_plan  # noqa: E402
import load  # noqa: E402
import scrape  # noqa: E402
from environment import machine  # noqa: E402
from fleet import fleet, sweep  # noqa: E402
from heat_plan import Schedule  # noqa: E402
from journal import Journal  # noqa: E402
from lab import REPOSITORY, LabError  # noqa: E402

CHECK_EVERY_STEPS = 10


class Heat:
    def __init__(self, directory, schedule, journal):
        self.directory, self.schedule, self.journal = directory, schedule, journal
        self.steps = list(schedule.steps())
        last = journal.last("step")
        self.next = last["number"] + 1 if last else 0
        self.life = len(journal.entries("life"))
        self.warned = set()

    def run(self):
        interval = min(15.0, max(0.5, self.schedule.test_seconds / 5))
        with scrape.Sampler(self.directory / "samples.jsonl", interval) as sampler, \
                fleet(sampler, self.schedule.connections, lambda tag: self.journal.add("lab", tag=tag)) as nodes:
            self._begin_life(nodes)
            try:
                for number, protocol, repetition, cycle, count in self.steps[self.next:]:
                    sampler.now(step=number, protocol=protocol, connections=count)
                    self._step(nodes, number, protocol, repetition, cycle, count)
            finally:
                sampler.now(phase="stop")
                nodes.stop()

    def _begin_life(self, nodes):
        """New processes: what is compared within a process starts again."""
        nodes.start(f"engine:\n  mode: {self.schedule.mode}\n")
        self.life += 1
        self.journal.add("life", life=self.life, began=round(time.time()))

    def _step(self, nodes, number, protocol, repetition, cycle, count):
        figures, trouble = {}, None
        began = time.time()
        try:
            nodes.connect(count)
            time.sleep(max(0.0, self.schedule.preparation_seconds - (time.time() - began)))
            figures = self._traffic(nodes, protocol)
        except LabError as failed:
            trouble = str(failed)[:500]
        node = nodes.listener.endpoint.read() or {}
        self.journal.add("step", number=number, protocol=protocol, repetition=repetition, cycle=cycle, connections=count,
                         life=self.life, began=round(began, 1), seconds=round(time.time() - began, 1), trouble=trouble,
                         **figures, **{key: value for key, value in node.items() if key != "drops"})
        self._say(number, protocol, count, figures, trouble)
        if trouble:
            self._recover(nodes)
        elif number % CHECK_EVERY_STEPS == 0:
            self._warn()

    def _traffic(self, nodes, protocol):
        seconds = self.schedule.test_seconds
        if protocol == "icmp":
            return load.pings(nodes, seconds)
        if protocol == "tcp":
            return load.tcp(nodes, seconds)
        return load.udp(nodes, seconds, self.schedule.udp_mbps, ping=True)

    def _recover(self, nodes):
        """After a failed step: a node that ended by itself is told apart from traffic that did not pass."""
        dead = [node.name for node in [nodes.listener, *nodes.up] if node.process and not node.process.running()]
        if dead:
            self.journal.add("crash", nodes=dead, logs={name: _tail(nodes, name) for name in dead})
            nodes.stop()
            self._begin_life(nodes)
        else:
            nodes.refresh_servers()

    def _warn(self):
        for each in judge(self.journal)["checks"]:
            if each["drifts"] and each["name"] not in self.warned:
                self.warned.add(each["name"])
                print(f"!! {each['title']} drifts: {each['change']:+.0%} so far", flush=True)

    def _say(self, number, protocol, count, figures, trouble):
        left = len(self.steps) - number - 1
        hours = left * (self.schedule.test_seconds + max(self.schedule.preparation_seconds, 2)) / 3600
        what = trouble or " ".join(f"{figures[name]:.4g} {unit}" for name, unit in (("mbps", "Mbit/s"), ("rtt_ms", "ms"))
                                   if name in figures)
        print(f"== step {number + 1}/{len(self.steps)} {protocol} {count}: {what}  ({hours:.2f} h left)", flush=True)


def _tail(nodes, name):
    node = next(node for node in [nodes.listener, *nodes.initiators] if node.name == name)
    return node.process.output()[-2000:]


def good(journal):
    return [step for step in journal.entries("step") if not step["trouble"]]


def judge(journal):
    failures = len([step for step in journal.entries("step") if step["trouble"]])
    return drift.verdict(good(journal), failures, len(journal.entries("crash")))


def results(journal):
    begin = journal.last("plan")
    schedule = Schedule.of(begin["schedule"])
    return {"kind": "heat", "machine": begin["machine"], "configuration": begin["schedule"],
            "steps_planned": len(list(schedule.steps())), "lives": len(journal.entries("life")), **judge(journal),
            "steps": journal.entries("step"), "crash_logs": journal.entries("crash")}


def write_report(directory, journal, copy_to=None):
    import heat_report
    document = results(journal)
    text = json.dumps(document, indent=1) + "\n"
    (directory / "results.json").write_text(text)
    if copy_to:
        pathlib.Path(copy_to).write_text(text)
    (directory / "report.html").write_text(heat_report.page(document))
    print(f"\n{drift.sentence(document)}\n{directory}/report.html\n{directory}/results.json")
    return document


def _directory(options):
    if options.resume or options.report:
        directory = pathlib.Path(options.resume or options.report)
        if not (directory / "journal.jsonl").exists():
            sys.exit(f"bench/heat: {directory}: no heat run was begun there (no journal.jsonl)")
        return directory
    directory = pathlib.Path(options.out or REPOSITORY / "target/heat" / datetime.datetime.now().strftime("%Y-%m-%d-%H%M%S"))
    directory.mkdir(parents=True, exist_ok=True)
    if (directory / "journal.jsonl").exists():
        sys.exit(f"bench/heat: {directory} holds a heat run already; --resume {directory} goes on with it")
    return directory


def _interrupt(*_):
    raise KeyboardInterrupt


def main():
    options = heat_plan.parser().parse_args()
    directory = _directory(options)
    journal = Journal(directory / "journal.jsonl")
    if journal.last("plan"):
        schedule = Schedule.of(journal.last("plan")["schedule"])
        sweep((journal.last("lab") or {"tag": "none"})["tag"])
    else:
        schedule = heat_plan.schedule(options)
        journal.add("plan", schedule=dataclasses.asdict(schedule), machine=machine())
    ended = None
    if not options.report:
        signal.signal(signal.SIGTERM, _interrupt)
        signal.signal(signal.SIGHUP, _interrupt)
        print(f"== {len(list(schedule.steps()))} steps, {schedule.total_hours():.2f} h of them; results go to {directory}", flush=True)
        try:
            Heat(directory, schedule, journal).run()
        except KeyboardInterrupt:
            ended = "interrupted"
        except (LabError, OSError) as trouble:
            ended = str(trouble)
    document = write_report(directory, journal, options.json) if journal.entries("step") else None
    if ended or document is None:
        sys.exit(f"bench/heat: {ended or 'nothing was measured'}; --resume {directory} goes on")
    sys.exit(0 if document["verdict"] in ("stable", "short") else 1)


if __name__ == "__main__":
    main()
