"""Arithmetic of the reports, without anything else, so that it can be tested."""

import statistics


def summary(values):
    """Median and spread of what was measured; None where nothing was."""
    known = sorted(value for value in values if value is not None)
    if not known:
        return None
    return {"median": statistics.median(known), "low": known[0], "high": known[-1], "n": len(known), "values": known}


def median(values):
    known = [value for value in values if value is not None]
    return statistics.median(known) if known else None


def percentile(values, share):
    """The value below which this share of the values lies, by linear interpolation."""
    ordered = sorted(values)
    place = (len(ordered) - 1) * share
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


def by_repetition(cells, mode, connections, protocol, name):
    """{repetition: value}; `name` may be a function of the cell."""
    read = name if callable(name) else lambda cell: cell.get(name)
    return {cell["repetition"]: read(cell) for cell in cells
            if (cell["mode"], cell["connections"], cell["protocol"]) == (mode, connections, protocol)}


def paired(first, second, operation):
    """operation(first, second) for each repetition that both have; keys are repetitions."""
    return {key: operation(first[key], second[key]) for key in sorted(first.keys() & second.keys())
            if first[key] is not None and second[key] is not None}


def slope(points):
    """Least squares through (x, y): (slope, intercept); None with fewer than two different x."""
    if len({x for x, _ in points}) < 2:
        return None
    mean_x = statistics.fmean(x for x, _ in points)
    mean_y = statistics.fmean(y for _, y in points)
    rise = sum((x - mean_x) * (y - mean_y) for x, y in points)
    run = sum((x - mean_x) ** 2 for x, _ in points)
    return rise / run, mean_y - rise / run * mean_x


def thin(rows, most):
    """At most so many of the rows, evenly taken, the last one included."""
    if len(rows) <= most:
        return list(rows)
    step = (len(rows) - 1) / (most - 1)
    return [rows[round(index * step)] for index in range(most)]
