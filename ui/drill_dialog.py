"""Drills of one database: how they stand, run one now, its checks and plan, and the history."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QPlainTextEdit, QSpinBox, QWidget

from gmops_desktop.contract.drills import DrillPlan
from gmops_desktop.language import tr
from gmops_desktop.services.drills import Copy, Drill, Outlook, Quote
from gmops_desktop.tasks import Task, TaskRunner
from ui import drill_words, words
from ui.dialogs.sheet import Sheet
from ui.theme import CARD_ROW_HEIGHT, HEADER_HEIGHT
from ui.widgets.badges import StateBadge
from ui.widgets.frames import Label, WholeRows, button, column, disable, line, paragraph, row
from ui.widgets.table_model import Column
from ui.widgets.tables import Table

_ROWS: Final = 5  # of the history in sight
_EXAMPLE: Final = "SELECT 1 FROM members LIMIT 1"  # SQL is the same in every language


class DrillDialog(Sheet):
    """Shows the drills of one database; what is to be done is asked for by signals.

    `saved` carries the checks (a tuple of SQL) and the plan; `password_wanted` and `drop_wanted`
    carry the copy that runs on this computer, `keep_wanted` whether it goes with the program.
    """

    run_wanted = Signal()
    saved = Signal(object, object)
    certificate_wanted = Signal(object)
    keep_wanted = Signal(bool)
    password_wanted = Signal(object)
    drop_wanted = Signal(object)

    def __init__(self, parent: QWidget | None, name: str, runner: TaskRunner) -> None:
        super().__init__(parent, tr("Restore drills"), width=760)
        self.badge = StateBadge()
        self.standing = paragraph()
        self.run = button(
            tr("Drill now"),
            self.run_wanted.emit,
            kind="primary",
            icon_name="shield-check",
            tip=tr("Restore the newest archive into a throw-away server on this computer"),
        )
        columns: list[Column[Drill]] = [
            Column(tr("At"), lambda one: words.stamp(one.at), 132, key=lambda one: one.at),
            Column(
                tr("Result"),
                lambda one: drill_words.outcome_of(one)[1],
                112,
                state=lambda one: drill_words.outcome_of(one)[0],
            ),
            Column(tr("RTO"), drill_words.rto_text, 96, right=True),
            Column(tr("Archive"), lambda one: one.path.name, tip=lambda one: str(one.path)),
            Column(tr("Certificate"), lambda one: one.certificate or words.NOTHING, 150),
        ]
        self.table = Table(
            columns, name=tr("History of drills"), runner=runner, identity=lambda one: one.id
        )
        rows = WholeRows(self.table)
        rows.setFixedHeight(HEADER_HEIGHT + _ROWS * CARD_ROW_HEIGHT)
        self.verdict = paragraph(role="body")
        self.certificate = button(
            tr("Open the certificate"), self._open_certificate, icon_name="file-text", scale="small"
        )
        self.checks = QPlainTextEdit()
        self.checks.setAccessibleName(tr("Own checks"))
        self.checks.setPlaceholderText(_EXAMPLE)
        self.checks.setFixedHeight(72)
        self.planned = QCheckBox(tr("Drill by itself, every"))
        self.days = QSpinBox()
        self.days.setRange(1, 366)
        self.days.setAccessibleName(tr("Days between two drills."))
        self.planned.toggled.connect(self.days.setEnabled)
        self.save = button(tr("Save"), self._save, tip=tr("Save the checks and the plan"))
        self.copy_text = paragraph()
        self.ends = QCheckBox(tr("Remove it when the program ends"))
        self.ends.setChecked(True)
        self.keep = button(
            tr("Restore to this computer"),
            lambda: self.keep_wanted.emit(self.ends.isChecked()),
            icon_name="database",
            tip=tr("Leave the newest archive running in a local server, to look into"),
        )
        self.password = button(
            tr("Copy the password"), lambda: self.password_wanted.emit(self._copy), icon_name="key"
        )
        self.drop = button(
            tr("Stop and remove"), lambda: self.drop_wanted.emit(self._copy), icon_name="trash"
        )
        self._copy: Copy | None = None
        self._task: Task | None = None
        self._shown: Drill | None = None

        head = row(None, Label(name, "title"), self.badge, None, self.run)
        self.body.addLayout(head)
        self.body.addWidget(self.standing)
        self.body.addWidget(rows)
        shown = row(None, self.verdict, self.certificate, spacing=12)
        shown.setStretch(0, 1)
        self.body.addLayout(shown)
        self.body.addWidget(line())
        caption = Label(tr("Own checks: one SELECT a line, which must return a row"), "caption")
        caption.setBuddy(self.checks)
        self.body.addLayout(column(None, caption, self.checks, spacing=4))
        plan = row(None, self.planned, self.days, Label(tr("days")), None, self.save)
        self.body.addLayout(plan)
        self.body.addWidget(line())
        self.body.addWidget(self.copy_text)
        self.body.addLayout(row(None, self.keep, self.ends, self.password, self.drop, None))
        self.body.addStretch(1)
        self.add_close(tr("Close"))
        self.table.picked.connect(self._show_drill)
        self.show_copy(None)

    def show_outlook(self, outlook: Outlook, drills: Sequence[Drill]) -> None:
        """Show how the drills stand, and those there were, newest first."""
        self.badge.show_state(outlook.standing.state)
        self.standing.setText(drill_words.standing_text(outlook))
        self.table.set_rows(drills)
        self._show_drill(drills[0] if drills else None)
        reason = "" if self._task is None else tr("A drill is running.")
        disable(self.run, reason)

    def show_settings(self, checks: Sequence[str], plan: DrillPlan | None) -> None:
        """Fill in the checks and the plan."""
        self.checks.setPlainText("\n".join(" ".join(one.split()) for one in checks))
        self.days.setValue(plan.every_days if plan else DrillPlan().every_days)
        self.planned.setChecked(plan is not None and plan.enabled)
        self.days.setEnabled(self.planned.isChecked())

    def show_copy(self, copy: Copy | None) -> None:
        """Show the copy that is kept on this computer, if one is."""
        self._copy = copy
        for made in (self.password, self.drop):
            made.setVisible(copy is not None)
        self.keep.setVisible(copy is None)
        self.ends.setVisible(copy is None)
        if copy is None:
            self.copy_text.setText(
                tr(
                    "To look into a backup without any line: restore it to this computer. The copy "
                    "listens on this computer only."
                )
            )
            return
        address = copy.address
        self.copy_text.setText(
            tr(
                "A copy runs on this computer: host {host}, port {port}, user {user}, schema "
                "{schema} ({server}).",
                host=address.host,
                port=address.port,
                user=address.user,
                schema=address.schema,
                server=copy.server,
            )
            if copy.running
            else tr("A copy on this computer has stopped; it can only be removed.")
        )

    def follow(self, task: Task, busy: str) -> None:
        """Show that something runs, and how far it is, until it ends."""
        self._task = task
        for made in (self.run, self.keep):
            disable(made, busy)
        task.progressed.connect(lambda progress: self.standing.setText(progress.text))
        task.finished.connect(self._rest)

    def _rest(self) -> None:
        self._task = None
        for made in (self.run, self.keep):
            disable(made, "")

    def _show_drill(self, drill: Drill | None) -> None:
        self._shown = drill
        self.verdict.setText(_told(drill) if drill else tr("There has been no drill yet."))
        self.certificate.setVisible(drill is not None and bool(drill.certificate))

    def _open_certificate(self) -> None:
        if self._shown is not None:
            self.certificate_wanted.emit(self._shown)

    def _save(self) -> None:
        checks = tuple(self.checks.toPlainText().splitlines())
        self.saved.emit(checks, DrillPlan(self.planned.isChecked(), self.days.value()))


def _told(drill: Drill) -> str:
    lines = [drill_words.verdict_of(drill), drill_words.counted(drill)]
    return "\n".join([*lines, *drill.faults[1:4], *drill.notes])


class ServerQuestion(Sheet):
    """Asks what to drill in where no database server is installed: one may be installed, or the
    price of a cloned cloud instance be asked (`clonable`)."""

    install_wanted = Signal()
    price_wanted = Signal()

    def __init__(
        self, parent: QWidget, command: Sequence[str] | None, *, clonable: bool = False
    ) -> None:
        title = tr("Install a database server?") if command else tr("Drill on a cloned instance?")
        super().__init__(parent, title, width=520)
        if command:
            text = tr(
                "A drill needs a MariaDB or MySQL server on this computer, and there is none. This "
                "command installs one; it may ask for the administrator's password:"
            )
            self.body.addWidget(paragraph(text, "body"))
            self.body.addWidget(Label(" ".join(command), "strong"))
        else:
            text = tr(
                "A drill needs a MariaDB or MySQL server on this computer, and there is none that "
                "could be installed here."
            )
            self.body.addWidget(paragraph(text, "body"))
        self.clone = button(
            tr("Ask what a clone costs"),
            self.price_wanted.emit,
            kind="plain" if command else "primary",
            icon_name="cloud",
            tip=tr("Nothing is ordered by that"),
        )
        self.yes = button(tr("Install"), self.install_wanted.emit, kind="primary")
        if clonable:
            text = tr(
                "Instead, the drill can run on a clone of the database's cloud instance. That "
                "costs money; the price is told before anything is ordered."
            )
            self.body.addWidget(paragraph(text, "body"))
        self.add_close(tr("Not now"))
        for made, shown in ((self.clone, clonable), (self.yes, bool(command))):
            made.clicked.connect(self.accept)
            self.add_button(made)
            made.setVisible(shown)


class CostQuestion(Sheet):
    """Says what a drill on a clone costs and leaves; orders it only when that is agreed to."""

    agreed = Signal(object)

    def __init__(self, parent: QWidget, quote: Quote) -> None:
        super().__init__(parent, tr("Drill on a cloned instance?"), width=560)
        self.price = Label(tr("{price} an hour", price=quote.price), "figure")
        self.body.addWidget(self.price)
        for sentence in drill_words.cost_lines(quote):
            self.body.addWidget(paragraph(sentence, "body"))
        self.agree = QCheckBox(tr("The clone may be ordered at this price"))
        self.body.addWidget(self.agree)
        self.add_close(tr("Do not order"))
        self.yes = button(tr("Order and drill"), lambda: self.agreed.emit(quote), kind="primary")
        self.yes.clicked.connect(self.accept)
        self.add_button(self.yes)
        self.agree.toggled.connect(self._may)
        self._may(False)

    def _may(self, agreed: bool) -> None:
        disable(self.yes, "" if agreed else tr("Agree to the price first."))
