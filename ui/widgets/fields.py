"""Fields of forms that several dialogs have: a day, a person."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from PySide6.QtCore import QDate
from PySide6.QtWidgets import QComboBox, QDateEdit

from gmops_desktop.contract.terms import Contact, word_of_post


def day_field(value: date) -> QDateEdit:
    """Return a field for a day, with a calendar to choose from."""
    made = QDateEdit(QDate(value.year, value.month, value.day))
    made.setCalendarPopup(True)
    made.setDisplayFormat("yyyy-MM-dd")
    return made


def day_in(field: QDateEdit) -> date:
    """Return the day that stands in a field."""
    chosen = field.date()
    return date(chosen.year(), chosen.month(), chosen.day())


def person_field(people: Iterable[Contact], chosen: str = "") -> QComboBox:
    """Return a choice of people; its data are their ids."""
    made = QComboBox()
    for one in people:
        made.addItem(f"{one.name} · {one.role or word_of_post(one.post)}", one.id)
    if chosen:
        made.setCurrentIndex(max(0, made.findData(chosen)))
    return made
