"""`gmops drill` from a person's and a script's side: its answers and its exit codes."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from databases import execute
from gmops import Ran, gmops
from gmops_desktop.addresses import MysqlAddress
from sandbox.mariadb import MariaDB

pytestmark = pytest.mark.servers


class Desk:
    """A home, and an archive taken of a schema with rows in it."""

    def __init__(self, folder: Path, address: MysqlAddress, password: str) -> None:
        self.home, self.archive = folder / "home", folder / "site.sql.zst"
        word = folder / "password"
        word.write_text(password + "\n", "utf-8")
        taken = gmops("backup", "take", str(address), "--out", self.archive, home=self.home,
                      GMOPS_PASSWORD_FILE=str(word))  # fmt: skip
        assert taken.code == 0, taken.err

    def run(self, *words: str | Path, **more: str) -> Ran:
        return gmops("drill", *words, home=self.home, **more)


@pytest.fixture
def desk(tmp_path: Path, schema: MysqlAddress, mariadb: MariaDB) -> Desk:
    rows = ["CREATE TABLE member (id INT PRIMARY KEY, name VARCHAR(40))",
            "INSERT INTO member VALUES (1, '李'), (2, NULL), (3, 'c')"]  # fmt: skip
    execute(mariadb, schema.schema, rows)
    return Desk(tmp_path, schema, mariadb.password(schema.user))


def test_a_whole_archive_passes_and_stands_in_the_list(desk: Desk) -> None:
    ran = desk.run("run", desk.archive)
    assert ran.code == 0, ran.err
    assert ran.out.startswith("Passed: restored and proved in ")
    assert "1 table, 3 rows, 1 definition, 0 checks" in ran.out
    assert "Certificate GMOPS-YL-" in ran.out
    listed = json.loads(desk.run("list", "--json").out)["drills"]
    assert [one["outcome"] for one in listed] == ["proved"]
    shown = desk.run("show")
    assert shown.out == ran.out
    certificate = listed[0]["certificate"]
    assert (desk.home / "reports" / f"{certificate}.pdf").read_bytes().startswith(b"%PDF")
    assert not list((desk.home / "local-servers").iterdir())
    scanned = desk.run("scan", desk.archive)
    assert (scanned.code, scanned.out) == (
        0,
        "Nothing in site.sql.zst reaches beyond its own schema.\n",
    )


def test_a_flipped_bit_is_a_failed_proof(desk: Desk) -> None:
    content = bytearray(desk.archive.read_bytes())
    content[len(content) // 2] ^= 1
    desk.archive.write_bytes(content)
    ran = desk.run("run", desk.archive, "--json")
    assert ran.code == 3
    assert json.loads(ran.out)["outcome"] == "disproved"
    assert "is broken" in ran.err


def test_without_a_file_or_a_backup_it_says_what_to_do(desk: Desk, tmp_path: Path) -> None:
    ran = desk.run("run", tmp_path / "nothing.sql.zst")
    assert ran.code == 1
    assert "cannot be read" in ran.err


def test_a_copy_is_kept_shown_and_dropped(desk: Desk, tmp_path: Path) -> None:
    helpers = Path(__file__).parents[1] / "helpers"
    keyring = {
        "PYTHON_KEYRING_BACKEND": "file_keyring.FileKeyring",
        "PYTHONPATH": str(helpers),
        "GMOPS_TEST_KEYRING": str(tmp_path / "keyring.json"),
    }
    kept = desk.run("keep", desk.archive, "--json", **keyring)
    assert kept.code == 0, kept.err
    copy = json.loads(kept.out)
    try:
        shown = desk.run("kept", "--password", **keyring)
        assert copy["address"].startswith("mysql://gmops@127.0.0.1:")
        assert f"{copy['address']}: " in shown.out
        assert "runs" in shown.out
    finally:
        dropped = desk.run("drop", **keyring)
    assert (dropped.code, dropped.out) == (0, "Removed: 1.\n"), dropped.err
    assert not os.listdir(desk.home / "local-servers")
