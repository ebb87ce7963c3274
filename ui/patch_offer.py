"""The right side of the patches tab for a host: what it offers, and which of it is queued."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QAbstractItemView

from gmops_desktop.addresses import Resource
from gmops_desktop.language import tr, tr_n
from gmops_desktop.services.patches import Inventory, Update
from gmops_desktop.tasks import TaskRunner
from ui import words
from ui.patch_plan import columns_of_updates, identity_of_update
from ui.widgets.badges import StateBadge
from ui.widgets.frames import Card, Label, button, disable, paragraph, row
from ui.widgets.tables import FilterField, Table


class PatchOffer(Card):
    """Lists a host's updates; queueing asks the tab, which simulates them on the host first."""

    queue_wanted = Signal(object, bool)  # tuple of package names or None, security only

    def __init__(self, runner: TaskRunner) -> None:
        super().__init__()
        self.heading = Label(role="title")
        self.state = StateBadge()
        self.facts = paragraph("", "caption")
        self.notes = paragraph("", "hint")
        self.table: Table[Update] = Table(
            columns_of_updates(),
            name=tr("Available updates"),
            runner=runner,
            identity=identity_of_update,
        )
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.filter = FilterField(self.table, tr("Filter: package, version, origin"))
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
        self._explained = Label(role="hint")
        self.add(
            row(None, self.heading, self.state, None, self.chosen, self.everything, self.security)
        )
        self.add(self.facts)
        self.add(self.notes)
        self.add(row(None, self.filter, None))
        self.add_table(self.table)
        self.add(self._explained)
        self._explained.show_text(
            tr("Queueing installs nothing: the host only says what it would do.")
        )
        self.table.selectionModel().selectionChanged.connect(lambda *_: self._judge())

    def show_host(self, host: Resource, found: Inventory | None) -> None:
        """Show what the last scan of `host` found, or that there was none."""
        self.heading.show_text(host.name)
        updates = found.updates if found else ()
        security = sum(update.security for update in updates)
        if found is None:
            self.state.show_state("unknown", tr("Not scanned"))
        elif found.unknown:
            self.state.show_state("unknown")
        elif security:
            word = tr_n("{count} security update", "{count} security updates", security)
            self.state.show_state("warning", word)
        elif updates:
            self.state.show_state("ok", tr("No security update"))
        else:
            self.state.show_state("ok", tr("Up to date"))
        self.facts.setText(_facts(found) if found else tr("Press Scan to ask the host."))
        self.notes.setText("\n".join(found.notes) if found else "")
        self.notes.setVisible(bool(found and found.notes))
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
    if found.held:
        facts.append(
            tr(
                "held back by the host: {names}",
                names=words.listed(found.held),
            )
        )
    if found.kept_back:
        facts.append(tr("kept back: {names}", names=words.listed(found.kept_back)))
    if found.reboot_required:
        facts.append(tr("a restart is due"))
    if found.automatic:
        facts.append(tr("also updates by itself"))
    return " · ".join(facts)
