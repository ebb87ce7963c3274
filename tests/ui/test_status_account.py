"""What stands below the charts of an official account."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from gmops_desktop.contract.looks import (
    AccountDetails,
    CallbackSeen,
    EchoSeen,
    Look,
    MenuSeen,
    Quota,
    Standing,
)
from gmops_desktop.contract.verdicts import History, verdict, watched
from sandbox.account_days import calm
from ui.status_account import account_about, account_facts

AT = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)


def facts(seen: AccountDetails) -> dict[str, tuple[str, str | None]]:
    found = verdict(seen, History(at=AT))
    watches = watched({}, found, AT, 60, learnt=True)
    look = Look("a", "account", "account", found.state, found.reason, AT, 0.1, found.figures, seen,
                watches=watches)  # fmt: skip
    return {name: (value, state) for name, value, state in account_facts(seen, look)}


def test_a_calm_account_in_eight_facts() -> None:
    shown = facts(calm(AT))
    assert len(shown) == 8
    assert {state for _, state in shown.values()} == {None}
    assert shown["Callback, seen by WeChat"][0] == "203.0.113.10, 23 ms"
    assert shown["Answer to a signed question"][0] == "right, 0.1 s"
    assert shown["Menu"][0] == "as kept on 2026-11-23"
    assert "Unanswered (11-22)" in shown
    assert account_about(calm(AT)) == ["光明新区工商联（演示）", "service account"]


def test_what_is_not_known_says_so_in_every_fact() -> None:
    shown = facts(AccountDetails())
    assert {value for value, _ in shown.values()} == {"unknown"}
    assert account_about(AccountDetails()) == []
    apart = replace(calm(AT), echo=None, notes={"echo": "no callback is entered"})
    assert facts(apart)["Answer to a signed question"] == ("does not apply", None)


@pytest.mark.parametrize(
    ("changes", "name", "value", "state"),
    [
        ({"callback": CallbackSeen((), 0, 0, None)}, "Callback, seen by WeChat",
         "name not resolved", "critical"),
        ({"callback": CallbackSeen(("203.0.113.10",), 1, 1, None)}, "Callback, seen by WeChat",
         "no answer to pings", "warning"),
        ({"echo": EchoSeen(None, None, False, None, "no answer in 5 s")},
         "Answer to a signed question", "no answer in 5 s", "critical"),
        ({"echo": EchoSeen(403, 0.1, False, None)}, "Answer to a signed question",
         "wrong, status 403", "warning"),
        ({"echo": EchoSeen(200, 0.1, True, False)}, "Answer to a signed question",
         "right, but unguarded", "warning"),
        ({"quotas": (Quota("/cgi-bin/user/info", 900, 1000),)}, "Most used interface",
         "Follower facts, 90.0 %", "warning"),
        ({"menu": MenuSeen(("Home",), False, AT.isoformat())}, "Menu",
         "not as kept on 2026-11-23", "warning"),
        ({"menu": MenuSeen(("Home",))}, "Menu", "1 button, not kept yet", None),
        ({"standing": Standing(True, "Chamber", False)}, "Verification", "not certified",
         "warning"),
        ({"standing": Standing(True, "Chamber", True, "2026-11-25")}, "Verification",
         "2026-11-25", "critical"),
        ({"standing": None, "notes": {"standing": "by hand"}}, "Verification",
         "see the expiry board", None),
    ],
)  # fmt: skip
def test_what_presses_stands_out(
    changes: dict[str, object], name: str, value: str, state: str | None
) -> None:
    assert facts(replace(calm(AT), **changes))[name] == (value, state)
