"""The verbs of attachments: keep a file, name it in the record, prove it, show it, hand it out."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Final, TypeVar

from db.engine import Database
from db.journal import Journal, utc_now
from gmops_desktop.context import Context
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr
from gmops_desktop.reports import rendering
from gmops_desktop.services.attachments.files import Files, Part, too_large, unreadable
from gmops_desktop.services.attachments.kinds import FileKind, kind_of_file
from gmops_desktop.services.attachments.record import ATTACHED, REMOVED, Attachment, standing
from gmops_desktop.services.attachments.texts import TextPart, first_part

Found = TypeVar("Found")

MEGABYTE: Final = 1_000_000
PREVIEWED: Final = 64 * MEGABYTE  # bytes of a file that are looked into
_LONGEST_NAME: Final = 120  # characters; file systems take 255 bytes
_FORBIDDEN: Final = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*\u202a-\u202e\u2066-\u2069]')


@dataclass(frozen=True, slots=True)
class Content:
    """A file taken in, but not yet named by any entry; `drop` or `attach` ends that."""

    name: str
    size: int
    kind: FileKind
    sha256: str
    part: Part


@dataclass(frozen=True, slots=True)
class Verified:
    """What a check of all attachments found.

    `faults` are finished sentences; `strays` are files that no entry names.
    """

    whole: int
    bytes: int
    faults: tuple[str, ...]
    strays: tuple[Path, ...]


class Attachments:
    """Files that belong to tickets, confirmations, hand-overs, trainings: to any subject of the
    journal.

    `limit` gives the most bytes a file may have.
    """

    def __init__(
        self,
        database: Database,
        journal: Journal,
        folder: Path,
        *,
        limit: Callable[[], int],
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._database, self._journal = database, journal
        self._files = Files(folder)
        self._limit, self._now = limit, now

    # ------------------------------------------------------------ in

    def keep(self, path: Path, context: Context) -> Content:
        """Take in a copy of the file at `path`; what it is called there becomes its name.

        Raises `OpsError` where it is no plain file, too large, cannot be read, or not be kept.
        """
        try:
            if not path.is_file():
                raise OpsError(
                    tr("{path} is not a file that could be attached.", path=path),
                    hint=tr("Pack a folder into one file first.")
                    if path.is_dir()
                    else tr("Check that it is still there."),
                    unharmed=tr("No file was attached."),
                )
            size, limit = path.stat().st_size, self._limit()
            if size > limit:
                raise too_large(path.name, size, limit)
            source = path.open("rb")
        except OSError as error:
            raise unreadable(path.name, error) from error
        with source:
            return self._take(source, path.name, size, context)

    def keep_bytes(self, data: bytes, name: str, context: Context) -> Content:
        """Take in what has no file of its own, such as a picture from the clipboard."""
        return self._take(io.BytesIO(data), name, len(data), context)

    def drop(self, content: Content) -> None:
        """Forget a content that is not to be attached after all."""
        content.part.path.unlink(missing_ok=True)

    def attach(
        self, kind: str, subject: str, contents: Sequence[Content], text: str = ""
    ) -> tuple[Attachment, ...]:
        """Name `contents` in one entry of a subject that exists; return its attachments then."""
        if not contents:
            return self.of(kind, subject)
        said = [
            {"name": one.name, "size": one.size, "type": one.kind.key, "sha256": one.sha256}
            for one in contents
        ]
        names = tr(", ", context="between names").join(one.name for one in contents)
        words = f"{names}\n{text.strip()}".strip()
        # Under the lock of the store, so that nobody removes the same content meanwhile.
        with self._database.session() as session, session.begin():
            if not self._journal.knows(session, kind, subject):
                raise ValueError(f"no {kind} {subject!r} to attach to")
            for one in contents:
                self._files.place(one.part)
            action = f"{kind}{ATTACHED}"
            self._journal.record(session, kind, subject, action, attachments=said, text=words)
        return self.of(kind, subject)

    def remove(self, attachment: Attachment, reason: str) -> None:
        """Record that an attachment no longer counts, and why.

        Its file goes as soon as nothing else names the same content.
        """
        if not reason.strip():
            raise OpsError(
                tr("Removing {name} needs a reason.", name=attachment.name),
                hint=tr("Write why in a sentence; it stands in the record."),
                unharmed=tr("The attachment stays."),
            )
        text = f"{attachment.name}\n{reason.strip()}"
        kind, subject = attachment.subject_kind, attachment.subject
        with self._database.session() as session, session.begin():
            here = standing(self._journal.entries_in(session, kind, subject))
            if attachment.id not in (one.id for one in here):
                return  # somebody else was quicker
            action = f"{kind}{REMOVED}"
            self._journal.record(
                session, kind, subject, action, attachment=attachment.id, text=text
            )
        with self._database.session() as session, session.begin():
            named = standing(self._journal.entries_ending(session, ATTACHED, REMOVED))
            if attachment.sha256 not in (one.sha256 for one in named):
                self._files.remove(attachment.sha256)

    # ------------------------------------------------------------ seeing

    @property
    def limit(self) -> int:
        """The most bytes an attachment may have."""
        return self._limit()

    def of(self, kind: str, subject: str) -> tuple[Attachment, ...]:
        """Return the attachments of a subject, oldest first."""
        return standing(self._journal.entries(kind, subject))

    def all(self) -> tuple[Attachment, ...]:
        """Return the attachments of everything, oldest first."""
        with self._database.session() as session:
            return standing(self._journal.entries_ending(session, ATTACHED, REMOVED))

    def find(self, tag: str) -> Attachment:
        """Return the attachment with that id, or whose SHA-256 begins so; the newest of several."""
        wanted = tag.strip().casefold()
        found = [
            one
            for one in self.all()
            if one.id == wanted or (len(wanted) >= 4 and one.sha256.startswith(wanted))
        ]
        if not found:
            raise OpsError(
                tr("There is no attachment {tag}.", tag=tag),
                hint=tr("`gmops attachment list` names them all."),
            )
        return found[-1]

    def read(self, attachment: Attachment) -> bytes:
        """Return the whole file, proved; raise `OpsError` beyond what is looked into (64 MB)."""
        if attachment.size > PREVIEWED:
            raise _no_preview(
                attachment, tr("it is larger than {size} MB", size=PREVIEWED // MEGABYTE)
            )
        return self._files.read(attachment.sha256, attachment.name, PREVIEWED)

    def text(self, attachment: Attachment) -> TextPart:
        """Return the begin of a text file, in whichever characters it is written."""
        return first_part(self.read(attachment))

    def pages(self, attachment: Attachment) -> int:
        """Return how many pages a PDF document has."""
        return self._drawn(attachment, rendering.pages_in)

    def page(self, attachment: Attachment, number: int, width: int, height: int) -> bytes:
        """Return a page of a PDF document (from 0) as a PNG of at most `width` x `height`."""
        return self._drawn(
            attachment, lambda data: rendering.page_within(data, number, width, height)
        )

    def _drawn(self, attachment: Attachment, draw: Callable[[bytes], Found]) -> Found:
        data = self.read(attachment)
        try:
            return draw(data)
        except rendering.NoPages as error:
            raise _no_preview(attachment, str(error)) from error

    # ------------------------------------------------------------ out

    def save(self, attachment: Attachment, target: Path, context: Context) -> Path:
        """Write a proved copy to `target` (a file, or a folder for its own name); return where."""
        if target.is_dir():
            target = target / attachment.name
            if target.exists():
                raise OpsError(
                    tr("{path} exists already.", path=target),
                    hint=tr("Choose another folder, or a file name of your own."),
                    unharmed=tr("The file there is unchanged."),
                )
        self._files.copy(attachment.sha256, attachment.name, target, context)
        return target

    def lend(self, attachment: Attachment, context: Context) -> Path:
        """Return a proved, read-only copy for another program; what it does to it stays there."""
        return self._files.lend(attachment.sha256, attachment.name, context)

    def checks(self, context: Context | None = None) -> tuple[str, ...]:
        """Return which files are not what an entry names, as sentences: not here, or altered.

        Without a context only their sizes are looked at.
        """
        if context is not None:
            return self.verify(context).faults
        gone = [one for one in self.all() if self._files.size(one.sha256) != one.size]
        return tuple(self._fault(one) for one in gone)

    def verify(self, context: Context) -> Verified:
        """Recompute the digest of every file that is named; name each that is not whole."""
        named = self.all()
        verdicts: dict[str, bool] = {}
        faults, total = [], 0
        for place, one in enumerate(named):
            context.progress(round(100 * place / len(named)), one.name)
            if one.sha256 not in verdicts:
                verdicts[one.sha256] = self._files.whole(one.sha256)
                total += one.size if verdicts[one.sha256] else 0
            if not verdicts[one.sha256]:
                faults.append(self._fault(one))
        strays = [path for path in self._files.stored() if path.name not in verdicts]
        return Verified(sum(verdicts.values()), total, tuple(faults), tuple(strays))

    def sweep(self) -> None:
        """Remove what a killed program left behind."""
        self._files.sweep(self._now())

    # ------------------------------------------------------------ inside

    def _fault(self, attachment: Attachment) -> str:
        if self._files.size(attachment.sha256) is None:
            return tr("The file of {name} is not on this machine.", name=attachment.name)
        return tr(
            "{name} is damaged: the file here is not the one that was attached.",
            name=attachment.name,
        )

    def _take(self, source: BinaryIO, name: str, size: int, context: Context) -> Content:
        part = self._files.receive(source, name, size, self._limit(), context)
        name = safe_name(name)
        kind = kind_of_file(part.path, part.head, name)
        return Content(name, part.size, kind, part.sha256, part)


def safe_name(name: str) -> str:
    """Return `name` as every file system takes it, and as it reads: without characters that turn
    the direction of writing and so hide an ending."""
    plain = _FORBIDDEN.sub("_", name).strip(" .") or "_"
    stem, dot, ending = plain.rpartition(".")
    if len(plain) > _LONGEST_NAME and dot and len(ending) < 10:
        return f"{stem[: _LONGEST_NAME - len(ending) - 1]}.{ending}"
    return plain[:_LONGEST_NAME]


def _no_preview(attachment: Attachment, why: str) -> OpsError:
    return OpsError(
        tr("{name} cannot be shown here: {why}.", name=attachment.name, why=why),
        hint=tr("Save it, or open it with the system's program."),
        unharmed=tr("The attachment itself is not touched."),
    )
