"""bench/micro runs and measures every subject."""

import json
import os
import pathlib
import tempfile
import unittest

import shared  # noqa: F401  puts the lab on the path
from lab import REPOSITORY, run


class MicroTest(unittest.TestCase):
    def test_should_measure_every_subject_when_quick(self):
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / "figures.json"

            done = run(REPOSITORY / "bench/micro", "--quick", "--json", file, timeout=300, env=dict(os.environ))

            results = json.loads(file.read_text())["results"]
            self.assertEqual({"aead", "ring", "header", "lookup", "replay", "queues", "super-packet"}, set(results))
            for subject, figures in results.items():
                self.assertTrue(figures, subject)
                for figure in figures:
                    self.assertGreater(figure["ns"], 0, figure)
            self.assertIn("Replay window", done.stdout)

    def test_should_name_the_subjects_when_one_is_unknown(self):
        done = run(REPOSITORY / "bench/micro", "--only", "nothing", check=False)

        self.assertEqual(2, done.returncode)
        self.assertIn("super-packet", done.stderr)
