"""What happened near a time: people's entries, backups, alerts, and what the looks saw."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from db import samples
from db.engine import Database
from db.ids import uuid7
from db.journal import Journal
from db.models import AlertRow, ArchiveRow
from gmops_desktop.services.events import Events
from gmops_desktop.services.tickets import Tickets

THREE = datetime(2018, 11, 22, 3, tzinfo=UTC)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def events(database: Database) -> Events:
    now = [THREE]
    journal = Journal(database, actor=lambda: "Zhang", now=lambda: now[0])
    tickets = Tickets(database, journal, now=lambda: now[0])
    tickets.open("incident", "首页 502", requester="", priority=2, resource_id="site")
    now[0] = THREE + 5 * HOUR
    tickets.open("question", "later", requester="", priority=2)
    with database.session() as session, session.begin():
        session.add(_archive(THREE - 20 * MINUTE))
        session.add(
            AlertRow(id=uuid7(), resource_id="site", key="down", state="critical", text="HTTP 502",
                     raised_at=THREE - 9 * MINUTE, changed_at=THREE - 9 * MINUTE, quiet=False,
                     cleared_at=THREE + 9 * MINUTE, told=True)
        )  # fmt: skip
        for minute, up in ((-12, 1.0), (-11, 0.0), (-10, 0.0), (30, 1.0)):
            at = THREE + minute * MINUTE
            samples.keep(session, "site", at, 60, {"up": up, "look": 1.0})
    return Events(database, journal, lambda: {"site": "官网"})


def _archive(at: datetime) -> ArchiveRow:
    return ArchiveRow(
        id=uuid7(), at=at, seconds=60, source="chamber@db", schema="chamber", resource_id="data",
        purpose="backup", path="/a", file_bytes=1, text_bytes=1, travelled=1, rows=1, tables=1,
        consistency="consistent", verified=True,
    )  # fmt: skip


def test_everything_near_a_time_is_told_in_order(events: Events) -> None:
    found = events.around(THREE, HOUR)
    assert [(one.kind, one.text) for one in found] == [
        ("backup", "Backed up: chamber"),
        ("look", "官网 does not work"),
        ("look", "官网: nobody looked for 40 min"),
        ("alert", "官网: HTTP 502"),
        ("ticket", "T-0001 首页 502: Registered"),
        ("alert", "Over: 官网: HTTP 502"),
        ("look", "官网 works"),
    ]
    assert found[4].actor == "Zhang"
    assert [one.kind for one in events.around(THREE, 15 * MINUTE)].count("backup") == 0


def test_a_chart_marks_what_concerns_its_resource(events: Events) -> None:
    marks = events.marks("site", THREE - HOUR, THREE + HOUR)
    assert [one.kind for one in marks] == ["alert", "ticket", "alert"]
    assert [one.kind for one in events.marks("data", THREE - HOUR, THREE + HOUR)] == ["backup"]
