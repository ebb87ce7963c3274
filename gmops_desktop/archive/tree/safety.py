"""What may not be restored: an archive may have been made by somebody who means harm.

Nothing of an archive's tar is handed to a server: the tar that is sent is written anew from
entries that passed here.
"""

from __future__ import annotations

import stat
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from gmops_desktop.contract.trees import Entry, in_order, parents, raw, shown
from gmops_desktop.errors import ProofFailed
from gmops_desktop.language import tr

MOST_ENTRIES: Final = 5_000_000
_SET_ID: Final = stat.S_ISUID | stat.S_ISGID


def check(entries: Sequence[Entry]) -> None:
    """Raise `ProofFailed` where an entry could touch anything outside the directory."""
    for fault in faults(entries):
        raise ProofFailed(
            fault,
            hint=tr("Such an archive is not made by this program. Find out where it comes from."),
            unharmed=tr("Nothing was written."),
        )


def faults(entries: Sequence[Entry]) -> list[str]:
    """Say in sentences what is wrong with the paths and links of an archive."""
    if len(entries) > MOST_ENTRIES:
        return [tr("The archive names more than {count} files.", count=f"{MOST_ENTRIES:,}")]
    found: list[str] = []
    known: dict[str, Entry] = {}
    for entry in entries:
        if fault := _path_fault(entry.path) or _fault(entry):
            found.append(fault)
        elif entry.path in known:
            found.append(tr("The archive names {path} twice.", path=shown(entry.path)))
        known.setdefault(entry.path, entry)
    if found:
        return found
    if list(entries) != in_order(entries):
        found.append(tr("The archive's entries are not in order."))
    if not entries or entries[0].path or entries[0].kind != "folder":
        found.append(tr("The archive does not begin with its directory."))
    for entry in entries:
        if fault := _place_fault(entry, known):
            found.append(fault)
    return found


def _fault(entry: Entry) -> str:
    """Say what is wrong with an entry in itself."""
    path = shown(entry.path)
    if entry.mode & ~0o7777 or entry.mode < 0:
        return tr("The archive gives {path} a mode that no file has.", path=path)
    if entry.size < 0 or (entry.kind != "file" and entry.size):
        return tr("The archive gives {path} a size that it cannot have.", path=path)
    if entry.uid < 0 or entry.gid < 0 or any("\n" in n or "\0" in n for n in _names(entry)):
        return tr("The archive gives {path} an owner that cannot be.", path=path)
    if entry.kind == "link" and (not entry.target or "\0" in entry.target):
        return tr("The archive's link {path} points nowhere.", path=path)
    if entry.large and len(entry.blocks) != entry.block_count:
        return tr("The archive's blocks of {path} are not as many as its size asks.", path=path)
    return ""


def _names(entry: Entry) -> tuple[str, str]:
    return entry.user, entry.group


def _path_fault(path: str) -> str:
    """Say why `path` is not one inside a directory."""
    if not path:
        return ""
    if "\0" in path:
        return tr("The archive holds a name with a NUL in it: {path}.", path=shown(path))
    if path.startswith("/"):
        return tr("The archive holds an absolute path: {path}.", path=shown(path))
    if any(part in ("", ".", "..") for part in path.split("/")):
        return tr("The archive holds a path that leads out of its directory: {path}.",
                  path=shown(path))  # fmt: skip
    try:
        raw(path)
    except UnicodeEncodeError:
        return tr("The archive holds a name that no server can have: {path}.",
                  path=path.encode("unicode_escape").decode())  # fmt: skip
    return ""


def _place_fault(entry: Entry, known: Mapping[str, Entry]) -> str:
    for folder in parents(entry.path):
        if folder not in known or known[folder].kind != "folder":
            return tr(
                "The archive puts {path} into {folder}, which is no folder of its own.",
                path=shown(entry.path),
                folder=shown(folder),
            )
    if entry.kind == "hard":
        meant = known.get(entry.target)
        if _path_fault(entry.target) or meant is None or meant.kind != "file":
            return tr(
                "The archive's hard link {path} leads to {target}, which is no file of its own.",
                path=shown(entry.path),
                target=shown(entry.target),
            )
    return ""


def without_set_id(entries: Sequence[Entry]) -> tuple[list[Entry], list[str]]:
    """Return entries without files that run as their owner or group, and the paths of those.

    A folder may hand its group on (setgid): sites use that, and it gives nobody rights.
    """
    kept, found = [], []
    for entry in entries:
        if entry.kind in ("file", "hard") and entry.mode & _SET_ID:
            found.append(entry.path)
            entry = replace(entry, mode=entry.mode & ~_SET_ID)
        kept.append(entry)
    return kept, found
