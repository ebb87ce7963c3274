"""Gathers from the services what a monthly report says: the reports know none of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from gmops_desktop.addresses import Resource, parse_mysql
from gmops_desktop.contract.clocks import Clock
from gmops_desktop.contract.terms import ZONE, Contract
from gmops_desktop.contract.thresholds import LIMITS
from gmops_desktop.language import tr
from gmops_desktop.reports.facts import (
    Availability,
    BackupLine,
    ChangeLine,
    Metric,
    MonthFacts,
    Override,
    Question,
    RestoreLine,
    TicketLine,
    Usage,
)
from gmops_desktop.reports.spans import bounds
from gmops_desktop.services.backups import Backups
from gmops_desktop.services.contracts import Contracts
from gmops_desktop.services.patches import Change, Patches
from gmops_desktop.services.restores import Restores
from gmops_desktop.services.servers import Servers
from gmops_desktop.services.tickets import Course, Ticket, Tickets

Points = tuple[tuple[datetime, float | None], ...]

_USAGE: Final[tuple[Metric, ...]] = ("cpu", "memory", "disk")
_DISK_LIMIT: Final = 85.0
_LEFT_OUT: Final = frozenset({"declined", "withdrawn", "merged"})  # nothing was to be done for them


class Collector:
    """Called with the first and last day of a period, returns its `MonthFacts`."""

    def __init__(
        self,
        contracts: Contracts,
        tickets: Tickets,
        backups: Backups,
        restores: Restores,
        patches: Patches,
        servers: Servers,
    ) -> None:
        self._contracts, self._tickets = contracts, tickets
        self._backups, self._restores = backups, restores
        self._patches, self._servers = patches, servers

    def __call__(self, start: date, end: date, contract: Contract | None = None) -> MonthFacts:
        """Gather the facts; the days are those of the contract's zone, both included.

        Without a contract it is that of the period's last day.
        """
        begin = datetime.combine(start, time(), ZONE)
        until = datetime.combine(end + timedelta(days=1), time(), ZONE)
        # Without any contract the example stands in, so that a report can be tried at once.
        contract = contract or self._contracts.current(end) or self._contracts.example()
        scope = self._contracts.scope(contract)
        resources = [one for one in self._contracts.resources() if scope.holds(one.id)]
        watched = _of_contract(contract, begin, until)
        availability = self._availability(resources, *watched)
        usage = self._usage(resources, *watched)
        tickets = [
            one
            for one in self._of_period(begin, until)
            if scope.holds(one.resource_id, one.contact_id, one.contract_id)
        ]
        changes = [
            one
            for one in self._patches.all()
            if scope.holds(one.resource_id) and _happened(one, begin, until)
        ]
        courses = self._tickets.courses_of({one.id for one in tickets})
        unknown: dict[Question, str] = {}
        if availability is None:
            unknown["availability"] = tr("nobody looked at a website in this period")
        if not usage:
            unknown["usage"] = tr("nobody looked at a server in this period")
        return MonthFacts(
            contract=contract,
            start=start,
            end=end,
            generated_at=datetime.now(UTC),
            contacts=self._contracts.contacts(end),
            tickets=tuple(_line(ticket, courses[ticket.id]) for ticket in tickets),
            backups=tuple(
                BackupLine(
                    one.at,
                    one.source,
                    one.file_bytes,
                    one.text_bytes,
                    one.rows,
                    one.consistency,
                    one.verified,
                    one.manifest_digest,
                    one.path.name,
                )
                for one in self._backups.all()
                if begin <= one.at < until
                and one.purpose == "backup"
                and scope.holds(one.resource_id)
            ),
            restores=tuple(
                RestoreLine(
                    one.at,
                    f"{one.schema}@{parse_mysql(one.target).host}",
                    one.seconds,
                    one.tables,
                    one.rows,
                    one.proved,
                )
                for one in self._restores.all()
                if begin <= one.at < until and scope.holds(one.resource_id)
            ),
            changes=tuple(_change_line(one) for one in changes),
            availability=availability,
            usage=usage,
            overrides=(
                *_overrides(tickets, courses),
                *(said for one in changes for said in self._passed(one, begin, until)),
            ),
            why_unknown=unknown,
        )  # fmt: skip

    def _of_period(self, begin: datetime, until: datetime) -> list[Ticket]:
        return [
            ticket
            for ticket in reversed(self._tickets.all())
            if ticket.opened_at < until and (ticket.closed_at is None or ticket.closed_at >= begin)
        ]

    def _passed(self, change: Change, begin: datetime, until: datetime) -> Iterable[Override]:
        for step in self._patches.steps(change.id):
            if step.emergency and begin <= step.at < until:
                # The reason stands beside it; a gate's words alone would say that it was met.
                gate = step.text.removesuffix(step.emergency).rstrip(":： \n")
                what = f"{change.number} {step.action}{tr(': ')}{gate}"
                yield Override(step.at, step.actor, what, step.emergency)

    def _availability(
        self, resources: Sequence[Resource], begin: datetime, until: datetime
    ) -> Availability | None:
        for resource in resources:
            if resource.kind == "website":
                points, coverage = self._points(resource.id, "up", begin, until)
                if points:
                    return Availability(resource.name, points, coverage)
        return None

    def _usage(
        self, resources: Sequence[Resource], begin: datetime, until: datetime
    ) -> tuple[Usage, ...]:
        found = []
        for resource in resources:
            for metric in _USAGE if resource.kind == "host" else ():
                points, coverage = self._points(resource.id, metric, begin, until)
                if points:
                    limit = _DISK_LIMIT
                    if metric in LIMITS and (warning := LIMITS[metric].warning):
                        limit = warning[0]
                    found.append(Usage(resource.name, metric, points, coverage, limit))
        return tuple(found)

    def _points(
        self, resource_id: str, metric: str, begin: datetime, until: datetime
    ) -> tuple[Points, float]:
        """Return the samples of the period, and the share of it in which we looked."""
        series = self._servers.series(resource_id, metric, begin, until)
        points = tuple((point.at, point.value) for point in series.points)
        if all(value is None for _, value in points):
            return (), 0.0
        return points, series.coverage


def _of_contract(contract: Contract, begin: datetime, until: datetime) -> tuple[datetime, datetime]:
    """Return the part of a period in which the contract ran; all of it where it did not at all.

    Nobody was to look before the contract, so that takes nothing from the coverage.
    """
    first, after = bounds(contract.start, contract.end)
    if after <= begin or until <= first:
        return begin, until
    return max(begin, first), min(until, after)


def _line(ticket: Ticket, course: Course) -> TicketLine:
    clocks = {clock.key: clock for clock in course.clocks}
    waiting = clocks.get("waiting")
    judged = clocks if ticket.state not in _LEFT_OUT else {}
    return TicketLine(
        ticket.number,
        ticket.kind,
        ticket.title,
        ticket.priority,
        ticket.state,
        ticket.requester,
        ticket.opened_at,
        ticket.closed_at,
        _stopped(judged.get("response")),
        _stopped(judged.get("resolve")) if ticket.closed_at else None,
        ticket.confirmed_by,
        ticket.emergency,
        _kept(judged.get("response")),
        _kept(judged.get("restore")),
        _kept(judged.get("resolve")),
        waiting.seconds if waiting is not None else 0.0,
        ticket.restored_at,
        ticket.cause,
        ticket.attribution,
    )


def _kept(clock: Clock | None) -> bool | None:
    """Return whether a limit was kept; None without one, and while it still may be."""
    if clock is None or clock.target is None:
        return None
    if clock.state == "critical":
        return False
    return None if clock.running else True


def _overrides(tickets: Iterable[Ticket], courses: Mapping[str, Course]) -> Iterable[Override]:
    for ticket in tickets:
        for step in courses[ticket.id].emergencies:
            yield Override(step.at, step.actor, f"{ticket.number} {step.action}", step.emergency)


def _happened(change: Change, begin: datetime, until: datetime) -> bool:
    """Whether a change was queued, applied or taken back in a period."""
    moments = (change.created_at, change.applied_at, change.rolled_back_at)
    return any(at is not None and begin <= at < until for at in moments)


def _change_line(change: Change) -> ChangeLine:
    return ChangeLine(
        change.number,
        change.title,
        change.state,
        change.created_at,
        len(change.updates.packages) if change.updates else 0,
        len(change.announced),
        next(iter(change.emergencies.values()), ""),
        change.applied_at,
        change.rolled_back_at,
    )


def _stopped(clock: Clock | None) -> float | None:
    return None if clock is None or clock.running else clock.seconds
