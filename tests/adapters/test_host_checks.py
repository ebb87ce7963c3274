"""What is looked at on a host before and after a change: this machine's real answer, each part of
it taken away in turn, and the tools of other systems."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gmops_desktop.adapters import host_checks
from gmops_desktop.adapters.host_checks import PARTS, Wanted, logs, manager, ports, script, units
from gmops_desktop.adapters.sections import Section, collect
from gmops_desktop.context import Context
from gmops_desktop.contract.change_checks import Checked, Checks, compare, held

AT = datetime(2018, 11, 22, 14, tzinfo=UTC)
WANTED = Wanted(urls=("http://127.0.0.1:1/",))


class Here:
    """A shell that is no further than this machine; `tools` come before the system's."""

    def __init__(self, tools: Path | None = None) -> None:
        self._tools = tools

    def run(self, script: str, context: Context, *, deadline: float) -> tuple[int, bytes]:
        if self._tools:
            script = script.replace("PATH=/usr/sbin", f"PATH={self._tools}:/usr/sbin")
        ran = subprocess.run(["sh", "-s"], input=script.encode(), capture_output=True, check=False)
        return ran.returncode, ran.stdout


@pytest.fixture(scope="module")
def answer() -> dict[str, Section]:
    """What this machine really answers."""
    return collect(Here(), script.script_for(WANTED), Context(), deadline=60)


def _checks(*items: Checked) -> Checks:
    return Checks(AT, items)


def test_everything_is_told_and_twice_the_same(answer: dict[str, Section]) -> None:
    found = host_checks.parse(answer, WANTED)
    assert {one.key for one in found} >= {*PARTS, "disk:/", "there:http://127.0.0.1:1/"}
    assert [one.key for one in found if one.state == "unknown"] == []
    again = host_checks.look(Here(), WANTED, Context())
    assert {one.verdict for one in compare(_checks(*found), _checks(*again))} == {"same"}


def test_each_part_that_is_missing_or_fails_is_unknown(answer: dict[str, Section]) -> None:
    before = _checks(*host_checks.parse(answer, WANTED))
    for key in answer:
        for broken in (None, Section(1, ""), Section(124, ""), Section(0, "\x00nonsense é")):
            sections = {**answer, key: broken} if broken else {**answer}
            if broken is None:
                del sections[key]
            after = _checks(*host_checks.parse(sections, WANTED))
            found = compare(before, after)
            assert "unknown" in {one.verdict for one in found}, (key, broken)
            assert not held(found)
            assert after.faults


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_any_answer_is_read_and_nothing_is_left_out(
    answer: dict[str, Section], data: st.DataObject
) -> None:
    """Whatever comes: no exception, every part is there, and none holds as before by being gone."""
    key = data.draw(st.sampled_from(sorted(answer)))
    text = answer[key].text
    cut = data.draw(st.integers(0, len(text)))
    noise = data.draw(st.text(max_size=30))
    status = data.draw(st.sampled_from((0, 1, 124, 127)))
    found = host_checks.parse({**answer, key: Section(status, text[:cut] + noise)}, WANTED)
    keys = [one.key for one in found]
    assert len(keys) == len(set(keys))
    assert set(PARTS) <= set(keys)


def test_a_host_that_was_not_reached_has_every_part_unknown() -> None:
    found = host_checks.unreached(WANTED, "it did not answer")
    assert {one.state for one in found} == {"unknown"}
    assert {one.key for one in found} == {*PARTS, "there:http://127.0.0.1:1/"}


# ---------------------------------------------------------------- services

