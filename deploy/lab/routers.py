"""nftables rules that make a Linux router behave like the routers people have, and a gateway that opens ports.

Linux's own source NAT keeps the port and filters by address and port: a port-restricted NAT. The others are made of it:

- symmetric: `masquerade fully-random`, a new random port for every destination;
- full cone and address-restricted: what a host sends is noted in a map (port -> host) and a set (port, remote address);
  a packet that belongs to no connection is translated by the map, for the address-restricted kind only if the set knows
  its source. Entries live for two minutes after the last packet, the least that RFC 4787 allows (REQ-5).

Packets that belong to nothing are dropped, not refused, and before the connection tracking remembers them: an entry for a
peer's early hole punch would take the port from our own (the kernel would then map to another one).
"""

GATEWAY_CHAINS = """
 chain miniupnpd { }
 chain prerouting_miniupnpd { }
 chain postrouting_miniupnpd { }
"""
ENTRY_LIFETIME = "2m"


def ruleset(profile):
    """The rules of a router of this profile; `up0` is outside, `lan0` inside."""
    cone = profile.translates and profile.ipv4.mapping == "endpoint-independent" and \
        profile.ipv4.filtering != "address and port-dependent"
    return f"""table inet router {{
{_tables(cone)}{GATEWAY_CHAINS if profile.gateway else ""}
 chain input {{
  type filter hook input priority 0; policy drop;
  iifname "lan0" accept
  meta l4proto {{ icmp, icmpv6 }} accept
  ct state established,related accept
 }}
 chain forward {{
  type filter hook forward priority 0; policy drop;
{_outgoing(profile, cone)}
  ct state established,related accept
  ct status dnat accept
  icmpv6 type {{ packet-too-big, time-exceeded, destination-unreachable, parameter-problem }} accept
 }}
 chain prerouting {{
  type nat hook prerouting priority dstnat;
{_incoming(profile, cone)}
 }}
 chain postrouting {{
  type nat hook postrouting priority srcnat;
{_translation(profile)}
 }}
}}
"""


def _tables(cone):
    if not cone:
        return ""
    return (f" map mapped {{ type inet_service : ipv4_addr; flags dynamic,timeout; timeout {ENTRY_LIFETIME}; }}\n"
            f" set contacted {{ type inet_service . ipv4_addr; flags dynamic,timeout; timeout {ENTRY_LIFETIME}; }}\n")


def _outgoing(profile, cone):
    lines = []
    if cone:
        lines += ['iifname "lan0" oifname "up0" meta l4proto udp update @mapped { udp sport : ip saddr }',
                  'iifname "lan0" oifname "up0" meta l4proto udp update @contacted { udp sport . ip daddr }']
    if profile.gateway:
        lines.append("jump miniupnpd")
    lines.append('iifname "lan0" accept' if profile.udp else 'iifname "lan0" tcp dport 443 accept')
    return "\n".join("  " + line for line in lines)


def _incoming(profile, cone):
    lines = []
    if profile.gateway:
        lines.append("jump prerouting_miniupnpd")
    if cone:
        known = "udp dport . ip saddr @contacted " if profile.ipv4.filtering == "address-dependent" else ""
        lines.append(f'iifname "up0" meta l4proto udp {known}dnat ip to udp dport map @mapped')
    return "\n".join("  " + line for line in lines)


def _translation(profile):
    lines = []
    if profile.gateway:
        lines.append("jump postrouting_miniupnpd")
    if profile.translates:
        random = " fully-random" if profile.ipv4.mapping == "address and port-dependent" else ""
        lines.append(f'oifname "up0" meta nfproto ipv4 masquerade{random}')
    return "\n".join("  " + line for line in lines)


def start_gateway(router, public_address, network):
    """Runs miniupnpd on the router: PCP, NAT-PMP and UPnP IGD for the hosts of the network."""
    file = router.directory / "miniupnpd.conf"
    file.write_text(f"""ext_ifname=up0
ext_ip={public_address}
listening_ip=lan0
enable_natpmp=yes
enable_upnp=yes
ipv6_disable=yes
upnp_table_name=router
upnp_nat_table_name=router
lease_file={router.directory}/leases
uuid=00000000-0000-4000-8000-0000000000{router.number:02x}
allow 1024-65535 {network} 1024-65535
deny 0-65535 0.0.0.0/0 0-65535
""")
    (router.directory / "leases").touch()
    return router.spawn("miniupnpd", "miniupnpd", "-d", "-f", file, "-P", router.directory / "miniupnpd.pid")
