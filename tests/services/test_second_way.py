"""A run goes on to be told of when sshd is gone: through the cloud's agent on the same server.

The stand-in's agent really runs what it is sent, on this machine, where sshd runs, too.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from clouds import calm_cloud
from db.ids import uuid7
from gmops_desktop.adapters import detached, host_keys, ssh, tencent_tat
from gmops_desktop.addresses import CloudAddress, Resource
from gmops_desktop.context import Context
from gmops_desktop.contract.looks import Look
from gmops_desktop.contract.looks.clouds import CloudLink
from gmops_desktop.contract.runs import RunLook
from gmops_desktop.errors import OpsError
from gmops_desktop.outside import Outside
from gmops_desktop.paths import Home
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
        assert first.state in ("running", "done")
        assert notes == []
    # What is kept open ends with the server; nobody listens there any more.
    read, offset = "", 0
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