# In the form of systemd 252 (Debian 12); none runs where the tests do.
SHOWN = """\
Type=notify
NRestarts=0
Id=nginx.service
LoadState=loaded
ActiveState=active
SubState=running
UnitFileState=enabled

Type=simple
NRestarts=2
Id=queue.service
LoadState=loaded
ActiveState=active
SubState=running
UnitFileState=disabled

Type=dbus
Id=packagekit.service
LoadState=loaded
ActiveState=active
SubState=running
UnitFileState=static

Type=notify
Id=ssh.service
LoadState=loaded
ActiveState=active
SubState=running
UnitFileState=disabled
TriggeredBy=ssh.socket

Type=oneshot
Id=apt-daily.service
LoadState=loaded
ActiveState=activating
SubState=start
UnitFileState=static

Type=oneshot
NRestarts=0
Id=networking.service
LoadState=loaded
ActiveState=active
SubState=exited
UnitFileState=enabled

Type=oneshot
Id=motd-news.service
LoadState=loaded
ActiveState=failed
SubState=failed
UnitFileState=static

Type=notify
Id=user@0.service
LoadState=loaded
ActiveState=active
SubState=running
UnitFileState=static

Id=gone.service
LoadState=not-found
ActiveState=inactive
SubState=dead
"""


def test_services_that_run_for_good_are_told_and_those_that_failed() -> None:
    found = {one.key: one for one in units.services(())(SHOWN)}
    assert list(found) == [
        "unit:motd-news.service", "unit:networking.service", "unit:nginx.service",
        "unit:queue.service",
    ]  # fmt: skip
    assert found["unit:queue.service"].text == "active (running), restarted by itself 2 times"
    assert found["unit:motd-news.service"].state == "warning"  # it has nothing to do with us
    named = {one.key: one for one in units.services(("motd-news", "ssh.service"))(SHOWN)}
    assert named["unit:motd-news.service"].state == "critical"
    assert named["unit:ssh.service"].state == "ok"


@pytest.mark.parametrize(
    ("old", "new", "verdict"),
    [
        ("", "", "same"),
        ("ActiveState=active\nSubState=running", "ActiveState=failed\nSubState=failed", "worse"),
        ("ActiveState=active\nSubState=running", "ActiveState=inactive\nSubState=dead", "worse"),
        ("SubState=running", "SubState=exited", "changed"),
        ("NRestarts=0", "NRestarts=1", "worse"),
        ("ActiveState=active\nSubState=running", "ActiveState=activating\nSubState=auto-restart",
         "worse"),
        ("Id=nginx", "Id=other", "worse"),
    ],
)  # fmt: skip
def test_a_service_that_stands_worse_is_seen(old: str, new: str, verdict: str) -> None:
    def seen(text: str) -> Checks:
        return _checks(Checked("units", "Services", "ok", ""), *units.services(())(text))

    found = compare(seen(SHOWN), seen(SHOWN.replace(old, new, 1)))
    by_key = {one.key: one.verdict for one in found}
    assert by_key.pop("unit:nginx.service") == verdict
    assert set(by_key.values()) - {"same"} == ({"changed"} if new == "Id=other" else set())


def test_units_of_other_kinds_that_failed_are_told() -> None:
    (found,) = units.failed(
        "● backup.mount loaded failed failed Backup disk\n"
        "nginx.service loaded failed failed A web server\n"
    )
    assert (found.key, found.state) == ("unit:backup.mount", "warning")


# ---------------------------------------------------------------- ports

_SS = """\
Netid State  Recv-Q Send-Q Local Address:Port  Peer Address:PortProcess
udp   UNCONN 0      0          127.0.0.1:323        0.0.0.0:*    users:(("chronyd",pid=7,fd=5))
udp   UNCONN 0      0            0.0.0.0:41234      0.0.0.0:*    users:(("chronyd",pid=7,fd=6))
tcp   LISTEN 0      511          0.0.0.0:443        0.0.0.0:*    users:(("nginx",pid=9,fd=6))
tcp   LISTEN 0      511             [::]:443           [::]:*    users:(("nginx",pid=9,fd=7))
tcp   LISTEN 0      80         127.0.0.1:33060      0.0.0.0:*    users:(("mysqld",pid=8,fd=2))
tcp   LISTEN 0      80         127.0.0.1:40000      0.0.0.0:*    users:(("java",pid=5,fd=2))
"""
_RANGE = "32768\t60999\n"


