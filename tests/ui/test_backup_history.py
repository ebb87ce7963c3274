"""The history of backups as charts, the choices of one run, and the list's own order."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from pytestqt.qtbot import QtBot

from example_backup import BACKUP
from gmops_desktop.services.backups import Backup, TransferPlan
from ui.backup_history import History
from ui.backup_lines import OF, columns_of_lines, fitting, line_of
from ui.backup_transfer import TransferMenu


def taken(days_ago: float, **values: object) -> Backup:
    at = datetime.now(UTC) - timedelta(days=days_ago)
    return replace(BACKUP, id=f"{days_ago}-{values}", at=at, **values)


def test_each_source_has_its_own_history_without_safety_copies(qtbot: QtBot) -> None:
    history = History()
    qtbot.addWidget(history)
    first = taken(40, travelled=300_000_000, reused_bytes=0)
    lines = [
        line_of(one, {})
        for one in (taken(0), taken(1), taken(2, purpose="safety"), first,
                    taken(1, source="other@db"))
    ]  # fmt: skip
    history.show_lines(lines)
    assert [history.source.itemText(at) for at in range(2)] == ["site@db", "other@db"]
    assert history.summary.full_text == "2 backups, 9.6 MB sent; 97.1 % of the text did not travel"
    assert len(history.sent._points) == 2
    assert history.grown.title == "Size of the file (MB)"
    history.span.choose("90")
    history.span.chosen.emit("90")
    assert history.summary.full_text.startswith("3 backups, 309.6 MB sent")
    assert history.sent.gaps, "a month without a backup is hatched"
    history.source.setCurrentIndex(1)
    assert history.summary.full_text.startswith("1 backup,")
    history.show_lines([line_of(taken(0, file_bytes=2_000_000_000), {})])
    assert history.grown.title == "Size of the file (GB)"
    history.show_lines([])
    assert history.summary.full_text == "no backup in this span"
    history.resize(800, 400)
    history.grab()


def test_a_list_is_filtered_and_newest_first() -> None:
    lines = [line_of(one, {}) for one in (taken(2), taken(0), taken(1, purpose="safety"))]
    assert [line.at for line in fitting(lines, "")] == sorted(
        (line.at for line in lines), reverse=True
    )
    assert [line.content for line in fitting(lines, "safety")] == ["Safety copy"]
    assert len(fitting(lines, f"{OF}site@db")) == 3
    assert fitting(lines, f"{OF}nobody") == []


def test_a_line_tells_what_retention_removed_and_what_is_sealed() -> None:
    removed = line_of(replace(BACKUP, exists=False, removed="Only 7 days are kept."), {})
    place = next(one for one in columns_of_lines() if one.title == "Location")
    assert (place.text(removed), place.state(removed)) == ("Cleared", None)
    assert place.tip(removed) == "Only 7 days are kept."
    gone = line_of(replace(BACKUP, exists=False), {})
    assert (place.text(gone), place.state(gone)) == ("Missing", "critical")
    sealed = columns_of_lines()[-1]
    path = BACKUP.path.with_name("site.sql.zst.age")
    assert sealed.text(line_of(replace(BACKUP, path=path), {})) == "age"
    assert sealed.text(line_of(BACKUP, {})) == "—"


def test_the_choices_of_one_run_are_said_and_spent(qtbot: QtBot) -> None:
    menu = TransferMenu()
    qtbot.addWidget(menu)
    assert menu.plan() == TransferPlan()
    menu.full.trigger()
    menu.limits.actions()[3].trigger()
    assert menu.plan() == TransferPlan(rate_limit=375_000, full=True)
    assert menu.chosen.full_text == "this time: everything, limited to 3 Mbit/s"
    menu.spent()
    assert menu.plan() == TransferPlan()
    assert menu.chosen.full_text == ""
    assert menu.limits.actions()[0].isChecked()
