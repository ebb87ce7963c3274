"""An archive goes to a server of another kind or version: proved as far as words hold there, said
where they do not, and no false alarm."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

import strange_features
from databases import execute, opener
from db.engine import Database
from gmops_desktop.context import Context
from gmops_desktop.errors import ProofFailed
from gmops_desktop.services.backups import Backups
from gmops_desktop.services.restores import Restores, building
from sandbox.database import DatabaseServer
from strange_dumps import Workbench, check_values
from strange_features import Kind
from strange_proofs import proof_of

pytestmark = pytest.mark.servers

WAYS: list[tuple[Kind, Kind]] = [
    ("mysql56", "mariadb"),
    ("mariadb", "mysql56"),
    ("mysql56", "mysql9"),
    ("mariadb", "mysql9"),
    ("mysql9", "mariadb"),
]
NUMBERS = [
    "CREATE TABLE single (id int PRIMARY KEY, n float, d double)",
    "INSERT INTO single VALUES (1,0.1,0.1),(2,1e-20,1e-300),(3,3.4e38,1.7e308),(4,1e15,1e15),"
    "(5,16777216,1e20/3),(6,NULL,-2.5),(7,123456.7,1e22)",
    "CREATE TABLE keyless (n float, d double, w varchar(9))",
    "INSERT INTO keyless SELECT n, d, id FROM single",
]


def marked(*way: Kind) -> object:
    marks = [pytest.mark.mysql9] if "mysql9" in way else []
    return pytest.param(*way, marks=marks, id=" to ".join(way))


@pytest.fixture
def restores(
    request: pytest.FixtureRequest, target: Kind, tmp_path: Path, database: Database
) -> Iterator[Restores]:
    server: DatabaseServer = request.getfixturevalue(target)
    safety = Backups(database, opener(server), lambda: tmp_path)
    return Restores(database, opener(server), partial(safety.take, purpose="safety"))


@pytest.mark.parametrize(("source", "target"), [marked(*way) for way in WAYS])
def test_all_that_is_strange_goes_along_and_back(
    request: pytest.FixtureRequest,
    source: Kind,
    target: Kind,
    workbench: Workbench,
    restores: Restores,
) -> None:
    origin: DatabaseServer = request.getfixturevalue(source)
    server: DatabaseServer = request.getfixturevalue(target)
    schema = workbench.gather(origin, strange_features.of(source, target))
    execute(origin, schema, NUMBERS)
    taken = workbench.take(origin, schema)
    fresh = workbench.make(server, [])
    address = server.address(fresh, user="root")
    done = restores.run(taken.path, address, Context(), confirm=fresh)
    assert done.proved, done.differences
    assert any("not compared word for word" in told for told in done.differences)
    found = proof_of(server, fresh)
    check_values(taken, found)
    execute(server, fresh, ["UPDATE single SET d=0 WHERE id=4", "DELETE FROM keyless LIMIT 2"])
    damaged = proof_of(server, fresh)
    again = restores.run(taken.path, address, Context(), confirm=fresh)
    assert again.proved, again.differences
    assert proof_of(server, fresh).values == found.values
    assert restores.undo(again.id, Context()).proved
    assert proof_of(server, fresh) == damaged


@pytest.mark.parametrize(
    "change",
    ["UPDATE {} SET n=n*1.000001 WHERE n>1", "UPDATE {} SET d=d*1.0000000000001", "DELETE FROM {}"
     " LIMIT 1", "INSERT INTO {0} SELECT * FROM (SELECT * FROM {0} LIMIT 1) s"],
)  # fmt: skip
@pytest.mark.parametrize(("source", "target"), [marked("mysql56", "mariadb")])
def test_numbers_that_are_others_are_no_other_words(
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    source: Kind,
    target: Kind,
    change: str,
    workbench: Workbench,
    restores: Restores,
) -> None:
    """Whoever spoils a copy between writing and proof is found, whatever the server's words."""
    origin: DatabaseServer = request.getfixturevalue(source)
    server: DatabaseServer = request.getfixturevalue(target)
    taken = workbench.take(origin, workbench.make(origin, NUMBERS))
    fresh = workbench.make(server, [])
    prove = building.disproved

    def spoiled(connection, record, name):  # type: ignore[no-untyped-def]  # as `disproved`
        if record.name == "keyless":
            connection.run(change.format(f"`{name}`"))
        return prove(connection, record, name)

    monkeypatch.setattr(building, "disproved", spoiled)
    with pytest.raises(ProofFailed, match="keyless"):
        restores.run(taken.path, server.address(fresh, user="root"), Context(), confirm=fresh)
