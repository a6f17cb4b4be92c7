"""What bench/tune does: tries settings in turns and says which is best for throughput and which for delay."""

import argparse
import datetime
import itertools
import json
import math
import pathlib
import signal
import sys
import time
import tomllib

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "deploy/lab"))

import figures  # noqa: E402
import load  # noqa: E402
import scrape  # noqa: E402
from environment import machine  # noqa: E402
from fleet import MAX_INITIATORS, fleet, sweep  # noqa: E402
from journal import Journal  # noqa: E402
from lab import REPOSITORY, LabError  # noqa: E402

DEFAULT_FILE = REPOSITORY / "bench/tune.toml"
PLAIN = {"mode": str, "connections": int, "seconds": (int, float), "repetitions": int, "udp-mbps": (int, float), "combine": str}
SWEPT = ("ring-size", "workers", "wait-strategy", "batch-packets", "batch-kilobytes", "offloads")
GOALS = ("throughput", "delay")


def read(path):
    """The file, checked; a wrong key is an error that names it."""
    try:
        document = tomllib.loads(pathlib.Path(path).read_text())
    except (OSError, tomllib.TOMLDecodeError) as trouble:
        sys.exit(f"bench/tune: {path}: {trouble}")
    for key, value in document.items():
        if key != "sweep" and (key not in PLAIN or not isinstance(value, PLAIN[key])):
            sys.exit(f"bench/tune: {path}: {key}: found {value!r}; allowed: {', '.join(PLAIN)} and [sweep]")
    for key, values in document.get("sweep", {}).items():
        if key not in SWEPT or not isinstance(values, list) or not values:
            sys.exit(f"bench/tune: {path}: sweep.{key}: found {values!r}; allowed: lists for {', '.join(SWEPT)}")
    made = {"mode": "adaptive", "connections": 1, "seconds": 3, "repetitions": 2, "udp-mbps": 1000, "combine": "each", "sweep": {},
            **document}
    if made["combine"] not in ("each", "all") or not 1 <= made["connections"] <= MAX_INITIATORS \
            or made["repetitions"] < 1 or made["seconds"] <= 0:
        sys.exit(f"bench/tune: {path}: combine is each or all, connections 1 to {MAX_INITIATORS}, seconds and repetitions more than 0")
    return made


def settings(document):
    """What to try first: the defaults, then one key changed at a time, or all combinations. {} are the defaults."""
    swept = document["sweep"]
    if document["combine"] == "all":
        return [dict(zip(swept, values)) for values in itertools.product(*swept.values())]
    return [{}] + [{key: value} for key, values in swept.items() for value in values]


def name(setting):
    return ", ".join(f"{key} {value}" for key, value in setting.items()) or "defaults"


def scores(run):
    """Two numbers for a run, the more the better: throughput over TCP and UDP, and the inverse of the round-trip times."""
    return {"throughput": math.sqrt(run["tcp_mbps"] * run["udp_mbps"]),
            "delay": 1 / math.sqrt(run["rtt_idle_ms"] * run["rtt_busy_ms"])}


def gains(runs, base):
    """{goal: summary of the ratios to the defaults of the same repetition}."""
    return {goal: figures.summary(figures.paired(
        {repetition: scores(run)[goal] for repetition, run in runs.items()},
        {repetition: scores(run)[goal] for repetition, run in base.items()}, lambda new, old: new / old).values())
        for goal in GOALS}


def best(by_setting, goal):
    """The setting with the highest median gain for a goal that beat the defaults in every repetition; {} if none did."""
    base = by_setting["{}"]
    found, most = {}, 1.0
    for text, runs in by_setting.items():
        gain = gains(runs, base)[goal]
        if gain and gain["low"] > 1 and gain["median"] > most:
            found, most = json.loads(text), gain["median"]
    return found


def together(by_setting, goal):
    """The best values of every key for a goal, put together."""
    made = {}
    for key in {key for text in by_setting for key in json.loads(text)}:
        alone = {text: runs for text, runs in by_setting.items() if set(json.loads(text)) <= {key}}
        made |= best(alone, goal)
    return made


