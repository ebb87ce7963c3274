"""Clones of a TencentDB instance for drills: priced first, ordered once, waited for, and removed.

What is ordered is written down before, so that whatever ends this program, its next start knows
which clone may be there, and removes it or says that it still costs money.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import chain, repeat
from typing import Any, Final, TypeVar

from gmops_desktop.adapters import tencent_backups
from gmops_desktop.adapters import tencent_clones as api
from gmops_desktop.adapters.locks import Busy
from gmops_desktop.adapters.tencent import CloudRefused, Tencent
from gmops_desktop.adapters.tencent_backups import CloudBackup
from gmops_desktop.adapters.tencent_clones import CloneState, CloneTask, Instance, Price
from gmops_desktop.addresses import CloudDatabase, MysqlAddress, Resource
from gmops_desktop.context import Context
from gmops_desktop.errors import Cancelled, OpsError
from gmops_desktop.language import mark, tr
from gmops_desktop.services.drills.orders import CloneStays, Left, Orders

_Answer = TypeVar("_Answer")

_PAUSES: Final = (
    0.5,
    0.5,
    1.0,
    2.0,
    5.0,
    10.0,
    20.0,
)  # seconds between looks; the last for all that follow
_MAKING: Final = 3 * 3600.0  # seconds a clone is waited for
_REMOVING: Final = 1800.0  # seconds the removal of one is waited for
_SILENCE: Final = 600.0  # seconds the cloud may not be reached while a clone is being made
_HURRY: Final = 60.0  # the same while one is removed: somebody waits for the program to end
_LOOKS: Final = 12  # for a clone that was ordered and is not listed yet
_LISTED: Final = timedelta(minutes=15)  # after which one that was ordered would be listed
_FORGOTTEN: Final = timedelta(days=1)  # after which one that was never listed is not sought again
_STATES: Final[dict[CloneState, str]] = {
    "initial": mark("it waits for its turn"),
    "running": mark("the backup is being restored"),
    "wait_complete": mark("it is nearly done"),
    "success": mark("it is being started"),
    "unknown": mark("its state is not known"),
}


@dataclass(frozen=True, slots=True)
class Quote:
    """What a drill on a clone will cost and order, for somebody to agree to.

    `name` is what the clone will be called; `price` is for each hour that it exists.
    """

    name: str
    address: MysqlAddress
    cloud: CloudDatabase
    source: Instance
    backup: CloudBackup
    price: Price
    order: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Cleared:
    """What became of clones that drills left: the names of those gone, and why others are not."""

    gone: tuple[str, ...] = ()
    stay: tuple[OpsError, ...] = ()


class Clones:
    """Clones for drills; `connect` gives the API with an instance's keys, `orders` remember what
    was ordered."""

    def __init__(
        self,
        connect: Callable[[CloudDatabase], Tencent],
        orders: Orders,
        now: Callable[[], datetime],
    ) -> None:
        self._connect, self._orders, self._now = connect, orders, now

    # ------------------------------------------------------------ before

    def quote(self, resource: Resource, context: Context) -> Quote:
        """Ask what a clone of a database would cost, and whether it could be had at all.

        Nothing is ordered.  Raises `OpsError`, with the policy to be granted where a right is
        missing.
        """
        address = resource.address
        cloud = address.cloud if isinstance(address, MysqlAddress) else None
        if cloud is None or not isinstance(address, MysqlAddress):
            raise OpsError(
                tr("No TencentDB instance is known for this database."),
                hint=tr("Enter its id (cdb-…), region and key in the settings of the database."),
                unharmed=tr("No clone was ordered."),
            )
        context.progress(None, tr("Asking Tencent Cloud"))
        with _policy_named():
            cloud_api = self._connect(cloud)
            source = api.instance(cloud_api, cloud.instance, context)
            if source is None:
                raise OpsError(
                    tr("Tencent Cloud knows no instance {instance} in {region}.",
                       instance=cloud.instance, region=cloud.region),
                    hint=tr("Check the instance's id and its region in the settings."),
                    unharmed=tr("No clone was ordered."),
                )  # fmt: skip
            _refuse_out_of_reach(address, source)
            backup = _newest(tencent_backups.read_all(cloud_api, source.id, context), source)
            price = api.price(cloud_api, source, context)
            name = f"{api.MARK}{self._now():%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"
            order = api.order(cloud_api, source, backup.id, name, context)
            api.rehearse(cloud_api, order, context)
        return Quote(name, address, cloud, source, backup, price, order)

    # ------------------------------------------------------------ during

    @contextmanager
    def made(self, quote: Quote, context: Context) -> Iterator[Instance]:
        """Order the clone that somebody agreed to, and give it when it serves.

        It is removed afterwards, whatever happens.  Raises `CloneStays` where that fails.
        """
        with self._orders.held(quote.name):
            self._orders.write(Left(quote.name, quote.cloud, self._now(), str(quote.price)))
            try:
                yield self._make(quote, context)
            except BaseException as error:
                self._remove_known(quote.name, context, error)
                raise
            self._remove_known(quote.name, context, None)

    def _make(self, quote: Quote, context: Context) -> Instance:
        ordered = False
        lost: CloudRefused | None = None
        try:
            cloud_api = self._connect(quote.cloud)
            before = {one.number for one in api.tasks(cloud_api, quote.source.id, context)}
            context.progress(None, tr("Ordering the clone {name}", name=quote.name))
            with context.uncut():  # whether it was ordered must be known
                ordered = True
                api.create(cloud_api, quote.order, context)
        except CloudRefused as refusal:
            if not ordered or not refusal.unclear:
                self._orders.forget(quote.name)
                raise
            lost = refusal
        except BaseException:
            if not ordered:
                self._orders.forget(quote.name)
            raise
        if lost is not None:
            self._adopt(cloud_api, quote.name, lost, context)
        return self._follow(cloud_api, quote, before, context)

    def _adopt(self, cloud_api: Tencent, name: str, lost: CloudRefused, context: Context) -> None:
        """Look whether an order whose answer was lost was taken; never order again."""
        for _ in range(_LOOKS):
            if _patiently(lambda: api.named(cloud_api, name, context), context):
                context.note(tr("The answer was lost, but the clone is being made."))
                return
            context.wait(_PAUSES[-1])
        raise OpsError(
            tr("No clone was made, as far as can be seen: {why}", why=lost.message),
            hint=lost.hint,
        ) from lost

    def _follow(
        self, cloud_api: Tencent, quote: Quote, before: set[int], context: Context
    ) -> Instance:
        """Wait until the clone serves, and write down its id as soon as it is known."""
        begun, known = time.monotonic(), ""
        for pause in _pauses():
            clone = self._look(cloud_api, quote.name, known, context)
            if clone is not None and not known:
                known = clone.id
                self._orders.write(replace(self._orders.read(quote.name), instance=known))
            task = self._task(cloud_api, quote, known, before, context)
            if task is not None and task.state == "failed":
                raise OpsError(
                    tr("Tencent Cloud could not make the clone {name}.", name=quote.name),
                    hint=tr("Look at the tasks of {instance} in the console, then drill again.",
                            instance=quote.source.id),
                    unharmed=tr("The database itself is not touched."),
                )  # fmt: skip
            if clone is not None and task is not None and _serves(clone, task):
                _refuse_original(clone, quote)
                return clone
            gone = time.monotonic() - begun
            if gone > _MAKING:
                raise OpsError(
                    tr("The clone {name} is not ready after {hours} hours.",
                       name=quote.name, hours=f"{_MAKING / 3600:g}"),
                    hint=tr("Look at the tasks of {instance} in the console, then drill again.",
                            instance=quote.source.id),
                    unharmed=tr("The database itself is not touched."),
                )  # fmt: skip
            state = _STATES[task.state] if task and task.state in _STATES else _STATES["initial"]
            context.progress(
                None,
                tr("Tencent Cloud makes the clone ({minutes} min): {state}",
                   minutes=int(gone // 60), state=tr(state)),
            )  # fmt: skip
            context.wait(pause)
        raise AssertionError("the pauses never end")

    @staticmethod
    def _look(
        cloud_api: Tencent, name: str, known: str, context: Context, patience: float = 0.0
    ) -> Instance | None:
        """Return our clone, by its id once that is `known`."""
        if known:
            return _patiently(lambda: api.instance(cloud_api, known, context), context, patience)
        return _patiently(lambda: api.named(cloud_api, name, context), context, patience)

    @staticmethod
    def _task(
        cloud_api: Tencent, quote: Quote, known: str, before: set[int], context: Context
    ) -> CloneTask | None:
        """Return how the cloud is getting on with our order."""
        found = _patiently(lambda: api.tasks(cloud_api, quote.source.id, context), context)
        fresh = [one for one in found if one.number not in before]
        ours = [one for one in fresh if known and one.instance == known]
        return next(iter(ours or [one for one in fresh if not one.instance]), None)

    # ------------------------------------------------------------ after

    def left(self) -> tuple[Left, ...]:
        """Return the clones that drills ordered and no drill at work is using, oldest first."""
        return tuple(self._orders.left())

    def clear(self, context: Context) -> Cleared:
        """Remove the clones that drills left; what cannot be removed is told, not raised."""
        gone, stay = list[str](), list[OpsError]()
        for left in self.left():
            context.progress(None, tr("Removing the clone {name}", name=left.name))
            try:
                with self._orders.held(left.name):
                    self._remove(left, context)
            except Busy:
                continue  # another program was quicker
            except CloneStays as error:
                stay.append(error)
            else:
                gone.append(left.name)
        return Cleared(tuple(gone), tuple(stay))

    def _remove_known(self, name: str, context: Context, ended_by: BaseException | None) -> None:
        if self._orders.knows(name):
            with suppress(Cancelled):
                context.progress(None, tr("Removing the clone {name}", name=name))
            try:
                self._remove(self._orders.read(name), context)
            except CloneStays as stays:
                stays.ended_by = ended_by
                raise

    def _remove(self, left: Left, context: Context) -> None:
        """Isolate and delete a clone, and forget it; raise `CloneStays` where that fails.

        A cancellation does not end it: what was ordered is always removed.
        """
        own = Context(note=context.note)
        try:
            self._take_away(self._connect(left.cloud), left, own)
        except OpsError as error:
            stays = CloneStays(self._orders.read(left.name), error)
            context.note(f"{stays.message} {stays.hint}")
            raise stays from error
        self._orders.forget(left.name)

    def _take_away(self, cloud_api: Tencent, left: Left, context: Context) -> None:
        begun = time.monotonic()
        for number, pause in enumerate(_pauses(), 1):
            clone = self._look(cloud_api, left.name, left.instance, context, _HURRY)
            if clone is not None and left.instance != clone.id:
                left = self._orders.write(replace(left, instance=clone.id))
            age = self._now() - left.at
            if clone is None and not left.instance and age < _FORGOTTEN:
                if number >= (_LOOKS if age < _LISTED else 1):
                    raise OpsError(tr("It is not listed there (yet)."))
            elif clone is None or clone.state == "going":
                return
            elif clone.name != left.name:
                raise OpsError(tr("It is called “{name}” now.", name=clone.name))
            elif clone.state == "creating" and number == 1:
                context.note(
                    tr("Tencent Cloud is still making the clone {name}: it can be removed only "
                       "after that, and is waited for.", name=left.name)
                )  # fmt: skip
            elif clone.state == "running":
                api.isolate(cloud_api, clone, context)
            elif clone.state == "isolated":
                left = self._orders.write(replace(left, isolated=True))
                api.take_offline(cloud_api, clone, context)
            if time.monotonic() - begun > _REMOVING:
                raise OpsError(
                    tr("It is still there after {minutes} minutes.", minutes=int(_REMOVING // 60))
                )
            context.wait(pause)


def _pauses() -> Iterator[float]:
    return chain(_PAUSES, repeat(_PAUSES[-1]))


def _patiently(ask: Callable[[], _Answer], context: Context, patience: float = 0.0) -> _Answer:
    """Ask again for some time while the cloud cannot be reached: it works on all the same."""
    begun = time.monotonic()
    while True:
        try:
            return ask()
        except CloudRefused as refusal:
            if not refusal.unclear or time.monotonic() - begun > (patience or _SILENCE):
                raise
        context.wait(_PAUSES[-1])


@contextmanager
def _policy_named() -> Iterator[None]:
    """Where a right is missing, name all that a drill needs: not one after the other."""
    try:
        yield
    except CloudRefused as refusal:
        if refusal.policy:
            whole = tr("A drill on a clone needs: {policy}", policy=api.whole_policy())
            refusal.hint = f"{refusal.hint} {whole}"
        refusal.unharmed = tr("No clone was ordered.")
        raise


def _serves(clone: Instance, task: CloneTask) -> bool:
    return task.state == "success" and clone.state == "running" and not clone.busy


def _newest(backups: tuple[CloudBackup, ...], source: Instance) -> CloudBackup:
    """Return the newest backup that a clone can be made of (`backups` come newest first)."""
    for backup in backups:
        if backup.state == "done" and backup.kind in ("physical", "snapshot"):
            return backup
    raise OpsError(
        tr("{instance} keeps no backup that it could be cloned from.", instance=source.id),
        hint=tr("Let it make a physical backup (or snapshot) first."),
        unharmed=tr("No clone was ordered."),
    )


def _refuse_out_of_reach(address: MysqlAddress, source: Instance) -> None:
    """A clone is reached only inside the cloud's network: through the same server or not at all."""
    if address.ssh is None and address.host != source.host:
        raise OpsError(
            tr("A clone of {instance} could not be reached from here: it has no address outside "
               "Tencent Cloud's network.", instance=source.id),
            hint=tr("Enter in the settings of the database an SSH server in its network."),
            unharmed=tr("No clone was ordered."),
        )  # fmt: skip


def _refuse_original(clone: Instance, quote: Quote) -> None:
    """Nothing is ever loaded into the original, whatever an answer says."""
    originals = {
        (quote.source.host, quote.source.port),
        (quote.address.host, quote.address.port),
    }
    if clone.id == quote.source.id or (clone.host, clone.port) in originals or not clone.host:
        raise OpsError(
            tr("Tencent Cloud names for the clone {clone} an address that is not its own.",
               clone=clone.id),
            hint=tr("Look at the instance in the console, then drill again."),
            unharmed=tr("Nothing was written, neither there nor to the database itself."),
        )  # fmt: skip
