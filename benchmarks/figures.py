"""How figures are taken and written down: by the wall's clock, and by the thread's own."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Figure:
    """One thing measured, in milliseconds: the median, the worst, and the bar for the worst.

    `cpu` is the worst time for which the thread held a processor: on a machine that does other
    things besides, what the rest of `worst` was spent waiting for was not ours.
    """

    what: str
    runs: int
    median: float
    worst: float
    cpu: float
    bar: float = 0.0  # 0: none is asked

    @property
    def met(self) -> bool:
        return not self.bar or self.worst <= self.bar


def timed(what: str, runs: int, job: Callable[[], object], bar: float = 0.0) -> Figure:
    """Run a job so often, by the wall's clock and by the thread's."""
    walls, cpus = [], []
    for _ in range(runs):
        wall, cpu = time.perf_counter(), time.thread_time()
        job()
        walls.append((time.perf_counter() - wall) * 1000)
        cpus.append((time.thread_time() - cpu) * 1000)
    return Figure(what, runs, statistics.median(walls), max(walls), max(cpus), bar)


def write(out: Path, name: str, facts: dict[str, str], figures: Sequence[Figure]) -> None:
    """Write `NAME.md` and `NAME.json`, and print the table."""
    out.mkdir(parents=True, exist_ok=True)
    lines = [f"- {name}: {value}" for name, value in facts.items()]
    lines += [
        "",
        "| what | median, ms | worst, ms | CPU of the worst, ms | asked | |",
        "|---|---|---|---|---|---|",
    ]
    for one in figures:
        asked = f"{one.bar:,.0f}" if one.bar else ""
        met = ("met" if one.met else "**missed**") if one.bar else ""
        lines.append(
            f"| {one.what} | {one.median:,.1f} | {one.worst:,.1f} | {one.cpu:,.1f} | {asked} "
            f"| {met} |"
        )
    (out / f"{name}.md").write_text("\n".join(lines) + "\n", "utf-8")
    told = {"facts": facts, "figures": [asdict(one) for one in figures]}
    (out / f"{name}.json").write_text(
        json.dumps(told, ensure_ascii=False, indent=2) + "\n", "utf-8"
    )
    print("\n".join(lines))
