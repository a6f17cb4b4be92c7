"""Every way to get packets from one host to another that bench/peers compares. Each is started, measured and stopped."""

import contextlib
import os
import pathlib

from cyphonic import Cloud, Node
from lab import LabError, peak_rss_megabytes, run, wait_for

HERE = pathlib.Path(__file__).resolve().parent
CLOCK_TICKS = os.sysconf("SC_CLK_TCK")
MTU = 1400
INSIDE = {"left": "10.66.0.1", "right": "10.66.0.2"}


class Contender:
    """A tunnel between two hosts; `address` is the right one's inside it."""

    name = ""
    packages = ()

    def __init__(self, lab, left, right):
        self.lab, self.left, self.right = lab, left, right
        self.processes = []
        self.address = INSIDE["right"]

    def start(self):
        raise NotImplementedError

    def stop(self):
        for process in self.processes:
            with contextlib.suppress(LabError):
                process.stop()
        self.processes = []

    def cpu_seconds(self):
        """Processor time of all tunnel processes so far."""
        return sum(_cpu_seconds(pid) for process in self.processes for pid in _family(process.pid))

    def peak_rss_megabytes(self):
        """The largest of the tunnel processes."""
        return max((peak_rss_megabytes(pid) for process in self.processes for pid in _family(process.pid)), default=0.0)

    def give_address(self, interface):
        for side, host in (("left", self.left), ("right", self.right)):
            host.run("ip", "addr", "add", f"{INSIDE[side]}/24", "dev", interface)
            host.run("ip", "link", "set", interface, "mtu", MTU, "up")

    def wait_until_it_answers(self):
        wait_for(lambda: self.left.run("ping", "-c", "1", "-W", "1", self.address, check=False).returncode == 0,
                 30, f"{self.name} to carry a ping")


class Bare(Contender):
    """No tunnel: what the underlay can do."""

    name = "veth"

    def start(self):
        self.address = self.right.ipv4


class NullTunnel(Contender):
    """The ceiling: a tunnel that does nothing with the packets."""

    name = "null tunnel"

    def start(self):
        program = self.lab.directory / "null_tunnel"
        if not program.exists():
            run("gcc", "-O2", "-pthread", "-o", program, HERE / "null_tunnel.c")
        for host, peer in ((self.left, self.right), (self.right, self.left)):
            process = host.spawn("null", program, "null0", host.ipv4, peer.ipv4, 5000, MTU)
            process.wait_for_line("ready", 5)
            self.processes.append(process)
        self.give_address("null0")


class Cyphonic(Contender):
    """This engine in one of its modes, with a cloud of its own."""

    mode = ""

    def start(self):
        self.cloud_host = getattr(self.lab, "cloud_host", None) or self.lab.host("cloud")
        self.lab.cloud_host = self.cloud_host
        run("rm", "-rf", self.cloud_host.directory / "cloud")
        self.cloud = Cloud(self.cloud_host)
        self.cloud.serve()
        nodes = []
        for name, host in (("left", self.left), ("right", self.right)):
            node = Node(host, name, host.directory / f"node-{self.mode}")
            run("rm", "-rf", node.directory)
            node.join(self.cloud.invite(name))
            node.configure(f"engine:\n  mode: {self.mode}\n")
            node.up()
            nodes.append(node)
        self.processes = [node.process for node in nodes]
        self.address = nodes[1].virtual_ipv4

    def stop(self):
        super().stop()
        self.cloud.process.stop()


class WireGuardGo(Contender):
    """wireguard-go of the distribution."""

    name = "wireguard-go"
    packages = ("wireguard-go:wireguard-go", "wg:wireguard-tools")

    def start(self):
        keys = {}
        for side in ("left", "right"):
            private = run("wg", "genkey").stdout
            keys[side] = private, run("wg", "pubkey", input=private).stdout.strip()
        for side, other, host, peer in (
            ("left", "right", self.left, self.right),
            ("right", "left", self.right, self.left),
        ):
            interface = f"wg{host.number}"
            self.processes.append(host.spawn("wireguard-go", "wireguard-go", "-f", interface))
            wait_for(lambda: host.run("wg", "show", interface, check=False).returncode == 0, 5, "wireguard-go to start")
            secret = host.directory / "wg.key"
            secret.write_text(keys[side][0])
            secret.chmod(0o600)
            host.run("wg", "set", interface, "listen-port", 51820, "private-key", secret, "peer", keys[other][1],
                     "allowed-ips", f"{INSIDE[other]}/32", "endpoint", f"{peer.ipv4}:51820")
            host.run("ip", "addr", "add", f"{INSIDE[side]}/24", "dev", interface)
            host.run("ip", "link", "set", interface, "mtu", MTU, "up")


