"""What is entered of Tencent Cloud: which TencentDB instance a database is, and an account whose
things are looked at."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from PySide6.QtWidgets import QComboBox, QLineEdit

from gmops_desktop.addresses import Address, CloudAddress, CloudDatabase
from gmops_desktop.language import mark, tr
from ui.dialogs.form import Form

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
_REGION: Final = re.compile(r"[a-z]{2}-[a-z]+(-[a-z0-9]+)*")
_SOME_REGIONS: Final = "ap-guangzhou, ap-shanghai"


def region_fault(regions: Sequence[str]) -> str:
    """Return what is wrong with some regions, as a sentence; empty where nothing is."""
    wrong = [one for one in regions if not _REGION.fullmatch(one)]
    return tr("A region is written as ap-guangzhou.") if wrong or not regions else ""


class CloudFields(Form):
    """Four fields under one caption; without an instance's id the database is not in the cloud."""

    def __init__(self) -> None:
        super().__init__()
        self._endpoint = ""
        self.instance, self.secret_id = QLineEdit(), QLineEdit()
        self.instance.setPlaceholderText(_PREFIX)
        self.region = QComboBox()
        self.region.setEditable(True)
        for code, name in _REGIONS.items():
            self.region.addItem(f"{code} {tr(name)}", code)
        self.add_line((tr("TencentDB instance (where it is one)"), self.instance, 1),
                      (tr("Region"), self.region, 1))  # fmt: skip
        self.add_line((tr("SecretId"), self.secret_id, 1),
                      (tr("SecretKey (kept in the keyring)"), self.secret, 1))  # fmt: skip

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


class CloudForm(Form):
    """An account of Tencent Cloud, by the keys of a sub-account that may only read."""

    def __init__(self) -> None:
        super().__init__()
        self._endpoint = ""
        self.secret_id, self.regions = QLineEdit(), QLineEdit(CloudAddress("").regions[0])
        self.regions.setPlaceholderText(_SOME_REGIONS)
        self.add_line((tr("SecretId"), self.secret_id, 1))
        self.add_line((tr("SecretKey (kept in the keyring)"), self.secret, 1))
        self.add_line((tr("Regions, with commas between them"), self.regions, 1))

    def missing(self) -> str:
        """Return what is not yet there, as a sentence."""
        if not self.secret_id.text().strip():
            return tr("The SecretId is missing.")
        return region_fault(self._regions())

    def address(self) -> CloudAddress:
        """Return what was entered."""
        return CloudAddress(self.secret_id.text().strip(), self._regions(), self._endpoint)

    def show_address(self, address: Address) -> None:
        """Show what is on record."""
        if isinstance(address, CloudAddress):
            self.secret_id.setText(address.secret_id)
            self.regions.setText(", ".join(address.regions))
            self._endpoint = address.endpoint

    def _regions(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(re.findall(r"[^\s,，、]+", self.regions.text())))
