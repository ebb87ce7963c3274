"""The account's interfaces: tokens, refusals, and what is tried again."""

from __future__ import annotations

import json
import re
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from gmops_desktop.adapters import tcp, wechat
from gmops_desktop.adapters.ssh import Ssh, TunnelRefused
from gmops_desktop.adapters.ssh.forward import forwarded
from gmops_desktop.adapters.wechat import WeChat, WeChatRefused
from gmops_desktop.addresses import AccountAddress
from gmops_desktop.context import Context
from gmops_desktop.contract.looks import AccountDetails
from gmops_desktop.errors import Cancelled, OpsError
from gmops_desktop.log import redact
from sandbox.certificates import issue
from sandbox.sshd import Sshd
from sandbox.wechat import Wechat
from strange_servers import free_port, listener, silent

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)  # 11 o'clock in China


class Interfaces:
    """Answers by path; a list is worked off, its last answer stays."""

    def __init__(self, **answers: object) -> None:
        self.tokens = 0
        self.asked: list[tuple[str, str, object]] = []
        self.answers: dict[str, object] = {
            "/datacube/getusercumulate": {
                "list": [{"ref_date": "2026-11-21", "user_source": 0, "cumulate_user": 1204}]
            },
            "/datacube/getusersummary": {
                "list": [
                    {"ref_date": "2026-11-21", "user_source": 1, "new_user": 3, "cancel_user": 1},
                    {"ref_date": "2026-11-21", "user_source": 30, "new_user": 2, "cancel_user": 0},
                ]
            },
            "/cgi-bin/openapi/quota/get": {
                "errcode": 0,
                "errmsg": "ok",
                "quota": {"daily_limit": 1000, "used": 20, "remain": 980},
            },
            **{f"/{path.replace('__', '/')}": answer for path, answer in answers.items()},
        }

    def answer(self, path: str, query: dict[str, list[str]], body: object) -> object:
        self.asked.append((path, query.get("access_token", [""])[0], body))
        if path == "/cgi-bin/stable_token" and path not in self.answers:
            self.tokens += 1
            return {"access_token": f"token-number-{self.tokens}", "expires_in": 7200}
        found = self.answers[path]
        if isinstance(found, list):
            found = found.pop(0) if len(found) > 1 else found[0]
        return found

    def behave(self, stream: socket.socket) -> None:
        data = b""
        while True:
            while b"\r\n\r\n" not in data:
                piece = stream.recv(65536)
                if not piece:
                    return
                data += piece
            head, _, data = data.partition(b"\r\n\r\n")
            length = re.search(rb"(?i)content-length: (\d+)", head)
            while len(data) < (int(length[1]) if length else 0):
                data += stream.recv(65536)
            body, data = data, b""
            target = urlsplit(head.split()[1].decode())
            said = self.answer(
                target.path, parse_qs(target.query), json.loads(body) if body else None
            )
            text = said if isinstance(said, bytes) else json.dumps(said).encode()
            stream.sendall(f"HTTP/1.1 200 OK\r\nContent-Length: {len(text)}\r\n\r\n".encode())
            stream.sendall(text)

    @contextmanager
    def serving(self) -> Iterator[AccountAddress]:
        with listener(self.behave) as port:
            yield AccountAddress("wx-test", f"http://127.0.0.1:{port}")


def look(address: AccountAddress, secret: str | None = "app-secret") -> AccountDetails:
    return wechat.look(address, secret, Context(), now=lambda: NOW)


def refused(code: int, said: str = "no rid: 1-2-3") -> dict:
    return {"errcode": code, "errmsg": said}


def test_a_look_counts_yesterdays_followers_and_todays_calls() -> None:
    interfaces = Interfaces()
    with interfaces.serving() as address:
        seen = look(address)
    assert seen == AccountDetails(1204, 5, 1, 20, 1000, {})
    paths = [path for path, _, _ in interfaces.asked]
    assert paths[0] == "/cgi-bin/stable_token"
    assert interfaces.asked[0][2]["force_refresh"] is False
    assert {token for _, token, _ in interfaces.asked[1:]} == {"token-number-1"}
    assert interfaces.asked[1][2] == {"begin_date": "2026-11-21", "end_date": "2026-11-21"}
    assert redact("token-number-1 app-secret") == "●●● ●●●"


