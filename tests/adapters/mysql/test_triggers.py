"""Triggers are read from the words they were made with."""

from __future__ import annotations

import pytest

from gmops_desktop.adapters.mysql import triggers


@pytest.mark.parametrize(
    ("statement", "table"),
    [
        (b"CREATE TRIGGER t BEFORE INSERT ON a FOR EACH ROW SET @x=1", "a"),
        (b"CREATE DEFINER=`r``t`@`%` TRIGGER `x`.`t ON b` AFTER DELETE ON `x`.`a``b`\nFOR", "a`b"),
        (b"create or replace trigger /* ON x */ t before-- ON y\n update ON # z\n\xe8\xa1\xa8 for",
         "表"),
        (b"CREATE TRIGGER IF NOT EXISTS t AFTER INSERT OR UPDATE ON a FOR EACH ROW SET @x=1", "a"),
        (b"CREATE TRIGGER t SOMETIMES INSERT ON a FOR EACH ROW SET @x=1", None),
    ],
)  # fmt: skip
def test_the_table_of_a_trigger_is_read_from_its_words(statement: bytes, table: str) -> None:
    frame = b"\nSET character_set_client=utf8mb4;\nDROP TRIGGER IF EXISTS t;\nDELIMITER ;;\n"
    assert triggers.table_of(frame + statement + b"\n;;\nDELIMITER ;\n") == table
