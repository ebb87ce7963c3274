"""The account's interfaces: tokens, refusals, and what is tried again."""

from __future__ import annotations

import json
import os
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
from hypothesis import given, settings
from hypothesis import strategies as st

from gmops_desktop.adapters import tcp, wechat
from gmops_desktop.adapters.ssh import Ssh, TunnelRefused
from gmops_desktop.adapters.ssh.forward import forwarded
from gmops_desktop.adapters.wechat import KeptMenu, Pauses, WeChat, WeChatRefused
from gmops_desktop.addresses import AccountAddress
from gmops_desktop.context import Context
from gmops_desktop.contract.account_parts import CALLS_A_DAY, PARTS
from gmops_desktop.contract.fact_lines import lines_of
from gmops_desktop.contract.looks import (
    AccountDay,
    AccountDetails,
    Article,
    CallbackSeen,
    MenuSeen,
    Standing,
    details_from_dict,
    details_to_dict,
)
from gmops_desktop.contract.metrics import samples_of
from gmops_desktop.contract.verdicts import History, verdict
from gmops_desktop.errors import Cancelled, OpsError
from gmops_desktop.log import redact
from sandbox.certificates import issue
from sandbox.sshd import Sshd
from sandbox.wechat import Wechat
from strange_servers import free_port, listener, silent

# The errcodes whose reactions the reference of the interfaces names.
KNOWN = {
    *(-1, 40001, 40013, 40014, 40125, 40164, 40243, 41001, 41002, 41004, 42001, 45009, 45011),
    *(47009, 48001, 48004, 48006, 61004, 61500, 61501, 61503, 89503, 89506, 89507),
}
NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)  # 11 o'clock in China


MENU = {
    "is_menu_open": 1,
    "selfmenu_info": {
        "button": [
            {"type": "view", "name": "Home", "url": "https://chamber.example/"},
            {"name": "More", "sub_button": {"list": [{"type": "click", "name": "Help",
                                                      "key": "HELP"}]}},
        ]
    },
}  # fmt: skip


