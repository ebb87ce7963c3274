"""What is said of drills that are overdue or disproved a backup: one trouble per cause."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from gmops_desktop.addresses import Resource
from gmops_desktop.contract.drills import Cause
from gmops_desktop.contract.tickets import Ticket
from gmops_desktop.contract.troubles import Trouble, TroubleBook
from gmops_desktop.language import mark, tr
from gmops_desktop.services.drills.record import Drill

_TITLES: Final[dict[Cause, str]] = {
    "overdue": mark("Drill of {name} is overdue"),
    "disproved": mark("Drill of {name} disproved a backup"),
}


class Alarms:
    """Reports the causes that hold."""

    def __init__(self, troubles: TroubleBook) -> None:
        self._troubles = troubles

    def raise_for(
        self, resource: Resource, causes: Iterable[Cause], reason: str, last: Drill | None
    ) -> tuple[Ticket, ...]:
        """See to it that every cause has its ticket; return those opened or added to now."""
        text = "\n".join([reason, *(last.faults if last else ())])
        told = [
            self._troubles.report(
                Trouble(
                    _key(cause, resource),
                    tr(_TITLES[cause], name=resource.name),
                    text,
                    resource_id=resource.id,
                    occurrence=last.id if last and cause == "disproved" else "",
                )
            )
            for cause in sorted(causes)
        ]
        return tuple(ticket for ticket in told if ticket)

    def all_well(
        self, resource: Resource, causes: Iterable[Cause], last: Drill | None
    ) -> tuple[Ticket, ...]:
        """Note in the tickets of causes that no longer hold that it was drilled and proved; they
        stay open until somebody closes them."""
        if last is None or last.outcome != "proved":
            return ()
        text = tr(
            "{name} was drilled and proved on {at}; certificate {number}.",
            name=resource.name,
            at=f"{last.at.astimezone():%Y-%m-%d %H:%M}",
            number=last.certificate,
        )
        over = sorted(_TITLES.keys() - set(causes))
        told = [self._troubles.over(_key(cause, resource), text) for cause in over]
        return tuple(ticket for ticket in told if ticket)


def _key(cause: Cause, resource: Resource) -> str:
    return f"drill.{cause}:{resource.id}"
