"""The report of bench/study: first what holds, then the plots and figures behind it, then everything else."""

import claims
import figures
from pages import (COLOURS, Markup, escape, figure, legend, machine_table, number, page as html_page, spread, spread_line,
                   table, verdict)
from study_plan import CONVENTIONAL, PROPOSED, Plan

VERDICTS = {True: "holds here", False: "does not hold here", None: "not measured"}
E2_NAMES = {"idle": ("rtt_idle_ms", "all tunnels idle"), "pings": ("rtt_pings_ms", "pings over all tunnels"),
            "steady": ("rtt_steady_ms", "steady load"),
            "tcp": ("rtt_busy_ms", "every tunnel saturated by TCP")}


def page(document):
    plan = Plan.of(document["configuration"])
    parts = [_head(document, plan), _overview(document), *[_claim(document, plan, claim) for claim in document["claims"]],
             _throughput(document, plan), _orders(document, plan), _time(document), _drops(document, plan),
             _beside_the_slides(document, plan), _all(document, plan), _setting(document, plan)]
    return html_page("CYPHONIC: the study on this machine", "\n".join(parts))


def _head(document, plan):
    machine = document["machine"]
    state = "" if document["complete"] else " <b>The run was not completed; what there is, is shown.</b>"
    return (f"<h1>CYPHONIC: the study on this machine</h1><p class=quiet>{escape(machine['processor'])}, {machine['cores']} "
            f"cores, Linux {escape(machine['kernel'])}; {escape(machine['date'])}; commit {escape(machine['commit'])}; "
            f"{document['repetitions_measured']} interleaved repetitions of {plan.seconds:g} s, "
            f"{document['minutes']:g} minutes in all. The cloud, one listening node, up to {max(plan.connections)} initiating "
            f"nodes, iperf3 and ping share this machine.{state}</p>")


def _overview(document):
    rows = [(Markup(f"<a href='#{claim['id']}'>{claim['id']}</a> {escape(claim['title'])}"), verdict(claim["holds"], VERDICTS))
            for claim in document["claims"]]
    return "<h2>The slides' claims</h2>" + table(("Claim", "Here"), rows)


def _claim(document, plan, claim):
    return (f"<h2 id={claim['id']}>{claim['id']}: {escape(claim['title'])} {verdict(claim['holds'], VERDICTS)}</h2>"
            f"<p class=rule><b>Rule.</b> {escape(claim['rule'])}</p>"
            + PLOTS[claim["id"]](document, plan) + _parts(claim))


def _parts(claim):
    has_modes = any(PROPOSED in part for part in claim["parts"])
    differs = claim["id"] == "E1"
    header = ["Measure", "Here", *([CONVENTIONAL, PROPOSED] if has_modes else []),
              "Difference (range)" if differs else "Median (range)", *(["Slides"] if differs else [])]
    rows = []
    for part in claim["parts"]:
        words = VERDICTS if part["clear"] or part["holds"] is None else {key: f"{text}, within noise" for key, text in VERDICTS.items()}
        modes = [number(part.get(CONVENTIONAL)), number(part.get(PROPOSED))] if has_modes else []
        value = spread(part["value"], "+.3g" if differs else ".4g")
        slides = ["-" if part["slides"] is None else f"{part['slides']:+g} {part['unit']}"] if differs else []
        rows.append([part["title"], verdict(part["holds"], words), *modes, f"{value} {part['unit']}", *slides])
    return table(header, rows)


def _values(document, mode, measure, plan):
    return [document["figures"][mode][str(count)][measure] for count in sorted(plan.connections)]


def _by_connections(document, plan, measure, title, unit, zero=True):
    def draw(axes):
        for mode in plan.modes:
            spread_line(axes, sorted(plan.connections), _values(document, mode, measure, plan), mode)
        axes.set_xlabel("connections")
        axes.set_ylabel(unit)
        axes.set_xticks(sorted(plan.connections))
        axes.margins(y=0.12)
        if zero:
            axes.set_ylim(bottom=0)
        axes.set_title(title, loc="left", fontsize=11)
        legend(axes)
    return figure(draw, f"{title}: medians, bars from the least to the most of the repetitions.", 5.6, 3.6)


