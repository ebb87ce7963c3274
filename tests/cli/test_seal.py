"""`gmops seal` and sealed backups from the outside: keyring, sheet, stock tools, exit codes."""

from __future__ import annotations

import json
import shutil
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from databases import execute, query
from gmops import ROOT, Ran, gmops
from gmops_desktop.addresses import MysqlAddress
from gmops_desktop.archive import age
from sandbox.mariadb import MariaDB
from terminals import converse


@dataclass(frozen=True)
class Desk:
    """A data folder with a keyring of its own, and a database to back up."""

    home: Path
    keyring: Path
    password_file: Path
    address: MysqlAddress
    out: Path

    @property
    def environment(self) -> dict[str, str]:
        return {
            "PYTHON_KEYRING_BACKEND": "file_keyring.FileKeyring",
            "PYTHONPATH": str(ROOT / "tests" / "helpers"),
            "GMOPS_TEST_KEYRING": str(self.keyring),
            "GMOPS_PASSWORD_FILE": str(self.password_file),
        }

    def run(self, *words: str | Path, **more: str) -> Ran:
        return gmops(*words, home=self.home, **{**self.environment, **more})

    def ok(self, *words: str | Path, **more: str) -> Ran:
        ran = self.run(*words, **more)
        assert ran.code == 0, ran.err
        return ran

    def identity(self) -> str:
        return str(next(iter(json.loads(self.keyring.read_text()).values())))


@pytest.fixture
def desk(tmp_path: Path, schema: MysqlAddress, mariadb: MariaDB) -> Desk:
    execute(
        mariadb,
        schema.schema,
        [
            "CREATE TABLE member (id INT PRIMARY KEY, name VARCHAR(40))",
            "INSERT INTO member VALUES (1, '王会长'), (2, NULL), (3, '李秘书')",
        ],
    )
    password_file = tmp_path / "password"
    password_file.write_text(mariadb.password(schema.user) + "\n", "utf-8")
    (tmp_path / "out").mkdir()
    return Desk(tmp_path / "home", tmp_path / "keyring.json", password_file, schema,
                tmp_path / "out" / "one.sql.zst")  # fmt: skip


def names(folder: Path) -> list[str]:
    return sorted(one.name for one in folder.iterdir())


def test_from_the_first_key_to_the_restored_database(
    desk: Desk, mariadb: MariaDB, tmp_path: Path
) -> None:
    sheet = tmp_path / "sheet.pdf"
    made = desk.ok("seal", "key", "make", "Zhang", "--sheet", sheet, "--json").answer
    assert made["key"]["ours"]
    assert stat.S_IMODE(sheet.stat().st_mode) == 0o600
    assert desk.ok("seal", "on", "--json").answer["on"] is True

    taken = desk.ok("backup", "take", str(desk.address), "--out", desk.out, "--json").answer
    sealed = desk.out.with_name("one.sql.zst.age")
    assert taken["path"] == str(sealed)
    assert names(desk.out.parent) == ["one.sql.zst.age", "one.sql.zst.age.sha256"]
    assert desk.ok("backup", "verify", sealed, "--json").answer["ok"] is True
    assert desk.ok("backup", "inspect", sealed, "--json").answer["tables"][0]["rows"] == 3

    execute(mariadb, desk.address.schema, ["DELETE FROM member"])
    words = ("restore", "run", sealed, str(desk.address), "--confirm", desk.address.schema)
    assert desk.ok(*words, "--json").answer["proved"] is True
    assert query(mariadb, desk.address.schema, "SELECT COUNT(*) FROM member") == ((3,),)

    other = desk.out.with_name("two.sql.zst.age")
    execute(mariadb, desk.address.schema, ["DELETE FROM member WHERE id = 2"])
    desk.ok("backup", "take", str(desk.address), "--out", other)
    compared = desk.run("backup", "compare", sealed, other, "--json").answer
    assert [(one["table"], one["removed"]) for one in compared["tables"]] == [("member", 1)]

    out = tmp_path / "out" / "plain.sql.zst"
    desk.ok("backup", "unseal", sealed, "--out", out)
    assert desk.ok("backup", "verify", out, "--json").answer["ok"] is True
    assert desk.identity() not in "".join(
        file.read_text("utf-8", "replace") for file in desk.home.rglob("*") if file.is_file()
    )


