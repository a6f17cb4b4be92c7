"""The world of bench/nat-grid: a cloud, two nodes behind each kind of router, and what is measured between two of them."""

import concurrent.futures
import signal
import subprocess
import threading
import time

import grid_rules
import traffic
from cyphonic import Cloud, Node
from lab import LabError, wait_for
from sites import PROFILES

FIRST_REPLY_SECONDS = 10
DIRECT_SECONDS = 10
NOT_DIRECT_SECONDS = 2.5
SETTLE_SECONDS = 4
CUT_SECONDS = 6
BACK_SECONDS = 45
INTERVAL = 0.02


class World:
    """All nodes the pairs need, each with an agent for traffic."""

    def __init__(self, internet, cloud_listen=None):
        self.internet = internet
        site = internet.site("cloud", "public")
        self.cloud = Cloud(internet.add(site, "cloud"), cloud_listen)
        self.nodes, self.agents, self.troubles = {}, {}, {}

    def start(self, names, parallel=2, said=lambda text: None):
        """Starts the cloud and the named nodes (`PROFILE-1`, `PROFILE-2`); one that does not start is kept as trouble."""
        said(self.cloud.serve())
        shared = {}
        hosts = {}
        for name in names:
            profile = PROFILES[name.rsplit("-", 1)[0]]
            site = shared.get(profile.name) or self.internet.site(profile.name if profile.shared else name, profile)
            if profile.shared:
                shared[profile.name] = site
            hosts[name] = self.internet.add(site, name)
        with concurrent.futures.ThreadPoolExecutor(parallel) as pool:
            for done in concurrent.futures.as_completed([pool.submit(self._node, host) for host in hosts.values()]):
                said(done.result())

    def _node(self, host):
        """Starts a node, again where the machine was too busy for the first try."""
        for last in (False, True):
            node = Node(host)
            try:
                if not (node.directory / "node.yaml").exists():
                    node.join(self.cloud.invite(host.name))
                line = node.up()
                self.agents[host.name] = traffic.Agent(host)
                self.nodes[host.name] = node
                return f"{host.name}: {line}"
            except (LabError, subprocess.TimeoutExpired) as trouble:
                if node.process:
                    node.process.stop(signal.SIGKILL)
                if last:
                    self.troubles[host.name] = _reason(trouble)
        return f"{host.name}: DOES NOT START: {self.troubles[host.name]}"

    def paths(self, one, other):
        """What both ends say of their path; the pair's is the worse one, for one end may be on TCP."""
        said = traffic.path(one, other.fqdn), traffic.path(other, one.fqdn)
        return None if None in said else max(said, key=grid_rules.RANK.get)

    def measure(self, source, target, expected):
        """Everything about one pair whose tunnel does not exist yet."""
        result = {"expected": expected}
        for name in (source, target):
            if name in self.troubles:
                return dict(result, error=f"{name} does not start: {self.troubles[name]}")
        one, other = self.nodes[source], self.nodes[target]
        try:
            return result | self._connect(one, other, expected) | self._survive(one, other, expected)
        except LabError as trouble:
            return dict(result, error=str(trouble), path=self.paths(one, other))

    def _connect(self, one, other, expected):
        agent = self.agents[one.name]
        watching = _Watch(lambda: self.paths(one, other) == "direct")
        try:
            first = agent.first_reply(one.virtual_ipv4, other.fqdn, FIRST_REPLY_SECONDS)
            if first["reply_ms"] is None:
                raise LabError(f"resolved to {first['address']}, but no reply in {FIRST_REPLY_SECONDS} s")
            first_path = traffic.path(one, other.fqdn)
            direct = watching.wait(DIRECT_SECONDS if expected == "direct" else NOT_DIRECT_SECONDS)
        finally:
            watching.stop()
        return {
            "resolved_ms": round(first["resolved_ms"], 1),
            "reply_ms": round(first["reply_ms"], 1),
            "first_path": first_path,
            "direct_ms": round((direct - first["start"]) * 1000, 1) if direct else None,
            "endpoint": (traffic.peer(one, other.fqdn) or {}).get("endpoint"),
        }

    def _survive(self, one, other, expected):
        """Cuts the direct path under running traffic, if there is one, and mends it again."""
        agent, key = self.agents[one.name], f"{one.name}>{other.name}"
        agent.start_stream(key, other.virtual_ipv4, INTERVAL)
        cut = None
        try:
            time.sleep(0.5)
            path = self.paths(one, other)
            settled = path == "direct" or expected != "direct"
            if not settled and traffic.wait_until(lambda: self.paths(one, other) == "direct", SETTLE_SECONDS):
                path = "direct"
            if path == "direct":
                cut = self._cut(one, other)
        finally:
            arrivals = agent.stop_stream(key)
        result = {"path": path, "settled": settled, "tcp_lived": arrivals.tcp_lived(), "tcp_error": arrivals.tcp["error"], "tcp_lines": arrivals.tcp["lines"]}
        if cut:
            began, ended = cut.pop("began"), cut.pop("ended")
            result["cut"] = dict(cut, gap_ms=round(arrivals.longest_gap_ms(began, ended)))
        return result

    def _cut(self, one, other):
        began = time.monotonic()
        self.internet.cut(one.host, other.host)
        try:
            wait_for(lambda: self.paths(one, other) in ("relay", "tcp"), CUT_SECONDS, "another path after the cut")
            time.sleep(0.5)
            path = self.paths(one, other)
        except LabError:
            path = None
        finally:
            mended = time.monotonic()
            self.internet.mend(one.host, other.host)
        back = _Watch(lambda: self.paths(one, other) == "direct")
        try:
            again = back.wait(BACK_SECONDS)
        finally:
            back.stop()
        time.sleep(0.3)
        return {"began": began, "ended": mended, "path": path,
                "back_ms": round((again - mended) * 1000) if again else None}


def _reason(trouble):
    """The last line, without the command line, for that holds an invitation."""
    return str(trouble).strip().splitlines()[-1].rsplit("/node: ", 1)[-1]


class _Watch:
    """Notes when a condition holds for the first time, polling it aside."""

    def __init__(self, condition, interval=0.02):
        self.condition, self.interval = condition, interval
        self.when, self.found, self.ended = None, threading.Event(), threading.Event()
        threading.Thread(target=self._poll, daemon=True).start()

    def _poll(self):
        while not self.ended.wait(self.interval):
            try:
                if self.condition():
                    self.when = time.monotonic()
                    self.found.set()
                    return
            except OSError:
                continue

    def wait(self, seconds):
        self.found.wait(seconds)
        return self.when

    def stop(self):
        self.ended.set()
