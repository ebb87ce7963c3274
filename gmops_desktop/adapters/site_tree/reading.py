"""Reads files of a server: their digests, and the contents of those that are wanted."""

from __future__ import annotations

import io
import re
import shlex
import tarfile
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from gmops_desktop.adapters.ssh import Command, Ssh
from gmops_desktop.context import Context
from gmops_desktop.contract.trees import BLOCK, Entry, raw, shown, text

_ESCAPED: Final = re.compile(r"[\n\r\\]")  # names that sha256sum writes otherwise than they are

_DIGESTS: Final = "xargs -0 sha256sum --"
_ODD_DIGESTS: Final = """xargs -0 -n 1 sh -c 'sha256sum <"$1" || echo unreadable' sh"""
# A file that grew since it was looked at is read as far as it went then.
_BLOCK_DIGESTS: Final = f"""xargs -0 -n 3 sh -c '
    dd if="$1" bs={BLOCK} skip="$2" count=1 2>/dev/null | head -c "$3" | sha256sum' sh"""
_BLOCKS: Final = f"""xargs -0 -n 3 sh -c '
    dd if="$1" bs={BLOCK} skip="$2" count=1 2>/dev/null | head -c "$3"' sh"""
_FILES: Final = "xargs -0 tar -cf - --"


def digests(
    ssh: Ssh,
    folder: str,
    entries: Sequence[Entry],
    context: Context,
    tell: Callable[[int], object] = lambda count: None,
) -> tuple[dict[str, str], dict[str, str]]:
    """Return the SHA-256 of files' contents by path, and for those that cannot be read why not.

    `tell` hears how many are done.
    """
    found: dict[str, str] = {}
    plain = [entry for entry in entries if not _ESCAPED.search(entry.path)]
    odd = [entry for entry in entries if _ESCAPED.search(entry.path)]
    complaints = b""
    if plain:
        with ssh.command(_there(folder, _DIGESTS), context, stdin=_names(plain)) as command:
            for line in io.BufferedReader(command):
                digest, _, name = line.rstrip(b"\n").partition(b"  ")
                found[text(name.removeprefix(b"./"))] = digest.decode("ascii", "replace")
                tell(len(found))
            complaints += command.finish()[1]
    if odd:
        with ssh.command(_there(folder, _ODD_DIGESTS), context, stdin=_names(odd)) as command:
            lines = command.readall().split(b"\n")
            complaints += command.finish()[1]
        for entry, line in zip(odd, lines, strict=False):
            if len(line) > 64:
                found[entry.path] = line[:64].decode("ascii", "replace")
    why = _reasons(complaints)
    return found, {
        entry.path: _reason(why, entry.path) for entry in entries if entry.path not in found
    }


def block_digests(ssh: Ssh, folder: str, entry: Entry, context: Context) -> tuple[str, ...]:
    """Return the SHA-256 of each block of a large file, of as many as it had when looked at."""
    asked = _blocks(entry, range(entry.block_count))
    with ssh.command(_there(folder, _BLOCK_DIGESTS), context, stdin=asked) as command:
        lines = [line[:64].decode("ascii", "replace") for line in io.BufferedReader(command)]
        command.finish()
    return tuple(lines)


def blocks(
    ssh: Ssh, folder: str, entry: Entry, wanted: Sequence[int], context: Context
) -> Iterator[bytes]:
    """Return the wanted blocks of a large file; a shorter one where the file was cut meanwhile."""
    if not wanted:
        return
    asked = _blocks(entry, wanted)
    with ssh.command(_there(folder, _BLOCKS), context, stdin=asked) as command:
        stream = io.BufferedReader(command, BLOCK)
        for number in wanted:
            yield stream.read(entry.block_size(number))
        command.finish()


def files(
    ssh: Ssh, folder: str, entries: Sequence[Entry], context: Context
) -> Iterator[tuple[str, bytes]]:
    """Return the paths and contents of files, in their order; those that vanished are missing."""
    if not entries:
        return
    with ssh.command(_there(folder, _FILES), context, stdin=_names(entries)) as command:
        yield from _members(command)
        command.finish()


def _members(command: Command) -> Iterator[tuple[str, bytes]]:
    """Read the tars of `xargs`, one behind the other."""
    stream = io.BufferedReader(command, 1 << 20)
    try:
        with tarfile.open(
            fileobj=stream, mode="r|", ignore_zeros=True, encoding="utf-8", errors="surrogateescape"
        ) as tar:
            for member in tar:
                content = tar.extractfile(member) if member.isreg() else None
                if content is not None:
                    yield member.name.removeprefix("./"), content.read()
    except tarfile.ReadError:
        return  # not even one was there: each is missing


def _there(folder: str, script: str) -> str:
    return f"LC_ALL=C; export LC_ALL; cd -- {shlex.quote(folder)} || exit 72\n{script}"


def _names(entries: Sequence[Entry]) -> Iterator[bytes]:
    for start in range(0, len(entries), 500):
        part = entries[start : start + 500]
        yield b"".join(b"./" + raw(entry.path) + b"\0" for entry in part)


def _blocks(entry: Entry, wanted: Sequence[int]) -> Iterator[bytes]:
    for number in wanted:
        place = f"{number}\0{entry.block_size(number)}\0".encode()
        yield b"./" + raw(entry.path) + b"\0" + place


def _reasons(complaints: bytes) -> list[str]:
    return [shown(text(line)) for line in complaints.splitlines()]


def _reason(complaints: Sequence[str], path: str) -> str:
    """Find what the server said of a path, or say nothing."""
    for line in complaints:
        if f"./{shown(path)}" in line:
            return line.rpartition(": ")[2]
    return ""
