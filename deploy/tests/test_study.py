"""The arithmetic of bench/study, bench/heat and bench/tune: claims, drift, schedules, resuming. No network, no root."""

import dataclasses
import pathlib
import re
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "bench/lab"), str(ROOT / "deploy/lab")]

import claims  # noqa: E402
import drift  # noqa: E402
import figures  # noqa: E402
import heat_plan  # noqa: E402
import scrape  # noqa: E402
import study_plan  # noqa: E402
import tune  # noqa: E402
from journal import Journal  # noqa: E402

NODE = {"os_threads": 20, "platform_threads": 12, "tasks_started": 10, "batches": 990, "tasks_running": 1, "tasks_waiting": 2,
        "threads_started": 0, "switches_voluntary": 400, "switches_involuntary": 100, "packets": 10_000, "drops": {}}


def cells(plan, value):
    """Every cell of a plan; value(mode, connections, protocol, repetition) says what was measured."""
    return [{"repetition": repetition, "mode": mode, "connections": count, "protocol": protocol, "seconds": 10.0,
             "listener": dict(NODE), **value(mode, count, protocol, repetition)} for repetition, mode, count, protocol in plan.cells()]


class ClaimTest(unittest.TestCase):
    plan = study_plan.Plan(connections=(1, 10), repetitions=3)

    def judge(self, value, change=lambda cell: None):
        measured = cells(self.plan, value)
        for cell in measured:
            change(cell)
        return {claim["id"]: claim for claim in claims.judge(measured, self.plan)}

    @staticmethod
    def better(mode, count, protocol, repetition):
        factor = {"serial": 1.0, "pipeline": 0.7, "adaptive": 1.2}[mode] + repetition * 0.01
        return {"mbps": 1000 * factor, "rtt_ms": 1 / factor * (1 + (count - 1) * (0.2 if mode == "serial" else 0))}

    def test_proposed_mode_that_is_better_in_everything_holds(self):
        claim = self.judge(self.better)["E1"]
        self.assertTrue(claim["holds"])
        tcp = claim["parts"][0]
        self.assertAlmostEqual(200, tcp["value"]["median"])
        self.assertTrue(tcp["clear"])

    def test_proposed_mode_that_is_worse_in_one_does_not_hold(self):
        def change(cell):
            if cell["mode"] == "adaptive" and cell["protocol"] == "udp":
                cell["mbps"] = 900
        claim = self.judge(self.better, change)["E1"]
        self.assertFalse(claim["holds"])
        self.assertEqual([True, False, True], [part["holds"] for part in claim["parts"][:3]])

    def test_repetitions_that_disagree_are_within_noise(self):
        def change(cell):
            if cell["mode"] == "adaptive" and cell["protocol"] == "tcp" and cell["repetition"] == 0:
                cell["mbps"] = 1
        tcp = self.judge(self.better, change)["E1"]["parts"][0]
        self.assertTrue(tcp["holds"])
        self.assertFalse(tcp["clear"])

    def test_single_repetition_is_within_noise(self):
        plan = study_plan.Plan(connections=(1, 10), repetitions=1)
        tcp = claims.judge(cells(plan, self.better), plan)[0]["parts"][0]
        self.assertTrue(tcp["holds"])
        self.assertFalse(tcp["clear"])

    def test_round_trip_time_that_grows_does_not_hold(self):
        self.assertTrue(self.judge(self.better)["E2"]["holds"])

        def change(cell):
            if cell["mode"] == "adaptive" and cell["protocol"] == "idle" and cell["connections"] == 10:
                cell["rtt_ms"] *= 1.12
        claim = self.judge(self.better, change)["E2"]
        self.assertFalse(claim["holds"])
        self.assertEqual([True] * 4, [each["grows"] for each in claim["conventional"]])

    def test_tasks_must_grow_and_threads_must_not(self):
        def grow(cell):
            cell["listener"]["tasks_started"] *= cell["connections"]
            cell["listener"]["batches"] *= cell["connections"]
        self.assertFalse(self.judge(self.better)["E3"]["holds"])
        self.assertTrue(self.judge(self.better, grow)["E3"]["holds"])

        def threads(cell):
            grow(cell)
            cell["listener"]["os_threads"] += 4 * cell["connections"]
        self.assertFalse(self.judge(self.better, threads)["E3"]["holds"])

    def test_threads_per_task_and_switches_per_packet_decide_the_fourth(self):
        self.assertTrue(self.judge(self.better)["E4"]["holds"])

        def started(cell):
            cell["listener"]["threads_started"] = 5
        self.assertFalse(self.judge(self.better, started)["E4"]["holds"])

    def test_what_was_not_measured_neither_holds_nor_fails(self):
        plan = study_plan.Plan(connections=(1,), modes=("adaptive",), repetitions=1)
        judged = claims.judge(cells(plan, self.better), plan)
        self.assertEqual([None, None, None, None], [claim["holds"] for claim in judged])

    def test_cells_without_the_nodes_figures_are_left_out(self):
        def change(cell):
            cell["listener"] = None
        judged = self.judge(self.better, change)
        self.assertIsNone(judged["E3"]["holds"])
        self.assertIsNone(judged["E4"]["holds"])


