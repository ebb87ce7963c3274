"""Splits the SQL text of other tools' dumps into statements, as a stock client does, in a stream.

It works on bytes, because a dump may hold binary values between its quotes, and gives the same
statements wherever the blocks of the stream begin and end.  Character sets in which the second byte
of a character may look like a backslash or a backtick (GBK's 誠 ends in 0x5C) are told apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

# First and second bytes of the character sets whose second bytes reach into ASCII.
_DOUBLE: Final[dict[str, tuple[bytes, bytes]]] = {
    "gbk": (rb"\x81-\xfe", rb"\x30-\x39\x40-\x7e\x80-\xfe"),
    "gb18030": (rb"\x81-\xfe", rb"\x30-\x39\x40-\x7e\x80-\xfe"),  # four bytes are two pairs
    "big5": (rb"\xa1-\xf9", rb"\x40-\x7e\xa1-\xfe"),
    "sjis": (rb"\x81-\x9f\xe0-\xfc", rb"\x40-\x7e\x80-\xfc"),
    "cp932": (rb"\x81-\x9f\xe0-\xfc", rb"\x40-\x7e\x80-\xfc"),
}
_BLANK: Final = re.compile(rb"[\s\x1a]*+")
# A comment for servers of a version that will never be: MariaDB's sandbox line.
_SANDBOX: Final = re.compile(rb"/\*M?!99999\d")
_CONDITIONAL: Final = re.compile(rb"/\*M?!")
_DELIMITER: Final = re.compile(rb"DELIMITER[ \t]+(\S+)[^\r\n]*(?:[\r\n]|\Z)", re.IGNORECASE)
_ANSI_QUOTES: Final = ("ANSI", "ORACLE", "DB2", "MSSQL", "POSTGRESQL", "MAXDB")  # of sql_mode
_LOOK: Final = 16  # bytes that tell what a statement begins with
_BEGINNING: Final = 400  # bytes of a statement that are enough to name it

_SET: Final = re.compile(rb"\A(?:/\*M?!\d*\s*)?SET\s", re.IGNORECASE)
_NAMES: Final = re.compile(
    rb"\bSET\s+(?:NAMES|CHARACTER\s+SET|CHARSET)\s+['\"]?(\w+)", re.IGNORECASE
)
_ASSIGNED: Final = re.compile(
    rb"""(?P<left>@?(?:@@)?[\w.`]+) \s* :?= \s* (?:IFNULL\s*\(\s*)?
         (?P<right>'[^']*' | "[^"]*" | @{0,2}[\w.`]+)""",
    re.IGNORECASE | re.VERBOSE,
)

_Inside = Literal["", "'", '"', "`", "/*", "--"]


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement without its delimiter; `line` is where it begins, the file's first being 1."""

    text: bytes
    line: int


class OversizedStatement(Exception):
    """A statement is longer than `limit` bytes; it was not read any further."""

    def __init__(self, beginning: bytes, line: int, limit: int) -> None:
        super().__init__(f"line {line}: more than {limit} bytes")
        self.beginning = beginning
        self.line = line
        self.limit = limit


class Session:
    """What the statements so far told the server about reading those that follow."""

    def __init__(self, charset: str, *, fixed: bool = False) -> None:
        """`fixed` means that `charset` holds whatever the text says of it."""
        self.charset = self._first = charset.lower()
        self.sql_mode = ""
        self._fixed = fixed
        self._kept: dict[str, str] = {}  # user variables that hold one of the two

    def heed(self, statement: bytes) -> None:
        """Follow a SET statement; others change nothing."""
        if not _SET.match(statement):
            return
        if named := _NAMES.search(statement):
            self._choose(named[1].decode().lower())
        for found in _ASSIGNED.finditer(statement):
            left = found["left"].decode("utf-8", "replace").lower().replace("`", "")
            right = found["right"].decode("utf-8", "replace")
            plain = left.removeprefix("@@").rpartition(".")[2]
            value = self._value(right)
            if left.startswith("@") and not left.startswith("@@"):
                if value is not None:
                    self._kept[left] = value
            elif plain == "sql_mode":
                self.sql_mode = (value if value is not None else right).upper()
            elif plain == "character_set_client":
                self._choose((value if value is not None else right).lower())

    def _value(self, right: str) -> str | None:
        """Return what an expression gives, where it gives a text that matters here."""
        if right[0] in "'\"":
            return right[1:-1]
        if right.startswith("@@"):
            plain = right.lower().rpartition(".")[2].removeprefix("@@")
            kept = {"sql_mode": self.sql_mode, "character_set_client": self.charset}
            return kept.get(plain)
        return self._kept.get(right.lower()) if right.startswith("@") else None

    def _choose(self, charset: str) -> None:
        if not self._fixed:
            self.charset = self._first if charset == "default" else charset


