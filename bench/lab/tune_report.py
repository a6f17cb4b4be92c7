"""The report of bench/tune: throughput against delay, the table, and the lines for node.yaml."""

from pages import PALETTE, escape, figure, machine_table, number, page as html_page, spread, table

GOAL_WORDS = {"throughput": "Best for throughput", "delay": "Best for delay"}


def page(document):
    machine, plan = document["machine"], document["configuration"]
    parts = [
        f"<h1>CYPHONIC: settings on this machine</h1><p class=quiet>{escape(machine['processor'])}, {machine['cores']} cores, "
        f"Linux {escape(machine['kernel'])}; {escape(machine['date'])}; commit {escape(machine['commit'])}; mode "
        f"{escape(plan['mode'])}, {plan['connections']} connection(s), {plan['repetitions']} repetitions of {plan['seconds']:g} s.</p>",
        "<p class=rule><b>Rule.</b> Throughput is the geometric mean of TCP and UDP, delay that of the round-trip times idle and "
        "under TCP load; both as the ratio to the defaults of the same repetition. A setting is recommended only if it beat "
        "the defaults in every repetition.</p>",
        *[_best(goal, each) for goal, each in document["best"].items()], figure(_scatter(document), "Each setting against the "
        "defaults, medians. Up: more throughput. To the right: less delay.", 6.4, 4.6), _table(document), machine_table(machine)]
    return html_page("CYPHONIC: settings on this machine", "\n".join(parts))


def _best(goal, each):
    if not each["setting"]:
        return f"<h2>{GOAL_WORDS[goal]}: the defaults</h2><p>No setting beat them in every repetition.</p>"
    return f"<h2>{GOAL_WORDS[goal]}: x {spread(each['gain'], '.2f')}</h2><pre>{escape(each['yaml'])}</pre>"


def _scatter(document):
    def draw(axes):
        for index, row in enumerate(document["settings"]):
            x, y = (row["gain"][goal]["median"] if row["gain"][goal] else None for goal in ("delay", "throughput"))
            if x is not None and y is not None:
                axes.plot(x, y, "o", color=PALETTE[index % len(PALETTE)], markersize=7)
                axes.annotate(row["name"], (x, y), textcoords="offset points", xytext=(6, 4), fontsize=8)
        axes.axhline(1, color="#8a949c", linewidth=0.8)
        axes.axvline(1, color="#8a949c", linewidth=0.8)
        axes.margins(0.18)
        axes.set_xlabel("1 / delay, x defaults")
        axes.set_ylabel("throughput, x defaults")
    return draw


def _table(document):
    return "<h2>All settings</h2>" + table(
        ("Setting", "Throughput, x", "1 / delay, x", "TCP, Mbit/s", "UDP, Mbit/s", "UDP loss, %", "RTT idle, ms", "RTT busy, ms", "Reordered", "Peak RSS, MB"),
        [(row["name"], spread(row["gain"]["throughput"], ".2f"), spread(row["gain"]["delay"], ".2f"), number(row["tcp_mbps"], ".0f"),
          number(row["udp_mbps"], ".0f"), number(row["udp_loss_percent"], ".1f"), number(row["rtt_idle_ms"], ".3f"),
          number(row["rtt_busy_ms"], ".3f"), number(row["reordered"], ".0f"), number((row["rss_peak"] or 0) / 1e6, ".0f"))
         for row in document["settings"]])
