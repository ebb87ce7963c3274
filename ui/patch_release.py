"""The dialog in which an application release is chosen: from where, into which folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialogButtonBox,
    QFileDialog,
    QLineEdit,
    QWidget,
)

from gmops_desktop.addresses import Resource
from gmops_desktop.language import tr
from ui.dialogs.sheet import Sheet
from ui.widgets.frames import Label, button, column, disable, row

_DIGEST: Final = 64  # hexadecimal digits of a SHA-256


class ReleaseSheet(Sheet):
    """Asks for a release; `given` carries the server, the source and what `Releases.queue` takes.

    Nothing is touched by it: the release is taken in and held against what is live.
    """

    given = Signal(object, object, object)

    def __init__(
        self, parent: QWidget | None, hosts: Sequence[Resource], databases: Sequence[Resource]
    ) -> None:
        super().__init__(
            parent,
            tr("Application release"),
            tr(
                "The release is taken in, checked, and held against what is live on the server. "
                "Nothing there is touched before the gates are open."
            ),
            width=600,
        )
        self._hosts = tuple(hosts)
        self.host = QComboBox()
        for one in hosts:
            self.host.addItem(one.name)
        self.source = QLineEdit()
        archive = button(tr("Archive…"), self._choose_archive, icon_name="archive-box",
                         tip=tr("A .zip, .tar, .tar.gz or .tar.zst"))  # fmt: skip
        folder = button(tr("Folder…"), self._choose_folder, icon_name="folder-open")
        self.digest = QLineEdit()
        self.folder = QLineEdit()
        self.folder.setPlaceholderText(tr("that of the website on this server"))
        self.database = QComboBox()
        self.database.addItem(tr("None, or the only one of the contract"), "")
        for one in databases:
            self.database.addItem(one.name, one.id)
        self.reload = QLineEdit()
        self.title, self.ticket = QLineEdit(), QLineEdit()
        self.whole = QCheckBox(tr("Remove what the release does not hold"))
        self.whole.setChecked(True)

        self.add_field(tr("Server", context="change"), self.host)
        chooser = row(None, self.source, archive, folder)
        chooser.setStretch(0, 1)
        self.source.setAccessibleName(tr("Release", context="release package"))
        self.body.addLayout(
            column(
                None, Label(tr("Release", context="release package"), "caption"), chooser, spacing=4
            )
        )
        self.add_field(
            tr("SHA-256 that it must have"),
            self.digest,
            tr("As the supplier gave it; a SHA256SUMS in the release is checked in any case."),
        )
        for left, right in (
            ((tr("Folder that the web server serves"), self.folder),
             (tr("Database of its SQL"), self.database)),
            ((tr("Command after the switch"), self.reload), (tr("Ticket"), self.ticket)),
        ):  # fmt: skip
            line = row(None, spacing=12)
            for word, field in (left, right):
                field.setAccessibleName(word)
                caption = Label(word, "caption", elide=False)
                caption.setBuddy(field)
                line.addLayout(column(None, caption, field, spacing=4), 1)
            self.body.addLayout(line)
        self.add_field(tr("Title"), self.title)
        self.body.addWidget(self.whole)
        self.add_close(tr("Cancel"))
        self.go = button(tr("Add to queue"), self._give, kind="primary")
        self.add_button(self.go, QDialogButtonBox.ButtonRole.AcceptRole, default=True)
        self.source.textChanged.connect(self._judge)
        self.digest.textChanged.connect(self._judge)
        self._judge()

    def fill(self, host: Resource, source: Path, said: Mapping[str, Any]) -> None:
        """Put in what was given before: what was refused is mended, not typed again."""
        self.host.setCurrentIndex(max(0, self._hosts.index(host) if host in self._hosts else 0))
        self.source.setText(str(source))
        for name in ("digest", "folder", "reload", "title", "ticket"):
            getattr(self, name).setText(said[name])
        self.database.setCurrentIndex(max(0, self.database.findData(said["database"])))
        self.whole.setChecked(said["whole"])

    @Slot()
    def _choose_archive(self) -> None:
        path, _ = QFileDialog.getOpenFileName(
            self,
            tr("Release", context="release package"),
            "",
            tr("Archives (*.zip *.tar *.tgz *.tar.gz *.tar.zst)"),
        )
        if path:
            self.source.setText(path)

    @Slot()
    def _choose_folder(self) -> None:
        if path := QFileDialog.getExistingDirectory(self, tr("Release", context="release package")):
            self.source.setText(path)

    @Slot()
    def _judge(self) -> None:
        reason, digest = "", self.digest.text().strip().lower()
        if not self.source.text().strip():
            reason = tr("Choose the release first.")
        elif not Path(self.source.text().strip()).exists():
            reason = tr("There is no such file or folder.")
        elif digest and (len(digest) != _DIGEST or set(digest) - set("0123456789abcdef")):
            reason = tr("A SHA-256 has 64 hexadecimal digits.")
        disable(self.go, reason, tr("Take it in, and hold it against what is live"))

    @Slot()
    def _give(self) -> None:
        said: dict[str, Any] = {
            "digest": self.digest.text().strip().lower(),
            "folder": self.folder.text().strip(),
            "database": self.database.currentData(),
            "reload": self.reload.text().strip(),
            "title": self.title.text().strip(),
            "ticket": self.ticket.text().strip(),
            "whole": self.whole.isChecked(),
        }
        host = self._hosts[self.host.currentIndex()]
        self.given.emit(host, Path(self.source.text().strip()), said)
        self.accept()
