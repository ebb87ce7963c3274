"""Lists out of files as people have them: encodings, titles above, empty rows, wrong names."""

from __future__ import annotations

import csv
import random
import shutil
from datetime import datetime
from io import BytesIO
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

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
        ("old.xlsx", b"not a zip", "no Excel file"),
        ("old.xlsx", b"PK\x03\x04 and no more", "damaged"),
        ("old.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1....", "damaged"),
        ("old.xlsx", b"", "no Excel file"),
        ("old.xls", b"\xef\xbb\xbf<html><table>", "web page"),
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


# ---------------------------------------------------------------- what Excel files may hold


@pytest.fixture
def book(tmp_path):
    """Save a workbook that holds `rows`, changed by `change`, and read it."""

    def save(rows, change=lambda sheet: None, **wanted):
        made = Workbook()
        for row in rows:
            made.active.append(row)
        change(made.active)
        made.save(tmp_path / "old.xlsx")
        return read(tmp_path / "old.xlsx", Context(), **wanted)

    return save


def test_excel_97_is_read_too(tmp_path):
    path = Path(__file__).with_name("excel-97.xls")  # made with xlwt
    sheet = read(path, Context())
    assert sheet.heads == ("工单号", "标题", "登记时间", "状态")
    [line] = sheet.lines
    assert line.cells == ("GD-1", "官网打不开", datetime(2018, 3, 6, 10, 24), "已关闭")
    renamed = shutil.copy(path, tmp_path / "named-otherwise.xlsx")
    assert read(renamed, Context()).lines == sheet.lines, "what is in it counts, not its name"


def test_a_sealed_file_is_said_to_be_sealed():
    path = Path(__file__).with_name("sealed.xlsx")  # made with msoffcrypto-tool
    with pytest.raises(OpsError, match="protected by a password") as caught:
        read(path, Context())
    assert "save it" in caught.value.hint


def test_what_is_merged_downwards_stands_in_each_of_its_rows(book):
    def merge(sheet):
        sheet.merge_cells("A2:A4")
        sheet.merge_cells("B5:C5")  # to the right: the value stays where it is
        sheet.merge_cells("A7:A9")  # empty

    rows = [ROWS[0], ("一", "x"), (None, "y"), (None, "z"), ("二", "w"), ("三", "v")]
    found = book(rows, merge)
    assert [line.cells for line in found.lines] == [
        ("一", "x"), ("一", "y"), ("一", "z"), ("二", "w"), ("三", "v"),
    ]  # fmt: skip
    assert [line.number for line in found.lines] == [2, 3, 4, 5, 6]


def test_a_formula_nobody_computed_is_not_taken_for_an_empty_cell(book):
    with pytest.raises(OpsError, match="no program has computed the formula in B3") as caught:
        book([*ROWS[:2], ("备份失败", "=TODAY()")])
    assert "save it" in caught.value.hint


def test_a_computed_formula_is_its_value(book, tmp_path):
    with pytest.raises(OpsError):
        book([*ROWS[:2], ("备份失败", "=1+1"), ("乱码", "=A9")])
    computed(tmp_path / "old.xlsx", "<v></v>", "<v>2</v>")  # as Excel would save it
    assert [line.cells[1] for line in read(tmp_path / "old.xlsx", Context()).lines[1:]] == [2, 2]
    computed(
        tmp_path / "old.xlsx", '<c r="B3"><f>1+1</f><v>2</v>', '<c r="B3" t="str"><f>1</f><v></v>'
    )
    assert read(tmp_path / "old.xlsx", Context()).lines[1].cells[1] is None, "an empty text"


def computed(path, before, after):
    with ZipFile(path) as packed:
        parts = {name: packed.read(name) for name in packed.namelist()}
    name = "xl/worksheets/sheet1.xml"
    assert before.encode() in parts[name]
    parts[name] = parts[name].replace(before.encode(), after.encode())
    with ZipFile(path, "w", ZIP_DEFLATED) as packed:
        for name, content in parts.items():
            packed.writestr(name, content)


def test_an_error_of_excel_is_an_empty_cell(book):
    assert book([*ROWS[:2], ("#N/A", "x")]).lines[1].cells == (None, "x")


def test_a_cell_far_outside_does_not_fill_the_memory(book):
    with pytest.raises(OpsError, match="reach as far as XFD1048576"):
        book(ROWS, lambda sheet: sheet.cell(1_048_576, 16_384, "x"))


def test_a_list_may_begin_anywhere_and_what_stands_beside_it_is_no_row(book):
    found = book([(None, None, *row) for row in ROWS], lambda sheet: sheet.cell(9, 7, "von Li"))
    assert found.heads == ("A", "B", *ROWS[0])
    assert [line.cells for line in found.lines] == [(None, None, *row) for row in ROWS[1:]]


def test_any_sheet_that_is_seen_can_be_chosen(book):
    def more(sheet):
        sheet.title = "封面"
        second = sheet.parent.create_sheet("2017")
        for row in ROWS:
            second.append(row)
        sheet.parent.create_sheet("隐藏").sheet_state = "hidden"
        sheet.parent.create_sheet("2016").append(("标题", "年"))

    found = book([("一览",)], more)
    assert (found.name, found.names, len(found.lines)) == ("2017", ("封面", "2017", "2016"), 2)
    assert book([("一览",)], more, name="2016").heads == ("标题", "年")
    with pytest.raises(OpsError, match="no sheet “2015”") as caught:
        book([("一览",)], more, name="2015")
    assert "封面, 2017, 2016" in caught.value.hint


def test_a_damaged_file_is_always_a_sentence(book, tmp_path):
    book([*ROWS, *((f"故障 {number}", number, 2.5, datetime(2018, 3, 6)) for number in range(30))])
    whole = (tmp_path / "old.xlsx").read_bytes()
    luck, refused = random.Random(20180306), 0
    for _ in range(150):
        content = bytearray(whole if luck.random() < 0.5 else with_a_damaged_part(whole, luck))
        for _ in range(luck.randrange(1, 6)):
            content[luck.randrange(len(content))] = luck.randrange(256)
        (tmp_path / "bad.xlsx").write_bytes(content[: luck.choice((-1, luck.randrange(9000)))])
        try:
            read(tmp_path / "bad.xlsx", Context())
        except OpsError:
            refused += 1
    assert refused > 100


def with_a_damaged_part(whole, luck):
    made = BytesIO()
    with ZipFile(BytesIO(whole)) as before, ZipFile(made, "w", ZIP_DEFLATED) as after:
        victim = luck.choice(before.namelist())
        for name in before.namelist():
            content = bytearray(before.read(name))
            if name == victim:
                content[luck.randrange(len(content))] = luck.randrange(256)
                content = content[: luck.randrange(len(content))]
            after.writestr(name, bytes(content))
    return made.getvalue()
