"""From a journal to results.json: figures by mode and connections, claims, and trends thinned for the plots."""

import claims
import figures
from study_plan import Plan

MEASURES = {
    "tcp_mbps": ("tcp", "mbps"),
    "udp_mbps": ("udp", "mbps"),
    "udp_loss_percent": ("udp", "loss_percent"),
    "rtt_idle_ms": ("idle", "rtt_ms"),
    "rtt_pings_ms": ("pings", "rtt_ms"),
    "rtt_steady_ms": ("steady", "rtt_ms"),
    "rtt_busy_ms": ("tcp", "rtt_ms"),
    "tcp_reordered": ("tcp", "reordered"),
    "udp_out_of_order": ("udp", "out_of_order"),
}
TREND_POINTS = 400
TREND = ("cpu_s", "rss", "heap", "off_heap", "gc_s", "gc_pauses", "os_threads", "platform_threads", "tasks_running",
         "tasks_waiting", "tasks_started", "switches_voluntary", "switches_involuntary", "descriptors", "ring_outbound",
         "ring_inbound", "batches", "packets", "drops", "peers_up")


def table(cells, plan):
    """{mode: {connections: {measure: summary}}} of everything measured."""
    return {mode: {str(count): {measure: figures.summary(figures.by_repetition(cells, mode, count, protocol, name).values())
                                for measure, (protocol, name) in MEASURES.items()}
                   for count in sorted(plan.connections)} for mode in plan.modes}


def trends(samples):
    """Time series of the listening node and of the machine, from the start, thinned."""
    rows = {name: sorted((row for row in samples if row["node"] == name), key=lambda row: row["t"])
            for name in ("listener", "machine")}
    begin = min((row["t"] for each in rows.values() for row in each), default=0)
    kept = {}
    for name, each in rows.items():
        kept[name] = [{"t": round(row["t"] - begin, 1), "mode": row.get("mode"), "connections": row.get("connections"),
                       "phase": row.get("phase"), "repetition": row.get("repetition"),
                       **{key: row[key] for key in row if key in TREND or name == "machine" and key not in ("t", "node")}}
                      for row in figures.thin(each, TREND_POINTS)]
    return kept


def initiators(samples):
    """Medians over all initiating nodes, by mode and connections."""
    groups = {}
    for row in samples:
        if row["node"].startswith("initiator") and row.get("connections"):
            groups.setdefault((row["mode"], row["connections"]), []).append(row)
    return [{"mode": mode, "connections": count,
             **{name: figures.median([row.get(name) for row in rows])
                for name in ("rss", "heap", "off_heap", "os_threads", "platform_threads", "tasks_waiting")}}
            for (mode, count), rows in sorted(groups.items())]


def results(journal, samples):
    begin = journal.last("plan")
    plan = Plan.of(begin["plan"])
    cells = journal.entries("cell")
    return {
        "kind": "study",
        "preset": begin["preset"],
        "machine": begin["machine"],
        "configuration": begin["plan"],
        "complete": len({(c["repetition"], c["mode"], c["connections"], c["protocol"]) for c in cells})
        == len(list(plan.cells())),
        "repetitions_measured": 1 + max(cell["repetition"] for cell in cells),
        "minutes": round(sum(entry["seconds"] for entry in journal.entries("spent")) / 60, 1),
        "troubles": journal.entries("trouble"),
        "figures": table(cells, plan),
        "claims": claims.judge(cells, plan),
        "initiators": initiators(samples),
        "cells": cells,
        "trends": trends(samples),
    }
