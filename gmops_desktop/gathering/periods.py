"""Gathers what the reports of a period say: backups, inspections; and the money of a contract."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import partial
from typing import Any

from gmops_desktop.addresses import Resource, parse_mysql
from gmops_desktop.contract.alerts import Alert
from gmops_desktop.contract.looks import Look
from gmops_desktop.contract.metrics import METRICS, Metric
from gmops_desktop.contract.notices import payment_of
from gmops_desktop.contract.series import Series
from gmops_desktop.contract.terms import Contract, as_told
from gmops_desktop.contract.thresholds import Limit
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr
from gmops_desktop.reports.facts import RestoreLine
from gmops_desktop.reports.period_facts import (
    BackupFacts,
    Copy,
    DrillLine,
    FeeFacts,
    Inspected,
    InspectionFacts,
    Measured,
)
from gmops_desktop.reports.spans import bounds
from gmops_desktop.services.account_settings import AccountBackups
from gmops_desktop.services.alerts import Alerts
from gmops_desktop.services.backups import Backups
from gmops_desktop.services.consoles import Consoles
from gmops_desktop.services.contracts import Contracts
from gmops_desktop.services.drills import Drills
from gmops_desktop.services.limits import Limits
from gmops_desktop.services.reports import month_of
from gmops_desktop.services.restores import Restores
from gmops_desktop.services.servers import Servers
from gmops_desktop.services.site_files import SiteFiles
from gmops_desktop.states import State, worst


@dataclass(frozen=True, slots=True)
class Books:
    """The services whose record is told."""

    contracts: Contracts
    backups: Backups
    site_files: SiteFiles
    account_backups: AccountBackups
    drills: Drills
    restores: Restores
    servers: Servers
    alerts: Alerts
    limits: Limits
    consoles: Consoles
    actor: Callable[[], str]
    now: Callable[[], datetime] = lambda: datetime.now(UTC)


def backups_of(books: Books, period: str) -> Callable[[], BackupFacts]:
    """Return what gathers the backups of a month ("2018-04")."""
    start, end = month_of(period)
    return partial(backups_between, books, contract_in(books, end), start, end)


def inspection_of(books: Books, period: str) -> Callable[[], InspectionFacts]:
    """Return what gathers the inspection of a month ("2018-04")."""
    start, end = month_of(period)
    return partial(_inspection, books, contract_in(books, end), start, end)


def fees_of(books: Books, number: str) -> Callable[[], FeeFacts]:
    """Return what gathers the fees of a contract by its number; of the current one without."""
    if not number.strip():
        return partial(_fees, books, contract_in(books, None))
    found = [one for one in books.contracts.all() if number.strip() in (one.number, one.id)]
    if not found:
        raise OpsError(
            tr("There is no contract “{number}”.", number=number.strip()),
            hint=tr("Leave it out for the current contract."),
        )
    return partial(_fees, books, found[0])


def contract_in(books: Books, on: date | None) -> Contract:
    contract = books.contracts.current(on)
    if contract is None:
        raise OpsError(
            tr("No contract has been recorded yet."),
            hint=tr("Record it in the settings, or load the example contract."),
        )
    return contract


def own_resources(books: Books, contract: Contract) -> list[Resource]:
    """Return what belongs to a contract."""
    scope = books.contracts.scope(contract)
    return [one for one in books.contracts.resources() if scope.holds(one.id)]


# ---------------------------------------------------------------- backups


def backups_between(books: Books, contract: Contract, start: date, end: date) -> BackupFacts:
    """Return the backups, drills and restores from one day to another, both included."""
    begin, after = bounds(start, end)
    own = own_resources(books, contract)
    scope = books.contracts.scope(contract)
    names = {one.id: one.name for one in books.contracts.resources()}

    def told(at: datetime, resource_id: str) -> bool:
        return begin <= at < after and scope.holds(resource_id)

    copies = [
        Copy(
            "database", names.get(one.resource_id, one.source), one.at, one.path.name,
            one.file_bytes, one.consistency == "consistent" and not one.left_out, one.verified,
            one.manifest_digest, one.exists, one.sealed,
        )
        for one in books.backups.all()
        if one.purpose == "backup" and told(one.at, one.resource_id)
    ]  # fmt: skip
    copies += [
        Copy(
            "files", names.get(one.resource_id, f"{one.source}:{one.folder}"), one.at,
            one.path.name, one.file_bytes, one.whole, one.verified, one.manifest_digest,
            one.exists, one.sealed,
        )
        for one in books.site_files.all()
        if told(one.at, one.resource_id)
    ]  # fmt: skip
    copies += [
        Copy(
            "account", names.get(one.resource_id, one.name), one.at, one.path.name,
            one.file_bytes, not one.missing, one.verified, one.digest, one.exists,
        )
        for one in books.account_backups.all()
        if one.purpose == "account" and told(one.at, one.resource_id)
    ]  # fmt: skip
    places = books.site_files.places(tuple(own))
    drills = [one for one in books.drills.all() if told(one.at, one.resource_id)]
    return BackupFacts(
        contract=contract,
        start=start,
        end=end,
        at=books.now(),
        owed=(
            *(("database", one.name) for one in own if one.kind == "mysql"),
            *dict.fromkeys(("files", names.get(place.resource_id, place.name)) for place in places),
            *(("account", one.name) for one in own if one.kind == "account"),
        ),
        copies=tuple(sorted(copies, key=lambda one: one.at)),
        drills=tuple(
            DrillLine(
                one.at, one.name, one.outcome, one.seconds, one.rows, one.path.name,
                one.certificate, one.faults,
            )
            for one in sorted(drills, key=lambda one: one.at)
        ),
        restores=tuple(
            RestoreLine(
                one.at, f"{one.schema}@{parse_mysql(one.target).host}", one.seconds, one.tables,
                one.rows, one.proved,
            )
            for one in books.restores.all()
            if told(one.at, one.resource_id)
        ),
    )  # fmt: skip


# ---------------------------------------------------------------- inspections


def _inspection(books: Books, contract: Contract, start: date, end: date) -> InspectionFacts:
    begin, after = bounds(start, end)
    own = own_resources(books, contract)
    ids = {one.id for one in own}
    looks = {one.resource_id: one for one in books.servers.last()}
    alerts = [one for one in books.alerts.between(begin, after) if one.resource_id in ids]
    found = [
        _inspected(
            books, one, looks.get(one.id), [a for a in alerts if a.resource_id == one.id], begin,
            after,
        )
        for one in sorted(own, key=lambda one: (one.kind, one.name))
    ]  # fmt: skip
    return InspectionFacts(
        contract=contract,
        start=start,
        end=end,
        at=books.now(),
        inspected=tuple(found),
        alerts=tuple(sorted(alerts, key=lambda one: one.raised_at)),
        prepared_by=books.actor(),
    )


def _inspected(
    books: Books,
    resource: Resource,
    look: Look | None,
    alerts: Sequence[Alert],
    begin: datetime,
    after: datetime,
) -> Inspected:
    """Return one thing as the last look of the period saw it.

    Only the newest look is kept: where that is of another time, the period's alerts judge.
    """
    if look is None:
        return Inspected(
            resource.name, resource.kind, "unknown", tr("It has never been looked at."), None
        )
    metrics = [one for one in METRICS[resource.kind] if one.chart]
    keys = tuple(one.key for one in metrics)
    now = books.servers.many(resource.id, keys, begin, after)
    earlier = books.servers.many(resource.id, keys, begin - (after - begin), begin)
    limits = books.limits.of(resource)
    measured = [
        _measured(one, limits.get(one.finding), now[one.key], earlier[one.key]) for one in metrics
    ]
    if not begin <= look.at < after:
        state, reason = _by_alerts(look, alerts, [*now.values()])
        return Inspected(resource.name, resource.kind, state, reason, look.at, (), tuple(measured))
    drawn = {one.key for one in metrics}
    figures = [
        (one.name, f"{one.value} {one.unit}".strip(), one.state)
        for one in look.figures
        if one.metric not in drawn
    ]
    return Inspected(
        resource.name, resource.kind, look.state, look.reason, look.at, tuple(figures),
        tuple(measured),
    )  # fmt: skip


def _by_alerts(
    look: Look, alerts: Sequence[Alert], measured: Sequence[Series]
) -> tuple[State, str]:
    """Return how a thing stood in a period of which no look is kept, and why that is said."""
    if not any(one.coverage for one in measured):
        return "unknown", tr("Nobody looked at it in this period.")
    at = f"{as_told(look.at):%Y-%m-%d %H:%M}"
    words = tr("Judged by the alerts of the period: it was looked at last on {at}.", at=at)
    return worst([one.shown for one in alerts] or ["ok"]), words


def _measured(metric: Metric[Any], limit: Limit | None, now: Series, before: Series) -> Measured:
    pair = limit.warning if limit is not None else None
    less = pair is not None and pair[0] < pair[1]
    return Measured(
        tr(metric.title),
        _scaled(now.mean, metric),
        _scaled(_extreme(now, lowest=less), metric),
        _scaled(before.mean, metric),
        _scaled(pair[0], metric) if pair is not None else None,
        now.coverage,
        less,
    )


def _extreme(series: Series, *, lowest: bool) -> float | None:
    values: Iterable[float | None]
    if lowest:
        values = (one.value if one.low is None else one.low for one in series.points)
    else:
        values = (one.value if one.high is None else one.high for one in series.points)
    known: Sequence[float] = [one for one in values if one is not None]
    if not known:
        return None
    return min(known) if lowest else max(known)


def _scaled(value: float | None, metric: Metric[Any]) -> float | None:
    return None if value is None else value * metric.scale


# ---------------------------------------------------------------- fees


def _fees(books: Books, contract: Contract) -> FeeFacts:
    return FeeFacts(
        contract=contract,
        at=books.now(),
        payment=payment_of(contract, books.contracts.calendar()),
    )
