"""Other tools' backup files: what they are, and what can be proved of them.

None of them holds digests of its rows, so none can be proved whole; but many can be shown to be
cut or damaged: a dump that lacks its last line, a compressed stream whose checksum does not hold.
"""

from __future__ import annotations

import lzma
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

import zstandard

from gmops_desktop.archive import unpacking
from gmops_desktop.context import Context
from gmops_desktop.language import mark, tr

_BLOCK: Final = 1 << 20
_HEAD: Final = 4096  # bytes of text in which a dump says what it is
_TAIL: Final = 4096  # and in which it ends
_ZSTD: Final = b"\x28\xb5\x2f\xfd"


@dataclass(frozen=True, slots=True)
class Foreign:
    """What a file is, what is wrong with it, and what else can be said (finished sentences)."""

    kind: str
    faults: tuple[str, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Dump:
    """A kind of SQL text: how it begins, and the line without which it is cut."""

    name: str
    begins: re.Pattern[bytes]
    ends: re.Pattern[bytes] | None = None


_DUMPS: Final = (
    _Dump(
        mark("a dump of mariadb-dump or mysqldump"),
        re.compile(rb"^-- (?:MySQL|MariaDB) dump ", re.MULTILINE),
        re.compile(rb"^-- Dump completed", re.MULTILINE),
    ),
    _Dump(
        mark("a dump of Navicat"),
        re.compile(rb"Navicat .*(?:Data Transfer|Premium|MySQL)|Navicat", re.IGNORECASE),
        re.compile(rb"^SET FOREIGN_KEY_CHECKS\s*=\s*1;", re.MULTILINE),
    ),
    _Dump(
        mark("a dump of phpMyAdmin"),
        re.compile(rb"^-- phpMyAdmin SQL Dump", re.MULTILINE),
    ),
    _Dump(
        mark("a dump of HeidiSQL"),
        re.compile(rb"^-- HeidiSQL Version|^-- Host: .*\n-- Server version:", re.MULTILINE),
        re.compile(rb"SQL_NOTES=IFNULL\(@OLD_SQL_NOTES|SQL_MODE=IFNULL\(@OLD_SQL_MODE"),
    ),
    _Dump(
        mark("the metadata of a mydumper folder"),
        re.compile(rb"^#? ?Started dump at", re.MULTILINE),
        re.compile(rb"^#? ?Finished dump at", re.MULTILINE),
    ),
)
_SQL: Final = re.compile(
    rb"^\s*(?:(?:CREATE|INSERT|DROP|SET|USE|ALTER|LOCK|REPLACE)\s|/\*!)",
    re.IGNORECASE | re.MULTILINE,
)
_BEGINNINGS: Final = {
    ".zst": unpacking.ZSTD,
    ".gz": re.compile(rb"\x1f\x8b"),
    ".zip": re.compile(rb"PK"),
    ".xz": re.compile(rb"\xfd7zXZ\0"),
    ".bz2": re.compile(rb"BZh"),
    ".age": re.compile(rb"age-encryption.org/|-----BEGIN AGE"),
}
_OTHERS: Final = (
    (b"age-encryption.org/", mark("a file sealed with age; it must be opened with its key first")),
    (b"-----BEGIN AGE", mark("a file sealed with age; it must be opened with its key first")),
    (b"XBSTCK01", mark("a physical backup (xbstream), which only xtrabackup reads")),
    (b"qpress10", mark("a physical backup (qpress), which only xtrabackup reads")),
    (b"SQLite format 3\0", mark("a SQLite database")),
    (b"Rar!", mark("a RAR file, which cannot be looked into here")),
    (b"7z\xbc\xaf\x27\x1c", mark("a 7-Zip file, which cannot be looked into here")),
)


def first_text(file: BinaryIO) -> bytes:
    """Return the beginning of what the first zstd frame of a file holds, as far as it opens."""
    file.seek(0)
    head = file.read(64 << 10)
    if not head.startswith(_ZSTD):
        return b""
    decoder, text = zstandard.ZstdDecompressor().decompressobj(), b""
    try:
        for start in range(0, len(head), 256):  # until the first fault
            text += decoder.decompress(head[start : start + 256])
            if len(text) >= _HEAD or decoder.eof:
                break
    except zstandard.ZstdError:
        pass  # what came before it tells enough
    return text


def told(first: bytes, last: bytes = b"") -> Foreign:
    """Say what a dump's text is by its first bytes, and by its last ones whether it is cut."""
    for magic, name in _OTHERS:
        if first.startswith(magic):
            return Foreign(tr(name), (tr("It is no SQL text."),), ())
    return Foreign(*_text(first, last, cut=not last))


def examine(path: Path, file: BinaryIO, context: Context) -> Foreign:
    """Say of a file that is no archive of ours what it is, and prove of it what can be."""
    file.seek(0)
    head = file.read(_HEAD)
    if not head:
        return Foreign(tr("an empty file"), (tr("The file is empty."),), ())
    begins = _BEGINNINGS.get(path.suffix.lower())
    if begins and not begins.match(head):
        fault = tr("Its name ends in {suffix}, but it does not begin as such a file does.",
                   suffix=path.suffix)  # fmt: skip
        return Foreign(tr("a file of unknown content"), (fault,), ())
    for magic, name in _OTHERS:
        if head.startswith(magic):
            return Foreign(tr(name), (), (_unproved(),))
    packed = unpacking.packing_of(head)
    if packed == "zip":
        return _zip(path, file, context)
    size = path.stat().st_size
    if not packed:
        return _plain(file, size, head, context)
    stream = _Stream(file, size, packed, context)
    first, last, fault = stream.ends()
    kind, faults, notes = _text(first, last, cut=bool(fault))
    proof = tr("The checksum of the compressed text holds.")
    if packed == "zstd" and not fault:
        proof = _checksums(stream)
    said = (fault,) if fault else ()
    return Foreign(
        tr("{kind}, compressed with {packed}", kind=kind, packed=packed),
        said + faults,
        tuple(filter(None, (proof if not fault else "", *notes, _unproved()))),
    )


class _Stream:
    """Reads a compressed file to its end, keeping only the first and last bytes of its text."""

    def __init__(self, file: BinaryIO, size: int, packed: str, context: Context) -> None:
        self._file, self._size, self._context = file, size, context
        self._decoder = unpacking.decoder_of(packed)
        self.frames = self.checked = 0  # zstd frames, and those that carry a checksum
        self._place = 0

    def ends(self) -> tuple[bytes, bytes, str]:
        """Return the text's first and last bytes, and a sentence where it is cut or damaged."""
        first = last = fault = b""
        said = ""
        try:
            for text in self._texts():
                if len(first) < _HEAD:
                    first += text[: _HEAD - len(first)]
                last = (last + text)[-_TAIL:]
        except unpacking.CutText:
            said = tr("The file is cut: its compressed text has no end (byte {offset}).",
                      offset=self._place)  # fmt: skip
        except (zlib.error, zstandard.ZstdError, lzma.LZMAError, OSError, ValueError) as error:
            if isinstance(error, OSError) and error.errno is not None:
                raise
            said = tr("The compressed text is damaged at about byte {offset}.", offset=self._place)
        del fault
        return first, last, said

    def _texts(self) -> Iterator[bytes]:
        self._file.seek(0)
        if self._decoder is None:
            return
        for text in unpacking.unpacked(self._file, self._decoder, self._count):
            self._place = self._file.tell()
            self._context.progress(
                int(99 * self._place / self._size), tr("Reading the compressed text")
            )
            yield text

    def _count(self, head: bytes) -> None:
        if head.startswith(_ZSTD):
            self.frames += 1
            self.checked += zstandard.get_frame_parameters(head).has_checksum


def _checksums(stream: _Stream) -> str:
    if stream.checked == stream.frames:
        return tr("Every zstd frame's checksum holds; a cut between two frames would not show.")
    if stream.checked:
        return tr("Only {some} of {all} zstd frames carry a checksum; it holds.",
                  some=stream.checked, all=stream.frames)  # fmt: skip
    return tr("Its zstd frames carry no checksum: altered bytes would not show.")


def _plain(file: BinaryIO, size: int, head: bytes, context: Context) -> Foreign:
    file.seek(max(0, size - _TAIL))
    context.check()
    kind, faults, notes = _text(head, file.read(), cut=False)
    return Foreign(kind, faults, (*notes, _unproved()))


def _text(first: bytes, last: bytes, *, cut: bool) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    """Return what a text is, and whether it ends as such a text does."""
    for dump in _DUMPS:
        if dump.begins.search(first):
            if cut or dump.ends is None:
                return tr(dump.name), (), () if cut else _statement(last)
            if dump.ends.search(last):
                return tr(dump.name), (), (tr("The line with which such a file ends is there."),)
            fault = tr("It is cut: the line with which such a file ends is missing.")
            return tr(dump.name), (fault,), ()
    if b"\0" not in first and _SQL.search(first):
        return tr("SQL text of an unknown tool"), (), () if cut else _statement(last)
    if first[257:262] == b"ustar":
        return tr("a tar file"), (), ()
    return tr("a file of unknown content"), (), ()


def _statement(last: bytes) -> tuple[str, ...]:
    lines = [line for line in last.splitlines() if line.strip() and not line.startswith(b"--")]
    if lines and lines[-1].rstrip().endswith((b";", b"*/", b";;", b"//", b"$$")):
        return (tr("It ends with a whole statement."),)
    return (tr("It does not end with a whole statement: it may be cut."),)


def _zip(path: Path, file: BinaryIO, context: Context) -> Foreign:
    kind, faults, notes = tr("a ZIP file"), list[str](), list[str]()
    try:
        with zipfile.ZipFile(file) as archive:
            for member in archive.infolist():
                context.check()
                try:
                    with archive.open(member) as inside:
                        while inside.read(_BLOCK):
                            context.check()
                except (zipfile.BadZipFile, zlib.error, EOFError):
                    faults.append(tr("{name} in it is damaged.", name=member.filename))
                except (RuntimeError, NotImplementedError):
                    notes.append(tr("{name} in it cannot be read without a password or another"
                                    " program.", name=member.filename))  # fmt: skip
    except (zipfile.BadZipFile, ValueError):
        faults.append(tr("It is cut or damaged: its list of contents is missing."))
    if not faults and not notes:
        notes.append(tr("The checksums of what it holds are right."))
    return Foreign(kind, tuple(faults), (*notes, _unproved()))


def _unproved() -> str:
    return tr("It holds no digests of its rows, so they cannot be proved.")
