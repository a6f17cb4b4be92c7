"""The slides' claims E1 to E4, each judged by a stated rule on what was measured here. Nothing is rounded in favour."""

import figures
from study_plan import CONVENTIONAL, PROPOSED

RATIO_LIMIT = 1.1
SLIDES = {"E1": {"tcp_mbps": 16.9, "udp_mbps": 13.1, "rtt_ms": -4.0}}


def judge(cells, plan):
    """All four claims; `holds` is None where the plan did not measure what the rule needs."""
    return [_e1(cells, plan), _e2(cells, plan), _e3(cells, plan), _e4(cells, plan)]


def _claim(number, title, rule, parts, **more):
    verdicts = [part["holds"] for part in parts]
    holds = False if False in verdicts else None if None in verdicts or not verdicts else True
    return {"id": f"E{number}", "title": title, "rule": rule, "holds": holds, "parts": parts, **more}


# ---- E1: one connection, proposed against conventional ----

E1_PARTS = (
    ("TCP throughput", "tcp", "mbps", "Mbit/s", 1, "tcp_mbps"),
    ("UDP throughput", "udp", "mbps", "Mbit/s", 1, "udp_mbps"),
    ("Round-trip time under TCP load", "tcp", "rtt_ms", "ms", -1, None),
    ("Round-trip time, idle (not part of the rule)", "idle", "rtt_ms", "ms", -1, "rtt_ms"),
)


def _e1(cells, plan):
    count = min(plan.connections)
    parts = []
    for title, protocol, name, unit, wanted, slides in E1_PARTS:
        proposed = figures.by_repetition(cells, PROPOSED, count, protocol, name)
        conventional = figures.by_repetition(cells, CONVENTIONAL, count, protocol, name)
        differences = figures.paired(proposed, conventional, lambda new, old: new - old)
        # The idle round-trip time is shown, as the slides have it, but the claim is about work being done.
        parts.append(_difference(title, unit, wanted, differences, proposed, conventional,
                                 SLIDES["E1"].get(slides), decides=protocol != "idle"))
    deciding = [part for part in parts if part.pop("decides")]
    claim = _claim(1, f"{PROPOSED} beats {CONVENTIONAL} with {count} connection{'s' if count > 1 else ''}",
                   f"For TCP, UDP and the round-trip time under TCP load: the median of the differences {PROPOSED} - "
                   f"{CONVENTIONAL}, taken repetition by repetition, has the claimed sign. 'Within noise' is said "
                   "where single repetitions disagree about the sign, or there is only one.", deciding)
    return claim | {"parts": parts}


def _difference(title, unit, wanted, differences, proposed, conventional, slides, decides):
    spread = figures.summary(differences.values())
    holds = None if spread is None else spread["median"] * wanted > 0
    # One repetition alone says nothing about the scatter.
    clear = spread is not None and spread["n"] > 1 and (spread["low"] > 0) == (spread["high"] > 0) and spread["low"] * spread["high"] != 0
    return {"title": title, "unit": unit, "value": spread, "slides": slides, "holds": holds, "clear": clear,
            PROPOSED: figures.median(proposed.values()), CONVENTIONAL: figures.median(conventional.values()),
            "decides": decides}


# ---- E2: the round-trip time does not grow with connections ----

E2_PARTS = (("all tunnels idle", "idle"), ("pings over all tunnels at once", "pings"), ("steady load, the same in all", "steady"), ("every tunnel saturated by TCP", "tcp"))


def _e2(cells, plan):
    few, many = min(plan.connections), max(plan.connections)
    parts, conventional = [], []
    for title, protocol in E2_PARTS:
        if protocol not in plan.protocols:
            continue
        spread = _growth(cells, PROPOSED, few, many, protocol)
        other = _growth(cells, CONVENTIONAL, few, many, protocol)
        parts.append({"title": f"{PROPOSED}, {title}", "unit": "x", "value": spread,
                      "holds": None if spread is None or few == many else spread["median"] <= RATIO_LIMIT,
                      "clear": True, "slides": None, PROPOSED: spread and spread["median"],
                      CONVENTIONAL: other and other["median"]})
        conventional.append({"title": f"{CONVENTIONAL}, {title}", "value": other,
                             "grows": None if other is None else other["median"] > RATIO_LIMIT})
    return _claim(2, f"the round-trip time of {PROPOSED} stays constant from {few} to {many} connections",
                  f"Mean round-trip time over all tunnels with {many} connections divided by that with {few}, repetition by "
                  f"repetition: the median of these ratios is at most {RATIO_LIMIT}, for each kind of load. (When every "
                  "tunnel is saturated, all nodes, iperf3 and ping compete for the processors of this one machine.)",
                  parts, conventional=conventional)


