"""One wave on two devices that meet now and then: whatever each did alone, in whichever order they
meet, both know the same waves, and nothing is begun twice on a server."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from change_desk import MINUTE, Desk, Server
from db.engine import Database
from gmops_desktop.addresses import Resource, SshAddress
from gmops_desktop.context import Context
from gmops_desktop.contract.changes import AUDIENCES
from gmops_desktop.contract.updates import Plan, Update, to_dict
from gmops_desktop.contract.waves import Wave
from gmops_desktop.errors import OpsError
from gmops_desktop.services.patches.book import Book
from gmops_desktop.services.patches.waves import Waves

COUNT = 4
SIZES = ("1", "rest")


class Device:
    """A desk with its waves."""

    def __init__(self, path: Path, server: Server, name: str) -> None:
        self.database = Database(path)
        self.desk = Desk(self.database, server, name)
        self.desk.actor = name
        book = Book(self.database, self.desk.journal, lambda: self.desk.now)
        resources = self.desk.contracts.resources
        self.waves = Waves(self.desk.patches, book, resources, together=1)

    @property
    def hosts(self) -> list[Resource]:
        return [one for one in self.desk.contracts.resources() if one.kind == "host"]

    def changes(self) -> list[str]:
        """Return the ids of the changes, by their numbers."""
        return [one.id for one in sorted(self.desk.patches.all(), key=lambda one: one.number)]

    def meet(self, other: Device) -> None:
        self.desk.journal.merge(other.desk.journal.entries())


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a store with a change for each of four servers, told of and prepared."""
    path = tmp_path_factory.mktemp("ready") / "store.db"
    device = Device(path, Server(), "office")
    desk = device.desk
    desk.furnish(two_person=False)
    for number in range(1, COUNT):
        desk.contracts.save_resource("host", f"web{number + 1}", SshAddress(f"10.0.1.{number}"))
    update = Update("openssl", "amd64", "3.0.15", "3.0.16", "Debian-Security", True)
    plan = to_dict(Plan((update,), (), (), (), False, "", desk.now, 40 << 30))
    for host in device.hosts:
        change = desk.patches.add("patch", f"openssl on {host.name}", host, plan)
        desk.patches.simulate(host, change.id, Context())
        begin = desk.now - 2 * MINUTE
        desk.patches.set_window(change.id, begin, begin + 120 * MINUTE)
        for audience in AUDIENCES:
            desk.patches.announce(change.id, audience, "公众号推文")
        desk.patches.prepare(host, change.id, Context())
    desk.copied()
    device.database.close()
    return path


@pytest.fixture
def two(ready: Path, tmp_path: Path) -> Iterator[tuple[Device, Device, Server]]:
    with ExitStack() as stack:
        yield *devices(ready, tmp_path, stack, server := Server()), server


def devices(ready: Path, folder: Path, stack: ExitStack, server: Server) -> tuple[Device, Device]:
    """Return two devices that have met, and know the same."""
    made = []
    for name in ("desk", "laptop"):
        (folder / name).mkdir()
        shutil.copy(ready, folder / name / "store.db")
        made.append(Device(folder / name / "store.db", server, name))
        stack.callback(made[-1].database.close)
    return made[0], made[1]


def seen(device: Device) -> list[Wave]:
    return list(device.waves.waves())


def go_on(device: Device, wave: Wave) -> Wave:
    return device.waves.go_on(wave.id, Context(), confirm=wave.number, to_the_end=True)


# ---------------------------------------------------------------- both at once


def test_two_devices_carry_one_wave_out_and_each_server_is_begun_once(
    two: tuple[Device, Device, Server],
) -> None:
    desk, laptop, server = two
    wave = desk.waves.band(desk.changes(), sizes=SIZES, title="openssl")
    laptop.meet(desk)
    for device in (desk, laptop):  # neither knows of the other
        ended = go_on(device, wave)
        assert {one.standing for one in ended.members} == {"held"}
    assert len(server.runs()) == COUNT
    laptop.meet(desk)
    desk.meet(laptop)
    assert seen(desk) == seen(laptop)
    assert {one.standing for one in seen(desk)[0].members} == {"held"}
    for change in desk.desk.patches.all():
        assert len(change.runs) == 1
        assert change.conflict  # that two began it is told
    assert desk.desk.journal.strangers() == ()


