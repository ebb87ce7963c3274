"""How a restore is ordered: into which schema, and to whom its definitions belong afterwards."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QCheckBox, QComboBox, QFrame, QLineEdit, QWidget

from gmops_desktop.addresses import MysqlAddress
from gmops_desktop.language import tr
from gmops_desktop.services.restores import Choice, Definers
from ui.widgets.frames import Glyph, Label, column, paragraph, row

_PAIR: Final = re.compile(r"([^=,\s]+@[^=,\s]+)\s*=\s*([^=,\s]+@[^=,\s]+)")
_SHOWN: Final = 2  # doubts that are shown without unfolding


@dataclass(frozen=True, slots=True)
class Order:
    """A restore as it was ordered: where it goes, what of the archive, and whose it is then.

    With `beside` it is refused where definitions could reach the present schema.
    """

    address: MysqlAddress
    choice: Choice = field(default_factory=Choice)
    definers: Definers = field(default_factory=Definers)
    beside: bool = False


def definers_of(policy: str, text: str) -> Definers | None:
    """Return what was chosen; None where the accounts are not written as OLD=NEW, by commas."""
    if policy == "strip":
        return Definers("strip")
    if policy == "keep":
        return Definers()
    parts = [part.strip() for part in text.split(",") if part.strip()]
    pairs = [_PAIR.fullmatch(part) for part in parts]
    found = [(pair[1], pair[2]) for pair in pairs if pair]
    return Definers("map", dict(found)) if found and len(found) == len(parts) else None


class OrderFields(QWidget):
    """The fields of an order.  `moved` says that the schema is another one, `changed` that anything
    else is."""

    moved = Signal()
    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._own = ""
        self._shown = ""
        self.schema = QLineEdit()
        self.schema.setFixedWidth(200)
        self.schema.setAccessibleName(tr("Into the schema"))
        self.schema.setToolTip(
            tr("Another name restores beside the present schema; one that is not there is made.")
        )
        self._where = Label(role="caption", elide=False)
        self.policy = QComboBox()
        self.policy.setAccessibleName(tr("Definitions belong to"))
        self.policy.setToolTip(
            tr("Whose rights views, routines, triggers and events have (DEFINER)")
        )
        for word, key in (
            (tr("whom they belonged to"), "keep"),
            (tr("the account that restores"), "strip"),
            (tr("other accounts"), "map"),
        ):
            self.policy.addItem(word, key)
        self.accounts = QLineEdit()
        self.accounts.setMinimumWidth(200)
        self.accounts.setPlaceholderText(tr("old@host=new@host"))
        self.accounts.setAccessibleName(tr("Accounts, as old=new"))
        self.accounts.setToolTip(tr("Accounts as old=new, each as name@host, set apart by commas"))
        self.accounts.hide()
        whole = row(
            self,
            Label(tr("Into the schema"), "caption", elide=False),
            self.schema,
            self._where,
            20,
            Label(tr("Definitions belong to"), "caption", elide=False),
            self.policy,
            self.accounts,
            None,
            spacing=8,
        )
        whole.setStretchFactor(self.accounts, 1)
        self.schema.editingFinished.connect(self._edited)
        self.policy.currentIndexChanged.connect(self._choose)
        self.accounts.textChanged.connect(lambda _text: self.changed.emit())

    @property
    def name(self) -> str:
        """The schema that is restored into."""
        return self._shown

    @property
    def beside(self) -> bool:
        """Whether that is another one than the database's own."""
        return self._shown != self._own

    @property
    def definers(self) -> Definers | None:
        """What was chosen; None while it is not whole."""
        return definers_of(self.policy.currentData(), self.accounts.text())

    def show_target(self, own: str, schema: str = "") -> None:
        """Start with a database's own schema, or another beside it."""
        self._own, self._shown = own, schema or own
        self.schema.setText(self._shown)
        self._tell()

    @Slot()
    def _edited(self) -> None:
        """A name is meant when it is whole: Enter, or leaving the field."""
        wanted = self.schema.text().strip() or self._own
        self.schema.setText(wanted)
        if wanted != self._shown:
            self._shown = wanted
            self._tell()
            self.moved.emit()

    @Slot()
    def _choose(self) -> None:
        self.accounts.setVisible(self.policy.currentData() == "map")
        self.changed.emit()

    def _tell(self) -> None:
        self._where.show_text(tr("beside {schema}", schema=self._own) if self.beside else "")


class Doubtful(QFrame):
    """What speaks against a restore and must be accepted first; `changed` says that it was, or no
    longer is."""

    changed = Signal()

    def __init__(self, heading: str) -> None:
        super().__init__()
        self.setProperty("kind", "notice-warning")
        self.what = paragraph("", "caption")
        self.accept = QCheckBox(tr("Restore it all the same"))
        text = column(
            None,
            Label(heading, "strong"),
            self.what,
            spacing=2,
        )
        whole = row(
            self,
            Glyph("warning", 20, "warning"),
            text,
            self.accept,
            margins=(14, 8, 14, 8),
            spacing=12,
        )
        whole.setStretch(1, 1)
        self.accept.toggled.connect(lambda _on: self.changed.emit())
        self.hide()

    @property
    def open(self) -> bool:
        """Whether there is something that nobody has accepted yet."""
        return not self.isHidden() and not self.accept.isChecked()

    @property
    def accepted(self) -> bool:
        """Whether somebody accepted what is there."""
        return not self.isHidden() and self.accept.isChecked()

    def show_found(self, found: Sequence[str]) -> None:
        """Show what was found; nothing hides it."""
        self.accept.setChecked(False)
        shown = [*found[:_SHOWN]]
        if len(found) > _SHOWN:
            shown.append(tr("{count} more are like that.", count=len(found) - _SHOWN))
        self.what.setText(" ".join(shown))
        self.what.setToolTip("\n".join(found))
        self.setVisible(bool(found))
