"""What the looks find becomes alerts, and alerts tickets: each once, and later in a window."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event

from db.engine import Database
from db.journal import Journal
from db.models import ChangeRow
from gmops_desktop.adapters import tcp, web
from gmops_desktop.addresses import Resource, SshAddress, WebAddress
from gmops_desktop.context import Context
from gmops_desktop.contract.changes import AUDIENCES
from gmops_desktop.contract.looks import Disk, HostDetails, WebDetails
from gmops_desktop.errors import OpsError
from gmops_desktop.services.alerts import Alerts, Round
from gmops_desktop.services.servers import Servers
from gmops_desktop.services.tickets import Tickets
from gmops_desktop.services.troubles import Troubles

GB = 10**9
SITE = Resource("site", "website", "官网", WebAddress("https://site.example/"))
HOST = Resource("host", "host", "web1", SshAddress("web1"))

WELL = WebDetails(200, 0.2, True, 60.5, True, 200, 12_345)
DOWN = web.HttpFailed("It answers nonsense.")


def host(cpu: float | None = 20.0, used: float = 50.0, free: float = 50 * GB) -> HostDetails:
    return HostDetails(
        system="Debian 12", kernel="6.1", boot_id="b", uptime_seconds=86400.0, cores=8, cpu=cpu,
        iowait=0.0, steal=0.0, memory_total=8 * GB, memory_available=4 * GB, swap_total=0,
        swap_free=0, load1=1.0, load5=1.0,
        disks=(Disk("/", "/dev/vda1", 100 * GB, 50 * GB, int(free), used),), disk_busy=1.0,
        out_mbit=2.0, in_mbit=1.0, failed_units=(), oom_kills=0, clock_seconds=0.0,
    )  # fmt: skip


class Desk:
    """Looks a minute apart, at what the test says is there."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.now = datetime(2026, 11, 23, 9, tzinfo=UTC)
        self.site: WebDetails | OpsError = WELL
        self.host: HostDetails | OpsError = host()
        self.known = [SITE, HOST]
        self.journal = Journal(database, actor=lambda: "Zhang", now=lambda: self.now)
        self.tickets = Tickets(database, self.journal, now=lambda: self.now)
        self.servers = Servers(
            database,
            look_host=lambda address, context: self._give(self.host),
            look_mysql=lambda address, context: self._give(OpsError("none")),
            look_web=lambda address, context: self._give(self.site),
            look_account=lambda address, context, before: self._give(OpsError("none")),
            look_cloud=lambda address, context: self._give(OpsError("none")),
            now=lambda: self.now,
        )
        self.wanted = True
        self.alerts = self.again()

    def again(self) -> Alerts:
        """The alerts as a program started anew has them."""
        troubles = Troubles(self.database, self.journal, self.tickets, now=lambda: self.now)
        return Alerts(
            self.database, troubles, lambda: self.known,
            wanted=lambda: self.wanted, now=lambda: self.now,
        )  # fmt: skip

    @staticmethod
    def _give(found):
        if isinstance(found, OpsError):
            raise found
        return found

    def look(self, minutes: int = 1) -> Round:
        self.now += timedelta(minutes=minutes)
        self.servers.look(self.known, Context())
        return self.alerts.follow()

    def standing(self) -> list[tuple[str, str]]:
        return [(one.key, one.shown) for one in self.alerts.active()]


@pytest.fixture
def desk(database: Database) -> Desk:
    return Desk(database)


def test_what_is_down_three_times_in_a_row_is_one_alert_with_one_ticket(desk: Desk) -> None:
    desk.look()
    desk.site = DOWN
    assert [desk.look().raised, desk.look().raised] == [(), ()]
    found = desk.look()
    assert [(one.key, one.resource) for one in found.raised] == [("down", "官网")]
    assert desk.look() == Round(), "told once"
    [ticket] = desk.tickets.all()
    assert (ticket.kind, ticket.priority, ticket.resource_id) == ("incident", 1, "site")
    assert ticket.title == "官网 does not work"
    assert "It answers nonsense." in desk.tickets.steps(ticket.id)[0].text
    assert desk.alerts.active()[0].ticket == ticket.number


