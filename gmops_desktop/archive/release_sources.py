"""Reads what a release is delivered as, a folder, a .zip or a .tar (packed or not), item by item.

Nothing of it is trusted: paths that leave the release, devices, names that stand there twice, sizes
beyond reason and half archives end it.
"""

from __future__ import annotations

import io
import lzma
import os
import re
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, BinaryIO, Final, Literal

import zstandard

from gmops_desktop.archive import unpacking
from gmops_desktop.context import Context
from gmops_desktop.contract.trees import shown
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr

ItemKind = Literal["file", "folder", "link"]
Keep = Callable[[Iterable[bytes]], tuple[str, int]]  # keeps a content; returns digest and size

MOST_ITEMS: Final = 200_000
MOST_BYTES: Final = 8 << 30
_BLOCK: Final = 1 << 20
_SWELLS: Final = 250  # bytes for one of the file, beyond which it is no release
_LONGEST: Final = 4096  # bytes of what a link names
_UNIT: Final = 512  # bytes to which everything in a tar is filled up
_SWOLLEN: Final = 256 << 20  # bytes before that is asked
# What tools leave lying about, and what must never be served.
_LITTER: Final = frozenset({".git", ".svn", ".hg", "__MACOSX", ".DS_Store", "Thumbs.db"})
_DAMAGED: Final = (
    tarfile.TarError, zipfile.BadZipFile, zlib.error, zstandard.ZstdError, lzma.LZMAError,
    unpacking.CutText, EOFError, ValueError,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Item:
    """One thing in a release; `digest` is the SHA-256 of a file, `target` where a link points."""

    path: str
    kind: ItemKind
    size: int = 0
    digest: str = ""
    target: str = ""
    executable: bool = False


def read(source: Path, keep: Keep, context: Context) -> list[Item]:
    """Return everything in a folder or an archive, its contents handed to `keep`.

    Raises `OpsError` where it may not be deployed, `OSError` where it cannot be read.
    """
    found = _Found(0 if source.is_dir() else source.stat().st_size)
    if source.is_dir():
        _folder(source, found, keep, context)
        return found.items
    with source.open("rb") as file:
        packed = unpacking.packing_of(file.read(16))
        file.seek(0)
        try:
            if packed == "zip":
                _zip(source, file, found, keep, context)
            else:
                _tar(file, packed, found, keep, context)
        except _DAMAGED as error:
            raise _half(source) from error
        except OSError as error:
            if error.errno is not None:
                raise
            raise _half(source) from error  # how bz2 says that its data are wrong
    return found.items


def refused(fault: str) -> OpsError:
    """Return the refusal of a release for what is in it."""
    return OpsError(
        fault,
        hint=tr("Ask whoever made the release for a clean one."),
        unharmed=tr("Nothing on the server was touched."),
    )


class _Found:
    """The items of a release as they come, held under limits; `packed` is the archive's size."""

    def __init__(self, packed: int = 0) -> None:
        self.items: list[Item] = []
        self._known: dict[str, Item] = {}
        self._packed = packed
        self._bytes = 0

    def add(self, item: Item) -> None:
        if fault := _path_fault(item.path):
            raise refused(fault)
        if item.path in self._known:
            if item.kind == "folder" and self._known[item.path].kind == "folder":
                return
            raise refused(tr("The release names {path} twice.", path=shown(item.path)))
        if len(self.items) >= MOST_ITEMS:
            raise _too_much()
        self._known[item.path] = item
        self.items.append(item)

    def file(self, path: str, name: str) -> Item:
        """Return the file that a hard link is another name of."""
        found = self._known.get(path)
        if found is None or found.kind != "file":
            raise refused(
                tr("The hard link {path} leads to {target}, which is no file of the release.",
                   path=shown(name), target=shown(path))
            )  # fmt: skip
        return found

    def held(self, content: Iterable[bytes]) -> Iterator[bytes]:
        """Hand on a content; raise where all of them together are beyond reason."""
        for block in content:
            self._bytes += len(block)
            swells = self._packed and self._bytes > max(_SWOLLEN, _SWELLS * self._packed)
            if swells or self._bytes > MOST_BYTES:
                raise _too_much()
            yield block


class _Stream(io.RawIOBase):
    """Blocks as a file that is read once; `tail` are its last 512 bytes."""

    def __init__(self, blocks: Iterator[bytes]) -> None:
        super().__init__()
        self._blocks = blocks
        self._rest = memoryview(b"")
        self.tail = b""

    def read(self, size: int = -1) -> bytes:
        while not self._rest:
            block = next(self._blocks, None)
            if block is None:
                return b""
            self._rest = memoryview(block)
        piece = bytes(self._rest[:size] if size >= 0 else self._rest)
        self._rest = self._rest[len(piece) :]
        self.tail = (self.tail + piece[-_UNIT:])[-_UNIT:]
        return piece

    def drain(self) -> None:
        """Read what is left."""
        while self.read(_BLOCK):
            pass


def _folder(source: Path, found: _Found, keep: Keep, context: Context) -> None:
    pending = [""]
    while pending:
        here = pending.pop()
        with os.scandir(source / here if here else source) as listing:
            entries = sorted(listing, key=lambda entry: entry.name)
        for entry in entries:
            path = f"{here}/{entry.name}" if here else entry.name
            context.check()
            if entry.name in _LITTER:
                continue
            mode = entry.stat(follow_symlinks=False).st_mode
            if stat.S_ISLNK(mode):
                found.add(Item(path, "link", target=os.readlink(entry.path)))
            elif stat.S_ISDIR(mode):
                found.add(Item(path, "folder"))
                pending.append(path)
            elif stat.S_ISREG(mode):
                with open(entry.path, "rb") as file:
                    digest, size = keep(found.held(_blocks(file)))
                found.add(Item(path, "file", size, digest, "", bool(mode & 0o100)))
            else:
                raise _special(path)


def _zip(source: Path, file: BinaryIO, found: _Found, keep: Keep, context: Context) -> None:
    with unpacking.zipped(file) as archive:
        members = archive.infolist()
        if len(members) > MOST_ITEMS or sum(one.file_size for one in members) > MOST_BYTES:
            raise _too_much()
        for member in members:
            context.check()
            path = member.filename.replace("\\", "/").rstrip("/")
            mode = member.external_attr >> 16
            if _is_litter(path):
                continue
            if member.flag_bits & 1:
                raise OpsError(
                    tr("{file} needs a password.", file=source.name),
                    hint=tr("Unpack it, and queue the folder."),
                )
            if member.is_dir():
                found.add(Item(path, "folder"))
            elif stat.S_ISLNK(mode):
                with archive.open(member) as content:
                    target = content.read(_LONGEST).decode("utf-8", "surrogateescape")
                found.add(Item(path, "link", target=target))
            elif stat.S_IFMT(mode) not in (0, stat.S_IFREG):
                raise _special(path)
            else:
                with archive.open(member) as content:
                    kept = keep(found.held(_blocks(content)))
                found.add(Item(path, "file", kept[1], kept[0], "", bool(mode & 0o100)))


def _tar(file: BinaryIO, packed: str, found: _Found, keep: Keep, context: Context) -> None:
    decoder = unpacking.decoder_of(packed)
    text = unpacking.unpacked(file, decoder) if decoder else _blocks(file)
    stream = _Stream(found.held(text))
    with tarfile.open(fileobj=stream, mode="r|", encoding="utf-8", errors="surrogateescape") as tar:
        for one in tar:
            context.check()
            path = one.name.removeprefix("./").rstrip("/")
            if path in ("", ".") or _is_litter(path):
                continue
            _member(tar, one, path, found, keep)
    stream.drain()
    if stream.tail != bytes(_UNIT):
        raise unpacking.CutText  # a tar ends in blocks of zeros


def _member(
    tar: tarfile.TarFile, one: tarfile.TarInfo, path: str, found: _Found, keep: Keep
) -> None:
    if one.isdir():
        found.add(Item(path, "folder"))
    elif one.issym():
        found.add(Item(path, "link", target=one.linkname))
    elif one.islnk():
        found.add(replace(found.file(one.linkname.removeprefix("./"), path), path=path))
    elif one.isreg():
        content = tar.extractfile(one)
        assert content is not None
        digest, size = keep(_blocks(content))
        if size != one.size:
            raise unpacking.CutText
        found.add(Item(path, "file", size, digest, "", bool(one.mode & 0o100)))
    else:
        raise _special(path)


def _blocks(content: IO[bytes]) -> Iterator[bytes]:
    while block := content.read(_BLOCK):
        yield block


def _is_litter(path: str) -> bool:
    return not _LITTER.isdisjoint(path.split("/"))


def _path_fault(path: str) -> str:
    if not path or path.startswith("/") or re.match(r"[A-Za-z]:", path):
        return tr("The release holds an absolute path: {path}.", path=shown(path))
    if "\0" in path or any(part in ("", ".", "..") for part in path.split("/")):
        return tr("The release holds a path that leads out of it: {path}.", path=shown(path))
    return ""


def _special(path: str) -> OpsError:
    return refused(
        tr("The release holds {path}, which is neither file, folder nor link.", path=shown(path))
    )


def _too_much() -> OpsError:
    return refused(tr("The release is beyond reason: too many files, or too large unpacked."))


def _half(source: Path) -> OpsError:
    return OpsError(
        tr("{file} is no whole archive: it is cut, damaged, or of another kind.", file=source.name),
        hint=tr("A release is a folder, a .zip, or a .tar (.gz, .xz, .bz2, .zst)."),
        unharmed=tr("Nothing on the server was touched."),
    )
