"""Waiting updates of a host, the plan to install them, and whether a plan still holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any, Final, Literal

from gmops_desktop.contract.restarts import Restart, named, newly, proposed
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr


@dataclass(frozen=True, slots=True)
class Update:
    """A package with a newer version; `old` is empty for one that is newly installed.

    `security` is true where any of its origins is a security archive, or an advisory says so.
    `severity` is the distributor's own word, `advisory` the number of its notice, `cves` the holes
    that it mends; empty where nobody says.  `bytes` is what it takes to download.
    """

    name: str
    arch: str
    old: str
    new: str
    origin: str
    security: bool
    severity: str = ""
    cves: tuple[str, ...] = ()
    advisory: str = ""
    bytes: int | None = None


# Why an update is there and is not installed with the others.
Reason = Literal["held", "removes", "dependency", "phased", "pro", "excluded", "unknown"]


@dataclass(frozen=True, slots=True)
class KeptBack:
    """An update that waits and would not be installed; `detail` names what stands in the way."""

    name: str
    reason: Reason
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Repository:
    """Where the host gets packages from.

    `security` is whether it publishes which updates mend security holes, None where nobody knows;
    `fault` is why it could not be asked this time.
    """

    name: str
    security: bool | None = None
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Kernels:
    """The kernel that runs, those installed, and the newest of the same flavour ("" unknown)."""

    running: str
    installed: tuple[str, ...] = ()
    newest: str = ""


@dataclass(frozen=True, slots=True)
class Updater:
    """What installs updates by itself, without anybody being told.

    `active` is None where nobody knows; `scope` is what it takes ("security", origins); `reboots`
    whether it may restart the host; `switch_off` the command that ends it.
    """

    name: str
    active: bool | None
    scope: str = ""
    reboots: bool | None = None
    switch_off: str = ""


@dataclass(frozen=True, slots=True)
class Component:
    """A part of the web stack seen on the host: which, its version, where it lies.

    `package` is the package it belongs to, "" for one that was built or copied there by hand, None
    where nobody knows.  `unknown` says why its version is not known.
    """

    product: str
    version: str
    place: str
    package: str | None = None
    unknown: str = ""


@dataclass(frozen=True, slots=True)
class Inventory:
    """What a host's package manager knows, and what else ages on it.

    `unknown` says why nothing can be said of updates; `updates` is then empty, which does not mean
    none.  `lists_at` is when the host last fetched what its archives offer; `notes` are finished
    sentences about what limits this answer; `unknowns` says of single parts why they are not known.
    `system_id` and `system_version` are ID and VERSION_ID of os-release.  `restarts` are services
    that still run what was replaced, `reboot_packages` those that asked for a restart of the host.
    `download_bytes` and `disk_bytes` are what all updates together would fetch and add.
    """

    resource_id: str
    at: datetime
    manager: str
    system: str
    updates: tuple[Update, ...]
    held: tuple[str, ...]
    kept_back: tuple[str, ...]
    reboot_required: bool | None
    automatic: bool | None
    unknown: str
    lists_at: datetime | None = None
    notes: tuple[str, ...] = ()
    system_id: str = ""
    system_version: str = ""
    not_taken: tuple[KeptBack, ...] = ()
    repositories: tuple[Repository, ...] = ()
    kernels: Kernels | None = None
    reboot_packages: tuple[str, ...] = ()
    restarts: tuple[str, ...] | None = None
    updaters: tuple[Updater, ...] = ()
    components: tuple[Component, ...] = ()
    download_bytes: int | None = None
    disk_bytes: int | None = None
    unknowns: Mapping[str, str] = field(default_factory=dict)

    @property
    def security(self) -> int | None:
        """How many updates mend a security hole; None where nobody knows.

        Where some repository does not say, what others say is the least there is; none is unknown.
        """
        if self.unknown:
            return None
        known = sum(update.security for update in self.updates)
        return known or (None if self.unjudged or self.silent else 0)

    @property
    def silent(self) -> tuple[Repository, ...]:
        """The repositories that could not be asked."""
        return tuple(one for one in self.repositories if one.fault)

    @property
    def unjudged(self) -> tuple[Update, ...]:
        """The updates of which nobody knows whether they mend a security hole."""
        judged = {one.name for one in self.repositories if one.security}
        mute = {one.name for one in self.repositories} - judged
        return tuple(one for one in self.updates if not one.security and one.origin in mute)


@dataclass(frozen=True, slots=True)
class Plan:
    """What the package manager says it would do, to the exact version.

    `packages` are upgraded, `installs` come new ("name version"), `removes` go; `services` of these
    packages restart, as far as knowable; `reboot` is None where nobody knows.  `disk_free` is the
    least free space of the file systems it writes to, in bytes; `text` is the manager's own.
    `manager` is the one that made it ("apt", "dnf", "yum"); `download_bytes` what it would fetch;
    `obsoletes` are packages that another replaces ("old by new").

    `asks` is what asks for a restart afterwards, None where nobody looked; `asks_unknown` says what
    of it is not known, `no_restart` why nothing can be restarted there ("" if it can).  `restarts`
    are the units that are restarted at the end, `restart_host` whether the host is: what somebody
    took, not what was proposed.
    """

    packages: tuple[Update, ...]
    installs: tuple[str, ...]
    removes: tuple[str, ...]
    services: tuple[str, ...]
    reboot: bool | None
    text: str
    simulated_at: datetime
    disk_free: int | None = None
    manager: str = "apt"
    download_bytes: int | None = None
    obsoletes: tuple[str, ...] = ()
    asks: tuple[Restart, ...] | None = None
    asks_unknown: str = ""
    no_restart: str = ""
    restarts: tuple[str, ...] = ()
    restart_host: bool = False


def drift(approved: Plan, now: Plan) -> tuple[str, ...]:
    """Return what `now` does otherwise than the approved plan, one "-"/"+" line each; none if the
    same.  What asks for a restart that did not is otherwise, too; what asks no more is not."""
    before, after = _steps(approved), _steps(now)
    gone = [f"- {step}" for step in before if step not in after]
    new = [f"+ {step}" for step in after if step not in before]
    asks = newly(approved.asks, now.asks or ()) if approved.asks is not None else ()
    more = [tr("+ restart of {name}: {why}", name=named(one), why=one.reason) for one in asks]
    return (*gone, *new, *more)


def with_restarts(
    plan: Plan, units: tuple[str, ...] | None = None, host: bool | None = None
) -> Plan:
    """Return the plan with these units restarted at its end, and the host if `host`; what is None
    is taken as the simulation proposes it.

    Raises `OpsError` where something is to be restarted that cannot be.
    """
    wanted, whole = proposed(plan.asks or ()) if not plan.no_restart else ((), False)
    if host is False and units is None:
        wanted = proposed([one for one in plan.asks or () if one.unit])[0]
    units = wanted if units is None else units
    host = whole if host is None else host
    if plan.no_restart and (units or host):
        raise OpsError(
            tr("Nothing can be restarted there: {why}.", why=plan.no_restart),
            hint=tr("Leave the restart out of the plan, and restart by hand if one is due."),
            unharmed=tr("Nothing was done on the server."),
        )
    return replace(plan, restarts=units, restart_host=host)


def with_restarts_of(approved: Plan, now: Plan) -> Plan:
    """Return `now` with the restarts that were taken for `approved`, and what is proposed anew."""
    asks = newly(approved.asks or (), now.asks or ()) if not now.no_restart else ()
    units, host = proposed(asks)
    return replace(
        now,
        restarts=tuple(dict.fromkeys((*approved.restarts, *units))),
        restart_host=approved.restart_host or host,
    )


def _steps(plan: Plan) -> list[str]:
    upgrades = [f"{update.name}:{update.arch} {update.new}" for update in plan.packages]
    gone = [f"{name} (removed)" for name in plan.removes]
    return [*upgrades, *plan.installs, *gone, *(f"{name} (obsoleted)" for name in plan.obsoletes)]


def to_dict(record: Inventory | Plan) -> dict[str, Any]:
    """Return the record as plain values for JSON; times as ISO 8601."""
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in asdict(record).items()
    }


def inventory_from_dict(values: Mapping[str, Any]) -> Inventory:
    """Return the inventory `to_dict` was given, by this version or an older one."""
    plain = {name: value for name, value in values.items() if name in _PLAIN}
    lists_at, kernels = values.get("lists_at"), values.get("kernels")
    restarts = values.get("restarts")
    return Inventory(
        **plain,
        at=datetime.fromisoformat(values["at"]),
        updates=tuple(_update(one) for one in values["updates"]),
        held=tuple(values["held"]),
        kept_back=tuple(values["kept_back"]),
        lists_at=datetime.fromisoformat(lists_at) if lists_at else None,
        notes=tuple(values.get("notes", ())),
        not_taken=tuple(KeptBack(**one) for one in values.get("not_taken", ())),
        repositories=tuple(Repository(**one) for one in values.get("repositories", ())),
        kernels=Kernels(kernels["running"], tuple(kernels["installed"]), kernels["newest"])
        if kernels
        else None,
        reboot_packages=tuple(values.get("reboot_packages", ())),
        restarts=None if restarts is None else tuple(restarts),
        updaters=tuple(Updater(**one) for one in values.get("updaters", ())),
        components=tuple(Component(**one) for one in values.get("components", ())),
    )


def plan_from_dict(values: Mapping[str, Any]) -> Plan:
    """Return the plan `to_dict` was given, by this version or an older one."""
    asks = values.get("asks")
    return Plan(
        packages=tuple(_update(one) for one in values["packages"]),
        installs=tuple(values["installs"]),
        removes=tuple(values["removes"]),
        services=tuple(values["services"]),
        reboot=values["reboot"],
        text=values["text"],
        simulated_at=datetime.fromisoformat(values["simulated_at"]),
        disk_free=values.get("disk_free"),
        manager=values.get("manager", "apt"),
        download_bytes=values.get("download_bytes"),
        obsoletes=tuple(values.get("obsoletes", ())),
        asks=None if asks is None else tuple(_ask(one) for one in asks),
        asks_unknown=values.get("asks_unknown", ""),
        no_restart=values.get("no_restart", ""),
        restarts=tuple(values.get("restarts", ())),
        restart_host=bool(values.get("restart_host")),
    )


def _ask(values: Mapping[str, Any]) -> Restart:
    return Restart(values["unit"], values["why"], tuple(values["names"]))


def _update(values: Mapping[str, Any]) -> Update:
    """Return an update as it was stored; an older version knew fewer of its fields."""
    return Update(**{**values, "cves": tuple(values.get("cves", ()))})


# The fields of an inventory that JSON gives back as they were.
_PLAIN: Final = frozenset(
    {"resource_id", "manager", "system", "reboot_required", "automatic", "unknown", "system_id",
     "system_version", "download_bytes", "disk_bytes", "unknowns"}
)  # fmt: skip
