"""The messages to channels; which ticket belongs to which trouble stands in the tickets now."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from db.columns import UtcTime

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "messages",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("event", sa.String(length=20), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("text", sa.Text(length=16000000), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("next_at", UtcTime(), nullable=False),
        sa.Column("tried_at", UtcTime(), nullable=True),
        sa.Column("tries", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.BigInteger(), nullable=True),
        sa.Column("said", sa.String(length=1000), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("key"),
    )
    for column in ("state", "at", "tried_at"):
        op.create_index(f"ix_messages_{column}", "messages", [column])
    op.create_table(
        "channels",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("clock", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    for table in ("schedules", "drill_plans"):
        op.drop_column(table, "tickets")
