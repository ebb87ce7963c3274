"""The verbs before a change begins: evaluated, announced, released, prepared, checked.

Each checks that it is its turn, writes one entry, and returns the change as it then is.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, get_args

from gmops_desktop.addresses import Resource
from gmops_desktop.context import Context
from gmops_desktop.contract.change_checks import Checks, checks_to_dict
from gmops_desktop.contract.change_states import EMERGENCY, digest_of_plan, window_of
from gmops_desktop.contract.changes import AUDIENCES, WAYS, Audience, word_of_audience
from gmops_desktop.contract.gates import GateKey, gates, notice_gate, word_of_gate
from gmops_desktop.contract.rollbacks import rollback_to_dict
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr
from gmops_desktop.services.patches.queue import Queue, check_host, withdrawn
from gmops_desktop.services.patches.record import Change, fields_of, kind_of


class Planning(Queue):
    """Verbs that get a change ready; none of them touches what is in use on a server."""

    def assess(
        self,
        change_id: str,
        *,
        text: str,
        risk: str = "",
        downtime_minutes: int | None = None,
        by: str = "",
        person_days: Decimal | None = None,
    ) -> Change:
        """Record the evaluation: what for, at which risk, how long the service stands still.

        Changes of the application are evaluated by the project manager, with person-days (2.3-4):
        they become the estimate of the ticket that the change comes from, or of a new one.
        """
        with self._book.reading() as session:
            row = self._book.standing(session, change_id, "assess")
            change = self._book.change(session, row)
            evaluated = kind_of(row) != "patch"
            name = self._book.evaluating(session, row, by) if evaluated else by.strip()
        if not text.strip():
            raise OpsError(
                tr("The evaluation of {number} says nothing.", number=change.number),
                hint=tr("Say what the change is for, and what may go wrong."),
                unharmed=tr("Nothing was recorded."),
            )
        if evaluated and person_days is None:
            raise OpsError(
                tr("The evaluation of {number} names no person-days.", number=change.number),
                hint=tr("Give a number like 0.5; 0 for work that is not charged (2.3-4)."),
                unharmed=tr("Nothing was recorded."),
            )
        if (person_days is not None and person_days < 0) or (downtime_minutes or 0) < 0:
            raise OpsError(
                tr("Person-days and minutes cannot be less than none."),
                hint=tr("Give a number like 0.5."),
                unharmed=tr("Nothing was recorded."),
            )
        ticket_id = self._estimated(change, name, person_days, text)
        with self._book.writing() as session:
            row = self._book.standing(session, change.id, "assess")
            fields = {
                "assessed_at": self._book.now(),
                "assessed_by": name or self._book.journal.actor(),
                "assessed_text": text.strip(),
                "risk": risk.strip(),
                "downtime_minutes": downtime_minutes,
                "assessed_days": person_days,
            }
            if ticket_id != row.ticket_id:
                fields["ticket_id"] = ticket_id
            return self._book.record(session, row, "change.assessed", fields)

    def _estimated(self, change: Change, by: str, days: Decimal | None, text: str) -> str:
        """Write the estimate to the ticket of the change, or to a new one; return the ticket."""
        ledger, tickets = self._hands.days, self._hands.tickets
        if not days or ledger is None or tickets is None or change.kind == "patch":
            return change.ticket_id
        ticket_id = change.ticket_id or self._ticket_of(change.id)
        if not ticket_id:
            ticket_id = tickets.open(
                "requirement", change.title, requester="", priority=3,
                description=tr("For {number}.", number=change.number),
                resource_id=change.resource_id,
            ).id  # fmt: skip
            with self._book.writing() as session:
                row = self._book.row(session, change.id)
                self._book.record(session, row, "change.linked", {"ticket_id": ticket_id})
        number = tickets.get(ticket_id).number
        said = tr("For {number}.", number=change.number) + " " + text.strip()
        ledger.estimate(number, days, by=by, text=said)
        return ticket_id

    def _ticket_of(self, change_id: str) -> str:
        with self._book.reading() as session:
            return self._book.row(session, change_id).ticket_id

    # ------------------------------------------------------------ window and notices

    def set_window(self, change_id: str, begin: datetime, end: datetime) -> Change:
        """Set when it may be done; notices of another window no longer count."""
        begin, end = begin.astimezone(UTC), end.astimezone(UTC)
        if end <= begin or end <= self._book.now():
            raise OpsError(
                tr("This is no window that is still to come."),
                hint=tr("Let it end after its begin, and later than now."),
                unharmed=tr("The window is as it was."),
            )
        with self._book.writing() as session:
            row = self._book.standing(session, change_id, "set_window")
            wanted = {
                "window_from": begin.replace(second=0, microsecond=0),
                "window_to": end.replace(second=0, microsecond=0),
            }
            if (row.window_from, row.window_to) == tuple(wanted.values()):
                return self._book.change(session, row)
            notices = {name: "" for name in withdrawn(row) if name.startswith("announced_")}
            return self._book.record(session, row, "change.windowed", wanted | notices)

    def announce(self, change_id: str, audience: Audience, evidence: str) -> Change:
        """Record that Party A told one audience of the window that is set, and what shows it."""
        if audience not in AUDIENCES:
            raise OpsError(
                tr("“{audience}” is none of those who must be told.", audience=audience),
                hint=tr("Choose one of: {names}.", names=", ".join(get_args(Audience))),
            )
        if not evidence.strip():
            raise OpsError(
                tr("The notice to {audience} needs evidence.", audience=word_of_audience(audience)),
                hint=tr("Name the document, web page or message, with its date."),
            )
        said = evidence.strip()
        with self._book.writing() as session:
            row = self._book.standing(session, change_id, "announce")
            window = window_of(fields_of(row))
            if not window:
                raise OpsError(
                    tr("{number} has no window that they could be told of.", number=row.number),
                    hint=tr("Set the window first; the notice names it."),
                    unharmed=tr("Nothing was recorded."),
                )
            fields = {f"announced_{audience}": said, f"announced_{audience}_for": window}
            return self._book.record(
                session, row, "change.announced", fields, audience=audience, evidence=said
            )

    def remind(
        self, change_id: str, context: Context, *, way: str, text: str, whom: str = ""
    ) -> Change:
        """Record that Party A was reminded of what it is still to do: who, when, by which way, in
        which words.  By "robot" the words are sent first; what is not taken is not recorded."""
        if way not in WAYS:
            raise OpsError(
                tr("“{way}” is no way to remind somebody.", way=way),
                hint=tr("Choose one of: {names}.", names=", ".join(WAYS)),
                unharmed=tr("Nothing was recorded."),
            )
        if not text.strip():
            raise OpsError(tr("The reminder says nothing."), unharmed=tr("Nothing was recorded."))
        with self._book.reading() as session:
            change = self._book.change(session, self._book.standing(session, change_id, "remind"))
        if way == "robot":
            if self._hands.say is None:
                raise OpsError(
                    tr("No WeCom robot is set up."),
                    hint=tr("Enter its address in the settings, or with `gmops robot set`."),
                    unharmed=tr("Nothing was recorded."),
                )
            self._hands.say(change.number, text, context)
        with context.uncut(), self._book.writing() as session:
            row = self._book.standing(session, change.id, "remind")
            fields = {"reminded_at": self._book.now(), "reminded_by": self._book.journal.actor()}
            return self._book.record(
                session, row, "change.reminded", fields,
                way=way, whom=whom.strip(), text=text.strip()[:4000],
            )  # fmt: skip

    # ------------------------------------------------------------ release and emergencies

    def approve(self, change_id: str) -> Change:
        """Release the plan as it stands; whoever made it cannot, where a second person is asked."""
        actor = self._book.journal.actor()
        with self._book.writing() as session:
            row = self._book.standing(session, change_id, "approve")
            fields, contract = fields_of(row), self._book.owner(session, row)
            two_person = contract is not None and contract.two_person
            if two_person and actor == fields.get("author"):
                raise OpsError(
                    tr("{name} made the plan of {number}.", name=actor, number=row.number),
                    hint=tr("Let a second person look at it and release it, under their own name."),
                    unharmed=tr("The change is as it was."),
                )
            said = {
                "approved_by": actor,
                "approved_at": self._book.now(),
                "approved_plan": digest_of_plan(row.plan or {}),
            }
            return self._book.record(session, row, "change.approved", said)

    def pass_gate(self, change_id: str, gate: GateKey, reason: str) -> Change:
        """Open a gate as a special emergency (特殊紧急); the reason is recorded and printed.

        What keeps the server whole is opened by no reason.
        """
        with self._book.writing() as session:
            row = self._book.standing(session, change_id, "pass_gate")
            found = {one.key: one for one in gates(self._book.facts(session, row))}
            if gate not in found:
                raise OpsError(
                    tr("{number} has no such gate: {gate}.", number=row.number, gate=gate),
                    hint=tr("Choose one of: {names}.", names=", ".join(found)),
                )
            if not found[gate].passable:
                raise OpsError(
                    tr("No emergency opens this gate: {gate}.", gate=word_of_gate(gate)),
                    hint=found[gate].missing,
                    unharmed=tr("The change is as it was."),
                )
            if not reason.strip():
                raise OpsError(
                    tr("A special emergency needs its reason."),
                    hint=tr("Write why in a sentence; it stands in the record and the report."),
                    unharmed=tr("The change is as it was."),
                )
            said = reason.strip()[:1000]
            fields = {EMERGENCY + gate: said}
            # What clause 2.3-8 counts: done without telling all those concerned, once a change.
            if gate in map(notice_gate, AUDIENCES) and not row.emergency:
                fields["emergency"] = said
            return self._book.record(
                session, row, "change.passed", fields, gate=gate, emergency=said
            )

    # ------------------------------------------------------------ preparation

    def prepare(self, resource: Resource, change_id: str, context: Context) -> Change:
        """Bring everything that the change and its way back need to the server; nothing in use is
        touched.  What could bring it back is known and recorded from then on."""
        with self._book.writing() as session:
            row = self._book.standing(session, change_id, "prepare")
            change = self._book.change(session, row)
            check_host(resource, change)
            work = self._work(change)
            _check_plan_holds(change, fields_of(row))
            digest = digest_of_plan(change.plan)
            fields: dict[str, Any] = {"preparing_plan": digest}
            self._book.record(session, row, "change.preparing", fields)
        context.progress(None, tr("Preparing {number} on {name} …", number=change.number,
                                  name=resource.name))  # fmt: skip
        way_back = work.prepare(resource, change.plan, change.id, context)
        with context.uncut(), self._book.writing() as session:
            row = self._book.standing(session, change.id, "prepare")
            if digest_of_plan(row.plan or {}) != digest:
                raise OpsError(
                    tr("The plan of {number} was changed meanwhile.", number=row.number),
                    hint=tr("Prepare the new plan."),
                    unharmed=tr("Nothing in use on the server was touched."),
                )
            fields = {
                "preparing_plan": "",
                "prepared_plan": digest,
                "prepared_at": self._book.now(),
                "way_back": rollback_to_dict(way_back),
            }
            return self._book.record(session, row, "change.prepared", fields)

    def check_before(self, resource: Resource, change_id: str, context: Context) -> Change:
        """Look at everything that the change could break, to have it to compare with."""
        with self._book.reading() as session:
            row = self._book.standing(session, change_id, "check_before")
            change = self._book.change(session, row)
        check_host(resource, change)
        found = self._checked(resource, change, context)
        with context.uncut(), self._book.writing() as session:
            row = self._book.standing(session, change.id, "check_before")
            fields = {
                "checks_before": checks_to_dict(found),
                "checks_plan": digest_of_plan(change.plan),
            }
            return self._book.record(session, row, "change.checked_before", fields)

    def _checked(self, resource: Resource, change: Change, context: Context) -> Checks:
        """Return what is looked at now; after the change what was restarted is given its time."""
        take = self._hands.take_checks
        if take is None:
            raise OpsError(
                tr("Nothing can be checked on {name} from here.", name=resource.name),
                unharmed=tr("Nothing was done on the server."),
            )
        context.progress(None, tr("Checking {name} …", name=resource.name))
        patient = self._hands.patient if change.runs else 0.0
        before = change.before if change.runs else None
        return take(resource, change.plan, context, patient=patient, before=before)

    # ------------------------------------------------------------ given up

    def cancel(self, change_id: str, reason: str) -> Change:
        """Take a change out of the queue, with the reason."""
        if not reason.strip():
            raise OpsError(
                tr("Cancelling a change needs a reason."),
                hint=tr("Say in a few words why it is not done."),
            )
        with self._book.writing() as session:
            row = self._book.standing(session, change_id, "cancel")
            fields = {"reason": reason.strip()[:1000], "closed_at": self._book.now()}
            return self._book.record(session, row, "change.cancelled", fields)


def words_for(change: Change) -> str:
    """Return the words that remind Party A of what it is still to do for a change."""
    wanted = [
        f"{word_of_gate(one.key)}{tr(': ')}{one.missing}"
        for one in change.gates
        if one.who == "A" and not one.open
    ]
    if change.state == "awaiting_confirmation":
        wanted = [tr("It is done and checked: please confirm it (2.3-7).")]
    head = tr("{number} {title}: we are waiting for Party A.", number=change.number,
              title=change.title)  # fmt: skip
    return "\n".join([head, *(f"- {one}" for one in wanted)])


def _check_plan_holds(change: Change, fields: dict[str, Any]) -> None:
    if fields.get("plan_unchanged") is not True:
        raise OpsError(
            tr("The plan of {number} no longer holds, or was not simulated.", number=change.number),
            hint=tr("Simulate it again; where it drifted, take the new plan or cancel."),
            unharmed=tr("Nothing was done on the server."),
        )
