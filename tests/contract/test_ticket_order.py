"""In which order the list of tickets stands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from gmops_desktop.contract.ticket_order import WAYS, Order, from_text, to_text, word_of_way
from gmops_desktop.contract.tickets import Priority, TicketState

NOON = datetime(2018, 11, 22, 4, tzinfo=UTC)


@dataclass(frozen=True)
class Line:
    id: str
    number: str
    state: TicketState
    priority: Priority
    opened: int
    updated: int


NEWEST_FIRST = (
    Line("d", "T-10000", "working", 3, 40, 41),
    Line("c", "T-9999", "registered", 1, 30, 90),
    Line("b", "T-B0002", "closed", 3, 20, 21),
    Line("a", "T-0001", "assessing", 1, 10, 95),
)
DUE = {"d": NOON, "c": None, "a": NOON - timedelta(hours=1)}


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("-opened", "dcba"),
        ("opened", "abcd"),
        ("number", "acdb"),  # by number, not by letter: 9999 before 10000
        ("-number", "bdca"),
        ("priority", "cadb"),  # what is equal stands newest first, in both directions
        ("-priority", "dbca"),
        ("state", "cadb"),  # along the ticket's way
        ("-state", "bdac"),
        ("updated", "bdca"),
        ("-updated", "acdb"),
        ("due", "adcb"),  # what nothing is due of stands at the end
        ("-due", "dacb"),
    ],
)
def test_a_list_stands_in_the_order_that_is_chosen(text: str, ids: str) -> None:
    order = from_text(text)
    assert to_text(order) == text
    assert "".join(one.id for one in order.sort(NEWEST_FIRST, DUE)) == ids


def test_a_second_click_turns_the_order_round() -> None:
    newest = Order()
    assert newest.turned_to("opened") == Order("opened", descending=False)
    assert newest.turned_to("due") == Order("due", descending=False)
    assert newest.turned_to("due").turned_to("due") == Order("due", descending=True)
    assert Order("due", descending=False).turned_to("updated") == Order("updated", descending=True)


def test_what_this_program_does_not_know_is_newest_first() -> None:
    assert from_text("") == from_text("colour") == from_text("-") == Order()
    assert len({word_of_way(by) for by in WAYS}) == len(WAYS)
