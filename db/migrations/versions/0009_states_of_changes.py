"""The state of a change follows from its other fields: rows of an older program may say otherwise.

They are made anew from the journal, as after 0005, by the next start.
"""

from __future__ import annotations

from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.execute(
        "INSERT INTO texts (kind, subject, title, at, words) "
        "SELECT '', 'stale', '', 0, '' FROM (SELECT 1 AS one) AS mark "
        "WHERE EXISTS (SELECT 1 FROM changes) "
        "AND NOT EXISTS (SELECT 1 FROM texts WHERE kind = '' AND subject = 'stale')"
    )
