"""A restore of a part tears no foreign key: neither what it names nor what names it is missing."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from databases import EVERY_KIND, execute, opener, query
from db.engine import Database
from gmops_desktop.addresses import MysqlAddress
from gmops_desktop.context import Context
from gmops_desktop.errors import OpsError
from gmops_desktop.services.backups import Backups
from gmops_desktop.services.restores import Choice, Preview, Restored, Restores
from sandbox.database import DatabaseServer

pytestmark = [pytest.mark.servers, EVERY_KIND]

# Keys of each kind that is compared in a way of its own; names that must be quoted.
SITE = [
    "CREATE TABLE `会 员` (id int PRIMARY KEY, code varchar(20) CHARACTER SET gbk, flag bit(8),"
    " raw binary(2), UNIQUE KEY (code, flag), UNIQUE KEY (raw))",
    "INSERT INTO `会 员` VALUES (1,'商会',b'1','a'), (2,'B',b'10',0x6200), (3,NULL,NULL,NULL)",
    "CREATE TABLE fee (id int PRIMARY KEY, member int, code varchar(20) CHARACTER SET gbk,"
    " flag bit(8), raw binary(2), boss int,"
    " CONSTRAINT whose FOREIGN KEY (member) REFERENCES `会 员` (id) ON DELETE CASCADE,"
    " CONSTRAINT pair FOREIGN KEY (code, flag) REFERENCES `会 员` (code, flag),"
    " CONSTRAINT bytes FOREIGN KEY (raw) REFERENCES `会 员` (raw),"
    " CONSTRAINT own FOREIGN KEY (boss) REFERENCES fee (id))",
    "INSERT INTO fee VALUES (10,1,'商会',b'1','a',NULL), (11,2,'B',b'10',0x6200,10),"
    " (12,NULL,NULL,NULL,NULL,NULL), (13,3,NULL,b'1',NULL,11)",
]
UNCHECKED = "SET SESSION foreign_key_checks=0"


class Desk:
    def __init__(
        self, server: DatabaseServer, address: MysqlAddress, database: Database, folder: Path
    ) -> None:
        self.server, self.address = server, address
        backups = Backups(database, opener(server), lambda: folder)
        self.restores = Restores(database, opener(server), partial(backups.take, purpose="safety"))
        self.archive = backups.take(address, Context()).path

    def damage(self, *statements: str) -> None:
        execute(self.server, self.address.schema, [UNCHECKED, *statements])

    def put_back(self, **rows: str) -> Restored:
        """Put single rows back, named by the tables' keys."""
        chosen = {table: frozenset(keys.split()) for table, keys in rows.items()}
        return self.restores.run(
            self.archive,
            self.address,
            Context(),
            confirm=self.address.schema,
            choice=Choice(rows=chosen),
        )

    def restore(self, *tables: str, tears: bool = False) -> Restored:
        """Restore whole tables and nothing else."""
        return self.restores.run(
            self.archive,
            self.address,
            Context(),
            confirm=self.address.schema,
            choice=Choice(frozenset(tables), tears=tears),
        )

    def preview(self, *tables: str) -> Preview:
        choice = Choice(frozenset(tables) or None)
        return self.restores.preview(self.archive, self.address, Context(), choice=choice)

    def rows(self) -> tuple[object, ...]:
        return tuple(
            query(self.server, self.address.schema, f"SELECT * FROM `{table}` ORDER BY id")
            for table in ("会 员", "fee")
        )


@pytest.fixture
def desk(server: DatabaseServer, address: MysqlAddress, database: Database, tmp_path: Path) -> Desk:
    return Desk(server, address, database, tmp_path)


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        ("DELETE FROM `会 员` WHERE id=1", "id=11 of fee names id=2"),
        ("UPDATE `会 员` SET flag=b'11' WHERE id=2", "names code=0x42, flag=0x2 of 会 员"),
        ("UPDATE `会 员` SET raw='zz' WHERE id=2", "names raw=0x6200 of 会 员"),
    ],
    ids=["key", "pair", "bytes"],
)
def test_a_row_whose_parent_is_missing_is_refused(desk: Desk, damage: str, told: str) -> None:
    desk.damage("DELETE FROM fee WHERE id=11", damage.replace("id=1", "id=2"))
    before = desk.rows()
    with pytest.raises(OpsError, match="Foreign keys would be torn") as caught:
        desk.put_back(fee="11")
    assert told in caught.value.message
    assert "which is not there" in caught.value.message
    assert "会 员" in caught.value.hint
    assert "as it was" in caught.value.unharmed
    assert desk.rows() == before
    assert desk.restores.unfinished() == ()
    # The way out that it names.
    desk.put_back(**{"会 员": "2"})
    assert desk.put_back(fee="11").proved


