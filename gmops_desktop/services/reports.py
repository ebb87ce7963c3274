"""Documents of the contract: made from the record, numbered, kept, and provable years later.

Nothing is overwritten: a correction is a new version that names the one it replaces.
"""

from __future__ import annotations

import hashlib
import re
from calendar import monthrange
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final, Literal, cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.engine import Database
from db.ids import uuid7
from db.journal import Journal, utc_now
from db.models import Entry, ReportRow
from db.scope import EVERYTHING, scope_of
from gmops_desktop.context import Context
from gmops_desktop.contract.record import ChainHead
from gmops_desktop.contract.terms import Contract
from gmops_desktop.errors import OpsError
from gmops_desktop.language import DEFAULT, Language, speaking, tr
from gmops_desktop.paths import write_atomically
from gmops_desktop.reports import rendering, worker
from gmops_desktop.reports.facts import MonthFacts
from gmops_desktop.reports.orders import (
    Built,
    Document,
    HandOverFacts,
    LetterFacts,
    SignInFacts,
    attached,
    make_hand_over,
    make_letter,
    make_monthly,
    make_sign_in,
)

Kind = Literal["monthly", "drill", "contact", "payment", "sign_in", "hand_over"]
Signed = Literal["unsigned", "party_b", "both"]

_CODES: Final[dict[Kind, str]] = {
    "monthly": "YB",  # 月报
    "drill": "YL",  # 演练
    "contact": "LX",  # 联系人变更通知
    "payment": "FK",  # 付款通知
    "sign_in": "QD",  # 签到表
    "hand_over": "YJ",  # 移交单
}
# Makes a document that prints the chain heads it is given.
Produce = Callable[[Document, tuple[ChainHead, ...]], Built]

_NO_CODE: Final = "GMOPS"  # for a contract whose number begins with no letters


@dataclass(frozen=True, slots=True)
class Report:
    """A document of the register.  `heads` are the chain heads printed in it.

    `about` names what a letter or a sheet speaks of: a new one about the same is a new version.
    """

    id: str
    number: str
    kind: Kind
    period: str
    path: Path
    made_at: datetime
    pages: int
    file_digest: str
    heads: tuple[ChainHead, ...]
    signed: Signed
    replaces: str = ""
    contract_id: str = ""
    about: str = ""


