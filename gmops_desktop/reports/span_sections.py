"""What the reports of a quarter and of a year share: months side by side, limits kept, faults,
person-days, money; each figure with its coverage, unknown said as unknown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal

from reportlab.platypus import CondPageBreak, Flowable, Spacer, Table

from gmops_desktop.contract.capitals import rmb_capitals
from gmops_desktop.contract.tickets import KINDS, TicketKind, word_of_attribution, word_of_kind
from gmops_desktop.language import tr
from gmops_desktop.reports import phrases
from gmops_desktop.reports.boxes import card_row
from gmops_desktop.reports.captions import Captions
from gmops_desktop.reports.facts import TicketLine
from gmops_desktop.reports.key_figures import ENOUGH
from gmops_desktop.reports.marks import FigureCard, Section, StateWord
from gmops_desktop.reports.month_charts import Bars, month_counts, month_shares
from gmops_desktop.reports.paragraph import Paragraph, strong
from gmops_desktop.reports.span_facts import (
    Held,
    MonthSum,
    SpanFacts,
    Watched,
    faults_of,
    held,
    opened_in,
    sums,
)
from gmops_desktop.reports.styles import BLUE, BODY, CELL, NOTE, RULE, STATE_COLOURS, WIDTH, Align
from gmops_desktop.reports.tables import Cell, particulars, ruled_table
from gmops_desktop.states import State, word_of

_TALL = 118.0  # points, a chart over the whole width


def head(number: int, words: str, aside: str = "") -> list[Flowable]:
    """Return a section's head with room below for what begins it."""
    return [CondPageBreak(140), Section(phrases.numbered(number, words), aside)]


def part(number: int, place: int, words: str) -> list[Flowable]:
    """Return the head of a section's part."""
    return [CondPageBreak(80), Section(phrases.part(number, place, words), level=1)]


def figures(facts: SpanFacts) -> Table:
    """Return the span in five cards."""
    return card_row(
        (
            _site_card(facts),
            _held_card(facts),
            _count_card(facts),
            _copies_card(facts),
            _days_card(facts),
        )
    )


def trend_section(facts: SpanFacts, number: int, captions: Captions) -> list[Flowable]:
    """Return the months side by side, as a table and as two charts."""
    found, months = sums(facts), [first for first, _ in facts.months]
    ticketed = [
        Bars(tr("opened", context="trend"), BLUE, [_of(one, lambda m: m.opened) for one in found]),
        Bars(tr("closed", context="trend"), STATE_COLOURS["ok"],
             [_of(one, lambda m: m.closed) for one in found]),
        Bars(tr("open at the end"), STATE_COLOURS["warning"],
             [_of(one, lambda m: m.still) for one in found]),
    ]  # fmt: skip
    parts: list[Flowable] = [
        *head(number, tr("Months side by side")),
        months_table(facts, captions),
        Spacer(0, 4),
        CondPageBreak(_TALL + 20),
        month_counts(WIDTH, _TALL, months, ticketed),
        captions.figure(tr("tickets of each month")),
    ]
    for site in facts.sites:
        if site.whole.up is None:
            continue  # the table says that nobody looked
        shares = [
            Bars(tr("availability", context="trend"), STATE_COLOURS["ok"],
                 [one.up for one in site.months]),
            Bars(tr("coverage", context="trend"), RULE,
                 [one.coverage if facts.begun(month) else None
                  for one, month in zip(site.months, facts.months, strict=True)]),
        ]  # fmt: skip
        parts += [
            Spacer(0, 4),
            CondPageBreak(_TALL + 20),
            month_shares(WIDTH, _TALL, months, shares),
            captions.figure(tr("availability of {name} and how much of the time was looked at",
                               name=site.name)),
        ]  # fmt: skip
    return parts


