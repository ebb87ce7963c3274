"""The expiry board: what stands on it, who says so, what becomes a ticket, and when it is over."""

from __future__ import annotations

import socket
from dataclasses import MISSING, fields, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from db.engine import Database
from db.journal import Journal
from db.models import LookRow
from gmops_desktop.adapters.registries import Asked, NoDay, NotRegistered, Place, Registries
from gmops_desktop.addresses import (
    AccountAddress,
    CloudAddress,
    CloudDatabase,
    MysqlAddress,
    Resource,
    SshAddress,
    WebAddress,
)
from gmops_desktop.context import Context
from gmops_desktop.contract.alerts import Alert
from gmops_desktop.contract.expiry import Expiry
from gmops_desktop.contract.expiry_reminders import trouble_key
from gmops_desktop.contract.looks import CloudDetails, WebDetails, details_to_dict
from gmops_desktop.contract.looks.clouds import Runs, RunsOut
from gmops_desktop.contract.tickets import Ticket
from gmops_desktop.errors import OpsError
from gmops_desktop.services.alerts import Alerts
from gmops_desktop.services.contracts import Contracts
from gmops_desktop.services.domains import Domains
from gmops_desktop.services.expiry_reminders import ExpiryReminders
from gmops_desktop.services.key_ages import KeyAges
from gmops_desktop.services.obligations import Obligations
from gmops_desktop.services.servers import Servers
from gmops_desktop.services.tickets import Tickets
from gmops_desktop.services.troubles import Troubles
from strange_servers import listener

NOW = datetime(2018, 11, 22, 2, 24, tzinfo=UTC)
TODAY = date(2018, 11, 22)
DAY = timedelta(days=1)
SITE = WebAddress("https://www.chamber.org.cn/")


class Desk:
    """The board over a real store, a clock that the test sets, and a registry it answers for."""

    def __init__(self, database: Database) -> None:
        self.database, self.time = database, NOW
        self.registry: dict[str, date | OpsError] = {}
        self.asked: list[str] = []
        self.recipients: dict[str, tuple[str, date | None]] = {}
        now = lambda: self.time  # noqa: E731 - the test's clock
        self.journal = Journal(database, actor=lambda: "张伟", now=now)
        self.contracts = Contracts(database, self.journal, now=now)
        self.contracts.load_example()
        self.tickets = Tickets(database, self.journal, now=now)
        self.troubles = Troubles(database, self.journal, self.tickets, now=now)
        keys = KeyAges(self.journal, self.contracts.resources, lambda: self.recipients)
        self.obligations = Obligations(database, self.journal, now=now, keys=keys.all)
        self.domains = Domains(database, self._answer, now=now)
        self.reminders = ExpiryReminders(self.obligations.board, self.troubles)

    def _answer(self, name: str, today: date, _context: Context) -> Asked:
        assert today == (self.time + timedelta(hours=8)).date(), "Beijing's day"
        self.asked.append(name)
        found = self.registry.get(name, NoDay("The registry names no day."))
        if isinstance(found, OpsError):
            raise found
        return Asked(found, "whois", "whois.cnnic.cn")

    def board(self) -> dict[str, Expiry]:
        return {one.name: one for one in self.obligations.expiry()}

    def ask(self) -> int:
        return len(self.domains.ask_due(Context()))

    def saw(self, resource: Resource, details: dict[str, Any] | None, **more: Any) -> None:
        """Keep a look as the looks do."""
        with self.database.session() as session, session.begin():
            session.merge(
                LookRow(
                    resource_id=resource.id, kind=resource.kind, name=resource.name, at=self.time,
                    seconds=1, state="ok", data={"details": details, **more},
                )
            )  # fmt: skip

    def certificate(self, site: Resource, until: datetime, **more: Any) -> None:
        days = (until - self.time) / DAY
        seen = {"tls_days": days, "tls_trusted": True, "tls_until": until.isoformat(), **more}
        self.saw(site, seen)

    def cloud(self, *runs_out: RunsOut, **more: Any) -> str:
        """Look at the account of the cloud and find these."""
        known = [one for one in self.contracts.resources() if one.kind == "cloud"]
        address = CloudAddress("AKIDexample0001")
        [cloud] = known or [self.contracts.save_resource("cloud", "腾讯云", address)]
        unknown = {one.name: None for one in fields(CloudDetails) if one.default is MISSING}
        given = {**unknown, "sections": {}, "denied": {}, "runs_out": runs_out, **more}
        seen = CloudDetails(**{**given, "today": TODAY.isoformat()})
        self.saw(cloud, details_to_dict(seen))
        return cloud.id


