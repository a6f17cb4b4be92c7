"""The report of bench/heat: the verdict, and the trends it rests on."""

import drift
import figures
from pages import PALETTE, escape, figure, legend, machine_table, number, page as html_page, table, verdict

WORDS = {True: "drifts", False: "steady", None: "too few steps"}
MOST_POINTS = 1000
PROTOCOL_NAMES = {"tcp": "TCP", "udp": "UDP", "icmp": "ICMP"}
PLOTS = (("rss", "Resident memory", "MB", 1e-6), ("heap", "Heap in use", "MB", 1e-6), ("os_threads", "Threads", "", 1),
         ("descriptors", "Descriptors", "", 1), ("rtt_ms", "Round-trip time", "ms", 1), ("mbps", "Throughput", "Mbit/s", 1))


def page(document):
    machine, plan = document["machine"], document["configuration"]
    good = [step for step in document["steps"] if not step["trouble"]]
    hours = sum(step["seconds"] for step in document["steps"]) / 3600
    state = "" if len(document["steps"]) >= document["steps_planned"] else " The run is not over."
    parts = [
        "<h1>CYPHONIC: heat run</h1>"
        f"<p class=quiet>{escape(machine['processor'])}, {machine['cores']} cores, Linux {escape(machine['kernel'])}; "
        f"{escape(machine['date'])}; commit {escape(machine['commit'])}; {len(document['steps'])} of {document['steps_planned']} "
        f"steps, {hours:.2f} h; started {document['lives']} time(s), resumptions and crashes included.{state}</p>",
        f"<h2>Verdict {verdict({'stable': True, 'short': None}.get(document['verdict'], False), dict.fromkeys((True, False, None), document['verdict']))}</h2>",
        f"<p>{escape(drift.sentence(document))}.</p>",
        "<p class=rule><b>Rule.</b> Every step is compared with the steps of the same protocol and number of connections; memory, "
        "threads and descriptors within one life of the process. A line through these ratios, without the first tenth of the "
        "run, gives the change over the run. It counts as drift if it is worse than the limit and than twice the scatter.</p>",
        _checks(document), "<div class=pair>" + "".join(_trend(good, *each) for each in PLOTS) + "</div>",
        _connections(good), _failures(document), _settings(plan), machine_table(machine)]
    return html_page("CYPHONIC: heat run", "\n".join(parts))


def _checks(document):
    return table(("Figure", "Here", "Change", "Limit", "Steps"), [
        (each["title"], verdict({True: False, False: True, None: None}[each["drifts"]],
                                {False: WORDS[True], True: WORDS[False], None: WORDS[None]}),
         "-" if each["change"] is None else f"{each['change']:+.1%}", f"{each['limit']:.0%}", each["steps"])
        for each in document["checks"]])


def _trend(steps, name, title, unit, scale):
    points = {}
    for step in steps:
        if step.get(name) is not None:
            points.setdefault(step["protocol"], []).append((step["began"], step[name] * scale))
    if not points:
        return ""
    begin = min(step["began"] for step in steps)
    unit_seconds, unit_name = (3600, "hours") if steps[-1]["began"] - begin > 7200 else (60, "minutes")

    def draw(axes):
        for colour, (protocol, each) in zip(PALETTE, points.items()):
            kept = figures.thin(each, MOST_POINTS)
            axes.plot([(when - begin) / unit_seconds for when, _ in kept], [value for _, value in kept], ".-", color=colour,
                      label=PROTOCOL_NAMES[protocol], linewidth=0.8, markersize=4)
        axes.margins(y=0.12)
        axes.set_ylim(bottom=0)
        axes.set_xlabel(unit_name)
        axes.set_ylabel(unit)
        axes.set_title(title, loc="left", fontsize=11)
        legend(axes)
    return figure(draw, f"{title}, step by step.", 5.6, 3.2)


def _connections(steps):
    rows = {}
    for step in steps:
        rows.setdefault((step["protocol"], step["connections"]), []).append(step)
    return "<h2>By connections</h2>" + table(("Protocol, connections", "Mbit/s", "RTT, ms", "RSS, MB", "Threads", "Steps"), [
        (f"{PROTOCOL_NAMES[protocol]}, {count}", number(figures.median([step.get("mbps") for step in each])),
         number(figures.median([step.get("rtt_ms") for step in each]), ".3g"),
         number((figures.median([step.get("rss") for step in each]) or 0) / 1e6, ".0f"),
         number(figures.median([step.get("os_threads") for step in each]), ".0f"), len(each))
        for (protocol, count), each in sorted(rows.items())])


def _failures(document):
    failed = [step for step in document["steps"] if step["trouble"]]
    if not failed and not document["crash_logs"]:
        return ""
    return ("<h2>Failed steps</h2>" + table(("Step", "What"), [
        (f"{step['number'] + 1}: {step['protocol']}, {step['connections']}", step["trouble"]) for step in failed])
        + "".join(f"<h3>{escape(name)} ended by itself</h3><pre class=scroll>{escape(log)}</pre>"
                  for crash in document["crash_logs"] for name, log in crash["logs"].items()))


def _settings(plan):
    return "<h2>Settings</h2>" + table(("Setting", ""), [
        (key.replace("_", " "), ", ".join(value) if isinstance(value, list) else value) for key, value in plan.items()])
