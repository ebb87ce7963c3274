"""How a cloud account is judged: never ok by ignorance, and each fault under its own key."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from clouds import DISK, INSTANCE, RUNS_OUT, SERVER, calm_cloud
from gmops_desktop.contract.alerting import Watch
from gmops_desktop.contract.fact_lines import lines_of
from gmops_desktop.contract.looks import CloudDetails, details_from_dict, details_to_dict
from gmops_desktop.contract.looks.clouds import CloudAlarm, RunsOut
from gmops_desktop.contract.thresholds import LIMITS, Limit
from gmops_desktop.contract.verdicts import History, Verdict, verdict, watched

NOW = datetime(2018, 11, 22, 2, 0, tzinfo=UTC)
ALARM = CloudAlarm("a", "web", "CPU > 90 %", "ALARM", "Warn", "p", NOW.isoformat(), "")


def judged(details: CloudDetails, history: History | None = None) -> Verdict:
    return verdict(details, replace(history or History(), at=NOW))


def test_a_calm_account_is_ok_and_says_what_counts() -> None:
    found = judged(calm_cloud())
    assert (found.state, found.reason) == ("ok", "All within limits.")
    shown = [(one.name, one.value, one.unit, one.state) for one in found.figures]
    assert shown == [
        ("Runs out first", "71", "days", "ok"),
        ("Balance", "1,284.50", "yuan", "ok"),
        ("Running", "2", "/ 2", "ok"),
        ("Alarms", "0", "", "ok"),
    ]


@pytest.mark.parametrize(
    ("changed", "state", "key", "said"),
    [
        ({"servers": (replace(SERVER, restricted="EXPIRED"),)}, "critical", "cvm:ins-1", "run out"),
        ({"servers": (replace(SERVER, restricted="PROTECTIVELY_ISOLATED"),)}, "critical",
         "cvm:ins-1", "is isolated"),
        ({"servers": (replace(SERVER, state="STOPPED"),)}, "critical", "cvm:ins-1", "not run"),
        ({"servers": (replace(SERVER, state="REBOOTING"),)}, "warning", "cvm:ins-1", "in between"),
        ({"servers": (replace(SERVER, state="NEW"),)}, "unknown", "cvm:ins-1", "do not know"),
        ({"servers": (replace(SERVER, failed="no money"),)}, "warning", "cvm:ins-1", "no money"),
        ({"databases": (replace(INSTANCE, status=5),)}, "critical", "cdb:cdb-1", "isolated"),
        ({"databases": (replace(INSTANCE, status=5, prepaid=False),)}, "warning", "cdb:cdb-1",
         "isolated"),
        ({"databases": (replace(INSTANCE, locked=True),)}, "critical", "cdb:cdb-1", "is full"),
        ({"databases": (replace(INSTANCE, status=0),)}, "warning", "cdb:cdb-1", "being made"),
        ({"databases": (replace(INSTANCE, status=7),)}, "unknown", "cdb:cdb-1", "do not know"),
        ({"databases": (replace(INSTANCE, public=True),)}, "warning", "cdb:cdb-1", "Internet"),
        ({"disks": (replace(DISK, state="UNATTACHED"),)}, "warning", "volume:disk-1", "no server"),
        ({"disks": (replace(DISK, state="TORECYCLE"),)}, "critical", "volume:disk-1", "deleted"),
        ({"disks": (replace(DISK, newest=""),)}, "warning", "snapshot", "system has no snapshot"),
        ({"disks": (replace(DISK, newest=""),) * 3}, "warning", "snapshot", "3 disks have no"),
        ({"disks": (replace(DISK, newest="2018-11-10"),)}, "warning", "snapshot_days", "12 days"),
        ({"balance": 15_000}, "warning", "balance", "150.00 yuan"),
        ({"balance": 0}, "critical", "balance", "0.00 yuan"),
        ({"balance": -500, "owed": 500}, "critical", "owed", "owes 5.00"),
        ({"alarms": (ALARM,)}, "warning", "alarm:web:p", "CPU > 90 %"),
        ({"alarms": (replace(ALARM, level="Serious"),)}, "critical", "alarm:web:p", "CPU"),
        ({"alarms": (replace(ALARM, status="NO_DATA"),)}, "unknown", "alarm:web:p", "CPU"),
    ],
)  # fmt: skip
def test_one_thing_wrong(changed: dict[str, object], state: str, key: str, said: str) -> None:
    found = judged(replace(calm_cloud(), **changed))
    assert found.state == state
    assert found.findings[key].level == state
    assert said in found.findings[key].text


@pytest.mark.parametrize(
    ("days", "renews", "state"),
    [(31, False, "ok"), (30, False, "warning"), (7, False, "critical"), (-1, False, "critical"),
     (5, True, "ok"), (-1, True, "critical")],
)  # fmt: skip
def test_what_runs_out_soon_is_told_unless_it_renews_itself(
    days: int, renews: bool, state: str
) -> None:
    day = f"2018-12-{22 + days - 30}" if days >= 9 else f"2018-11-{22 + days}"
    first = RunsOut("cvm", "ins-1", "web", day, "Tencent Cloud", renews)
    found = judged(replace(calm_cloud(), runs_out=(first, *RUNS_OUT)))
    assert found.state == state
    if state != "ok":
        assert day in found.reason


PARTS = ("servers", "databases", "disks", "snapshots", "certificates", "domains", "balance",
         "alarms")  # fmt: skip


@pytest.mark.parametrize("part", PARTS)
def test_a_part_that_is_not_known_is_never_ok(part: str) -> None:
    """Each in turn, as if its right were missing."""
    seen = replace(calm_cloud(), **{part: None}, sections={part: "may not"}, denied={part: "x:Y"})
    if part in ("servers", "databases", "certificates", "domains"):
        seen = replace(seen, runs_out=())
    found = judged(seen)
    assert found.state == "unknown"
    assert "may not" in found.reason
    told = {line.name: line for line in lines_of(seen)}
    assert told["x:Y"].state == "unknown"
    assert '"action": ["x:Y"]' in told["x:Y"].value
    assert any(line.value == "unknown: may not" for line in told.values())


def test_nothing_found_at_all_is_unknown() -> None:
    seen = replace(calm_cloud(), servers=(), databases=(), sections={"found": "wrong region?"})
    assert judged(seen).state == "unknown"


def test_an_alarm_does_not_clear_because_nobody_may_ask() -> None:
    fired = judged(replace(calm_cloud(), alarms=(ALARM,)))
    watches = watched({}, fired, NOW, 60, learnt=True)
    blind = replace(calm_cloud(), alarms=None, sections={"alarms": "may not"})
    later = judged(blind, History(watches=watches))
    kept = watched(watches, later, NOW, 60, learnt=True)
    assert kept["alarm:web:p"].state == "warning"
    assert kept["alarm:web:p"].calm_since is None


def test_whoever_wants_no_snapshots_switches_them_off() -> None:
    limits = {**LIMITS, "snapshot_days": Limit(None)}
    seen = replace(calm_cloud(), disks=(replace(DISK, newest=""),))
    assert judged(seen, History(limits=limits, watches={"x": Watch()})).state == "ok"


def test_a_look_is_read_back_as_it_was_stored() -> None:
    seen = replace(calm_cloud(), alarms=(ALARM,), sections={"balance": "x"}, balance=None)
    assert details_from_dict("cloud", details_to_dict(seen)) == seen
    stored = details_to_dict(seen)["runs_out"][0]
    assert stored == {
        "what": "certificate", "id": "c1", "name": "chamber.example", "on": "2019-02-01",
        "source": "Tencent Cloud", "renews": False,
    }  # fmt: skip