class Splitter:
    """Give it blocks of text with `feed`, the end with `finish`; both hand out statements.

    Plain comments before a statement are left out; what stands inside one is kept.  `limit` is in
    bytes.  With `lone_cr` lines end in CR alone, as old Macintosh files do.
    """

    def __init__(self, session: Session, *, limit: int = 1 << 30, lone_cr: bool = False) -> None:
        self.session = session
        self._limit = limit
        self._end_of_line = b"\r" if lone_cr else b"\n"
        self.lone_cr = lone_cr
        self._delimiter = b";"
        self._buffer = bytearray()
        self._place = 0  # in the buffer, up to where it was looked at
        self._inside: _Inside = ""
        self._conditional = False  # inside /*! ... */, which is SQL and no comment
        self._begun = False  # the buffer starts with a statement
        self._line = 1  # of the buffer's first byte

    def feed(self, block: bytes) -> Iterator[Statement]:
        """Take the next block; hand out the statements that end in it."""
        self._buffer += block
        yield from self._split(last=False)

    def finish(self) -> Iterator[Statement]:
        """Take the end of the text; hand out the statement that has no delimiter, if any."""
        yield from self._split(last=True)
        if self._begun and (rest := bytes(self._buffer).rstrip(b" \t\r\n\x1a")):
            yield self._ready(rest)
        self._drop(len(self._buffer))

    def _split(self, *, last: bool) -> Iterator[Statement]:
        while True:
            if not self._begun and not self._inside:
                if not self._begin(last=last):
                    break
                continue
            if self._inside:
                if not self._leave():
                    break
                continue
            rules = _rules(self._delimiter, self.session.charset, self._escapes)
            self._place = rules.plain.match(self._buffer, self._place).end()  # type: ignore[union-attr] # it matches nothing, too
            found = self._special(rules, last=last)
            if found is None:
                break
            if found:
                text = bytes(self._buffer[: self._place - len(self._delimiter)]).rstrip()
                statement = self._ready(text)
                self._drop(self._place)
                if text:
                    yield statement
        # Blanks at the end, and the delimiter, do not count.
        if (
            self._begun
            and len(self._buffer) > self._limit
            and (len(bytes(self._buffer).rstrip()) > self._limit + len(self._delimiter))
        ):
            raise OversizedStatement(bytes(self._buffer[:_BEGINNING]), self._line, self._limit)

    def _begin(self, *, last: bool) -> bool:
        """Pass what stands before a statement; say whether there is more to look at."""
        blank = _BLANK.match(self._buffer)
        if blank and blank.end():
            self._drop(blank.end())
        look = bytes(self._buffer[:_LOOK])
        if not look or (len(look) < _LOOK and not last):
            return False
        if look.startswith(b"#") or (look.startswith(b"--") and not look[2:3].strip()):
            self._inside, self._place = "--", 1
        elif look.startswith(b"/*") and (_SANDBOX.match(look) or not _CONDITIONAL.match(look)):
            self._inside, self._place = "/*", 2
        elif look[:9].upper() == b"DELIMITER" and look[9:10] in (b" ", b"\t"):
            command = _DELIMITER.match(self._buffer)
            if command is None or (command.end() == len(self._buffer) and not last):
                return False  # its line is not whole yet
            self._delimiter = _unquoted(command[1])
            self._drop(command.end())
        else:
            self._begun = True
        return True

    def _leave(self) -> bool:
        """Go to the end of a string or comment; say whether it was there."""
        buffer, inside = self._buffer, self._inside
        if inside in ("/*", "--"):
            mark = b"*/" if inside == "/*" else self._end_of_line
            end = buffer.find(mark, self._place)
            if end < 0:
                self._place = max(self._place, len(buffer) - 1)
                if not self._begun:  # nobody needs to keep it
                    self._drop(self._place)
                return False
            if inside == "--" and self.lone_cr:
                buffer[end : end + 1] = b"\n"  # the server knows no other end of a comment
            self._place = end + len(mark)
            self._inside = ""
            if not self._begun:
                self._drop(self._place)
            return True
        body = _rules(self._delimiter, self.session.charset, self._escapes).bodies[inside]
        self._place = body.match(buffer, self._place).end()  # type: ignore[union-attr] # it matches nothing, too
        if buffer[self._place : self._place + 1] != inside.encode():
            return False
        self._place += 1
        self._inside = ""
        return True

    def _special(self, rules: _Rules, *, last: bool) -> bool | None:
        """Pass what stopped the plain text; True ends a statement, None waits for more text."""
        buffer, place = self._buffer, self._place
        left = len(buffer) - place
        if not left:
            return None
        ahead = bytes(buffer[place : place + _LOOK])
        if ahead.startswith(self._delimiter) and not self._conditional:
            self._place += len(self._delimiter)
            return True
        if not last and left < max(4, len(self._delimiter)):
            return None
        if ahead[:1] in (b"'", b'"', b"`"):
            self._inside, self._place = ahead[:1].decode(), place + 1  # type: ignore[assignment] # one of the three
        elif ahead[:1] == b"#" or (ahead.startswith(b"--") and not ahead[2:3].strip()):
            self._inside, self._place = "--", place + 1
        elif conditional := _CONDITIONAL.match(ahead):
            self._conditional, self._place = True, place + conditional.end()
        elif ahead.startswith(b"/*"):
            self._inside, self._place = "/*", place + 2
        elif ahead.startswith(b"*/"):
            self._conditional, self._place = False, place + 2
        else:
            pair = rules.pair.match(ahead) if rules.pair else None
            self._place = place + (pair.end() if pair else 1)
        return False

    @property
    def _escapes(self) -> tuple[bool, bool]:
        """Return whether a backslash escapes in '…', and in "…"."""
        mode = self.session.sql_mode
        in_text = "NO_BACKSLASH_ESCAPES" not in mode
        return in_text, in_text and not any(word in mode for word in _ANSI_QUOTES)

    def _ready(self, text: bytes) -> Statement:
        if len(text) > self._limit:
            raise OversizedStatement(text[:_BEGINNING], self._line, self._limit)
        self.session.heed(text)
        self._begun = self._conditional = False
        return Statement(text, self._line)

    def _drop(self, count: int) -> None:
        self._line += self._buffer.count(self._end_of_line, 0, count)
        if self.lone_cr:  # those that ended comments
            self._line += self._buffer.count(b"\n", 0, count)
        del self._buffer[:count]
        self._place = max(0, self._place - count)


