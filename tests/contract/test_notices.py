from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from gmops_desktop.contract.notices import letter_of, notices_of, payment_of
from gmops_desktop.contract.record import EntryView
from gmops_desktop.contract.terms import Contact, Contract
from gmops_desktop.contract.workdays import STANDARD, Calendar, Holidays

CONTRACT = Contract(
    id="c",
    title="运维服务合同",
    number="GM-1",
    party_a="甲方单位",
    party_b="乙方公司",
    start=date(2018, 3, 6),
    end=date(2019, 3, 6),
    total=Decimal("32692.70"),
    payable=Decimal(32692),
    signed_on=date(2018, 3, 6),
    person_days=Decimal(10),
    items=(),
)
ZHAO = Contact("x", "赵经理", "A", "指定联系人", "0755", date(2018, 4, 4))


def entry(clock: int, action: str, fields: dict[str, Any], **note: Any) -> EntryView:
    at = datetime(2018, 4, 4, 2, clock, tzinfo=UTC)
    return EntryView(f"e{clock}", "d", clock, clock, at, 480, "张伟", "contact", "x", action,
                     fields, note, "")  # fmt: skip


JOINED = entry(1, "contact.added", {"valid_from": "2018-04-04"})
LEFT = entry(2, "contact.ended", {"valid_to": "2018-06-15"})


def test_a_change_is_to_be_told_within_three_working_days():
    [notice] = notices_of(ZHAO, [JOINED], CONTRACT, STANDARD)
    assert notice.due == date(2018, 4, 10)  # 清明 off, Sunday the 8th worked
    assert (notice.done_on, notice.kept, notice.certain) == (None, None, True)
    assert notice.state(date(2018, 4, 10)) == "warning"
    assert notice.state(date(2018, 4, 11)) == "critical"


def test_a_notice_answers_the_changes_before_it():
    told = entry(3, "contact.notified", {"notified_on": "2018-06-21"}, evidence="快递 1234")
    joined, left = notices_of(ZHAO, [JOINED, LEFT, told], CONTRACT, STANDARD)
    assert (joined.done_on, left.done_on) == (date(2018, 6, 21), date(2018, 6, 21))
    assert (joined.kept, left.kept) == (False, True)  # 端午 on the 18th: due on the 21st
    assert left.evidence == "快递 1234"
    assert (joined.state(date(2018, 7, 1)), left.state(date(2018, 7, 1))) == ("warning", "ok")


def test_who_is_there_from_the_start_or_leaves_at_the_end_is_no_change():
    first = entry(1, "contact.added", {"valid_from": "2018-03-06"})
    last = entry(2, "contact.ended", {"valid_to": "2019-03-06"})
    assert notices_of(ZHAO, [first, last], CONTRACT, STANDARD) == ()


def test_an_end_that_is_set_anew_is_told_once():
    later = entry(4, "contact.ended", {"valid_to": "2018-07-13"})
    joined, left = notices_of(ZHAO, [JOINED, LEFT, later], CONTRACT, STANDARD)
    assert (joined.what, left.what, left.since) == ("joined", "left", date(2018, 7, 13))


def test_payment_is_due_three_working_days_after_signing():
    notice = payment_of(CONTRACT, STANDARD)
    assert notice is not None
    assert (notice.due, notice.name) == (date(2018, 3, 9), "¥32,692.00")


def test_an_unknown_year_is_guessed_and_says_so_until_it_is_entered():
    joined = entry(1, "contact.added", {"valid_from": "2094-02-12"})
    far = Contract(**{**_fields(CONTRACT), "start": date(2094, 1, 1), "end": date(2094, 12, 31)})
    [guessed] = notices_of(ZHAO, [joined], far, STANDARD)
    assert (guessed.due, guessed.certain) == (date(2094, 2, 17), False)
    off = frozenset(date(2094, 2, day) for day in (15, 16, 17, 18, 19))
    entered = Calendar({2094: Holidays(2094, off, frozenset(), "国办发明电")})
    [known] = notices_of(ZHAO, [joined], far, entered)
    assert (known.due, known.certain) == (date(2094, 2, 24), True)


def test_the_letter_names_clause_change_and_due_day():
    [notice] = notices_of(ZHAO, [JOINED], CONTRACT, STANDARD)
    letter = letter_of(notice, CONTRACT, ZHAO)
    for word in ("1.15", "赵经理", "2018-04-04", "2018-04-10", "GM-1", "0755"):
        assert word in letter
    assert letter.startswith("To: 乙方公司")  # a contact of Party A: A writes to B
    payment = payment_of(CONTRACT, STANDARD)
    assert payment is not None
    asked = letter_of(payment, CONTRACT)
    assert "叁万贰仟陆佰玖拾贰元整" in asked
    assert asked.startswith("To: 甲方单位")


def _fields(contract: Contract) -> dict[str, Any]:
    return {name: getattr(contract, name) for name in contract.__slots__}
