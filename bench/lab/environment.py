"""What a measurement ran on: goes into every result file, so that figures can be compared or not."""

import datetime
import os
import pathlib
import platform

from lab import REPOSITORY, run


def machine():
    """Processor, memory, kernel, versions and commit of this machine at present."""
    return {
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
        "processor": _after(pathlib.Path("/proc/cpuinfo"), "model name") or platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_mb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e6),
        "kernel": platform.release(),
        "system": _after(pathlib.Path("/etc/os-release"), "PRETTY_NAME", "=").strip('"'),
        "java": _first(run("bash", "-c", f". {REPOSITORY}/deploy/lib/jdk.sh; \"$(find_java)\" -version", check=False).stderr),
        "iperf3": _first(run("iperf3", "--version", check=False).stdout),
        "commit": run("git", "-C", REPOSITORY, "rev-parse", "--short", "HEAD", check=False).stdout.strip() or "unknown",
        "load_before": round(os.getloadavg()[0], 2),
    }


def _after(file, key, separator=":"):
    try:
        lines = file.read_text().splitlines()
    except OSError:
        return ""
    return next((line.split(separator, 1)[1].strip() for line in lines if line.startswith(key)), "")


def _first(text):
    return text.splitlines()[0] if text else "unknown"
