"""What crosses from one host to an address in another: iperf3, ping and the kernel's own reordering counters."""

import json
import re
import subprocess
import time

from lab import LabError, wait_for


# Both ends print JSON, so that the client's result has the server's in it (GET_SERVER_OUTPUT).
IPERF_SERVER = ("iperf3", "-s", "-J")
IPERF_CLIENT = ("iperf3", "-J", "--get-server-output", "--connect-timeout", "5000", "-c")


def iperf(client, server, address, *options):
    """One iperf3 run; returns what it printed."""
    serving = server.spawn("iperf3", *IPERF_SERVER, "-1", "-B", address)
    wait_for(lambda: f"{address}" in server.run("ss", "-Hltn", "sport = :5201").stdout, 5, "iperf3 to listen")
    try:
        done = client.run(*IPERF_CLIENT, address, *options, check=False, timeout=120)
    finally:
        try:
            serving.popen.wait(5)
        except subprocess.TimeoutExpired:
            serving.stop()
    return iperf_result(done.stdout, done.stderr)


def iperf_result(out, error):
    """What a client printed, as an object."""
    try:
        result = json.loads(out)
    except ValueError:
        raise LabError(f"iperf3 printed no result: {error.strip()}") from None
    if "error" in result:
        raise LabError(f"iperf3: {result['error']}")
    return result


def out_of_order(result):
    """Datagrams that the server received out of order; the client's own count is always 0."""
    return sum(stream["udp"]["out_of_order"] for stream in result["server_output_json"]["end"]["streams"])


def reordered(host):
    """Times the host's TCP has seen segments out of order, by SACK or by time stamps."""
    out = host.run("nstat", "-asz", "TcpExtTCPSACKReorder", "TcpExtTCPTSReorder").stdout
    return sum(int(line.split()[1]) for line in out.splitlines() if line.startswith("TcpExt"))


def tcp(client, server, address, seconds=5, streams=1, reverse=False):
    """TCP from client to server, or back: Mbit/s received, retransmissions, reordering seen by the sender."""
    sender = server if reverse else client
    before = reordered(sender)
    end = iperf(client, server, address, "-t", seconds, "-P", streams, *(["-R"] if reverse else []))["end"]
    return {
        "mbps": round(end["sum_received"]["bits_per_second"] / 1e6, 1),
        "retransmits": end["sum_sent"].get("retransmits"),
        "reordered": reordered(sender) - before,
    }


def udp(client, server, address, rate="500M", datagram=1300, seconds=3):
    """UDP from client to server at an offered rate: Mbit/s received, loss in percent, datagrams out of order."""
    result = iperf(client, server, address, "-u", "-b", rate, "-l", datagram, "-t", seconds)
    total = result["end"]["sum"]
    received = total["packets"] - total["lost_packets"]
    return {
        "offered": rate,
        "mbps": round(received * datagram * 8 / total["seconds"] / 1e6, 1),
        "loss_percent": round(total["lost_percent"], 2),
        "out_of_order": out_of_order(result),
    }


def first_reply(client, name):
    """From the first query for a name to the first echo reply: milliseconds, and what ping printed."""
    start = time.monotonic()
    # -n: else ping asks for the name of who answered before it prints the answer.
    out = client.run("ping", "-n", "-c", "1", "-W", "5", name, timeout=15).stdout
    return (time.monotonic() - start) * 1000, out


def ping(client, target, count=50, interval=0.02):
    """Round-trip times in milliseconds and loss in percent."""
    out = client.run("ping", "-n", "-c", count, "-i", interval, "-W", 2, target, check=False, timeout=60).stdout
    times = re.search(r"= ([\d.]+)/([\d.]+)/([\d.]+)/([\d.]+)", out)
    if not times:
        raise LabError(f"ping: no answer from {target}\n{out}")
    loss = re.search(r"([\d.]+)% packet loss", out)
    return dict(zip(("min", "avg", "max", "mdev"), map(float, times.groups())), loss_percent=float(loss.group(1)))


def loaded_ping(client, server, address, count=100, interval=0.02):
    """Round-trip times while one TCP flow runs as fast as it can."""
    serving = server.spawn("iperf3", "iperf3", "-s", "-1", "-B", address)
    wait_for(lambda: f"{address}" in server.run("ss", "-Hltn", "sport = :5201").stdout, 5, "iperf3 to listen")
    # Without forceflush its output comes when all is over, and the pings would meet no load.
    load = client.spawn("iperf3-load", "iperf3", "-c", address, "-t", int(count * interval) + 3, "--forceflush")
    wait_for(lambda: "1.00" in load.output() or not load.running(), 10, "the load to run")
    try:
        times = ping(client, address, count, interval)
        if not load.running():
            raise LabError("the load ended before the pings under it")
        return times
    finally:
        for process in (load, serving):
            try:
                process.popen.wait(10)
            except subprocess.TimeoutExpired:
                process.stop()
