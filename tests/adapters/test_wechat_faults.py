"""What can go wrong with an account, against the stand-in: every fault has its words, and blanks
nothing but its own part."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gmops_desktop.adapters import wechat
from gmops_desktop.adapters.wechat import Callback, WeChatRefused, calls
from gmops_desktop.context import Context
from gmops_desktop.contract.account_parts import PARTS
from gmops_desktop.contract.looks import AccountDetails
from gmops_desktop.contract.verdicts import History, Verdict, verdict
from gmops_desktop.errors import OpsError
from sandbox.wechat import Spoiled, Wechat

pytestmark = pytest.mark.servers

# Statistics of the day before are surely ready then, whatever the hour.
AT = datetime.now(UTC) - timedelta(days=1)
CHECK = "/cgi-bin/callback/check"
TOKEN = "/cgi-bin/stable_token"


@pytest.fixture(scope="module")
def stand_in(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wechat]:
    with Wechat(tmp_path_factory.mktemp("wechat")) as server:
        yield server


@pytest.fixture
def account(stand_in: Wechat) -> Iterator[Wechat]:
    before = stand_in.config()
    yield stand_in
    stand_in.configure(**before)
    (stand_in.folder / "faults.json").unlink(missing_ok=True)


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Context, "wait", lambda self, seconds: None)


def look(account: Wechat, before: AccountDetails | None = None, **changed: Any) -> AccountDetails:
    return wechat.look(
        changed.get("address", account.address),
        changed.get("secret", account.secret),
        Context(),
        before=before,
        site=Callback(changed.get("token", account.callback_token)),
        now=lambda: AT,
    )


def judged(seen: AccountDetails) -> Verdict:
    return verdict(seen, History(at=AT))


def test_a_calm_account_is_ok_and_everything_of_it_is_known(account: Wechat) -> None:
    seen = look(account)
    assert (seen.sections, seen.notes) == ({}, {})
    assert judged(seen).state == "ok", judged(seen).reason
    assert set(seen.asked) == set(PARTS)
    assert seen.followers is not None
    assert seen.followers > 8000
    assert len([day for day in seen.days if day.new is not None]) == 7
    assert len([day for day in seen.days if day.calls is not None]) == 30
    assert seen.articles is not None
    assert len(seen.articles) == 7
    assert seen.echo is not None
    assert (seen.echo.echoed, seen.echo.guarded) == (True, True)
    assert [figure.state for figure in judged(seen).figures] == ["ok"] * 4


@pytest.mark.parametrize(
    ("code", "said", "words"),
    [
        (40001, "invalid credential", "does not accept the AppSecret"),
        (40013, "invalid appid", "no such AppID"),
        (40125, "invalid appsecret", "AppSecret is wrong"),
        (40164, "invalid ip 198.51.100.7 ipv6 ::ffff:198.51.100.7, not in whitelist",
         "198.51.100.7 is not on the account's IP whitelist"),
        (61004, "access clientip 198.51.100.7 is not registered", "198.51.100.7 is not on"),
        (89503, "ip 198.51.100.7 need confirm", "confirm the address 198.51.100.7"),
        (89506, "ip refused", "has refused the address"),
        (40243, "appsecret frozen", "AppSecret is frozen"),
        (45011, "minute quota", "too many calls in this minute"),
        (-1, "system error", "WeChat is busy"),
    ],
)  # fmt: skip
def test_without_a_token_the_look_says_why(
    account: Wechat, code: int, said: str, words: str
) -> None:
    for _ in range(3 if code == -1 else 1):
        account.fail_next(TOKEN, code, said)
    with pytest.raises(WeChatRefused, match=words) as caught:
        look(account)
    assert caught.value.code == code
    assert caught.value.hint
    if "198.51" in said and code in (40164, 61004):
        assert "add 198.51.100.7" in caught.value.hint
    assert look(account).sections == {}  # and back


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (45009, "quota of calls of this interface is used up"),
        (48001, "may not use this interface"),
        (48004, "has banned"),
        (47009, "switched this interface off"),
        (61501, "span of days"),
        (50002, "restricted, frozen or closed"),
        (99999, "WeChat refuses the call"),
    ],
)
def test_a_refused_part_is_unknown_with_its_words_and_alone(
    account: Wechat, code: int, words: str
) -> None:
    account.fail_next("/datacube/getinterfacesummary", code, "no")
    seen = look(account)
    assert words in seen.sections["health"]
    assert set(seen.sections) == {"health"}
    found = judged(seen)
    assert (found.state, found.findings["known:health"].level) == ("unknown", "unknown")
    assert found.findings["callback"].level == "ok"
    # Asked again when it is due, and known again.
    later = AT + timedelta(days=1)
    again = wechat.look(account.address, account.secret, Context(), before=seen,
                        site=Callback(account.callback_token), now=lambda: later)  # fmt: skip
    assert "health" not in again.sections


def test_a_lost_token_is_fetched_anew_once_and_no_more(account: Wechat) -> None:
    account.fail_next(CHECK, 40001, "not latest")
    assert look(account).sections == {}
    account.fail_next(CHECK, 42001, "expired")  # it may also run out in the middle
    assert look(account).sections == {}
    for _ in range(2):
        account.fail_next(CHECK, 40001, "not latest")
    seen = look(account)
    assert set(seen.sections) == {"callback"}
    assert "40001" in seen.sections["callback"]


def test_figures_that_are_late_are_neither_zero_nor_a_fault(account: Wechat) -> None:
    account.fail_next("/datacube/getusercumulate", 61503, "data not ready")
    account.configure(delayed=["getbizsummary"])
    seen = look(account)
    assert {"followers", "reads"} <= set(seen.notes)
    assert seen.sections == {}
    newest = max(day.on for day in seen.days)
    (last,) = (day for day in seen.days if day.on == newest)
    assert (last.followers, last.readers) == (None, None)
    assert last.new is not None
    assert judged(seen).state == "ok"


def test_statistics_without_a_single_row_are_unknown(account: Wechat) -> None:
    account.configure(silent=["getusercumulate"])
    seen = look(account)
    assert seen.followers is None
    found = judged(seen)
    assert found.state == "unknown"
    assert "followers" in found.reason
    assert found.figures[0].value == "—"


def test_an_uncertified_account_says_what_to_ask_for(account: Wechat) -> None:
    account.configure(certified=False)
    seen = look(account)
    assert set(seen.sections) == {"followers", "changes", "reads", "health", "articles"}
    assert all("certify the account" in why for why in seen.sections.values())
    found = judged(seen)
    assert found.state == "warning"
    assert "not certified" in found.reason
    assert seen.menu is not None


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ("502", "HTTP 502"),
        ("empty", "empty or torn off"),
        ("torn", "empty or torn off"),
        ("page", "a web page came in its place"),
        ("silence", "nothing came in"),
    ],
)
def test_an_answer_that_is_not_wechats(
    account: Wechat, how: Spoiled, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calls, "_SECONDS", 1.0)
    account.spoil_next(TOKEN, how)
    with pytest.raises(OpsError, match=words):
        look(account)
    account.spoil_next(CHECK, how)
    seen = look(account)
    assert words in seen.sections["callback"]
    assert set(seen.sections) == {"callback"}


@pytest.mark.parametrize(
    ("found", "state", "words"),
    [
        ({"dns": [], "ping": []}, "critical", "cannot resolve"),
        ({"dns": [{"ip": "203.0.113.10", "real_operator": "CAP"}],
          "ping": [{"ip": "203.0.113.10", "from_operator": "CAP", "package_loss": "100%",
                    "time": ""}]}, "warning", "get no answer"),
        (None, "ok", ""),  # no callback is set in the console: then there is none to look at
    ],
)  # fmt: skip
def test_the_callback_as_wechats_network_sees_it(
    account: Wechat, found: object, state: str, words: str
) -> None:
    account.configure(callback=found)
    seen = judged(look(account))
    assert seen.state == state, seen.reason
    assert words in seen.reason


@pytest.mark.parametrize(
    ("site", "state", "words"),
    [
        ("broken", "critical", "status 500"),
        ("wrong", "warning", "token"),
        ("unguarded", "warning", "wrong signature"),
    ],
)
def test_the_sites_own_answer(account: Wechat, site: str, state: str, words: str) -> None:
    account.configure(site=site)
    seen = judged(look(account))
    assert seen.state == state
    assert words in seen.reason
    account.configure(site="right")
    assert judged(look(account)).state == "ok"


def test_a_token_of_the_callback_that_is_not_kept_is_unknown(account: Wechat) -> None:
    address, secret = account.address, account.secret
    site = Callback("", "No password is kept for it.")
    seen = wechat.look(address, secret, Context(), site=site, now=lambda: AT)
    assert seen.sections == {"echo": "No password is kept for it."}
    assert judged(seen).state == "unknown"


def test_quotas_warn_before_they_are_gone(account: Wechat) -> None:
    path = "/cgi-bin/message/custom/send"
    for used, state, words in (
        (850, "warning", "85 % of today's calls"),
        (1000, "critical", "100 % of today's calls"),
        (10, "ok", ""),
    ):
        account.configure(limits={path: 1000}, used={path: used})
        seen = judged(look(account))
        assert seen.findings[f"quota:{path}"].level == state
        assert words in seen.reason
    account.configure(limits={CHECK: 0})
    assert "45009" in look(account).sections["callback"]


def test_the_verification_that_wechat_does_not_tell_is_told_by_hand(account: Wechat) -> None:
    account.configure(basics=False)
    seen = look(account)
    assert "expiry board" in seen.notes["standing"]
    assert judged(seen).state == "ok"
