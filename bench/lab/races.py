"""What bench/races does: one run of jcstress over the chosen races, and a table of what was seen in each."""

import argparse
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
TARGET = ROOT / "bench/target"
REPORTS = TARGET / "race-reports"

# Subject: title, class.
SUBJECTS = {
    "session-counters": ("Counters of a session and of a relay's channel", "session.SessionCountersRace"),
    "rekey": ("New keys while packets go through the tunnel", "session.RekeyRace"),
    "wiping": ("Keys wiped while a batch is under way", "session.WipingRace"),
    "receiver-index": ("A session's place in the table is used again", "session.ReceiverIndexRace"),
    "lookup": ("A tunnel's place in the table is used again", "pipeline.LookupRace"),
    "relay": ("A tunnel changes to a relay, or from one to the next", "session.RelaySwitchRace"),
    "parking": ("Going to sleep just when what one waits for comes", "pipeline.ParkingRace"),
    "loan": ("The inbound stage is lent and given back", "pipeline.StageLoanRace"),
    "waiting": ("A packet waits for a session just when it comes", "pipeline.WaitingPacketRace"),
    "counters": ("Counting without a lock", "counters.CountersRace"),
    "state": ("Compare and set in the state shared by all handlers", "control.state.SharedStateRace"),
}

# With --quick one race of each subject: a JVM for each takes a second or two.
QUICK = {
    "session-counters": "OneTakesAnotherLooks",
    "rekey": "PacketsDuringARekey",
    "wiping": "InboundBatch",
    "relay": "PacketsDuringAChange",
    "parking": "StageAndSink",
    "counters": "ReadWhileCounting",
    "state": "TwoWantOnePeerAgain",
}

# Few instances at a time: the tables in the shared state are bounded, and more collide.
STRIDES = ["-strideSize", "32", "-strideCount", "16"]
PROGRESS_SECONDS = 5

RESULTS = re.compile(r"RUN RESULTS:")
RACE = re.compile(r"^\.+ \[(\w+)\] io\.cyphonic\.engine\.(\S+)")
STATE = re.compile(r"^\s+(\S.*?)\s{2,}([\d,]+)\s+<?[\d.]+%\s+(Acceptable|Interesting|Forbidden|Unknown)\s*(.*)$")
PROGRESS = re.compile(r"\(Results: (\d+) planned; (\d+) passed, (\d+) failed, (\d+) soft errs, (\d+) hard errs\)")


def parse():
    parser = argparse.ArgumentParser(
        prog="bench/races",
        description="Lets two threads race for what they share in the engine, millions of times, with jcstress, and tells "
                    "what was seen: acceptable, interesting (allowed, but worth knowing) or forbidden. Exit status 1 if "
                    "anything forbidden was seen. By default every race runs interpreted, with each compiler, and with "
                    "the compiler's choices at random: a quarter of an hour on two cores. "
                    "Reports of jcstress: bench/target/race-reports.")
    parser.add_argument("--only", help=f"comma-separated subjects: {', '.join(SUBJECTS)}")
    parser.add_argument("--quick", action="store_true", help="one race of each subject, for a moment, as the JVM comes: half a minute")
    parser.add_argument("--full", action="store_true", help="also each thread compiled in its own way, and for longer: hours")
    parser.add_argument("--json", help="write all figures to this file")
    options = parser.parse_args()
    options.subjects = [name.strip() for name in options.only.split(",")] if options.only else list(SUBJECTS)
    for name in options.subjects:
        if name not in SUBJECTS:
            parser.error(f"no subject '{name}'; there are: {', '.join(SUBJECTS)}")
    return options


def class_of(subject, options):
    """The class of a subject's races, or of the one that --quick runs."""
    whole = "io.cyphonic.engine." + SUBJECTS[subject][1]
    return f"{whole}.{QUICK[subject]}" if options.quick and subject in QUICK else whole


