"""Reads Prometheus endpoints inside the lab's namespaces, again and again, and keeps what the reports need."""

import ctypes
import http.client
import json
import re
import socket
import threading
import time

CLONE_NEWNET = 0x40000000
TIMEOUT_SECONDS = 5
SAMPLE = re.compile(r"^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$")
LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


def parse(text):
    """{name: [(labels, value), ...]} of a page in the Prometheus text format."""
    series = {}
    for line in text.splitlines():
        found = SAMPLE.match(line) if not line.startswith("#") else None
        if found:
            labels = dict(LABEL.findall(found.group(2) or ""))
            series.setdefault(found.group(1), []).append((labels, float(found.group(3))))
    return series


def total(page, name, **labels):
    """The sum of a metric over all series with these labels."""
    return sum(value for have, value in page.get(name, ())
               if all(have.get(key) == wanted for key, wanted in labels.items()))


def node_figures(page):
    """A node's page as the reports use it: plain names, base units."""
    buffers = total(page, "jvm_buffer_pool_used_bytes")
    outbound = total(page, "cyphonic_outbound_inline_batches_total") + total(page, "cyphonic_outbound_ring_batches_total")
    inbound = total(page, "cyphonic_inbound_inline_batches_total") + total(page, "cyphonic_inbound_ring_batches_total")
    return {
        "cpu_s": total(page, "process_cpu_seconds_total"),
        "rss": total(page, "process_resident_memory_bytes"),
        "rss_peak": total(page, "cyphonic_process_resident_memory_peak_bytes"),
        "heap": total(page, "jvm_memory_used_bytes", area="heap"),
        "off_heap": total(page, "jvm_memory_used_bytes", area="nonheap") + buffers,
        "gc_s": total(page, "jvm_gc_collection_seconds_sum"),
        "gc_pauses": total(page, "jvm_gc_collection_seconds_count"),
        "os_threads": total(page, "cyphonic_process_os_threads"),
        "platform_threads": total(page, "cyphonic_process_platform_threads"),
        "carrier_threads": total(page, "cyphonic_process_carrier_threads"),
        "threads_started": total(page, "cyphonic_process_platform_threads_started_total"),
        "tasks_running": total(page, "cyphonic_control_tasks", state="running"),
        "tasks_waiting": total(page, "cyphonic_control_tasks", state="waiting"),
        "tasks_started": total(page, "cyphonic_control_tasks_started_total"),
        "task_s": total(page, "cyphonic_control_task_seconds_total"),
        "switches_voluntary": total(page, "cyphonic_process_context_switches_total", kind="voluntary"),
        "switches_involuntary": total(page, "cyphonic_process_context_switches_total", kind="involuntary"),
        "descriptors": total(page, "process_open_fds"),
        "ring_outbound": total(page, "cyphonic_ring_occupied_slots", direction="outbound"),
        "ring_inbound": total(page, "cyphonic_ring_occupied_slots", direction="inbound"),
        "batches": outbound + inbound,
        "packets": total(page, "cyphonic_outbound_packets_total") + total(page, "cyphonic_inbound_datagrams_total"),
        "bytes": total(page, "cyphonic_outbound_sent_bytes_total") + total(page, "cyphonic_inbound_delivered_bytes_total"),
        "peers_up": total(page, "cyphonic_peers", state="up"),
        "path_changes": total(page, "cyphonic_peer_path_changes_total"),
        "drops": {labels["reason"]: value for labels, value in page.get("cyphonic_dropped_packets_total", ()) if value},
    }


def machine_figures(page):
    """The page of prometheus-node-exporter."""
    modes = {}
    for labels, value in page.get("node_cpu_seconds_total", ()):
        modes[labels.get("mode")] = modes.get(labels.get("mode"), 0) + value
    return {
        "cpu_busy_s": sum(value for mode, value in modes.items() if mode not in ("idle", "iowait", "steal")),
        "cpu_steal_s": modes.get("steal", 0),
        "load_1": total(page, "node_load1"),
        "memory_available": total(page, "node_memory_MemAvailable_bytes"),
        "context_switches": total(page, "node_context_switches_total"),
        "forks": total(page, "node_forks_total"),
    }


def _socket_in(namespace, port):
    """A connection to a loopback port of a network namespace. A socket stays where it was made; the thread goes."""
    made = {}

    def connect():
        try:
            with open(f"/run/netns/{namespace}") as file:
                if ctypes.CDLL(None, use_errno=True).setns(file.fileno(), CLONE_NEWNET):
                    raise OSError(ctypes.get_errno(), f"cannot enter the namespace {namespace}")
            made["socket"] = socket.create_connection(("127.0.0.1", port), TIMEOUT_SECONDS)
        except OSError as trouble:
            made["trouble"] = trouble

    thread = threading.Thread(target=connect)
    thread.start()
    thread.join()
    if "trouble" in made:
        raise made["trouble"]
    return made["socket"]


class Endpoint:
    """One endpoint; keeps its connection."""

    def __init__(self, name, namespace, port, reduce):
        self.name, self.namespace, self.port, self.reduce = name, namespace, port, reduce
        self.connection = None
        self.lock = threading.Lock()

    def read(self):
        """Its figures at present, or None if it does not answer."""
        with self.lock:
            for _ in range(2):
                try:
                    if self.connection is None:
                        self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=TIMEOUT_SECONDS)
                        self.connection.sock = _socket_in(self.namespace, self.port)
                    self.connection.request("GET", "/metrics")
                    answer = self.connection.getresponse()
                    return self.reduce(parse(answer.read().decode()))
                except (OSError, http.client.HTTPException):
                    self.close()
            return None

    def close(self):
        if self.connection:
            self.connection.close()
        self.connection = None


class Sampler:
    """Reads all endpoints every few seconds in a thread of its own; each reading is a line of a file."""

    def __init__(self, path, interval):
        self.path, self.interval = path, interval
        self.endpoints, self.label = {}, {}
        self.lock = threading.Lock()
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        self.thread.join(TIMEOUT_SECONDS * 2)
        for endpoint in self.endpoints.values():
            endpoint.close()

    def watch(self, endpoint):
        with self.lock:
            self.endpoints[endpoint.name] = endpoint

    def forget(self, name):
        with self.lock:
            endpoint = self.endpoints.pop(name, None)
        if endpoint:
            endpoint.close()

    def now(self, **label):
        """What is going on from now on; goes into every line."""
        self.label = label

    def _run(self):
        with open(self.path, "a") as file:
            while not self.stopping.wait(self.interval):
                with self.lock:
                    endpoints = list(self.endpoints.values())
                for endpoint in endpoints:
                    when, figures = time.time(), endpoint.read()
                    if figures:
                        file.write(json.dumps({"t": round(when, 2), "node": endpoint.name, **self.label, **figures}) + "\n")
                file.flush()


def samples(path):
    """All whole lines of a sampler's file."""
    rows = []
    try:
        lines = open(path).read().splitlines()
    except OSError:
        return rows
    for line in lines:
        try:
            rows.append(json.loads(line))
        except ValueError:
            continue
    return rows
