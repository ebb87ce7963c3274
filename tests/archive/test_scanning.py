"""What could reach out of a schema restored beside production is found, and what cannot is not."""

from __future__ import annotations

import pytest

from gmops_desktop.archive.scanning import Definition, dangers

CLEAN = [
    ("table", "CREATE TABLE `a` (`id` int, `note` varchar(20) DEFAULT 'chamber.members')"),
    ("table", "CREATE TABLE `a` (`id` int, FOREIGN KEY (`id`) REFERENCES `b` (`id`))"),
    ("view", "CREATE VIEW `v` AS select `members`.`name` AS `name` from `members`"),
    ("view", "CREATE VIEW v AS select m.id AS id from (members m join fees f on(m.id = f.id))"),
    ("view", "CREATE VIEW v AS select `x`.`n` AS `n` from (select 1 AS `n`) `x`"),
    ("function", "CREATE FUNCTION f() RETURNS int RETURN 1.5 + 2"),
    ("procedure", "CREATE PROCEDURE p() BEGIN -- chamber.members\n SELECT 'a.b'; END"),
    ("procedure", "CREATE PROCEDURE p() UPDATE members m SET m.n = m.n + 1"),
]
DANGEROUS = [
    ("trigger", "CREATE TRIGGER t AFTER INSERT ON a FOR EACH ROW SET @x=1", "would fire"),
    ("event", "CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO DELETE FROM log", "would run"),
    (
        "view",
        "CREATE VIEW v AS select `chamber`.`members`.`id` from `chamber`.`members`",
        "chamber",
    ),
    ("view", "CREATE VIEW v AS select o.id from other.members o", "“other”"),
    ("view", "CREATE VIEW v AS select 1 from `other` . `members`", "“other”"),
    ("view", "CREATE VIEW v AS select other.f(1) AS n from members", "“other”"),
    ("procedure", "CREATE PROCEDURE p() DELETE FROM CHAMBER.members", "“CHAMBER”"),
    ("procedure", "CREATE PROCEDURE p() CALL 商会.clear()", "“商会”"),
    (
        "procedure",
        "CREATE PROCEDURE p() BEGIN PREPARE s FROM @q; EXECUTE s; END",
        "puts statements",
    ),
    ("procedure", "CREATE PROCEDURE p() SELECT 1 INTO OUTFILE '/tmp/x'", "files of the server"),
    (
        "function",
        "CREATE FUNCTION f() RETURNS int RETURN (SELECT 1 FROM `a``b`.`t`)",
        "“a`b”",
    ),
    ("table", "CREATE TABLE a (id int, FOREIGN KEY (id) REFERENCES `other`.`b` (id))", "“other”"),
    ("table", "CREATE TABLE a (id int) ENGINE=MRG_MyISAM UNION=(`other`.`b`)", "“other”"),
]


@pytest.mark.parametrize(("kind", "sql"), CLEAN)
def test_what_stays_within_its_schema_is_clean(kind: str, sql: str) -> None:
    assert dangers([Definition(kind, "it", sql)], "chamber") == ()


@pytest.mark.parametrize(("kind", "sql", "said"), DANGEROUS)
def test_what_reaches_out_is_named(kind: str, sql: str, said: str) -> None:
    assert said in " ".join(dangers([Definition(kind, "it", sql)], "chamber"))


def test_each_danger_is_told_once() -> None:
    twice = "CREATE PROCEDURE p() BEGIN DELETE FROM other.a; DELETE FROM other.b; END"
    assert len(dangers([Definition("procedure", "p", twice)], "chamber")) == 1


@pytest.mark.parametrize(
    ("kind", "sql", "found"),
    [
        ("trigger", "CREATE TRIGGER t AFTER INSERT ON a FOR EACH ROW INSERT INTO b VALUES (1)", ()),
        (
            "trigger",
            "CREATE TRIGGER t AFTER INSERT ON `a` FOR EACH ROW SET @x = NEW.id + old.n",
            (),
        ),
        (
            "trigger",
            "CREATE TRIGGER t AFTER INSERT ON a FOR EACH ROW DELETE FROM chamber.b",
            ("t names “chamber”, which lies outside of its own schema.",),
        ),
        (
            "event",
            "CREATE EVENT t ON SCHEDULE EVERY 1 DAY DO DELETE FROM log",
            ("The event t would run on the production server.",),
        ),
    ],
)
def test_where_nobody_writes_a_trigger_counts_by_what_it_names(
    kind: str, sql: str, found: tuple[str, ...]
) -> None:
    assert dangers([Definition(kind, "t", sql)], "chamber", resting=True) == found