def command(options):
    jvm = f"@{ROOT}/deploy/jvm/test.args -Xmx512m -XX:+UseSerialGC -Djna.tmpdir={REPORTS}"
    if options.quick:
        length = ["-jvmArgs", jvm, "-sc", "false", "-pth", "false", "-f", "1", "-iters", "1", "-time", "200"]
    elif options.full:
        length = ["-jvmArgsPrepend", jvm, "-f", "2", "-iters", "5", "-time", "1000"]
    else:
        length = ["-jvmArgsPrepend", jvm, "-sc", "false", "-f", "1", "-iters", "2", "-time", "500"]
    classes = "|".join(re.escape(class_of(name, options)) for name in options.subjects)
    return [os.environ["CYPHONIC_JAVA"], f"-Djna.tmpdir={REPORTS}",
            "-cp", f"{TARGET}/races:{TARGET}/lib/*:{TARGET}/races-lib/*", "org.openjdk.jcstress.Main", "-v",
            "-t", f"^({classes})(\\.|$)", "-r", str(REPORTS / "html"), *STRIDES, *length]


def jcstress(options):
    """One run; returns its output. Says now and then how far it is."""
    shutil.rmtree(REPORTS, ignore_errors=True)
    REPORTS.mkdir(parents=True)
    said = 0
    lines = []
    with subprocess.Popen(command(options), cwd=REPORTS, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT) as process:
        for line in process.stdout:
            lines.append(line.rstrip("\n"))
            progress = PROGRESS.search(line)
            if progress and time.monotonic() - said >= PROGRESS_SECONDS:
                said = time.monotonic()
                planned, *done = map(int, progress.groups())
                print(f"bench/races: {sum(done)} of {planned} runs done, {done[1]} with something forbidden",
                      file=sys.stderr, flush=True)
    (REPORTS / "output.txt").write_text("\n".join(lines) + "\n")
    return lines


def races_in(lines):
    """Every race with its verdict and the states that were seen."""
    races = {}
    states = None
    begin = next((i for i, line in enumerate(lines) if RESULTS.match(line)), len(lines))
    for line in lines[begin:]:
        race, state = RACE.match(line), STATE.match(line)
        if race:
            states = []
            races[race[2]] = {"verdict": race[1], "states": states}
        elif state and states is not None and state[2] != "0":
            states.append({"state": state[1], "seen": int(state[2].replace(",", "")),
                           "expected": state[3].lower(), "meaning": state[4]})
    return races


def text_of(name, race):
    """One race: what was seen, and what it means."""
    total = sum(state["seen"] for state in race["states"])
    text = [f"  {name}: {total} times"]
    for state in race["states"]:
        text.append(f"    {state['seen']:>12}  {state['expected']:<12} {state['state']}")
        if state["expected"] != "acceptable":
            text.append(f"    {'':>12}  {'':<12} ({state['meaning']})")
    if race["verdict"] == "ERROR":
        text.append("    it could not be run; see output.txt")
    return "\n".join(text)


def main():
    options = parse()
    found = races_in(jcstress(options))
    results = {}
    for subject in options.subjects:
        title, name = SUBJECTS[subject]
        results[subject] = {each: race for each, race in sorted(found.items()) if each == name or each.startswith(name + ".")}
        print(f"{title} ({subject})")
        print("\n".join(text_of(each, race) for each, race in results[subject].items()) + "\n")
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(results, indent=2) + "\n")
    races = [race for subject in results.values() for race in subject.values()]
    missing = [subject for subject in options.subjects if not results[subject]]
    broken = [race for race in races if race["verdict"] == "ERROR"]
    forbidden = [race for race in races if race["verdict"] == "FAILED"]
    total = sum(state["seen"] for race in races for state in race["states"])
    if missing or broken:
        print(f"bench/races: {len(broken)} races could not be run, nothing was found of: {', '.join(missing) or '-'}; "
              f"see {REPORTS}/output.txt")
    print(f"{len(races)} races, {total} times: " + (f"something forbidden in {len(forbidden)} of them" if forbidden
                                                      else "nothing forbidden was seen"))
    sys.exit(1 if missing or broken or forbidden else 0)


main()
