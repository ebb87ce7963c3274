from __future__ import annotations

from datetime import date

from gmops_desktop.contract.obligations import STREAMS, matrix, todos
from gmops_desktop.contract.terms import ServiceItem

MONTHS = (date(2018, 3, 1), date(2018, 4, 1), date(2018, 5, 1), date(2018, 6, 1))
TODAY = date(2018, 5, 20)
DATABASE = ServiceItem("database", "云数据库", monthly=True)
TRAINING = ServiceItem("training", "培训")


def cells(item, counts):
    [row] = matrix([item], MONTHS, counts, TODAY)
    assert row.item == item
    return row.cells


def test_a_monthly_item_is_missing_when_past_due_now_and_not_owed_later():
    assert cells(DATABASE, {}) == (("missing", 2), ("missing", 2), ("due", 0), ("none", 0))


def test_full_needs_every_stream():
    counts = {
        ("backups", MONTHS[0]): 30,
        ("backups", MONTHS[1]): 30,
        ("restores", MONTHS[1]): 1,
        ("restores", MONTHS[2]): 1,
    }
    expected = (("partly", 30), ("full", 31), ("partly", 1), ("none", 0))
    assert cells(DATABASE, counts) == expected


def test_an_item_on_demand_owes_nothing_until_asked():
    counts = {("trainings", MONTHS[1]): 2}
    assert cells(TRAINING, counts) == (("none", 0), ("full", 2), ("none", 0), ("none", 0))


def test_other_evidence_alone_does_not_make_a_month_full():
    server = ServiceItem("server", "云服务器", monthly=True)
    counts = {("host_looks", MONTHS[1]): 9, ("file_backups", MONTHS[1]): 4}
    assert cells(server, counts)[:2] == (("missing", 2), ("full", 13))
    assert cells(server, {("patches", MONTHS[0]): 3})[0] == ("partly", 3)


def test_an_item_we_cannot_count_is_missing_and_never_full():
    unheard = ServiceItem("parking", "停车", monthly=True)
    assert "parking" not in STREAMS
    assert cells(unheard, {("backups", MONTHS[0]): 5})[0] == ("missing", 1)


def test_a_piece_without_its_paper_makes_a_month_partly():
    counts = {("trainings", MONTHS[1]): 2}
    [row] = matrix([TRAINING], MONTHS, counts, TODAY, lacks={("trainings", MONTHS[1]): 1})
    assert row.cells[1] == ("partly", 2)


def test_what_is_due_once_is_owed_in_its_month_only():
    item = ServiceItem("verification", "公众号年审")

    def in_month(place):
        [row] = matrix([item], MONTHS, {}, TODAY, owed={("verification", MONTHS[place])})
        return [cell for cell, _ in row.cells]

    assert in_month(0) == ["missing", "none", "none", "none"]
    assert in_month(2) == ["none", "none", "due", "none"]
    assert in_month(3) == ["none", "none", "none", "due"]


def test_todos_name_each_missing_stream_once():
    items = [DATABASE, ServiceItem("monitoring", "监控", monthly=True), TRAINING]
    counts = {("backups", MONTHS[2]): 1, ("website_looks", MONTHS[2]): 5}
    found = todos(items, MONTHS[2], counts)
    assert [(one.stream, one.page) for one in found] == [
        ("restores", "backups"), ("host_looks", "status")]  # fmt: skip
    assert todos(items, MONTHS[2], counts | {("restores", MONTHS[2]): 1,
                                             ("host_looks", MONTHS[2]): 1}) == ()  # fmt: skip
