"""What people write into documents in their own words: in which sections, and how it is kept.

A text belongs to a section of one document: the monthly report of a month, the fault report of a
ticket.  It is an entry of the journal like any fact, so that two machines that both wrote meet in
the merge, and the versions of a document each name the entries whose words they print.
"""

from __future__ import annotations

import re
import unicodedata
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Final

from gmops_desktop.contract.record import EntryView, fold
from gmops_desktop.errors import OpsError
from gmops_desktop.language import mark, tr

LONGEST: Final = 10_000  # characters of one text
_NAMESPACE: Final = uuid.UUID("5d0d8cbe-7d4f-4a49-9f0f-2d8a0f6c7e11")
_OVERVIEW: Final = mark("Overview and conclusions")
_ADVICE: Final = mark("Problems and improvements")
_REMARKS: Final = mark("Further remarks")
# The sections of each kind that take people's own words, in the order of the page.
SECTIONS: Final[dict[str, dict[str, str]]] = {
    "monthly": {
        "overview": _OVERVIEW,
        "operation": mark("How it ran"),
        "tickets": mark("Tickets of the month"),
        "backups": mark("Backups and restores"),
        "changes": mark("Changes and special emergencies"),
        "risks": mark("Risks and advice"),
        "plan": mark("Plan for the next month"),
    },
    "inspection": {
        "overview": _OVERVIEW,
        "findings": mark("Findings and advice"),
    },
    "backups": {"overview": _OVERVIEW, "advice": _ADVICE},
    "fault": {
        "happened": mark("Course of events"),
        "cause": mark("Root cause and attribution"),
        "advice": _ADVICE,
    },
    "evaluation": {
        "plan": mark("The project manager's evaluation"),
        "risks": mark("Risks of the work"),
    },
    "visit": {"work": mark("Work on site"), "remains": mark("What remains")},
    "fees": {"remarks": _REMARKS},
    "account": {"overview": _OVERVIEW, "advice": _ADVICE},
    "compilation": {
        "overview": _OVERVIEW,
        "deviations": mark("Deviations and special emergencies"),
    },
    "quarter": {"overview": _OVERVIEW, "risks": mark("Risks and advice"), "plan": mark("Outlook")},
    "annual": {
        "overview": _OVERVIEW,
        "works": mark("Main works"),
        "advice": _ADVICE,
        "plan": mark("Advice for the next year"),
        "acceptance": mark("Acceptance and conclusion"),
    },
    "notice": {
        "request": mark("What is asked for"),
        "way_back": mark("The way back"),
        "announcement": mark("Text that may be published"),
    },
    "change_record": {
        "overview": _OVERVIEW,
        "deviations": mark("Special emergencies and deviations"),
        "done": mark("Planned and done"),
        "advice": _ADVICE,
    },
    "hand_over": {"handed": mark("What was handed over"), "remarks": _REMARKS},
    "drill": {"findings": mark("Findings")},
    "contact": {"remarks": _REMARKS},
    "payment": {"remarks": _REMARKS},
    "sign_in": {"contents": mark("What was taught")},
}


@dataclass(frozen=True, slots=True)
class TextKey:
    """One document, whatever its version: `of` is its period, or the id of its one thing."""

    contract_id: str
    kind: str
    of: str

    def subject(self, section: str) -> str:
        """Return the id under which the journal keeps a section: the same on every machine."""
        words = "\n".join((self.contract_id, self.kind, self.of, section))
        return str(uuid.uuid5(_NAMESPACE, words))


@dataclass(frozen=True, slots=True)
class OwnText:
    """What somebody wrote into a section.  `entry` is the hash of the journal's entry, "" while
    it is only being typed; `other` holds what another machine wrote at the same time, "" if none
    did."""

    section: str
    text: str
    by: str
    at: datetime
    entry: str = ""
    other: str = ""


@dataclass(frozen=True, slots=True)
class TextTemplate:
    """A text kept for a section of a kind, to begin with."""

    id: str
    kind: str
    section: str
    name: str
    text: str


def word_of_section(kind: str, section: str) -> str:
    """Return the name of a section."""
    return tr(SECTIONS[kind][section])


def check_section(kind: str, section: str) -> None:
    """Refuse a section that the kind does not have."""
    if section not in SECTIONS.get(kind, {}):
        raise OpsError(
            tr("There is no section “{section}” for texts of one's own.", section=section),
            hint=tr("There are: {sections}.", sections=", ".join(SECTIONS.get(kind, {})) or "—"),
        )


def tidied(text: str) -> str:
    """Return a text as it is kept: lines end in LF, no control characters, no marks that turn the
    direction of writing; refuse one that is too long.

    Joiners and variation selectors stay: they are part of what an emoji is.
    """
    text = re.sub(r"\r\n?|\u2028|\u2029", "\n", text).replace("\t", "    ")
    text = "".join(one for one in text if one == "\n" or _kept(one))
    text = re.sub(r"\n{3,}", "\n\n", text).strip()
    if len(text) > LONGEST:
        raise OpsError(
            tr("The text has {count} characters; a section takes {most}.",
               count=f"{len(text):,}", most=f"{LONGEST:,}"),
            hint=tr("Shorten it, or file the long version as an attachment of a ticket."),
            unharmed=tr("What was kept before is unchanged."),
        )  # fmt: skip
    return text


def _kept(char: str) -> bool:
    if "\u202a" <= char <= "\u202e" or "\u2066" <= char <= "\u2069" or char == "\ufeff":
        return False
    return unicodedata.category(char) not in ("Cc", "Cs", "Co", "Cn")


def text_of(section: str, entries: Iterable[EntryView]) -> OwnText | None:
    """Return what the entries of one section make of it; None where it is empty."""
    subject = fold(entries)
    if not subject.entries:
        return None
    last = subject.entries[-1]
    text = str(subject.fields.get("text") or "")
    other = ""
    if "text" in subject.conflicts:
        others = (str(one.fields["text"]) for one in reversed(subject.entries)
                  if one.device != last.device and "text" in one.fields)  # fmt: skip
        other = next((one for one in others if one != text), "")
    if not text and not other:
        return None
    return OwnText(section, text, last.actor, last.at, last.hash, other)


def templates_of(entries: Iterable[EntryView]) -> tuple[TextTemplate, ...]:
    """Return the templates that the entries of kind "report_template" make, by name."""
    found = []
    ordered = sorted(entries, key=lambda entry: entry.subject)
    for identity, some in groupby(ordered, key=lambda entry: entry.subject):
        said = fold(some).fields
        if not said.get("gone"):
            words = (str(said.get(name) or "") for name in ("kind", "section", "name", "text"))
            found.append(TextTemplate(identity, *words))
    return tuple(sorted(found, key=lambda one: one.name))
