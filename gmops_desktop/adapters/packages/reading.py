"""Reading the sections of a scan: what could not be read stays empty, with its reason kept."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from gmops_desktop.adapters.sections import Section, Unknown, text_of
from gmops_desktop.contract.updates import (
    Component,
    KeptBack,
    Kernels,
    Repository,
    Update,
    Updater,
)
from gmops_desktop.language import tr

ABSENT = 127  # what a shell answers for a command that is not there; our scripts likewise
FORBIDDEN = 77  # what our scripts answer for what only root may ask


@dataclass(slots=True)
class Reading:
    """The sections, and what is gathered from them; `unknowns` says why a part stays unknown."""

    sections: Mapping[str, Section]
    updates: tuple[Update, ...] = ()
    held: tuple[str, ...] = ()
    not_taken: tuple[KeptBack, ...] = ()
    repositories: tuple[Repository, ...] = ()
    kernels: Kernels | None = None
    reboot_required: bool | None = None
    reboot_packages: tuple[str, ...] = ()
    restarts: tuple[str, ...] | None = None
    updaters: tuple[Updater, ...] = ()
    components: tuple[Component, ...] = ()
    download_bytes: int | None = None
    disk_bytes: int | None = None
    notes: list[str] = field(default_factory=list)
    unknowns: dict[str, str] = field(default_factory=dict)

    def text(self, key: str, *, partly: bool = False) -> str:
        """Return what a section printed; raises `Unknown` where its command failed."""
        section = self.sections.get(key)
        if section and section.status == FORBIDDEN:
            raise Unknown(tr("only root may ask, and we are not root there"))
        if section and section.status == ABSENT:
            raise Unknown(absent(section.text))
        return text_of(self.sections, key, partly=partly)

    def or_empty(self, key: str, part: str = "", *, partly: bool = False) -> str:
        """Return what a section printed, or nothing; why is kept for `part`, if one is named."""
        try:
            return self.text(key, partly=partly)
        except Unknown as why:
            if part:
                self.unknowns.setdefault(part, str(why))
            return ""


def absent(said: str) -> str:
    """Return in words that a program is not there; `said` is its name, or the shell's complaint."""
    found = re.search(r"([\w.-]+): (?:command )?not found", said)
    name = found[1] if found else (said.split() or ["?"])[-1]
    return tr("{program} is not installed on the host", program=name)


def numbers(version: str) -> list[int]:
    """Return the numbers in a version, for comparing two of one kind."""
    return [int(part) for part in re.findall(r"\d+", version)]


def inside(words: str) -> str:
    """Return `words` fit to stand inside the single quotes of a section's command."""
    return words.replace("'", "'\\''")
