"""The ways out of this machine, together: a site seen from here and from its own server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from gmops_desktop.adapters import host_keys, ssh, tcp, web
from gmops_desktop.adapters.vault import NoSecret
from gmops_desktop.adapters.wechat import WeChatRefused
from gmops_desktop.addresses import ProgramFiles, WebAddress
from gmops_desktop.context import Context
from gmops_desktop.errors import OpsError
from gmops_desktop.outside import Outside
from gmops_desktop.paths import Home
from sandbox.sshd import Sshd
from sandbox.wechat import Wechat
from strange_servers import free_port, listener

PAGE = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"


@pytest.fixture
def outside(sshd: Sshd, tmp_path: Path) -> Outside:
    home = Home(tmp_path / "home")
    home.known_hosts.parent.mkdir(parents=True, exist_ok=True)
    key = ssh.host_key(sshd.address, Context(), known_hosts=home.known_hosts)
    host_keys.trust(sshd.address, key, home.known_hosts)
    return Outside(home, lambda name: "")


def site(sshd: Sshd, port: int) -> WebAddress:
    return WebAddress(f"http://127.0.0.1:{port}/", program=ProgramFiles(sshd.address, ("/srv",)))


def test_a_site_is_seen_from_here_and_from_its_server(outside: Outside, sshd: Sshd) -> None:
    with listener(lambda stream: (stream.recv(65536), stream.sendall(PAGE))) as port:
        seen = outside.look_web(site(sshd, port), Context())
        assert seen.from_server
        assert (seen.status, seen.from_server.status, seen.sections) == (200, 200, {})
        alone = outside.look_web(replace(site(sshd, port), program=None), Context())
        lost = ProgramFiles(replace(sshd.address, port=free_port()), ("/srv",))
        unreached = outside.look_web(replace(site(sshd, port), program=lost), Context())
    assert alone.from_server is None
    assert alone.sections == {"from_server": "no server is entered for this website"}
    assert unreached.from_server is None
    assert "cannot be reached" in unreached.sections["from_server"]


def test_a_site_nobody_reaches_is_down_and_the_cause_is_kept(outside: Outside, sshd: Sshd) -> None:
    with pytest.raises(web.SiteDown, match="nothing accepts the connection"):
        outside.look_web(site(sshd, free_port()), Context())


def test_without_a_server_the_failure_stays_what_it_is(outside: Outside) -> None:
    address = WebAddress(f"http://127.0.0.1:{free_port()}/")
    with pytest.raises(tcp.PortClosed) as failed:
        outside.look_web(address, Context())
    assert isinstance(failed.value.__cause__, ConnectionRefusedError)
    assert "not known: no server is entered" in failed.value.hint


# -- An official account


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wechat]:
    with Wechat(tmp_path_factory.mktemp("wechat")) as stand_in:
        yield stand_in


@pytest.fixture
def ways(outside: Outside, account: Wechat, tmp_path: Path) -> Iterator[Outside]:
    secrets = {
        account.address.secret_name: account.secret,
        account.address.callback_secret_name: account.callback_token,
    }

    ways = Outside(Home(tmp_path / "home"), lambda name: secrets.get(name, ""))
    yield ways
    ways.close()


@pytest.mark.servers
def test_an_account_is_looked_at_through_its_server(
    ways: Outside, account: Wechat, sshd: Sshd
) -> None:
    address = replace(account.address, ssh=sshd.address)
    first = ways.look_account(address, Context())
    assert first.sections == {}
    assert first.echo is not None
    again = ways.look_account(address, Context(), first)  # over the connection that was kept
    assert again.asked["quotas"] == first.asked["quotas"]
    lost = replace(address, ssh=replace(sshd.address, port=free_port()))
    with pytest.raises(OpsError, match="cannot be reached"):
        ways.look_account(lost, Context())


@pytest.mark.servers
def test_a_callback_whose_token_is_not_kept_is_unknown(account: Wechat, tmp_path: Path) -> None:
    def secret(name: str) -> str:
        if name == account.address.secret_name:
            return account.secret
        raise NoSecret(name)

    seen = Outside(Home(tmp_path), secret).look_account(account.address, Context())
    assert set(seen.sections) == {"echo"}
    assert "Enter it in the settings" in seen.sections["echo"]


@pytest.mark.servers
def test_wechat_is_left_alone_for_an_hour_where_it_says_so(ways: Outside, account: Wechat) -> None:
    faults = account.folder / "faults.json"
    for _ in range(2):
        account.fail_next("/cgi-bin/stable_token", 89507, "ip refused")
    try:
        for _ in range(3):
            with pytest.raises(WeChatRefused, match="has refused the address"):
                ways.look_account(account.address, Context())
        assert len(json.loads(faults.read_text("utf-8"))) == 1  # only one look asked
    finally:
        faults.unlink()
