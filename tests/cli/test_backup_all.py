"""`gmops backup all` against a real database and the stand-in for WeChat."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from gmops import ROOT, Ran, gmops
from gmops_desktop.addresses import MysqlAddress
from gmops_desktop.assembly import assemble
from gmops_desktop.paths import Home
from sandbox.mariadb import MariaDB
from sandbox.wechat import Wechat

pytestmark = pytest.mark.servers


@dataclass(frozen=True)
class Site:
    """A home whose contract has a database and an account, and a keyring with their secrets."""

    home: Path
    keyring: Path

    def run(self, *words: str | Path) -> Ran:
        return gmops(
            *words,
            home=self.home,
            PYTHON_KEYRING_BACKEND="file_keyring.FileKeyring",
            PYTHONPATH=str(ROOT / "tests" / "helpers"),
            GMOPS_TEST_KEYRING=str(self.keyring),
        )

    def keep(self, **secrets: str) -> None:
        kept = {f"gmops-desktop {name}": value for name, value in secrets.items()}
        self.keyring.write_text(json.dumps(kept))


@pytest.fixture
def wechat(tmp_path: Path) -> Iterator[Wechat]:
    with Wechat(tmp_path / "wechat") as server:
        yield server


@pytest.fixture
def site(
    home: Home, tmp_path: Path, wechat: Wechat, schema: MysqlAddress, mariadb: MariaDB
) -> Site:
    with mariadb.connect(schema.schema) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE member (id INT PRIMARY KEY, name VARCHAR(40))")
        cursor.execute("INSERT INTO member VALUES (1, '商会')")
    with assemble(home) as services:
        services.contracts.save_resource("mysql", "云数据库", schema)
        services.contracts.save_resource("account", "公众号", wechat.address)
    site = Site(home.root, tmp_path / "keyring.json")
    site.keep(
        **{
            schema.secret_name: mariadb.password(schema.user),
            wechat.address.secret_name: wechat.secret,
        }
    )
    return site


def test_everything_in_one_run(site: Site) -> None:
    ran = site.run("backup", "all", "--json")
    assert ran.code == 0, ran.err
    answer = ran.answer
    assert answer["verdict"] == "2 parts are backed up and proved: everything."
    assert [(one["kind"], one["name"], one["outcome"]) for one in answer["parts"]] == [
        ("database", "云数据库", "whole"),
        ("account", "公众号", "whole"),
    ]
    for part in answer["parts"]:
        assert site.run("backup", "verify", part["path"]).code == 0
    [listed] = site.run("backup", "list", "--json").answer["backups"]
    assert listed["verified"] is True
    assert site.run("verify").code == 0  # the run stands in the record


def test_a_part_that_fails_is_told_and_the_others_are_kept(
    site: Site, wechat: Wechat, schema: MysqlAddress, mariadb: MariaDB
) -> None:
    wechat.configure(whitelist=[])
    ran = site.run("backup", "all")
    assert ran.code == 1
    assert "40164" in ran.out
    assert "1 of 2 parts are backed up and proved. Not: 公众号." in ran.err
    assert "What is backed up stays." in ran.err
    wechat.configure(whitelist=["127.0.0.1"], certified=False)
    site.keep(**{wechat.address.secret_name: wechat.secret})
    ran = site.run("backup", "all", "--json")
    assert ran.code == 1
    assert [one["outcome"] for one in ran.answer["parts"]] == ["failed", "incomplete"]
    assert ran.answer["state"] == "critical"


def test_nothing_to_back_up(home: Home) -> None:
    ran = gmops("backup", "all", home=home.root)
    assert ran.code == 1
    assert "nothing to back up" in ran.err
