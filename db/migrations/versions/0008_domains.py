"""Domains: when each runs out, as its registry said."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from db.columns import UtcTime

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_table(
        "domains",
        sa.Column("name", sa.String(length=253), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("source", sa.String(length=10), nullable=False),
        sa.Column("server", sa.String(length=300), nullable=False),
        sa.Column("learnt_at", UtcTime(), nullable=True),
        sa.Column("asked_at", UtcTime(), nullable=False),
        sa.Column("fault", sa.Text(length=16000000), nullable=False),
        sa.Column("gone", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
