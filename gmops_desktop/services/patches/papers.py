"""What the documents of a change say, taken from the record: notice, report, hand-over form."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, get_args

from sqlalchemy.orm import Session

from db.models import ChangeRow, ResourceRow, TicketRow
from gmops_desktop.contract.change_states import Run
from gmops_desktop.contract.change_steps import handed_in
from gmops_desktop.contract.changes import AUDIENCES
from gmops_desktop.contract.gates import word_of_gate
from gmops_desktop.contract.record import EntryView
from gmops_desktop.contract.restart_lines import left_lines, restart_lines
from gmops_desktop.contract.runs import RunStep, word_of_step
from gmops_desktop.contract.steps import Handed
from gmops_desktop.contract.terms import Contract, day_of
from gmops_desktop.contract.tickets import same_name
from gmops_desktop.contract.updates import Plan, Update
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr
from gmops_desktop.reports.change_facts import (
    Approval,
    ChangeFacts,
    Confirmation,
    GateLine,
    Item,
    ItemKind,
    NoticeFacts,
    RecordFacts,
    RunLine,
    StepLine,
    Told,
)
from gmops_desktop.reports.facts import Override
from gmops_desktop.reports.orders import HandOverFacts
from gmops_desktop.services.patches.ending import Ending
from gmops_desktop.services.patches.record import Change, fields_of

Entries = Sequence[EntryView]


class Papers(Ending):
    """Gives the facts of a change's documents; `services.reports` makes them."""

    def notice_facts(self, change_id: str) -> NoticeFacts:
        """Return what the request and notice of a change says."""
        change = self.get(change_id)
        return NoticeFacts(self._facts(change, self._book.entries(change.id)), self._book.now())

    def record_facts(self, change_id: str) -> RecordFacts:
        """Return what the record of a change says, as far as it has come."""
        change = self.get(change_id)
        entries = self._book.entries(change.id)
        return RecordFacts(
            change=self._facts(change, entries),
            at=self._book.now(),
            gates=tuple(
                GateLine(word_of_gate(one.key), one.met, one.evidence, one.missing, one.emergency)
                for one in change.gates
            ),
            approvals=(Approval(change.approved_by, change.approved_at),)
            if change.approved_by and change.approved_at
            else (),
            deviations=tuple(
                Override(one.at, one.actor, tr("Differences accepted"), str(one.note["deviation"]))
                for one in entries
                if one.note.get("deviation")
            ),
            runs=tuple(_run(run) for run in change.runs),
            done=_done(entries),
            kept_files=_kept(change.runs),
            before=change.before,
            after=change.after,
            rollback_reason=change.rollback_reason,
            confirmation=_confirmation(change, entries),
            spent_days=change.spent_days,
        )

    def hand_over_facts(self, change_id: str) -> HandOverFacts:
        """Return what the hand-over form of a change says; raise `OpsError` before there is any."""
        change = self.get(change_id)
        handed = [one for one in self._book.entries(change.id) if _hands_over(one)]
        if not handed:
            raise OpsError(
                tr("{number} has handed nothing over.", number=change.number),
                hint=tr("Record the hand-over first (1.32)."),
            )
        with self._book.reading() as session:
            row = self._book.row(session, change.id)
            contract = self._contract(session, row)
            ticket = session.get(TicketRow, change.ticket_id) if change.ticket_id else None
            return HandOverFacts(
                ticket_id=ticket.id if ticket else "",
                ticket=ticket.number if ticket else "",
                title=ticket.title if ticket else "",
                items=handed_in(handed[-1]),
                contract=contract,
                dated=day_of(self._book.now()),
                change_id=change.id,
                change=change.number,
                change_title=change.title,
                release_notes=str(handed[-1].note.get("text", "")),
                diff=str(change.plan.get("diff", "")),
            )

    def _facts(self, change: Change, entries: Entries) -> ChangeFacts:
        with self._book.reading() as session:
            row = self._book.row(session, change.id)
            fields = fields_of(row)
            ticket = session.get(TicketRow, change.ticket_id) if change.ticket_id else None
            resource = session.get(ResourceRow, change.resource_id)
            performer = change.runs[-1].by if change.runs else self._book.journal.actor()
            phones = [
                one.phone
                for one in self._book.people(session, row)
                if one.party == "B" and same_name(one.name, performer)
            ]
            contract = self._contract(session, row)
        plan, said = change.updates, change.assessment
        window = change.window or (None, None)
        return ChangeFacts(
            change_id=change.id,
            number=change.number,
            kind=change.kind,
            title=change.title,
            server=_server(resource),
            contract=contract,
            state=change.state,
            created_at=change.created_at,
            requested_by=ticket.requester if ticket else "",
            ticket=f"{ticket.number} {ticket.title}" if ticket else "",
            why=said.text if said else "",
            risk=said.risk if said else "",
            assessed_by=said.by if said else "",
            person_days=said.days if said else None,
            downtime_minutes=said.downtime_minutes if said else None,
            window_begin=window[0],
            window_end=window[1],
            items=items_of(change.plan, plan),
            diff=str(change.plan.get("diff", "")),
            services=_services(change.plan, plan),
            reboot=plan.restart_host if plan else False,
            restarts=tuple(text for _state, text in restart_lines(plan)) if plan else (),
            simulated_at=change.simulated_at,
            rollback=change.way_back,
            last_resort=change.last_resort,
            told=_told(fields, change, entries),
            emergencies=tuple(
                Override(one.at, one.actor, word_of_gate(one.note["gate"]), one.note["emergency"])
                for one in entries
                if one.action == "change.passed" and one.note["gate"] in change.emergencies
            ),
            performer=performer,
            phone=next(iter(phones), ""),
        )

    def _contract(self, session: Session, row: ChangeRow) -> Contract:
        contract = self._book.owner(session, row)
        if contract is None:
            raise OpsError(
                tr("No contract has been recorded yet."),
                hint=tr("Record it in the settings, or load the example contract."),
            )
        return contract


