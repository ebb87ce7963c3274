"""What the compilation of evidence says (履约证据汇编): every clause over the months, and under
each the entries, files and documents that prove it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from gmops_desktop.contract.clause_evidence import Standing
from gmops_desktop.contract.record import ChainHead
from gmops_desktop.contract.terms import Contract, day_of
from gmops_desktop.reports.facts import Override


@dataclass(frozen=True, slots=True)
class EntryLine:
    """An entry of the journal: its place in a device's chain, what it records, and its hash."""

    device: str
    device_id: str
    sequence: int
    at: datetime
    actor: str
    action: str
    subject: str
    hash: str


@dataclass(frozen=True, slots=True)
class FileLine:
    """A file that proves something; `size` in bytes, `sha256` is "" where it is not known.

    `there` says whether it is still on this computer, None where nobody can look.
    """

    name: str
    of: str
    at: datetime
    size: int | None
    sha256: str
    there: bool | None = None


@dataclass(frozen=True, slots=True)
class DocumentLine:
    """A document of the register, with its kind and how it is signed in words."""

    number: str
    kind: str
    at: datetime
    signed: str
    sha256: str


@dataclass(frozen=True, slots=True)
class ClauseLine:
    """A clause: how it stands as a whole, how it stood in each month, and what proves it.

    `looks` are those counted for it; `elsewhere` the entries that prove it, too, and are listed
    under another clause.
    """

    key: str
    title: str
    standing: Standing
    facts: tuple[str, ...] = ()
    breaches: tuple[str, ...] = ()
    cells: tuple[tuple[Standing, int], ...] = ()
    entries: tuple[EntryLine, ...] = ()
    files: tuple[FileLine, ...] = ()
    documents: tuple[DocumentLine, ...] = ()
    looks: int = 0
    elsewhere: tuple[tuple[str, int], ...] = ()

    @property
    def lines(self) -> int:
        """How many lines of evidence are listed under it."""
        return len(self.entries) + len(self.files) + len(self.documents)


@dataclass(frozen=True, slots=True, kw_only=True)
class CompilationFacts:
    """The evidence of a period of the contract, from its first to its last day; `months` are first
    days.  `begins` is when the record itself begins, None where it holds nothing."""

    contract: Contract
    start: date
    end: date
    at: datetime
    months: tuple[date, ...] = ()
    clauses: tuple[ClauseLine, ...] = ()
    overrides: tuple[Override, ...] = ()
    begins: date | None = None
    prepared_by: str = ""
    heads: tuple[ChainHead, ...] = ()

    @property
    def whole(self) -> bool:
        """Whether it is of the whole contract."""
        return (self.start, self.end) == (self.contract.start, self.contract.end)

    @property
    def period(self) -> str:
        """The months it is of: the first, or both; of a whole contract the month it is made in."""
        if self.whole:
            return f"{day_of(self.at):%Y-%m}"
        first, last = f"{self.start:%Y-%m}", f"{self.end:%Y-%m}"
        return first if first == last else f"{first}~{last}"

    @property
    def about(self) -> str:
        """The contract as a whole, or nothing but its period."""
        return self.contract.id if self.whole else ""
