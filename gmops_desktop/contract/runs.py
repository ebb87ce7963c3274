"""A run: what was started on a server, goes on there by itself, and what is known of it later.

A run belongs to a change and has an id; any machine that knows the id can ask for it again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal

from gmops_desktop.language import mark, tr

RunState = Literal["running", "done", "failed", "interrupted", "absent", "unknown"]
RunPurpose = Literal["apply", "rollback", "mend"]

_STATES: Final[dict[RunState, str]] = {
    "running": mark("Going on at the server"),
    "done": mark("Ended well"),
    "failed": mark("Ended with a fault"),
    "interrupted": mark("Interrupted on the server"),
    "absent": mark("Not begun on the server"),
    "unknown": mark("Not known: the server has not been asked"),
}

# What each step of a run does, by the key under which its script names it.
_STEPS: Final = {
    "fetch": mark("Fetch the new packages"),
    "keep": mark("Keep the old packages"),
    "ready": mark("See that all is ready"),
    "unchanged": mark("Hold it against the approved plan"),
    "record": mark("Write down how it is before"),
    "install": mark("Install"),
    "check": mark("Check what is there"),
    "settings": mark("List edited configuration files"),
    "services": mark("Restart services"),
    "restart": mark("Restart the server"),
    "stands": mark("See that the server is as it was"),
    "share": mark("Take over what belongs to no release"),
    "switch": mark("Switch"),
    "catch_up": mark("Take over what came meanwhile"),
    "reload": mark("Let the service read it"),
    "proof": mark("Prove what stands there"),
    "build": mark("Bring the new file"),
    "replace": mark("Replace the file"),
    "check_in_place": mark("Check it in its place"),
}
_SQL: Final = "sql:"


def word_of_step(key: str) -> str:
    """Return what a step does; one that this version does not know keeps its key."""
    if key.startswith(_SQL):
        return tr("SQL {name}", name=key.removeprefix(_SQL))
    return tr(_STEPS[key]) if key in _STEPS else key


def word_of_run(state: RunState) -> str:
    """Return the word for a run's state."""
    return tr(_STATES[state])


@dataclass(frozen=True, slots=True)
class RunStep:
    """One step of a run; `status` is its exit code, None while it runs or if it was never ended.

    Times are the server's clock.
    """

    key: str
    began_at: datetime | None = None
    ended_at: datetime | None = None
    status: int | None = None


@dataclass(frozen=True, slots=True)
class RunLook:
    """What a server says of a run.

    `why` is a finished sentence for what failed, was interrupted or is not known.  `log` is what
    was written since the `offset` asked for, `offset` where to go on (both in bytes of the log
    file).  `boot_id` is the kernel's now, `boot_before` when the run began: they differ after a
    restart.  `outcome` holds what the steps found worth telling, by name (kept configuration
    files, packages, digests), as the run wrote it down.

    `log_digest` is the SHA-256 of the whole log file, once nothing is written to it any more.
    `more` says that the log went on beyond `offset` already; `skipped` how many bytes before `log`
    were left out because only its end was sent.  A run that is "absent" was never begun there, or
    its record has been removed since; it may still be begun under its id, and only once.
    """

    id: str
    state: RunState
    why: str = ""
    status: int | None = None
    steps: tuple[RunStep, ...] = ()
    log: str = ""
    offset: int = 0
    began_at: datetime | None = None
    ended_at: datetime | None = None
    boot_id: str = ""
    boot_before: str = ""
    outcome: Mapping[str, str] = field(default_factory=dict)
    more: bool = False
    skipped: int = 0
    log_digest: str = ""

    @property
    def ended(self) -> bool:
        """Whether nothing goes on at the server: it came to an end, or never began."""
        return self.state in ("done", "failed", "interrupted", "absent")


@dataclass(frozen=True, slots=True)
class SshdSeen:
    """How sshd of a server stands: what it finds wrong in its settings ("" for nothing), whether it
    listens, whether settings were kept before the change and whether they are others now (None
    where that is not known), and the end of its log."""

    fault: str
    listens: bool
    kept: bool
    altered: bool | None
    log: str


def words_of_sshd(seen: SshdSeen) -> tuple[str, ...]:
    """Return in finished sentences how sshd stands."""
    kept = (
        tr("Its settings from before were not kept: they cannot be put back from here.")
        if not seen.kept
        else tr("Its settings are others than before the change.")
        if seen.altered
        else tr("Its settings are as before the change.")
    )
    fault = seen.fault or tr("It finds nothing wrong in its settings.")
    listens = tr("sshd listens.") if seen.listens else tr("sshd does not listen.")
    return tuple(one for one in (listens, fault, kept, seen.log) if one)
