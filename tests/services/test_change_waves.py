"""One change to many servers: twenty simulated hosts, each with its own folder, website and gates;
the runs go on there by themselves, and the wave stops as it promises."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from db.engine import Database
from db.journal import Journal
from fleet import PAGE, PageWork, SimulatedHost, fleet, resources_of
from gmops_desktop.adapters import detached
from gmops_desktop.adapters.sections import Shell
from gmops_desktop.adapters.tencent import Tencent
from gmops_desktop.adapters.tencent_tat import TatShell
from gmops_desktop.addresses import Resource, SshAddress, TatAddress, address_to_dict
from gmops_desktop.context import Context
from gmops_desktop.contract.change_checks import Checks
from gmops_desktop.contract.changes import AUDIENCES, Audience
from gmops_desktop.contract.runs import RunLook
from gmops_desktop.contract.thresholds import LIMITS, Limit
from gmops_desktop.contract.updates import Plan, to_dict
from gmops_desktop.contract.waves import Member, Wave
from gmops_desktop.errors import Cancelled, OpsError
from gmops_desktop.outside import Outside
from gmops_desktop.paths import Home
from gmops_desktop.services.patches import Change, Hands, Patches
from gmops_desktop.services.patches.book import Book
from gmops_desktop.services.patches.checking import Checking
from gmops_desktop.services.patches.waves import Waves
from sandbox.tencent import Tencent as StandIn

pytestmark = pytest.mark.servers

NEW = PAGE.format("as it shall be")


def _placing(page: str) -> dict[str, Any]:
    """Return a patch's plan that says which page its work places."""
    told = to_dict(Plan((), (), (), (), False, "", datetime(2018, 4, 2, tzinfo=UTC)))
    return {**told, "page": page}


class Desk:
    """The program at work on a fleet; a second one on the same folder is another start of it."""

    def __init__(
        self,
        folder: Path,
        resources: Sequence[Resource],
        folders: Mapping[str, Path],
        secret: str = "any",
    ) -> None:
        self.database = Database(folder / "store.db")
        self.outside = Outside(Home(folder / "home"), lambda name: secret)
        self._secret = secret
        self.crowded = ""  # the host on whose ports others listen, too: they use this machine
        self.resources = tuple(resources)
        journal = Journal(self.database, actor=lambda: "Li Wei")
        outside = self.outside
        self._checking = Checking(
            lambda: self.resources, outside.check_host, outside.check_site, outside.look_mysql,
            outside.addresses_of,
        )  # fmt: skip
        self.lost: set[str] = set()  # hosts to which no line leads
        work = PageWork(self._shell, folders, utc)
        hands = Hands(
            scan_host=lambda address, context: pytest.fail("nobody scans"),
            simulate_host=lambda address, wanted, context: pytest.fail("nobody simulates"),
            works={"patch": work}, take_checks=self._take, look_run=work.look_run,
            pauses=(0.1, 0.1), every=0.05, patient=0.0,
        )  # fmt: skip
        self.patches = Patches(self.database, journal, hands)
        self.book = Book(self.database, journal, utc)
        self.waves = Waves(self.patches, self.book, lambda: self.resources)

    def _take(
        self,
        host: Resource,
        plan: Mapping[str, Any],
        context: Context,
        *,
        patient: float = 0.0,
        before: Checks | None = None,
    ) -> Checks:
        found = self._checking.take(host, plan, context, patient=patient, before=before)
        if host.id != self.crowded:
            return found
        items = (one for one in found.items if not one.key.startswith("port:"))
        return replace(found, items=tuple(items))

    @contextmanager
    def _shell(self, host: Resource, context: Context) -> Iterator[Shell]:
        address = host.address
        if isinstance(address, TatAddress):
            api = Tencent(address.secret_id, self._secret, endpoint=address.endpoint, pauses=(0.0,))
            yield TatShell(api, address.instance)
            return
        assert isinstance(address, SshAddress)
        if host.id in self.lost:
            address = replace(address, port=1)
        with self.outside.open_ssh(address, context) as server:
            yield server

    def ready(self, hosts: Sequence[Resource], sizes: Sequence[str]) -> Wave:
        """Queue a change for each host and get it to where its window is open."""
        plan = _placing(NEW)
        changes: list[Change] = []
        for host in hosts:
            change = self.patches.add("patch", "A new page", host, plan)
            changes.append(self.patches.simulate(host, change.id, Context()))
        wave = self.waves.band([one.id for one in changes], sizes=sizes, title="A new page")
        begin = utc() - timedelta(minutes=5)
        window = partial(self.patches.set_window, begin=begin, end=begin + timedelta(hours=4))
        assert self.waves.each(wave.id, lambda one: window(one.id)) == ()
        for audience in AUDIENCES:
            assert self.waves.each(wave.id, partial(self._tell, audience)) == ()
        return self.waves.get(wave.id)

    def _tell(self, audience: Audience, change: Change) -> Change:
        return self.patches.announce(change.id, audience, "Notice 7")

    def close(self) -> None:
        self.outside.close()
        self.database.close()


