"""What was measured: medians, ratios, the bars they are held against, and the tables of both."""

from __future__ import annotations

import json
import os
import platform
import statistics
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Literal

Measure = Literal["seconds", "line_bytes"]

OURS: Final = "gmops backup take"
DUMP: Final = "mysqldump | zstd -3"
PLAIN_DUMP: Final = "mysqldump --skip-ssl | zstd -3"
MYDUMPER: Final = "mydumper --compress"
SSH_DUMP: Final = "ssh HOST 'mysqldump | zstd -3'"
LOAD: Final = "zstd -dc | mariadb"
SSH_LOAD: Final = "zstd -dc | ssh HOST mariadb"
SSH_LOAD_PACKED: Final = "zstd -dc | ssh -C HOST mariadb"
SSH_LOAD_THERE: Final = "ssh HOST 'zstd -dc | mariadb'"
PLAIN_LOAD: Final = "mariadb < dump"
MYLOADER: Final = "myloader"
RESTORE: Final = "gmops restore run"
PREVIEW: Final = "gmops restore preview"

_OF_OURS: Final = (OURS, RESTORE, PREVIEW)

LOOPBACK: Final = "Loopback: full backup"
WIDE: Final = "Loopback: a table with a row of 64 MB"
FIRST: Final = "Line: first backup"
DAILY: Final = "Line: daily backup"
SAME: Final = "Line: nothing changed"
RESTORE_SITE: Final = "Loopback: restore of the example website"
RESTORE_FULL: Final = "Loopback: restore into an empty schema"
RESTORE_ONE: Final = "Line: restore after one of 50 tables was damaged"
RESTORE_EMPTY: Final = "Line: restore into an empty schema"


@dataclass(frozen=True, slots=True)
class Sample:
    """One run: seconds; bytes over the line, of the file, of memory at most (0: not measured).

    `more` is what our program says of its own run.
    """

    seconds: float
    line_bytes: int = 0
    file_bytes: int = 0
    memory: int = 0
    more: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Bar:
    """What is asked of us: our median over the rival's is `at_most` this."""

    scenario: str
    rival: str
    measure: Measure
    at_most: float
    ours: str = OURS


BARS: Final = (
    Bar(FIRST, SSH_DUMP, "seconds", 1.0),
    Bar(DAILY, SSH_DUMP, "seconds", 1 / 15),
    Bar(DAILY, SSH_DUMP, "line_bytes", 1 / 40),
    Bar(SAME, SSH_DUMP, "seconds", 1 / 30),
    Bar(SAME, SSH_DUMP, "line_bytes", 1 / 1000),
    Bar(LOOPBACK, DUMP, "seconds", 1.1),
    Bar(RESTORE_ONE, SSH_LOAD, "seconds", 1 / 25, PREVIEW),
    Bar(RESTORE_ONE, SSH_LOAD, "seconds", 1 / 12, RESTORE),
    Bar(RESTORE_EMPTY, SSH_LOAD_PACKED, "seconds", 1.0, RESTORE),
    Bar(RESTORE_FULL, PLAIN_LOAD, "seconds", 1.0, RESTORE),
    Bar(RESTORE_FULL, MYLOADER, "seconds", 1.2, RESTORE),
)
MEMORY_BAR: Final = 300_000_000  # bytes, whatever the table or row


@dataclass(frozen=True, slots=True)
class Verdict:
    """A bar in words, what was measured, and whether it is met."""

    what: str
    bar: str
    found: str
    met: bool


