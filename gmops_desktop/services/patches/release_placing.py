"""Brings a release to its server: built beside what is live, of what is there and what is sent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from gmops_desktop.adapters import releasing
from gmops_desktop.adapters.releasing import Placed, Releasing, Served
from gmops_desktop.adapters.ssh import ConnectionLost, DeadlinePassed, Ssh
from gmops_desktop.archive.release_package import Package, Shelf
from gmops_desktop.archive.tree.packing import END, header
from gmops_desktop.context import Context
from gmops_desktop.contract.releases import ReleasePlan
from gmops_desktop.contract.trees import Entry, in_order, shown
from gmops_desktop.errors import OpsError, ProofFailed
from gmops_desktop.language import tr
from gmops_desktop.services.patches import release_tree
from gmops_desktop.services.patches.release_tree import Wanted

RESERVE: Final = 64 << 20  # bytes that stay free on the server
_UNIT: Final = 512  # bytes to which everything in a tar is filled up


def place_of(
    ssh: Ssh, release: ReleasePlan, change_id: str, context: Context
) -> tuple[Served, Releasing, Placed | None]:
    """Return what is served, where the release of a change stands or will, and what is noted."""
    served = releasing.served(ssh, release.folder, context)
    at = Releasing(ssh, served, change_id, release.source, context)
    return served, at, at.placed()


def is_live(served: Served, at: Releasing, placed: Placed | None) -> bool:
    """Whether the release is what is served now."""
    if served.layout == "link":
        return served.live == at.staging
    return placed is not None and placed.inode == served.inode


def root_of(served: Served) -> Entry:
    """Return the live directory itself, whose owner and mode what is new takes."""
    return Entry("", "folder", served.mode, served.uid, served.gid, "", "")


def build(
    at: Releasing, release: ReleasePlan, package: Package, shelf: Shelf, context: Context
) -> None:
    """Build a release and prove it there; what an earlier try had brought stays.

    Raises `OpsError` where the server may not, has no room, or something else is live than was
    planned for; then what is live is as it was.
    """
    ssh, served = at.ssh, at.served
    if why := served.why_not(ssh.address.host):
        hint = tr("Use an account that owns the folder above it, such as root.")
        raise OpsError(why, hint=hint, unharmed=_untouched())
    live = release_tree.read(ssh, served.live, release.kept, context)
    if live.tree != release.live_tree:
        raise OpsError(
            tr("What is live in {folder} was changed since.", folder=release.folder),
            hint=tr("Simulate the change again, and look at what differs."),
            unharmed=_untouched(),
        )
    wanted = release_tree.make(
        package.site, live, release.kept, root_of(served), whole=release.whole
    )
    at.begin()
    built = release_tree.read(ssh, at.staging, release.kept, context)
    wrong = release_tree.differing(wanted, built, owners=served.root)
    missing = {path for path in wrong if path in wanted.entries}
    needed = sum(wanted.entries[path].size for path in missing) + RESERVE
    if served.free is not None and served.free < needed:
        if not built.entries:
            at.clear()
        raise OpsError(
            tr("The server has {free} MB free where {folder} lies; {needed} MB are needed.",
               free=served.free >> 20, folder=release.folder, needed=needed >> 20),
            hint=tr("Free some space there: the old release is kept for the way back."),
            unharmed=_untouched(),
        )  # fmt: skip
    try:
        at.remove([path for path in wrong if path in built.entries
                   and (path not in wanted.entries
                        or wanted.entries[path].kind != built.entries[path].kind)])  # fmt: skip
        _send(at, wanted, missing, shelf, context)
        built = release_tree.read(ssh, at.staging, release.kept, context)
    except OpsError as error:
        if not isinstance(error, ConnectionLost | DeadlinePassed):
            free = releasing.served(ssh, release.folder, context).free
            if free is not None and free < RESERVE:
                at.clear()  # a full disk hurts the site that is live
        raise
    if wrong := release_tree.differing(wanted, built, owners=served.root):
        raise ProofFailed(
            tr("The release on the server is not the one that was sent: {path} differs"
               " ({count} in all).", path=shown(wrong[0]), count=len(wrong)),
            hint=tr("Owners can only be set by root: log in as root, or as the files' owner."),
            unharmed=_untouched(),
        )  # fmt: skip
    at.finish(release.tree)


def _send(at: Releasing, wanted: Wanted, missing: set[str], shelf: Shelf, context: Context) -> None:
    folders = in_order(one for one in wanted.entries.values() if one.kind == "folder")
    context.progress(5, tr("Building the release on the server"))
    at.send(_tar(replace(folder, mode=folder.mode | 0o700) for folder in folders))
    at.keep(sorted(missing & wanted.copied))
    links = in_order(one for one in wanted.entries.values() if one.kind == "link")
    sent = [entry for entry in [*wanted.sent, *links] if entry.path in missing]
    at.send(_tarred(sent, shelf, context))
    at.send(_tar(folders))


def _tarred(entries: Sequence[Entry], shelf: Shelf, context: Context) -> Iterator[bytes]:
    total, sent = sum(entry.size for entry in entries), 0
    for entry in entries:
        yield header(entry)
        if entry.kind == "file":
            for block in shelf.blocks(entry.digest):
                sent += len(block)
                yield block
                share = 10 + 80 * sent // max(1, total)
                told = tr("Sending {name}", name=shown(entry.path))
                context.progress(share, told, context.line.travelled)
            yield bytes(-entry.size % _UNIT)
    yield END


def _tar(entries: Iterable[Entry]) -> Iterator[bytes]:
    for entry in entries:
        yield header(entry)
    yield END


def _untouched() -> str:
    return tr("What is live was not touched.")
