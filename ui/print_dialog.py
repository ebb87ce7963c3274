"""The print dialog: which printer or file, which pages, how many copies, on one side or on two."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from PySide6.QtWidgets import (
    QComboBox,
    QDialogButtonBox,
    QFileDialog,
    QLineEdit,
    QSpinBox,
    QWidget,
)

from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr
from ui.dialogs.sheet import Sheet
from ui.report_printing import SIDES, Printing, chosen_pages, printers
from ui.widgets.frames import Segments, button, disable, paragraph, row

_FILE: Final = "\0file"  # the choice that is no printer


class PrintSheet(Sheet):
    """Gives what was chosen to `print_it`; `count` are the pages, 0 where several documents are
    printed whole."""

    def __init__(
        self,
        parent: QWidget | None,
        title: str,
        count: int,
        suggested: Path,
        print_it: Callable[[Printing], object],
    ) -> None:
        super().__init__(parent, title, width=460)
        self._count, self._suggested, self._print_it = count, suggested, print_it
        self.printer = QComboBox()
        for name in printers():
            self.printer.addItem(name, name)
        if not self.printer.count():
            self.body.addWidget(
                paragraph(
                    tr(
                        "This computer has no printer. Set one up in the system, or print into a "
                        "PDF file and take that to one."
                    ),
                    "body",
                )
            )
        self.printer.addItem(tr("Into a PDF file"), _FILE)
        self.pages = QLineEdit()
        self.pages.setPlaceholderText(tr("all"))
        self.copies = QSpinBox()
        self.copies.setRange(1, 99)
        self.sides = Segments(
            [("one", tr("one side")), ("long", tr("two sides")), ("short", tr("two, short edge"))],
            "one",
            tr("Sides"),
        )
        self.fault = paragraph("", "caption")
        self.fault.setProperty("ink", "critical")
        self.add_field(tr("Printer"), self.printer)
        if count:
            self.add_field(
                tr("Pages"), self.pages,
                tr("{count} in all; 1-3,5 prints some of them", count=count),
            )  # fmt: skip
        self.add_field(tr("Copies", context="print"), self.copies)
        self.add_field(tr("Sides"), self.sides)
        self.body.addLayout(row(None, self.fault))
        self.add_close(tr("Cancel"))
        self.go = button(tr("Print"), self._print, kind="primary", icon_name="printer")
        self.add_button(self.go, QDialogButtonBox.ButtonRole.AcceptRole, default=True)
        self.pages.textChanged.connect(self._judge)
        self.printer.currentIndexChanged.connect(self._judge)
        self._judge()

    @property
    def into_file(self) -> bool:
        """Whether no printer is chosen."""
        return bool(self.printer.currentData() == _FILE)

    def chosen(self, file: Path | None = None) -> Printing:
        """Return what is chosen."""
        name = "" if self.into_file else str(self.printer.currentData())
        return Printing(
            name, self.pages.text(), self.copies.value(), SIDES[self.sides.current], file
        )

    def _judge(self) -> None:
        fault = ""
        try:
            chosen_pages(self.pages.text(), self._count or 1)
        except OpsError as error:
            fault = f"{error.message} {error.hint}"
        self.fault.setText(fault)
        disable(self.go, fault, tr("Print (Ctrl+P)"))
        for field in (self.copies, self.sides):
            field.setEnabled(not self.into_file)
        self.go.setText(tr("Print into a file…") if self.into_file else tr("Print"))

    def _print(self) -> None:
        file = None
        if self.into_file:
            chosen, _ = QFileDialog.getSaveFileName(
                self, tr("Print into a file"), str(self._suggested), "*.pdf"
            )
            if not chosen:
                return
            file = Path(chosen)
        self._print_it(self.chosen(file))
        self.accept()
