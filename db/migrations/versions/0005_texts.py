"""What people wrote, gathered for searching, in place of the words of tickets alone.

On SQLite an FTS5 table of pairs of characters goes with it (see `db.texts`).  The words themselves
are gathered from the journal when the program next starts: the mark says so.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from db.columns import UtcTime

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "texts",
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("subject", sa.String(length=36), nullable=False),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("words", sa.Text(length=16000000), nullable=False),
        sa.PrimaryKeyConstraint("place"),
        sa.UniqueConstraint("kind", "subject", name="uq_texts_kind_subject"),
    )
    store = op.get_bind()
    if store.dialect.name == "sqlite" and _has_fts5(store):
        op.execute(
            "CREATE VIRTUAL TABLE text_pairs USING fts5("
            "pairs, content='', detail=none, columnsize=0, prefix='1', tokenize='ascii')"
        )
    if store.execute(sa.text("SELECT count(*) FROM entries")).scalar():
        op.execute(
            "INSERT INTO texts (kind, subject, title, at, words) VALUES ('','stale','',0,'')"
        )
    op.drop_column("tickets", "words")


def _has_fts5(store: sa.Connection) -> bool:
    options = store.exec_driver_sql("PRAGMA compile_options").scalars()
    return "ENABLE_FTS5" in set(options)