def _e1(document, plan):
    claim = document["claims"][0]

    def draw(part):
        def inner(axes):
            modes = [mode for mode in (CONVENTIONAL, PROPOSED) if part.get(mode) is not None]
            bars = axes.bar(modes, [part[mode] for mode in modes], color=[COLOURS[mode] for mode in modes], width=0.55)
            axes.bar_label(bars, labels=[number(part[mode]) for mode in modes], padding=2, fontsize=10)
            axes.set_ylabel(part["unit"])
            axes.set_title(part["title"], loc="left", fontsize=11)
            axes.margins(y=0.15)
            axes.grid(axis="x", visible=False)
        return inner

    return "<div class=pair>" + "".join(
        figure(draw(part), f"{part['title']}, medians.", 4.2, 2.7)
        for part in claim["parts"] if part["value"]) + "</div>"


def _e2(document, plan):
    return "<div class=pair>" + "".join(
        _by_connections(document, plan, measure, f"Round-trip time, {title}", "ms")
        for protocol, (measure, title) in E2_NAMES.items() if protocol in plan.protocols) + "</div>"


def _listener_line(document, plan, mode, protocol, read):
    return [figures.summary(figures.by_repetition(document["cells"], mode, count, protocol, read).values())
            for count in sorted(plan.connections)]


def _listener_plot(document, plan, protocol, series, title, unit):
    def draw(axes):
        for mode, label, read, name in series:
            spread_line(axes, sorted(plan.connections), _listener_line(document, plan, mode, protocol, read), name, label)
        axes.set_xlabel("connections")
        axes.set_ylabel(unit)
        axes.set_xticks(sorted(plan.connections))
        axes.set_ylim(bottom=0)
        axes.margins(y=0.15)
        axes.set_title(title, loc="left", fontsize=11)
        legend(axes)
    return figure(draw, f"{title}, at the listening node; medians and range.", 5.6, 3.6)


def _e3(document, plan):
    protocol = "pings"
    if PROPOSED not in plan.modes or protocol not in plan.protocols:
        return ""
    threads = [(PROPOSED, "threads of the operating system", claims.listener("os_threads"), "adaptive"),
               (PROPOSED, "platform threads of Java", claims.listener("platform_threads"), "serial")]
    tasks = [(mode, mode, claims.tasks_per_second, mode) for mode in plan.modes]
    live = [(mode, mode, claims.live_tasks, mode) for mode in plan.modes]
    return ("<div class=pair>" + _listener_plot(document, plan, protocol, threads, f"Threads of {PROPOSED}", "threads")
            + _listener_plot(document, plan, protocol, tasks, "Tasks per second, pings over every tunnel", "tasks/s")
            + _listener_plot(document, plan, protocol, live, "Tasks of the control plane, running or waiting", "tasks") + "</div>")


def _e4(document, plan):
    protocol = "tcp"
    if protocol not in plan.protocols:
        return ""
    return ("<div class=pair>" + "".join(
        _listener_plot(document, plan, protocol, [(mode, mode, read, mode) for mode in plan.modes], title, unit)
        for title, unit, read in (
            (f"Context switches under {protocol.upper()} load", "per 1000 packets", claims.switches_per_packet),
            ("Threads started per 1000 tasks", "threads", claims.threads_per_task))) + "</div>")


PLOTS = {"E1": _e1, "E2": _e2, "E3": _e3, "E4": _e4}


def _throughput(document, plan):
    shown = [(measure, title) for protocol, measure, title in (
        ("tcp", "tcp_mbps", "TCP throughput, all tunnels together"), ("udp", "udp_mbps", "UDP received, all tunnels together"))
        if protocol in plan.protocols]
    return "<h2>Throughput by connections</h2><div class=pair>" + "".join(
        _by_connections(document, plan, measure, title, "Mbit/s") for measure, title in shown) + "</div>"


