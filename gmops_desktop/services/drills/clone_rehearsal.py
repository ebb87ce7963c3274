"""A drill on a cloned cloud instance, for machines on which no database server can be had.

The clone is made of the cloud's own backup; what is drilled is our archive, loaded into a new
schema of it.  The stock client does that where there is one, else this program's own statements.
Events come last, after the rows were compared: the clone's scheduler runs them.  At the end the
cloud's own backup, which the clone holds as well, is compared with the archive, for what it tells.
"""

from __future__ import annotations

import secrets
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Final

from gmops_desktop.adapters import local_programs, mysql, stock_client
from gmops_desktop.adapters.mysql import MysqlConnection, grants, script
from gmops_desktop.adapters.mysql.dialect import name
from gmops_desktop.adapters.mysql.failures import ServerRefused
from gmops_desktop.adapters.stock_client import ClientFailed
from gmops_desktop.adapters.tencent_backups import CloudBackup
from gmops_desktop.adapters.tencent_clones import Instance
from gmops_desktop.addresses import MysqlAddress, Resource
from gmops_desktop.archive.reader import ArchiveReader
from gmops_desktop.archive.sealing import Open
from gmops_desktop.context import Context
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr, tr_n
from gmops_desktop.services.drills import checks as checking
from gmops_desktop.services.drills.clones import Clones, Quote
from gmops_desktop.services.drills.proof import prove
from gmops_desktop.services.drills.record import Phase
from gmops_desktop.services.drills.rehearsal import Findings, refused, verified

# Gives where a server in a database's network is reached from here, as the same user, and the
# password: of the address, for the host and port named.
Reach = Callable[
    [MysqlAddress, str, int, Context], AbstractContextManager[tuple[MysqlAddress, str]]
]
FindClient = Callable[[str], Path | None]

_SCHEMA: Final = "gmops_drill_"  # how the names of new schemas begin
_NOWHERE: Final = "information_schema"  # where every account may begin
_WRONG_PASSWORD: Final = 1045
_NEEDED: Final = ("SELECT", "INSERT", "CREATE", "DROP")
_RIGHTS: Final = (1044, 1142, 1143, 1227, 1370, 1410, 1418, 1419, 1698)
_NO_ROOM: Final = (3, 1021, 1030, 1041, 1114, 1878)
_DEFINITION: Final = b"\nSET character_set_client="  # how `script.definition` begins


class CloneRehearsal:
    """Drills archives on clones; `reach` leads to them, `find_client` finds a stock client."""

    def __init__(
        self,
        clones: Clones,
        opened: Open,
        reach: Reach,
        find_client: FindClient = local_programs.find_client,
    ) -> None:
        self.clones = clones
        self._opened, self._reach, self._find_client = opened, reach, find_client

    def quote(self, resource: Resource, context: Context) -> Quote:
        """Ask what a clone would cost, and try the way to it on the original, which is reached
        through the same server and by the same account.  Nothing is ordered."""
        quote = self.clones.quote(resource, context)
        source = quote.source
        with (
            self._reach(quote.address, source.host, source.port, context) as (address, password),
            mysql.connect(
                replace(address, schema=_NOWHERE), context, password=password
            ) as connection,
        ):
            _refuse_helpless(connection, source)
        return quote

    def run(
        self, path: Path, quote: Quote, checks: Sequence[str], found: Findings, context: Context
    ) -> None:
        """Drill the archive at `path` on the clone that somebody agreed to by its `quote`.

        Raises as `Rehearsal.run` does, and `CloneStays` where the clone could not be removed.
        """
        with verified(path, self._opened, found, context) as reader:
            begun = time.monotonic()
            with self.clones.made(quote, context) as instance:
                found.clone = instance.id
                found.phases.append(Phase(tr("Making the clone"), time.monotonic() - begun))
                with self._reach(quote.address, instance.host, instance.port, context) as way:
                    _let_in(*way, quote, context)
                    client = self._find_client(reader.manifest.source.server)
                    stage = _Stage(reader, instance, quote.backup, *way, client, found, context)
                    stage.run(checks)
            minutes = max(1, round((time.monotonic() - begun) / 60))
            found.notes.append(
                tr_n(
                    "The clone existed for {count} minute, at {price} an hour, and is removed.",
                    "The clone existed for {count} minutes, at {price} an hour, and is removed.",
                    minutes,
                    price=quote.price,
                )
            )