@dataclass(frozen=True, slots=True)
class _Rules:
    """`plain` passes text and whole strings; `bodies` what stands between quotes."""

    plain: re.Pattern[bytes]
    bodies: dict[str, re.Pattern[bytes]]
    pair: re.Pattern[bytes] | None


@lru_cache(maxsize=64)
def _rules(delimiter: bytes, charset: str, escapes: tuple[bool, bool]) -> _Rules:
    first, second = _DOUBLE.get(charset, (b"", b""))
    pair = b"|[" + first + b"][" + second + b"]|[" + first + b"](?=[^" + second + b"])"
    pair = pair if first else b""
    bodies = {}
    for quote, escaping in (("'", escapes[0]), ('"', escapes[1]), ("`", False)):
        stop = quote.encode() + (rb"\\" if escaping else b"") + first
        escape = rb"|\\." if escaping else b""
        bodies[quote] = b"(?:[^" + stop + b"]++" + escape + pair + b")*+"
    end = re.escape(delimiter[:1])
    alone = {b"-": b"-(?=[^-])", b"/": rb"/(?=[^*])", b"*": rb"\*(?=[^/])"}
    singles = b"".join(b"|" + text for sign, text in alone.items() if sign != delimiter[:1])
    strings = b"".join(b"|" + q.encode() + body + q.encode() for q, body in bodies.items())
    plain = b"(?:[^'\"`#/*\\-" + end + first + b"]++" + strings + singles + pair + b")*+"
    return _Rules(
        re.compile(plain, re.DOTALL),
        {quote: re.compile(body, re.DOTALL) for quote, body in bodies.items()},
        re.compile(pair[1:], re.DOTALL) if pair else None,
    )


def masked(text: bytes, charset: str) -> bytes:
    """Return `text` with the characters of two bytes made such that none looks like a sign."""
    if charset not in _DOUBLE:
        return text
    pair = _rules(b";", charset, (True, True)).pair
    return pair.sub(lambda found: b"\xff" * len(found[0]), text) if pair else text


def _unquoted(word: bytes) -> bytes:
    if len(word) > 2 and word[:1] == word[-1:] and word[:1] in (b"'", b'"', b"`"):
        return word[1:-1]
    return word
