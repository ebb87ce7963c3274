"""What may stand under a field of the new-ticket dialog: a stranger asks, or its like is there."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame

from gmops_desktop.contract.terms import Contact
from gmops_desktop.contract.tickets import word_of_state
from gmops_desktop.language import tr
from gmops_desktop.services.finding import TicketLine
from gmops_desktop.services.tickets import ContactCheck
from ui import words
from ui.widgets.frames import Glyph, Label, button, column, row


class ContactWarning(QFrame):
    """Stands under the requester: who may ask, and the three ways on."""

    passed_on = Signal()
    emergency = Signal()
    declined = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("kind", "notice-warning")
        self._sentence = Label(role="strong")
        self._contacts = Label(role="caption")
        self.pass_button = button("", self.passed_on.emit, scale="small")
        self.emergency_button = button(
            tr("Take as special emergency…"),
            self.emergency.emit,
            scale="small",
            tip=tr("Asks for the reason, which is printed in the report"),
        )
        self.decline_button = button(
            tr("Decline"),
            self.declined.emit,
            kind="quiet",
            scale="small",
            tip=tr("Record that it was asked and not taken"),
        )
        text = column(
            None,
            self._sentence,
            self._contacts,
            row(None, self.pass_button, self.emergency_button, self.decline_button, None),
            spacing=6,
        )
        layout = row(self, spacing=10, margins=(12, 10, 12, 10))
        layout.addWidget(Glyph("warning", 16, "warning"), 0, Qt.AlignmentFlag.AlignTop)
        layout.addLayout(text, 1)

    def show_check(self, name: str, check: ContactCheck, contacts: tuple[Contact, ...]) -> None:
        """Say why `name` may not ask, and who may."""
        self._sentence.show_text(
            tr("{name} is no designated contact: by contract 1.15 it may be declined.", name=name)
        )
        self._sentence.setToolTip(check.reason)
        named = (
            tr("{name} (since {on})", name=one.name, on=one.valid_from.isoformat())
            for one in contacts
        )
        self._contacts.show_text(
            tr(
                "Designated contacts now: {names}",
                names=words.listed(named),
            )
            if contacts
            else tr("No designated contact is recorded yet.")
        )
        self.pass_button.setVisible(bool(contacts))
        if contacts:
            self.pass_button.setText(tr("Passed on by {name}", name=contacts[0].name))
            self.pass_button.setToolTip(
                tr("{contact} asks for it on behalf of {name}", contact=contacts[0].name, name=name)
            )
            self.pass_button.setAccessibleName(self.pass_button.text())


class SimilarTicket(QFrame):
    """Stands under the title: the most similar ticket there is, and the way to add to it."""

    note_wanted = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._ticket: TicketLine | None = None
        self.setProperty("kind", "well")
        self.text = Label(role="caption")
        self.note_there = button(
            tr("Add to it"),
            self._note,
            kind="quiet",
            scale="small",
            tip=tr("Record this as a note there, instead of a new ticket"),
        )
        copy = Glyph("copy", 16)
        layout = row(self, copy, self.text, self.note_there, margins=(12, 4, 4, 4), spacing=10)
        layout.setStretch(1, 1)
        self.setFixedHeight(32)

    def show_ticket(self, ticket: TicketLine | None) -> None:
        """Show it, or nothing."""
        self._ticket = ticket
        self.setVisible(ticket is not None)
        if ticket is not None:
            self.text.show_text(
                tr(
                    "Similar: {number} “{title}”, {state}",
                    number=ticket.number,
                    title=ticket.title,
                    state=word_of_state(ticket.state),
                )
            )

    def _note(self) -> None:
        if self._ticket is not None:
            self.note_wanted.emit(self._ticket.id)
