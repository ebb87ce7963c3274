"""`gmops status`: what it does beyond asking the service."""

from __future__ import annotations

from pathlib import Path

import pytest

from db.engine import Database
from gmops_desktop.adapters import host, sections
from gmops_desktop.addresses import Resource, SshAddress, WebAddress
from gmops_desktop.cli import status
from gmops_desktop.context import Context
from gmops_desktop.contract.looks import HostDetails, WebDetails
from gmops_desktop.services.servers import Servers

RECORDED = Path(__file__).parent.parent / "adapters" / "hosts"
HOST = Resource("h", "host", "web1", SshAddress("web1"))
SITE = Resource("w", "website", "site", WebAddress("https://site.example/"))


def recorded(name: str) -> HostDetails:
    return host.parse(sections.split((RECORDED / f"{name}.txt").read_text("utf-8"), "fixture"))


def test_a_host_seen_for_the_first_time_is_looked_at_twice(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(status, "_APART", 0.01)
    answers = [recorded("debian-12"), recorded("debian-12-later"), recorded("debian-12-later")]
    asked: list[str] = []

    def look_host(address: SshAddress, context: Context) -> HostDetails:
        asked.append("host")
        return answers[len(asked) - 1]

    def look_web(address: WebAddress, context: Context) -> WebDetails:
        return WebDetails(200, 0.2, True, 60.5, True, 200, 12_345)

    servers = Servers(
        database,
        look_host=look_host,
        look_mysql=lambda address, context: pytest.fail("not asked for"),
        look_web=look_web,
        look_account=lambda address, context, before: pytest.fail("not asked for"),
        look_cloud=lambda address, context: pytest.fail("not asked for"),
    )
    looks = status.look_until_whole(servers, [SITE, HOST], Context())
    assert [look.kind for look in looks] == ["website", "host"]
    assert (looks[1].figures[0].value, len(asked)) == ("45", 2)
