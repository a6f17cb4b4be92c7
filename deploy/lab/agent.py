"""Traffic inside one host: answers echoes, and measures first replies and gaps on request.

Runs as a program in a namespace (`Agent` in grid and moves starts it), so that a measurement costs no process start. One
JSON object per line in and out; times are of CLOCK_MONOTONIC, which all namespaces of a machine share.

    {"do": "first", "dns": A, "name": N, "timeout": S}      resolve, then ICMP echo until a reply: resolved_ms, reply_ms
    {"do": "start", "stream": K, "address": A, "interval": S}   a UDP echo every S seconds and a TCP echo connection
    {"do": "stop", "stream": K}                             arrivals of the UDP replies, and what became of the TCP connection
"""

import json
import os
import selectors
import socket
import struct
import sys
import threading
import time

ECHO_PORT = 7007
RETRY = 0.05
TCP_LINE = 64


def echo_udp():
    sock = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    sock.bind(("::", ECHO_PORT))
    while True:
        data, source = sock.recvfrom(2048)
        try:
            sock.sendto(data, source)
        except OSError:
            pass


def echo_tcp():
    server = socket.create_server(("::", ECHO_PORT), family=socket.AF_INET6, dualstack_ipv6=True, backlog=64)
    selector = selectors.DefaultSelector()
    selector.register(server, selectors.EVENT_READ)
    while True:
        for ready, _ in selector.select():
            if ready.fileobj is server:
                connection, _ = server.accept()
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                selector.register(connection, selectors.EVENT_READ)
                continue
            try:
                data = ready.fileobj.recv(65536)
                if data:
                    ready.fileobj.sendall(data)
                    continue
            except OSError:
                pass
            selector.unregister(ready.fileobj)
            ready.fileobj.close()


def query(name, kind):
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    return struct.pack(">HHHHHH", os.getpid() & 0xFFFF, 0x0100, 1, 0, 0, 0) + labels + b"\0" + struct.pack(">HH", kind, 1)


def resolve(server, name, deadline):
    """The IPv4 address of a name, asked of one server until it has one, as resolvers do; None at the deadline."""
    while (address := ask_once(server, name, deadline)) is None and time.monotonic() < deadline:
        time.sleep(RETRY)
    return address


def ask_once(server, name, deadline):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.sendto(query(name, 1), (server, 53))
        sock.settimeout(max(0.01, deadline - time.monotonic()))
        answer = sock.recv(2048)
    if answer[3] & 15 or struct.unpack(">H", answer[6:8])[0] == 0:
        return None
    return socket.inet_ntoa(answer[-4:])


def checksum(data):
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    total = (total >> 16) + (total & 0xFFFF)
    return ~(total + (total >> 16)) & 0xFFFF


def ping(address, deadline):
    """Sends an echo request every 50 ms until one is answered; returns whether one was."""
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as sock:
        sock.connect((address, 0))
        number, identifier = 0, threading.get_ident() & 0xFFFF
        while time.monotonic() < deadline:
            number += 1
            packet = struct.pack(">BBHHH", 8, 0, 0, identifier, number) + bytes(8)
            sock.send(packet[:2] + struct.pack(">H", checksum(packet)) + packet[4:])
            until = time.monotonic() + RETRY
            while (left := until - time.monotonic()) > 0:
                sock.settimeout(left)
                try:
                    reply = sock.recv(2048)
                except TimeoutError:
                    break
                if reply[20] == 0 and struct.unpack(">H", reply[24:26])[0] == identifier:
                    return True
    return False


def first(request):
    start = time.monotonic()
    deadline = start + request["timeout"]
    try:
        address = resolve(request["dns"], request["name"], deadline)
    except OSError as trouble:
        return {"error": f"no answer to the name query: {trouble}"}
    if address is None:
        return {"error": "the name query was answered without an address", "after_ms": (time.monotonic() - start) * 1000}
    resolved = time.monotonic()
    try:
        answered = ping(address, deadline)
    except OSError as trouble:
        return {"error": f"ping: {trouble}"}
    return {
        "start": start,
        "address": address,
        "resolved_ms": (resolved - start) * 1000,
        "reply_ms": (time.monotonic() - start) * 1000 if answered else None,
    }


class Stream:
    """A UDP echo at a steady pace and a TCP connection that exchanges a line at the same pace."""

    def __init__(self, address, interval):
        self.address, self.interval = address, interval
        self.stopping = threading.Event()
        self.sent, self.arrivals = 0, []
        self.tcp = {"lines": 0, "error": None, "reply_ms_max": 0.0}
        self.udp = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.settimeout(0.2)
        self.udp.connect((address, ECHO_PORT))
        self.connection = socket.create_connection((address, ECHO_PORT), 5)
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.connection.settimeout(30)
        self.threads = [threading.Thread(target=work, daemon=True) for work in (self._send, self._receive, self._lines)]
        for thread in self.threads:
            thread.start()

    def _send(self):
        due = time.monotonic()
        while not self.stopping.is_set():
            try:
                self.udp.send(struct.pack(">Qd", self.sent, time.monotonic()))
            except OSError:
                pass
            self.sent += 1
            due += self.interval
            self.stopping.wait(max(0.0, due - time.monotonic()))

    def _receive(self):
        while not self.stopping.is_set():
            try:
                number, _ = struct.unpack(">Qd", self.udp.recv(64))
                self.arrivals.append((time.monotonic(), number))
            except OSError:
                continue

    def _lines(self):
        try:
            while not self.stopping.is_set():
                line, start = struct.pack(">Q", self.tcp["lines"]) * (TCP_LINE // 8), time.monotonic()
                self.connection.sendall(line)
                received = b""
                while len(received) < TCP_LINE:
                    part = self.connection.recv(TCP_LINE - len(received))
                    if not part:
                        raise OSError("the peer ended the connection")
                    received += part
                if received != line:
                    raise OSError("other bytes came back than were sent")
                self.tcp["lines"] += 1
                self.tcp["reply_ms_max"] = max(self.tcp["reply_ms_max"], (time.monotonic() - start) * 1000)
                self.stopping.wait(self.interval)
        except OSError as trouble:
            self.tcp["error"] = str(trouble) or type(trouble).__name__

    def stop(self):
        self.stopping.set()
        for thread in self.threads:
            thread.join(2)
        if self.threads[2].is_alive():
            self.tcp["error"] = "no reply to the last line"
        self.connection.close()
        self.udp.close()
        return {"sent": self.sent, "arrivals": self.arrivals, "tcp": self.tcp}


def main():
    streams, lock = {}, threading.Lock()

    def answer(number, work, request):
        try:
            result = work(request)
        except Exception as trouble:  # whatever it is, the one who asked must hear of it
            result = {"error": f"{type(trouble).__name__}: {trouble}"}
        with lock:
            print(json.dumps(dict(result, number=number)), flush=True)

    def start(request):
        streams[request["stream"]] = Stream(request["address"], request["interval"])
        return {}

    def stop(request):
        return streams.pop(request["stream"]).stop()

    works = {"first": first, "start": start, "stop": stop}
    for echo in (echo_udp, echo_tcp):
        threading.Thread(target=echo, daemon=True).start()
    for line in sys.stdin:
        request = json.loads(line)
        threading.Thread(target=answer, args=(request["number"], works[request["do"]], request), daemon=True).start()


if __name__ == "__main__":
    main()
