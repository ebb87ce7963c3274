"""System patches through their work: played, brought, installed and taken back over the real sshd,
whatever becomes of the line and of the program meanwhile."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from db.ids import uuid7
from gmops_desktop.adapters import detached, packages
from gmops_desktop.adapters.sections import Shell
from gmops_desktop.addresses import Resource
from gmops_desktop.context import Context
from gmops_desktop.contract.runs import RunLook
from gmops_desktop.contract.updates import to_dict
from gmops_desktop.errors import OpsError
from gmops_desktop.paths import ROOT
from gmops_desktop.services.patches.system_updates import SystemUpdates
from machines import logged_in
from sandbox.patch_target import PACKAGES, TROUBLESOME, PatchTarget
from sandbox.sshd import Sshd

OLD = {package.name: package.old for package in (*PACKAGES, *TROUBLESOME) if package.old}
NEW = {package.name: package.new for package in (*PACKAGES, *TROUBLESOME) if package.new}

# The program, as far as it matters here: it tells the server and follows, until it is killed.
PROGRAM = """
import json, sys
from pathlib import Path
from gmops_desktop.adapters import detached
from gmops_desktop.addresses import Resource, SshAddress
from gmops_desktop.context import Context
from gmops_desktop.services.patches.system_updates import SystemUpdates
from machines import logged_in

said = json.load(sys.stdin)
host = Resource("h", "host", "web1", SshAddress(**said["address"]))
folder = Path(said["folder"])
print("here", flush=True)
work = SystemUpdates(lambda host, context: logged_in(host.address, folder))
work.start(host, said["plan"], said["change"], said["run"], said["purpose"], Context())
with logged_in(host.address, folder) as shell:
    while not detached.look(shell, said["run"], Context()).ended:
        Context().wait(0.05)
