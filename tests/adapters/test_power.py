"""Battery and metered line, from what each system really writes."""

from __future__ import annotations

from pathlib import Path

import pytest

from gmops_desktop.adapters import power


def supply(folder: Path, name: str, **values: str) -> None:
    (folder / name).mkdir(parents=True)
    for key, value in values.items():
        (folder / name / key).write_text(value + "\n")


@pytest.mark.parametrize(
    ("supplies", "on_battery"),
    [
        ({}, False),  # a desktop
        ({"AC": {"type": "Mains", "online": "1"}}, False),
        (
            {
                "AC": {"type": "Mains", "online": "0"},
                "BAT0": {"type": "Battery", "status": "Discharging", "capacity": "83"},
            },
            True,
        ),
        (
            {
                "AC": {"type": "Mains", "online": "1"},
                "BAT0": {"type": "Battery", "status": "Discharging"},  # a weak charger
            },
            False,
        ),
        (
            {
                "ucsi-1": {"type": "USB", "online": "0"},
                "ucsi-2": {"type": "USB", "online": "1"},
                "BAT0": {"type": "Battery", "status": "Charging"},
            },
            False,
        ),
        ({"BAT1": {"type": "Battery", "status": "Full"}}, False),
        # the battery of a mouse says nothing about the machine
        (
            {"hid-mouse": {"type": "Battery", "status": "Discharging", "scope": "Device"}},
            False,
        ),
        ({"odd": {}}, False),
    ],
)
def test_supplies_of_linux(tmp_path: Path, supplies: dict, on_battery: bool) -> None:
    folder = tmp_path / "power_supply"
    for name, values in supplies.items():
        supply(folder, name, **values)
    assert power.battery_from_supplies(folder) is on_battery


def test_no_folder_at_all_is_no_battery(tmp_path: Path) -> None:
    assert power.battery_from_supplies(tmp_path / "nothing") is False


@pytest.mark.parametrize(
    ("answer", "on_battery"),
    [
        ("Now drawing from 'Battery Power'\n -InternalBattery-0 (id=1)\t87%; discharging;", True),
        ("Now drawing from 'AC Power'\n -InternalBattery-0 (id=1)\t100%; charged;", False),
        ("Now drawing from 'UPS Power'\n", True),
        ("", None),
    ],
)
def test_pmset_of_a_mac(answer: str, on_battery: bool | None) -> None:
    assert power.battery_from_pmset(answer) is on_battery


@pytest.mark.parametrize(
    ("answer", "metered"),
    [
        ("u 0\n", None),
        ("u 1\n", True),
        ("u 2", False),
        ("u 3\n", True),
        ("u 4\n", False),
        ("", None),
        ("Failed to get property", None),
    ],
)
def test_network_manager_on_the_bus(answer: str, metered: bool | None) -> None:
    assert power.metered_from_bus(answer) is metered


@pytest.mark.parametrize(
    ("answer", "metered"),
    [
        ("100 (connected)\nno (guessed)\n\n10 (unmanaged)\nunknown\n", False),
        ("100 (connected)\nyes (guessed)\n\n100 (connected)\nno\n", True),
        ("30 (disconnected)\nyes\n", None),
        ("100 (connected (externally))\nunknown\n", None),
        ("", None),
    ],
)
def test_nmcli(answer: str, metered: bool | None) -> None:
    assert power.metered_from_nmcli(answer) is metered


def test_looking_answers_here_and_now() -> None:
    found = power.look()
    assert found.on_battery in (True, False, None)
    assert found.metered in (True, False, None)


def test_a_tool_that_hangs_or_is_missing_is_unknown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hanging = tmp_path / "busctl"
    hanging.write_text("#!/bin/sh\nexec sleep 60\n")
    hanging.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr(power, "_SECONDS", 0.2)
    assert power._ask(["busctl"]) == ""
    assert power._ask(["no-such-tool-anywhere"]) == ""
