"""One row for each look in place of one for each value, and roll-ups per hour and day.

The values of a look lie packed in its row (see `db.samples`).  What was sampled before is carried
over; its hours are rolled up when the program next looks.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from alembic import op

from db.columns import UtcTime

revision = "0006"
down_revision = "0005"

_HOUR = 3_600_000
_EVERY = 60  # seconds between two looks, unless somebody had changed the setting
_VALUE = struct.Struct("<Hd")
_AT_ONCE = 2000


def upgrade() -> None:
    op.rename_table("samples", "samples_by_value")
    op.create_table(
        "metrics",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("number"),
        sa.UniqueConstraint("name"),
    )
    op.create_table(
        "samples",
        sa.Column("resource_id", sa.String(length=36), nullable=False),
        sa.Column("source", sa.String(length=10), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("every", sa.BigInteger(), nullable=False),
        sa.Column("data", sa.LargeBinary(length=60000), nullable=False),
        sa.PrimaryKeyConstraint("resource_id", "source", "at"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "rollups",
        sa.Column("resource_id", sa.String(length=36), nullable=False),
        sa.Column("source", sa.String(length=10), nullable=False),
        sa.Column("span", sa.String(length=4), nullable=False),
        sa.Column("begin", UtcTime(), nullable=False),
        sa.Column("looks", sa.BigInteger(), nullable=False),
        sa.Column("watched", sa.BigInteger(), nullable=False),
        sa.Column("final", sa.Boolean(), nullable=False),
        sa.Column("data", sa.LargeBinary(length=60000), nullable=False),
        sa.PrimaryKeyConstraint("resource_id", "source", "span", "begin"),
    )
    op.create_table(
        "unrolled",
        sa.Column("resource_id", sa.String(length=36), nullable=False),
        sa.Column("source", sa.String(length=10), nullable=False),
        sa.Column("hour", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("resource_id", "source", "hour"),
    )
    _carry_over(op.get_bind())
    op.drop_table("samples_by_value")


def _carry_over(store: sa.Connection) -> None:
    names = store.execute(sa.text("SELECT DISTINCT metric FROM samples_by_value"))
    numbers = {name: number for number, name in enumerate(sorted(names.scalars()), 1)}
    if not numbers:
        return
    store.execute(
        sa.text("INSERT INTO metrics (number, name) VALUES (:number, :name)"),
        [{"number": number, "name": name} for name, number in numbers.items()],
    )
    looks: list[dict[str, Any]] = []
    hours: dict[tuple[str, int], None] = {}
    for look in _looks(store, numbers):
        looks.append(look)
        hours[look["resource_id"], look["at"] - look["at"] % _HOUR] = None
        if len(looks) == _AT_ONCE:
            _write(store, looks)
            looks = []
    if looks:
        _write(store, looks)
    store.execute(
        sa.text("INSERT INTO unrolled (resource_id, source, hour) VALUES (:id, 'own', :hour)"),
        [{"id": resource, "hour": hour} for resource, hour in hours],
    )


def _looks(store: sa.Connection, numbers: dict[str, int]) -> Iterator[dict[str, Any]]:
    rows = store.execute(
        sa.text("SELECT resource_id, at, metric, value FROM samples_by_value ORDER BY 1, 2, 3")
    )
    for (resource, at), values in groupby(rows, key=lambda row: (row[0], row[1])):
        packed = b"".join(
            _VALUE.pack(numbers[metric], math.nan if value is None else value)
            for _, _, metric, value in values
        )
        yield {"resource_id": resource, "at": at, "every": _EVERY, "data": packed}


def _write(store: sa.Connection, looks: list[dict[str, Any]]) -> None:
    store.execute(
        sa.text(
            "INSERT INTO samples (resource_id, source, at, every, data) "
            "VALUES (:resource_id, 'own', :at, :every, :data)"
        ),
        looks,
    )
