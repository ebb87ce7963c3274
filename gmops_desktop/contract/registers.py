"""The registers a contract asks for: trainings, visits on site, questions answered, inspections,
yearly verifications, deviations.  A record is complete once its paper is named.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final, Literal, cast

from gmops_desktop.contract.record import EntryView, fold
from gmops_desktop.language import mark, tr

Register = Literal["training", "visit", "question", "inspection", "verification", "deviation"]

_REGISTERS: Final[dict[Register, str]] = {
    "training": mark("Training"),
    "visit": mark("On-site visit"),
    "question": mark("Question"),
    "inspection": mark("Inspection"),
    "verification": mark("Yearly verification"),
    "deviation": mark("Deviation"),
}
# What proves a record of each register, beside the record itself.
_PAPERS: Final[dict[Register, str]] = {
    "training": mark("Sign-in sheet"),
    "visit": mark("Service form"),
    "question": mark("Answer"),
    "inspection": mark("Inspection report"),
    "verification": mark("Proof of verification"),
    "deviation": mark("Announcement"),
}
_LACKS: Final[dict[Register, str]] = {
    "training": mark("no sign-in sheet"),
    "visit": mark("no service form"),
    "question": mark("no answer yet"),
    "inspection": mark("no inspection report"),
    "verification": mark("no proof"),
    "deviation": mark("not announced"),
}
REGISTERS: Final = tuple(_REGISTERS)


@dataclass(frozen=True, slots=True)
class Record:
    """One line of a register.

    `people` took part (of a training: were trained), `by` gave it; `paper` names what proves it (a
    file, a number, the place of the folder), of a question the answer.  `until` is how long a
    verification holds, `ticket` the number of the ticket it belongs to.
    """

    id: str
    register: Register
    on: date
    title: str
    people: tuple[str, ...] = ()
    by: str = ""
    paper: str = ""
    ticket: str = ""
    text: str = ""
    hours: Decimal | None = None
    until: date | None = None
    contract_id: str = ""

    @property
    def complete(self) -> bool:
        """Whether its paper is named."""
        return bool(self.paper)


def word_of_register(register: Register) -> str:
    """Return the word for one line of a register."""
    return tr(_REGISTERS[register])


def word_of_paper(register: Register) -> str:
    """Return the word for what proves a line."""
    return tr(_PAPERS[register])


def word_of_lack(register: Register) -> str:
    """Return what is missing of a line without its paper."""
    return tr(_LACKS[register])


def records_of(entries: Iterable[EntryView]) -> tuple[Record, ...]:
    """Return the records that the entries of kind "register" make, the newest first."""
    by_subject: dict[str, list[EntryView]] = {}
    for entry in entries:
        by_subject.setdefault(entry.subject, []).append(entry)
    found = [record_of(id, said) for id, said in by_subject.items()]
    there = [one for one in found if one is not None]
    return tuple(sorted(there, key=lambda one: (one.on, one.id), reverse=True))


def record_of(id: str, entries: Iterable[EntryView]) -> Record | None:
    """Return the record that the entries of one subject make; None once it was struck out."""
    said = fold(entries).fields
    if said.get("removed"):
        return None
    hours, until = said.get("hours"), said.get("until")
    return Record(
        id=id,
        register=cast(Register, said["register"]),
        on=date.fromisoformat(said["on"]),
        title=said["title"],
        people=tuple(said.get("people") or ()),
        by=said.get("by", ""),
        paper=said.get("paper", ""),
        ticket=said.get("ticket", ""),
        text=said.get("text", ""),
        hours=Decimal(hours) if hours else None,
        until=date.fromisoformat(until) if until else None,
        contract_id=said.get("contract_id", ""),
    )