def utc() -> datetime:
    return datetime.now(UTC)


@pytest.fixture(autouse=True)
def roomy(monkeypatch: pytest.MonkeyPatch) -> None:
    """However full this machine's own disk is."""
    for what in ("disk", "inodes"):
        monkeypatch.setitem(LIMITS, what, Limit((1e6, 9e5), (1e7, 9e6)))


Opened = tuple[Desk, tuple[SimulatedHost, ...]]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Callable[[int], Opened]]:
    """Give a desk and so many hosts."""
    contexts: list[AbstractContextManager[tuple[SimulatedHost, ...]]] = []
    desks = []

    def make(count: int) -> Opened:
        made = fleet(tmp_path / "hosts", Home(tmp_path / "home").known_hosts, count)
        hosts = made.__enter__()
        contexts.append(made)
        folders = {host.resources[0].id: host.folder for host in hosts}
        desks.append(Desk(tmp_path, resources_of(hosts), folders))
        return desks[-1], hosts

    yield make
    for desk in desks:
        desk.close()
    for made in contexts:
        made.__exit__(None, None, None)


def servers(hosts: Sequence[SimulatedHost]) -> tuple[Resource, ...]:
    return tuple(host.resources[0] for host in hosts)


def standings(wave: Wave) -> dict[str, list[str]]:
    """Return the names of the servers by how they stand."""
    found: dict[str, list[str]] = {}
    for one in wave.members:
        found.setdefault(one.standing, []).append(one.name)
    return found


@pytest.mark.parametrize("fault", ["broken", "bad"])
def test_one_of_twenty_fails_and_nothing_further_is_begun(
    opened: Callable[[int], Opened], fault: str
) -> None:
    """Its run fails, or its run ends well and the page has lost its word."""
    desk, hosts = opened(20)
    (hosts[2].folder / fault).touch()  # the second of the second batch
    wave = desk.ready(servers(hosts), ("1", "10%", "rest"))
    assert [one.batch for one in wave.members] == [1, 2, 2, *[3] * 17]
    notes: list[str] = []
    ended = desk.waves.go_on(
        wave.id, Context(note=notes.append), confirm=wave.number, to_the_end=True
    )
    assert standings(ended) == {
        "held": ["web01", "web02"],
        "failed": ["web03"],
        "waiting": [f"web{number:02}" for number in range(4, 21)],
    }
    assert [one.name for one in ended.touched] == ["web01", "web02", "web03"]
    assert [host.applied for host in hosts] == [1, 1, 1, *[0] * 17]
    assert [host.page for host in hosts[:2]] == [NEW + "\n"] * 2
    assert {host.page for host in hosts[3:]} == {PAGE.format("as it was")}
    assert not any((host.folder / "page.wanted").exists() for host in hosts[3:])
    why = {"broken": "cannot place the page", "bad": "not all is as before"}[fault]
    assert why in desk.waves.get(wave.id).stopped or fault == "broken"
    assert "web03" in ended.stopped
    assert any(f"{wave.number} stopped: web03" in one for one in notes)
    # It stays stopped, however often somebody goes on.
    again = desk.waves.go_on(wave.id, Context(), confirm=wave.number, to_the_end=True)
    assert (again.due, [host.applied for host in hosts[3:]]) == ((), [0] * 17)


