"""Forms for what concerns two tickets: linking, merging, splitting."""

from __future__ import annotations

from functools import partial
from typing import Final

from gmops_desktop.contract.ticket_bonds import CHOICES, word_of_link
from gmops_desktop.contract.tickets import KINDS, Ticket, word_of_kind
from gmops_desktop.language import tr
from ui.ticket_asking import Asking
from ui.ticket_forms import FormSheet

_OFFERED: Final = 300  # tickets offered while another one is named


class TicketTies:
    """Each verb asks for the other ticket, then records it."""

    def __init__(self, asking: Asking) -> None:
        self._asking, self._bonds = asking, asking.tickets.bonds

    def link(self, ticket: Ticket) -> None:
        """Link the ticket to another."""
        form = self._asking.form(ticket, tr("Link to another ticket"), tr("Link"))
        form.choice("kind", tr("This ticket is"), [(one, word_of_link(one)) for one in CHOICES])
        self._other(form, ticket)
        self._asking.open(
            form, lambda said: self._bonds.link(ticket.id, said["kind"], _number(said["other"]))
        )

    def unlink(self, ticket: Ticket) -> None:
        """Take one of its links away."""
        form = self._asking.form(ticket, tr("Remove a link"), tr("Remove"))
        known = [
            (other.id, f"{word_of_link(kind)} {other.number} {other.title}")
            for kind, other in self._bonds.linked(ticket.id)
        ]
        form.choice("other", tr("Link"), known)
        self._asking.open(form, lambda said: self._bonds.unlink(ticket.id, said["other"]))

    def merge(self, ticket: Ticket) -> None:
        """Make it part of another."""
        form = self._asking.form(ticket, tr("Merge into another ticket"), tr("Merge"))
        self._other(
            form,
            ticket,
            tr("Its steps, time and person-days count there from now on; this can be taken back."),
        )
        form.lines("text", tr("Note"))
        self._asking.open(
            form, lambda said: self._bonds.merge(ticket.id, _number(said["other"]), said["text"])
        )

    def part(self, ticket: Ticket) -> None:
        """Take the merge back."""
        self._asking.do(partial(self._bonds.part, ticket.id), tr("Take the merge back"))

    def split(self, ticket: Ticket) -> None:
        """Make a ticket of its own of a part of it."""
        form = self._asking.form(ticket, tr("Split off a ticket"), tr("Split off"))
        form.line(
            "title",
            tr("What is it"),
            tr("It counts as asked for when this one was."),
            required=True,
        )
        form.choice("kind", tr("Kind"), [(one, word_of_kind(one)) for one in KINDS], ticket.kind)
        form.lines("description", tr("Description"))
        self._asking.open(form, lambda said: self._bonds.split(ticket.id, **said))

    def _other(self, form: FormSheet, ticket: Ticket, hint: str = "") -> None:
        """Ask for another ticket: by number, or by words of its title."""
        finding = self._asking.finding
        alike = (one.ticket for one in finding.similar(ticket.title))
        near = (*alike, *finding.lines()[:_OFFERED])
        known = {one.number: one for one in near if one.id != ticket.id}
        form.line(
            "other",
            tr("The other ticket"),
            hint,
            required=True,
            completions=[f"{one.number} {one.title}" for one in known.values()],
        )


def _number(said: str) -> str:
    """Return the number at the head of "T-0001 title"."""
    return said.split()[0] if said.split() else said