class PlanTest(unittest.TestCase):
    def test_every_cell_is_measured_once_in_turns(self):
        plan = study_plan.Plan(connections=(1, 3), repetitions=2)
        measured = list(plan.cells())
        self.assertEqual(len(measured), len(set(measured)))
        self.assertEqual(2 * 3 * 2 * 5, len(measured))
        groups = list(plan.groups())
        self.assertEqual(["serial", "pipeline", "adaptive", "pipeline", "adaptive", "serial"], [mode for _, mode, _ in groups])
        self.assertEqual([(1, 3), (3, 1)], [groups[0][2], groups[3][2]])

    def test_quick_measures_everything_and_starts_nodes_once_for_each_mode(self):
        plan = study_plan.PRESETS["quick"]
        first = {cell[1:] for cell in plan.cells() if cell[0] == 0}
        self.assertEqual({(mode, count, protocol) for mode in study_plan.MODES for count in (1, 3, 5, 10)
                          for protocol in study_plan.PROTOCOLS}, first)
        self.assertEqual({(10, 5, 3, 1)}, {counts for *_, counts in plan.groups()})

    def test_quick_fits_into_five_minutes_by_its_own_estimate(self):
        self.assertLess(study_plan.time_left(study_plan.PRESETS["quick"], set(), 0), 300)

    def test_connections_are_numbers_and_ranges(self):
        self.assertEqual((1, 3, 4, 5, 10), study_plan.connections("10,3-5,1"))
        for wrong in ("0", "11", "3-", "x", "", "5-3"):
            with self.assertRaises(Exception, msg=wrong):
                study_plan.connections(wrong)

    def test_time_left_shrinks_to_nothing(self):
        plan = study_plan.PRESETS["quick"]
        measured = list(plan.cells())
        self.assertEqual(0, study_plan.time_left(plan, set(measured), 100))
        self.assertLess(study_plan.time_left(plan, set(measured[:10]), 60), study_plan.time_left(plan, set(), 0) * 3)

    def test_plan_survives_the_journal(self):
        plan = study_plan.PRESETS["slides"]
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "journal.jsonl")
            Journal(path).add("plan", plan=dataclasses.asdict(plan))
            self.assertEqual(plan, study_plan.Plan.of(Journal(path).last("plan")["plan"]))


