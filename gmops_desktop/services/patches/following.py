"""A run is followed to its end, and how it ended is recorded once.

Nothing here decides by itself how a run ended: the server says it, however often it is asked.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from typing import Any

from db.models import ChangeRow
from gmops_desktop.addresses import Resource
from gmops_desktop.context import Context
from gmops_desktop.contract.change_states import ENDED_RUN, LEFT_RUN, Run, runs_of
from gmops_desktop.contract.runs import RunLook, word_of_step
from gmops_desktop.contract.troubles import Trouble
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr
from gmops_desktop.services.patches.planning import Planning
from gmops_desktop.services.patches.record import Change, fields_of
from gmops_desktop.services.patches.run_log import RunLog
from gmops_desktop.services.patches.silence import Silence, not_back

Follow = Callable[[RunLook], object]


class Following(Planning):
    """What all verbs have in common that begin something on a server, or ask about it."""

    def _follow(
        self,
        resource: Resource,
        change: Change,
        run_id: str,
        context: Context,
        follow: Follow | None,
    ) -> Change:
        """Look at a run until it ends, and record how; a line that is lost changes nothing."""
        look_run = self._hands.look_run
        if look_run is None:
            raise OpsError(
                tr("{number} goes on at the server, and cannot be followed from here.",
                   number=change.number),
            )  # fmt: skip
        log, silence = RunLog(), Silence(self._hands)
        restarts = _restarts(self._book.get(change.id), run_id)
        while True:
            try:
                look = look_run(resource, run_id, log.offset, context)
            except OpsError as error:
                pause = silence.pause(restarts=restarts)
                if pause is None:
                    if restarts:
                        return self._not_back(resource, change, run_id, silence, error, context)
                    return self._left(change, error, context)
                context.progress(None, silence.told(resource.name, restarts=restarts))
                context.wait(pause)
                continue
            if look.state == "unknown":
                return self._left(change, OpsError(look.why), context)
            silence = Silence(self._hands)
            log.add(look)
            if follow is not None:
                follow(look)
            context.progress(None, _said(change, look))
            if look.state == "absent":
                return self._absent(resource, change, run_id, context)
            if look.ended and not look.more:
                return self._ended(resource, change, look, log, context)
            if not look.more:
                context.wait(self._hands.every)

    def _left(self, change: Change, error: OpsError, context: Context) -> Change:
        context.note(
            tr(
                "{number} goes on at the server; it cannot be followed now: {why} Attach again.",
                number=change.number,
                why=error.message,
            )
        )
        return self._book.get(change.id)

    def _not_back(
        self,
        resource: Resource,
        change: Change,
        run_id: str,
        silence: Silence,
        error: OpsError,
        context: Context,
    ) -> Change:
        """Record that a server which was to restart does not answer, and tell it as a fault; what
        became of the run is asked again by `attach`."""
        why = not_back(resource.name, silence.lasted, error)
        context.note(why)
        with context.uncut(), self._book.writing() as session:
            row = self._book.row(session, change.id)
            run = _run(row, run_id)
            if not run.going:
                return self._book.change(session, row)
            left = {LEFT_RUN + run_id: why}
            changed = self._book.record(
                session, row, "change.left", left, purpose=run.purpose, why=why, run=run_id
            )
        title = tr("{name} does not come back after {number}", name=resource.name,
                   number=change.number)  # fmt: skip
        self._report(changed, title, why, f"left-{run_id}", ())
        return changed

    def _absent(self, resource: Resource, change: Change, run_id: str, context: Context) -> Change:
        """Record that a run was never begun there; while another program may be about to begin it,
        that is not known."""
        look_run = self._hands.look_run
        assert look_run is not None
        with self._hands.alone(resource):
            look = look_run(resource, run_id, 0, context)
            if look.state != "absent":
                return self._book.get(change.id)
            why = look.why or tr("It was never begun on the server.")
            with context.uncut(), self._book.writing() as session:
                row = self._book.row(session, change.id)
                if not _run(row, run_id).going:  # its end was recorded meanwhile
                    return self._book.change(session, row)
                end = {"state": "absent", "why": why}
                purpose = _run(row, run_id).purpose
                return self._book.record(
                    session, row, "change.finished", {ENDED_RUN + run_id: end},
                    purpose=purpose, state="absent", why=why, run=run_id,
                )  # fmt: skip

    def _ended(
        self, resource: Resource, change: Change, look: RunLook, log: RunLog, context: Context
    ) -> Change:
        """Record how a run ended, once; a fault goes into a ticket."""
        with self._book.reading() as session:
            run = _run(self._book.row(session, change.id), look.id)
        if not run.going:
            return self._book.get(change.id)
        if self._hands.keep_log is not None and log.size:
            name = f"{change.number}-{run.purpose}-{look.id[-8:]}.log"
            self._hands.keep_log(change.id, name, log.kept, context)
        at = _ended_at(run, look) or self._book.now()
        end = {
            "state": look.state,
            "why": look.why,
            "status": look.status,
            "ended_at": at,
            "log_bytes": log.size,
            "log_digest": log.digest,
            "tail": log.tail,
            "outcome": dict(look.outcome),
            "steps": [asdict(step) for step in look.steps],
            "restarted": look.boot_id != look.boot_before
            if look.boot_id and look.boot_before
            else None,
        }
        fields: dict[str, Any] = {ENDED_RUN + look.id: end}
        if look.state == "done":
            fields["rolled_back_at" if run.purpose == "rollback" else "applied_at"] = at
        with context.uncut(), self._book.writing() as session:
            row = self._book.row(session, change.id)
            if not _run(row, look.id).going:
                return self._book.change(session, row)
            changed = self._book.record(
                session, row, "change.finished", fields,
                purpose=run.purpose, state=look.state, why=look.why, run=look.id,
            )  # fmt: skip
        if look.state != "done":
            title = tr("{number} failed on {name}", number=change.number, name=resource.name)
            text = look.why or tr("It ended with a fault.")
            self._report(changed, title, text, look.id, (log.tail,))
        return changed

    def _report(
        self, change: Change, title: str, text: str, occurrence: str, evidence: tuple[str, ...]
    ) -> None:
        if self._hands.troubles is None:
            return
        self._hands.troubles.report(
            Trouble(
                f"change.failed:{change.id}",
                title,
                f"{change.number} {change.title}\n{text}",
                resource_id=change.resource_id,
                evidence=tuple(one for one in evidence if one),
                occurrence=occurrence,
                kind="incident",
            )
        )


def _run(row: ChangeRow, run_id: str) -> Run:
    return next(run for run in runs_of(fields_of(row)) if run.id == run_id)


def _ended_at(run: Run, look: RunLook) -> datetime | None:
    """Return when a run ended by our clock: the server's may be wrong, what lies between is not."""
    if look.began_at is None or look.ended_at is None or look.ended_at < look.began_at:
        return None
    return run.began_at + (look.ended_at - look.began_at)


def _restarts(change: Change, run_id: str) -> bool:
    """Whether the server restarts at the end of a run; a mending run leaves it up."""
    plan, run = change.updates, next(one for one in change.runs if one.id == run_id)
    return bool(plan and plan.restart_host and run.purpose != "mend")


def _said(change: Change, look: RunLook) -> str:
    begun = [word_of_step(one.key) for one in look.steps if one.began_at]
    return f"{change.number} {begun[-1] if begun else ''}".strip()
