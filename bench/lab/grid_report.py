"""The results of bench/nat-grid as a sentence, a table and a page."""

import html
import statistics

LETTER = {"direct": "D", "relay": "R", "tcp": "T", None: "-"}
STYLE = """
:root { color-scheme: light dark }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 1rem auto; padding: 0 .8rem }
.wide { overflow-x: auto } table { border-collapse: separate; border-spacing: 2px; font-size: .8rem }
th { font-weight: 600; text-align: left; padding: .2rem .4rem } tr > th:first-child { position: sticky; left: 0;
background: Canvas; white-space: nowrap } thead th { vertical-align: bottom } thead th span { writing-mode: vertical-rl;
transform: rotate(180deg); white-space: nowrap } td { text-align: center; min-width: 3.2rem; padding: .25rem; color: #000;
border-radius: 4px; line-height: 1.2 } td small { display: block; font-size: .7rem } .direct { background: #9fdf9f }
.relay { background: #ffe08a } .tcp { background: #a9cdfa } .wrong { background: #ff9d94; outline: 2px solid #b00 }
.none { background: #ddd } .late small { font-weight: 700; text-decoration: underline }
.figures td, .figures th { background: none; color: CanvasText; text-align: right; border-bottom: 1px solid #8886;
border-radius: 0 } .figures th:first-child { text-align: left } summary { cursor: pointer; padding: .4rem 0 }
.key span { display: inline-block; padding: .1rem .5rem; border-radius: 4px; color: #000; margin-right: .4rem }
"""
FIGURES = (
    ("first reply", "reply_ms", lambda row: row.get("reply_ms")),
    ("direct path", "direct_ms", lambda row: row.get("direct_ms")),
    ("gap when the direct path is cut", "gap_ms", lambda row: (row.get("cut") or {}).get("gap_ms")),
    ("direct again after it is mended", None, lambda row: (row.get("cut") or {}).get("back_ms")),
)


def sentence(result):
    """One pair on one line."""
    if result.get("error"):
        return "FAILED: " + result["error"]
    words = [f"{result['path']}, reply {result['reply_ms']:.0f} ms"]
    if result["direct_ms"] is not None:
        words.append(f"direct {result['direct_ms']:.0f} ms")
    if cut := result.get("cut"):
        back = "never" if cut["back_ms"] is None else f"{cut['back_ms']} ms"
        words.append(f"cut: {cut['path']} after {cut['gap_ms']} ms, back {back}")
    if result["problems"]:
        words.append("WRONG: " + "; ".join(result["problems"]))
    if result["late"]:
        words.append("late: " + ", ".join(result["late"]))
    return ", ".join(words)


def summary(rows):
    """Counts, and of every time the median, the 95th percentile and the worst."""
    paths = [row.get("path") for row in rows]
    times = {}
    for title, _, value in FIGURES:
        values = sorted(each for each in map(value, rows) if each is not None)
        if values:
            times[title] = {"pairs": len(values), "median_ms": round(statistics.median(values)),
                            "p95_ms": round(values[min(len(values) - 1, int(len(values) * 0.95))]), "worst_ms": round(values[-1])}
    return {"pairs": len(rows), "connected": sum(path is not None for path in paths),
            "paths": {path: paths.count(path) for path in ("direct", "relay", "tcp")},
            "wrong": sum(bool(row["problems"]) for row in rows), "late": sum(bool(row["late"]) for row in rows), "times": times}


def _grid(document):
    rows = {(row["from"], row["to"]): row for row in document["pairs"]}
    froms = [name for name in document["profiles"] if any(one == name for one, _ in rows)]
    tos = [name for name in document["profiles"] if any(other == name for _, other in rows)]
    return rows, froms, tos


def text(document):
    """The matrix, the figures and the troubles, for a terminal."""
    rows, froms, tos = _grid(document)
    width = max(len(name) for name in froms)
    lines = ["path and milliseconds to the first reply; D direct, R relay, T relay over TCP 443, - none; ! is not as expected", ""]
    lines += [f"{'':{width}}" + "".join(f"{number:>8}" for number in range(1, len(tos) + 1))]
    for name in froms:
        cells = []
        for other in tos:
            row = rows.get((name, other))
            if row is None:
                cells.append("")
            else:
                reply = row.get("reply_ms")
                cells.append(f"{'!' if row['problems'] else ''}{LETTER[row.get('path')]}{'' if reply is None else f' {reply:.0f}'}")
        lines.append(f"{name:{width}}" + "".join(f"{cell:>8}" for cell in cells))
    lines += ["", "to: " + ", ".join(f"{number} {name}" for number, name in enumerate(tos, 1)), ""]
    total = document["summary"]
    lines.append(f"{total['connected']} of {total['pairs']} pairs connected: " + ", ".join(
        f"{count} {path}" for path, count in total["paths"].items()) + f"; {total['wrong']} not as expected, {total['late']} late")
    for title, figure in total["times"].items():
        lines.append(f"  {title:34}median {figure['median_ms']:>6} ms   95 % {figure['p95_ms']:>6} ms   worst {figure['worst_ms']:>6} ms")
    for row in document["pairs"]:
        for kind, troubles in (("wrong", row["problems"]), ("late", row["late"])):
            if troubles:
                lines.append(f"  {kind}: {row['from']} -> {row['to']}: {'; '.join(troubles)}")
    return "\n".join(lines)