class ScheduleTest(unittest.TestCase):
    def test_slides_take_a_hundred_hours_for_each_protocol(self):
        schedule = heat_plan.Schedule()
        self.assertEqual(900, len(list(schedule.steps())))
        self.assertAlmostEqual(300, schedule.total_hours())

    def test_connections_go_up_and_down(self):
        schedule = heat_plan.Schedule(protocols=("udp",), connections=3, cycles=2, repetitions=1)
        self.assertEqual([1, 2, 3, 3, 2, 1] * 2, [count for *_, count in schedule.steps()])
        self.assertEqual(list(range(12)), [number for number, *_ in schedule.steps()])

    def test_scale_shortens_but_never_to_nothing(self):
        self.assertAlmostEqual(9, heat_plan.Schedule(scale=0.01).test_seconds)
        self.assertEqual(1, heat_plan.Schedule(scale=1e-6).test_seconds)


class DriftTest(unittest.TestCase):
    rss = drift.WATCHED[0]

    @staticmethod
    def steps(values, **more):
        return [{"protocol": "tcp", "connections": 1 + number % 3, "began": 60.0 * number, "rss": value, "life": 1, **more}
                for number, value in enumerate(values)]

    def test_constant_figure_does_not_drift(self):
        checked = drift.check(self.steps([100 + number % 3 for number in range(60)]), self.rss)
        self.assertFalse(checked["drifts"])

    def test_leak_is_found(self):
        checked = drift.check(self.steps([100 + number for number in range(60)]), self.rss)
        self.assertTrue(checked["drifts"])
        self.assertGreater(checked["change"], 0.3)

    def test_shrinking_memory_is_no_drift_but_shrinking_throughput_is(self):
        falling = [100 - number for number in range(60)]
        self.assertFalse(drift.check(self.steps(falling), self.rss)["drifts"])
        throughput = next(each for each in drift.WATCHED if each.name == "mbps")
        steps = [step | {"mbps": step["rss"]} for step in self.steps(falling)]
        self.assertTrue(drift.check(steps, throughput)["drifts"])

    def test_noise_is_no_drift(self):
        values = [100 + (30 if number % 7 == 0 else 0) for number in range(60)]
        self.assertFalse(drift.check(self.steps(values), self.rss)["drifts"])

    def test_memory_starts_again_with_a_new_process(self):
        steps = self.steps([100] * 30) + [step | {"life": 2, "began": step["began"] + 9000} for step in self.steps([150] * 30)]
        self.assertFalse(drift.check(steps, self.rss)["drifts"])

    def test_few_steps_say_nothing(self):
        judged = drift.verdict(self.steps([100, 200, 300]), 0, 0)
        self.assertEqual("short", judged["verdict"])
        self.assertEqual("failed", drift.verdict(self.steps([100]), 1, 0)["verdict"])


class JournalTest(unittest.TestCase):
    def test_torn_line_is_left_out_and_the_next_is_whole(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "journal.jsonl")
            journal = Journal(path)
            journal.add("step", number=0)
            journal.add("step", number=1)
            path.write_bytes(path.read_bytes()[:-9])
            again = Journal(path)
            self.assertEqual([0], [entry["number"] for entry in again.entries("step")])
            again.add("step", number=1)
            self.assertEqual([0, 1], [entry["number"] for entry in Journal(path).entries("step")])


class ScrapeTest(unittest.TestCase):
    PAGE = """# HELP x Text.
# TYPE x counter
x_total{kind="a b",q="say \\"hi\\""} 3.0
x_total{kind="c"} 4.5
process_cpu_seconds_total 1.25
cyphonic_dropped_packets_total{reason="inbound_replayed"} 2.0
cyphonic_dropped_packets_total{reason="outbound_too_long"} 0.0
nan_value NaN
"""

    def test_samples_and_labels_are_read(self):
        page = scrape.parse(self.PAGE)
        self.assertEqual(7.5, scrape.total(page, "x_total"))
        self.assertEqual(4.5, scrape.total(page, "x_total", kind="c"))
        node = scrape.node_figures(page)
        self.assertEqual(1.25, node["cpu_s"])
        self.assertEqual({"inbound_replayed": 2.0}, node["drops"])

    def test_garbage_is_skipped(self):
        self.assertEqual({}, scrape.parse("\x00\n<html>\n{} 3\nx\n"))


