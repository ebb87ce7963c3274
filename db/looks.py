"""The newest look at each resource: kept in the place of the one before, and read back."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db import account_facts, measured
from db.columns import from_milliseconds
from db.limits import limits_of
from db.models import LookRow
from gmops_desktop.addresses import Kind
from gmops_desktop.contract.alerting import Watch
from gmops_desktop.contract.looks import (
    AccountDetails,
    Figure,
    Look,
    details_from_dict,
    details_to_dict,
)
from gmops_desktop.contract.rollups import Sample
from gmops_desktop.contract.thresholds import Limit
from gmops_desktop.contract.verdicts import History
from gmops_desktop.states import State


@dataclass(frozen=True, slots=True)
class Before:
    """What is known of a resource before a look: its history, when its details were last learnt,
    and whether the newest look learnt nothing."""

    history: History
    at: datetime | None
    failed: bool


@dataclass(frozen=True, slots=True)
class Watched:
    """How the findings of the newest look at a resource stand, and the words it has for them."""

    resource_id: str
    at: datetime
    watches: Mapping[str, Watch]
    texts: Mapping[str, str]


def keep(session: Session, look: Look) -> None:
    """Keep a look, and with it the newest details there were: rates are differences to them."""
    details = details_to_dict(look.details) if look.details else None
    row = session.get(LookRow, look.resource_id)
    known: Any = row.data["known"] if row else None
    if details:
        known = {"at": look.at.isoformat(), "details": details}
    # What stands as an alert keeps its words while a look finds nothing to say of it.
    said: dict[str, str] = row.data.get("texts", {}) if row else {}
    standing = {key for key, one in look.watches.items() if one.state != "ok"}
    said = {key: text for key, text in said.items() if key in standing}
    data = {
        "figures": [asdict(figure) for figure in look.figures],
        "details": details,
        "known": known,
        "log": list(look.log_lines),
        "hint": look.hint,
        "watches": {key: one.to_dict() for key, one in look.watches.items()},
        "texts": said | dict(look.texts),
    }
    if row is None:
        row = LookRow(resource_id=look.resource_id)
        session.add(row)
    row.kind, row.name, row.at, row.seconds = look.kind, look.name, look.at, look.seconds
    row.state, row.reason, row.data = look.state, look.reason, data
    if isinstance(look.details, AccountDetails):
        account_facts.keep(session, look.resource_id, look.details)


def before(
    session: Session, resources: Collection[str], since: datetime, now: datetime
) -> dict[str, Before]:
    """Return what is known of each resource, with what was measured since then."""
    rows = session.scalars(select(LookRow).where(LookRow.resource_id.in_(resources)))
    looks = {row.resource_id: row for row in rows}
    taken = measured.samples_of(session, resources, since, now)
    limits = limits_of(session, resources)
    return {id: _before(looks.get(id), taken.get(id, ()), limits[id]) for id in resources}


def _before(row: LookRow | None, taken: Sequence[Sample], limits: Mapping[str, Limit]) -> Before:
    def points(metric: str) -> list[tuple[datetime, float]]:
        values = ((one.at, one.values.get(metric)) for one in taken)
        return [(from_milliseconds(at), value) for at, value in values if value is not None]

    if row is None:
        return Before(History(points=points, limits=limits), None, failed=False)
    known = row.data["known"]
    details = details_from_dict(cast(Kind, row.kind), known["details"]) if known else None
    history = History(watches=_watches(row), points=points, details=details, limits=limits)
    return Before(history, _known_at(row), failed=row.data["details"] is None)


def all_of(session: Session) -> tuple[Look, ...]:
    """Return the newest look at each resource, by name."""
    return tuple(_look(row) for row in session.scalars(select(LookRow).order_by(LookRow.name)))


def one_of(session: Session, resource_id: str) -> Look | None:
    """Return the newest look at one resource, with all it found."""
    row = session.get(LookRow, resource_id)
    return _look(row) if row else None


def glance(session: Session) -> tuple[Look, ...]:
    """Return the newest looks by name, without their details: quick, also of hundreds."""
    shown = (
        func.json_extract(LookRow.data, f"$.{name}")
        for name in ("figures", "log", "hint", "known.at")
    )
    columns = (LookRow.resource_id, LookRow.kind, LookRow.name, LookRow.state, LookRow.reason,
               LookRow.at, LookRow.seconds)  # fmt: skip
    rows = session.execute(select(*columns, *shown).order_by(LookRow.name))
    return tuple(
        Look(
            id, cast(Kind, kind), name, cast(State, state), reason, at, seconds,
            tuple(Figure(**figure) for figure in json.loads(figures)), None,
            tuple(json.loads(log)), hint, known_at=_moment(known),
        )
        for id, kind, name, state, reason, at, seconds, figures, log, hint, known in rows
    )  # fmt: skip


def watched(session: Session, resources: Collection[str], since: datetime) -> Iterator[Watched]:
    """Yield how the findings of resources stand that were looked at since then: quick, also of
    hundreds, for the looks themselves stay where they are."""
    parts = (func.json_extract(LookRow.data, f"$.{name}") for name in ("watches", "texts"))
    newest = select(LookRow.resource_id, LookRow.at, *parts).where(LookRow.at >= since)
    for id, at, watches, texts in session.execute(newest):
        if id in resources:
            found = json.loads(watches or "{}")
            yield Watched(
                id,
                at,
                {key: Watch.from_dict(one) for key, one in found.items()},
                json.loads(texts or "{}"),
            )


def _look(row: LookRow) -> Look:
    kind = cast(Kind, row.kind)
    details = row.data["details"]
    return Look(
        row.resource_id,
        kind,
        row.name,
        cast(State, row.state),
        row.reason,
        row.at,
        row.seconds,
        tuple(Figure(**figure) for figure in row.data["figures"]),
        details_from_dict(kind, details) if details else None,
        tuple(row.data["log"]),
        row.data["hint"],
        _watches(row),
        row.data.get("texts", {}),
        _known_at(row),
    )


def _watches(row: LookRow) -> dict[str, Watch]:
    return {key: Watch.from_dict(one) for key, one in row.data.get("watches", {}).items()}


def _known_at(row: LookRow) -> datetime | None:
    return _moment(row.data["known"]["at"]) if row.data["known"] else None


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
