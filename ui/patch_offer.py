"""The right side of the patches tab for a host: what it offers, what else ages on it, and which
updates are queued."""

from __future__ import annotations

from collections.abc import Set
from datetime import UTC, datetime

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QAbstractItemView, QWidget

from gmops_desktop.addresses import Resource
from gmops_desktop.contract.terms import day_of
from gmops_desktop.contract.update_findings import (
    findings,
    rank_of_severity,
    standing,
    state_of_severity,
    word_of_severity,
)
from gmops_desktop.language import tr
from gmops_desktop.services.patches import Inventory, Update
from gmops_desktop.states import STATES, Check, State, word_of
from gmops_desktop.tasks import TaskRunner
from ui import words
from ui.theme import GAP
from ui.widgets.badges import StateBadge
from ui.widgets.frames import Card, Label, button, column, disable, paragraph, row
from ui.widgets.table_model import Column
from ui.widgets.tables import FilterField, Table


def standing_today(found: Inventory) -> tuple[State, str]:
    """Return how a host stands today as far as updates go, and the word for it."""
    return standing(found, day_of(datetime.now(UTC)))


def _columns_of_offer(unjudged: Set[Update]) -> tuple[Column[Update], ...]:
    """Return the columns; of those in `unjudged` nobody knows whether they mend a hole."""
    return (
        Column(tr("Package"), lambda update: update.name, strong=lambda _update: True),
        Column(tr("Now"), lambda update: update.old or words.NOTHING, width=132),
        Column(tr("Will be"), lambda update: update.new, width=132, tip=lambda one: one.new),
        Column(
            tr("Severity"),
            lambda update: (
                tr("unknown") if update in unjudged else word_of_severity(update) or words.NOTHING
            ),
            width=116,
            state=lambda one: "unknown" if one in unjudged else state_of_severity(one),
            key=lambda one: rank_of_severity(one) - (one in unjudged),
            tip=lambda update: update.advisory,
        ),
        Column(
            tr("CVEs"),
            lambda update: words.listed(update.cves) or words.NOTHING,
            width=132,
            tip=lambda update: words.listed(update.cves),
        ),
        Column(
            tr("Size"),
            lambda update: words.NOTHING if update.bytes is None else words.size(update.bytes),
            width=72,
            key=lambda update: update.bytes or 0,
            right=True,
        ),
        Column(
            tr("Origin"),
            lambda update: update.origin,
            width=112,
            muted=True,
            tip=lambda update: update.origin,
        ),
    )


def _columns_of_findings() -> tuple[Column[Check], ...]:
    return (
        Column(
            tr("What"),
            lambda check: check.name,
            width=168,
            state=lambda check: check.state,
            key=lambda check: STATES.index(check.state),
            tip=lambda check: word_of(check.state),
        ),
        Column(tr("Finding"), lambda check: check.text, tip=_whole),
        Column(tr("What to do"), lambda check: check.remedy, width=232, muted=True, tip=_whole),
    )


def _whole(check: Check) -> str:
    return "\n".join(part for part in (check.text, check.detail, check.remedy) if part)


