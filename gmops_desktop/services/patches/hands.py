"""What the flow of changes is handed in: ways to the servers, and what other services do for it.

Without one of them the verbs that need it say so; nothing is done in its place.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Protocol

from gmops_desktop.addresses import HostAddress, Resource
from gmops_desktop.context import Context
from gmops_desktop.contract.change_checks import Checks
from gmops_desktop.contract.changes import ChangeKind
from gmops_desktop.contract.person_days import WorkLine
from gmops_desktop.contract.runs import RunLook
from gmops_desktop.contract.tickets import Priority, Ticket, TicketKind
from gmops_desktop.contract.troubles import TroubleBook
from gmops_desktop.contract.updates import Inventory, Plan, Update
from gmops_desktop.services.patches.checking import Hanging
from gmops_desktop.services.patches.disks import DiskHands
from gmops_desktop.services.patches.rescue import RescueHands
from gmops_desktop.services.patches.works import Work

ScanHost = Callable[[HostAddress, Context], Inventory]
SimulateHost = Callable[[HostAddress, Sequence[Update], Context], Plan]
LookRun = Callable[[Resource, str, int, Context], RunLook]


class TakeChecks(Protocol):
    """What looks at a server before and after (`checking.Checking.take`)."""

    def __call__(
        self,
        host: Resource,
        plan: Mapping[str, Any],
        context: Context,
        *,
        patient: float = 0.0,
        before: Checks | None = None,
    ) -> Checks:
        """Look at everything that hangs on `host`; for up to `patient` seconds again, until nothing
        is worse than `before`."""


class Days(Protocol):
    """What is needed of the person-days (`services.ledgers.Ledgers` has it)."""

    def estimate(self, number: str, days: Decimal, *, by: str, text: str = "") -> WorkLine:
        """Record how many days the project manager expects a ticket to take."""

    def book(self, number: str, days: Decimal, text: str = "") -> WorkLine:
        """Book days worked on a ticket."""

    def line(self, number: str) -> WorkLine:
        """Return one ticket's line."""


class TicketBook(Protocol):
    """What is needed of the tickets (`services.tickets.Tickets` has it)."""

    def get(self, id_or_number: str) -> Ticket:
        """Return one ticket; raise `OpsError` if there is none."""

    def open(
        self,
        kind: TicketKind,
        title: str,
        *,
        requester: str,
        priority: Priority,
        description: str = "",
        resource_id: str = "",
    ) -> Ticket:
        """Register a ticket."""


def _nothing_else(resource: Resource) -> AbstractContextManager[None]:
    return nullcontext()


@dataclass(frozen=True, slots=True, kw_only=True)
class Hands:
    """`works` do the work of each kind of change; `take_checks` looks at a server before and after;
    `look_run` asks what became of a run.  `alone` holds a server against other programs of this
    machine while a run is begun.  `keep_log` files the log of a run under a name and its change.
    `disks` reaches the server's disks in the cloud, `hanging` tells what of the contract hangs on
    it; `rescue` is the second way in.  `say` tells a change and words to the chat robot, at once.
    `patient` is for how many seconds what was restarted may need until all is well again.
    `pauses` are the seconds before each further try once the line is lost, `every` those between
    two looks at a run.  `back_within` are the seconds that a server that restarts may be away.
    """

    scan_host: ScanHost
    simulate_host: SimulateHost
    works: Mapping[ChangeKind, Work] = field(default_factory=dict)
    take_checks: TakeChecks | None = None
    look_run: LookRun | None = None
    alone: Callable[[Resource], AbstractContextManager[None]] = _nothing_else
    troubles: TroubleBook | None = None
    days: Days | None = None
    tickets: TicketBook | None = None
    keep_log: Callable[[str, str, bytes, Context], None] | None = None
    disks: DiskHands | None = None
    hanging: Callable[[Resource, Context], Hanging] | None = None
    rescue: RescueHands | None = None
    say: Callable[[str, str, Context], object] | None = None
    patient: float = 120.0
    pauses: Sequence[float] = (1, 2, 5, 10, 15, 30, 30, 30, 30, 60, 60, 60)
    every: float = 1.0
    back_within: float = 900.0
