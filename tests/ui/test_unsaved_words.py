"""Words in the editor of reports outlive a program that is killed while they are typed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from pytestqt.qtbot import QtBot

import ui.report_texts
from db.engine import Database
from db.journal import Journal
from gmops_desktop.contract.report_texts import TextKey
from gmops_desktop.services.reports.texts import Texts
from gmops_desktop.services.reports.unsaved import Unsaved
from ui.report_texts import ReportTexts

KEY = TextKey("c", "monthly", "2018-04")
# Types as fast as a hand that never rests, then tells that it has ended, and waits to be killed.
TYPIST = """
import sys
from pathlib import Path
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from db.engine import Database
from db.journal import Journal
from gmops_desktop.contract.report_texts import TextKey
from gmops_desktop.services.reports.texts import Texts
from gmops_desktop.services.reports.unsaved import Unsaved
from ui.report_texts import ReportTexts

home = Path(sys.argv[1])
app = QApplication([])
database = Database(home / "store.db")
journal = Journal(database, actor=lambda: "Zhang", device_name="desk")
editor = ReportTexts(Texts(database, journal, lambda kind, of: None, Unsaved(home / "unsaved")))
editor.show_document(TextKey("c", "monthly", "2018-04"))
keys = list("本月运行平稳，下月扩容。")
timer = QTimer()

def press():
    editor.editor.insertPlainText(keys.pop(0))
    if not keys:
        timer.stop()
        print("typed", flush=True)

timer.timeout.connect(press)
timer.start(100)
app.exec()
"""


def test_the_last_word_before_a_kill_is_there_again(qtbot: QtBot, tmp_path: Path) -> None:
    assert ui.report_texts._AT_ONCE_MS <= 1000
    with subprocess.Popen(
        [sys.executable, "-c", TYPIST, str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as typist:
        assert typist.stdout is not None
        assert typist.stdout.readline() == "typed\n"

        def kept() -> bool:
            found = [one.read_text("utf-8") for one in tmp_path.glob("unsaved/*/*.json")]
            return any("下月扩容。" in one for one in found)

        qtbot.waitUntil(kept, timeout=8_000)  # sooner than the rest after which it is recorded
        typist.kill()
    database = Database(tmp_path / "store.db")
    journal = Journal(database, actor=lambda: "Zhang", device_name="desk")
    assert journal.entries("report_text") == ()
    editor = ReportTexts(
        Texts(database, journal, lambda kind, of: KEY, Unsaved(tmp_path / "unsaved"))
    )
    qtbot.addWidget(editor)
    told: list[str] = []
    editor.noticed.connect(lambda _state, said, _more: told.append(said))
    editor.show_document(KEY)
    assert editor.editor.toPlainText() == "本月运行平稳，下月扩容。"
    assert told == ["Words that were typed when the program was ended are back."]
    assert len(journal.entries("report_text")) == 1
    assert list((tmp_path / "unsaved").iterdir()) == []
    database.close()


def test_a_text_too_long_for_the_record_stays_when_another_section_is_looked_at(
    qtbot: QtBot, database: Database, journal: Journal, tmp_path: Path
) -> None:
    editor = ReportTexts(
        Texts(database, journal, lambda kind, of: KEY, Unsaved(tmp_path / "unsaved"))
    )
    qtbot.addWidget(editor)
    editor.show_document(KEY)

    def choose(place: int) -> None:
        editor.section.setCurrentIndex(place)
        editor.section.activated.emit(place)

    editor.editor.setPlainText("字" * 10_001)
    choose(1)
    assert editor.editor.toPlainText() == ""
    choose(0)
    assert editor.editor.toPlainText() == "字" * 10_001
    editor.editor.setPlainText("字")
    editor.keep()
    assert list(tmp_path.glob("unsaved/*/*.json")) == []
