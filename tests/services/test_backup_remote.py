"""Backups whose rows are compressed where the database runs: the same archive, by fewer bytes."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import strange_schema
from databases import execute
from gmops_desktop.adapters import host_keys, ssh
from gmops_desktop.adapters.mysql import segments
from gmops_desktop.addresses import MysqlAddress
from gmops_desktop.archive.reader import ArchiveReader
from gmops_desktop.assembly import Services, assemble
from gmops_desktop.context import Context, Progress
from gmops_desktop.errors import Cancelled, OpsError
from gmops_desktop.paths import Home
from gmops_desktop.services.backups.transfer import Compression, TransferPlan
from memory_keyring import MemoryKeyring
from relays import children, gone, parent, pumps
from sandbox.database import DatabaseServer
from sandbox.mariadb import MariaDB
from sandbox.sshd import Sshd


@pytest.fixture
def services(home: Home) -> Iterator[Services]:
    with assemble(home) as services:
        yield services


def through(address: MysqlAddress, sshd: Sshd, home: Home) -> MysqlAddress:
    """Return the address through a tunnel, its server trusted."""
    key = ssh.host_key(sshd.address, Context(), known_hosts=home.known_hosts)
    host_keys.trust(sshd.address, key, home.known_hosts)
    return replace(address, ssh=sshd.address)


@pytest.fixture
def remote(schema: MysqlAddress, sshd: Sshd, home: Home) -> MysqlAddress:
    return through(schema, sshd, home)


def plan(compression: Compression) -> TransferPlan:
    return TransferPlan(full=True, compression=compression)


def digests(archive: Path) -> dict[str, list[tuple[object, ...]]]:
    """Return the digests of every table's segments."""
    with ArchiveReader(archive) as reader:
        return {
            table.name: [(s.after, s.upto, s.bucket, s.rows, s.digest) for s in table.segments]
            for table in reader.manifest.tables
        }


def filled(mariadb: MariaDB, address: MysqlAddress) -> None:
    """Make a table of some 12 MB that hardly shrinks."""
    execute(
        mariadb,
        address.schema,
        [
            "CREATE TABLE t (id int PRIMARY KEY, body varchar(2000))",
            "INSERT INTO t SELECT seq, CONCAT(SHA2(seq, 512), SHA2(-seq, 512),"
            " SHA2(seq / 7, 512)) FROM seq_1_to_30000",
            "ANALYZE TABLE t",
        ],
    )


def test_the_archive_is_the_tunnels(
    services: Services, mariadb: MariaDB, remote: MysqlAddress, context: Context
) -> None:
    """Strange types, an empty table, one without a key, rows of 5 MB with and without a key."""
    wide = "SELECT 1, UNHEX(REPEAT('00FF0A0D5C27', 800000))"
    execute(
        mariadb,
        remote.schema,
        [
            *strange_schema.TABLES,
            *strange_schema.OBJECTS,
            "CREATE TABLE wide (id int PRIMARY KEY, b longblob)",
            f"INSERT INTO wide {wide}",
            "CREATE TABLE wide_without_key (id int, b longblob)",
            f"INSERT INTO wide_without_key {wide}",
            "CREATE TABLE many (id int, t varchar(100))",
            "INSERT INTO many SELECT seq % 500, SHA2(seq % 777, 256) FROM seq_1_to_20000",
        ],
    )
    plain = services.backups.take(remote, Context(), plan=plan("none"))
    packed = services.backups.take(remote, context, plan=plan("remote"))
    assert (plain.compression, packed.compression) == ("", "zstd")
    assert digests(packed.path) == digests(plain.path)
    assert services.backups.verify(packed.path, Context()).ok
    assert packed.travelled < plain.travelled / 5
    assert gone(remote.port)


def test_it_beats_what_ssh_can_do(
    services: Services, mariadb: MariaDB, remote: MysqlAddress
) -> None:
    execute(
        mariadb,
        remote.schema,
        [
            "CREATE TABLE t (id int PRIMARY KEY, a text, b text)",
            "INSERT INTO t SELECT seq, CONCAT('article ', seq, ' of ', SHA2(seq % 700, 256)),"
            " CONCAT('the visitor of ', SHA2(seq % 1900, 256)) FROM seq_1_to_40000",
        ],
    )
    by_ssh = services.backups.take(remote, Context(), plan=plan("ssh"))
    by_zstd = services.backups.take(remote, Context(), plan=plan("remote"))
    assert by_zstd.travelled < 0.7 * by_ssh.travelled


