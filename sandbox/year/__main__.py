"""See the package."""

from __future__ import annotations

import argparse
import sys
import time
from datetime import date, timedelta
from pathlib import Path

from sandbox.year.clock import Clock, begin_at
from sandbox.year.life import END, START, Life, at, begun


def lived(life: Life, until: date) -> None:
    from sandbox.year import diary

    for moment, hour, work in diary.between(START, until):
        began = time.monotonic()
        life.until(moment, hour)
        looked = time.monotonic() - began
        work(life)
        print(f"{moment} {hour} {getattr(work,'__name__',work)} looks {looked:.1f} work {time.monotonic()-began-looked:.1f}", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python3 -m sandbox.year")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--until", type=date.fromisoformat, default=END + timedelta(days=4))
    chosen = parser.parse_args()
    folder: Path = chosen.folder.absolute()
    if not Clock.began():
        begin_at(at(START, "08:30"), folder.parent / f"{folder.name}.clock", "sandbox.year", sys.argv[1:])
    with begun(folder) as life:
        try:
            lived(life, chosen.until)
        finally:
            life.papers.copy_to(folder.parent / f'{folder.name}.papers')
            import shutil; shutil.copytree(folder / 'home', folder.parent / f'{folder.name}.home', dirs_exist_ok=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
