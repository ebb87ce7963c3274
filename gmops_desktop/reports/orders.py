"""What the services order: which documents there are, what they need, and who makes them.

The libraries that draw and read PDF are brought in only when one is: a command that backs up a
database does not wait for them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final, Literal

from gmops_desktop.contract.notices import Notice
from gmops_desktop.contract.record import ChainHead
from gmops_desktop.contract.registers import Record
from gmops_desktop.contract.report_texts import OwnText
from gmops_desktop.contract.steps import Handed
from gmops_desktop.contract.terms import Contact, Contract, day_of
from gmops_desktop.language import Language, mark, tr
from gmops_desktop.reports.account_facts import AccountFacts
from gmops_desktop.reports.change_facts import NoticeFacts, RecordFacts
from gmops_desktop.reports.evidence_facts import CompilationFacts
from gmops_desktop.reports.facts import MonthFacts
from gmops_desktop.reports.paper_facts import TicketFacts
from gmops_desktop.reports.period_facts import BackupFacts, FeeFacts, InspectionFacts
from gmops_desktop.reports.span_facts import SpanFacts

# Who may read it.  A company gives no state secret's grade (秘密, 机密, 绝密): those are the law's.
Secrecy = Literal["public", "internal", "commercial"]
SECRECIES: Final[tuple[Secrecy, ...]] = ("public", "internal", "commercial")
_SECRECY: Final[dict[Secrecy, str]] = {
    "public": mark("Public"),
    "internal": mark("Internal"),
    "commercial": mark("Trade secret"),
}


def word_of_secrecy(secrecy: Secrecy) -> str:
    """Return the word for who may read it."""
    return tr(_SECRECY[secrecy])


@dataclass(frozen=True, slots=True)
class Revision:
    """One version of a document: its number, when it was made, and what it corrects, in words."""

    number: str
    made_at: datetime
    corrects: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """What makes a document one of a kind; `replaces` is the number of the version before, `texts`
    what people wrote into it.

    `revisions` are the versions there were, the oldest first; `corrects` says in words why there
    is a new one.
    """

    number: str
    language: Language
    replaces: str = ""
    texts: tuple[OwnText, ...] = ()
    secrecy: Secrecy = "internal"
    revisions: tuple[Revision, ...] = ()
    corrects: str = ""

    def own(self, section: str) -> OwnText | None:
        """Return what was written into a section, if anything."""
        return next((one for one in self.texts if one.section == section and one.text), None)


@dataclass(frozen=True, slots=True)
class Built:
    """A finished file, unsigned; `missing` are characters that no face has (drawn as 〓)."""

    content: bytes
    pages: int
    data_digest: str
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PhaseLine:
    """A step of the drill; `counts` where it is part of the recovery time."""

    name: str
    seconds: float
    counts: bool


@dataclass(frozen=True, slots=True)
class CheckLine:
    """One of the user's own checks; `fault` says why it did not hold."""

    sql: str
    rows: int
    seconds: float
    fault: str


@dataclass(frozen=True, slots=True)
class DrillFacts:
    """Everything the certificate says.  Sizes in bytes; `seconds` is the recovery time."""

    name: str
    proved: bool
    at: datetime
    archive: str
    sha256: str
    file_bytes: int
    taken_at: datetime | None
    source: str
    server: str
    schema: str
    seconds: float
    tables: int
    rows: int
    definitions: int
    text_bytes: int
    phases: tuple[PhaseLine, ...]
    checks: tuple[CheckLine, ...]
    faults: tuple[str, ...]
    notes: tuple[str, ...]
    party_a: str
    party_b: str
    heads: tuple[ChainHead, ...] = ()
    clone: bool = False  # whether it was restored to a cloned cloud instance
    drill_id: str = ""
    contract: Contract | None = None

    @property
    def period(self) -> str:
        """The day that it is numbered in."""
        return f"{day_of(self.at):%Y-%m-%d}"

    @property
    def about(self) -> str:
        """The id of the drill."""
        return self.drill_id


@dataclass(frozen=True, slots=True)
class LetterFacts:
    """A written notice: of a change of contact (`contact` is who), or of the payment."""

    notice: Notice
    contract: Contract
    contact: Contact | None
    dated: date
    heads: tuple[ChainHead, ...] = ()

    @property
    def period(self) -> str:
        """The month that it is numbered in."""
        return f"{self.dated:%Y-%m}"

    @property
    def about(self) -> str:
        """What the letter speaks of."""
        return self.notice.key


@dataclass(frozen=True, slots=True)
class SignInFacts:
    """The sheet on which those trained sign: its lines are empty, but for names known before."""

    training: Record
    contract: Contract
    heads: tuple[ChainHead, ...] = ()

    @property
    def period(self) -> str:
        """The month that it is numbered in: that of the training."""
        return f"{self.training.on:%Y-%m}"

    @property
    def about(self) -> str:
        """The id of the training."""
        return self.training.id


