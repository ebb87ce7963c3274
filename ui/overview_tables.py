"""The tables of the overview: what runs out, open tickets, and what waits on Party A."""

from __future__ import annotations

from typing import Final

from gmops_desktop.contract.expiry import Expiry
from gmops_desktop.contract.tickets import word_of_priority
from gmops_desktop.language import tr
from gmops_desktop.services.obligations import TicketLine, Waiting
from gmops_desktop.states import State, word_of
from gmops_desktop.tasks import TaskRunner
from ui.widgets.table_model import Column
from ui.widgets.tables import Table
from ui.words import NOTHING, ago, day, lasting, number

_PRIORITIES: Final[dict[int, State]] = {1: "critical", 2: "warning"}  # the rest are plain words


def expiry_table(runner: TaskRunner) -> Table[Expiry]:
    """Return the table of what runs out when."""

    def source(expiry: Expiry) -> str:
        said = f"{expiry.source}{tr(', ')}{ago(expiry.at)}" if expiry.at else expiry.source
        return " · ".join(filter(None, (said, expiry.note)))

    columns: list[Column[Expiry]] = [
        Column(tr("Resource"), lambda one: one.name, 184, tip=lambda one: one.name),
        Column(tr("State"), lambda one: word_of(one.state), 96, state=lambda one: one.state),
        Column(tr("Date"), lambda one: day(one.on) if one.on else NOTHING, 100),
        Column(
            tr("Days left"),
            lambda one: number(one.days) if one.days is not None else NOTHING,
            92,
            key=lambda one: one.days,
            right=True,
        ),
        Column(tr("Source"), source, muted=True, tip=source),
    ]
    return Table(columns, name=tr("Expiry"), runner=runner, identity=lambda one: one.key)


def ticket_table(runner: TaskRunner) -> Table[TicketLine]:
    """Return the table of open tickets with their clocks."""
    columns: list[Column[TicketLine]] = [
        Column(
            tr("Priority"),
            lambda one: word_of_priority(one.priority),
            84,
            key=lambda one: one.priority,
            state=lambda one: _PRIORITIES.get(one.priority),
            muted=True,
        ),
        Column(tr("No."), lambda one: one.number, 68, muted=True),
        Column(tr("Subject", context="ticket"), lambda one: one.title, tip=lambda one: one.title),
        Column(
            tr("Clock", context="ticket"),
            lambda one: one.clock_text,
            176,
            right=True,
            strong=lambda one: one.state == "critical",
            tip=lambda one: one.clock_text,
        ),
    ]
    return Table(
        columns,
        name=tr("Open tickets"),
        runner=runner,
        identity=lambda one: one.number,
        empty=tr("No ticket is open."),
    )


def waiting_table(runner: TaskRunner) -> Table[Waiting]:
    """Return the table of what waits on Party A."""
    columns: list[Column[Waiting]] = [
        Column(tr("No."), lambda one: one.number, 68, muted=True),
        Column(tr("Subject", context="ticket"), lambda one: one.title, tip=lambda one: one.title),
        Column(
            tr("Waiting for"),
            lambda one: lasting(one.seconds),
            112,
            key=lambda one: one.seconds,
            right=True,
        ),
    ]
    return Table(
        columns,
        name=tr("Waiting on Party A"),
        runner=runner,
        identity=lambda one: one.number,
        empty=tr("Nothing waits on Party A."),
    )
