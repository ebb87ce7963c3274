"""`gmops backup cloud` as scripts run it, against the stand-in of Tencent Cloud."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gmops import Ran, gmops
from gmops_desktop.addresses import MysqlAddress
from gmops_desktop.assembly import assemble
from gmops_desktop.paths import Home
from sandbox.tencent import Tencent

pytestmark = pytest.mark.servers


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tencent]:
    with Tencent(tmp_path_factory.mktemp("tencent")) as server:
        server.behave(backup_seconds=0.2, backup_bytes=50_000)
        yield server


@pytest.fixture
def site(home: Home, cloud: Tencent) -> Path:
    """A home whose contract has one TencentDB instance, and one database outside the cloud."""
    with assemble(home) as services:
        contracts = services.contracts
        inside = MysqlAddress("10.0.0.12", 3306, "ops", "chamber", cloud=cloud.database)
        contracts.save_resource("mysql", "云数据库", inside)
        contracts.save_resource("mysql", "local", MysqlAddress("127.0.0.1", 3306, "ops", "other"))
    key = home.root / "key"
    key.write_text(f"{cloud.secret_key}\n", "utf-8")
    return home.root


def run(site: Path, *words: str | Path) -> Ran:
    key = str(site / "key")
    return gmops("backup", "cloud", *words, home=site, GMOPS_PASSWORD_FILE=key)


def made(site: Path) -> dict[str, Any]:
    ran = run(site, "create", "--kind", "logical", "--name", "by cron", "--json")
    assert ran.code == 0, ran.err
    answer: dict[str, Any] = ran.answer
    return answer


def test_list_create_and_download(site: Path, tmp_path: Path, cloud: Tencent) -> None:
    backup = made(site)
    assert (backup["state"], backup["method"], backup["title"]) == ("done", "partial", "by cron")
    listed = run(site, "list", "--json")
    assert listed.code == 0
    assert listed.answer["backups"][0] == backup
    assert listed.answer["retention"]["days"] == 7
    assert "q-sign" not in listed.out

    out = tmp_path / "fetched.xb"
    fetched = run(site, "download", str(backup["id"]), "--out", out, "--json")
    assert fetched.code == 0, fetched.err
    assert fetched.answer["proved"] is True
    assert hashlib.md5(out.read_bytes()).hexdigest() == backup["md5"]

    said = run(site, "list")
    assert "Kept for 7 days" in said.out
    assert "fetched.xb" in said.out
    assert cloud.secret_key not in said.out + said.err

    out.write_bytes(b"x" + out.read_bytes()[1:])
    damaged = run(site, "download", str(backup["id"]), "--out", out, "--json")
    assert damaged.code == 3
    assert damaged.answer["proved"] is False


def test_what_cannot_be_is_refused_by_name(site: Path) -> None:
    ran = run(site, "list", "local")
    assert ran.code == 1
    assert "No TencentDB instance is known" in ran.err
    ran = run(site, "create", "--kind", "magic")
    assert ran.code == 1
    assert "no kind of backup called magic" in ran.err
    ran = run(site, "download", "1")
    assert ran.code == 1
    assert "has no backup 1" in ran.err


def test_a_missing_right_prints_the_policy(site: Path, cloud: Tencent) -> None:
    cloud.fail_next("DescribeBackups", "UnauthorizedOperation.CamNoAuth", "no")
    ran = run(site, "list")
    assert ran.code == 1
    assert '"action": ["cdb:DescribeBackups"]' in ran.err


def test_without_the_key_nothing_is_asked(site: Path) -> None:
    ran = gmops("backup", "cloud", "list", home=site)
    assert ran.code == 1
    assert "tencent:AKID" in ran.err or "keyring" in ran.err