class Results:
    """Samples by scenario and contestant, and facts of the run by name."""

    def __init__(self) -> None:
        self.samples: dict[str, dict[str, list[Sample]]] = {}
        self.facts: dict[str, str] = {}

    def add(self, scenario: str, who: str, sample: Sample) -> None:
        """Enter a run, and say so."""
        self.samples.setdefault(scenario, {}).setdefault(who, []).append(sample)
        line = f", {sample.line_bytes / 1e6:.3f} MB over the line" if sample.line_bytes else ""
        print(f"  {scenario}: {who}: {sample.seconds:.2f} s{line}", flush=True)

    def median(self, scenario: str, who: str, measure: str) -> float:
        """Return the median of a measure; 0 where it was not measured."""
        samples = self.samples.get(scenario, {}).get(who, [])
        return statistics.median(getattr(s, measure) for s in samples) if samples else 0.0

    def verdicts(self) -> list[Verdict]:
        """Hold what was measured against the bars."""
        found = []
        for bar in BARS:
            ours = self.median(bar.scenario, bar.ours, bar.measure)
            theirs = self.median(bar.scenario, bar.rival, bar.measure)
            if not ours or not theirs:
                continue
            what = "time" if bar.measure == "seconds" else "bytes over the line"
            whose = "" if bar.ours == OURS else f" of {bar.ours}"
            title = f"{bar.scenario}, {what}{whose} against {bar.rival}"
            ratio = ours / theirs
            met = ratio <= bar.at_most
            found.append(Verdict(title, f"at most {fraction(bar.at_most)}", fraction(ratio), met))
        most = max((s.memory for _, who, s in self._all() if who == OURS), default=0)
        if most:
            asked, there = f"under {MEMORY_BAR / 1e6:.0f} MB", f"{most / 1e6:.0f} MB"
            title = "Peak memory of every run of ours"
            found.append(Verdict(title, asked, there, most < MEMORY_BAR))
        return found

    def rows(self) -> list[tuple[str, ...]]:
        """Return the table: a title row, then one row per scenario and contestant."""
        titles = ("Scenario", "", "runs", "seconds", "line MB", "file MB", "memory MB", "× time",
                  "× bytes")  # fmt: skip
        rows: list[tuple[str, ...]] = [titles]
        for scenario, contestants in self.samples.items():
            rival = next((who for who in contestants if who not in _OF_OURS), "")
            shown = scenario
            for who in sorted(contestants, key=lambda who: (who in _OF_OURS, who != rival)):
                samples = contestants[who]
                seconds, line = (self.median(scenario, who, m) for m in ("seconds", "line_bytes"))
                file = self.median(scenario, who, "file_bytes")
                memory = max(sample.memory for sample in samples)
                against = "" if who == rival else rival
                rows.append(
                    (
                        shown,
                        who,
                        str(len(samples)),
                        f"{seconds:.2f}",
                        f"{line / 1e6:.3f}" if line else "",
                        f"{file / 1e6:.1f}" if file else "",
                        f"{memory / 1e6:.0f}" if memory else "",
                        self._ratio(scenario, who, against, "seconds"),
                        self._ratio(scenario, who, against, "line_bytes"),
                    )
                )
                shown = ""
        return rows

    def _ratio(self, scenario: str, who: str, rival: str, measure: str) -> str:
        ours, theirs = (self.median(scenario, name, measure) for name in (who, rival))
        return fraction(ours / theirs) if ours and theirs else ""

    def _all(self) -> Iterable[tuple[str, str, Sample]]:
        for scenario, contestants in self.samples.items():
            for who, samples in contestants.items():
                yield from ((scenario, who, sample) for sample in samples)

    # ------------------------------------------------------------ for people and programs

    def markdown(self) -> str:
        """Return the result as a Markdown page."""
        verdicts = [
            (verdict.what, verdict.bar, verdict.found, "met" if verdict.met else "**missed**")
            for verdict in self.verdicts()
        ]
        facts = [f"- {name}: {value}" for name, value in self.facts.items()]
        parts = [
            "\n".join(facts),
            _table(self.rows()),
            _table([("Bar", "asked", "measured", ""), *verdicts]),
        ]
        return "\n\n".join(parts) + "\n"

    def write(self, folder: Path) -> None:
        """Write `results.md` and `results.json` into `folder`."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "results.md").write_text(self.markdown(), "utf-8")
        told = {
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "facts": self.facts,
            "samples": {
                scenario: {
                    who: [asdict(sample) for sample in samples] for who, samples in c.items()
                }
                for scenario, c in self.samples.items()
            },
            "bars": [asdict(verdict) for verdict in self.verdicts()],
        }
        text = json.dumps(told, ensure_ascii=False, indent=2)
        (folder / "results.json").write_text(text + "\n", "utf-8")

    def show(self) -> None:
        """Print both tables."""
        print()
        for name, value in self.facts.items():
            print(f"{name}: {value}")
        print("\n" + _columns(self.rows()) + "\n")
        for verdict in self.verdicts():
            mark = "met   " if verdict.met else "MISSED"
            print(f"{mark} {verdict.what}: {verdict.found} ({verdict.bar})")


def fraction(ratio: float) -> str:
    """Write a ratio as people say it: 0.93, 1/15.2."""
    return f"1/{1 / ratio:.1f}" if ratio < 0.5 else f"{ratio:.2f}"


def machine() -> str:
    """Name this machine: processor, cores, memory, kernel."""
    cpu = platform.processor() or platform.machine()
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        cpu = next((x.split(":", 1)[1].strip() for x in file if x.startswith("model name")), cpu)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return f"{cpu}, {os.cpu_count()} CPUs, {memory / 2**30:.0f} GiB, {platform.platform()}"


def _table(rows: list[tuple[str, ...]]) -> str:
    lines = ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join([lines[0], "|" + "---|" * len(rows[0]), *lines[1:]])


def _columns(rows: list[tuple[str, ...]]) -> str:
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if place < 2 else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )
