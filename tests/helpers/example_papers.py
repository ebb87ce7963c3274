"""One example of every kind of document, for tests that hold of all of them.

A party has a name that only the fallback fonts hold, so that each kind shows how it sets one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any, Final

from example_account import account_month
from example_change import notice, record
from example_evidence import compilation
from example_month import full_month
from example_period import CONTRACT, HEADS, backups, inspection
from example_year import quarter, year
from gmops_desktop.contract.notices import Notice, payment_of
from gmops_desktop.contract.person_days import Ledger
from gmops_desktop.contract.registers import Record
from gmops_desktop.contract.steps import Handed, Step
from gmops_desktop.contract.terms import Contact
from gmops_desktop.contract.tickets import Ticket
from gmops_desktop.contract.workdays import STANDARD
from gmops_desktop.reports import orders
from gmops_desktop.reports.orders import (
    Built,
    CheckLine,
    Document,
    DrillFacts,
    HandOverFacts,
    LetterFacts,
    PhaseLine,
    SignInFacts,
)
from gmops_desktop.reports.paper_facts import TicketFacts
from gmops_desktop.reports.period_facts import FeeFacts
from gmops_desktop.reports.span_facts import SpanFacts
from gmops_desktop.services.reports import Kind

RARE: Final = "𠮷田𬭎堃㛃镕商会"
NAMED: Final = replace(CONTRACT, party_a=RARE)
AT: Final = datetime(2018, 4, 30, 10, 20, tzinfo=UTC)
DAY: Final = date(2018, 4, 30)


def drill() -> DrillFacts:
    """A drill that proved an archive."""
    return DrillFacts(
        name="官网数据库", proved=True, at=AT, archive="chamber-2018-04-30.sql.zst",
        sha256="5f" * 32, file_bytes=38_400_000, taken_at=AT - timedelta(hours=8),
        source="chamber@10.0.0.4", server="MariaDB 10.11", schema="chamber", seconds=192.4,
        tables=24, rows=1_204_331, definitions=31, text_bytes=201_000_000,
        phases=(PhaseLine("装载", 150.0, True), PhaseLine("校验", 42.4, True)),
        checks=(CheckLine("SELECT 1 FROM members", 1, 0.1, ""),), faults=(), notes=(),
        party_a=RARE, party_b=CONTRACT.party_b, heads=HEADS,
    )  # fmt: skip


def ticket() -> TicketFacts:
    """A fault that was mended, and whose solution Party A confirmed."""
    closed = Ticket(
        id="018f2a6b-0000-7e3a-9b52-00000000000a", number="T-0031", kind="incident",
        title="官网首页 502，公众号菜单无法打开", description="首页返回 502。", state="closed",
        priority=1, estimate=1, requester="王㛃", contact_id="a", emergency="", resource_id="",
        opened_at=AT - timedelta(hours=6), closed_at=AT - timedelta(hours=1), confirmed_by="王㛃",
        conflict=False, channel="电话", cause="php-fpm 进程数上限过低。", attribution="party_b",
    )  # fmt: skip
    steps = (
        Step(closed.opened_at, "张伟", "工作站", "登记", "首页返回 502", ""),
        Step(AT - timedelta(hours=5), "张伟", "工作站", "处理", "重启 php-fpm 后恢复", ""),
    )
    return TicketFacts(
        contract=NAMED, at=AT, ticket=closed, prepared_by="张伟", steps=steps, heads=HEADS,
        ledger=Ledger(Decimal(10), Decimal("1.5"), Decimal(0), ()),
    )  # fmt: skip


def _letter() -> LetterFacts:
    joined = Notice("joined", "x", "赵明", "B", DAY, date(2018, 5, 4), None, "", True)
    return LetterFacts(joined, NAMED, Contact("x", "赵明", "B", "运维经理", "", DAY), DAY, HEADS)


def _payment() -> LetterFacts:
    payment = payment_of(replace(NAMED, paid_on=None), STANDARD)
    assert payment is not None
    return LetterFacts(payment, NAMED, None, DAY, HEADS)


def _sign_in() -> SignInFacts:
    training = Record("r", "training", DAY, "公众号后台操作", people=("王㛃", "𬭎堃"), by="张伟")
    return SignInFacts(training, NAMED, HEADS)


def _hand_over() -> HandOverFacts:
    items = (Handed("运维手册.docx", "document", "71c09ae2" * 8),)
    return HandOverFacts("t", "T-0031", "官网首页 502", items, NAMED, DAY, HEADS)


def _named(facts: Any) -> Any:
    """Return facts as if the rare name were that of their Party A."""
    if hasattr(facts, "change"):
        return replace(facts, change=replace(facts.change, contract=NAMED))
    return replace(facts, contract=NAMED)


Make = Callable[[Document], Built]


def _made(order: Callable[[Any, Document], Built], facts: Callable[[], Any]) -> Make:
    return partial(_make, order, facts)


def _make(
    order: Callable[[Any, Document], Built], facts: Callable[[], Any], document: Document
) -> Built:
    return order(facts(), document)


# A kind that is missing here fails the tests that hold of every kind.
def _spanning(facts: SpanFacts) -> SpanFacts:
    return replace(facts, whole=replace(facts.whole, contract=NAMED))


PAPERS: Final[Mapping[Kind, Make]] = {
    "monthly": _made(orders.make_monthly, lambda: _named(full_month())),
    "drill": _made(orders.make_certificate, drill),
    "contact": _made(orders.make_letter, _letter),
    "payment": _made(orders.make_letter, _payment),
    "sign_in": _made(orders.make_sign_in, _sign_in),
    "hand_over": _made(orders.make_hand_over, _hand_over),
    "notice": _made(orders.make_notice, lambda: _named(notice())),
    "change_record": _made(orders.make_change_record, lambda: _named(record())),
    "fault": _made(orders.make_fault_report, ticket),
    "visit": _made(orders.make_service_form, ticket),
    "evaluation": _made(orders.make_evaluation, ticket),
    "backups": _made(orders.make_backup_report, lambda: _named(backups())),
    "inspection": _made(orders.make_inspection, lambda: _named(inspection())),
    "account": _made(orders.make_account_report, lambda: _named(account_month())),
    "compilation": _made(orders.make_compilation, lambda: _named(compilation())),
    "fees": _made(
        orders.make_fees,
        lambda: FeeFacts(contract=NAMED, at=AT, payment=payment_of(NAMED, STANDARD), heads=HEADS),
    ),
    "quarter": _made(orders.make_quarterly, lambda: _spanning(quarter())),
    "annual": _made(orders.make_annual, lambda: _spanning(year(12))),
}
