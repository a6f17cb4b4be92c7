"""Says what a way out does to UDP, in the words of RFC 4787, with nothing of the product: a responder and a prober.

    nat_probe.py serve ADDRESS1 ADDRESS2 PORT1 PORT2     answers on all four pairs, from the one it is told to
    nat_probe.py probe ADDRESS1 ADDRESS2 PORT1 PORT2     prints an object with udp, mapping, filtering, hairpin

As in RFC 5780: the mapping is compared over three destinations; for the filtering a socket that has sent to one
destination only asks for answers from others.
"""

import json
import selectors
import socket
import sys
import time

PATIENCE, INTERVAL = 1.2, 0.2
# For the first answer: routes and neighbours are there a moment after an interface is up, later on a busy machine.
FIRST_PATIENCE = 5


def bound(address, port):
    sock = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind((address, port))
    return sock


def serve(addresses, ports):
    sockets = {(a, p): bound(addresses[a], ports[p]) for a in (0, 1) for p in (0, 1)}
    selector = selectors.DefaultSelector()
    for key, sock in sockets.items():
        selector.register(sock, selectors.EVENT_READ, key)
    print("ready", flush=True)
    while True:
        for ready, _ in selector.select():
            data, source = ready.fileobj.recvfrom(2048)
            request = json.loads(data)
            address, port = ready.data
            answer = {"id": request["id"], "seen": [source[0], source[1]]}
            sender = sockets[address ^ request["other_address"], port ^ request["other_port"]]
            sender.sendto(json.dumps(answer).encode(), source)


def ask(sock, destination, other_address=0, other_port=0, patience=PATIENCE):
    """Returns the address seen by the responder, or None if no answer came."""
    wanted = f"{destination}{other_address}{other_port}"
    request = json.dumps({"id": wanted, "other_address": other_address, "other_port": other_port}).encode()
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        sock.settimeout(INTERVAL)
        try:
            sock.sendto(request, destination)
            answer = json.loads(sock.recv(2048))
            if answer["id"] == wanted:
                return tuple(answer["seen"])
        except (TimeoutError, OSError):
            time.sleep(0.01)
    return None


def mapping(first, addresses, ports):
    """The behaviour, and whether the address is translated at all."""
    seen = [ask(first, destination) for destination in
            ((addresses[0], ports[0]), (addresses[0], ports[1]), (addresses[1], ports[0]))]
    if None in seen:
        return None
    if seen[0] == seen[1] == seen[2]:
        return "endpoint-independent"
    return "address-dependent" if seen[0] == seen[1] else "address and port-dependent"


def filtering(sock, addresses, ports):
    if ask(sock, (addresses[0], ports[0])) is None:
        return None
    if ask(sock, (addresses[0], ports[0]), other_address=1, other_port=1):
        return "endpoint-independent"
    if ask(sock, (addresses[0], ports[0]), other_port=1):
        return "address-dependent"
    return "address and port-dependent"


def local_address(destination):
    with socket.socket(socket.AF_INET6 if ":" in destination[0] else socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.connect(destination)
        return sock.getsockname()[0]


def local_address_in_time(destination):
    """None if there is no route: the kernel has one a moment after the interface is up, and not at once."""
    deadline = time.monotonic() + FIRST_PATIENCE
    while time.monotonic() < deadline:
        try:
            return local_address(destination)
        except OSError:
            time.sleep(0.05)
    return None


def hairpins(any_address, server):
    """Whether a packet to the mapped address of another socket behind the same router comes back."""
    one, other = bound(any_address, 0), bound(any_address, 0)
    ask(one, server)
    target = ask(other, server)
    if target is None:
        return False
    other.settimeout(INTERVAL)
    for _ in range(3):
        one.sendto(b"{}", target)
        try:
            other.recv(2048)
            return True
        except TimeoutError:
            continue
    return False


def probe(addresses, ports):
    server = (addresses[0], ports[0])
    own = local_address_in_time(server)
    if own is None:
        return {"reachable": False}
    any_address = "::" if ":" in addresses[0] else "0.0.0.0"
    first = bound(any_address, 0)
    seen = ask(first, server, patience=FIRST_PATIENCE)
    if seen is None:
        return {"reachable": False}
    translated = seen[0] != own
    return {
        "reachable": True,
        "mapping": mapping(first, addresses, ports) if translated else None,
        "keeps_port": seen[1] == first.getsockname()[1],
        "filtering": filtering(bound(any_address, 0), addresses, ports),
        "hairpin": hairpins(any_address, server) if translated else None,
    }


if __name__ == "__main__":
    action, addresses, ports = sys.argv[1], sys.argv[2:4], [int(port) for port in sys.argv[4:6]]
    if action == "serve":
        serve(addresses, ports)
    else:
        print(json.dumps(probe(addresses, ports)))
