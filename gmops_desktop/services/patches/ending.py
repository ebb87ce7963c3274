"""How a change ends: confirmed by Party A, handed over, closed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from decimal import Decimal
from typing import Any

from gmops_desktop.addresses import Resource
from gmops_desktop.context import Context
from gmops_desktop.contract.change_steps import handed_in
from gmops_desktop.contract.changes import next_step
from gmops_desktop.contract.steps import Handed
from gmops_desktop.contract.terms import day_of
from gmops_desktop.contract.tickets import check_requester
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr
from gmops_desktop.services.patches.queue import check_host
from gmops_desktop.services.patches.record import Change, fields_of
from gmops_desktop.services.patches.rescuing import Rescuing
from gmops_desktop.services.patches.running import last_run


class Ending(Rescuing):
    """The last verbs."""

    def confirm(
        self, change_id: str, *, by: str, channel: str, text: str = "", paper: str = ""
    ) -> Change:
        """Record Party A's confirmation: who, how, which paper (2.3-7)."""
        if not channel.strip():
            raise OpsError(
                tr("The confirmation does not say how it was given."),
                hint=tr("Name the way: telephone, WeChat, e-mail, signature."),
                unharmed=tr("The change stays open."),
            )
        with self._book.writing() as session:
            row = self._book.standing(session, change_id, "confirm")
            now = self._book.now()
            check = check_requester(self._book.people(session, row), by, day_of(now))
            if check.contact is None:
                raise OpsError(
                    check.reason or tr("The confirmation names nobody."),
                    hint=tr("Let a designated contact of Party A confirm."),
                    unharmed=tr("The change stays open."),
                )
            fields = {
                "confirmed_by": check.contact.name,
                "confirmed_at": now,
                "confirmed_run": last_run(row).id,
            }
            return self._book.record(
                session, row, "change.confirmed", fields,
                channel=channel.strip(), text=text.strip(), paper=paper.strip(),
            )  # fmt: skip

    def hand_over(
        self,
        resource: Resource,
        change_id: str,
        context: Context,
        *,
        documents: Sequence[Handed] = (),
        person_days: Decimal | None = None,
        text: str = "",
    ) -> Change:
        """Hand over what was changed, as the server has it now, and documents besides (1.32).

        `text` are release notes.  `person_days` are booked on the ticket of the change, once.
        """
        with self._book.reading() as session:
            row = self._book.standing(session, change_id, "hand_over")
            change = self._book.change(session, row)
        check_host(resource, change)
        context.progress(None, tr("Asking {name} what was changed …", name=resource.name))
        altered = self._work(change).changed(resource, change.plan, change.id, context)
        items = [
            Handed(one.title, one.kind, one.digest, one.before, one.after) for one in altered
        ] + list(documents)
        if not items:
            raise OpsError(
                tr("The hand-over names nothing."),
                hint=tr("Name every document and every setting that was changed."),
                unharmed=tr("The change stays open."),
            )
        self._booked(change, person_days)
        with context.uncut(), self._book.writing() as session:
            row = self._book.standing(session, change.id, "hand_over")
            fields: dict[str, Any] = {
                "handed_at": self._book.now(),
                "handed_run": last_run(row).id,
            }
            if person_days is not None:
                fields["spent_days"] = person_days
            return self._book.record(
                session, row, "change.handed_over", fields,
                items=[asdict(one) for one in items], text=text.strip(),
            )  # fmt: skip

    def handed_over(self, change_id: str) -> tuple[Handed, ...]:
        """Return what the newest hand-over of a change named; nothing before there is one."""
        found = [one for one in self._book.entries(self.get(change_id).id)
                 if one.action == "change.handed_over"]  # fmt: skip
        return handed_in(found[-1]) if found else ()

    def close(self, change_id: str) -> Change:
        """Close a change that Party A confirmed and that was handed over."""
        with self._book.writing() as session:
            row = self._book.standing(session, change_id, "close")
            if fields_of(row).get("handed_run") != last_run(row).id:
                raise OpsError(
                    tr("{number} has handed nothing over.", number=row.number),
                    hint=next_step("handover"),
                    unharmed=tr("The change stays open."),
                )
            return self._book.record(session, row, "change.closed", {"closed_at": self._book.now()})

    def cleared(self, change_id: str, paths: Sequence[str]) -> Change:
        """Record what was removed that a change had left on its server for its way back."""
        with self._book.writing() as session:
            row = self._book.row(session, change_id)
            return self._book.record(
                session, row, "change.cleared", {}, text="\n".join(paths), removed=list(paths)
            )

    def _booked(self, change: Change, days: Decimal | None) -> None:
        """Book the days on the ticket of the change, unless an interrupted hand-over did."""
        if days is None or days == 0:
            return
        ledger, tickets = self._hands.days, self._hands.tickets
        if not change.ticket_id or ledger is None or tickets is None:
            raise OpsError(
                tr("{number} comes from no ticket: its days cannot be booked.",
                   number=change.number),
                hint=tr("Hand over without days, and book them on the ticket they belong to."),
                unharmed=tr("Nothing was recorded."),
            )  # fmt: skip
        number = tickets.get(change.ticket_id).number
        said = tr("For {number}.", number=change.number)
        if not any(one.text.startswith(said) for one in ledger.line(number).bookings):
            ledger.book(number, days, said)