def months_table(facts: SpanFacts, captions: Captions) -> Flowable:
    """Return a row for each figure and a column for each month: three months, or a year."""
    found = sums(facts)
    rows: list[tuple[str, Callable[[MonthSum], str]]] = [
        (tr("Tickets opened"), lambda m: f"{m.opened:,}"),
        (tr("Tickets closed"), lambda m: f"{m.closed:,}"),
        (tr("of them faults"), lambda m: f"{m.faults:,}"),
        (tr("Response in time"), lambda m: _part(m.response.kept, m.response.total)),
        (tr("Resolution in time"), lambda m: _part(m.resolve.kept, m.resolve.total)),
        (tr("Changes", context="report"), lambda m: f"{m.changes:,}"),
        (tr("Backups good"), lambda m: _part(m.good, m.copies)),
        (tr("Restores and drills proved"), lambda m: _part(m.proved, m.drills)),
        (tr("Alerts", context="report"), lambda m: f"{m.alerts:,}"),
        (tr("Special emergencies"), lambda m: f"{m.emergencies:,}"),
        (tr("Person-days used"), lambda m: word_of("unknown") if m.days is None else _days(m.days)),
    ]  # fmt: skip
    lines: list[list[Cell]] = [
        [word, *[Paragraph(_of_words(one, say), _CENTRED) for one in found]] for word, say in rows
    ]
    many = len(found) > 4
    titles = [f"{first:%y-%m}" if many else phrases.month(first) for first, _ in facts.months]
    aligns: list[Align] = ["left"]
    aligns += ["centre"] * len(titles)
    return ruled_table(
        (tr("Figure", context="table"), *titles), lines,
        (2.6 if many else 2, *[1] * len(titles)), aligns, captions.table(tr("months side by side")),
    )  # fmt: skip


_CENTRED = CELL.but(align="centre")


def sla_section(facts: SpanFacts, number: int, captions: Captions) -> list[Flowable]:
    """Return availability and kept limits of each month and of the whole; then what is left out."""
    parts = head(number, tr("Service levels"))
    if facts.own_limits:
        words = tr("The limits are those that the contract names.")
    else:
        words = tr(
            "The contract names no figures: the limits are Party B's own objectives, kept with it."
        )
    parts.append(Paragraph(phrases.sentences(words, tr(
        "What still runs within its limit is not counted yet."
    )), BODY))  # fmt: skip
    parts.append(_limits_table(facts, captions))
    if not facts.sites:
        words = tr("{what}: unknown ({why})", what=tr("Website availability", context="report"),
                   why=tr("no website belongs to the contract"))  # fmt: skip
        parts.append(StateWord("unknown", words))
    for site in facts.sites:
        parts.append(_site_table(facts, site.name, site.months, site.whole, captions))
    return [*parts, *_left_out(facts, captions)]


def ticket_summary(facts: SpanFacts, captions: Captions) -> list[Flowable]:
    """Return the tickets by kind: how many, closed, late, waited for."""
    tickets = facts.whole.tickets
    if not tickets:
        return [Paragraph(tr("No ticket was open in this period."), CELL)]
    heads = (
        tr("Kind", context="report"), tr("Handled", context="tickets"),
        tr("Closed", context="report"), tr("Still open"), tr("Response in time"),
        tr("Resolution in time"), tr("Waited for Party A"),
    )  # fmt: skip
    rows: list[list[Cell]] = []
    for kind in KINDS:
        mine = [one for one in tickets if one.kind == kind]
        if mine:
            rows.append(_kind_row(kind, mine))
    rows.append(
        [Paragraph(strong(str(cell)), _CENTRED if place else CELL)
         for place, cell in enumerate(_kind_row(None, tickets))]
    )  # fmt: skip
    centred: tuple[Align, ...] = ("left",) + ("centre",) * 6
    caption = captions.table(tr("tickets by kind"))
    return [ruled_table(heads, rows, (1.6, 0.9, 0.9, 0.9, 2.1, 2.1, 1.6), centred, caption)]


def fault_table(facts: SpanFacts, captions: Captions) -> list[Flowable]:
    """Return the faults, one line each: when, how long, why, who is charged."""
    faults = faults_of(facts.whole.tickets)
    if not faults:
        return [StateWord("ok", tr("No fault was recorded in this period."))]
    heads = (
        tr("No.", context="report"), tr("Asked for", context="report"),
        tr("Matter", context="report"), tr("Resolution", context="report"),
        tr("Limit kept"), tr("Root cause"), tr("Cause lies with"),
    )  # fmt: skip
    rows: list[list[Cell]] = [
        [
            one.number,
            phrases.full_moment(one.opened_at),
            one.title,
            "—" if one.restore_seconds is None else phrases.duration(one.restore_seconds),
            _kept(one.resolve_kept if one.restore_kept is not False else False),
            one.cause or tr("not found yet"),
            word_of_attribution(one.attribution),
        ]
        for one in faults
    ]
    caption = captions.table(tr("faults of the period"))
    return [ruled_table(heads, rows, (1.1, 2.3, 3.8, 1.9, 1.3, 2.5, 1.5), (), caption)]