def test_what_ended_here_stays_ended_when_another_tells_that_it_began_it(
    two: tuple[Device, Device, Server],
) -> None:
    desk, laptop, server = two
    wave = desk.waves.band(desk.changes()[:1], sizes=SIZES, title="openssl")
    laptop.meet(desk)
    assert go_on(desk, wave).current == 0
    for note in range(20):  # the laptop's clock runs ahead of the desk's
        laptop.desk.patches.announce(laptop.changes()[1], "users", f"公告 {note}")
    server.silent = 99
    assert [one.standing for one in go_on(laptop, wave).members] == ["begun"]
    server.silent = 0
    desk.meet(laptop)
    assert [one.standing for one in seen(desk)[0].members] == ["held"]


def test_the_first_of_two_waves_has_the_changes_that_both_want(
    two: tuple[Device, Device, Server],
) -> None:
    """Not change by change, by whose entry came last: a wave would be torn."""
    desk, laptop, server = two
    first = desk.waves.band(desk.changes()[:3], sizes=SIZES, title="at the desk")
    second = laptop.waves.band(laptop.changes()[:0:-1], sizes=SIZES, title="on the way")
    laptop.meet(desk)
    desk.meet(laptop)
    assert seen(desk) == seen(laptop)
    won, left = sorted(seen(desk), key=lambda one: one.id)
    assert (won, left.id) == (first, second.id)
    assert [one.change_id for one in left.members] == [desk.changes()[3]]
    # Whoever goes on with either of them, wherever, begins each server once.
    for device in (desk, laptop):
        for one in (won, left):
            go_on(device, one)
    assert len(server.runs()) == COUNT
    assert {one.standing for wave in seen(desk) for one in wave.members} == {"held"}


def test_a_wave_whose_changes_all_went_to_another_is_told_of(
    two: tuple[Device, Device, Server],
) -> None:
    desk, laptop, _ = two
    first = desk.waves.band(desk.changes(), sizes=SIZES, title="at the desk")
    second = laptop.waves.band(laptop.changes(), sizes=SIZES, title="on the way")
    laptop.meet(desk)
    assert seen(laptop) == [first]
    with pytest.raises(OpsError, match="There is no wave"):
        laptop.waves.get(second.id)


# ---------------------------------------------------------------- anything, in any order

STEPS = st.lists(
    st.tuples(
        st.integers(0, 1),
        st.sampled_from(("band", "leave_out", "cancel", "move", "go_on", "go_on", "fail", "meet")),
        st.lists(st.integers(0, COUNT - 1), min_size=1, max_size=COUNT, unique=True),
    ),
    min_size=2,
    max_size=10,
)


@given(st.booleans(), STEPS)
@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_both_orders_of_meeting_give_one_state(
    ready: Path, known: bool, steps: list[tuple[int, str, list[int]]]
) -> None:
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        server = Server()
        pair = devices(ready, Path(folder), stack, server)
        if known:  # both begin with the same wave
            pair[0].waves.band(pair[0].changes()[:3], sizes=SIZES, title="openssl")
            pair[1].meet(pair[0])
        for which, verb, places in steps:
            with suppress(OpsError):  # refused, as it may be; what matters is what stands there
                act(pair[which], pair[1 - which], server, verb, places)
        told = []
        for number, order in enumerate((pair, pair[::-1])):
            path = Path(folder) / f"met{number}.db"
            shutil.copy(ready, path)
            third = Device(path, server, f"met{number}")
            stack.callback(third.database.close)
            for one in order:
                third.meet(one)
            assert third.desk.journal.strangers() == ()
            told.append(seen(third))
        pair[0].meet(pair[1])
        pair[1].meet(pair[0])
        told += [seen(one) for one in pair]
        assert all(one == told[0] for one in told)
        members = [one.change_id for wave in told[0] for one in wave.members]
        assert len(members) == len({*members})
        begun = [run for change in pair[0].desk.patches.all() for run in change.runs]
        assert len(server.runs()) == len({run.id for run in begun}) == len(begun)
        assert len(begun) <= COUNT


def act(device: Device, other: Device, server: Server, verb: str, places: list[int]) -> None:
    changes, waves = device.changes(), seen(device)
    server.state = "failed" if verb == "fail" else "done"
    match verb:
        case "band":
            device.waves.band([changes[place] for place in places], sizes=SIZES, title="openssl")
        case "leave_out" if waves:
            device.waves.leave_out(waves[0].id, changes[places[0]], device.desk.actor)
        case "cancel":
            device.desk.patches.cancel(changes[places[0]], device.desk.actor)
        case "move":
            begin = device.desk.now
            device.desk.patches.set_window(changes[places[0]], begin, begin + 90 * MINUTE)
        case "go_on" | "fail" if waves:
            go_on(device, waves[0])
        case "meet":
            device.meet(other)