@dataclass(frozen=True, slots=True)
class _Stage:
    """One archive on one clone, reached at `address` with `password`."""

    reader: ArchiveReader
    instance: Instance
    backup: CloudBackup  # of which the clone was made
    address: MysqlAddress
    password: str = field(repr=False)
    client: Path | None
    found: Findings
    context: Context

    def run(self, checks: Sequence[str]) -> None:
        found, context = self.found, self.context
        schema = f"{_SCHEMA}{secrets.token_hex(4)}"
        events = {one.frame for one in self.reader.manifest.objects if one.kind == "event"}
        with self._connect(_NOWHERE) as connection:
            server = connection.server
        found.kind = server.kind
        found.server = tr(
            "{server} (clone {instance} in Tencent Cloud)",
            server=f"{server.kind} {'.'.join(map(str, server.number))}",
            instance=self.instance.id,
        )
        self._note()
        with found.phase(self._way()):
            self._create(schema)
            self._load(self._frames(events), schema)
        with found.phase(tr("Proof by digests")), self._connect(schema) as connection:
            context.progress(0, tr("Proving the copy"))

            def load_events() -> None:
                if events:
                    self._load(self._only(events), schema)

            again = partial(self._again, f"{schema}_2")
            found.proof = prove(connection, self.reader, again, context, late=load_events)
        if checks:
            with found.phase(tr("Own checks"), counts=False):
                found.checks = checking.run(checks, lambda: self._connect(schema), context)
        with found.phase(tr("Comparing the cloud's own backup"), counts=False):
            found.notes.append(self._beside(f"{schema}_3"))

    def _again(self, schema: str, frames: Iterator[bytes]) -> MysqlConnection:
        self._create(schema)
        self._load(map(_ours, frames), schema)
        return self._connect(schema)

    def _beside(self, schema: str) -> str:
        """Say how the backup of the cloud, of which the clone was made, stands to the archive.

        They are of different moments: what differs says nothing against either.
        """
        day = f"{self.backup.at.astimezone():%Y-%m-%d %H:%M}"
        try:
            with self._connect(self.reader.manifest.source.schema) as connection:
                own = prove(connection, self.reader, partial(self._again, schema), self.context)
        except OpsError as error:  # the archive is judged already
            self.context.check()
            return tr(
                "The cloud's own backup of {day} could not be compared with the archive: {why}",
                day=day,
                why=error.message,
            )
        if not own.faults:
            return tr("The cloud's own backup of {day} restores, too, and holds the same as the "
                      "archive.", day=day)  # fmt: skip
        return tr(
            "The cloud's own backup of {day} restores, too. It is of another moment, and differs "
            "from the archive in {count} places: {first}",
            day=day,
            count=len(own.faults),
            first=own.faults[0],
        )

    # ------------------------------------------------------------ loading

    def _way(self) -> str:
        if self.client is not None:
            return tr("Restoring with stock tools")
        return tr("Restoring with this program's own statements")

    def _note(self) -> None:
        """Say what is not as in a restore by hand."""
        if self.client is None:
            self.found.notes.append(
                tr("No stock client is installed here: this program sent the archive's statements.")
            )
        if any(one.definer for one in self.reader.manifest.objects):
            self.found.notes.append(
                tr("On the clone all objects belong to {user}: nobody may make them in another's "
                   "name there.", user=self.address.user)
            )  # fmt: skip

    def _frames(self, left_out: set[int]) -> Iterator[bytes]:
        """Return the archive's frames but those `left_out`, with no definers in them."""
        total = len(self.reader.frames)
        for number in range(total):
            self.context.progress(number * 100 // total, self._way())
            if number not in left_out:
                yield _ours(self.reader.frame(number))

    def _only(self, numbers: set[int]) -> Iterator[bytes]:
        yield self.reader.frame(0)  # the session that the others count on
        for number in sorted(numbers):
            yield _ours(self.reader.frame(number))

    def _create(self, schema: str) -> None:
        """Make an empty schema; one that is there already is never touched."""
        source = self.reader.manifest.source
        with self._connect(_NOWHERE) as connection:
            try:
                connection.run(
                    f"CREATE DATABASE {name(schema)} CHARACTER SET {source.charset}"
                    f" COLLATE {source.collation}"
                )
            except ServerRefused as error:
                raise self._refused(error) from error

    def _load(self, frames: Iterator[bytes], schema: str) -> None:
        address = replace(self.address, schema=schema)
        try:
            if self.client is not None:
                with tempfile.TemporaryDirectory(prefix="gmops-clone-") as folder:
                    stock_client.load(self.client, address, self.password, frames, Path(folder),
                                      self.context)  # fmt: skip
                return
            with self._connect(schema) as connection, connection.one_at_a_time():
                for frame in frames:
                    for statement in script.statements(frame):
                        connection.run(statement)
        except (ClientFailed, ServerRefused) as error:
            raise self._refused(error) from error

    def _connect(self, schema: str) -> MysqlConnection:
        address = replace(self.address, schema=schema)
        return mysql.connect(address, self.context, password=self.password)

    def _refused(self, error: ClientFailed | ServerRefused) -> OpsError:
        """Say whose fault it is: the account's, the line's, the clone's, or the archive's."""
        found, code = self.found, error.code
        if code in _RIGHTS:
            return OpsError(
                tr("On the clone the account {user} may not load the archive: {why}",
                   user=self.address.user, why=error.message),
                hint=tr("Grant it the rights for all schemas in the console (they are in the next "
                        "backup of the cloud), or drill on a computer with a database server."),
                unharmed=tr("That says nothing against the archive, and nothing for it."),
            )  # fmt: skip
        if not code or 2000 <= code < 3000 or code in _NO_ROOM:
            return OpsError(
                tr("The archive could not be loaded into the clone: {why}", why=error.message),
                hint=error.hint or tr("Check the line to the cloud, then drill again."),
                unharmed=tr("That says nothing against the archive, and nothing for it."),
            )
        return refused(error, found.server, found.kind, self.reader.manifest.source)


def _ours(frame: bytes) -> bytes:
    """Return a frame without its definer, if it makes a view, routine, trigger or event; rows are
    left as they are, whatever stands in them."""
    return script.without_definer(frame) if frame.startswith(_DEFINITION) else frame


def _refuse_helpless(connection: MysqlConnection, source: Instance) -> None:
    """Refuse an account that could not load anything into a clone, before one is paid for."""
    rights = grants.of_schema(connection, f"{_SCHEMA}0")
    if lacking := [right for right in _NEEDED if not rights.hold(right)]:
        raise OpsError(
            tr(
                "The account {user} may not load an archive into a new schema of a clone: it lacks "
                "{rights}.",
                user=connection.server.user,
                rights=tr(", ").join(lacking),
            ),
            hint=tr(
                "Grant it all rights on {pattern} in the console of {instance}, let the cloud make "
                "a new backup (gmops backup cloud create --kind physical), and try again.",
                pattern=f"`{_SCHEMA}%`".replace("_", r"\_"),
                instance=source.id,
            ),
            unharmed=tr("No clone was ordered."),
        )


def _let_in(address: MysqlAddress, password: str, quote: Quote, context: Context) -> None:
    """Raise `OpsError` where the clone has another password for the account."""
    try:
        mysql.connect(replace(address, schema=_NOWHERE), context, password=password).close()
    except ServerRefused as error:
        if error.code != _WRONG_PASSWORD:
            raise
        raise OpsError(
            tr("The clone does not take the password of {user}.", user=address.user),
            hint=tr(
                "It knows the passwords of its backup of {day}. If the password was changed "
                "since, let the cloud make a new backup (gmops backup cloud create --kind "
                "physical), and drill again.",
                day=f"{quote.backup.at.astimezone():%Y-%m-%d %H:%M}",
            ),
            unharmed=tr("That says nothing against the archive, and nothing for it."),
        ) from error
