"""What is said of backups that were missed, failed or cannot be proved: one trouble per cause."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from gmops_desktop.contract.schedules import Run
from gmops_desktop.contract.standing import Cause
from gmops_desktop.contract.tickets import Ticket
from gmops_desktop.contract.troubles import BACKUPS, Trouble, TroubleBook
from gmops_desktop.language import mark, tr
from gmops_desktop.services.schedules.subjects import Subject

_TITLES: Final[dict[Cause, str]] = {
    "missed": mark("Backup of {name} was missed"),
    "failed": mark("Backup of {name} failed"),
    "unproved": mark("Backup of {name} could not be proved"),
}
_TEXTS: Final[dict[Cause, str]] = {
    "missed": mark("The backup of {name} that was due on {due} was not taken."),
    "failed": mark("The backup of {name} that was due on {due} failed."),
    "unproved": mark("The backup of {name} that was due on {due} does not prove to be whole."),
}


class Alarms:
    """Reports the causes that hold, with the runs as evidence."""

    def __init__(self, troubles: TroubleBook) -> None:
        self._troubles = troubles

    def raise_for(
        self, subject: Subject, due: datetime, causes: frozenset[Cause], runs: Sequence[Run]
    ) -> tuple[Ticket, ...]:
        """See to it that every cause has its ticket; return those opened or added to."""
        evidence = tuple(_line(run) for run in reversed(runs) if run.due == due)
        told = [
            self._troubles.report(
                Trouble(
                    _key(cause, subject),
                    tr(_TITLES[cause], name=subject.name),
                    tr(_TEXTS[cause], name=subject.name, due=_stamp(due)),
                    resource_id=subject.resource.id if subject.resource else "",
                    evidence=evidence,
                    occurrence=due.isoformat(),
                )
            )
            for cause in sorted(causes)
        ]
        return tuple(ticket for ticket in told if ticket)

    def all_well(self, subject: Subject, proved_at: datetime) -> tuple[Ticket, ...]:
        """Note in the tickets still open that a backup went well again; they stay open."""
        text = tr(
            "{name} was backed up and verified again: archive of {at}.",
            name=subject.name,
            at=_stamp(proved_at),
        )
        told = [self._troubles.over(_key(cause, subject), text) for cause in sorted(_TITLES)]
        return tuple(ticket for ticket in told if ticket)


def _key(cause: Cause, subject: Subject) -> str:
    return f"{BACKUPS}{cause}:{subject.id}"


def _line(run: Run) -> str:
    """Return a run as one line of evidence."""
    seconds = (run.ended - run.at).total_seconds() if run.ended else 0.0
    return tr(
        "{at}, {seconds} s: {reason}",
        at=_stamp(run.at),
        seconds=f"{seconds:.0f}",
        reason=run.reason or run.outcome,
    )


def _stamp(at: datetime) -> str:
    return f"{at.astimezone():%Y-%m-%d %H:%M}"
