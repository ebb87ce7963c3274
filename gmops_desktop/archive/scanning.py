"""Says what in an archive could reach beyond a schema of its own: why it must not be restored
beside the production schema, on the production server."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from gmops_desktop.archive.manifest import Manifest
from gmops_desktop.archive.reader import ArchiveReader
from gmops_desktop.language import tr

_NAME: Final = r"(?:`(?:[^`]|``)+`|[A-Za-z_\u0080-\uffff$][\w$\u0080-\uffff]*+)"
_SKIPPED: Final = (
    r"'(?:[^'\\]|\\.|'')*'" r'|"(?:[^"\\]|\\.|"")*"' r"|--(?=\s|$)[^\n]*|#[^\n]*|/\*(?!M?!).*?\*/"
)
# A string or a comment is passed over; else a name, a dot and a name.
_QUALIFIED: Final = re.compile(
    rf"{_SKIPPED}|(?<![\w$@`.])({_NAME})\s*\.\s*({_NAME})(\s*\.\s*{_NAME})?", re.DOTALL
)
_REFERENCES: Final = re.compile(rf"\b(?:REFERENCES|UNION=\()\s*({_NAME})\s*\.\s*{_NAME}", re.I)
_DYNAMIC: Final = re.compile(rf"{_SKIPPED}|\b(PREPARE|EXECUTE\s+IMMEDIATE)\b", re.I | re.DOTALL)
_USE: Final = re.compile(rf"{_SKIPPED}|\b(LOAD_FILE|INTO\s+OUTFILE|INTO\s+DUMPFILE)\b", re.I | re.S)


@dataclass(frozen=True, slots=True)
class Definition:
    """A definition as the archive holds it: its kind, its name, and the SQL that makes it."""

    kind: str
    name: str
    sql: str


def dangers(
    definitions: Iterable[Definition], schema: str, *, resting: bool = False
) -> tuple[str, ...]:
    """Return, in sentences, what speaks against restoring them beside the schema `schema`.

    Triggers (unless nobody is to write there: `resting`) and events count whatever they do; of
    everything else, what names the schema itself or, outside of aliases, any other.  What merely
    might reach out counts as if it did.
    """
    found = (one for each in definitions for one in _dangers(each, schema, resting=resting))
    return tuple(dict.fromkeys(found))


def definitions_of(reader: ArchiveReader) -> Iterator[Definition]:
    """Return all definitions of an archive, tables included."""
    for kind, title, frame in frames_of(reader):
        yield Definition(kind, title, frame.decode("utf-8", "replace"))


def frames_of(reader: ArchiveReader) -> Iterator[tuple[str, str, bytes]]:
    """Return the kind, the name and the frame of every definition of an archive."""
    manifest: Manifest = reader.manifest
    for record in manifest.tables:
        yield "table", record.name, reader.frame(record.frame)
    for thing in manifest.objects:
        yield thing.kind, thing.name, reader.frame(thing.frame)


def _dangers(one: Definition, schema: str, *, resting: bool) -> Iterator[str]:
    if one.kind == "trigger" and not resting:
        yield tr("The trigger {name} would fire on the production server.", name=one.name)
        return
    if one.kind == "event":
        yield tr("The event {name} would run on the production server.", name=one.name)
        return
    if one.kind == "table":
        foreign = [_bare(found[1]) for found in _REFERENCES.finditer(one.sql)]
    else:
        foreign = list(_named(one.sql, schema))
    for other in dict.fromkeys(foreign):
        yield tr(
            "{name} names “{other}”, which lies outside of its own schema.",
            name=one.name,
            other=other,
        )
    if one.kind != "table":
        if any(found[1] for found in _DYNAMIC.finditer(one.sql)):
            yield tr("{name} puts statements together when it runs.", name=one.name)
        if any(found[1] for found in _USE.finditer(one.sql)):
            yield tr("{name} reads or writes files of the server.", name=one.name)


def _named(sql: str, schema: str) -> Iterator[str]:
    """Yield the qualifiers that are schemas, or may be.

    An alias or a table that the text introduces by itself is none: `m` in `FROM members m` or
    `members AS m`.  A name of three parts begins with a schema, always.
    """
    introduced = _introduced(sql, schema)
    for found in _QUALIFIED.finditer(sql):
        if found[1] is None:
            continue
        first = _bare(found[1])
        if found[3] or first.lower() == schema.lower() or first.lower() not in introduced:
            yield first


def _introduced(sql: str, schema: str) -> set[str]:
    """Return the names that stand for rows here: tables after FROM and its like, and aliases."""
    bare = re.sub(_SKIPPED, " ", sql, flags=re.DOTALL)
    table = rf"\b(?:FROM|JOIN|UPDATE|INTO)\s*\(*\s*({_NAME})(?!\s*\.)(?:\s+(?:AS\s+)?({_NAME}))?"
    derived = rf"\)\s*(?:AS\s+)?({_NAME})"
    names = {"new", "old"}
    for pattern in (table, derived):
        for found in re.finditer(pattern, bare, re.IGNORECASE):
            names |= {_bare(one).lower() for one in found.groups() if one}
    return names - {schema.lower()}


def _bare(name: str) -> str:
    return name[1:-1].replace("``", "`") if name.startswith("`") else name
