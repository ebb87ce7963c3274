"""The store file: opened safely, checked, copied, brought up to date, and locked politely.

One `Database` per program.  Work is done as `with database.session() as session,
session.begin():`; such a block takes the write lock at once, so that two programs on one store
wait for each other instead of failing half-way.  Without `begin()` a session only reads.
"""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.orm import Session, SessionTransaction
from sqlalchemy.pool import ConnectionPoolEntry

from db import copies, schema
from db.drives import network_drive
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr

_WRITES: Final = "gmops_writes"


class StoreSession(Session):
    """A session whose `begin()` means to write, and therefore takes the write lock first."""

    def begin(self, nested: bool = False) -> SessionTransaction:
        transaction = super().begin(nested)
        if not nested:
            try:
                self.connection(execution_options={_WRITES: True})
            except BaseException:
                transaction.close()
                raise
        return transaction


class Database:
    """The store in `path` (SQLite), or behind `url` (a team's MySQL); opened and migrated.

    Raises `OpsError` for a store that is damaged, newer than this program, busy for longer than
    `busy_seconds`, or on a network drive.
    """

    def __init__(
        self, path: Path | None = None, *, url: str = "", busy_seconds: float = 10.0
    ) -> None:
        if (path is None) == (not url):
            raise ValueError("name a path or a url")
        self.path = path
        self._busy_seconds = busy_seconds
        if path is not None:
            _prepare_file(path)
            url = f"sqlite:///{path}"
        self._engine = self._make_engine(url)
        try:
            found = self._bring_up_to_date()
            if path is not None and found:  # there is something to copy
                copies.keep_daily(path)
        except BaseException:
            self._engine.dispose()
            raise

    @property
    def place(self) -> str:
        """What names this store on this machine: its file, or its server and schema."""
        return str(self.path.resolve()) if self.path else self._engine.url.render_as_string()

    def session(self) -> StoreSession:
        """Return a new session; rows stay readable after the commit."""
        return StoreSession(self._engine, expire_on_commit=False)

    def check(self) -> None:
        """Raise `OpsError` if the store's file is damaged."""
        if self.path is not None:
            with self._engine.connect() as connection:
                _check_integrity(connection, self.path)

    def close(self) -> None:
        """Give up every connection; SQLite then folds its log into the file."""
        self._engine.dispose()

    def _make_engine(self, url: str) -> Engine:
        if self.path is None:
            engine = create_engine(url, pool_pre_ping=True)
        else:
            engine = create_engine(url, connect_args={"timeout": self._busy_seconds})
            event.listen(engine, "connect", _configure_sqlite)
            event.listen(engine, "begin", _begin_sqlite)
        event.listen(engine, "handle_error", self._explain)
        return engine

    def _bring_up_to_date(self) -> str:
        """Check the file and run due migrations; return the version found."""
        with self._engine.connect() as connection:
            if self.path is not None:
                _check_integrity(connection, self.path)
            found = schema.version(connection)
        if found != schema.newest():
            schema.refuse_unknown(found)
            with self._engine.connect().execution_options(**{_WRITES: True}) as connection:
                try:
                    self._migrate(connection)
                finally:
                    connection.invalidate()  # its foreign keys are off
        return found

    def _migrate(self, connection: Connection) -> None:
        """Migrate in one transaction, a copy taken first; a second program waits for the first."""
        if self.path is not None:
            # Rebuilding a table must not cascade into others.  No effect inside a transaction.
            driver: Any = connection.connection.driver_connection
            driver.execute("PRAGMA foreign_keys=OFF")
        with connection.begin():
            found = schema.version(connection)
            if found == schema.newest():
                return
            if self.path is not None and found:
                copies.keep_before(self.path, schema.newest())
            schema.upgrade(connection)
            if self.path is not None:
                _check_references(connection, self.path)

    def _explain(self, context: ExceptionContext) -> None:
        """Turn what SQLite says about the world into a sentence; leave our own bugs alone."""
        error = context.original_exception
        if isinstance(error, sqlite3.Error) and self.path is not None:
            explained = explain(error, self.path)
            if explained is not None:
                raise explained from error


def explain(error: sqlite3.Error, path: Path) -> OpsError | None:
    """Return the finished sentence for a failure of the world, None for a bug of ours."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return OpsError(
            tr("The store {path} is busy: another program is writing to it.", path=path),
            hint=tr("Wait a moment and try again; close a second window if one hangs."),
            unharmed=tr("Nothing was written."),
        )
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return damaged(path, str(error))
    if code == sqlite3.SQLITE_FULL:
        return OpsError(
            tr("The disk is full: the store {path} could not be written.", path=path),
            hint=tr("Free some space, then try again."),
            unharmed=tr("What was recorded before is unchanged."),
        )
    if code in (
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_PERM,
    ):
        return OpsError(
            tr("The store {path} cannot be used: {why}.", path=path, why=error),
            hint=tr("Check the disk and the permissions of the folder."),
            unharmed=tr("What was recorded before is unchanged."),
        )
    return None


def damaged(path: Path, why: str) -> OpsError:
    """Return the refusal of a store that is not whole."""
    folder = copies.folder_of(path)
    return OpsError(
        tr("The store {path} is damaged: {why}.", path=path, why=why),
        hint=tr("Put the newest dated copy from {folder} in its place.", folder=folder),
        unharmed=tr("The damaged file was left as it is; backups and reports are not touched."),
    )


def _prepare_file(path: Path) -> None:
    """Make an empty file that only its owner may read; refuse a network drive."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        drive = network_drive(path.parent)
        if drive:
            raise OpsError(
                tr("The store {path} lies on a network drive ({drive}).", path=path, drive=drive),
                hint=tr("Choose a folder on this machine with GMOPS_HOME."),
                unharmed=tr("The store was not opened."),
            )
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        path.chmod(0o600)
    except OSError as error:
        raise OpsError(
            tr("The store {path} cannot be used: {why}.", path=path, why=error),
            hint=tr("Check the disk and the permissions of the folder."),
        ) from error


def _configure_sqlite(connection: Any, record: ConnectionPoolEntry) -> None:
    """Set what each connection needs; `isolation_level` None leaves BEGIN to us."""
    connection.isolation_level = None
    try:
        for pragma in ("foreign_keys=ON", "journal_mode=WAL", "synchronous=FULL"):
            connection.execute(f"PRAGMA {pragma}").close()
    except sqlite3.Error as error:
        path = Path(connection.execute("PRAGMA database_list").fetchone()[2])
        connection.close()
        raise (explain(error, path) or error) from error


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _check_integrity(connection: Connection, path: Path) -> None:
    """Refuse a damaged file.  The daily copy gets the slower, full check (see `copies`)."""
    answer = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar_one()
    if answer != "ok":
        raise damaged(path, str(answer))


def _check_references(connection: Connection, path: Path) -> None:
    lost = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
    if lost is not None:
        raise damaged(path, f"{lost[0]} → {lost[2]}")
