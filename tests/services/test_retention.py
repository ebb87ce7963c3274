"""Retention on real files: what goes, what stays, and what is refused."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from db.engine import Database
from db.ids import uuid7
from db.models import RestoreRow
from gmops_desktop.addresses import MysqlAddress, Resource
from gmops_desktop.archive.inventory import Backup, Inventory
from gmops_desktop.context import Context
from gmops_desktop.contract.retention import Keep
from gmops_desktop.errors import Cancelled
from gmops_desktop.services.retention import Retention

NOW = datetime(2018, 11, 22, 4, tzinfo=UTC)
SITE = Resource("db1", "mysql", "site", MysqlAddress("h", 3306, "u", "site"))
TWO = Keep(enabled=True, last=2, daily=0, weekly=0, monthly=0, safety_days=7)


class Shelf:
    """Archives in a folder and in the list."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.database, self.folder = database, folder
        self.inventory = Inventory(database)
        self.keep = TWO
        self.retention = Retention(
            database, lambda: folder, lambda resource: self.keep, now=lambda: NOW
        )

    def put(self, days: float, *, folder: Path | None = None, **more: object) -> Backup:
        """Put an archive of so many days ago there: 100 bytes, and its `.sha256`."""
        path = (folder or self.folder) / f"site-{days}-{more.get('purpose', '')}.sql.zst"
        path.write_bytes(b"x" * 100)
        path.with_name(path.name + ".sha256").write_text("…")
        values = {
            "id": uuid7(), "at": NOW - timedelta(days=days), "seconds": 1.0, "source": "site@h",
            "schema": "site", "resource_id": SITE.id, "purpose": "backup", "path": path,
            "file_bytes": 100, "text_bytes": 1000, "travelled": 10, "rows": 1, "tables": 1,
            "consistency": "consistent", "verdict": "", "manifest_digest": "", "verified_at": NOW,
            "verified": True, "exists": True,
        }  # fmt: skip
        backup = Backup(**{**values, **more})
        self.inventory.add(backup)
        return backup

    def put_files(self, days: float, source: str, *, verified: bool | None) -> Backup:
        """Put an archive of a website's directory there."""
        name = source.split("@")[0].replace("/", "_")
        return self.put(
            days, source=source, purpose="files", resource_id="web", verified=verified,
            path=self.written(f"{name}-{days}.tar.zst"),
        )  # fmt: skip

    def written(self, name: str) -> Path:
        path = self.folder / name
        path.write_bytes(b"x" * 100)
        return path

    def files(self) -> set[str]:
        return {file.name for file in self.folder.iterdir()}


@pytest.fixture
def shelf(database: Database, tmp_path: Path) -> Shelf:
    (tmp_path / "archives").mkdir()
    return Shelf(database, tmp_path / "archives")


def test_what_goes_takes_its_sidecar_and_keeps_its_line(shelf: Shelf) -> None:
    old, middle, new = shelf.put(3), shelf.put(2), shelf.put(1)
    preview = shelf.retention.preview(SITE.id)
    assert [one.archive.id for one in preview.going] == [old.id]
    assert preview.freed == 100
    assert old.path.exists(), "a preview touches nothing"
    notes: list[str] = []
    pruned = shelf.retention.prune(SITE.id, context=Context(note=notes.append))
    assert [one.id for one in pruned.removed] == [old.id]
    assert (pruned.freed, pruned.refused) == (100, ())
    assert shelf.files() == {
        *(middle.path.name, new.path.name),
        *(f"{middle.path.name}.sha256", f"{new.path.name}.sha256"),
    }
    line = shelf.inventory.get(old.id)
    assert line is not None
    assert line.removed == "newer ones stand for its day, week and month"
    assert "newer ones stand" in notes[0]
    assert shelf.retention.prune(SITE.id, context=Context()).removed == ()


def test_the_newest_proved_one_stays_whatever_came_after(shelf: Shelf) -> None:
    proved = shelf.put(30)
    for days in (3, 2, 1):
        shelf.put(days, verified=None, verified_at=None)
    shelf.retention.prune(SITE.id, context=Context())
    assert proved.path.exists()


