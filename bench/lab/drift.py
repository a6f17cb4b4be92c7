"""Does anything drift? Each figure is compared with its own like: the same protocol and number of connections."""

import dataclasses
import statistics

import figures

FEWEST_STEPS = 30
WARM_UP_SHARE = 0.1
SIGNIFICANCE = 2.0


@dataclasses.dataclass(frozen=True)
class Watched:
    """A figure of a step, and by how much of itself it may change over the whole run in the wrong direction."""

    name: str
    title: str
    unit: str
    limit: float
    worse: int
    per_life: bool


WATCHED = (
    Watched("rss", "resident memory", "bytes", 0.10, 1, True),
    Watched("heap", "heap in use", "bytes", 0.50, 1, True),
    Watched("os_threads", "threads", "", 0.10, 1, True),
    Watched("descriptors", "descriptors", "", 0.10, 1, True),
    Watched("rtt_ms", "round-trip time", "ms", 0.20, 1, False),
    Watched("mbps", "throughput", "Mbit/s", 0.20, -1, False),
)


def relative(steps, watched):
    """[(time, value / median of its like)]. What belongs to a process (memory) is compared within one life of it."""
    groups = {}
    for step in steps:
        value = step.get(watched.name)
        if value is not None:
            life = step.get("life", 0) if watched.per_life else 0
            groups.setdefault((step["protocol"], step["connections"], life), []).append((step["began"], value))
    points = []
    for group in groups.values():
        middle = statistics.median(value for _, value in group)
        if middle > 0:
            points += [(when, value / middle) for when, value in group]
    return sorted(points)


def check(steps, watched):
    """The change over the run by a line through the relative values, and whether it counts as drift.

    The first tenth is left out (compilers and caches settle). It counts when it exceeds both the limit and twice the
    scatter around the line; with few steps nothing is said."""
    points = relative(steps, watched)
    result = {"name": watched.name, "title": watched.title, "limit": watched.limit, "steps": len(points)}
    if len(points) < FEWEST_STEPS:
        return result | {"change": None, "drifts": None}
    points = points[int(len(points) * WARM_UP_SHARE):]
    line = figures.slope(points)
    if line is None:
        return result | {"change": None, "drifts": None}
    slope, start = line
    change = slope * (points[-1][0] - points[0][0])
    scatter = statistics.pstdev(value - (start + slope * when) for when, value in points)
    return result | {"change": round(change, 4), "scatter": round(scatter, 4),
                     "drifts": change * watched.worse > max(watched.limit, SIGNIFICANCE * scatter)}


def verdict(steps, failures, crashes):
    """All checks, and one word: stable, drifts, failed or short (stable so far, but too short to tell)."""
    checks = [check(steps, watched) for watched in WATCHED]
    if failures or crashes or not steps:
        word = "failed"
    elif any(each["drifts"] for each in checks):
        word = "drifts"
    elif any(each["drifts"] is None for each in checks):
        word = "short"
    else:
        word = "stable"
    return {"verdict": word, "checks": checks, "failures": failures, "crashes": crashes}


def sentence(judged):
    drifting = ", ".join(each["title"] for each in judged["checks"] if each["drifts"])
    return {
        "stable": "stable: no step failed and nothing drifts",
        "drifts": f"not stable: {drifting} drifts",
        "failed": f"failed: {judged['failures']} steps failed, nodes ended by themselves {judged['crashes']} times",
        "short": "no step failed; too few steps to judge drift",
    }[judged["verdict"]]
