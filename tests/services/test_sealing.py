"""Keys, recipients, recovery sheets; and the disaster after which only sheet and file are left."""

from __future__ import annotations

import logging
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import keyring
import pytest
from keyring.backends import null

from databases import checksums, execute, facts, opener, query
from db.engine import Database
from gmops_desktop.adapters.vault import SERVICE, Vault
from gmops_desktop.addresses import MysqlAddress
from gmops_desktop.archive import age
from gmops_desktop.archive.plain_copies import PlainCopies
from gmops_desktop.archive.sealing import NoIdentity
from gmops_desktop.archive.writer import sidecar
from gmops_desktop.context import Context
from gmops_desktop.errors import OpsError
from gmops_desktop.log import redact
from gmops_desktop.paths import Home
from gmops_desktop.reports import rendering
from gmops_desktop.services.backups import Backups
from gmops_desktop.services.restores import Restores
from gmops_desktop.services.sealing import KEYRING_NAME, Sealing
from gmops_desktop.settings import SettingsFile
from memory_keyring import MemoryKeyring
from qr_codes import read_codes
from sandbox.mariadb import MariaDB


@dataclass(frozen=True)
class Desk:
    """One computer: its data folder and what works on it."""

    home: Home
    sealing: Sealing
    backups: Backups
    restores: Restores


@contextmanager
def desk_at(root: Path, server: MariaDB) -> Iterator[Desk]:
    home = Home(root)
    for folder in (home.root, home.archives):
        folder.mkdir(mode=0o700, exist_ok=True)
    database = Database(home.store)
    sealing = Sealing(SettingsFile(home.settings), Vault(), PlainCopies(home.opened))
    connect = opener(server)
    backups = Backups(database, connect, lambda: home.archives, sealing.seals)
    restores = Restores(
        database,
        connect,
        lambda address, context: backups.take(address, context, purpose="safety"),
        sealing.seals,
    )
    yield Desk(home, sealing, backups, restores)
    database.close()


@pytest.fixture
def desk(tmp_path: Path, mariadb: MariaDB) -> Iterator[Desk]:
    with desk_at(tmp_path / "desk", mariadb) as desk:
        yield desk


@pytest.fixture
def sealing(home: Home) -> Sealing:
    return Sealing(SettingsFile(home.settings), Vault(), PlainCopies(home.opened))


@pytest.fixture
def members(schema: MysqlAddress, mariadb: MariaDB) -> MysqlAddress:
    execute(
        mariadb,
        schema.schema,
        [
            "CREATE TABLE member (id INT PRIMARY KEY, name VARCHAR(40))",
            "INSERT INTO member VALUES (1, '王会长'), (2, NULL), (3, '李秘书')",
            "CREATE TABLE note (id INT PRIMARY KEY AUTO_INCREMENT, text LONGTEXT)",
            "INSERT INTO note (text) SELECT REPEAT('行', 2000) FROM seq_1_to_100",
        ],
    )
    return schema


def kept() -> list[str]:
    return (keyring.get_password(SERVICE, KEYRING_NAME) or "").split()


def plain_files(folder: Path) -> list[str]:
    return sorted(one.name for one in folder.iterdir() if ".age" not in one.name)


# ---------------------------------------------------------------- keys and recipients


def test_a_key_is_made_in_the_keyring_and_nowhere_else(sealing: Sealing, home: Home) -> None:
    made = sealing.make_key("张工")
    (identity,) = kept()
    assert made.key == age.public_key(identity)
    assert (made.name, made.ours, made.sheet) == ("张工", True, False)
    standing = sealing.standing()
    assert standing.recipients == (made,)
    assert standing.can_open
    assert not standing.on
    for file in home.root.rglob("*"):
        if file.is_file():
            assert identity.encode() not in file.read_bytes()
    assert identity not in redact(f"so it goes: {identity}.")
    with pytest.raises(OpsError, match="There is a key already: 张工"):
        sealing.make_key("another")
    assert kept() == [identity]


