from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine
from sqlalchemy.dialects import mysql
from sqlalchemy.schema import CreateIndex, CreateTable

from db import copies, schema
from db.engine import Database
from db.models import Base
from gmops_desktop.errors import OpsError


def test_the_migrated_store_is_what_the_models_say(tmp_path):
    Database(tmp_path / "store.db").close()
    engine = create_engine(f"sqlite:///{tmp_path / 'store.db'}")
    with engine.connect() as connection:
        # An FTS5 table is no table of the models, and lies in several of its own.
        ours = {"include_name": lambda name, kind, _: not str(name).startswith("text_pairs")}
        context = MigrationContext.configure(connection, opts={"compare_type": True, **ours})
        assert compare_metadata(context, Base.metadata) == []
    engine.dispose()


def test_mysql_would_take_the_same_tables():
    for table in Base.metadata.sorted_tables:
        assert str(CreateTable(table).compile(dialect=mysql.dialect()))
        for index in table.indexes:
            # MySQL cannot index an unbounded text, and no key of ours may pass 3072 bytes.
            lengths = [getattr(column.type, "length", None) or 8 for column in index.columns]
            assert sum(lengths) * 4 <= 3072, index.name
            assert str(CreateIndex(index).compile(dialect=mysql.dialect()))


def test_a_store_from_a_newer_program_is_refused_untouched(tmp_path):
    path = tmp_path / "store.db"
    Database(path).close()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    before = path.read_bytes()
    with pytest.raises(OpsError, match="9999") as caught:
        Database(path)
    assert caught.value.hint
    assert path.read_bytes() == before


@pytest.fixture
def next_migration(tmp_path, monkeypatch):
    """A copy of our migrations with one more, as a later version of the program has it."""
    import shutil

    newest = schema.newest()
    later = f"{int(newest) + 1:04d}"
    folder = tmp_path / "migrations"
    shutil.copytree(schema.MIGRATIONS, folder, ignore=shutil.ignore_patterns("__pycache__"))

    def write(body):
        (folder / "versions" / f"{later}_next.py").write_text(
            "import sqlalchemy as sa\nfrom alembic import op\n"
            f'revision = "{later}"\ndown_revision = "{newest}"\n\n\n'
            f"def upgrade():\n    {body}\n"
        )
        monkeypatch.setattr(schema, "MIGRATIONS", folder)
        schema.revisions.cache_clear()
        return newest, later

    yield write
    monkeypatch.undo()
    schema.revisions.cache_clear()


def test_a_due_migration_runs_after_a_copy_was_taken(tmp_path, next_migration):
    path = tmp_path / "store.db"
    Database(path).close()
    old, new = next_migration('op.add_column("looks", sa.Column("mood", sa.String(10)))')
    Database(path).close()

    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchone() == (new,)
        connection.execute("SELECT mood FROM looks")
    [copy] = copies.folder_of(path).glob(f"store-before-{new}-*.db")
    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchone() == (old,)


def test_a_migration_that_fails_half_way_leaves_the_store_as_it_was(tmp_path, next_migration):
    path = tmp_path / "store.db"
    Database(path).close()
    old, _ = next_migration(
        'op.add_column("looks", sa.Column("mood", sa.String(10)))\n'
        '    op.execute("SELECT * FROM nowhere")'
    )
    with pytest.raises(Exception, match="nowhere"):
        Database(path)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchone() == (old,)
        with pytest.raises(sqlite3.OperationalError, match="mood"):
            connection.execute("SELECT mood FROM looks")


def test_no_migration_without_its_copy(tmp_path, next_migration):
    path = tmp_path / "store.db"
    Database(path).close()
    old, _ = next_migration('op.add_column("looks", sa.Column("mood", sa.String(10)))')
    copies.folder_of(path).write_text("a file where the folder should be")
    with pytest.raises(OpsError) as caught:
        Database(path)
    assert caught.value.unharmed
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchone() == (old,)
