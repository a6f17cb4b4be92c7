"""What bench/peers does: every contender in turn, several rounds, medians and ratios to the ceiling."""

import argparse
import datetime
import json
import os
import pathlib
import platform
import statistics
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "deploy/lab"))

import contenders  # noqa: E402
import measure  # noqa: E402
from lab import Lab, LabError, run  # noqa: E402

CEILING = contenders.NullTunnel.name
UDP_RATES = ("500M", "1000M", "2000M")


def one_round(contender, seconds):
    """Everything measured of one contender once, as a flat dictionary."""
    left, right, address = contender.left, contender.right, contender.address
    contender.wait_until_it_answers()
    result = {"rtt_idle_ms": measure.ping(left, address, 200, 0.01)["avg"]}
    cpu = contender.cpu_seconds()
    forward = measure.tcp(left, right, address, seconds)
    gigabytes = forward["mbps"] * seconds / 8000
    result["cpu_s_per_gb"] = (contender.cpu_seconds() - cpu) / gigabytes if gigabytes else None
    backward = measure.tcp(left, right, address, seconds, reverse=True)
    four = measure.tcp(left, right, address, seconds, streams=4)
    four_back = measure.tcp(left, right, address, seconds, streams=4, reverse=True)
    result |= {
        "tcp_1_mbps": forward["mbps"],
        "tcp_1_reverse_mbps": backward["mbps"],
        "tcp_4_mbps": four["mbps"],
        "tcp_4_reverse_mbps": four_back["mbps"],
        "reordered": sum(each["reordered"] for each in (forward, four)),
    }
    for rate in UDP_RATES:
        udp = measure.udp(left, right, address, rate, seconds=min(seconds, 3))
        result[f"udp_{rate}_mbps"] = udp["mbps"]
        result[f"udp_{rate}_loss_percent"] = udp["loss_percent"]
        result["reordered"] += udp["out_of_order"]
    result["rtt_loaded_ms"] = measure.loaded_ping(left, right, address)["avg"]
    result["peak_rss_mb"] = contender.peak_rss_megabytes()
    return result


def medians(rounds):
    names = rounds[0].keys()
    return {
        name: statistics.median(values) if (values := [r[name] for r in rounds if r[name] is not None]) else None
        for name in names
    }