def test_a_new_computer_needs_only_the_sheet_and_the_file(desk: Desk, tmp_path: Path) -> None:
    desk.ok("seal", "key", "make", "Zhang")
    desk.ok("backup", "take", str(desk.address), "--out", f"{desk.out}.age")
    sealed = desk.out.with_name("one.sql.zst.age")
    identity = desk.identity()
    shutil.rmtree(desk.home)
    desk.keyring.unlink()

    ran = desk.run("backup", "verify", sealed, "--json")
    assert ran.code == 1, "not to have the key is no proof that it is broken"
    assert "none of the keys on this computer opens it" in ran.answer["error"]["message"]
    assert "recovery sheet" in ran.answer["error"]["hint"]

    typo = identity[:-1] + ("Q" if identity[-1] != "Q" else "P")
    words = ("seal", "key", "import", "from the sheet")
    code, shown = converse(
        *words, home=desk.home, answers=[("Secret key", typo)], **desk.environment
    )
    assert code == 1
    assert "a character is mistyped" in shown
    assert typo not in shown
    spaced = " ".join(identity[at : at + 4] for at in range(0, 74, 4))
    code, shown = converse(
        *words, home=desk.home, answers=[("Secret key", spaced)], **desk.environment
    )
    assert code == 0, shown
    assert identity not in shown
    assert spaced not in shown
    assert desk.ok("backup", "verify", sealed, "--json").answer["ok"] is True


def test_a_server_without_a_keyring_reads_the_key_from_a_file(desk: Desk, tmp_path: Path) -> None:
    identity = age.new_identity()
    key_file = tmp_path / "key.txt"
    key_file.write_text(identity + "\n")
    nothing = {"PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"}
    desk.ok("seal", "recipients", "add", age.public_key(identity), "office safe", **nothing)
    taken = desk.ok("backup", "take", str(desk.address), "--seal", "--out", desk.out, "--json",
                    **nothing).answer  # fmt: skip
    assert taken["verified"] is True
    sealed = Path(taken["path"])
    ran = desk.run("backup", "verify", sealed, **nothing)
    assert ran.code == 1
    assert "keyring cannot be used" in ran.err
    desk.ok("backup", "verify", sealed, GMOPS_IDENTITY_FILE=str(key_file), **nothing)
    command = f"age -d -i {key_file} {sealed} | zstd -dc"
    ran_stock = subprocess.run(["bash", "-o", "pipefail", "-c", command], capture_output=True)
    assert ran_stock.returncode == 0
    assert "王会长".encode() in ran_stock.stdout


def test_recipients(desk: Desk) -> None:
    key = age.public_key(age.new_identity())
    desk.ok("seal", "recipients", "add", key, "second engineer")
    listed = desk.ok("seal", "recipients", "list", "--json").answer["recipients"]
    assert [(one["name"], one["key"], one["ours"]) for one in listed] == [
        ("second engineer", key, False)
    ]
    shown = desk.ok("seal", "status").out
    assert "cannot open them" in shown
    assert key in shown
    desk.ok("seal", "recipients", "remove", "second engineer")
    refused = desk.run("seal", "on")
    assert refused.code == 1
    assert "no key to which backups could be sealed" in refused.err


def test_damage_and_plain_files(desk: Desk) -> None:
    desk.ok("seal", "key", "make", "Zhang")
    desk.ok("backup", "take", str(desk.address), "--no-seal", "--out", desk.out)
    assert "one.sql.zst.age" in desk.ok("backup", "seal", desk.out).out
    sealed = desk.out.with_name("one.sql.zst.age")
    listed = desk.ok("backup", "list", "--json").answer["backups"]
    assert [one["path"] for one in listed] == [str(sealed)]
    sealed.write_bytes(sealed.read_bytes() + b"more")
    ran = desk.run("backup", "verify", sealed, "--json")
    assert ran.code == 3
    assert ran.answer["faults"] == ["4 bytes were added behind its end."]
    assert desk.run("backup", "inspect", sealed).code == 3
    assert desk.run("backup", "unseal", sealed, "--out", desk.out).code == 3
    assert names(desk.out.parent) == ["one.sql.zst.age", "one.sql.zst.age.sha256"]


def test_the_doctor_asks_for_the_sheet_and_forgetting_needs_it(desk: Desk, tmp_path: Path) -> None:
    def finding() -> tuple[str, str]:
        checks = desk.ok("doctor", "--json").answer["checks"]
        (found,) = [one for one in checks if one["name"] == "Sealed backups"]
        return found["state"], found["text"]

    made = desk.ok("seal", "key", "make", "Zhang", "--json").answer["key"]["key"]
    desk.ok("seal", "on")
    assert finding() == ("warning", "No recovery sheet was made of this computer's key.")
    refused = desk.run("seal", "key", "forget", made)
    assert refused.code == 1
    assert "No recovery sheet was made" in refused.err
    desk.ok("seal", "key", "sheet", tmp_path / "sheet.pdf")
    assert finding() == ("ok", "Sealed to Zhang")
    desk.ok("seal", "key", "forget", made)
    assert desk.run("seal", "key", "sheet", tmp_path / "again.pdf").code == 1
