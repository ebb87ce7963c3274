"""What the frames of an archive may do: make what its manifest names, and nothing else.

Frames are SQL, and run: by this program, or by a stock client that also knows commands of its own.
An archive may come from anywhere, and who wrote it may have written digests that fit.
"""

from __future__ import annotations

import re
from typing import Final

from gmops_desktop.adapters.mysql import script
from gmops_desktop.adapters.mysql.dialect import name
from gmops_desktop.errors import ProofFailed
from gmops_desktop.language import tr

_SPACE: Final = rb"(?:\s|/\*.*?\*/|--\s[^\n]*\n|\#[^\n]*\n)"
_NAME: Final = rb'(?:`(?:[^`]|``)*`|"(?:[^"]|"")*"|[\w$\x80-\xff]+)'
_ACCOUNT: Final = rb"(?:" + _NAME + rb"|'(?:[^']|'')*')"
_CREATE: Final = re.compile(
    rb"CREATE%(s)s+(?:(?:OR%(s)s+REPLACE|AGGREGATE|ALGORITHM%(s)s*=%(s)s*\w+"
    rb"|SQL%(s)s+SECURITY%(s)s+\w+|DEFINER%(s)s*=%(s)s*%(a)s(?:%(s)s*@%(s)s*%(a)s)?)%(s)s+)*"
    rb"(?P<kind>PACKAGE%(s)s+BODY|[A-Z]+)%(s)s+(?:IF%(s)s+NOT%(s)s+EXISTS%(s)s+)?"
    rb"(?P<first>%(n)s)(?:%(s)s*\.%(s)s*(?P<second>%(n)s))?"
    % {b"s": _SPACE, b"n": _NAME, b"a": _ACCOUNT},
    re.IGNORECASE | re.DOTALL,
)
_SETTING: Final = re.compile(
    rb"SET (?:NAMES utf8mb4|character_set_client=\w*|collation_connection=\w*"
    rb"|SESSION sql_mode='[\w,]*'(?:,time_zone='\+00:00')?|SESSION time_zone='[\w/+:-]*')"
    rb"|" + re.escape(script.OLD_MODE.encode())
)
_SEQUENCE: Final = re.compile(
    rb"DO SETVAL\((" + _NAME + rb"), -?\d+, [01], \d+\)|CREATE SEQUENCE (" + _NAME + rb") .*",
    re.DOTALL,
)  # fmt: skip
_SESSION: Final = re.compile(
    rb"SET NAMES utf8mb4|SET @gmops_\w+=@@\w+(?:,@gmops_\w+=@@\w+)*"
    rb"|SET SESSION (?:(?:sql_mode|time_zone|foreign_key_checks|unique_checks|sql_notes)="
    rb"(?:'[\w,+:]*'|[01]|@gmops_\w+)(?:,(?!\Z)|\Z))+"
    rb"|/\*M!100201 SET SESSION check_constraint_checks=[01] \*/"
    rb"|SET @`[0-9a-f]{64}`=(?:x''|NULL|CONCAT\(@`[0-9a-f]{64}`,0x[0-9A-F]+\))"
)


def stranger(kind: str, title: str, frame: bytes, schema: str) -> str:
    """Return the beginning of the first statement in a definition's frame that has no business
    there; empty where each serves to make the `kind` (also "table") named `title`.

    `schema` is the one that the archive was taken of, which a trigger may name.
    """
    created, tokens = False, script.TOKEN
    for statement in script.statements(frame):
        if _SETTING.fullmatch(statement):
            tokens = script.TOKEN_BARE if b"NO_BACKSLASH_ESCAPES" in statement else tokens
            continue
        if statement == _drop(kind, title):
            continue
        if kind == "sequence":
            ours = (found := _SEQUENCE.fullmatch(statement)) and title in map(_bare, found.groups())
        else:
            ours = not created and _creates(statement, kind, title, schema)
        if not ours or b"\\" in tokens.sub(b"", statement):  # which begins a client's command
            return _shown(statement)
        created = True
    return "" if created else _shown(frame)


def stranger_in_session(frame: bytes) -> str:
    """Return the same of a frame that sets the session, or brings large values."""
    for statement in script.statements(frame):
        if not _SESSION.fullmatch(statement):
            return _shown(statement)
    return ""


def strangers(archive: str, title: str, statement: str) -> ProofFailed:
    """Return the sentence for an archive in whose frame of `title` something else stands."""
    return ProofFailed(
        tr("The archive {path} holds something else where it should define {name}: {statement}",
           path=archive, name=title, statement=statement),
        hint=tr("This program did not write it so: use another archive."),
        unharmed=tr("Nothing of it was run."),
    )  # fmt: skip


def _creates(statement: bytes, kind: str, title: str, schema: str) -> bool:
    if kind == "table":
        return statement.startswith(f"CREATE TABLE {name(title)} ".encode())
    found = _CREATE.match(statement)
    if not found or re.sub(_SPACE + rb"+", b" ", found["kind"]).decode().lower() != kind:
        return False
    named = [_bare(found["first"])]
    if found["second"] is not None:
        named.append(_bare(found["second"]))
    return named in ([title], [schema, title])


def _drop(kind: str, title: str) -> bytes:
    return f"DROP {kind.upper()} IF EXISTS {name(title)}".encode()


def _bare(quoted: bytes | None) -> str:
    quoted = quoted or b""
    sign = quoted[:1]
    if sign in (b"`", b'"'):
        quoted = quoted[1:-1].replace(sign * 2, sign)
    return quoted.decode("utf-8", "replace")


def _shown(statement: bytes) -> str:
    return " ".join(statement[:120].decode("utf-8", "replace").split()) or "?"
