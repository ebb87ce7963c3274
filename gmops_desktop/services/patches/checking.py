"""Checks before and after a change: everything of the contract that hangs on its server.

The server is asked in one exec; its websites and databases side by side with it.  Whatever cannot
be learnt is an entry of its own that is unknown and says why: nothing is silently left out.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any, Final
from urllib.parse import urlsplit

from db.journal import utc_now
from gmops_desktop.adapters import ssh
from gmops_desktop.adapters.host_checks import Wanted
from gmops_desktop.adapters.host_checks import unreached as host_unreached
from gmops_desktop.addresses import (
    CloudAddress,
    HostAddress,
    MysqlAddress,
    Resource,
    SshAddress,
    TatAddress,
    WebAddress,
)
from gmops_desktop.context import Context, side_by_side
from gmops_desktop.contract import database_checks
from gmops_desktop.contract.change_checks import Checked, Checks, compare, held
from gmops_desktop.contract.looks import CloudDetails, Look, MysqlDetails
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr
from gmops_desktop.states import State

Entries = tuple[Checked, ...]

# Names under which the plans of the three kinds of change tell what they restart and what else
# errors may be written to.
_UNITS: Final = ("services", "restarts", "units", "service", "unit")
_SYSTEMCTL: Final = re.compile(r"\bsystemctl\s+(?:--?\S+\s+)*[a-z-]*(?:reload|restart|start)[a-z-]*"
                               r"((?:\s+[\w@:.\\-]+)+)")  # fmt: skip
_PAUSES: Final = (1.0, 2.0, 3.0, 5.0)  # seconds before each further take, the last one for ever


@dataclass(frozen=True, slots=True)
class Hanging:
    """What of the contract hangs on a server; `why` says why that is not known, or ""."""

    sites: tuple[Resource, ...]
    databases: tuple[Resource, ...]
    why: str = ""


class Checking:
    """Takes the checks of a change.

    `look_host`, `look_site` and `look_mysql` look at one thing each; `addresses_of` returns the
    addresses of a name, none where nobody knows it.  `newest` gives the newest look at a resource:
    a cloud account's says which addresses a server has that is known by its number alone.  `clock`
    counts seconds.
    """

    def __init__(
        self,
        resources: Callable[[], Sequence[Resource]],
        look_host: Callable[[HostAddress, Wanted, Context], Entries],
        look_site: Callable[[WebAddress, Context], Entries],
        look_mysql: Callable[[MysqlAddress, Context], MysqlDetails],
        addresses_of: Callable[[str, Context], frozenset[str]],
        *,
        newest: Callable[[str], Look | None] = lambda _id: None,
        now: Callable[[], datetime] = utc_now,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._resources = resources
        self._look_host = look_host
        self._look_site = look_site
        self._look_mysql = look_mysql
        self._addresses_of = addresses_of
        self._newest = newest
        self._now = now
        self._clock = clock

    def take(
        self,
        host: Resource,
        plan: Mapping[str, Any],
        context: Context,
        *,
        patient: float = 0.0,
        before: Checks | None = None,
    ) -> Checks:
        """Look at everything that hangs on `host` once.

        What was just restarted may need a while: for up to `patient` seconds it is taken again,
        until nothing is worse than `before` (without it: until nothing is critical or unknown);
        `Checks.waited` tells how long that took.  Raises `OpsError` for what is no server.
        """
        begun, pauses = self._clock(), list(_PAUSES)
        while True:
            waited = self._clock() - begun
            found = self._take(host, plan, context)
            well = held(compare(before, found)) if before else not found.faults
            if well or waited >= patient:
                return replace(found, waited=waited)
            context.progress(
                None, tr("Not all of {name} is well yet; looking again …", name=host.name)
            )
            context.wait(pauses.pop(0) if len(pauses) > 1 else pauses[0])

    def _take(self, host: Resource, plan: Mapping[str, Any], context: Context) -> Checks:
        address = _address(host)
        context.progress(None, tr("Looking at what hangs on {name} …", name=host.name))
        hanging = self.hanging(host, context)
        wanted = _wanted(address, plan, hanging)
        jobs = [partial(self._host, address, wanted, context)]
        jobs += [partial(self._site, one, context) for one in hanging.sites]
        jobs += [partial(self._database, one, context) for one in hanging.databases]
        at = self._now()
        by_key: dict[str, Checked] = {}
        for entries in (*side_by_side(jobs), _lists(hanging)):
            for one in entries:
                by_key.setdefault(one.key, one)
        context.check()
        return Checks(at, tuple(by_key.values()))

    def hanging(self, host: Resource, context: Context) -> Hanging:
        """Return the websites and databases of the contract that stand on `host` or are reached
        over it."""
        address = _address(host)
        if isinstance(address, SshAddress):
            here = self._addresses_of(address.host, context) | {address.host}
        elif not (here := self._addresses_in_cloud(address)):
            return Hanging((), (), tr("no look at the cloud account tells the server's addresses"))

        def stands(name: str) -> bool:
            return name in here or bool(here & self._addresses_of(name, context))

        sites, databases = [], []
        for one in self._resources():
            match one.address:
                case WebAddress() as site:
                    over = site.program.ssh.host if site.program else ""
                    name = over or urlsplit(site.url).hostname or ""
                    sites += [one] if stands(name) else []
                case MysqlAddress() as database:
                    name = database.ssh.host if database.ssh else database.host
                    databases += [one] if stands(name) else []
        return Hanging(tuple(sites), tuple(databases))

    def _addresses_in_cloud(self, address: TatAddress) -> frozenset[str]:
        """Return the addresses of a server that is known by its number in the cloud."""
        for one in self._resources():
            look = self._newest(one.id) if isinstance(one.address, CloudAddress) else None
            seen = look.details if look else None
            for server in (seen.servers or ()) if isinstance(seen, CloudDetails) else ():
                if (server.id, server.region) == (address.instance, address.region):
                    return frozenset(server.addresses)
        return frozenset()

    def _host(self, address: HostAddress, wanted: Wanted, context: Context) -> Entries:
        try:
            return self._look_host(address, wanted, context)
        except OpsError as error:
            context.check()
            return host_unreached(wanted, error.message)

    def _site(self, site: Resource, context: Context) -> Entries:
        assert isinstance(site.address, WebAddress)
        return self._look_site(site.address, context)

    def _database(self, database: Resource, context: Context) -> Entries:
        assert isinstance(database.address, MysqlAddress)
        place = str(database.address)
        try:
            seen = self._look_mysql(database.address, context)
        except OpsError as error:
            context.check()
            down = _is_down(error, database.address)
            return database_checks.unreached(place, error.message, down=down)
        return database_checks.of_database(place, seen, self._now())


def _address(host: Resource) -> HostAddress:
    if host.kind != "host":
        raise OpsError(
            tr("{name} is not a server: nothing is changed on it.", name=host.name),
            hint=tr("Choose a cloud server."),
        )
    address = host.address
    assert isinstance(address, HostAddress)
    return address


def _wanted(address: HostAddress, plan: Mapping[str, Any], hanging: Hanging) -> Wanted:
    """Return what of the host is looked at: what the plan names, and what hangs on it."""
    sites = [one.address for one in hanging.sites if isinstance(one.address, WebAddress)]
    ports = {_port(site.url) for site in sites}
    if isinstance(address, SshAddress):
        ports.add(address.port)
    for one in hanging.databases:
        assert isinstance(one.address, MysqlAddress)
        ports.add(one.address.port)
    return Wanted(
        units=_units(plan),
        logs=_words(plan, "logs"),
        urls=tuple(dict.fromkeys(site.url for site in sites)),
        ports=frozenset(ports),
    )


def _units(plan: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the units that a change restarts or reloads: named, or in the command that does it."""
    found = dict.fromkeys(_words(plan, *_UNITS))
    for command in _words(plan, "reload"):
        for names in _SYSTEMCTL.findall(command):
            found |= dict.fromkeys(names.split())
    return tuple(found)


