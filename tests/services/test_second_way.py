"""A run goes on to be told of when sshd is gone: through the cloud's agent on the same server.

The stand-in's agent really runs what it is sent, on this machine, where sshd runs, too.
"""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from change_desk import Desk
from clouds import calm_cloud
from db.engine import Database
from db.ids import uuid7
from gmops_desktop.adapters import detached, host_keys, ssh, tencent_tat
from gmops_desktop.addresses import CloudAddress, Resource, TatAddress
from gmops_desktop.context import Context
from gmops_desktop.contract.looks import Look
from gmops_desktop.contract.looks.clouds import CloudLink
from gmops_desktop.contract.runs import RunLook
from gmops_desktop.errors import OpsError
from gmops_desktop.outside import Outside
from gmops_desktop.paths import Home
from gmops_desktop.services.patches import Patches
from gmops_desktop.services.patches.rescue import RescueHands
from gmops_desktop.services.patches.second_way import SecondWay
from sandbox.sshd import Sshd
from sandbox.tencent import Tencent as StandIn

pytestmark = pytest.mark.servers


@pytest.fixture(scope="module")
def stand_in(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandIn]:
    with StandIn(tmp_path_factory.mktemp("tencent")) as server:
        yield server


@pytest.fixture
def outside(
    stand_in: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Outside]:
    monkeypatch.setattr(tencent_tat, "PAUSES", (0.02, 0.05))
    outside = Outside(Home(tmp_path / "home"), lambda name: stand_in.secret_key)
    yield outside
    outside.close()
    stand_in.behave()


def test_where_sshd_is_gone_the_agent_is_asked(
    stand_in: StandIn, outside: Outside, tmp_path: Path
) -> None:
    run_id = uuid7()
    account = CloudAddress(
        stand_in.secret_id, ("ap-guangzhou",), endpoint=f"http://{stand_in.endpoint}"
    )
    cloud = Resource("c", "cloud", "cloud", account)
    server = replace(calm_cloud().servers[0], id="ins-sandbox1", region="ap-guangzhou")
    link = CloudLink("cvm", "ins-sandbox1", "h", "web1", "by its address")
    seen = replace(calm_cloud(), servers=(server,), links=(link,))
    look = Look("c", "cloud", "cloud", "ok", "", datetime.now(UTC), 1.0, (), seen)
    known: dict[str, Look] = {"c": look}
    way = SecondWay(outside.look_run, lambda: (cloud,), known.get)
    notes: list[str] = []
    context = Context(note=notes.append)

    with Sshd(tmp_path / "sshd") as sshd:
        address = sshd.address
        host = Resource("h", "host", "web1", address)
        home = tmp_path / "home"
        home.mkdir()
        trusted = ssh.host_key(address, context, known_hosts=Home(home).known_hosts)
        host_keys.trust(address, trusted, Home(home).known_hosts)
        with outside.shell_of(address, context) as shell:
            script = "step one 'echo over 备份'; step wait 'sleep 2'; head -c 30000 /dev/urandom"
            detached.start(shell, run_id, script, context)
        first = way.look(host, run_id, 0, context)
        while "over 备份" not in first.log:  # what is older than a piece is not sent again
            first = way.look(host, run_id, 0, context)
        assert first.state in ("running", "done")
        assert notes == []
    # What is kept open ends with the server; nobody listens there any more.
    read, offset = first.log, first.offset
    while True:
        piece = way.look(host, run_id, offset, context)
        read, offset = read + piece.log, piece.offset
        if piece.ended and not piece.more:
            break
        threading.Event().wait(0.05)
    assert piece.state == "done"
    assert "over 备份" in read
    assert offset > 30_000  # what cannot be packed came in pieces that the agent takes
    assert len(notes) == 1
    assert "watched through the cloud's agent on ins-sandbox1" in notes[0]

    stand_in.behave(tat="AgentStatusNotOnline")
    with pytest.raises(OpsError, match="neither over SSH nor through the cloud's agent"):
        way.look(host, run_id, 0, context)
    stand_in.behave()
    known.clear()  # nobody knows which of the cloud's servers it is
    with pytest.raises(OpsError) as caught:
        way.look(host, run_id, 0, context)
    assert "agent" not in caught.value.message
    assert "there is no second way in" in notes[-1]
    known["c"] = look
    agent = way.agent_of(host)
    assert agent
    with outside.shell_of(agent, context) as shell:
        again = uuid7()
        detached.start(shell, again, "step one 'tell where agent'", context)
        assert ended(lambda: detached.look(shell, again, context)).outcome == {"where": "agent"}
        for one in (run_id, again):
            detached.forget(shell, one, context)
        assert not {run_id, again} & {*detached.known(shell, context)}


