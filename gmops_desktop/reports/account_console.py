"""What the report of an official account tells by somebody's word: notices of violations and who
may log in, as read by hand in the console, each with its day and reader."""

from __future__ import annotations

from reportlab.platypus import Flowable

from gmops_desktop.contract.consoles import Reading, told_notices
from gmops_desktop.contract.terms import day_of
from gmops_desktop.language import tr, tr_n
from gmops_desktop.reports import phrases
from gmops_desktop.reports.account_facts import AccountFacts, AccountMonth
from gmops_desktop.reports.boxes import writable
from gmops_desktop.reports.marks import StateWord
from gmops_desktop.reports.paragraph import Paragraph
from gmops_desktop.reports.styles import NOTE
from gmops_desktop.reports.tables import Cell, ruled_table


def violations(facts: AccountFacts, one: AccountMonth) -> list[Flowable]:
    """Return the month's notices, and until when anybody looked; without a reading, the place to
    enter them."""
    readings = [read for read in _made(facts, one) if read.notices is not None]
    if not readings:
        words = tr("Unknown: WeChat tells of violations in the account's console only. Look there, "
                   "and enter what is found by hand:")  # fmt: skip
        heads = (
            tr("Checked on", context="account"),
            tr("By whom"),
            tr("Findings", context="account"),
        )
        empty: list[Cell] = [writable("", 22), "", ""]
        return [StateWord("unknown", words), ruled_table(heads, [empty], (2, 2, 8))]
    newest = readings[0]
    parts: list[Flowable] = []
    last = min(facts.end, newest.on)
    if newest.on < facts.start:
        words = tr("Unknown: nobody looked in the console since {day}.", day=phrases.day(newest.on))
        return [StateWord("unknown", words), _source(newest)]
    notices = told_notices(readings, facts.start, facts.end)
    if notices:
        words = tr_n("{count} notice of a violation in this month.",
                     "{count} notices of violations in this month.", len(notices))  # fmt: skip
        heads = (tr("Day"), tr("Notice", context="console"), tr("What was done", context="console"))
        rows: list[list[Cell]] = [
            [
                phrases.day(notice.on),
                notice.words,
                notice.handling or StateWord("warning", tr("nothing recorded")),
            ]
            for notice in notices
        ]
        parts += [StateWord("warning", words), ruled_table(heads, rows, (2, 6, 4))]
    else:
        words = tr("No notice of a violation until {day}.", day=phrases.day(last))
        parts.append(StateWord("ok", words))
    if last < facts.end:
        words = tr("What came after {day}, nobody has looked for yet.", day=phrases.day(last))
        parts.append(StateWord("unknown", words))
    return [*parts, _source(newest)]


def people(facts: AccountFacts, one: AccountMonth) -> list[Flowable]:
    """Return who may log in, as it was read last, and who speaks for the parties."""
    read = next((read for read in _made(facts, one) if read.people), None)
    if read is None:
        words = tr("Who may log in to the console is unknown: no interface tells it.")
        parts: list[Flowable] = [StateWord("unknown", words)]
    else:
        heads: tuple[str, ...] = (tr("Who may log in"), tr("Role in the console"))
        rows: list[list[Cell]] = [[who.name, who.role or "—"] for who in read.people or ()]
        parts = [ruled_table(heads, rows, (4, 8)), _source(read)]
    if facts.contacts:
        parts.append(Paragraph(tr("Those who speak for the parties are:"), NOTE))
        heads = (tr("Party", context="contact"), tr("Name"), tr("Role"))
        lines: list[list[Cell]] = [
            [
                tr("Party A", context="report") if who.party == "A"
                else tr("Party B", context="report"),
                who.name,
                who.role or "—",
            ]
            for who in facts.contacts
        ]  # fmt: skip
        parts.append(ruled_table(heads, lines, (2, 3, 7)))
    return parts


def _made(facts: AccountFacts, one: AccountMonth) -> list[Reading]:
    """Return the readings made by the time of the report, the newest first."""
    made_on = day_of(facts.at)
    return [read for read in one.readings if read.on <= made_on]


def _source(read: Reading) -> Flowable:
    words = tr("Read by hand on {day} by {name} in the console (mp.weixin.qq.com).",
               day=phrases.day(read.on), name=read.by)  # fmt: skip
    return Paragraph(words, NOTE)
