"""Settings survive, and a broken file is named instead of silently replaced."""

from __future__ import annotations

import json
import stat

import pytest

from gmops_desktop.errors import OpsError
from gmops_desktop.paths import Home
from gmops_desktop.settings import Settings, SettingsFile


def test_without_a_file_the_defaults_hold(home: Home) -> None:
    assert SettingsFile(home.settings).current == Settings()
    assert not home.settings.exists()


def test_changes_are_written_and_read_again(home: Home) -> None:
    file = SettingsFile(home.settings)
    file.change(actor="李维", theme="dark")
    assert file.current.actor == "李维"
    assert SettingsFile(home.settings).current == file.current
    assert stat.S_IMODE(home.settings.stat().st_mode) == 0o600


def test_a_newer_versions_fields_are_passed_over(home: Home) -> None:
    home.settings.write_text(json.dumps({"actor": "李维", "from_the_future": [1]}), "utf-8")
    assert SettingsFile(home.settings).current.actor == "李维"


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("{half", "cannot be read"),
        ("[]", "does not hold an object"),
        ('{"theme": "pink"}', "“pink” does not fit theme"),
        ('{"probe_seconds": true}', "“True” does not fit probe_seconds"),
        ('{"actor": 7}', "“7” does not fit actor"),
        ("\udcff", "cannot be read"),
    ],
)
def test_a_broken_file_is_named_and_left_alone(home: Home, content: str, why: str) -> None:
    raw = content.encode("utf-8", "surrogateescape")
    home.settings.write_bytes(raw)
    with pytest.raises(OpsError, match=why) as caught:
        SettingsFile(home.settings)
    assert str(home.settings) in caught.value.message
    assert caught.value.hint
    assert home.settings.read_bytes() == raw


def test_what_cannot_be_saved_does_not_take_effect(home: Home, full_disk: object) -> None:
    file = SettingsFile(home.settings)
    file.change(actor="before")
    with full_disk, pytest.raises(OpsError, match="could not be saved") as caught:
        file.change(actor="after" * 1000)
    assert caught.value.unharmed
    assert file.current.actor == "before"
    assert SettingsFile(home.settings).current.actor == "before"


def test_unknown_settings_are_a_bug_of_ours(home: Home) -> None:
    with pytest.raises(TypeError):
        SettingsFile(home.settings).change(colour="green")


def test_two_programs_do_not_undo_each_others_changes(home: Home) -> None:
    window, command = SettingsFile(home.settings), SettingsFile(home.settings)
    command.change(seal=True)
    assert window.latest().seal
    command.change(recipients="age1x Zhang")
    window.change(theme="dark")
    assert SettingsFile(home.settings).current.recipients == "age1x Zhang"
    assert command.latest().theme == "dark"
