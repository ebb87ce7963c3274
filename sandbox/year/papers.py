"""The documents of the year, made when their time has come; some of them are kept as samples."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gmops_desktop.context import Context
from gmops_desktop.language import Language
from gmops_desktop.services.reports import Kind
from sandbox.year.again import SIGNED

if TYPE_CHECKING:
    from gmops_desktop.services.reports import Report
    from sandbox.year.life import Life

SAMPLE_MONTH: Final = "2025-04"
ENGLISH_MONTH: Final = "2025-09"
SAMPLE_QUARTER: Final = "2025-Q2"
_MONTHLY: Final[tuple[Kind, ...]] = ("monthly", "account", "backups")


class Papers:
    """Makes documents through the services; `kept` are those that are samples, by their names."""

    def __init__(self, life: Life) -> None:
        self._life = life
        self.kept: dict[str, Path] = {}

    def make(
        self, kind: Kind, of: str, *, sample: str = "", language: Language = "zh_CN",
        corrects: str = "",
    ) -> Report:  # fmt: skip
        """Make the document of a period or of a thing."""
        reports = self._life.services.reports
        made = reports.make(kind, of, Context(), language=language, corrects=corrects)
        return self._keep(made, sample)

    def notice(self, change: str, *, sample: str = "", language: Language = "zh_CN") -> Report:
        """Make the notice of a change, while those concerned are still to be told."""
        services = self._life.services
        made = services.reports.write_notice(
            lambda: services.patches.notice_facts(change), Context(), language
        )
        return self._keep(made, sample)

    def change_record(self, change: str, *, sample: str = "") -> Report:
        services = self._life.services
        made = services.reports.write_change_record(
            lambda: services.patches.record_facts(change), Context()
        )
        return self._keep(made, sample)

    def change_hand_over(self, change: str, *, sample: str = "") -> Report:
        services = self._life.services
        made = services.reports.write_change_hand_over(
            lambda: services.patches.hand_over_facts(change), Context()
        )
        return self._keep(made, sample)

    def hand_over(self, ticket: str, *, sample: str = "") -> Report:
        services = self._life.services
        facts = services.tickets.facts.receipt(ticket)
        return self._keep(services.reports.print_hand_over(facts, Context()), sample)

    def sign_in(self, training: str, *, sample: str = "") -> Report:
        services = self._life.services
        facts = services.ledgers.sign_in_facts(training)
        return self._keep(services.reports.print_sign_in(facts, Context()), sample)

    def letter(self, subject: str, *, sample: str = "") -> Report:
        """Write the notice of a contact's coming or going, or of the payment."""
        services = self._life.services
        notice = [one for one in services.contracts.notices() if one.subject == subject][-1]
        facts = services.contracts.letter_facts(notice)
        return self._keep(services.reports.write_letter(facts, Context()), sample)

    def certificate(self, number: str, *, sample: str = "") -> Report:
        """Keep the certificate that a drill made itself."""
        return self._keep(self._life.services.reports.get(number), sample)

    def sign(self, report: Report, *, sample: str = "") -> Report:
        """Sign a document for Party B with the sample key; what is signed is the sample then."""
        return self._keep(self._life.services.signing.sign(report.number, Context()), sample)

    def said(self, kind: Kind, of: str, section: str, text: str) -> None:
        """Write own words into a section of a document to come."""
        texts = self._life.services.report_texts
        texts.write(texts.key(kind, of), section, text)

    def given(self, report: Report, to: str) -> None:
        """Hand a printed copy over."""
        self._life.services.report_copies.give(report.number, to)

    def month(self, period: str) -> None:
        """Make what is owed every month: the month's report, the account's, the backups'."""
        for kind in _MONTHLY:
            language: Language
            sample, language = (kind, "zh_CN") if period == SAMPLE_MONTH else ("", "zh_CN")
            if kind == "monthly" and period == ENGLISH_MONTH:
                sample, language = "monthly.en", "en"
            made = self.make(kind, period, sample=sample, language=language)
            if kind == "monthly":
                made = self.sign(made, sample=f"{sample}{SIGNED}" if sample == kind else "")
                self.given(made, self._life.contact)

    def _keep(self, report: Report, sample: str) -> Report:
        if sample:
            self.kept[sample] = report.path
        return report

    def copy_to(self, folder: Path) -> None:
        """Copy the samples to a folder, each under its name, in place of those that are there."""
        folder.mkdir(parents=True, exist_ok=True)
        for file in folder.glob("*.pdf"):
            file.unlink()
        for name, path in self.kept.items():
            shutil.copyfile(path, folder / f"{name}.pdf")
