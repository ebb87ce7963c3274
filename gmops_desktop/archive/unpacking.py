"""Reads the text of a file, plain or out of gzip, zstd, xz, bzip2 or ZIP, in blocks.

However much a packed file swells, only a block of it is in memory; one that swells as no dump does
is refused.  A ZIP's members are read in place: no name in it becomes a path.
"""

from __future__ import annotations

import bz2
import lzma
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Final

import zstandard

from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr

_BLOCK: Final = 1 << 20
_SLICE: Final = 4 << 10  # of zstd, whose decoder gives all at once: 4 kB swell to 128 MB at most
_SWELLS: Final = 250  # bytes of text for one of the file, beyond which it is no dump
_SWOLLEN: Final = 256 << 20  # bytes of text before that is asked
_HEAD: Final = 64
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
ZSTD: Final = re.compile(rb"\x28\xb5\x2f\xfd|[\x50-\x5f]\x2a\x4d\x18", re.DOTALL)

_ZSTD_DECODER: Final = type(zstandard.ZstdDecompressor().decompressobj())

Decoder = Any  # zlib, bz2, lzma and zstandard name the same things; no type says so


class CutText(Exception):
    """The compressed text has no end."""


class Member:
    """The text of a file, or of one member of it; `blocks` reads it once, from its beginning."""

    def __init__(self, path: Path, file: BinaryIO, packed: str, source: Any, name: str) -> None:
        self.path = path
        self.packed = packed  # gzip, zstd ..., or nothing
        self.name = name  # of the member, in a ZIP
        self.size = path.stat().st_size
        self._file = file
        self._source = source

    @property
    def place(self) -> int:
        """How many bytes of the file were read."""
        return min(self._file.tell(), self.size)

    def blocks(self) -> Iterator[bytes]:
        """Hand out the text; raises `OpsError` where it is cut, damaged, or swells without end."""
        given = 0
        try:
            for block in self._read():
                given += len(block)
                if self.packed and given > max(_SWOLLEN, _SWELLS * self.place):
                    raise _swells(self.path)
                yield block
        except CutText as error:
            raise OpsError(
                tr("{file} is cut: its compressed text has no end.", file=self.path.name),
                hint=tr("Copy it once more from where it came from."),
            ) from error
        except (zlib.error, zstandard.ZstdError, lzma.LZMAError, zipfile.BadZipFile, EOFError,
                ValueError) as error:  # fmt: skip
            raise _damaged(self.path, self.place) from error
        except OSError as error:
            if error.errno is None:  # how bz2 says that its data are wrong
                raise _damaged(self.path, self.place) from error
            raise OpsError(
                tr("{file} cannot be read: {why}.", file=self.path, why=error.strerror)
            ) from error

    def _read(self) -> Iterator[bytes]:
        self._file.seek(0)
        decoder = decoder_of(self.packed)
        if decoder is not None:
            yield from unpacked(self._file, decoder)
        else:
            source = self._source or self._file
            while block := source.read(_BLOCK):
                yield block


@contextmanager
def opened(path: Path, member: str = "") -> Iterator[Member]:
    """Open a file of text, packed or not; `member` names one in a ZIP that holds several.

    Raises `OpsError` where it cannot be read, or a member must be named.
    """
    try:
        file = path.open("rb")
    except OSError as error:
        raise OpsError(
            tr("{file} cannot be read: {why}.", file=path, why=error.strerror)
        ) from error
    with file:
        packed = packing_of(file.read(16))
        if packed != "zip":
            yield Member(path, file, packed, None, "")
            return
        try:
            with zipped(file) as archive:
                chosen = _choose(path, archive, member)
                if chosen.file_size > max(_SWOLLEN, _SWELLS * chosen.compress_size):
                    raise _swells(path)
                with archive.open(chosen) as source:
                    yield Member(path, file, packed, source, shown(chosen.filename))
        except zipfile.BadZipFile as error:
            raise OpsError(
                tr("{file} is a ZIP file that is cut or damaged.", file=path.name),
                hint=tr("Copy it once more from where it came from."),
            ) from error
        except (RuntimeError, NotImplementedError) as error:
            if isinstance(error, RecursionError):
                raise
            raise OpsError(
                tr("{file} cannot be unpacked here: it needs a password or another program.",
                   file=path.name),
                hint=tr("Unpack it first, then import the .sql file."),
            ) from error  # fmt: skip


