"""Gathers what the operation report of the official accounts says."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from functools import partial

from gmops_desktop.addresses import AccountAddress, Resource
from gmops_desktop.context import Context
from gmops_desktop.contract.account_menus import menu_of
from gmops_desktop.contract.account_parts import newest_told
from gmops_desktop.contract.expiry import Expiry
from gmops_desktop.contract.looks import AccountDetails, Look
from gmops_desktop.errors import OpsError
from gmops_desktop.gathering.periods import Books, contract_in, own_resources
from gmops_desktop.language import tr
from gmops_desktop.reports.account_facts import AccountFacts, AccountMonth, MenuKept
from gmops_desktop.reports.spans import bounds
from gmops_desktop.services.account_settings import AccountArchive
from gmops_desktop.services.reports import month_of


def accounts_of(
    books: Books, expiry: Callable[[], tuple[Expiry, ...]], period: str
) -> Callable[[], AccountFacts]:
    """Return what gathers the official accounts of a month ("2018-04")."""
    start, end = month_of(period)
    return partial(_gather, books, expiry, start, end)


def _gather(
    books: Books, expiry: Callable[[], tuple[Expiry, ...]], start: date, end: date
) -> AccountFacts:
    contract = contract_in(books, end)
    now = books.now()
    until = {one.thing.resource_id: one for one in expiry() if one.thing.kind == "verification"}
    looks = {one.resource_id: one for one in books.servers.last()}
    accounts = [one for one in own_resources(books, contract) if one.kind == "account"]
    return AccountFacts(
        contract=contract,
        start=start,
        end=end,
        at=now,
        told=newest_told(now),
        accounts=tuple(
            _account(books, one, looks.get(one.id), until.get(one.id), start, end)
            for one in sorted(accounts, key=lambda one: one.name)
        ),
        contacts=books.contracts.contacts(end),
        prepared_by=books.actor(),
    )


def _account(
    books: Books,
    resource: Resource,
    look: Look | None,
    until: Expiry | None,
    start: date,
    end: date,
) -> AccountMonth:
    begin, after = bounds(start, end)
    details = look.details if look and isinstance(look.details, AccountDetails) else None
    quota = books.servers.series(resource.id, "quota", begin, after)
    looked = books.servers.series(resource.id, "look", begin, after)
    highest = [
        value
        for value in (one.value if one.high is None else one.high for one in quota.points)
        if value is not None
    ]
    why = _why(look, details)
    menu = _menu(books, resource, details, begin, after, why)
    standing = details.standing if details else None
    address = resource.address
    return AccountMonth(
        name=resource.name,
        app_id=address.app_id if isinstance(address, AccountAddress) else "",
        looked_at=look.at if look else None,
        verified=standing.verified if standing else None,
        principal=standing.principal if standing else "",
        until=until.on if until else None,
        source=until.source if until else "",
        days=books.servers.account_days(resource.id, start, end),
        articles=books.servers.account_articles(resource.id, start, end),
        quota=max(highest, default=None),
        quota_coverage=quota.coverage,
        coverage=looked.coverage,
        menu=menu,
        backups=len(_archives(books, resource, begin, after)),
        alerts=tuple(books.alerts.between(begin, after, resource.id)),
        why=why,
        readings=books.consoles.readings(resource.id),
    )


def _why(look: Look | None, details: AccountDetails | None) -> dict[str, str]:
    """Return why parts of the newest look were not learnt."""
    if look is None:
        return {"all": tr("It has never been looked at.")}
    if details is None:
        return {"all": look.reason or tr("The last look learnt nothing.")}
    return {**details.notes, **details.sections}


def _archives(
    books: Books, resource: Resource, begin: datetime, after: datetime
) -> list[AccountArchive]:
    return [
        one
        for one in books.account_backups.all()
        if one.resource_id == resource.id and one.purpose == "account" and begin <= one.at < after
    ]


def _menu(
    books: Books,
    resource: Resource,
    details: AccountDetails | None,
    begin: datetime,
    after: datetime,
    why: dict[str, str],
) -> MenuKept | None:
    """Return the menu of the period's newest archive; without one, `why` says so."""
    there = _archives(books, resource, begin, after)
    if not there:
        why["kept"] = tr("The account's settings were not backed up in this period.")
        return None
    newest = max(there, key=lambda one: one.at)
    try:
        settings = books.account_backups.read(newest.path, Context())
    except OpsError as error:
        why["kept"] = error.message
        return None
    if "menu" not in settings.parts and "selfmenu" not in settings.parts:
        why["kept"] = settings.missing.get("menu", tr("The archive holds no menu."))
        return None
    seen = details.menu if details else None
    same = seen is not None and seen.kept_at == newest.at.isoformat()
    return MenuKept(
        newest.at, newest.path.name, menu_of(settings.parts).lines("　"),
        seen.as_kept if seen and same else None, newest.counts.get("autoreply"),
    )  # fmt: skip
