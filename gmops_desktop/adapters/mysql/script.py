"""The SQL text of an archive's frames, loadable by the stock clients, and its way back.

Everything is UTF-8.  The session is set once, at the start; a definition that was made under other
settings sets them around itself, so that it comes out as it was created.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from gmops_desktop.adapters.mysql.connection import MysqlConnection
from gmops_desktop.adapters.mysql.definitions import Definition, Table
from gmops_desktop.adapters.mysql.dialect import name
from gmops_desktop.adapters.mysql.pieces import Piece

ROWS_END: Final = b";\n"
SQL_MODE: Final = "NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES"

_SETTINGS: Final = {
    "sql_mode": f"'{SQL_MODE}'",
    "time_zone": "'+00:00'",
    "foreign_key_checks": "0",
    "unique_checks": "0",
    "sql_notes": "0",
}
_REST: Final = rb"""`(?:[^`]|``)*` | --(?=[\s]|$)[^\n]* | \#[^\n]* | /\*.*?\*/"""
TOKEN: Final = re.compile(
    rb"""'(?:[^'\\]|\\.|'')*' | "(?:[^"\\]|\\.|"")*" | """ + _REST, re.VERBOSE | re.DOTALL
)
# Where 'c:\' is whole, which a stock client learns from the server's answer to the SET.
TOKEN_BARE: Final = re.compile(
    rb"""'(?:[^']|'')*' | "(?:[^"]|"")*" | """ + _REST, re.VERBOSE | re.DOTALL
)
_MODE: Final = re.compile(rb"\bSET\b[^']*\bsql_mode='([^']*)'")
_COMMENTS: Final = re.compile(rb"\A(?:\s+|--(?=\s|\Z)[^\n]*|\#[^\n]*|/\*(?!M?!).*?\*/)+", re.DOTALL)
_DELIMITER: Final = re.compile(rb"\s*DELIMITER[ \t]+(\S+)[^\n]*(?:\n|\Z)", re.IGNORECASE)
# MariaDB and MySQL 5.7 have it by default; MySQL has refused it since 8.0.
_FORGOTTEN: Final = "NO_AUTO_CREATE_USER"
OLD_MODE: Final = (  # adds it where the server knows it
    "SET SESSION sql_mode=CONCAT(@@sql_mode,"
    f"IF(VERSION() REGEXP '^5[.]|MariaDB',',{_FORGOTTEN}',''))"
)
_SIGNS: Final = (b"\\", b"'", b'"', b"`")
_NAME: Final = rb"`(?:[^`]|``)*`"
_DEFINER: Final = re.compile(rb" DEFINER=(?:" + _NAME + rb"@" + _NAME + rb"|" + _NAME + rb")")


def preamble(schema: str, server: str, tool: str) -> bytes:
    """Return the first frame: what this is, and the session that the rest counts on."""
    title = re.sub(r"[\x00-\x1f]", " ", f"{schema} of {server}, by {tool}")
    saved = ",".join(f"@gmops_{key}=@@{key}" for key in _SETTINGS)
    chosen = ",".join(f"{key}={value}" for key, value in _SETTINGS.items())
    return (
        f"-- Archive of {title}\n"
        "-- Restore it anywhere with:  zstd -dc FILE | mysql --comments SCHEMA\n"
        "SET NAMES utf8mb4;\n"
        f"SET {saved};\n"
        f"SET SESSION {chosen};\n"
        "/*M!100201 SET SESSION check_constraint_checks=0 */;\n"
    ).encode()


def epilogue() -> bytes:
    """Return the frame that gives the session its settings back."""
    back = ",".join(f"{key}=@gmops_{key}" for key in _SETTINGS)
    return (
        f"\nSET SESSION {back};\n/*M!100201 SET SESSION check_constraint_checks=1 */;\n"
    ).encode()


def table(found: Table) -> bytes:
    """Return the frame that creates a table anew."""
    create = _line_ends_kept(found.create.encode())
    return f"\nDROP TABLE IF EXISTS {name(found.name)};\n".encode() + create + b";\n"