def test_ports_are_compared_but_not_what_the_kernel_gave_out() -> None:
    found = ports.compared(frozenset({40000}))(_SS, _RANGE)
    assert [(one.key, one.text) for one in found] == [
        ("port:udp/323", "chronyd (127.0.0.1)"),
        ("port:tcp/443", "nginx (0.0.0.0, ::)"),
        ("port:tcp/40000", "java (127.0.0.1)"),
    ]

    def seen(text: str) -> Checks:
        ours = ports.compared(frozenset())(text, _RANGE)
        return _checks(Checked("ports", "Ports", "ok", ""), *ours)

    inside = _SS.replace("0.0.0.0:443 ", "127.0.0.1:443 ").replace("[::]:443 ", "[::1]:443 ")
    closed = "\n".join(line for line in _SS.splitlines() if ":443 " not in line)
    opened = _SS + 'tcp LISTEN 0 80 0.0.0.0:8080 0.0.0.0:* users:(("php",pid=5,fd=2))\n'
    for text, first in ((inside, "changed"), (closed, "worse"), (opened, "changed")):
        found = compare(seen(_SS), seen(text))
        assert [one.verdict for one in found[:2]] == [first, "same"]
        assert {one.verdict for one in found[1:]} == {"same"}


# ---------------------------------------------------------------- the package manager


def test_a_manager_that_did_not_finish_is_critical_and_one_in_use_a_warning() -> None:
    whole = manager.health("manager apt-get\nend\n")
    half = manager.health("manager apt-get\naudit The following packages are only half\nend\n")
    held_ = manager.health("manager dnf\nlocked 812 dnf\nend\n")
    assert (whole.state, half.state, held_.state) == ("ok", "critical", "warning")
    assert held_.text == "dnf is in use by dnf (process 812)"
    with pytest.raises(ValueError, match="manager"):
        manager.health("manager apt-get\naudit ")  # cut off


@pytest.mark.skipif(not shutil.which("apt-get"), reason="asks apt")
def test_who_holds_the_lock_is_named(tmp_path: Path) -> None:
    """A real lock on a real file, as dpkg and apt take it."""
    state = tmp_path / "dpkg"
    (state / "updates").mkdir(parents=True)
    (state / "status").write_text("")
    (state / "lock-frontend").write_text("")
    config = tmp_path / "apt.conf"
    config.write_text(f'Dir::State::status "{state}/status";\n')

    def ask() -> Checked:
        tools = f"APT_CONFIG={config}; export APT_CONFIG\n"
        text = tools + script.script_for(WANTED)
        return manager.health(collect(Here(), text, Context(), deadline=60)["manager"].text)

    with (state / "lock-frontend").open("w") as lock:
        fcntl.lockf(lock, fcntl.LOCK_EX)
        found = ask()
    assert (found.state, str(os.getpid()) in found.text) == ("warning", True)
    assert ask().state == "ok"
    (state / "updates" / "0001").write_text("")
    assert ask().state == "critical"


# ---------------------------------------------------------------- errors in logs


def _lines(at: datetime, utc: datetime) -> dict[str, str]:
    """A line of level error at a moment, as each program writes it."""
    return {
        "nginx": f"{at:%Y/%m/%d %H:%M:%S} [error] 71#71: *8 open() failed",
        "nginx crit": f"{at:%Y/%m/%d %H:%M:%S} [crit] 71#71: *8 SSL_do_handshake() failed",
        "apache": f"[{at:%a %b %d %H:%M:%S}.123456 {at:%Y}] [proxy:error] [pid 7] AH01114: failed",
        "apache 2.2": f"[{at:%a %b %d %H:%M:%S %Y}] [error] [client 1.2.3.4] File does not exist",
        "php-fpm": f"[{at:%d-%b-%Y %H:%M:%S}] ERROR: unable to bind",
        "php": f"[{utc:%d-%b-%Y %H:%M:%S} UTC] PHP Fatal error:  Uncaught Error in /srv/a.php",
        "mysql": f"{utc:%Y-%m-%dT%H:%M:%S}.123456Z 0 [ERROR] [MY-010262] Can't start server",
        "mariadb": f"{at:%Y-%m-%d %H:%M:%S} 0 [ERROR] Aborting",
        "mysql 5.5": f"{at:%y%m%d} {at.hour:2}:{at:%M:%S} [ERROR] Aborting",
        "laravel": f"[{at:%Y-%m-%d %H:%M:%S}] production.ERROR: SQLSTATE[HY000]",
        "java": f"{at:%Y-%m-%d %H:%M:%S},123 ERROR [main] com.example.Shop - failed",
    }