def test_a_wave_goes_batch_by_batch_to_its_end(opened: Callable[[int], Opened]) -> None:
    desk, hosts = opened(5)
    wave = desk.ready(servers(hosts), ("1", "50%", "rest"))
    seen: list[tuple[str, RunLook | None]] = []
    follow: Callable[[Member, RunLook | None], object] = lambda one, look: seen.append(  # noqa: E731
        (one.name, look)
    )
    with pytest.raises(OpsError, match=f"type the number of the wave: {wave.number}"):
        desk.waves.go_on(wave.id, Context(), confirm="yes")
    first = desk.waves.go_on(wave.number, Context(), confirm=wave.number.lower(), follow=follow)
    assert standings(first) == {"held": ["web01"], "waiting": ["web02", "web03", "web04", "web05"]}
    assert {name for name, _ in seen} == {"web01"}
    assert seen[-1] == ("web01", None)
    assert any(look is not None and look.state == "done" for _, look in seen)
    last = desk.waves.go_on(wave.id, Context(), confirm=wave.number, to_the_end=True)
    assert standings(last) == {"held": [host.resources[0].name for host in hosts]}
    assert (last.current, [host.applied for host in hosts]) == (0, [1] * 5)
    assert [one.key for one in desk.patches.steps(last.members[0].change_id)].count(
        "change.waved"
    ) == 1  # fmt: skip
    nothing = desk.waves.go_on(wave.id, Context(), confirm=wave.number)
    assert (nothing, [host.applied for host in hosts]) == (last, [1] * 5)


def test_a_closed_gate_keeps_a_server_untouched_and_stops_the_wave(
    opened: Callable[[int], Opened],
) -> None:
    desk, hosts = opened(3)
    wave = desk.ready(servers(hosts), ("1", "rest"))
    later = utc() + timedelta(hours=2)
    desk.patches.set_window(wave.members[0].change_id, later, later + timedelta(hours=1))
    ended = desk.waves.go_on(wave.id, Context(), confirm=wave.number, to_the_end=True)
    assert standings(ended) == {"waiting": ["web01", "web02", "web03"]}
    assert ended.members[0].why
    assert [host.applied for host in hosts] == [0, 0, 0]
    # Left out by a person, with the reason, it holds up nobody.
    with pytest.raises(OpsError, match="needs a reason"):
        desk.waves.leave_out(wave.id, wave.members[0].change_id, " ")
    desk.waves.leave_out(wave.id, wave.members[0].change_id, "Its window is tomorrow.")
    ended = desk.waves.go_on(wave.id, Context(), confirm=wave.number, to_the_end=True)
    assert standings(ended) == {"left_out": ["web01"], "held": ["web02", "web03"]}
    assert [host.applied for host in hosts] == [0, 1, 1]


def test_what_is_at_work_ends_and_what_waits_beside_it_is_not_begun(
    opened: Callable[[int], Opened],
) -> None:
    """One of four that are at work at once fails; four more of the same batch wait."""
    desk, hosts = opened(8)
    (hosts[0].folder / "broken").touch()
    for host in hosts[:4]:
        os.mkfifo(host.folder / "gate")
    wave = desk.ready(servers(hosts), ("rest",))
    running: set[str] = set()

    def open_gate(host: SimulatedHost) -> None:
        threading.Thread(
            target=(host.folder / "gate").write_text, args=("go\n",), daemon=True
        ).start()

    def follow(member: Member, look: RunLook | None) -> None:
        if look is None and member.name == "web01":
            for host in hosts[1:4]:
                open_gate(host)
        elif look is not None and look.state == "running" and member.name not in running:
            running.add(member.name)
            if len(running) == 4:
                open_gate(hosts[0])

    ended = desk.waves.go_on(wave.id, Context(), confirm=wave.number, follow=follow)
    assert standings(ended) == {
        "failed": ["web01"],
        "held": ["web02", "web03", "web04"],
        "waiting": ["web05", "web06", "web07", "web08"],
    }
    assert [host.applied for host in hosts] == [1, 1, 1, 1, 0, 0, 0, 0]
    assert not any((host.folder / "page.wanted").exists() for host in hosts[4:])


