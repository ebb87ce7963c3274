"""What became of a run, read from its folder."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from gmops_desktop.adapters.detached.scripts import LOOK, RESTART, STAYED, filled
from gmops_desktop.adapters.sections import Section, Shell, Unknown, collect, text_of
from gmops_desktop.context import Context
from gmops_desktop.contract.runs import RunLook, RunState, RunStep, word_of_step
from gmops_desktop.language import tr

_AT_ONCE: Final = 65536  # bytes of the log in one look
_ANSWER: Final = 60.0  # seconds for a look


@dataclass(frozen=True, slots=True)
class _Begun:
    """Who carries a run out: its process, that one's start in ticks, the boot they belong to."""

    pid: int
    ticks: int
    boot: str
    at: datetime


def look(
    shell: Shell, run_id: str, context: Context, offset: int = 0, *, at_once: int = _AT_ONCE
) -> RunLook:
    """Return what the server says of a run now, with its log from `offset` (bytes) on.

    At most `at_once` bytes of the log come at once; of a longer one that nobody has read (`offset`
    0) the end.  Raises `OpsError` where the server cannot be asked.
    """
    script = filled(LOOK, run_id, OFFSET=str(max(0, offset)), AT_ONCE=str(at_once))
    sections = collect(shell, script, context, deadline=_ANSWER, encoding="latin-1")
    try:
        boot, booted = _boot(sections)
        there = text_of(sections, "there").strip()
        if there == "foreign":
            raise Unknown(tr("the folder of the runs belongs to another account of the server"))
        if there == "no":
            return RunLook(run_id, "absent", _no_such_run(), boot_id=boot, offset=offset)
        begun = _begun(sections)
        alive = begun.boot == boot and text_of(sections, "alive").strip() == "yes"
    except Unknown as fault:
        why = tr("What became of the run is not known: {why}.", why=str(fault))
        return RunLook(run_id, "unknown", why, offset=offset)
    end = _end(sections)
    steps = _steps(sections)
    if end is None and not alive and begun.boot != boot and _asked_to_restart(steps):
        # A clock that was set while it started may have it up before it went down.
        up = max(booted, steps[-1].began_at or booted)
        steps[-1] = RunStep(RESTART, steps[-1].began_at, up, 0)
        end = 0, up
    outcome = _told(sections)
    log, read, skipped, more = _log(sections, offset, ended=end is not None or not alive)
    state: RunState = "running"
    why = ""
    if end is not None:
        state = "failed" if end[0] else "done"
        why = _fault(steps, end[0], outcome, log) if end[0] else ""
    elif not alive:
        state, why = "interrupted", _interruption(steps, restarted=begun.boot != boot)
    return RunLook(
        id=run_id,
        state=state,
        why=why,
        status=end[0] if end else None,
        steps=(*steps, *_to_come(sections, steps)),
        log=log,
        offset=read,
        began_at=begun.at,
        ended_at=end[1] if end else None,
        boot_id=boot,
        boot_before=begun.boot,
        outcome=outcome,
        more=more,
        skipped=skipped,
        log_digest=_digest(sections),
    )


def _boot(sections: Mapping[str, Section]) -> tuple[str, datetime]:
    """Return the id of the kernel that runs now, and since when it does."""
    words = text_of(sections, "boot").split()
    if len(words) != 2:
        raise Unknown(tr("the server does not tell its boot id"))
    return words[0], _time(words[1])


def _begun(sections: Mapping[str, Section]) -> _Begun:
    words = text_of(sections, "begun").split()
    if len(words) != 4:
        raise Unknown(tr("the record of its beginning is damaged"))
    return _Begun(int(words[0]), int(words[1]), words[2], _time(words[3]))


def _end(sections: Mapping[str, Section]) -> tuple[int, datetime] | None:
    section = sections.get("rc")
    words = section.text.split() if section and not section.status else []
    return (int(words[0]), _time(words[1])) if len(words) == 2 else None


