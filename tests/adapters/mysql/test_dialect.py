"""Names and keys as the server understands them."""

from __future__ import annotations

import pytest

from gmops_desktop.adapters.mysql.dialect import Column, Form, between, form_of, name, row


def test_names_are_quoted_whole() -> None:
    assert name("a`b") == "`a``b`"
    assert name("表 😀") == "`表 😀`"


@pytest.mark.parametrize(
    ("kind", "charset", "form"),
    [
        ("BIGINT", "", "number"),
        ("float", "", "float"),
        ("longtext", "utf8mb4", "text"),
        ("varchar", "gbk", "bytes"),
        ("json", "", "json"),
        ("uuid", "", "other"),
        ("multipolygon", "", "bytes"),
        ("timestamp", "", "time"),
    ],
)
def test_forms(kind: str, charset: str, form: Form) -> None:
    assert form_of(kind, charset) == form


def test_a_row_without_columns() -> None:
    assert row([]) == "CAST('()' AS BINARY)"


def test_a_composite_bound_is_spelled_out() -> None:
    key = [Column("a", "int", "number"), Column("b", "enum('x')", "enum")]
    assert between(key, ("1", "2"), None) == "((`a`>1) OR (`a`=1 AND `b`+0>2))"
    assert between(key, None, ("1", "2")) == "((`a`<1) OR (`a`=1 AND `b`+0<=2))"
    assert between(key, None, None) == "TRUE"
