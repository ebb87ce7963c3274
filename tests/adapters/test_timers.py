"""Timers: the texts each system reads, checked by its own tool where that is here."""

from __future__ import annotations

import os
import plistlib
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmops_desktop.adapters.timers import Job, cron, launchd, systemd, windows
from gmops_desktop.errors import OpsError

# Everything a path can hold that one of the texts gives a meaning to.
ODD = '/home/o\'hara & co/100% "sure"/$HOME/back\\slash/文件夹'
JOB = Job(
    "gmops-schedule-1a2b3c4d",
    (f"{ODD}/python", "-m", "gmops_desktop.cli", "schedule", "run", "--due"),
    Path(f"{ODD}/schedule.log"),
    {"GMOPS_HOME": f"{ODD}/home"},
)


# ---------------------------------------------------------------- systemd


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd on this system")
def test_systemd_itself_accepts_the_units(tmp_path: Path) -> None:
    program = tmp_path / 'odd $HOME 100% "q" 文件'
    program.symlink_to(sys.executable)
    job = Job("gmops-try", (str(program), "-c", "pass"), JOB.log, JOB.environment)
    service, timer = systemd.units(job)
    (tmp_path / "gmops-try.service").write_text(service)
    (tmp_path / "gmops-try.timer").write_text(timer)
    ran = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", "--user", str(tmp_path / "gmops-try.timer"),
         str(tmp_path / "gmops-try.service")],
        capture_output=True, text=True, check=False, timeout=60,
        env={**os.environ, "XDG_RUNTIME_DIR": str(tmp_path), "LC_ALL": "C"},
    )  # fmt: skip
    ours = [line for line in ran.stderr.splitlines() if "gmops-try" in line]
    assert not ours, ran.stderr


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd on this system")
def test_systemd_reads_the_calendar_as_meant() -> None:
    _, timer = systemd.units(JOB)
    calendar = next(line for line in timer.splitlines() if line.startswith("OnCalendar="))
    ran = subprocess.run(
        ["systemd-analyze", "calendar", calendar.partition("=")[2]],
        capture_output=True, text=True, check=True, timeout=60, env={**os.environ, "LC_ALL": "C"},
    )  # fmt: skip
    assert "*-*-* *:00/10:00" in ran.stdout


def test_what_systemd_gives_a_meaning_to_is_quoted() -> None:
    service, timer = systemd.units(JOB)
    command = next(line for line in service.splitlines() if line.startswith("ExecStart="))
    setting = next(line for line in service.splitlines() if line.startswith("Environment="))
    assert '100%% \\"sure\\"' in command
    assert "$$HOME" in command
    assert "/$HOME/" in setting, "in a setting the dollar means itself"
    assert "Persistent=true" in timer
    assert "RandomizedDelaySec" not in timer


@pytest.fixture
def systemctl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A `systemctl` that obeys, and writes down what it was told; return that list's file."""
    told = tmp_path / "told"
    folder = tmp_path / "bin"
    folder.mkdir()
    tool = folder / "systemctl"
    tool.write_text(
        "#!/bin/sh\n"
        f'echo "$*" >> {shlex.quote(str(told))}\n'
        'case "$*" in *is-active*) echo active;; esac\n'
    )
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return told


def test_units_are_written_started_and_taken_away(systemctl: Path, tmp_path: Path) -> None:
    assert systemd.usable()
    state = systemd.install(JOB)
    assert (state.installed, state.active) == (True, True)
    folder = tmp_path / "config" / "systemd" / "user"
    assert {file.name for file in folder.iterdir()} == {f"{JOB.name}.service", f"{JOB.name}.timer"}
    assert systemctl.read_text().splitlines()[1:3] == [
        "--user daemon-reload",
        f"--user enable --now {JOB.name}.timer",
    ]
    assert "enable-linger" in state.note, "it says when it does not run"
    systemd.remove(JOB.name)
    assert list(folder.iterdir()) == []
    assert f"--user disable --now {JOB.name}.timer" in systemctl.read_text()
    assert not systemd.state(JOB.name).installed
    systemd.remove(JOB.name)


def test_a_systemd_that_refuses_is_an_error_with_a_way_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tool = tmp_path / "systemctl"
    tool.write_text("#!/bin/sh\necho 'Failed to connect to bus: No medium found' >&2\nexit 1\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    assert not systemd.usable()
    with pytest.raises(OpsError, match="No medium found") as caught:
        systemd.install(JOB)
    assert "gmops schedule status" in caught.value.hint


# ---------------------------------------------------------------- cron


@pytest.fixture
def crontab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A `crontab` that keeps its text in a file, and speaks as cron's own does."""
    spool = tmp_path / "spool"
    tool = tmp_path / "bin" / "crontab"
    tool.parent.mkdir()
    tool.write_text(
        "#!/bin/sh\n"
        f"spool={shlex.quote(str(spool))}\n"
        'if [ "$1" = -l ]; then\n'
        '  [ -f "$spool" ] || { echo "no crontab for $(id -un)" >&2; exit 1; }\n'
        '  exec cat "$spool"\n'
        "fi\n"
        'exec cat > "$spool"\n'
    )
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tool.parent}:/usr/bin:/bin")
    return spool