def days_section(facts: SpanFacts, captions: Captions) -> list[Flowable]:
    """Return the ledger of the free person-days: what was agreed, worked and counts."""
    ledger = facts.ledger
    if ledger is None:
        return [StateWord("unknown", tr("No ledger of person-days is kept."))]
    parts: list[Flowable] = [
        particulars(
            [
                (tr("Agreed on"), tr("{days} person-days", days=_days(ledger.total))),
                (tr("Used until now"), tr("{days} person-days", days=_days(ledger.used))),
                (tr("Planned"), tr("{days} person-days", days=_days(ledger.planned))),
                (tr("Left", context="days"), tr("{days} person-days", days=_days(ledger.left))),
            ]
        )
    ]
    start, end = facts.whole.start, facts.whole.end
    worked = [one for one in ledger.lines if any(start <= b.on <= end for b in one.bookings)]
    if not worked:
        words = tr("No person-day was worked in this period.")
        return [*parts, Paragraph(words, CELL)]
    heads = (
        tr("Ticket"), tr("Matter", context="report"), tr("Estimated", context="days"),
        tr("Party A agreed"), tr("Counted", context="days"),
    )  # fmt: skip
    rows: list[list[Cell]] = [
        [
            one.number,
            one.title,
            _days(one.estimate) if one.estimate is not None else "—",
            tr("{name}, {day}", name=one.consent.by, day=phrases.day(one.consent.on))
            if one.consent
            else StateWord("warning", tr("not recorded")),
            _days(one.counted),
        ]
        for one in worked
    ]
    aligns: tuple[Align, ...] = ("left", "left", "right", "left", "right")
    caption = captions.table(tr("person-days by ticket"))
    return [*parts, ruled_table(heads, rows, (1.2, 5, 1.2, 3, 1), aligns, caption)]


def fee_rows(facts: SpanFacts) -> Flowable:
    """Return what is to be paid, in figures and capitals, and whether it was."""
    contract, due = facts.contract, facts.payment
    if contract.paid_on is not None:
        paid = tr("Paid on {day}.", day=phrases.day(contract.paid_on))
    elif due is not None:
        paid = tr("No payment is recorded; due by {day}.", day=phrases.day(due.due))
    else:
        paid = tr("Whether it was paid is not recorded.")
    return particulars(
        [
            (tr("In figures"), strong(f"¥{contract.payable:,.2f}")),
            (tr("In capitals"), strong(rmb_capitals(contract.payable))),
            (tr("Payment"), paid),
        ]
    )


def alerts_line(facts: SpanFacts) -> Paragraph:
    """Return how many alerts of each kind there were, and how many stand."""

    def counted(state: State) -> int:
        return sum(one.shown == state for one in facts.alerts)

    words = tr(
        "Alerts: {count} in all; critical {critical}, warning {warning}, nothing to be seen "
        "{unknown}; {standing} of them still stand.",
        count=strong(len(facts.alerts)),
        critical=counted("critical"),
        warning=counted("warning"),
        unknown=counted("unknown"),
        standing=strong(sum(one.cleared_at is None for one in facts.alerts)),
    )
    return Paragraph(words, BODY)


# ---------------------------------------------------------------- cards


def _site_card(facts: SpanFacts) -> FigureCard:
    label = tr("Website availability", context="report")
    known = [one for one in facts.sites if one.whole.up is not None]
    if not known:
        return FigureCard(label, word_of("unknown"), "", tr("nobody looked"), "unknown")
    worst = min(known, key=lambda one: one.whole.up or 0.0)
    below = tr("Coverage {share} %", share=phrases.per_cent(worst.whole.coverage))
    if len(facts.sites) > 1:
        below += "\n" + tr("lowest: {name}", name=worst.name)
    state: State | None = "warning" if worst.whole.coverage < ENOUGH else None
    return FigureCard(label, phrases.per_cent(worst.whole.up or 0.0), "%", below, state)


