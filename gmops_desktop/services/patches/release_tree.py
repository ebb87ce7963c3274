"""What a release makes of a site: the tree that will stand, and what of it is live already."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from gmops_desktop.adapters import site_tree
from gmops_desktop.adapters.ssh import Ssh
from gmops_desktop.archive.release_sources import Item
from gmops_desktop.context import Context
from gmops_desktop.contract.exclusions import excluded
from gmops_desktop.contract.releases import ReleaseChange, ReleaseStep
from gmops_desktop.contract.trees import Entry, in_order, parents, raw, shown
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr

_PLAIN = 0o644
_RUNS = 0o755


@dataclass(frozen=True, slots=True)
class Live:
    """What stands in a directory now, by path, with digests; `stays` belongs to no release."""

    entries: Mapping[str, Entry]
    stays: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def tree(self) -> str:
        """The SHA-256 of all of it: kinds, names, modes and contents."""
        proof = hashlib.sha256()
        for entry in in_order(self.entries.values()):
            words = (entry.kind, f"{entry.mode:o}", entry.digest, entry.target)
            proof.update(b"\0".join((raw(entry.path), *map(raw, words))) + b"\n")
        return proof.hexdigest()


@dataclass(frozen=True, slots=True)
class Wanted:
    """The tree that a release makes: `copied` are the files that the live one has already."""

    entries: Mapping[str, Entry]
    copied: frozenset[str]
    left: tuple[str, ...]  # of the release, because what is live stays

    @property
    def size(self) -> int:
        return sum(entry.size for entry in self.entries.values())

    @property
    def sent(self) -> list[Entry]:
        """The files that must travel, in order."""
        found = [one for one in self.entries.values() if one.kind == "file"]
        return in_order(one for one in found if one.path not in self.copied)


def read(ssh: Ssh, folder: str, kept: Sequence[str], context: Context) -> Live:
    """Look at a directory and hash what is in it, but for what the patterns `kept` leave out."""
    look = site_tree.look(ssh, folder, kept, context)
    files = [entry for entry in look.entries if entry.kind == "file"]
    context.progress(None, tr("Comparing with {folder}", folder=folder))
    digests, unreadable = site_tree.digests(ssh, folder, files, context)
    for path, why in unreadable.items():
        raise OpsError(
            tr("{path} in {folder} cannot be read: {why}.", path=shown(path), folder=folder,
               why=why or tr("it went away meanwhile")),
            hint=tr("Use an account that may read the site, then try again."),
            unharmed=tr("Nothing on the server was changed."),
        )  # fmt: skip
    sizes = {entry.path: entry.size for entry in files}
    entries = {}
    for entry in look.entries:
        if entry.kind == "hard":  # each name becomes a file of its own
            first = entry.target
            entry = replace(entry, kind="file", target="", size=sizes[first])
            digests[entry.path] = digests[first]
        if entry.path:
            # One digest whatever the size: a release knows no blocks.
            entries[entry.path] = replace(entry, digest=digests.get(entry.path, ""))
    notes = tuple(str(one) for one in look.remarks if one.kind in ("special", "hidden"))
    return Live(entries, look.left_out, notes)


def make(
    items: Iterable[Item], live: Live, kept: Sequence[str], root: Entry, *, whole: bool
) -> Wanted:
    """Return the tree that will stand.

    What is there already keeps its owner and mode; what is new has the owner of the folder it comes
    into, and may be run by its owner if the release says so.  Nothing runs as its owner (setuid).
    """
    leaves_out = excluded(kept)
    found: dict[str, Entry] = {} if whole else dict(live.entries)
    left: list[str] = []
    now = time.time_ns() // 10**9 * 10**9
    ordered = sorted(items, key=lambda item: raw(item.path).split(b"/"))
    for item in _with_folders(ordered):
        names = [*parents(item.path)]
        if leaves_out(item.path, item.kind == "folder") or any(leaves_out(n, True) for n in names):
            if item.kind != "folder":
                left.append(shown(item.path))
            continue
        there = live.entries.get(item.path)
        above = found.get(names[0], root) if names else root
        dress = there if there and there.kind == item.kind else above
        if dress is there and there is not None:
            mode = there.mode & 0o7777
        else:
            mode = above.mode if item.kind == "folder" else _RUNS if item.executable else _PLAIN
        if item.kind == "file":
            mode &= 0o777
        if found.get(item.path, root).kind == "folder" and item.kind != "folder":
            for path in [one for one in found if one.startswith(f"{item.path}/")]:
                del found[path]
        found[item.path] = Entry(
            path=item.path,
            kind=item.kind,
            mode=0o777 if item.kind == "link" else mode,
            uid=dress.uid,
            gid=dress.gid,
            user="",
            group="",
            size=item.size,
            mtime_ns=now,
            target=item.target,
            digest=item.digest,
        )
    copied = set()
    for path, entry in found.items():
        there = live.entries.get(path)
        if there and there.kind == "file" == entry.kind and there.digest == entry.digest:
            copied.add(path)
            found[path] = replace(there, kind="file", mode=there.mode & 0o777)
    return Wanted(found, frozenset(copied), tuple(left))


def changes(wanted: Wanted, live: Live) -> tuple[tuple[ReleaseChange, ...], int]:
    """Return the paths that change, in order, and how many files stay as they are."""
    found: list[ReleaseChange] = []
    same = 0
    for path in sorted({*wanted.entries, *live.entries}, key=raw):
        now, then = live.entries.get(path), wanted.entries.get(path)
        if not (now and then) and [one for one in (now, then) if one and one.kind == "folder"]:
            continue  # it comes and goes with what is in it
        before, after = _told(now), _told(then)
        if before == after and now and then and now.kind == then.kind:
            same += then.kind == "file"
        elif then is None:
            found.append(ReleaseChange(shown(path), "remove", 0, before))
        else:
            step: ReleaseStep = "change" if now else "add"
            found.append(ReleaseChange(shown(path), step, then.size, before, after))
    return tuple(found), same


def differing(wanted: Wanted, built: Live, *, owners: bool) -> list[str]:
    """Return the paths in which a tree that was built is not the wanted one."""
    return [
        path
        for path in sorted({*wanted.entries, *built.entries}, key=raw)
        if _facts(wanted.entries.get(path), owners=owners)
        != _facts(built.entries.get(path), owners=owners)
    ]


def _facts(entry: Entry | None, *, owners: bool) -> tuple[object, ...]:
    if entry is None:
        return ()
    dress = (entry.uid, entry.gid) if owners else ()
    mode = entry.mode if entry.kind != "link" else 0
    return entry.kind, entry.digest, entry.target, mode, *dress


def _told(entry: Entry | None) -> str:
    if entry is None or entry.kind == "folder":
        return ""
    return f"→ {shown(entry.target)}" if entry.kind == "link" else entry.digest


def _with_folders(items: Iterable[Item]) -> Iterator[Item]:
    """Hand out items, each after the folders in which it lies, named by the release or not."""
    known: set[str] = set()
    for item in items:
        for folder in reversed([*parents(item.path)]):
            if folder not in known:
                known.add(folder)
                yield Item(folder, "folder")
        if item.path not in known:
            known.add(item.path)
            yield item
