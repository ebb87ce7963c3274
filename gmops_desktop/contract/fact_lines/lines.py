"""A line of what a look found, and the writing of them: unknown always says why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from gmops_desktop.language import tr
from gmops_desktop.states import State


@dataclass(frozen=True, slots=True)
class FactLine:
    """One thing found: under which heading, its name, the finding in words.

    `state` is None for what is told without being judged.
    """

    subject: str
    name: str
    value: str
    state: State | None = None


@dataclass(slots=True)
class Lines:
    """Collects the lines of one look; `sections` say why something is unknown, `notes` why it does
    not apply."""

    sections: Mapping[str, str]
    notes: Mapping[str, str] = field(default_factory=dict)
    subject: str = ""
    lines: list[FactLine] = field(default_factory=list)

    def add(self, key: str, name: str, value: str | None, state: State | None = None) -> None:
        """Add what was found; without it, why not, by what the look says of `key`."""
        if value is None and key in self.notes and key not in self.sections:
            self.lines.append(FactLine(self.subject, name, self.notes[key]))
        elif value is None or key in self.sections:
            self.unknown(name, self.sections.get(key) or tr("the look did not learn it"))
        else:
            self.lines.append(FactLine(self.subject, name, value, state))

    def unknown(self, name: str, why: str) -> None:
        """Add what is not known, and why."""
        said = tr("unknown: {why}", why=why)
        self.lines.append(FactLine(self.subject, name, said, "unknown"))


def size(count: float) -> str:
    """Return bytes for people, in decimal units as disks are sold."""
    for unit, one in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if abs(count) >= one:
            return f"{count / one:,.1f} {unit}"
    return f"{count:.0f} B"


def percent(value: float) -> str:
    """Return a share with one place."""
    return f"{value:.1f} %"


def noted(what: str, note: str) -> str:
    """Return something with a note behind it in brackets."""
    return tr("{what} ({note})", what=what, note=note)
