"""How a change is carried out: begun through its gates, followed, looked for again, taken back.

What was begun is in the journal before the server is told.  So after any crash, on any machine, the
server can be asked what became of it; nothing here decides by itself how a run ended.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Final
from uuid import NAMESPACE_OID, uuid5

from sqlalchemy.orm import Session

from db.models import ChangeRow
from gmops_desktop.addresses import Resource
from gmops_desktop.context import Context
from gmops_desktop.contract.change_checks import checks_to_dict, compare, held
from gmops_desktop.contract.change_states import ENDED_RUN, RUN, Run, begun, digest_of_plan, runs_of
from gmops_desktop.contract.changes import Verb, next_step
from gmops_desktop.contract.gates import Gate, gates, word_of_gate
from gmops_desktop.contract.runs import RunPurpose
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr
from gmops_desktop.services.patches.following import Follow, Following
from gmops_desktop.services.patches.queue import check_host
from gmops_desktop.services.patches.record import Change, fields_of, state_in

_BACKWARD: Final = frozenset(("way_back", "alone"))  # the gates of a rollback and of a repair
_VERB_OF: Final[dict[RunPurpose, Verb]] = {
    "apply": "apply",
    "rollback": "roll_back",
    "mend": "mend",
}


class Running(Following):
    """The verbs that start something on a server, and those that ask what became of it."""

    def apply(
        self,
        resource: Resource,
        change_id: str,
        context: Context,
        *,
        confirm: str,
        follow: Follow | None = None,
    ) -> Change:
        """Carry the change out, and follow it to its end.

        `confirm` must be the change's number.  The plan is played again and every gate is asked
        once more, while no other program of this machine can begin something there.  If the line is
        lost on the way, the run goes on by itself and the change stays “applying”: `attach` again.
        """
        change = self._wanted(resource, change_id, "apply", confirm)
        self._work(change)
        with self._hands.alone(resource):
            change = self.simulate(resource, change.id, context)
            if self._hands.rescue is not None:
                self._hands.rescue.keep(resource, change.id, context)
            run_id = self._begin(resource, change, "apply", context)
        return self._follow(resource, change, run_id, context, follow)

    def roll_back(
        self,
        resource: Resource,
        change_id: str,
        context: Context,
        *,
        confirm: str,
        reason: str,
        follow: Follow | None = None,
    ) -> Change:
        """Take the change back by the way that was prepared before it; `confirm` as in `apply`."""
        change = self._wanted(resource, change_id, "roll_back", confirm)
        if not reason.strip():
            raise OpsError(
                tr("Rolling back needs a reason."),
                hint=tr("Write why in a sentence; it stands in the record and the report."),
                unharmed=tr("Nothing was done on the server."),
            )
        said = {"rollback_reason": reason.strip()[:1000]}
        with self._hands.alone(resource):
            run_id = self._begin(resource, change, "rollback", context, said)
        return self._follow(resource, change, run_id, context, follow)

    def mend(
        self,
        resource: Resource,
        change_id: str,
        context: Context,
        *,
        confirm: str,
        follow: Follow | None = None,
    ) -> Change:
        """Let the server finish what a failed run left half done; `confirm` as in `apply`."""
        change = self._wanted(resource, change_id, "mend", confirm)
        with self._hands.alone(resource):
            run_id = self._begin(resource, change, "mend", context)
        return self._follow(resource, change, run_id, context, follow)

    def attach(
        self, resource: Resource, change_id: str, context: Context, follow: Follow | None = None
    ) -> Change:
        """Ask the server what became of what was begun, and follow it to its end.

        From any machine, also after a crash or a lost line.  What was never begun there is recorded
        as such; the change can then be started again.
        """
        with self._book.reading() as session:
            row = self._book.standing(session, change_id, "attach")
            change = self._book.change(session, row)
        check_host(resource, change)
        for run in change.runs:
            if run.going and not run.way:
                change = self._follow(resource, change, run.id, context, follow)
        return change

    def check_after(self, resource: Resource, change_id: str, context: Context) -> Change:
        """Look at everything again and compare it with before.

        Where nothing is worse or unknown, the change waits for Party A's confirmation; else it can
        be rolled back, and a ticket says what is wrong.
        """
        with self._book.reading() as session:
            row = self._book.standing(session, change_id, "check_after")
            change = self._book.change(session, row)
        check_host(resource, change)
        if change.before is None:
            raise OpsError(
                tr("{number} was not checked before: there is nothing to compare with.",
                   number=change.number),
                hint=tr("Look at the server, then accept its state with a reason or roll back."),
            )  # fmt: skip
        found = self._checked(resource, change, context)
        differences = compare(change.before, found)
        fine = held(differences)
        with context.uncut(), self._book.writing() as session:
            row = self._book.standing(session, change.id, "check_after")
            fields = {
                "checks_after": checks_to_dict(found),
                "checks_held": fine,
                "checked_run": last_run(row).id,
                "accepted": "",
            }
            changed = self._book.record(session, row, "change.checked_after", fields)
        if not fine:
            worse = [f"{one.title}{tr(': ')}{one.after.text if one.after else tr('not looked at')}"
                     for one in differences if one.verdict in ("worse", "unknown")]  # fmt: skip
            self._report(
                changed, tr("After {number} not all is as before", number=change.number),
                "\n".join(worse), f"checks-{found.at.isoformat()}", (),
            )  # fmt: skip
        return changed

    def accept(self, change_id: str, reason: str) -> Change:
        """Accept what the checks after found otherwise than before, with the reason (2.3-9)."""
        if not reason.strip():
            raise OpsError(
                tr("Accepting the differences needs a reason."),
                hint=tr("Write why in a sentence; it stands in the record and the report."),
            )
        with self._book.writing() as session:
            row = self._book.standing(session, change_id, "accept")
            last = last_run(row)
            if last.state != "done":
                raise OpsError(
                    tr("The run of {number} did not end well: that cannot be accepted.",
                       number=row.number),
                    hint=next_step("postcheck"),
                    unharmed=tr("The change is as it was."),
                )  # fmt: skip
            said = reason.strip()[:1000]
            fields = {"checks_held": True, "checked_run": last.id, "accepted": said}
            return self._book.record(session, row, "change.accepted", fields, deviation=said)

    def try_again(self, change_id: str, reason: str) -> Change:
        """Let a run that failed be started anew: through all gates, with new checks before."""
        if not reason.strip():
            raise OpsError(
                tr("Trying again needs a reason."),
                hint=tr("Say what was mended since."),
                unharmed=tr("The change is as it was."),
            )
        with self._book.writing() as session:
            row = self._book.standing(session, change_id, "try_again")
            last = last_run(row)
            if last.state == "done":
                raise OpsError(
                    tr("The run of {number} ended well: there is nothing to try again.",
                       number=row.number),
                    hint=next_step("postcheck"),
                    unharmed=tr("The change is as it was."),
                )  # fmt: skip
            fields = {"again": last.id, "checks_before": None, "gates": None}
            return self._book.record(session, row, "change.retried", fields, text=reason.strip())

    # ------------------------------------------------------------ begun

    def _wanted(self, resource: Resource, change_id: str, verb: Verb, confirm: str) -> Change:
        with self._book.reading() as session:
            row = self._book.standing(session, change_id, verb)
            change = self._book.change(session, row)
        check_host(resource, change)
        if confirm.strip().upper() != change.number:
            raise OpsError(
                tr("To go on, type the number of the change: {number}.", number=change.number),
                unharmed=tr("Nothing was done on the server."),
            )
        return change

    def _begin(
        self,
        resource: Resource,
        change: Change,
        purpose: RunPurpose,
        context: Context,
        fields: dict[str, Any] | None = None,
    ) -> str:
        """Ask the gates, write down that it begins, tell the server; return the run's id."""
        work = self._work(change)
        with context.uncut():
            with self._book.writing() as session:
                row = self._book.standing(session, change.id, _VERB_OF[purpose])
                found = self._passing(session, row, purpose)
                run_id = _id_of(row, purpose)
                actor, now = self._book.journal.actor(), self._book.now()
                said: dict[str, Any] = {
                    RUN + run_id: {
                        "purpose": purpose,
                        "at": now,
                        "by": actor,
                        "place": len(begun(fields_of(row))),
                    },
                    "run_id": run_id,
                    **(fields or {}),
                }
                if fields_of(row).get(ENDED_RUN + run_id):  # it had not arrived
                    said[ENDED_RUN + run_id] = None
                if purpose == "apply":
                    said["gates"] = {"all": [asdict(gate) for gate in found]}
                self._book.record(
                    session, row, "change.started", said, purpose=purpose, run=run_id,
                    text=(fields or {}).get("rollback_reason", ""),
                )  # fmt: skip
            work.start(resource, change.plan, change.id, run_id, purpose, context)
        return run_id

    def _passing(self, session: Session, row: ChangeRow, purpose: RunPurpose) -> tuple[Gate, ...]:
        """Return the gates, all of them open; else say which are not, and what to do."""
        found = gates(self._book.facts(session, row))
        if purpose != "apply":
            found = tuple(gate for gate in found if gate.key in _BACKWARD)
        closed = [gate for gate in found if not gate.open]
        if closed:
            lines = [f"{word_of_gate(one.key)}{tr(': ')}{one.missing}" for one in closed]
            raise OpsError(
                tr("{number} may not begin yet.", number=row.number) + "\n" + "\n".join(lines),
                hint=next_step(state_in(row)),
                unharmed=tr("Nothing was done on the server."),
            )
        return found


def _id_of(row: ChangeRow, purpose: RunPurpose) -> str:
    """Return the id of the run to begin.

    It follows from the change, its plan and how many runs were before: two devices that begin the
    same at once give it one id, which the server begins only once, and both follow that run.  One
    that never reached the server keeps the id it had.
    """
    for run in runs_of(fields_of(row)):
        if run.state == "absent" and run.purpose == purpose and not run.way:
            return run.id
    name = f"{row.id} {digest_of_plan(row.plan or {})} {len(begun(fields_of(row)))} {purpose}"
    return str(uuid5(NAMESPACE_OID, name))


def last_run(row: ChangeRow) -> Run:
    """Return the newest run that was begun."""
    return begun(fields_of(row))[-1]
