"""Alerts: findings of the looks that lasted, with when they began and ended."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from db.columns import Json, UtcTime

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "alerts",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("resource_id", sa.String(length=36), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("text", sa.Text(length=16000000), nullable=False),
        sa.Column("raised_at", UtcTime(), nullable=False),
        sa.Column("changed_at", UtcTime(), nullable=False),
        sa.Column("cleared_at", UtcTime(), nullable=True),
        sa.Column("quiet", sa.Boolean(), nullable=False),
        sa.Column("told", sa.Boolean(), nullable=False),
        sa.Column("acknowledged_at", UtcTime(), nullable=True),
        sa.Column("acknowledged_by", sa.String(length=100), nullable=False),
        sa.Column("ticket", sa.String(length=40), nullable=False),
        sa.Column("more", Json(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_alerts_resource_id_raised_at", "alerts", ["resource_id", "raised_at"])
    op.create_index("ix_alerts_cleared_at", "alerts", ["cleared_at"])
