"""What is backed up from MySQL 5.6 comes back to it, and goes on to MariaDB 10.11, bit for bit."""

from __future__ import annotations

import pytest

import strange_features
from databases import query
from sandbox.mariadb import MariaDB
from sandbox.mysql56 import Mysql56
from strange_dumps import Workbench, check_across, check_same
from strange_features import Feature

pytestmark = pytest.mark.servers

_ONWARD = strange_features.of("mysql56", "mariadb")


@pytest.mark.parametrize("feature", strange_features.of("mysql56", "mysql56"), ids=str)
def test_comes_back_and_goes_on(
    feature: Feature, workbench: Workbench, mysql56: Mysql56, mariadb: MariaDB
) -> None:
    taken = workbench.take(mysql56, workbench.make(mysql56, feature.statements))
    assert {(r.kind, r.name) for r in taken.manifest.remarks} == feature.remarks
    check_same(feature, taken, mysql56, workbench.load(mysql56, taken.path))
    if feature in _ONWARD:
        check_across(feature, taken, mariadb, workbench.load(mariadb, taken.path))


@pytest.mark.parametrize("back", [False, True], ids=["to MySQL 5.6", "to MariaDB"])
def test_a_mode_that_only_old_servers_know_goes_along(
    workbench: Workbench, mysql56: Mysql56, mariadb: MariaDB, back: bool
) -> None:
    """What newer ones make of it is told by `test_script.py`, and on MySQL 9 itself."""
    source, target = (mysql56, mariadb) if back else (mariadb, mysql56)
    (feature,) = (one for one in strange_features.FEATURES if "has refused" in one.name)
    taken = workbench.take(source, workbench.make(source, feature.statements))
    fresh = workbench.load(target, taken.path)
    modes = {
        mode
        for view, schema in (("ROUTINES", "ROUTINE"), ("TRIGGERS", "TRIGGER"), ("EVENTS", "EVENT"))
        for (mode,) in query(
            target,
            fresh,
            f"SELECT SQL_MODE FROM information_schema.{view} WHERE {schema}_SCHEMA=DATABASE()",
        )
    }
    assert modes == {"STRICT_ALL_TABLES,NO_AUTO_CREATE_USER"}
