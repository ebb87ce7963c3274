"""One step for many tickets: each its own entry, and each refusal told by number."""

from __future__ import annotations

import pytest

from db.journal import Journal
from gmops_desktop.context import Context
from gmops_desktop.errors import Cancelled
from gmops_desktop.services.contracts import Contracts
from gmops_desktop.services.ticket_batches import move_all, note_all
from gmops_desktop.services.tickets import Tickets


@pytest.fixture
def tickets(database):
    journal = Journal(database, actor=lambda: "张伟")
    Contracts(database, journal).load_example()
    return Tickets(database, journal)


def opened(tickets, count):
    return [tickets.open("incident", f"第 {n} 件", requester="", priority=3) for n in range(count)]


def test_what_may_move_moves_and_what_may_not_is_named(tickets):
    one, two, three = opened(tickets, 3)
    tickets.move(two.id, "withdrawn", "甲方撤回")
    batch = move_all(tickets, [one.id, two.id, three.id], "working", "", "", Context())
    assert batch.done == (one.number, three.number)
    [refused] = batch.refused
    assert refused.number == two.number
    assert "cannot become" in refused.why or "reason" in refused.why
    assert [tickets.get(one.id).state, tickets.get(two.id).state] == ["working", "withdrawn"]
    assert len(tickets.steps(one.id)) == 2


def test_a_note_stands_in_each(tickets):
    ids = [one.id for one in opened(tickets, 2)]
    assert note_all(tickets, ids, "统一巡检", Context()).refused == ()
    assert [tickets.steps(key)[-1].text for key in ids] == ["统一巡检", "统一巡检"]


def test_nothing_closes_without_party_a_however_many(tickets):
    ids = [one.id for one in opened(tickets, 2)]
    batch = move_all(tickets, ids, "closed", "", "", Context())
    assert batch.done == ()
    assert len(batch.refused) == 2


def test_stopping_keeps_what_is_done(tickets):
    ids = [one.id for one in opened(tickets, 3)]
    context = Context()

    class Book:
        """The same tickets, and somebody who stops after the first step."""

        get, note = tickets.get, tickets.note

        def move(self, *words, **more):
            context.cancel()
            return tickets.move(*words, **more)

    with pytest.raises(Cancelled):
        move_all(Book(), ids, "working", "", "", context)
    assert [tickets.get(key).state for key in ids] == ["working", "registered", "registered"]
