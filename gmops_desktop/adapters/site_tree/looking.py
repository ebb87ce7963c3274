"""Asks a server what stands in a directory: every name with its owner, mode, times and inode."""

from __future__ import annotations

import re
import shlex
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from gmops_desktop.adapters.ssh import Ssh
from gmops_desktop.context import Context
from gmops_desktop.contract.exclusions import excluded
from gmops_desktop.contract.trees import Entry, EntryKind, TreeRemark, in_order, shown, text
from gmops_desktop.errors import OpsError
from gmops_desktop.language import mark, tr

_FRESH: Final = 3 * 10**9  # ns before a look in which a clock's tick may hide a second change
_NO_FOLDER: Final = 72
_FIELDS: Final = 13

# GNU's find tells all at once; elsewhere stat is asked, a file at a time.
_SCRIPT: Final = r"""
LC_ALL=C; export LC_ALL
cd -- "$root" 2>/dev/null || exit 72
date +%s; printf '\0'
if find . -maxdepth 0 -printf '' 2>/dev/null; then
    find . -xdev -printf '%m\0%U\0%G\0%u\0%g\0%s\0%T@\0%C@\0%i\0%n\0%D %y\0%p\0%l\0'
else
    find . -xdev -exec sh -c '
        for f; do
            s=$(stat -c "%f %u %g %U %G %s %Y %Z %i %h %d" "$f") || continue
            set -- $s
            l=
            if [ -L "$f" ]; then l=$(readlink -n "$f"; echo x); l=${l%x}; fi
            printf "x%s\0%s\0%s\0%s\0%s\0%s\0%s\0%s\0%s\0%s\0%s \0%s\0%s\0" "$@" "$f" "$l"
        done' sh {} +
fi
"""
# What a tar does not carry; each tool writes "# file: NAME", odd bytes of it as \ooo.
_BESIDE: Final = r"""
LC_ALL=C; export LC_ALL
cd -- "$root" 2>/dev/null || exit 72
if command -v getfacl >/dev/null; then echo acl; getfacl -RPsnp . | grep '^# file: '; fi
if command -v getfattr >/dev/null; then
    echo attributes; getfattr -RPhm '^user[.]|^trusted[.]|^security[.]capability' . |
        grep '^# file: '
fi; :
"""
_KINDS: Final[dict[str, EntryKind]] = {"f": "file", "d": "folder", "l": "link"}
_OCTAL: Final = re.compile(rb"\\([0-7]{3})")
_SPECIAL: Final = {
    "s": mark("socket"),
    "p": mark("named pipe"),
    "b": mark("device"),
    "c": mark("device"),
}
_TYPES: Final = {
    stat.S_IFREG: "f", stat.S_IFDIR: "d", stat.S_IFLNK: "l", stat.S_IFSOCK: "s",
    stat.S_IFIFO: "p", stat.S_IFBLK: "b", stat.S_IFCHR: "c",
}  # fmt: skip


class NoFolder(OpsError):
    """There is no such directory, or the account may not enter it."""


@dataclass(frozen=True, slots=True)
class Look:
    """What stands in a directory, in order, without digests; and what was not looked at.

    `left_out` are the topmost paths that the patterns leave out.
    """

    entries: tuple[Entry, ...]
    remarks: tuple[TreeRemark, ...]
    left_out: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Seen:
    entry: Entry
    type: str
    device: str
    links: int


def look(ssh: Ssh, folder: str, patterns: Sequence[str], context: Context) -> Look:
    """Return what stands in `folder` on the server; raise `OpsError` where there is none."""
    context.progress(None, tr("Looking at {folder}", folder=folder))
    with ssh.command(f"root={shlex.quote(folder)}{_SCRIPT}", context) as command:
        answer = command.readall()
        status, complaints = command.finish()
    if status == _NO_FOLDER:
        raise NoFolder(
            tr("{host} has no directory {folder} that {user} may enter.",
               host=ssh.address.host, folder=folder, user=ssh.address.user),
            hint=tr("Check the path, and the rights of the account."),
        )  # fmt: skip
    clock, _, rest = answer.partition(b"\0")
    seen = list(_parsed(rest.split(b"\0")[:-1], int(clock) * 10**9))
    remarks = [
        TreeRemark("hidden", shown(line))
        for line in complaints.decode("utf-8", "surrogateescape").splitlines()
        if "No such file" not in line  # it went away meanwhile
    ]
    return _judged(seen, remarks, patterns)