@pytest.fixture(params=["gawk", "mawk", "busybox"])
def tools(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A folder that holds another `awk`, as Debian's or Alpine's is."""
    if not (found := shutil.which(request.param)):
        pytest.skip(f"{request.param} is not on this machine")
    folder = tmp_path / "tools"
    folder.mkdir()
    (folder / "awk").symlink_to(found)
    return folder


def test_errors_of_the_last_minutes_are_counted_in_every_form(tools: Path, tmp_path: Path) -> None:
    now = datetime.now().astimezone()
    recent, old = now - timedelta(minutes=2), now - timedelta(minutes=40)
    quiet = f"{recent:%Y/%m/%d %H:%M:%S} [warn] 71#71: a client request body is buffered"
    wanted = []
    for name, line in _lines(recent, recent.astimezone(UTC)).items():
        before = _lines(old, old.astimezone(UTC))[name]
        file = tmp_path / f"{name}.log"
        trace = "    at com.example.Shop.error(Shop.java:7)\n#0 {main} ERROR without a time\n"
        file.write_text(f"{before}\n{before}\n{line}\n{trace}\n{line}\n{line}\n{quiet}\n")
        wanted.append(str(file))
    found = {one.key: one for one in host_checks.look(Here(tools), Wanted(logs=tuple(wanted)),
                                                       Context())}  # fmt: skip
    counted = {path: found[f"log:{path}"].amount for path in wanted}
    assert counted == dict.fromkeys(wanted, 3.0)


def test_a_log_that_says_nothing_we_can_read_is_unknown(tmp_path: Path) -> None:
    strange, empty, gone, much = (tmp_path / name for name in ("strange", "empty", "gone", "much"))
    strange.write_text("an error\nERROR another one\n")
    empty.write_text("")
    line = f"{datetime.now():%Y/%m/%d %H:%M:%S} [error] 71#71: *8 open() failed {'x' * 50}\n"
    much.write_text(line * 20_000)
    wanted = Wanted(logs=tuple(map(str, (strange, empty, gone, much))))
    found = {
        one.title.rpartition("/")[2]: one for one in host_checks.look(Here(), wanted, Context())
    }
    assert (found["strange"].state, found["gone"].state) == ("unknown", "unknown")
    assert found["gone"].text == "there is no such file"
    assert (found["empty"].state, found["empty"].amount) == ("ok", 0.0)
    assert found["much"].text.startswith("at least ")
    assert found["much"].state == "warning"


def test_what_this_account_may_not_read_is_unknown() -> None:
    (_, found) = logs.of_files("nginx counted 0 4 4 0 0 /a.log\nnginx denied /var/log/nginx\nend\n")
    assert (found.key, found.state) == ("log:nginx", "unknown")
    assert found.text == "/var/log/nginx cannot be read"
    (none,) = logs.of_files("end\n")
    assert none.state == "warning"


@pytest.mark.parametrize(
    ("before", "after", "verdict"),
    [(0, 0, "same"), (0, 10, "same"), (0, 11, "worse"), (40, 80, "same"), (40, 81, "worse"),
     (99, 101, "same"), (300, 12, "better"), (20, 12, "same")],
)  # fmt: skip
def test_more_errors_are_worse_only_beyond_what_varies(
    before: int, after: int, verdict: str
) -> None:
    def seen(count: int) -> Checks:
        return _checks(*logs.of_files(f"nginx counted {count} 900 900 0 0 /a.log\nend\n"))

    assert [
        one.verdict for one in compare(seen(before), seen(after)) if one.key == "log:nginx"
    ] == [verdict]


def test_the_journal_is_counted_and_one_that_hides_is_unknown() -> None:
    assert logs.of_journal("lines 7\n").amount == 7
    assert logs.without_journal(Section(1, "No journal files were found."))
    assert not logs.without_journal(Section(1, "Permission denied"))