@pytest.fixture
def desk(database: Database) -> Desk:
    return Desk(database)


def rented(
    what: Runs, on: str, name: str = "", id: str = "x-1", *, renews: bool = False
) -> RunsOut:
    return RunsOut(what, id, name, on, "Tencent Cloud", renews)


# ---------------------------------------------------------------- what stands on the board


def test_the_contract_hand_and_tls_each_say_who_says_so(desk: Desk) -> None:
    desk.contracts.save_expiry("verification", date(2018, 12, 20))
    site = desk.contracts.save_resource("website", "官网", SITE)
    desk.certificate(site, datetime(2018, 11, 27, 9, tzinfo=UTC), tls_issuer="Some CA")
    found = desk.board()
    assert (found["Contract"].on, found["Contract"].source) == (date(2019, 3, 6), "contract")
    by_hand = found["Account verification"]
    assert (by_hand.state, by_hand.days, by_hand.source) == ("warning", 28, "by hand")
    assert by_hand.at == NOW
    tls = found["TLS certificate of 官网"]
    assert (tls.state, tls.days, tls.source, tls.at) == ("critical", 5, "TLS handshake", NOW)
    assert next(iter(found)) == "TLS certificate of 官网"  # the worst first


def test_the_overview_shows_the_same_board(desk: Desk) -> None:
    desk.contracts.save_expiry("icp", date(2018, 12, 20))
    assert desk.obligations.overview().expiry == desk.obligations.expiry()
    assert desk.obligations.board() == desk.obligations.expiry(), "of the only contract"