class TuneTest(unittest.TestCase):
    @staticmethod
    def run_of(setting, repetition, tcp, rtt=1.0):
        return {"kind": "run", "setting": setting, "repetition": repetition, "tcp_mbps": tcp, "udp_mbps": tcp, "rtt_idle_ms": rtt,
                "rtt_busy_ms": rtt}

    def grouped(self, *runs):
        journal = Journal("/nonexistent/journal.jsonl")
        journal.all = list(runs)
        return tune.grouped(journal)

    def test_only_what_wins_every_repetition_is_recommended(self):
        groups = self.grouped(
            self.run_of({}, 0, 100), self.run_of({}, 1, 110), self.run_of({"workers": 2}, 0, 120), self.run_of({"workers": 2}, 1, 121),
            self.run_of({"ring-size": 8}, 0, 300), self.run_of({"ring-size": 8}, 1, 100))
        self.assertEqual({"workers": 2}, tune.best(groups, "throughput"))
        self.assertEqual({}, tune.best(groups, "delay"))

    def test_best_values_come_together(self):
        groups = self.grouped(
            self.run_of({}, 0, 100, 1.0), self.run_of({"workers": 2}, 0, 120, 0.9), self.run_of({"ring-size": 8}, 0, 90, 0.8),
            self.run_of({"ring-size": 16}, 0, 130, 2.0))
        self.assertEqual({"workers": 2, "ring-size": 16}, tune.together(groups, "throughput"))
        self.assertEqual({"workers": 2, "ring-size": 8}, tune.together(groups, "delay"))

    def test_settings_are_the_defaults_and_one_change_at_a_time(self):
        document = {"combine": "each", "sweep": {"workers": [1, 2], "ring-size": [8]}}
        self.assertEqual([{}, {"workers": 1}, {"workers": 2}, {"ring-size": 8}], tune.settings(document))
        self.assertEqual(2, len(tune.settings(document | {"combine": "all"})))

    def test_wrong_key_is_named(self):
        with tempfile.NamedTemporaryFile("w", suffix=".toml") as file:
            file.write("[sweep]\nring-sise = [8]\n")
            file.flush()
            with self.assertRaisesRegex(SystemExit, "sweep.ring-sise"):
                tune.read(file.name)

    def test_file_in_the_repository_is_right(self):
        self.assertIn("ring-size", tune.read(tune.DEFAULT_FILE)["sweep"])


class DocumentTest(unittest.TestCase):
    def test_every_name_in_the_sources_is_documented(self):
        documented = (ROOT / "docs/metrics.md").read_text()
        names = {name for module in ("engine", "signaling") for source in (ROOT / module / "src/main/java").rglob("*.java")
                 for name in re.findall(r'"(cyphonic_[a-z_]*[a-z])"', source.read_text())}
        self.assertGreater(len(names), 30)
        self.assertEqual([], [name for name in sorted(names) if name not in documented])


class FiguresTest(unittest.TestCase):
    def test_summary_leaves_out_what_is_missing(self):
        self.assertEqual({"median": 2, "low": 1, "high": 3, "n": 3, "values": [1, 2, 3]}, figures.summary([3, None, 1, 2]))
        self.assertIsNone(figures.summary([None]))

    def test_percentiles_lie_between_the_values(self):
        self.assertAlmostEqual(2.5, figures.percentile([4, 1, 2, 3], 0.5))
        self.assertEqual(4, figures.percentile([1, 2, 3, 4], 1))

    def test_slope_needs_two_places(self):
        self.assertIsNone(figures.slope([(1, 1), (1, 2)]))
        self.assertEqual((2, 1), figures.slope([(0, 1), (1, 3), (2, 5)]))

    def test_thin_keeps_the_ends(self):
        self.assertEqual([0, 50, 99], [figures.thin(range(100), 3)[index] for index in (0, 1, 2)])
