"""`gmops backup` and `gmops restore` against a real server, from the outside."""

from __future__ import annotations

import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from gmops import Ran, gmops, start
from gmops_desktop.addresses import MysqlAddress
from sandbox.mariadb import MariaDB
from sandbox.sshd import Sshd


@dataclass(frozen=True)
class Desk:
    """A home, a schema with rows in it, and the file with its password."""

    home: Path
    address: MysqlAddress
    password_file: Path
    out: Path

    def run(self, *words: str | Path, **more: str) -> Ran:
        return gmops(
            *words, home=self.home, **{"GMOPS_PASSWORD_FILE": str(self.password_file), **more}
        )

    def take(self, *more: str) -> Ran:
        return self.run("backup", "take", str(self.address), "--out", self.out, *more)


@pytest.fixture
def desk(tmp_path: Path, schema: MysqlAddress, mariadb: MariaDB) -> Desk:
    execute(
        mariadb,
        schema.schema,
        "CREATE TABLE member (id INT PRIMARY KEY, name VARCHAR(40), rating FLOAT)",
        "INSERT INTO member VALUES (1, '商会 O''Brien', 16777216), (2, NULL, 0.1), (3, '', -1.5)",
        "CREATE TABLE note (id INT PRIMARY KEY AUTO_INCREMENT, text LONGTEXT)",
        "INSERT INTO note (text) SELECT REPEAT('行', 2000) FROM seq_1_to_200",
    )
    password_file = tmp_path / "password"
    password_file.write_text(mariadb.password(schema.user) + "\n", "utf-8")
    return Desk(tmp_path / "home", schema, password_file, tmp_path / "out" / "one.sql.zst")