def _orders(document, plan):
    rows = []
    for mode in plan.modes:
        cells = [cell for cell in document["cells"] if cell["mode"] == mode]
        rows.append((mode, sum(cell.get("reordered", 0) for cell in cells), sum(cell.get("out_of_order", 0) for cell in cells),
                     sum(cell.get("retransmits", 0) or 0 for cell in cells)))
    return ("<h2>Order of packets</h2><p>Packets leave in the order in which they came if both of the first two are 0: TCP "
            "segments the sender saw reordered (SACK and time stamps), and UDP datagrams iperf3 received out of order.</p>"
            + table(("Mode", "TCP reordered", "UDP out of order", "TCP retransmissions"), rows))


def _time(document):
    """Trends of the listening node over the whole run; repetitions and modes are marked by colour."""
    rows = document["trends"].get("listener", [])
    if len(rows) < 3:
        return ""

    def rate(name):
        return [(b["t"], (b[name] - a[name]) / (b["t"] - a["t"])) for a, b in zip(rows, rows[1:])
                if b["t"] > a["t"] and b[name] >= a[name]]

    def value(name, scale=1.0):
        return [(row["t"], row[name] * scale) for row in rows]

    plots = (("Processor time", "cores", [("listening node", rate("cpu_s"))]),
             ("Memory", "MB", [("resident", value("rss", 1e-6)), ("heap", value("heap", 1e-6)), ("off heap", value("off_heap", 1e-6))]),
             ("Threads and tasks", "", [("OS threads", value("os_threads")), ("platform threads", value("platform_threads")),
                                        ("tasks running or waiting", [(row["t"], row["tasks_running"] + row["tasks_waiting"]) for row in rows]),
                                        ("tunnels up", value("peers_up"))]),
             ("Garbage collection", "ms per s", [("pauses", [(t, v * 1000) for t, v in rate("gc_s")])]),
             ("Context switches", "per s", [("voluntary", rate("switches_voluntary")), ("involuntary", rate("switches_involuntary"))]),
             ("Batches", "packets per batch", [("mean size", _batch_sizes(rows))]),
             ("Ring", "slots occupied", [("outbound", value("ring_outbound")), ("inbound", value("ring_inbound"))]))
    machine = document["trends"].get("machine", [])
    extra = ""
    if len(machine) > 2:
        busy = [(b["t"], (b["cpu_busy_s"] - a["cpu_busy_s"]) / (b["t"] - a["t"])) for a, b in zip(machine, machine[1:]) if b["t"] > a["t"]]
        extra = _trend("The whole machine (node exporter)", "cores busy", [("all processes", busy)], document)
    return ("<h2>Over time</h2><p class=quiet>The listening node, by its own Prometheus endpoint; a new node for each mode and "
            "repetition. The shading is the number of connections, which goes up and down.</p><div class=pair>"
            + "".join(_trend(title, unit, series, document) for title, unit, series in plots) + extra + "</div>")


def _batch_sizes(rows):
    return [(b["t"], (b["packets"] - a["packets"]) / (b["batches"] - a["batches"])) for a, b in zip(rows, rows[1:])
            if b["batches"] > a["batches"] and b["packets"] >= a["packets"]]


def _trend(title, unit, series, document):
    rows = document["trends"]["listener"]
    most = max((row["connections"] or 0 for row in rows), default=0)

    def draw(axes):
        for label, points in series:
            axes.plot([t / 60 for t, _ in points], [v for _, v in points], label=label, linewidth=1.2)
        axes.set_ylim(bottom=0)
        top = axes.get_ylim()[1]
        if most:
            axes.fill_between([row["t"] / 60 for row in rows], [top * (row["connections"] or 0) / most for row in rows],
                              step="post", color="#eef1f3", zorder=0, linewidth=0)
        axes.set_xlabel("minutes")
        axes.set_ylabel(unit)
        axes.set_title(title, loc="left", fontsize=11)
        if len(series) > 1:
            legend(axes)
    return figure(draw, f"{title} over time.", 5.6, 3.2)


def _drops(document, plan):
    reasons = {}
    for cell in document["cells"]:
        for reason, count in ((cell.get("listener") or {}).get("drops") or {}).items():
            reasons.setdefault(reason, dict.fromkeys(plan.modes, 0))[cell["mode"]] += int(count)
    if not reasons:
        return "<h2>Drops</h2><p>The listening node dropped no packet while anything was measured.</p>"
    return ("<h2>Drops</h2><p class=quiet>At the listening node, while anything was measured; every drop has one reason.</p>"
            + table(("Reason", *plan.modes), [(reason, *counts.values()) for reason, counts in sorted(reasons.items())]))


