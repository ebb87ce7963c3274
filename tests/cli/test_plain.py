"""Records become JSON that scripts can rely on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from gmops_desktop.addresses import MysqlAddress, SshAddress
from gmops_desktop.cli.plain import plain


@dataclass(frozen=True, slots=True)
class Inner:
    amount: Decimal
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Record:
    at: datetime
    day: date
    path: Path
    address: MysqlAddress
    inner: Inner | None
    table: Mapping[str, int]


def test_a_record_becomes_json():
    record = Record(
        datetime(2018, 4, 1, 8, 30, tzinfo=UTC),
        date(2018, 4, 2),
        Path("/a/b"),
        MysqlAddress("db", 3306, "ops", "商会", SshAddress("web")),
        Inner(Decimal("12.50"), ("一", "two")),
        {"x": 1},
    )
    assert json.loads(json.dumps(plain(record))) == {
        "at": "2018-04-01T08:30:00+00:00",
        "day": "2018-04-02",
        "path": "/a/b",
        "address": "mysql://ops@db:3306/%E5%95%86%E4%BC%9A",
        "inner": {"amount": "12.50", "notes": ["一", "two"]},
        "table": {"x": 1},
    }


def test_what_has_no_json_form_is_a_bug():
    with pytest.raises(TypeError, match="object has no JSON form"):
        plain(object())
