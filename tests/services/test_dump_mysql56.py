"""What is backed up from MySQL 5.6 comes back to it, and goes on to MariaDB 10.11, bit for bit."""

from __future__ import annotations

import pytest

import strange_features
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
