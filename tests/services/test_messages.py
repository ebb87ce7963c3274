"""The robot's queue: what is told of tickets, once; the limit, the receipts, and what fails."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from db.engine import Database
from db.journal import Journal
from gmops_desktop.adapters.locks import held
from gmops_desktop.adapters.vault import NoKeyring, Vault
from gmops_desktop.adapters.wecom import WecomRefused
from gmops_desktop.context import Context
from gmops_desktop.contract.expiry import Claim, Said, Thing, judged
from gmops_desktop.contract.expiry_reminders import trouble_of
from gmops_desktop.contract.messages import PER_MINUTE
from gmops_desktop.contract.troubles import Trouble
from gmops_desktop.errors import Cancelled, OpsError
from gmops_desktop.services.messages import Messages, Notices
from gmops_desktop.services.tickets import Tickets
from gmops_desktop.services.troubles import Troubles
from gmops_desktop.settings import SettingsFile

ADDRESS = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=0a1b2c3d-robot"


class Desk:
    """A robot whose group is a list, and a clock that the test sets."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.database, self.folder = database, folder
        self.now = datetime(2026, 11, 23, 9, tzinfo=UTC)
        self.said: list[str] = []
        self.broken: list[Exception] = []  # what the next messages meet, one each
        self.journal = Journal(database, actor=lambda: "Zhang", now=lambda: self.now)
        self.tickets = Tickets(database, self.journal, now=lambda: self.now)
        self.troubles = Troubles(database, self.journal, self.tickets, now=lambda: self.now)
        self.settings = SettingsFile(folder / "settings.json")
        self.start()

    def start(self) -> None:
        """As the program does at each start: nothing but the store is left of before."""
        self.messages = Messages(
            self.database,
            self.journal,
            self.settings,
            Vault(),
            self.folder / "locks",
            send=self._send,
            now=lambda: self.now,
        )
        self.notices = Notices(
            self.messages,
            self.journal,
            self.tickets,
            names=lambda: {"site": "Website"},
        )

    def _send(self, address: str, text: str, context: Context) -> None:
        assert address == ADDRESS
        if self.broken:
            raise self.broken.pop(0)
        self.said.append(text)

    def later(self, **time: float) -> None:
        self.now += timedelta(**time)

    def flush(self) -> int:
        return self.messages.flush(Context()).sent

    def open(self, title: str = "site down", priority: int = 1) -> str:
        self.later(seconds=1)
        return self.tickets.open(
            "incident", title, requester="", priority=priority, resource_id="site"  # type: ignore[arg-type]  # a plain number
        ).id  # fmt: skip


@pytest.fixture
def desk(database: Database, tmp_path: Path) -> Desk:
    desk = Desk(database, tmp_path)
    desk.messages.set_up(ADDRESS)
    return desk


def unreachable() -> OpsError:
    return OpsError("The WeCom robot gave no proper answer: ReadTimeout.", hint="Look at the line.")


# ---------------------------------------------------------------- setting it up


def test_without_a_robot_nothing_is_queued_or_sent(database: Database, tmp_path: Path) -> None:
    desk = Desk(database, tmp_path)
    desk.open()
    assert desk.notices.follow() == 0
    assert not desk.messages.tell("ticket", "t", "text")
    assert desk.flush() == 0
    assert desk.messages.standing().on is False
    with pytest.raises(OpsError, match="No WeCom robot") as caught:
        desk.messages.test(Context())
    assert "gmops robot set" in caught.value.hint


def test_the_address_goes_into_the_keyring_and_into_no_file(desk: Desk) -> None:
    assert Vault().get("wecom-robot") == ADDRESS
    desk.messages.tell("ticket", "t", "text")
    desk.flush()
    for file in desk.folder.rglob("*"):
        if file.is_file():
            assert b"0a1b2c3d" not in file.read_bytes(), file


def test_what_is_no_address_is_refused_before_it_is_kept(desk: Desk) -> None:
    with pytest.raises(OpsError, match="not the address"):
        desk.messages.set_up("https://example.com")
    assert Vault().get("wecom-robot") == ADDRESS


def test_only_chosen_events_are_told(desk: Desk) -> None:
    desk.messages.choose(["breach"])
    assert desk.messages.events == ("breach",)
    assert not desk.messages.tell("ticket", "t", "text")
    assert desk.messages.tell("breach", "b", "text")


def test_taking_it_down_forgets_the_address_and_keeps_the_receipts(desk: Desk) -> None:
    desk.messages.tell("ticket", "one", "one")
    desk.flush()
    desk.messages.tell("ticket", "two", "two")
    desk.messages.take_down()
    assert Vault().find("wecom-robot") is None
    assert [one.state for one in desk.messages.history()] == ["expired", "sent"]
    assert desk.flush() == 0


# ---------------------------------------------------------------- what is told


