"""How long systems and programs live: an end that nobody knows is never taken for maintained."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from gmops_desktop.contract.end_of_life import (
    AS_OF,
    COMPONENTS,
    SYSTEMS,
    component_life,
    system_life,
)
from gmops_desktop.contract.update_findings import findings, standing
from gmops_desktop.contract.updates import Component, Inventory
from gmops_desktop.language import speaking

TODAY = date(2026, 11, 22)
BARE = Inventory(
    "h", datetime(2026, 11, 22, tzinfo=UTC), "yum", "CentOS Linux 7 (Core)", (), (), (), False,
    False, "", system_id="centos", system_version="7", restarts=(),
)  # fmt: skip


@pytest.mark.parametrize(
    ("system", "version", "ends"),
    [
        ("centos", "7", date(2024, 6, 30)),
        ("centos-stream", "9", date(2027, 5, 31)),
        ("ubuntu", "22.04", date(2027, 4, 1)),
        ("debian", "12", date(2028, 6, 30)),
        ("rocky", "9.4", date(2032, 5, 31)),
        ("alpine", "3.19.9", date(2025, 11, 1)),
    ],
)
def test_systems_by_id_and_version(system: str, version: str, ends: date) -> None:
    life = system_life(system, version)
    assert life is not None
    assert life.ends == ends


def test_components_by_the_longest_series() -> None:
    old, new = component_life("openssl", "1.1.1w"), component_life("openssl", "1.1.0l")
    assert old is not None
    assert new is not None
    assert (old.ends, new.ends) == (date(2023, 9, 11), date(2019, 9, 11))
    mariadb = component_life("mariadb", "10.11.6")
    assert mariadb is not None
    assert mariadb.series == "10.11"  # and not 10.1


@pytest.mark.parametrize(
    ("product", "version"), [("php", "9.9"), ("php", ""), ("perl", "5.36"), ("nginx", "1")]
)
def test_what_is_not_in_the_table_is_unknown(product: str, version: str) -> None:
    assert component_life(product, version) is None
    life = system_life("tencentos", "3.1")
    assert life is not None
    assert (life.ends, life.ended) == (None, False)


def test_the_table_names_its_sources() -> None:
    for product in (*SYSTEMS.values(), *COMPONENTS.values()):
        assert product.name
        assert product.source.startswith("http") or not product.lives
    assert date(2026, 1, 1) < AS_OF < TODAY


def test_centos_7_is_said_plainly() -> None:
    assert standing(BARE, TODAY) == ("critical", "system no longer maintained")
    with speaking("zh_CN"):
        said = findings(BARE, TODAY)
    assert said[0].state == "critical"
    assert "系统已停止维护" in said[0].text
    assert "无安全更新" in said[0].text


def test_an_unknown_system_is_no_maintained_one() -> None:
    said = {one.name: one for one in findings(replace(BARE, system_id="tencentos"), TODAY)}
    assert said["Operating system"].state == "unknown"
    assert AS_OF.isoformat() in said["Operating system"].remedy
    silent = findings(replace(BARE, system="", system_id=""), TODAY)
    assert {one.state for one in silent if one.name == "Operating system"} == {"unknown"}


@pytest.mark.parametrize(
    ("component", "state"),
    [
        (Component("php", "5.4.16", "/usr/local/php/bin/php", ""), "critical"),
        (Component("php", "8.2.30", "/usr/local/php/bin/php", ""), "warning"),  # five weeks left
        (Component("php", "8.4.1", "/usr/local/php/bin/php", ""), "ok"),
        (Component("nginx", "1.28.0", "/usr/local/nginx/sbin/nginx", ""), "unknown"),
        (Component("nginx", "", "/www/nginx", "", "it did not say its version"), "unknown"),
        (Component("discuz", "3.4", "/var/www/bbs", ""), "unknown"),
        (Component("wordpress", "4.5.3", "/var/www/html", ""), "critical"),
        (Component("thinkphp", "5.0.24", "/var/www/shop", ""), "critical"),
        # A package is mended by its distributor, as long as the system is.
        (Component("php", "7.4.33", "/usr/bin/php", "php7.4-cli"), "ok"),
    ],
)
def test_a_component_is_judged_by_who_mends_it(component: Component, state: str) -> None:
    debian = replace(BARE, system_id="debian", system_version="12", components=(component,))
    names = {"Operating system", "Automatic updates"}
    said = [one for one in findings(debian, TODAY) if one.name not in names]
    assert [one.state for one in said] == [state]
    if component.package:
        over = findings(replace(BARE, components=(component,)), TODAY)
        assert [one.state for one in over if one.name == "PHP"] == ["critical"]