class Reports:
    """Makes documents and keeps their register.

    `folder` is where they are kept; `collect` gathers the facts of a period from the other
    services.
    """

    def __init__(
        self,
        database: Database,
        journal: Journal,
        folder: Callable[[], Path],
        collect: Callable[[date, date], MonthFacts],
    ) -> None:
        self._database, self._journal = database, journal
        self._folder, self._collect = folder, collect

    def make(
        self,
        kind: Literal["monthly"],
        period: str,
        context: Context,
        *,
        out: Path | None = None,
        language: Language = DEFAULT,
    ) -> Report:
        """Make the report of a `period` ("2018-04"), record it, and return it.

        The register keeps its own copy; `out` names where another is wanted, and is then the path
        of what is returned.
        """
        start, end = month_of(period)
        context.progress(None, tr("Collecting the facts"))
        with speaking(language):  # reasons why something is unknown are printed
            facts = self._collect(start, end)
        made_at = facts.generated_at

        def produce(document: Document, heads: tuple[ChainHead, ...]) -> Built:
            return worker.run(context, make_monthly, replace(facts, heads=heads), document)

        report, built = self.keep(kind, period, facts.contract, produce, made_at, context, language)
        if out is not None:
            _write(
                out,
                built.content,
                tr("The report is in the register, at {path}.", path=report.path),
            )
            report = replace(report, path=out)
        context.progress(100, tr("{number} is made", number=report.number))
        return report

    def write_letter(
        self, facts: LetterFacts, context: Context, language: Language = DEFAULT
    ) -> Report:
        """Make the written notice of a change of contact or of the payment, and record it."""

        def produce(document: Document, heads: tuple[ChainHead, ...]) -> Built:
            return worker.run(context, make_letter, replace(facts, heads=heads), document)

        kind: Kind = "payment" if facts.notice.what == "payment" else "contact"
        period, about = f"{facts.dated:%Y-%m}", facts.notice.key
        report, _ = self.keep(
            kind, period, facts.contract, produce, utc_now(), context, language, about
        )
        return report

    def print_sign_in(
        self, facts: SignInFacts, context: Context, language: Language = DEFAULT
    ) -> Report:
        """Make the sign-in sheet of a training, and record it."""

        def produce(document: Document, heads: tuple[ChainHead, ...]) -> Built:
            return worker.run(context, make_sign_in, replace(facts, heads=heads), document)

        period, about = f"{facts.training.on:%Y-%m}", facts.training.id
        report, _ = self.keep(
            "sign_in", period, facts.contract, produce, utc_now(), context, language, about
        )
        return report

    def print_hand_over(
        self, facts: HandOverFacts, context: Context, language: Language = DEFAULT
    ) -> Report:
        """Make the form of what a ticket or a change handed over; a later one replaces it."""

        def produce(document: Document, heads: tuple[ChainHead, ...]) -> Built:
            return worker.run(context, make_hand_over, replace(facts, heads=heads), document)

        period, about = f"{facts.dated:%Y-%m}", facts.about
        report, _ = self.keep(
            "hand_over", period, facts.contract, produce, utc_now(), context, language, about
        )
        return report

    def keep(
        self,
        kind: Kind,
        period: str,
        contract: Contract | None,
        produce: Produce,
        made_at: datetime,
        context: Context,
        language: Language = DEFAULT,
        about: str = "",
    ) -> tuple[Report, Built]:
        """Number a document, let `produce` make it, record it, and return it with its content.

        `period` is the month or the day it is of; what it prints must be the heads it is given.
        """
        heads = self._journal.heads()
        while True:
            number, replaces = self._next(kind, period, contract, about)
            context.progress(None, tr("Setting the pages of {number}", number=number))
            built = produce(Document(number, language, replaces), heads)
            context.progress(90, tr("Keeping {number}", number=number))
            said = {
                "number": number,
                "kind": kind,
                "period": period,
                "title": contract.title if contract else "",
                "replaces": replaces,
                "contract_id": contract.id if contract else "",
                "about": about,
            }
            if report := self._keep(said, heads, made_at, built, context):
                break  # else somebody took the number meanwhile
        if built.missing:
            codes = ", ".join(f"U+{ord(char):04X}" for char in built.missing)
            context.note(tr("No font has these characters, printed as 〓: {codes}.", codes=codes))
        return report, built

    def all(self, contract: Contract | None = None) -> tuple[Report, ...]:
        """Return the register, newest first: that of a contract and its renewals, or all of it."""
        with self._database.session() as session:
            scope = scope_of(session, contract) if contract else EVERYTHING
            rows = session.scalars(
                select(ReportRow).order_by(ReportRow.made_at.desc(), ReportRow.number.desc())
            )
            found = tuple(_view(row) for row in rows)
        return tuple(one for one in found if scope.has(one.contract_id))

    def newest(self, about: str) -> Report | None:
        """Return the newest document about something (`Notice.key`, a training's id), if any."""
        return next((one for one in self.all() if one.about == about), None)

    def get(self, name: str) -> Report:
        """Return the report with this id or number."""
        with self._database.session() as session:
            wanted = (ReportRow.id == name) | (ReportRow.number == name)
            row = session.scalars(select(ReportRow).where(wanted)).first()
            if row is None:
                raise OpsError(
                    tr("There is no report “{name}”.", name=name),
                    hint=tr("The register lists all numbers."),
                )
            return _view(row)

    def page_count(self, path: Path) -> int:
        """Return the number of pages of a PDF."""
        return rendering.page_count(path)

    def render(self, path: Path, page: int, width_px: int) -> bytes:
        """Return page `page` (from 0) of a PDF as a PNG `width_px` wide."""
        return rendering.picture(path, page, width_px)

    def checks(self) -> tuple[str, ...]:
        """Return what no longer agrees between register, files and journal, as sentences.

        Each file must be the one recorded, and each head printed in it must still be the hash of
        that entry.
        """
        faults: list[str] = []
        for report in self.all():
            faults += _faults_of_file(report)
            with self._database.session() as session:
                faults += _faults_of_heads(session, report)
        return tuple(faults)

    def _next(
        self, kind: Kind, period: str, contract: Contract | None, about: str
    ) -> tuple[str, str]:
        """Return the number for a new document, and that of the version it replaces.

        A number never passes from one contract to another; letters are counted in their month.
        """
        taken = {one.number: one for one in self.all()}
        identity, first, place = contract.id if contract else "", "", 0
        while not first:
            place += 1
            numbered = f"{_CODES[kind]}-{period}" + (f"-{place:02d}" if about else "")
            for code in _codes_of(contract):
                held = taken.get(f"{code}-{numbered}")
                if held is None or held.contract_id in ("", identity):
                    if held is None or held.about == about:
                        first = f"{code}-{numbered}"
                    break
        number, before, version = first, "", 1
        while number in taken:
            before, version = number, version + 1
            number = f"{first}-V{version}"
        return number, before

    def _keep(
        self,
        said: Mapping[str, str],
        heads: tuple[ChainHead, ...],
        made_at: datetime,
        built: Built,
        context: Context,
    ) -> Report | None:
        """Write the file and record it, both or neither; None where the number is taken."""
        number = said["number"]
        path = self._folder() / f"{number}.pdf"
        identity = uuid7()
        fields = {
            **said,
            "path": path,
            "made_at": made_at,
            "pages": built.pages,
            "file_bytes": len(built.content),
            "file_digest": hashlib.sha256(built.content).hexdigest(),
            "data_digest": built.data_digest,
            "heads": [asdict(head) for head in heads],
            "signed": "unsigned",
        }
        with context.uncut(), self._database.session() as session, session.begin():
            if session.scalars(select(ReportRow.id).where(ReportRow.number == number)).first():
                return None
            self._journal.record(session, "report", identity, "report.made", fields)
            _write(path, built.content, tr("No report was recorded."))
            row = session.get(ReportRow, identity)
            assert row is not None
            return _view(row)


