"""Samples and roll-ups in the store: late, doubled, by two programs, and killed in between."""

from __future__ import annotations

import random
import signal
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from alembic import command
from alembic.config import Config
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, func, select

from db import measured, samples, schema
from db.columns import from_milliseconds, to_milliseconds
from db.engine import Database
from db.ids import uuid7
from db.models import RollupRow, SampleRow, UnrolledRow
from gmops_desktop.contract.rollups import HOUR, Sample, day_of, roll
from gmops_desktop.paths import ROOT

BEGIN = datetime(2018, 4, 2, 16, tzinfo=UTC)  # midnight in Beijing
START = to_milliseconds(BEGIN)
LATER = BEGIN + timedelta(days=3)


def keep(database: Database, resource: str, *looks: Sample) -> None:
    with database.session() as session, session.begin():
        for one in looks:
            at = from_milliseconds(one.at)
            samples.keep(session, resource, at, one.every / 1000, one.values)


def roll_up(database: Database, now: datetime = LATER) -> None:
    with database.session() as session, session.begin():
        while samples.roll_up(session, now):
            pass


def minutes(count: int, first: int = 0) -> list[Sample]:
    return [
        Sample(START + at * 60_000, 60_000, {"cpu": float(at % 7), "look": 1.0})
        for at in range(first, first + count)
    ]


def hours_of(database: Database, resource: str, until: datetime = LATER) -> dict[int, dict]:
    with database.session() as session:
        return dict(measured.rollups(session, resource, "hour", BEGIN, until))


looks = st.builds(
    lambda at, every, cpu: Sample(START + at, every * 1000, {"cpu": cpu, "look": 1.0}),
    st.integers(0, 30 * HOUR),
    st.sampled_from([15, 60, 300, 1800]),
    st.one_of(st.none(), st.floats(-1e9, 1e9)),
)