def test_without_a_secret_nothing_is_asked() -> None:
    with pytest.raises(OpsError, match="No AppSecret is kept") as caught:
        look(AccountAddress("wx-test", "http://127.0.0.1:9"), None)
    assert caught.value.hint


@pytest.mark.parametrize(
    ("code", "hint"), [(40164, "whitelist"), (40125, "AppSecret"), (40013, "AppID"), (7, "Look up")]
)
def test_a_refused_login_says_what_to_do(code: int, hint: str) -> None:
    interfaces = Interfaces(**{"cgi-bin__stable_token": refused(code)})
    with interfaces.serving() as address, pytest.raises(WeChatRefused) as caught:
        look(address)
    assert hint in caught.value.hint
    assert "rid: 1-2-3" in caught.value.message
    assert "app-secret" not in caught.value.message


def test_a_part_without_permission_is_unknown_and_spoils_nothing_else() -> None:
    with Interfaces(datacube__getusersummary=refused(48001)).serving() as address:
        seen = look(address)
    assert (seen.followers, seen.new_followers, seen.quota_used) == (1204, None, 20)
    assert "48001" in seen.sections["changes of followers"]


def test_figures_that_are_not_ready_are_not_a_fault() -> None:
    with Interfaces(datacube__getusercumulate=refused(61503)).serving() as address:
        seen = look(address)
    assert (seen.followers, seen.sections) == (None, {})


def test_an_answer_in_another_form_is_told() -> None:
    with Interfaces(datacube__getusercumulate={"rows": []}).serving() as address:
        assert "form we do not know" in look(address).sections["followers"]


def test_a_lost_token_is_fetched_anew_once() -> None:
    lost = [refused(40001), {"total_count": 7}]
    interfaces = Interfaces(**{"cgi-bin__draft__count": lost})
    with interfaces.serving() as address, WeChat(address, "app-secret", Context()) as account:
        assert account.call("/cgi-bin/draft/count") == {"total_count": 7}
    assert interfaces.tokens == 2
    interfaces = Interfaces(**{"cgi-bin__draft__count": refused(40001)})
    with (
        interfaces.serving() as address,
        WeChat(address, "app-secret", Context()) as account,
        pytest.raises(WeChatRefused, match="40001"),
    ):
        account.call("/cgi-bin/draft/count")
    assert interfaces.tokens == 2


def test_a_busy_interface_is_asked_three_times(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Context, "wait", lambda self, seconds: None)
    busy = refused(-1, "system error")
    for answers, tries in ([busy, busy, {"ok": 1}], 3), ([busy], 3):
        interfaces = Interfaces(**{"cgi-bin__draft__count": list(answers)})
        with interfaces.serving() as address, WeChat(address, "secret", Context()) as account:
            if len(answers) > 1:
                assert account.call("/cgi-bin/draft/count") == {"ok": 1}
            else:
                with pytest.raises(WeChatRefused):
                    account.call("/cgi-bin/draft/count")
        assert len(interfaces.asked) == 1 + tries


def test_a_page_that_is_no_answer_is_told() -> None:
    interfaces = Interfaces(**{"cgi-bin__stable_token": b"<html>hotel</html>"})
    with interfaces.serving() as address, pytest.raises(OpsError, match="no proper answer"):
        look(address)


def test_a_closed_port_is_told() -> None:
    with pytest.raises(tcp.PortClosed):
        look(AccountAddress("wx-test", f"http://127.0.0.1:{free_port()}"))


def test_cancel_wakes_a_waiting_call() -> None:
    context = Context()
    with listener(silent) as port:
        address = AccountAddress("wx-test", f"http://127.0.0.1:{port}")
        threading.Timer(0.3, context.cancel).start()
        begun = time.monotonic()
        with pytest.raises(Cancelled):
            wechat.look(address, "app-secret", context)
        assert time.monotonic() - begun < 8


def test_the_secret_never_travels_unencrypted() -> None:
    with pytest.raises(OpsError, match="is not encrypted"):
        look(AccountAddress("wx-test", "http://api.weixin.qq.com"))


