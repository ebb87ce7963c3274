"""The schedules of backups, and what came of them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from db.columns import Json, UtcTime

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "schedules",
        sa.Column("resource_id", sa.String(length=36), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("data", Json(), nullable=False),
        sa.Column("tickets", Json(), nullable=False),
        sa.PrimaryKeyConstraint("resource_id"),
    )
    op.create_table(
        "schedule_runs",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("resource_id", sa.String(length=36), nullable=False),
        sa.Column("due", UtcTime(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("ended", UtcTime(), nullable=True),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.Text(length=16000000), nullable=False),
        sa.Column("archive_id", sa.String(length=36), nullable=False),
        sa.Column("more", Json(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_schedule_runs_resource_id", "schedule_runs", ["resource_id"])
    op.create_index("ix_schedule_runs_due", "schedule_runs", ["due"])