def _beside_the_slides(document, plan):
    e1 = {part["title"]: part for part in document["claims"][0]["parts"]}

    def here(title):
        part = e1.get(title)
        return "-" if not part or not part["value"] else f"{part['value']['median']:+.4g} {part['unit']}"

    rows = [
        ("Node", "Ubuntu 22.04, i9-13900, 2 cores, 1 GiB", f"{document['machine']['system']}, {document['machine']['cores']} cores, all nodes on one machine"),
        ("Language", "Go 1.20, goroutines", "Java 25, ring workers and virtual threads"),
        ("Network", "closed network, 1 listening and 10 initiating terminals", f"namespaces, 1 listening and {max(plan.connections)} initiating nodes"),
        ("E1, TCP", "+16.9 Mbit/s", here("TCP throughput")), ("E1, UDP", "+13.1 Mbit/s", here("UDP throughput")),
        ("E1, round-trip time", "-4.0 ms", f"{here('Round-trip time, idle (not part of the rule)')} idle, {here('Round-trip time under TCP load')} under TCP load"),
        ("E2", "conventional grows, proposed stays constant", VERDICTS[document["claims"][1]["holds"]]),
        ("E3", "worker threads grow, OS threads stay constant", VERDICTS[document["claims"][2]["holds"]]),
        ("E4", "cost of threads and switches kept away from the OS", VERDICTS[document["claims"][3]["holds"]]),
    ]
    return ("<h2>Beside the slides</h2><p class=quiet>The slides' machine and its load are not this one: compare directions "
            "and ratios, not absolute figures.</p>" + table(("", "Slides (September 2023)", "Here"), rows))


def _all(document, plan):
    header = ("Mode, connections", "TCP, Mbit/s", "UDP, Mbit/s", "UDP loss, %", "RTT idle, ms", "RTT, pings over all, ms", "RTT steady, ms", "RTT under TCP, ms")
    rows = []
    for mode in plan.modes:
        for count in sorted(plan.connections):
            each = document["figures"][mode][str(count)]
            rows.append((f"{mode}, {count}", *[spread(each[name], ".3g" if "ms" in name or "percent" in name else ".0f") for name in (
                "tcp_mbps", "udp_mbps", "udp_loss_percent", "rtt_idle_ms", "rtt_pings_ms", "rtt_steady_ms", "rtt_busy_ms")]))
    nodes = table(("Initiating nodes, medians", "RSS, MB", "heap, MB", "off heap, MB", "OS threads"), [
        (f"{row['mode']}, {row['connections']}", *[number(row[key] / 1e6, ".0f") if row[key] is not None else "-" for key in ("rss", "heap", "off_heap")],
         number(row["os_threads"], ".0f")) for row in document["initiators"]])
    return ("<h2>All figures</h2><p class=quiet>Median (least to most of the repetitions).</p>" + table(header, rows) + nodes)


def _setting(document, plan):
    words = {"connections": "Connections", "modes": "Modes", "protocols": "Protocols", "repetitions": "Repetitions",
             "seconds": "Seconds of each run", "preparation": "Seconds of preparation", "settle": "Most seconds until the machine is at rest", "warm_up": "Seconds of warm-up",
             "udp_mbps": "UDP offered in all, Mbit/s", "steady_mbps": "Steady load in all, Mbit/s", "engine": "Engine settings"}
    rows = [(words[key], ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else value or "-")
            for key, value in document["configuration"].items() if key in words]
    troubles = "".join(f"<p class=quiet>Repeated: {escape(each['mode'])}, {each['connections']} connections, "
                       f"{escape(each['protocol'])}: {escape(each['text'][:200])}</p>" for each in document["troubles"])
    return "<h2>Machine and settings</h2><div class=pair>" + machine_table(document["machine"]) + table(("Setting", ""), rows) + "</div>" + troubles