def test_a_lost_line_is_no_failure_and_holds_the_wave(opened: Callable[[int], Opened]) -> None:
    """The run goes on at the server; who waits in its batch is not begun until it was asked
    for again."""
    desk, hosts = opened(2)
    wave = desk.ready(servers(hosts), ("rest",))
    waves = Waves(desk.patches, desk.book, lambda: desk.resources, together=1)
    os.mkfifo(hosts[0].folder / "gate")

    def follow(member: Member, look: RunLook | None) -> None:
        if look is not None and look.state == "running":
            desk.lost.add("host-01")

    ended = waves.go_on(wave.id, Context(), confirm=wave.number, follow=follow, to_the_end=True)
    assert standings(ended) == {"begun": ["web01"], "waiting": ["web02"]}
    still = waves.go_on(wave.id, Context(), confirm=wave.number, to_the_end=True)
    assert standings(still) == {"begun": ["web01"], "waiting": ["web02"]}
    assert still.members[0].why.startswith("It goes on at the server and cannot be followed now")
    desk.lost.clear()
    (hosts[0].folder / "gate").write_text("go\n")  # the run ends by itself
    ended = waves.go_on(wave.id, Context(), confirm=wave.number, to_the_end=True)
    assert standings(ended) == {"held": ["web01", "web02"]}
    assert [host.applied for host in hosts] == [1, 1]


def test_a_cancelled_wave_leaves_what_runs_and_begins_nothing(
    opened: Callable[[int], Opened],
) -> None:
    desk, hosts = opened(3)
    wave = desk.ready(servers(hosts), ("1", "rest"))
    os.mkfifo(hosts[0].folder / "gate")
    context = Context()

    def follow(member: Member, look: RunLook | None) -> None:
        context.cancel()

    with pytest.raises(Cancelled):
        desk.waves.go_on(wave.id, context, confirm=wave.number, follow=follow, to_the_end=True)
    assert standings(desk.waves.get(wave.id)) == {
        "begun": ["web01"], "waiting": ["web02", "web03"],
    }  # fmt: skip
    (hosts[0].folder / "gate").write_text("go\n")
    ended = desk.waves.go_on(wave.id, Context(), confirm=wave.number, to_the_end=True)
    assert standings(ended) == {"held": ["web01", "web02", "web03"]}
    assert [host.applied for host in hosts] == [1, 1, 1]


# What the killed program runs: it says by a line that a server was begun.
_PROGRAM = """
import json, sys
sys.path[:0] = json.loads(sys.argv[3])
from pathlib import Path
from gmops_desktop import language
from gmops_desktop.addresses import Resource, address_from_dict
from gmops_desktop.context import Context
from gmops_desktop.contract.thresholds import LIMITS, Limit
from test_change_waves import Desk
language.use("en")
for what in ("disk", "inodes"):
    LIMITS[what] = Limit((1e6, 9e5), (1e7, 9e6))
told = json.loads(sys.argv[2])
resources = [Resource(i, k, n, address_from_dict(k, a)) for i, k, n, a in told]
folder = Path(sys.argv[1])
folders = {one.id: folder / "hosts" / one.id.removeprefix("host-") for one in resources}
desk = Desk(folder, resources, folders)
(wave,) = desk.waves.waves()
def follow(member, look):
    if look is not None and look.state == "running":
        print(member.name, flush=True)
desk.waves.go_on(wave.id, Context(), confirm=wave.number, follow=follow, to_the_end=True)
"""


