"""Takes the values of one column off the wire as they come, many at a time.

The driver reads a row with two calls and an object of its own.  Of short rows that takes this
machine longer than the server takes to write them, and most rows of a site are short.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from pymysql import err
from pymysql.constants import CR
from pymysql.protocol import EOFPacketWrapper, MysqlPacket

Value = bytes | None

_HEAD: Final = 4  # bytes: three of length, one that numbers the packet
_SHORT, _NULL, _TWO_BYTES, _THREE_BYTES, _END, _ERROR = 0xFB, 0xFB, 0xFC, 0xFD, 0xFE, 0xFF
_LONGEST_END: Final = 8  # bytes; a value that begins with the same byte is longer


def values(
    raw: Any, statement: str | bytes, came: Callable[[int], object], gulp: int
) -> Iterator[list[Value]]:
    """Run a SELECT of one column on the driver's connection `raw`; hand out its values in lists.

    At most `gulp` bytes are taken at once, and `came` is told of them.  Values must be shorter than
    16 MB, a packet's size.  As long as values come nothing else can be asked; who leaves early must
    break the connection.
    Source: MySQL client/server protocol, text resultset.
    """
    raw.query(statement, unbuffered=True)
    result: Any = raw._result
    try:
        raw._sock.settimeout(raw._read_timeout)
        raw._current_timeout = raw._read_timeout
        rest, number, end = b"", raw._next_seq_id, None
        while end is None:
            read = raw._rfile.read1(gulp)
            if not read:
                raise err.OperationalError(
                    CR.CR_SERVER_LOST, "Lost connection to MySQL server during query"
                )
            came(len(read))
            found, missing = list[Value](), _missing(rest)
            # The row that the last read cut through is put together alone: joining all that was
            # read to it would copy everything once more.
            whole = rest + read[:missing] if 0 < missing <= len(read) else b""
            if whole and _values_in(whole, found) == len(whole):
                data, begin = read, missing
            else:
                data, begin = rest + read, 0
            rest = data[begin + _values_in(data, found, begin) :]
            number += len(found)
            if found:
                yield found
            end = _end_of_answer(rest)
    finally:  # the driver has nothing left to read
        result.unbuffered_active, result.connection = False, None
    _close(raw, result, end, rest[3], number & 0xFF)


def _missing(rest: bytes) -> int:
    """Return how many bytes the packet lacks that begins in `rest`; 0 where that is not known."""
    return _HEAD + int.from_bytes(rest[:3], "little") - len(rest) if len(rest) >= _HEAD else 0


def _values_in(data: bytes, found: list[Value], begin: int = 0) -> int:
    """Put the values of the whole rows in `data` from `begin` on into `found`; return how many
    bytes these are.

    A value is all that its packet holds, so its own length tells where the next packet begins.
    """
    position, end, add = begin + _HEAD, len(data), found.append
    while position < end:
        first = data[position]
        if first < _SHORT:
            start = position + 1
            stop = start + first
        elif first == _TWO_BYTES:
            start = position + 3
            stop = start + int.from_bytes(data[position + 1 : start], "little")
        elif first == _THREE_BYTES:
            start = position + 4
            stop = start + int.from_bytes(data[position + 1 : start], "little")
        elif first == _NULL:
            add(None)
            position += 1 + _HEAD
            continue
        else:  # the end, or an error
            break
        if stop > end or start > end:
            break
        add(data[start:stop])
        position = stop + _HEAD
    return position - _HEAD - begin


def _end_of_answer(data: bytes) -> bytes | None:
    """Return the content of the packet that ends an answer, once it is there as a whole."""
    if len(data) < 5 or data[4] not in (_END, _ERROR):
        return None
    length = int.from_bytes(data[:3], "little")
    return data[4 : 4 + length] if len(data) >= 4 + length else None


def _close(raw: Any, result: Any, content: bytes, number: int, expected: int) -> None:
    """Leave the driver as it is after an answer that it read itself."""
    raw._next_seq_id = (number + 1) % 256
    packet = MysqlPacket(content, raw.encoding)
    if packet.is_error_packet():
        packet.raise_for_error()
    if number != expected or len(content) > _LONGEST_END:
        raise err.InternalError(f"Packet sequence number wrong - got {number}, not {expected}")
    result.warning_count = EOFPacketWrapper(packet).warning_count