def test_one_look_that_nobody_could_do_breaks_the_row(desk: Desk) -> None:
    for found in (DOWN, DOWN, tcp.HostSilent("silent"), DOWN, DOWN):
        desk.site = found
        assert desk.look().raised == ()
    assert desk.look().raised


def test_being_well_again_is_noted_and_the_next_time_joins(desk: Desk) -> None:
    desk.site = DOWN
    for _ in range(3):
        desk.look()
    [ticket] = desk.tickets.all()
    desk.site = WELL
    rounds = [desk.look() for _ in range(6)]
    assert [bool(one.cleared) for one in rounds] == [False] * 5 + [True], "after five calm minutes"
    assert "is over since" in desk.tickets.steps(ticket.id)[-1].text
    assert desk.look() == Round()
    assert desk.tickets.get(ticket.id).state == "registered", "closing is a person's"
    desk.site = DOWN
    for _ in range(3):
        last = desk.look()
    assert [one.id for one in last.tickets] == [ticket.id]
    assert len(desk.tickets.all()) == 1
    assert desk.alerts.active()[0].ticket == ticket.number
    assert len(desk.alerts.cleared(desk.now - timedelta(days=1))) == 1


def test_an_alert_says_what_it_was_about_when_followed_only_after_the_fault(desk: Desk) -> None:
    desk.site = DOWN
    for _ in range(3):
        desk.now += timedelta(minutes=1)
        desk.servers.look(desk.known, Context())
    desk.site = WELL
    [alert] = desk.look().raised
    assert alert.text == "It answers nonsense."


def test_a_warning_has_a_ticket_too_and_getting_worse_is_told(desk: Desk) -> None:
    desk.host = host(used=86.0, free=14 * GB)
    [alert] = desk.look().raised
    assert (alert.key, alert.state) == ("disk:/", "warning")
    [ticket] = desk.tickets.all()
    assert ticket.priority == 3
    desk.host = host(used=96.0, free=4 * GB)
    [worse] = desk.look().raised
    assert (worse.id, worse.state) == (alert.id, "critical")
    assert len(desk.tickets.all()) == 1


def test_nobody_knowing_clears_nothing_and_is_shown_as_unknown(desk: Desk) -> None:
    desk.host = host(used=96.0, free=4 * GB)
    desk.look()
    desk.host = tcp.HostSilent("web1 did not answer.")
    for _ in range(30):
        desk.look()
    assert desk.standing() == [("disk:/", "critical"), ("unreached", "unknown")]
    assert len(desk.tickets.all()) == 1, "that nobody sees it is no incident of the server"
    desk.host = host()
    desk.look()
    assert desk.standing() == [("disk:/", "critical")], "it must be calm for a while first"
    for _ in range(15):
        desk.look()
    assert desk.standing() == []


def test_a_disk_that_fills_is_told_before_it_is_full(desk: Desk) -> None:
    for minute in range(70):
        desk.host = host(used=60.0, free=40 * GB - minute * 0.2 * GB)
        desk.look()
    # 12 GB an hour, 26 GB left.
    assert desk.standing() == [("fills:/", "warning")]
    assert "will be full in 2." in desk.alerts.active()[0].text


