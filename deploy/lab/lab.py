"""Network namespaces as test hosts: made, used and removed by whoever opens the lab.

Every host is a namespace with one interface `up0` on a common bridge, which has a namespace of its own. Nothing is
routed out of the lab, so no packet can leave it. Names carry the process id, so labs can run side by side.
"""

import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import threading
import time

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]


class LabError(Exception):
    """Something in the lab did not work; the text says what."""


def run(*command, check=True, timeout=60, **options):
    """Runs a command to its end and returns it with its output."""
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=timeout, **options)
    if check and done.returncode != 0:
        raise LabError(f"{' '.join(map(str, command))}: {(done.stderr or done.stdout).strip()}")
    return done


def wait_for(condition, seconds, what):
    """Polls until the condition holds and returns its value; fails with `what` at the deadline."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise LabError(f"not within {seconds} s: {what}")
        time.sleep(0.02)


def peak_rss_megabytes(pid):
    """The most memory a process ever had resident."""
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1000
    raise LabError(f"process {pid} says nothing about its memory")


class Process:
    """A command running in a host; its output goes to a file."""

    def __init__(self, popen, log):
        self.popen, self.log = popen, log
        self.pid = popen.pid

    def running(self):
        return self.popen.poll() is None

    def output(self):
        return self.log.read_text(errors="replace")

    def wait_for_line(self, start, seconds):
        """Waits for a line that starts with the given text and returns it."""

        def line():
            found = next((l for l in self.output().splitlines() if l.startswith(start)), None)
            if found is None and not self.running():
                raise LabError(f"ended with status {self.popen.returncode} before '{start}':\n{self.output()}")
            return found

        return wait_for(line, seconds, f"a line '{start}...' in {self.log.name}:\n{self.output()[-2000:]}")

    def stop(self, sig=signal.SIGTERM, seconds=10):
        """Ends the process and returns its exit status; kills it if it does not end by itself."""
        if self.running():
            self.popen.send_signal(sig)
        try:
            return self.popen.wait(seconds)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            self.popen.wait(5)
            raise LabError(f"{self.log.stem} did not end within {seconds} s of signal {sig}") from None


class Host:
    """A network namespace with an address on the lab's network."""

    def __init__(self, lab, name, number, group=None):
        self.lab, self.name, self.number, self.group = lab, name, number, group
        self.namespace = f"{lab.tag}-{name}"
        self.ipv4, self.ipv6 = f"10.83.0.{number}", f"fd83::{number:x}"
        self.directory = lab.directory / name

    def enter(self, *command):
        entered = ["ip", "netns", "exec", self.namespace, *[str(word) for word in command]]
        return self.group.enter(*entered) if self.group else entered

    def run(self, *command, **options):
        return run(*self.enter(*command), **options)

    def spawn(self, name, *command, **options):
        """Starts a command; the lab ends it. Ctrl-C reaches the script only, which then ends things in its order."""
        log = self.lab.directory / f"{self.name}-{name}.log"
        with open(log, "wb") as out:
            popen = subprocess.Popen(
                self.enter(*command), stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT,
                start_new_session=True, **options
            )
        process = Process(popen, log)
        self.lab.processes.append(process)
        return process

    def use_resolver(self, address):
        """Programs started in this host from now on ask this name server."""
        folder = pathlib.Path("/etc/netns") / self.namespace
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "resolv.conf").write_text(f"nameserver {address}\noptions timeout:5 attempts:1\n")


class Lab:
    """Opens with `with`, and leaves nothing behind unless told to keep."""

    def __init__(self, mtu=1500):
        self.tag = f"cy{os.getpid()}"
        self.mtu = mtu
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="cyphonic-"))
        self.hosts, self.processes = [], []
        self.keep = False

    def __enter__(self):
        # Processes have sessions of their own, so nobody but close() ends them: being told to end must lead there.
        if threading.current_thread() is threading.main_thread() and signal.getsignal(signal.SIGTERM) == signal.SIG_DFL:
            signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            run("ip", "netns", "add", f"{self.tag}-net")
            self._net("ip", "link", "add", "br0", "type", "bridge")
            self._net("ip", "link", "set", "br0", "mtu", self.mtu, "up")
            # A bridge is a wire here: no packet filter looks at what crosses it.
            for family in ("iptables", "ip6tables", "arptables"):
                run("ip", "netns", "exec", f"{self.tag}-net", "sysctl", "-qw",
                    f"net.bridge.bridge-nf-call-{family}=0", check=False)
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_):
        if not self.keep:
            self.close()

    def _net(self, *command):
        run("ip", "netns", "exec", f"{self.tag}-net", *command)

    def host(self, name, ipv4=True, ipv6=True, group=None):
        """Adds a host with an address of each wanted family; its programs become members of a `MemoryGroup`, if there is one."""
        host = Host(self, name, len(self.hosts) + 1, group)
        run("ip", "netns", "add", host.namespace)
        self.hosts.append(host)
        host.directory.mkdir()
        port = f"p{host.number}"
        run("ip", "link", "add", port, "netns", f"{self.tag}-net", "mtu", self.mtu, "type", "veth",
            "peer", "name", "up0", "netns", host.namespace, "mtu", self.mtu)
        self._net("ip", "link", "set", port, "master", "br0", "up")
        host.run("ip", "link", "set", "lo", "up")
        if ipv4:
            host.run("ip", "addr", "add", f"{host.ipv4}/24", "dev", "up0")
        if ipv6:
            host.run("ip", "-6", "addr", "add", f"{host.ipv6}/64", "dev", "up0", "nodad")
        host.run("ip", "link", "set", "up0", "up")
        return host

    def close(self):
        for process in reversed(self.processes):
            if process.running():
                process.popen.terminate()
        deadline = time.monotonic() + 5
        for process in self.processes:
            try:
                process.popen.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.popen.kill()
                process.popen.wait(5)
        for namespace in [host.namespace for host in self.hosts] + [f"{self.tag}-net"]:
            run("ip", "netns", "del", namespace, check=False)
            shutil.rmtree(f"/etc/netns/{namespace}", ignore_errors=True)
        shutil.rmtree(self.directory, ignore_errors=True)