def machine():
    model = next((line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "?")
    commit = run("git", "-C", pathlib.Path(__file__).parent, "rev-parse", "--short", "HEAD", check=False).stdout.strip()
    return {
        "date": datetime.date.today().isoformat(),
        "processor": model,
        "cores": os.cpu_count(),
        "kernel": platform.release(),
        "commit": commit or "unknown",
    }


COLUMNS = (
    ("tcp_1_mbps", "TCP 1", "Mbit/s", "{:.0f}"),
    ("tcp_1_reverse_mbps", "TCP 1 back", "Mbit/s", "{:.0f}"),
    ("tcp_4_mbps", "TCP 4", "Mbit/s", "{:.0f}"),
    ("tcp_4_reverse_mbps", "TCP 4 back", "Mbit/s", "{:.0f}"),
    ("udp_1000M_mbps", "UDP 1G", "Mbit/s", "{:.0f}"),
    ("udp_1000M_loss_percent", "loss", "%", "{:.1f}"),
    ("udp_2000M_mbps", "UDP 2G", "Mbit/s", "{:.0f}"),
    ("rtt_idle_ms", "RTT idle", "ms", "{:.3f}"),
    ("rtt_loaded_ms", "RTT loaded", "ms", "{:.2f}"),
    ("cpu_s_per_gb", "CPU", "s/GB", "{:.2f}"),
    ("peak_rss_mb", "RSS", "MB", "{:.0f}"),
    ("reordered", "reordered", "", "{:.0f}"),
)


def table(results):
    """Medians, and under each figure its ratio to the null tunnel."""
    ceiling = results.get(CEILING, {})
    lines = [f"{'':16}" + "".join(f"{title:>12}" for _, title, _, _ in COLUMNS),
             f"{'':16}" + "".join(f"{unit:>12}" for _, _, unit, _ in COLUMNS)]
    for name, figures in results.items():
        lines.append(f"{name:16}" + "".join(
            f"{form.format(figures[key]) if figures[key] is not None else '-':>12}" for key, _, _, form in COLUMNS))
        if ceiling and name != CEILING:
            lines.append(f"{'':16}" + "".join(
                f"{'x' + format(figures[key] / ceiling[key], '.2f') if figures[key] and ceiling.get(key) else '':>12}"
                for key, _, _, _ in COLUMNS))
    return "\n".join(lines)


def parse():
    parser = argparse.ArgumentParser(
        prog="bench/peers",
        description="Runs the bare underlay, the null tunnel (the ceiling), this engine in its three modes and the "
                    "distribution's wireguard-go, nebula and openvpn between two network namespaces, one after the other, "
                    "in interleaved rounds, and prints medians and ratios to the ceiling.")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of each (default 3)")
    parser.add_argument("--seconds", type=int, default=5, help="length of each iperf3 run (default 5)")
    parser.add_argument("--only", help="comma-separated names, for example 'null tunnel,cyphonic adaptive'")
    parser.add_argument("--json", help="write all figures to this file")
    parser.add_argument("--html", help="write a page with plots to this file (needs python3-matplotlib; installed if missing)")
    return parser.parse_args()


def chosen(only):
    known = {contender.name: contender for contender in contenders.ALL}
    if not only:
        return contenders.ALL
    names = [name.strip() for name in only.split(",")]
    for name in names:
        if name not in known:
            sys.exit(f"bench/peers: no contender '{name}'; there are: {', '.join(known)}")
    return [known[name] for name in names]


def install(kinds):
    missing = [pair.split(":")[1] for kind in kinds for pair in kind.packages
               if run("bash", "-c", f"command -v {pair.split(':')[0]}", check=False).returncode]
    if missing:
        print(f"== installing {' '.join(missing)}", flush=True)
        run("apt-get", "install", "-y", "-qq", "--no-install-recommends", *missing, timeout=600)


def measure_all(options):
    kinds = chosen(options.only)
    install(kinds)
    rounds = {kind.name: [] for kind in kinds}
    total, done, began = options.rounds * len(kinds), 0, time.monotonic()
    with Lab() as lab:
        left, right = lab.host("left"), lab.host("right")
        for number in range(options.rounds):
            # The first of a round meets another machine than the last, and who follows whom matters too.
            turn = number * len(kinds) // options.rounds
            for kind in kinds[turn:] + kinds[:turn]:
                left_time = (time.monotonic() - began) / done * (total - done) if done else 0
                print(f"== round {number + 1}/{options.rounds}: {kind.name}"
                      + (f" (about {left_time / 60:.0f} min left)" if done else ""), flush=True)
                contender = kind(lab, left, right)
                try:
                    contender.start()
                    rounds[kind.name].append(one_round(contender, options.seconds))
                except LabError as trouble:
                    print(f"   {kind.name} failed: {trouble}", file=sys.stderr)
                finally:
                    contender.stop()
                done += 1
    return {name: runs for name, runs in rounds.items() if runs}


def main():
    options = parse()
    try:
        rounds = measure_all(options)
    except (LabError, KeyboardInterrupt) as trouble:
        sys.exit(f"bench/peers: {trouble or 'interrupted'}")
    results = {name: medians(runs) for name, runs in rounds.items()}
    print("\n" + table(results))
    document = {"machine": machine(), "rounds": rounds, "medians": results}
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(document, indent=2) + "\n")
    if options.html:
        import report
        pathlib.Path(options.html).write_text(report.page(document))
    sys.exit(0 if len(results) == len(chosen(options.only)) else 1)


main()
