"""A change from the queue to its end: begun, lost from sight, found, taken back, handed over."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import text

from change_desk import MINUTE, PLAN, Desk
from db.engine import Database
from db.models import ChangeRow
from gmops_desktop.adapters.locks import Busy, held_for_change
from gmops_desktop.assembly import assemble
from gmops_desktop.context import Context
from gmops_desktop.contract.change_checks import Checked
from gmops_desktop.contract.changes import AUDIENCES
from gmops_desktop.contract.runs import RunLook
from gmops_desktop.contract.steps import Handed
from gmops_desktop.errors import Cancelled, OpsError
from gmops_desktop.month_facts import Collector
from gmops_desktop.paths import Home
from gmops_desktop.services.events import Events
from gmops_desktop.services.patches import Change, Patches


@pytest.fixture
def desk(database: Database) -> Desk:
    desk = Desk(database)
    desk.furnish()
    return desk


def keys(desk: Desk, change: Change) -> list[str]:
    return [step.key.removeprefix("change.") for step in desk.patches.steps(change.id)]


def test_the_whole_way_in_its_order(desk: Desk) -> None:
    patches, context = desk.patches, Context()
    change = patches.add("release", "v2.3.0", desk.host, PLAN)
    assert (change.number, change.state) == ("C-0001", "found")
    change = patches.assess(
        change.id, text="行业筛选", risk="低", by="陈志远", person_days=Decimal("0.5")
    )
    assert change.state == "assessed"
    change = patches.simulate(desk.host, change.id, context)
    assert change.state == "simulated"
    begin = desk.now + timedelta(hours=1)
    change = patches.set_window(change.id, begin, begin + timedelta(hours=1))
    assert change.state == "awaiting_notice"
    for audience in AUDIENCES:
        change = patches.announce(change.id, audience, "公告")
    assert change.state == "awaiting_window"
    desk.released(change)
    desk.copied()
    change = patches.prepare(desk.host, change.id, context)
    assert change.state == "precheck"
    assert change.way_back is not None
    desk.now = begin
    patches.check_before(desk.host, change.id, context)
    seen: list[RunLook] = []
    desk.server.going = 2
    change = desk.apply(change, follow=seen.append)
    assert [one.state for one in seen] == ["running", "running", "done"]
    assert change.state == "postcheck"
    assert change.applied_at == begin + 3 * MINUTE  # our clock, the server's length
    [run] = change.runs
    assert (run.state, run.status, run.by, run.restarted) == ("done", 0, "张伟", True)
    assert desk.logs == {f"C-0001-apply-{run.id[-8:]}.log": b"Setting up nginx ...\n"}
    assert run.tail == "Setting up nginx ...\n"
    change = patches.check_after(desk.host, change.id, context)
    assert change.state == "awaiting_confirmation"
    with pytest.raises(OpsError, match="not a designated contact"):
        patches.confirm(change.id, by="路人甲", channel="微信")
    change = patches.confirm(change.id, by="李慧敏", channel="微信", text="正常", paper="回执.pdf")
    assert (change.state, change.confirmed_by) == ("handover", "李慧敏")
    with pytest.raises(OpsError, match="handed nothing over"):
        patches.close(change.id)
    notes = Handed("操作手册", "document", "cd" * 32)
    change = patches.hand_over(
        desk.host, change.id, context, documents=(notes,), person_days=Decimal("0.5"), text="v2.3"
    )
    change = patches.close(change.id)
    assert (change.state, change.spent_days) == ("closed", Decimal("0.5"))
    assert keys(desk, change) == [
        "queued", "linked", "assessed", "simulated", "windowed", "announced", "announced",
        "announced", "approved", "preparing", "prepared", "checked_before", "simulated", "started",
        "finished", "checked_after", "confirmed", "handed_over", "closed",
    ]  # fmt: skip
    assert all(step.action != step.key for step in patches.steps(change.id))

    # the work's ticket, its estimate and what was booked
    ticket = desk.tickets.get(change.ticket_id)
    line = desk.ledgers.line(ticket.number)
    assert (line.estimate, line.worked) == (Decimal("0.5"), Decimal("0.5"))
    assert line.bookings[0].text == "For C-0001."

    # what the documents say
    notice = patches.notice_facts(change.id).change
    assert [(one.audience, one.evidence) for one in notice.told] == [
        (one, "公告") for one in AUDIENCES
    ]
    assert (notice.server, notice.window_begin) == ("web1 (10.0.0.4)", begin)
    assert [(one.kind, one.title) for one in notice.items] == [("file", "a.php")]
    record = patches.record_facts(change.id)
    assert (record.runs[0].tail, record.spent_days) == ("Setting up nginx ...\n", Decimal("0.5"))
    assert record.kept_files == ("/etc/nginx/nginx.conf.dpkg-dist",)
    assert record.done is not None
    assert [one.title for one in record.done] == ["a.php"]
    assert record.confirmation is not None
    assert record.confirmation.paper == "回执.pdf"
    assert len(record.gates) == 15
    assert all(gate.met for gate in record.gates)
    form = patches.hand_over_facts(change.id)
    assert [one.title for one in form.items] == ["a.php", "操作手册"]
    assert (form.change, form.ticket, form.release_notes) == ("C-0001", ticket.number, "v2.3")

    # what else tells of it
    told = Events(desk.database, desk.journal, dict).around(begin, timedelta(hours=2))
    assert any(one.text == "C-0001 v2.3.0: Confirmed by Party A · 李慧敏 · 微信" for one in told)
    [mark] = Events(desk.database, desk.journal, dict).marks(
        desk.host.id, begin, begin + timedelta(hours=1)
    )
    assert (mark.at, mark.kind) == (change.applied_at, "change")

    # a replay makes the same of it
    desk.journal.rebuild()
    assert patches.get(change.id) == change
    assert desk.journal.strangers() == ()
    assert desk.journal.verify().ok


def test_a_step_out_of_its_turn_names_the_next_one(desk: Desk) -> None:
    patches, context = desk.patches, Context()
    change = patches.add("release", "v2", desk.host, PLAN)
    early = (
        lambda: patches.set_window(change.id, desk.now, desk.now + MINUTE),
        lambda: patches.announce(change.id, "users", "x"),
        lambda: patches.approve(change.id),
        lambda: patches.prepare(desk.host, change.id, context),
        lambda: patches.check_before(desk.host, change.id, context),
        lambda: patches.attach(desk.host, change.id, context),
        lambda: patches.check_after(desk.host, change.id, context),
        lambda: patches.accept(change.id, "x"),
        lambda: patches.try_again(change.id, "x"),
        lambda: patches.roll_back(desk.host, change.id, context, confirm="C-0001", reason="x"),
        lambda: patches.mend(desk.host, change.id, context, confirm="C-0001"),
        lambda: patches.confirm(change.id, by="李慧敏", channel="微信"),
        lambda: patches.hand_over(desk.host, change.id, context),
        lambda: patches.close(change.id),
    )
    for act in early:
        with pytest.raises(OpsError, match="C-0001 is “Found”") as refused:
            act()
        assert "project manager's evaluation" in refused.value.hint
    assert keys(desk, change) == ["queued"]
    assert desk.server.asked == []


def test_an_evaluation_is_the_project_managers_and_names_its_days(desk: Desk) -> None:
    change = desk.patches.add("release", "v2", desk.host, PLAN)
    with pytest.raises(OpsError, match="张伟 is not the project manager"):
        desk.patches.assess(change.id, text="x", by="张伟", person_days=Decimal(1))
    with pytest.raises(OpsError, match="names no person-days"):
        desk.patches.assess(change.id, text="x", by="陈志远")
    with pytest.raises(OpsError, match="says nothing"):
        desk.patches.assess(change.id, text=" ", by="陈志远", person_days=Decimal(1))
    ticket = desk.tickets.open("requirement", "行业筛选", requester="李慧敏", priority=3)
    mine = desk.patches.add("release", "v3", desk.host, PLAN, ticket.number)
    mine = desk.patches.assess(mine.id, text="x", by="陈志远", person_days=Decimal(2))
    assert mine.ticket_id == ticket.id
    assert desk.tickets.get(ticket.id).assessed_days == Decimal(2)
    free = desk.patches.assess(change.id, text="勘误", by="陈志远", person_days=Decimal(0))
    assert (free.state, free.ticket_id) == ("assessed", "")
    assert len(desk.tickets.all()) == 1


def test_the_number_is_typed_and_the_server_is_the_right_one(desk: Desk) -> None:
    change = desk.ready()
    with pytest.raises(OpsError, match="type the number"):
        desk.patches.apply(desk.host, change.id, Context(), confirm="yes")
    with pytest.raises(OpsError, match="is not a change of 官网"):
        desk.patches.apply(desk.site, change.id, Context(), confirm=change.number)
    assert desk.server.runs() == []


def test_another_window_needs_another_notice(desk: Desk) -> None:
    change = desk.ready()
    begin, end = change.window or (desk.now, desk.now)
    assert desk.patches.set_window(change.id, begin, end) == change  # the same is no news
    moved = desk.patches.set_window(change.id, begin, end + MINUTE)
    assert (moved.state, dict(moved.announced)) == ("awaiting_notice", {})
    with pytest.raises(OpsError, match="no window that is still to come"):
        desk.patches.set_window(change.id, end, begin)


def test_another_plan_withdraws_what_was_said_of_the_one_before(desk: Desk) -> None:
    change = desk.ready()
    desk.patches.pass_gate(change.id, "snapshot", "云平台故障")
    desk.server.differs = ("+ b.php",)
    drifted = desk.patches.simulate(desk.host, change.id, Context())
    assert (drifted.state, drifted.drift) == ("assessed", ("+ b.php",))
    with pytest.raises(OpsError, match="“Assessed”"):
        desk.patches.prepare(desk.host, change.id, Context())
    new = desk.patches.replan(desk.host, change.id, Context())
    assert new.plan == {**PLAN, "played": True}
    assert new.state == "simulated"
    assert (new.window, new.approved_by, new.way_back) == (None, "", None)
    assert not new.announced
    assert not new.emergencies


def test_what_drifts_between_release_and_begin_stops_it(desk: Desk) -> None:
    change = desk.ready()
    desk.server.differs = ("~ a.php",)
    with pytest.raises(OpsError, match="the plan no longer holds"):
        desk.apply(change)
    assert desk.server.runs() == []
    assert desk.patches.get(change.id).drift == ("~ a.php",)


# ---------------------------------------------------------------- lines cut, programs killed


def test_a_lost_line_fails_nothing_and_is_taken_up_again(desk: Desk, database: Database) -> None:
    change = desk.ready()
    desk.server.going = 5
    looks = 0

    def follow(look: RunLook) -> None:
        nonlocal looks
        looks += 1
        if looks == 2:
            desk.server.silent = 99

    notes: list[str] = []
    context = Context(note=notes.append)
    after = desk.patches.apply(desk.host, change.id, context, confirm=change.number, follow=follow)
    assert after.state == "applying"
    assert after.running is not None
    assert "goes on at the server" in notes[0]
    assert desk.tickets.all()[0].kind == "requirement"  # no incident of it
    with pytest.raises(OpsError, match="“Applying”"):
        desk.apply(change)
    with pytest.raises(OpsError, match="“Applying”"):
        desk.patches.cancel(change.id, "x")
    desk.server.silent = 1
    again = Desk(database, desk.server)  # the program restarted
    done = again.patches.attach(desk.host, change.id, Context())
    assert done.state == "postcheck"
    assert len(desk.server.runs()) == 1
    assert again.logs.popitem()[1] == b"Setting up nginx ...\n"


def test_who_stops_following_stops_nothing(desk: Desk) -> None:
    change = desk.ready()
    context = Context()
    desk.server.going = 3
    with pytest.raises(Cancelled):
        desk.patches.apply(
            desk.host, change.id, context, confirm=change.number,
            follow=lambda look: context.cancel(),
        )  # fmt: skip
    assert desk.patches.get(change.id).state == "applying"
    assert desk.patches.attach(desk.host, change.id, Context()).state == "postcheck"


def test_a_start_that_never_arrived_is_found_out_and_begun_once_under_its_id(desk: Desk) -> None:
    change = desk.ready()
    desk.server.refuses_start = OpsError("web1 did not answer.")
    with pytest.raises(OpsError, match="did not answer"):
        desk.apply(change)
    lost = desk.patches.get(change.id)
    assert lost.state == "applying"  # as far as anybody knows
    desk.server.refuses_start = None
    found = desk.patches.attach(desk.host, change.id, Context())
    assert found.state == "precheck"
    assert [run.state for run in found.runs] == ["absent"]
    assert found.applied_at is None
    assert desk.tickets.all()[0].kind == "requirement"
    done = desk.apply(change)
    assert done.state == "postcheck"
    assert [run.id for run in done.runs] == [run.id for run in found.runs]
    assert len(desk.server.runs()) == 1


def test_what_was_begun_is_in_the_record_before_the_server_hears_of_it(desk: Desk) -> None:
    change = desk.ready()
    seen: list[str] = []

    def on_start(purpose: str) -> None:
        now = desk.patches.get(change.id)
        seen.append(now.state)
        assert now.running is not None
        raise SystemExit  # killed right here

    desk.server.on_start = on_start
    with pytest.raises(SystemExit):
        desk.apply(change)
    assert seen == ["applying"]
    desk.server.on_start = None
    assert desk.patches.attach(desk.host, change.id, Context()).state == "precheck"


def test_two_programs_do_not_begin_on_one_server_at_once(
    desk: Desk, database: Database, tmp_path: Path
) -> None:
    change = desk.ready()
    hands = replace(desk.hands, alone=lambda host: held_for_change(tmp_path, host))
    mine = Patches(database, desk.journal, hands, now=lambda: desk.now)
    with held_for_change(tmp_path, desk.host), pytest.raises(Busy, match="A change of web1"):
        mine.apply(desk.host, change.id, Context(), confirm=change.number)
    assert desk.server.runs() == []
    # One that is just being begun by another program is not taken for one that never was.
    desk.server.refuses_start = OpsError("lost")
    with pytest.raises(OpsError, match="lost"):
        mine.apply(desk.host, change.id, Context(), confirm=change.number)
    with held_for_change(tmp_path, desk.host), pytest.raises(Busy):
        mine.attach(desk.host, change.id, Context())
    assert mine.get(change.id).state == "applying"
    assert mine.attach(desk.host, change.id, Context()).state == "precheck"


# ---------------------------------------------------------------- faults and the way back


def test_a_run_that_fails_opens_a_ticket_and_is_mended_tried_again_or_taken_back(
    desk: Desk,
) -> None:
    change = desk.ready()
    desk.server.state = "failed"
    failed = desk.apply(change)
    assert (failed.state, failed.runs[-1].why) == ("postcheck", "Unpacking failed.")
    [incident] = [one for one in desk.tickets.all() if one.kind == "incident"]
    assert incident.title == "C-0001 failed on web1"
    assert "Unpacking failed." in incident.description
    assert failed.applied_at is None
    with pytest.raises(OpsError, match="did not end well"):
        desk.patches.accept(change.id, "x")
    assert desk.patches.check_after(desk.host, change.id, Context()).state == "postcheck"
    again = desk.patches.try_again(change.id, "磁盘已清理")
    assert again.state == "precheck"
    with pytest.raises(OpsError, match="Checked before"):
        desk.apply(change)
    desk.patches.check_before(desk.host, change.id, Context())
    still = desk.apply(change)
    assert still.state == "postcheck"
    assert len({run.id for run in still.runs}) == 2
    assert len([one for one in desk.tickets.all() if one.kind == "incident"]) == 1  # joined
    desk.server.state = "done"
    mended = desk.patches.mend(desk.host, change.id, Context(), confirm=change.number)
    assert [run.purpose for run in mended.runs] == ["apply", "apply", "mend"]
    assert desk.patches.check_after(desk.host, change.id, Context()).state == (
        "awaiting_confirmation"
    )


def test_what_is_worse_after_is_taken_back_and_confirmed_as_such(desk: Desk) -> None:
    change = desk.ready()
    desk.apply(change)
    fine = desk.server.checked["page:/"]
    desk.server.checked["page:/"] = Checked("page:/", "官网首页", "critical", "HTTP 502")
    worse = desk.patches.check_after(desk.host, change.id, Context())
    assert worse.state == "postcheck"
    assert [one.verdict for one in worse.differences] == ["worse", "same"]
    assert any("官网首页: HTTP 502" in one.description for one in desk.tickets.all())
    with pytest.raises(OpsError, match="needs a reason"):
        desk.patches.roll_back(desk.host, change.id, Context(), confirm=change.number, reason=" ")
    back = desk.patches.roll_back(
        desk.host, change.id, Context(), confirm=change.number, reason="首页 502"
    )
    assert (back.state, back.rollback_reason) == ("rolled_back", "首页 502")
    assert back.rolled_back_at is not None
    assert desk.patches.check_after(desk.host, change.id, Context()).state == "rolled_back"
    desk.server.checked["page:/"] = fine
    assert desk.patches.check_after(desk.host, change.id, Context()).state == (
        "awaiting_confirmation"
    )
    desk.patches.confirm(change.id, by="李慧敏", channel="电话")
    desk.patches.hand_over(desk.host, change.id, Context())
    closed = desk.patches.close(change.id)
    assert (closed.state, closed.runs[-1].purpose) == ("closed", "rollback")
    assert desk.patches.record_facts(change.id).rollback_reason == "首页 502"


def test_differences_that_were_meant_are_accepted_with_a_reason(desk: Desk) -> None:
    change = desk.ready()
    desk.apply(change)
    del desk.server.checked["unit:nginx.service"]
    assert desk.patches.check_after(desk.host, change.id, Context()).state == "postcheck"
    taken = desk.patches.accept(change.id, "nginx 由 caddy 替换")
    assert (taken.state, taken.accepted) == ("awaiting_confirmation", "nginx 由 caddy 替换")
    [deviation] = desk.patches.record_facts(change.id).deviations
    assert deviation.reason == "nginx 由 caddy 替换"


def test_what_was_confirmed_is_no_longer_when_it_is_taken_back(desk: Desk) -> None:
    change = desk.ready()
    desk.apply(change)
    desk.patches.check_after(desk.host, change.id, Context())
    desk.patches.confirm(change.id, by="李慧敏", channel="电话")
    desk.patches.hand_over(desk.host, change.id, Context())
    back = desk.patches.roll_back(
        desk.host, change.id, Context(), confirm=change.number, reason="导出错乱"
    )
    assert back.state == "rolled_back"
    with pytest.raises(OpsError, match="“Rolled back”"):
        desk.patches.close(change.id)


def test_days_are_booked_once_though_the_hand_over_was_cut(desk: Desk) -> None:
    change = desk.ready()
    desk.apply(change)
    desk.patches.check_after(desk.host, change.id, Context())
    desk.patches.confirm(change.id, by="李慧敏", channel="电话")
    ticket = desk.tickets.get(desk.patches.get(change.id).ticket_id)
    desk.ledgers.book(ticket.number, Decimal("0.5"), "For C-0001.")  # and then killed
    desk.patches.hand_over(desk.host, change.id, Context(), person_days=Decimal("0.5"))
    assert desk.ledgers.line(ticket.number).worked == Decimal("0.5")


def test_a_change_that_is_not_begun_is_cancelled_with_its_reason(desk: Desk) -> None:
    change = desk.ready()
    gone = desk.patches.cancel(change.id, "甲方暂缓")
    assert (gone.state, gone.reason) == ("cancelled", "甲方暂缓")
    with pytest.raises(OpsError, match="“Cancelled”"):
        desk.apply(change)


# ---------------------------------------------------------------- two devices


@pytest.fixture
def other(desk: Desk, tmp_path: Path) -> Iterator[Callable[[], Desk]]:
    """Give what makes a second device that knows what the first recorded so far."""
    database = Database(tmp_path / "other.db")

    def meet() -> Desk:
        laptop = Desk(database, desk.server, "laptop")
        laptop.journal.merge(desk.journal.entries())
        laptop.host, laptop.site_db, laptop.site = desk.host, desk.site_db, desk.site
        laptop.cloud = desk.cloud
        return laptop

    yield meet
    database.close()


def test_two_devices_that_begin_at_once_begin_it_once_and_are_told(
    desk: Desk, other: Callable[[], Desk]
) -> None:
    change = desk.ready()
    laptop = other()
    laptop.copied()
    laptop.actor = "刘洋"
    first = desk.apply(change)
    second = laptop.apply(change)
    assert first.runs[0].id == second.runs[0].id
    assert desk.server.runs() == [("apply", first.runs[0].id)]
    desk.journal.merge(laptop.journal.entries())
    laptop.journal.merge(desk.journal.entries())
    for here in (desk, laptop):
        met = here.patches.get(change.id)
        assert met.conflict
        assert f"run_{first.runs[0].id}" in met.conflicts
        assert [run.state for run in met.runs] == ["done"]
        assert here.journal.strangers() == ()


def test_what_was_begun_here_outweighs_what_was_cancelled_there(
    desk: Desk, other: Callable[[], Desk]
) -> None:
    change = desk.ready()
    laptop = other()
    desk.server.going = 1
    desk.server.silent = 0
    begun = desk.patches.apply(
        desk.host, change.id, Context(), confirm=change.number,
        follow=lambda look: setattr(desk.server, "silent", 99),
    )  # fmt: skip
    assert begun.state == "applying"
    laptop.patches.cancel(change.id, "甲方暂缓")
    desk.journal.merge(laptop.journal.entries())
    assert desk.patches.get(change.id).state == "applying"
    desk.server.silent = 0
    assert desk.patches.attach(desk.host, change.id, Context()).state == "postcheck"
    laptop.journal.merge(desk.journal.entries())
    assert laptop.patches.get(change.id).state == "postcheck"


def test_a_window_moved_there_takes_the_notices_given_here(
    desk: Desk, other: Callable[[], Desk]
) -> None:
    change = desk.ready()
    laptop = other()
    desk.patches.announce(change.id, "users", "另行公告")
    begin, end = change.window or (desk.now, desk.now)
    laptop.patches.set_window(change.id, begin, end + 30 * MINUTE)
    desk.journal.merge(laptop.journal.entries())
    met = desk.patches.get(change.id)
    assert met.state == "awaiting_notice"
    assert not met.announced
    gate = next(one for one in met.gates if one.key == "notice_users")
    assert not gate.open


# ---------------------------------------------------------------- what the month says of it


def test_a_month_has_what_was_queued_applied_or_taken_back_in_it(desk: Desk, home: Home) -> None:
    april = desk.ready()
    desk.patches.pass_gate(april.id, "notice_users", "网站被篡改")
    desk.write(april.id, announced_users="")
    desk.apply(april)
    waits = desk.patches.add("release", "v3", desk.host, PLAN)
    desk.now += timedelta(days=30)
    desk.patches.roll_back(desk.host, april.id, Context(), confirm=april.number, reason="导出错乱")
    with assemble(home) as services:
        gather = Collector(
            desk.contracts, desk.tickets, services.backups, services.restores, desk.patches,
            services.servers,
        )  # fmt: skip
        first = gather(date(2018, 4, 1), date(2018, 4, 30))
        second = gather(date(2018, 5, 1), date(2018, 5, 31))
    assert [one.number for one in first.changes] == [waits.number, april.number]
    [line] = second.changes
    assert (line.number, line.state, line.told) == (april.number, "rolled_back", 2)
    assert line.applied_at is not None
    assert line.rolled_back_at is not None
    assert [(one.actor, one.reason) for one in first.overrides] == [("张伟", "网站被篡改")]
    assert second.overrides == ()
    entries = [one for one in desk.journal.entries("change") if one.fields.get("emergency")]
    assert len(entries) == 1  # what clause 2.3-8 counts


def test_rows_of_an_older_program_are_made_anew_at_the_next_start(
    desk: Desk, tmp_path: Path
) -> None:
    """The states of an older program were what it wrote last, whatever two devices knew."""
    change = desk.announced(desk.queued())
    with desk.database.session() as session, session.begin():
        session.get_one(ChangeRow, change.id).state = "awaiting_notice"
        session.execute(text("UPDATE alembic_version SET version_num = '0008'"))
        session.execute(text("DROP TABLE account_facts"))  # which came later
    assert desk.journal.strangers() == (change.number,)
    again = Desk(Database(tmp_path / "store.db"), desk.server)
    assert again.journal.catch_up()
    assert again.patches.get(change.id).state == "awaiting_window"
    assert again.journal.strangers() == ()
    assert not again.journal.catch_up()
    again.database.close()
