"""What a machine did to a database for a release: a line before each statement and one after it.

A line is on the disk before the statement leaves, so that after a crash it is known which statement
is the one whose end nobody knows.  A line that was only half written stands for nothing: what it
would have told of had not begun.

The lines of another machine come from the server, where that noted them at each turn (before it
sends the first statement of some scripts, and after their last).  What is there is whole lines.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, cast

from gmops_desktop.contract.releases import Script
from gmops_desktop.contract.runs import RunPurpose, RunStep
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr

Ran = Literal["none", "part", "whole"]
Way = Literal["forth", "down", "archive", "files"]


@dataclass(frozen=True, slots=True)
class Guard:
    """What a database can be brought back with: an archive, and of which tables.

    `tables` existed before (None: all of the schema goes back), `made` are those the release makes.
    The archive is known by the digest of its manifest, wherever it lies; `device` is the machine
    that took it, to `path`.
    """

    path: str
    at: datetime
    tables: tuple[str, ...] | None
    made: tuple[str, ...]
    digest: str = ""
    device: str = ""


class RunLedger:
    """The lines of one run; the file is made by `begin`."""

    def __init__(self, path: Path, elsewhere: Path | None = None) -> None:
        """`elsewhere` is where another machine's lines of the run lie, which count while this
        machine has none."""
        self._path, self._elsewhere = path, elsewhere

    @property
    def exists(self) -> bool:
        return self._path.exists()

    def begin(
        self,
        change_id: str,
        purpose: RunPurpose,
        before: Sequence[Script],
        after: Sequence[Script] = (),
        *,
        way: Way = "forth",
        device: str = "",
    ) -> None:
        """Enter a run of this machine (`device`), and the scripts it will run before and after the
        switch."""
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        scripts = {script.name: script.statements for script in (*before, *after)}
        self._add("run", change=change_id, purpose=purpose, scripts=scripts, first=len(before),
                  way=way, device=device)  # fmt: skip

    def guard(self, guard: Guard) -> None:
        """Enter what the database can be brought back with."""
        tables = None if guard.tables is None else list(guard.tables)
        self._add("guard", path=guard.path, taken=guard.at.isoformat(), tables=tables,
                  made=list(guard.made), digest=guard.digest, device=guard.device)  # fmt: skip

    def entering(self, scripts: Sequence[Script]) -> None:
        """Enter that the database is about to be changed, by these scripts or by an archive."""
        self._add("enter", scripts=[script.name for script in scripts])

    def settled(self, path: str, at: datetime) -> None:
        """Enter the archive of what the scripts made."""
        self._add("settled", path=path, taken=at.isoformat())

    def statement(self, script: str, number: int, line: int) -> None:
        """Enter that a statement is about to be sent; numbers begin with 1."""
        self._add("begin", script=script, number=number, line=line)

    def ended(self, script: str, number: int, rows: int, opened: int = 0) -> None:
        """Enter that a statement took effect; within a transaction, at its commit, which the
        statement `opened` began."""
        self._add("end", script=script, number=number, rows=rows, open=opened)

    def refused(self, script: str, number: int, why: str, taken_back_from: int = 0) -> None:
        """Enter that the server refused a statement; an open transaction went with it."""
        self._add("refused", script=script, number=number, why=why, back=taken_back_from)

    def restored(self) -> None:
        """Enter that the database was brought back."""
        self._add("restored")

    def switching(self) -> None:
        """Enter that the server is asked to switch now."""
        self._add("switching")

    def finish(self) -> None:
        """Enter that all of the run was done."""
        self._add("done")

    @property
    def content(self) -> bytes:
        """The lines as they stand in the file."""
        return self._path.read_bytes()

    def read(self) -> RunRecord:
        """Return what the lines tell."""
        if not self.exists and self._elsewhere is not None:
            return RunRecord(tuple(_lines(self._elsewhere)), elsewhere=True)
        return RunRecord(tuple(_lines(self._path)))

    def _add(self, what: str, **facts: Any) -> None:
        line = json.dumps({"what": what, "at": datetime.now(UTC).isoformat(), **facts}) + "\n"
        try:
            handle = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
            with os.fdopen(handle, "r+b") as file:
                end = file.seek(0, os.SEEK_END)
                if end:  # a half line of a crash is struck out
                    file.seek(0)
                    whole = file.read().rfind(b"\n") + 1
                    file.truncate(whole)
                    file.seek(whole)
                file.write(line.encode())
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise OpsError(
                tr("What is done to the database cannot be written down: {why}.",
                   why=error.strerror or error),
                hint=tr("Free some space on this machine, then look at the change again."),
                unharmed=tr("The statement was not sent."),
            ) from error  # fmt: skip


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open("rb") as file:
        for line in file:
            if not line.endswith(b"\n"):
                return
            try:
                yield json.loads(line)
            except ValueError:
                return


@dataclass(frozen=True, slots=True)
class RunRecord:
    """A run as its lines tell it; of one `elsewhere` nobody here knows what followed the last."""

    lines: tuple[dict[str, Any], ...]
    elsewhere: bool = False

    @property
    def change_id(self) -> str:
        return str(self.lines[0]["change"]) if self.lines else ""

    @property
    def purpose(self) -> str:
        return str(self.lines[0]["purpose"]) if self.lines else ""

    @property
    def scripts(self) -> Mapping[str, int]:
        scripts: dict[str, int] = self.lines[0]["scripts"] if self.lines else {}
        return scripts

    @property
    def done(self) -> bool:
        return any(line["what"] == "done" for line in self.lines)

    @property
    def way(self) -> Way:
        """How the run goes: forth, or back by scripts, by an archive, or without a database."""
        return cast(Way, self.lines[0]["way"]) if self.lines else "forth"

    @property
    def device(self) -> str:
        """The machine that carries it out."""
        return str(self.lines[0].get("device", "")) if self.lines else ""

    @property
    def begun(self) -> bool:
        """Whether anything was sent to the database or the server, or may have been."""
        sent = ("begin", "switching", "restored", *(("enter",) if self.elsewhere else ()))
        return any(line["what"] in sent for line in self.lines)

    @property
    def entered(self) -> tuple[str, ...]:
        """The scripts of another machine of which nobody here knows how far they came."""
        last = self.lines[-1] if self.lines else {}
        known = not self.elsewhere or last.get("what") != "enter"
        return () if known else tuple(last["scripts"])

    @property
    def switching(self) -> bool:
        return any(line["what"] == "switching" for line in self.lines)

    @property
    def restored(self) -> bool:
        return any(line["what"] == "restored" for line in self.lines)

    @property
    def guarded(self) -> Guard | None:
        for line in reversed(self.lines):
            if line["what"] == "guard":
                tables = None if line["tables"] is None else tuple(line["tables"])
                at = datetime.fromisoformat(line["taken"])
                made, digest = tuple(line["made"]), line.get("digest", "")
                return Guard(line["path"], at, tables, made, digest, line.get("device", ""))
        return None

    @property
    def settled(self) -> tuple[str, datetime] | None:
        """The archive of what the scripts made, and of when it is."""
        for line in self.lines:
            if line["what"] == "settled":
                return line["path"], datetime.fromisoformat(line["taken"])
        return None

    @property
    def refusal(self) -> str:
        """What the database refused last, as a finished sentence, unless a later try went on."""
        last = self.lines[-1] if self.lines else {}
        return str(last["why"]) if last.get("what") == "refused" else ""

    @property
    def unknown(self) -> tuple[str, int, int] | None:
        """The statement (script, number, line) of which nobody knows whether it took effect."""
        waiting: dict[tuple[str, int], int] = {}
        for line in self.lines:
            key = (line.get("script", ""), line.get("number", 0))
            if line["what"] == "begin":
                waiting[key] = line["line"]
            elif line["what"] in ("end", "refused"):
                waiting.pop(key, None)
        return next(((script, number, line) for (script, number), line in waiting.items()), None)

    def statements_of(self, script: str) -> int:
        """Return how many statements of a script, from its first on, have taken effect."""
        count = 0
        for line in self.lines:
            if line.get("script") == script and line["what"] == "end":
                count = line["open"] - 1 if line["open"] else line["number"]
            elif line.get("script") == script and line["what"] == "refused" and line["back"]:
                count = line["back"] - 1
        return count

    def ran(self, script: str) -> Ran:
        """Say how much of a script was run."""
        unknown = self.unknown
        if unknown and unknown[0] == script:
            return "part"
        count = self.statements_of(script)
        if count >= self.scripts.get(script, 0) and script in self.scripts:
            return "whole"
        return "part" if count or script in self.entered else "none"

    @property
    def waiting(self) -> str:
        """The first script that was not run to its end, or nothing."""
        return next((name for name in self.scripts if self.ran(name) != "whole"), "")

    def steps(self) -> tuple[tuple[RunStep, ...], tuple[RunStep, ...]]:
        """Return the scripts as steps, those before and those after the switch; times are this
        machine's."""
        found = []
        for name in self.scripts:
            lines = [line for line in self.lines if line.get("script") == name]
            times = [datetime.fromisoformat(line["at"]) for line in lines]
            refused = bool(lines) and lines[-1]["what"] == "refused"
            whole = self.ran(name) == "whole"
            ended = times[-1] if whole or refused else None
            status = 1 if refused else 0 if whole else None
            found.append(RunStep(f"sql:{name}", times[0] if times else None, ended, status))
        first = int(self.lines[0]["first"]) if self.lines else 0
        return tuple(found[:first]), tuple(found[first:])
