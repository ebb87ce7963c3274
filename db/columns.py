"""How times, amounts and plain values lie in a column, alike on SQLite and MySQL."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import BigInteger, Dialect, String, Text
from sqlalchemy.types import TypeDecorator

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)
_SORTED: Final = json.JSONEncoder(ensure_ascii=False, sort_keys=True, allow_nan=False)


def to_milliseconds(at: datetime) -> int:
    """Return an aware time as whole milliseconds since 1970 (what is finer is cut off)."""
    if at.tzinfo is None:
        raise ValueError(f"a time without its zone: {at!r}")
    return (at - _EPOCH) // _MILLISECOND


def from_milliseconds(milliseconds: int) -> datetime:
    """Return the aware UTC time of `to_milliseconds`."""
    return _EPOCH + milliseconds * _MILLISECOND


class UtcTime(TypeDecorator[datetime]):
    """An aware time, kept as UTC milliseconds: neither engine keeps a zone by itself."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        return None if value is None else to_milliseconds(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        return None if value is None else from_milliseconds(value)


class Exact(TypeDecorator[Decimal]):
    """A decimal number, kept as its digits: SQLite would make a float of it."""

    impl = String(32)
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> str | None:
        return None if value is None else str(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        return None if value is None else Decimal(value)


class Json(TypeDecorator[Any]):
    """Any JSON value as text with sorted keys."""

    impl = Text(16_000_000)  # MEDIUMTEXT on MySQL, whose plain TEXT ends at 64 KB
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        if value is None:
            return None
        return _SORTED.encode(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        return None if value is None else json.loads(value)
