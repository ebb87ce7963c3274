"""What may be ordered: the report of a period, and the papers about one thing each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from db.engine import Database
from db.journal import Journal, utc_now
from gmops_desktop.context import Context
from gmops_desktop.contract.record import ChainHead
from gmops_desktop.contract.report_texts import OwnText, TextKey
from gmops_desktop.contract.terms import ZONE, told_in
from gmops_desktop.language import DEFAULT, Language, speaking, tr
from gmops_desktop.reports import orders, rendering, worker
from gmops_desktop.reports.change_facts import NoticeFacts, RecordFacts
from gmops_desktop.reports.facts import MonthFacts
from gmops_desktop.reports.orders import (
    Built,
    Document,
    DrillFacts,
    HandOverFacts,
    LetterFacts,
    Secrecy,
    SignInFacts,
)
from gmops_desktop.reports.paper_facts import PaperFacts
from gmops_desktop.services.reports.checking import faults_of_file, faults_of_heads
from gmops_desktop.services.reports.drafts import Draft
from gmops_desktop.services.reports.periods import month_of
from gmops_desktop.services.reports.register import (
    ORDERED,
    SUBJECTS,
    Kind,
    Register,
    Report,
    write,
)
from gmops_desktop.services.reports.texts import Texts

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

_ORDERS: Final[dict[Kind, Callable[[Any, Document], Built]]] = {
    "monthly": orders.make_monthly,
    "fault": orders.make_fault_report,
    "visit": orders.make_service_form,
    "evaluation": orders.make_evaluation,
    "backups": orders.make_backup_report,
    "inspection": orders.make_inspection,
    "fees": orders.make_fees,
    "compilation": orders.make_compilation,
    "account": orders.make_account_report,
    "quarter": orders.make_quarterly,
    "annual": orders.make_annual,
    "notice": orders.make_notice,
    "change_record": orders.make_change_record,
    "hand_over": orders.make_hand_over,
    "contact": orders.make_letter,
    "payment": orders.make_letter,
    "sign_in": orders.make_sign_in,
    "drill": orders.make_certificate,
}

# Looks up what is asked for, in the user's language, and returns what gathers its facts in that of
# the document.
Asked = Callable[[str], Callable[[], PaperFacts]]

Facts = TypeVar("Facts", bound="DataclassInstance")


class Reports(Register):
    """The register, and the ways to make what stands in it.

    `folder` is where the files are kept; `collect` gathers the facts of a period from the other
    services.  Facts that hold words are gathered by a function called in the document's language.
    `texts` are people's own words for the sections.
    """

    def __init__(
        self,
        database: Database,
        journal: Journal,
        folder: Callable[[], Path],
        collect: Callable[[date, date], MonthFacts],
        gather: Mapping[Kind, Asked] | None = None,
        texts: Texts | None = None,
    ) -> None:
        super().__init__(database, journal, folder)
        self._collect, self._gather = collect, dict(gather or {})
        self._texts = texts

    def make(
        self,
        kind: Kind,
        of: str,
        context: Context,
        *,
        out: Path | None = None,
        language: Language = DEFAULT,
        secrecy: Secrecy = "internal",
        corrects: str = "",
    ) -> Report:
        """Make the document of a period ("2018-04") or of one thing (the number of a ticket, ...),
        record it, and return it.  `corrects` says what a new version puts right.

        The register keeps its own copy; `out` names where another is wanted, and is then the path
        of what is returned.
        """
        facts: PaperFacts = _gathered(self._asked(kind, of), context, language)
        report, built = self._kept(kind, facts, context, language, secrecy, corrects)
        if out is not None:
            write(
                out,
                built.content,
                tr("The report is in the register, at {path}.", path=report.path),
            )
            report = replace(report, path=out)
        context.progress(100, tr("{number} is made", number=report.number))
        return report

    def draft(self, kind: Kind, of: str, context: Context, language: Language = DEFAULT) -> Draft:
        """Gather what a document says, to look at its pages before it is made and numbered."""
        facts: Any = _gathered(self._asked(kind, of), context, language)
        key = _key_of(kind, facts)
        heads, before = self._journal.heads(), self.version_before(key)
        versions = self._versions(before.number) if before is not None else ()
        return Draft(key, replace(facts, heads=heads), _ORDERS[kind], language, versions)

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """The kinds of a period, a ticket or a contract that `make` makes; what is of something
        else is made where that is looked at."""
        made: tuple[Kind, ...] = ("monthly", *self._gather)
        return tuple(kind for kind in made if SUBJECTS[kind] in ORDERED)

    # ------------------------------------------------------------ from facts in hand

    def write_letter(
        self, facts: LetterFacts, context: Context, language: Language = DEFAULT
    ) -> Report:
        """Make the written notice of a change of contact or of the payment, and record it."""
        kind: Kind = "payment" if facts.notice.what == "payment" else "contact"
        return self._write(kind, facts, context, language)

    def print_sign_in(
        self, facts: SignInFacts, context: Context, language: Language = DEFAULT
    ) -> Report:
        """Make the sign-in sheet of a training, and record it."""
        return self._write("sign_in", facts, context, language)

    def print_hand_over(
        self, facts: HandOverFacts, context: Context, language: Language = DEFAULT
    ) -> Report:
        """Make the form of what a ticket or a change handed over; a later one replaces it."""
        return self._write("hand_over", facts, context, language)

    def write_notice(
        self, gather: Callable[[], NoticeFacts], context: Context, language: Language = DEFAULT
    ) -> Report:
        """Make the request for a change and notice of its downtime, for Party A to sign."""
        return self._write("notice", _gathered(gather, context, language), context, language)

    def write_change_record(
        self, gather: Callable[[], RecordFacts], context: Context, language: Language = DEFAULT
    ) -> Report:
        """Make the record of what became of a change; a later one is a new version."""
        facts = _gathered(gather, context, language)
        return self._write("change_record", facts, context, language)

    def write_change_hand_over(
        self, gather: Callable[[], HandOverFacts], context: Context, language: Language = DEFAULT
    ) -> Report:
        """Make the form of what a change handed over: files and settings with their digests."""
        return self.print_hand_over(_gathered(gather, context, language), context, language)

    # ------------------------------------------------------------ looking at them

    def page_count(self, path: Path) -> int:
        """Return the number of pages of a PDF."""
        return rendering.page_count(path)

    def render(self, path: Path, page: int, width_px: int) -> bytes:
        """Return page `page` (from 0) of a PDF as a PNG `width_px` wide."""
        return rendering.picture(path, page, width_px)

    def render_draft(self, content: bytes, page: int, width_px: int) -> bytes:
        """Return page `page` (from 0) of a PDF that is no file, as a PNG `width_px` wide."""
        return rendering.page_within(content, page, width_px, 4 * width_px)

    def page_of(self, content: bytes, words: str) -> int | None:
        """Return the page (from 0) of a PDF on which these words stand first, if they do."""
        return rendering.page_with(content, words)

    def checks(self) -> tuple[str, ...]:
        """Return what no longer agrees between register, files and journal, as sentences.

        Each file must be the one recorded, and each head printed in it must still be the hash of
        that entry.
        """
        faults: list[str] = []
        for report in self.all():
            faults += faults_of_file(report)
            with self._database.session() as session:
                faults += faults_of_heads(session, report)
        return tuple(faults)

    # ------------------------------------------------------------ inside

    def _written(self, key: TextKey) -> tuple[OwnText, ...]:
        return self._texts.of(key) if self._texts is not None else ()

    def _asked(self, kind: Kind, of: str) -> Callable[[], Any]:
        """Return what gathers the facts; what is asked for wrongly is refused here."""
        if kind == "monthly":
            return partial(self._collect, *month_of(of))
        return self._gather[kind](of)

    def _write(self, kind: Kind, facts: Any, context: Context, language: Language) -> Report:
        report, _ = self._kept(kind, facts, context, language)
        return report

    def _kept(
        self,
        kind: Kind,
        facts: Any,
        context: Context,
        language: Language,
        secrecy: Secrecy = "internal",
        corrects: str = "",
    ) -> tuple[Report, Built]:
        """Have a document made in a process of its own, with people's own words, and keep it."""
        texts = tuple(one for one in self._written(_key_of(kind, facts)) if one.text)

        def produce(document: Document, heads: tuple[ChainHead, ...]) -> Built:
            return worker.run(context, _ORDERS[kind], replace(facts, heads=heads), document)

        return self.keep(
            kind, facts.period, facts.contract, produce, _made_at(facts), context, language,
            facts.about, texts, secrecy, corrects,
        )  # fmt: skip


def _key_of(kind: Kind, facts: PaperFacts) -> TextKey:
    """Return whose words belong into a document."""
    return TextKey(facts.contract.id if facts.contract else "", kind, facts.about or facts.period)


def _made_at(facts: object) -> datetime:
    """Return when a document is made: with its facts.  Letters and sheets bear a day only, and the
    time of a certificate is that of the drill."""
    at = None if isinstance(facts, DrillFacts) else getattr(facts, "at", None)
    return at or utc_now()


def _gathered(gather: Callable[[], Facts], context: Context, language: Language) -> Facts:
    """Return the facts, with what they say in words in the document's language and time zone."""
    context.progress(None, tr("Collecting the facts"))
    with speaking(language), told_in(ZONE):
        return gather()
