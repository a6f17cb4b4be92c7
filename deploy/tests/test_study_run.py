"""bench/study and bench/heat with tiny settings, from the command line as a person types them; and what they leave behind."""

import json
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "deploy/lab"))

from lab import run, wait_for  # noqa: E402

TINY = ("--connections", "2", "--modes", "serial,adaptive", "--repetitions", "1", "--seconds", "1", "--preparation", "0", "--settle", "0",
        "--warm-up", "0", "--udp-mbps", "50", "--steady-mbps", "5")


def listen_to_interrupts():
    """What runs in the background of a shell inherits that Ctrl-C is ignored."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class RunTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory()))

    def finish(self, *command, seconds=300):
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=seconds)
        self.assertEqual(0, done.returncode, done.stdout[-3000:] + done.stderr[-3000:])
        return done.stdout

    def read(self, folder):
        document = json.loads((folder / "results.json").read_text())
        page = (folder / "report.html").read_text()
        self.assertIn("<svg", page)
        self.assertNotRegex(page, r"<(script|link|img)\b|@import", "the report must not load anything")
        return document

    def assert_nothing_is_left(self, folder):
        tags = set(re.findall(r'"kind":"lab","tag":"(\w+)"', (folder / "journal.jsonl").read_text()))
        self.assertTrue(tags)
        for namespace in run("ip", "netns", "list").stdout.split():
            self.assertNotIn(namespace.split("-")[0], tags)


class StudyTest(RunTest):
    def test_interrupted_study_leaves_valid_results_and_goes_on(self):
        folder = self.folder / "study"
        studying = subprocess.Popen([ROOT / "bench/study", *TINY, "--out", folder], stdout=subprocess.PIPE,
                                    stderr=subprocess.STDOUT, text=True, preexec_fn=listen_to_interrupts)
        self.addCleanup(studying.kill)
        journal = folder / "journal.jsonl"
        wait_for(lambda: journal.exists() and journal.read_text().count('"kind":"cell"') >= 3, 240, "three cells to be measured")
        studying.send_signal(signal.SIGINT)
        output, _ = studying.communicate(timeout=120)
        self.assertNotEqual(0, studying.returncode)
        self.assertIn("--resume", output)
        self.assert_nothing_is_left(folder)
        first = self.read(folder)
        self.assertFalse(first["complete"])

        copy = self.folder / "copy.json"
        self.finish(ROOT / "bench/study", "--resume", folder, "--json", copy)

        document = self.read(folder)
        self.assertTrue(document["complete"])
        self.assertEqual(document, json.loads(copy.read_text()))
        self.assertEqual(10, len(document["cells"]))
        self.assertEqual(first["cells"], document["cells"][:len(first["cells"])], "nothing is measured twice")
        self.assertEqual(["E1", "E2", "E3", "E4"], [claim["id"] for claim in document["claims"]])
        self.assert_figures_are_there(document)
        self.assert_nothing_is_left(folder)

    def assert_figures_are_there(self, document):
        for cell in document["cells"]:
            self.assertIsNotNone(cell["listener"], "the node's own endpoint answered")
            self.assertEqual(cell["connections"], cell["listener"]["peers_up"], cell)
            # Only a change of path may reorder: what is under way on the old one is overtaken.
            if cell["path_changes"] == 0:
                self.assertEqual(0, cell.get("reordered", 0) + cell.get("out_of_order", 0), cell)
        adaptive = document["figures"]["adaptive"]["2"]
        for name in ("tcp_mbps", "udp_mbps", "rtt_idle_ms", "rtt_pings_ms", "rtt_steady_ms", "rtt_busy_ms"):
            self.assertGreater(adaptive[name]["median"], 0, name)
        tcp = next(cell for cell in document["cells"] if (cell["mode"], cell["connections"], cell["protocol"]) == ("adaptive", 2, "tcp"))
        self.assertGreater(tcp["listener"]["switches_voluntary"], 0)
        self.assertGreater(tcp["listener"]["cpu_s"], 0)
        self.assertGreater(tcp["listener"]["packets"], 0)
        self.assertGreater(len(document["trends"]["listener"]), 2)


class HeatTest(RunTest):
    def test_shortened_heat_run_ends_with_a_verdict(self):
        folder = self.folder / "heat"
        output = self.finish(ROOT / "bench/heat", "--smoke", "--protocols", "tcp,icmp", "--out", folder)
        document = self.read(folder)
        self.assertIn(document["verdict"], ("short", "stable"), output)
        self.assertEqual(8, len(document["steps"]))
        self.assertEqual([1, 2, 2, 1] * 2, [step["connections"] for step in document["steps"]])
        self.assertEqual(0, document["failures"] + document["crashes"])
        self.assert_nothing_is_left(folder)

    def test_unknown_directory_and_value_are_refused(self):
        for command in (("bench/heat", "--resume", self.folder / "nothing"), ("bench/heat", "--scale", "2"),
                        ("bench/study", "--connections", "11"), ("bench/tune", "--file", "/nonexistent.toml")):
            done = subprocess.run([ROOT / command[0], *map(str, command[1:])], capture_output=True, text=True, timeout=180)
            self.assertNotEqual(0, done.returncode, command)
            self.assertNotIn("Traceback", done.stderr, command)
            self.assertTrue(done.stderr.strip(), command)