def not_kept(ssh: Ssh, folder: str, look: Look, context: Context) -> Iterator[TreeRemark]:
    """Yield which of what was seen has an access list or extended attributes: no tar of ours
    carries them.  Where the server has no tools for these, that is said."""
    with ssh.command(f"root={shlex.quote(folder)}{_BESIDE}", context) as command:
        lines = command.readall().splitlines()
        command.finish()
    kept = {entry.path for entry in look.entries}
    words = {b"acl": tr("access list"), b"attributes": tr("extended attributes")}
    section = b""
    for line in lines:
        if line in words:
            section = line
        elif name := line.removeprefix(b"# file: "):
            path = text(_OCTAL.sub(lambda found: bytes([int(found[1], 8)]), name))
            path = "" if path == "." else path.removeprefix("./")
            if path in kept:
                yield TreeRemark("not_kept", shown(path), words[section])
    if missing := [word for section, word in words.items() if section not in lines]:
        yield TreeRemark("untold", tr(", ").join(missing))


def _parsed(fields: Sequence[bytes], now_ns: int) -> Iterator[_Seen]:
    for start in range(0, len(fields) - _FIELDS + 1, _FIELDS):
        mode, uid, gid, user, group, size, mtime, ctime, inode, links, device, name, target = (
            text(field) for field in fields[start : start + _FIELDS]
        )
        place, _, kind = device.rpartition(" ")
        bits = int(mode.removeprefix("x"), 16 if mode.startswith("x") else 8)
        kind = kind or _TYPES.get(stat.S_IFMT(bits), "?")
        changed = _nanoseconds(ctime)
        yield _Seen(
            Entry(
                path="" if name == "." else name.removeprefix("./"),
                kind=_KINDS.get(kind, "file"),
                mode=stat.S_IMODE(bits) if kind != "l" else 0o777,
                uid=int(uid),
                gid=int(gid),
                user="" if user in (uid, "UNKNOWN") else user,
                group="" if group in (gid, "UNKNOWN") else group,
                size=int(size) if kind == "f" else 0,
                mtime_ns=_nanoseconds(mtime),
                ctime_ns=changed,
                inode=int(inode),
                target=target if kind == "l" else "",
                settled=changed < now_ns - _FRESH,
            ),
            kind,
            place,
            int(links),
        )


def _judged(seen: list[_Seen], remarks: list[TreeRemark], patterns: Sequence[str]) -> Look:
    """Part what is kept from what is left out; make further names of a file hard links."""
    leaves_out = excluded(patterns)
    by_path = {one.entry.path: one for one in seen}
    home = by_path[""].device
    gone: set[str] = set()
    left_out: list[str] = []
    kept: list[Entry] = []
    first: dict[int, str] = {}
    for entry in in_order(one.entry for one in seen):
        one = by_path[entry.path]
        folder = entry.path.rpartition("/")[0]
        if folder in gone:
            gone.add(entry.path)
        elif entry.path and leaves_out(entry.path, one.type == "d"):
            gone.add(entry.path)
            left_out.append(entry.path)
        elif one.type not in _KINDS:
            what = tr(_SPECIAL.get(one.type, "device"))
            remarks.append(TreeRemark("special", shown(entry.path), what))
        elif one.type == "f" and one.links > 1 and entry.inode in first:
            kept.append(replace(entry, kind="hard", size=0, target=first[entry.inode]))
        else:
            if one.device != home:
                remarks.append(TreeRemark("elsewhere", shown(entry.path)))
            first.setdefault(entry.inode, entry.path)
            kept.append(entry)
    return Look(tuple(kept), tuple(remarks), tuple(left_out))


def _nanoseconds(seconds: str) -> int:
    whole, _, part = seconds.partition(".")
    sign = -1 if whole.startswith("-") else 1
    return int(whole or 0) * 10**9 + sign * int(part[:9].ljust(9, "0") or 0)
