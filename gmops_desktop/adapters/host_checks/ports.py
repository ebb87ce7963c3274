"""What listens on a host, as far as it means anything."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable

from gmops_desktop.adapters.host import network
from gmops_desktop.adapters.host.reading import whole
from gmops_desktop.contract.change_checks import Checked
from gmops_desktop.language import tr, tr_n


def compared(wanted: frozenset[int]) -> Callable[[str, str], tuple[Checked, ...]]:
    """Return the reader of `ss` or `netstat` and of the range of ports that the kernel gives out.

    Within that range a program listens on whatever number it was given, another one at each start:
    there only the `wanted` count.
    """

    def read(text: str, given_out: str) -> tuple[Checked, ...]:
        low, high = (whole(word) for word in given_out.split())
        by_port: dict[tuple[int, str], tuple[set[str], set[str]]] = defaultdict(
            lambda: (set(), set())
        )
        for one in network.ports(text):
            if one.port in wanted or not low <= one.port <= high:
                addresses, programs = by_port[one.port, one.protocol]
                addresses.add(re.sub(r"%.*", "", one.address))
                programs.add(one.program)
        return tuple(
            _entry(port, protocol, addresses, programs - {""})
            for (port, protocol), (addresses, programs) in sorted(by_port.items())
        )

    return read


def _entry(port: int, protocol: str, addresses: set[str], programs: set[str]) -> Checked:
    where, who = ", ".join(sorted(addresses)), ", ".join(sorted(programs))
    return Checked(
        f"port:{protocol}/{port}",
        tr("Port {port}/{protocol}", port=port, protocol=protocol),
        "ok",
        f"{who} ({where})" if who else where,
        f"{who} {where}",
        "ports",
    )


def summary(found: tuple[Checked, ...]) -> str:
    """Return how many there are."""
    return tr_n("something listens on {count} port", "something listens on {count} ports",
                len(found))  # fmt: skip