def test_a_new_ticket_is_told_once_in_few_words(desk: Desk) -> None:
    ticket = desk.tickets.get(desk.open("<@all> site [down](x)"))
    assert desk.notices.follow() == 1
    desk.start()
    assert desk.notices.follow() == 0, "also after a restart"
    assert desk.flush() == 1
    [text] = desk.said
    head, title, *rest = text.splitlines()
    assert head == "**New ticket**"
    assert title == f"{ticket.number} ＜@all＞ site ［down］(x)"
    assert rest[0] == "> Incident · Priority Urgent · Registered · Website"


def test_what_was_before_the_robot_is_no_news(database: Database, tmp_path: Path) -> None:
    desk = Desk(database, tmp_path)
    desk.open("long ago")
    desk.messages.set_up(ADDRESS)
    desk.open("just now")
    assert desk.notices.follow() == 1
    desk.messages.set_up(ADDRESS)
    desk.open("after the address was entered anew")
    assert desk.notices.follow() == 1


def test_a_failed_backup_is_told_each_time_and_when_it_is_well(desk: Desk) -> None:
    def failed(night: str) -> None:
        desk.later(hours=24)
        desk.troubles.report(
            Trouble("backup.failed:db", "Backup of db failed", f"It failed on {night}.",
                    occurrence=night)
        )  # fmt: skip

    desk.messages.choose(["backup"])
    failed("Monday")
    failed("Tuesday")
    desk.troubles.over("backup.failed:db", "It was backed up again.")
    desk.troubles.report(Trouble("drill.overdue:db", "Drill overdue", "It is overdue."))
    desk.notices.follow()
    desk.flush()
    assert [text.splitlines()[0] for text in desk.said] == [
        "**Backup trouble**",
        "**Backup trouble again**",
        "**Backup well again**",
    ]
    assert desk.said[0].endswith("It failed on Monday.")
    assert desk.said[1].endswith("Again: It failed on Tuesday.")


def test_each_reminder_of_what_runs_out_is_told_once(desk: Desk) -> None:
    thing = Thing("domain:chamber.org.cn", "domain", "Domain chamber.org.cn")

    def remind(left: int) -> int:
        desk.later(seconds=1)
        on = date(2026, 11, 23) + timedelta(days=left)
        expiry = judged(Claim(thing, (Said("hand", on, desk.now),)), desk.now)
        trouble = trouble_of(expiry)
        assert trouble is not None
        desk.troubles.report(trouble)
        desk.notices.follow()
        return desk.flush()

    assert [remind(14), remind(14), remind(7)] == [1, 0, 1]
    opened, again = (one.splitlines() for one in desk.said)
    assert opened[0] == "**New ticket**"
    assert again[0] == "**Runs out soon**"
    assert "Again: Domain chamber.org.cn runs out in 7 days, on 2026-11-30." in again
    desk.messages.choose(("ticket",))
    assert remind(3) == 0


def test_a_clock_that_runs_out_is_told_before_and_after(desk: Desk) -> None:
    desk.messages.choose(["reminder", "breach"])
    desk.open()
    target = next(
        clock.target for clock in desk.tickets.clocks(desk.open()) if clock.key == "response"
    )
    assert target
    assert desk.notices.follow() == 0
    desk.later(seconds=target * 0.85)
    assert desk.notices.follow() == 2
    assert desk.notices.follow() == 0
    desk.later(seconds=target * 0.25)
    assert desk.notices.follow() == 2
    assert desk.notices.follow() == 0
    desk.flush()
    heads = [text.splitlines()[0] for text in desk.said]
    assert heads == ["**Due soon**"] * 2 + ["**Overdue**"] * 2
    assert "\nResponse is due 2026-11-23" in desk.said[0]
    assert "\nResponse was due 2026-11-23" in desk.said[2]


def test_a_long_text_is_cut_to_what_the_robot_takes(desk: Desk) -> None:
    desk.messages.tell("ticket", "long", "维" * 5000)
    desk.flush()
    assert len(desk.said[0].encode()) <= 4096
    assert desk.said[0].endswith("…")


# ---------------------------------------------------------------- the queue


def test_at_most_eighteen_go_in_a_minute_and_the_rest_follows(desk: Desk) -> None:
    for number in range(40):
        desk.messages.tell("ticket", str(number), str(number))
    assert desk.flush() == PER_MINUTE
    assert desk.flush() == 0
    desk.start()
    assert desk.flush() == 0, "another program knows, too"
    desk.later(seconds=61)
    assert desk.flush() == PER_MINUTE
    desk.later(seconds=61)
    assert desk.flush() == 4
    assert desk.said == [str(number) for number in range(40)], "in order"


def test_a_message_survives_the_program(desk: Desk) -> None:
    desk.messages.tell("ticket", "t", "text")
    desk.start()
    assert desk.messages.standing().waiting == 1
    assert desk.flush() == 1