class Interfaces:
    """Answers by path; a list is worked off, its last answer stays."""

    def __init__(self, **answers: object) -> None:
        self.tokens = 0
        self.asked: list[tuple[str, str, object]] = []
        self.answers: dict[str, object] = {
            "/datacube/getusercumulate": {
                "list": [{"ref_date": "2026-11-21", "user_source": 0, "cumulate_user": 1204}]
            },
            "/datacube/getbizsummary": {
                "list": [
                    {
                        "ref_date": "2026-11-21",
                        "detail": {
                            "read_user": 312,
                            "share_user": 17,
                            "zaikan_user": 4,
                            "like_user": 9,
                        },
                    }
                ],
                "is_delay": False,
            },
            "/datacube/getinterfacesummary": {
                "list": [
                    {
                        "ref_date": "2026-11-21",
                        "callback_count": 400,
                        "fail_count": 2,
                        "total_time_cost": 32_000,
                        "max_time_cost": 4100,
                    }
                ]
            },
            "/datacube/getarticletotaldetail": [
                {
                    "list": [
                        {
                            "ref_date": "2026-11-21",
                            "msgid": "2247490098_1",
                            "publish_type": 0,
                            "title": "Weekly",
                            "content_url": "https://mp.example/s/1",
                            "detail_list": [
                                {
                                    "stat_date": "2026-11-22",
                                    "read_user": 90,
                                    "share_user": 5,
                                    "read_finish_rate": 0.41,
                                },
                                {"stat_date": "2026-11-21", "read_user": 70, "share_user": 4},
                            ],
                        }
                    ],
                    "is_delay": False,
                },
                {"list": [], "is_delay": False},
            ],
            "/cgi-bin/callback/check": {
                "dns": [{"ip": "203.0.113.10", "real_operator": "CAP"}],
                "ping": [
                    {
                        "ip": "203.0.113.10",
                        "from_operator": "CAP",
                        "package_loss": "0%",
                        "time": "23.4ms",
                    }
                ],
            },
            "/cgi-bin/get_current_selfmenu_info": MENU,
            "/cgi-bin/account/getaccountbasicinfo": {
                "account_type": 2,
                "principal_name": "Chamber",
                "wx_verify_info": {
                    "qualification_verify": True,
                    "annual_review": True,
                    "annual_review_end_time": 1_798_732_799,
                },
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
        if isinstance(found, list) and found:
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
            head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(text)}\r\n\r\n".encode()
            stream.sendall(head + text)  # in one piece, or the text waits for an acknowledgement

    @contextmanager
    def serving(self) -> Iterator[AccountAddress]:
        with listener(self.behave) as port:
            yield AccountAddress("wx-test", f"http://127.0.0.1:{port}")


def look(
    address: AccountAddress,
    secret: str | None = "app-secret",
    before: AccountDetails | None = None,
    *,
    at: datetime = NOW,
    kept: KeptMenu | None = None,
) -> AccountDetails:
    return wechat.look(address, secret, Context(), before=before, kept=kept, now=lambda: at)


def refused(code: int, said: str = "no rid: 1-2-3") -> dict:
    return {"errcode": code, "errmsg": said}


def test_a_look_asks_every_part() -> None:
    interfaces = Interfaces()
    with interfaces.serving() as address:
        seen = look(address)
    (day,) = seen.days
    assert day == AccountDay("2026-11-21", 1204, 5, 1, 312, 17, 400, 2, 80.0, 4100, 4, 9)
    assert seen.quotas is not None
    assert {quota.share for quota in seen.quotas} == {2.0}
    assert seen.callback == CallbackSeen(("203.0.113.10",), 1, 0, 23.4)
    assert seen.articles == (
        Article("2026-11-21", "Weekly", "https://mp.example/s/1", 90, 5, 41.0),
    )
    assert seen.menu == MenuSeen(("Home", "More", "More › Help"))
    assert seen.standing == Standing(True, "Chamber", True, "2026-12-31")
    assert seen.sections == {}
    assert list(seen.notes) == ["echo"]  # no callback is entered
    assert interfaces.asked[0][2]["force_refresh"] is False
    assert {token for _, token, _ in interfaces.asked[1:]} == {"token-number-1"}
    assert redact("token-number-1 app-secret") == "●●● ●●●"
    spans = {path: body for path, _, body in interfaces.asked if path.startswith("/datacube")}
    assert spans["/datacube/getusercumulate"] == {
        "begin_date": "2026-11-15",
        "end_date": "2026-11-21",
    }
    assert not {path for path, _, _ in interfaces.asked} & {
        "/datacube/getarticlesummary",
        "/datacube/getuserread",
    }


def test_calls_within_the_budget_that_is_written_down() -> None:
    """From 11 to 17 o'clock; nothing is asked more often than each quarter of an hour, so that
    these looks tell what those of each minute would."""
    interfaces, seen, hours = Interfaces(), None, 6
    with interfaces.serving() as address:
        for quarter in range(4 * hours):
            seen = look(address, before=seen, at=NOW + timedelta(minutes=15 * quarter))
    calls = [path for path, _, _ in interfaces.asked if path != "/cgi-bin/stable_token"]
    turns = timedelta(hours=hours)
    asked = [one for one in PARTS.values() if one.calls]
    assert len(calls) == sum(one.calls * max(1, turns // one.every) for one in asked)
    assert CALLS_A_DAY == sum(one.calls * (timedelta(days=1) // one.every) for one in asked) < 1000


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
    assert seen.followers == 1204
    assert seen.days[-1].new is None
    assert "48001" in seen.sections["changes"]
    assert "certify the account" in seen.sections["changes"]
    assert set(seen.sections) == {"changes"}


def test_figures_that_are_not_ready_are_not_a_fault_and_never_zero() -> None:
    with Interfaces(datacube__getusercumulate=refused(61503)).serving() as address:
        seen = look(address)
    assert (seen.followers, seen.sections) == (None, {})
    assert "not ready yet" in seen.notes["followers"]
    assert seen.days[-1].new == 5


def test_days_that_are_told_are_never_asked_for_again() -> None:
    interfaces = Interfaces()
    tomorrow = NOW + timedelta(days=1)
    with interfaces.serving() as address:
        seen = look(address)
        interfaces.asked.clear()
        later = look(address, before=seen, at=NOW + timedelta(hours=2))
        assert not [path for path, _, _ in interfaces.asked if path.startswith("/datacube")]
        assert later.days == seen.days
        interfaces.answers["/datacube/getusercumulate"] = {
            "list": [{"ref_date": "2026-11-22", "cumulate_user": 1210}]
        }
        next_day = look(address, before=later, at=tomorrow)
    asked = [body for path, _, body in interfaces.asked if path == "/datacube/getusercumulate"]
    assert asked == [{"begin_date": "2026-11-22", "end_date": "2026-11-22"}]
    assert next_day.followers == 1210
    assert next_day.days[-1].new is None  # the others told nothing of the new day
    assert next_day.notes["changes"] == "WeChat tells nothing of 2026-11-22"


def test_before_eight_the_day_before_yesterday_is_asked_for() -> None:
    interfaces = Interfaces()
    with interfaces.serving() as address:
        look(address, at=datetime(2026, 11, 21, 23, 30, tzinfo=UTC))  # 7.30 in China
    asked = [body for path, _, body in interfaces.asked if path == "/datacube/getusercumulate"]
    assert [body["end_date"] for body in asked] == ["2026-11-20"]


def test_a_newest_day_that_is_late_keeps_no_other_from_being_told() -> None:
    two = {
        "list": [
            {"ref_date": "2026-11-20", "detail": {"read_user": 100, "share_user": 1}},
            {"ref_date": "2026-11-21", "detail": {"read_user": 7, "share_user": 0}},
        ],
        "is_delay": True,
    }
    followers = [refused(61503), {"list": [{"ref_date": "2026-11-20", "cumulate_user": 1199}]}]
    interfaces = Interfaces(datacube__getbizsummary=two, datacube__getusercumulate=followers)
    with interfaces.serving() as address:
        seen = look(address)
    assert [(day.on, day.readers, day.followers) for day in seen.days] == [
        ("2026-11-20", 100, 1199),
        ("2026-11-21", None, None),  # a part of a day is not the day
    ]
    assert {"followers", "reads"} < set(seen.notes)


def test_an_answer_in_another_form_is_told() -> None:
    day = {"ref_date": "2026-11-21"}
    for strange in (
        {"rows": []},
        {"list": [7]},
        {"list": [{"ref_date": "soon"}]},
        {"list": None},
        {"list": [{**day, "cumulate_user": -1}]},
        {"list": [{**day, "cumulate_user": 1e300}]},
        {"list": [{**day, "cumulate_user": "many"}]},
        {"list": [{**day, "cumulate_user": 7.5}]},
    ):
        with Interfaces(datacube__getusercumulate=strange).serving() as address:
            seen = look(address)
        assert "form we do not know" in seen.sections["followers"]
        assert seen.callback is not None


def test_a_quota_of_an_interface_that_is_closed_is_no_fault() -> None:
    closed = {"errcode": 0, "quota": {"daily_limit": 0, "used": 0, "remain": 0}}
    fine = {"errcode": 0, "quota": {"daily_limit": 100, "used": 7, "remain": 93}}
    interfaces = Interfaces(**{"cgi-bin__openapi__quota__get": [closed, refused(76022), fine]})
    with interfaces.serving() as address:
        seen = look(address)
    assert seen.quotas is not None
    assert [quota.closed for quota in seen.quotas[:3]] == [True, True, False]
    assert seen.fullest is not None
    assert seen.fullest.share == 7


def test_what_is_spent_for_today_waits_for_midnight() -> None:
    interfaces = Interfaces(**{"cgi-bin__callback__check": refused(45009)})
    with interfaces.serving() as address:
        seen = look(address)
    assert "midnight" in seen.sections["callback"]
    assert datetime.fromisoformat(seen.due["callback"]) == datetime(2026, 11, 22, 16, tzinfo=UTC)


def test_who_asks_anew_gets_no_older_answer_but_no_closed_day_again() -> None:
    interfaces = Interfaces()
    with interfaces.serving() as address:
        first = look(address)
        interfaces.asked.clear()
        later = NOW + timedelta(minutes=1)
        wechat.look(address, "app-secret", Context(), before=first, since=later, now=lambda: later)
        paths = [path for path, _, _ in interfaces.asked]
        assert {"/cgi-bin/callback/check", "/cgi-bin/get_current_selfmenu_info"} < set(paths)
        assert "/datacube/getusercumulate" not in paths


def test_only_a_call_from_here_is_told_of_the_way_through_the_server() -> None:
    said = "invalid ip 198.51.100.7, not in whitelist"
    direct = WeChatRefused(40164, said, "/x", direct=True)
    assert "add 198.51.100.7" in direct.hint
    assert "through the server" in direct.hint
    assert "through the server" not in WeChatRefused(61004, said, "/x").hint


def test_a_clock_that_was_set_back_keeps_nothing_waiting() -> None:
    interfaces = Interfaces()
    with interfaces.serving() as address:
        ahead = look(address, at=NOW + timedelta(days=400))
        interfaces.asked.clear()
        look(address, before=ahead)
    assert "/cgi-bin/callback/check" in [path for path, _, _ in interfaces.asked]


def test_a_menu_that_changed_is_seen_even_after_a_look_that_could_not_read_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Context, "wait", lambda self, seconds: None)
    path = "/cgi-bin/get_current_selfmenu_info"
    interfaces = Interfaces()
    with interfaces.serving() as address:
        first = look(address)
        interfaces.answers[path] = refused(-1)
        blind = look(address, before=first, at=NOW + timedelta(hours=2))
        interfaces.answers[path] = {"is_menu_open": 0}
        after = look(address, before=blind, at=NOW + timedelta(hours=4))
    assert (first.menu_changed_at, blind.menu, blind.menu_digest) == ("", None, first.menu_digest)
    assert after.menu == MenuSeen(())
    assert after.menu_changed_at == (NOW + timedelta(hours=4)).isoformat()


def test_a_menu_is_held_against_the_archive_at_every_look() -> None:
    with Interfaces().serving() as address:
        first = look(address)
        kept = KeptMenu(first.menu_digest, NOW)
        same = look(address, before=first, kept=kept)
        other = look(address, before=first, kept=KeptMenu("other", NOW))
    assert first.menu is not None
    assert [one.menu and one.menu.as_kept for one in (first, same, other)] == [None, True, False]


def test_an_account_without_a_callback_or_with_a_silent_verification() -> None:
    interfaces = Interfaces(
        **{
            "cgi-bin__callback__check": refused(40201),
            "cgi-bin__account__getaccountbasicinfo": refused(48001),
        }
    )
    with interfaces.serving() as address:
        seen = look(address)
    assert seen.sections == {}
    assert "No callback address" in seen.notes["callback"]
    assert "expiry board" in seen.notes["standing"]


def test_a_line_that_dies_in_the_middle_is_not_asked_part_by_part() -> None:
    interfaces = Interfaces()
    torn = {path: b"" for path in interfaces.answers}
    interfaces.answers |= torn
    with interfaces.serving() as address:
        seen = look(address)
    assert len(interfaces.asked) == 3  # the token, and two parts
    assert "was not asked" in seen.sections["menu"]
    assert set(seen.sections) == set(PARTS) - {"echo"}


def test_a_look_ends_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gmops_desktop.adapters.wechat.parts._LONGEST", -1.0)
    interfaces = Interfaces()
    with interfaces.serving() as address:
        seen = look(address)
    assert len(interfaces.asked) == 1
    assert "too slowly" in seen.sections["menu"]


def test_a_refusal_that_must_be_waited_out_is_not_asked_again(tmp_path: Path) -> None:
    pauses = Pauses(tmp_path / "pauses.json")
    pauses.note("wx-test", WeChatRefused(40001, "", "/x"), NOW)
    pauses.check("wx-test", NOW)
    pauses.note("wx-test", WeChatRefused(89507, "ip 198.51.100.7", "/x"), NOW)
    pauses.check("wx-other", NOW)
    with pytest.raises(WeChatRefused, match=r"198\.51\.100\.7"):
        pauses.check("wx-test", NOW + timedelta(minutes=59))
    pauses.check("wx-test", NOW + timedelta(minutes=61))


@pytest.mark.parametrize("code", sorted(KNOWN))
def test_every_code_has_a_sentence_and_a_way_out(code: int) -> None:
    refusal = WeChatRefused(code, "hint: [x] rid: 1-2-3 198.51.100.7", "/cgi-bin/x")
    assert "WeChat refuses the call" not in refusal.message
    assert refusal.hint
    assert str(code) in refusal.message
    assert "rid: 1-2-3" in refusal.message


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


# -- Damaged answers


JUNK = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=9)


@st.composite
def damaged(draw: st.DrawFn) -> dict[str, object]:
    """Return the usual answers with one place in one of them replaced by something else."""
    answers = json.loads(json.dumps(Interfaces().answers))
    path = draw(st.sampled_from(sorted(answers)))
    holder, key = answers, path
    while isinstance(holder[key], dict | list) and holder[key] and draw(st.booleans()):
        holder = holder[key]
        key = draw(st.sampled_from(sorted(holder) if isinstance(holder, dict)
                                   else range(len(holder))))  # fmt: skip
    holder[key] = draw(JUNK | st.lists(JUNK, max_size=2) | st.dictionaries(st.text(), JUNK))
    return answers


@settings(max_examples=int(os.environ.get("GMOPS_SOAK", "15")), deadline=None)
@given(damaged())
def test_a_damaged_answer_is_never_more_than_an_unknown_part(answers: dict[str, object]) -> None:
    interfaces = Interfaces()
    interfaces.answers = answers
    with interfaces.serving() as address:
        seen = look(address)
        again = look(address, before=seen, at=NOW + timedelta(days=1))
    for one in (seen, again):
        kept = json.dumps(details_to_dict(one), allow_nan=False)  # the store knows no other
        assert details_from_dict("account", json.loads(kept)) == one
        assert verdict(one, History(at=NOW)).reason
        assert lines_of(one)
        assert samples_of(one)
