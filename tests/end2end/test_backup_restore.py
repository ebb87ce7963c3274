"""The main job on the example site, through a real SSH tunnel: back up, damage, restore, prove."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from databases import checksums, differences, execute, facts, load_with_stock_client
from db.engine import Database
from every_step import Everything
from gmops_desktop.adapters import mysql
from gmops_desktop.adapters.ssh import Ssh
from gmops_desktop.addresses import MysqlAddress
from gmops_desktop.context import Context, Progress
from gmops_desktop.errors import OpsError
from gmops_desktop.services.backups import Backups
from gmops_desktop.services.restores import Restores
from sandbox import site_data
from sandbox.mariadb import SITE_SCHEMA, MariaDB
from sandbox.sshd import Sshd

pytestmark = pytest.mark.servers

Connect = Callable[[MysqlAddress, Context], mysql.MysqlConnection]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MariaDB]:
    """A server of this file's own, with the example site."""
    with MariaDB(tmp_path_factory.mktemp("site")) as server:
        site_data.seed(server, site_data.SMALL)
        yield server


@pytest.fixture
def lines() -> list[Ssh]:
    """The SSH sessions that were opened, for tests that cut them."""
    return []


@pytest.fixture
def connect(server: MariaDB, sshd: Sshd, tmp_path: Path, lines: list[Ssh]) -> Connect:
    known_hosts = tmp_path / "known_hosts"
    known_hosts.write_text(sshd.known_hosts_line())

    def connect(address: MysqlAddress, context: Context) -> mysql.MysqlConnection:
        assert address.ssh
        line = Ssh.open(address.ssh, context, password=None, known_hosts=known_hosts)
        lines.append(line)
        return mysql.connect(
            address,
            context,
            password=server.password(address.user),
            tunnel=line.channel(address.host, address.port, context),
            closing=line.close,
        )

    return connect


@pytest.fixture
def site(server: MariaDB, sshd: Sshd) -> MysqlAddress:
    return server.address(SITE_SCHEMA, ssh=sshd.address)


@pytest.fixture
def backups(database: Database, connect: Connect, tmp_path: Path) -> Backups:
    folder = tmp_path / "archives"
    folder.mkdir()
    return Backups(database, connect, lambda: folder)


@pytest.fixture
def restores(database: Database, connect: Connect, backups: Backups) -> Restores:
    return Restores(database, connect, partial(backups.take, purpose="safety"))


def test_the_site_is_backed_up_damaged_and_restored_through_the_tunnel(
    server: MariaDB, site: MysqlAddress, backups: Backups, restores: Restores, lines: list[Ssh]
) -> None:
    sound = facts(server, SITE_SCHEMA)
    backup = backups.take(site, Context())
    # The site has a table without transactions, as old sites do: it was brought to the moment of
    # all others, and the verdict says how.
    assert backup.consistency == "consistent"
    assert "MyISAM" in backup.verdict
    assert backup.rows > 9_000
    assert backups.verify(backup.path, Context()).ok

    execute(server, "", ["CREATE DATABASE elsewhere CHARACTER SET utf8mb4"])
    try:
        load_with_stock_client(server, backup.path, "elsewhere")
        assert checksums(server, "elsewhere") == checksums(server, SITE_SCHEMA)
    finally:
        execute(server, "", ["DROP DATABASE elsewhere"])

    execute(
        server,
        SITE_SCHEMA,
        [
            "UPDATE member SET company='' WHERE id % 7 = 0",
            "SET foreign_key_checks=0",
            "DELETE FROM article WHERE id > 50",
        ],
    )
    preview = restores.preview(backup.path, site, Context())
    changed = {
        c.table: (c.added, c.changed, c.removed) for c in preview.tables if c.action != "same"
    }
    assert {"member", "article"} <= changed.keys()
    assert changed["member"][1] == 150 // 7
    assert changed["article"][0] > 0

    done = restores.run(backup.path, site, Context(), confirm=SITE_SCHEMA)
    assert done.proved, done.differences
    assert differences(sound, facts(server, SITE_SCHEMA)) == {}
    assert restores.preview(backup.path, site, Context()).identical
    assert not any(line.alive for line in lines)


def test_a_line_cut_in_the_middle_of_a_backup(
    site: MysqlAddress, backups: Backups, lines: list[Ssh], tmp_path: Path
) -> None:
    def cut(progress: Progress) -> None:
        if progress.percent and progress.percent > 30:
            for line in lines:  # several connections, one network
                line.cut()

    with pytest.raises(OpsError, match="broke"):
        backups.take(site, Everything(cut))
    left = {path.suffix for path in (tmp_path / "archives").iterdir()}
    assert left <= {".part", ".index"}, "what the next attempt goes on with, and no archive"
    assert backups.all() == ()


@pytest.mark.parametrize(
    ("damage", "text"),
    [
        ("UPDATE member SET company='?' WHERE id % 5 = 0", "Writing rows of member"),
        ("UPDATE member SET company='?' WHERE id % 5 = 0", "Proving member"),
        ("ALTER TABLE member ADD extra int", "Writing member beside"),
    ],
)
def test_a_line_cut_in_the_middle_of_a_restore(
    server: MariaDB,
    site: MysqlAddress,
    backups: Backups,
    restores: Restores,
    lines: list[Ssh],
    damage: str,
    text: str,
) -> None:
    backup = backups.take(site, Context())
    execute(server, SITE_SCHEMA, [damage])
    damaged = facts(server, SITE_SCHEMA)
    cuts: list[int] = []

    def cut(progress: Progress) -> None:
        if progress.text == text and not cuts:
            cuts.append(1)
            lines[-1].cut()

    with pytest.raises(OpsError, match="broke"):
        restores.run(backup.path, site, Everything(cut), confirm=SITE_SCHEMA)
    assert cuts
    assert differences(damaged, facts(server, SITE_SCHEMA)) == {}
    assert restores.unfinished() == ()
    assert restores.run(backup.path, site, Context(), confirm=SITE_SCHEMA).proved


def test_a_refused_login_lets_go_of_the_tunnel(
    site: MysqlAddress, connect: Connect, lines: list[Ssh]
) -> None:
    with pytest.raises(OpsError, match="no schema"):
        connect(replace(site, schema="nowhere"), Context())
    assert not lines[-1].alive