def month_of(period: str) -> tuple[date, date]:
    """Return the first and last day of a month written as 2018-04."""
    found = re.fullmatch(r"(20\d\d)-(0[1-9]|1[0-2])", period.strip())
    if not found:
        raise OpsError(
            tr("“{period}” is not a month.", period=period),
            hint=tr("Write year and month as 2018-04."),
        )
    year, month = int(found[1]), int(found[2])
    return date(year, month, 1), date(year, month, monthrange(year, month)[1])


def _codes_of(contract: Contract | None) -> Iterator[str]:
    """Yield what a contract's numbers may begin with: its letters; where another contract has the
    same, its whole number; at last what is its own in any case."""
    letters = re.match(r"[A-Z]{2,}", contract.number) if contract else None
    yield letters.group() if letters else _NO_CODE
    if contract is not None:
        if whole := re.sub(r"[^A-Z0-9]", "", contract.number):
            yield whole
        yield contract.id[-8:].upper()


def _write(path: Path, content: bytes, unharmed: str) -> None:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_atomically(path, content)
    except OSError as error:
        raise OpsError(
            tr("The report could not be written to {path}: {why}.", path=path, why=error),
            hint=tr("Free some space, or choose a folder you may write to, then make it again."),
            unharmed=unharmed,
        ) from error


def _view(row: ReportRow) -> Report:
    assert row.made_at is not None
    return Report(
        id=row.id,
        number=row.number,
        kind=cast(Kind, row.kind),
        period=row.period,
        path=Path(row.path),
        made_at=row.made_at,
        pages=row.pages or 0,
        file_digest=row.file_digest,
        heads=_heads(row.heads or []),
        signed=cast(Signed, row.signed),
        replaces=str(row.more.get("replaces", "")),
        contract_id=str(row.more.get("contract_id") or ""),
        about=str(row.more.get("about") or ""),
    )


def _heads(values: list[Mapping[str, Any]]) -> tuple[ChainHead, ...]:
    return tuple(ChainHead(**value) for value in values)


def _faults_of_file(report: Report) -> list[str]:
    try:
        content = report.path.read_bytes()
    except OSError as error:
        return [
            tr(
                "The file of report {number} cannot be read: {why}.",
                number=report.number,
                why=error,
            )
        ]
    if hashlib.sha256(content).hexdigest() != report.file_digest:
        return [tr("The file of report {number} was altered.", number=report.number)]
    try:
        values, _ = attached(report.path)
        printed = _heads(values["facts"]["heads"])
    except (OpsError, KeyError, TypeError) as error:
        return [
            tr(
                "The data of report {number} cannot be read: {why}.",
                number=report.number,
                why=error,
            )
        ]
    if printed != report.heads:
        number = report.number
        return [tr("Report {number} prints other chain heads than were recorded.", number=number)]
    return []


def _faults_of_heads(session: Session, report: Report) -> list[str]:
    faults = []
    for head in report.heads:
        there = select(Entry.hash).where(
            Entry.device == head.device, Entry.sequence == head.sequence
        )
        if session.scalar(there) != head.hash:
            faults.append(
                tr(
                    "Report {number} contradicts the journal: entry {entry} of {device} is not "
                    "the one it was made from.",
                    number=report.number,
                    entry=head.sequence,
                    device=head.device_name,
                )
            )
    return faults