"""


@dataclass
class Scene:
    """A host with its work, as the flow of changes has it."""

    target: PatchTarget
    sshd: Sshd
    folder: Path

    def reach(self, host: Resource, context: Context) -> AbstractContextManager[Shell]:
        return logged_in(self.sshd.address, self.folder)

    @property
    def work(self) -> SystemUpdates:
        return SystemUpdates(self.reach, every=0.05, patience=5)

    @property
    def host(self) -> Resource:
        return Resource("h", "host", "web1", self.sshd.address)

    def plan(self, *names: str, **more: Any) -> dict[str, Any]:
        with logged_in(self.sshd.address, self.folder) as shell:
            known = packages.scan(shell, Context())
            wanted = [one for one in known.updates if one.name in names]
            plan = packages.simulate(shell, wanted, Context())
        return json.loads(json.dumps({**to_dict(plan), **more}))  # as the store gives it back

    def look(self, run_id: str) -> RunLook:
        with logged_in(self.sshd.address, self.folder) as shell:
            return detached.look(shell, run_id, Context())

    def end(self, run_id: str) -> RunLook:
        for _ in range(600):
            look = self.look(run_id)
            if look.ended:
                return look
            threading.Event().wait(0.1)
        raise AssertionError(look)

    def changed(self) -> dict[str, str]:
        now = self.target.installed()
        return {name: now.get(name, "") for name in {*OLD, *now} if now.get(name) != OLD.get(name)}


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    folder = tmp_path_factory.mktemp("patched")
    target = PatchTarget(folder / "apt", (*PACKAGES, *TROUBLESOME))
    target.make()
    with Sshd(folder / "sshd", environment=target.environment) as sshd:
        yield Scene(target, sshd, folder)


def test_from_the_plan_to_the_hand_over_and_back(scene: Scene) -> None:
    change, applied, back = uuid7(), uuid7(), uuid7()
    context, host, work = Context(), scene.host, scene.work
    plan = scene.plan("nginx", "linux-image-amd64", "openssl")
    played = work.play(host, plan, context)
    assert (played.differs, played.health) == ((), "")
    assert json.loads(json.dumps(played.plan))["packages"] == plan["packages"]
    assert played.disk_free
    assert played.disk_needed
    way = work.prepare(host, plan, change, context)
    assert way.why_not == ""
    assert [step.key for step in way.steps] == [
        "package:linux-image-amd64", "package:nginx", "package:openssl", "installs", "settings",
    ]  # fmt: skip
    assert way.steps[1].text == f"nginx goes back to {OLD['nginx']} (from its archive)."
    assert work.prepare(host, plan, change, context).steps == way.steps  # a second time
    assert scene.changed() == {}

    work.start(host, plan, change, applied, "apply", context)
    assert scene.end(applied).state == "done"
    wanted = ("nginx", "openssl", "linux-image-amd64", "linux-image-6.1.0-34-amd64")
    assert scene.changed() == {name: NEW[name] for name in wanted}
    told = {one.title: one for one in work.changed(host, plan, change, context)}
    # By the names that the plan has, without what dpkg adds for the architecture.
    assert (told["nginx"].before, told["nginx"].after) == (OLD["nginx"], NEW["nginx"])
    assert told["linux-image-6.1.0-34-amd64"].before == ""
    settings = scene.target.root / "etc"
    cnf, dist = told[f"{settings}/ssl/openssl.cnf"], told[f"{settings}/nginx/nginx.conf.dpkg-dist"]
    assert cnf.kind == dist.kind == "configuration"
    assert cnf.before
    assert cnf.after == cnf.digest != cnf.before
    assert dist.before == ""
    assert f"{settings}/nginx/nginx.conf" not in told
    # The plan holds no more: everything in it is there.
    assert work.play(host, plan, context).differs

    work.start(host, plan, change, back, "rollback", context)
    assert scene.end(back).state == "done"
    assert scene.changed() == {}
    told = {one.title: one for one in work.changed(host, plan, change, context)}
    assert {*told} == {f"{settings}/nginx/nginx.conf.dpkg-dist"}
    (settings / "nginx/nginx.conf.dpkg-dist").unlink()


def test_what_is_not_ready_is_said(scene: Scene) -> None:
    change, run = uuid7(), uuid7()
    context, host, work = Context(), scene.host, scene.work
    plan = scene.plan("mail-filter")
    work.prepare(host, plan, change, context)
    scene.target.run("apt-mark", "hold", "mail-filter")
    assert (
        work.play(host, plan, context).health == "Packages of the plan are held now: mail-filter."
    )
    scene.target.run("apt-mark", "unhold", "mail-filter")
    work.start(host, plan, change, run, "apply", context)
    assert scene.end(run).state == "failed"
    assert "Packages are only half installed: mail-filter." in work.play(host, plan, context).health
    mended = uuid7()
    work.start(host, plan, change, mended, "mend", context)
    assert scene.end(mended).state == "failed"
    back = uuid7()
    work.start(host, plan, change, back, "rollback", context)
    assert scene.end(back).state == "done"
    assert scene.changed() == {}
    assert work.play(host, plan, context).health == ""
    # An interrupted dpkg, as a power cut leaves it.
    journal = scene.target.root / "var/lib/dpkg/updates/0001"
    journal.write_text("")
    assert "was interrupted on the server" in work.play(host, plan, context).health
    journal.unlink()
    lock = scene.target.root / "var/lib/dpkg/lock"
    holding = "import fcntl, sys; f = open(sys.argv[1], 'w'); fcntl.lockf(f, fcntl.LOCK_EX)"
    with subprocess.Popen(
        [sys.executable, "-c", f"{holding}; print('held', flush=True); sys.stdin.read()", lock],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as holder:  # fmt: skip
        assert holder.stdout
        assert holder.stdin
        holder.stdout.readline()
        health = work.play(host, plan, context).health
        assert "Another program holds the lock of the package manager: " in health
        assert f"({holder.pid})." in health
        holder.stdin.close()


def test_without_its_old_packages_the_way_back_says_so(scene: Scene) -> None:
    plan = scene.plan("tzdata")
    pool = scene.target.folder / "repository/pool"
    old = next(pool.rglob("tzdata_2024b*.deb"))
    old.rename(old.with_suffix(".away"))
    way = scene.work.prepare(scene.host, plan, uuid7(), Context())
    assert "tzdata 2024b-0+deb12u1 cannot be put back" in way.why_not
    old.with_suffix(".away").rename(old)
    new = next(pool.rglob("tzdata_2025b*.deb"))
    new.rename(new.with_suffix(".away"))
    with pytest.raises(OpsError, match="could not be brought to web1") as caught:
        scene.work.prepare(scene.host, plan, uuid7(), Context())
    assert caught.value.unharmed == "Nothing was installed or changed on the server."
    new.with_suffix(".away").rename(new)


def test_at_ten_moments_the_program_dies_or_the_line_is_cut(scene: Scene) -> None:
    """Whatever the moment, the run ends by itself and another program learns the truth: it was
    never begun, goes on, or has ended; and it is carried out once."""
    chance = random.Random()
    context, host, work = Context(), scene.host, scene.work
    plan, change = scene.plan("search-index", "rsync"), uuid7()
    work.prepare(host, plan, change, context)
    address = scene.sshd.address
    seen = set()
    for number in range(10):
        purpose = ("apply", "rollback")[number % 2]
        run = uuid7()
        said = {
            "address": {"host": address.host, "port": address.port, "user": address.user,
                        "key": address.key},
            "folder": str(scene.folder), "plan": plan, "change": change, "run": run,
            "purpose": purpose,
        }  # fmt: skip
        path = os.pathsep.join([str(ROOT), str(ROOT / "tests/helpers")])
        with subprocess.Popen(
            [sys.executable, "-c", PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True, env={**os.environ, "PYTHONPATH": path},
        ) as program:  # fmt: skip
            assert program.stdin
            assert program.stdout
            json.dump(said, program.stdin)
            program.stdin.close()
            assert program.stdout.readline() == "here\n"
            context.wait(chance.uniform(0, 2.5))
            if number % 3 == 2:
                cut(scene.sshd)
            else:
                program.kill()
        look = scene.look(run)
        seen.add(look.state)
        assert look.state in ("absent", "running", "done"), look.why
        work.start(host, plan, change, run, purpose, context)  # begins what is not begun, only
        look = scene.end(run)
        assert look.state == "done", f"{look.why}\n{look.log}"
        assert scene.changed() == (
            {"search-index": NEW["search-index"], "rsync": NEW["rsync"]}
            if purpose == "apply"
            else {}
        )
    journal = (scene.target.root / "var/log/dpkg.log").read_text()
    for name in ("search-index", "rsync"):
        assert journal.count(f" upgrade {name}:amd64 {OLD[name]} {NEW[name]}") == 5
        assert journal.count(f" upgrade {name}:amd64 {NEW[name]} {OLD[name]}") == 5
    assert seen & {"running", "done"}


def cut(sshd: Sshd) -> None:
    """Break every session of the server: their processes of sshd are killed."""
    assert sshd.process
    children = Path(f"/proc/{sshd.process.pid}/task/{sshd.process.pid}/children").read_text()
    for child in children.split():
        os.kill(int(child), signal.SIGKILL)
