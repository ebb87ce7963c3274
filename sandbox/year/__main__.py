"""Lives the year, and keeps some of its documents as the samples: see the package."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Final

from sandbox.year import again, diary
from sandbox.year.clock import Clock, begin_at
from sandbox.year.life import END, START, Life, at, begun

# Its name stands in documents, as that of any server's folder would.
_USUAL: Final = Path("/srv/chamber")


def live(life: Life, until: date) -> None:
    """Live from the first day to another, both included; say what is lived through."""
    for day, hour, work in diary.between(START, until):
        life.until(day, hour)
        work(life)
        sys.stdout.write(f"{day} {hour} {work.__name__}\n")
        sys.stdout.flush()


def main(words: Sequence[str]) -> int:
    """Do what the command line says; return the exit code."""
    parser = argparse.ArgumentParser(prog="python3 -m sandbox.year")
    parser.add_argument("folder", type=Path, nargs="?", help="where the sandbox is, and stays")
    parser.add_argument("--until", type=date.fromisoformat, default=END, metavar="DAY")
    parser.add_argument("--samples", type=Path, metavar="FOLDER", help="where the samples go")
    parser.add_argument("--again", action="store_true",
                        help="only lay out again the samples that are there")  # fmt: skip
    chosen = parser.parse_args(words)
    if chosen.again:
        for name in again.renew(chosen.samples):
            sys.stdout.write(f"{name}.pdf\n")
        return 0
    folder: Path = (chosen.folder or _place()).absolute()
    if not Clock.began():
        given = [str(folder), *(word for word in words if word != str(chosen.folder))]
        begin_at(at(START, "08:30"), folder.with_name(f"{folder.name}.clock"), given)
    with begun(folder) as life:
        live(life, chosen.until)
        if chosen.samples:
            life.papers.copy_to(chosen.samples)
    return 0


def _place() -> Path:
    """Return where the year is lived when nobody says."""
    try:
        _USUAL.mkdir(exist_ok=True)
    except OSError:
        return Path(tempfile.gettempdir()) / _USUAL.name
    return _USUAL


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
