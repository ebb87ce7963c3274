"""Gathers the evidence of a contract (履约证据汇编), and where its files lie."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Final, Protocol

from gmops_desktop.archive.writer import sidecar
from gmops_desktop.contract.clause_evidence import (
    LOOKS,
    ClauseMonths,
    Standing,
    home_of_document,
    word_of_action,
)
from gmops_desktop.contract.clauses import vacant_posts
from gmops_desktop.contract.obligations import Cell
from gmops_desktop.contract.terms import Contract, month_of, months_between
from gmops_desktop.errors import OpsError
from gmops_desktop.language import mark, tr
from gmops_desktop.reports import phrases
from gmops_desktop.reports.evidence_facts import (
    ClauseLine,
    CompilationFacts,
    DocumentLine,
    EntryLine,
    FileLine,
)
from gmops_desktop.reports.facts import Override
from gmops_desktop.reports.spans import bounds
from gmops_desktop.services.account_settings import AccountBackups
from gmops_desktop.services.attachments import Attachment, Attachments
from gmops_desktop.services.backups import Backups
from gmops_desktop.services.contracts import Contracts
from gmops_desktop.services.obligations import Compiled, Listed, Obligations
from gmops_desktop.services.reports import Register, Report, span_of, word_of_kind
from gmops_desktop.services.site_files import SiteFiles

_WHOLE: Final[Mapping[Cell, Standing]] = {
    "full": "done",
    "partly": "late",
    "missing": "missing",
    "due": "ahead",
    "none": "none",
}
_SIGNED: Final[Mapping[str, str]] = {
    "unsigned": mark("not signed"),
    "party_b": mark("signed by Party B"),
    "both": mark("signed by both parties"),
}


@dataclass(frozen=True, slots=True)
class Shelves:
    """The services that keep evidence."""

    contracts: Contracts
    obligations: Obligations
    attachments: Attachments
    register: Register
    backups: Backups
    site_files: SiteFiles
    account_backups: AccountBackups
    actor: Callable[[], str]
    now: Callable[[], datetime] = lambda: datetime.now(UTC)


class Archive(Protocol):
    """What the registers of all kinds of archives say of one."""

    @property
    def at(self) -> datetime: ...

    @property
    def resource_id(self) -> str: ...

    @property
    def path(self) -> Path: ...

    @property
    def file_bytes(self) -> int: ...

    @property
    def verified(self) -> bool | None: ...

    @property
    def exists(self) -> bool: ...


def compilation_of(shelves: Shelves, period: str) -> Callable[[], CompilationFacts]:
    """Return what gathers the evidence of a period ("2018-04", "2018-04~2018-06"), or of the whole
    contract where none is given."""
    contract = shelves.contracts.current(span_of(period)[1] if period.strip() else None)
    if contract is None:
        raise OpsError(
            tr("No contract has been recorded yet."),
            hint=tr("Record it in the settings, or load the example contract."),
        )
    return partial(_gather, shelves, contract, *days_of(contract, period))


def days_of(contract: Contract, period: str) -> tuple[date, date]:
    """Return the first and last day that a period has within the contract."""
    if not period.strip():
        return contract.start, contract.end
    first, last = span_of(period)
    if last < contract.start or first > contract.end:
        raise OpsError(
            tr("The contract does not run in {period}.", period=period.strip()),
            hint=tr("It runs from {start} to {end}.", start=contract.start, end=contract.end),
        )
    return max(first, contract.start), min(last, contract.end)


def _gather(shelves: Shelves, contract: Contract, first: date, last: date) -> CompilationFacts:
    now = shelves.now()
    archives = list(_archives(shelves, contract, first, last))
    others = Counter((clause, month_of(one.at)) for clause, one in archives)
    found = shelves.obligations.compiled(contract, first, last, others, now)
    files = [*archives, *_attached(shelves.attachments.all(), found.listed)]
    documents = [
        (home_of_document(one.kind), _document(one))
        for one in reversed(shelves.register.all(contract))
        if _made(one, first, last)
    ]
    months = tuple(months_between(first, last))
    return CompilationFacts(
        contract=contract,
        start=first,
        end=last,
        at=now,
        months=months,
        clauses=tuple(_line(one, found, files, documents, months) for one in found.clauses),
        overrides=tuple(
            Override(one.entry.at, one.entry.actor,
                     f"{one.subject} {word_of_action(one.entry)}".strip(), why)
            for one, why in found.emergencies
        ),
        begins=found.begins,
        prepared_by=shelves.actor(),
    )  # fmt: skip


def _line(
    one: ClauseMonths,
    found: Compiled,
    files: Sequence[tuple[str, FileLine]],
    documents: Sequence[tuple[str, DocumentLine]],
    over: Sequence[date],
) -> ClauseLine:
    key, proof = one.proof.key, one.proof
    months = {month for stream, month in found.counts if stream == LOOKS.get(key)}
    standings = [standing for standing, _ in one.cells]
    standing = _WHOLE[proof.state]
    if standing in ("none", "missing") and set(standings) <= {"unknown", "ahead"}:
        standing = "unknown" if "unknown" in standings else "ahead"
    missing = [month for month, one in zip(over, standings, strict=True) if one == "missing"]
    if standing == "done" and (missing or one.vacant):
        standing = "late"  # a month that lacks it is not made good by the others
    return ClauseLine(
        key=key,
        title=proof.title,
        standing=standing,
        facts=proof.facts,
        breaches=(*proof.breaches, *_by_month(missing, one)),
        cells=one.cells,
        entries=tuple(_entry(listed) for listed in found.listed if listed.clause == key),
        files=tuple(line for clause, line in files if clause == key),
        documents=tuple(line for clause, line in documents if clause == key),
        looks=sum(found.counts[LOOKS[key], month] for month in months if key in LOOKS),
        elsewhere=tuple((home, count) for (also, home), count in found.also.items() if also == key),
    )


def _by_month(missing: Sequence[date], one: ClauseMonths) -> Iterator[str]:
    """Yield which months lack what a clause asks for, by name."""
    if missing:
        months = tr(", ", context="list").join(phrases.month(one) for one in missing)
        yield tr("nothing on record for {months}", months=months)
    for month, posts in one.vacant:
        yield tr("{month}: vacant: {posts}", month=phrases.month(month), posts=vacant_posts(posts))


def _entry(listed: Listed) -> EntryLine:
    entry = listed.entry
    return EntryLine(
        listed.device, entry.device, entry.sequence, entry.at, entry.actor,
        word_of_action(entry), listed.subject, entry.hash,
    )  # fmt: skip


def _attached(
    attachments: Iterable[Attachment], listed: Sequence[Listed]
) -> Iterable[tuple[str, FileLine]]:
    """Yield the files that the listed entries attached, under the clauses of those."""
    homes = {one.entry.id: one for one in listed}
    for one in attachments:
        entry = homes.get(one.id.partition("/")[0])
        if entry is not None:
            line = FileLine(one.name, entry.subject, one.at, one.size, one.sha256)
            yield entry.clause, line


def _archives(
    shelves: Shelves, contract: Contract, first: date, last: date
) -> Iterable[tuple[str, FileLine]]:
    """Yield the archives of the period: their digest is that of the file beside them."""
    begin, after = bounds(first, last)
    scope = shelves.contracts.scope(contract)
    account = [one for one in shelves.account_backups.all() if one.purpose == "account"]
    databases = [one for one in shelves.backups.all() if one.purpose == "backup"]
    found: list[tuple[str, Archive]] = [("2.2-4", one) for one in databases]
    found += [("2.2-4", one) for one in shelves.site_files.all()]
    found += [("2.2-5", one) for one in account]
    for clause, one in sorted(found, key=lambda pair: pair[1].at):
        if begin <= one.at < after and scope.holds(one.resource_id):
            of = tr("verified") if one.verified else tr("not verified")
            yield (
                clause,
                FileLine(one.path.name, of, one.at, one.file_bytes, _digest(one.path), one.exists),
            )


def _digest(path: Path) -> str:
    """Return the SHA-256 that stands beside an archive; "" where it does not."""
    try:
        said = sidecar(path).read_text("utf-8").split()[:1]
    except (OSError, ValueError):
        return ""
    return said[0] if said and re.fullmatch(r"[0-9a-f]{64}", said[0]) else ""


def _document(one: Report) -> DocumentLine:
    return DocumentLine(
        one.number, word_of_kind(one.kind), one.made_at, tr(_SIGNED[one.signed]), one.file_digest
    )


def _made(one: Report, first: date, last: date) -> bool:
    """Whether a document is of the period, or was made in it."""
    begin, after = bounds(first, last)
    of = one.period[:7]
    return f"{first:%Y-%m}" <= of <= f"{last:%Y-%m}" or begin <= one.made_at < after
