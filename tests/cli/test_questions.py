"""What `gmops` asks a person at a terminal: passwords, unknown host keys, the schema's name."""

from __future__ import annotations

from pathlib import Path

import pytest

from gmops import gmops
from gmops_desktop.addresses import MysqlAddress
from sandbox.mariadb import MariaDB
from sandbox.sshd import Sshd
from terminals import converse


@pytest.fixture
def password(mariadb: MariaDB, schema: MysqlAddress) -> str:
    with mariadb.connect(schema.schema) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE t (id INT PRIMARY KEY)")
        cursor.execute("INSERT INTO t VALUES (1), (2)")
    return mariadb.password(schema.user)


def test_the_password_is_typed_unseen_and_the_host_key_is_asked_about(
    tmp_path: Path, schema: MysqlAddress, password: str, sshd: Sshd
):
    out = tmp_path / "one.sql.zst"
    server = f"{sshd.address.user}@127.0.0.1:{sshd.port}"
    words = ("backup", "take", str(schema), "--out", out, "--ssh", server, "--key", sshd.key_file)
    code, shown = converse(
        *words,
        home=tmp_path / "home",
        answers=[("Password for .*:", password), ("type yes to trust it:", "yes")],
    )
    assert code == 0, shown
    assert sshd.fingerprint in shown
    assert password not in shown
    assert out.exists()
    again = ("backup", "take", str(schema), "--out", tmp_path / "two.sql.zst", *words[5:])
    code, shown = converse(*again, home=tmp_path / "home", answers=[("Password for .*:", password)])
    assert code == 0, shown
    assert "trust it" not in shown, "the key is known now"


def test_anything_but_yes_is_no(tmp_path: Path, schema: MysqlAddress, password: str, sshd: Sshd):
    server = f"{sshd.address.user}@127.0.0.1:{sshd.port}"
    out = tmp_path / "one.sql.zst"
    code, shown = converse(
        "backup", "take", str(schema), "--out", out, "--ssh", server, "--key", sshd.key_file,
        home=tmp_path / "home",
        answers=[("Password for .*:", password), ("type yes to trust it:", "y")],
    )  # fmt: skip
    assert code == 1, shown
    assert not out.exists()
    assert not (tmp_path / "home" / "known_hosts").exists()


@pytest.mark.parametrize(("typed", "expected"), [("", 1), ("SCHEMA", 0)])
def test_a_restore_asks_for_the_schemas_name(
    tmp_path: Path, schema: MysqlAddress, password: str, typed: str, expected: int
):
    file, out = tmp_path / "password", tmp_path / "one.sql.zst"
    file.write_text(password, "utf-8")
    variables = {"GMOPS_PASSWORD_FILE": str(file)}
    taken = gmops("backup", "take", str(schema), "--out", out, home=tmp_path / "home", **variables)
    assert taken.code == 0, taken.err
    code, shown = converse(
        "restore", "run", out, str(schema), home=tmp_path / "home",
        answers=[("Type .* to go on:", typed.replace("SCHEMA", schema.schema))], **variables,
    )  # fmt: skip
    assert code == expected, shown