def _growth(cells, mode, few, many, protocol):
    return figures.summary(figures.paired(
        figures.by_repetition(cells, mode, many, protocol, "rtt_ms"),
        figures.by_repetition(cells, mode, few, protocol, "rtt_ms"), lambda new, old: new / old).values())


# ---- E3: tasks grow, threads do not ----

def listener(name):
    return lambda cell: cell["listener"][name] if cell.get("listener") else None


def tasks_per_second(cell):
    """Virtual threads started and batches worked on, each a task that a thread picks up."""
    return (cell["listener"]["tasks_started"] + cell["listener"]["batches"]) / cell["seconds"] if cell.get("listener") else None


def live_tasks(cell):
    return cell["listener"]["tasks_running"] + cell["listener"]["tasks_waiting"] if cell.get("listener") else None


def _e3(cells, plan):
    few, many = min(plan.connections), max(plan.connections)
    protocol = "pings"
    parts = []
    for title, name in (("Platform threads of Java", "platform_threads"), ("Threads of the operating system", "os_threads")):
        medians = [figures.median(figures.by_repetition(cells, PROPOSED, count, protocol, listener(name)).values())
                   for count in sorted(plan.connections)]
        known = [value for value in medians if value is not None]
        parts.append({"title": f"{title} of the listening node", "unit": "", "slides": None, "clear": True,
                      "value": figures.summary(known),
                      "holds": max(known) <= RATIO_LIMIT * min(known) + 1 if len(known) > 1 else None})
    growth = figures.summary(figures.paired(
        figures.by_repetition(cells, PROPOSED, many, protocol, tasks_per_second),
        figures.by_repetition(cells, PROPOSED, few, protocol, tasks_per_second),
        lambda new, old: new / old if old else None).values())
    parts.append({"title": f"Tasks per second with {many} connections over those with {few}", "unit": "x",
                  "slides": None, "clear": True, "value": growth,
                  "holds": None if growth is None or few == many else growth["low"] > 1})
    return _claim(3, "tasks grow with connections, threads of the operating system stay constant",
                  f"Over all connection counts, with pings over every tunnel at once: the largest median thread count is at most "
                  f"{RATIO_LIMIT} x the smallest, plus one; and the tasks per second (virtual threads started and "
                  f"batches worked on) with {many} connections exceed those with {few} in every repetition.", parts)


# ---- E4: the operating system does not pay for it ----

def threads_per_task(cell):
    tasks = tasks_per_second(cell)
    return 1000 * cell["listener"]["threads_started"] / (tasks * cell["seconds"]) if tasks else None


def switches_per_packet(cell):
    have = cell.get("listener")
    switches = have["switches_voluntary"] + have["switches_involuntary"] if have else None
    return 1000 * switches / have["packets"] if have and have["packets"] else None


def _e4(cells, plan):
    few, many = min(plan.connections), max(plan.connections)
    protocol = "tcp"
    created = figures.summary(figures.by_repetition(cells, PROPOSED, many, protocol, threads_per_task).values())
    switches = {count: figures.by_repetition(cells, PROPOSED, count, protocol, switches_per_packet) for count in (few, many)}
    growth = figures.summary(figures.paired(switches[many], switches[few], lambda new, old: new / old if old else None).values())
    parts = [
        {"title": f"Threads of the operating system started per 1000 tasks, {many} connections", "unit": "", "slides": None,
         "clear": True, "value": created, "holds": None if created is None else created["median"] < 1},
        {"title": f"Context switches per packet with {many} connections over those with {few}", "unit": "x", "slides": None,
         "clear": True, "value": growth, "holds": None if growth is None or few == many else growth["median"] <= RATIO_LIMIT,
         "per_1000_packets": {str(count): figures.median(values.values()) for count, values in switches.items()}},
    ]
    return _claim(4, "the cost of threads and of context switches is kept away from the operating system",
                  f"Under {protocol.upper()} load at the listening node: less than one thread of the operating system is "
                  f"started per 1000 tasks, and the context switches per packet with {many} connections are at most "
                  f"{RATIO_LIMIT} x those with {few}.", parts)
