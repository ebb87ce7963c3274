"""The editor of people's own words: a section, its text, and templates to begin with."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Final, cast

from PySide6.QtCore import QEvent, QObject, QTimer, Signal
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QComboBox, QMenu, QPlainTextEdit, QSizePolicy, QWidget

from gmops_desktop.contract.report_texts import (
    LONGEST,
    SECTIONS,
    OwnText,
    TextKey,
    tidied,
    word_of_section,
)
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr
from gmops_desktop.services.reports import Kind, word_of_kind
from gmops_desktop.services.reports.texts import Texts
from ui.dialogs.keep_name import KeepName
from ui.report_templates import TemplateSheet
from ui.widgets.frames import Label, button, column, row

_PAUSE_MS: Final = 350  # of typing, after which the pages are set anew
_REST_MS: Final = 10_000  # of typing, after which the words are kept: no power cut takes more
_AT_ONCE_MS: Final = 600  # the words of a program that is killed are at most that old


class ReportTexts(QWidget):
    """`typed` tells, after a pause, that the words differ.

    They are kept whenever the editor is left for anything (another section or document, another
    page, a button), and when the hands rest for a while.  Meanwhile what is typed lies beside the
    record, so that a program that is killed loses less than a second of it.
    """

    typed = Signal()
    noticed = Signal(str, str, str)

    def __init__(self, texts: Texts) -> None:
        super().__init__()
        self._texts = texts
        self._key: TextKey | None = None
        self._kept: dict[str, OwnText] = {}
        self._section = ""

        self.section = QComboBox()
        self.section.setAccessibleName(tr("Section"))
        self.section.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.editor = QPlainTextEdit()
        self.editor.setAccessibleName(tr("Your own words"))
        self.editor.setPlaceholderText(
            tr(
                "Your own words for this section. They are printed beside a line, with your name; "
                "figures come from the record."
            )
        )
        self.editor.setTabChangesFocus(True)
        self.editor.setMinimumHeight(96)
        # a page that scrolls gives what is wished for, not what suffices: wish for nothing more
        self.editor.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)
        self.count = Label(role="caption", elide=False)
        self.templates = button(
            tr("Templates"),
            icon_name="notebook",
            tip=tr("Begin with a text kept before, or keep this one"),
            scale="small",
        )
        self.menu = QMenu(self.templates)
        self.templates.setMenu(self.menu)
        self.menu.aboutToShow.connect(self._offer)
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(_PAUSE_MS)
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(_REST_MS)
        self._at_once = QTimer(self)
        self._at_once.setSingleShot(True)
        self._at_once.setInterval(_AT_ONCE_MS)
        self._told = False  # that what is typed cannot be kept at once
        head = row(None, Label(tr("Your own words"), "strong", elide=False), None, self.templates)
        made = column(self, head, self.section, self.editor, row(None, None, self.count), spacing=6)
        made.setStretch(2, 1)

        self.section.activated.connect(self._choose)
        self.editor.textChanged.connect(self._changed)
        self.editor.installEventFilter(self)
        self._pause.timeout.connect(self.typed)
        self._rest.timeout.connect(self.keep)
        self._at_once.timeout.connect(self._keep_typed)
        self.show_document(None)

    # -- what is shown

    def show_document(self, key: TextKey | None, section: str = "") -> None:
        """Show the texts of a document; None where none is meant yet."""
        if key != self._key:
            self.keep()
            self._key = key
            self._section = section
        self._read()
        sections = tuple(SECTIONS.get(key.kind, {})) if key is not None else ()
        if self._section not in sections:
            self._section = next(iter(sections), "")
        self.setEnabled(bool(sections))
        self._fill()
        self._show()
        if back := self._texts.brought_back():
            self.noticed.emit(
                "ok",
                tr("Words that were typed when the program was ended are back."),
                tr(", ", context="list").join(
                    f"{word_of_kind(cast(Kind, one.key.kind))} "
                    f"{word_of_section(one.key.kind, one.section)}"
                    for one in back
                ),
            )

    @property
    def key(self) -> TextKey | None:
        """Whose texts are shown."""
        return self._key

    def words(self) -> tuple[OwnText, ...]:
        """Return all texts of the document as they stand now, what is being typed included."""
        if self._key is None:
            return ()
        found = dict(self._kept)
        if self._differs():
            typed = OwnText(
                self._section, self.editor.toPlainText(), self._texts.writer, datetime.now(UTC)
            )
            found[self._section] = replace(typed, text=_cut(typed.text))
        order = tuple(SECTIONS.get(self._key.kind, {}))
        return tuple(sorted(found.values(), key=lambda one: order.index(one.section)))

    @property
    def typing(self) -> str:
        """The last words before the cursor: where on the pages the user's eye is."""
        cursor = self.editor.textCursor()
        lines = self.editor.toPlainText()[: cursor.position()].strip().splitlines()
        return lines[-1][-24:] if lines else ""

    def keep(self) -> None:
        """Record what was typed; a text that is too long is told and stays in the editor."""
        self._rest.stop()
        self._at_once.stop()
        if self._key is None or not self._section or not self._differs():
            return
        try:
            self._texts.write(self._key, self._section, self.editor.toPlainText())
        except OpsError as error:
            self._keep_typed()  # what cannot be recorded is not lost where another one is shown
            self.noticed.emit("warning", error.message, error.hint)
            return
        self._read()
        self._fill()

    # -- inside

    def _read(self) -> None:
        found = self._texts.of(self._key) if self._key is not None else ()
        self._kept = {one.section: one for one in found}

    def _fill(self) -> None:
        """Offer the sections, each with how much stands in it."""
        self.section.clear()
        if self._key is None:
            return
        for section in SECTIONS.get(self._key.kind, {}):
            name = word_of_section(self._key.kind, section)
            kept = self._kept.get(section)
            if kept is not None and kept.text:
                name = tr("{section} · {count}", section=name,
                          count=f"{len(kept.text):,}")  # fmt: skip
            self.section.addItem(name, section)
        self.section.setCurrentIndex(max(0, self.section.findData(self._section)))

    def _show(self) -> None:
        kept = self._kept.get(self._section)
        typed = self._texts.typed(self._key, self._section) if self._key is not None else None
        blocked = self.editor.blockSignals(True)
        self.editor.setPlainText(typed or (kept.text if kept is not None else ""))
        self.editor.blockSignals(blocked)
        self._tell()

    def _tell(self) -> None:
        count = len(self.editor.toPlainText())
        kept = self._kept.get(self._section)
        said = f"{count:,} / {LONGEST:,}"
        if kept is not None and kept.other:
            said = tr("Another machine wrote otherwise; what you write now holds.") + f"  {said}"
            self.editor.setToolTip(tr("There: {text}", text=kept.other))
        else:
            self.editor.setToolTip("")
        self.count.show_text(said, "critical" if count > LONGEST else "")

    def _differs(self) -> bool:
        kept = self._kept.get(self._section)
        return self.editor.toPlainText() != (kept.text if kept is not None else "")

    def _changed(self) -> None:
        self._tell()
        self._pause.start()
        self._rest.start()
        if not self._at_once.isActive():  # also while the hands never rest
            self._at_once.start()

    def _keep_typed(self) -> None:
        """Keep what is in the editor beside the record; say once where that cannot be done."""
        if self._key is None or not self._section:
            return
        kept = self._kept.get(self._section)
        try:
            self._texts.type(
                self._key, self._section, self.editor.toPlainText(), kept.entry if kept else ""
            )
        except OpsError as error:
            if not self._told:
                self.noticed.emit("warning", error.message, error.hint)
            self._told = True

    def _choose(self, _place: int) -> None:
        section = self.section.currentData()
        self.keep()
        self._section = section
        self.section.setCurrentIndex(self.section.findData(section))
        self._show()
        self.editor.setFocus()

    # -- templates

    def _offer(self) -> None:
        self.menu.clear()
        kind: Kind | str = self._key.kind if self._key is not None else ""
        found = self._texts.templates(kind, self._section) if kind else ()
        for one in found:
            self.menu.addAction(one.name, partial(self._take, one.text))
        if not found:
            self.menu.addAction(tr("No template for this section yet")).setEnabled(False)
        self.menu.addSeparator()
        keep = self.menu.addAction(tr("Keep this text as a template…"), self._ask_keep)
        keep.setEnabled(bool(self.editor.toPlainText().strip()))
        self.menu.addAction(tr("All templates…"), self.open_templates)

    def _take(self, text: str) -> None:
        """Put a template in where the cursor is; what is written stays."""
        cursor = self.editor.textCursor()
        cursor.insertText(text)
        self.editor.setFocus()

    def _ask_keep(self) -> None:
        if self._key is None:
            return
        kind, section, text = self._key.kind, self._section, self.editor.toPlainText()

        def kept(name: str) -> None:
            self._texts.keep_template(kind, section, name, text)
            self.noticed.emit("ok", tr("The template “{name}” is kept.", name=name), "")

        what = tr("The same name replaces the template of this section that had it.")
        KeepName(self.window(), tr("Keep this text as a template"), what, kept).open()

    def open_templates(self) -> None:
        """Show all templates, to be edited and dropped."""
        TemplateSheet(self.window(), self._texts).open()

    # -- Qt

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.editor and event.type() == QEvent.Type.FocusOut:
            self.keep()
        return super().eventFilter(watched, event)

    def hideEvent(self, event: QHideEvent) -> None:
        self.keep()
        super().hideEvent(event)


def _cut(text: str) -> str:
    """Return what of a text that is too long can be shown while it is typed."""
    try:
        return tidied(text)
    except OpsError:
        return tidied(text[:LONGEST])
