"""What was measured so far, on disk, one line each: an interrupted run goes on where it was."""

import json
import os
import pathlib


class Journal:
    """A file that only grows. Every entry is on disk before the next thing is measured."""

    def __init__(self, path):
        self.path = pathlib.Path(path)
        self.all = _read(self.path)

    def add(self, kind, **fields):
        entry = {"kind": kind, **fields}
        line = json.dumps(entry, separators=(",", ":")) + "\n"
        torn = self.path.exists() and self.path.stat().st_size and not self.path.read_bytes().endswith(b"\n")
        with open(self.path, "a") as file:
            file.write(("\n" if torn else "") + line)
            file.flush()
            os.fsync(file.fileno())
        self.all.append(entry)
        return entry

    def entries(self, kind):
        return [entry for entry in self.all if entry["kind"] == kind]

    def last(self, kind):
        return next((entry for entry in reversed(self.all) if entry["kind"] == kind), None)


def _read(path):
    """All whole entries; the last line may be torn by a crash, and is left out then."""
    if not path.exists():
        return []
    entries = []
    for line in path.read_text(errors="replace").splitlines():
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        if isinstance(entry, dict) and "kind" in entry:
            entries.append(entry)
    return entries
