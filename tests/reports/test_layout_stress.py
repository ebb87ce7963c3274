"""Names and numbers that break a layout: nothing overlaps, is lost, or stands alone in any kind."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from typing import Any, Final, get_args

import pytest

from example_month import full_month
from example_papers import PAPERS
from gmops_desktop.contract.terms import Contract
from gmops_desktop.language import speaking
from gmops_desktop.reports.orders import Built, Document, make_monthly
from gmops_desktop.services.reports import Kind
from printed import lacking, lonely_heads, overlaps, text_of

# Four lines in the half of a page where a party signs; a name that nothing may break.
LONG_A: Final = (
    "深圳市光明新区工商业联合会及其下属各街道商会与行业协会联合秘书处信息化建设办公室" * 2
)
LONG_B: Final = "广东省某某信息技术与系统集成及网络安全运维服务股份有限公司深圳市光明新区分公司" * 2
UNBROKEN: Final = "Xx" * 20
RARE: Final = "𠮷田😀商会"  # no face has the emoji: it is printed as 〓 and named
# These are received by Party A; Party B stands in their foot alone, which is one line.
IN_THE_FOOT: Final = ("sign_in", "hand_over")
DOCUMENT: Final = Document("GMGSL-XX-2018-04", "zh_CN")


def strained(value: Any, **names: str) -> Any:
    """Return facts with other names of the parties and of the contract, wherever they name them."""
    if isinstance(value, tuple) and type(value) is tuple:
        return tuple(strained(one, **names) for one in value)
    if not is_dataclass(value) or isinstance(value, type):
        return value
    there = {one.name: getattr(value, one.name) for one in fields(value) if one.init}
    changed = {name: strained(one, **names) for name, one in there.items()}
    if isinstance(value, Contract) or "party_a" in there:
        changed |= {name: said for name, said in names.items() if name in there}
    return replace(value, **changed)


def built(kind: Kind, **names: str) -> Built:
    order, facts = PAPERS[kind].args  # type: ignore[attr-defined]  # a partial: what and of what
    with speaking("zh_CN"):
        return order(strained(facts(), **names), DOCUMENT)


@pytest.mark.parametrize("kind", get_args(Kind))
def test_parties_of_four_lines(kind: Kind) -> None:
    made = built(kind, party_a=LONG_A, party_b=LONG_B)
    assert lacking(made, [LONG_A] if kind in IN_THE_FOOT else [LONG_A, LONG_B]) == []
    assert (made.missing, overlaps(made), lonely_heads(made.content)) == ((), [], [])


@pytest.mark.parametrize("kind", get_args(Kind))
def test_names_without_a_break_and_characters_that_are_rare_or_nowhere(kind: Kind) -> None:
    made = built(kind, party_a=UNBROKEN + RARE, party_b=RARE + UNBROKEN, title=UNBROKEN + RARE)
    assert lacking(made, [UNBROKEN + RARE.replace("😀", "〓")]) == []
    assert (made.missing, overlaps(made), lonely_heads(made.content)) == (("😀",), [], [])


@pytest.mark.parametrize("count", [1, 5_000])
def test_a_month_of_one_ticket_and_of_five_thousand(count: int) -> None:
    facts = full_month()
    rows = tuple(
        replace(facts.tickets[n % 4], number=f"T-{n:05d}", title=f"第{n}件：{'事' * (n % 60)}。")
        for n in range(count)
    )
    made = make_monthly(replace(facts, tickets=rows), DOCUMENT)
    said = text_of(made)
    assert [row.number for row in rows if said.count(row.number) != 1] == []
    assert sum("事" * (n % 60) + "。" not in said for n in range(count)) == 0
    assert (overlaps(made), lonely_heads(made.content)) == ([], [])


def test_a_cell_longer_than_a_page_loses_no_character() -> None:
    facts = full_month()
    long = replace(facts.tickets[2], title="鼎" * 7_000)  # which stands nowhere else
    made = make_monthly(replace(facts, tickets=(facts.tickets[0], long)), DOCUMENT)
    assert text_of(made).count("鼎") == 7_000
    assert made.pages > 3
    assert (made.missing, overlaps(made), lonely_heads(made.content)) == ((), [], [])