def ended(look: Callable[[], RunLook]) -> RunLook:
    while not (seen := look()).ended:
        threading.Event().wait(0.05)
    return seen


class OwnSshd:
    """An sshd with a file of settings, as on a server; `restart` is what starts it there."""

    def __init__(self, folder: Path) -> None:
        with Sshd(folder) as made:  # makes the keys, and finds a free port
            self.address, self._key = made.address, made
            words = made._words(made.port)
        options = [words[at + 1] for at, word in enumerate(words) if word == "-o"]
        lines = [one.replace("=", " ", 1) for one in options]
        self.conf = folder / "etc"
        (self.conf / "sshd_config.d").mkdir(parents=True)
        self.file = self.conf / "sshd_config"
        self.file.write_text("\n".join(lines) + "\n", "utf-8")
        pid = folder / "sshd.pid"
        self.stop_it = f"[ -s {pid} ] && kill $(cat {pid}); rm -f {pid}"
        start = f"$(command -v sshd) -f {self.file} -E {folder / 'log'}"
        self.restart = f"{self.stop_it}; {start}; while [ ! -s {pid} ]; do sleep 0.1; done"

    def sh(self, command: str) -> None:
        path = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}
        subprocess.run(["/bin/sh", "-c", command], env=path, check=False, timeout=30)


def test_sshd_is_brought_back_through_the_agent(
    stand_in: StandIn, outside: Outside, database: Database, tmp_path: Path
) -> None:
    """A change breaks the settings of sshd; the steps tell the truth and bring it back."""
    own = OwnSshd(tmp_path / "sshd")
    agent = TatAddress("ins-sandbox1", "ap-guangzhou", stand_in.secret_id,
                       f"http://{stand_in.endpoint}")  # fmt: skip
    desk = Desk(database)
    desk.furnish()
    desk.host = desk.contracts.save_resource("host", "web1", own.address, id=desk.host.id)
    known: list[TatAddress] = [agent]
    hands = RescueHands(lambda host: known[0] if known else None, outside.shell_of,
                        folder=str(own.conf), command=own.restart, pauses=(0.1, 0.2))  # fmt: skip
    desk.patches = Patches(desk.database, desk.journal, replace(desk.hands, rescue=hands),
                           now=lambda: desk.now)  # fmt: skip
    context = Context()
    try:
        own.sh(own.restart)
        home = Home(tmp_path / "home")
        (tmp_path / "home").mkdir()
        host_keys.trust(
            own.address, ssh.host_key(own.address, context, known_hosts=home.known_hosts),
            home.known_hosts,
        )  # fmt: skip
        good = own.file.read_text("utf-8")

        def broken(purpose: str) -> None:
            own.file.write_text(good + "NoSuchOption yes\n", "utf-8")
            (own.conf / "sshd_config.d" / "new.conf").write_text("# left by it", "utf-8")
            own.sh(own.stop_it)

        desk.server.on_start = broken
        desk.server.state = "failed"
        change = desk.apply(desk.ready())
        seen = desk.patches.sshd(desk.host, change.id, context)
        assert (seen.listens, seen.kept, seen.altered) == (False, True, True)
        assert "NoSuchOption" in seen.fault
        with pytest.raises(OpsError, match="type the number"):
            desk.patches.rescue(desk.host, change.id, "restart", context, confirm="no")
        with pytest.raises(OpsError, match="NoSuchOption"):  # it would not come up with these
            desk.patches.rescue(desk.host, change.id, "restart", context, confirm=change.number)
        changed = desk.patches.rescue(
            desk.host, change.id, "settings", context, confirm=change.number
        )
        assert own.file.read_text("utf-8") == good
        assert [*(own.conf / "sshd_config.d").iterdir()] == []
        told = [one.text for one in desk.patches.steps(changed.id) if one.key == "change.rescued"]
        assert len(told) == 2
        assert "NoSuchOption" in told[0]
        assert "answers over SSH again" in told[1]
        seen = desk.patches.sshd(desk.host, change.id, context)
        assert (seen.listens, seen.fault, seen.altered) == (True, "", False)
        # It only stopped: a restart is enough.
        own.sh(own.stop_it)
        desk.patches.rescue(desk.host, change.id, "restart", context, confirm=change.number)
        assert desk.patches.sshd(desk.host, change.id, context).listens
        known.clear()
        with pytest.raises(OpsError, match="No second way into web1 is known"):
            desk.patches.sshd(desk.host, change.id, context)
    finally:
        own.sh(own.stop_it)
        own.sh(f"rm -rf /var/tmp/gmops-sshd/{desk.patches.all()[0].id}*")
