"""The new-ticket dialog: who asked, what, how urgent; all by keyboard and in under 20 seconds."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final, cast

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtGui import QKeyEvent, QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import QComboBox, QDialogButtonBox, QGridLayout, QLineEdit, QWidget

from gmops_desktop.changes import Change
from gmops_desktop.contract.ticket_templates import Template
from gmops_desktop.contract.tickets import (
    KINDS,
    PRIORITIES,
    Priority,
    TicketKind,
    word_of_kind,
    word_of_priority,
)
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr
from gmops_desktop.services.contracts import Contracts
from gmops_desktop.services.finding import Alike, Finding
from gmops_desktop.services.tickets import Ticket, Tickets
from gmops_desktop.settings import SettingsFile
from gmops_desktop.tasks import TaskRunner
from ui import words
from ui.attachments import AttachmentStrip
from ui.dialogs.keep_name import KeepName
from ui.dialogs.sheet import Sheet
from ui.ticket_fields import DescriptionField, channel_box
from ui.ticket_templates import TemplateBox
from ui.ticket_warnings import SimilarTicket
from ui.ticket_who import WhoAsked
from ui.widgets.frames import Label, Segments, button, column, disable, row

_WIDTH: Final = 720
_LABELS: Final = 80
_PAUSE_MS: Final = 250  # its like is looked for when the typing pauses
_FEWEST_CHARACTERS: Final = 2  # of a title that can be like another


class NewTicketDialog(Sheet):
    """Registers a ticket; `opened` carries it.

    Somebody who is no designated contact (clause 1.15) must be resolved before the ticket can be
    made: passed on by a contact, taken as a special emergency with its reason, or declined.
    """

    opened = Signal(object)

    def __init__(
        self,
        tickets: Tickets,
        contracts: Contracts,
        runner: TaskRunner,
        finding: Finding,
        parent: QWidget | None = None,
        *,
        title: str = "",
        description: str = "",
        resource_id: str = "",
        settings: SettingsFile | None = None,
    ) -> None:
        super().__init__(parent, tr("New ticket"), width=_WIDTH)
        self._tickets = tickets
        self._finding = finding
        self._runner = runner
        self._begun = time.monotonic()
        self._asked = ""  # the title whose like was last looked for
        self._brought: dict[QWidget, str] = {}  # by a template, into a field
        self._saving = False
        self._reading: Callable[[], str] = str  # why files hold it up

        self.template = TemplateBox(settings)
        self.who = WhoAsked(tickets, contracts, lambda: str(self.resource.currentData()), self)
        self.requester, self.warning, self.reason = (
            self.who.field, self.who.warning, self.who.reason
        )  # fmt: skip
        self.title = QLineEdit(title)
        self.title.setAccessibleName(tr("What is it"))
        self.title.setPlaceholderText(tr("In one line, as it will stand in the list"))
        self.similar = SimilarTicket()
        self.description = DescriptionField(description)
        self.priority = Segments(
            [(str(key), f"{key} {word_of_priority(key)}") for key in PRIORITIES],
            "3",
            tr("Priority"),
        )
        self.kind = Segments([(key, word_of_kind(key)) for key in KINDS], "incident", tr("Kind"))
        self.resource = QComboBox()
        self.resource.setAccessibleName(tr("Resource"))
        self.resource.addItem(tr("None in particular"), "")
        for resource in contracts.shown_resources():
            self.resource.addItem(resource.name, resource.id)
        self.resource.setCurrentIndex(max(0, self.resource.findData(resource_id)))
        self.channel = channel_box()
        self._missing = Label(role="caption")
        self._trouble = Label(role="caption", ink="critical")
        self.create_button = button(
            tr("Create ticket"), self._create, kind="primary", shortcut="Ctrl+Return"
        )
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(_PAUSE_MS)
        self._second = QTimer(self)
        self._second.setInterval(1000)

        self._lay_out()
        self.who.judged.connect(self._judge)
        self.who.passed_on.connect(self._pass_on)
        self.who.declined.connect(self._decline)
        self.resource.currentIndexChanged.connect(self.who.judge)
        self.title.textChanged.connect(self._typing)
        self._pause.timeout.connect(self._look_for_similar)
        self._second.timeout.connect(self._judge)
        self.template.taken.connect(self._begin_with)
        self.template.keep_wanted.connect(self._ask_template)
        self.similar.note_wanted.connect(self._note_there)
        for key in PRIORITIES:
            press = QShortcut(QKeySequence(f"Alt+{key}"), self)
            press.activated.connect(lambda key=key: self.priority.choose(str(key)))
        choose = QShortcut(QKeySequence("Alt+T"), self)
        choose.activated.connect(self.template.showPopup)
        choose.activated.connect(self.template.setFocus)
        QWidget.setTabOrder(self.title, self.description)  # past what may stand between them
        self._second.start()
        self.who.judge()
        self._look_for_similar()
        self.requester.setFocus()

    def _lay_out(self) -> None:
        form = QGridLayout()
        form.setHorizontalSpacing(12)
        form.setVerticalSpacing(4)
        form.setColumnMinimumWidth(0, _LABELS)
        form.setColumnStretch(1, 1)
        priority = row(None, self.priority, 4, Label(tr("set by Party A"), "caption"), None)
        place = row(
            None, self.resource, 12, Label(tr("How it came"), "caption"), self.channel, None
        )
        for word, field, more in (
            (tr("Template"), row(None, self.template, None), ()),
            (tr("Who asked"), self.requester, (self.warning, self.reason)),
            (tr("What *"), self.title, (self.similar,)),
            (tr("Description"), self.description, ()),
            (tr("Priority *"), priority, ()),
            (tr("Kind"), row(None, self.kind, None), ()),
            (tr("Asked at"), self.who.when, ()),
            (tr("Resource"), place, ()),
        ):
            at = form.rowCount()
            label = Label(word, "caption", elide=False)
            label.setFixedHeight(30)
            form.addWidget(label, at, 0, Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignRight)
            if isinstance(field, QWidget):
                form.addWidget(field, at, 1)
            else:
                form.addLayout(field, at, 1)
            for extra in more:
                form.addWidget(extra, form.rowCount(), 1)
            form.setRowMinimumHeight(form.rowCount(), 6)
        self.body.addLayout(form)
        self.body.addStretch(1)
        self.left.addLayout(column(None, self._missing, self._trouble, spacing=0), 1)
        self._trouble.hide()
        self.add_close(tr("Cancel"))
        accept = QDialogButtonBox.ButtonRole.AcceptRole
        self.add_button(self.create_button, accept, default=True)

    def place_attachments(self, strip: AttachmentStrip) -> None:
        """Take files for the ticket; they are attached as soon as it exists."""
        self.body.insertWidget(self.body.count() - 1, strip)
        self.left.insertWidget(0, strip.add_button)
        strip.align()
        strip.listen_to(self, self.title, self.description)
        self._reading = lambda: strip.reading
        strip.drafts_changed.connect(self._judge)
        self.opened.connect(lambda ticket: strip.hand_over("ticket", ticket.id))
        self.rejected.connect(strip.drop_drafts)

    # -- who asked

    @Slot(str)
    def _pass_on(self, origin: str) -> None:
        """Let who said it first stand in the text."""
        before = self.description.toPlainText().strip()
        self.description.setPlainText(f"{before}\n{origin}".strip())
        self.title.setFocus()

    @Slot()
    def _decline(self) -> None:
        kind, title, name = self._kind(), self.title.text().strip(), self.who.name
        if not title:
            self.title.setFocus()
            self._say(tr("Write what was asked for; the refusal is recorded too."))
            return
        description, tickets = self.description.toPlainText().strip(), self._tickets
        priority, asked_at = self._priority(), self.who.when.at
        resource = self.resource.currentData()
        self._save(
            lambda: tickets.decline(
                kind,
                title,
                requester=name,
                priority=priority,
                description=description,
                resource_id=resource,
                opened_at=asked_at,
            ),
            tr("Decline a request"),
        )

    # -- what

    @Slot()
    def _typing(self) -> None:
        self._pause.start()
        self._judge()

    @Slot()
    def _look_for_similar(self) -> None:
        """Look for its like in the background: there may be many tickets."""
        title, finding = self.title.text().strip(), self._finding
        if len(title) < _FEWEST_CHARACTERS:
            self.similar.show_ticket(None)
            return
        self._asked = title
        task = self._runner.start(
            lambda _context: finding.similar(title, 1),
            tr("Look for similar tickets"),
            lane="similar",
            quiet=True,
        )
        task.succeeded.connect(self._found_similar)

    @Slot(object)
    def _found_similar(self, found: tuple[Alike, ...]) -> None:
        if self._asked == self.title.text().strip():
            self.similar.show_ticket(found[0].ticket if found else None)

    @Slot(str)
    def _note_there(self, identity: str) -> None:
        """Add what stands here to the similar ticket, instead of opening another."""
        said = (self.requester.text(), self.title.text(), self.description.toPlainText())
        text = "\n".join(one.strip() for one in said if one.strip())
        tickets = self._tickets
        self._save(lambda: tickets.note(identity, text), tr("Record a note"))

    # -- templates

    @Slot(object)
    def _begin_with(self, template: Template) -> None:
        """Take over a template; what somebody wrote stays, what another template brought goes."""
        for field, text in ((self.title, template.title), (self.description, template.description)):
            there = field.text() if isinstance(field, QLineEdit) else field.toPlainText()
            if not there.strip() or there == self._brought.get(field):
                if isinstance(field, QLineEdit):
                    field.setText(text)
                else:
                    field.setPlainText(text)
                self._brought[field] = text
        self.kind.choose(template.kind)
        self.priority.choose(str(template.priority))
        self.description.fit()
        self.title.setFocus()
        self.title.end(False)

    @Slot()
    def _ask_template(self) -> None:
        what = tr("Kind, priority, title and description are kept under it.")
        KeepName(self, tr("Keep this as a template"), what, self._keep_template).open()

    def _keep_template(self, name: str) -> None:
        self.template.keep(
            Template(
                name,
                self._kind(),
                self._priority(),
                self.title.text(),
                self.description.toPlainText(),
            )
        )

    # -- making it

    def _kind(self) -> TicketKind:
        return cast(TicketKind, self.kind.current)

    def _priority(self) -> Priority:
        return cast(Priority, int(self.priority.current))

    def _gaps(self) -> list[str]:
        """Return what is still missing, in words."""
        gaps = [self.who.gap] if self.who.gap else []
        if not self.title.text().strip():
            gaps.append(tr("what it is"))
        return gaps

    @Slot()
    def _judge(self) -> None:
        gaps = self._gaps()
        taken = tr("{seconds} s so far", seconds=int(time.monotonic() - self._begun))
        reason = tr("Still missing: {what}", what=words.listed(gaps)) if gaps else ""
        asked = tr("Complete") if self.who.name else tr("Found by ourselves (1.14)")
        self._missing.show_text(f"{reason or asked} · {taken}")
        reason = reason or self._reading()
        if self._saving:
            reason = tr("It is being recorded.")
        disable(self.create_button, reason, tr("Create ticket (Ctrl+Enter)"))

    @Slot()
    def _create(self) -> None:
        kind, priority, tickets = self._kind(), self._priority(), self._tickets
        title, requester, asked_at = self.title.text().strip(), self.who.name, self.who.when.at
        description = self.description.toPlainText().strip()
        emergency = self.who.emergency
        channel, resource = self.channel.currentData(), self.resource.currentData()
        self._save(
            lambda: tickets.open(
                kind,
                title,
                requester=requester,
                priority=priority,
                description=description,
                channel=tr(channel) if channel else "",
                emergency=emergency,
                resource_id=resource,
                opened_at=asked_at,
            ),
            tr("New ticket"),
        )

    def _save(self, job: Callable[[], Ticket], title: str) -> None:
        """Record it; the dialog closes when it stands in the journal, else it says why not."""
        self._saving = True
        task = self._runner.start(
            lambda _context: job(), title, lane="tickets", changes=Change.TICKETS, quiet=True
        )
        task.succeeded.connect(self._saved)
        task.failed.connect(self._refused)
        self._judge()

    @Slot(object)
    def _saved(self, ticket: Ticket) -> None:
        self.opened.emit(ticket)
        self.accept()

    @Slot(Exception)
    def _refused(self, error: Exception) -> None:
        self._saving = False
        hint = error.hint if isinstance(error, OpsError) else ""
        self._say(f"{error} {hint}".strip())
        self._judge()

    def _say(self, text: str) -> None:
        self._trouble.show_text(text)
        self._trouble.show()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if layout := self.layout():  # English words are longer than Chinese ones
            self.setMinimumWidth(max(_WIDTH, layout.minimumSize().width()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """A digit outside of the text fields is the priority."""
        if event.text() in {str(key) for key in PRIORITIES}:
            self.priority.choose(event.text())
            return
        super().keyPressEvent(event)
