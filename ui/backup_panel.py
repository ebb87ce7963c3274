"""The side panel of one archive: its facts, how its size went, its largest tables, what to do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QSizePolicy, QVBoxLayout

from gmops_desktop.language import tr, tr_n
from gmops_desktop.services.backups import ArchiveSummary, Backup
from ui import words
from ui.backup_rows import (
    TREND_DAYS,
    consistency_of,
    content_of,
    how_text,
    proof_of,
    reused_text,
    took_text,
)
from ui.widgets.badges import Sparkline, StateBadge
from ui.widgets.frames import (
    Card,
    Label,
    button,
    chip,
    clear,
    column,
    disable,
    line,
    paragraph,
    row,
)
from ui.widgets.panes import scrolled

PANEL_WIDTH: Final = 316
_LARGEST: Final = 3


class BackupPanel(Card):
    """Shows one archive; its buttons ask the tab."""

    preview_wanted = Signal()
    verify_wanted = Signal()
    save_wanted = Signal()
    undo_wanted = Signal()
    forget_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setFixedWidth(PANEL_WIDTH)
        self.heading = Label(role="strong")
        self.proof = StateBadge()
        self.consistency = StateBadge()
        self._facts = QGridLayout()
        self._facts.setHorizontalSpacing(12)
        self._facts.setVerticalSpacing(5)
        self._facts.setColumnStretch(1, 1)
        self._values: dict[str, Label] = {}
        for key, word in (
            ("schema", tr("Schema")),
            ("rows", tr("Rows")),
            ("size", tr("Size")),
            ("reused", tr("Reused")),
            ("time", tr("Took")),
            ("digest", tr("SHA-256")),
            ("file", tr("File")),
        ):
            self._add_fact(key, word)
        self.trend = Sparkline()
        self.trend_text = Label(role="caption")
        self._trend_word = Label(tr("{days} days", days=TREND_DAYS), "caption")
        place = self._facts.rowCount()
        self._facts.addWidget(self._trend_word, place, 0)
        self._facts.addLayout(row(None, self.trend, self.trend_text), place, 1)
        self.verdict = paragraph(role="caption")
        self._largest_head = row(
            None, Label(tr("Largest tables"), "strong"), Label("MB", "caption", right=True)
        )
        self._largest: QVBoxLayout = column(spacing=5)

        self.preview = button(
            tr("Preview restore…"),
            self.preview_wanted.emit,
            icon_name="eye",
            tip=tr("Show what a restore of this archive would change; nothing is written"),
            shortcut="Ctrl+R",
        )
        self.verify = button(
            tr("Verify"),
            self.verify_wanted.emit,
            icon_name="shield-check",
            tip=tr("Recompute every digest of the file"),
        )
        self.save = button(
            tr("Save as…"),
            self.save_wanted.emit,
            icon_name="download-simple",
            tip=tr("Copy the archive somewhere else, proved by reading it back"),
        )
        self.undo = button(
            tr("Undo last restore…"),
            self.undo_wanted.emit,
            icon_name="arrow-u-up-left",
        )
        self.forget = button(
            tr("Remove from list"),
            self.forget_wanted.emit,
            icon_name="x",
            tip=tr("The file is gone; take its line out of the list"),
        )
        for made in (self.preview, self.verify, self.save, self.undo, self.forget):
            made.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

        self.add(self.heading)
        self.sealed = chip(tr("Sealed"), "lock-simple")
        self.drilled = chip(tr("Drilled"), "shield-check")
        self.drilled.hide()
        self.add(row(None, self.proof, self.consistency, self.sealed, self.drilled, None))
        self.add(scrolled(self._facts, self.verdict, self._largest_head, self._largest), 1)
        self.add(line())
        self.add(self.preview)
        self.add(self.forget)
        self.add(row(None, self.verify, self.save))
        self.add(self.undo)

    def show_backup(self, backup: Backup, trend: Sequence[float | None]) -> None:
        """Show an archive; its tables follow by `show_summary` when the file was read."""
        self.heading.show_text(f"{content_of(backup)} · {words.stamp(backup.at)}")
        state, word = proof_of(backup)
        self.proof.show_state(state, tr("Verified", context="badge") if state == "ok" else word)
        self.consistency.show_state(*consistency_of(backup))
        self.sealed.setVisible(backup.sealed)
        tables = tr_n("{count} table", "{count} tables", backup.tables)
        self._show("schema", tr("{schema}, {tables}", schema=backup.schema, tables=tables))
        self._show("rows", words.number(backup.rows))
        size, sent = words.size(backup.file_bytes), words.size(backup.travelled)
        self._show("size", tr("{size}, {sent} over the line", size=size, sent=sent))
        self._show("reused", reused_text(backup), backup.base)
        self._show("time", took_text(backup), how_text(backup))
        digest = backup.manifest_digest
        shown = f"{digest[:4]}…{digest[-4:]}" if digest else words.NOTHING
        self._show("digest", tr("{digest} (manifest)", digest=shown), digest)
        self._show("file", backup.path.name, str(backup.path))
        self._show_trend(trend)
        self.verdict.setText(backup.verdict)
        self.verdict.setVisible(backup.consistency != "consistent")
        self.show_summary(None)
        gone = "" if backup.exists else backup.removed or tr("The file is gone.")
        for made, tip in (
            (self.preview, tr("Show what a restore of this archive would change")),
            (self.verify, tr("Recompute every digest of the file")),
            (self.save, tr("Copy the archive somewhere else, proved by reading it back")),
        ):
            disable(made, gone, tip)
        self.preview.setVisible(backup.exists)
        self.forget.setVisible(not backup.exists)

    def show_summary(self, summary: ArchiveSummary | None) -> None:
        """Show the archive's largest tables, and its verdict in the language of today."""
        if summary:
            self.verdict.setText(summary.verdict)
        clear(self._largest)
        tables = sorted(summary.tables if summary else (), key=lambda table: -table.text_bytes)
        for table in tables[:_LARGEST]:
            name = Label(table.name)
            size = Label(words.megabytes(table.text_bytes), right=True, elide=False)
            self._largest.addLayout(row(None, name, None, size))
        for place in range(self._largest_head.count()):
            item = self._largest_head.itemAt(place)
            if item is not None and (widget := item.widget()) is not None:
                widget.setVisible(bool(tables))

    def show_drilled(self, text: str) -> None:
        """Mark the archive as one that a drill has proved; `text` says when, empty for none."""
        self.drilled.setVisible(bool(text))
        self.drilled.setToolTip(text)

    def show_undo(self, reason: str, tip: str) -> None:
        """Switch undo on with `tip`, or off with the reason."""
        disable(self.undo, reason, tip)

    def _show_trend(self, trend: Sequence[float | None]) -> None:
        known = [value for value in trend if value is not None]
        for widget in (self.trend, self.trend_text, self._trend_word):
            widget.setVisible(len(known) > 1)
        self.trend.show_values(trend)
        if len(known) > 1:
            grown = known[-1] - known[0]
            sign = "+" if grown >= 0 else "−"
            self.trend_text.show_text(f"{sign}{words.size(abs(grown))}")

    def _add_fact(self, key: str, word: str) -> None:
        place = len(self._values)
        self._values[key] = Label()
        self._facts.addWidget(Label(word, "caption", elide=False), place, 0)
        self._facts.addWidget(self._values[key], place, 1)

    def _show(self, key: str, text: str, tip: str = "") -> None:
        self._values[key].show_text(text)
        if tip:
            self._values[key].setToolTip(tip)