def _words(plan: Mapping[str, Any], *names: str) -> tuple[str, ...]:
    """Return the words that stand under any of the names, singly or as a list."""
    found: dict[str, None] = {}
    for name in names:
        value = plan.get(name) or ()
        for word in [value] if isinstance(value, str) else value:
            if isinstance(word, str) and word.strip():
                found[word.strip()] = None
    return tuple(found)


def _port(url: str) -> int:
    parts = urlsplit(url)
    return parts.port or (443 if parts.scheme == "https" else 80)


def _lists(hanging: Hanging) -> Entries:
    """Return how many websites and databases were looked at: none is said, too."""
    sites = ", ".join(one.name for one in hanging.sites)
    databases = ", ".join(one.name for one in hanging.databases)
    none = hanging.why or tr("none of the contract hangs on this server")
    state: State = "warning" if hanging.why else "ok"
    return (
        Checked("sites", tr("Websites"), state, sites or none, sites),
        Checked("databases", tr("Databases"), state, databases or none, databases),
    )


def _is_down(error: OpsError, address: MysqlAddress) -> bool:
    """Whether the failure proves that the server is down, rather than that we cannot see it."""
    if isinstance(error, ssh.TunnelRefused):
        return not error.forbidden
    return address.ssh is None and isinstance(error.__cause__, ConnectionRefusedError)
