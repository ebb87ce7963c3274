"""One list of every archive: the files taken here and the backups the cloud keeps, side by side."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from PySide6.QtGui import QFontMetrics

from gmops_desktop.addresses import Resource
from gmops_desktop.language import mark, tr
from gmops_desktop.services.backups import Backup
from gmops_desktop.services.cloud_backups import CloudBackup, Copy, Listing
from gmops_desktop.states import State
from ui import words
from ui.backup_rows import address_of, consistency_of, content_of, proof_of
from ui.theme import font
from ui.widgets.table_model import Column

Place = Literal["here", "cloud", "both", "removed", "gone"]

_PLACES: Final[dict[Place, tuple[str, str]]] = {  # word and icon
    "here": (mark("Here"), "hard-drive"),
    "cloud": (mark("Cloud"), "cloud"),
    "both": (mark("Both"), "hard-drives"),
    "removed": (mark("Cleared"), ""),
    "gone": (mark("Missing"), ""),
}
SEALED_BY: Final = "age"
OF: Final = "of:"


@dataclass(frozen=True, slots=True)
class Line:
    """One archive: exactly one of `backup` (a file of ours) and `cloud` is there.

    `origin` is the database as the contract names it, `source` in a word: schema or instance.
    Bytes are None where nobody knows them: what the cloud copied never came over our line.
    """

    id: str
    at: datetime
    origin: str
    source: str
    content: str
    place: Place
    size: int
    sent: int | None
    reused: int | None
    consistency: tuple[State, str]
    proof: tuple[State, str]
    sealed: bool
    backup: Backup | None = None
    cloud: CloudBackup | None = None
    copy: Copy | None = None
    resource: Resource | None = None


def line_of(backup: Backup, resources: Mapping[str, Resource]) -> Line:
    """Return the line of a file of ours."""
    resource = resources.get(backup.resource_id)
    return Line(
        id=backup.id,
        at=backup.at,
        origin=resource.name if resource else backup.source,
        source=backup.schema,
        content=content_of(backup),
        place="here" if backup.exists else "removed" if backup.removed else "gone",
        size=backup.file_bytes,
        sent=backup.travelled,
        reused=backup.reused_bytes,
        consistency=consistency_of(backup),
        proof=proof_of(backup),
        sealed=backup.sealed,
        backup=backup,
        resource=resource,
    )


def lines_of_cloud(resource: Resource, listing: Listing) -> list[Line]:
    """Return the lines of what the cloud keeps of a database."""
    return [_cloud_line(resource, one, listing.copies.get(one.id)) for one in listing.backups]


def cloud_id(resource: Resource, backup_id: int) -> str:
    """Return the identity of a cloud backup's line."""
    return f"{resource.id}/{backup_id}"


def cloud_content(cloud: CloudBackup) -> str:
    """Return what kind of backup the cloud made."""
    return tr("Automatic") if cloud.way == "automatic" else tr("By hand")


def cloud_state(cloud: CloudBackup) -> tuple[State, str]:
    """Return how the making of it stands."""
    match cloud.state:
        case "done":
            return "ok", tr("Made", context="backup")
        case "running":
            return "unknown", tr("{percent} % made", percent=cloud.percent)
        case "failed":
            return "critical", tr("Failed")
        case _:
            return "unknown", tr("Unknown")


def cloud_proof(cloud: CloudBackup, copy: Copy | None) -> tuple[State, str]:
    """Return whether its bytes were proved: only what was fetched can be."""
    if cloud.state == "running":
        return "unknown", f"{cloud.percent} %"
    if cloud.state != "done":
        return cloud_state(cloud)
    if copy is None or not copy.exists:
        return "unknown", tr("Not verified")
    if copy.proved is None:
        return "unknown", tr("No MD5 told")
    if not copy.proved:
        return "critical", tr("Damaged")
    return "ok", words.short(copy.at)


def _cloud_line(resource: Resource, cloud: CloudBackup, copy: Copy | None) -> Line:
    return Line(
        id=cloud_id(resource, cloud.id),
        at=cloud.at,
        origin=resource.name,
        source=str(address_of(resource).cloud),
        content=cloud_content(cloud),
        place="both" if copy and copy.exists else "cloud",
        size=cloud.size,
        sent=None,
        reused=None,
        consistency=("unknown", tr("Unknown")),
        proof=cloud_proof(cloud, copy),
        sealed=False,
        cloud=cloud,
        copy=copy,
        resource=resource,
    )


