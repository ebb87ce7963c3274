"""The funnel beside the search: kind, priority, state and resource to choose, filters to keep."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QMenu, QWidget

from gmops_desktop.contract.ticket_filters import SavedFilter, TicketFilter, from_text, to_text
from gmops_desktop.contract.tickets import (
    KINDS,
    PRIORITIES,
    STATES,
    word_of_kind,
    word_of_priority,
    word_of_state,
)
from gmops_desktop.language import tr
from gmops_desktop.settings import SettingsFile
from ui import words
from ui.dialogs.keep_name import KeepName
from ui.icons import icon
from ui.widgets.frames import Label, icon_button, row

logger = logging.getLogger(__name__)


class FilterBar(QWidget):
    """Holds the present filter; `changed` tells of every new choice, `saved_chosen` of a kept one.

    `button` belongs beside the search; this widget itself is the line that says what is filtered,
    and is out of sight while nothing is.
    """

    changed = Signal()
    saved_chosen = Signal(object)  # a TicketFilter with its text

    def __init__(self, settings: SettingsFile | None = None) -> None:
        super().__init__()
        self._settings = settings
        self._resources: Mapping[str, str] = {}
        self._full: Callable[[], TicketFilter] = lambda: self.filter
        self.filter = TicketFilter()
        self.button = icon_button("funnel", tr("Filter (Ctrl+Shift+F)"), kind="plain")
        self.button.setShortcut("Ctrl+Shift+F")
        self.menu = QMenu(self.button)
        self.menu.aboutToShow.connect(self._fill)
        self.button.setMenu(self.menu)
        self.button.setStyleSheet("QPushButton::menu-indicator { image: none; }")  # no room
        self._said = Label(role="caption")
        self._clear = icon_button("x", tr("Show all kinds, priorities and states"), self.clear)
        layout = row(self, self._said, self._clear, spacing=4)
        layout.setStretch(0, 1)
        self.hide()

    def attach(self, full: Callable[[], TicketFilter]) -> None:
        """Let `full` give the filter with its text, for keeping it."""
        self._full = full

    def show_resources(self, names: Mapping[str, str]) -> None:
        """Offer the resources: id to name."""
        self._resources = names

    @property
    def saved(self) -> tuple[SavedFilter, ...]:
        """The filters kept in the settings."""
        if self._settings is None:
            return ()
        try:
            return from_text(self._settings.current.ticket_filters)
        except ValueError:  # somebody edited the file: not worth a list that does not open
            logger.warning("The saved filters in the settings cannot be read")
            return ()

    @Slot()
    def clear(self) -> None:
        """Choose nothing but open, waiting or all."""
        self.take(TicketFilter(which=self.filter.which))
        self.changed.emit()

    def take(self, wanted: TicketFilter) -> None:
        """Show another filter without telling anybody."""
        self.filter = wanted
        chosen = [word_of_kind(one) for one in KINDS if one in wanted.kinds]
        chosen += [word_of_priority(one) for one in PRIORITIES if one in wanted.priorities]
        chosen += [word_of_state(one) for one in STATES if one in wanted.states]
        if wanted.resource_id:
            chosen.append(self._resources.get(wanted.resource_id, tr("removed resource")))
        self._said.show_text(tr("Only: {words}", words=words.listed(chosen)))
        self.setVisible(wanted.narrows)

    @Slot()
    def _fill(self) -> None:
        self.menu.clear()
        there = self.filter
        groups: tuple[tuple[str, str, Sequence[tuple[Any, str]]], ...] = (
            (tr("Kind"), "kinds", [(one, word_of_kind(one)) for one in KINDS]),
            (tr("Priority"), "priorities", [(one, word_of_priority(one)) for one in PRIORITIES]),
            (tr("State"), "states", [(one, word_of_state(one)) for one in STATES]),
        )
        for title, field, choices in groups:
            group = self.menu.addMenu(title)
            for key, word in choices:
                action = group.addAction(word)
                action.setCheckable(True)
                action.setChecked(key in getattr(there, field))
                action.toggled.connect(
                    lambda on, field=field, key=key: self._toggle(field, key, on)
                )
        if self._resources:
            group = self.menu.addMenu(tr("Resource"))
            for identity, name in self._resources.items():
                action = group.addAction(name)
                action.setCheckable(True)
                action.setChecked(identity == there.resource_id)
                action.toggled.connect(lambda on, key=identity: self._choose_resource(key, on))
        if self._settings is None:
            return
        self.menu.addSeparator()
        for one in self.saved:
            self.menu.addAction(icon("funnel"), one.name, partial(self._use, one))
        self.menu.addAction(tr("Keep this filter…"), self._ask_name)
        if self.saved:
            forget = self.menu.addMenu(tr("Forget"))
            for one in self.saved:
                forget.addAction(one.name, partial(self._forget, one.name))

    def _toggle(self, field: str, key: Any, checked: bool) -> None:
        there: frozenset[Any] = getattr(self.filter, field)
        chosen = there | {key} if checked else there - {key}
        changes: dict[str, Any] = {field: chosen}
        self.take(replace(self.filter, **changes))
        self.changed.emit()

    def _choose_resource(self, identity: str, checked: bool) -> None:
        self.take(replace(self.filter, resource_id=identity if checked else ""))
        self.changed.emit()

    def _use(self, one: SavedFilter) -> None:
        self.take(one.filter)
        self.saved_chosen.emit(one.filter)

    def _ask_name(self) -> None:
        what = tr("Search, filter and view are kept under it.")
        KeepName(self.window(), tr("Keep this filter"), what, self._keep).open()

    def _keep(self, name: str) -> None:
        others = [one for one in self.saved if one.name != name]
        self._write([*others, SavedFilter(name, self._full())])

    def _forget(self, name: str) -> None:
        self._write([one for one in self.saved if one.name != name])

    def _write(self, filters: Sequence[SavedFilter]) -> None:
        if self._settings is not None:
            self._settings.change(ticket_filters=to_text(sorted(filters, key=lambda one: one.name)))
