"""What bench/profile does: perf over the whole machine while one kind of traffic crosses a tunnel."""

import argparse
import collections
import json
import pathlib
import re
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "deploy/lab"))

import contenders  # noqa: E402
import measure  # noqa: E402
from lab import Lab, LabError, run  # noqa: E402

TRAFFIC = {
    "tcp": ("iperf3", "-t", "{seconds}"),
    "udp-small": ("iperf3", "-u", "-b", "100M", "-l", "64", "-t", "{seconds}"),
    "ping": ("ping", "-q", "-i", "0.005", "-w", "{seconds}"),
}
WARM_UP_SECONDS = 8
COUNTED_SECONDS = 1
KERNEL_HALF = 1 << 63
LINE = re.compile(r"\s*(.+?)\s+([0-9a-f]+) (.+?) \((.*)\)\s*$")


def contender_of(name):
    return contenders.NullTunnel if name == "null" else contenders.engine(name)


def inner_counts(host):
    """Packets and bytes that the host's tunnel interface has handed out and taken, from /proc/net/dev."""
    packets = octets = 0
    for line in host.run("cat", "/proc/net/dev").stdout.splitlines()[2:]:
        name, numbers = line.split(":")
        if name.strip() in ("null0", "cyphonic0"):
            fields = [int(number) for number in numbers.split()]
            octets, packets = fields[0] + fields[8], fields[1] + fields[9]
    return packets, octets


def place(ip, symbol, library):
    """Which part of the system a sample belongs to."""
    if int(ip, 16) & KERNEL_HALF:
        return "kernel"
    if "libjvm" in library:
        return "JVM"
    if "IPSec_MB" in library:
        return "encryption"
    if "perf-" in library or "unknown" in library or "anon" in library:
        return "stubs" if "Stub" in symbol else "Java"
    return pathlib.PurePath(library).name.split(".")[0]


def samples(data):
    """(thread, place, symbol) of every sample."""
    text = run("perf", "script", "-i", data, "-F", "comm,ip,sym,dso", timeout=120).stdout
    for line in text.splitlines():
        if match := LINE.match(line):
            thread, ip, symbol, library = match.groups()
            yield re.sub(r"[-\d]+$", "", thread), place(ip, symbol, library), symbol.split("+0x")[0]


def counters(seconds):
    """System calls and context switches of the whole machine."""
    done = run("perf", "stat", "-a", "-x", ",", "-e", "raw_syscalls:sys_enter,context-switches", "sleep", seconds,
               timeout=60)
    values = {}
    for line in done.stderr.splitlines():
        fields = line.split(",")
        if len(fields) > 2 and fields[0].isdigit():
            values[fields[2]] = int(fields[0])
    return values.get("raw_syscalls:sys_enter", 0), values.get("context-switches", 0)


def traffic(left, right, address, kind, seconds):
    """Starts it; the caller stops it."""
    command = [word.format(seconds=seconds) for word in TRAFFIC[kind]]
    if command[0] == "ping":
        return [left.spawn("load", *command, address)]
    server = right.spawn("server", "iperf3", "-s", "-1", "-B", address)
    time.sleep(0.5)
    return [left.spawn("load", command[0], "-c", address, *command[1:]), server]


def profile(name, kind, seconds, jcmd, data):
    """One profile: a dictionary of figures, and the heaviest symbols."""
    with Lab() as lab:
        left, right = lab.host("left"), lab.host("right")
        contender = contender_of(name)(lab, left, right)
        contender.start()
        contender.wait_until_it_answers()
        measure.tcp(left, right, contender.address, WARM_UP_SECONDS)
        running = traffic(left, right, contender.address, kind, seconds + COUNTED_SECONDS + 5)
        time.sleep(1)
        if name != "null":
            for process in contender.processes:
                run(jcmd, process.pid, "Compiler.perfmap", timeout=60)
        before, calls_at = inner_counts(right), time.monotonic()
        calls, switches = counters(COUNTED_SECONDS)
        packets = inner_counts(right)[0] - before[0]
        per_packet = packets / (time.monotonic() - calls_at) * COUNTED_SECONDS
        before, start = inner_counts(right), time.monotonic()
        run("perf", "record", "-a", "-F", "1999", "-o", data, "sleep", seconds, timeout=120)
        took = time.monotonic() - start
        after = inner_counts(right)
        figures = summary(data, took, after[0] - before[0], after[1] - before[1])
        for process in running:
            process.stop()
        contender.stop()
    return {
        "contender": name,
        "traffic": kind,
        "system_calls_per_packet": round(calls / per_packet, 2) if per_packet else None,
        "context_switches_per_packet": round(switches / per_packet, 2) if per_packet else None,
        **figures,
    }