@pytest.mark.parametrize(
    "trouble", [unreachable, lambda: WecomRefused(45009, "api freq out of limit")]
)
def test_a_passing_failure_is_tried_again_later_and_later(
    desk: Desk, trouble: Callable[[], Exception]
) -> None:
    desk.messages.tell("ticket", "one", "one")
    desk.messages.tell("ticket", "two", "two")
    desk.broken = [trouble(), trouble()]
    done = desk.messages.flush(Context())
    assert (done.sent, done.waiting) == (0, 2)
    assert done.fault
    assert desk.messages.standing().fault == done.fault
    assert desk.flush() == 0
    assert len(desk.broken) == 1, "too soon: nothing was tried"
    desk.later(seconds=61)
    assert desk.flush() == 0
    desk.later(seconds=61)
    assert desk.flush() == 0
    assert not desk.broken
    desk.later(seconds=61)
    assert desk.flush() == 2
    assert desk.said == ["one", "two"]
    newest, oldest = desk.messages.history()
    assert (oldest.state, oldest.tries, oldest.code) == ("sent", 3, 0)
    assert (newest.state, newest.tries) == ("sent", 1)
    assert desk.messages.standing().fault == ""


def test_a_wrong_address_keeps_all_messages_until_it_is_entered_anew(desk: Desk) -> None:
    desk.messages.tell("ticket", "one", "one")
    desk.broken = [WecomRefused(93000, "invalid webhook url")]
    assert "copy its address anew" in desk.messages.flush(Context()).fault
    desk.messages.set_up(ADDRESS)
    assert desk.flush() == 1


def test_a_message_that_is_never_taken_does_not_hold_up_the_others(desk: Desk) -> None:
    desk.messages.tell("ticket", "one", "one")
    desk.messages.tell("ticket", "two", "two")
    desk.broken = [WecomRefused(40058, "exceed max length")]
    assert desk.flush() == 1
    assert desk.said == ["two"]
    assert [one.state for one in desk.messages.history()] == ["sent", "refused"]


def test_news_of_three_days_ago_are_not_told(desk: Desk) -> None:
    desk.messages.tell("ticket", "one", "one")
    desk.broken = [unreachable()]
    desk.flush()
    desk.later(days=3, hours=1)
    desk.messages.tell("ticket", "two", "two")
    assert desk.flush() == 1
    assert desk.said == ["two"]
    assert desk.messages.history()[-1].state == "expired"


def test_a_locked_keyring_is_a_fault_and_loses_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.messages.tell("ticket", "one", "one")

    def locked(self: Vault, name: str) -> str:
        raise NoKeyring("The keyring cannot be used: it is locked.", hint="Unlock it.")

    with monkeypatch.context() as patch:
        patch.setattr(Vault, "find", locked)
        assert desk.messages.flush(Context()).fault == (
            "The keyring cannot be used: it is locked. Unlock it."
        )
    assert desk.flush() == 1


def test_an_emptied_keyring_is_told(desk: Desk) -> None:
    desk.messages.tell("ticket", "one", "one")
    Vault().delete("wecom-robot")
    assert "does not hold the robot's address" in desk.messages.flush(Context()).fault
    assert desk.messages.standing().waiting == 1


def test_a_cancelled_message_may_have_arrived_and_is_said_so(desk: Desk) -> None:
    desk.messages.tell("ticket", "one", "one")
    desk.broken = [Cancelled()]
    with pytest.raises(Cancelled):
        desk.messages.flush(Context())
    [one] = desk.messages.history()
    assert (one.state, one.tries) == ("waiting", 1)
    assert "may have arrived" in one.said


def test_two_programs_do_not_send_at_once(desk: Desk) -> None:
    desk.messages.tell("ticket", "one", "one")
    with held(desk.folder / "locks" / "messages.lock", "test"):
        assert desk.flush() == 0
    assert desk.flush() == 1


# ---------------------------------------------------------------- the test message


def test_a_test_message_goes_at_once_and_has_a_receipt(desk: Desk) -> None:
    desk.messages.tell("ticket", "one", "one")
    message = desk.messages.test(Context())
    assert message.state == "sent"
    assert message.said == "Taken by the robot (errcode 0)."
    assert desk.said == [message.text]
    assert desk.flush() == 1


def test_a_failed_test_message_says_why_and_is_not_repeated(desk: Desk) -> None:
    desk.broken = [WecomRefused(93000, "invalid webhook url")]
    with pytest.raises(OpsError, match="93000") as caught:
        desk.messages.test(Context())
    assert "they wait" in caught.value.unharmed
    assert desk.flush() == 0
    assert desk.said == []


def test_a_reminder_of_party_a_is_said_at_once_with_its_receipt(desk: Desk) -> None:
    desk.messages.choose(())  # it is asked for by hand: no event need be chosen
    message = desk.messages.remind("C-0001", "C-0001：请告知各级领导。", Context())
    assert (message.event, message.state) == ("request", "sent")
    assert message.text == "C-0001：请告知各级领导。"
    desk.messages.take_down()
    with pytest.raises(OpsError, match="No WeCom robot is set up"):
        desk.messages.remind("C-0001", "x", Context())
