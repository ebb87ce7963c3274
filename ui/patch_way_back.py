"""The way back of a change in words: its steps, what each loses and costs, what cannot be done."""

from __future__ import annotations

from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from gmops_desktop.contract.rollbacks import RollbackPlan, RollbackStep
from gmops_desktop.contract.terms import ZONE, told_in
from gmops_desktop.language import tr
from ui import words
from ui.widgets.badges import StateMark
from ui.widgets.frames import Label, clear, column, paragraph, row
from ui.widgets.panes import scrolled


class WayBackView(QWidget):
    """The numbered steps; an impossible one says why, in the colour and shape of critical."""

    def __init__(self) -> None:
        super().__init__()
        self.said = Label("", "caption")
        self._steps: QVBoxLayout = column(spacing=8)
        self._area = scrolled(self._steps)
        column(self, self.said, self._area, spacing=8).setStretch(1, 1)

    def fit(self, width: int, most: int) -> None:
        """Take as much height as the steps need in so much width, up to `most` pixels."""
        inside = self._area.widget()
        layout = inside.layout() if inside else None
        if layout is None:
            return
        needed = layout.totalSizeHint().height()
        if layout.hasHeightForWidth():  # not so without any step
            needed = layout.totalHeightForWidth(width)
        self._area.setFixedHeight(min(needed, most))

    @told_in(ZONE)
    def show_plan(self, plan: RollbackPlan | None, last: RollbackStep | None = None) -> None:
        """Show the way back, or that it was not prepared yet; `last` is what there is beyond it."""
        clear(self._steps)
        self._show_steps(plan)
        if last is not None:
            self._steps.addWidget(_line("", last))

    def _show_steps(self, plan: RollbackPlan | None) -> None:
        if plan is None:
            self.said.show_text(
                tr("Not prepared yet: “Prepare” brings what the way back needs to the server.")
            )
            return
        why_not = plan.why_not
        prepared = tr("prepared {at}", at=words.stamp(plan.at))
        whole = tr("every step is possible") if not why_not else tr("not every step is possible")
        self.said.show_text(f"{prepared} · {whole}")
        for number, step in enumerate(plan.steps, start=1):
            self._steps.addWidget(_line(f"{number}. ", step))


def _line(number: str, step: RollbackStep) -> QWidget:
    made = QFrame()
    made.setAccessibleName(step.text)
    told = column(None, paragraph(f"{number}{step.text}", "body"), spacing=2)
    for said, ink in (
        (tr("Lost by it: {what}", what=step.loses) if step.loses else "", "warning"),
        (tr("Costs: {what}", what=step.costs) if step.costs else "", ""),
        (step.why_not, "critical"),
    ):
        if said:
            line = paragraph(said)
            line.setProperty("ink", ink)
            told.addWidget(line)
    mark = StateMark("critical" if step.why_not else "warning" if step.loses else "ok", 16)
    layout = row(made, column(None, mark, None), told, spacing=10)
    layout.setStretch(1, 1)
    return made
