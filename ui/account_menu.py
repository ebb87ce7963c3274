"""The dialog before a menu is set back: both menus as trees, what would change, the typed AppID."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtWidgets import QWidget

from gmops_desktop.addresses import AccountAddress
from gmops_desktop.context import Context
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
from ui.dialogs.restore_preview import RestorePreview, Words
from ui.widgets.frames import Card, paragraph, row
from ui.widgets.tables import Table


class MenuPreviewDialog(RestorePreview[AccountArchive, MenuPreview]):
    """Shows what setting the menu back would change, and asks for the account's AppID."""

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
        words = Words(
            title=tr("Restore the menu: what would change"),
            caution=tr(
                "Everything that stands in the account now is kept first; afterwards the menu is"
                " read back. Personalised menus are not touched."
            ),
            ask=tr("To go on, type the AppID {account}", account=address.app_id),
            untyped=tr("Type {account} to go on.", account=address.app_id),
            restore=tr("Restore the menu"),
            tip=tr("Set the menu of the archive"),
        )
        table: Table[Difference] = Table(
            difference_columns(),
            name=tr("What would change"),
            runner=runner,
            identity=lambda one: (one.part, one.kind, one.name),
        )
        super().__init__(
            parent, words, archives, archive_word, table, runner, answer=address.app_id, lane=lane
        )
        self.resize(1040, 620)
        self._accounts, self._address = accounts, address
        self.now, self.then = paragraph("", "body"), paragraph("", "body")
        trees = row(None, spacing=12)
        for title, tree in ((tr("Now"), self.now), (tr("In the archive"), self.then)):
            card = Card(title)
            card.add(tree)
            card.add_stretch()
            trees.addWidget(card, 1)
        self.body.insertLayout(1, trees)
        self.compare()

    def job(self, archive: AccountArchive) -> tuple[str, Callable[[Context], MenuPreview]]:
        accounts, path, address = self._accounts, archive.path, self._address
        return tr("Compare the menu"), lambda context: accounts.preview_menu(path, address, context)

    def show_preview(self, preview: MenuPreview) -> None:
        self.now.setText(_tree(preview.before))
        self.then.setText(_tree(preview.after))
        self.table.set_rows(preview.differences)
        self.show_more("\n".join(preview.refused))
        if preview.refused:
            self.state.show_text(tr("WeChat would not take it"), "critical")
        elif preview.identical:
            self.state.show_text(tr("The account's menu is the archive's already."), "ok")
        else:
            self.state.show_text(tr("Nothing has been written yet."))

    def objection(self, preview: MenuPreview) -> str:
        if preview.refused:
            return preview.refused[0]
        return tr("The account's menu is the archive's already.") if preview.identical else ""


def _tree(menu: Menu) -> str:
    # The window's font is proportional: an ideographic space is about as wide as a branch.
    return "\n".join(menu.lines("\u3000")) or tr("No menu is set.")
