"""What bench/moves does: networks change under two nodes while traffic runs, and the gap is measured."""

import argparse
import json
import pathlib
import statistics
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "deploy/lab"))

import move_scenarios  # noqa: E402
import traffic  # noqa: E402
from cyphonic import Cloud, Node  # noqa: E402
from grid import interruptible, machine  # noqa: E402
from lab import LabError, wait_for  # noqa: E402
from sites import Internet  # noqa: E402

INTERVAL = 0.01
SETTLE_SECONDS = 1.0
AFTER_SECONDS = 4.0
LIMITS = {"median_ms": 200, "worst_ms": 1000}


def one_move(scenario, agent, mover, peer):
    """One move under traffic: the gap, whether the TCP connection lived, and the path in the end."""
    key = f"move-{scenario.moves}"
    agent.start_stream(key, peer.virtual_ipv4, INTERVAL)
    try:
        time.sleep(SETTLE_SECONDS)
        began = time.monotonic()
        scenario.move()
        moved = time.monotonic()
        time.sleep(AFTER_SECONDS)
        ended = time.monotonic()
    finally:
        arrivals = agent.stop_stream(key)
    asleep_ms = (moved - began) * 1000 if scenario.sleeps else 0
    return {
        "gap_ms": round(max(0, arrivals.longest_gap_ms(began, ended) - asleep_ms), 1),
        "move_ms": round((moved - began) * 1000, 1),
        "back": any(when > ended - 1 for when in arrivals.times),
        "lost": arrivals.lost,
        "tcp_lived": arrivals.tcp_lived(),
        "tcp_reply_ms_max": round(arrivals.tcp["reply_ms_max"], 1),
        "path": traffic.path(mover, peer.fqdn),
        "endpoint": (traffic.peer(mover, peer.fqdn) or {}).get("endpoint"),
    }


def run_scenario(kind, way, rounds, said=lambda text: None, logs=None):
    """A lab of its own for each scenario, so that no other node takes part."""
    with Internet() as internet:
        cloud = Cloud(internet.add(internet.site("cloud", "public"), "cloud"))
        cloud.serve()
        scenario = kind(internet, way)
        nodes = []
        for host in (scenario.mover, scenario.peer):
            node = Node(host)
            node.join(cloud.invite(host.name))
            node.up()
            nodes.append(node)
        mover, peer = nodes
        agent = traffic.Agent(mover.host)
        traffic.Agent(peer.host)
        scenario.prepare(mover)
        try:
            wait_for(lambda: _replies(agent, mover, peer), 30, "a first reply")
            traffic.wait_for_path(mover, peer.fqdn, "direct", 5)
            results = []
            for number in range(rounds):
                results.append(one_move(scenario, agent, mover, peer))
                said(f"   {number + 1}/{rounds}: gap {results[-1]['gap_ms']} ms, {results[-1]['path']}"
                     + ("" if results[-1]["tcp_lived"] else ", THE TCP CONNECTION BROKE"))
                traffic.wait_for_path(mover, peer.fqdn, "direct", 10)
            return results
        finally:
            if logs:
                folder = pathlib.Path(logs) / f"{kind.name} {way}".replace(" ", "-")
                folder.mkdir(parents=True, exist_ok=True)
                for log in internet.directory.glob("*.log"):
                    (folder / log.name).write_bytes(log.read_bytes())


def _replies(agent, mover, peer):
    try:
        return agent.first_reply(mover.virtual_ipv4, peer.fqdn, 5)["reply_ms"] is not None
    except LabError:
        return False


def figures(results):
    gaps = [result["gap_ms"] for result in results]
    return {"moves": len(results), "median_ms": round(statistics.median(gaps)), "worst_ms": round(max(gaps)),
            "tcp_lived": sum(result["tcp_lived"] for result in results), "back": sum(result["back"] for result in results),
            "paths": sorted({result["path"] or "none" for result in results})}


def table(summaries):
    lines = [f"{'':40}{'moves':>6}{'gap median':>12}{'worst':>10}{'TCP lived':>11}  path after"]
    for name, figure in summaries.items():
        if "error" in figure:
            lines.append(f"{name:40}FAILED: {figure['error']}")
        else:
            lines.append(f"{name:40}{figure['moves']:>6}{figure['median_ms']:>9} ms{figure['worst_ms']:>7} ms"
                         f"{figure['tcp_lived']:>11}  {', '.join(figure['paths'])}")
    return "\n".join(lines)


def good(figure):
    return "error" not in figure and figure["tcp_lived"] == figure["back"] == figure["moves"] and \
        all(figure[key] <= limit for key, limit in LIMITS.items())


def parse():
    parser = argparse.ArgumentParser(
        prog="bench/moves",
        description="Two nodes talk (a UDP echo every 10 ms and a TCP connection) while the network under them changes; prints "
                    "the longest time without a reply around each move. Exit status 0 if traffic and TCP connection survived "
                    f"all moves, with a median of at most {LIMITS['median_ms']} ms and a worst of {LIMITS['worst_ms']} ms each.")
    parser.add_argument("--rounds", type=int, default=6, help="moves per scenario, alternately there and back (default 6)")
    parser.add_argument("--only", help="comma-separated parts of names of scenarios, for example 'rebinding,both ends'")
    parser.add_argument("--json", metavar="FILE", help="write all figures to this file")
    parser.add_argument("--logs", metavar="DIR", help="copy the logs of all programs there")
    return parser.parse_args()


def chosen(only):
    pairs = {move_scenarios.title(kind, way): (kind, way) for kind, way in move_scenarios.ALL}
    if only:
        parts = [part.strip() for part in only.split(",")]
        pairs = {name: pair for name, pair in pairs.items() if any(part in name for part in parts)}
        if not pairs:
            names = ", ".join(move_scenarios.title(*pair) for pair in move_scenarios.ALL)
            sys.exit(f"bench/moves: no scenario has '{only}' in its name; there are: {names}")
    return pairs


def main():
    options = parse()
    pairs = chosen(options.only)
    interruptible()
    moves, summaries, began, stopped = {}, {}, time.monotonic(), False
    for number, (name, (kind, way)) in enumerate(pairs.items()):
        left = (time.monotonic() - began) / number * (len(pairs) - number) if number else 0
        print(f"== {name}" + (f" (about {left:.0f} s left)" if number else ""), flush=True)
        try:
            moves[name] = run_scenario(kind, way, options.rounds, lambda text: print(text, flush=True), options.logs)
            summaries[name] = figures(moves[name])
        except LabError as trouble:
            summaries[name] = {"error": str(trouble).strip().splitlines()[0]}
        except KeyboardInterrupt:
            stopped = True
            break
    print("\n" + table(summaries))
    if options.json:
        page = {"machine": machine(), "limits": LIMITS, "complete": not stopped, "summary": summaries, "moves": moves}
        pathlib.Path(options.json).write_text(json.dumps(page, indent=1) + "\n")
    if stopped:
        sys.exit("bench/moves: interrupted")
    sys.exit(0 if all(map(good, summaries.values())) else 1)


if __name__ == "__main__":
    main()
