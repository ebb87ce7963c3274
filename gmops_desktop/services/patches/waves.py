"""Waves: one change to many servers, each a change of its own that goes through its own gates.

    wave, refused = waves.queue_wave(hosts, context)                 # or band(changes) for any kind
    waves.each(wave.id, lambda change: patches.set_window(change.id, begin, end))
    waves.go_on(wave.id, context, confirm=wave.number)               # a batch; again for the next

A batch is begun in a few threads.  Once one server failed, refused or is unknown, none that waits
is begun any more, in this batch or a later one; what goes on at a server ends there by itself, and
is asked for again by `go_on`, also after a crash and from another machine.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from sqlalchemy import select

from db.ids import uuid7
from db.models import ChangeRow
from gmops_desktop.adapters.host_keys import ChangedHostKey, UnknownHostKey
from gmops_desktop.addresses import Resource
from gmops_desktop.context import Context, as_they_end
from gmops_desktop.contract.changes import BEFORE
from gmops_desktop.contract.runs import RunLook
from gmops_desktop.contract.waves import USUAL, Member, Standing, Wave, divide
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr
from gmops_desktop.services.patches.book import Book
from gmops_desktop.services.patches.queue import Draft
from gmops_desktop.services.patches.record import Change, change_of
from gmops_desktop.services.patches.service import Patches
from gmops_desktop.services.patches.wave_record import (
    explained,
    standing_of,
    wave_in,
    wave_of,
    waved,
)

Follow = Callable[[Member, RunLook | None], object]

_TOGETHER: Final = 4  # servers at work at once: as many as one person can still watch


@dataclass(frozen=True, slots=True)
class Refused:
    """A change of a wave for which a verb was refused, and why; `number` is "" for a server that
    has no change yet."""

    number: str
    name: str
    why: str


class Waves:
    """The waves and their verbs.  `resources` returns everything of the contract."""

    def __init__(
        self,
        patches: Patches,
        book: Book,
        resources: Callable[[], Sequence[Resource]],
        *,
        together: int = _TOGETHER,
    ) -> None:
        self._patches = patches
        self._book = book
        self._resources = resources
        self._together = together

    # ------------------------------------------------------------ made

    def queue_wave(
        self,
        hosts: Sequence[Resource],
        context: Context,
        *,
        names: Sequence[str] | None = None,
        security_only: bool = False,
        sizes: Sequence[str] = USUAL,
        title: str = "",
    ) -> tuple[Wave, tuple[Refused, ...]]:
        """Queue the updates of each server as a change of its own, and band them together.

        In the order given: the first is the one that is tried first.  A server that cannot be
        asked, or on which nothing waits, is not part of the wave: which ones, and why, is returned
        with it.  Raises `OpsError`, with nothing queued, where no server is left, and for a server
        whose host key nobody trusts yet: that is a question for a person.
        """
        divide(len(hosts), sizes)  # nothing is queued for a wave that cannot be

        def job(host: Resource) -> Draft | Refused:
            patches = self._patches
            try:
                return patches.draft(host, context, names=names, security_only=security_only)
            except (UnknownHostKey, ChangedHostKey):
                raise
            except OpsError as error:
                context.check()
                context.note(tr("{name}: {what}", name=host.name, what=error.message))
                return Refused("", host.name, error.message)

        jobs = [partial(job, host) for host in hosts]
        found = [one for some in as_they_end(jobs, most=self._together) for one in some]
        refused = tuple(one for one in found if isinstance(one, Refused))
        drafts = {one.resource.id: one for one in found if isinstance(one, Draft)}
        if not drafts:
            raise OpsError(
                tr("On none of these servers an update is to be queued."),
                hint="\n".join(tr("{name}: {what}", name=one.name, what=one.why)
                               for one in refused),
                unharmed=tr("Nothing was queued."),
            )  # fmt: skip
        with context.uncut():
            queued = [self._patches.enter(drafts[host.id], context) for host in hosts
                      if host.id in drafts]  # fmt: skip
            wave = self.band(
                [one.id for one in queued], sizes=sizes, title=title or _titled(queued)
            )
        return wave, refused

    def band(
        self, changes: Sequence[str], *, sizes: Sequence[str] = USUAL, title: str = ""
    ) -> Wave:
        """Band changes of any kind together as a wave, in the order given, by id or number.

        Refused for a change that was begun or that is part of a wave already, and for two on the
        same server.
        """
        batches = [batch for batch, count in enumerate(divide(len(changes), sizes), 1)
                   for _ in range(count)]  # fmt: skip
        wave_id = uuid7()
        with self._book.writing() as session:
            rows = [self._book.row(session, one) for one in changes]
            _check_band(rows)
            for place, (row, batch) in enumerate(zip(rows, batches, strict=True), 1):
                said = {
                    "id": wave_id,
                    "title": (title or rows[0].title).strip()[:200],
                    "sizes": list(sizes),
                    "batch": batch,
                    "place": place,
                }
                text = tr("Batch {batch}", batch=batch)
                self._book.record(session, row, "change.waved", waved(said), text=text)
        return self.get(wave_id)

    # ------------------------------------------------------------ read

    def waves(self) -> tuple[Wave, ...]:
        """Return every wave, the newest first."""
        found: dict[str, list[tuple[Mapping[str, Any], Change]]] = {}
        names = {one.id: one.name for one in self._resources()}
        with self._book.reading() as session:
            for row in session.scalars(select(ChangeRow)):
                if said := wave_in(row.more):
                    # Without its gates: these are asked when it is begun, and cost the most.
                    found.setdefault(said["id"], []).append((said, change_of(row, ())))
            made = [wave_of(pairs, names) for pairs in found.values()]
        return tuple(sorted(made, key=lambda one: one.id, reverse=True))

    def get(self, wave_id: str) -> Wave:
        """Return a wave by id or number; raise `OpsError` if there is none."""
        wanted = wave_id.strip()
        for one in self.waves():
            if wanted in (one.id, one.number) or wanted.upper() == one.number:
                return one
        raise OpsError(
            tr("There is no wave {number}.", number=wave_id),
            hint=tr("Look for it in the list of waves."),
        )

    # ------------------------------------------------------------ carried out

    def each(self, wave_id: str, verb: Callable[[Change], object]) -> tuple[Refused, ...]:
        """Use a verb (window, notice, evaluation, release ...) on every change of a wave that was
        not begun; return for which it was refused, and why."""
        refused = []
        for member in self.get(wave_id).untouched:
            try:
                verb(self._patches.get(member.change_id))
            except OpsError as error:
                refused.append(Refused(member.number, member.name, error.message))
        return tuple(refused)

    def leave_out(self, wave_id: str, change_id: str, reason: str) -> Wave:
        """Let the wave go on without a server: its change stays what it is, and is no longer
        counted.  With the reason, by a person: a wave never decides this."""
        if not reason.strip():
            raise OpsError(
                tr("Leaving a server out needs a reason."),
                hint=tr("Say in a few words why the others may go on."),
                unharmed=tr("The wave is as it was."),
            )
        with self._book.writing() as session:
            row = self._book.row(session, change_id)
            found = wave_in(row.more)
            if found is None or found["id"] != self.get(wave_id).id:
                raise OpsError(
                    tr("{number} is not part of this wave.", number=row.number),
                    unharmed=tr("The wave is as it was."),
                )
            said = {**found, "left_out": reason.strip()[:1000]}
            self._book.record(session, row, "change.waved", waved(said), text=reason.strip())
        return self.get(wave_id)

    def go_on(
        self,
        wave_id: str,
        context: Context,
        *,
        confirm: str,
        follow: Follow | None = None,
        to_the_end: bool = False,
    ) -> Wave:
        """Carry out the batch that is on, or with `to_the_end` all of them; return how it stands.

        `confirm` must be the wave's number.  What was begun before (a crash, a lost line) is asked
        for first.  Each server's change is prepared, checked, applied and checked again; every gate
        is its own.  `follow` is called, by one thread at a time, with each look at a run, and with
        None when a server's standing changed.
        """
        wave = self.get(wave_id)
        if confirm.strip().upper() != wave.number:
            raise OpsError(
                tr("To go on, type the number of the wave: {number}.", number=wave.number),
                unharmed=tr("Nothing was done on a server."),
            )
        whys: dict[str, str] = {}
        told = _Telling(follow)
        if wave.begun:
            self._together_with(wave.begun, partial(self._ask, context, told, whys))
            wave = self.get(wave.id)
        while not wave.begun and (due := wave.due):
            context.note(tr("{number}: batch {batch} of {count}", number=wave.number,
                            batch=wave.current, count=wave.batches))  # fmt: skip
            stop = threading.Event()
            self._together_with(due, partial(self._begin, wave.id, stop, context, told, whys))
            wave = self.get(wave.id)
            if stop.is_set() or not to_the_end:
                break
        if wave.stopped:
            context.note(tr("{number} stopped: {why}", number=wave.number, why=wave.stopped))
        return explained(wave, whys)

    def _together_with(self, members: Sequence[Member], work: Callable[[Member], None]) -> None:
        jobs = [partial(work, member) for member in members]
        for _ in as_they_end(jobs, most=self._together):
            pass

    def _ask(self, context: Context, told: _Telling, whys: dict[str, str], member: Member) -> None:
        """Learn what became of a server that was begun, and check it."""
        try:
            self._prove(self._resource(member), member, context, told)
        except OpsError as error:
            context.check()
            whys[member.change_id] = error.message
        if self._standing(member) == "begun":
            whys.setdefault(member.change_id, _goes_on())
        told.changed(member)

    def _begin(
        self,
        wave_id: str,
        stop: threading.Event,
        context: Context,
        told: _Telling,
        whys: dict[str, str],
        member: Member,
    ) -> None:
        """Carry one server's change through, unless another one stopped the wave meanwhile.

        That is asked of the store, too: the other may be another program's.
        """
        if stop.is_set() or self.get(wave_id).stopped:
            stop.set()
            return
        try:
            resource = self._resource(member)
            change = self._patches.get(member.change_id)
            if change.state not in BEFORE:
                return  # another program was quicker
            if change.state != "precheck":
                self._patches.prepare(resource, change.id, context)
            self._patches.check_before(resource, change.id, context)
            if stop.is_set() or self.get(wave_id).stopped:
                stop.set()
                return
            self._patches.apply(resource, change.id, context, confirm=change.number,
                                follow=told.of(member))  # fmt: skip
            self._prove(resource, member, context, told)
        except OpsError as error:
            context.check()
            stop.set()
            whys[member.change_id] = error.message
            context.note(tr("{name}: {what}", name=member.name, what=error.message))
        standing = self._standing(member)
        if standing != "held":
            stop.set()
        if standing == "begun":
            whys.setdefault(member.change_id, _goes_on())
        told.changed(member)

    def _prove(self, resource: Resource, member: Member, context: Context, told: _Telling) -> None:
        """Follow a run to its end, and take the checks after it."""
        change = self._patches.get(member.change_id)
        if change.state in ("applying", "rolling_back"):
            change = self._patches.attach(resource, change.id, context, told.of(member))
        if change.state == "postcheck" and standing_of(change)[0] == "begun":
            self._patches.check_after(resource, change.id, context)

    def _standing(self, member: Member) -> Standing:
        return standing_of(self._patches.get(member.change_id))[0]

    def _resource(self, member: Member) -> Resource:
        for one in self._resources():
            if one.id == member.resource_id:
                return one
        raise OpsError(
            tr("The server of {number} is no longer known here.", number=member.number),
            hint=tr("Enter it again, or leave it out of the wave."),
            unharmed=tr("Nothing was done on it."),
        )


class _Telling:
    """Calls who follows, one thread at a time."""

    def __init__(self, follow: Follow | None) -> None:
        self._follow = follow
        self._lock = threading.Lock()

    def of(self, member: Member) -> Callable[[RunLook], object]:
        def tell(look: RunLook) -> None:
            if self._follow is not None:
                with self._lock:
                    self._follow(member, look)

        return tell

    def changed(self, member: Member) -> None:
        if self._follow is not None:
            with self._lock:
                self._follow(member, None)


def _titled(queued: Sequence[Change]) -> str:
    """Return what a wave of updates is called: what is done, on how many servers."""
    first = queued[0]
    names = {one.name for change in queued if change.updates for one in change.updates.packages}
    if len(queued) == 1:
        return first.title
    if len(names) == 1:
        return tr("{name} on {count} servers", name=min(names), count=len(queued))
    return tr("{updates} packages on {count} servers", updates=len(names), count=len(queued))


def _goes_on() -> str:
    return tr("It goes on at the server and cannot be followed now; go on later to ask again.")


def _check_band(rows: Sequence[ChangeRow]) -> None:
    seen: set[str] = set()
    for row in rows:
        why = ""
        if row.state not in BEFORE:
            why = tr("{number} was begun already.", number=row.number)
        elif wave_in(row.more):
            why = tr("{number} is part of a wave already.", number=row.number)
        elif row.resource_id in seen:
            why = tr("{number} is the second one for its server.", number=row.number)
        if why:
            raise OpsError(
                why,
                hint=tr("Choose changes that were not begun, one for each server."),
                unharmed=tr("No wave was made."),
            )
        seen.add(row.resource_id)
    if not rows:
        raise OpsError(tr("A wave needs changes."), hint=tr("Choose one for each server."))
