"""Asks for what somebody read in the console of an official account, which no interface tells."""

from __future__ import annotations

from datetime import date
from functools import partial

from PySide6.QtWidgets import QCheckBox, QDialogButtonBox, QPlainTextEdit, QWidget

from gmops_desktop.changes import Change
from gmops_desktop.contract.consoles import notices_in, people_in, text_of_people
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr
from gmops_desktop.services.consoles import Consoles
from gmops_desktop.tasks import TaskRunner
from ui.dialogs.sheet import Sheet
from ui.widgets.fields import day_field, day_in
from ui.widgets.frames import button, disable, paragraph


class ConsoleSheet(Sheet):
    """Takes notices of violations and the people who may log in, a line each; what it cannot read
    it says at once.  The people are those of the last reading, to be looked through."""

    def __init__(
        self,
        parent: QWidget,
        consoles: Consoles,
        runner: TaskRunner,
        resource_id: str,
        name: str,
    ) -> None:
        text = tr(
            "WeChat shows notices of violations and the people who may log in only in the console "
            "(mp.weixin.qq.com). What you read there is recorded under your name and printed in "
            "the account's report with this day."
        )
        super().__init__(parent, tr("Read in the console of {name}", name=name), text, width=620)
        self._consoles, self._runner, self._resource = consoles, runner, resource_id
        known = consoles.readings(resource_id)
        self.on = day_field(date.today())
        self.notices, self.people = QPlainTextEdit(), QPlainTextEdit()
        self.none = QCheckBox(tr("The console shows no notice of a violation."))
        for field in (self.notices, self.people):
            field.setTabChangesFocus(True)
            field.setMinimumHeight(64)
            field.setMaximumHeight(112)
        self.people.setPlainText(
            text_of_people(next((one.people for one in known if one.people is not None), ()))
        )
        self.add_field(tr("Read on"), self.on)
        self.add_field(
            tr("Notices of violations"),
            self.notices,
            tr("A line each: its day, its words, and after -> what was done. Example: "
               "2018-04-12 an article was deleted -> corrected"),
        )  # fmt: skip
        self.body.addWidget(self.none)
        self.add_field(
            tr("Who may log in"),
            self.people,
            tr("A line each: the name and, after a colon, the role. Empty: you did not look."),
        )
        last = known[0] if known else None
        told = (
            tr("Read last on {day} by {name}.", day=last.on, name=last.by)
            if last
            else tr("Nothing was recorded of this console yet.")
        )
        self._told = paragraph(told, "hint")
        self.body.addWidget(self._told)
        self.add_close(tr("Cancel"))
        self.save = button(tr("Record"), self._save, kind="primary")
        self.add_button(self.save, QDialogButtonBox.ButtonRole.AcceptRole, default=True)
        self.notices.textChanged.connect(self._judge)
        self.people.textChanged.connect(self._judge)
        self.none.toggled.connect(self._judge)
        self._judge()

    def _judge(self) -> None:
        self.notices.setEnabled(not self.none.isChecked())
        reason = ""
        try:
            notices = notices_in(self.notices.toPlainText())
            people = people_in(self.people.toPlainText())
        except OpsError as error:  # said beside the button while it is typed
            reason = f"{error.message} {error.hint}"
        else:
            if self.none.isChecked() and notices:
                reason = tr("There are notices above: there cannot be none.")
            elif not (self.none.isChecked() or notices or people):
                reason = tr("Write what the console shows, or tick that there is no notice.")
        disable(self.save, reason)

    def _save(self) -> None:
        notices = notices_in(self.notices.toPlainText())
        people = people_in(self.people.toPlainText())
        work = partial(
            self._consoles.record,
            self._resource,
            day_in(self.on),
            notices=notices if notices or self.none.isChecked() else None,
            people=people or None,
        )
        disable(self.save, tr("It is being recorded."))
        task = self._runner.start(
            lambda _context: work(),
            tr("Record what the console shows"),
            lane=f"console:{self._resource}",
            changes=Change.SERVERS,
            quiet=True,
        )
        task.succeeded.connect(self.accept)
        task.failed.connect(self._refused)

    def _refused(self, error: Exception) -> None:
        """Keep what was written: say why it is not recorded, and let it be tried again."""
        self._told.setText(" ".join(filter(None, (str(error), getattr(error, "hint", "")))))
        self._judge()