def test_a_key_of_two_contracts_servers_stands_on_both_boards(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "id_ed25519"
    file.write_text("not read")
    server = SshAddress("10.0.0.8", key=str(file))
    desk.contracts.save_resource("host", "web1", server)
    first = desk.contracts.all()[0]
    other = desk.contracts.add_contract(replace(first, number="B-2", renews=""))
    there = Contracts(desk.database, desk.journal, now=lambda: desk.time, shown=lambda: other.id)
    there.save_resource("host", "web2", server)
    keys = KeyAges(desk.journal, there.resources, dict)
    for shown in (first.id, other.id):
        board = Obligations(
            desk.database,
            desk.journal,
            now=lambda: desk.time,
            shown=lambda id=shown: id,
            keys=keys.all,
        ).expiry()
        assert "SSH key id_ed25519" in {one.name for one in board}
    names = [one.name for one in desk.obligations.board()]
    assert names.count("SSH key id_ed25519") == 1
    assert names.count("ICP filing") == 2, "each contract has its own"


def test_the_day_of_a_certificate_does_not_move_with_the_hour_of_the_look(desk: Desk) -> None:
    site = desk.contracts.save_resource("website", "官网", SITE)
    until, days = datetime(2018, 12, 30, 23, 30, tzinfo=UTC), set()
    for _ in range(24):
        desk.time += timedelta(hours=1)
        desk.certificate(site, until)
        days.add(desk.board()["TLS certificate of 官网"].on)
    assert days == {date(2018, 12, 31)}, "in Beijing"


def test_a_website_without_a_handshake_is_unknown(desk: Desk) -> None:
    site = desk.contracts.save_resource("website", "官网", SITE)
    assert desk.board()["TLS certificate of 官网"].source == "not looked at yet"
    desk.saw(site, None, known=None)
    found = desk.board()["TLS certificate of 官网"]
    assert (found.state, found.source) == ("unknown", "no TLS handshake")


def test_what_was_known_of_a_site_that_is_down_stays_with_its_date(desk: Desk) -> None:
    site = desk.contracts.save_resource("website", "官网", SITE)
    seen = {"tls_days": 90.0, "tls_trusted": True, "tls_until": "2019-02-20T00:00:00+00:00"}
    before = (NOW - 2 * DAY).isoformat()
    desk.saw(site, None, known={"at": before, "details": seen})
    found = desk.board()["TLS certificate of 官网"]
    assert (found.on, found.at, found.state) == (date(2019, 2, 20), NOW - 2 * DAY, "ok")
    desk.time += 13 * DAY
    found = desk.board()["TLS certificate of 官网"]
    assert (found.state, found.note) == ("unknown", "not confirmed since 2018-11-20")


def test_a_certificate_nobody_trusts_is_a_warning(desk: Desk) -> None:
    site = desk.contracts.save_resource("website", "官网", SITE)
    until = NOW + 200 * DAY
    desk.certificate(site, until, tls_trusted=False, tls_fault="it is self-signed")
    found = desk.board()["TLS certificate of 官网"]
    assert (found.state, found.note) == ("warning", "not trusted: it is self-signed")


def test_everything_rented_in_the_cloud_stands_with_its_name(desk: Desk) -> None:
    id = desk.cloud(
        rented("cvm", "2018-12-10", "官网", "ins-1"),
        rented("database", "2019-03-01", "chamber", "cdb-1"),
        rented("disk", "2018-11-25", "", "disk-1"),
        rented("certificate", "2019-01-01", "chamber.org.cn", "cert-1"),
        rented("domain", "2019-02-05", "chamber.org.cn", "chamber.org.cn"),
        rented("cvm", "2018-11-28", "备用", "ins-2", renews=True),
    )
    found = desk.board()
    assert (found["Cloud server 官网"].on, found["Cloud server 官网"].source) == (
        date(2018, 12, 10), "cloud console")  # fmt: skip
    assert found["Cloud server 官网"].thing.resource_id == id
    assert found["Cloud database chamber"].state == "ok"
    assert found["Cloud disk disk-1"].state == "critical"
    assert found["Certificate chamber.org.cn"].days == 40
    assert found["Domain chamber.org.cn"].on == date(2019, 2, 5)
    spare = found["Cloud server 备用"]
    assert (spare.state, spare.note) == ("warning", "its renewal is ordered")
    assert {"Cloud server", "Cloud database", "Domain"}.isdisjoint(found)


def test_what_the_cloud_may_not_show_says_why(desk: Desk) -> None:
    why = "the keys may not use cvm:DescribeInstances"
    desk.cloud(rented("database", "2019-03-01", "chamber"), sections={"servers": why})
    found = desk.board()
    assert (found["Cloud server"].state, found["Cloud server"].source) == ("unknown", why)
    assert found["Cloud database chamber"].state == "ok"


def test_a_domain_is_shown_as_people_write_it(desk: Desk) -> None:
    desk.contracts.save_resource("website", "官网", WebAddress("https://www.商会.中国/"))
    desk.cloud(rented("domain", "2019-08-05", "商会.中国"))
    found = desk.board()["Domain 商会.中国"]
    assert (found.key, found.source) == ("domain:xn--6oq43m.xn--fiqs8s", "cloud console")


def test_a_date_by_hand_goes_to_the_only_one_of_its_kind(desk: Desk) -> None:
    desk.contracts.save_expiry("cvm", date(2018, 12, 1))
    assert desk.board()["Cloud server"].on == date(2018, 12, 1)
    desk.cloud(rented("cvm", "2019-12-01", "官网", "ins-1"))
    found = desk.board()
    assert found["Cloud server 官网"].note == "differs: by hand 2018-12-01"
    assert "Cloud server" not in found
    desk.cloud(rented("cvm", "2019-12-01", "官网", "1"), rented("cvm", "2019-12-02", "备用", "2"))
    found = desk.board()
    assert found["Cloud server 官网"].note == "", "nobody knows which one was meant"
    assert found["Cloud server"].on == date(2018, 12, 1)


def test_a_date_by_hand_can_be_corrected_and_taken_back_and_its_history_stays(desk: Desk) -> None:
    desk.contracts.save_expiry("domain", date(2018, 11, 25))
    desk.time += DAY
    desk.contracts.save_expiry("domain", date(2019, 11, 25))
    assert desk.board()["Domain"].on == date(2019, 11, 25)
    desk.contracts.save_expiry("domain", None, never=True)
    assert (desk.board()["Domain"].state, desk.board()["Domain"].on) == ("ok", None)
    desk.contracts.save_expiry("domain", None)
    assert desk.board()["Domain"].state == "unknown"
    assert [(one.actor, one.text) for one in desk.contracts.expiry_history("domain")] == [
        ("张伟", "runs out on 2018-11-25"), ("张伟", "runs out on 2019-11-25"),
        ("张伟", "does not run out"), ("张伟", "date forgotten"),
    ]  # fmt: skip


def test_an_account_that_tells_its_verification_comes_before_hand(desk: Desk) -> None:
    desk.contracts.save_expiry("verification", date(2018, 12, 20))
    account = desk.contracts.save_resource("account", "公众号", AccountAddress("wx1"))
    assert desk.board()["Account verification 公众号"].source == "by hand", "the only one"
    desk.saw(account, {"standing": None, "sections": {"standing": "48001: not permitted"}})
    assert desk.board()["Account verification 公众号"].source == "by hand"
    desk.contracts.save_expiry("verification", None)
    found = desk.board()["Account verification 公众号"]
    assert (found.state, found.source) == ("unknown", "48001: not permitted")
    desk.contracts.save_expiry("verification", date(2018, 12, 20))
    told = {"review_until": "2019-12-20", "service": True, "principal": "", "verified": True}
    asked = (NOW - DAY).isoformat()
    desk.saw(account, {"standing": told, "asked": {"standing": asked}})
    found = desk.board()["Account verification 公众号"]
    assert (found.on, found.source, found.at) == (date(2019, 12, 20), "official account", NOW - DAY)
    assert found.note == "differs: by hand 2018-12-20"
    assert "Account verification" not in desk.board()
    assert trouble_key(found) == f"limit.review_days:{account.id}"


def test_a_renewal_takes_dates_by_hand_along_and_ends_later(desk: Desk) -> None:
    desk.contracts.save_expiry("icp", date(2019, 6, 1))
    [contract] = desk.contracts.all()
    desk.contracts.renew(
        contract.id, date(2019, 3, 7), date(2020, 3, 6), number="2019-01", signed_on=None
    )
    desk.time = datetime(2019, 3, 10, tzinfo=UTC)
    found = desk.board()
    assert found["ICP filing"].on == date(2019, 6, 1)
    assert found["Contract"].on == date(2020, 3, 6)
    assert found["Contract"].key == f"contract:{contract.id}"


def test_keys_stand_with_their_age(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "id_ed25519"
    file.write_text("not read")
    server = SshAddress("10.0.0.8", key=str(file))
    cloud = CloudDatabase("cdb-1", "ap-guangzhou", "AKIDexample9876")
    desk.contracts.save_resource("host", "web1", server)
    desk.contracts.save_resource(
        "mysql", "db", MysqlAddress("10.0.0.9", 3306, "ops", "chamber", ssh=server, cloud=cloud)
    )
    desk.recipients = {"age1a": ("值班电脑", date(2018, 1, 5)), "age1b": ("保险柜", None)}
    desk.time += 340 * DAY
    found = desk.board()
    assert found["SSH key id_ed25519"].source == "rotation after a year"
    api = found["API key AKID…9876"]
    assert (api.on, api.state) == (TODAY + timedelta(days=365), "warning")
    assert api.said[0].detail == "in the record since 2018-11-22"
    ours = found["Backup key 值班电脑"]
    assert (ours.state, ours.days) == ("warning", -296)
    key = found["Backup key 值班电脑"].key
    desk.contracts.save_expiry(key, date(2020, 1, 5))
    assert desk.board()["Backup key 值班电脑"].on == date(2020, 1, 5), "who knows better"
    assert desk.board()["Backup key 值班电脑"].note == ""
    unknown = found["Backup key 保险柜"]
    assert (unknown.state, unknown.source) == ("unknown", "nobody noted when it was made")
    file.unlink()
    assert desk.board()["SSH key id_ed25519"].state == "unknown"
    assert "cannot be read" in desk.board()["SSH key id_ed25519"].source


# ---------------------------------------------------------------- domains


def test_a_domain_is_asked_for_once_a_day_and_its_day_is_kept(desk: Desk) -> None:
    desk.contracts.save_resource("website", "官网", SITE)
    desk.contracts.save_resource("website", "报名", WebAddress("https://bm.chamber.org.cn/"))
    desk.contracts.save_resource("website", "内网", WebAddress("http://10.0.0.8/"))
    assert desk.board()["Domain chamber.org.cn"].source == "the registry was not asked yet"
    desk.registry["chamber.org.cn"] = date(2019, 3, 17)
    assert [desk.ask(), desk.ask()] == [1, 0]
    found = desk.board()["Domain chamber.org.cn"]
    assert (found.on, found.source, found.at) == (date(2019, 3, 17), "registry (WHOIS)", NOW)
    assert found.said[0].detail == "whois.cnnic.cn"
    desk.time += timedelta(hours=23)
    assert desk.ask() == 0
    desk.time += timedelta(hours=1)
    assert desk.ask() == 1
    assert desk.asked == ["chamber.org.cn"] * 2


def test_without_an_answer_the_last_day_stays_and_it_is_asked_again_sooner(desk: Desk) -> None:
    desk.contracts.save_resource("website", "官网", SITE)
    desk.registry["chamber.org.cn"] = OpsError("The name cannot be resolved.")
    assert desk.ask() == 1
    found = desk.board()["Domain chamber.org.cn"]
    assert (found.state, found.source) == ("unknown", "The name cannot be resolved.")
    desk.time += timedelta(hours=2)
    assert desk.ask() == 0
    desk.time += timedelta(hours=1)
    desk.registry["chamber.org.cn"] = date(2019, 11, 17)
    assert desk.ask() == 1
    desk.registry["chamber.org.cn"] = OpsError("The name cannot be resolved.")
    desk.time += DAY
    assert desk.ask() == 1
    found = desk.board()["Domain chamber.org.cn"]
    assert (found.on, found.state, found.note) == (date(2019, 11, 17), "ok", "")
    desk.time += 14 * DAY
    assert desk.board()["Domain chamber.org.cn"].state == "unknown"


def test_a_domain_the_registry_no_longer_knows_is_never_ok(desk: Desk) -> None:
    desk.contracts.save_resource("website", "官网", SITE)
    desk.registry["chamber.org.cn"] = date(2019, 11, 17)
    desk.ask()
    desk.registry["chamber.org.cn"] = NotRegistered("It does not know it.")
    desk.time += DAY
    desk.ask()
    found = desk.board()["Domain chamber.org.cn"]
    assert (found.state, found.note) == ("warning", "the registry does not know it any more")


def test_registry_and_cloud_that_differ_are_both_shown(desk: Desk) -> None:
    desk.contracts.save_resource("website", "官网", SITE)
    desk.cloud(rented("domain", "2019-08-05", "chamber.org.cn", "chamber.org.cn"))
    desk.registry["chamber.org.cn"] = date(2019, 3, 17)
    desk.ask()
    found = desk.board()["Domain chamber.org.cn"]
    assert (found.on, found.note) == (date(2019, 8, 5), "differs: registry (WHOIS) 2019-03-17")


def test_a_real_server_s_answer_reaches_the_board_and_a_dead_one_s_silence(desk: Desk) -> None:
    said = b"Domain Name: chamber.org.cn\nExpiration Time: 2018-12-17 12:48:36\n"

    def cnnic(stream: socket.socket) -> None:
        stream.recv(1024)
        stream.sendall(said)
        stream.shutdown(socket.SHUT_WR)

    desk.contracts.save_resource("website", "官网", SITE)
    with listener(cnnic) as port:
        registries = Registries({"cn": Place(whois=f"127.0.0.1:{port}")})
        domains = Domains(desk.database, registries.ask, now=lambda: desk.time)
        domains.ask_due(Context())
    assert desk.board()["Domain chamber.org.cn"].on == date(2018, 12, 17)
    [ticket] = desk.reminders.follow()
    assert ticket.title == "Domain chamber.org.cn runs out on 2018-12-17"
    desk.time += DAY
    [after] = domains.ask_due(Context())
    assert (after.until, after.learnt_at) == (date(2018, 12, 17), NOW)
    assert f"cannot be reached on port {port}" in after.fault


def test_nobody_is_asked_where_that_is_not_wanted(desk: Desk, database: Database) -> None:
    desk.contracts.save_resource("website", "官网", SITE)
    domains = Domains(database, desk._answer, wanted=lambda: False, now=lambda: desk.time)
    assert domains.ask_due(Context()) == ()
    assert desk.asked == []
    assert domains.ask("chamber.org.cn", Context()).fault == "The registry names no day."


# ---------------------------------------------------------------- reminders


ON = date(2019, 12, 20)  # when the contract's own reminders are long over


def follow(desk: Desk, *days_left: int, on: date) -> list[list[Ticket]]:
    written = []
    for left in days_left:
        desk.time = datetime(on.year, on.month, on.day, 2, tzinfo=UTC) - left * DAY
        written.append(list(desk.reminders.follow()))
    return written


def test_six_reminders_are_one_ticket_that_presses_more_and_more(desk: Desk) -> None:
    on = ON
    desk.contracts.save_expiry("domain", on)
    written = follow(desk, 61, 60, 59, 30, 14, 8, 7, 3, 1, 0, -1, -2, on=on)
    assert [len(tickets) for tickets in written] == [0, 1, 0, 1, 1, 0, 1, 1, 1, 0, 1, 0]
    [ticket] = desk.tickets.all()
    assert (ticket.title, ticket.priority) == ("Domain runs out on 2019-12-20", 1)
    steps = desk.tickets.steps(ticket.id)
    told = [
        one.text.partition("\n")[0] for one in steps if one.key in ("ticket.opened", "ticket.noted")
    ]
    assert told == [
        "Domain runs out in 60 days, on 2019-12-20.",
        "Again: Domain runs out in 30 days, on 2019-12-20.",
        "Again: Domain runs out in 14 days, on 2019-12-20.",
        "Again: Domain runs out in 7 days, on 2019-12-20.",
        "Again: Domain runs out in 3 days, on 2019-12-20.",
        "Again: Domain runs out tomorrow, on 2019-12-20.",
        "Again: Domain ran out on 2019-12-20, yesterday.",
    ]  # fmt: skip
    assert "by hand: 2019-12-20" in steps[0].text, "the evidence"
    priorities = [written[place][0].priority for place in (1, 3, 4, 6, 7, 8)]
    assert priorities == [4, 3, 3, 2, 2, 1]


def test_days_that_were_missed_remind_once_with_the_step_that_is_reached(desk: Desk) -> None:
    on = ON
    desk.contracts.save_expiry("domain", on)
    written = follow(desk, 60, 10, 10, 9, 2, on=on)
    assert [len(tickets) for tickets in written] == [1, 1, 0, 0, 1]
    assert desk.tickets.all()[0].priority == 2


def test_a_renewed_date_is_noted_and_the_ticket_waits_for_a_person(desk: Desk) -> None:
    on = ON
    desk.contracts.save_expiry("domain", on)
    follow(desk, 30, on=on)
    desk.contracts.save_expiry("domain", date(2020, 12, 20))
    [noted] = desk.reminders.follow()
    assert desk.reminders.follow() == ()
    assert noted.state == "registered"
    said = desk.tickets.steps(noted.id)[-1].text
    assert said == "Domain lasts until 2020-12-20 now: by hand."
    [again] = follow(desk, 60, on=date(2020, 12, 20))[0]
    assert again.id == noted.id, "nobody closed it"


def test_a_ticket_closed_without_renewing_is_opened_again_by_the_next_step(desk: Desk) -> None:
    on = ON
    desk.contracts.save_expiry("domain", on)
    [[first]] = follow(desk, 14, on=on)
    desk.tickets.move(first.id, "withdrawn", "知道了")
    assert follow(desk, 13, on=on) == [[]]
    [[second]] = follow(desk, 7, on=on)
    assert second.id != first.id
    assert f"It was there before: {first.number}." in second.description


def test_a_certificate_has_one_ticket_with_its_limit_s_alert(desk: Desk) -> None:
    site = desk.contracts.save_resource("website", "官网", SITE)
    until = NOW + 60 * DAY
    seen = WebDetails(200, 0.2, True, 60.0, True, 200, 12_345)

    def look_web(_address: object, _context: object) -> WebDetails:
        return replace(seen, tls_days=(until - desk.time) / DAY, tls_until=until.isoformat())

    def nobody(*_words: object) -> Any:
        raise AssertionError("not asked for")

    servers = Servers(desk.database, look_host=nobody, look_mysql=nobody, look_web=look_web,
                      look_account=nobody, look_cloud=nobody, now=lambda: desk.time)  # fmt: skip
    alerts = Alerts(desk.database, desk.troubles, desk.contracts.resources, now=lambda: desk.time)

    def round_() -> tuple[Alert, ...]:
        for _ in range(3):
            desk.time += timedelta(minutes=1)
            servers.look([site], Context())
            alerts.follow()
        desk.reminders.follow()
        return alerts.active()

    assert round_() == ()
    [ticket] = desk.tickets.all()
    assert (ticket.resource_id, ticket.priority) == (site.id, 4)
    desk.time = until - 29 * DAY
    [alert] = round_()
    assert alert.ticket == ticket.number, "the alert knows the ticket that was there first"
    assert len(desk.tickets.all()) == 1
    until += 365 * DAY
    assert round_() == ()
    assert len(desk.tickets.all()) == 1
    assert desk.reminders.ticket_of(desk.board()["TLS certificate of 官网"]) is not None


def test_one_that_is_not_trusted_is_not_called_well(desk: Desk) -> None:
    site = desk.contracts.save_resource("website", "官网", SITE)
    desk.certificate(site, NOW + 5 * DAY)
    [ticket] = desk.reminders.follow()
    desk.certificate(site, NOW + 300 * DAY, tls_trusted=False, tls_fault="it is self-signed")
    assert desk.reminders.follow() == ()
    assert desk.tickets.steps(ticket.id)[-1].key == "ticket.opened"


def test_short_certificates_are_no_news_before_their_last_third(desk: Desk) -> None:
    site = desk.contracts.save_resource("website", "官网", SITE)
    until = NOW + 50 * DAY
    desk.certificate(site, until, tls_since=(until - 90 * DAY).isoformat())
    assert desk.reminders.follow() == ()
    desk.certificate(site, until)
    assert len(desk.reminders.follow()) == 1, "of one that nobody knows the whole time of"


def test_no_ticket_where_none_is_wanted_and_none_for_an_old_contract(desk: Desk) -> None:
    desk.contracts.save_expiry("domain", TODAY)
    silent = ExpiryReminders(desk.obligations.board, desk.troubles, wanted=lambda: False)
    assert silent.follow() == ()
    desk.contracts.save_expiry("domain", None)
    desk.time = datetime(2026, 11, 23, tzinfo=UTC)  # the example's contract ended in 2019
    assert desk.reminders.follow() == ()
    assert desk.board()["Contract"].state == "critical"


def test_without_a_contract_what_is_looked_at_is_followed_all_the_same(database: Database) -> None:
    desk = Desk.__new__(Desk)
    desk.database, desk.time = database, NOW
    desk.journal = Journal(database, actor=lambda: "张伟", now=lambda: desk.time)
    obligations = Obligations(database, desk.journal, now=lambda: desk.time)
    contracts = Contracts(database, desk.journal, now=lambda: desk.time)
    site = contracts.save_resource("website", "官网", SITE)
    desk.certificate(site, NOW + 5 * DAY)
    assert [(one.name, one.state) for one in obligations.board()] == [
        ("TLS certificate of 官网", "critical"), ("Domain chamber.org.cn", "unknown")]  # fmt: skip
    assert obligations.overview().expiry == ()
    assert obligations.expiry() == obligations.board()