def test_a_row_that_others_name_is_not_taken_away(desk: Desk) -> None:
    sound = desk.rows()
    desk.damage(
        "INSERT INTO `会 员` VALUES (9,'Z',b'1','zz')",
        "UPDATE fee SET member=9, code='Z', flag=b'1', raw='zz' WHERE id IN (10,11)",
    )
    before = desk.rows()
    with pytest.raises(OpsError, match="2 rows of fee name id=9 of 会 员") as caught:
        desk.put_back(**{"会 员": "9"})
    assert "fee" in caught.value.hint
    assert desk.rows() == before
    assert desk.put_back(fee="10 11").proved
    assert desk.put_back(**{"会 员": "9"}).proved
    assert desk.rows() == sound


def test_rows_of_both_tables_belong_together(desk: Desk) -> None:
    sound = desk.rows()
    desk.damage("DELETE FROM fee WHERE id=11", "DELETE FROM `会 员` WHERE id=2")
    assert desk.put_back(**{"会 员": "2", "fee": "11"}).proved
    assert desk.rows() == sound


def test_a_table_that_names_itself(desk: Desk) -> None:
    sound = desk.rows()
    desk.damage("DELETE FROM fee WHERE id IN (10,11)")
    with pytest.raises(OpsError, match=r"id=11 of fee names id=10 of fee"):
        desk.put_back(fee="11")
    assert desk.put_back(fee="10 11").proved
    assert desk.rows() == sound


def test_what_was_torn_before_is_not_asked_about(desk: Desk) -> None:
    """A row that changes elsewhere is put back, though what it names has gone long ago."""
    desk.damage("DELETE FROM `会 员` WHERE id=3", "UPDATE fee SET boss=NULL WHERE id=13")
    assert desk.put_back(fee="13").proved
    desk.damage("UPDATE fee SET member=NULL WHERE id=12", "DELETE FROM fee WHERE id=12")
    assert desk.put_back(fee="12").proved  # it names nothing


# ---------------------------------------------------------------- whole tables


def test_a_table_that_others_name_is_not_restored_alone(desk: Desk) -> None:
    sound = desk.rows()
    desk.damage(
        "INSERT INTO `会 员` VALUES (9,'Z',b'1','zz')",
        "UPDATE fee SET member=9, raw='zz' WHERE id IN (10,11)",
    )
    before = desk.rows()
    assert any("2 rows of fee name id=9 of 会 员, which would be gone" in told
               for told in desk.preview("会 员").torn)  # fmt: skip
    assert desk.preview("会 员", "fee").torn == desk.preview().torn == ()
    with pytest.raises(OpsError, match="2 rows of fee name id=9 of 会 员") as caught:
        desk.restore("会 员")
    assert "fee" in caught.value.hint
    assert "as it was" in caught.value.unharmed
    assert desk.rows() == before
    assert desk.restores.unfinished() == ()
    # The ways out that it names.
    assert desk.restore("会 员", tears=True).proved
    assert desk.rows()[0] == sound[0]
    assert desk.restore("会 员", "fee").proved
    assert desk.rows() == sound


def test_a_table_whose_parents_are_missing_is_not_restored_alone(desk: Desk) -> None:
    sound = desk.rows()
    desk.damage("DELETE FROM fee WHERE id=11", "DELETE FROM `会 员` WHERE id=2")
    before = desk.rows()
    assert any("id=11 of fee names id=2 of 会 员, which is not there" in told
               for told in desk.preview("fee").torn)  # fmt: skip
    with pytest.raises(OpsError, match="1 row of fee names id=2 of 会 员, which is not there"):
        desk.restore("fee")
    assert desk.rows() == before
    assert desk.restore("fee", "会 员").proved
    assert desk.rows() == sound


@pytest.mark.parametrize(
    ("table", "told"),
    [("会 员", "1 row of fee names id=9 of 会 员"), ("fee", "1 row of fee names id=2 of 会 员")],
)
def test_a_table_built_anew_is_judged_before_it_is_swapped_in(
    desk: Desk, table: str, told: str
) -> None:
    """Its foreign keys are as its own definition in the archive has them."""
    desk.damage(
        "INSERT INTO `会 员` VALUES (9,'Z',b'1','zz')",
        "DELETE FROM `会 员` WHERE id=2",
        "DELETE FROM fee WHERE id=11",
        "UPDATE fee SET member=9 WHERE id=10",
        "ALTER TABLE `会 员` ADD extra int",
        "ALTER TABLE fee DROP FOREIGN KEY own, ADD extra int",
    )
    before = desk.rows()
    with pytest.raises(OpsError, match=told):
        desk.restore(table)
    assert desk.rows() == before
    assert desk.restores.unfinished() == ()
    assert desk.restore(table, tears=True).proved


def test_what_was_torn_before_a_table_is_restored_is_not_asked_about(desk: Desk) -> None:
    desk.damage("DELETE FROM `会 员` WHERE id=3", "UPDATE fee SET boss=NULL WHERE id=13")
    assert desk.preview("fee").torn == ()
    assert desk.restore("fee").proved
    desk.damage("DELETE FROM `会 员` WHERE id=1")
    assert desk.preview("会 员").torn == ()
    assert desk.restore("会 员").proved