def definition(connection: MysqlConnection, found: Definition) -> bytes:
    """Return the frame that creates a view, routine, trigger, event or sequence."""
    title = name(found.name)
    if found.kind == "sequence":
        return f"\nDROP SEQUENCE IF EXISTS {title};\n{found.create};\n{found.state};\n".encode()
    body, charset = found.create.encode(), "utf8mb4"
    if body.isascii() or found.charset.startswith("utf8"):
        charset = found.charset
    elif found.charset:
        # Its creator's client spoke another character set, which belongs to the definition.
        (foreign,) = connection.one(
            f"SELECT CAST(CONVERT(_utf8mb4 0x{body.hex()} USING {found.charset}) AS BINARY)"
        )
        # A stock client that reads UTF-8 would take half of a 乗 (0x81 0x5C in GBK) for a
        # backslash.  Then it comes as UTF-8: only who made it is told otherwise, not what it does.
        if all(foreign.count(sign) == body.count(sign) for sign in _SIGNS):
            body, charset = foreign, found.charset
    before = [f"SET character_set_client={charset}", f"SET collation_connection={found.collation}"]
    if found.kind != "view":
        before += _mode(found.sql_mode)
    if found.time_zone:
        before.append(f"SET SESSION time_zone='{found.time_zone}'")
    if found.kind == "view":
        body = re.sub(rb"\ACREATE ", b"CREATE OR REPLACE ", body)
        drop = b""
    else:
        drop = f"DROP {found.kind.upper()} IF EXISTS {title};\n".encode()
    end = _delimiter(body)
    return b"".join(
        [
            b"\n",
            *(f"{line};\n".encode() for line in before),
            drop,
            b"DELIMITER " + end + b"\n" + _line_ends_kept(body) + b"\n" + end + b"\nDELIMITER ;\n",
            b"SET NAMES utf8mb4;\n",
            f"SET SESSION sql_mode='{SQL_MODE}',time_zone='+00:00';\n".encode(),
        ]
    )


def _mode(mode: str) -> list[str]:
    """Return what sets the mode that a definition was made in, as far as the server knows it."""
    parts = mode.split(",")
    if _FORGOTTEN not in parts:
        return [f"SET SESSION sql_mode='{mode}'"]
    return [
        f"SET SESSION sql_mode='{','.join(part for part in parts if part != _FORGOTTEN)}'",
        OLD_MODE,
    ]


def piece(part: Piece, *, first: bool) -> bytes:
    """Return the lines that append a part of a large value to the variable named by its digest."""
    variable = name(part.variable).encode()
    begin = b"SET @" + variable + b"=x'';\n" if first else b""
    if not part.data:
        return begin
    hexed = part.data.hex().upper().encode()
    return begin + b"SET @" + variable + b"=CONCAT(@" + variable + b",0x" + hexed + b");\n"


def release(variables: Sequence[str]) -> bytes:
    """Return the lines that let go of large values that were used."""
    return b"".join(b"SET @" + name(variable).encode() + b"=NULL;\n" for variable in variables)


def statements(frame: bytes) -> Iterator[bytes]:
    """Split a frame into its statements, as a stock client does, DELIMITER lines included.

    Comments before a statement are left out, except those with `!`, which are statements.
    """
    for statement in _split(frame):
        yield statement.replace(b"\r\r\n", b"\r\n")


def _split(frame: bytes) -> Iterator[bytes]:
    end, start, position, rules = b";", 0, 0, TOKEN
    while position < len(frame):
        if not frame[start:position].strip() and (command := _DELIMITER.match(frame, position)):
            end, start = command[1], command.end()
            position = start
        elif frame.startswith(end, position):
            yield from _bare(frame[start:position])
            if mode := _MODE.search(frame, start, position):
                rules = TOKEN_BARE if b"NO_BACKSLASH_ESCAPES" in mode[1] else TOKEN
            position += len(end)
            start = position
        else:
            token = rules.match(frame, position)
            position = token.end() if token else position + 1
    yield from _bare(frame[start:])


def create_of(frame: bytes) -> str:
    """Return the CREATE statement of a table's frame."""
    return next(s for s in statements(frame) if s.startswith(b"CREATE ")).decode()


def without_definer(statement: bytes) -> bytes:
    """Return a CREATE statement without its DEFINER clause: the creator becomes the definer."""
    return _DEFINER.sub(b"", statement, count=1)


def with_definers(statement: bytes, names: Mapping[str, str]) -> bytes:
    """Return a CREATE statement with another DEFINER (name@host) where `names` has one for it."""

    def other(found: re.Match[bytes]) -> bytes:
        account = found[0].decode().removeprefix(" DEFINER=").replace("`", "")
        if account not in names:
            return found[0]
        user, _, host = names[account].rpartition("@")
        return f" DEFINER={name(user)}@{name(host)}".encode()

    return _DEFINER.sub(other, statement, count=1)


def renamed(create: str, old: str, new: str) -> str:
    """Return a CREATE TABLE for another name."""
    head = f"CREATE TABLE {name(old)} "
    if not create.startswith(head):
        raise ValueError(create[:80])
    return f"CREATE TABLE {name(new)} " + create.removeprefix(head)


def _line_ends_kept(definition: bytes) -> bytes:
    """Double what a stock client takes away: one CR before every LF.  `statements` undoes it."""
    return definition.replace(b"\r\n", b"\r\r\n")


def _delimiter(body: bytes) -> bytes:
    """Return a delimiter that does not occur in `body`."""
    candidate = b";;"
    while candidate in body:
        candidate = b"$" + candidate
    return candidate


def _bare(statement: bytes) -> Iterator[bytes]:
    bare = _COMMENTS.sub(b"", statement).strip()
    if bare:
        yield bare
