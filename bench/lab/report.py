"""The page of bench/peers: one plot for each question, and the figures under them."""

import html
import io

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plot  # noqa: E402

PLOTS = (
    ("TCP, Mbit/s (more is better)", ("tcp_1_mbps", "tcp_1_reverse_mbps", "tcp_4_mbps", "tcp_4_reverse_mbps"),
     ("1 flow", "1 flow back", "4 flows", "4 flows back")),
    ("UDP received, Mbit/s, by offered rate (more is better)", ("udp_500M_mbps", "udp_1000M_mbps", "udp_2000M_mbps"),
     ("500", "1000", "2000")),
    ("Round-trip time, ms (less is better)", ("rtt_idle_ms", "rtt_loaded_ms"), ("idle", "under TCP load")),
    ("Processor seconds per gigabyte, both ends (less is better)", ("cpu_s_per_gb",), ("CPU",)),
    ("Peak memory of one end, MB (less is better)", ("peak_rss_mb",), ("RSS",)),
)

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #222 }
svg { width: 100%; height: auto } table { border-collapse: collapse; font-size: .8rem; display: block; overflow-x: auto }
td, th { padding: .2rem .6rem; text-align: right; border-bottom: 1px solid #ddd } th:first-child { text-align: left }
@media print { body { max-width: none } h2 { break-after: avoid } }
"""


def _bars(title, keys, labels, medians):
    names = list(medians)
    figure, axes = plot.subplots(figsize=(9, 0.35 * len(names) * max(1, len(keys) * 0.7) + 1.2))
    height = 0.8 / len(keys)
    for index, (key, label) in enumerate(zip(keys, labels)):
        values = [medians[name].get(key) or 0 for name in names]
        places = [place + (index - (len(keys) - 1) / 2) * height for place in range(len(names))]
        bars = axes.barh(places, values, height, label=label)
        axes.bar_label(bars, fmt="%.3g", padding=3, fontsize=7)
    axes.set_yticks(range(len(names)), names)
    axes.invert_yaxis()
    axes.margins(x=0.12)
    axes.set_title(title)
    if len(keys) > 1:
        axes.legend(fontsize=8)
    figure.tight_layout()
    out = io.StringIO()
    figure.savefig(out, format="svg")
    plot.close(figure)
    text = out.getvalue()
    return text[text.index("<svg"):]


def page(document):
    """One self-contained HTML page."""
    machine, medians = document["machine"], document["medians"]
    keys = list(next(iter(medians.values())))
    rows = "".join(
        f"<tr><th>{html.escape(name)}</th>" + "".join(
            f"<td>{'-' if figures[key] is None else format(figures[key], '.4g')}</td>" for key in keys) + "</tr>"
        for name, figures in medians.items())
    return (
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>"
        f"<title>Tunnels compared</title><style>{STYLE}</style><h1>Tunnels compared</h1>"
        f"<p>{html.escape(machine['processor'])}, {machine['cores']} cores, Linux {html.escape(machine['kernel'])}, "
        f"{machine['date']}, commit {html.escape(machine['commit'])}. Medians of "
        f"{max(len(runs) for runs in document['rounds'].values())} interleaved rounds; both ends on this machine.</p>"
        + "".join(f"<h2>{html.escape(title)}</h2>{_bars(title, keys_, labels, medians)}" for title, keys_, labels in PLOTS)
        + "<h2>All figures</h2><table><tr><th></th>" + "".join(f"<th>{html.escape(key)}</th>" for key in keys)
        + f"</tr>{rows}</table></html>\n"
    )