@pytest.mark.parametrize("fails", [False, True])
def test_the_program_is_killed_in_the_middle_of_a_wave(
    opened: Callable[[int], Opened], tmp_path: Path, fails: bool
) -> None:
    """kill -9 while two servers of a batch are at work: they end by themselves, the next start asks
    them first, and goes on only if both are well."""
    desk, hosts = opened(5)
    wave = desk.ready(servers(hosts), ("1", "2", "rest"))
    for host in hosts[1:3]:
        os.mkfifo(host.folder / "gate")
    if fails:
        (hosts[2].folder / "broken").touch()
    told = [(one.id, one.kind, one.name, address_to_dict(one.address)) for one in desk.resources]
    here = Path(__file__).parent
    paths = [str(here), str(here.parent / "helpers"), str(here.parent.parent)]
    program = subprocess.Popen(
        [sys.executable, "-c", _PROGRAM, str(tmp_path), json.dumps(told), json.dumps(paths)],
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert program.stdout
    begun: set[str] = set()
    while not {"web02", "web03"} <= begun:
        line = program.stdout.readline()
        assert line, "the program ended before it was killed"
        begun.add(line.strip())
    program.send_signal(signal.SIGKILL)
    program.communicate()
    found = desk.waves.get(wave.id)
    assert standings(found) == {
        "held": ["web01"], "begun": ["web02", "web03"], "waiting": ["web04", "web05"],
    }  # fmt: skip
    for host in hosts[1:3]:
        threading.Thread(
            target=(host.folder / "gate").write_text, args=("go\n",), daemon=True
        ).start()
    ended = desk.waves.go_on(wave.id, Context(), confirm=wave.number, to_the_end=True)
    if fails:
        assert standings(ended) == {
            "held": ["web01", "web02"], "failed": ["web03"], "waiting": ["web04", "web05"],
        }  # fmt: skip
        assert [host.applied for host in hosts] == [1, 1, 1, 0, 0]
    else:
        assert standings(ended) == {"held": [f"web{number:02}" for number in range(1, 6)]}
        assert [host.applied for host in hosts] == [1] * 5


def test_a_server_is_reached_by_the_clouds_agent(
    opened: Callable[[int], Opened], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """TAT RunCommand in place of SSH, beside a server over SSH: the run is begun, followed and
    checked through it.  The stand-in's agent really runs what it is sent, on this machine."""
    _, hosts = opened(1)
    monkeypatch.setenv("GMOPS_RUNS", str(tmp_path / "runs"))
    own = tmp_path / "by-agent"
    own.mkdir()
    (own / "page.html").write_text(PAGE.format("as it was"), "utf-8")
    with StandIn(tmp_path / "tencent") as cloud:
        address = TatAddress(
            "ins-sandbox1", "ap-guangzhou", cloud.secret_id, f"http://{cloud.endpoint}"
        )
        by_agent = Resource("tat", "host", "by agent", address)
        folders = {"tat": own, hosts[0].resources[0].id: hosts[0].folder}
        resources = (by_agent, *hosts[0].resources)
        desk = Desk(tmp_path, resources, folders, cloud.secret_key)
        desk.crowded = "tat"
        try:
            wave = desk.ready([by_agent, hosts[0].resources[0]], ("1", "rest"))
            ended = desk.waves.go_on(wave.id, Context(), confirm=wave.number, to_the_end=True)
            assert standings(ended) == {"held": ["by agent", "web01"]}, ended
            assert (own / "page.html").read_text("utf-8") == f"{NEW}\n"
            change = desk.patches.get(wave.members[0].change_id)
            assert [run.state for run in change.runs] == ["done"]
            (run,) = change.runs
            with desk._shell(by_agent, Context()) as shell:
                assert detached.known(shell, Context()) == (run.id,)
        finally:
            desk.close()


def test_what_can_be_banded(opened: Callable[[int], Opened]) -> None:
    desk, hosts = opened(2)
    wave = desk.ready(servers(hosts), ("1", "rest"))
    (first, second) = (one.change_id for one in wave.members)
    with pytest.raises(OpsError, match="is part of a wave already"):
        desk.waves.band([first, second])
    twice = [desk.patches.add("patch", "Again", hosts[0].resources[0], _placing("x")).id
             for _ in range(2)]  # fmt: skip
    with pytest.raises(OpsError, match="is the second one for its server"):
        desk.waves.band(twice)
    with pytest.raises(OpsError, match="no size of a batch"):
        desk.waves.band(twice[:1], sizes=("0",))
    with pytest.raises(OpsError, match="needs changes"):
        desk.waves.band([])
    with pytest.raises(OpsError, match="There is no wave W-9999"):
        desk.waves.get("W-9999")
    with pytest.raises(OpsError, match="is not part of this wave"):
        desk.waves.leave_out(wave.id, twice[0], "why not")
    assert [one.number for one in desk.waves.waves()] == [wave.number]
    refused = desk.waves.each(wave.id, lambda one: desk.patches.cancel(one.id, " "))
    assert [(one.name, one.why) for one in refused] == [
        (name, "Cancelling a change needs a reason.") for name in ("web01", "web02")
    ]
