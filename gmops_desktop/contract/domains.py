"""Which domain was registered for a host's name: the part that runs out."""

from __future__ import annotations

import ipaddress
from typing import Final

# Names that no registry gives out (RFC 2606, RFC 6761, RFC 8375), and those of local networks.
_NOBODYS: Final = frozenset((
    "alt", "arpa", "example", "home", "internal", "intranet", "invalid", "lan", "local",
    "localhost", "onion", "test"
))  # fmt: skip
_RESERVED: Final = frozenset(("example.com", "example.net", "example.org"))
# Below a country's top level, these are given out by the registry itself ("com.cn", "co.uk").
_BRANCHES: Final = frozenset((
    "ac", "co", "com", "edu", "go", "gob", "gouv", "gov", "gub", "idv", "ltd", "mil", "ne",
    "net", "nom", "or", "org", "plc", "sch"
))  # fmt: skip
# CNNIC's branches for provinces.
_PROVINCES: Final = frozenset((
    "ah", "bj", "cq", "fj", "gd", "gs", "gx", "gz", "ha", "hb", "he", "hi", "hk", "hl", "hn",
    "jl", "js", "jx", "ln", "mo", "nm", "nx", "qh", "sc", "sd", "sh", "sn", "sx", "tj", "tw",
    "xj", "xz", "yn", "zj"
))  # fmt: skip


def domain_of(host: str) -> str:
    """Return the registered domain a host's name lies in ("www.example.org.cn": "example.org.cn"),
    in ASCII; empty for addresses and for names that nobody registers."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        pass
    else:
        return ""
    try:
        name = host.strip(".").encode("idna").decode("ascii").lower()
    except UnicodeError:
        return ""
    parts = name.split(".")
    if len(parts) < 2 or not all(parts) or parts[-1] in _NOBODYS or parts[-1].isdigit():
        return ""
    branch, top = parts[-2:]
    branches = _BRANCHES | _PROVINCES if top == "cn" else _BRANCHES
    # A branch itself ("com.cn") is nobody's.
    length = 3 if len(top) == 2 and branch in branches else 2
    found = ".".join(parts[-length:])
    return found if len(parts) >= length and found not in _RESERVED else ""


def spelled(domain: str) -> str:
    """Return a domain as people write it: "xn--fiqs8s" is 中国."""
    try:
        return domain.encode("ascii").decode("idna")
    except UnicodeError:
        return domain
