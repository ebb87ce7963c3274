"""Makes strange schemas on real servers, backs them up, and loads the archives by stock tools."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pymysql

from databases import execute, load_with_stock_client, opener
from db.engine import Database
from gmops_desktop.adapters.mysql import MysqlConnection, catalogue, connect, segments
from gmops_desktop.archive.manifest import Manifest
from gmops_desktop.archive.reader import ArchiveReader
from gmops_desktop.context import Context
from gmops_desktop.services.backups import Backup, Backups
from gmops_desktop.services.restores.comparison import compare, disproved
from sandbox import mysql9
from sandbox.database import DatabaseServer
from sandbox.mysql9 import Mysql9
from strange_features import Feature, Statement
from strange_proofs import Proof, differences, proof_of

SESSION = [
    "SET sql_mode='NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES', time_zone='+00:00'",
    # What all servers know; MySQL's own default since 8.0 is unknown to MariaDB 10.11.
    "SET foreign_key_checks=0, NAMES utf8mb4 COLLATE utf8mb4_general_ci",
    "/*!80011 SET default_collation_for_utf8mb4=utf8mb4_general_ci */",
]
_CREATE = "CREATE DATABASE {} CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci"


@dataclass(frozen=True, slots=True)
class Taken:
    """A schema as it was made, and the archive of it."""

    proof: Proof
    backup: Backup
    manifest: Manifest

    @property
    def path(self) -> Path:
        return self.backup.path


class Workbench:
    """Schemas on servers, all removed by `clear`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._database = Database(folder / "store.db")
        self._made: list[tuple[DatabaseServer, str]] = []

    def make(self, server: DatabaseServer, statements: Iterable[Statement]) -> str:
        """Make a schema of its own for `statements`; return its name."""
        schema = f"t_{secrets.token_hex(4)}"
        execute(server, "", [_CREATE.format(schema)])
        self._made.append((server, schema))
        execute(server, schema, [*SESSION, *statements])
        return schema

    def gather(self, server: DatabaseServer, features: Iterable[Feature]) -> str:
        """Make one schema of all of these features that get along; return its name."""
        schema = self.make(server, [])
        for feature in features:
            with server.connect(schema) as connection, connection.cursor() as cursor:
                for statement in (*SESSION, *feature.statements):
                    try:
                        cursor.execute(statement)
                    except pymysql.MySQLError:
                        break  # another feature made something of that name: leave the rest out
        return schema

    def backups(self, server: DatabaseServer) -> Backups:
        return Backups(self._database, opener(server), lambda: self._folder)

    def take(self, server: DatabaseServer, schema: str, *, user: str = "root") -> Taken:
        """Back a schema up as `user` sees it, and verify the archive."""
        backups = self.backups(server)
        backup = backups.take(server.address(schema, user=user), Context())
        assert backups.verify(backup.path, Context()).faults == ()
        with ArchiveReader(backup.path) as reader:
            manifest = reader.manifest
        return Taken(proof_of(server, schema), backup, manifest)

    def load(self, server: DatabaseServer, archive: Path) -> str:
        """Load an archive into a fresh schema with the stock client of that server."""
        schema = self.make(server, [])
        if isinstance(server, Mysql9):
            inside = mysql9.tree() / "tmp"
            load_with_stock_client(server, archive, schema, client=mysql9.client(), inside=inside)
        else:
            load_with_stock_client(server, archive, schema)
        return schema

    def clear(self) -> None:
        for server, schema in self._made:
            if server.running:
                execute(server, "", [f"DROP DATABASE {schema}"])
        self._made.clear()

    def close(self) -> None:
        self._database.close()


def check_same(feature: Feature, taken: Taken, server: DatabaseServer, schema: str) -> None:
    """A schema came back to its own kind of server: nothing at all may differ."""
    found = proof_of(server, schema)
    left_out = {name for kind, name in feature.remarks if kind == "invalid_view"}
    wanted = {key: v for key, v in taken.proof.definitions.items() if key[1] not in left_out}
    assert differences(wanted, found.definitions) == {}
    check_values(taken, found)
    with connected(server, schema) as connection:
        comparison = compare(connection, catalogue.read(connection), taken.manifest, Context())
        assert comparison.identical, comparison


def check_across(feature: Feature, taken: Taken, server: DatabaseServer, schema: str) -> None:
    """A schema came to another kind of server: types, values and everything's name are kept.

    The digests of tables without a FLOAT or DOUBLE hold there, too; of those, each kind of server
    writes the same number in its own way.
    """
    found = proof_of(server, schema)
    left_out = {name for kind, name in feature.remarks if kind == "invalid_view"}
    wanted = {thing for thing in taken.proof.others if thing[1] not in left_out}
    assert found.others == wanted
    assert differences(taken.proof.types, found.types) == {}
    check_values(taken, found)
    elsewhere = {name for kind, name in feature.remarks if kind == "definition_only"}
    with connected(server, schema) as connection:
        for record in taken.manifest.tables:
            floats = any(column.form == "float" for column in record.columns)
            if record.name not in elsewhere and not floats:
                assert not disproved(connection, record, record.name), record.name


def check_values(taken: Taken, found: Proof) -> None:
    assert differences(taken.proof.values, found.values) == {}
    for record in taken.manifest.tables:
        if record.segments:
            assert record.rows == taken.proof.values[record.name].total()


def connected(server: DatabaseServer, schema: str) -> MysqlConnection:
    password = server.root_password
    connection = connect(server.address(schema, user="root"), Context(), password=password)
    segments.prepare(connection)
    return connection
