"""How an import reads: what the file is, its character set, what became of it.  Knows no Qt."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from gmops_desktop.language import tr, tr_n
from ui import words

if TYPE_CHECKING:
    from gmops_desktop.services.imports import Imported, Look, Named, Started

CHARSETS: Final = ("utf8mb4", "gbk", "gb18030", "big5", "latin1")  # what a user may say
_SHOWN: Final = 20


def what(look: Look) -> str:
    """Say what a file is."""
    size = words.size(look.file_bytes)
    if look.member:
        return tr("{file}: {kind}, {size}, in it {member}", file=look.path.name, kind=look.kind,
                  size=size, member=look.member)  # fmt: skip
    if look.packed:
        return tr("{file}: {kind}, {size}, packed with {packed}", file=look.path.name,
                  kind=look.kind, size=size, packed=look.packed)  # fmt: skip
    return tr("{file}: {kind}, {size}", file=look.path.name, kind=look.kind, size=size)


def charset(look: Look) -> str:
    """Say in which character set a dump is read, and why."""
    if look.contradicted and look.charset == look.declared:
        return tr("It declares {declared}, but looks like {seems}: if Chinese comes out wrong, "
                  "choose {seems}.", declared=look.declared, seems=look.seems)  # fmt: skip
    if look.declared and look.charset != look.declared:
        return tr("Read as {charset}, as you chose; it declares {declared}.",
                  charset=look.charset, declared=look.declared)  # fmt: skip
    if look.declared:
        return tr("Read as {charset}, which it declares.", charset=look.charset)
    if look.seems == look.charset:
        return tr("Read as {charset}, which it looks like; it declares none.", charset=look.charset)
    return tr("Read as {charset}; it declares none.", charset=look.charset)


def state(started: Started) -> str:
    """Say how an import stands."""
    if started.state == "done":
        return tr("Loaded", context="import")
    if started.line:
        return tr("Stopped at line {line}", line=started.line)
    if started.state == "stopped":
        return tr("Stopped", context="import")
    return tr("Running or interrupted", context="import")


def outcome(done: Imported) -> str:
    """Say what an import loaded."""
    return tr(
        "{schema} is loaded: {tables}, {rows}, in {seconds}.",
        schema=done.schema,
        tables=tr_n("{count} table", "{count} tables", done.tables),
        rows=tr_n("{count} row", "{count} rows", done.rows),
        seconds=words.lasting(done.seconds),
    )


def details(done: Imported) -> tuple[str, ...]:
    """Name what was left out, refused, or taken with a warning."""
    return tuple(
        (
            *_listed(tr("Refused by the server:"), done.refused),
            *_listed(tr("Left out:"), done.skipped),
            *_listed(tr("Taken with a remark:"), done.warned),
            *((tr("{count} more are not named.", count=done.unnamed),) if done.unnamed else ()),
        )
    )


def _listed(title: str, found: tuple[Named, ...]) -> Iterator[str]:
    if not found:
        return
    yield title
    for one in found[:_SHOWN]:
        yield tr("  line {line}: {beginning} ({why})", line=one.line, beginning=one.beginning,
                 why=one.why)  # fmt: skip
    if len(found) > _SHOWN:
        yield tr("  and {count} more", count=len(found) - _SHOWN)
