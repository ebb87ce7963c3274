"""The flow of a change over the real sshd: what it begins goes on there without this program."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from change_desk import Desk, Server
from db.engine import Database
from gmops_desktop.adapters import detached
from gmops_desktop.addresses import Resource
from gmops_desktop.context import Context
from gmops_desktop.contract.runs import RunLook, RunPurpose
from gmops_desktop.errors import Cancelled, OpsError
from gmops_desktop.services.patches import Patches
from machines import logged_in
from sandbox.sshd import Sshd


class Real(Server):
    """Begins its runs on a real server, and asks that about them."""

    def __init__(self, sshd: Sshd, folder: Path) -> None:
        super().__init__()
        self.sshd, self.folder = sshd, folder
        self.script = ""

    def start(
        self,
        host: Resource,
        plan: Mapping[str, Any],
        change_id: str,
        run_id: str,
        purpose: RunPurpose,
        context: Context,
    ) -> None:
        super().start(host, plan, change_id, run_id, purpose, context)
        with logged_in(self.sshd.address, self.folder) as shell:
            detached.start(shell, run_id, self.script, context)

    def look(self, host: Resource, run_id: str, offset: int, context: Context) -> RunLook:
        with logged_in(self.sshd.address, self.folder) as shell:
            return detached.look(shell, run_id, context, offset)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Real]:
    runs = {"GMOPS_RUNS": str(tmp_path / "runs")}
    with Sshd(tmp_path / "sshd", environment=runs) as sshd:
        yield Real(sshd, tmp_path)


def test_a_run_outlives_the_program_and_is_told_truly_afterwards(
    server: Real, database: Database, tmp_path: Path
) -> None:
    desk = Desk(database, server)
    desk.furnish()
    change = desk.ready()
    pipe = tmp_path / "gate"
    os.mkfifo(pipe)
    server.script = (
        "step unpack 'seq 1 2000'\n"
        f"step wait 'cat {pipe}'\n"
        "step settle 'tell beside /etc/x.conf.dpkg-dist; echo 完成'\n"
    )
    context, seen = Context(), []

    def follow(look: RunLook) -> None:
        seen.append(look)
        if any(step.key == "wait" for step in look.steps):
            context.cancel()  # the program is closed

    with pytest.raises(Cancelled):
        desk.patches.apply(desk.host, change.id, context, confirm=change.number, follow=follow)
    assert seen[-1].state == "running"

    again = Desk(database, server)
    assert again.patches.get(change.id).state == "applying"
    hands = replace(again.hands, every=0.05)
    patches = Patches(database, again.journal, hands, now=lambda: server.now)
    writer = threading.Thread(target=pipe.write_text, args=("go on\n",))
    writer.start()
    ended = patches.attach(desk.host, change.id, Context())
    writer.join()
    assert ended.state == "postcheck"
    [run] = ended.runs
    assert (run.state, run.status) == ("done", 0)
    assert [step["key"] for step in run.steps] == ["unpack", "wait", "settle"]
    assert "go on\n" in run.tail
    assert run.tail.endswith("完成\n")
    log = (tmp_path / "runs" / run.id / "log").read_bytes()
    assert hashlib.sha256(log).hexdigest() == run.log_digest
    assert (run.log_bytes, [*again.logs.values()]) == (len(log), [log])
    assert desk.patches.record_facts(change.id).kept_files == ("/etc/x.conf.dpkg-dist",)


def test_a_run_that_fails_there_fails_here_with_its_reason(
    server: Real, database: Database
) -> None:
    desk = Desk(database, server)
    desk.furnish()
    change = desk.ready()
    server.script = "step unpack 'tell fault \"dpkg was interrupted\"; exit 7'\nstep never 'true'\n"
    hands = replace(desk.hands, every=0.05)
    patches = Patches(database, desk.journal, hands, now=lambda: server.now)
    failed = patches.apply(desk.host, change.id, Context(), confirm=change.number)
    assert (failed.state, failed.runs[0].status) == ("postcheck", 7)
    assert "dpkg was interrupted" in failed.runs[0].why
    assert any("dpkg was interrupted" in one.description for one in desk.tickets.all())


def test_a_long_log_that_is_taken_up_later_has_the_digest_of_the_whole(
    server: Real, database: Database, tmp_path: Path
) -> None:
    """Of more than a look holds only the end is sent to whom has read nothing yet."""
    desk = Desk(database, server)
    desk.furnish()
    change = desk.ready()
    server.script = "step unpack 'seq 40000'\n"  # 229 kB
    lost = replace(desk.hands, every=0.05, pauses=(), look_run=_silent)
    running = Patches(database, desk.journal, lost, now=lambda: server.now).apply(
        desk.host, change.id, Context(), confirm=change.number
    )
    assert running.state == "applying"
    log = tmp_path / "runs" / running.runs[0].id / "log"
    while not log.with_name("rc").exists():
        threading.Event().wait(0.05)
    hands = replace(desk.hands, every=0.05)
    patches = Patches(database, desk.journal, hands, now=lambda: server.now)
    run = patches.attach(desk.host, change.id, Context()).runs[0]
    whole = log.read_bytes()
    assert len(whole) > 200_000
    assert (run.state, run.log_bytes) == ("done", len(whole))
    assert run.log_digest == hashlib.sha256(whole).hexdigest()
    assert run.tail.rstrip().endswith("40000")
    line = patches.record_facts(change.id).runs[0]
    assert (line.log_digest, line.log_bytes) == (run.log_digest, len(whole))


def _silent(host: Resource, run_id: str, offset: int, context: Context) -> RunLook:
    raise OpsError("Nobody answers.")