def _held_card(facts: SpanFacts) -> FigureCard:
    response, _, resolve = held(facts.whole.tickets)
    label = tr("Resolution in time")
    if resolve.share is None:
        return FigureCard(label, "—", "", tr("no ticket to be judged yet"), None)
    below = tr("{part} of {whole}", part=resolve.kept, whole=resolve.total)
    if response.share is not None:
        below += "\n" + tr("response {share} %", share=phrases.per_cent(response.share))
    state: State = "ok" if resolve.kept == resolve.total else "warning"
    return FigureCard(label, phrases.per_cent(resolve.share), "%", below, state)


def _count_card(facts: SpanFacts) -> FigureCard:
    tickets = facts.whole.tickets
    closed = sum(one.state == "closed" for one in tickets)
    below = tr("{count} closed", count=f"{closed:,}")
    faults = len(faults_of(tickets))
    below += "\n" + tr("{count} faults", count=f"{faults:,}")
    unit = tr("items", context="tickets")
    return FigureCard(tr("Tickets", context="report"), f"{len(tickets):,}", unit, below)


def _copies_card(facts: SpanFacts) -> FigureCard:
    label, unit = tr("Backups", context="report"), tr("times", context="count")
    good = sum(one.good for one in facts.copies)
    proved = sum(one.outcome == "proved" for one in facts.drills)
    below = tr("{count} verified", count=f"{good:,}") if facts.copies else tr("none was taken")
    below += "\n" + tr("{part}/{whole} drills proved", part=proved, whole=len(facts.drills))
    state: State | None = None
    if not facts.copies or any(one.verified is False for one in facts.copies):
        state = "critical" if facts.owed else None
    elif good < len(facts.copies):
        state = "warning"
    return FigureCard(label, f"{len(facts.copies):,}", unit, below, state)


def _days_card(facts: SpanFacts) -> FigureCard:
    label, ledger = tr("Person-days used"), facts.ledger
    if ledger is None:
        return FigureCard(label, word_of("unknown"), "", tr("no ledger is kept"), "unknown")
    below = tr("of {days} free ones", days=_days(ledger.total))
    state: State | None = "warning" if ledger.left < 0 else None
    return FigureCard(label, _days(ledger.used), tr("person-days", context="unit"), below, state)


# ---------------------------------------------------------------- tables


def _limits_table(facts: SpanFacts, captions: Captions) -> Flowable:
    heads = (
        tr("Month", context="table"), tr("Tickets", context="report"), tr("Response in time"),
        tr("Restoration in time"), tr("Resolution in time"),
    )  # fmt: skip
    rows: list[list[Cell]] = []
    for month in facts.months:
        mine = opened_in(facts.whole.tickets, month)
        said = [_held(one) for one in held(mine)]
        counted = f"{len(mine):,}"
        if not facts.begun(month):
            counted, said = "—", [tr("not begun")] * 3
        rows.append([phrases.month(month[0]), counted, *said])
    inside = opened_in(facts.whole.tickets, (facts.whole.start, facts.whole.end))
    total = [tr("Whole period"), f"{len(inside):,}", *(_held(one) for one in held(inside))]
    rows.append([Paragraph(strong(one), CELL.but(align="left" if not place else "centre"))
                 for place, one in enumerate(total)])  # fmt: skip
    aligns: tuple[Align, ...] = ("left",) + ("centre",) * 4
    caption = captions.table(tr("limits kept, by the month in which it was asked for"))
    return ruled_table(heads, rows, (1.6, 1, 1.6, 1.6, 1.6), aligns, caption)


def _site_table(
    facts: SpanFacts, name: str, months: Sequence[Watched], whole: Watched, captions: Captions
) -> Flowable:
    heads = (
        tr("Month", context="table"), tr("Measured", context="availability"),
        tr("Without announced windows"), tr("Coverage"), tr("Remarks", context="report"),
    )  # fmt: skip
    rows = [
        [phrases.month(month[0]), *_watched(one, begun=facts.begun(month))]
        for month, one in zip(facts.months, months, strict=True)
    ]
    last = [tr("Whole period"), *_watched(whole, begun=True)]
    rows.append([Paragraph(strong(one), _CENTRED if place in (1, 2, 3) else CELL)
                 if isinstance(one, str) else one for place, one in enumerate(last)])  # fmt: skip
    aligns: tuple[Align, ...] = ("left", "centre", "centre", "centre", "left")
    caption = captions.table(tr("availability of {name}", name=name))
    return ruled_table(heads, rows, (1.6, 1.4, 1.8, 1.2, 2.4), aligns, caption)


