"""A limit on the memory of processes together, as a small machine has it: a control group of either version (cgroups(7))."""

import os
import pathlib

from lab import LabError, wait_for

ROOT = pathlib.Path("/sys/fs/cgroup")


class MemoryGroup:
    """Opens with `with`. What is started through `enter` shares the memory, together with the kernel's for it and its files."""

    def __init__(self, megabytes):
        self.bytes = megabytes << 20
        self.unified = (ROOT / "cgroup.controllers").exists()
        top = ROOT if self.unified else ROOT / "memory"
        self.folder = top / f"cyphonic-{os.getpid()}"
        if not top.is_dir():
            raise LabError(f"{top}: no control groups for memory; mount cgroup2 at {ROOT}")

    def __enter__(self):
        if self.unified:
            (ROOT / "cgroup.subtree_control").write_text("+memory")
        self.folder.mkdir()
        self._file("memory.max", "memory.limit_in_bytes").write_text(str(self.bytes))
        return self

    def __exit__(self, *_):
        def removed():
            try:
                self.folder.rmdir()
            except OSError:
                return False
            return True

        wait_for(removed, 10, f"{self.folder} to be without processes")

    def enter(self, *command):
        """The command, started as a member."""
        return ["sh", "-c", 'echo $$ > "$0" && exec "$@"', str(self.folder / "cgroup.procs"), *command]

    def killed(self):
        """Processes the kernel ended because there was no memory left."""
        lines = self._file("memory.events", "memory.oom_control").read_text().splitlines()
        return int(dict(line.split() for line in lines)["oom_kill"])

    def _file(self, unified, legacy):
        return self.folder / (unified if self.unified else legacy)