@pytest.fixture(autouse=True)
def out_folder(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()


def execute(server: MariaDB, schema: str, *statements: str) -> list[tuple[object, ...]]:
    with server.connect(schema) as connection, connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
        return list(cursor.fetchall())


def checksum(server: MariaDB, schema: str) -> list[tuple[object, ...]]:
    return execute(server, schema, "CHECKSUM TABLE member, note")


def left_behind(desk: Desk) -> list[str]:
    archives = desk.home / "archives"
    folders = [desk.out.parent, *([archives] if archives.exists() else [])]
    return sorted(file.name for folder in folders for file in folder.iterdir())


# ---------------------------------------------------------------- the whole way


def test_back_up_damage_preview_restore_undo(desk: Desk, mariadb: MariaDB):
    schema = desk.address.schema
    whole = checksum(mariadb, schema)
    taken = desk.take("--json")
    assert taken.code == 0, taken.err
    assert taken.answer["rows"] == 203
    assert taken.answer["tables"] == 2
    assert taken.answer["consistency"] == "consistent"
    assert Path(taken.answer["path"]) == desk.out
    assert left_behind(desk) == ["one.sql.zst", "one.sql.zst.sha256"]

    verified = desk.run("backup", "verify", desk.out, "--json")
    assert verified.code == 0, verified.err
    assert verified.answer["ok"] is True

    listed = desk.run("backup", "list", "--json").answer["backups"]
    assert [backup["id"] for backup in listed] == [taken.answer["id"]]
    inspected = desk.run("backup", "inspect", desk.out, "--json").answer
    assert {table["name"]: table["rows"] for table in inspected["tables"]} == {
        "member": 3,
        "note": 200,
    }

    same = desk.run("restore", "preview", desk.out, str(desk.address), "--json")
    assert same.code == 0, same.err
    assert same.answer["identical"] is True

    execute(mariadb, schema, "DELETE FROM member WHERE id = 1", "DROP TABLE note")
    damaged = desk.run("restore", "preview", desk.out, str(desk.address), "--json").answer
    assert damaged["identical"] is False
    assert {table["table"] for table in damaged["tables"] if table["action"] != "same"} == {
        "member",
        "note",
    }

    restored = desk.run(
        "restore", "run", desk.out, str(desk.address), "--confirm", schema, "--json"
    )
    assert restored.code == 0, restored.err
    assert restored.answer["proved"] is True
    assert checksum(mariadb, schema) == whole

    undone = desk.run("restore", "undo", "--confirm", schema, "--json")
    assert undone.code == 0, undone.err
    listed = desk.run("restore", "list", "--json").answer
    last, first = listed["restores"]
    assert (last["undoes"], listed["interrupted"]) == (first["id"], [])
    assert f"took back …{first['id'][-7:]}" in " ".join(desk.run("restore", "list").out.split())
    assert execute(mariadb, schema, "SELECT COUNT(*) FROM member") == [(2,)]
    assert execute(mariadb, schema, "SHOW TABLES") == [("member",)]


def test_into_a_schema_that_is_not_there_yet(desk: Desk, mariadb: MariaDB):
    assert desk.take().code == 0
    new, target = f"{desk.address.schema}_new", str(desk.address)
    words = (desk.out, target, "--into", new)
    try:
        previewed = desk.run("restore", "preview", *words)
        assert previewed.code == 0, previewed.err
        assert f"There is no schema {new} yet; it is made." in previewed.out
        ran = desk.run("restore", "run", *words, "--confirm", desk.address.schema)
        assert ran.code == 1  # that is the name of the one it does not go into
        ran = desk.run("restore", "run", *words, "--confirm", new)
        assert ran.code == 0, ran.err
        assert f"{new} is restored and proved by its digests" in ran.out
        assert "undo removes it again" in ran.out
        assert [row[1] for row in checksum(mariadb, new)] == [
            row[1] for row in checksum(mariadb, desk.address.schema)
        ]
        undone = desk.run("restore", "undo", "--confirm", new)
        assert undone.code == 0, undone.err
        assert f"The schema “{new}” was removed again." in undone.err
        assert execute(mariadb, "", f"SHOW DATABASES LIKE '{new}'") == []

        event = "CREATE EVENT tidy ON SCHEDULE EVERY 1 DAY DO DELETE FROM note"
        execute(mariadb, desk.address.schema, f"CREATE DATABASE {new}", event)
        desk.out.unlink()
        assert desk.take().code == 0
        previewed = desk.run("restore", "preview", *words)
        assert "Beware: The event tidy would run on the production server." in previewed.out
        ran = desk.run("restore", "run", *words, "--confirm", new)
        assert (ran.code, "The event tidy would run" in ran.err) == (1, True)
        ran = desk.run("restore", "run", *words, "--confirm", new, "--accept-reaching")
        assert ran.code == 0, ran.err
    finally:
        execute(mariadb, "", f"DROP DATABASE IF EXISTS {new}")


def test_people_get_sentences(desk: Desk):
    taken = desk.take()
    assert taken.code == 0, taken.err
    assert "is backed up in" in taken.out
    assert str(desk.out) in taken.out
    assert "Every digest holds" in desk.run("backup", "verify", desk.out).out
    assert (
        "already holds exactly this backup"
        in desk.run("restore", "preview", desk.out, str(desk.address)).out
    )


# ---------------------------------------------------------------- refusals


def test_the_next_backup_says_what_travelled(desk: Desk):
    assert desk.take().code == 0
    again = desk.out.with_name("again.sql.zst")
    for options, reused in ((["--limit", "50"], "100.0 %"), (["--full"], "0.0 %")):
        again.unlink(missing_ok=True)
        ran = desk.run("backup", "take", str(desk.address), "--out", again, *options)
        assert ran.code == 0, ran.err
        assert f"crossed the line; {reused} of the SQL was in hand." in ran.out


def test_a_compression_that_is_none(desk: Desk):
    refused(desk.take("--compress", "gzip"), "auto, none, ssh, remote", code=2)


def refused(ran: Ran, *sentences: str, code: int = 1) -> None:
    assert ran.code == code, ran.err
    assert ran.out == ""
    assert "Traceback" not in ran.err
    for sentence in sentences:
        assert sentence in ran.err


def test_a_wrong_password(desk: Desk):
    desk.password_file.write_text("not-the-password", "utf-8")
    ran = desk.take()
    refused(ran, "password")
    assert "not-the-password" not in ran.err
    assert left_behind(desk) == []


def test_no_password_at_all(desk: Desk):
    ran = desk.run("backup", "take", str(desk.address), "--out", desk.out, GMOPS_PASSWORD_FILE="")
    refused(ran, "GMOPS_PASSWORD_FILE")
    assert left_behind(desk) == []


def test_a_password_in_the_address(desk: Desk):
    ran = desk.run("backup", "take", "mysql://ops:hunter2@127.0.0.1:3306/x", "--out", desk.out)
    refused(ran, "must not hold a password")
    assert "hunter2" not in ran.err


def test_a_closed_port(desk: Desk):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    ran = desk.run("backup", "take", f"mysql://ops@127.0.0.1:{port}/x", "--out", desk.out)
    refused(ran, str(port))
    assert left_behind(desk) == []


def test_an_error_for_scripts(desk: Desk):
    ran = desk.run("backup", "verify", desk.out, "--json")
    assert ran.code == 1
    assert ran.answer["error"]["code"] == 1
    assert str(desk.out) in ran.answer["error"]["message"]


def test_a_damaged_file_fails_the_proof(desk: Desk, mariadb: MariaDB):
    assert desk.take().code == 0
    content = bytearray(desk.out.read_bytes())
    content[len(content) // 3] ^= 0xFF
    desk.out.write_bytes(content)
    assert desk.run("backup", "verify", desk.out).code == 3
    before = checksum(mariadb, desk.address.schema)
    schema = desk.address.schema
    ran = desk.run("restore", "run", desk.out, str(desk.address), "--confirm", schema)
    assert ran.code in (1, 3)
    assert checksum(mariadb, schema) == before


def test_a_file_cut_off_is_not_a_backup(desk: Desk):
    assert desk.take().code == 0
    desk.out.write_bytes(desk.out.read_bytes()[: desk.out.stat().st_size // 2])
    assert desk.run("backup", "verify", desk.out).code in (1, 3)


@pytest.mark.parametrize("typed", ["", "other"])
def test_a_restore_that_is_not_confirmed(desk: Desk, mariadb: MariaDB, typed: str):
    assert desk.take().code == 0
    execute(mariadb, desk.address.schema, "DELETE FROM note")
    ran = desk.run("restore", "run", desk.out, str(desk.address), "--confirm", typed)
    refused(ran, desk.address.schema)
    assert execute(mariadb, desk.address.schema, "SELECT COUNT(*) FROM note") == [(0,)]


def test_nothing_to_undo(desk: Desk):
    refused(desk.run("restore", "undo"), "no restore to take back")


# ---------------------------------------------------------------- host keys


@pytest.fixture
def through_ssh(desk: Desk, sshd: Sshd) -> list[str]:
    return ["--ssh", f"{sshd.address.user}@127.0.0.1:{sshd.port}", "--key", str(sshd.key_file)]


def test_an_unknown_host_key_is_shown_and_never_accepted_by_itself(
    desk: Desk, sshd: Sshd, through_ssh: list[str]
):
    refused(desk.take(*through_ssh), sshd.fingerprint, "--accept-fingerprint")
    wrong = "SHA256:" + "A" * 43
    refused(desk.take(*through_ssh, "--accept-fingerprint", wrong), sshd.fingerprint)
    assert left_behind(desk) == []
    accepted = desk.take(*through_ssh, "--accept-fingerprint", sshd.fingerprint)
    assert accepted.code == 0, accepted.err
    desk.out.unlink()
    known = desk.take(*through_ssh)
    assert known.code == 0, known.err


def test_a_key_without_a_server_is_no_row_either(desk: Desk) -> None:
    """`--key 17` once chose a row: taken for nothing, it would restore the whole table."""
    refused(desk.take("--key", "17"), "--key", "--ssh USER@HOST")
    assert left_behind(desk) == []


def test_a_changed_host_key_is_refused(
    desk: Desk, sshd: Sshd, through_ssh: list[str], tmp_path: Path
):
    desk.home.mkdir()
    with Sshd(tmp_path / "other") as other:
        line = other.known_hosts_line().replace(f":{other.port} ", f":{sshd.port} ")
    (desk.home / "known_hosts").write_text(line, "utf-8")
    refused(desk.take(*through_ssh), "has changed", sshd.fingerprint)
    assert left_behind(desk) == []


# ---------------------------------------------------------------- Ctrl+C


@pytest.fixture
def locked(desk: Desk, mariadb: MariaDB) -> Iterator[Path]:
    """Make the backup stop in the middle: its last table is locked, so its rows do not come."""
    with mariadb.connect(desk.address.schema) as connection, connection.cursor() as cursor:
        cursor.execute("LOCK TABLES note WRITE")
        yield desk.out
        cursor.execute("UNLOCK TABLES")


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_in_mid_backup_leaves_nothing(
    desk: Desk, locked: Path, mariadb: MariaDB, sign: signal.Signals
):
    words = ("backup", "take", str(desk.address), "--out", desk.out)
    with start(*words, home=desk.home, GMOPS_PASSWORD_FILE=str(desk.password_file)) as process:
        wait_for(lambda: waiting_for_the_lock(mariadb, desk.address.schema))
        process.send_signal(sign)
        out, err = process.communicate(timeout=20)
    assert process.returncode == 130, err
    assert "Cancelled." in err
    assert "Traceback" not in err
    assert out == ""
    assert left_behind(desk) == []


def waiting_for_the_lock(server: MariaDB, schema: str) -> bool:
    with server.connect() as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT COUNT(*) FROM information_schema.processlist "
            "WHERE db = %s AND state LIKE '%%metadata lock%%'",
            (schema,),
        )
        return bool((cursor.fetchone() or (0,))[0])


def wait_for(happened: Callable[[], bool], seconds: float = 20) -> None:
    pause, deadline = threading.Event(), time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline, "it did not happen"
        pause.wait(0.05)