@dataclass(frozen=True, slots=True)
class HandOverFacts:
    """What a ticket or a change handed over to Party A (1.32).

    `ticket` is the ticket's number, `ticket_id` its id, `title` its title; all empty where a change
    (`change` is its number, `change_title` its title) comes from no ticket.  `release_notes` and
    `diff` (without secrets) are printed as they are.
    """

    ticket_id: str
    ticket: str
    title: str
    items: tuple[Handed, ...]
    contract: Contract
    dated: date
    heads: tuple[ChainHead, ...] = ()
    change_id: str = ""
    change: str = ""
    change_title: str = ""
    release_notes: str = ""
    diff: str = ""

    @property
    def period(self) -> str:
        """The month that it is numbered in."""
        return f"{self.dated:%Y-%m}"

    @property
    def about(self) -> str:
        """The id of what the form is of: of a change, else of a ticket."""
        return self.change_id or self.ticket_id


@dataclass(frozen=True, slots=True)
class Sheet:
    """What stands on the page: `identity` is the secret key, `name` whose key it is."""

    identity: str
    public_key: str
    name: str
    computer: str
    made_at: datetime
    language: Language


def make_monthly(facts: MonthFacts, document: Document) -> Built:
    """Return the monthly report of `facts`."""
    from gmops_desktop.reports import monthly

    return monthly.make_monthly(facts, document)


def make_certificate(facts: DrillFacts, document: Document) -> Built:
    """Return the certificate of a drill."""
    from gmops_desktop.reports import drill_certificate

    return drill_certificate.make_certificate(facts, document)


def make_letter(facts: LetterFacts, document: Document) -> Built:
    """Return a written notice to the other party."""
    from gmops_desktop.reports import letters

    return letters.make_letter(facts, document)


def make_sign_in(facts: SignInFacts, document: Document) -> Built:
    """Return the sign-in sheet of a training, to be printed and signed."""
    from gmops_desktop.reports import sign_in

    return sign_in.make_sign_in(facts, document)


def make_hand_over(facts: HandOverFacts, document: Document) -> Built:
    """Return the form with which Party A receives what a ticket handed over."""
    from gmops_desktop.reports import hand_over

    return hand_over.make_hand_over(facts, document)


def make_notice(facts: NoticeFacts, document: Document) -> Built:
    """Return the request for a change and notice of its downtime."""
    from gmops_desktop.reports import change_notice

    return change_notice.make_notice(facts, document)


def make_change_record(facts: RecordFacts, document: Document) -> Built:
    """Return the record of what became of a change."""
    from gmops_desktop.reports import change_record

    return change_record.make_change_record(facts, document)


def make_fault_report(facts: TicketFacts, document: Document) -> Built:
    """Return the report on a fault."""
    from gmops_desktop.reports import fault_report

    return fault_report.make_fault_report(facts, document)


def make_service_form(facts: TicketFacts, document: Document) -> Built:
    """Return the form of a visit, to be filled in and signed on the spot."""
    from gmops_desktop.reports import service_form

    return service_form.make_service_form(facts, document)


def make_evaluation(facts: TicketFacts, document: Document) -> Built:
    """Return the evaluation of a requirement."""
    from gmops_desktop.reports import evaluation

    return evaluation.make_evaluation(facts, document)


def make_backup_report(facts: BackupFacts, document: Document) -> Built:
    """Return the report on the backups of a period."""
    from gmops_desktop.reports import backup_report

    return backup_report.make_backup_report(facts, document)


def make_inspection(facts: InspectionFacts, document: Document) -> Built:
    """Return the report on an inspection."""
    from gmops_desktop.reports import inspection

    return inspection.make_inspection(facts, document)


def make_fees(facts: FeeFacts, document: Document) -> Built:
    """Return the statement of a contract's fees."""
    from gmops_desktop.reports import fees

    return fees.make_fees(facts, document)


def make_account_report(facts: AccountFacts, document: Document) -> Built:
    """Return the operation report of the official accounts."""
    from gmops_desktop.reports import account_report

    return account_report.make_account_report(facts, document)


def make_compilation(facts: CompilationFacts, document: Document) -> Built:
    """Return the compilation of a contract's evidence."""
    from gmops_desktop.reports import compilation

    return compilation.make_compilation(facts, document)


def make_quarterly(facts: SpanFacts, document: Document) -> Built:
    """Return the report of a quarter."""
    from gmops_desktop.reports import quarterly

    return quarterly.make_quarterly(facts, document)


def make_annual(facts: SpanFacts, document: Document) -> Built:
    """Return the report of a contract's year, on which Party A accepts it."""
    from gmops_desktop.reports import annual

    return annual.make_annual(facts, document)


def make_sheet(sheet: Sheet) -> bytes:
    """Return the recovery sheet as a PDF."""
    from gmops_desktop.reports import recovery_sheet

    return recovery_sheet.make_sheet(sheet)


def attached(path: Path) -> tuple[Mapping[str, Any], bytes]:
    """Return the data attached to a document of ours, read and as bytes; raise `OpsError`."""
    from gmops_desktop.reports import archival

    return archival.attached(path)