# -- The sandbox's stand-in, which keeps to the documented forms


@pytest.fixture(scope="module")
def stand_in(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wechat]:
    with Wechat(tmp_path_factory.mktemp("wechat")) as server:
        yield server


@pytest.mark.servers
def test_the_stand_in_answers_a_look(stand_in: Wechat) -> None:
    earlier = datetime.now(UTC) - timedelta(days=2)  # the day before it is surely ready
    seen = wechat.look(stand_in.address, stand_in.secret, Context(), now=lambda: earlier)
    assert seen.sections == {}
    assert seen.followers is not None
    assert seen.followers > 8000
    assert seen.new_followers is not None
    assert seen.quota_limit == 10_000


@pytest.mark.servers
def test_the_stand_in_refuses_as_wechat_does(stand_in: Wechat) -> None:
    with pytest.raises(WeChatRefused, match="40125"):
        look(stand_in.address, "another-secret")
    stand_in.configure(whitelist=[])
    with pytest.raises(WeChatRefused, match="40164"):
        look(stand_in.address, stand_in.secret)
    stand_in.configure(whitelist=["127.0.0.1"], certified=False)
    seen = look(stand_in.address, stand_in.secret)
    assert "48001" in seen.sections["followers"]
    assert seen.quota_used is not None
    stand_in.configure(certified=True)


# -- Calls that leave from a server on the whitelist


@pytest.mark.servers
def test_calls_go_through_the_server(stand_in: Wechat, sshd: Sshd, tmp_path: Path) -> None:
    """The stand-in hears of every call; here it must not hear one that did not pass the server."""
    context, known = Context(), tmp_path / "known_hosts"
    known.write_text(sshd.known_hosts_line())
    host, port = wechat.host_of(stand_in.address)
    with (
        Ssh.open(sshd.address, context, password=None, known_hosts=known) as server,
        forwarded(server, host, port, context) as local,
    ):
        with WeChat(stand_in.address, stand_in.secret, context, port=local) as account:
            assert account.call("/cgi-bin/draft/count") == {"total_count": 3}
        with WeChat(stand_in.address, stand_in.secret, context, port=local) as account:
            assert account.call("/cgi-bin/draft/count") == {"total_count": 3}
        server.cut()
        with (
            WeChat(stand_in.address, stand_in.secret, context, port=local) as account,
            pytest.raises(OpsError, match="no proper answer"),
        ):
            account.call("/cgi-bin/draft/count")
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", local), timeout=2)


@pytest.mark.servers
def test_a_server_that_cannot_reach_wechat_says_so(sshd: Sshd, tmp_path: Path) -> None:
    context, known = Context(), tmp_path / "known_hosts"
    known.write_text(sshd.known_hosts_line())
    with (
        Ssh.open(sshd.address, context, password=None, known_hosts=known) as server,
        pytest.raises(TunnelRefused, match="cannot reach"),
        forwarded(server, "127.0.0.1", free_port(), context),
    ):
        pass


@pytest.mark.parametrize("name", ["api.weixin.qq.com", "evil.example"])
def test_the_certificate_must_be_wechats_though_the_port_is_here(name: str, tmp_path: Path) -> None:
    issued = issue(tmp_path, days=30, name=name)
    server_side = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server_side.load_cert_chain(issued.certificate, issued.key)
    trusting = ssl.create_default_context(cafile=str(issued.ca))
    interfaces = Interfaces(**{"cgi-bin__draft__count": {"total_count": 3}})

    def behave(stream: socket.socket) -> None:
        with suppress(ssl.SSLError), server_side.wrap_socket(stream, server_side=True) as secure:
            interfaces.behave(secure)

    address = AccountAddress("wx-test")  # https://api.weixin.qq.com
    with (
        listener(behave) as port,
        WeChat(address, "app-secret", Context(), port=port, verify=trusting) as account,
    ):
        if name == "api.weixin.qq.com":
            assert account.call("/cgi-bin/draft/count") == {"total_count": 3}
        else:
            with pytest.raises(OpsError, match="no proper answer"):
                account.call("/cgi-bin/draft/count")
            assert interfaces.asked == []
