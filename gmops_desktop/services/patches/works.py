"""The protocol by which the flow of a change asks its kind to do the work at the server.

The flow knows states, gates and the journal; a `Work` knows packages, files or settings and nothing
of gates.  `assembly` hands each kind's in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, Protocol, runtime_checkable

from gmops_desktop.addresses import Resource
from gmops_desktop.context import Context
from gmops_desktop.contract.rollbacks import RollbackPlan
from gmops_desktop.contract.runs import RunPurpose


@dataclass(frozen=True, slots=True)
class Played:
    """A change played through on its server as it would go now; nothing was changed there.

    `plan` is the kind's own record as plain JSON values (what the change stores); `differs` what it
    would do otherwise than the approved plan, one line each; `health` why the server is not ready
    for it ("" if it is: package manager locked or half-configured, validator fails, ...);
    `disk_free` and `disk_needed` are bytes, None where not known.
    """

    plan: Mapping[str, Any]
    differs: tuple[str, ...]
    health: str
    disk_free: int | None
    disk_needed: int | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Changed:
    """Something the change altered, before and after; `digest` is the SHA-256 of the file after,
    "" for packages.  Of a script of a database, `after` counts the statements that were run."""

    title: str
    kind: Literal["file", "configuration", "package", "database"]
    before: str
    after: str
    digest: str = ""


class Work(Protocol):
    """One kind of change, at its server."""

    def play(self, host: Resource, plan: Mapping[str, Any], context: Context) -> Played:
        """Play the plan through as it would go now; change nothing."""

    def prepare(
        self, host: Resource, plan: Mapping[str, Any], change_id: str, context: Context
    ) -> RollbackPlan:
        """Bring everything the change and its way back need to the server (new and old packages,
        release files, the file as it is now); idempotent; nothing in use is touched.

        Returns the way back.
        """

    def start(
        self,
        host: Resource,
        plan: Mapping[str, Any],
        change_id: str,
        run_id: str,
        purpose: RunPurpose,
        context: Context,
    ) -> None:
        """Start the run detached on the server and return at once; the same run_id a second time
        starts nothing."""

    def changed(
        self, host: Resource, plan: Mapping[str, Any], change_id: str, context: Context
    ) -> tuple[Changed, ...]:
        """Return what the change altered, for the hand-over: files and configuration before and
        after with SHA-256, package versions."""


@runtime_checkable
class LooksBack(Protocol):
    """A kind of change whose way back loses more the longer one waits."""

    def way_back(
        self, host: Resource, plan: Mapping[str, Any], change_id: str, context: Context
    ) -> RollbackPlan:
        """Return the way back as it is now; change nothing."""

    def take_archive(
        self,
        host: Resource,
        plan: Mapping[str, Any],
        change_id: str,
        file: Path,
        context: Context,
    ) -> Path:
        """Bring here the archive that it leads back to, from a file copied from the machine that
        took it; return where it lies."""
