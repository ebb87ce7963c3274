"""The guide's chapter “Changes and patches”, walked through in the real window: from the scan to
the hand-over, on real packages.

Each step presses what its reader presses, looks whether it came to what the chapter says, and
leaves the picture the chapter shows.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

from PySide6.QtCore import QDateTime
from PySide6.QtWidgets import QDialog

from gmops_desktop.addresses import SshAddress
from gmops_desktop.assembly import Services
from gmops_desktop.errors import ProofFailed
from gmops_desktop.language import Language, tr
from gmops_desktop.services.patches import Change
from sandbox.stage import Stage, save
from ui import words
from ui.patch_disks import SnapshotSheet
from ui.patch_page import next_act
from ui.patch_start import StartSheet
from ui.patch_window import WindowSheet
from ui.patches_tab import PatchesTab
from ui.ticket_dialogs import ConfirmSheet, ReasonSheet
from ui.ticket_forms import FormSheet

Dialog = TypeVar("Dialog", bound=QDialog)

_PACKAGES: Final = ("nginx", "openssl")
_FOLDED: Final = 80  # pixels: the gates as one line, once it has begun


class ChangeWalk:
    """The steps, in the order of the chapter; the window is the one of `stage`.

    `installed` tells which package has which version on the server, past this program.
    """

    def __init__(
        self,
        services: Callable[[], Services],
        stage: Callable[[], Stage],
        folder: Path,
        *,
        language: Language,
        installed: Callable[[], dict[str, str]],
    ) -> None:
        self._services, self._on, self._folder = services, stage, folder
        self._language, self._installed = language, installed
        self._id = ""

    def steps(self) -> list[tuple[str, Callable[[], str]]]:
        """Return the titles and the work; each returns the line that proves it."""
        return [
            (tr("In the window: scan, and queue security updates"), self.queue),
            (tr("In the window: window, notices, way back, checks: every gate"), self.gates),
            (tr("In the window: apply, and prove that all is as before"), self.apply),
            (tr("In the window: Party A confirms, the change is handed over"), self.hand_over),
        ]

    def queue(self) -> str:
        """Ask the server what it offers, and queue two of the packages."""
        stage, tab = self._stage, self._tab
        stage.window.notice.hide()
        stage.window.go("patches")
        stage.settle()
        patches = self._services().patches
        host = next(one for one in tab.hosts if isinstance(one.address, SshAddress))
        stage.press(tab, tr("Scan"))
        stage.wait(lambda: not stage.runner.running(), tr("Scan"))
        tab.queue.list.select(f"host:{host.id}")
        tab.detail.offer.table.clearSelection()
        known = {one.id for one in patches.all()}
        tab.detail.offer.queue_wanted.emit(_PACKAGES, False)
        stage.wait(lambda: len(patches.all()) > len(known), tr("Queue selected"))
        self._id = next(one.id for one in patches.all() if one.id not in known)
        change = self._change
        plan = change.updates
        if plan is None or {one.name for one in plan.packages} != set(_PACKAGES):
            raise ProofFailed(tr("The plan was not simulated."))
        return f"{change.number}{tr(': ')}{words.listed(one.name for one in plan.packages)}"

    def gates(self) -> str:
        """Open every gate, each by what it asks for; until then nothing can be begun."""
        stage, page = self._stage, self._tab.detail.page
        self._tab.show_item(self._id)
        stage.settle()
        if page.apply.isEnabled():
            raise ProofFailed(tr("It could be applied through closed gates."))
        self._press_next("set_window")
        sheet = stage.dialog(WindowSheet)
        now = QDateTime.currentDateTime()
        sheet.begin.setDateTime(now.addSecs(-600))
        sheet.end.setDateTime(now.addSecs(3000))
        stage.picture_of(sheet, self._path("change-1-window"))
        sheet.go.click()
        stage.wait(lambda: self._change.window is not None, tr("Set window"))
        said = (
            tr("WeChat article of this morning, with a screenshot"),
            tr("Text message to all of them; three of three answered"),
            tr("By phone, 09:10"),
        )
        for count, evidence in enumerate(said, start=1):
            if count == len(said):  # the picture shows what is still to come
                self._picture("change-2-gates")
            self._press_next("announce")
            notice = stage.dialog(ReasonSheet)
            notice.words.setPlainText(evidence)
            notice.go.click()
            stage.wait(lambda count=count: len(self._change.announced) == count,  # type: ignore[misc]
                       tr("Record notice"))  # fmt: skip
        self._press_next("prepare")
        stage.wait(lambda: self._change.way_back is not None, tr("Prepare"))
        if any(one.key == "snapshot" and not one.open for one in self._change.gates):
            page.wanted.emit("snapshot", "snapshot")
            stage.wait(lambda: bool(stage.window.findChildren(SnapshotSheet)), tr("Make snapshots"))
            stage.dialog(SnapshotSheet).go.click()
            stage.wait(
                lambda: all(one.open for one in self._change.gates if one.key == "snapshot"),
                tr("Make snapshots"),
            )
        page.wanted.emit("check_before", "")
        stage.wait(lambda: self._change.before is not None, tr("Check before"))
        shut = [one.missing for one in self._change.gates if not one.open]
        if shut or not page.apply.isEnabled():
            raise ProofFailed("; ".join(shut) or page.apply.toolTip())
        return tr("all {count} gates are met", count=len(self._change.gates))

    def apply(self) -> str:
        """Look at what happens, type the number, and follow the run to its proved end."""
        stage, page = self._stage, self._tab.detail.page
        before = self._installed()
        page.apply.click()
        sheet = stage.dialog(StartSheet)
        sheet.name.setText(self._change.number)
        stage.picture_of(sheet, self._path("change-3-apply"))
        sheet.go.click()
        stage.until(self._shows_log, tr("Apply"))
        stage.until(lambda: page.gates.height() < _FOLDED, tr("Apply"))
        page.show_part("log")  # where it was over before one could look, its end stands there
        save(stage.window.grab(), self._path("change-4-running"))
        stage.wait(lambda: self._change.after is not None, tr("Check after"))
        change, after = self._change, self._installed()
        if change.state != "awaiting_confirmation":
            raise ProofFailed(change.next_step)
        plan = change.updates
        wrong = [one.name for one in (plan.packages if plan else ())
                 if after.get(one.name) != one.new or before.get(one.name) == one.new]  # fmt: skip
        if wrong:
            raise ProofFailed(tr("Not the planned version: {names}", names=words.listed(wrong)))
        stage.window.notice.hide()
        self._picture("change-5-checked")
        page.roll_back.click()
        back = stage.dialog(StartSheet)
        back.reason.setPlainText(tr("The members' area answers slowly since."))
        stage.picture_of(back, self._path("change-6-rollback"))
        back.reject()
        return words.listed(f"{name} {after[name]}" for name in _PACKAGES)

    def hand_over(self) -> str:
        """Record Party A's confirmation, hand over what was changed, and close."""
        stage = self._stage
        self._press_next("confirm")
        sheet = stage.dialog(ConfirmSheet)
        sheet.words.setPlainText(tr("The site works as before."))
        sheet.save.click()
        stage.wait(lambda: bool(self._change.confirmed_by), tr("Record confirmation"))
        self._press_next("hand_over")
        form = stage.dialog(FormSheet)
        form.fields["documents"].setPlainText(tr("Operations manual, chapter 4"))  # type: ignore[attr-defined]
        form.go.click()
        stage.wait(lambda: self._change.handed_at is not None, tr("Hand over"))
        self._press_next("close")
        stage.wait(lambda: self._change.state == "closed", tr("Close"))
        self._tab.show_item(self._id)
        self._tab.queue.views.findChildren(type(self._tab.scan_button))[1].click()
        self._picture("change-7-board")
        self._tab.queue.views_board.findChildren(type(self._tab.scan_button))[0].click()
        items = self._services().patches.handed_over(self._id)
        return tr("{number} closed; {count} things handed over",
                  number=self._change.number, count=len(items))  # fmt: skip

    # -- what the steps are made of

    @property
    def _stage(self) -> Stage:
        return self._on()

    @property
    def _tab(self) -> PatchesTab:
        pages = (tab.page for tab in self._stage.window.pages.tabs)
        return next(page for page in pages if isinstance(page, PatchesTab))

    @property
    def _change(self) -> Change:
        return self._services().patches.get(self._id)

    def _shows_log(self) -> bool:
        """Whether something of the run's log stands there, or it is over already."""
        log, change = self._tab.detail.page.run.log, self._change
        over = bool(change.runs) and change.running is None
        return over or (log.isVisible() and bool(log.toPlainText()))

    def _press_next(self, act: str) -> None:
        """Press the one filled button; it must be the step that the chapter names."""
        found, word = next_act(self._change)
        if found != act:
            raise ProofFailed(tr("The next step is another: {word}", word=tr(word)))
        self._stage.settle()
        self._stage.press(self._tab.detail.page, tr(word))
        self._stage.settle()

    def _picture(self, name: str) -> Path:
        self._stage.window.go("patches")
        return self._stage.picture(self._path(name))

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.{self._language.replace('_', '-')}.png"
