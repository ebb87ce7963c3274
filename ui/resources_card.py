"""The list of resources with add, change, remove and test, shared by settings and first steps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QDialogButtonBox

from gmops_desktop.addresses import KIND_WORDS, Address, Kind, Resource, SshAddress
from gmops_desktop.changes import Change
from gmops_desktop.context import Context
from gmops_desktop.language import tr
from gmops_desktop.services.contracts import Contracts
from gmops_desktop.states import State, word_of
from gmops_desktop.tasks import TaskRunner
from ui.dialogs.resource import ResourceDialog
from ui.dialogs.sheet import Sheet
from ui.widgets.frames import Card, button, disable, row
from ui.widgets.table_model import Column
from ui.widgets.tables import Table

SaveSecret = Callable[[str, str], object]  # name, secret; may block while the keyring asks


class ResourcesCard(Card):
    """`picked` carries the resource the user moved to, or None."""

    picked = Signal(object)
    test_wanted = Signal(object)

    def __init__(self, contracts: Contracts, save_secret: SaveSecret, runner: TaskRunner) -> None:
        super().__init__(tr("Resources"), tr("what the contract asks us to look after"))
        self._contracts, self._save_secret, self._runner = contracts, save_secret, runner
        self._tested: dict[str, State] = {}

        columns: list[Column[Resource]] = [
            Column(tr("Name", context="resource"), lambda one: one.name, 150),
            Column(tr("Kind"), lambda one: tr(KIND_WORDS[one.kind]), 112, muted=True),
            Column(tr("Address"), lambda one: str(one.address), tip=lambda one: str(one.address)),
            Column(tr("Connection"), self.word, 112, state=lambda one: self._state(one)),
        ]
        self.table = Table(
            columns, name=tr("Resources"), runner=runner, identity=lambda one: one.id
        )
        self.add_button = button(tr("Add…"), self.begin, icon_name="plus")
        self.change_button = button(tr("Change…"), self._change, icon_name="pencil-simple")
        self.remove_button = button(tr("Remove…"), self._remove, icon_name="trash")
        self.test_button = button(
            tr("Test connection"),
            self._test,
            icon_name="activity",
            tip=tr("Check name, port, server identity, login and rights, each by itself"),
        )
        self.add_table(self.table, 1)
        self.add(
            row(
                None,
                self.add_button,
                self.change_button,
                self.remove_button,
                None,
                self.test_button,
            )
        )

        self.table.picked.connect(self._pick)
        self.table.opened.connect(self._open)

    def refresh(self) -> None:
        """Show the resources on record."""
        resources = self._contracts.shown_resources()
        self.table.set_rows(resources)
        if self.table.current is None and resources:
            self.table.selectRow(0)

    def show_tested(self, identity: str, state: State) -> None:
        """Remember how the connection test of a resource ended."""
        self._tested[identity] = state
        self.refresh()

    @property
    def tested(self) -> dict[str, State]:
        """How the tests of this session ended, by the resource's id."""
        return self._tested

    def begin(self) -> None:
        """Ask for a new resource."""
        ResourceDialog(self.window(), self._hosts(), self._save).open()

    def _hosts(self) -> list[Resource]:
        return [
            one for one in self._contracts.shown_resources() if isinstance(one.address, SshAddress)
        ]

    def _state(self, resource: Resource) -> State:
        return self._tested.get(resource.id, "unknown")

    def word(self, resource: Resource) -> str:
        """Return how the test of a resource ended, in a word."""
        state = self._tested.get(resource.id)
        if state is None:
            return tr("not tested")
        return tr("passed") if state == "ok" else word_of(state)

    def _pick(self, resource: Resource | None) -> None:
        reason = "" if resource else tr("Choose a resource first.")
        for made in (self.change_button, self.remove_button, self.test_button):
            disable(made, reason)
        self.picked.emit(resource)

    def _open(self, resource: Resource) -> None:
        ResourceDialog(self.window(), self._hosts(), self._save, resource).open()

    def _change(self) -> None:
        if self.table.current is not None:
            self._open(self.table.current)

    def _save(
        self, kind: Kind, name: str, address: Address, identity: str, secrets: Mapping[str, str]
    ) -> None:
        saved = self._contracts.save_resource(kind, name, address, identity)
        self._tested.pop(saved.id, None)
        for place, secret in secrets.items():
            # The keyring may ask the user to unlock it: not in the GUI thread.
            keep = partial(self._save_secret, place, secret)
            title = tr("Keep the password of {name}", name=name)
            self._runner.start(partial(_after, keep), title, lane="keyring")
        self._runner.changed.emit(Change.CONTRACT)
        self.table.select(saved.id)

    def _remove(self) -> None:
        resource = self.table.current
        if resource is None:
            return
        sheet = Sheet(
            self.window(),
            tr("Remove {name}?", name=resource.name),
            tr(
                "It is no longer looked at or backed up. Its backups, its record and the thing "
                "itself stay as they are."
            ),
            width=480,
        )
        sheet.add_close(tr("Keep it"))
        remove = button(tr("Remove"), partial(self._removed, resource.id), kind="danger")
        remove.clicked.connect(sheet.accept)
        sheet.add_button(remove, QDialogButtonBox.ButtonRole.ActionRole)
        sheet.open()

    def _removed(self, identity: str) -> None:
        self._contracts.remove_resource(identity)
        self._runner.changed.emit(Change.CONTRACT)

    def _test(self) -> None:
        if self.table.current is not None:
            self.test_wanted.emit(self.table.current)


def _after(work: Callable[[], object], _context: Context) -> object:
    """Do `work` as a job, which knows nothing to report on its way."""
    return work()
