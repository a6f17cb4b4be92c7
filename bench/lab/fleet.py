"""One listening node and up to ten initiating ones with their cloud: the slides' closed network, in namespaces."""

import concurrent.futures
import contextlib
import pathlib
import signal

import measure
import scrape
from cyphonic import Cloud, Node
from lab import Lab, LabError, run, wait_for

METRICS_PORT = 9447
EXPORTER_PORT = 9100
FIRST_IPERF_PORT = 5201
MAX_INITIATORS = 10
START_SECONDS = 90
AT_ONCE = 5


class Fleet:
    """Nodes of one setting at a time. `connect(n)` makes it exactly n tunnels, each from a node of its own."""

    def __init__(self, lab, sampler, most):
        self.lab, self.sampler = lab, sampler
        self.cloud = Cloud(lab.host("cloud"))
        self.listener = Node(lab.host("listener"))
        self.initiators = [Node(lab.host(f"initiator{number}")) for number in range(1, most + 1)]
        self.up = []
        self.servers = []
        self.yaml = ""

    def prepare(self):
        """Starts the cloud and lets every node join."""
        self.cloud.process = self.cloud.host.spawn("cloud", *self._command(self.cloud, "serve"))
        self.cloud.process.wait_for_line("ready", START_SECONDS)
        nodes = [self.listener, *self.initiators]
        _together(lambda node: node.join(self.cloud.invite(node.name)), nodes)
        for node in nodes:
            node.plain_yaml = (node.directory / "node.yaml").read_text()
        self._start_exporter()

    @staticmethod
    def _command(thing, verb):
        from cyphonic import CLOUD, NODE
        return (CLOUD if isinstance(thing, Cloud) else NODE, verb, "--dir", thing.directory)

    def _start_exporter(self):
        if run("bash", "-c", "command -v prometheus-node-exporter", check=False).returncode == 0:
            self.listener.host.spawn("exporter", "prometheus-node-exporter",
                           f"--web.listen-address=127.0.0.1:{EXPORTER_PORT}", "--collector.disable-defaults",
                           "--collector.cpu", "--collector.loadavg", "--collector.meminfo", "--collector.stat")
            self.sampler.watch(scrape.Endpoint("machine", self.listener.host.namespace, EXPORTER_PORT,
                                               scrape.machine_figures))

    def start(self, engine_yaml):
        """Starts the listener with these settings; initiators follow with `connect`."""
        self.yaml = engine_yaml
        self._up(self.listener)
        self.servers = [self._serve(number) for number in range(len(self.initiators))]

    def _serve(self, number):
        return self.listener.host.spawn(f"iperf3-{number}", *measure.IPERF_SERVER, "-p", FIRST_IPERF_PORT + number,
                                        "-B", self.listener.virtual_ipv4)

    def refresh_servers(self):
        """An iperf3 server whose client broke off may wait for it for ever: new ones."""
        for server in self.servers:
            with contextlib.suppress(LabError):
                server.stop(signal.SIGKILL)
        self.servers = [self._serve(number) for number in range(len(self.initiators))]

    def _up(self, node):
        (node.directory / "node.yaml").write_text(
            f"{node.plain_yaml}\nmetrics:\n  listen: 127.0.0.1:{METRICS_PORT}\n{self.yaml}")
        node.process = node.host.spawn(f"node-{node.name}", *self._command(node, "up"))
        words = node.process.wait_for_line("ready", START_SECONDS).split()
        node.virtual_ipv4, node.virtual_ipv6 = words[2], words[3]
        node.endpoint = scrape.Endpoint(node.name, node.host.namespace, METRICS_PORT, scrape.node_figures)
        self.sampler.watch(node.endpoint)

    def _down(self, node):
        self.sampler.forget(node.name)
        if node.process:
            with contextlib.suppress(LabError):
                node.process.stop(seconds=20)
        node.process = None

    def connect(self, count):
        """Brings initiators up, or down, until exactly so many tunnels stand and answer."""
        _together(self._down, self.up[count:])
        del self.up[count:]
        fresh = self.initiators[len(self.up):count]
        _together(self._up, fresh)
        self.up.extend(fresh)
        for node in self.up:
            wait_for(lambda: node.host.run("ping", "-n", "-c", 1, "-W", 1, self.listener.virtual_ipv4,
                                           check=False).returncode == 0, START_SECONDS, f"a tunnel from {node.name}")

    def stop(self):
        """Ends all nodes; the cloud goes on."""
        for server in self.servers:
            with contextlib.suppress(LabError):
                server.stop(signal.SIGKILL)
        self.servers = []
        _together(self._down, [*self.up, self.listener])
        self.up = []

    def path_changes(self):
        """How often any node has changed its way to a peer so far; None where one does not say. What is under way on
        two ways may overtake."""
        figures = [node.endpoint.read() for node in [self.listener, *self.up]]
        return sum(each["path_changes"] for each in figures) if all(figures) else None

    def reordered(self):
        """Times any initiator's TCP has seen segments out of order; as nstat would tell, without starting it."""
        return sum(_reordered(node.process.pid) for node in self.up)


def _reordered(pid):
    lines = pathlib.Path(f"/proc/{pid}/net/netstat").read_text().splitlines()
    names, values = next((names.split(), values.split()) for names, values in zip(lines[::2], lines[1::2])
                         if names.startswith("TcpExt:"))
    counts = dict(zip(names[1:], map(int, values[1:])))
    return counts.get("TCPSACKReorder", 0) + counts.get("TCPTSReorder", 0)


def _together(action, things):
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        for done in [pool.submit(action, thing) for thing in things]:
            done.result()


@contextlib.contextmanager
def fleet(sampler, most, on_lab=lambda tag: None):
    """A lab with a fleet in it that has joined; everything is gone at the end."""
    with Lab() as lab:
        on_lab(lab.tag)
        made = Fleet(lab, sampler, most)
        made.prepare()
        yield made


def sweep(tag):
    """Removes the lab of a run that was killed: its processes, namespaces and files."""
    for namespace in run("ip", "netns", "list", check=False).stdout.split():
        if namespace.startswith(f"{tag}-"):
            for pid in run("ip", "netns", "pids", namespace, check=False).stdout.split():
                run("kill", "-9", pid, check=False)
            run("ip", "netns", "del", namespace, check=False)
            run("rm", "-rf", f"/etc/netns/{namespace}", check=False)