@settings(max_examples=30, deadline=None,
          suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip
@given(st.lists(looks, max_size=40, unique_by=lambda one: one.at), st.integers(0, 2**32))
def test_in_whatever_order_and_however_often_the_figures_are_those_of_a_recount(
    database: Database, found: list[Sample], seed: int
) -> None:
    resource, chance = uuid7(), random.Random(seed)
    told = [*found, *chance.sample(found, len(found) // 3)]  # some are told twice
    chance.shuffle(told)
    while told:
        some = chance.randint(1, len(told))
        keep(database, resource, *told[:some])
        del told[:some]
        if chance.random() < 0.5:
            roll_up(database)
    ordered = sorted(found, key=lambda one: one.at)
    wanted = {
        at: rolled
        for at in range(START, START + 34 * HOUR, HOUR)
        if (rolled := roll(ordered, at, at + HOUR))
    }
    assert hours_of(database, resource) == wanted, "also of hours not rolled up yet"
    roll_up(database)
    assert hours_of(database, resource) == wanted
    with database.session() as session:
        assert session.scalar(select(func.count()).select_from(UnrolledRow)) == 0
        days = dict(measured.rollups(session, resource, "day", BEGIN, LATER))
        counted = measured.watched(session, (resource, "nobody looked"), BEGIN, LATER)
    assert sum(count for count, _ in counted.values()) == len(found)
    assert {id for id, _ in counted} <= {resource}
    for metric in ("cpu", "look"):
        taken = sum(one.values[metric] is not None for one in found)
        assert sum(day[metric].count for day in days.values() if metric in day) == taken


def test_the_hour_that_runs_is_read_from_its_samples(database: Database) -> None:
    keep(database, "r", *minutes(90))
    roll_up(database, BEGIN + timedelta(minutes=90))
    with database.session() as session:
        assert session.scalar(select(func.count()).select_from(RollupRow)) == 2  # an hour, its day
        [(_, day)] = measured.rollups(session, "r", "day", BEGIN, LATER)
        assert day["look"].count == 90
        [(looks, _)] = measured.watched(session, ("r",), BEGIN, LATER).values()
        assert looks == 90


def test_what_a_look_said_beyond_its_hour_ends_with_one_told_late(database: Database) -> None:
    keep(database, "r", Sample(START + HOUR - 60_000, 1_800_000, {"look": 1.0}))
    roll_up(database)
    assert hours_of(database, "r")[START + HOUR]["look"].covered == HOUR - 60_000
    keep(database, "r", Sample(START + HOUR - 50_000, 15_000, {"look": 1.0}))
    assert list(hours_of(database, "r")) == [START]
    roll_up(database)
    assert list(hours_of(database, "r")) == [START]


def test_a_late_sample_is_counted_in_its_hour(database: Database) -> None:
    keep(database, "r", *minutes(60))
    roll_up(database)
    keep(database, "r", Sample(START + 30_000, 60_000, {"cpu": 100.0, "look": 1.0}))
    assert hours_of(database, "r")[START]["cpu"].high == 100.0
    roll_up(database)
    with database.session() as session:
        [(_, day)] = measured.rollups(session, "r", "day", BEGIN, LATER)
    assert (day["cpu"].high, day["cpu"].count) == (100.0, 61)


def test_old_samples_go_and_their_hours_stay_as_they_are(database: Database) -> None:
    keep(database, "r", *minutes(180))
    roll_up(database)
    before = hours_of(database, "r")
    week = BEGIN + samples.RAW_FOR + timedelta(hours=30)
    keep(database, "r", Sample(to_milliseconds(week), 60_000, {"cpu": 1.0, "look": 1.0}))
    roll_up(database, week + timedelta(hours=2))
    with database.session() as session:
        assert session.scalar(select(func.count()).select_from(SampleRow)) == 1
        assert measured.first_looks(session, ("r", "nobody looked")) == {"r": BEGIN}
        assert measured.newest_look(session, "r", BEGIN + timedelta(days=1)) == (
            BEGIN + timedelta(hours=2)
        )
    assert hours_of(database, "r") == before
    keep(database, "r", Sample(START + 5, 60_000, {"cpu": 99.0, "look": 1.0}))
    roll_up(database, week + timedelta(hours=2))
    assert hours_of(database, "r") == before, "what comes after its hour was closed is left out"


def test_a_clock_that_jumps_ahead_and_back_loses_and_doubles_nothing(database: Database) -> None:
    keep(database, "r", *minutes(30))
    roll_up(database, BEGIN + timedelta(days=2))  # the clock is wrong
    keep(database, "r", *minutes(30, first=30))
    roll_up(database, BEGIN + timedelta(hours=2))
    assert hours_of(database, "r")[START]["look"].count == 60


def test_what_is_no_number_is_not_known(database: Database) -> None:
    wrong = {"cpu": float("nan"), "load": float("inf"), "look": 1.0}
    keep(database, "r", Sample(START, 60_000, wrong))
    with database.session() as session:
        [one] = measured.samples(session, "r", BEGIN, LATER)
    assert one.values == {"cpu": None, "load": None, "look": 1.0}


def test_two_programs_at_once_count_everything_once(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    Database(path).close()
    faults: list[BaseException] = []

    def program(database: Database, first: int) -> None:
        try:
            for one in minutes(120)[first::2]:
                keep(database, "r", one)
                roll_up(database)
        except BaseException as error:
            faults.append(error)
        finally:
            database.close()

    both = [threading.Thread(target=program, args=(Database(path), first)) for first in (0, 1)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert not faults
    database = Database(path)
    assert [one["look"].count for one in hours_of(database, "r").values()] == [60, 60, 0]
    assert sum(one["look"].covered for one in hours_of(database, "r").values()) == 121 * 60_000
    database.close()


KILLED = """
import sys
from datetime import timedelta
from pathlib import Path
from db import samples
from db.columns import from_milliseconds
from db.engine import Database
database = Database(Path(sys.argv[1]))
for at in range(int(sys.argv[2]), 10**6):
    moment = from_milliseconds({start} + at * 60_000)
    with database.session() as session, session.begin():
        samples.keep(session, "r", moment, 60, {{"cpu": 1.0, "look": 1.0}})
    print(at, flush=True)
    with database.session() as session, session.begin():
        samples.roll_up(session, moment)
"""


def test_a_program_killed_at_any_moment_leaves_what_it_had_said(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    Database(path).close()
    script = KILLED.format(start=START)
    done = 0
    for round_ in range(4):
        process = subprocess.Popen(
            [sys.executable, "-c", script, str(path), str(done)],
            stdout=subprocess.PIPE, text=True, cwd=ROOT,
        )  # fmt: skip
        assert process.stdout is not None
        for line in process.stdout:
            done = int(line) + 1
            if done % (70 + 13 * round_) == 0:
                break
        process.send_signal(signal.SIGKILL)
        # What it still wrote between our reading and its end is there as well, and said or not.
        said = [int(line) + 1 for line in process.stdout if line.endswith("\n")]
        done = max([done, *said])
        process.wait()
        process.stdout.close()
    database = Database(path)
    roll_up(database, BEGIN + timedelta(days=6))
    counts = [n for one in hours_of(database, "r").values() if (n := one["look"].count)]
    assert done <= sum(counts) <= done + 1
    assert counts[:-1] == [60] * (len(counts) - 1)
    database.close()


def test_the_samples_of_an_older_program_are_carried_over(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    config = Config()
    config.set_main_option("script_location", str(schema.MIGRATIONS))
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0005")
    engine.dispose()
    with closing(sqlite3.connect(path)) as connection, connection:
        for one in minutes(150):
            connection.executemany(
                "INSERT INTO samples (resource_id, metric, at, value) VALUES ('r', ?, ?, ?)",
                [(metric, one.at, value) for metric, value in one.values.items()],
            )
        connection.execute(f"INSERT INTO samples VALUES ('r', 'up', {START}, NULL)")
    database = Database(path)
    with database.session() as session:
        first, *others = measured.samples(session, "r", BEGIN, LATER)
    assert first.values == {"cpu": 0.0, "look": 1.0, "up": None}
    assert others == minutes(150)[1:]
    roll_up(database)
    assert [one["look"].count for one in hours_of(database, "r").values()] == [60, 60, 30]
    database.close()


def test_days_count_what_their_hours_say_rolled_up_or_not(database: Database) -> None:
    for resource in ("r", "s"):
        keep(database, resource, *minutes(60 * 40)[::10])
    roll_up(database)
    keep(database, "r", Sample(START + 26 * HOUR + 1, 60_000, {"look": 1.0}))
    with database.session() as session:
        days = measured.watched(session, ("r", "s"), BEGIN, LATER)
        for resource in ("r", "s"):
            told: dict[int, tuple[int, int]] = {}
            for hour, one in measured.rollups(session, resource, "hour", BEGIN, LATER):
                looks_, covered = told.get(day_of(hour), (0, 0))
                told[day_of(hour)] = (looks_ + one["look"].count, covered + one["look"].covered)
            assert {day: one for (id, day), one in days.items() if id == resource} == told
        some = measured.watched(session, ("s",), BEGIN + timedelta(days=1), LATER)
    assert 0 < sum(count for count, _ in some.values()) < 240


def test_a_span_takes_the_place_of_what_was_there_and_speaks_for_itself_alone(
    database: Database,
) -> None:
    span = BEGIN, BEGIN + timedelta(hours=2)
    every = [BEGIN + timedelta(minutes=at) for at in range(0, 120, 5)]
    for values in ({at: {"cpu": 1.0} for at in every}, {at: {"cpu": 2.0} for at in every[:12]}):
        with database.session() as session, session.begin():
            samples.keep_span(session, "r", span, 300, values, "cloud")
            assert measured.last_of(session, "r", "cloud") == span[1]
    with database.session() as session, session.begin():
        assert samples.roll_up(session, LATER + timedelta(days=30)) == 0
        hours = measured.rollups(session, "r", "hour", BEGIN, LATER, source="cloud")
        assert measured.rollups(session, "r", "hour", BEGIN, LATER) == []
        assert measured.last_of(session, "r", "cloud") == span[1], "the newest sample stays"
        assert len(measured.samples(session, "r", BEGIN, LATER, source="cloud")) == 1
    (first, one), (second, rest) = hours
    assert (first, one["cpu"].mean, one["cpu"].count) == (START, 2.0, 12)
    # The last five minutes' mean still speaks for the first five of the hour after.
    assert (second, rest["cpu"].count, rest["cpu"].covered) == (START + HOUR, 0, 300_000)
