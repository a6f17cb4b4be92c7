"""The schedule of the heat run: connections up and down again, for each protocol, for hours; or for seconds."""

import argparse
import dataclasses

PROTOCOLS = ("tcp", "udp", "icmp")
MAX_CONNECTIONS = 10
SHORTEST_TEST_SECONDS = 1.0


@dataclasses.dataclass(frozen=True)
class Schedule:
    """The slides' numbers are the defaults: (15 + 5 min) x 3 repetitions x 100 steps = 100 h for each protocol."""

    protocols: tuple = PROTOCOLS
    connections: int = MAX_CONNECTIONS
    cycles: int = 5
    repetitions: int = 3
    test_minutes: float = 15
    preparation_minutes: float = 5
    scale: float = 1
    mode: str = "adaptive"
    udp_mbps: float = 200

    @staticmethod
    def of(document):
        return Schedule(**{key: tuple(value) if isinstance(value, list) else value for key, value in document.items()})

    def steps(self):
        """(number, protocol, repetition, cycle, connections), in order; numbers are what --resume counts."""
        up = list(range(1, self.connections + 1))
        number = 0
        for protocol in self.protocols:
            for repetition in range(self.repetitions):
                for cycle in range(self.cycles):
                    for count in up + up[::-1]:
                        yield number, protocol, repetition, cycle, count
                        number += 1

    @property
    def test_seconds(self):
        return max(SHORTEST_TEST_SECONDS, self.test_minutes * 60 * self.scale)

    @property
    def preparation_seconds(self):
        return self.preparation_minutes * 60 * self.scale

    def total_hours(self):
        return len(list(self.steps())) * (self.test_seconds + self.preparation_seconds) / 3600


SMOKE = Schedule(connections=2, cycles=1, repetitions=1, test_minutes=1.5 / 60, preparation_minutes=0, udp_mbps=50)


def _protocols(text):
    chosen = tuple(part.strip() for part in text.split(","))
    for name in chosen:
        if name not in PROTOCOLS:
            raise argparse.ArgumentTypeError(f"'{name}': there are {', '.join(PROTOCOLS)}")
    return chosen


def _scale(text):
    value = float(text)
    if not 0 < value <= 1:
        raise argparse.ArgumentTypeError(f"{text}: more than 0, at most 1")
    return value


def _connections(text):
    value = int(text)
    if not 1 <= value <= MAX_CONNECTIONS:
        raise argparse.ArgumentTypeError(f"{text}: 1 to {MAX_CONNECTIONS}")
    return value


def parser():
    parse = argparse.ArgumentParser(
        prog="bench/heat",
        description="The slides' heat run: connections go up from 1 to 10 and down again, five times, three repetitions, for "
                    "TCP, UDP and ICMP: 100 hours each. Checks while it runs whether memory, threads, descriptors, "
                    "round-trip time or throughput drift, and ends with a verdict.",
        epilog="After an interruption or a reboot, --resume DIR goes on with the next step.")
    parse.add_argument("--scale", type=_scale, help="shortens test and preparation by this factor, for example 0.001")
    parse.add_argument("--smoke", action="store_true", help="a run of less than a minute: up to 2 connections, 1.5 s each")
    parse.add_argument("--protocols", type=_protocols, help="default tcp,udp,icmp")
    parse.add_argument("--connections", type=_connections, help="how far up (default 10)")
    parse.add_argument("--cycles", type=int, help="how often up and down (default 5)")
    parse.add_argument("--repetitions", type=int, help="how often all cycles (default 3)")
    parse.add_argument("--test-minutes", type=float, dest="test_minutes", help="of each step (default 15)")
    parse.add_argument("--preparation-minutes", type=float, dest="preparation_minutes", help="before each step (default 5)")
    parse.add_argument("--mode", choices=("serial", "pipeline", "adaptive"), help="of all nodes (default adaptive)")
    parse.add_argument("--udp-mbps", type=float, dest="udp_mbps", help="UDP offered in all (default 200)")
    parse.add_argument("--out", metavar="DIR", help="where results go (default target/heat/DATE)")
    parse.add_argument("--resume", metavar="DIR", help="go on with an interrupted run, with its own settings")
    parse.add_argument("--report", metavar="DIR", help="only write the report of a run again")
    parse.add_argument("--json", metavar="FILE", help="write results.json to this file as well")
    return parse


def schedule(options):
    chosen = {field.name: getattr(options, field.name, None) for field in dataclasses.fields(Schedule)}
    made = dataclasses.replace(SMOKE if options.smoke else Schedule(),
                               **{name: value for name, value in chosen.items() if value is not None})
    if min(made.cycles, made.repetitions, made.test_minutes, made.udp_mbps) <= 0:
        parser().error("--cycles, --repetitions, --test-minutes and --udp-mbps must be more than 0")
    return made
