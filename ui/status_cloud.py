"""A cloud account in detail: what runs, what runs out, and a card for each part not known."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

from PySide6.QtWidgets import QApplication, QGridLayout, QWidget

from gmops_desktop.contract.cloud_rights import policy_of
from gmops_desktop.contract.looks import CloudDetails
from gmops_desktop.contract.verdicts.clouds import PARTS, of_database, of_disk, of_server
from gmops_desktop.language import mark, tr
from gmops_desktop.states import State
from ui.theme import GAP
from ui.widgets.badges import StateBadge
from ui.widgets.frames import Card, Label, button, column, link, row

_MOST = 5  # rows of a card; the findings hold all
_KINDS = {
    "cvm": mark("Cloud server"),
    "database": mark("Cloud database"),
    "disk": mark("Disk"),
    "certificate": mark("Certificate"),
    "domain": mark("Domain"),
}
_ORDER: Sequence[State] = ("critical", "warning", "unknown", "ok")


def cloud_cards(details: CloudDetails) -> QWidget:
    """Return what stands below the charts of a cloud account."""
    made = QWidget()
    layout = column(made, row(None, _things(details), _ending(details), spacing=GAP), spacing=GAP)
    if details.sections:
        layout.addLayout(_unknown(details))
    return made


def _things(details: CloudDetails) -> Card:
    """Servers, databases and disks, the worst first."""
    card = Card(tr("What runs there"))
    things = sorted(_judged(details), key=lambda one: _ORDER.index(one[0]))
    for state, name, told in things[:_MOST]:
        line = row(None, StateBadge(state, soft=False), Label(name, "strong", elide=False),
                   Label(told, "caption"))  # fmt: skip
        line.setStretch(2, 1)
        card.add(line)
    if not things:
        card.add(Label(tr("nothing that we know of"), "caption"))
    _rest(card, len(things))
    return card


def _judged(details: CloudDetails) -> Iterator[tuple[State, str, str]]:
    for server in details.servers or ():
        state, why = of_server(server)
        told = tr("server, {cores} cores, {memory} GB, {region}", cores=server.cores,
                  memory=server.memory_gb, region=server.region)  # fmt: skip
        yield state, server.name or server.id, why or told
    for database in details.databases or ():
        state, why = of_database(database)
        told = tr("database, MySQL {version}, {volume} GB, {region}", version=database.version,
                  volume=database.volume_gb, region=database.region)  # fmt: skip
        yield state, database.name or database.id, why or told
    for disk in details.disks or ():
        state, why = of_disk(disk)
        told = tr("disk, {size} GB, no snapshot", size=disk.size_gb)
        if details.snapshots is None:
            told = tr("disk, {size} GB", size=disk.size_gb)
        elif disk.newest:
            told = tr("disk, {size} GB, newest snapshot {day}", size=disk.size_gb, day=disk.newest)
        yield state, disk.name or disk.id, why or told


def _ending(details: CloudDetails) -> Card:
    card = Card(tr("Runs out"), tr("by Tencent Cloud"))
    grid = QGridLayout()
    grid.setHorizontalSpacing(12)
    grid.setVerticalSpacing(4)
    grid.setColumnStretch(1, 1)
    for place, one in enumerate(details.runs_out[:_MOST]):
        grid.addWidget(Label(tr(_KINDS[one.what]), "caption", elide=False), place, 0)
        grid.addWidget(Label(one.name), place, 1)
        renews = tr("renews itself") if one.renews else tr("is renewed by hand")
        grid.addWidget(Label(renews, "caption", elide=False), place, 2)
        gone: Literal["critical", ""] = "critical" if one.on < details.today else ""
        grid.addWidget(Label(one.on, "strong", ink=gone, elide=False), place, 3)
    if not details.runs_out:
        grid.addWidget(Label(tr("nothing that we know of"), "caption"), 0, 0)
    card.add(grid)
    _rest(card, len(details.runs_out))
    return card


def _rest(card: Card, count: int) -> None:
    if count > _MOST:
        card.add(Label(tr("and {count} more", count=count - _MOST), "caption"))
    card.add_stretch()


def _unknown(details: CloudDetails) -> QGridLayout:
    """Return a card for each part that is not known, two in a row."""
    grid = QGridLayout()
    grid.setSpacing(GAP)
    for place, (part, why) in enumerate(details.sections.items()):
        right = details.denied.get(part, "")
        grid.addWidget(_missing(tr(PARTS[part]).capitalize(), why, right), place // 2, place % 2)
    for at in range(2):
        grid.setColumnStretch(at, 1)
    if len(details.denied) > 1:
        rights = sorted(set(details.denied.values()))
        whole = link(
            tr("Copy one policy for all {count}", count=len(rights)),
            lambda: QApplication.clipboard().setText(policy_of(rights)),
            tr("Copy the policy that grants everything that is missing"),
        )
        grid.addWidget(whole, grid.rowCount(), 0)
    return grid


def _missing(name: str, why: str, right: str) -> Card:
    """Return the card of one part that is not known, with what to ask for."""
    card = Card(name)
    told = row(None, StateBadge("unknown", soft=False), Label(why, "caption"))
    told.setStretch(1, 1)
    card.add(told)
    if right:
        policy = policy_of([right])
        copy = button(
            tr("Copy"), lambda: QApplication.clipboard().setText(policy), icon_name="copy",
            tip=tr("Send this policy to the account's owner, for the sub-account (CAM)."),
            scale="small",
        )  # fmt: skip
        line = row(None, Label(policy), copy)
        line.setStretch(0, 1)
        card.add(line)
    return card