def _steps(sections: Mapping[str, Section]) -> list[RunStep]:
    section = sections.get("steps")
    found: list[RunStep] = []
    for line in section.text.splitlines() if section and not section.status else ():
        match line.split():
            case ["B", key, at]:
                found.append(RunStep(key, _time(at)))
            case ["E", key, at, status] if found and found[-1].key == key:
                found[-1] = RunStep(key, found[-1].began_at, _time(at), int(status))
    return found


def _to_come(sections: Mapping[str, Section], steps: Sequence[RunStep]) -> list[RunStep]:
    section = sections.get("planned")
    keys = section.text.split() if section and not section.status else []
    begun = {step.key for step in steps}
    return [RunStep(key) for key in keys if key != "." and key not in begun]


def _told(sections: Mapping[str, Section]) -> dict[str, str]:
    """Return what the steps told: a line with name and length, then so many bytes, and again."""
    section = sections.get("told")
    rest = section.text if section and not section.status else ""
    found = {}
    while head := re.match(r"([\w.-]+) (\d+)\n", rest):
        size = int(head[2])
        found[head[1]] = _text(rest[head.end() : head.end() + size])
        rest = rest[head.end() + size :]
    return found


def _log(
    sections: Mapping[str, Section], offset: int, *, ended: bool
) -> tuple[str, int, int, bool]:
    """Return a piece of the log, the offset after it, the bytes left out before it, and whether
    there is more; no letter is cut in two."""
    section = sections.get("log")
    head, _, piece = (section.text if section and not section.status else "").partition("\n")
    words = head.split()
    if len(words) != 2:
        return "", offset, 0, False
    size, begin = int(words[0]), int(words[1])
    skipped = begin - offset
    if skipped > 0:
        cut = piece.find("\n") + 1
        piece, skipped, begin = piece[cut:], skipped + cut, begin + cut
    end = begin + len(piece)
    if not (ended and end >= size):
        piece = piece[: len(piece) - _broken(piece)]
        end = begin + len(piece)
    return _text(piece), end, skipped, end < size


def _digest(sections: Mapping[str, Section]) -> str:
    section = sections.get("digest")
    found = re.match(r"[0-9a-f]{64}\b", section.text) if section and not section.status else None
    return found[0] if found else ""


def _broken(piece: str) -> int:
    """Return how many bytes at the end begin a letter of UTF-8 that is not all there."""
    for back in range(1, min(3, len(piece)) + 1):
        byte = ord(piece[-back])
        if byte >= 0xC0:
            needed = 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4
            return back if needed > back else 0
        if byte < 0x80:
            return 0
    return 0


def _text(raw: str) -> str:
    return raw.encode("latin-1").decode("utf-8", "replace")


def _time(seconds: str) -> datetime:
    return datetime.fromtimestamp(int(seconds), UTC)


def _asked_to_restart(steps: Sequence[RunStep]) -> bool:
    return bool(steps) and steps[-1].key == RESTART and steps[-1].status is None


def _no_such_run() -> str:
    return tr(
        "The server knows of no such run: it did not begin there, or another account began it, or "
        "its record has been removed."
    )


def _fault(steps: Sequence[RunStep], status: int, outcome: Mapping[str, str], log: str) -> str:
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    said = outcome.get("fault", "").strip() or (lines[-1] if lines else "")
    failed = next((step.key for step in reversed(steps) if step.status), "")
    if steps and steps[-1].status is None:
        failed = steps[-1].key
    if failed == RESTART and status == STAYED:
        return tr("The server was told to restart and stayed up: its boot id is still the same.")
    return tr("The step “{step}” failed with exit code {code}: {said}",
              step=word_of_step(failed), code=status, said=said)  # fmt: skip


def _interruption(steps: Sequence[RunStep], *, restarted: bool) -> str:
    at = word_of_step(steps[-1].key) if steps else "-"
    if restarted:
        return tr("The server was restarted in the middle of the run, at the step “{step}”.",
                  step=at)  # fmt: skip
    return tr(
        "The run was ended on the server at the step “{step}”: its process is gone and left "
        "no result. It may have been killed, or the memory was used up.", step=at,
    )  # fmt: skip