def packing_of(head: bytes) -> str:
    """Return by its first bytes how a file is packed; nothing for plain text."""
    if ZSTD.match(head):
        return "zstd"
    known = {b"\x1f\x8b": "gzip", b"\xfd7zXZ\0": "xz", b"BZh": "bzip2", b"PK\x03\x04": "zip"}
    return next((name for magic, name in known.items() if head.startswith(magic)), "")


def decoder_of(packed: str) -> Callable[[], Decoder] | None:
    """Return what makes a decoder for one part of a file packed so."""
    makers: dict[str, Callable[[], Decoder]] = {
        "gzip": lambda: zlib.decompressobj(wbits=31),
        "zstd": lambda: zstandard.ZstdDecompressor().decompressobj(),
        "xz": lzma.LZMADecompressor,
        "bzip2": bz2.BZ2Decompressor,
    }
    return makers.get(packed)


def unpacked(
    file: BinaryIO,
    make: Callable[[], Decoder],
    begin: Callable[[bytes], object] = lambda head: None,
) -> Iterator[bytes]:
    """Hand out the text of all parts of a file from its present place; raises `CutText`.

    `begin` is told the first bytes of each part.
    """
    rest = file.read(_SLICE)
    while rest:
        begin(rest)
        decoder = make()
        size = _SLICE if _is_zstd(decoder) else _BLOCK
        while not decoder.eof:
            if not rest and getattr(decoder, "needs_input", True):
                rest = file.read(size)
            more = bool(rest)
            text, rest = _decode(decoder, rest)
            if text:
                yield text
            elif not more and not decoder.eof:
                raise CutText
        rest = decoder.unused_data
        if len(rest) < _HEAD:  # whoever is told of the next part wants to read its head
            rest += file.read(size)
        if rest and not rest.strip(b"\0"):
            return  # padding, as tape tools write it


def _decode(decoder: Decoder, data: bytes) -> tuple[bytes, bytes]:
    """Decode a piece; return its text and what is left of the data."""
    if _is_zstd(decoder):
        return decoder.decompress(data), b""
    text = decoder.decompress(data, _BLOCK)
    # bz2's and lzma's decoders keep what they had no room for; zlib's gives it back.
    return text, getattr(decoder, "unconsumed_tail", b"")


def _is_zstd(decoder: Decoder) -> bool:
    return isinstance(decoder, _ZSTD_DECODER)


def shown(name: str) -> str:
    """Return a member's name as it may stand in a sentence."""
    return _CONTROL.sub("?", name)


def zipped(file: BinaryIO) -> zipfile.ZipFile:
    """Open a ZIP; Chinese Windows writes names in GBK without saying so."""
    try:
        return zipfile.ZipFile(file, metadata_encoding="gbk")
    except UnicodeDecodeError:
        return zipfile.ZipFile(file)


def _choose(path: Path, archive: zipfile.ZipFile, wanted: str) -> zipfile.ZipInfo:
    files = [one for one in archive.infolist() if not one.is_dir()]
    dumps = [
        one
        for one in files
        if one.filename.lower().endswith(".sql") and not one.filename.startswith("__MACOSX/")
    ]
    if wanted:
        dumps = [one for one in files if wanted in (one.filename, shown(one.filename))]
    if len(dumps) == 1:
        return dumps[0]
    names = tr(", ").join(shown(one.filename) for one in (dumps or files)[:12])
    if wanted:
        raise OpsError(
            tr("{file} holds nothing named {name}.", file=path.name, name=wanted),
            hint=tr("It holds: {names}.", names=names),
        )
    if dumps:
        raise OpsError(
            tr("{file} holds several .sql files.", file=path.name),
            hint=tr("Name one of them: {names}.", names=names),
        )
    raise OpsError(
        tr("{file} holds no .sql file.", file=path.name),
        hint=tr("It holds: {names}.", names=names) if names else "",
    )


def _swells(path: Path) -> OpsError:
    return OpsError(
        tr("{file} swells to more than {times} times its size when unpacked, as no dump does.",
           file=path.name, times=_SWELLS),
        hint=tr("If you trust it, unpack it yourself and import the .sql file."),
    )  # fmt: skip


def _damaged(path: Path, place: int) -> OpsError:
    return OpsError(
        tr("{file} is damaged at about byte {offset}.", file=path.name, offset=place),
        hint=tr("Copy it once more from where it came from."),
    )
