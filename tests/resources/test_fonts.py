"""The bundled fonts as Qt sees them: one family with three weights, digits of one width."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QFont, QFontDatabase, QFontInfo, QFontMetrics
from pytestqt.qtbot import QtBot

from gmops_desktop.paths import RESOURCES

SANS = "Noto Sans SC"


@pytest.fixture(autouse=True)
def fonts(qtbot: QtBot) -> None:
    for file in sorted((RESOURCES / "fonts").glob("NotoSansSC-*.ttf")):
        number = QFontDatabase.addApplicationFont(str(file))
        assert QFontDatabase.applicationFontFamilies(number) == [SANS]


@pytest.mark.parametrize("weight", [400, 500, 700])
def test_weights_belong_to_one_family(weight: int) -> None:
    font = QFont(SANS)
    font.setPixelSize(24)
    font.setWeight(QFont.Weight(weight))
    assert (QFontInfo(font).family(), QFontInfo(font).weight()) == (SANS, weight)
    metrics = QFontMetrics(font)
    assert len({metrics.horizontalAdvance(digit) for digit in "0123456789"}) == 1
    assert all(metrics.inFontUcs4(ord(char)) for char in "运维备份还原✓√“”—…①●≥")


def test_sizes_are_what_a_download_can_bear() -> None:
    total = sum(file.stat().st_size for file in (RESOURCES / "fonts").iterdir())
    assert total < 30_000_000
