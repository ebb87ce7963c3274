"""Which TencentDB instance a database is, where it is one: its id, region, and whose key asks."""

from __future__ import annotations

from typing import Final

from PySide6.QtWidgets import QComboBox, QLineEdit, QWidget

from gmops_desktop.addresses import CloudDatabase
from gmops_desktop.language import mark, tr
from ui.widgets.frames import Label, column, row

# Doc 236/15833; any other may be typed.
_REGIONS: Final = {
    "ap-guangzhou": mark("Guangzhou"),
    "ap-shanghai": mark("Shanghai"),
    "ap-beijing": mark("Beijing"),
    "ap-nanjing": mark("Nanjing"),
    "ap-chengdu": mark("Chengdu"),
    "ap-chongqing": mark("Chongqing"),
    "ap-hongkong": mark("Hong Kong"),
}
_PREFIX: Final = "cdb-"


class CloudFields(QWidget):
    """Four fields under one caption; without an instance's id the database is not in the cloud."""

    def __init__(self) -> None:
        super().__init__()
        self._endpoint = ""
        self.instance, self.secret_id, self.secret_key = QLineEdit(), QLineEdit(), QLineEdit()
        self.instance.setPlaceholderText(_PREFIX)
        self.secret_key.setEchoMode(QLineEdit.EchoMode.Password)
        self.secret_key.setPlaceholderText(tr("unchanged, or not needed"))
        self.region = QComboBox()
        self.region.setEditable(True)
        for code, name in _REGIONS.items():
            self.region.addItem(f"{code} {tr(name)}", code)
        layout = column(self, spacing=12)
        for fields in (
            ((tr("TencentDB instance (where it is one)"), self.instance),
             (tr("Region"), self.region)),
            ((tr("SecretId"), self.secret_id),
             (tr("SecretKey (kept in the keyring)"), self.secret_key)),
        ):  # fmt: skip
            line = row(spacing=12)
            for word, field in fields:
                field.setAccessibleName(word)
                caption = Label(word, "caption", elide=False)
                caption.setBuddy(field)
                line.addLayout(column(None, caption, field, spacing=4), 1)
            layout.addLayout(line)

    def missing(self) -> str:
        """Return what is not yet there, as a sentence."""
        instance = self.instance.text().strip()
        if not instance:
            return ""
        if not instance.startswith(_PREFIX):
            return tr("The id of a TencentDB instance begins with cdb-.")
        return "" if self.secret_id.text().strip() else tr("The SecretId is missing.")

    def database(self) -> CloudDatabase | None:
        """Return the instance named, if one is."""
        instance = self.instance.text().strip()
        if not instance:
            return None
        region = self.region.currentText().split()
        return CloudDatabase(
            instance, region[0] if region else "", self.secret_id.text().strip(), self._endpoint
        )

    def show_database(self, cloud: CloudDatabase | None) -> None:
        """Show what is on record."""
        if cloud is None:
            return
        self.instance.setText(cloud.instance)
        self.secret_id.setText(cloud.secret_id)
        place = self.region.findData(cloud.region)
        self.region.setCurrentIndex(place)
        if place < 0:
            self.region.setCurrentText(cloud.region)
        self._endpoint = cloud.endpoint
