"""Cloud and nodes send nothing to any address but each other's and the default gateway's."""

import json

import shared

RULES = """
table inet watch {{
  counter strangers {{}}
  counter names {{}}
  chain out {{
    type filter hook output priority 0;
    meta l4proto {{ icmp, ipv6-icmp, igmp }} return
    ip daddr {{ 10.83.0.0/24, 10.121.0.0/16, 127.0.0.0/8 }} udp dport != 53 return
    ip daddr {{ 10.83.0.0/24, 10.121.0.0/16, 127.0.0.0/8 }} tcp dport != 53 return
    ip6 daddr {{ fd00::/8, fe80::/10, ::1 }} return
    # The search for a gateway that makes port mappings, on the gateway's own network and not beyond.
    ip daddr 239.255.255.250 udp dport 1900 oifname "up0" ip ttl <= 2 return
    udp dport 53 counter name names
    counter name strangers
  }}
}}
"""


class NoCallHomeTest(shared.LabTest):
    def watch(self, host):
        """Gives the host a default route and a name server to call, and counts whoever tries."""
        host.run("ip", "route", "add", "default", "via", "10.83.0.254", "dev", "up0", "onlink")
        host.run("nft", "-f", "-", input=RULES.format())
        host.use_resolver("10.83.0.253")

    def counted(self, host):
        found = json.loads(host.run("nft", "-j", "list", "counters").stdout)["nftables"]
        return {entry["counter"]["name"]: entry["counter"]["packets"] for entry in found if "counter" in entry}

    def test_nothing_leaves_but_the_protocol(self):
        host = self.lab.host("cloud")
        self.watch(host)
        cloud = shared.Cloud(host)
        cloud.serve()
        nodes = []
        for name in ("alice", "bob"):
            node = shared.Node(self.lab.host(name))
            self.watch(node.host)
            node.join(cloud.invite(name))
            node.up()
            nodes.append(node)
        alice, bob = nodes
        alice.host.run("ping", "-c", "3", "-W", "5", bob.virtual_ipv4)
        for watched in (host, alice.host, bob.host):
            self.assertEqual({"strangers": 0, "names": 0}, self.counted(watched), watched.name)

    def test_the_watch_notices_a_stranger(self):
        host = self.lab.host("control")
        self.watch(host)
        host.run("bash", "-c", "echo > /dev/udp/198.51.100.1/9", check=False)
        self.assertEqual(1, self.counted(host)["strangers"])
