"""Values as they come off the wire: the same as the driver's own, wherever the reads end."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

import pytest

from databases import opener
from gmops_desktop.adapters.mysql import MysqlConnection, connection
from gmops_desktop.adapters.mysql.failures import ServerGone, ServerRefused
from gmops_desktop.addresses import MysqlAddress
from gmops_desktop.context import Context
from sandbox.mariadb import MariaDB

pytestmark = pytest.mark.servers

# Every length of a length: one byte, three, four; a border on either side; NULL, nothing.
LENGTHS = (0, 1, 250, 251, 252, 254, 65_535, 65_536, 700_000)
EVERY = " UNION ALL ".join(
    ["SELECT NULL", *(f"SELECT REPEAT('x',{n})" for n in LENGTHS), "SELECT NULL", "SELECT '中文'"]
)


@pytest.fixture
def live(mariadb: MariaDB, schema: MysqlAddress) -> Iterator[MysqlConnection]:
    with opener(mariadb)(schema, Context()) as made:
        yield made


def all_of(live: MysqlConnection, statement: str) -> list[bytes | None]:
    return list(chain.from_iterable(live.values(statement)))


@pytest.mark.parametrize("gulp", [1, 7, 4096, 256 << 10])
def test_values_of_every_length_come_as_they_are(
    live: MysqlConnection, monkeypatch: pytest.MonkeyPatch, gulp: int
) -> None:
    monkeypatch.setattr(connection, "_GULP", gulp)
    short = EVERY if gulp > 100 else EVERY.replace("700000", "70")
    expected = [value if value is None else value.encode() for (value,) in live.rows(short)]
    assert all_of(live, short) == expected
    assert live.rows("SELECT 1") == [("1",)]  # the driver goes on where the flow ended


def test_more_packets_than_their_numbers(live: MysqlConnection) -> None:
    numbers = (
        "WITH RECURSIVE n AS (SELECT 1 i UNION ALL SELECT i+1 FROM n WHERE i<1000) SELECT i FROM n"
    )
    assert all_of(live, numbers) == [str(number).encode() for number in range(1, 1001)]
    assert all_of(live, "SELECT 1 FROM dual WHERE FALSE") == []
    assert live.rows("SELECT 2") == [("2",)]


def test_what_the_server_refuses_in_the_middle_is_told(live: MysqlConnection) -> None:
    late = (
        "WITH RECURSIVE n AS (SELECT 1 i UNION ALL SELECT i+1 FROM n WHERE i<500)"
        " SELECT IF(i<500,i,(SELECT 1 UNION ALL SELECT 2)) FROM n"
    )
    with pytest.raises(ServerRefused, match="more than 1 row"):
        all_of(live, late)
    assert live.rows("SELECT 3") == [("3",)]


def test_warnings_are_counted(live: MysqlConnection) -> None:
    assert all_of(live, "SELECT 1+'x' UNION ALL SELECT 1+'y'") == [b"1", b"1"]
    assert live.warnings == 2


def test_a_line_that_ends_in_the_middle(live: MysqlConnection) -> None:
    flowing = live.values(" UNION ALL ".join([EVERY] * 20))
    next(flowing)
    live.cut()
    with pytest.raises(ServerGone):
        for _ in flowing:
            pass


def test_who_leaves_early_loses_the_connection(live: MysqlConnection) -> None:
    flowing = live.values(" UNION ALL ".join([EVERY] * 20))
    next(flowing)
    flowing.close()  # type: ignore[attr-defined]  # a generator
    with pytest.raises(ServerGone):
        live.rows("SELECT 1")
