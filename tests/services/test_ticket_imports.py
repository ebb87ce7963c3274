"""Old lists become tickets: all of it or nothing, and never twice."""

from __future__ import annotations

import csv
from datetime import UTC, datetime

import pytest

from db.journal import Journal
from gmops_desktop.context import Context
from gmops_desktop.errors import Cancelled, OpsError
from gmops_desktop.services.contracts import Contracts
from gmops_desktop.services.finding import Finding
from gmops_desktop.services.ticket_imports import Plan, TicketImports
from gmops_desktop.services.tickets import Tickets

NOW = datetime(2018, 11, 22, 2, 0, tzinfo=UTC)
HEADS = (
    "单号",
    "标题",
    "类型",
    "优先级",
    "状态",
    "提出人",
    "登记时间",
    "关闭时间",
    "资源",
    "处理过程",
)


def row(number, **changes):
    values = dict(
        zip(
            HEADS,
            (f"GD-{number}", f"故障 {number}", "事件", "高", "已关闭", "李慧敏", "2018-03-07 10:00",
             "2018-03-08", "官网", "重启后恢复"),
            strict=True,
        )
    )  # fmt: skip
    return [(values | changes)[head] for head in HEADS]


@pytest.fixture
def journal(database):
    return Journal(database, actor=lambda: "张伟", device_name="工作站", now=lambda: NOW)


@pytest.fixture
def tickets(database, journal):
    Contracts(database, journal, now=lambda: NOW).load_example()
    return Tickets(database, journal, now=lambda: NOW)


@pytest.fixture
def imports(database, journal, tickets):
    return TicketImports(database, journal, now=lambda: NOW)


@pytest.fixture
def written(tmp_path):
    def write(*rows, heads=HEADS):
        path = tmp_path / "旧工单.csv"
        with path.open("w", encoding="gbk", newline="") as file:
            csv.writer(file).writerows([heads, *rows])
        return path

    return write


def take(imports, path, context=None):
    context = context or Context()
    return imports.take(*imports.read(path, context), context)


def test_rows_become_tickets_with_their_history(imports, tickets, written, database):
    open_row = row(2, 状态="处理中", 关闭时间="", 提出人="赵经理", 资源="老服务器")
    outcome = take(imports, written(row(1), open_row))
    assert (outcome.taken, outcome.known, outcome.refused) == (2, 0, ())
    assert (outcome.first, outcome.last) == ("T-0001", "T-0002")
    one, two = tickets.get("T-0001"), tickets.get("T-0002")
    assert (one.title, one.state, one.priority) == ("故障 1", "closed", 2)
    assert one.opened_at == datetime(2018, 3, 7, 2, 0, tzinfo=UTC)
    assert one.contact_id, "a designated contact of that day is known as such"
    assert (two.state, two.requester, two.contact_id) == ("working", "赵经理", "")
    assert "老服务器" in tickets.steps(two.id)[0].text
    assert "重启后恢复" in tickets.steps(one.id)[0].text
    assert Finding(database).tickets("恢复 GD-1") == {one.id}
    assert tickets.open("incident", "新的", requester="", priority=3).number == "T-0003"


def test_a_look_writes_nothing(imports, written, journal):
    before = journal.count()
    context = Context()
    outcome = imports.look(*imports.read(written(row(1), row(2, 标题="")), context), context)
    assert (outcome.rows, outcome.taken, outcome.refused_rows) == (2, 1, 1)
    assert journal.count() == before


def test_importing_twice_makes_no_doubles(imports, written, tickets, journal):
    take(imports, written(row(1), row(2)))
    count = journal.count()
    again = take(imports, written(row(2), row(3), row(1)))
    assert (again.taken, again.known) == (1, 2)
    assert journal.count() == count + 1
    assert len(tickets.all()) == 3


def test_two_machines_that_import_the_same_list_have_one_ticket_after_merging(
    imports, written, journal, tickets, tmp_path
):
    from db.engine import Database

    path = written(row(1))
    take(imports, path)
    other = Database(tmp_path / "laptop" / "store.db")
    there = Journal(other, actor=lambda: "刘", device_name="laptop", now=lambda: NOW)
    take(TicketImports(other, there, now=lambda: NOW), path)
    journal.merge(there.entries())
    other.close()
    assert len(tickets.all()) == 1


def test_refused_rows_are_named_and_the_others_taken(imports, written, tickets):
    outcome = take(imports, written(row(1), row(2, 登记时间="某日"), row(3, 状态="？")))
    assert [(one.row, one.column, one.value) for one in outcome.refused] == [
        (3, "登记时间", "某日"),
        (4, "状态", "？"),
    ]
    assert [ticket.title for ticket in tickets.all()] == ["故障 1"]


def test_a_needed_column_that_is_not_named_is_asked_for(imports, written):
    context = Context()
    sheet, _ = imports.read(written(row(1)), context)
    with pytest.raises(OpsError, match="Opened at") as caught:
        imports.take(sheet, Plan({"title": 1}), context)
    assert caught.value.unharmed


def test_a_cancelled_import_leaves_nothing(imports, written, tickets, journal):
    before = journal.count()
    path = written(*(row(number) for number in range(1200)))
    context = Context()
    sheet, plan = imports.read(path, context)
    reports: list[int] = []

    def stop(progress):
        reports.append(progress.percent)
        if progress.percent is not None and progress.percent > 20:
            stopping.cancel()

    stopping = Context(stop)
    stopping._INTERVAL = 0.0
    with pytest.raises(Cancelled):
        imports.take(sheet, plan, stopping)
    assert journal.count() == before
    assert tickets.all() == ()
    assert Finding(imports._database).tickets("故障") == frozenset()
    assert take(imports, path).taken == 1200


def test_the_journal_holds_and_says_the_same_after_a_rebuild(imports, written, journal, tickets):
    take(imports, written(*(row(number) for number in range(40))))
    assert journal.verify().ok
    assert journal.strangers() == ()
    before = tickets.all()
    journal.rebuild()
    assert tickets.all() == before