def test_a_machine_without_a_keyring_makes_no_key(sealing: Sealing) -> None:
    keyring.set_keyring(null.Keyring())
    with pytest.raises(OpsError, match="keyring cannot be used"):
        sealing.make_key("Zhang")
    assert sealing.recipients() == {}
    assert "keyring cannot be used" in sealing.standing().trouble


def test_the_day_a_recipient_came_is_noted_and_stays(sealing: Sealing) -> None:
    made = sealing.make_key("Li")
    assert sealing.recipient_days() == {made.key: ("Li", date.today())}
    sealing._settings.change(recipient_days=f"{made.key} 2024-05-01")
    sealing.remove("Li")
    assert sealing.recipient_days() == {}
    sealing.add(made.key, "Li again")
    assert sealing.recipient_days() == {made.key: ("Li again", date(2024, 5, 1))}
    sealing._settings.change(recipient_days="")
    assert sealing.recipient_days() == {made.key: ("Li again", None)}, "of an older program"


def test_recipients_come_and_go(sealing: Sealing) -> None:
    own = sealing.make_key("Zhang")
    safe = age.public_key(age.new_identity())
    added = sealing.add(f" {safe[:30]} {safe[30:]}", "office  safe")
    assert (added.name, added.key, added.ours) == ("office safe", safe, False)
    with pytest.raises(OpsError, match="there already: office safe"):
        sealing.add(safe, "again")
    assert sealing.recipient_keys() == (own.key, safe)
    sealing.switch(True)
    assert sealing.remove("Zhang") == own.key
    assert sealing.standing().others == (own.key,), "older backups still open"
    assert not sealing.standing().can_open
    with pytest.raises(OpsError, match="to this key alone"):
        sealing.remove(safe)
    with pytest.raises(OpsError, match="No recipient is called nobody"):
        sealing.remove("nobody")
    sealing.switch(False)
    sealing.remove(safe)
    with pytest.raises(OpsError, match="no key to which"):
        sealing.switch(True)


def test_two_of_one_name_are_told_apart(sealing: Sealing) -> None:
    keys = [age.public_key(age.new_identity()) for _ in range(2)]
    for key in keys:
        sealing.add(key, "Li")
    assert list(sealing.recipients().values()) == ["Li", f"Li {keys[1][-6:]}"]


def test_a_second_key_replaces_the_first_and_both_open(sealing: Sealing) -> None:
    first = sealing.make_key("Zhang")
    sealing.remove("Zhang")
    second = sealing.make_key("Zhang")
    assert sealing.recipient_keys() == (second.key,)
    assert [age.public_key(one) for one in sealing.identities()] == [second.key, first.key]


def test_a_key_file_stands_in_for_the_keyring(home: Home, tmp_path: Path) -> None:
    identity = age.new_identity()
    file = tmp_path / "key.txt"
    file.write_text(f"# public key: {age.public_key(identity)}\n{identity}\n")
    keyring.set_keyring(null.Keyring())
    settings = SettingsFile(home.settings)
    with_file = Sealing(settings, Vault(), PlainCopies(home.opened), identity_file=str(file))
    assert with_file.identities() == (identity,)
    file.unlink()
    with pytest.raises(OpsError, match=r"key file .* cannot be read") as caught:
        with_file.identities()
    assert "GMOPS_IDENTITY_FILE" in caught.value.hint


# ---------------------------------------------------------------- the recovery sheet


