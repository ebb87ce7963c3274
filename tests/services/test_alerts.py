"""What the looks find opens tickets by itself: down three times, past a limit, and well again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from db import samples
from db.engine import Database
from db.journal import Journal
from db.models import LookRow
from gmops_desktop.addresses import Resource, WebAddress
from gmops_desktop.services.alerts import Alerts
from gmops_desktop.services.tickets import Tickets
from gmops_desktop.services.troubles import Troubles
from gmops_desktop.states import State

SITE = Resource("site", "website", "官网", WebAddress("https://site.example/"))


class Desk:
    """Looks that the test writes down, a minute apart."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.now = datetime(2026, 11, 23, 9, tzinfo=UTC)
        journal = Journal(database, actor=lambda: "Zhang", now=lambda: self.now)
        self.tickets = Tickets(database, journal, now=lambda: self.now)
        troubles = Troubles(database, journal, self.tickets, now=lambda: self.now)
        self.alerts = Alerts(database, troubles, lambda: [SITE], now=lambda: self.now)

    def look(self, up: float | None, certificate: State = "ok") -> list[str]:
        """Keep a look, follow, and return the titles of the tickets opened or added to."""
        self.now += timedelta(minutes=1)
        figure = {"name": "Certificate", "value": "2", "unit": "d", "state": certificate,
                  "metric": "certificate_days"}  # fmt: skip
        data = {"figures": [figure], "log": ["HTTP 502"], "details": None, "known": None,
                "hint": ""}  # fmt: skip
        state: State = "critical" if up == 0.0 else "ok"
        with self.database.session() as session, session.begin():
            session.merge(
                LookRow(resource_id=SITE.id, kind="website", name=SITE.name, at=self.now,
                        seconds=0.1, state=state, reason="It answers HTTP 502.", data=data)
            )  # fmt: skip
            samples.keep(session, SITE.id, self.now, 60, {"up": up})
        return [ticket.title for ticket in self.alerts.follow()]


@pytest.fixture
def desk(database: Database) -> Desk:
    return Desk(database)


def test_what_is_down_three_times_in_a_row_has_one_ticket(desk: Desk) -> None:
    assert [desk.look(1.0), desk.look(0.0), desk.look(0.0)] == [[], [], []]
    assert desk.look(0.0) == ["官网 does not work"]
    assert desk.look(0.0) == [], "told once"
    [ticket] = desk.tickets.all()
    assert (ticket.kind, ticket.priority, ticket.resource_id) == ("incident", 1, "site")
    told = desk.tickets.steps(ticket.id)[0].text
    assert told.startswith("It answers HTTP 502.\nNot working at ")
    assert told.count("Not working at") == 3
    assert told.endswith("HTTP 502")


def test_one_look_that_nobody_could_do_breaks_the_row(desk: Desk) -> None:
    for up in (0.0, 0.0, None, 0.0, 0.0):
        assert desk.look(up) == []
    assert desk.look(0.0) == ["官网 does not work"]


def test_being_well_again_is_noted_and_the_next_time_joins(desk: Desk) -> None:
    for _ in range(3):
        desk.look(0.0)
    [ticket] = desk.tickets.all()
    assert desk.look(1.0) == [ticket.title]
    assert desk.look(1.0) == []
    assert "works again" in desk.tickets.steps(ticket.id)[-1].text
    assert desk.tickets.get(ticket.id).state == "registered", "closing is a person's"
    assert [desk.look(0.0) for _ in range(3)][-1] == [ticket.title]
    assert len(desk.tickets.all()) == 1


def test_a_figure_past_its_limit_has_a_ticket_of_its_own(desk: Desk) -> None:
    assert desk.look(1.0, "warning") == []
    assert desk.look(1.0, "critical") == ["官网: Certificate past its limit"]
    assert desk.look(1.0, "critical") == []
    assert desk.look(1.0, "warning") == [], "better, and not well"
    assert desk.look(1.0, "ok") == ["官网: Certificate past its limit"]


def test_an_old_look_opens_nothing(desk: Desk) -> None:
    for _ in range(2):
        desk.look(0.0)
    with desk.database.session() as session, session.begin():
        at = desk.now + timedelta(seconds=1)
        samples.keep(session, SITE.id, at, 60, {"up": 0.0})
    desk.now += timedelta(hours=5)
    assert desk.alerts.follow() == ()
