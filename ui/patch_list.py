"""The rows of the patches tab's list, and the fields above it: servers, waves, changes by group."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QLineEdit

from gmops_desktop.addresses import Resource
from gmops_desktop.contract.waves import Wave
from gmops_desktop.language import tr, tr_n
from gmops_desktop.services.patches import Change, Inventory
from gmops_desktop.states import State
from ui.icons import icon
from ui.patch_offer import standing_today
from ui.patch_wave import state_of_wave
from ui.patch_words import entry_of, grouped, on_board
from ui.widgets.frames import Segments
from ui.widgets.lists import Entry

HOST: Final = "host:"  # identities of hosts in the list; the others are ids of changes
WAVE: Final = "wave:"  # identities of waves


def rows_of(
    changes: Sequence[Change],
    waves: Sequence[Wave],
    hosts: Sequence[tuple[Resource, Inventory | None]],
    named: Callable[[str], str],
    text: str,
) -> list[Entry]:
    """Return the rows of the list under their headings, as far as a filter keeps them."""
    entries: list[Entry] = []
    add_group(entries, tr("Waves"), [wave_entry(one) for one in waves], text)
    for title, members in grouped(changes):
        rows = [entry_of(one, named(one.resource_id)) for one in members]
        add_group(entries, title, rows, text)
    found = [host_entry(host, inventory) for host, inventory in hosts]
    add_group(entries, tr("Available updates"), found, text)
    return entries


def cards_of(
    changes: Sequence[Change], named: Callable[[str], str], text: str
) -> Mapping[str, list[Entry]]:
    """Return the cards of the board by its columns, as far as a filter keeps them."""
    return {
        key: kept_by([entry_of(one, named(one.resource_id), card=True) for one in members], text)
        for key, members in on_board(changes).items()
    }


def host_entry(host: Resource, found: Inventory | None) -> Entry:
    """Return the row of a server: how many updates wait, and how many of them mend holes."""
    if found is None:
        return Entry(HOST + host.id, host.name, state="unknown", word=tr("not scanned"))
    if found.unknown:
        return Entry(HOST + host.id, host.name, state="unknown", word=tr("unknown"))
    security = sum(update.security for update in found.updates)
    count = tr_n("{count} update", "{count} updates", len(found.updates))
    if security:
        word = tr("{count} security", count=security)
        return Entry(HOST + host.id, host.name, state="warning", word=word, right=lambda: count)
    judged, why = standing_today(found)
    if judged != "ok":
        return Entry(HOST + host.id, host.name, state=judged, word=why, right=lambda: count)
    word = tr("up to date") if not found.updates else ""
    state: State | None = None if found.updates else "ok"
    right = (lambda: count) if found.updates else (lambda: "")
    return Entry(HOST + host.id, host.name, state=state, word=word, right=right)


def wave_entry(wave: Wave) -> Entry:
    held = sum(one.standing == "held" for one in wave.members)
    state = state_of_wave(wave)
    return Entry(
        WAVE + wave.id,
        wave.title,
        number=wave.number,
        state=state,
        word=tr("stopped") if wave.stopped else tr("done") if not wave.current else "",
        right=lambda: f"{held} / {len(wave.members)}",
    )


def add_group(entries: list[Entry], title: str, members: Sequence[Entry], text: str) -> None:
    """Put a heading and its rows into `entries`, unless no row has the filter's text."""
    kept = kept_by(members, text)
    if kept:
        entries.append(Entry("", title, word=str(len(kept)), heading=True))
        entries.extend(kept)


def kept_by(members: Sequence[Entry], text: str) -> list[Entry]:
    """Return the rows in which every word of a filter stands."""
    parts = text.split()
    return [one for one in members if all(part in one.spoken.casefold() for part in parts)]


def search_field() -> QLineEdit:
    made = QLineEdit()
    made.setClearButtonEnabled(True)
    made.setPlaceholderText(tr("Filter"))
    made.setAccessibleName(tr("Filter"))
    made.setToolTip(tr("Filter by number, package, host (Ctrl+F)"))
    glass = QAction(icon("magnifying-glass", "text3"), tr("Filter"), made)
    made.addAction(glass, QLineEdit.ActionPosition.LeadingPosition)
    return made


def view_switch(current: str) -> Segments:
    return Segments([("list", tr("List")), ("board", tr("Board"))], current, tr("View"))
