"""The cloud's card turns the right colour within one look, and back, against the stand-in."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from db.engine import Database
from gmops_desktop.adapters.tencent import Tencent as Api
from gmops_desktop.addresses import CloudAddress, Resource, TatAddress
from gmops_desktop.context import Context, as_they_end
from gmops_desktop.contract.looks import Look
from gmops_desktop.outside import Outside
from gmops_desktop.paths import Home
from gmops_desktop.services.servers import Servers
from sandbox.tencent import Tencent

pytestmark = pytest.mark.servers


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tencent]:
    with Tencent(tmp_path_factory.mktemp("tencent")) as server:
        yield server


class Card:
    def __init__(self, cloud: Tencent, database: Database, home: Home) -> None:
        self.cloud = cloud
        self.key = cloud.secret_key
        self.now = datetime.now(UTC)
        self.resource = Resource("c", "cloud", "cloud", cloud.account)
        secret = {cloud.account.secret_name: lambda: self.key}

        def look(address: CloudAddress, context: Context) -> Any:
            # Each time as a program started anew: nothing is remembered of what changes slowly.
            outside = Outside(home, lambda name: secret[name]())
            return outside.look_cloud(address, context)

        def nobody(address: object, context: Context) -> Any:
            raise AssertionError(address)

        self.servers = Servers(
            database, look_host=nobody, look_mysql=nobody, look_web=nobody,
            look_account=lambda address, context, before: nobody(address, context),
            look_cloud=look, now=lambda: self.now,
        )  # fmt: skip

    def look(self) -> Look:
        self.now += timedelta(minutes=1)
        [seen] = self.servers.look([self.resource], Context())
        return seen


@pytest.fixture
def card(cloud: Tencent, database: Database, home: Home) -> Iterator[Card]:
    yield Card(cloud, database, home)
    cloud.behave()


@pytest.mark.parametrize(
    ("behaviour", "state", "said"),
    [
        ({"server_state": "STOPPED"}, "critical", "does not run (STOPPED)"),
        ({"restricted": "EXPIRED"}, "critical", "has run out"),
        ({"restricted": "PROTECTIVELY_ISOLATED"}, "critical", "is isolated"),
        ({"server_state": "REBOOTING"}, "warning", "in between (REBOOTING)"),
        ({"expires_days": 20.0}, "warning", "runs out on"),
        ({"expires_days": 3.0}, "critical", "runs out on"),
        ({"expires_days": -2.0}, "critical", "ran out on"),
        ({"balance": 19_900}, "warning", "199.00 yuan left"),
        ({"balance": -100}, "critical", "owes 1.00 yuan"),
        ({"alarms": 1}, "warning", "CPU 利用率 > 90 %"),
        ({"servers": 2}, "warning", "has no snapshot"),
        ({"denied": ["DescribeInstances"]}, "unknown", "may not use cvm:DescribeInstances"),
        ({"denied": ["DescribeAlarmHistories"]}, "unknown", "monitor:DescribeAlarmHistories"),
        ({"servers": 3, "breaks_off": "DescribeDisks"}, "unknown", "1 of 3 entries"),
        ({"clock_off": 4000.0}, "unknown", "SignatureExpire"),
    ],
)
def test_within_one_look_and_back(
    card: Card, behaviour: dict[str, Any], state: str, said: str
) -> None:
    assert card.look().state == "ok"
    card.cloud.behave(**behaviour)
    seen = card.look()
    assert (seen.state, said in seen.reason) == (state, True), seen.reason
    card.cloud.behave()
    assert card.look().state == "ok"


def test_keys_that_are_withdrawn_say_nothing_of_the_servers(card: Card) -> None:
    card.look()
    card.key = "another-key"
    seen = card.look()
    assert (seen.state, seen.details) == ("unknown", None)
    assert "SecretId and SecretKey again" in seen.hint
    card.key = card.cloud.secret_key
    assert card.look().state == "ok"


def test_a_round_asks_servers_without_ssh_by_one_command(
    cloud: Tencent, database: Database, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    call = Api.call

    def counted(self: Api, service: str, version: str, action: str, fields: Any,
                context: Context) -> dict[str, Any]:  # fmt: skip
        if action == "RunCommand":
            asked.append(len(fields["InstanceIds"]))
        return call(self, service, version, action, fields, context)

    monkeypatch.setattr(Api, "call", counted)
    outside = Outside(home, lambda _name: cloud.secret_key)
    servers = Servers(
        database, look_host=outside.look_host, look_mysql=outside.look_mysql,
        look_web=outside.look_web, look_cloud=outside.look_cloud,
        look_account=outside.look_account, expecting=outside.expecting, together=as_they_end,
    )  # fmt: skip
    hosts = [
        Resource(f"h{number}", "host", f"web{number}", TatAddress(
            f"ins-sandbox{number}", "ap-guangzhou", cloud.secret_id, f"http://{cloud.endpoint}"))
        for number in (1, 2, 3)
    ]  # fmt: skip
    cloud.behave(servers=3, tat_each={"ins-sandbox2": "AgentNotInstalled"})
    looks = {look.name: look for look in servers.look(hosts, Context())}
    assert [looks[one].details is not None for one in ("web1", "web2", "web3")] == [
        True, False, True,
    ]  # fmt: skip
    assert "AgentNotInstalled" in looks["web2"].reason
    assert sorted(asked) == [1, 2]
    cloud.behave()
