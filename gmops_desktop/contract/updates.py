"""Waiting updates of a host, the plan to install them, and whether a plan still holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any


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


@dataclass(frozen=True, slots=True)
class Inventory:
    """What a host's package manager knows.

    `unknown` says why nothing can be said; `updates` is then empty, which does not mean none.
    `lists_at` is when the host last fetched what its archives offer; `notes` are finished sentences
    about what limits this answer.
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

    @property
    def security(self) -> int | None:
        """How many updates mend a security hole; None where nobody knows."""
        return None if self.unknown else sum(update.security for update in self.updates)


@dataclass(frozen=True, slots=True)
class Plan:
    """What the package manager says it would do, to the exact version.

    `packages` are upgraded, `installs` come new ("name version"), `removes` go; `services` of these
    packages restart, as far as knowable; `reboot` is None where nobody knows.  `disk_free` is the
    least free space of the file systems it writes to, in bytes; `text` is the manager's own.
    `manager` is the one that made it ("apt", "dnf", "yum"); `download_bytes` what it would fetch;
    `obsoletes` are packages that another replaces ("old by new").
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


def drift(approved: Plan, now: Plan) -> tuple[str, ...]:
    """Return what `now` does otherwise than the approved plan, one "-"/"+" line each; none if the
    same."""
    before, after = _steps(approved), _steps(now)
    gone = [f"- {step}" for step in before if step not in after]
    new = [f"+ {step}" for step in after if step not in before]
    return (*gone, *new)


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
    """Return the inventory `to_dict` was given."""
    lists_at = values.get("lists_at")
    return Inventory(
        resource_id=values["resource_id"],
        at=datetime.fromisoformat(values["at"]),
        manager=values["manager"],
        system=values["system"],
        updates=tuple(_update(one) for one in values["updates"]),
        held=tuple(values["held"]),
        kept_back=tuple(values["kept_back"]),
        reboot_required=values["reboot_required"],
        automatic=values["automatic"],
        unknown=values["unknown"],
        lists_at=datetime.fromisoformat(lists_at) if lists_at else None,
        notes=tuple(values.get("notes", ())),
    )


def plan_from_dict(values: Mapping[str, Any]) -> Plan:
    """Return the plan `to_dict` was given."""
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
    )


def _update(values: Mapping[str, Any]) -> Update:
    """Return an update as it was stored; an older version knew fewer of its fields."""
    return Update(**{**values, "cves": tuple(values.get("cves", ()))})
