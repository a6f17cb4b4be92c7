"""bench/races lets every subject race for a moment, and nothing forbidden is seen."""

import json
import os
import pathlib
import tempfile
import unittest

import shared  # noqa: F401  puts the lab on the path
from lab import REPOSITORY, run

SUBJECTS = {"session-counters", "rekey", "wiping", "receiver-index", "lookup", "relay", "parking", "loan", "waiting",
            "counters", "state"}


class RacesTest(unittest.TestCase):
    def test_should_see_nothing_forbidden_when_every_subject_races_for_a_moment(self):
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / "seen.json"

            done = run(REPOSITORY / "bench/races", "--quick", "--json", file, timeout=300, env=dict(os.environ))

            results = json.loads(file.read_text())
            self.assertEqual(SUBJECTS, set(results))
            for subject, races in results.items():
                self.assertTrue(races, subject)
                for name, race in races.items():
                    self.assertGreater(sum(state["seen"] for state in race["states"]), 1000, name)
                    self.assertNotIn("forbidden", {state["expected"] for state in race["states"]}, name)
            self.assertIn("New keys while packets go through the tunnel (rekey)", done.stdout)
            self.assertIn("nothing forbidden was seen", done.stdout)

    def test_should_name_the_subjects_when_one_is_unknown(self):
        done = run(REPOSITORY / "bench/races", "--only", "nothing", check=False)

        self.assertEqual(2, done.returncode)
        self.assertIn("receiver-index", done.stderr)


if __name__ == "__main__":
    unittest.main()
