"""`gmops patch` against a real sshd whose apt-get acts on a root of its own: from the scan to the
hand-over and back to the old versions, and no way round a closed gate."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gmops import Command, Ran, environment, gmops
from gmops_desktop.adapters import host_keys, ssh
from gmops_desktop.assembly import assemble
from gmops_desktop.context import Context
from gmops_desktop.contract.gates import TABLE
from gmops_desktop.contract.terms import ZONE
from gmops_desktop.paths import Home
from gmops_desktop.services.contracts import Contracts
from sandbox.patch_target import PACKAGES, PatchTarget
from sandbox.sshd import Sshd

pytestmark = pytest.mark.skipif(not PatchTarget.possible(), reason="no apt here")

OLD = {package.name: package.old for package in PACKAGES}
NEW = {package.name: package.new for package in PACKAGES}
WHEN = "%Y-%m-%dT%H:%M"


@dataclass
class Scene:
    """A home whose one server is the target."""

    home: Path
    target: PatchTarget

    def run(self, *words: str) -> Ran:
        return gmops("patch", *words, home=self.home)

    def change(self, number: str = "C-0001") -> Any:
        ran = self.run("show", number, "--json")
        assert ran.code == 0, ran.err
        return ran.answer["change"]

    def done(self, *words: str) -> Ran:
        ran = self.run(*words)
        assert ran.code == 0, ran.err
        return ran


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    folder = tmp_path_factory.mktemp("patching")
    target = PatchTarget(folder / "apt", PACKAGES)
    target.make()
    home = folder / "home"
    home.mkdir()
    runs = {"GMOPS_RUNS": str(folder / "runs")}
    with Sshd(folder / "sshd", environment={**target.environment, **runs}) as sshd:
        with assemble(Home(home)) as services:
            today = datetime.now(UTC).date()
            example = Contracts.example()
            services.contracts.save_contract(
                replace(
                    example,
                    start=today - timedelta(days=30),
                    end=today + timedelta(days=300),
                    two_person=False,
                )
            )
            services.contracts.add_contact("李慧敏", "A", valid_from=today, post="designated")
            services.contracts.save_resource("host", "web1", sshd.address)
            known = services.home.known_hosts
        key = ssh.host_key(sshd.address, Context(), known_hosts=known)
        host_keys.trust(sshd.address, key, known)
        yield Scene(home, target)


def test_from_the_scan_to_the_hand_over_and_back_by_the_terminal(scene: Scene) -> None:
    scanned = scene.run("scan", "web1", "--json")
    assert scanned.code == 0, scanned.err
    queued = scene.done("queue", "web1", "--package", "nginx", "--json").answer["change"]
    number = queued["number"]
    shown = scene.done("plan", number).out
    assert "1.22.1-9+deb12u2" in shown
    # The sandbox's packages lie in a tree of their own: this machine is restarted for nobody.
    assert "The server itself does not restart." in shown
    assert "Nothing can be restarted there: its packages lie in " in shown
    for words in (("restarts", number, "--reboot"), ("restarts", number, "--restart", "cron"),
                  ("queue", "web1", "--package", "curl", "--reboot")):  # fmt: skip
        refused = scene.run(*words)
        assert refused.code == 1
        assert "Nothing can be restarted there" in refused.err
    assert scene.run("restarts", number, "--restart", "cron", "--no-restarts").code == 2

    # Nothing begins while a gate is shut, with the number typed or without.
    for words in (("apply", number, "--confirm", number), ("apply", number)):
        refused = scene.run(*words)
        assert refused.code == 1
        assert "Nothing was done on the server." in refused.err
    assert scene.run("rollback", number, "--reason", "x", "--confirm", number).code == 1
    assert scene.run("mend", number, "--confirm", number).code == 1
    assert scene.target.installed()["nginx"] == OLD["nginx"]
    assert scene.change(number)["runs"] == []

    now = datetime.now(ZONE)  # the hours of a change are Beijing time
    begin, end = now - timedelta(minutes=2), now + timedelta(hours=2)
    scene.done("assess", number, "--text", "CVE", "--downtime", "1")
    scene.done("window", number, "--from", begin.strftime(WHEN), "--until", end.strftime(WHEN))
    for audience in ("users", "leaders", "responsible"):
        scene.done("announce", number, audience, "--evidence", "公众号推文")
    prepared = scene.done("prepare", number)
    assert OLD["nginx"] in prepared.out  # the way back names the version it goes back to
    scene.done("check", number)
    shut = [gate["key"] for gate in scene.change(number)["gates"] if not gate["met"]]
    assert shut == []  # no database, no website, no cloud is entered: nothing else is asked for
    wrong = scene.run("apply", number, "--confirm", "C-9999")
    assert wrong.code == 1
    assert scene.target.installed()["nginx"] == OLD["nginx"]

    applied = scene.run("apply", number, "--confirm", number)
    assert applied.code == 0, applied.err
    assert "nginx" in applied.err  # the log goes by on standard error
    assert scene.target.installed()["nginx"] == NEW["nginx"]
    assert scene.run("apply", number, "--confirm", number).code == 1  # not twice
    verified = scene.run("verify", number, "--json")
    assert verified.code == 0, verified.out
    back = scene.run("rollback", number, "--reason", "试验", "--confirm", number, "--json")
    assert back.code == 0, back.err
    assert scene.target.installed()["nginx"] == OLD["nginx"]
    scene.done("verify", number)
    assert scene.run("confirm", number, "--by", "路人甲", "--channel", "电话").code == 1
    scene.done("confirm", number, "--by", "李慧敏", "--channel", "电话")
    handed = scene.done("handover", number, "--document", "操作手册")
    assert "操作手册" in handed.out
    scene.done("close", number)
    listed = scene.done("list")
    assert "Closed" in listed.out
    assert scene.run("cancel", number, "--reason", "x").code == 1
    paper = scene.done("notify", number, "--paper", "record", "--json").answer
    assert Path(paper["path"]).read_bytes().startswith(b"%PDF-")


def test_ctrl_c_stops_following_and_says_how_to_attach(scene: Scene) -> None:
    number = scene.done("queue", "web1", "--package", "rsync", "--json").answer["change"]["number"]
    now = datetime.now(ZONE)  # the hours of a change are Beijing time
    scene.done("window", number, "--from", (now - timedelta(minutes=2)).strftime(WHEN),
               "--until", (now + timedelta(hours=2)).strftime(WHEN))  # fmt: skip
    for gate in ("notice_users", "notice_leaders", "notice_responsible"):
        scene.done("emergency", number, gate, "--reason", "正被攻击，甲方电话同意")
    for gate in (row.key for row in TABLE if not row.passable):
        refused = scene.run("emergency", number, gate, "--reason", "急")
        assert refused.code in (1, 2), gate
    scene.done("prepare", number)
    scene.done("check", number)
    command = Command(["patch", "apply", number, "--confirm", number], environment(scene.home))
    # From the moment that it stands in the record, the run may be left.
    while not scene.change(number)["runs"] and command.poll() is None:
        pass
    command.send_signal(signal.SIGINT)
    _out, err = command.communicate(120)
    if command.returncode == 130:
        assert f"gmops patch attach {number}" in err
        attached = scene.run("attach", number)
        assert attached.code == 0, attached.err
    else:  # it was over before the signal arrived
        assert command.returncode == 0, err
    assert scene.target.installed()["rsync"] == NEW["rsync"]
    assert [run["purpose"] for run in scene.change(number)["runs"]] == ["apply"]


def test_what_cannot_be_meant_is_usage(scene: Scene) -> None:
    number = scene.done("queue", "web1", "--package", "tzdata", "--json").answer["change"]["number"]
    assert scene.run("announce", number, "press", "--evidence", "x").code == 2
    assert scene.run("emergency", number, "nonsense", "--reason", "x").code == 2
    assert scene.run("window", number, "--from", "tonight", "--until", "late").code == 2
    assert scene.run("assess", number, "--text", "x", "--person-days", "many").code == 2
    assert scene.run("notify", number, "--paper", "poem").code == 2
    assert scene.run("show", "C-9999").code == 1
    assert scene.run("wave", "go-on", "W-0001", "--confirm", "W-0001").code == 1


def test_what_the_cloud_gives_and_reminders_by_the_terminal(scene: Scene) -> None:
    """Without a cloud account each says what is missing; a reminder needs none."""
    number = scene.done("queue", "web1", "--package", "tzdata", "--json").answer["change"]["number"]
    refused = scene.run("snapshot", number, "--costs")
    assert refused.code == 1
    assert "No cloud account is known to have web1" in refused.err
    assert scene.run("snapshot", number, "--days", "1").code == 1
    assert "no snapshots" in scene.run("snapshot", number, "--delete", "--confirm", number).err
    assert scene.run("rollback-disks", number).code == 1
    assert scene.run("rescue", number, "reboot", "--confirm", number).code == 2
    reminded = scene.done("remind", number, "--way", "phone", "--whom", "李慧敏")
    assert "by phone · 李慧敏" in reminded.out
    assert scene.run("remind", number, "--way", "robot").code == 1
    steps = scene.done("show", number, "--json").answer["steps"]
    assert [one["key"] for one in steps].count("change.reminded") == 1
