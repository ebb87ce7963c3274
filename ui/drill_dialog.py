"""Drills of one database: how they stand, run one now, its checks and plan, and the history."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QDialogButtonBox, QPlainTextEdit, QSpinBox, QWidget

from gmops_desktop.contract.drills import DrillPlan
from gmops_desktop.language import tr
from gmops_desktop.services.drills import Copy, Drill, Outlook
from gmops_desktop.tasks import Task, TaskRunner
from ui import drill_words, words
from ui.dialogs.sheet import Sheet
from ui.theme import CARD_ROW_HEIGHT, HEADER_HEIGHT
from ui.widgets.badges import StateBadge
from ui.widgets.frames import Label, WholeRows, button, column, disable, line, paragraph, row
from ui.widgets.tables import Column, Table

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


class InstallQuestion(Sheet):
    """Asks whether a database server may be installed by the package manager."""

    wanted = Signal()

    def __init__(self, parent: QWidget, command: Sequence[str]) -> None:
        text = tr(
            "A drill needs a MariaDB or MySQL server on this computer, and there is none. This "
            "command installs one; it may ask for the administrator's password:"
        )
        super().__init__(parent, tr("Install a database server?"), text, width=520)
        self.body.addWidget(Label(" ".join(command), "strong"))
        self.add_close(tr("Not now"))
        self.yes = button(tr("Install"), self.wanted.emit, kind="primary")
        self.yes.clicked.connect(self.accept)
        self.add_button(self.yes, QDialogButtonBox.ButtonRole.ActionRole)