def test_the_sheet_is_written_for_its_owner_only(
    sealing: Sealing, tmp_path: Path, context: Context, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    own = sealing.make_key("Zhang")
    out = sealing.save_sheet(tmp_path / "sheet.pdf", context, language="en")
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert read_codes(rendering.picture(out, 0, 1000)) == kept()
    assert sealing.standing().recipients[0].sheet
    assert kept()[0] not in caplog.text
    with sealing.sheet(context, key=own.key) as path:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert sealing.picture(path, 0, 500).startswith(b"\x89PNG")
    assert not path.exists()


def test_a_sheet_that_cannot_be_made(sealing: Sealing, tmp_path: Path, context: Context) -> None:
    with pytest.raises(OpsError, match="no secret key on this computer"):
        sealing.save_sheet(tmp_path / "sheet.pdf", context)
    sealing.make_key("Zhang")
    with pytest.raises(OpsError, match="could not be written") as caught:
        sealing.save_sheet(tmp_path / "none" / "sheet.pdf", context)
    assert "stick" in caught.value.hint
    assert not sealing.standing().recipients[0].sheet


def test_a_key_is_forgotten_only_once_it_stands_on_paper(
    sealing: Sealing, tmp_path: Path, context: Context
) -> None:
    own = sealing.make_key("Zhang")
    with pytest.raises(OpsError, match="No recovery sheet was made"):
        sealing.forget_key(own.key)
    assert len(kept()) == 1
    sealing.save_sheet(tmp_path / "sheet.pdf", context)
    sealing.forget_key(own.key)
    assert kept() == []
    assert sealing.recipient_keys() == (own.key,), "it goes on sealing"
    assert not sealing.standing().can_open


# ---------------------------------------------------------------- backups


def test_backups_are_sealed_and_everything_works_on_them(
    desk: Desk, members: MysqlAddress, mariadb: MariaDB, context: Context
) -> None:
    desk.sealing.make_key("Zhang")
    desk.sealing.switch(True)
    before = checksums(mariadb, members.schema)
    backup = desk.backups.take(members, context)
    assert backup.sealed
    assert backup.path.name.endswith(".sql.zst.age")
    assert backup.file_bytes == backup.path.stat().st_size
    assert plain_files(desk.home.archives) == []
    assert sidecar(backup.path).exists()
    assert desk.backups.all() == (backup,)

    verified = desk.backups.verify(backup.path, context)
    assert verified.ok
    assert verified.rows == backup.rows == 103
    assert desk.backups.get(backup.id).verified
    summary = desk.backups.inspect(backup.path)
    assert summary.manifest_digest == backup.manifest_digest
    assert [table.name for table in summary.tables] == ["member", "note"]

    execute(mariadb, members.schema, ["DELETE FROM member WHERE id = 1"])
    preview = desk.restores.preview(backup.path, members, context)
    assert not preview.identical
    restored = desk.restores.run(backup.path, members, context, confirm=members.schema)
    assert restored.proved
    assert checksums(mariadb, members.schema) == before
    assert restored.safety
    assert restored.safety.sealed
    undone = desk.restores.undo(restored.id, context)
    assert undone.proved
    assert query(mariadb, members.schema, "SELECT COUNT(*) FROM member") == ((2,),)
    assert list(desk.home.opened.glob("[!.]*")) == [], "no plain copy is left"


def test_the_next_backup_builds_on_a_sealed_one(
    desk: Desk, members: MysqlAddress, mariadb: MariaDB, context: Context
) -> None:
    desk.sealing.make_key("Zhang")
    desk.sealing.switch(True)
    first = desk.backups.take(members, context)
    execute(mariadb, members.schema, ["UPDATE member SET name = 'Li' WHERE id = 2"])
    second = desk.backups.take(members, context)
    assert second.sealed
    assert second.base == first.path.name
    assert second.reused_bytes > 0
    assert second.travelled < first.travelled / 2
    assert desk.backups.verify(second.path, context).ok
    assert list(desk.home.opened.glob("[!.]*")) == [], "no plain copy is left"

    keyring.set_password(SERVICE, KEYRING_NAME, "")
    notes: list[str] = []
    third = desk.backups.take(members, Context(note=notes.append))
    assert third.sealed
    assert third.base == ""
    assert third.travelled > second.travelled
    assert [note for note in notes if "no key here opens it" in note] == [
        f"{second.path.name} is sealed and no key here opens it: all rows travel."
    ]


def test_the_choice_of_one_backup_overrules_the_settings(
    desk: Desk, members: MysqlAddress, context: Context
) -> None:
    with pytest.raises(OpsError, match="no key to which"):
        desk.backups.take(members, context, seal=True)
    (plain,) = desk.backups.all()
    assert plain.exists, "what was read over the line is not thrown away"
    assert not plain.sealed
    desk.sealing.make_key("Zhang")
    assert desk.backups.take(members, context, seal=True).sealed
    desk.sealing.switch(True)
    assert not desk.backups.take(members, context, seal=False).sealed
    sealed = desk.backups.seal(plain.path, context)
    assert desk.backups.get(plain.id).path == sealed
    assert desk.backups.verify(sealed, context).ok


def test_a_laptop_with_public_keys_only(
    desk: Desk, members: MysqlAddress, mariadb: MariaDB, context: Context
) -> None:
    identity = age.new_identity()
    desk.sealing.add(age.public_key(identity), "office safe")
    desk.sealing.switch(True)
    backup = desk.backups.take(members, context)
    assert backup.sealed
    assert backup.verified, "it was proved before it was sealed"
    for act in (
        lambda: desk.backups.verify(backup.path, context),
        lambda: desk.backups.inspect(backup.path),
        lambda: desk.restores.preview(backup.path, members, context),
        lambda: desk.restores.run(backup.path, members, context, confirm=members.schema),
    ):
        with pytest.raises(NoIdentity, match="none of the keys on this computer opens it"):
            act()
    assert desk.backups.get(backup.id).verified, "not to be able to look is no fault of the file"

    notes: list[str] = []
    safety = desk.backups.take(members, Context(note=notes.append), purpose="safety")
    assert not safety.sealed
    assert notes[1:] == ["The safety copy was not sealed: no key here could open it for undo."]


def test_a_damaged_sealed_backup_fails_the_proof(
    desk: Desk, members: MysqlAddress, mariadb: MariaDB, context: Context
) -> None:
    desk.sealing.make_key("Zhang")
    desk.sealing.switch(True)
    backup = desk.backups.take(members, context)
    data = bytearray(backup.path.read_bytes())
    data[-100] ^= 1
    backup.path.write_bytes(data)
    outcome = desk.backups.verify(backup.path, context)
    assert not outcome.ok
    assert desk.backups.get(backup.id).verified is False
    before = facts(mariadb, members.schema)
    with pytest.raises(OpsError, match="cannot be opened"):
        desk.restores.run(backup.path, members, context, confirm=members.schema)
    assert facts(mariadb, members.schema) == before


# ---------------------------------------------------------------- the disaster


def test_only_the_sheet_and_the_file_are_left(
    desk: Desk,
    members: MysqlAddress,
    mariadb: MariaDB,
    tmp_path: Path,
    memory_keyring: MemoryKeyring,
    context: Context,
) -> None:
    """The computer burned: on a new one the key is read off the paper, and the data are back."""
    desk.sealing.make_key("Zhang")
    desk.sealing.switch(True)
    sheet = desk.sealing.save_sheet(tmp_path / "sheet.pdf", context)
    before = checksums(mariadb, members.schema)
    file = desk.backups.take(members, context).path.rename(tmp_path / "kept.sql.zst.age")
    (scanned,) = read_codes(rendering.picture(sheet, 0, 900))
    password = memory_keyring.get_password(SERVICE, members.secret_name)

    memory_keyring.secrets.clear()
    memory_keyring.set_password(SERVICE, members.secret_name, password or "")
    execute(mariadb, members.schema, ["DROP TABLE member", "DROP TABLE note"])
    with desk_at(tmp_path / "new", mariadb) as new:
        with pytest.raises(NoIdentity) as caught:
            new.backups.verify(file, context)
        assert "recovery sheet" in caught.value.hint
        typed = " ".join(scanned[at : at + 4].lower() for at in range(0, len(scanned), 4))
        assert new.sealing.import_key(typed, "from the sheet").ours
        assert new.backups.verify(file, context).ok
        restored = new.restores.run(file, members, context, confirm=members.schema)
        assert restored.proved
    assert checksums(mariadb, members.schema) == before
