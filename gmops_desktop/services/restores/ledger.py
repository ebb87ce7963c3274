"""The restores this machine has run, and the one that was interrupted: rows of the store.

A restore writes down what it is about to do, with the definitions it found, before it does it; so
a later run can put things back even after a power cut.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, Self

from sqlalchemy import select

from db.engine import Database
from db.models import RestoreRow
from gmops_desktop.adapters.mysql.definitions import Definition
from gmops_desktop.adapters.mysql.exchange import ForeignKey, Swap
from gmops_desktop.addresses import MysqlAddress, address_from_dict
from gmops_desktop.services.restores.choice import KEEP, WHOLE, Choice, Definers

State = Literal["making", "building", "committing", "swapping", "clearing", "done"]


@dataclass(frozen=True, slots=True)
class Plan:
    """What a restore changes, and all it needs to undo it: `before` as the schema was."""

    swap: Swap
    ties: Mapping[str, tuple[ForeignKey, ...]]
    before: tuple[Definition, ...]
    invalid: frozenset[str]  # views that were invalid already, and are let alone
    made: tuple[str, ...]  # sequences created ahead of the tables that need them
    amended: tuple[str, ...] = ()  # tables whose rows change in place, in one transaction
    settles: bool = True  # whether anything follows the transaction: a swap, or definitions

    @property
    def mark(self) -> str:
        """The table that tells whether the transaction was committed."""
        return f"gmops_new_{self.swap.tag}_{len(self.swap.numbers)}"

    @property
    def made_keys(self) -> set[tuple[str, str]]:
        return {("sequence", name) for name in self.made}

    def to_json(self) -> dict[str, Any]:
        swap = self.swap
        return {
            "tag": swap.tag,
            "numbers": dict(swap.numbers),
            "built": sorted(swap.built),
            "there": sorted(swap.there),
            "ties": {name: [asdict(key) for key in keys] for name, keys in self.ties.items()},
            "before": [asdict(thing) for thing in self.before],
            "invalid": sorted(self.invalid),
            "made": list(self.made),
            "amended": list(self.amended),
            "settles": self.settles,
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        swap = Swap(
            values["tag"],
            values["numbers"],
            frozenset(values["built"]),
            frozenset(values["there"]),
        )
        ties = {
            name: tuple(ForeignKey(**key) for key in keys) for name, keys in values["ties"].items()
        }
        before = tuple(Definition(**thing) for thing in values["before"])
        return cls(
            swap,
            ties,
            before,
            frozenset(values["invalid"]),
            tuple(values["made"]),
            tuple(values.get("amended", ())),
            values.get("settles", True),
        )


class Ledger:
    """Keeps the restores in the store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self, row: RestoreRow, plan: Plan, state: State = "building") -> None:
        """Write down a restore before it touches anything."""
        row.more = {**row.more, "state": state, "plan": plan.to_json()}
        with self._database.session() as session, session.begin():
            session.merge(row)

    def reach(self, id: str, state: State, **values: Any) -> None:
        """Enter the state that a restore is about to be in, and what is known of its end."""
        with self._database.session() as session, session.begin():
            row = session.get_one(RestoreRow, id)
            row.more = {**row.more, "state": state}
            if state == "done":
                kept = row.more.keys() - {"plan", "order"}
                row.more = {key: row.more[key] for key in kept}
            row.more = {**row.more, **values.pop("more", {})}
            for name, value in values.items():
                setattr(row, name, value)

    def forget(self, id: str) -> None:
        """Strike out a restore that was taken back."""
        with self._database.session() as session, session.begin():
            if row := session.get(RestoreRow, id):
                session.delete(row)

    def all(self) -> tuple[RestoreRow, ...]:
        """Return every restore, newest first, the unfinished among them."""
        with self._database.session() as session:
            rows = tuple(
                session.scalars(
                    select(RestoreRow).where(RestoreRow.schema != "").order_by(RestoreRow.at.desc())
                )
            )
            session.expunge_all()
        return rows


def state_of(row: RestoreRow) -> State:
    """Return how far a restore came."""
    state: State = row.more.get("state", "done")
    return state


def address_of(row: RestoreRow) -> MysqlAddress:
    """Return what a restore went into."""
    address = address_from_dict("mysql", row.more["address"])
    assert isinstance(address, MysqlAddress)
    return address


def order_of(row: RestoreRow) -> tuple[Choice, Definers]:
    """Return what of its archive an unfinished restore was asked for, and with whose names."""
    order = row.more.get("order")
    if order is None:  # written down by an earlier version
        return WHOLE, KEEP
    return Choice.from_json(order["choice"]), Definers.from_json(order["definers"])


def as_order(choice: Choice, definers: Definers) -> dict[str, Any]:
    """Return what `order_of` reads, for a row's `more`."""
    return {"order": {"choice": choice.to_json(), "definers": definers.to_json()}}


def plan_of(row: RestoreRow) -> Plan:
    """Return what an unfinished restore was about to do."""
    return Plan.from_json(row.more["plan"])
