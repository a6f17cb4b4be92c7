"""Which path two nodes must find, derived from what their routers do and from nothing we measured.

The rule (RFC 4787 section 5, RFC 5128 section 3.3): with somebody to introduce them, packets pass from X to Y if Y can be
addressed, that is, Y's mapping is the same for all or there is none, and Y's filter lets X's in once Y has sent something
to X: an independent filter always does; an address-dependent one does because X's address is known; one by address and
port does only if X's port is known beforehand, that is, if X's mapping is the same for all too. One direction is enough,
for answers follow it. A port opened by PCP, NAT-PMP or UPnP can be addressed by all.
"""

from sites import ADDRESS, INDEPENDENT, PROFILES

RANK = {"direct": 0, "relay": 1, "tcp": 2}


def _predictable(family):
    return family.mapping in (None, INDEPENDENT)


def _passes(sender, receiver, opened):
    """Whether the first packet gets in, the receiver having punched; `opened` says that it has asked its gateway."""
    if opened:
        return True
    if not _predictable(receiver):
        return False
    return receiver.filtering in (INDEPENDENT, ADDRESS) or _predictable(sender)


def expected(one, other, same_site=False):
    """The best path there must be: direct, relay, or tcp where one end has no UDP."""
    if not (one.udp and other.udp):
        return "tcp"
    if same_site:
        return "direct"
    if one.ipv6 and other.ipv6 and (_passes(one.ipv6, other.ipv6, False) or _passes(other.ipv6, one.ipv6, False)):
        return "direct"
    if one.ipv4 and other.ipv4 and (_passes(one.ipv4, other.ipv4, other.gateway) or
                                    _passes(other.ipv4, one.ipv4, one.gateway)):
        return "direct"
    return "relay"


def matrix():
    """Expected paths of all pairs of profiles, from -> to -> path."""
    return {one.name: {other.name: expected(one, other, one is other and one.shared) for other in PROFILES.values()}
            for one in PROFILES.values()}


def document():
    """What bench/nat-grid.expected.json holds."""
    profiles = {}
    for profile in PROFILES.values():
        families = {name: {"mapping": family.mapping or "none", "filtering": family.filtering}
                    for name, family in (("ipv4", profile.ipv4), ("ipv6", profile.ipv6)) if family}
        profiles[profile.name] = {"title": profile.title, **families, "udp": profile.udp, "gateway": profile.gateway}
    return {"rule": "RFC 4787 section 5, RFC 5128 section 3.3; see bench/lab/grid_rules.py",
            "profiles": profiles, "matrix": matrix()}