def items_of(said: Mapping[str, Any], plan: Plan | None) -> tuple[Item, ...]:
    """Return what a plan alters: packages, files, settings, scripts of a database."""
    if plan is not None:
        return (
            *(_package(one) for one in plan.packages),
            *(_new(one) for one in plan.installs),
            *(Item("package", one, note=tr("removed")) for one in plan.removes),
        )
    if said.get("path"):
        return (Item("configuration", said["path"], said["before"], said["after"]),)
    files = [
        Item("file", one["path"], one.get("before", ""), one.get("after", ""))
        for one in said.get("changes", ())
    ]
    scripts = [
        Item("database", one["name"], "", one.get("digest", ""),
             tr("{count} statements", count=one.get("statements", 0)))
        for one in said.get("scripts", ())
        if one.get("phase") != "down"
    ]  # fmt: skip
    return (*files, *scripts)


def _package(one: Update) -> Item:
    said = (one.origin, one.severity, one.advisory, *one.cves)
    note = tr(", ", context="between names").join(text for text in said if text)
    return Item("package", one.name, one.old, one.new, note, one.security)


def _new(one: str) -> Item:
    name, _, version = one.partition(" ")
    return Item("package", name, "", version, tr("newly installed"))


def _services(said: Mapping[str, Any], plan: Plan | None) -> tuple[str, ...]:
    if plan is not None:
        return tuple(dict.fromkeys((*plan.services, *plan.restarts)))
    return tuple(str(said[name]) for name in ("service",) if said.get(name))


def _server(resource: ResourceRow | None) -> str:
    if resource is None:
        return tr("a server no longer in the contract")
    host = str((resource.address or {}).get("host") or "")
    return f"{resource.name} ({host})" if host else resource.name


def _told(fields: Mapping[str, Any], change: Change, entries: Entries) -> tuple[Told, ...]:
    """Return how each audience was told of the window that is set."""
    found = []
    for one in AUDIENCES:
        evidence = change.announced.get(one, "")
        said = [
            entry
            for entry in entries
            if evidence
            and entry.fields.get(f"announced_{one}") == evidence
            and entry.fields.get(f"announced_{one}_for") == fields.get(f"announced_{one}_for")
        ]
        last = said[-1] if said else None
        at, by = (last.at, last.actor) if last else (None, "")
        found.append(Told(one, evidence, at, by))
    return tuple(found)


def _run(run: Run) -> RunLine:
    steps = [RunStep(**_step(one)) for one in run.steps]
    left = left_lines(run.outcome or {}, restarted=bool(run.restarted))
    return RunLine(
        id=run.id,
        purpose=run.purpose,
        state=run.state,
        by=run.by,
        why=run.why or run.left,
        status=run.status,
        began_at=run.began_at,
        ended_at=run.ended_at,
        steps=tuple(
            StepLine(word_of_step(one.key), one.began_at, one.ended_at, one.status) for one in steps
        ),
        log_digest=run.log_digest,
        log_bytes=run.log_bytes if run.log_digest else None,
        tail=run.tail,
        restarted=run.restarted,
        left=tuple(text for _state, text in left),
    )


def _step(said: Mapping[str, Any]) -> dict[str, Any]:
    """Return a step as it was recorded, its times read."""
    return {
        name: datetime.fromisoformat(value) if name.endswith("_at") and value else value
        for name, value in said.items()
    }


def _hands_over(entry: EntryView) -> bool:
    return entry.action == "change.handed_over" and bool(entry.note.get("items"))


def _done(entries: Entries) -> tuple[Item, ...] | None:
    """Return what the server said at the hand-over that was altered; None before."""
    handed = [one for one in entries if _hands_over(one)]
    if not handed:
        return None
    return tuple(_item(one) for one in handed_in(handed[-1]) if one.kind in get_args(ItemKind))


def _item(one: Handed) -> Item:
    kind: Any = one.kind
    if one.kind == "database":  # planned by its script's digest; what was run is said beside it
        return Item(kind, one.title, one.before, one.digest, one.now)
    return Item(kind, one.title, one.before, one.after or one.digest)


def _kept(runs: Iterable[Run]) -> tuple[str, ...]:
    """Return the configuration files that a package manager left as they were, of the newest run
    that says so."""
    said = [run.outcome["beside"] for run in runs if run.outcome and run.outcome.get("beside")]
    return tuple(line for line in said[-1].splitlines() if line.strip()) if said else ()


def _confirmation(change: Change, entries: Entries) -> Confirmation | None:
    said = [one for one in entries if one.action == "change.confirmed"]
    if not said or change.confirmed_at is None:
        return None
    note = said[-1].note
    return Confirmation(
        change.confirmed_by,
        change.confirmed_at,
        str(note.get("channel", "")),
        str(note.get("text", "")),
        str(note.get("paper", "")),
    )
