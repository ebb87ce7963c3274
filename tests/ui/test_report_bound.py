"""Reports with a cover in the window: who may read them, what a version corrects, which months a
compilation is of, and its evidence written into a zip; all over the whole program's services."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from gmops_desktop.assembly import Services, assemble
from gmops_desktop.contract.terms import day_of
from gmops_desktop.paths import Home
from gmops_desktop.reports.rendering import page_with
from gmops_desktop.tasks import TaskRunner
from sandbox.signing_keys import PASSWORD, key_file, seal_picture
from ui.report_batch import BatchSheet
from ui.report_evidence import EvidenceSheet
from ui.reports_tab import ReportsTab

Settled = Callable[[], None]


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    """The whole program with the example contract."""
    (tmp_path / "home").mkdir()
    with assemble(Home(tmp_path / "home"), secret=lambda name: "") as found:
        found.contracts.load_example()
        yield found


@pytest.fixture
def tab(qtbot: QtBot, services: Services, runner: TaskRunner) -> ReportsTab:
    made = ReportsTab(
        services.reports, services.contracts, runner, services.signing, services.report_texts,
        services.report_copies, services.month_end, services.evidence_files.save,
    )  # fmt: skip
    runner.changed.connect(made.hear)
    qtbot.addWidget(made)
    made.resize(1278, 716)
    made.show()
    return made


def mean(tab: ReportsTab, kind: str) -> None:
    """Choose a kind as the user's hand does."""
    tab.form.kind.setCurrentIndex(tab.form.kind.findData(kind))
    tab.form.kind.activated.emit(tab.form.kind.currentIndex())


def test_months_secrecy_own_words_corrections_and_evidence_of_a_compilation(
    tab: ReportsTab, services: Services, settled: Settled, tmp_path: Path
) -> None:
    assert not tab.bound.isVisible()  # a monthly report has no cover, and no version yet
    mean(tab, "compilation")
    settled()
    span = tab.form.span
    assert (span.first.itemData(0), span.written, span.last.isVisible()) == ("", "", False)
    assert tab.bound.secrecy.isVisible()
    assert not tab.bound.corrects.isVisible()
    span.first.setCurrentIndex(span.first.findData("2018-05"))
    assert span.written == "2018-05"  # one month, until a later last one is chosen
    assert span.choose("2018-04~2018-06")
    span.first.setCurrentIndex(span.first.findData("2018-07"))  # later than the last one meant
    assert span.written == "2018-07"
    assert not span.choose("2001-01")
    assert span.written == ""

    tab.texts.editor.setPlainText("全年履约情况良好。")
    tab.bound.secrecy.setCurrentIndex(tab.bound.secrecy.findData("commercial"))
    tab.make()
    settled()
    (first,) = services.reports.all()
    content = first.path.read_bytes()
    assert page_with(content, "密级：商业秘密") == 0
    assert page_with(content, "全年履约情况良好。") is not None
    assert tab.bound.corrects.isVisible()
    tab.bound.corrects.setText("补记四月的凭证")
    tab.preview_draft()
    settled()
    tab.make()
    settled()
    second = services.reports.all()[0]
    assert (second.replaces, second.corrects) == (first.number, "补记四月的凭证")
    assert page_with(second.path.read_bytes(), "日补记四月的凭证") == 1  # the table of versions
    assert "补记四月的凭证" in tab.register.facts["version"].full_text
    assert tab.bound.bound.corrects == ""  # the next version corrects something else

    menu, asked = QMenu(), []
    tab.register._fill_menu(menu)
    tab.register.evidence_wanted.disconnect()
    tab.register.evidence_wanted.connect(asked.append)
    next(one for one in menu.actions() if one.text() == "Write the evidence…").trigger()
    assert asked == [second]
    sheet = EvidenceSheet(tab, second, services.evidence_files.save, tab._runner)
    sheet.open()
    sheet.form.choose("zip")
    sheet.chains.setChecked(True)
    sheet.write(tmp_path / "evidence")
    settled()
    assert str(tmp_path / "evidence.zip") in sheet.said.text()
    with zipfile.ZipFile(tmp_path / "evidence.zip") as archive:
        assert "SHA256SUMS" in archive.namelist()
        assert any(one.startswith("chain-") for one in archive.namelist())
    sheet.write(tmp_path / "evidence.zip")  # nothing is overwritten
    settled()
    assert "is there already" in sheet.said.text()
    assert sheet.go.isEnabled()
    sheet.reject()
    tab.drafting.close()


def test_the_batch_stays_open_for_every_kind_and_periods_follow_each_other(
    tab: ReportsTab, settled: Settled
) -> None:
    tab.show_item("2018-08")
    mean(tab, "quarter")
    assert tab.form.period.currentData() == "2018-Q3"
    month = tab.form.month
    assert month is not None
    assert month.written == min("2018-09", f"{max(day_of_now(), date(2018, 3, 6)):%Y-%m}")
    assert tab.batch_button.isEnabled()
    mean(tab, "annual")
    assert tab.batch_button.isEnabled()
    mean(tab, "compilation")
    tab.form.span.choose("2018-04~2018-06")
    month = tab.form.month
    assert month is not None
    assert month.written == "2018-06"
    settled()
    tab.drafting.close()


def test_a_quarter_not_over_is_made_along_where_it_is_ticked_and_sealed_across_its_edges(
    tab: ReportsTab, services: Services, settled: Settled, tmp_path: Path
) -> None:
    key, seal = tmp_path / "key.p12", tmp_path / "seal.png"
    key.write_bytes(key_file())
    seal.write_bytes(seal_picture())
    services.signing.use_key(key, PASSWORD)
    services.signing.use_seal(seal)
    sheet = BatchSheet(tab, "2018-06", "June", services.month_end, services.signing, tab._runner)
    sheet.open()
    sheet.lines = [one for one in sheet.lines if one.owed.kind in ("monthly", "quarter")]
    (choice,) = sheet.longer
    assert choice.isChecked()  # it is over
    choice.click()
    sheet.go.click()
    settled()
    assert [one.kind for one in sheet.made] == ["monthly"]
    assert not sheet.go.isEnabled()  # the quarter was left out
    choice.click()
    sheet.go.click()
    settled()
    sheet.across.setChecked(True)
    sheet.sign_button.click()
    settled()
    assert {one.signed for one in sheet.made} == {"party_b"}
    (quarter,) = (one for one in sheet.made if one.kind == "quarter")
    notes = [one.note for one in services._journal.entries() if one.action == "report.signed"]
    assert quarter.pages > 1
    assert "yes" in [one.get("across") for one in notes]
    sheet.reject()


def day_of_now() -> date:
    """Return today in Beijing."""
    return day_of(datetime.now(UTC))
