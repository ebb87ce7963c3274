"""The example website's data is the same at every seeding, and as varied as real data."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pymysql.cursors import Cursor

from sandbox import site_data
from sandbox.mariadb import SITE_SCHEMA, MariaDB


@pytest.fixture
def cursor(mariadb: MariaDB) -> Iterator[Cursor]:
    site_data.seed(mariadb, site_data.SMALL)
    with (
        mariadb.connect(SITE_SCHEMA, user="ops_backup") as connection,
        connection.cursor() as cursor,
    ):
        yield cursor
    with mariadb.connect() as connection:
        connection.cursor().execute(f"DROP DATABASE {SITE_SCHEMA}")


def sums(cursor: Cursor) -> dict[str, int]:
    cursor.execute("SHOW FULL TABLES WHERE Table_type = 'BASE TABLE'")
    tables = [row[0] for row in cursor.fetchall()]
    cursor.execute("CHECKSUM TABLE " + ", ".join(tables))
    return dict(cursor.fetchall())


def test_the_same_rows_every_time(mariadb: MariaDB, cursor: Cursor) -> None:
    first = sums(cursor)
    assert len(first) == 13
    site_data.seed(mariadb, site_data.SMALL)
    cursor.execute("USE chamber")
    assert sums(cursor) == first


def test_everything_a_backup_must_cope_with_is_there(cursor: Cursor) -> None:
    def names(query: str) -> set[str]:
        cursor.execute(query)
        return {str(row[0]).lower() for row in cursor.fetchall()}

    here = "WHERE {} = 'chamber'"
    views = "SELECT table_name FROM information_schema.views " + here.format("table_schema")
    assert names(views) == {"member_overview", "hot_article"}
    triggers = "SELECT trigger_name FROM information_schema.triggers "
    assert len(names(triggers + here.format("trigger_schema"))) == 2
    routines = "SELECT routine_type FROM information_schema.routines "
    assert names(routines + here.format("routine_schema")) == {"function", "procedure"}
    events = "SELECT event_name FROM information_schema.events "
    assert names(events + here.format("event_schema")) == {"end_sessions"}
    engines = "SELECT engine FROM information_schema.tables "
    assert names(engines + here.format("table_schema")) >= {"innodb", "myisam"}
    keys = "SELECT constraint_name FROM information_schema.referential_constraints "
    assert len(names(keys + here.format("constraint_schema"))) == 10
    types = "SELECT data_type FROM information_schema.columns "
    assert names(types + here.format("table_schema")) >= {
        "longtext", "mediumblob", "float", "double", "decimal", "enum", "set", "bit", "year",
        "time", "timestamp", "datetime", "varbinary", "binary",
    }  # fmt: skip


def test_the_content_is_chinese_and_consistent(cursor: Cursor) -> None:
    cursor.execute("SELECT AVG(CHAR_LENGTH(body)), MIN(body REGEXP '[一-龥]') FROM article")
    length, chinese = cursor.fetchone()
    assert length > 1000
    assert chinese == 1
    cursor.execute(
        "SELECT COUNT(*) FROM article WHERE comments_count <>"
        " (SELECT COUNT(*) FROM comment WHERE article_id = article.id)"
    )
    assert cursor.fetchone() == (0,)
    cursor.execute("SELECT COUNT(*) FROM attachment WHERE digest = UNHEX(SHA2(body, 256))")
    assert cursor.fetchone() == (site_data.SMALL.attachments,)
    cursor.execute("CALL monthly_visits('2018-04-01')")
    days = cursor.fetchall()
    assert 28 <= len(days) <= 30
    cursor.execute("SELECT COUNT(*) FROM comment WHERE text LIKE '%🎉'")
    assert cursor.fetchone()[0] > 0
