"""What a database server answered once, damaged in every way: never in order by ignorance."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from itertools import product
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gmops_desktop.adapters import mysql, mysql_status
from gmops_desktop.adapters.mysql.failures import ServerGone, ServerRefused
from gmops_desktop.context import Context
from gmops_desktop.contract.fact_lines import lines_of
from gmops_desktop.contract.looks import MysqlDetails, details_from_dict, details_to_dict
from gmops_desktop.contract.rates import with_rates
from gmops_desktop.contract.verdicts import History, verdict
from gmops_desktop.errors import OpsError
from sandbox.mariadb import MariaDB

# What each statement, known by a part of it, is asked for; "" is the whole look.
FEEDS = {
    "SHOW GLOBAL STATUS": ("",),
    "SELECT VERSION()": ("",),
    "CURRENT_USER()": ("",),
    "SUM(DATA_LENGTH": ("schema_bytes", "tables"),
    "setup_consumers": ("slow",),
    "events_statements_summary_by_digest": ("slow",),
    "INNODB_LOCK_WAITS": ("lock_waits",),
    "Waiting for table": ("lock_waits",),
    "AS age": ("transactions",),
    "SLAVES STATUS": ("replication",),
    "TABLE_ROWS": ("table_sizes",),
    "information_schema.STATISTICS": ("hints",),
    "TYPE = 'BASE TABLE' ORDER BY TABLE_NAME": ("hints",),
    "index_usage": ("hints",),
}
JUDGED = {"lock_waits", "transactions", "replication"}
NAMES = {  # any word may be the name of an account, a table or an index
    "CURRENT_USER()", "TYPE = 'BASE TABLE' ORDER BY TABLE_NAME", "index_usage",
}  # fmt: skip
ONE_ROW = {"SELECT VERSION()", "CURRENT_USER()", "SUM(DATA_LENGTH", "setup_consumers"}

Rows = list[Any]
Damage = Callable[[Rows], Rows]


class Answers(NamedTuple):
    """What a server said to each statement; `damage` one of them, and it says otherwise."""

    schema: str
    said: dict[str, Rows]
    damaged: str = ""
    damage: Damage = list

    def rows(self, statement: str, *_values: object) -> Rows:
        return self.damage(self.said[statement]) if self.damaged in statement else (
            list(self.said[statement])
        )  # fmt: skip

    def named(self, statement: str) -> list[Mapping[str, Any]]:
        return self.rows(statement)

    def hurt(self, part: str, damage: Damage) -> Answers:
        return self._replace(damaged=part, damage=damage)


class Recorder:
    """A connection that keeps what the server says, which has run for eleven days."""

    def __init__(self, connection: mysql.MysqlConnection) -> None:
        self.schema, self.said = connection.schema, dict[str, Rows]()
        self._connection = connection

    def rows(self, statement: str, *values: Any) -> Rows:
        found = [("Uptime", "1000000") if row[0] == "Uptime" else row
                 for row in self._connection.rows(statement, *values)]  # fmt: skip
        self.said[statement] = found
        return found

    def named(self, statement: str) -> list[Mapping[str, Any]]:
        self.said[statement] = self._connection.named(statement)
        return self.said[statement]


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Answers:
    """Recorded from a real MariaDB that records statements and copies from another."""
    options = ("--performance-schema=ON",)
    with MariaDB(tmp_path_factory.mktemp("recorded"), options=options) as server:
        with server.connect() as raw, raw.cursor() as cursor:
            for statement in (
                "CREATE DATABASE shown",
                "CREATE TABLE shown.members (id INT PRIMARY KEY, name VARCHAR(50), KEY a (name))",
                "CHANGE MASTER TO MASTER_HOST='127.0.0.1', MASTER_PORT=3999, MASTER_USER='r'",
            ):
                cursor.execute(statement)
        with server.connect("shown") as raw, raw.cursor() as cursor:
            cursor.execute("SELECT SLEEP(1.01)")
        address = replace(server.address("shown"), user="root")
        password = server.password("root")
        with mysql.connect(address, Context(), password=password) as connection:
            recorder = Recorder(connection)
            mysql_status.look(recorder)
    said = {
        # Without a stored answer to each, a test would be of nothing.
        statement: _moving(rows) if "SLAVES" in statement else rows
        for statement, rows in recorder.said.items()
    }
    return Answers("shown", said)


def _moving(rows: Rows) -> Rows:
    """The row of a copy that stands still, as it is while it moves."""
    moving = {"Slave_IO_Running": "Yes", "Slave_SQL_Running": "Yes", "Seconds_Behind_Master": "0"}
    return [{**row, **moving} for row in rows]


def test_what_was_recorded_is_in_order_and_whole(answers: Answers) -> None:
    seen = mysql_status.look(answers)
    assert seen.sections == {}
    assert verdict(seen, History()).state == "ok"
    assert seen.slow
    assert seen.hints
    assert {hint.kind for hint in seen.hints} == {"unused"}
    for part in FEEDS:
        assert sum(part in statement for statement in answers.said) == 1, part
    asked = [any(part in statement for part in FEEDS) for statement in answers.said]
    assert all(asked), "a statement that nobody damages"


def refused(_rows: Rows) -> Rows:
    raise ServerRefused("Access denied; you need more rights", 1227)


def broken(_rows: Rows) -> Rows:
    raise ServerGone("The connection to the database server broke.")


def cut(rows: Rows) -> Rows:
    """Each row ends early; a server with nothing to tell says half a row."""
    short = [dict(list(row.items())[:3]) if isinstance(row, dict) else row[:-1] for row in rows]
    return short or [("1",)]


def garbled(rows: Rows) -> Rows:
    """Other things stand where numbers and names were."""
    return [
        dict.fromkeys(row, "\x00garbage") if isinstance(row, dict) else ("\x00garbage",) * len(row)
        for row in rows
    ] or [("\x00garbage",) * 6]


@pytest.mark.parametrize(
    ("part", "damage"),
    [
        pytest.param(part, damage, id=f"{part}-{damage.__name__}")
        for part, damage in product(sorted(FEEDS), (refused, broken, cut, garbled))
        if not (part in NAMES and damage is garbled)
    ],
)
def test_without_an_answer_nothing_of_it_is_ok(answers: Answers, part: str, damage: Damage) -> None:
    """The mutation test: every statement in turn, failing in every way."""
    whole = mysql_status.look(answers)
    hurt = answers.hurt(part, damage)
    if FEEDS[part] == ("",) or damage is broken:
        with pytest.raises(OpsError):  # no look at all: an unknown resource, or one that is down
            mysql_status.look(hurt)
        return
    seen = mysql_status.look(hurt)
    for name in FEEDS[part]:
        if part != "index_usage":  # hints hold more than what is unused
            assert getattr(seen, name) is None, name
    assert set(seen.sections) - set(whole.sections), "nobody says why"
    assert any(line.state == "unknown" for line in lines_of(seen))
    if JUDGED & set(FEEDS[part]):
        found = verdict(seen, History())
        assert found.state == "unknown"
        assert found.reason.startswith("Unknown: ")
    # Whatever else the look says stays as it was.
    kept = {"slow", "table_sizes", "lock_waits", "transactions", "replication", "tables"}
    for name in kept - set(FEEDS[part]):
        assert getattr(seen, name) == getattr(whole, name), name


@pytest.mark.parametrize("part", sorted(ONE_ROW))
def test_an_answer_without_its_row_is_none(answers: Answers, part: str) -> None:
    hurt = answers.hurt(part, lambda _rows: [])
    if FEEDS[part] == ("",):
        with pytest.raises(OpsError, match="form we do not know"):
            mysql_status.look(hurt)
    else:
        assert "form we do not know" in str(mysql_status.look(hurt).sections)


@pytest.mark.parametrize("name", ["Uptime", "Threads_running", "Slow_queries", "Questions"])
def test_a_counter_that_every_server_has_must_be_there(answers: Answers, name: str) -> None:
    hurt = answers.hurt("SHOW GLOBAL STATUS", lambda rows: [row for row in rows if row[0] != name])
    with pytest.raises(OpsError, match=name.lower()):
        mysql_status.look(hurt)


@pytest.mark.parametrize("wrong", ["-5", "1e3", "", " 7", "1_000", "٣", None, "9" * 40])
def test_a_number_that_is_none_is_not_read(answers: Answers, wrong: str | None) -> None:
    def damage(rows: Rows) -> Rows:
        return [(name, wrong if name == "Threads_connected" else value) for name, value in rows]

    with pytest.raises(OpsError, match="form we do not know"):
        mysql_status.look(answers.hurt("SHOW GLOBAL STATUS", damage))


def sound(seen: MysqlDetails) -> None:
    """Whatever was answered: numbers are finite and possible, and what is missing says why."""
    assert min(seen.connections, seen.running, seen.max_connections, seen.questions) >= 0
    assert math.isfinite(seen.uptime_seconds)
    for name in ("hit_share", "temporary_on_disk", "pool_dirty", "pool_free"):
        value = getattr(seen, name)
        assert value is None or 0 <= value <= 100, name
    told = {**seen.sections, **seen.notes}
    for name, key in (("lock_waits", "locks"), ("transactions", "transactions"),
                      ("replication", "replication"), ("slow", "slow"),
                      ("table_sizes", "tables"), ("hints", "indexes")):  # fmt: skip
        assert getattr(seen, name) is not None or key in told, name
    lines_of(seen)
    found = verdict(seen, History())
    assert found.state != "ok" or not {"locks", "transactions", "replication"} & set(seen.sections)
    assert details_from_dict("mysql", details_to_dict(seen)) == seen


cells = st.one_of(
    st.none(), st.text(max_size=12), st.integers().map(str), st.floats().map(str),
    st.sampled_from(["-1", "nan", "Yes", "0", "\x00", "٣"]),
)  # fmt: skip


@st.composite
def damages(draw: st.DrawFn) -> tuple[str, Damage]:
    """A statement, and a way in which its answer is cut, shuffled, doubled or overwritten."""
    part = draw(st.sampled_from(sorted(FEEDS)))
    how = draw(st.sampled_from(["cut", "doubled", "overwritten", "widened", "emptied", "reversed"]))
    cell, place = draw(cells), draw(st.integers(0, 5))

    def damage(rows: Rows) -> Rows:
        if how == "emptied":
            return []
        if how == "doubled":
            return rows * 2
        if how == "reversed":
            return [dict(reversed(row.items())) if isinstance(row, dict) else tuple(reversed(row))
                    for row in rows]  # fmt: skip
        if how == "cut":
            return [dict(list(row.items())[:place]) if isinstance(row, dict) else row[:place]
                    for row in rows]  # fmt: skip
        if how == "widened":
            return [{**row, "More": cell} if isinstance(row, dict) else (*row, cell)
                    for row in rows]  # fmt: skip
        return [_overwritten(row, place, cell) for row in rows]

    return part, damage


def _overwritten(row: Any, place: int, cell: str | None) -> Any:
    if isinstance(row, dict):
        names = [name for name in row if "Running" in name or "Seconds" in name or "Host" in name]
        return {**row, names[place % len(names)]: cell}
    values = list(row)
    values[place % len(values)] = cell
    return tuple(values)


@settings(max_examples=150, deadline=None)
@given(damages())
def test_no_damage_to_an_answer_is_more_than_an_unknown(
    answers: Answers, damage: tuple[str, Damage]
) -> None:
    try:
        seen = mysql_status.look(answers.hurt(*damage))
    except OpsError:
        return
    sound(seen)
    rated = with_rates(seen, mysql_status.look(answers), timedelta(seconds=60))
    assert isinstance(rated, MysqlDetails)
    sound(rated)
