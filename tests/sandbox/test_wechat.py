"""The WeChat stand-in keeps to the documented forms, limits and error codes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from gmops_desktop.adapters.wechat.callback import signature_of
from sandbox.wechat import RETIRED, STATISTICS, Account, Failed, Wechat

Json = dict[str, object]


@pytest.fixture
def wechat(tmp_path: Path) -> Iterator[Wechat]:
    with Wechat(tmp_path / "wechat") as server:
        yield server


def ask(wechat: Wechat, path: str, body: Json | None = None, **query: str) -> Json:
    with httpx.Client(base_url=wechat.base_url, trust_env=False) as client:
        method = "GET" if body is None else "POST"
        answer = client.request(method, path, params=query, json=body)
    assert answer.status_code == 200
    assert answer.headers["X-Stand-In"] == "gmops-sandbox"
    return answer.json()


def stable_token(wechat: Wechat, **changed: object) -> Json:
    given = {
        "grant_type": "client_credential",
        "appid": wechat.address.app_id,
        "secret": wechat.secret,
    }
    return ask(wechat, "/cgi-bin/stable_token", {**given, **changed})


def days_ago(days: int) -> str:
    return (datetime.now(UTC) + timedelta(hours=8) - timedelta(days=days)).date().isoformat()


def test_a_stable_token_stays_the_same_and_opens_everything(wechat: Wechat) -> None:
    first, second = stable_token(wechat), stable_token(wechat)
    assert first["access_token"] == second["access_token"]
    assert 0 < first["expires_in"] <= 7200
    forced = stable_token(wechat, force_refresh=True)
    assert forced["access_token"] != first["access_token"]
    token = str(forced["access_token"])
    assert ask(wechat, "/cgi-bin/getcallbackip", access_token=token)["ip_list"]
    info = ask(wechat, "/cgi-bin/account/getaccountbasicinfo", access_token=token)
    assert info["wx_verify_info"]["annual_review_end_time"] > datetime.now(UTC).timestamp()
    quota = ask(wechat, "/cgi-bin/openapi/quota/get", {"cgi_path": "/cgi-bin/getcallbackip"},
                access_token=token)  # fmt: skip
    assert quota["quota"]["used"] == 1
    stale = ask(wechat, "/cgi-bin/getcallbackip", access_token=str(first["access_token"]))
    assert stale["errcode"] == 40001


def test_the_plain_token_does_not_end_the_stable_one(wechat: Wechat) -> None:
    stable = str(stable_token(wechat)["access_token"])
    plain = ask(wechat, "/cgi-bin/token", grant_type="client_credential",
                appid=wechat.address.app_id, secret=wechat.secret)  # fmt: skip
    assert plain["access_token"] != stable
    assert "errcode" not in ask(wechat, "/cgi-bin/menu/get", access_token=stable)


def test_every_statistic_answers_within_its_span_only(wechat: Wechat) -> None:
    token = str(stable_token(wechat)["access_token"])
    for name, span in STATISTICS.items():
        body: Json = {"begin_date": days_ago(span + 2), "end_date": days_ago(3)}
        rows = ask(wechat, f"/datacube/{name}", body, access_token=token)["list"]
        assert len({row["ref_date"] for row in rows}) == span, name
        again = ask(wechat, f"/datacube/{name}", body, access_token=token)["list"]
        assert again == rows, "the past changed"
        body["begin_date"] = days_ago(span + 3)
        assert ask(wechat, f"/datacube/{name}", body, access_token=token)["errcode"] == 61501
    today: Json = {"begin_date": days_ago(0), "end_date": days_ago(0)}
    assert ask(wechat, "/datacube/getbizsummary", today, access_token=token)["errcode"] == 61503
    odd: Json = {"begin_date": "1.4.2018", "end_date": "2.4.2018"}
    assert ask(wechat, "/datacube/getbizsummary", odd, access_token=token)["errcode"] == 61500
    for name in RETIRED:
        assert ask(wechat, f"/datacube/{name}", today, access_token=token)["errcode"] == 47009


def test_what_the_real_one_would_refuse(wechat: Wechat) -> None:
    assert stable_token(wechat, appid="wx0")["errcode"] == 40013
    assert stable_token(wechat, secret="wrong")["errcode"] == 40125
    assert ask(wechat, "/cgi-bin/menu/get")["errcode"] == 41001
    token = str(stable_token(wechat)["access_token"])
    assert ask(wechat, "/cgi-bin/nothing", access_token=token)["errcode"] == 40066
    assert ask(wechat, "/cgi-bin/menu/get", {}, access_token=token)["errcode"] == 43001
    assert ask(wechat, "/datacube/getbizsummary", access_token=token)["errcode"] == 43002


def test_whitelist_and_certification(wechat: Wechat) -> None:
    token = str(stable_token(wechat)["access_token"])
    wechat.configure(certified=False)
    body: Json = {"begin_date": days_ago(3), "end_date": days_ago(3)}
    assert ask(wechat, "/datacube/getbizsummary", body, access_token=token)["errcode"] == 48001
    info = ask(wechat, "/cgi-bin/account/getaccountbasicinfo", access_token=token)
    assert info["wx_verify_info"]["annual_review"] is False
    wechat.configure(whitelist=[])
    refused = stable_token(wechat)
    assert refused["errcode"] == 40164
    assert "127.0.0.1" in str(refused["errmsg"])
    assert "rid:" in str(refused["errmsg"])


def test_a_scripted_failure_happens_once(wechat: Wechat) -> None:
    wechat.fail_next("/cgi-bin/menu/get", 45009, "reach max api daily quota limit")
    token = str(stable_token(wechat)["access_token"])
    assert ask(wechat, "/cgi-bin/menu/get", access_token=token)["errcode"] == 45009
    assert "menu" in ask(wechat, "/cgi-bin/menu/get", access_token=token)


def test_a_token_ends_after_two_hours(wechat: Wechat) -> None:
    now = [1_000_000.0]
    account = Account(wechat.folder, clock=lambda: now[0])
    path = (
        f"/cgi-bin/token?grant_type=client_credential&appid={wechat.address.app_id}"
        f"&secret={wechat.secret}"
    )
    token = account.answer("GET", path, b"", "127.0.0.1")["access_token"]
    account.answer("GET", f"/cgi-bin/menu/get?access_token={token}", b"", "127.0.0.1")
    now[0] += 7201
    with pytest.raises(Failed) as caught:
        account.answer("GET", f"/cgi-bin/menu/get?access_token={token}", b"", "127.0.0.1")
    assert caught.value.errcode == 42001


def test_the_network_check_takes_only_what_is_documented(wechat: Wechat) -> None:
    token = str(stable_token(wechat)["access_token"])

    def check(**body: object) -> Json:
        return ask(wechat, "/cgi-bin/callback/check", body, access_token=token)

    assert set(check(action="all", check_operator="DEFAULT")) == {"dns", "ping"}
    assert set(check(action="dns", check_operator="CAP")) == {"dns"}
    assert check(action="trace", check_operator="CAP")["errcode"] == 40202
    assert check(action="all", check_operator="MINE")["errcode"] == 40203
    wechat.configure(callback=None)
    assert check(action="all", check_operator="DEFAULT")["errcode"] == 40201


def test_a_days_calls_end(wechat: Wechat) -> None:
    path, token = "/cgi-bin/draft/count", str(stable_token(wechat)["access_token"])
    wechat.configure(limits={path: 3}, used={path: 1})
    assert [ask(wechat, path, access_token=token).get("errcode", 0) for _ in range(3)] == [
        0, 0, 45009,
    ]  # fmt: skip
    quota = ask(wechat, "/cgi-bin/openapi/quota/get", {"cgi_path": path}, access_token=token)
    assert quota["quota"] == {"daily_limit": 3, "used": 3, "remain": 0}


def test_the_new_statistics_say_whether_they_are_late(wechat: Wechat) -> None:
    token = str(stable_token(wechat)["access_token"])
    body: Json = {"begin_date": days_ago(2), "end_date": days_ago(2)}
    for late in (False, True):
        wechat.configure(delayed=["getarticletotaldetail"] if late else [])
        told = ask(wechat, "/datacube/getarticletotaldetail", body, access_token=token)
        assert told["is_delay"] is late
    sums = [row["read_user"] for row in told["list"][0]["detail_list"]]
    assert sums == sorted(sums)  # each day holds what came before
    assert "is_delay" not in ask(wechat, "/datacube/getusersummary", body, access_token=token)


def test_the_site_answers_a_right_signature_only(wechat: Wechat) -> None:
    def echo(token: str) -> tuple[int, str]:
        signed = signature_of(token, "1540000000", "nonce")
        question = {"signature": signed, "timestamp": "1540000000", "nonce": "nonce",
                    "echostr": "4711"}  # fmt: skip
        answer = httpx.get(wechat.address.callback, params=question, trust_env=False)
        return answer.status_code, answer.text

    assert echo(wechat.callback_token) == (200, "4711")
    assert echo("another") == (403, "forbidden")
    wechat.configure(site="unguarded")
    assert echo("another") == (200, "4711")
    wechat.configure(site="broken")
    assert echo(wechat.callback_token)[0] == 500


def test_an_older_sandbox_gets_the_settings_it_lacks(wechat: Wechat) -> None:
    old = {"app_id": "wx-old", "secret": "s", "certified": True, "whitelist": ["127.0.0.1"]}
    (wechat.folder / "config.json").write_text(json.dumps(old), "utf-8")
    assert wechat.address.app_id == "wx-old"
    assert wechat.callback_token == wechat.callback_token != ""