def test_files_it_does_not_know_or_did_not_write_stay(shelf: Shelf, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    exported = shelf.put(9, folder=tmp_path / "elsewhere")
    replaced = shelf.put(8)
    replaced.path.write_bytes(b"somebody put another file here")
    stranger = shelf.folder / "site-20180101.sql.zst"
    stranger.write_bytes(b"not in the list")
    other = shelf.put(7, resource_id="db2")
    old = shelf.put(6)
    shelf.put(2)
    shelf.put(1)
    pruned = shelf.retention.prune(SITE.id, context=Context())
    assert [one.id for one in pruned.removed] == [old.id]
    assert all(path.exists() for path in (exported.path, replaced.path, stranger, other.path))
    why = {one.archive.id: one.why for one in shelf.retention.preview(SITE.id).verdicts}
    assert why[exported.id] == why[replaced.id] == "not ours to remove"


def test_a_file_that_is_gone_stands_for_nothing(shelf: Shelf) -> None:
    newest = shelf.put(1)
    newest.path.unlink()
    kept = [shelf.put(3), shelf.put(2)]
    assert shelf.retention.prune(SITE.id, context=Context()).removed == ()
    assert all(one.path.exists() for one in kept)


def restore(shelf: Shelf, safety: Backup, days: float, **more: object) -> None:
    row = RestoreRow(
        id=uuid7(), at=NOW - timedelta(days=days), seconds=1, target="mysql://u@h:3306/site",
        schema="site", safety_id=safety.id, tables=1, rows=1, text_bytes=1, proved=True,
        differences=[], more={"state": "done"},
    )  # fmt: skip
    for name, value in more.items():
        setattr(row, name, value)
    with shelf.database.session() as session, session.begin():
        session.add(row)


def test_safety_copies_stay_until_their_undo_is_out_of_date(shelf: Shelf) -> None:
    for days in (1, 2):
        shelf.put(days)
    old, replaced, needed, half = (shelf.put(days, purpose="safety") for days in (40, 20, 8, 50))
    restore(shelf, old, 40)
    restore(shelf, replaced, 20)
    restore(shelf, needed, 6.9)
    restore(shelf, half, 50, target="mysql://u@h:3306/other", more={"state": "swapping"})
    why = {one.archive.id: (one.keep, one.why) for one in shelf.retention.preview(SITE.id).verdicts}
    assert why[old.id] == (False, "a safety copy whose undo is out of date")
    assert why[replaced.id][0] is False
    assert why[needed.id] == (True, "an undo needs it")
    assert why[half.id] == (True, "an undo needs it"), "a restore was interrupted"


def test_an_archive_from_which_a_restore_was_interrupted_stays(shelf: Shelf) -> None:
    old = shelf.put(9)
    shelf.put(2)
    shelf.put(1)
    restore(shelf, shelf.put(3, purpose="safety"), 3, archive_path=str(old.path),
            more={"state": "building"})  # fmt: skip
    assert shelf.retention.preview(SITE.id).going == ()


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may remove everything")
def test_a_file_that_cannot_be_removed_is_named(shelf: Shelf) -> None:
    old = shelf.put(3)
    shelf.put(2)
    shelf.put(1)
    shelf.folder.chmod(0o500)
    try:
        pruned = shelf.retention.prune(SITE.id, context=Context())
    finally:
        shelf.folder.chmod(0o700)
    assert pruned.removed == ()
    assert old.path.name in pruned.refused[0]


def test_a_folder_in_a_file_s_place_is_refused_and_named(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the system refuses (here: a sidecar that is a folder) stays in the list as it is."""
    old = shelf.put(3)
    shelf.put(2)
    shelf.put(1)
    sidecar = old.path.with_name(old.path.name + ".sha256")
    sidecar.unlink()
    (sidecar / "inside").mkdir(parents=True)
    pruned = shelf.retention.prune(SITE.id, context=Context())
    assert pruned.removed == ()
    assert "cannot be removed" in pruned.refused[0]
    assert old.path.exists(), "the file goes last, so that nothing is half removed"


def test_cancelled_it_leaves_the_rest(shelf: Shelf) -> None:
    for days in (4, 3, 2, 1):
        shelf.put(days)
    context = Context()
    context.cancel()
    with pytest.raises(Cancelled):
        shelf.retention.prune(SITE.id, context=context)
    assert len(shelf.files()) == 8


def test_the_forecast_knows_the_disk(shelf: Shelf) -> None:
    assert shelf.retention.forecast(SITE.id, per_day=1.0, keep=TWO) is None
    shelf.put(1)
    found = shelf.retention.forecast(SITE.id, per_day=1.0, keep=replace(TWO, enabled=False))
    assert found is not None
    assert found.archive_bytes == 100


def test_each_kind_and_each_directory_keeps_its_newest_and_its_last_proved(shelf: Shelf) -> None:
    """A website's directories are judged apart: many archives of one do not push out another's."""
    files = {
        name: [shelf.put_files(days, name, verified=ok) for days, ok in ages]
        for name, ages in (
            ("/srv/www@h", ((9, True), (3, True), (2, True), (1, True))),
            ("/srv/media@h", ((30, True), (8, None), (7, None), (6, None))),
        )
    }
    account = [shelf.put(days, purpose="account", resource_id="acc") for days in (5, 4, 3)]
    before_menu = shelf.put(2, purpose="account-safety", resource_id="acc")
    long_ago = shelf.put(20, purpose="account-safety", resource_id="acc")
    pruned = shelf.retention.prune("web", "acc", context=Context())
    stays = {one.archive.id for one in shelf.retention.preview("web", "acc").verdicts}
    www, media = files["/srv/www@h"], files["/srv/media@h"]
    assert stays == {
        *(one.id for one in (*www[2:], media[0], *media[2:])),
        *(one.id for one in (*account[1:], before_menu)),
    }
    gone = {www[0].id, www[1].id, media[1].id, account[0].id, long_ago.id}
    assert {one.id for one in pruned.removed} == gone
    assert media[0].path.exists(), "the last proved one stays, whatever came after"
