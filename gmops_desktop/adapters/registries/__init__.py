"""Asks a domain's registry when it runs out: by RDAP where it offers that, else by WHOIS.

Where a top level's registry is found stands here for those that are met in China; for all others
IANA's WHOIS server knows the registry's.  Only the domain's name is sent.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from gmops_desktop.adapters.registries import rdap, whois
from gmops_desktop.adapters.registries.answers import NoDay, NotRegistered
from gmops_desktop.context import Context
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr

__all__ = ["Asked", "NoDay", "NotRegistered", "Place", "Registries"]

# RDAP's base addresses are those of IANA's list (data.iana.org/rdap/dns.json), in which .cn is
# not; whois.cnnic.cn is CNNIC's own.
_VERISIGN: Final = "https://rdap.verisign.com"
_DIGITAL: Final = "https://rdap.identitydigital.services/rdap/"
_RADIX: Final = "https://rdap.radix.host/rdap/"
_CNNIC: Final = "whois.cnnic.cn"
_IANA: Final = "whois.iana.org"
_HOST: Final = re.compile(r"(?:[a-z0-9-]{1,63}\.)+[a-z][a-z0-9-]{1,62}")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a registry answers: RDAP's base address, and the WHOIS server as `host` or
    `host:port`; either may be empty."""

    rdap: str = ""
    whois: str = ""


_PLACES: Final[Mapping[str, Place]] = {
    "cn": Place(whois=_CNNIC),
    "xn--fiqs8s": Place(whois=_CNNIC),  # 中国
    "xn--fiqz9s": Place(whois=_CNNIC),  # 中國
    "com": Place(f"{_VERISIGN}/com/v1/", "whois.verisign-grs.com"),
    "net": Place(f"{_VERISIGN}/net/v1/", "whois.verisign-grs.com"),
    "cc": Place("https://tld-rdap.verisign.com/cc/v1/"),
    "org": Place("https://rdap.publicinterestregistry.org/rdap/"),
    "info": Place(_DIGITAL),
    "site": Place(_RADIX),
    "online": Place(_RADIX),
    "tech": Place(_RADIX),
    "store": Place(_RADIX),
    "xyz": Place("https://rdap.centralnic.com/xyz/"),
    "top": Place("https://rdap.zdnsgtld.com/top/"),
    "wang": Place("https://rdap.zdnsgtld.com/wang/"),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """The day until which a domain is registered, who said so, and which server."""

    until: date
    source: Literal["rdap", "whois"]
    server: str


class Registries:
    """Knows whom to ask.  `places` by top level, `iana` for the others, and whom to `trust` are
    the world's unless others are handed in."""

    def __init__(
        self,
        places: Mapping[str, Place] = _PLACES,
        *,
        iana: str = _IANA,
        trust: ssl.SSLContext | bool = True,
    ) -> None:
        self._places, self._iana, self._trust = places, iana, trust

    def ask(self, domain: str, today: date, context: Context) -> Asked:
        """Return until when `domain` (in ASCII) is registered.

        Raises `NotRegistered` where the registry knows no such domain, `NoDay` where its answer
        names no day that could be trusted, `tcp`'s errors where it is not reached, and `OpsError`
        for what else it may say.
        """
        top = domain.rpartition(".")[2]
        place = self._places.get(top) or Place(whois=self._referred(top, context))
        if place.rdap:
            try:
                until = rdap.ask(place.rdap, domain, today, context, trust=self._trust)
            except NotRegistered:
                raise
            except OpsError as error:
                context.check()
                if not place.whois:
                    raise
                context.note(error.message)
            else:
                return Asked(until, "rdap", place.rdap)
        until = whois.ask(place.whois, domain, today, context)
        return Asked(until, "whois", place.whois)

    def _referred(self, top: str, context: Context) -> str:
        """Return the WHOIS server of a top level, as IANA names it."""
        said = whois.fields_of(whois.question(self._iana, top, context))
        servers = {server.lower() for server in (*said.get("whois", ()), *said.get("refer", ()))}
        if len(servers) == 1 and _HOST.fullmatch(server := servers.pop()):
            return server
        raise NoDay(
            tr("No registry is known that tells when domains under .{top} run out.", top=top),
            hint=tr("Enter the day by hand; the registrar's console shows it."),
        )