def test_following_many_asks_no_more_questions_than_following_few(desk: Desk) -> None:
    asked: list[str] = []
    event.listen(
        desk.database._engine, "before_cursor_execute", lambda *seen: asked.append(seen[2])
    )
    counts = []
    for number in (2, 20):
        desk.known = [replace(HOST, id=f"host{one}") for one in range(number)]
        desk.host = host(used=99.0)
        for _ in range(5):
            desk.look()
        assert len(desk.standing()) == number
        asked.clear()
        desk.alerts.follow()
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_in_an_announced_window_nothing_is_told_unless_it_outlasts_that(desk: Desk) -> None:
    told = {f"announced_{one}": "mail" for one in AUDIENCES}
    with desk.database.session() as session, session.begin():
        desk.journal.record(
            session, "change", "c1", "change.opened",
            {"resource_id": SITE.id, "state": "announced", **told,
             "window_from": desk.now.isoformat(),
             "window_to": (desk.now + timedelta(minutes=10)).isoformat()},
        )  # fmt: skip
        assert session.get_one(ChangeRow, "c1").window_to is not None
    desk.site = DOWN
    for _ in range(9):
        assert desk.look() == Round()
    assert [one.quiet for one in desk.alerts.active()] == [True]
    assert desk.tickets.all() == ()
    desk.look()
    late = desk.look()
    assert [one.key for one in late.raised] == ["down"]
    assert len(late.tickets) == 1


def test_a_window_that_nobody_was_told_of_keeps_nothing_quiet(desk: Desk) -> None:
    """They were told of an earlier one: two devices met after one had moved the window."""
    begin, end = desk.now.isoformat(), (desk.now + timedelta(minutes=10)).isoformat()
    told = {f"announced_{one}": "mail" for one in AUDIENCES}
    told |= {f"announced_{one}_for": f"2018-01-01T00:00:00.000+00:00/{end}" for one in AUDIENCES}
    with desk.database.session() as session, session.begin():
        desk.journal.record(
            session, "change", "c1", "change.opened",
            {"resource_id": SITE.id, "state": "announced", **told,
             "window_from": begin, "window_to": end},
        )  # fmt: skip
    desk.site = DOWN
    for _ in range(9):
        desk.look()
    assert [one.quiet for one in desk.alerts.active()] == [False]


def test_two_programs_open_one_alert_and_one_ticket(desk: Desk) -> None:
    desk.site = DOWN
    for _ in range(3):
        desk.now += timedelta(minutes=1)
        desk.servers.look(desk.known, Context())
    first, second = desk.alerts.follow(), desk.again().follow()
    assert (len(first.raised), len(second.raised)) == (1, 0)
    assert len(desk.tickets.all()) == 1


def test_a_ticket_that_could_not_be_written_is_written_the_next_time(desk: Desk) -> None:
    desk.wanted = False
    desk.site = DOWN
    for _ in range(3):
        desk.look()
    assert desk.tickets.all() == ()
    desk.wanted = True
    assert len(desk.look().tickets) == 1


def test_who_acknowledges_first_stands_with_it(desk: Desk) -> None:
    desk.host = host(used=96.0, free=4 * GB)
    [alert] = desk.look().raised
    desk.alerts.acknowledge(alert.id, "Zhang")
    assert desk.alerts.acknowledge(alert.id, "Li").acknowledged_by == "Zhang"
    with pytest.raises(OpsError, match="no alert"):
        desk.alerts.acknowledge("nothing", "Li")


def test_what_is_no_longer_looked_after_is_no_alert(desk: Desk) -> None:
    desk.host = host(used=96.0, free=4 * GB)
    desk.look()
    desk.known = [SITE]
    desk.look()
    assert desk.standing() == []


def test_an_old_look_opens_nothing(desk: Desk) -> None:
    desk.host = host(used=96.0, free=4 * GB)
    desk.now += timedelta(minutes=1)
    desk.servers.look(desk.known, Context())
    desk.now += timedelta(hours=5)
    assert desk.alerts.follow() == Round()


def test_what_stood_at_a_time_is_found_again(desk: Desk) -> None:
    desk.host = host(used=96.0, free=4 * GB)
    desk.look()
    begun = desk.now
    desk.host = replace(host())
    for _ in range(20):
        desk.look()
    assert desk.alerts.active() == ()
    [one] = desk.alerts.between(begun, begun + timedelta(minutes=5), "host")
    assert one.cleared_at is not None
    assert desk.alerts.between(desk.now, desk.now + timedelta(minutes=5)) == ()
