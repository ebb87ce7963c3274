"""Results as plain JSON values: what scripts read, and what the window's frozen records become."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import PurePath
from typing import Any

from gmops_desktop.addresses import (
    AccountAddress,
    CloudAddress,
    MysqlAddress,
    SshAddress,
    TatAddress,
    WebAddress,
)


def plain(value: object) -> Any:
    """Return `value` as JSON values.

    Records become objects, times ISO 8601 in UTC, money and addresses text (addresses hold no
    secret), sizes stay bytes and durations seconds.
    """
    match value:
        case None | bool() | int() | float() | str():
            return value
        case SshAddress() | TatAddress() | MysqlAddress() | WebAddress():
            return str(value)
        case AccountAddress() | CloudAddress():
            return str(value)
        case datetime() | date() | time():
            return value.isoformat()
        case Decimal() | PurePath():
            return str(value)
        case Mapping():
            return {str(key): plain(item) for key, item in value.items()}
        case list() | tuple() | set() | frozenset():
            return [plain(item) for item in value]
    if is_dataclass(value):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    raise TypeError(f"{type(value).__name__} has no JSON form")
