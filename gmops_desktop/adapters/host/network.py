"""Traffic of the way outside, TCP's state, and what listens on which port."""

from __future__ import annotations

import re
from typing import Final

from gmops_desktop.adapters.host.reading import NotHere, whole
from gmops_desktop.contract.looks import Port, Tcp
from gmops_desktop.language import tr

_NOT_OUTSIDE: Final = re.compile(r"lo$|docker|veth|br-|virbr|cni|flannel|tun|tap")
_MOST_PORTS: Final = 200


def traffic(text: str, routes: str) -> dict[str, tuple[int, ...]]:
    """Return bytes received and sent by the default route's device, or by all outside devices."""
    devices: dict[str, tuple[int, ...]] = {}
    for line in text.splitlines():
        name, colon, counters = line.partition(":")
        if colon and "|" not in line:
            words = counters.split()
            devices[name.strip()] = whole(words[0]), whole(words[8])
    if not devices or "Destination" not in routes:
        raise ValueError(text)
    default = {row[0] for row in map(str.split, routes.splitlines()) if row[1:2] == ["00000000"]}
    chosen = default & devices.keys() or {one for one in devices if not _NOT_OUTSIDE.match(one)}
    if not chosen:
        raise NotHere(tr("No network device of this host leads outside."))
    return {name: devices[name] for name in sorted(chosen)}


def segments(text: str) -> tuple[int, ...]:
    """Return the TCP segments sent, and those sent again (`/proc/net/snmp`)."""
    names, values = (line.split()[1:] for line in text.strip().splitlines()[:2])
    found = dict(zip(names, values, strict=True))
    return whole(found["OutSegs"]), whole(found["RetransSegs"])


def sockets(text: str) -> Tcp:
    """Return TCP's sockets (`/proc/net/sockstat`)."""
    found = re.search(r"^TCP: inuse (\d+) orphan (\d+) tw (\d+) ", text, re.MULTILINE)
    if not found:
        raise ValueError(text)
    in_use, orphaned, waiting = (whole(word) for word in found.groups())
    return Tcp(in_use, orphaned, waiting)


def ports(text: str) -> tuple[Port, ...]:
    """Return what `ss -ltnup` or `netstat -ltnup` lists, by port."""
    found, lines = set(), text.splitlines()
    if not any(re.match(r"Netid|Proto|Active ", line) for line in lines):
        raise ValueError(text)
    for words in map(str.split, lines):
        if not words or not re.fullmatch(r"(tcp|udp)6?", words[0]):
            continue
        by_ss = words[1] in ("LISTEN", "UNCONN")
        address, colon, port = words[4 if by_ss else 3].rpartition(":")
        if not colon or not 0 < whole(port) < 65536:
            raise ValueError(words)
        found.add(Port(words[0][:3], address.strip("[]"), whole(port), _program(words, by_ss)))
    return tuple(sorted(found, key=lambda one: (one.port, one.protocol, one.address)))[:_MOST_PORTS]


def _program(words: list[str], by_ss: bool) -> str:
    if by_ss:
        named = re.search(r'\(\("([^"]*)"', words[-1])
        return named[1] if named else ""
    named = re.search(r" \d+/(\S+)", " " + " ".join(words[5:]))
    return named[1].rstrip(":") if named else ""
