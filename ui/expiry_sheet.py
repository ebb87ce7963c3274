"""One thing that runs out: who says so, what was entered by hand, and the field for that."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Final

from PySide6.QtWidgets import QDialogButtonBox, QWidget

from gmops_desktop.contract.expiry import Expiry, Said, word_of_source
from gmops_desktop.contract.expiry_reminders import told
from gmops_desktop.language import tr
from gmops_desktop.services.contracts import Happening
from ui.dialogs.sheet import Sheet
from ui.widgets.badges import StateBadge
from ui.widgets.fields import day_field, day_in
from ui.widgets.frames import Label, Segments, button, column, disable, line, link, paragraph, row
from ui.words import day, stamp

_LINES: Final = 5  # of the history in sight
_SOURCE_WIDTH: Final = 152
_DATE_WIDTH: Final = 92

Save = Callable[[date | None, bool], object]


class ExpirySheet(Sheet):
    """Shows every source's word; `save` takes the day entered by hand, and whether it never runs
    out."""

    def __init__(
        self,
        parent: QWidget | None,
        expiry: Expiry,
        history: Sequence[Happening],
        save: Save,
    ) -> None:
        super().__init__(parent, expiry.name, width=600)
        self._save = save
        sentence = told(expiry) or expiry.source
        head = row(None, StateBadge(expiry.state), Label(sentence, "strong"))
        head.setStretch(1, 1)
        self.body.addLayout(head)
        if expiry.note:
            self.body.addWidget(paragraph(expiry.note, "body"))
        if expiry.said:
            lines = [_said(one) for one in expiry.said if one.on is not None]
            self.body.addLayout(column(None, *lines, spacing=6))
        self._actions = row()
        self.body.addLayout(self._actions)
        self.add_close(tr("Close"))
        hand = next((one for one in expiry.said if one.source == "hand"), None)
        self.choice = Segments(
            [("day", tr("Runs out on")), ("never", tr("Does not run out")),
             ("none", tr("Not entered"))],
            "never" if hand and hand.never else "day" if hand else "none",
            tr("Entered by hand"),
        )  # fmt: skip
        self.on = day_field((hand and hand.on) or expiry.on or date.today())
        self.on.setAccessibleName(tr("Runs out on"))
        self.save = button(tr("Save"), self._accept, kind="primary")
        if expiry.thing.kind != "contract":
            self._offer_hand(history)
        self.choice.chosen.connect(lambda _key: self._judge())
        self.on.dateChanged.connect(lambda _day: self._judge())
        self._before = self._entered
        self._judge()

    def add_action(self, word: str, act: Callable[[], object], tip: str) -> None:
        """Offer something else that can be done about it; the sheet closes first."""

        def go() -> None:
            self.accept()
            act()

        if not self._actions.count():
            self._actions.addStretch(1)
        self._actions.addWidget(link(word, go, tip))

    def _offer_hand(self, history: Sequence[Happening]) -> None:
        self.body.addWidget(line())
        self.body.addWidget(Label(tr("Entered by hand"), "strong"))
        self.body.addLayout(row(None, self.choice, self.on, None))
        hint = tr("What a registry, the cloud or a handshake says counts first while it is fresh.")
        self.body.addWidget(paragraph(hint, "hint"))
        for one in list(reversed(history))[:_LINES]:
            shown = row(None, Label(stamp(one.at), "caption", elide=False),
                        Label(one.text), Label(one.actor, "caption", elide=False))  # fmt: skip
            shown.setStretch(1, 1)
            self.body.addLayout(shown)
        self.add_button(self.save, QDialogButtonBox.ButtonRole.ActionRole, default=True)

    @property
    def _entered(self) -> tuple[date | None, bool]:
        chosen = self.choice.current
        return (day_in(self.on) if chosen == "day" else None), chosen == "never"

    def _judge(self) -> None:
        self.on.setVisible(self.choice.current == "day")
        same = self._entered == self._before
        disable(self.save, tr("Nothing is different yet.") if same else "", tr("Keep it on record"))

    def _accept(self) -> None:
        self._save(*self._entered)
        self.accept()


def _said(said: Said) -> QWidget:
    """Return a line: the source, its date, more about it, and when it was learnt."""
    source = Label(word_of_source(said.source), "caption", elide=False)
    source.setFixedWidth(_SOURCE_WIDTH)
    on = Label(day(said.on) if said.on else "")
    on.setFixedWidth(_DATE_WIDTH)
    detail = Label(said.detail, "caption")
    learnt = Label(stamp(said.at) if said.at else "", "caption", elide=False)
    made = QWidget()
    row(made, source, on, detail, learnt).setStretch(2, 1)
    return made