def grouped(journal):
    groups = {}
    for run in journal.entries("run"):
        groups.setdefault(json.dumps(run["setting"], sort_keys=True), {})[run["repetition"]] = run
    return groups


def yaml(setting, mode):
    lines = [f"  mode: {mode}", *(f"  {key}: {json.dumps(value) if isinstance(value, list) else value}" for key, value in setting.items())]
    return "engine:\n" + "\n".join(lines) + "\n"


class Tune:
    def __init__(self, document, journal):
        self.document, self.journal = document, journal
        self.done = {(json.dumps(run["setting"], sort_keys=True), run["repetition"]) for run in journal.entries("run")}
        self.times = []

    def measure(self, directory):
        with scrape.Sampler(directory / "samples.jsonl", 2) as sampler, \
                fleet(sampler, self.document["connections"], lambda tag: self.journal.add("lab", tag=tag)) as nodes:
            self._all(nodes, sampler, settings(self.document))
            if self.document["combine"] == "each":
                groups = grouped(self.journal)
                if "{}" in groups:
                    self._all(nodes, sampler, [made for goal in GOALS if len(made := together(groups, goal)) > 1])

    def _all(self, nodes, sampler, tried):
        for repetition in range(self.document["repetitions"]):
            for index, setting in enumerate(tried):
                if (json.dumps(setting, sort_keys=True), repetition) not in self.done:
                    left = (self.document["repetitions"] - repetition) * len(tried) - index
                    self._say(repetition, setting, left)
                    self._one(nodes, sampler, setting, repetition)

    def _say(self, repetition, setting, left):
        clock = f", about {sum(self.times) / len(self.times) * left / 60:.0f} min left" if self.times else ""
        print(f"== {repetition + 1}/{self.document['repetitions']} {name(setting)} ({left} to go{clock})", flush=True)

    def _one(self, nodes, sampler, setting, repetition):
        began = time.monotonic()
        sampler.now(setting=name(setting), repetition=repetition)
        seconds = self.document["seconds"]
        try:
            nodes.start(yaml(setting, self.document["mode"]))
            nodes.connect(self.document["connections"])
            load.tcp(nodes, seconds)
            idle = load.idle(nodes, max(1, seconds / 2))
            tcp = load.tcp(nodes, seconds)
            udp = load.udp(nodes, seconds, self.document["udp-mbps"])
            peak = (nodes.listener.endpoint.read() or {}).get("rss_peak")
            self.journal.add("run", setting=setting, repetition=repetition, tcp_mbps=tcp["mbps"], udp_mbps=udp["mbps"],
                             udp_loss_percent=udp["loss_percent"], rtt_idle_ms=idle["rtt_ms"], rtt_busy_ms=tcp["rtt_ms"],
                             reordered=tcp["reordered"] + udp["out_of_order"], rss_peak=peak)
            self.done.add((json.dumps(setting, sort_keys=True), repetition))
        except LabError as trouble:
            self.journal.add("trouble", setting=setting, text=str(trouble)[:500])
            print(f"   failed: {trouble}", file=sys.stderr)
        finally:
            nodes.stop()
        self.times.append(time.monotonic() - began)


def results(document, journal):
    groups = grouped(journal)
    base = groups.get("{}") or groups.get(json.dumps({key: values[0] for key, values in document["sweep"].items()}, sort_keys=True), {})
    compared = {"{}": base, **{text: runs for text, runs in groups.items() if text != "{}"}}
    rows = [{"setting": json.loads(text), "name": name(json.loads(text)), "gain": gains(runs, base),
             **{key: figures.median([run[key] for run in runs.values()]) for key in
                ("tcp_mbps", "udp_mbps", "udp_loss_percent", "rtt_idle_ms", "rtt_busy_ms", "reordered", "rss_peak")}}
            for text, runs in compared.items() if runs]
    chosen = {goal: best(compared, goal) if base else {} for goal in GOALS}
    return {"kind": "tune", "machine": journal.last("plan")["machine"], "configuration": document, "settings": rows,
            "best": {goal: {"setting": setting, "yaml": yaml(setting, document["mode"]),
                            "gain": gains(compared[json.dumps(setting, sort_keys=True)], base)[goal] if base else None}
                     for goal, setting in chosen.items()},
            "troubles": journal.entries("trouble"), "runs": journal.entries("run")}


