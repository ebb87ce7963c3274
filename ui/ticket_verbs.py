"""What can be done to the ticket that is shown: each verb asks in a short form, then records."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any, Final, Literal, cast

from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QWidget

from gmops_desktop.changes import Change
from gmops_desktop.contract.changes import AUDIENCES, word_of_audience
from gmops_desktop.contract.steps import Handed
from gmops_desktop.contract.ticket_bonds import CHOICES, word_of_link
from gmops_desktop.contract.ticket_moves import Need, gated, move_to, unmet
from gmops_desktop.contract.tickets import (
    ATTRIBUTIONS,
    IMPACTS,
    KINDS,
    PRIORITIES,
    SCOPES,
    SUSPENSIONS,
    Ticket,
    TicketState,
    WaitingOn,
    word_of_attribution,
    word_of_impact,
    word_of_kind,
    word_of_pause,
    word_of_priority,
    word_of_scope,
)
from gmops_desktop.language import mark, tr
from gmops_desktop.services.contracts import Contracts
from gmops_desktop.services.tickets import Tickets
from gmops_desktop.tasks import TaskRunner
from ui.attachments import AttachmentStrip
from ui.new_ticket import CHANNELS, designated_now
from ui.ticket_clock import ClockSheet
from ui.ticket_dialogs import ConfirmSheet, PromiseSheet, ReasonSheet
from ui.ticket_forms import FormSheet
from ui.ticket_page import TicketPage, word_of_move

Verb = Literal[
    "priority",
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
]

_OFFERED: Final = 300  # tickets offered while another one is named
_DOCUMENTS: Final = (("document", mark("Document")), ("configuration", mark("Configuration")))


class TicketVerbs(QObject):
    """Carries out what `page` wants of the ticket it shows; `parent` is behind the forms.

    Every verb is a task in the tickets' lane, so that entries come in the order of the clicks; a
    refusal reaches the user as any other failed task.
    """

    def __init__(
        self,
        page: TicketPage,
        tickets: Tickets,
        contracts: Contracts,
        runner: TaskRunner,
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self._page, self._window = page, parent
        self._tickets, self._contracts, self._runner = tickets, contracts, runner
        self.make_strip: Callable[[], AttachmentStrip] | None = None  # for files of a form
        self._asks: dict[Verb, Callable[[Ticket], None]] = {
            "priority": self._priority,
            "estimate": self._estimate,
            "scope": self._scope,
            "agree": self._agree,
            "cause": self._cause,
            "promise": self._promise,
            "interrupts": self._interrupts,
            "announce": self._announce,
            "restored": self._restored,
            "hand_over": self._hand_over,
            "assess": self._assess,
            "spend": self._spend,
            "link": self._link,
            "unlink": self._unlink,
            "merge": self._merge,
            "part": self._part,
            "split": self._split,
            "emergency": self._emergency,
        }
        page.move_wanted.connect(self.move)
        page.confirm_wanted.connect(self.confirm)
        page.verb_wanted.connect(self.ask)
        page.note_wanted.connect(self.note)

    # -- the ticket's way

    @Slot(str, str)
    def move(self, state: str, text: str = "") -> None:
        """Take a step; ask first for what it needs."""
        wanted, ticket = cast(TicketState, state), self._ticket()
        word = word_of_move(ticket, wanted).rstrip("…")
        step = move_to(ticket, wanted)
        missing = unmet(ticket, step, text=text) if step else ()
        if (fact := next((_FACTS[need] for need in missing if need in _FACTS), None)) is not None:
            self.ask(fact)
        elif "pause" in missing:
            self._suspend(ticket, word, text)
        elif "reason" in missing:
            sheet = ReasonSheet(self._window, word, _heading(ticket), word)
            sheet.given.connect(lambda reason: self.move(state, reason))
            sheet.open()
        else:
            self._take(ticket, wanted, word, text)

    @Slot()
    def confirm(self) -> None:
        """Ask who of Party A confirmed that it is solved."""
        ticket, tickets = self._ticket(), self._tickets
        sheet = ConfirmSheet(self._window, _heading(ticket), designated_now(self._contracts))
        sheet.given.connect(
            lambda by, channel, text, file: self._do(
                lambda: tickets.confirm(
                    ticket.id,
                    by=by,
                    channel=channel,
                    text=text,
                    evidence=[file] if file else [],
                ),
                tr("Record confirmation"),
            )
        )
        if self.make_strip is not None:
            strip = self.make_strip()
            sheet.place_attachments(strip)
            sheet.accepted.connect(lambda: strip.hand_over("ticket", ticket.id))
        sheet.open()

    @Slot(str)
    def note(self, text: str) -> None:
        """Add what was done or seen."""
        ticket, tickets = self._ticket(), self._tickets
        self._do(lambda: tickets.note(ticket.id, text), tr("Record a note"))

    @Slot(str)
    def ask(self, verb: str) -> None:
        """Open the form of a verb."""
        self._asks[cast(Verb, verb)](self._ticket())

    @Slot(str)
    def unfold(self, key: str) -> None:
        """Show what a clock was added up from."""
        ticket = self._ticket()
        clock = next((one for one in self._tickets.clocks(ticket.id) if one.key == key), None)
        if clock is not None:
            ClockSheet(self._window, _heading(ticket), clock, self._runner).open()

    def _take(
        self,
        ticket: Ticket,
        state: TicketState,
        word: str,
        text: str,
        waiting_on: WaitingOn = "",
        emergency: str = "",
    ) -> None:
        tickets = self._tickets
        self._do(
            lambda: tickets.move(
                ticket.id, state, text, waiting_on=waiting_on, emergency=emergency
            ),
            f"{ticket.number}{tr(': ')}{word}",
        )

    def _suspend(self, ticket: Ticket, word: str, text: str) -> None:
        form = self._form(ticket, word, word)
        reasons = [(one, word_of_pause(one)) for one in SUSPENSIONS if one]
        form.choice(
            "waiting_on",
            tr("What is waited for"),
            reasons,
            hint=tr("Only what waits on Party A stops the clocks."),
            required=True,
        )
        form.lines("text", tr("Reason"), required=True, text=text)
        form.given.connect(
            lambda said: self._take(
                ticket, "suspended", word, said["text"], waiting_on=said["waiting_on"]
            )
        )
        form.open()

    def _emergency(self, ticket: Ticket) -> None:
        """Take the step whose gate is shut, with the reason that is printed."""
        shut = gated(ticket)
        if shut is None:
            return
        word = word_of_move(ticket, shut).rstrip("…")
        form = self._form(ticket, tr("Special emergency"), word)
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

    # -- what is found out

    def _priority(self, ticket: Ticket) -> None:
        form = self._form(ticket, tr("Party A's order, kind"), tr("Record"))
        form.choice(
            "priority",
            tr("Priority"),
            [(one, f"{one} {word_of_priority(one)}") for one in PRIORITIES],
            ticket.priority,
            tr("Set by Party A (1.12); the clocks are judged anew, no pause is lost."),
        )
        form.choice("kind", tr("Kind"), [(one, word_of_kind(one)) for one in KINDS], ticket.kind)
        form.line("text", tr("Who said so"), required=True)

        def record(said: Mapping[str, Any]) -> object:
            wanted = {"priority": said["priority"], "kind": said["kind"]}
            return self._tickets.revise(ticket.id, said["text"], **wanted)

        self._open(form, record)

    def _estimate(self, ticket: Ticket) -> None:
        form = self._form(ticket, tr("Impact and urgency"), tr("Record"))
        impacts = [(one, word_of_impact(one)) for one in IMPACTS]
        form.choice("impact", tr("What is affected"), impacts, ticket.impact or 2)
        urgencies = [(one, word_of_priority(one)) for one in PRIORITIES]
        form.choice(
            "urgency",
            tr("Urgency"),
            urgencies,
            ticket.urgency or ticket.priority,
            tr("Party B's own estimate; Party A's order stays as it is."),
        )
        form.lines("influence", tr("Who notices what"), text=ticket.influence)
        self._open(form, lambda said: self._tickets.facts.estimate(ticket.id, **said))

    def _scope(self, ticket: Ticket) -> None:
        form = self._form(ticket, tr("Seen elsewhere?"), tr("Record"))
        form.choice(
            "scope",
            tr("The same problem is seen"),
            [(one, word_of_scope(one)) for one in SCOPES if one],
            ticket.scope or None,
            tr("Talked over with Party A, so that it is solved once for all (2.3-5)."),
            required=True,
        )
        form.lines("text", tr("Where, or how it was looked for"))
        form.refuse_when(
            lambda said: (
                tr("Name where else it is seen.")
                if said["scope"] == "elsewhere" and not said["text"]
                else ""
            )
        )
        self._open(form, lambda said: self._tickets.facts.scope(ticket.id, **said))

    def _agree(self, ticket: Ticket) -> None:
        form = self._form(ticket, tr("Problem confirmed by both"), tr("Record"))
        self._who_and_how(form)
        form.lines("text", tr("What was said"))
        self._open(form, lambda said: self._tickets.facts.agree(ticket.id, **said))

    def _cause(self, ticket: Ticket) -> None:
        form = self._form(ticket, tr("Root cause"), tr("Record root cause"))
        form.lines("cause", tr("Root cause"), required=True, text=ticket.cause)
        form.choice(
            "attribution",
            tr("The cause lies with"),
            [(one, word_of_attribution(one)) for one in ATTRIBUTIONS],
            ticket.attribution,
        )
        form.line(
            "evidence",
            tr("Evidence"),
            tr("A cause outside Party B needs it (1.34): a log, a notice, a file."),
        )
        form.refuse_when(
            lambda said: (
                tr("Name the evidence (1.34).")
                if said["attribution"] not in ("", "party_b") and not said["evidence"]
                else ""
            )
        )

        def record(said: Mapping[str, Any]) -> object:
            evidence = [said["evidence"]] if said["evidence"] else []
            return self._tickets.facts.cause(
                ticket.id, said["cause"], said["attribution"], evidence=evidence
            )

        self._open(form, record)

    def _promise(self, ticket: Ticket) -> None:
        tickets = self._tickets
        early = ticket.kind in ("incident", "problem") and not ticket.cause
        sheet = PromiseSheet(
            self._window, _heading(ticket), ticket.promised_for, before_cause=early
        )
        sheet.given.connect(
            lambda until, text: self._do(
                lambda: tickets.promise(ticket.id, until, text), tr("Record a promise")
            )
        )
        sheet.open()

    def _interrupts(self, ticket: Ticket) -> None:
        form = self._form(ticket, tr("Does the work interrupt the service?"), tr("Record"))
        form.tick(
            "interrupts",
            tr("Downtime, release or upgrade: all those concerned are told before (2.3-8)"),
            on=not ticket.interrupts,
        )
        form.lines("text", tr("What is done, and when"))
        self._open(form, lambda said: self._tickets.facts.interrupts(ticket.id, **said))

    def _announce(self, ticket: Ticket) -> None:
        form = self._form(ticket, tr("Party A told those concerned"), tr("Record"))
        for one in AUDIENCES:
            form.line(one, word_of_audience(one), text=ticket.notices.get(one, ""))
        form.lines("text", tr("Note"))
        form.refuse_when(
            lambda said: (
                ""
                if any(said.get(one) for one in AUDIENCES)
                else tr("Name the announcement, the message or the letter.")
            )
        )

        def record(said: Mapping[str, Any]) -> object:
            told = {one: said[one] for one in AUDIENCES}
            return self._tickets.facts.announce(ticket.id, told, said["text"])

        self._open(form, record)

    def _restored(self, ticket: Ticket) -> None:
        form = self._form(ticket, tr("Service restored"), tr("Record"))
        form.moment("at", tr("It runs again since"), datetime.now(UTC))
        form.lines("text", tr("How, for now"))
        form.refuse_when(
            lambda said: (
                tr("Give a time between the opening of the ticket and now.")
                if not ticket.opened_at <= said["at"] + timedelta(minutes=1)
                or said["at"] > datetime.now(UTC)
                else ""
            )
        )

        def record(said: Mapping[str, Any]) -> object:
            at = max(said["at"], ticket.opened_at)  # the field knows whole minutes only
            return self._tickets.facts.restored(ticket.id, at, said["text"])

        self._open(form, record)

    def _hand_over(self, ticket: Ticket) -> None:
        form = self._form(ticket, tr("Hand-over to Party A"), tr("Record"))
        form.line("title", tr("Document or setting"), required=True)
        form.choice("kind", tr("Kind"), [(key, tr(word)) for key, word in _DOCUMENTS])
        form.line("before", tr("Before"))
        form.line("after", tr("After"))
        form.line("digest", tr("SHA-256 of the file"))
        form.lines("text", tr("Note"))

        def record(said: Mapping[str, Any]) -> object:
            values = {key: str(value) for key, value in said.items() if key != "text"}
            return self._tickets.facts.hand_over(ticket.id, [Handed(**values)], said["text"])

        self._open(form, record)

    def _assess(self, ticket: Ticket) -> None:
        form = self._form(ticket, tr("Evaluation by the project manager"), tr("Record"))
        form.line("by", tr("Project manager"), required=True, text=ticket.assessed_by)
        form.days("days", tr("Person-days"), float(ticket.assessed_days or Decimal(1)))
        form.lines("text", tr("Plan"))

        def record(said: Mapping[str, Any]) -> object:
            days = Decimal(said["days"])
            return self._tickets.assess(
                ticket.id, by=said["by"], person_days=days, text=said["text"]
            )

        self._open(form, record)

    def _spend(self, ticket: Ticket) -> None:
        form = self._form(ticket, tr("Person-days spent"), tr("Record"))
        form.days("days", tr("Person-days"))
        form.lines("text", tr("What for"))
        self._open(
            form,
            lambda said: self._tickets.spend(ticket.id, Decimal(said["days"]), said["text"]),
        )

    # -- other tickets

    def _link(self, ticket: Ticket) -> None:
        form = self._form(ticket, tr("Link to another ticket"), tr("Link"))
        form.choice("kind", tr("This ticket is"), [(one, word_of_link(one)) for one in CHOICES])
        self._other(form, ticket)
        self._open(
            form,
            lambda said: self._tickets.bonds.link(ticket.id, said["kind"], _number(said["other"])),
        )

    def _unlink(self, ticket: Ticket) -> None:
        linked = self._tickets.bonds.linked(ticket.id)
        form = self._form(ticket, tr("Remove a link"), tr("Remove"))
        words = [
            (other.id, f"{word_of_link(kind)} {other.number} {other.title}")
            for kind, other in linked
        ]
        form.choice("other", tr("Link"), words)
        self._open(form, lambda said: self._tickets.bonds.unlink(ticket.id, said["other"]))

    def _merge(self, ticket: Ticket) -> None:
        form = self._form(ticket, tr("Merge into another ticket"), tr("Merge"))
        self._other(
            form,
            ticket,
            tr("Its steps, time and person-days count there from now on; this can be taken back."),
        )
        form.lines("text", tr("Note"))
        self._open(
            form,
            lambda said: self._tickets.bonds.merge(ticket.id, _number(said["other"]), said["text"]),
        )

    def _part(self, ticket: Ticket) -> None:
        self._do(partial(self._tickets.bonds.part, ticket.id), tr("Take the merge back"))

    def _split(self, ticket: Ticket) -> None:
        form = self._form(ticket, tr("Split off a ticket"), tr("Split off"))
        form.line(
            "title",
            tr("What is it"),
            tr("It counts as asked for when this one was."),
            required=True,
        )
        form.choice("kind", tr("Kind"), [(one, word_of_kind(one)) for one in KINDS], ticket.kind)
        form.lines("description", tr("Description"))
        self._open(form, lambda said: self._tickets.bonds.split(ticket.id, **said))

    # -- inside

    def _ticket(self) -> Ticket:
        """Return the shown ticket as it stands in the record now."""
        return self._tickets.get(self._page.ticket_id)

    def _form(self, ticket: Ticket, title: str, action: str) -> FormSheet:
        return FormSheet(self._window, title, _heading(ticket), action)

    def _open(self, form: FormSheet, record: Callable[[Mapping[str, Any]], object]) -> None:
        title = form.windowTitle()
        form.given.connect(lambda said: self._do(lambda: record(said), title))
        form.open()

    def _who_and_how(self, form: FormSheet) -> None:
        contacts = designated_now(self._contracts)
        form.choice(
            "by",
            tr("Who confirmed"),
            [(one.name, one.name) for one in contacts],
            contacts[0].name if contacts else None,
            tr("A designated contact of Party A; others cannot confirm (contract 1.15)."),
            required=True,
        )
        form.choice("channel", tr("How"), [(tr(one), tr(one)) for one in CHANNELS])

    def _other(self, form: FormSheet, ticket: Ticket, hint: str = "") -> None:
        """Ask for another ticket: by number, or by words of its title."""
        near = [*self._tickets.similar(ticket.title), *self._tickets.all()[:_OFFERED]]
        known = {one.number: one for one in near if one.id != ticket.id}
        form.line(
            "other",
            tr("The other ticket"),
            hint,
            required=True,
            completions=[f"{one.number} {one.title}" for one in known.values()],
        )

    def _do(self, verb: Callable[[], object], title: str) -> None:
        self._runner.start(lambda _context: verb(), title, lane="tickets", changes=Change.TICKETS)


# What is asked for where a step lacks a fact.
_FACTS: Final[dict[Need, Verb]] = {"assessment": "assess", "cause": "cause", "notice": "announce"}


def _heading(ticket: Ticket) -> str:
    return f"{ticket.number} {ticket.title}"


def _number(said: str) -> str:
    """Return the number at the head of "T-0001 title"."""
    return said.split()[0] if said.split() else said