def summary(data, took, packets, octets):
    places, symbols, total = collections.Counter(), collections.Counter(), 0
    for thread, where, symbol in samples(data):
        total += 1
        places[f"{thread}: {where}"] += 1
        symbols[f"{thread}: {symbol}"] += 1
    # All processors were sampled, idle ones too: a sample is so much processor time.
    processors = int(run("nproc").stdout)
    micros = processors * took * 1e6 / total if total else 0
    return {
        "mbps": round(octets * 8 / took / 1e6),
        "packets_per_second": round(packets / took),
        "micros_per_packet": {key: round(n * micros / packets, 2) for key, n in places.most_common(12)} if packets else {},
        "millis_per_gigabyte": {key: round(n * micros / octets * 1e6) for key, n in places.most_common(12)} if octets else {},
        "heaviest_symbols_percent": {key: round(100 * n / total, 1) for key, n in symbols.most_common(25)} if total else {},
    }


def show(result):
    print(f"\n{result['contender']}, {result['traffic']}: {result['mbps']} Mbit/s, {result['packets_per_second']} packets/s, "
          f"{result['system_calls_per_packet']} system calls and {result['context_switches_per_packet']} context switches per packet")
    unit = "millis_per_gigabyte" if result["traffic"] == "tcp" else "micros_per_packet"
    print("  processor time, " + unit.replace("_", " "))
    for key, value in result[unit].items():
        print(f"    {value:>8}  {key}")
    print("  heaviest symbols, percent of the machine")
    for key, value in list(result["heaviest_symbols_percent"].items())[:12]:
        print(f"    {value:>8}  {key}")


def main():
    parser = argparse.ArgumentParser(prog="bench/profile", description=(
        "Samples the whole machine with perf while TCP bulk, small UDP packets or pings cross a tunnel between two "
        "network namespaces, and prints where the processor time goes, per packet and per gigabyte. A packet here is "
        "what the tunnel interface counts: a super-packet is one."))
    parser.add_argument("--contenders", default="null,serial,pipeline,adaptive",
                        help="comma-separated: null (the ceiling), serial, pipeline, adaptive (default: all)")
    parser.add_argument("--traffic", default=",".join(TRAFFIC), help="comma-separated: " + ", ".join(TRAFFIC))
    parser.add_argument("--seconds", type=int, default=3, help="length of each profile (default 3)")
    parser.add_argument("--json", metavar="FILE", help="write all figures to this file")
    parser.add_argument("--jcmd", help=argparse.SUPPRESS)
    options = parser.parse_args()
    results = []
    try:
        for name in options.contenders.split(","):
            for kind in options.traffic.split(","):
                if kind not in TRAFFIC:
                    parser.error(f"--traffic {kind}: known are {', '.join(TRAFFIC)}")
                results.append(profile(name, kind, options.seconds, options.jcmd, f"/tmp/cyphonic-profile-{name}.data"))
                show(results[-1])
    except LabError as error:
        sys.exit(f"bench/profile: {error}")
    finally:
        for path in pathlib.Path("/tmp").glob("cyphonic-profile-*.data*"):
            path.unlink()
        if options.json:
            pathlib.Path(options.json).write_text(json.dumps(results, indent=1) + "\n")


main()
