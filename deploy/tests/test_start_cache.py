"""The start-up caches: made by one command, used by the launchers, and never in the way of a start."""

import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

import shared  # noqa: F401  puts the lab on the path
from cyphonic import CLOUD, NODE
from lab import REPOSITORY, run

MAKE = REPOSITORY / "deploy/start-cache"
JAR = REPOSITORY / "engine/target/cyphonic-engine.jar"
KINDS = ["cloud", "cloudcommand", "node", "nodecommand"]


class StartCacheTest(unittest.TestCase):
    """Made once, in a folder of its own; every test has a copy."""

    @classmethod
    def setUpClass(cls):
        cls.made = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        makers = [subprocess.Popen([MAKE, "--quiet"], env=os.environ | {"CYPHONIC_CACHE": str(cls.made)}) for _ in range(2)]
        cls.statuses = [maker.wait(400) for maker in makers]

    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory())) / "caches"
        shutil.copytree(self.made, self.folder)

    def cache(self, kind):
        return next(self.folder.glob(f"{kind}-*.aot"))

    def node(self, *arguments, **variables):
        """A command of the node; the JVM says whether it uses a cache."""
        tell = {"CYPHONIC_CACHE": str(self.folder), "CYPHONIC_JAVA_OPTIONS": "-Xlog:class+load:file=" + str(self.log)}
        return run(NODE, *arguments, env=os.environ | tell | variables, check=False)

    @property
    def log(self):
        return self.folder.parent / "classes.log"

    def used_cache(self):
        return "NodeMain source: shared objects file" in self.log.read_text()

    def test_should_make_all_caches_once_when_two_make_them_at_once(self):
        self.assertEqual([0, 0], self.statuses)
        self.assertEqual(KINDS, sorted(file.name.split("-")[0] for file in self.made.glob("*.aot")))
        self.assertEqual([], list(self.made.glob("making*")) + list(self.made.glob("*.failed")))

    def test_should_use_the_cache_when_it_fits(self):
        self.assertEqual(0, self.node("--version").returncode)

        self.assertTrue(self.used_cache())

    def test_should_start_without_when_the_cache_is_damaged(self):
        for file in self.folder.glob("*.aot"):
            file.write_bytes(b"no cache" * 1000)

        done = self.node("--version")

        self.assertEqual(0, done.returncode)
        self.assertTrue(done.stdout.startswith("cyphonic "), done.stdout)

    def test_should_not_look_at_a_cache_when_it_was_made_for_other_files(self):
        for file in self.folder.glob("*.aot"):
            file.rename(file.with_name(file.name.replace("-", "-1", 1)))

        self.assertEqual(0, self.node("--version").returncode)

        self.assertFalse(self.used_cache())

    def test_should_not_use_a_cache_when_others_may_write_it(self):
        for file in self.folder.glob("*.aot"):
            file.chmod(0o666)

        self.assertEqual(0, self.node("--version").returncode)

        self.assertFalse(self.used_cache())

    def test_should_say_one_line_when_a_cache_is_missing_and_cannot_be_made(self):
        done = self.node("up", "--dir", "/nowhere", CYPHONIC_CACHE="/proc/caches")

        self.assertEqual(1, done.returncode)
        self.assertEqual(1, done.stderr.count("start-up cache"), done.stderr)

    def test_should_not_use_a_cache_when_switched_off(self):
        self.assertEqual(0, self.node("--version", CYPHONIC_START_CACHE="off").returncode)

        self.assertFalse(self.used_cache())

    def test_should_run_without_the_launcher(self):
        java = run("bash", "-c", f". {REPOSITORY}/deploy/lib/jdk.sh; find_java").stdout.strip()

        self.assertTrue(run(java, "-jar", JAR, "--version").stdout.startswith("cyphonic "))

    def test_should_start_the_cloud_commands_too(self):
        self.assertTrue(run(CLOUD, "--version", env=os.environ | {"CYPHONIC_CACHE": str(self.folder)}).stdout)
