"""Words that are typed and not recorded yet, in files that outlive a program that is killed.

A program's files lie in a folder of its own, whose lock it holds as long as it lives; one whose
lock is free was left by one that died.  The files are not forced to the disk: what kills a program
leaves them, and what cuts the power takes no more than the pause after which words are recorded.
"""

from __future__ import annotations

import json
import os
import secrets
import threading
import weakref
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from gmops_desktop.adapters.locks import Busy, held
from gmops_desktop.contract.report_texts import TextKey
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr
from gmops_desktop.paths import write_atomically

_LOCK: Final = "lock"


@dataclass(frozen=True, slots=True)
class Typed:
    """What was being typed into a section; `base` is the hash of the entry it began with, "" where
    there was none."""

    key: TextKey
    section: str
    text: str
    base: str = ""


class Unsaved:
    """The words this program has not recorded yet, and those that dead ones left."""

    def __init__(self, folder: Path) -> None:
        """`folder` is made with the first words."""
        self._folder = folder
        self._own: Path | None = None
        self._guard = threading.RLock()  # what is taken may be kept again

    def keep(self, typed: Typed) -> None:
        """Keep what stands in an editor; raise `OpsError` where it cannot be written."""
        content = json.dumps(asdict(typed), ensure_ascii=False).encode()
        try:
            write_atomically(self._place(typed), content, lasting=False)
        except OSError as error:
            raise OpsError(
                tr("What is typed cannot be kept beside the record: {why}.", why=error),
                hint=tr("Free some space; until then leave the field to have it recorded."),
                unharmed=tr("What was recorded before is unchanged."),
            ) from error

    def typed(self, key: TextKey, section: str) -> str | None:
        """Return what this program keeps of a section, None where all of it is recorded."""
        path = self._own / _name(key, section) if self._own is not None else None
        found = _read(path) if path is not None and path.exists() else None
        return found.text if found is not None else None

    def drop(self, key: TextKey, section: str) -> None:
        """Forget the words of a section: they are recorded."""
        if self._own is not None:
            (self._own / _name(key, section)).unlink(missing_ok=True)

    def rescue(self, take: Callable[[Typed], None]) -> None:
        """Hand `take` what dead programs left, each text once; where it raises, it stays there."""
        if not self._folder.is_dir():
            return
        with self._guard:
            for folder in sorted(self._folder.iterdir()):
                if folder == self._own or not folder.is_dir():
                    continue
                try:
                    with held(folder / _LOCK, tr("Writing a report")):
                        _empty(folder, take)
                except Busy:
                    continue  # its program lives

    def _place(self, typed: Typed) -> Path:
        with self._guard:
            if self._own is None:
                own = self._folder / secrets.token_hex(8)
                stack = ExitStack()
                stack.enter_context(held(own / _LOCK, tr("Writing a report")))
                weakref.finalize(self, stack.close)
                self._own = own
        return self._own / _name(typed.key, typed.section)


def _empty(folder: Path, take: Callable[[Typed], None]) -> None:
    """Hand over the texts of a dead program, and remove its folder once nothing is left in it."""
    for path in sorted(folder.glob("*.json")):
        found = _read(path)
        if found is not None:
            take(found)
        path.unlink()
    for part in folder.glob(".*.part"):  # killed while it wrote: the text before is whole
        part.unlink()
    (folder / _LOCK).unlink()
    os.rmdir(folder)


def _read(path: Path) -> Typed | None:
    """Return what a file holds; None where a power cut left it empty or in half."""
    try:
        said = json.loads(path.read_bytes())
        return Typed(TextKey(**said["key"]), said["section"], said["text"], said["base"])
    except (ValueError, KeyError, TypeError):
        return None
    except OSError as error:
        raise OpsError(
            tr("{path} cannot be read: {why}.", path=path, why=error.strerror or error),
            hint=tr("It holds words typed into a report. Mend its rights, or remove it."),
        ) from error


def _name(key: TextKey, section: str) -> str:
    return f"{key.subject(section)}.json"
