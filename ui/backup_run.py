"""A backup while it runs: each table's segments hashed, reused, sent; what was saved, how fast the
line is, how long it still takes; and at the end the verdict in plain words."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QWidget

from gmops_desktop.context import Progress
from gmops_desktop.language import tr
from gmops_desktop.services.backups import Backup, TableProgress, TakeProgress
from gmops_desktop.services.restores import Restored
from gmops_desktop.states import State
from gmops_desktop.tasks import Task, TaskRunner
from ui import words
from ui.backup_rows import rate_text, saved_text
from ui.widgets.badges import Gauge, StateMark
from ui.widgets.frames import Glyph, Label, WholeRows, column, paragraph, row
from ui.widgets.table_model import Column
from ui.widgets.tables import Table

_INTERVAL: Final = 0.4  # seconds between two pictures of the tables
_ICONS: Final = {"waiting": "clock", "hashing": "hash", "sending": "arrow-down", "done": ""}


class RunView(QWidget):
    """Shows one run after the other; `follow` begins, the rest is told by its task.

    `head` says in one line what runs, for the card that shows this.
    """

    def __init__(self, runner: TaskRunner) -> None:
        super().__init__()
        self._title, self._last_seconds, self._begun = "", 0.0, 0.0
        self._painted = 0.0
        self._shown: TakeProgress | None = None
        self.mark = StateMark("unknown", 16)
        self.busy = Glyph("arrows-clockwise", 16, "accent")
        self.heading = Label(role="strong")
        self.step = Label(role="caption")
        self.gauge = Gauge()
        self.tables = _Figure(tr("Tables done"))
        self.saved = _Figure(tr("Not sent again"))
        self.sent = _Figure(tr("Over the line"))
        self.rate = _Figure(tr("Line"))
        self.left = _Figure(tr("Time left"))
        self.table: Table[TableProgress] = Table(
            _columns(),
            name=tr("Tables of this backup"),
            runner=runner,
            identity=lambda one: one.name,
            empty=tr("The tables stand here as soon as their definitions were read."),
        )
        self.verdict = paragraph(role="body")
        self.table.setMinimumHeight(120)
        self.head = QWidget()
        line = row(self.head, self.mark, self.busy, self.heading, self.step, margins=(8, 0, 0, 0))
        line.setStretch(3, 1)
        figures = (self.tables, self.saved, self.sent, self.rate, self.left)
        self._figures = row(None, *figures, margins=(8, 0, 8, 0), spacing=16)
        for place in range(len(figures)):
            self._figures.setStretch(place, 1)
        bar = row(None, self.gauge, margins=(8, 0, 8, 0))
        said = row(None, self.verdict, margins=(8, 0, 8, 0))
        rows = WholeRows(self.table)
        layout = column(self, self._figures, bar, said, rows, margins=(0, 4, 0, 0), spacing=8)
        layout.setStretch(layout.indexOf(rows), 1)
        self.idle()

    def idle(self) -> None:
        """Show that nothing has run yet."""
        self._say("unknown", tr("No backup has run since the program was opened."), running=False)
        self.step.show_text("")
        self.verdict.hide()
        for figure in (self.tables, self.saved, self.sent, self.rate, self.left):
            figure.show_value(words.NOTHING)

    def follow(self, task: Task, name: str, last_seconds: float = 0.0) -> None:
        """Show the run of `task`, a backup of `name` whose last took `last_seconds` (0: none)."""
        self._title, self._last_seconds = name, last_seconds
        self._begun, self._painted, self._shown = time.monotonic(), 0.0, None
        self._say("unknown", tr("Backing up {name}", name=name), running=True)
        self.step.show_text(tr("waiting for its turn"))
        self.verdict.hide()
        self.table.set_rows(())
        self.gauge.show_share(0.0)
        for figure in (self.tables, self.saved, self.sent, self.rate):
            figure.show_value(words.NOTHING)
        self.left.show_value(words.NOTHING, self._last_time())
        task.progressed.connect(self.progressed)
        task.failed.connect(self._failed)
        task.cancelled.connect(self._cancelled)

    def follow_unseen(self, task: Task, name: str, last_seconds: float = 0.0) -> None:
        """Show the run of `task` if it turns out to be a backup, and end with its own result."""

        def hear(progress: Progress) -> None:
            if isinstance(progress.detail, TakeProgress):
                task.progressed.disconnect(hear)
                self.follow(task, name, last_seconds)
                task.succeeded.connect(self._succeeded)

        task.progressed.connect(hear)

    @Slot(Progress)
    def progressed(self, progress: Progress) -> None:
        """Show how far it is."""
        self.step.show_text(progress.text)
        self.gauge.show_share((progress.percent or 0) / 100)
        self.sent.show_value(words.size(progress.travelled))
        self.left.show_value(self._time_left(progress.percent), self._last_time())
        if isinstance(progress.detail, TakeProgress):
            self._shown = progress.detail
            if time.monotonic() - self._painted >= _INTERVAL:
                self._show_tables(progress.detail)

    def taken(self, backup: Backup) -> None:
        """Show how it ended: the figures and the verdict."""
        if self._shown is not None:
            done = tuple(replace(one, state="done") for one in self._shown.tables)
            self._show_tables(replace(self._shown, tables=done))
        self._say("ok", tr("{name} is backed up.", name=self._title), running=False)
        self.step.show_text(tr("The file is being read back…"))
        self.gauge.show_share(1.0, "ok")
        self.tables.show_value(f"{backup.tables} / {backup.tables}")
        self.saved.show_value(saved_text(backup.reused_bytes, backup.text_bytes))
        self.sent.show_value(words.size(backup.travelled))
        rate = backup.travelled / max(backup.seconds, 0.1)
        self.rate.show_value(rate_text(rate), tr("on average"))
        self.left.show_value(words.lasting(backup.seconds), word=tr("Took"))
        self.verdict.setText(backup.verdict)
        self.verdict.show()

    def proved(self, ok: bool, text: str) -> None:
        """Show what reading the file back has found."""
        self._say("ok" if ok else "critical", self.heading.full_text, running=False)
        self.step.show_text(text)

    @Slot(object)
    def _succeeded(self, result: object) -> None:
        if isinstance(result, Restored) and result.safety is not None:
            self.taken(result.safety)
            self.step.show_text(tr("Safety copy"))
        elif isinstance(result, Backup):
            self.taken(result)
            self.step.show_text("")
        else:
            self._say("ok", tr("{name} is backed up.", name=self._title), running=False)
            self.step.show_text(tr("It stands in the list."))

    @Slot(Exception)
    def _failed(self, _error: Exception) -> None:
        self._ended("critical", tr("The backup of {name} failed.", name=self._title))

    @Slot()
    def _cancelled(self) -> None:
        self._ended("unknown", tr("The backup of {name} was stopped.", name=self._title))

    def _ended(self, state: State, sentence: str) -> None:
        self._say(state, sentence, running=False)
        self.step.show_text(tr("What has arrived is used again by the next attempt."))
        self.left.show_value(words.NOTHING)

    def _say(self, state: State, sentence: str, *, running: bool) -> None:
        self.mark.show_state(state)
        self.mark.setVisible(not running)
        self.busy.setVisible(running)
        self.heading.show_text(sentence)

    def _show_tables(self, detail: TakeProgress) -> None:
        self._painted = time.monotonic()
        self.table.set_rows(detail.tables)
        done = sum(one.state == "done" for one in detail.tables)
        self.tables.show_value(f"{done} / {len(detail.tables)}")
        text = sum(one.text_bytes for one in detail.tables)
        self.saved.show_value(saved_text(detail.saved_bytes, text))
        self.rate.show_value(rate_text(detail.rate))
        active = [at for at, one in enumerate(self.table.rows.shown)
                  if one.state in ("hashing", "sending")]  # fmt: skip
        if active and not self.table.underMouse():
            self.table.scrollTo(self.table.rows.index(active[0], 0))

    def _time_left(self, percent: int | None) -> str:
        gone = time.monotonic() - self._begun
        if percent and gone > 3 and percent < 100:
            return words.lasting(gone * (100 - percent) / percent)
        if self._last_seconds > gone:
            return words.lasting(self._last_seconds - gone)
        return words.NOTHING

    def _last_time(self) -> str:
        if not self._last_seconds:
            return tr("first backup")
        return tr("last time {time}", time=words.lasting(self._last_seconds))


class _Figure(QWidget):
    """One number under its word, with what it is measured against."""

    def __init__(self, word: str) -> None:
        super().__init__()
        self._usual = word
        self.word = Label(word, "caption")
        self.value = Label(words.NOTHING, "title")
        self.hint = Label("", "hint")
        column(self, self.word, row(None, self.value, self.hint, None), spacing=2)

    def show_value(self, value: str, hint: str = "", word: str = "") -> None:
        """Show another number, and another word where its meaning has changed."""
        self.word.show_text(word or self._usual)
        self.value.show_text(value)
        self.hint.show_text(hint)
        self.hint.setVisible(bool(hint))


def _columns() -> tuple[Column[TableProgress], ...]:
    states = {
        "waiting": tr("waiting"),
        "hashing": tr("comparing"),
        "sending": tr("sending"),
        "done": tr("done"),
    }
    return (
        Column(tr("Table"), lambda one: one.name, strong=lambda one: one.state == "sending"),
        Column(
            tr("State"),
            lambda one: states[one.state],
            width=108,
            state=lambda one: "ok" if one.state == "done" else None,
            icon=lambda one: _ICONS[one.state],
        ),
        _count(tr("Hashed"), lambda one: one.hashed),
        _count(tr("Reused", context="segments"), lambda one: one.reused),
        _count(tr("Sent"), lambda one: one.sent),
        _size(tr("Reused (MB)"), lambda one: one.reused_bytes),
        _size(tr("Sent (MB)"), lambda one: one.sent_bytes),
        _size(tr("Text (MB)"), lambda one: one.text_bytes),
    )


def _count(title: str, value: Callable[[TableProgress], int]) -> Column[TableProgress]:
    return Column(
        title,
        lambda one: words.number(value(one)) if one.state != "waiting" else words.NOTHING,
        width=88,
        key=value,
        right=True,
        tip=lambda one: tr(
            "{hashed} of {segments} segments compared: {reused} the same, {sent} sent",
            hashed=one.hashed,
            segments=one.segments,
            reused=one.reused,
            sent=one.sent,
        ),
    )


def _size(title: str, value: Callable[[TableProgress], int]) -> Column[TableProgress]:
    return Column(
        title,
        lambda one: words.megabytes(value(one)) if one.state != "waiting" else words.NOTHING,
        width=92,
        key=value,
        right=True,
    )
