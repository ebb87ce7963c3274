"""What WeChat told of an account's days and articles, kept for the reports of past months.

What the newest looks still know (five weeks of days, a week of articles) moves in with the next
look.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from db.columns import Json

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.create_table(
        "account_facts",
        sa.Column("resource_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("on", sa.String(length=10), nullable=False),
        sa.Column("data", Json(), nullable=False),
        sa.PrimaryKeyConstraint("resource_id", "kind", "key"),
    )
