"""Reports of a period out of what is really on record."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from db import looks, samples
from db.models import AlertRow
from gmops_desktop.addresses import MysqlAddress, SshAddress
from gmops_desktop.archive.inventory import Backup, Inventory
from gmops_desktop.assembly import Services, assemble
from gmops_desktop.context import Context
from gmops_desktop.contract.looks import Figure, Look
from gmops_desktop.errors import OpsError
from gmops_desktop.gathering.periods import backups_of, fees_of, inspection_of
from gmops_desktop.paths import Home

APRIL = datetime(2018, 4, 1, 2, tzinfo=UTC)


def _backup(path: Path, at: datetime, resource_id: str, **more: object) -> Backup:
    plain = Backup(
        id=f"b{at:%d%H}", at=at, seconds=1.0, source="chamber@10.0.0.4", schema="chamber",
        resource_id=resource_id, purpose="backup", path=path, file_bytes=5, text_bytes=9,
        travelled=5, rows=3, tables=1, consistency="consistent", verdict="",
        manifest_digest="ab" * 32, verified_at=at, verified=True, exists=True,
    )  # fmt: skip
    return replace(plain, **more)  # type: ignore[arg-type]


@pytest.fixture
def services(tmp_path: Path):
    home = tmp_path / "home"
    home.mkdir()
    with assemble(Home(home), secret=lambda name: "") as services:
        services.contracts.load_example()
        yield services


def test_backups_are_those_of_the_month_and_what_is_owed_is_named(
    services: Services, tmp_path: Path
) -> None:
    address = MysqlAddress(host="10.0.0.4", port=3306, user="u", schema="chamber")
    owed = [one for one in services.contracts.resources() if one.kind == "mysql"]
    mine = services.contracts.save_resource("mysql", "会员库", address)
    inventory = Inventory(services._database)
    file = tmp_path / "a.sql.zst"
    file.write_bytes(b"12345")
    inventory.add(_backup(file, APRIL, mine.id))
    inventory.add(_backup(tmp_path / "gone", APRIL + timedelta(days=1), mine.id, verified=None))
    inventory.add(_backup(file, APRIL + timedelta(days=2), mine.id, consistency="partly"))
    inventory.add(_backup(file, APRIL + timedelta(days=3), mine.id, purpose="safety"))
    inventory.add(_backup(file, APRIL - timedelta(hours=10, minutes=1), mine.id))  # March, Beijing
    inventory.add(_backup(file, APRIL + timedelta(days=40), mine.id))
    facts = backups_of(services._books(), "2018-04")()
    assert [(one.source, one.good, one.exists) for one in facts.copies] == [
        ("会员库", True, True), ("会员库", False, False), ("会员库", False, True),
    ]  # fmt: skip
    assert {name for kind, name in facts.owed if kind == "database"} == {
        "会员库", *(one.name for one in owed),
    }  # fmt: skip
    report = services.reports.make("backups", "2018-04", Context())
    assert (report.number, report.period) == ("GMGSL-BF-2018-04", "2018-04")
    assert services.reports.checks() == ()


def test_an_inspection_tells_the_look_only_of_its_own_month(services: Services) -> None:
    address = SshAddress(host="10.0.0.5", port=22, user="ops")
    host = services.contracts.save_resource("host", "web1", address)
    at = datetime(2018, 4, 30, 10, tzinfo=UTC)
    figures = (Figure("失败的服务", "2", "个", "critical"),)
    look = Look(host.id, "host", "web1", "critical", "2 个服务失败。", at, 1.0, figures, None)
    with services._database.session() as session, session.begin():
        looks.keep(session, look)
        for minutes in range(0, 120, 5):
            when = at - timedelta(minutes=minutes)
            samples.keep(session, host.id, when, 300, {"cpu": 20.0 + minutes / 4, "up": 1.0})
        session.add(
            AlertRow(
                id="a1", resource_id=host.id, key="cpu", state="warning", text="CPU 95 %",
                raised_at=at, changed_at=at, cleared_at=at + timedelta(hours=1), quiet=False,
                told=True, acknowledged_at=None, ticket="T-0009",
            )
        )  # fmt: skip
    services.servers.roll_up()
    april = inspection_of(services._books(), "2018-04")()
    (web,) = [one for one in april.inspected if one.name == "web1"]
    assert (web.state, web.reason, web.looked_at) == ("critical", "2 个服务失败。", at)
    assert web.figures == (("失败的服务", "2 个", "critical"),)
    (cpu,) = [one for one in web.measured if "CPU" in one.title]
    assert cpu.high is not None
    assert cpu.mean is not None
    assert cpu.mean < cpu.high
    assert 0 < cpu.coverage < 0.01  # two hours of a month
    assert cpu.limit is not None
    assert [one.ticket for one in april.alerts] == ["T-0009"]
    # May: the look kept is of April, and nobody looked.
    may = inspection_of(services._books(), "2018-05")()
    (web,) = [one for one in may.inspected if one.name == "web1"]
    assert web.state == "unknown"
    assert web.figures == ()
    assert may.alerts == ()
    assert {one.state for one in may.inspected} == {"unknown"}
    assert services.reports.make("inspection", "2018-04", Context()).number == "GMGSL-XJ-2018-04"


def test_fees_are_of_the_contract_named_or_the_current_one(services: Services) -> None:
    current = services.contracts.current()
    assert current is not None
    facts = fees_of(services._books(), "")()
    assert (facts.contract, facts.contract.payable) == (current, Decimal(32692))
    assert facts.payment is not None
    assert fees_of(services._books(), current.number)().contract == current
    with pytest.raises(OpsError, match="no contract"):
        fees_of(services._books(), "X-1")
    report = services.reports.make("fees", "", Context())
    assert report.about == current.id
    assert services.reports.make("fees", "", Context(), language="en").replaces == report.number


def test_every_kind_offered_can_be_made_and_is_refused_where_it_is_asked_for_wrongly(
    services: Services,
) -> None:
    assert set(services.reports.kinds) == {
        "monthly", "inspection", "backups", "fault", "evaluation", "visit", "fees",
        "compilation", "account", "quarter", "annual",
    }  # fmt: skip
    for kind in ("inspection", "backups"):
        with pytest.raises(OpsError, match="not a month"):
            services.reports.make(kind, "2018-13", Context())
    assert services.reports.all() == ()


def test_without_a_contract_there_is_nothing_to_report(tmp_path: Path) -> None:
    with assemble(Home(tmp_path), secret=lambda name: "") as services:
        for kind, of in (("backups", "2018-04"), ("inspection", "2018-04"), ("fees", "")):
            with pytest.raises(OpsError, match="No contract"):
                services.reports.make(kind, of, Context())  # type: ignore[arg-type]
