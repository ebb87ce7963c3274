"""Definitions freed of their schema's name, views in the order of their needs, grants read."""

from __future__ import annotations

from gmops_desktop.adapters.mysql.catalogue import _by_need, _unbound
from gmops_desktop.adapters.mysql.grants import fits


def test_a_view_loses_its_schemas_name_and_nothing_else() -> None:
    view = "CREATE VIEW `v` AS select `a'b`.`x` AS `x`,'`s`.' AS `t` from (`s`.`a'b` join `o`.`s`)"
    assert _unbound(view, "s") == view.replace("(`s`.", "(")
    other = "CREATE VIEW `v` AS select `s`.`s`.`x` AS `x` from `s`.`s`"
    assert _unbound(other, "s") == other


def test_views_come_after_those_they_name() -> None:
    views = {
        "a": "CREATE VIEW `a` AS select `m`.`id` AS `z` from `m`",
        "m": "CREATE VIEW `m` AS select `z`.`id` AS `id` from (`z` join `t`)",
        "z": "CREATE VIEW `z` AS select `t`.`a` AS `a` from `t`",
    }
    assert list(_by_need(views)) == ["z", "m", "a"]


def test_grants_may_be_patterns() -> None:
    assert fits("`site%`", "site_1")
    assert fits(r"`site\_1`", "site_1")
    assert not fits(r"`site\_1`", "siteX1")
    assert not fits("`other`", "site")
