"""What differs between the checks before and after a change: nothing unknown passes for good."""

from datetime import UTC, datetime

import pytest

from gmops_desktop.contract.change_checks import (
    Checked,
    Checks,
    checks_from_dict,
    checks_to_dict,
    compare,
    held,
)
from gmops_desktop.states import STATES, State

AT = datetime(2018, 11, 22, 14, tzinfo=UTC)


def _checks(*items: Checked) -> Checks:
    return Checks(AT, items)


def _one(state: State, value: str = "", key: str = "unit:nginx.service") -> Checked:
    return Checked(key, "nginx", state, "said", value)


@pytest.mark.parametrize("before", STATES)
@pytest.mark.parametrize("after", STATES)
def test_only_what_is_known_and_no_worse_holds(before: State, after: State) -> None:
    found = compare(_checks(_one(before)), _checks(_one(after)))

    rank = {"ok": 0, "warning": 1, "critical": 2}
    if after == "unknown":
        expected = False
    elif before == "unknown":
        expected = after == "ok"
    else:
        expected = rank[after] <= rank[before]
    assert held(found) is expected


def test_a_check_that_is_missing_afterwards_is_not_known() -> None:
    (found,) = compare(_checks(_one("ok")), _checks())

    assert found.verdict == "unknown"
    assert found.before is not None
    assert found.after is None


def test_another_value_in_the_same_state_is_shown_and_stops_nothing() -> None:
    same, other = _one("ok", "a", "page:/"), _one("ok", "b", "page:/")
    unit = _one("critical", key="unit:php.service")

    found = compare(_checks(same, _one("ok")), _checks(other, _one("ok"), unit))

    assert [(one.key, one.verdict) for one in found] == [
        ("unit:php.service", "worse"),
        ("page:/", "changed"),
        ("unit:nginx.service", "same"),
    ]
    assert held(found[1:])
    assert not held(found)


def test_checks_come_back_from_what_is_stored() -> None:
    checks = _checks(_one("ok", "x"), _one("unknown", key="web:https://example.test"))

    assert checks_from_dict(checks_to_dict(checks)) == checks
    assert [one.state for one in checks.faults] == ["unknown"]


def _listed(*names: str, state: State = "ok") -> Checks:
    entries = (Checked(f"port:{name}", name, "ok", "", within="ports") for name in names)
    return _checks(Checked("ports", "Ports", state, ""), *entries)


def test_what_is_gone_from_a_list_that_is_known_is_worse_else_not_known() -> None:
    before = _listed("tcp/80", "tcp/443")

    (gone, *_) = compare(before, _listed("tcp/80"))
    assert (gone.key, gone.verdict) == ("port:tcp/443", "worse")
    unlisted = {one.verdict for one in compare(before, _listed(state="unknown"))}
    assert unlisted == {"unknown"}
    (new, *_) = compare(_listed("tcp/80"), before)
    assert (new.key, new.verdict) == ("port:tcp/443", "changed")
    (unsure, *_) = compare(_listed(state="unknown"), _listed("tcp/80"))
    assert unsure.verdict == "better"


@pytest.mark.parametrize(
    ("old", "new", "rising", "verdict"),
    [(0, 10, True, "same"), (0, 11, True, "worse"), (11, 0, True, "better"),
     (0, 10, False, "same"), (0, 11, False, "changed"), (11, 0, False, "changed")],
)  # fmt: skip
def test_an_amount_differs_beyond_its_slack(
    old: float, new: float, rising: bool, verdict: str
) -> None:
    def seen(amount: float) -> Checks:
        entry = Checked("log:nginx", "nginx", "ok", "", amount=amount, slack=10, rising=rising)
        return _checks(entry)

    assert [one.verdict for one in compare(seen(old), seen(new))] == [verdict]


def test_older_checks_come_back_without_what_they_did_not_know() -> None:
    old = {"at": AT.isoformat(), "items": [
        {"key": "boot", "title": "Boot", "state": "ok", "text": "", "value": "a"}]}  # fmt: skip
    assert checks_from_dict(old) == _checks(Checked("boot", "Boot", "ok", "", "a"))