def test_a_host_without_zstd_sends_as_before(
    services: Services,
    mariadb: MariaDB,
    schema: MysqlAddress,
    home: Home,
    tmp_path: Path,
) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    for tool in ("sh", "perl"):
        (tools / tool).symlink_to(str(shutil.which(tool)))
    filled(mariadb, schema)
    notes: list[str] = []
    context = Context(note=notes.append)
    with Sshd(tmp_path / "sshd", environment={"PATH": str(tools)}) as sshd:
        backup = services.backups.take(through(schema, sshd, home), context, plan=plan("remote"))
    assert backup.compression == "ssh"
    assert backup.rows == 30_000
    assert "127.0.0.1 cannot compress with zstd: no zstd." in notes


@pytest.mark.parametrize("kind", ["mysql56", pytest.param("mysql9", marks=pytest.mark.mysql9)])
def test_other_servers_speak_through_it_too(
    kind: str, home: Home, sshd: Sshd, request: pytest.FixtureRequest
) -> None:
    server: DatabaseServer = request.getfixturevalue(kind)
    schema = "relayed"
    execute(server, "", [f"DROP DATABASE IF EXISTS {schema}", f"CREATE DATABASE {schema}"])
    rows = ",".join(f"({number},'商会',X'00{number:04x}0A')" for number in range(2000))
    execute(
        server,
        schema,
        ["CREATE TABLE t (id int PRIMARY KEY, a varchar(9) CHARACTER SET utf8mb4, b blob)",
         f"INSERT INTO t VALUES {rows}"],
    )  # fmt: skip
    address = through(server.address(schema), sshd, home)
    with assemble(home, secret=lambda name: server.password(address.user)) as services:
        plain = services.backups.take(address, Context(), plan=plan("none"))
        packed = services.backups.take(address, Context(), plan=plan("remote"))
    assert packed.compression == "zstd"
    assert digests(packed.path) == digests(plain.path)
    execute(server, "", [f"DROP DATABASE {schema}"])


def test_a_database_that_is_not_there_is_said_as_ever(
    services: Services, remote: MysqlAddress, memory_keyring: MemoryKeyring
) -> None:
    nowhere = replace(remote, port=1)
    memory_keyring.set_password("gmops-desktop", nowhere.secret_name, "any")
    with pytest.raises(ssh.TunnelRefused, match=r"cannot reach 127\.0\.0\.1:1"):
        services.backups.take(nowhere, Context(), plan=plan("remote"))


def test_a_wrong_password_is_said_as_ever(
    services: Services, remote: MysqlAddress, memory_keyring: MemoryKeyring
) -> None:
    memory_keyring.set_password("gmops-desktop", remote.secret_name, "wrong")
    with pytest.raises(OpsError, match="refuses the user name or password"):
        services.backups.take(remote, Context(), plan=plan("remote"))
    assert gone(remote.port)


def at_half(stop: Callable[[], object]) -> Callable[[Progress], None]:
    """Call `stop` once when half of the text has been written."""
    stopped: list[bool] = []

    def hear(progress: Progress) -> None:
        if not stopped and (progress.percent or 0) >= 40:
            stopped.append(True)
            stop()

    return hear


@pytest.mark.parametrize("victim", ["zstd", "pump", "session"])
def test_what_dies_midway_ends_it_and_the_next_attempt_goes_on(
    victim: str,
    services: Services,
    mariadb: MariaDB,
    remote: MysqlAddress,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(segments, "TARGET", 64 << 10)
    monkeypatch.setattr(Context, "_INTERVAL", 0.0)
    filled(mariadb, remote)

    def kill() -> None:
        (pump,) = pumps(remote.port)
        process = {"pump": pump, "session": parent(pump)}.get(victim) or children(pump)[0]
        os.kill(process, signal.SIGKILL)

    context = Context(at_half(kill))
    with pytest.raises(OpsError, match=r"connection to the database server .* broke"):
        services.backups.take(remote, context, plan=plan("remote"))
    assert gone(remote.port)
    again = services.backups.take(remote, Context(), plan=TransferPlan(compression="remote"))
    assert again.resumed
    assert again.rows == 30_000


def test_a_cancelled_one_leaves_no_process(
    services: Services, mariadb: MariaDB, remote: MysqlAddress, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(segments, "TARGET", 64 << 10)
    monkeypatch.setattr(Context, "_INTERVAL", 0.0)
    filled(mariadb, remote)
    context = Context(at_half(lambda: context.cancel()))
    with pytest.raises(Cancelled):
        services.backups.take(remote, context, plan=plan("remote"))
    assert gone(remote.port)
