"""The drills that were run, and when each database is drilled."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from db.columns import Json, UtcTime

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "drills",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("resource_id", sa.String(length=36), nullable=False),
        sa.Column("archive_id", sa.String(length=36), nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("data", Json(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    for column in ("at", "resource_id", "archive_id"):
        op.create_index(f"ix_drills_{column}", "drills", [column])
    op.create_table(
        "drill_plans",
        sa.Column("resource_id", sa.String(length=36), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("data", Json(), nullable=False),
        sa.Column("tickets", Json(), nullable=False),
        sa.PrimaryKeyConstraint("resource_id"),
    )
