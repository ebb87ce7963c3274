"""Which tables the SQL of a release touches, and what its ledger tells after a crash."""

from __future__ import annotations

from pathlib import Path

import pytest

from gmops_desktop.contract.releases import Script
from gmops_desktop.errors import OpsError
from gmops_desktop.services.patches.release_ledger import RunLedger
from gmops_desktop.services.patches.release_sql import Text, touched


def of(sql: str) -> Text:
    return Text(Script("before", "sql/1.sql", "", 1), sql.encode())


ONE_TABLE = [
    "INSERT INTO a (x) VALUES ('; UPDATE b SET')",
    "insert ignore a values (1)",
    "REPLACE INTO `a` SELECT * FROM other",
    "UPDATE a SET x=(SELECT 1 FROM b)",
    "DELETE FROM site.a WHERE id IN (1)",
    "ALTER TABLE `site` . `a` ADD COLUMN b int, RENAME COLUMN c TO d",
    "CREATE TABLE IF NOT EXISTS a (id int)",
    "DROP TABLE IF EXISTS a",
    "TRUNCATE a",
    "/* ; */ CREATE UNIQUE INDEX i ON a (x)",
    "-- nothing\nSET NAMES utf8mb4; UPDATE a SET x=1",
    "START TRANSACTION; UPDATE a SET x=1; COMMIT",
]
SEVERAL = [
    "UPDATE a, b SET a.x=1",
    "UPDATE a JOIN b USING (id) SET a.x=1",
    "UPDATE a AS one SET x=1",
    "DROP TABLE a, b",
    "DELETE a FROM a JOIN b USING (id)",
    "ALTER TABLE a RENAME TO b",
    "RENAME TABLE a TO b",
    "CREATE TRIGGER t AFTER INSERT ON a FOR EACH ROW DELETE FROM b",
    "CALL tidy()",
    "CREATE VIEW v AS SELECT * FROM a",
    "SET GLOBAL x=1",
    "LOAD DATA INFILE 'x' INTO TABLE a",
]


def test_a_statement_that_names_its_one_table_is_known() -> None:
    for sql in ONE_TABLE:
        assert touched([of(sql)], "site") == {"a"}, sql
    assert touched([of("UPDATE a SET x=1; UPDATE b SET x=1"), of("")], "site") == {"a", "b"}


def test_of_any_other_the_whole_schema_counts() -> None:
    for sql in SEVERAL:
        assert touched([of("UPDATE a SET x=1"), of(sql)], "site") is None, sql


def test_another_schema_is_refused() -> None:
    for sql in ("USE mysql", "DELETE FROM mysql.user", "DROP DATABASE shop", "UPDATE b.a SET x=1"):
        with pytest.raises(OpsError, match="works in the schema"):
            touched([of(sql)], "site")
    assert touched([of("USE site; UPDATE a SET x=1")], "site") is None


def test_a_ledger_tells_what_ran_whatever_line_it_was_cut_in(tmp_path: Path) -> None:
    path = tmp_path / "runs" / "1.jsonl"
    ledger = RunLedger(path)
    ledger.begin("c", "apply", [Script("before", "a", "", 3)], [Script("after", "b", "", 1)])
    for number in (1, 2):
        ledger.statement("a", number, number)
        ledger.ended("a", number, 0)
    ledger.statement("a", 3, 3)
    whole = path.read_bytes()
    ends = [place for place, byte in enumerate(whole, 1) if byte == ord("\n")]
    seen = set()
    for cut in range(ends[0], len(whole) + 1):
        path.write_bytes(whole[:cut])
        record = ledger.read()
        count = record.statements_of("a")
        lines = sum(end <= cut for end in ends)
        assert count == {1: 0, 2: 0, 3: 1, 4: 1, 5: 2, 6: 2}[lines]
        assert bool(record.unknown) == (lines in (2, 4, 6))
        assert record.ran("a") == ("part" if lines > 1 else "none")
        assert record.ran("b") == "none"
        seen.add(lines)
        ledger.ended("a", 9, 0)  # what is written next begins a line of its own
        assert ledger.read().lines[-1]["number"] == 9
    assert seen == {1, 2, 3, 4, 5, 6}


def test_what_a_transaction_did_counts_from_its_commit(tmp_path: Path) -> None:
    ledger = RunLedger(tmp_path / "1.jsonl")
    ledger.begin("c", "apply", [Script("before", "a", "", 4)])
    for number, opened in ((1, 0), (2, 2), (3, 2)):
        ledger.statement("a", number, number)
        ledger.ended("a", number, 0, opened)
    assert (ledger.read().statements_of("a"), ledger.read().unknown) == (1, None)
    ledger.statement("a", 4, 4)
    ledger.ended("a", 4, 0)
    assert ledger.read().ran("a") == "whole"