def _cell(row):
    if row is None:
        return "<td></td>"
    path = row.get("path")
    kind = "wrong" if row["problems"] else path or "none"
    reply = row.get("reply_ms")
    figures = "" if reply is None else f"<small>{reply:.0f} ms</small>"
    if row.get("direct_ms") is not None:
        figures += f"<small>&rarr; {row['direct_ms']:.0f}</small>"
    if row.get("cut"):
        figures += f"<small>cut {row['cut']['gap_ms']}</small>"
    return (f"<td class='{kind}{' late' if row['late'] else ''}' title='{html.escape(sentence(row), quote=True)}'>"
            f"{path or 'none'}{figures}</td>")


def page(document):
    """One self-contained page, without scripts."""
    rows, froms, tos = _grid(document)
    machine, total = document["machine"], document["summary"]
    head = "".join(f"<th><span>{html.escape(name)}</span></th>" for name in tos)
    body = "".join(f"<tr><th>{html.escape(name)}</th>{''.join(_cell(rows.get((name, other))) for other in tos)}</tr>"
                   for name in froms)
    figures = "".join(f"<tr><th>{html.escape(title)}</th><td>{f['pairs']}</td><td>{f['median_ms']}</td><td>{f['p95_ms']}</td>"
                      f"<td>{f['worst_ms']}</td></tr>" for title, f in total["times"].items())
    troubles = "".join(f"<li>{html.escape(row['from'])} &rarr; {html.escape(row['to'])}: {html.escape(sentence(row))}</li>"
                       for row in document["pairs"] if row["problems"] or row["late"])
    profiles = "".join(f"<dt><b>{html.escape(name)}</b></dt><dd>{html.escape(profile['title'])}</dd>"
                       for name, profile in document["profiles"].items() if name in froms or name in tos)
    each = "".join(
        f"<details><summary>from {html.escape(name)}</summary><ul>" + "".join(
            f"<li>to {html.escape(other)}: {html.escape(sentence(rows[name, other]))}</li>" for other in tos if (name, other) in rows)
        + "</ul></details>" for name in froms)
    partial = "" if document["complete"] else f"<p><b>Partial: {total['pairs']} of {document['pairs_wanted']} pairs.</b></p>"
    return (
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width, initial-scale=1'>"
        f"<title>CYPHONIC through every router</title><style>{STYLE}</style><h1>Through every router</h1>"
        f"<p>{total['connected']} of {total['pairs']} pairs connect: {total['paths']['direct']} directly, {total['paths']['relay']} "
        f"through a relay, {total['paths']['tcp']} over TCP 443. {total['wrong']} not as expected, {total['late']} later than the "
        f"limits. {html.escape(machine['processor'])}, {machine['cores']} cores, Linux {html.escape(machine['kernel'])}, "
        f"{machine['date']}, commit {html.escape(machine['commit'])}; everything on this machine.</p>{partial}"
        "<p class=key><span class=direct>direct</span><span class=relay>relay</span><span class=tcp>TCP 443</span>"
        "<span class=wrong>not as expected</span></p><p>Rows open the tunnel. In a cell: milliseconds from the name query to the "
        "first echo reply, to the direct path, and without traffic when the direct path is cut.</p>"
        f"<div class=wide><table><thead><tr><th></th>{head}</tr></thead>{body}</table></div>"
        f"<h2>Times in ms</h2><div class=wide><table class=figures><tr><th></th><th>pairs</th><th>median</th><th>95 %</th>"
        f"<th>worst</th></tr>{figures}</table></div>"
        + (f"<h2>Not as it should be</h2><ul>{troubles}</ul>" if troubles else "")
        + f"<h2>Every pair</h2>{each}<h2>Profiles</h2><dl>{profiles}</dl></html>\n")
