"""What is backed up from MariaDB 10.11 comes back, bit for bit, by nothing but stock tools."""

from __future__ import annotations

import struct
from collections.abc import Iterator

import pytest

import strange_features
from databases import query
from sandbox.mariadb import MariaDB
from strange_dumps import Workbench, check_same
from strange_features import Feature

pytestmark = pytest.mark.servers


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MariaDB]:
    """A MariaDB of these tests' own, where the clocks change."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", strange_features.CLOCKS)
        with MariaDB(tmp_path_factory.mktemp("clocks")) as server:
            yield server


@pytest.mark.parametrize("feature", strange_features.of("mariadb", "mariadb"), ids=str)
def test_comes_back(feature: Feature, workbench: Workbench, server: MariaDB) -> None:
    taken = workbench.take(server, workbench.make(server, feature.statements))
    assert {(r.kind, r.name) for r in taken.manifest.remarks} == feature.remarks
    check_same(feature, taken, server, workbench.load(server, taken.path))


def test_a_routine_whose_characters_hold_a_backslash(workbench: Workbench, server: MariaDB) -> None:
    """乗 is 0x81 0x5C in GBK: a stock client would take the quote after it for an escaped one."""
    statements = [
        "SET NAMES gbk",
        "CREATE FUNCTION f() RETURNS varchar(20) CHARSET gbk DETERMINISTIC"
        " RETURN CONCAT('乗', '旧')".encode("gbk"),
    ]
    schema = workbench.make(server, statements)
    fresh = workbench.load(server, workbench.take(server, schema).path)
    asked = "SELECT HEX(f()), COLLATION(f())"
    expected = (("815CBEC9", "gbk_chinese_ci"),)
    assert query(server, fresh, asked) == query(server, schema, asked) == expected


def test_the_clocks_of_these_servers_change(server: MariaDB) -> None:
    """Else the tests of TIMESTAMP would prove nothing."""
    asked = "SELECT FROM_UNIXTIME(1414276200)=FROM_UNIXTIME(1414279800)"
    assert query(server, "mysql", asked) == ((1,),)


def test_every_bit_of_20000_floats(workbench: Workbench, server: MariaDB) -> None:
    """Held against the bits that were drawn here, not against what a server writes."""
    drawn = list(strange_features.floats(20_000))
    create = "CREATE TABLE t (id int PRIMARY KEY, f float)"
    schema = workbench.make(server, [create, strange_features.inserted("t", drawn)])
    fresh = workbench.load(server, workbench.take(server, schema).path)
    rows = query(server, fresh, "SELECT f*1e0 FROM t ORDER BY id")
    changed = [
        (one, other)
        for one, (other,) in zip(drawn, rows, strict=True)
        if struct.pack("<f", one) != struct.pack("<f", other) and one != 0
    ]  # MariaDB has no -0
    assert changed == []
