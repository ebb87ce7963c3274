"""What changes left on a server for their way back, and how it is cleared once nobody needs it.

Only what belongs to a change that is over goes: closed, or cancelled.  What no change on this
machine knows may be another machine's way back, and stays.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Final, Literal

from gmops_desktop.adapters import kept_copies, releasing
from gmops_desktop.adapters.ssh import Ssh
from gmops_desktop.addresses import Resource, SshAddress
from gmops_desktop.context import Context
from gmops_desktop.contract.changes import ENDED, word_of_state
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr
from gmops_desktop.services.patches.record import Change

OpenSsh = Callable[[SshAddress, Context], AbstractContextManager[Ssh]]
KEEP: Final = 2  # old releases that stay at hand


@dataclass(frozen=True, slots=True)
class Leftover:
    """A tree or folder on a server: of which change, where, how many bytes (None: not known).

    `stays` says why it is not removed; "" means that it may go.
    """

    what: Literal["release", "copies"]
    change_id: str
    number: str
    title: str
    path: str
    size: int | None
    stays: str


class Leftovers:
    """Looks at what changes left, and removes it.

    `changes` are all that this machine knows; `record` writes into the record of one what of it was
    removed.
    """

    def __init__(
        self,
        open_ssh: OpenSsh,
        changes: Callable[[], Sequence[Change]],
        record: Callable[[str, Sequence[str]], object],
    ) -> None:
        self._open_ssh, self._changes, self._record = open_ssh, changes, record

    def look(self, host: Resource, context: Context, *, keep: int = KEEP) -> tuple[Leftover, ...]:
        """Return what lies on a server, with why it stays; `keep` old releases stay in any case."""
        with self._open(host, context) as ssh:
            return tuple(self._found(ssh, host, keep, context))

    def clear(
        self, host: Resource, context: Context, *, confirm: str, keep: int = KEEP
    ) -> tuple[Leftover, ...]:
        """Remove what may go, and return it; `confirm` is the server's name, typed by a person.

        It is looked at anew: what belongs to a change that is not over by now stays.
        """
        if confirm.strip() != host.name:
            raise OpsError(
                tr("To go on, type the name of the server: {name}.", name=host.name),
                unharmed=tr("Nothing was removed."),
            )
        gone: list[Leftover] = []
        with self._open(host, context) as ssh:
            served = {one.id: (place, one) for place, one in self._placed(ssh, host, context)}
            for one in self._found(ssh, host, keep, context):
                if one.stays:
                    continue
                context.check()
                context.progress(None, tr("Removing {path}", path=one.path))
                with context.uncut():
                    if one.what == "copies":
                        kept_copies.remove(ssh, one.change_id, context)
                    else:
                        place, tree = served[one.change_id]
                        releasing.remove(ssh, place, tree, context)
                    self._record(one.change_id, (one.path,))
                gone.append(one)
        return tuple(gone)

    # ------------------------------------------------------------ what lies there

    def _found(self, ssh: Ssh, host: Resource, keep: int, context: Context) -> Iterator[Leftover]:
        known = {one.id: one for one in self._changes() if one.resource_id == host.id}
        # What stood before a change that is not over is its way back, whosesoever tree it is.
        needed = {str(one.plan.get("live", "")): one for one in known.values()
                  if one.state not in ENDED}  # fmt: skip
        idle = 0
        placed = sorted(self._placed(ssh, host, context), key=lambda one: one[1].id, reverse=True)
        for place, tree in placed:
            change = known.get(tree.id)
            stays = _not_over(change)
            if place.live == tree.path or place.inode == tree.inode:
                stays = stays or tr("it is what is served, or what stood before that")
            elif tree.path in needed:
                stays = tr("{number} leads back to it", number=needed[tree.path].number)
            elif not stays:
                idle += 1
                if idle <= keep:
                    stays = tr("one of the newest {count} old releases", count=keep)
            yield _leftover("release", tree.id, change, tree.path, None, stays)
        for one in kept_copies.kept(ssh, context):
            change = known.get(one.id)
            yield _leftover("copies", one.id, change, one.path, one.size, _not_over(change))

    def _placed(
        self, ssh: Ssh, host: Resource, context: Context
    ) -> Iterator[tuple[releasing.Served, releasing.Placed]]:
        folders = {str(one.plan["folder"]) for one in self._changes()
                   if one.resource_id == host.id and one.kind == "release"}  # fmt: skip
        for folder in sorted(folders):
            try:
                served = releasing.served(ssh, folder, context)
            except OpsError as gone:  # the site was moved: what lies there is not ours to judge
                context.check()
                context.note(gone.message)
                continue
            for one in releasing.placed(ssh, served, context):
                yield served, one

    def _open(self, host: Resource, context: Context) -> AbstractContextManager[Ssh]:
        if not isinstance(host.address, SshAddress):
            raise OpsError(
                tr("{name} is not a server reached over SSH: nothing of ours lies there.",
                   name=host.name),
                hint=tr("Choose a cloud server reached over SSH."),
            )  # fmt: skip
        return self._open_ssh(host.address, context)


def _not_over(change: Change | None) -> str:
    if change is None:
        return tr("no change on this machine knows it")
    if change.state in ENDED:
        return ""
    return tr("{number} is “{state}”", number=change.number, state=word_of_state(change.state))


def _leftover(
    what: Literal["release", "copies"],
    id: str,
    change: Change | None,
    path: str,
    size: int | None,
    stays: str,
) -> Leftover:
    number, title = (change.number, change.title) if change else ("", "")
    return Leftover(what, id, number, title, path, size, stays)
