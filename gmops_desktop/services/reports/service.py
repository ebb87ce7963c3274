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
from gmops_desktop.contract.terms import ZONE, Contract, day_of, told_in
from gmops_desktop.language import DEFAULT, Language, speaking, tr
from gmops_desktop.reports import orders, rendering, worker
from gmops_desktop.reports.change_facts import NoticeFacts, RecordFacts
from gmops_desktop.reports.facts import MonthFacts
from gmops_desktop.reports.orders import (
    Built,
    Document,
    HandOverFacts,
    LetterFacts,
    Secrecy,
    SignInFacts,
)
from gmops_desktop.reports.paper_facts import PaperFacts
from gmops_desktop.services.reports.checking import faults_of_file, faults_of_heads
from gmops_desktop.services.reports.drafts import Draft
from gmops_desktop.services.reports.periods import month_of
from gmops_desktop.services.reports.register import Kind, Register, Report, write
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
}

# Looks up what is asked for, in the user's language, and returns what gathers its facts in that of
# the document.
Asked = Callable[[str], Callable[[], PaperFacts]]

Facts = TypeVar("Facts", bound="DataclassInstance")
Order = Callable[[Facts, Document], Built]


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
        facts, key = self._facts(kind, of, context, language)
        period, about = (key.of, "") if kind == "monthly" else (facts.period, facts.about)
        texts = tuple(one for one in self._written(key) if one.text)

        def produce(document: Document, heads: tuple[ChainHead, ...]) -> Built:
            return worker.run(context, _ORDERS[kind], replace(facts, heads=heads), document)

        report, built = self.keep(
            kind, period, facts.contract, produce, self._made_at(facts), context, language, about,
            texts, secrecy, corrects,
        )  # fmt: skip
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
        facts, key = self._facts(kind, of, context, language)
        heads, before = self._journal.heads(), self.version_before(key)
        versions = self._versions(before.number) if before is not None else ()
        return Draft(key, replace(facts, heads=heads), _ORDERS[kind], language, versions)

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """The kinds that `make` makes."""
        return ("monthly", *self._gather)

    # ------------------------------------------------------------ letters and sheets

    def write_letter(
        self, facts: LetterFacts, context: Context, language: Language = DEFAULT
    ) -> Report:
        """Make the written notice of a change of contact or of the payment, and record it."""
        kind: Kind = "payment" if facts.notice.what == "payment" else "contact"
        return self._write(
            kind, facts.dated, facts.contract, facts.notice.key, orders.make_letter, facts,
            context, language,
        )  # fmt: skip

    def print_sign_in(
        self, facts: SignInFacts, context: Context, language: Language = DEFAULT
    ) -> Report:
        """Make the sign-in sheet of a training, and record it."""
        training = facts.training
        return self._write(
            "sign_in", training.on, facts.contract, training.id, orders.make_sign_in, facts,
            context, language,
        )  # fmt: skip

    def print_hand_over(
        self, facts: HandOverFacts, context: Context, language: Language = DEFAULT
    ) -> Report:
        """Make the form of what a ticket or a change handed over; a later one replaces it."""
        return self._write(
            "hand_over", facts.dated, facts.contract, facts.about, orders.make_hand_over, facts,
            context, language,
        )  # fmt: skip

    # ------------------------------------------------------------ a change

    def write_notice(
        self, gather: Callable[[], NoticeFacts], context: Context, language: Language = DEFAULT
    ) -> Report:
        """Make the request for a change and notice of its downtime, for Party A to sign."""
        facts = _gathered(gather, context, language)
        return self._write(
            "notice", day_of(facts.at), facts.change.contract, facts.change.change_id,
            orders.make_notice, facts, context, language,
        )  # fmt: skip

    def write_change_record(
        self, gather: Callable[[], RecordFacts], context: Context, language: Language = DEFAULT
    ) -> Report:
        """Make the record of what became of a change; a later one is a new version."""
        facts = _gathered(gather, context, language)
        return self._write(
            "change_record", day_of(facts.at), facts.change.contract, facts.change.change_id,
            orders.make_change_record, facts, context, language,
        )  # fmt: skip

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

    def _facts(
        self, kind: Kind, of: str, context: Context, language: Language
    ) -> tuple[Any, TextKey]:
        """Return the facts of a document, and whose words belong into it."""
        facts: Any = _gathered(self._asked(kind, of), context, language)
        one = of.strip() if kind == "monthly" else facts.about or facts.period
        return facts, TextKey(facts.contract.id, kind, one)

    def _written(self, key: TextKey) -> tuple[OwnText, ...]:
        return self._texts.of(key) if self._texts is not None else ()

    def _asked(self, kind: Kind, of: str) -> Callable[[], Any]:
        """Return what gathers the facts; what is asked for wrongly is refused here."""
        if kind == "monthly":
            return partial(self._collect, *month_of(of))
        return self._gather[kind](of)

    @staticmethod
    def _made_at(facts: Any) -> datetime:
        return facts.generated_at if isinstance(facts, MonthFacts) else facts.at

    def _write(
        self,
        kind: Kind,
        dated: date,
        contract: Contract | None,
        about: str,
        order: Order[Facts],
        facts: Facts,
        context: Context,
        language: Language,
    ) -> Report:
        """Have a document about one thing made in a process of its own, and keep it."""

        def produce(document: Document, heads: tuple[ChainHead, ...]) -> Built:
            there: Any = facts  # every record of facts has its `heads`
            return worker.run(context, order, replace(there, heads=heads), document)

        period = f"{dated:%Y-%m}"
        report, _ = self.keep(kind, period, contract, produce, utc_now(), context, language, about)
        return report


def _gathered(gather: Callable[[], Facts], context: Context, language: Language) -> Facts:
    """Return the facts, with what they say in words in the document's language and time zone."""
    context.progress(None, tr("Collecting the facts"))
    with speaking(language), told_in(ZONE):
        return gather()
