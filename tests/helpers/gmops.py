"""Runs `gmops` as a program of its own, the way cron and scripts do."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Ran:
    """What a command left behind: exit code, standard output, standard error."""

    code: int
    out: str
    err: str

    @property
    def answer(self) -> Any:
        """The one JSON document on standard output."""
        return json.loads(self.out)


def environment(home: Path, **more: str) -> dict[str, str]:
    """Return the environment of a command: English, its own home, no keyring, no terminal size."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return {
        **kept,
        "GMOPS_HOME": str(home),
        "GMOPS_LANGUAGE": "en",
        "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
        "QT_QPA_PLATFORM": "offscreen",
        **more,
    }


def start(*words: str | Path, home: Path, **more: str) -> subprocess.Popen[str]:
    """Start a command and return at once."""
    return subprocess.Popen(
        [sys.executable, "-m", "gmops_desktop.cli", *map(str, words)],
        cwd=ROOT,
        env=environment(home, **more),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )


def gmops(*words: str | Path, home: Path, **more: str) -> Ran:
    """Run a command to its end."""
    with start(*words, home=home, **more) as process:
        out, err = process.communicate(timeout=120)
    return Ran(process.returncode, out, err)
