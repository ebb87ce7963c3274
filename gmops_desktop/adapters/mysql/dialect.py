"""How values and names are written, so that the server builds the very text that an archive proves.

A row's text never holds a NUL byte, because `QUOTE` escapes it: NUL parts the rows.  A function
whose result would pass `max_allowed_packet` gives NULL, so a value's NULL is told from it by
`IF(c IS NULL, ...)`, and an oversized row comes out as NULL as a whole: seen by whoever counts the
rows, never mistaken for data.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

Form = Literal["number", "float", "bits", "bytes", "text", "json", "enum", "set", "time", "other"]

_NUMBERS: Final = {
    *("tinyint", "smallint", "mediumint", "int", "bigint", "decimal", "numeric", "year"),
}
_BYTES: Final = {
    *("binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob", "vector"),
    *("geometry", "point", "linestring", "polygon", "multipoint", "multilinestring"),
    *("multipolygon", "geometrycollection", "geomcollection"),
}
_TEXT: Final = {"char", "varchar", "tinytext", "text", "mediumtext", "longtext"}
_TIMES: Final = {"date", "time", "datetime", "timestamp"}
_READABLE: Final = {"utf8", "utf8mb3", "utf8mb4", "ascii"}  # bytes that are UTF-8 as they are
LARGE: Final = {"bytes", "text", "json"}  # forms that may be megabytes


@dataclass(frozen=True, slots=True)
class Column:
    """A column that INSERTs name: its declared type, its literals' form, its character set.

    `nullable` only spares the server a question; the text is the same without knowing.
    """

    name: str
    type: str
    form: Form
    charset: str = ""
    nullable: bool = True


def name(identifier: str) -> str:
    """Return an identifier quoted; the only place where this is done."""
    return "`" + identifier.replace("`", "``") + "`"


def form_of(data_type: str, charset: str) -> Form:
    """Return the form of a column's literals from its `DATA_TYPE` and character set."""
    kind = data_type.lower()
    if kind in _NUMBERS:
        return "number"
    if kind in ("float", "double", "real"):
        return "float"
    if kind == "bit":
        return "bits"
    if kind in _BYTES:
        return "bytes"
    if kind in _TEXT:
        # A foreign character set may hold bytes that are no text in it: they travel as they are.
        return "text" if charset in _READABLE else "bytes"
    if kind == "json":
        return "json"
    if kind == "enum":
        return "enum"
    if kind == "set":
        return "set"
    return "time" if kind in _TIMES else "other"


def literal(column: Column) -> str:
    """Return the expression by which the server writes a value of `column` as a literal."""
    c = name(column.name)
    unicode = f"CONVERT({c} USING utf8mb4)"
    match column.form:
        case "number":
            written = c
        case "float" if column.type.startswith("float"):
            # Its plain text keeps six digits, which do where they are nearer to it than half the
            # step to the next FLOAT; as a DOUBLE it is exact, and takes the server twice the time.
            # Not by +0e0, which makes a zero of -0.
            half = f"POW(2,FLOOR(LOG2(ABS({c})*0.99999997e0+1e-60))-24e0)"
            written = (
                f"IF(ABS(CONCAT({c})-{c})<{half},CONCAT('''',{c},''''),CONCAT('''',{c}*1e0,''''))"
            )
        case "float":  # plainly: what is computed loses digits in MySQL's CONCAT since 8.0
            written = f"CONCAT('''',{c},'''')"
        case "bits":
            written = f"CONCAT('0x',HEX({c}))"
        case "bytes":
            written = f"IF(LENGTH({c})=0,'''''',CONCAT('0x',HEX({c})))"
        case "text" if column.charset == "ascii":  # MariaDB and MySQL 5.6 let any byte in
            pure = f"CAST({unicode} AS BINARY)=CAST({c} AS BINARY)"
            written = f"IF({pure},QUOTE({unicode}),CONCAT('0x',HEX({c})))"
        case "text":  # as bytes, which are UTF-8 already: letter by letter takes twice the time
            written = f"QUOTE(CONVERT({c} USING binary))"
        case "json":
            written = f"QUOTE(CAST({c} AS CHAR CHARACTER SET utf8mb4))"
        case "enum":  # the error value has the index 0 and shows as '', as a member may
            written = f"IF(CAST({c} AS UNSIGNED)=0,'0',QUOTE({unicode}))"
        case "set":
            written = f"QUOTE({unicode})"
        case "time":
            written = f"CONCAT('''',{c},'''')"
        case "other":
            written = f"QUOTE(CAST({c} AS CHAR CHARACTER SET utf8mb4))"
    return f"IF({c} IS NULL,'NULL',{written})" if column.nullable else written


def wide_literal(column: Column) -> str:
    """Like `literal` for a value too large for a statement: a variable named by its SHA-256."""
    c = name(column.name)
    variable = f"CONCAT('@`',SHA2({c},256),'`')"
    if column.form == "json":  # refuses binary strings
        variable = f"CONCAT('CONVERT(',{variable},' USING utf8mb4)')"
    return f"IF({c} IS NULL,'NULL',{variable})"