def text_table(document):
    lines = [f"{'':44}{'TCP':>8}{'UDP':>8}{'RTT idle':>10}{'RTT busy':>10}{'throughput':>12}{'delay':>8}"]
    for row in document["settings"]:
        gain = [row["gain"][goal]["median"] if row["gain"][goal] else float("nan") for goal in GOALS]
        lines.append(f"{row['name'][:43]:44}{row['tcp_mbps']:8.0f}{row['udp_mbps']:8.0f}{row['rtt_idle_ms']:10.3f}"
                     f"{row['rtt_busy_ms']:10.3f}{'x' + format(gain[0], '.2f'):>12}{'x' + format(gain[1], '.2f'):>8}")
    for goal in GOALS:
        each = document["best"][goal]
        lines.append(f"\nbest for {goal}: " + (
            "the defaults; nothing beat them in every repetition" if not each["setting"] else
            f"{name(each['setting'])}, x{each['gain']['median']:.2f}. In node.yaml:\n{each['yaml']}"))
    return "\n".join(lines)


def _interrupt(*_):
    raise KeyboardInterrupt


def _parse():
    parser = argparse.ArgumentParser(
        prog="bench/tune", description="Tries settings of the engine on this machine, in turns, and shows which is best for "
                                       "throughput and which for delay, with the lines for node.yaml.",
        epilog=f"The settings to try are in a small file, {DEFAULT_FILE.relative_to(REPOSITORY)} by default.")
    parser.add_argument("--file", default=str(DEFAULT_FILE), help="what to try (TOML)")
    parser.add_argument("--seconds", type=float, help="length of each iperf3 run, instead of the file's")
    parser.add_argument("--repetitions", type=int, help="how often everything is tried, instead of the file's")
    parser.add_argument("--out", metavar="DIR", help="where results go (default target/tune/DATE)")
    parser.add_argument("--resume", metavar="DIR", help="go on with an interrupted run")
    parser.add_argument("--report", metavar="DIR", help="only write the report of a run again")
    parser.add_argument("--json", metavar="FILE", help="write results.json to this file as well")
    return parser.parse_args()


def main():
    options = _parse()
    old = options.resume or options.report
    directory = pathlib.Path(old or options.out or REPOSITORY / "target/tune" / datetime.datetime.now().strftime("%Y-%m-%d-%H%M%S"))
    if old and not (directory / "journal.jsonl").exists():
        sys.exit(f"bench/tune: {directory}: nothing was begun there (no journal.jsonl)")
    document = None if old else read(options.file)
    directory.mkdir(parents=True, exist_ok=True)
    journal = Journal(directory / "journal.jsonl")
    if journal.last("plan"):
        document = journal.last("plan")["document"]
        sweep((journal.last("lab") or {"tag": "none"})["tag"])
    else:
        document |= {key: value for key, value in (("seconds", options.seconds), ("repetitions", options.repetitions)) if value}
        journal.add("plan", document=document, machine=machine())
    ended = None
    if not options.report:
        signal.signal(signal.SIGTERM, _interrupt)
        try:
            Tune(document, journal).measure(directory)
        except (KeyboardInterrupt, LabError, OSError) as trouble:
            ended = str(trouble) or "interrupted"
    if journal.entries("run"):
        import tune_report
        made = results(document, journal)
        text = json.dumps(made, indent=1) + "\n"
        (directory / "results.json").write_text(text)
        if options.json:
            pathlib.Path(options.json).write_text(text)
        (directory / "report.html").write_text(tune_report.page(made))
        print(f"\n{text_table(made)}\n{directory}/report.html\n{directory}/results.json")
    if ended or not journal.entries("run"):
        sys.exit(f"bench/tune: {ended or 'nothing was measured'}; --resume {directory} goes on")


if __name__ == "__main__":
    main()