def fitting(lines: Sequence[Line], wanted: str) -> list[Line]:
    """Return the lines that a choice of the filter shows, newest first.

    `wanted` is "", "backup", "safety", "cloud", or `OF` and an origin.
    """

    def fits(line: Line) -> bool:
        if wanted == "cloud":
            return line.cloud is not None
        if wanted.startswith(OF):
            return line.origin == wanted.removeprefix(OF)
        return not wanted or (line.backup is not None and line.backup.purpose == wanted)

    return sorted(filter(fits, lines), key=lambda line: line.at, reverse=True)


def columns_of_lines() -> tuple[Column[Line], ...]:
    """Return the columns of the list, each as wide as its longest usual word."""
    places = [tr(word) for word, _icon in _PLACES.values()]
    contents = (tr("Safety copy"), tr("Automatic"))
    return (
        Column(tr("Time"), lambda line: words.stamp(line.at), width=128, key=lambda line: line.at),
        Column(tr("Source"), lambda line: line.source, tip=_whole_source),
        Column(tr("Content"), lambda line: line.content, width=_width(tr("Content"), *contents)),
        Column(
            tr("Location"),
            lambda line: tr(_PLACES[line.place][0]),
            width=_width(tr("Location"), *places, shape=True),
            icon=lambda line: _PLACES[line.place][1],
            state=lambda line: "critical" if line.place == "gone" else None,
            tip=_whole_place,
        ),
        _bytes(tr("Size MB"), lambda line: line.size or None, tr("Bytes of the file")),
        _bytes(tr("Sent MB"), lambda line: line.sent, tr("Bytes that came over the line")),
        _bytes(
            tr("Reused MB"),
            lambda line: line.reused,
            tr("SQL text copied from archives in hand, proved before"),
        ),
        Column(
            tr("Consistency"),
            lambda line: line.consistency[1],
            width=_width(tr("Consistency"), tr("Snapshot"), tr("Unknown"), shape=True),
            state=lambda line: line.consistency[0],
            tip=lambda line: line.backup.verdict if line.backup else "",
        ),
        Column(
            tr("Verified", context="column"),
            lambda line: line.proof[1],
            width=_width(tr("Verified", context="column"), tr("Not verified"), shape=True),
            state=lambda line: line.proof[0],
            tip=_whole_proof,
        ),
        Column(
            tr("Sealed"),
            lambda line: SEALED_BY if line.sealed else words.NOTHING,
            width=_width(tr("Sealed")),
            tip=lambda line: tr("Encrypted with age") if line.sealed else "",
        ),
    )


def _width(title: str, *texts: str, shape: bool = False) -> int:
    """Return how wide a column must be for its title and `texts`, in pixels."""
    body, caption = QFontMetrics(font("body")), QFontMetrics(font("caption"))
    inside = max((body.horizontalAdvance(text) for text in texts), default=0)
    return max(inside + (22 if shape else 0), caption.horizontalAdvance(title) + 4) + 17


def _bytes(title: str, value: Callable[[Line], int | None], tip: str) -> Column[Line]:
    return Column(
        title,
        lambda line: _megabytes(value(line)),
        width=_width(title, "12,345.6"),
        key=value,
        right=True,
        tip=lambda _line: tip,
    )


def _megabytes(count: int | None) -> str:
    return words.NOTHING if count is None else words.megabytes(count)


def _whole_source(line: Line) -> str:
    if line.backup and line.origin != line.backup.source:
        return f"{line.origin} · {line.backup.source}"
    return line.origin


def _whole_place(line: Line) -> str:
    if line.backup:
        return line.backup.removed or str(line.backup.path)
    return str(line.copy.path) if line.copy and line.copy.exists else tr("Tencent Cloud")


def _whole_proof(line: Line) -> str:
    at = line.backup.verified_at if line.backup else line.copy.at if line.copy else None
    return words.stamp(at) if at else ""
