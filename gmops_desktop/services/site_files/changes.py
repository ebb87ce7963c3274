"""What a restore would change: an archive's entries against what stands on the server."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from gmops_desktop.contract.trees import BLOCK, ZEROS, Entry
from gmops_desktop.services.site_files.places import Place

ChangeKind = Literal["add", "change", "remove", "mode"]


@dataclass(frozen=True, slots=True)
class FileChange:
    """One path that a restore would change; `size` is that of the content it would have.

    `detail` says of a "mode" what differs: "0644 → 0640", an owner, a time.
    """

    path: str
    kind: ChangeKind
    folder: bool
    size: int
    detail: str = ""


@dataclass(frozen=True, slots=True)
class TreePreview:
    """What a restore would do; `send_bytes` are contents that must travel, before compression.

    `set_id` names files that would lose a set-user-id or set-group-id bit; `kept` are paths that
    no archive holds (logs, caches) and that stay as they are.
    """

    path: Path
    place: Place
    changes: tuple[FileChange, ...]
    unchanged: int
    send_bytes: int
    set_id: tuple[str, ...]
    kept: tuple[str, ...]
    missing: bool  # there is no such directory now

    @property
    def identical(self) -> bool:
        return not self.changes

    def count(self, kind: ChangeKind) -> int:
        """Return how many paths change in this way."""
        return sum(change.kind == kind for change in self.changes)


def compare(
    wanted: Sequence[Entry], present: Sequence[Entry]
) -> tuple[list[FileChange], dict[str, Entry]]:
    """Return what must change to make `wanted` of `present`; and what of it is there as it is.

    The second has the present entries whose content is the wanted one.
    """
    here = {entry.path: entry for entry in present}
    meant = {entry.path: entry for entry in wanted}
    changes: list[FileChange] = []
    same: dict[str, Entry] = {}
    for entry in wanted:
        now = here.get(entry.path)
        size = _content(entry, meant).size
        folder = entry.kind == "folder"
        if now is None:
            changes.append(FileChange(entry.path, "add", folder, size))
        elif (
            now.kind != entry.kind or _content(entry, meant).content != _content(now, here).content
        ):
            changes.append(FileChange(entry.path, "change", folder, size))
        else:
            same[entry.path] = now
            if detail := _mode(entry, now):
                changes.append(FileChange(entry.path, "mode", folder, 0, detail))
    changes += [
        FileChange(entry.path, "remove", entry.kind == "folder", entry.size)
        for entry in present
        if entry.path not in meant
    ]
    return sorted(changes, key=lambda change: change.path.split("/")), same


def travelling(wanted: Sequence[Entry], present: Mapping[str, Entry]) -> int:
    """Return how many bytes of contents the server does not have in their place."""
    total = 0
    for entry in wanted:
        now = present.get(entry.path)
        if entry.kind != "file" or (now and now.kind == "file" and now.content == entry.content):
            continue
        if not entry.large:
            total += entry.size
            continue
        here = now.blocks if now and now.large else ()
        for number, digest in enumerate(entry.blocks):
            total += 0 if here[number : number + 1] == (digest,) or digest == ZEROS else BLOCK
    return total


def _content(entry: Entry, among: Mapping[str, Entry]) -> Entry:
    """Return the file of which a hard link is a name, or the entry itself."""
    return among.get(entry.target, entry) if entry.kind == "hard" else entry


def _mode(wanted: Entry, now: Entry) -> str:
    """Say how an entry differs beside its content; a folder's time is nobody's concern."""
    if wanted.kind == "hard" and wanted.target != now.target:
        return f"= {now.target} → = {wanted.target}"
    if wanted.mode != now.mode and wanted.kind != "link":
        return f"{now.mode:04o} → {wanted.mode:04o}"
    if (wanted.uid, wanted.gid) != (now.uid, now.gid) and not _same_names(wanted, now):
        return f"{_owner(now)} → {_owner(wanted)}"
    if wanted.kind == "file" and wanted.mtime_ns // 10**9 != now.mtime_ns // 10**9:
        return "mtime"
    return ""


def _same_names(one: Entry, other: Entry) -> bool:
    return bool(one.user and one.group) and (one.user, one.group) == (other.user, other.group)


def _owner(entry: Entry) -> str:
    return f"{entry.user or entry.uid}:{entry.group or entry.gid}"
