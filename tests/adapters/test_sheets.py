"""Lists out of files as people have them: encodings, titles above, empty rows, wrong names."""

from __future__ import annotations

import csv
from datetime import datetime

import pytest
from openpyxl import Workbook

from gmops_desktop.adapters.sheets import letter, read
from gmops_desktop.context import Context
from gmops_desktop.errors import Cancelled, OpsError

ROWS = [("标题", "日期"), ("官网打不开", "2018-03-06"), ("备份失败，磁盘满", "2018-03-07")]


def write_csv(path, encoding, delimiter=",", rows=ROWS):
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file, delimiter=delimiter).writerows(rows)
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_a_csv_file_is_read_whatever_wrote_it(tmp_path, encoding, delimiter):
    sheet = read(write_csv(tmp_path / "old.csv", encoding, delimiter), Context())
    assert sheet.heads == ROWS[0]
    assert [line.cells for line in sheet.lines] == ROWS[1:]
    assert [line.number for line in sheet.lines] == [2, 3]


def test_an_excel_file_is_read_with_its_dates(tmp_path):
    book = Workbook()
    book.active.append(["工单清单"])
    book.active.append([])
    book.active.append(["标题", None, "日期"])
    book.active.append(["官网打不开", "x", datetime(2018, 3, 6, 10, 24)])
    book.active.append([None, "  ", None])
    book.active.append(["备份失败"])
    book.save(tmp_path / "old.xlsx")
    sheet = read(tmp_path / "old.xlsx", Context())
    assert sheet.heads == ("标题", "B", "日期")
    assert [(line.number, line.cells) for line in sheet.lines] == [
        (4, ("官网打不开", "x", datetime(2018, 3, 6, 10, 24))),
        (6, ("备份失败", None, None)),
    ]


def test_a_row_is_named_by_the_line_it_begins_on(tmp_path):
    rows = [("a", "b"), ("two\nlines", "1"), ("next", "2")]
    sheet = read(write_csv(tmp_path / "old.csv", "utf-8", rows=rows), Context())
    assert [line.number for line in sheet.lines] == [2, 4]


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("old.csv", b"\x80\x81\xff\xff", "neither UTF-8 nor GBK"),
        ("old.csv", b"PK\x03\x04...", "Excel file"),
        ("old.csv", b"", "holds no list"),
        ("old.csv", b"one column\nonly\n", "holds no list"),
        ("old.xlsx", b"not a zip", "cannot be read"),
        ("old.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1....", "password"),
        ("old.xls", b"\xd0\xcf\x11\xe0", "97-2003"),
    ],
)
def test_what_is_no_list_is_refused_in_a_sentence(tmp_path, name, content, why):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(OpsError, match=why) as caught:
        read(tmp_path / name, Context())
    assert caught.value.hint
    assert caught.value.unharmed


def test_a_file_that_is_not_there_is_a_sentence(tmp_path):
    with pytest.raises(OpsError, match="nowhere"):
        read(tmp_path / "nowhere.csv", Context())


def test_reading_can_be_stopped(tmp_path):
    rows = [ROWS[0], *(("x", "2018-03-06") for _ in range(500))]
    context = Context()
    context.cancel()
    with pytest.raises(Cancelled):
        read(write_csv(tmp_path / "old.csv", "utf-8", rows=rows), context)


def test_columns_are_called_as_excel_calls_them():
    assert [letter(place) for place in (0, 25, 26, 51, 52, 701, 702)] == [
        "A", "Z", "AA", "AZ", "BA", "ZZ", "AAA",
    ]  # fmt: skip
