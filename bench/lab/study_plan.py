"""What bench/study measures, in which order, and how long it will take."""

import argparse
import dataclasses

MODES = ("serial", "pipeline", "adaptive")
CONVENTIONAL, PROPOSED = "serial", "adaptive"
PROTOCOLS = ("idle", "pings", "steady", "tcp", "udp")
MAX_CONNECTIONS = 10


@dataclasses.dataclass(frozen=True)
class Plan:
    """Everything that decides what is measured; kept in the results, so that --resume goes on with the same."""

    connections: tuple = (1, 3, 5, 10)
    modes: tuple = MODES
    protocols: tuple = PROTOCOLS
    repetitions: int = 3
    seconds: float = 10
    preparation: float = 2
    settle: float = 20
    warm_up: float = 5
    udp_mbps: float = 1000
    steady_mbps: float = 50
    sample_seconds: float = 2
    minutes: float = 0
    downwards: bool = False
    engine: str = ""

    @staticmethod
    def of(document):
        """From a journal, where tuples became lists."""
        return Plan(**{key: tuple(value) if isinstance(value, list) else value for key, value in document.items()})

    def groups(self):
        """(repetition, mode, connection counts): nodes are started anew for each. Modes take turns in being first, and
        connections go up in one repetition and down in the next, so that no order favours anything; only down if that
        is wanted, for then all nodes start together and warm up once."""
        for repetition in range(self.repetitions):
            shift = repetition % len(self.modes)
            for mode in self.modes[shift:] + self.modes[:shift]:
                counts = sorted(self.connections)
                yield repetition, mode, tuple(counts if repetition % 2 == 0 and not self.downwards else reversed(counts))

    def cells(self):
        for repetition, mode, counts in self.groups():
            for count in counts:
                for protocol in self.protocols:
                    yield repetition, mode, count, protocol


PRESETS = {
    "quick": Plan(repetitions=2, seconds=1, preparation=0, settle=6, warm_up=2, sample_seconds=1, minutes=4.5, downwards=True),
    "default": Plan(),
    # The slides: 15 minutes of test after 5 of preparation, three times; connections in the order 3, 5, 10.
    "slides": Plan(connections=(1, 3, 5, 10), seconds=900, preparation=300, sample_seconds=15),
}


def key(cell):
    return cell["repetition"], cell["mode"], cell["connections"], cell["protocol"]


def overhead(plan):
    """Seconds beyond the measuring itself, for the first estimate: starting nodes takes most of it."""
    starts = 1 if plan.downwards else len(plan.connections)
    return {"group": 4 + max(plan.connections) + (plan.warm_up + plan.settle / 2) * starts, "cell": 0.3}


def measuring_seconds(plan, protocol):
    return max(1, plan.seconds / 2) if protocol in ("idle", "pings", "steady") else plan.seconds


def time_left(plan, done, spent):
    """Seconds until the end: what the plan says, corrected by how long the finished part took against it."""
    extra = overhead(plan)

    def planned(cells):
        seconds, groups, counts = 0, set(), set()
        for repetition, mode, count, protocol in cells:
            groups.add((repetition, mode))
            counts.add((repetition, mode, count))
            seconds += measuring_seconds(plan, protocol) + extra["cell"]
        return seconds + len(groups) * extra["group"] + len(counts) * plan.preparation

    cells = list(plan.cells())
    open_cells = [cell for cell in cells if cell not in done]
    finished = planned([cell for cell in cells if cell in done])
    correction = min(max(spent / finished, 0.5), 3) if finished else 1
    return planned(open_cells) * correction


def connections(text):
    """'1,3,5,10' or '1-10' or a mixture."""
    counts = set()
    for part in text.split(","):
        low, dash, high = part.partition("-")
        try:
            counts.update(range(int(low), int(high if dash else low) + 1))
        except ValueError:
            raise argparse.ArgumentTypeError(f"'{part}' is neither a number nor a range") from None
    if not counts or min(counts) < 1 or max(counts) > MAX_CONNECTIONS:
        raise argparse.ArgumentTypeError(f"'{text}': allowed are 1 to {MAX_CONNECTIONS}")
    return tuple(sorted(counts))


def names(allowed):
    def read(text):
        chosen = tuple(part.strip() for part in text.split(","))
        for name in chosen:
            if name not in allowed:
                raise argparse.ArgumentTypeError(f"'{name}': there are {', '.join(allowed)}")
        return chosen
    return read


def parser():
    parse = argparse.ArgumentParser(
        prog="bench/study",
        description="The slides' study on this machine: a cloud, one listening and up to ten initiating nodes in network "
                    "namespaces; for each number of connections and each mode, TCP and UDP throughput by iperf3 and "
                    "round-trip time by ping with all tunnels idle and busy. Ends in a report that says which of the "
                    "claims E1 to E4 hold here.",
        epilog="Ctrl-C ends it at once: what was measured so far is reported, nothing is left behind, and "
               "--resume DIR goes on.")
    parse.add_argument("--quick", action="store_const", dest="preset", const="quick", help="under five minutes")
    parse.add_argument("--preset", choices=PRESETS, default="default",
                       help="slides: 15 min of test and 5 of preparation, three times (more than two days)")
    parse.add_argument("--connections", type=connections, metavar="N,N-N", help="default 1,3,5,10")
    parse.add_argument("--modes", type=names(MODES), help=f"default {','.join(MODES)}")
    parse.add_argument("--protocols", type=names(PROTOCOLS), help=f"default {','.join(PROTOCOLS)}")
    parse.add_argument("--seconds", type=float, help="length of each iperf3 run (default 10)")
    parse.add_argument("--preparation", type=float, help="seconds of rest after a change of connections (default 2)")
    parse.add_argument("--settle", type=float, help="most seconds to wait until the machine is at rest after nodes have started "
                                                    "(default 20)")
    parse.add_argument("--repetitions", type=int, help="how often everything is measured (default 3)")
    parse.add_argument("--warm-up", type=float, dest="warm_up", help="seconds of traffic after nodes were started (default 5)")
    parse.add_argument("--udp-mbps", type=float, dest="udp_mbps", help="UDP offered in all (default 1000)")
    parse.add_argument("--steady-mbps", type=float, dest="steady_mbps",
                       help="traffic in all for the round-trip time at constant load (default 50)")
    parse.add_argument("--minutes", type=float, help="begin no further repetition that would end later than this")
    parse.add_argument("--groups", type=int, metavar="N", help="end after so many groups (a mode in a repetition); --resume goes on")
    parse.add_argument("--engine", help="more settings for the engine section of every node.yaml, as YAML lines; "
                                        "for example 'ring-size: 64'")
    parse.add_argument("--out", metavar="DIR", help="where results go (default target/study/DATE)")
    parse.add_argument("--resume", metavar="DIR", help="go on with an interrupted run, with its own settings")
    parse.add_argument("--report", metavar="DIR", help="only write the report of a run again")
    parse.add_argument("--json", metavar="FILE", help="write results.json to this file as well")
    return parse


def plan(options):
    chosen = {field.name: getattr(options, field.name, None) for field in dataclasses.fields(Plan)}
    made = dataclasses.replace(PRESETS[options.preset or "default"],
                               **{name: value for name, value in chosen.items() if value is not None})
    if made.repetitions < 1 or made.seconds <= 0 or made.udp_mbps <= 0 or made.steady_mbps <= 0:
        parser().error("--repetitions, --seconds and the rates must be more than 0")
    return made
