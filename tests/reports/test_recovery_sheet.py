"""The recovery sheet: one page, whose text and whose QR code are the key."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gmops_desktop.archive import age
from gmops_desktop.language import Language
from gmops_desktop.reports import rendering
from gmops_desktop.reports.orders import Sheet
from gmops_desktop.reports.recovery_sheet import groups, make_sheet
from qr_codes import read_codes

IDENTITY = age.new_identity()
KEY = age.public_key(IDENTITY)


@pytest.fixture(params=["zh_CN", "en"])
def sheet(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    language: Language = request.param
    name = "张工（办公室保险柜）" if language == "zh_CN" else "Zhang, the office safe"
    made = datetime(2018, 4, 1, 2, 0, tzinfo=UTC)
    path = tmp_path / f"sheet-{language}.pdf"
    path.write_bytes(make_sheet(Sheet(IDENTITY, KEY, name, "desk-01", made, language)))
    return path


def test_it_is_one_page_with_everything_on_it(sheet: Path) -> None:
    assert rendering.page_count(sheet) == 1
    text = rendering.text(sheet)
    flat = re.sub(r"\s+", " ", text)
    assert all(group in flat for group in groups(IDENTITY))
    assert KEY in flat
    assert "age -d -i key.txt NAME.sql.zst.age | zstd -dc | mysql --comments SCHEMA" in flat
    assert "2018-04-01 10:00" in flat
    assert "desk-01" in flat
    assert "〓" not in text
    assert ("没有这个密钥" if "zh_CN" in sheet.name else "Without this key") in flat


def test_the_key_is_read_back_from_the_printed_text(sheet: Path) -> None:
    text = rendering.text(sheet)
    begin = text.index("AGE-SECRET-KEY-1")
    typed = text[begin:].split()[: len(groups(IDENTITY))]
    assert age.read_identity(" ".join(typed)) == IDENTITY


@pytest.mark.parametrize("width", [700, 1240])  # a poor scan, and 150 dpi
def test_the_code_reads_as_the_key(sheet: Path, width: int) -> None:
    assert read_codes(rendering.picture(sheet, 0, width)) == [IDENTITY]


def test_the_files_properties_do_not_tell_the_key(sheet: Path) -> None:
    assert IDENTITY.encode() not in sheet.read_bytes()


def test_groups_join_to_the_key() -> None:
    assert "".join(groups(IDENTITY)) == IDENTITY
    assert max(len(group) for group in groups(IDENTITY)[1:]) == 4