class Nebula(Contender):
    """nebula of the distribution, AES-GCM; the right host is its lighthouse."""

    name = "nebula"
    packages = ("nebula:nebula", "nebula-cert:nebula")

    def start(self):
        folder = self.lab.directory / "nebula"
        folder.mkdir(exist_ok=True)
        if not (folder / "ca.crt").exists():
            run("nebula-cert", "ca", "-name", "bench", cwd=folder)
            for side in ("left", "right"):
                run("nebula-cert", "sign", "-name", side, "-ip", f"{INSIDE[side]}/24", cwd=folder)
        for side, host in (("right", self.right), ("left", self.left)):
            hosts = f"[\"{INSIDE['right']}\"]" if side == "left" else "[]"
            file = folder / f"{side}.yml"
            file.write_text(f"""
pki: {{ca: {folder}/ca.crt, cert: {folder}/{side}.crt, key: {folder}/{side}.key}}
static_host_map: {{"{INSIDE['right']}": ["{self.right.ipv4}:4242"]}}
lighthouse: {{am_lighthouse: {str(side == 'right').lower()}, hosts: {hosts}}}
listen: {{host: 0.0.0.0, port: 4242, read_buffer: 4194304, write_buffer: 4194304}}
cipher: aes
tun: {{dev: nebula1, mtu: {MTU}}}
firewall:
  outbound: [{{port: any, proto: any, host: any}}]
  inbound: [{{port: any, proto: any, host: any}}]
""")
            self.processes.append(host.spawn("nebula", "nebula", "-config", file))


class OpenVpn(Contender):
    """openvpn of the distribution, UDP, AES-256-GCM, peer to peer with TLS."""

    name = "openvpn"
    packages = ("openvpn:openvpn", "openssl:openssl")

    def start(self):
        folder = self.lab.directory / "openvpn"
        folder.mkdir(exist_ok=True)
        if not (folder / "left.crt").exists():
            for side in ("left", "right"):
                run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-days", "2", "-subj", f"/CN={side}", "-keyout", folder / f"{side}.key", "-out", folder / f"{side}.crt")
        for side, other, host, peer, role in (
            ("right", "left", self.right, self.left, "--tls-server"),
            ("left", "right", self.left, self.right, "--tls-client"),
        ):
            print_ = run("openssl", "x509", "-in", folder / f"{other}.crt", "-noout", "-fingerprint", "-sha256").stdout
            self.processes.append(host.spawn(
                "openvpn", "openvpn", "--dev", "ovpn0", "--dev-type", "tun", "--proto", "udp", "--port", 1194,
                "--remote", peer.ipv4, "--ifconfig", INSIDE[side], INSIDE[other], role,
                *(("--dh", "none") if side == "right" else ()),
                "--cert", folder / f"{side}.crt", "--key", folder / f"{side}.key",
                "--peer-fingerprint", print_.strip().split("=")[1],
                "--data-ciphers", "AES-256-GCM", "--cipher", "AES-256-GCM", "--tun-mtu", MTU, "--sndbuf", 4194304,
                "--rcvbuf", 4194304, "--txqueuelen", 1000, "--verb", 1))


def engine(mode):
    """This engine in a mode, as a contender of its own."""
    return type(f"Cyphonic{mode.title()}", (Cyphonic,), {"mode": mode, "name": f"cyphonic {mode}"})


ALL = [Bare, NullTunnel, engine("adaptive"), engine("pipeline"), engine("serial"), WireGuardGo, Nebula, OpenVpn]


def _family(pid):
    """A process and its children: what `ip netns exec` started is the process itself."""
    try:
        children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return [pid]
    return [pid, *map(int, children)]


def _cpu_seconds(pid):
    try:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / CLOCK_TICKS
