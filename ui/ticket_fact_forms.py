"""Forms for what is found out about a ticket: each asks shortly, then records one fact."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from gmops_desktop.contract.changes import AUDIENCES, word_of_audience
from gmops_desktop.contract.steps import Handed
from gmops_desktop.contract.tickets import (
    ATTRIBUTIONS,
    IMPACTS,
    KINDS,
    PRIORITIES,
    SCOPES,
    Ticket,
    word_of_attribution,
    word_of_impact,
    word_of_kind,
    word_of_priority,
    word_of_scope,
)
from gmops_desktop.language import mark, tr
from gmops_desktop.services.attachments import Content
from ui.ticket_asking import Asking, heading
from ui.ticket_dialogs import PromiseSheet

_DOCUMENTS: Final = (("document", mark("Document")), ("configuration", mark("Configuration")))


class TicketFactForms:
    """One method for each fact; its name is the verb's."""

    def __init__(self, asking: Asking) -> None:
        self._asking, self._tickets, self._facts = asking, asking.tickets, asking.tickets.facts

    def priority(self, ticket: Ticket) -> None:
        """Party A's order, and the kind."""
        form = self._asking.form(ticket, tr("Party A's order, kind"), tr("Record"))
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

        self._asking.open(form, record)

    def asked(self, ticket: Ticket) -> None:
        """That it was asked for at another time than it says."""
        form = self._asking.form(ticket, tr("Asked at another time"), tr("Record"))
        form.moment(
            "at",
            tr("Asked at"),
            ticket.opened_at,
            tr("The clocks count from then; when it was written down stays on record."),
        )
        form.line("text", tr("How it is known"), required=True)
        form.refuse_when(
            lambda said: (
                tr("Give a time that lies behind us.") if said["at"] > datetime.now(UTC) else ""
            )
        )
        self._asking.open(form, lambda said: self._facts.asked(ticket.id, **said))

    def estimate(self, ticket: Ticket) -> None:
        """Party B's own estimate."""
        form = self._asking.form(ticket, tr("Impact and urgency"), tr("Record"))
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
        self._asking.open(form, lambda said: self._facts.estimate(ticket.id, **said))

    def scope(self, ticket: Ticket) -> None:
        """Whether the same problem is seen elsewhere."""
        form = self._asking.form(ticket, tr("Seen elsewhere?"), tr("Record"))
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
        self._asking.open(form, lambda said: self._facts.scope(ticket.id, **said))

    def agree(self, ticket: Ticket) -> None:
        """That Party A confirmed the problem."""
        form = self._asking.form(ticket, tr("Problem confirmed by both"), tr("Record"))
        self._asking.who_and_how(form)
        form.lines("text", tr("What was said"))
        self._asking.open(form, lambda said: self._facts.agree(ticket.id, **said))

    def cause(self, ticket: Ticket) -> None:
        """The root cause, on whose side it lies, and what shows that."""
        form = self._asking.form(ticket, tr("Root cause"), tr("Record root cause"))
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
        self._asking.take_files(form, ticket)

        def shown(said: Mapping[str, Any]) -> list[str]:
            return [one for one in (said["evidence"], *_names(said["files"])) if one]

        form.refuse_when(
            lambda said: (
                tr("Name the evidence (1.34).")
                if said["attribution"] not in ("", "party_b") and not shown(said)
                else ""
            )
        )

        def record(said: Mapping[str, Any]) -> object:
            side = said["attribution"]
            return self._facts.cause(ticket.id, said["cause"], side, evidence=shown(said))

        self._asking.open(form, record)

    def promise(self, ticket: Ticket) -> None:
        """Until when it will be solved."""
        early = ticket.kind in ("incident", "problem") and not ticket.cause
        sheet = PromiseSheet(
            self._asking.window, heading(ticket), ticket.promised_for, before_cause=early
        )
        sheet.given.connect(
            lambda until, text: self._asking.do(
                lambda: self._tickets.promise(ticket.id, until, text), tr("Record a promise")
            )
        )
        sheet.open()

    def interrupts(self, ticket: Ticket) -> None:
        """Whether the work stops the service."""
        form = self._asking.form(ticket, tr("Does the work interrupt the service?"), tr("Record"))
        form.tick(
            "interrupts",
            tr("Downtime, release or upgrade: all those concerned are told before (2.3-8)"),
            on=not ticket.interrupts,
        )
        form.lines("text", tr("What is done, and when"))
        form.refuse_when(
            lambda said: (
                tr("Write why it does not after all.")
                if ticket.interrupts and not said["interrupts"] and not said["text"]
                else ""
            )
        )
        self._asking.open(form, lambda said: self._facts.interrupts(ticket.id, **said))

    def announce(self, ticket: Ticket) -> None:
        """How Party A told those concerned."""
        form = self._asking.form(ticket, tr("Party A told those concerned"), tr("Record"))
        for one in AUDIENCES:
            form.line(one, word_of_audience(one), text=ticket.notices.get(one, ""))
        form.lines("text", tr("Note"))
        self._asking.take_files(form, ticket)
        form.refuse_when(
            lambda said: (
                ""
                if any(said.get(one) for one in AUDIENCES)
                else tr("Name the announcement, the message or the letter.")
            )
        )

        def record(said: Mapping[str, Any]) -> object:
            told = {one: said[one] for one in AUDIENCES}
            text = "\n".join(one for one in (said["text"], *_names(said["files"])) if one)
            return self._facts.announce(ticket.id, told, text)

        self._asking.open(form, record)

    def restored(self, ticket: Ticket) -> None:
        """Since when the service runs again."""
        form = self._asking.form(ticket, tr("Service restored"), tr("Record"))
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
            return self._facts.restored(ticket.id, at, said["text"])

        self._asking.open(form, record)

    def hand_over(self, ticket: Ticket) -> None:
        """What was given to Party A after a change: files with their digests, or settings."""
        form = self._asking.form(ticket, tr("Hand-over to Party A"), tr("Record"))
        form.choice("kind", tr("Kind"), [(key, tr(word)) for key, word in _DOCUMENTS])
        form.line(
            "title",
            tr("Document or setting without a file"),
            tr("Of files, attached below, the name and the SHA-256 are taken from the file."),
        )
        form.line("before", tr("Before"))
        form.line("after", tr("After"))
        form.lines("text", tr("Note"))
        self._asking.take_files(form, ticket)
        form.refuse_when(
            lambda said: (
                tr("Attach the files, or name the setting.")
                if not said["files"] and not said["title"]
                else tr("Name the setting that was changed.")
                if (said["before"] or said["after"]) and not said["title"]
                else ""
            )
        )

        def record(said: Mapping[str, Any]) -> object:
            items = [Handed(one.name, said["kind"], one.sha256) for one in said["files"]]
            if said["title"]:
                items.append(Handed(said["title"], said["kind"], "", said["before"], said["after"]))
            return self._facts.hand_over(ticket.id, items, said["text"])

        self._asking.open(form, record)

    def assess(self, ticket: Ticket) -> None:
        """The project manager's evaluation."""
        form = self._asking.form(ticket, tr("Evaluation by the project manager"), tr("Record"))
        today = self._asking.contracts.contacts(date.today())
        managers = [one.name for one in today if one.post == "project_manager"]
        known = ticket.assessed_by or (managers[0] if managers else "")
        form.line("by", tr("Project manager"), required=True, text=known, completions=managers)
        form.days("days", tr("Person-days"), float(ticket.assessed_days or Decimal(1)))
        form.lines("text", tr("Plan"))

        def record(said: Mapping[str, Any]) -> object:
            days = Decimal(said["days"])
            return self._tickets.assess(
                ticket.id, by=said["by"], person_days=days, text=said["text"]
            )

        self._asking.open(form, record)

    def spend(self, ticket: Ticket) -> None:
        """Person-days worked."""
        form = self._asking.form(ticket, tr("Person-days spent"), tr("Record"))
        form.days("days", tr("Person-days"))
        form.lines("text", tr("What for"))
        self._asking.open(
            form,
            lambda said: self._tickets.spend(ticket.id, Decimal(said["days"]), said["text"]),
        )


def _names(files: Sequence[Content]) -> list[str]:
    return [one.name for one in files]
