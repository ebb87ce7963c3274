"""Drills on a MySQL 9 of this machine: archives of its own kind, of MySQL 5.6 and of MariaDB."""

from __future__ import annotations

from pathlib import Path

import pytest

import mysql9_programs
import strange_features
from every_step import Everything
from gmops_desktop.adapters.local_programs import Program
from gmops_desktop.adapters.local_server import LocalServer, LocalServers
from gmops_desktop.archive.sealing import Seals
from gmops_desktop.context import Context, Progress
from gmops_desktop.services.drills.rehearsal import Findings, Rehearsal
from sandbox.database import DatabaseServer
from sandbox.mysql9 import Mysql9
from strange_dumps import Workbench

pytestmark = [pytest.mark.servers, pytest.mark.mysql9]


@pytest.fixture
def rehearsal(mysql9: Mysql9, tmp_path: Path) -> Rehearsal:
    programs: tuple[Program, ...] = mysql9_programs.find(tmp_path / "bin")
    assert [program.kind for program in programs] == ["MySQL"]
    return Rehearsal(LocalServers(tmp_path / "local"), Seals().opened, lambda: programs)


def drilled(rehearsal: Rehearsal, archive: Path, context: Context | None = None) -> Findings:
    found = Findings()
    rehearsal.run(archive, (), found, context or Context())
    return found


@pytest.mark.parametrize("kind", ["mysql9", "mysql56", "mariadb"])
def test_nothing_is_found_wrong_where_nothing_is(
    kind: str, rehearsal: Rehearsal, workbench: Workbench, request: pytest.FixtureRequest
) -> None:
    source: DatabaseServer = request.getfixturevalue(kind)
    schema = workbench.gather(source, strange_features.of(kind, "mysql9"))
    found = drilled(rehearsal, workbench.take(source, schema).path)
    assert found.proof.faults == []
    assert found.proof.tables > 20
    assert kind != "mysql9" or found.proof.otherwise == []


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ("UPDATE members SET name='会员貳' WHERE id=2", "rows of members"),
        ("DELETE FROM members WHERE id=2", "rows of members"),
        ("DROP TRIGGER lower_name", "trigger lower_name is missing"),
        ("ALTER TABLE members CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
         "table members is defined otherwise"),
    ],
)  # fmt: skip
def test_what_is_otherwise_in_the_copy_is_found(
    statement: str,
    fault: str,
    rehearsal: Rehearsal,
    workbench: Workbench,
    mysql9: Mysql9,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    schema = workbench.make(
        mysql9,
        [
            "CREATE TABLE members (id int PRIMARY KEY, name varchar(40))",
            "INSERT INTO members VALUES (1,'会员一'),(2,'会员二')",
            "CREATE TRIGGER lower_name BEFORE INSERT ON members FOR EACH ROW"
            " SET new.name=LOWER(new.name)",
        ],
    )
    running: list[LocalServer] = []
    start = LocalServer.start

    def noted(self: LocalServer, context: Context) -> None:
        start(self, context)
        running.append(self)

    monkeypatch.setattr(LocalServer, "start", noted)
    done: list[str] = []

    def meddle(progress: Progress) -> None:
        if progress.text == "Proving the copy" and not done:
            done.append(statement)
            with running[0].connect(schema, Context()) as connection:
                connection.run(statement)

    found = drilled(rehearsal, workbench.take(mysql9, schema).path, Everything(meddle))
    assert done
    assert fault in " ".join(found.proof.faults)
