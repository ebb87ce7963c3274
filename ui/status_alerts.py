"""What needs attention: the alerts, what a look found that is none yet, and what is over."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLayout, QVBoxLayout, QWidget

from gmops_desktop.language import tr
from gmops_desktop.services.alerts import Alert
from gmops_desktop.services.servers import Look
from gmops_desktop.states import State
from ui.widgets.badges import StateBadge
from ui.widgets.frames import Card, Label, button, clear, column, line, paragraph, row
from ui.widgets.panes import scrolled
from ui.words import ago, clock, number, roughly, short

_ORDER: dict[State, int] = {"critical": 0, "warning": 1, "unknown": 2, "ok": 3}
_MOST, _MOST_OVER = 12, 4  # rows; the count above says how many there are
_BESIDE_A_TABLE = 3  # rows, where all of it stands in a table above


class StatusAlerts(Card):
    """The worst first; only the worst has the filled button."""

    ticket_wanted = Signal(str, str, str)
    acknowledged = Signal(str)  # the id of an alert
    opened = Signal(str)  # the number of a ticket

    def __init__(self) -> None:
        super().__init__(tr("Needs attention"))
        self.setFixedWidth(320)
        self._shown: object = None  # what the widgets were made of
        self._list = QVBoxLayout()
        self._list.setSpacing(8)
        self._over = QVBoxLayout()
        self._over.setSpacing(2)
        self.add(scrolled(self._list), 1)
        self.add(self._over)

    def show_all(
        self,
        alerts: Sequence[Alert],
        looks: Sequence[Look],
        over: Sequence[Alert],
        *,
        table: bool = False,
    ) -> None:
        """Show the alerts, each resource that is not ok without one, and those just over; only the
        worst few where a `table` shows all of it."""
        most = _BESIDE_A_TABLE if table else _MOST
        alerted = {alert.resource_id for alert in alerts}
        rest = sorted(
            (look for look in looks if look.state != "ok" and look.resource_id not in alerted),
            key=lambda one: _ORDER[one.state],
        )
        entries: list[Alert | Look] = [*alerts, *rest]
        states = [_state(one) for one in entries]
        critical = states.count("critical")
        self.hint.show_text(
            tr("{count}, {critical} critical", count=len(states), critical=critical)
            if states
            else ""
        )
        ordered = sorted(entries, key=lambda one: _ORDER[_state(one)])
        shown_now = (
            ordered[:most], len(ordered), list(over), bool(looks),
            datetime.now(UTC).replace(second=0, microsecond=0),
        )  # fmt: skip
        if shown_now == self._shown:
            return  # the widgets stand: to make them anew takes as long as a frame
        self._shown = shown_now
        clear(self._list)
        clear(self._over)
        for place, one in enumerate(ordered[:most]):
            first = place == 0
            shown = self._alert(one, first) if isinstance(one, Alert) else self._look(one, first)
            self._list.addWidget(shown)
            self._list.addWidget(line())
        if len(ordered) > most:
            more = tr("and {count} more", count=len(ordered) - most)
            self._list.addWidget(Label(more, "caption"))
        if not states:
            text = tr("All is in order.") if looks else tr("Nobody has looked yet.")
            self._list.addWidget(Label(text, "caption"))
        if over:
            self._show_over(over)

    def _show_over(self, over: Sequence[Alert]) -> None:
        head = row(None, Label(tr("Over in the last 24 hours"), "strong"),
                   Label(number(len(over)), "caption", elide=False, right=True))  # fmt: skip
        head.setStretch(0, 1)
        self._over.addLayout(head)
        for alert in over[:_MOST_OVER]:
            until = clock(alert.cleared_at) if alert.cleared_at else ""
            span = Label(f"{short(alert.raised_at)}–{until}", "caption", elide=False, right=True)
            one = row(None, Label(f"{alert.resource}{tr(': ')}{alert.text}", "caption"), span)
            one.setStretch(0, 1)
            self._over.addLayout(one)

    def _alert(self, alert: Alert, first: bool) -> QWidget:
        lasted = (datetime.now(UTC) - alert.raised_at).total_seconds()
        since = tr("{time}, {lasted}", time=short(alert.raised_at), lasted=roughly(lasted))
        texts = [paragraph(alert.text, "caption")]
        if alert.quiet:
            texts.append(paragraph(tr("In an announced window: nobody is told."), "hint"))
        if alert.acknowledged_by:
            seen = tr("acknowledged by {name}", name=alert.acknowledged_by)
            first_action: QWidget = Label(seen, "caption", elide=False)
        else:
            first_action = button(
                tr("Acknowledge"),
                lambda: self.acknowledged.emit(alert.id),
                kind="quiet",
                tip=tr("Note that you have seen it and take care"),
                scale="small",
            )
        if alert.ticket:
            ticket: QWidget = button(
                alert.ticket,
                lambda: self.opened.emit(alert.ticket),
                icon_name="ticket",
                tip=tr("Open its ticket"),
                scale="small",
            )
        else:
            ticket = self._new_ticket(
                f"{alert.resource}{tr(': ')}{alert.text}", alert.evidence, alert.resource_id,
                first=first and alert.state == "critical",
            )  # fmt: skip
        foot = row(None, Label(since, "caption"), first_action, ticket)
        foot.setStretch(0, 1)
        return _entry(alert.shown, alert.resource, texts, foot)

    def _look(self, look: Look, first: bool) -> QWidget:
        title = f"{look.name}{tr(': ')}{look.reason}"
        figures = (f"{one.name} {one.value} {one.unit}".strip() for one in look.figures)
        ticket = self._new_ticket(
            title, (*figures, *look.log_lines), look.resource_id,
            first=first and look.state == "critical",
        )  # fmt: skip
        texts = [paragraph(look.reason, "caption")]
        if look.hint:
            texts.append(paragraph(look.hint, "hint"))
        seen = tr("seen {age}", age=ago(look.at, datetime.now(UTC)))
        return _entry(look.state, look.name, texts, row(None, Label(seen, "caption"), None, ticket))

    def _new_ticket(
        self, title: str, evidence: Sequence[str], resource_id: str, *, first: bool
    ) -> QWidget:
        return button(
            tr("New ticket"),
            lambda: self.ticket_wanted.emit(title, "\n".join([title, *evidence]), resource_id),
            kind="primary" if first else "plain",
            icon_name="ticket",
            tip=tr("Record it as a ticket, with these findings"),
            scale="small",
        )


def _state(one: Alert | Look) -> State:
    return one.shown if isinstance(one, Alert) else one.state


def _entry(state: State, name: str, texts: Sequence[QWidget], foot: QLayout) -> QWidget:
    made = QWidget()
    head = row(None, StateBadge(state, soft=False), Label(name, "strong"))
    head.setStretch(1, 1)
    column(made, head, *texts, foot, spacing=4)
    return made
