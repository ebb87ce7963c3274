"""What of a subject can be found, and how a text is cut so that two characters find it.

Everything people wrote counts: fields, notes, steps, lists, however deep they lie and whichever
came to be known only after this was written.  The machine's own words (states, ids, instants,
digests) do not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from operator import add
from typing import Final

from gmops_desktop.contract.record import Json, Subject
from gmops_desktop.contract.tickets import searchable

_CODES: Final = frozenset(
    {
        "attribution",
        "impact",
        "kind",
        "letter",
        "occurrence",
        "party",
        "priority",
        "resumes",
        "scope",
        "signed",
        "state",
        "trouble",
        "urgency",
        "waiting_on",
    }
)
_MACHINE: Final = re.compile(
    r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"  # an id
    r"|\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-][\d:]+)?"  # an instant
    r"|[0-9a-f]{32,}"  # a digest
)
_TITLES: Final = ("title", "name")
_TITLE_LENGTH: Final = 200

_PRIVATE: Final = 0xE000  # where characters go that a tokenizer would take for a gap
_ASIDE: Final = {
    code: _PRIVATE + code
    for code in range(128)
    if not chr(code).isalnum() and not chr(code).isspace()
}
_END: Final = chr(_PRIVATE + 0xFF)  # stands behind the last character of a run


def words_of(subject: Subject) -> str:
    """Return every text people wrote about `subject`, as searches compare it; each text once."""
    texts: dict[str, None] = {}
    for entry in subject.entries:
        for said in (entry.fields, entry.note):
            texts |= dict.fromkeys(_told(said))
    return searchable("\n".join(texts))


def title_of(subject: Subject) -> str:
    """Return what a subject is called in a list of things found, without its number."""
    fields = subject.fields
    for name in _TITLES:
        if isinstance(title := fields.get(name), str) and title.strip():
            return title.strip()[:_TITLE_LENGTH]
    said = (entry.note.get("text") for entry in subject.entries)
    first = next((text for text in said if isinstance(text, str) and text.strip()), "")
    return first.strip().partition("\n")[0][:_TITLE_LENGTH]


def wanted_words(text: str) -> tuple[str, ...]:
    """Return the words of a query, as `words_of` writes them; a subject must hold every one."""
    return tuple(dict.fromkeys(searchable(text).split()))


def holds(words: str, wanted: tuple[str, ...]) -> bool:
    """Return whether a subject's words hold every wanted one: what a search must agree with."""
    return all(word in words for word in wanted)


def pairs_of(words: str) -> str:
    """Return the pairs of neighbouring characters in `words` as tokens between blanks, each once.

    The last character of a run stands in a pair with an end mark, so that each character begins
    some pair.  A pair never spans a blank, as no wanted word does.
    """
    found: dict[str, None] = {}
    for run in _safe(words).split():
        found |= dict.fromkeys(_pairs(run + _END))
    return " ".join(found)


def pairs_in(word: str) -> tuple[str, ...]:
    """Return the pairs that a text holding `word` must have; one character is a beginning only."""
    safe = _safe(word)
    return tuple(dict.fromkeys(_pairs(safe))) or (safe,)


def is_proved_by_pairs(word: str) -> bool:
    """Return whether a text with all pairs of `word` holds it for certain."""
    return len(word) <= 2 and word.isalnum()


def _told(value: Json, name: str = "") -> Iterator[str]:
    if isinstance(value, str):
        if value and not (name in _CODES or name.endswith("_id") or _MACHINE.fullmatch(value)):
            yield value
    elif isinstance(value, Mapping):
        for key in sorted(value):  # as the journal keeps them
            yield from _told(value[key], key)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _told(item, name)


def _safe(text: str) -> str:
    """Return `text` with ASCII's signs, which are neither letter, digit nor blank, put aside."""
    return text.translate(_ASIDE)


def _pairs(run: str) -> Iterator[str]:
    return map(add, run, run[1:])