def row(columns: Sequence[Column], wide: Sequence[str] = ()) -> str:
    """Return the expression by which the server writes a row as `(...)`, one line of bytes."""
    return f"CAST({line(columns, wide)} AS BINARY)"


def line(columns: Sequence[Column], wide: Sequence[str] = ()) -> str:
    """Return the same, but as text or as bytes, whatever it comes to be: casting takes time."""
    if not columns:
        return "'()'"
    parts = [wide_literal(column) if column.name in wide else literal(column) for column in columns]
    joined = ",',',".join(parts)
    return f"CONCAT('(',{joined},')')"


# ---------------------------------------------------------------- rows with a long text

_ESCAPED: Final = (
    (b"\\", b"\\\\"),
    (b"'", b"\\'"),
    (b"\0", b"\\0"),
    (b"\x1a", b"\\Z"),
)  # as QUOTE does


def long_text(columns: Sequence[Column]) -> Column | None:
    """Return the column that most of a long row is likely to be, if one is a text of UTF-8."""
    for kind in ("longtext", "mediumtext", "text"):
        for column in reversed(columns):
            if column.form == "text" and column.charset != "ascii" and column.type == kind:
                return column
    return None


def open_line(columns: Sequence[Column], long: Column) -> str:
    """Return the expression for a row's `line` with a gap, and the value of `long` after it.

    `QUOTE` looks at each byte by itself, which takes a server most of its time for a long text;
    `closed_line` does the same here many times faster.
    """
    c, literals, at = name(long.name), [literal(column) for column in columns], columns.index(long)
    before = ["'('", *(f"{written},','" for written in literals[:at]), "0x00"]
    after = [*(f"',',{written}" for written in literals[at + 1 :]), "')'", "0x00"]
    value = f"IF({c} IS NULL,'',CONCAT('=',CONVERT({c} USING binary)))"
    return f"CONCAT({','.join([*before, *after, value])})"


def closed_line(row: bytes) -> bytes:
    """Return the line of a row that came with a gap: the text that `line` gives."""
    before, after, value = row.split(b"\0", 2)
    if not value:
        return b"".join((before, b"NULL", after))
    value = value[1:]
    for plain, escaped in _ESCAPED:
        value = value.replace(plain, escaped)
    return b"".join((before, b"'", value, b"'", after))


# ---------------------------------------------------------------- keys


def comparable(column: Column) -> str:
    """Return what is compared and sorted for a key column: an ENUM goes by its index."""
    c = name(column.name)
    return f"{c}+0" if column.form in ("enum", "set") else c


def key_literal(column: Column) -> str:
    """Return the expression by which the server writes a key value for `comparable`.

    Text carries its character set, so that it is compared by the column's own collation.
    """
    c = name(column.name)
    if column.charset and column.form in ("text", "bytes"):
        empty = f"'_{column.charset} '''''"
        return f"IF(LENGTH({c})=0,{empty},CONCAT('_{column.charset} 0x',HEX({c})))"
    match column.form:
        case "number":
            return c
        case "bits" | "enum" | "set":
            return f"CAST({c} AS UNSIGNED)"
        case "bytes":
            return f"IF(LENGTH({c})=0,'''''',CONCAT('0x',HEX({c})))"
        case _:
            return f"QUOTE(CAST({c} AS CHAR CHARACTER SET utf8mb4))"


def key_tuple(key: Sequence[Column]) -> str:
    """Return the expression for a whole key, its literals set apart by a tab."""
    literals = ",".join(key_literal(column) for column in key)
    return f"CAST(CONCAT_WS('\\t',{literals}) AS BINARY)"


def order(key: Sequence[Column]) -> str:
    return ",".join(comparable(column) for column in key)


def _beyond(key: Sequence[Column], bound: Sequence[str], sign: str, last: str) -> str:
    """Compare a key as `a > 1 OR (a = 1 AND b > 2)`: only spelled out is it a range to MySQL."""
    if len(key) == 1:  # a question names hundreds of such ranges: they are kept short
        return f"{comparable(key[0])}{last}{bound[0]}"
    parts = []
    for position, column in enumerate(key):
        equal = [f"{comparable(key[i])}={bound[i]}" for i in range(position)]
        final = last if position == len(key) - 1 else sign
        parts.append(" AND ".join([*equal, f"{comparable(column)}{final}{bound[position]}"]))
    return "(" + " OR ".join(f"({part})" for part in parts) + ")"


def below(key: Sequence[Column], bound: Sequence[str]) -> str:
    """Return the condition for keys before `bound`."""
    return _beyond(key, bound, "<", "<")


def between(key: Sequence[Column], after: Sequence[str] | None, upto: Sequence[str] | None) -> str:
    """Return the condition for keys in (`after`, `upto`]; None is open."""
    parts = []
    if after is not None:
        parts.append(_beyond(key, after, ">", ">"))
    if upto is not None:
        parts.append(_beyond(key, upto, "<", "<="))
    return " AND ".join(parts) or "TRUE"
