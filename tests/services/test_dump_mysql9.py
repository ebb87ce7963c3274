"""What is backed up from MySQL 9 comes back to it; what can goes on to MariaDB, or comes from there
and from MySQL 5.6."""

from __future__ import annotations

import pytest

import strange_features
from sandbox.database import DatabaseServer
from sandbox.mariadb import MariaDB
from sandbox.mysql9 import Mysql9
from sandbox.mysql56 import Mysql56
from strange_dumps import Workbench, check_across, check_same
from strange_features import Feature

pytestmark = [pytest.mark.servers, pytest.mark.mysql9]

_ONWARD = strange_features.of("mysql9", "mariadb")


@pytest.mark.parametrize("feature", strange_features.of("mysql9", "mysql9"), ids=str)
def test_comes_back_and_goes_on(
    feature: Feature, workbench: Workbench, mysql9: Mysql9, mariadb: MariaDB
) -> None:
    taken = workbench.take(mysql9, workbench.make(mysql9, feature.statements))
    assert {(r.kind, r.name) for r in taken.manifest.remarks} == feature.remarks
    check_same(feature, taken, mysql9, workbench.load(mysql9, taken.path))
    if feature in _ONWARD:
        check_across(feature, taken, mariadb, workbench.load(mariadb, taken.path))


@pytest.mark.parametrize("feature", strange_features.of("mysql56", "mysql9"), ids=str)
def test_comes_from_mysql_5_6(
    feature: Feature, workbench: Workbench, mysql56: Mysql56, mysql9: Mysql9
) -> None:
    arrives(feature, workbench, mysql56, mysql9)


@pytest.mark.parametrize("feature", strange_features.of("mariadb", "mysql9"), ids=str)
def test_comes_from_mariadb(
    feature: Feature, workbench: Workbench, mariadb: MariaDB, mysql9: Mysql9
) -> None:
    arrives(feature, workbench, mariadb, mysql9)


def arrives(
    feature: Feature, workbench: Workbench, source: DatabaseServer, target: DatabaseServer
) -> None:
    taken = workbench.take(source, workbench.make(source, feature.statements))
    check_across(feature, taken, target, workbench.load(target, taken.path))
