"""What a server writes: let it write out its memory, and count what it wrote since a moment, by
folder, which would be lost if its disks were put back."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from gmops_desktop.adapters.sections import Shell, Unknown, collect, text_of
from gmops_desktop.context import Context
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr

_SECONDS: Final = 30  # for each folder
_COUNT: Final = "awk '{n++; s+=$1} END {printf \"%d %d\\n\", n, s}'"


@dataclass(frozen=True, slots=True)
class Written:
    """What was written below a folder: files and their bytes, or `why` that is not known."""

    folder: str
    files: int = 0
    size: int = 0
    why: str = ""


def settle(shell: Shell, context: Context) -> None:
    """Let the server write out what it holds in memory; raises `OpsError` where it does not."""
    sections = collect(shell, "s sync 'sync' 60", context, deadline=90.0)
    try:
        text_of(sections, "sync")
    except Unknown as why:
        raise OpsError(tr("The server did not write out its memory: {why}.", why=str(why))) from why


def written_since(
    shell: Shell, folders: Sequence[str], since: datetime, context: Context
) -> tuple[Written, ...]:
    """Count the files below each folder that changed after `since`, by the server's own clock;
    other file systems below are left out.  Raises `OpsError` where the server cannot be asked."""
    calls = []
    for place, folder in enumerate(folders):
        words = ["find", folder, "-xdev", "-type", "f", "-newermt", f"@{since.timestamp():.0f}",
                 "-printf", "%s\\n"]  # fmt: skip
        there = f"[ -d {shlex.quote(folder)} ] || {{ echo none; exit 0; }}; "
        command = f"{there}{shlex.join(words)} 2>/dev/null | {_COUNT}"
        calls.append(f"s f{place} {shlex.quote(command)} {_SECONDS}")
    sections = collect(shell, "\n".join(calls), context, deadline=_SECONDS * len(calls) + 30.0)
    found = []
    for place, folder in enumerate(folders):
        try:
            said = text_of(sections, f"f{place}").split()
        except Unknown as why:
            found.append(Written(folder, why=str(why)))
            continue
        if said != ["none"]:
            found.append(Written(folder, int(said[0]), int(said[1])))
    return tuple(found)
