"""The cloud and the nodes of a lab, driven by the commands a person would type."""

import json
import signal

from lab import REPOSITORY, peak_rss_megabytes

CLOUD = REPOSITORY / "deploy/bin/cyphonic-cloud"
NODE = REPOSITORY / "deploy/bin/cyphonic"
ZONE = "cyphonic.internal"
READY_SECONDS = 30


class Cloud:
    """One CYPHONIC cloud in a host."""

    def __init__(self, host, listen=None):
        self.host, self.directory = host, host.directory / "cloud"
        self.process = None
        addresses = listen or [host.ipv4, host.ipv6]
        self.command("init", *[word for address in addresses for word in ("--listen", address)])

    def command(self, name, *arguments, check=True):
        return self.host.run(CLOUD, name, *arguments, "--dir", self.directory, check=check)

    def configure(self, text):
        """Adds lines to cloud.yaml."""
        with open(self.directory / "cloud.yaml", "a") as file:
            file.write(text)

    def serve(self):
        self.process = self.host.spawn("cloud", CLOUD, "serve", "--dir", self.directory)
        return self.process.wait_for_line("ready", READY_SECONDS)

    def kill(self):
        self.process.stop(signal.SIGKILL)

    def invite(self, name, *options):
        return self.command("invite", name, *options).stdout.strip()

    def devices(self):
        return json.loads(self.command("devices", "--json").stdout)


class Node:
    """One CYPHONIC node in a host."""

    def __init__(self, host, name=None, directory=None):
        self.host, self.name = host, name or host.name
        self.fqdn = f"{self.name}.{ZONE}"
        self.directory = directory or host.directory / "node"
        self.process = None

    def command(self, name, *arguments, check=True, timeout=60):
        return self.host.run(NODE, name, *arguments, "--dir", self.directory, check=check, timeout=timeout)

    def join(self, invitation, check=True):
        return self.command("join", invitation, check=check)

    def configure(self, text):
        """Adds lines to node.yaml."""
        with open(self.directory / "node.yaml", "a") as file:
            file.write(text)

    def spawn(self):
        self.process = self.host.spawn(f"node-{self.name}", NODE, "up", "--dir", self.directory)
        return self.process

    def up(self):
        self.spawn()
        line = self.process.wait_for_line("ready", READY_SECONDS)
        status = self.status()["node"]
        self.virtual_ipv4, self.virtual_ipv6 = status["virtualIpv4"], status["virtualIpv6"]
        self.host.use_resolver(self.virtual_ipv4)
        return line

    def status(self):
        return json.loads(self.command("status", "--json").stdout)

    def peer(self, fqdn):
        """What this node says of a peer, or None."""
        return next((peer for peer in self.status()["peers"] if peer["fqdn"] == fqdn), None)

    def peak_rss_megabytes(self):
        return peak_rss_megabytes(self.process.pid)


def start_nodes(lab, cloud, *names):
    """Invites, joins and starts a node in a new host for each name."""
    nodes = []
    for name in names:
        node = Node(lab.host(name))
        node.join(cloud.invite(name))
        node.up()
        nodes.append(node)
    return nodes