OTHERS = "MAILTO=ops@example.com\n# every night\n0 4 * * * /usr/bin/certbot renew -q\n"


def test_into_an_empty_crontab_and_out_again(crontab: Path) -> None:
    assert cron.usable()
    assert not cron.state(JOB.name).installed
    assert cron.install(JOB).installed
    assert crontab.read_text().count("schedule") >= 1
    cron.remove(JOB.name)
    assert crontab.read_text() == ""
    assert not cron.state(JOB.name).installed
    cron.remove(JOB.name)


def test_other_lines_stay_and_twice_is_once(crontab: Path) -> None:
    crontab.write_text(OTHERS)
    cron.install(JOB)
    cron.install(JOB)
    text = crontab.read_text()
    assert text.startswith(OTHERS)
    assert text.count("# BEGIN") == text.count("# END") == 1
    cron.remove(JOB.name)
    assert crontab.read_text() == OTHERS


def test_the_shell_gets_the_words_that_were_meant(tmp_path: Path) -> None:
    """Run the line as cron does: up to an unescaped "%", through /bin/sh."""
    folder = tmp_path / "o'hara & 100% $HOME"
    folder.mkdir()
    show = "import os, sys; print([*sys.argv[1:], os.environ['GMOPS_HOME']])"
    words = (sys.executable, "-c", show, "50%", "a b", "$HOME", "'", '"')
    job = Job("gmops", words, folder / "log", {"GMOPS_HOME": str(folder)})
    line = cron.line(job)
    assert line.startswith("*/10 * * * * ")
    command = line.split(" ", 5)[5].replace("\\%", "%")
    subprocess.run(["/bin/sh", "-c", command], check=True, timeout=60)
    said = (folder / "log").read_text().strip()
    assert said == str([*words[3:], str(folder)])


@given(st.lists(st.text("ab#% \t*", max_size=8), max_size=6).map("\n".join))
def test_whatever_stood_there_comes_back(text: str) -> None:
    text = text + "\n" if text else ""
    put = cron.with_block(text, JOB)
    assert cron.with_block(put, JOB) == put
    assert cron.without_block(put, JOB.name) == text


def test_a_block_whose_end_was_lost_takes_nothing_with_it() -> None:
    put = cron.with_block("", JOB)
    torn = put.replace(f"# END {JOB.name}\n", "") + OTHERS
    assert cron.without_block(torn, JOB.name) == OTHERS


def test_a_crontab_one_may_not_read_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tool = tmp_path / "crontab"
    tool.write_text("#!/bin/sh\necho 'You (ops) are not allowed to use this program' >&2\nexit 1\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    with pytest.raises(OpsError, match="not allowed") as caught:
        cron.install(JOB)
    assert caught.value.unharmed


# ---------------------------------------------------------------- macOS and Windows


def test_the_launch_agent_says_what_is_meant() -> None:
    agent = plistlib.loads(launchd.agent(JOB))
    assert agent["ProgramArguments"] == list(JOB.command)
    assert agent["EnvironmentVariables"] == dict(JOB.environment)
    assert [one["Minute"] for one in agent["StartCalendarInterval"]] == [0, 10, 20, 30, 40, 50]


def test_the_task_of_windows_is_utf_16_xml_in_the_schema_s_order() -> None:
    job = Job("gmops", (r"C:\Program Files\gmops.exe", "schedule", "run", "--due"),
              Path(r"C:\数据\schedule.log"), {"GMOPS_HOME": r"C:\数据"})  # fmt: skip
    content = windows.task(job)
    assert content.startswith((b"\xff\xfe", b"\xfe\xff"))
    root = Xml.fromstring(content.decode("utf-16").split("\n", 1)[1])
    space = "{http://schemas.microsoft.com/windows/2004/02/mit/task}"
    assert [part.tag.removeprefix(space) for part in root] == [
        *("RegistrationInfo", "Triggers", "Principals", "Settings", "Actions")
    ]
    settings = {one.tag.removeprefix(space): one.text for one in root.find(f"{space}Settings")}
    assert settings["DisallowStartIfOnBatteries"] == "false", "we ask, Windows does not decide"
    assert settings["StartWhenAvailable"] == "true"
    assert settings["MultipleInstancesPolicy"] == "IgnoreNew"
    words = root.find(f".//{space}Arguments").text
    assert words == (
        r'/d /s /c "set "GMOPS_HOME=C:\数据" && "C:\Program Files\gmops.exe" schedule run --due'
        r' >> "C:\数据\schedule.log" 2>&1"'
    )


def test_a_path_that_the_shell_of_windows_would_change_is_refused() -> None:
    with pytest.raises(OpsError, match="character"):
        windows.shell_words(Job("gmops", (r"C:\100%\gmops.exe",), Path("log")))
