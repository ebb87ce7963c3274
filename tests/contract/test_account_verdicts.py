"""How an official account is judged, told and measured: nothing passes that was not learnt."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gmops_desktop.contract.account_parts import (
    CHINA,
    PARTS,
    midnight_after,
    newest_told,
    next_told,
)
from gmops_desktop.contract.fact_lines import lines_of
from gmops_desktop.contract.looks import (
    AccountDetails,
    CallbackSeen,
    EchoSeen,
    MenuSeen,
    Quota,
    Standing,
    details_from_dict,
    details_to_dict,
)
from gmops_desktop.contract.metrics import samples_of
from gmops_desktop.contract.verdicts import History, Verdict, verdict
from gmops_desktop.contract.verdicts.accounts import runs_out_at
from sandbox.account_days import calm

AT = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)  # 11 o'clock in China
FIGURES = {
    "followers": "followers",
    "changes": "new",
    "reads": "readers",
    "health": "calls",
}


def judged(seen: AccountDetails, at: datetime = AT) -> Verdict:
    return verdict(seen, History(at=at))


def without(seen: AccountDetails, part: str) -> AccountDetails:
    if part in FIGURES:
        days = tuple(replace(day, **{FIGURES[part]: None}) for day in seen.days)
        return replace(seen, days=days)
    return replace(seen, **{part: None})


def test_a_calm_account_is_ok_and_its_figures_are_kept() -> None:
    found = judged(calm(AT))
    assert found.state == "ok", found.reason
    assert [figure.state for figure in found.figures] == ["ok"] * 4
    values = samples_of(calm(AT))
    assert set(values) == {
        *("followers", "readers", "quota", "callback_ms"),
        *("new_followers", "lost_followers", "callback_failed"),
    }
    assert None not in values.values()


def test_a_look_that_learnt_nothing_is_unknown() -> None:
    found = judged(AccountDetails())
    assert found.state == "unknown"
    assert {found.findings[f"known:{part}"].level for part in PARTS} == {"unknown"}
    assert {figure.state for figure in found.figures} == {"unknown"}
    assert set(samples_of(AccountDetails()).values()) == {None}


@pytest.mark.parametrize("part", PARTS)
def test_no_part_may_be_missing_and_the_account_be_ok(part: str) -> None:
    """Each part in turn: gone without a word, and refused with a reason."""
    gone = without(calm(AT), part)
    assert judged(gone).state == "unknown"
    refused = replace(gone, sections={part: "WeChat refuses it (48001). Certify it."})
    found = judged(refused)
    assert found.state == "unknown"
    assert "Certify it." in found.reason
    told = [line for line in lines_of(refused) if line.state == "unknown"]
    assert [line.value for line in told] == ["unknown: WeChat refuses it (48001). Certify it."]


def test_what_does_not_apply_is_no_fault_but_statistics_without_a_day_are() -> None:
    for part in ("callback", "echo", "menu", "standing", "articles", "quotas"):
        seen = replace(without(calm(AT), part), notes={part: "it does not apply"})
        assert judged(seen).state == "ok", part
        assert "it does not apply" in {line.value for line in lines_of(seen)}
    for part in FIGURES:
        seen = replace(without(calm(AT), part), notes={part: "not ready"})
        assert judged(seen).state == "unknown", part
    none = without(without(calm(AT), "health"), "callback")
    assert judged(replace(none, notes={"callback": "none is set"})).state == "ok"


def test_figures_that_have_not_come_for_days_are_unknown() -> None:
    seen = calm(AT)
    assert judged(seen, AT + timedelta(days=3)).state == "ok"
    found = judged(seen, AT + timedelta(days=4))
    assert found.state == "unknown"
    assert "told nothing since 2026-11-22" in found.reason


@pytest.mark.parametrize(
    ("changes", "key", "state", "words"),
    [
        ({"callback": CallbackSeen((), 0, 0, None)}, "callback", "critical", "cannot resolve"),
        ({"callback": CallbackSeen(("203.0.113.10",), 1, 1, None)}, "callback", "warning",
         "203.0.113.10"),
        ({"callback": CallbackSeen(("203.0.113.10", "203.0.113.11"), 2, 1, 9.0)}, "callback",
         "ok", ""),
        ({"echo": EchoSeen(None, None, False, None, "no answer in 5 s")}, "echo", "critical",
         "no answer in 5 s"),
        ({"echo": EchoSeen(502, 0.1, False, None)}, "echo", "critical", "status 502"),
        ({"echo": EchoSeen(403, 0.1, False, None)}, "echo", "warning", "token"),
        ({"echo": EchoSeen(200, 0.1, True, False)}, "echo", "warning", "wrong signature"),
        ({"menu": MenuSeen(("Home",), False, AT.isoformat())}, "menu", "warning", "2026-11-23"),
        ({"menu": MenuSeen(("Home",)), "menu_changed_at": AT.isoformat()}, "menu", "warning",
         "was changed"),
        ({"menu": MenuSeen(("Home",)),
          "menu_changed_at": (AT - timedelta(days=2)).isoformat()}, "menu", "ok", ""),
        ({"standing": Standing(True, "Chamber", False)}, "verified", "warning", "not certified"),
        ({"standing": Standing(True, "Chamber", True, "2026-12-20")}, "review_days", "warning",
         "2026-12-20"),
        ({"standing": Standing(True, "Chamber", True, "2026-11-25")}, "review_days", "critical",
         "2026-11-25"),
        ({"quotas": (Quota("/cgi-bin/user/info", 800, 1000),)}, "quota:/cgi-bin/user/info",
         "warning", "80 %"),
        ({"quotas": (Quota("/cgi-bin/user/info", 1000, 1000),)}, "quota:/cgi-bin/user/info",
         "critical", "Follower facts"),
        ({"quotas": (Quota("/cgi-bin/user/info", 600, 1000),)}, "quota:/cgi-bin/user/info",
         "warning", "run out at 18:20"),  # 60 % by 11 o'clock
        ({"quotas": (Quota("/cgi-bin/user/info", None, None, "closed", closed=True),)},
         "known:quotas", "ok", ""),
    ],
)  # fmt: skip
def test_what_is_found_is_judged(
    changes: dict[str, object], key: str, state: str, words: str
) -> None:
    seen = replace(calm(AT), **changes)
    finding = judged(seen).findings[key]
    assert finding.level == state
    assert words in finding.text
    assert judged(seen).state == state


@pytest.mark.parametrize(
    ("failed", "mean", "state", "words"),
    [
        (4, 80.0, "ok", ""),
        (5, 80.0, "warning", "5 of 500"),
        (50, 80.0, "critical", "50 of 500"),
        (0, 2100.0, "warning", "2.1 s"),
        (0, 4600.0, "critical", "4.6 s"),
        (None, 80.0, "ok", ""),
    ],
)
def test_the_interface_health(failed: int | None, mean: float, state: str, words: str) -> None:
    seen = calm(AT)
    last = replace(seen.days[-1], calls=500, failed=failed, mean_ms=mean)
    found = judged(replace(seen, days=(*seen.days[:-1], last)))
    assert (found.state, words in found.reason) == (state, True)
    if failed is None:  # not known is not none
        assert found.findings["callback_failed"].level == "unknown"


def test_a_pace_says_nothing_early_or_of_little() -> None:
    noon = datetime(2026, 11, 23, 12, tzinfo=CHINA)
    assert runs_out_at(Quota("/x", 490, 1000), noon) is None
    assert runs_out_at(Quota("/x", 500, 1000), noon) is None  # just at midnight
    assert runs_out_at(Quota("/x", 750, 1000), noon) == datetime(2026, 11, 23, 16, tzinfo=CHINA)
    assert runs_out_at(Quota("/x", None, None), noon) is None


@pytest.mark.parametrize(
    ("hour", "day", "told", "ready"),
    [(0, 23, 21, 23), (7, 23, 21, 23), (8, 23, 22, 24), (23, 23, 22, 24)],
)
def test_days_of_china_begin_at_midnight_there_and_are_told_at_eight(
    hour: int, day: int, told: int, ready: int
) -> None:
    at = datetime(2026, 11, day, hour, tzinfo=CHINA).astimezone(UTC)
    assert newest_told(at).day == told
    assert next_told(at) == datetime(2026, 11, ready, 8, tzinfo=CHINA)
    assert midnight_after(at) == datetime(2026, 11, 24, tzinfo=CHINA)


def test_a_look_comes_back_from_the_store_as_it_was() -> None:
    seen = replace(calm(AT), sections={"menu": "why"}, notes={"echo": "none"})
    assert details_from_dict("account", details_to_dict(seen)) == seen
    old = {"followers": 1, "quota_used": 2, "sections": {}}  # as earlier versions kept it
    assert details_from_dict("account", old) == AccountDetails()


def test_every_part_says_when_it_was_asked() -> None:
    told = [line for line in lines_of(calm(AT)) if line.subject == "Last asked"]
    assert len(told) == len(PARTS)
    assert {line.state for line in lines_of(calm(AT))} == {"ok", None}
