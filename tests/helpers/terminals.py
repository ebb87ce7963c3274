"""A person at a terminal: runs `gmops` on a pseudo terminal and answers what it asks."""

from __future__ import annotations

import os
import re
import select
import subprocess
import sys
import time
from pathlib import Path

from gmops import ROOT, environment

# Makes the pseudo terminal the child's controlling one, so that a password prompt finds it.
_ON_A_TERMINAL = "import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))"


def converse(
    *words: str | Path, home: Path, answers: list[tuple[str, str]], **more: str
) -> tuple[int, str]:
    """Run `gmops words`; wait for each pattern of `answers` in turn and type what belongs to it.

    Returns the exit code and everything the terminal showed.
    """
    command = [sys.executable, "-m", "gmops_desktop.cli", *map(str, words)]
    process = subprocess.Popen(
        [sys.executable, "-c", _ON_A_TERMINAL, *command],
        cwd=ROOT,
        env=environment(home, TERM="xterm", COLUMNS="200", **more),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    assert process.stdin
    assert process.stdout
    shown, read_to, waiting = "", 0, list(answers)
    deadline = time.monotonic() + 60
    with process:
        while time.monotonic() < deadline:
            ready, _, _ = select.select([process.stdout], [], [], 1.0)
            piece = os.read(process.stdout.fileno(), 65536) if ready else b"\n"
            if not piece:
                break
            shown += piece.decode(errors="replace") if ready else ""
            if waiting and (asked := re.search(waiting[0][0], shown[read_to:])):
                read_to += asked.end()
                process.stdin.write(waiting.pop(0)[1].encode() + b"\n")
                process.stdin.flush()
        else:
            process.kill()
            raise AssertionError(f"it did not end; shown so far:\n{shown}")
        process.stdin.close()
    assert not waiting, f"never asked for {waiting[0][0]}:\n{shown}"
    return process.returncode, shown