class PatchOffer(QWidget):
    """Lists a host's updates; queueing asks the tab, which simulates them on the host first."""

    queue_wanted = Signal(object, bool)  # tuple of package names or None, security only
    leftovers_wanted = Signal(object)  # the host in sight

    def __init__(self, runner: TaskRunner) -> None:
        super().__init__()
        self.heading = Label(role="title")
        self.state = StateBadge()
        self.facts = paragraph("", "caption")
        self.notes = paragraph("", "hint")
        self._host: Resource | None = None
        self._unjudged: set[Update] = set()
        self.table: Table[Update] = Table(
            _columns_of_offer(self._unjudged),
            name=tr("Available updates"),
            runner=runner,
            identity=lambda update: f"{update.name}:{update.arch}",
        )
        self.table.sortByColumn(3, Qt.SortOrder.AscendingOrder)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.filter = FilterField(self.table, tr("Filter: package, version, CVE, origin"))
        self.chosen = button(
            tr("Queue selected"), self._queue_chosen, tip=tr("Simulate and queue what is selected")
        )
        self.everything = button(
            tr("Queue all"),
            lambda: self.queue_wanted.emit(None, False),
            tip=tr("Simulate on the host what all updates would do, and queue them"),
        )
        self.security = button(
            tr("Queue security updates"),
            lambda: self.queue_wanted.emit(None, True),
            kind="primary",
            icon_name="plus",
            tip=tr("Simulate on the host what the security updates would do, and queue them"),
        )
        self.leftovers = button(
            tr("What changes left…"),
            lambda: self.leftovers_wanted.emit(self._host),
            tip=tr("Old releases and files that are kept on the server for the way back"),
        )
        self._explained = Label(role="hint")
        self.findings: Table[Check] = Table(
            _columns_of_findings(),
            name=tr("Findings about the host"),
            runner=runner,
            identity=lambda check: (check.name, check.text),
            empty=tr("Nothing was found, or nobody looked yet."),
        )
        offer = Card()
        offer.add(
            row(None, self.heading, self.state, None, self.chosen, self.everything, self.security)
        )
        offer.add(self.facts)
        offer.add(self.notes)
        offer.add(row(None, self.filter, None))
        offer.add_table(self.table)
        offer.add(row(None, self._explained, None, self.leftovers))
        self._found = Card(tr("Findings about the host"))
        self._found.add_table(self.findings)
        layout = column(self, spacing=0)
        layout.addWidget(offer, 3)
        layout.addSpacing(GAP)
        layout.addWidget(self._found, 2)
        self._explained.show_text(
            tr("Queueing installs nothing: the host only says what it would do.")
        )
        self.table.selectionModel().selectionChanged.connect(lambda *_: self._judge())

    def show_host(self, host: Resource, found: Inventory | None) -> None:
        """Show what the last scan of `host` found, or that there was none."""
        self._host = host
        self.heading.show_text(host.name)
        updates = found.updates if found else ()
        security = sum(update.security for update in updates)
        today = day_of(datetime.now(UTC))
        if found is None:
            self.state.show_state("unknown", tr("Not scanned"))
        else:
            self.state.show_state(*standing_today(found))
        said = findings(found, today) if found else ()
        self.findings.set_rows(said)
        worries = sum(check.state != "ok" for check in said)
        self._found.hint.show_text(tr("{count} of them to look at", count=worries) if said else "")
        self.facts.setText(_facts(found) if found else tr("Press Scan to ask the host."))
        self.notes.setText("\n".join(found.notes) if found else "")
        self.notes.setVisible(bool(found and found.notes))
        self._unjudged.clear()
        self._unjudged.update(found.unjudged if found else ())
        self.table.set_rows(updates)
        self.table.clearSelection()
        none = "" if updates else tr("There is no update to queue.")
        no_security = "" if security else tr("There is no security update.")
        tip = tr("Simulate on the host what they would do, and queue them")
        disable(self.everything, none, tip)
        disable(self.security, none or no_security, tip)
        self._judge()

    def _judge(self) -> None:
        count = len(self.table.selectionModel().selectedRows())
        reason = "" if count else tr("Select packages in the table first.")
        disable(
            self.chosen, reason, tr("Simulate and queue what is selected ({count})", count=count)
        )

    def _queue_chosen(self) -> None:
        rows = self.table.selectionModel().selectedRows()
        shown = self.table.rows.shown
        self.queue_wanted.emit(tuple(shown[index.row()].name for index in rows), False)


def _facts(found: Inventory) -> str:
    """Return what the scan says about the host in one line."""
    facts = [tr("{system}, scanned {age}", system=found.system, age=words.ago(found.at))]
    if found.unknown:
        return " · ".join([*facts, found.unknown])
    if found.lists_at is not None:
        facts.append(tr("package lists fetched {age}", age=words.ago(found.lists_at)))
    if found.download_bytes is not None:
        facts.append(tr("{size} to download", size=words.size(found.download_bytes)))
    if found.disk_bytes is not None and found.disk_bytes > 0:
        facts.append(tr("{size} more on disk", size=words.size(found.disk_bytes)))
    if found.held:
        facts.append(tr("held back by the host: {names}", names=words.listed(found.held)))
    if found.unjudged:
        facts.append(tr("security unknown of {count}", count=len(found.unjudged)))
    if found.reboot_required:
        facts.append(tr("a restart is due"))
    if found.automatic:
        facts.append(tr("also updates by itself"))
    return " · ".join(facts)
