"""Who holds which copy of a document: handed to Party A, kept by us, sent as a file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Literal, cast

from db.engine import Database
from db.journal import Journal, utc_now
from gmops_desktop.contract.record import EntryView
from gmops_desktop.contract.terms import day_of
from gmops_desktop.errors import OpsError
from gmops_desktop.language import mark, tr
from gmops_desktop.services.reports.register import Register

Form = Literal["paper", "file", "returned"]

_FORMS: Final[dict[Form, str]] = {
    "paper": mark("on paper"),
    "file": mark("as a file"),
    "returned": mark("came back"),
}
FORMS: Final[tuple[Form, ...]] = ("paper", "file")  # in which a copy is handed over


@dataclass(frozen=True, slots=True)
class Copy:
    """A copy that somebody holds: `to` whom it was given on which day, `by` whom of ours.

    A line of the form "returned" says who brought a signed one back, and what was said then of the
    copies.
    """

    to: str
    on: date
    form: Form
    by: str
    remark: str = ""


def word_of_form(form: Form) -> str:
    """Return how a copy was given."""
    return tr(_FORMS[form])


class Copies:
    """Records copies handed over, and tells who holds which."""

    def __init__(
        self,
        database: Database,
        journal: Journal,
        register: Register,
        *,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._database, self._journal, self._register = database, journal, register
        self._now = now

    def of(self, name: str) -> tuple[Copy, ...]:
        """Return the copies of a document, the first one given at the front."""
        report = self._register.get(name)
        entries = self._journal.entries("report", report.id)
        return tuple(one for entry in entries if (one := _copy(entry)) is not None)

    def give(
        self, name: str, to: str, *, form: Form = "paper", on: date | None = None, remark: str = ""
    ) -> tuple[Copy, ...]:
        """Record that a copy was handed to somebody; return all copies."""
        report = self._register.get(name)
        to, on = " ".join(to.split()), on or day_of(self._now())
        if not to:
            raise OpsError(
                tr("Who was given the copy must be named."),
                hint=tr("Name the person, of Party A or of yours, who holds it now."),
            )
        if not day_of(report.made_at) <= on <= day_of(self._now()):
            raise OpsError(
                tr("{number} was made on {made}; a copy cannot be handed over on {day}.",
                   number=report.number, made=day_of(report.made_at), day=on),
                hint=tr("Enter the day on which it was handed over."),
            )  # fmt: skip
        with self._database.session() as session, session.begin():
            self._journal.record(
                session, "report", report.id, "report.copied",
                to=to[:100], on=on, form=form, remark=remark.strip()[:500],
            )  # fmt: skip
        return self.of(report.id)


def _copy(entry: EntryView) -> Copy | None:
    said = entry.note
    if entry.action == "report.copied":
        on, form = date.fromisoformat(str(said["on"])), cast(Form, said["form"])
        return Copy(str(said["to"]), on, form, entry.actor, str(said.get("remark") or ""))
    if entry.action == "report.returned":
        by, copies = str(said.get("by") or ""), str(said.get("copies") or "")
        return Copy(by, day_of(entry.at), "returned", entry.actor, copies)
    return None
