"""The dialog before a menu is set back: both menus as trees, what would change, the typed AppID."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QComboBox, QDialogButtonBox, QLineEdit, QWidget

from gmops_desktop.addresses import AccountAddress
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr
from gmops_desktop.services.account_settings import (
    AccountArchive,
    AccountBackups,
    Difference,
    Menu,
    MenuPreview,
)
from gmops_desktop.tasks import TaskRunner
from ui.account_diff import difference_columns
from ui.account_words import archive_word
from ui.dialogs.question import Question
from ui.dialogs.sheet import Sheet
from ui.widgets.frames import Card, Label, button, disable, paragraph, row
from ui.widgets.tables import Table

_SIZE: Final = (1040, 620)


class MenuPreviewDialog(Sheet):
    """Shows what setting the menu back would change, and asks for the account's AppID.

    `confirmed` carries the archive and what was typed; the dialog itself changes nothing.
    """

    confirmed = Signal(object, str)

    def __init__(
        self,
        accounts: AccountBackups,
        runner: TaskRunner,
        archives: Sequence[AccountArchive],
        address: AccountAddress,
        parent: QWidget | None = None,
        *,
        lane: str = "",
    ) -> None:
        """`archives` are those of the account, newest first; at least one."""
        super().__init__(parent, tr("Restore the menu: what would change"), width=880)
        self.resize(*_SIZE)
        self._accounts, self._lane = accounts, lane
        self._archives, self._address = tuple(archives), address
        self._question = Question(runner, self)
        self.preview: MenuPreview | None = None
        self.choice = QComboBox()
        self.choice.setAccessibleName(tr("Archive"))
        self.choice.setMinimumWidth(220)
        for archive in self._archives:
            self.choice.addItem(archive_word(archive))
        self.state = Label("", "strong")
        self.now, self.then = paragraph("", "body"), paragraph("", "body")
        self.table: Table[Difference] = Table(
            difference_columns(),
            name=tr("What would change"),
            runner=runner,
            identity=lambda one: (one.part, one.kind, one.name),
        )
        self.refusal = paragraph("", "body")
        self.name = QLineEdit()
        self.name.setFixedWidth(220)
        self.name.setAccessibleName(tr("Type {account} to go on.", account=address.app_id))
        self.restore = button(
            tr("Restore the menu"),
            self._confirm,
            kind="danger",
            icon_name="arrow-counter-clockwise",
        )
        self._lay_out()
        self.choice.currentIndexChanged.connect(self.compare)
        self.name.textChanged.connect(self._judge)
        self.name.returnPressed.connect(self.restore.click)
        self.compare()

    def _lay_out(self) -> None:
        head = row(None, Label(tr("Archive"), "caption", elide=False), self.choice, 16, self.state)
        head.setStretch(head.count() - 1, 1)
        trees = row(None, spacing=12)
        for title, tree in ((tr("Now"), self.now), (tr("In the archive"), self.then)):
            card = Card(title)
            card.add(tree)
            card.add_stretch()
            trees.addWidget(card, 1)
        self.body.addLayout(head)
        self.body.addLayout(trees)
        self.body.addWidget(self.table, 1)
        self.body.addWidget(self.refusal)
        self.body.addWidget(
            paragraph(
                tr("Everything that stands in the account now is kept first; afterwards the menu is"
                   " read back. Personalised menus are not touched."),
                "caption",
            )
        )  # fmt: skip
        ask = tr("To go on, type the AppID {account}", account=self._address.app_id)
        self.left.addLayout(row(None, Label(ask, elide=False), self.name, spacing=8))
        self.add_close(tr("Cancel"))
        self.add_button(self.restore, QDialogButtonBox.ButtonRole.ActionRole)

    @property
    def archive(self) -> AccountArchive:
        """The archive that is chosen."""
        return self._archives[max(0, self.choice.currentIndex())]

    @Slot()
    def compare(self) -> None:
        """Ask for the menu as it is, in the background."""
        self.preview = None
        self.table.set_rows(())
        self.refusal.setText("")
        self.refusal.hide()
        self.state.show_text(tr("Comparing"))
        path, address = self.archive.path, self._address
        self._question.ask(
            lambda context: self._accounts.preview_menu(path, address, context),
            tr("Compare the menu"),
            self._found,
            self._failed,
            lane=self._lane,
        )
        self._judge()

    @Slot(object)
    def _found(self, preview: MenuPreview) -> None:
        self.preview = preview
        self.now.setText(_tree(preview.before))
        self.then.setText(_tree(preview.after))
        self.table.set_rows(preview.differences)
        self.refusal.setText("\n".join(preview.refused))
        self.refusal.setVisible(bool(preview.refused))
        if preview.refused:
            self.state.show_text(tr("WeChat would not take it"), "critical")
        elif preview.identical:
            self.state.show_text(tr("The account's menu is the archive's already."), "ok")
        else:
            self.state.show_text(tr("Nothing has been written yet."))
        self._judge()

    @Slot(Exception)
    def _failed(self, error: Exception) -> None:
        self.state.show_text(str(error), "critical")
        self.refusal.setText(error.hint if isinstance(error, OpsError) else "")
        self.refusal.show()

    @Slot()
    def _judge(self) -> None:
        """Say why the menu cannot be set yet."""
        if self.preview is None:
            reason = tr("First the comparison must be there.")
        elif self.preview.refused:
            reason = self.preview.refused[0]
        elif self.preview.identical:
            reason = tr("The account's menu is the archive's already.")
        elif self.name.text().strip() != self._address.app_id:
            reason = tr("Type {account} to go on.", account=self._address.app_id)
        else:
            reason = ""
        disable(self.restore, reason, tr("Set the menu of the archive"))

    @Slot()
    def _confirm(self) -> None:
        self.confirmed.emit(self.archive, self.name.text().strip())
        self.accept()


def _tree(menu: Menu) -> str:
    # The window's font is proportional: an ideographic space is about as wide as a branch.
    return "\n".join(menu.lines("\u3000")) or tr("No menu is set.")
