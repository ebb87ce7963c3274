"""What a schedule backs up: one kind of backup of one resource, or everything at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, Protocol

from gmops_desktop.addresses import Resource
from gmops_desktop.archive.inventory import Inventory, Stored
from gmops_desktop.context import Context
from gmops_desktop.contract.schedules import Taken
from gmops_desktop.language import tr

SubjectKind = Literal["database", "files", "account", "everything"]

EVERYTHING: Final = "everything"  # the id of the plan for everything at once


class Named(Protocol):
    """Whatever has the id of a subject: the subject itself, or the resource it is of."""

    @property
    def id(self) -> str:
        """The id its plan is kept under."""

    @property
    def name(self) -> str:
        """What it is called."""


class Written(Protocol):
    """An archive just written; `verified` where it was proved already."""

    @property
    def id(self) -> str:
        """Its id in the inventory."""

    @property
    def path(self) -> Path:
        """Where it lies."""

    @property
    def verified(self) -> bool | None:
        """Whether its digests hold; None where nobody looked."""


@dataclass(frozen=True, slots=True)
class Source:
    """One thing of which archives are taken: `name` is what they call it, where a resource has
    several; `purpose` is what the inventory calls archives of its kind."""

    resource_id: str
    purpose: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Subject:
    """What one plan is for.  `take` writes the archives, with so many bytes a second of the line at
    most (0: no limit); none of them where it has proved everything itself."""

    kind: SubjectKind
    id: str
    name: str
    sources: tuple[Source, ...]
    take: Callable[[Context, int], Sequence[Written]]
    resource: Resource | None = None


def everything(
    parts: Sequence[Subject], take: Callable[[Context, int], Sequence[Written]]
) -> Subject:
    """Return the subject that is all of `parts` in one run."""
    sources = tuple(source for part in parts for source in part.sources)
    return Subject("everything", EVERYTHING, tr("Everything"), sources, take)


def archives_of(inventory: Inventory, source: Source) -> tuple[Stored, ...]:
    """Return the archives of a source whose files still stand, newest first."""
    return tuple(
        one
        for one in inventory.stored(source.resource_id)
        if one.purpose == source.purpose and source.name in ("", one.source) and one.exists
    )


def taken_of(inventory: Inventory, sources: Sequence[Source]) -> tuple[Taken, ...]:
    """Return what is in hand of all of `sources` together, newest first.

    The newest archives of each stand for the whole, then the second newest, and so on: together
    they are as old as the oldest of them, and proved where each one is.
    """
    shelves = [archives_of(inventory, source) for source in sources]
    together = []
    for row in zip(*shelves, strict=False):
        oldest = min(row, key=lambda one: one.at)
        proofs = [one.verified for one in row]
        verified = False if False in proofs else None if None in proofs else True
        together.append(Taken(oldest.id, oldest.at, verified))
    return tuple(together)
