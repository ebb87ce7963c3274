"""Reading numbers and sections strictly: what we do not know exactly becomes unknown, with why."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final, TypeVar

from gmops_desktop.adapters.sections import Section, Unknown, text_of
from gmops_desktop.language import tr

T = TypeVar("T")

_WHOLE: Final = re.compile(r"[0-9]{1,20}")
_REAL: Final = re.compile(r"[0-9]{1,15}(\.[0-9]{1,9})?")


class NotHere(Exception):
    """Something this host does not have, and need not; the text says what."""


class Reading:
    """Reads one thing after another from the sections of a look, and keeps why one failed.

    `unknown` is what was not learnt, `notes` what does not apply to this host; by name.
    """

    def __init__(self, sections: Mapping[str, Section]) -> None:
        self._sections = sections
        self.unknown: dict[str, str] = {}
        self.notes: dict[str, str] = {}

    def read(
        self,
        name: str,
        reader: Callable[..., T],
        *keys: str,
        partly: bool = False,
        absent: Callable[[Section], str] = lambda section: "",
    ) -> T | None:
        """Return what `reader` makes of the texts of the sections `keys` (else of `name`).

        `partly` takes the output of a command that failed after several lines; `absent` says of a
        section why this host need not have such a thing, or nothing.
        """
        section = self._sections.get((keys or (name,))[0])
        if section and (note := absent(section)):
            self.notes[name] = note
            return None
        try:
            texts = [text_of(self._sections, key, partly=partly) for key in keys or (name,)]
            return reader(*texts)
        except Unknown as why:
            self.unknown[name] = str(why)
        except NotHere as why:
            self.notes[name] = str(why)
        except (ValueError, IndexError, KeyError, ZeroDivisionError):
            self.unknown[name] = tr("the host answered in a form we do not know")
        return None


def whole(word: str) -> int:
    """Return a number as the kernel writes it; `int` would take signs, blanks and other digits."""
    if not _WHOLE.fullmatch(word):
        raise ValueError(word)
    return int(word)


def real(word: str) -> float:
    """Return a decimal number as the kernel writes it: no sign, no exponent, no `nan`."""
    if not _REAL.fullmatch(word):
        raise ValueError(word)
    return float(word)


def share(part: float, of: float) -> float:
    """Return `part` of `of` in per cent; a part larger than the whole is no answer."""
    if not 0 <= part <= of:
        raise ValueError(f"{part} of {of}")
    return 100 * part / of