def _watched(one: Watched, *, begun: bool) -> list[Cell]:
    if not begun:
        return ["—", "—", "—", tr("not begun")]
    covered = f"{phrases.per_cent(one.coverage)} %"
    if one.up is None:
        return [word_of("unknown"), "—", covered, StateWord("unknown", tr("nobody looked"))]
    apart = tr("no window") if one.apart is None else f"{phrases.per_cent(one.apart)} %"
    remark: Cell = "—"
    if one.coverage < ENOUGH:
        remark = StateWord("warning", tr("speaks only for the time looked at"))
    return [f"{phrases.per_cent(one.up)} %", apart, covered, remark]


def _left_out(facts: SpanFacts, captions: Captions) -> list[Flowable]:
    """Return what is not charged to Party B: time spent waiting, and announced windows."""
    waited = sum(one.waited_seconds for one in facts.whole.tickets)
    many = sum(bool(one.waited_seconds) for one in facts.whole.tickets)
    words = tr(
        "Left out of the clocks: {time} in which {count} tickets waited for Party A. Left out of "
        "the availability in its second column: {windows} announced windows of changes.",
        time=strong(phrases.duration(waited) if waited else "0"),
        count=strong(f"{many:,}"),
        windows=strong(len(facts.windows)),
    )
    parts: list[Flowable] = [Paragraph(words, BODY)]
    if facts.windows:
        heads = (tr("Change", context="report"), tr("Window"), tr("Duration"))
        rows: list[list[Cell]] = [
            [
                one.change,
                tr("{begin} to {end}", context="window", begin=phrases.full_moment(one.begin),
                   end=phrases.full_moment(one.end)),
                phrases.duration((one.end - one.begin).total_seconds()),
            ]
            for one in facts.windows
        ]  # fmt: skip
        caption = captions.table(tr("announced windows"))
        parts.append(ruled_table(heads, rows, (1.4, 4, 1.4), (), caption))
    parts.append(Paragraph(tr(
        "Availability is the share of the answered looks that were good; what nobody looked at "
        "counts neither as good nor as bad, and the coverage says how much that is."
    ), NOTE))  # fmt: skip
    return parts


def _kind_row(kind: TicketKind | None, tickets: Sequence[TicketLine]) -> list[Cell]:
    closed = sum(one.state == "closed" for one in tickets)
    still = sum(one.state not in ("closed", "declined", "withdrawn", "merged") for one in tickets)
    response, _, resolve = held(tickets)
    waited = sum(one.waited_seconds for one in tickets)
    return [
        word_of_kind(kind) if kind else tr("All", context="sum"),
        f"{len(tickets):,}",
        f"{closed:,}",
        f"{still:,}",
        _held(response),
        _held(resolve),
        phrases.duration(waited) if waited else "—",
    ]


def _held(one: Held) -> str:
    if one.share is None:
        return "—"
    shown = phrases.per_cent(one.share)
    return tr("{share} % ({kept}/{total})", share=shown, kept=one.kept, total=one.total)


def _part(part: int, whole: int) -> str:
    """Return 9/10, for columns of which there are many; a dash of none."""
    return f"{part}/{whole}" if whole else "—"


def _kept(kept: bool | None) -> Cell:
    if kept is None:
        return "—"
    return (
        StateWord("ok", tr("kept", context="limit"))
        if kept
        else StateWord("warning", tr("not kept", context="limit"))
    )


def _days(days: Decimal) -> str:
    return f"{days.normalize():f}"


def _of(one: MonthSum | None, say: Callable[[MonthSum], int]) -> float | None:
    return None if one is None else float(say(one))


def _of_words(one: MonthSum | None, say: Callable[[MonthSum], str]) -> str:
    return "—" if one is None else say(one)
