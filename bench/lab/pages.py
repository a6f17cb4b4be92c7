"""What all reports share: the page around them, tables, and plots as inline SVG."""

import html
import io

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as pyplot  # noqa: E402

COLOURS = {"adaptive": "#0b6e4f", "pipeline": "#c8553d", "serial": "#5b7db1", "slides": "#999999"}
MARKS = {"adaptive": "o", "pipeline": "s", "serial": "^", "slides": "x"}
PALETTE = ("#0b6e4f", "#c8553d", "#5b7db1", "#b8860b", "#7d4e9e", "#444444")

STYLE = """
:root { color-scheme: light }
* { box-sizing: border-box }
body { font: 16px/1.55 system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; max-width: 62rem; margin: 1.5rem auto;
  padding: 0 1rem; color: #1d2327; background: #fff }
h1 { font-size: 1.7rem; line-height: 1.25; margin: 0 0 .4rem } h2 { font-size: 1.25rem; margin: 2.2rem 0 .4rem }
h3 { font-size: 1.02rem; margin: 1.2rem 0 .2rem } p { margin: .5rem 0 } .quiet { color: #59636e; font-size: .9rem }
figure { margin: .8rem 0 1.4rem } figure svg { width: 100%; max-width: 46rem; height: auto; display: block }
figcaption { color: #59636e; font-size: .88rem } .pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 22rem), 1fr)); gap: 0 1.2rem }
.scroll { overflow-x: auto; -webkit-overflow-scrolling: touch } table { border-collapse: collapse; font-size: .88rem; margin: .5rem 0 }
th, td { padding: .3rem .7rem; text-align: right; border-bottom: 1px solid #dfe3e6; white-space: nowrap; font-variant-numeric: tabular-nums }
th { color: #3c464e; font-weight: 600 } th:first-child, td:first-child { text-align: left; white-space: normal; min-width: 9rem }
.verdict { display: inline-block; padding: .08rem .55rem; border-radius: .3rem; font-weight: 600; font-size: .88rem; white-space: nowrap }
.holds { background: #d7f0e3; color: #084c36 } .fails { background: #fbe0da; color: #7c2311 } .unknown { background: #e8eaed; color: #3c464e }
.rule { border-left: 3px solid #dfe3e6; padding-left: .8rem; color: #3c464e; font-size: .92rem }
@media print { body { max-width: none; font-size: 11pt; margin: 0 } h2, h3 { break-after: avoid } figure, table, .rule { break-inside: avoid }
  .scroll { overflow: visible } a { color: inherit; text-decoration: none } * { -webkit-print-color-adjust: exact; print-color-adjust: exact } }
"""


def escape(text):
    return html.escape(str(text))


def page(title, body):
    """One self-contained HTML page."""
    return (f"<!doctype html>\n<html lang=en><head><meta charset=utf-8>"
            f"<meta name=viewport content='width=device-width, initial-scale=1'><title>{escape(title)}</title>"
            f"<style>{STYLE}</style></head>\n<body>\n{body}\n</body></html>\n")


def table(header, rows):
    """Rows of cells; a cell may be text (escaped) or Markup."""
    head = "".join(f"<th>{_cell(cell)}</th>" for cell in header)
    body = "".join("<tr>" + "".join(f"<td>{_cell(cell)}</td>" for cell in row) + "</tr>\n" for row in rows)
    return f"<div class=scroll><table><thead><tr>{head}</tr></thead><tbody>\n{body}</tbody></table></div>"


class Markup(str):
    """Text that is HTML already."""


def _cell(cell):
    return cell if isinstance(cell, Markup) else escape(cell)


def number(value, form=".4g"):
    """A figure for people; a dash for one that is missing."""
    if value is None:
        return "-"
    text = format(value, form)
    return text if "e" not in text else f"{value:.0f}"


def spread(summary, form=".4g"):
    """Median and, if there is more than one value, the range."""
    if not summary:
        return "-"
    middle = number(summary["median"], form)
    return middle if summary["n"] == 1 else f"{middle} ({number(summary['low'], form)} to {number(summary['high'], form)})"


def verdict(holds, words):
    kind = {True: "holds", False: "fails", None: "unknown"}[holds]
    return Markup(f"<span class='verdict {kind}'>{escape(words[holds])}</span>")


def figure(draw, caption, width=7.2, height=3.6):
    """Runs `draw(axes)` and returns the plot as an HTML figure."""
    pyplot.rcParams.update({"font.family": "sans-serif", "font.size": 11, "axes.spines.top": False,
                            "axes.spines.right": False, "axes.grid": True, "grid.color": "#e6e9eb", "axes.axisbelow": True,
                            "svg.fonttype": "none", "svg.hashsalt": "cyphonic", "axes.edgecolor": "#8a949c"})
    drawing, axes = pyplot.subplots(figsize=(width, height))
    draw(axes)
    drawing.tight_layout()
    out = io.StringIO()
    drawing.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    pyplot.close(drawing)
    text = out.getvalue()
    svg = text[text.index("<svg"):].replace("<svg ", f"<svg role='img' aria-label=\"{escape(caption)}\" ", 1)
    return f"<figure>{_own_ids(svg)}<figcaption>{escape(caption)}</figcaption></figure>"


_count = 0


def _own_ids(svg):
    """Several plots share a page: their internal names must not."""
    global _count
    _count += 1
    for name in set(_ids(svg)):
        svg = svg.replace(f'id="{name}"', f'id="p{_count}{name}"').replace(f'"#{name}"', f'"#p{_count}{name}"') \
            .replace(f"url(#{name})", f"url(#p{_count}{name})")
    return svg


def _ids(svg):
    import re
    return re.findall(r'id="([^"]+)"', svg)


def spread_line(axes, xs, summaries, name, label=None):
    """A line through medians with the range of the repetitions as bars."""
    points = [(x, each) for x, each in zip(xs, summaries) if each]
    if not points:
        return
    middle = [each["median"] for _, each in points]
    errors = [[each["median"] - each["low"] for _, each in points], [each["high"] - each["median"] for _, each in points]]
    axes.errorbar([x for x, _ in points], middle, yerr=errors, marker=MARKS.get(name, "o"), color=COLOURS.get(name),
                  label=label or name, capsize=3, linewidth=1.8, markersize=6)


def legend(axes):
    """A legend, if anything has a name."""
    if axes.get_legend_handles_labels()[1]:
        axes.legend(frameon=False, fontsize=9)


def machine_table(machine):
    words = {"date": "Date", "processor": "Processor", "cores": "Cores", "memory_mb": "Memory, MB", "kernel": "Linux",
             "system": "System", "java": "Java", "iperf3": "iperf3", "commit": "Commit", "load_before": "Load before"}
    return table(("Machine", ""), [(words[key], machine[key]) for key in words if key in machine])
