"""What bench/micro does: one JMH run for each subject, with the allocation profiler, and a table of all of them."""

import argparse
import ctypes.util
import datetime
import json
import os
import pathlib
import platform
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]

# The ring is measured along each axis, with the engine's defaults on the others; --full measures every combination.
RING = {"wait": "PARKING", "ringSize": "32", "workers": "1", "batch": "8"}
RING_AXES = {
    "wait": "PARKING,BLOCKING,SLEEPING,YIELDING,BUSY_SPIN,PHASED_BACKOFF",
    "ringSize": "4,256",
    "workers": "2",
    "batch": "1,44",
}

AEAD_VARIANTS = ["NATIVE_AES_256_GCM", "JDK_AES_256_GCM_HEAP", "JDK_AES_256_GCM_DIRECT", "JDK_CHACHA20_POLY1305_HEAP",
                 "BC_AES_256_GCM_HEAP", "BC_CHACHA20_POLY1305_HEAP"]
if not ctypes.util.find_library("IPSec_MB"):
    AEAD_VARIANTS.remove("NATIVE_AES_256_GCM")
AEAD = {"variant": ",".join(AEAD_VARIANTS)}

# Subject: title, class, what to vary in which run.
SUBJECTS = {
    "aead": ("Sealing and opening one packet: provider, buffer, packet size", "AeadBenchmark", [AEAD]),
    "ring": ("Handing slots through the ring", "RingBenchmark",
             [RING | {axis: values} for axis, values in RING_AXES.items()]),
    "header": ("Capsule header", "CapsuleHeaderBenchmark", [{}]),
    "lookup": ("Finding the tunnel of a packet", "TunnelLookupBenchmark", [{}]),
    "replay": ("Replay window", "ReplayWindowBenchmark", [{}]),
    "queues": ("A port and a device with queues for what is urgent, and without", "QueuesBenchmark", [{}]),
    "super-packet": ("Cutting and joining super-packets", "SuperPacketBenchmark", [{}]),
}
QUICK = ["-f", "1", "-wi", "1", "-w", "100ms", "-i", "1", "-r", "100ms"]
QUICK_PARAMETERS = {
    "aead": [AEAD | {"length": "1400"}],
    "ring": [RING],
    "lookup": [{"tunnels": "10"}],
    "queues": [{"queues": "true"}],
    "super-packet": [{"segments": "10"}],
}


def parse():
    parser = argparse.ArgumentParser(
        prog="bench/micro",
        description="Times the parts of the engine one by one, with JMH and its allocation profiler: packet encryption by "
                    "provider and size, the ring by wait strategy, size, workers and batch, the capsule header, the "
                    "tunnel lookup, the replay window, the queues for what is urgent, the super-packets. About three seconds for "
                    "each line.")
    parser.add_argument("--only", help=f"comma-separated subjects: {', '.join(SUBJECTS)}")
    parser.add_argument("--quick", action="store_true", help="one short run of each: shows that it works, not how fast")
    parser.add_argument("--full", action="store_true", help="every combination of the ring's parameters")
    parser.add_argument("--forks", type=int, default=1, help="JVMs for each figure (default 1)")
    parser.add_argument("--json", help="write all figures to this file")
    options = parser.parse_args()
    options.subjects = [name.strip() for name in options.only.split(",")] if options.only else list(SUBJECTS)
    for name in options.subjects:
        if name not in SUBJECTS:
            parser.error(f"no subject '{name}'; there are: {', '.join(SUBJECTS)}")
    return options


def runs_of(subject, options):
    if options.quick:
        return QUICK_PARAMETERS.get(subject, [{}])
    return [{}] if subject == "ring" and options.full else SUBJECTS[subject][2]


def jmh(benchmark, parameters, options):
    """One JMH run; returns its results."""
    length = QUICK if options.quick else ["-f", options.forks, "-wi", 2, "-w", "500ms", "-i", 4, "-r", "500ms"]
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "results.json"
        command = [os.environ["CYPHONIC_JAVA"], f"@{ROOT}/deploy/jvm/engine.args", "-jar",
                   ROOT / "bench/target/cyphonic-bench.jar", f"{benchmark}\\.", "-prof", "gc", "-foe", "true",
                   "-rf", "json", "-rff", file, *length]
        for name, values in parameters.items():
            command += ["-p", f"{name}={values}"]
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
        if done.returncode or not file.exists():
            sys.exit(f"bench/micro: {benchmark} failed:\n{(done.stdout + done.stderr)[-3000:]}")
        return json.loads(file.read_text())


def line(result):
    """One figure: what, with which parameters, time and bytes allocated for each operation."""
    metric = result["primaryMetric"]
    allocated = next((figure["score"] for name, figure in result["secondaryMetrics"].items()
                      if name.endswith("gc.alloc.rate.norm")), None)
    error = metric["scoreError"]
    return {
        "benchmark": result["benchmark"].rsplit(".", 1)[1],
        "parameters": result.get("params", {}),
        "ns": metric["score"],
        "error_ns": None if error in ("NaN", None) else error,
        "bytes": allocated,
    }


def table(title, lines):
    names = [{"what": entry["benchmark"]} | entry["parameters"] for entry in lines]
    columns = list(names[0])
    width = {name: max(len(name), *(len(entry[name]) for entry in names)) for name in columns}
    text = [title, "  " + "  ".join(f"{name:<{width[name]}}" for name in columns) + f"{'ns':>12}{'+-':>10}{'bytes':>9}"]
    for entry, figures in zip(names, lines):
        error = f"{figures['error_ns']:.1f}" if figures["error_ns"] is not None else "-"
        text.append("  " + "  ".join(f"{entry[name]:<{width[name]}}" for name in columns)
                    + f"{figures['ns']:>12.1f}{error:>10}{figures['bytes'] or 0:>9.0f}")
    return "\n".join(text)


def machine():
    model = next((each.split(":", 1)[1].strip() for each in open("/proc/cpuinfo") if each.startswith("model name")), "?")
    return {"date": datetime.date.today().isoformat(), "processor": model, "cores": os.cpu_count(),
            "kernel": platform.release()}


def main():
    options = parse()
    results = {}
    for subject in options.subjects:
        title, benchmark, _ = SUBJECTS[subject]
        found = {}
        for parameters in runs_of(subject, options):
            for result in jmh(benchmark, parameters, options):
                entry = line(result)
                found[json.dumps([entry["benchmark"], entry["parameters"]])] = entry
        results[subject] = list(found.values())
        print(table(title, results[subject]) + "\n", flush=True)
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps({"machine": machine(), "results": results}, indent=2) + "\n")


main()
