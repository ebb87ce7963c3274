"""The card of an official account's settings: keep them, see what changed, set the menu back."""

from __future__ import annotations

from functools import partial

from PySide6.QtWidgets import QComboBox

from gmops_desktop.addresses import AccountAddress, Resource
from gmops_desktop.changes import Change
from gmops_desktop.language import tr
from gmops_desktop.services.account_settings import (
    AccountArchive,
    AccountBackups,
    MenuRestored,
    proof_failed,
)
from gmops_desktop.services.contracts import Contracts
from gmops_desktop.tasks import TaskRunner
from ui import words
from ui.account_diff import AccountDiff
from ui.account_menu import MenuPreviewDialog
from ui.account_words import counts_text
from ui.backup_kinds import KindCard
from ui.backup_lanes import lane_of_account
from ui.widgets.frames import Label, button, disable


class AccountCard(KindCard):
    """One line for the account of the contract; hidden where it has none."""

    def __init__(self, accounts: AccountBackups, contracts: Contracts, runner: TaskRunner) -> None:
        super().__init__()
        self._accounts, self._contracts, self._runner = accounts, contracts, runner
        self._resources: tuple[Resource, ...] = ()
        self._archives: tuple[AccountArchive, ...] = ()
        self._busy = False
        self.choice = QComboBox()
        self.choice.setAccessibleName(tr("Official Account"))
        self.last = Label(role="caption")
        self.take_button = button(
            tr("Back up", context="account"),
            self.take,
            icon_name="archive-box",
            scale="small",
            tip=tr("Keep menu, automatic replies, material, drafts and tags in one file"),
        )
        self.diff_button = button(
            tr("Changes…", context="account"),
            self.show_diff,
            icon_name="arrows-left-right",
            scale="small",
        )
        self.menu_button = button(
            tr("Menu…", context="account"),
            self.show_menu,
            icon_name="arrow-counter-clockwise",
            scale="small",
        )
        actions = (self.take_button, self.diff_button, self.menu_button)
        self.lay_out(tr("Account settings"), (self.choice, self.last), actions)
        self.choice.currentIndexChanged.connect(lambda _place: self._show())
        self.hide()

    @property
    def chosen(self) -> Resource | None:
        """The account that is meant."""
        place = self.choice.currentIndex()
        return self._resources[place] if 0 <= place < len(self._resources) else None

    def planned(self) -> Resource | None:
        """The account that is meant."""
        return self.chosen

    def refresh(self) -> None:
        """Show what the register holds now."""
        kept = self.chosen
        found = [one for one in self._contracts.shown_resources() if one.kind == "account"]
        self._resources = tuple(found)
        blocked = self.choice.blockSignals(True)
        self.choice.clear()
        for resource in found:
            self.choice.addItem(resource.name)
        ids = [one.id for one in found]
        self.choice.setCurrentIndex(ids.index(kept.id) if kept and kept.id in ids else 0)
        self.choice.blockSignals(blocked)
        self.choice.setVisible(len(found) > 1)
        self._archives = self._accounts.all()
        self.setVisible(bool(found))
        self._show()

    def take(self) -> None:
        """Keep the account's settings now."""
        resource = self.chosen
        if resource is None or self._busy:
            return
        address, accounts = _address(resource), self._accounts
        self._busy = True
        task = self._runner.start(
            lambda context: accounts.take(
                address, context, name=resource.name, resource_id=resource.id
            ),
            tr("Back up the settings of {name}", name=resource.name),
            lane=lane_of_account(address),
            changes=Change.BACKUPS,
        )
        task.succeeded.connect(partial(self._taken, resource))
        task.finished.connect(self._ended)
        self._judge()

    def show_diff(self) -> None:
        """Open the comparison of two dates."""
        resource = self.chosen
        if resource is not None:
            address = _address(resource)
            AccountDiff(
                self._accounts, self._runner, self._own(), address, self.window(),
                lane=lane_of_account(address),
            ).open()  # fmt: skip

    def show_menu(self) -> None:
        """Open the preview of setting the menu back."""
        resource = self.chosen
        if resource is None:
            return
        address = _address(resource)
        dialog = MenuPreviewDialog(
            self._accounts, self._runner, self._own(), address, self.window(),
            lane=lane_of_account(address),
        )  # fmt: skip
        dialog.confirmed.connect(partial(self._restore, resource))
        dialog.open()

    def _restore(self, resource: Resource, archive: AccountArchive, typed: str) -> None:
        address, accounts = _address(resource), self._accounts
        task = self._runner.start(
            lambda context: accounts.restore_menu(archive.path, address, context, confirm=typed),
            tr("Restore the menu of {name}", name=resource.name),
            lane=lane_of_account(address),
            changes=Change.BACKUPS,
        )
        task.succeeded.connect(self._restored)

    def _restored(self, restored: MenuRestored) -> None:
        if restored.proved:
            self.noticed.emit(
                "ok",
                tr("The menu is set, and was read back as the archive has it."),
                tr("Followers see it within minutes of opening the account."),
            )
        else:
            fault = proof_failed(restored)
            self.noticed.emit("critical", fault.message, fault.hint)

    def _taken(self, resource: Resource, archive: AccountArchive) -> None:
        self.noticed.emit(
            "warning" if archive.missing else "ok",
            tr("The settings of {name} are kept and proved: {counts}.",
               name=resource.name, counts=counts_text(archive.counts)),
            archive.verdict,
        )  # fmt: skip

    def _ended(self) -> None:
        self._busy = False
        self._judge()

    def _own(self) -> tuple[AccountArchive, ...]:
        """Return the chosen account's archives whose files still stand, newest first."""
        resource = self.chosen
        if resource is None:
            return ()
        account = _address(resource).app_id
        return tuple(one for one in self._archives if one.account == account and one.exists)

    def _show(self) -> None:
        own = self._own()
        if own:
            newest = own[0]
            kept = tr("kept {age}", age=words.ago(newest.at))
            parts = [kept, counts_text(newest.counts)]
            if newest.missing:
                parts.append(tr("incomplete", context="account"))
            facts = tr(", ").join(parts)
            self.last.show_text(facts, "warning" if newest.missing else "")
            self.last.setToolTip(f"{facts}\n{newest.verdict}")
        else:
            self.last.show_text(tr("Not kept yet: menu, automatic replies, material, drafts"), "")
        self.show_light()
        self._judge()

    def _judge(self) -> None:
        reason = tr("There is no archive of the account yet.") if not self._own() else ""
        busy = tr("A backup of {name} is running.", name=self.chosen.name) if (
            self._busy and self.chosen
        ) else ""  # fmt: skip
        disable(
            self.take_button,
            busy,
            tr("Keep menu, automatic replies, material, drafts and tags in one file"),
        )
        disable(self.diff_button, reason, tr("Compare two dates, or one with the account now"))
        disable(self.menu_button, reason, tr("See what would change; then set the menu back"))


def _address(resource: Resource) -> AccountAddress:
    assert isinstance(resource.address, AccountAddress)
    return resource.address
