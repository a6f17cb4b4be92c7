"""Measures from outside what `agent.py` does inside: first replies, gaps, and what the nodes say of their paths."""

import itertools
import json
import pathlib
import queue
import socket
import subprocess
import threading
import time

from lab import LabError

PROGRAM = pathlib.Path(__file__).resolve().parent / "agent.py"


class Agent:
    """The agent of one host; several threads may ask at once. The lab ends it."""

    def __init__(self, host):
        self.host = host
        self.answers, self.numbers = {}, itertools.count()
        with open(host.lab.directory / f"{host.name}-agent.log", "wb") as log:
            self.popen = subprocess.Popen(host.enter("python3", PROGRAM), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                          stderr=log, text=True, start_new_session=True)
        host.lab.processes.append(_Ended(self.popen, host.lab.directory / f"{host.name}-agent.log"))
        self.lock = threading.Lock()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.popen.stdout:
            answer = json.loads(line)
            self.answers.pop(answer.pop("number")).put(answer)

    def ask(self, patience, **request):
        answered = queue.Queue()
        with self.lock:
            number = next(self.numbers)
            self.answers[number] = answered
            try:
                self.popen.stdin.write(json.dumps(dict(request, number=number)) + "\n")
                self.popen.stdin.flush()
            except OSError as trouble:
                raise LabError(f"the agent in {self.host.name} has ended: {trouble}") from None
        try:
            answer = answered.get(timeout=patience)
        except queue.Empty:
            raise LabError(f"the agent in {self.host.name} did not answer {request['do']} in {patience} s") from None
        if "error" in answer:
            raise LabError(f"{self.host.name}: {answer['error']}")
        return answer

    def first_reply(self, name_server, name, timeout=10):
        return self.ask(timeout + 5, do="first", dns=name_server, name=name, timeout=timeout)

    def start_stream(self, key, address, interval):
        self.ask(10, do="start", stream=key, address=address, interval=interval)

    def stop_stream(self, key):
        return Arrivals(self.ask(10, do="stop", stream=key))


class _Ended:
    """What Lab.close wants to know of a process."""

    def __init__(self, popen, log):
        self.popen, self.log, self.pid = popen, log, popen.pid

    def running(self):
        return self.popen.poll() is None

    def output(self):
        return self.log.read_text(errors="replace")


class Arrivals:
    """When the replies of a stream came."""

    def __init__(self, answer):
        self.sent, self.tcp = answer["sent"], answer["tcp"]
        self.times = [when for when, _ in answer["arrivals"]]
        self.lost = self.sent - len({number for _, number in answer["arrivals"]})

    def longest_gap_ms(self, begin, end):
        """The longest time without a reply that overlaps the interval; until `end` if nothing came after it began."""
        times = [begin] + [when for when in self.times if begin < when] + [end]
        before = [when for when in self.times if when <= begin]
        if before:
            times[0] = before[-1]
        return max((later - earlier) * 1000 for earlier, later in zip(times, times[1:]) if earlier < end)

    def tcp_lived(self):
        return self.tcp["error"] is None


def status(node):
    """The object of `cyphonic status --json`, asked over the node's socket without starting a program."""
    with socket.socket(socket.AF_UNIX) as sock:
        sock.settimeout(5)
        sock.connect(str(node.directory / "control.sock"))
        sock.sendall(b'{"command":"status"}\n')
        text = b""
        while not text.endswith(b"\n"):
            part = sock.recv(1 << 16)
            if not part:
                break
            text += part
    return json.loads(text)


def peer(node, fqdn):
    """What a node says of a peer, or None."""
    return next((each for each in status(node)["peers"] if each["fqdn"] == fqdn), None)


def path(node, fqdn):
    """direct, relay, tcp or None while there is no tunnel."""
    said = peer(node, fqdn)
    return said["path"] if said and said["state"] == "up" else None


def wait_until(condition, seconds, interval=0.02):
    """Polls until the condition holds; returns the monotonic time, or None at the deadline."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return time.monotonic()
        time.sleep(interval)
    return None


def wait_for_path(node, fqdn, wanted, seconds):
    """Polls until the node says the path is the wanted one; returns the monotonic time, or None at the deadline."""
    return wait_until(lambda: path(node, fqdn) == wanted, seconds)
