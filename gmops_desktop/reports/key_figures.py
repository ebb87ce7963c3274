"""The key figures at the head of a monthly report, and the words for what stands behind them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from reportlab.platypus import Table

from gmops_desktop.contract.tickets import ENDED
from gmops_desktop.language import tr, tr_n
from gmops_desktop.reports import phrases
from gmops_desktop.reports.boxes import card_row
from gmops_desktop.reports.facts import BackupLine, MonthFacts, Question
from gmops_desktop.reports.marks import FigureCard
from gmops_desktop.reports.spans import share
from gmops_desktop.states import State, word_of

ENOUGH: Final = 0.9  # coverage under which a figure bears a warning


def key_figures(facts: MonthFacts) -> Table:
    """Return the row of five cards."""
    cards = [
        _availability_card(facts),
        _tickets_card(facts),
        _backups_card(facts),
        _restores_card(facts),
        _changes_card(facts),
    ]
    return card_row(cards)


def _unknown_card(facts: MonthFacts, label: str, question: Question) -> FigureCard:
    return FigureCard(label, word_of("unknown"), "", why_unknown(facts, question), "unknown")


def _availability_card(facts: MonthFacts) -> FigureCard:
    label, seen = tr("Website availability", context="report"), facts.availability
    up = share(seen.points) if seen else None
    if seen is None or up is None:
        return _unknown_card(facts, label, "availability")
    below = tr("Coverage {share} %", share=phrases.per_cent(seen.coverage))
    state: State | None = "warning" if seen.coverage < ENOUGH else None
    return FigureCard(label, phrases.per_cent(up), "%", below, state)


def _tickets_card(facts: MonthFacts) -> FigureCard:
    tickets = facts.tickets
    label, unit = tr("Tickets", context="report"), tr("items", context="tickets")
    if not tickets:
        return FigureCard(label, "0", unit, tr("No ticket in this period"))
    still = sum(ticket.state not in ENDED for ticket in tickets)
    below = tr_n("{count} still open", "{count} still open", still)
    urgent = sum(bool(ticket.emergency) for ticket in tickets)
    if urgent:
        below += "\n" + tr("{count} special emergency", count=urgent)
    return FigureCard(
        label,
        str(len(tickets)),
        unit,
        below if still or urgent else tr("All closed", context="report"),
    )


def _backups_card(facts: MonthFacts) -> FigureCard:
    label, backups = tr("Backups", context="report"), facts.backups
    if "backups" in facts.why_unknown:
        return _unknown_card(facts, label, "backups")
    state, word = verified(backups)
    return FigureCard(label, str(len(backups)), tr("times", context="count"), word, state)


def _restores_card(facts: MonthFacts) -> FigureCard:
    label, restores = tr("Restores", context="report"), facts.restores
    if "restores" in facts.why_unknown:
        return _unknown_card(facts, label, "restores")
    unit = tr("times", context="count")
    if not restores:
        return FigureCard(label, "0", unit, tr("No restore was run", context="report"))
    proved = sum(one.proved for one in restores)
    if proved < len(restores):
        below = tr("{count} not proved", count=len(restores) - proved)
        return FigureCard(label, str(len(restores)), unit, below, "critical")
    slowest = phrases.duration(max(one.seconds for one in restores))
    below = f"{tr('All proved', context='report')}\n{tr('longest {time}', time=slowest)}"
    return FigureCard(label, str(len(restores)), unit, below, "ok")


def _changes_card(facts: MonthFacts) -> FigureCard:
    label, changes = tr("Changes", context="report"), facts.changes
    if "changes" in facts.why_unknown:
        return _unknown_card(facts, label, "changes")
    unit = tr("items", context="changes")
    if not changes:
        return FigureCard(label, "0", unit, tr("No change in this period"))
    waiting = sum(one.state not in ("closed", "cancelled") for one in changes)
    packages = sum(one.packages for one in changes)
    below = (
        tr("{count} under way", count=waiting)
        + "\n"
        + tr_n("{count} package", "{count} packages", packages)
    )
    return FigureCard(label, str(len(changes)), unit, below)


def why_unknown(facts: MonthFacts, question: Question) -> str:
    """Return the reason why something is unknown; there always is one."""
    return facts.why_unknown.get(question) or tr("nothing was recorded in this period")


def verified(backups: Sequence[BackupLine]) -> tuple[State, str]:
    """Return the state and the words for whether backups were verified; no backup is a warning."""
    if not backups:
        return "warning", tr("No backup was taken", context="report")
    bad = sum(one.verified is False for one in backups)
    if bad:
        return "critical", tr_n("{count} failed its check", "{count} failed their check", bad)
    unchecked = sum(one.verified is None for one in backups)
    if unchecked:
        return "unknown", tr("{count} not verified yet", count=unchecked)
    return "ok", tr("All verified", context="report")
