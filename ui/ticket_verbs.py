"""What can be done to the ticket that is shown: its steps, and which form asks for each verb."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Literal, cast

from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QWidget

from gmops_desktop.contract.ticket_moves import Need, gated, move_to, unmet
from gmops_desktop.contract.tickets import (
    SUSPENSIONS,
    Ticket,
    TicketState,
    WaitingOn,
    word_of_pause,
)
from gmops_desktop.language import tr
from gmops_desktop.reports.orders import HandOverFacts
from gmops_desktop.services.contracts import Contracts
from gmops_desktop.services.finding import Finding
from gmops_desktop.services.reports import Kind
from gmops_desktop.services.tickets import Tickets
from gmops_desktop.tasks import TaskRunner
from ui.attachments import AttachmentStrip
from ui.ticket_asking import Asking, heading
from ui.ticket_clock import ClockSheet
from ui.ticket_dialogs import ConfirmSheet, ReasonSheet
from ui.ticket_fact_forms import TicketFactForms
from ui.ticket_fields import designated_now
from ui.ticket_page import TicketPage, word_of_move
from ui.ticket_ties import TicketTies

Verb = Literal[
    "priority",
    "asked",
    "estimate",
    "scope",
    "agree",
    "cause",
    "promise",
    "interrupts",
    "announce",
    "restored",
    "hand_over",
    "assess",
    "spend",
    "link",
    "unlink",
    "merge",
    "part",
    "split",
    "emergency",
    "receipt",
    "visit",
    "fault",
    "evaluation",
]


class TicketVerbs(QObject):
    """Carries out what `page` wants of the ticket it shows; `parent` is behind the forms."""

    def __init__(
        self,
        page: TicketPage,
        tickets: Tickets,
        contracts: Contracts,
        finding: Finding,
        runner: TaskRunner,
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self._asking = Asking(lambda: page.ticket_id, tickets, contracts, finding, runner, parent)
        facts, ties = TicketFactForms(self._asking), TicketTies(self._asking)
        self._asks: dict[Verb, Callable[[Ticket], None]] = {
            "priority": facts.priority,
            "asked": facts.asked,
            "estimate": facts.estimate,
            "scope": facts.scope,
            "agree": facts.agree,
            "cause": facts.cause,
            "promise": facts.promise,
            "interrupts": facts.interrupts,
            "announce": facts.announce,
            "restored": facts.restored,
            "hand_over": facts.hand_over,
            "assess": facts.assess,
            "spend": facts.spend,
            "link": ties.link,
            "unlink": ties.unlink,
            "merge": ties.merge,
            "part": ties.part,
            "split": ties.split,
            "emergency": self._emergency,
            "receipt": self._receipt,
            "visit": lambda ticket: self._paper("visit", ticket),
            "fault": lambda ticket: self._paper("fault", ticket),
            "evaluation": lambda ticket: self._paper("evaluation", ticket),
        }
        self.print_receipt: Callable[[HandOverFacts], object] | None = None
        self.print_paper: Callable[[Kind, str], object] | None = None
        page.move_wanted.connect(self.move)
        page.confirm_wanted.connect(self.confirm)
        page.verb_wanted.connect(self.ask)
        page.note_wanted.connect(self.note)

    def place_attachments(self, make: Callable[[], AttachmentStrip]) -> None:
        """Let the forms take files."""
        self._asking.make_strip = make

    @Slot(str, str)
    def move(self, state: str, text: str = "") -> None:
        """Take a step; ask first for what it needs."""
        wanted, ticket = cast(TicketState, state), self._asking.ticket()
        word = word_of_move(ticket, wanted).rstrip("…")
        step = move_to(ticket, wanted)
        missing = unmet(ticket, step, text=text) if step else ()
        if (fact := next((_FACTS[need] for need in missing if need in _FACTS), None)) is not None:
            self.ask(fact)
        elif "pause" in missing:
            self._suspend(ticket, word, text)
        elif "reason" in missing:
            sheet = ReasonSheet(self._asking.window, word, heading(ticket), word)
            sheet.given.connect(lambda reason: self.move(state, reason))
            sheet.open()
        else:
            self._take(ticket, wanted, word, text)

    @Slot()
    def confirm(self) -> None:
        """Ask who of Party A confirmed that it is solved."""
        asking = self._asking
        ticket, tickets = asking.ticket(), asking.tickets
        sheet = ConfirmSheet(asking.window, heading(ticket), designated_now(asking.contracts))
        sheet.given.connect(
            lambda said: asking.do(
                lambda: tickets.confirm(ticket.id, **said), tr("Record confirmation")
            )
        )
        if asking.make_strip is not None:
            strip = asking.make_strip()
            sheet.take_files(strip)
            sheet.accepted.connect(lambda: strip.hand_over("ticket", ticket.id))
        sheet.open()

    @Slot(str)
    def note(self, text: str) -> None:
        """Add what was done or seen."""
        ticket, tickets = self._asking.ticket(), self._asking.tickets
        self._asking.do(lambda: tickets.note(ticket.id, text), tr("Record a note"))

    @Slot(str)
    def ask(self, verb: str) -> None:
        """Open the form of a verb."""
        self._asks[cast(Verb, verb)](self._asking.ticket())

    @Slot(str)
    def unfold(self, key: str) -> None:
        """Show what a clock was added up from."""
        asking = self._asking
        ticket = asking.ticket()
        clock = next((one for one in asking.tickets.clocks(ticket.id) if one.key == key), None)
        if clock is not None:
            ClockSheet(asking.window, heading(ticket), clock, asking.runner).open()

    def _take(
        self,
        ticket: Ticket,
        state: TicketState,
        word: str,
        text: str,
        waiting_on: WaitingOn = "",
        emergency: str = "",
    ) -> None:
        tickets = self._asking.tickets
        self._asking.do(
            lambda: tickets.move(
                ticket.id, state, text, waiting_on=waiting_on, emergency=emergency
            ),
            f"{ticket.number}{tr(': ')}{word}",
        )

    def _suspend(self, ticket: Ticket, word: str, text: str) -> None:
        form = self._asking.form(ticket, word, word)
        pauses = self._asking.tickets.limits.of(ticket).pauses
        stops, runs = tr("the clocks stand still"), tr("the clocks run on")
        reasons = [
            (one, f"{word_of_pause(one)} · {stops if one in pauses else runs}")
            for one in SUSPENSIONS
            if one
        ]
        form.choice(
            "waiting_on",
            tr("What is waited for"),
            reasons,
            hint=tr("Which reasons stop the clocks stands in the contract's limits."),
            required=True,
        )
        form.lines("text", tr("Reason"), required=True, text=text)
        form.given.connect(
            lambda said: self._take(
                ticket, "suspended", word, said["text"], waiting_on=said["waiting_on"]
            )
        )
        form.open()

    def _receipt(self, ticket: Ticket) -> None:
        """Have the form of what was handed over made, to be signed by Party A."""
        facts = self._asking.tickets.facts.receipt(ticket.id)
        if self.print_receipt is not None:
            self.print_receipt(facts)

    def _paper(self, kind: Kind, ticket: Ticket) -> None:
        """Have a paper of the ticket made, to be printed and signed."""
        if self.print_paper is not None:
            self.print_paper(kind, ticket.number)

    def _emergency(self, ticket: Ticket) -> None:
        """Take the step whose gate is shut, with the reason that is printed."""
        shut = gated(ticket)
        if shut is None:
            return
        word = word_of_move(ticket, shut).rstrip("…")
        form = self._asking.form(ticket, tr("Special emergency"), word)
        form.lines(
            "why",
            tr("Why it is a special emergency"),
            tr("The only way round this gate (1.15, 2.3-8). The reason is printed in the report."),
            required=True,
        )
        form.given.connect(
            lambda said: self._take(ticket, shut, word, said["why"], emergency=said["why"])
        )
        form.open()


# What is asked for where a step lacks a fact.
_FACTS: Final[dict[Need, Verb]] = {"assessment": "assess", "cause": "cause", "notice": "announce"}
