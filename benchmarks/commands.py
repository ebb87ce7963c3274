"""The contestants as commands, and what one run of a command costs: time and memory."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from gmops_desktop.errors import OpsError
from gmops_desktop.paths import ROOT
from sandbox.processes import find_tool

GMOPS: Final = (sys.executable, "-m", "gmops_desktop.cli")
_LOOK: Final = 0.05  # seconds between two looks at a process's memory

# Everything a backup of ours holds: rows of one snapshot, routines, events, triggers, exact bytes.
_DUMP: Final = ("--single-transaction", "--quick", "--routines", "--events", "--triggers",
                "--hex-blob", "--default-character-set=utf8mb4")  # fmt: skip


class Failed(OpsError):
    """A contestant did not do its work: there is nothing to compare."""


@dataclass(frozen=True, slots=True)
class Ran:
    """One run: seconds, the most memory (bytes) of it and all it started, standard output."""

    seconds: float
    memory: int
    out: str = ""


def run(
    words: Sequence[str | Path],
    *,
    environment: Mapping[str, str] | None = None,
    source: Path = Path(os.devnull),
    into: Path | None = None,
) -> Ran:
    """Run a command to its end, fed from `source`; its output goes `into` a file, or is returned.

    Raises `Failed` with the end of what it said.  Interrupted, it takes the command down with it.
    """
    with (
        source.open("rb") as fed,
        tempfile.TemporaryFile() as said,
        tempfile.TemporaryFile() if into is None else into.open("wb") as out,
    ):
        os.sync()  # what others wrote, and have not paid for, goes to the disk before
        begun = time.monotonic()
        process = subprocess.Popen(
            [str(word) for word in words],
            cwd=ROOT,
            env={**os.environ, **(environment or {})},
            stdin=fed,
            stdout=out,
            stderr=said,
            start_new_session=True,
        )
        try:
            memory = _watch(process)
        except BaseException:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            raise
        seconds = time.monotonic() - begun
        if process.returncode:
            raise Failed(
                f"{shlex.join(str(word) for word in words)[:200]} … "
                f"ended with exit code {process.returncode}: {_text(said)[-800:]}"
            )
        return Ran(seconds, memory, "" if into else _text(out))


def _watch(process: subprocess.Popen[bytes]) -> int:
    """Wait for a process; return the most memory that it and all below it held at one look."""
    most = 0
    while True:
        most = max(most, _memory(process.pid))
        try:
            process.wait(_LOOK)
        except subprocess.TimeoutExpired:
            continue
        return most


def _memory(pid: int) -> int:
    """Return the resident bytes of a process and its children, and of theirs.

    Of the process itself it is the highest mark so far, which no look can miss; not what
    `getrusage` says, where the memory of whoever forked it counts too.
    """
    total = _status(Path(f"/proc/{pid}/status"), "VmHWM")
    waiting = _children(pid)
    while waiting:
        child = waiting.pop()
        total += _status(Path(f"/proc/{child}/status"), "VmRSS")
        waiting += _children(child)
    return total


def _children(pid: int) -> list[int]:
    found: list[int] = []
    for file in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            found += map(int, file.read_text().split())
    return found


def _status(file: Path, field: str) -> int:
    with suppress(OSError):
        for line in file.read_text("utf-8", "replace").splitlines():
            if line.startswith(f"{field}:"):
                return int(line.split()[1]) * 1024
    return 0


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode("utf-8", "replace").strip()


# ---------------------------------------------------------------- the contestants


def dump_line(login: str, schema: str, *more: str) -> str:
    """Return the shell line of mysqldump, which reads the option file that `login` names."""
    tool = "mysqldump" if shutil.which("mysqldump") else "mariadb-dump"
    return shlex.join([tool, login, *_DUMP, *more, schema])


def stock_dump(login: str, schema: str, *more: str) -> str:
    """Return the shell line of `mysqldump | zstd -3`."""
    return f"{dump_line(login, schema, *more)} | zstd -q -3"


def in_a_shell(line: str) -> list[str]:
    """Return the command that runs a pipe, and fails where any part of it fails."""
    return ["bash", "-o", "pipefail", "-c", line]


def mydumper(options: Path, schema: str, folder: Path) -> list[str] | None:
    """Return mydumper's command: same snapshot, same objects, its own threads and compression.

    None where it is not installed.  It reads the password from `options`, an option file.
    """
    tool = shutil.which("mydumper")
    if tool is None:
        return None
    objects = ["--triggers", "--routines", "--events"]
    words = [tool, f"--defaults-file={options}", "--host=127.0.0.1", f"--database={schema}"]
    return [*words, f"--outputdir={folder}", "--trx-consistency-only", "--compress", *objects]


def myloader(options: Path, schema: str, folder: Path) -> list[str | Path]:
    """Return myloader's command for what mydumper wrote, by its own number of threads."""
    words = ["myloader", f"--defaults-file={options}", "--host=127.0.0.1"]
    return [*words, f"--database={schema}", f"--directory={folder}"]


def version_of(tool: str) -> str:
    """Return the first line of `tool --version`; empty where it is not installed."""
    try:
        found = find_tool(tool, tool)
    except OpsError:
        return ""
    ran = subprocess.run([found, "--version"], capture_output=True, text=True, check=False)
    return (ran.stdout or ran.stderr).splitlines()[0].strip()
