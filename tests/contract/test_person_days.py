from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmops_desktop.contract.person_days import (
    Booking,
    Consent,
    WorkLine,
    ledger_of,
    level_of,
    rounded,
)

HALF = Decimal("0.5")


def line(id: str, *bookings: tuple[int, str], estimate: str = "", agreed: str = "") -> WorkLine:
    booked = tuple(Booking(date(2018, 4, on), Decimal(days), "张伟", "") for on, days in bookings)
    worked = sum((one.days for one in booked), Decimal(0))
    consent = Consent("李慧敏", date(2018, 4, 1), "微信", Decimal(agreed)) if agreed else None
    return WorkLine(
        id,
        f"T-{id}",
        "改版",
        Decimal(estimate) if estimate else None,
        "陈志远" if estimate else "",
        consent,
        worked,
        rounded(worked, HALF),
        booked,
    )


@pytest.mark.parametrize(
    ("days", "step", "counts"),
    [("1.2", "0.5", "1.5"), ("1.5", "0.5", "1.5"), ("0.1", "1", "1"), ("1.2", "0", "1.2")],
)
def test_what_is_worked_counts_in_whole_steps(days, step, counts):
    assert rounded(Decimal(days), Decimal(step)) == Decimal(counts)


@given(
    st.decimals(min_value=0, max_value=100, places=2),
    st.sampled_from(("0.25", "0.5", "1")).map(Decimal),
)
def test_rounding_never_takes_away_and_never_adds_a_step(days, step):
    counted = rounded(days, step)
    assert days <= counted < days + step
    assert counted % step == 0


def test_levels_are_reached_at_50_80_and_100_per_cent():
    used = ("0", "4.9", "5", "7.9", "8", "9.9", "10", "12")
    found = [level_of(Decimal(one), Decimal(10)) for one in used]
    assert found == [0, 0, 50, 50, 80, 80, 100, 100]
    assert level_of(Decimal(0), Decimal(0)) == 0


def test_a_ledger_adds_up_each_tickets_rounded_days():
    lines = [
        line("a", (2, "1.2"), (3, "0.2"), estimate="2", agreed="2"),
        line("b", (9, "4"), estimate="3", agreed="3"),
        line("c", estimate="2"),
    ]
    ledger = ledger_of(Decimal(10), lines, HALF)
    assert (ledger.used, ledger.left) == (Decimal("5.5"), Decimal("4.5"))
    assert ledger.planned == Decimal("2.5")  # half a day agreed to of a, and the estimate of c
    assert (ledger.level, ledger.reached) == (50, ((50, date(2018, 4, 9)),))
    assert [one.flaws for one in lines] == [(), ("over_estimate",), ()]


def test_one_booking_may_pass_several_levels():
    ledger = ledger_of(Decimal(10), [line("a", (2, "3"), (5, "8"))], HALF)
    assert ledger.reached == ((50, date(2018, 4, 5)), (80, date(2018, 4, 5)),
                              (100, date(2018, 4, 5)))  # fmt: skip
    assert ledger.left == Decimal(-1)
    assert ledger.lines[0].flaws == ("no_estimate", "no_consent")
