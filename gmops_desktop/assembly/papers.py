"""The services of documents, and those that file one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING

from db.journal import utc_now
from gmops_desktop.adapters.vault import Vault
from gmops_desktop.assembly.changes import ChangeServices

if TYPE_CHECKING:
    from gmops_desktop.contract.terms import Contract
    from gmops_desktop.gathering.compilation import Shelves
    from gmops_desktop.gathering.evidence_files import EvidenceFiles
    from gmops_desktop.gathering.periods import Books
    from gmops_desktop.gathering.spans import SpanBooks
    from gmops_desktop.reports.account_facts import AccountFacts
    from gmops_desktop.reports.change_facts import NoticeFacts, RecordFacts
    from gmops_desktop.reports.evidence_facts import CompilationFacts
    from gmops_desktop.reports.facts import MonthFacts
    from gmops_desktop.reports.orders import DrillFacts, HandOverFacts, LetterFacts, SignInFacts
    from gmops_desktop.reports.paper_facts import TicketFacts
    from gmops_desktop.reports.period_facts import BackupFacts, FeeFacts, InspectionFacts
    from gmops_desktop.reports.span_facts import SpanFacts
    from gmops_desktop.services.drills import Drills
    from gmops_desktop.services.records import Records
    from gmops_desktop.services.reports import Asked, Kind, Reports
    from gmops_desktop.services.reports.copies import Copies
    from gmops_desktop.services.reports.month_end import MonthEnd
    from gmops_desktop.services.reports.signing import Signing
    from gmops_desktop.services.reports.texts import Texts


class PaperServices(ChangeServices):
    """The register of documents, who gathers their facts, and who files into it."""

    @cached_property
    def records(self) -> Records:
        from gmops_desktop.services.records import Records

        return Records(self._database, self._journal, self.reports.checks, self.attachments.checks)

    @cached_property
    def reports(self) -> Reports:
        from gmops_desktop.services.reports import Reports

        return Reports(
            self._database, self._journal, lambda: self.home.reports, self._month, self._papers(),
            self.report_texts,
        )  # fmt: skip

    @cached_property
    def report_texts(self) -> Texts:
        from gmops_desktop.gathering.texts import TextKeys
        from gmops_desktop.services.reports.texts import Texts
        from gmops_desktop.services.reports.unsaved import Unsaved

        find = TextKeys(self.contracts, self.tickets, self._papers())
        return Texts(self._database, self._journal, find, Unsaved(self.home.unsaved))

    @cached_property
    def month_end(self) -> MonthEnd:
        from gmops_desktop.gathering.month_end import MonthOwes
        from gmops_desktop.services.reports.month_end import MonthEnd

        owes = MonthOwes(self.contracts, self.tickets, self.reports, utc_now)
        return MonthEnd(self.reports, owes)

    @cached_property
    def report_copies(self) -> Copies:
        from gmops_desktop.services.reports.copies import Copies

        return Copies(self._database, self._journal, self.reports)

    def _papers(self) -> dict[Kind, Asked]:
        """Return who gathers the facts of each kind of document, beside the month's."""
        from gmops_desktop.gathering import matters

        def of_ticket(number: str) -> Callable[[], TicketFacts]:
            from gmops_desktop.gathering.tickets import TicketPapers

            gather = TicketPapers(self.contracts, self.tickets, self.ledgers, self._actor)
            return gather(number)

        def backups(period: str) -> Callable[[], BackupFacts]:
            from gmops_desktop.gathering.periods import backups_of

            return backups_of(self._books(), period)

        def inspection(period: str) -> Callable[[], InspectionFacts]:
            from gmops_desktop.gathering.periods import inspection_of

            return inspection_of(self._books(), period)

        def fees(number: str) -> Callable[[], FeeFacts]:
            from gmops_desktop.gathering.periods import fees_of

            return fees_of(self._books(), number)

        def account(period: str) -> Callable[[], AccountFacts]:
            from gmops_desktop.gathering.accounts import accounts_of

            return accounts_of(self._books(), self.obligations.expiry, period)

        def compilation(period: str) -> Callable[[], CompilationFacts]:
            from gmops_desktop.gathering.compilation import compilation_of

            return compilation_of(self._shelves(), period)

        def quarter(period: str) -> Callable[[], SpanFacts]:
            from gmops_desktop.gathering.spans import quarter_facts

            return quarter_facts(self._span_books(), period)

        def annual(period: str) -> Callable[[], SpanFacts]:
            from gmops_desktop.gathering.spans import year_facts

            return year_facts(self._span_books(), period)

        def notice(change: str) -> Callable[[], NoticeFacts]:
            return matters.notice_of(self.patches, change)

        def record(change: str) -> Callable[[], RecordFacts]:
            return matters.record_of(self.patches, change)

        def hand_over(named: str) -> Callable[[], HandOverFacts]:
            return matters.handed_over(self.patches, self.tickets, named)

        def letter(named: str) -> Callable[[], LetterFacts]:
            return matters.letter_of(self.contracts, named)

        def payment(named: str) -> Callable[[], LetterFacts]:
            return matters.payment_of(self.contracts, named)

        def sign_in(training: str) -> Callable[[], SignInFacts]:
            return matters.sign_in_of(self.ledgers, training)

        def drill(named: str) -> Callable[[], DrillFacts]:
            return matters.drill_of(self.drills, named)

        return {
            "notice": notice,
            "change_record": record,
            "hand_over": hand_over,
            "contact": letter,
            "payment": payment,
            "sign_in": sign_in,
            "drill": drill,
            "quarter": quarter,
            "annual": annual,
            "inspection": inspection,
            "backups": backups,
            "fault": of_ticket,
            "evaluation": of_ticket,
            "visit": of_ticket,
            "fees": fees,
            "compilation": compilation,
            "account": account,
        }

    def _books(self) -> Books:
        from gmops_desktop.gathering.periods import Books

        return Books(
            self.contracts,
            self.backups,
            self.site_files,
            self.account_backups,
            self.drills,
            self.restores,
            self.servers,
            self.alerts,
            self.limits,
            self.consoles,
            self._actor,
        )

    @cached_property
    def evidence_files(self) -> EvidenceFiles:
        """The files and entries that a compilation of evidence lists."""
        from gmops_desktop.gathering.evidence_files import EvidenceFiles

        def whole() -> bool:
            contract = self.contracts.current()
            return contract is None or self.contracts.scope(contract).whole

        return EvidenceFiles(self._database, self.reports, self.attachments, whole)

    def _shelves(self) -> Shelves:
        from gmops_desktop.gathering.compilation import Shelves

        return Shelves(
            self.contracts,
            self.obligations,
            self.attachments,
            self.reports,
            self.backups,
            self.site_files,
            self.account_backups,
            self._actor,
        )

    def _span_books(self) -> SpanBooks:
        from gmops_desktop.gathering.spans import SpanBooks

        return SpanBooks(
            self._books(),
            self._month,
            self.patches,
            self.ledgers,
            self.obligations,
            self.reports.all,
            self.tickets.limits.own,
        )

    @cached_property
    def signing(self) -> Signing:
        from gmops_desktop.services.reports.signing import Signing

        return Signing(
            self._database, self._journal, self.reports, self.settings, Vault(),
            self.home.company_seal,
        )  # fmt: skip

    def _month(self, start: date, end: date, contract: Contract | None = None) -> MonthFacts:
        from gmops_desktop.month_facts import Collector

        gather = Collector(
            self.contracts, self.tickets, self.backups, self.restores, self.patches, self.servers
        )
        return gather(start, end, contract)

    @cached_property
    def drills(self) -> Drills:
        from gmops_desktop.adapters.local_server import LocalServers
        from gmops_desktop.services.drills import CloneRehearsal, Clones, Drills, Orders

        opened, outside = self.sealing.seals.opened, self._outside
        orders = Orders(self.home.cloud / "clones", self.home.locks)
        clones = Clones(outside.open_tencent, orders, utc_now)
        drills = Drills(
            self._database,
            self._journal,
            LocalServers(self.home.local_servers),
            opened,
            file=self.reports.keep,
            contract=self.contracts.of_resource,
            troubles=self.troubles,
            resources=self.contracts.resources,
            secrets=Vault(),
            locks=self.home.locks,
            on_clone=CloneRehearsal(clones, opened, outside.reach),
        )
        drills.sweep()
        return drills
