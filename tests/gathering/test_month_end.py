"""What a month lacks: its own reports, made before it was over or not at all, and papers of its
tickets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from db.engine import Database
from db.journal import Journal
from example_month import empty_month
from gmops_desktop.context import Context
from gmops_desktop.errors import Cancelled, OpsError
from gmops_desktop.gathering.month_end import MonthOwes
from gmops_desktop.gathering.tickets import TicketPapers
from gmops_desktop.reports.facts import MonthFacts
from gmops_desktop.services.contracts import Contracts
from gmops_desktop.services.ledgers import Ledgers
from gmops_desktop.services.reports import Reports
from gmops_desktop.services.reports.month_end import MonthEnd, Outcome, Owed
from gmops_desktop.services.tickets import Tickets


class Desk:
    """The services around a month, with one clock."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.now = datetime(2018, 4, 20, 2, 0, tzinfo=UTC)
        clock: Callable[[], datetime] = lambda: self.now  # noqa: E731 - it is handed on
        journal = Journal(database, actor=lambda: "张伟", device_name="工作站", now=clock)
        self.contracts = Contracts(database, journal, now=clock)
        self.contracts.load_example()
        self.tickets = Tickets(database, journal, now=clock)
        ledgers = Ledgers(database, journal, self.tickets, now=clock)
        papers = TicketPapers(self.contracts, self.tickets, ledgers, lambda: "张伟", now=clock)

        def month(start: date, end: date) -> MonthFacts:
            contract = self.contracts.current()
            assert contract is not None
            return replace(empty_month(), contract=contract, start=start, end=end,
                           generated_at=self.now)  # fmt: skip

        kinds = {"fault": papers, "visit": papers, "quarter": papers, "annual": papers}
        self.reports = Reports(database, journal, lambda: folder, month, kinds)
        owes = MonthOwes(self.contracts, self.tickets, self.reports, clock)
        self.end = MonthEnd(self.reports, owes)

    def owed(self) -> list[tuple[str, str]]:
        return [(one.kind, one.of) for one in self.end.owed("2018-04")]

    def fault(self, priority: int) -> str:
        """Return the number of an incident that was closed."""
        book = self.tickets
        ticket = book.open("incident", "官网 502", requester="李慧敏", priority=priority)
        book.move(ticket.id, "working")
        book.move(ticket.id, "awaiting_confirmation")
        book.confirm(ticket.id, by="李慧敏", channel="电话")
        book.close(ticket.id)
        return ticket.number


@pytest.fixture
def desk(database: Database, tmp_path: Path) -> Desk:
    return Desk(database, tmp_path)


def test_a_month_owes_its_report_and_the_papers_of_its_tickets(desk: Desk) -> None:
    grave, slight = desk.fault(1), desk.fault(4)
    visit = desk.tickets.open("visit", "换交换机", requester="李慧敏", priority=3).number
    desk.tickets.open("incident", "还开着", requester="李慧敏", priority=1)
    assert desk.owed() == [("monthly", "2018-04"), ("fault", grave), ("visit", visit)]
    assert slight not in dict(desk.owed()).values()
    told: list[Outcome] = []
    found = desk.end.make_all(desk.end.owed("2018-04"), Context(), told.append)
    assert [bool(one.report) for one in found] == [True] * 3
    assert tuple(told) == found
    assert desk.owed() == []
    desk.now = datetime(2018, 5, 2, 2, 0, tzinfo=UTC)  # the report was made on the 20th
    assert desk.owed() == [("monthly", "2018-04")]
    assert "before the month was over" in desk.end.owed("2018-04")[0].why
    (again,) = desk.end.make_all(desk.end.owed("2018-04"), Context())
    assert again.report is not None
    assert again.report.replaces
    assert desk.owed() == []
    assert [one.kind for one in desk.end.owed("2018-05")] == ["monthly"]


def test_the_last_month_of_a_quarter_or_year_offers_it_and_it_is_due_when_over(desk: Desk) -> None:
    def longer(month: str) -> list[tuple[str, str, bool]]:
        owed = desk.end.owed(month)
        return [(one.kind, one.of, one.due) for one in owed if one.kind != "monthly"]

    assert longer("2018-04") == []
    assert longer("2018-06") == [("quarter", "2018-Q2", False)]
    desk.now = datetime(2018, 6, 30, 16, 30, tzinfo=UTC)  # July in Beijing
    assert longer("2018-06") == [("quarter", "2018-Q2", True)]
    desk.now = datetime(2019, 3, 8, tzinfo=UTC)  # the contract ended on the 6th, and its quarter
    assert longer("2019-03") == [("quarter", "2019-Q1", True), ("annual", "2018", True)]


def test_one_that_fails_or_has_a_bug_stops_no_other_and_cancelling_keeps_what_is_made(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    context = Context()
    owed = (Owed("fault", "T-9999"), Owed("monthly", "2018-04"), Owed("monthly", "2018-05"))
    found = desk.end.make_all(owed[:2], context)
    assert "T-9999" in found[0].fault
    assert found[1].report is not None

    def cancel(_one: Outcome) -> None:
        context.cancel()

    with pytest.raises(Cancelled):
        desk.end.make_all((owed[2], owed[0]), context, cancel)
    assert [one.period for one in desk.reports.all()] == ["2018-05", "2018-04"]
    with pytest.raises(OpsError, match="not a month"):
        desk.end.owed("2018")


@pytest.mark.logs("hit a bug")
def test_a_bug_is_logged_and_told_in_its_line(desk: Desk) -> None:
    class Broken:
        def make(self, *_words: object, **_more: object) -> None:
            raise RuntimeError("in the computing process:\nKeyError: 'x'")

    (found,) = MonthEnd(Broken(), lambda _month: ()).make_all(  # type: ignore[arg-type]
        [Owed("monthly", "2018-04")], Context()
    )
    assert found.report is None
    assert found.fault == "A fault of the program: KeyError: 'x'"
