"""`gmops patch` on a server that the cloud's agent alone reaches, and `gmops patch wave` over it
and servers over SSH: each has an apt-get that acts on a root of its own.

The cloud is the sandbox's stand-in; its agent really runs what it is sent, on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gmops import Ran, gmops
from gmops_desktop.addresses import TatAddress
from gmops_desktop.assembly import assemble
from gmops_desktop.context import side_by_side
from gmops_desktop.paths import Home
from gmops_desktop.services.contracts import Contracts
from sandbox.patch_target import Package, PatchTarget
from sandbox.sshd import Sshd
from sandbox.tencent import Tencent

pytestmark = pytest.mark.skipif(not PatchTarget.possible(), reason="no apt here")

SSL = Package("openssl", "3.0.15-1", "3.0.16-1", "stable-security")
SYNC = Package("rsync", "3.2.7-1", "3.2.7-2")
BROKEN = replace(SSL, configure="echo 'openssl: no entropy' >&2; exit 1")
NAMES = ("web1", "web2", "web3", "agent")  # the second one's package cannot be configured


@dataclass
class Scene:
    """A home, its four servers, and what the cloud's keys are in."""

    home: Path
    targets: dict[str, PatchTarget]
    fingerprints: tuple[str, ...]
    key: Path

    def run(self, *words: str) -> Ran:
        return gmops("patch", *words, home=self.home, GMOPS_PASSWORD_FILE=str(self.key))

    def done(self, *words: str) -> Ran:
        ran = self.run(*words)
        assert ran.code == 0, ran.err
        return ran

    def versions(self, package: str = "openssl") -> dict[str, str]:
        found = {name: one.installed().get(package, "-") for name, one in self.targets.items()}
        return {name: version.rpartition("-")[0] for name, version in found.items()}

    def wave(self, number: str) -> dict[str, str]:
        """Return how each server of a wave stands."""
        answer = self.done("wave", "show", number, "--json").answer
        return {one["name"]: one["standing"] for one in answer["members"]}


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    folder = tmp_path_factory.mktemp("waving")
    packages = dict.fromkeys(NAMES, (SSL, SYNC)) | {"web2": (BROKEN, SYNC)}
    targets = {name: PatchTarget(folder / name / "apt", packages[name]) for name in NAMES}
    side_by_side([target.make for target in targets.values()])
    home, key = folder / "home", folder / "key"
    home.mkdir()
    with ExitStack() as stack:
        cloud = stack.enter_context(
            Tencent(folder / "cloud", environment=targets["agent"].environment)
        )
        key.write_text(cloud.secret_key)
        cloud.behave(tat_looks=0)  # what is done at once is told at once
        doors = {
            name: stack.enter_context(
                Sshd(folder / name / "sshd", environment=targets[name].environment)
            )
            for name in NAMES[:3]
        }
        with assemble(Home(home)) as services:
            today = datetime.now(UTC).date()
            services.contracts.save_contract(
                replace(
                    Contracts.example(), start=today - timedelta(days=30),
                    end=today + timedelta(days=300), two_person=False,
                )
            )  # fmt: skip
            for name, door in doors.items():
                services.contracts.save_resource("host", name, door.address)
            endpoint = f"http://{cloud.endpoint}"
            agent = TatAddress("ins-sandbox1", "ap-guangzhou", cloud.secret_id, endpoint)
            services.contracts.save_resource("host", "agent", agent)
        prints = tuple(door.fingerprint for door in doors.values())
        yield Scene(home, targets, prints, key)


def announced(scene: Scene, *words: str) -> None:
    """Set a window that is open, and have all three audiences told."""
    now = datetime.now(UTC).astimezone()
    begin, end = now - timedelta(minutes=2), now + timedelta(hours=2)
    window = (
        "--from",
        begin.isoformat(timespec="minutes"),
        "--until",
        end.isoformat(timespec="minutes"),
    )
    group, number = words[:-1], words[-1]
    scene.done(*group, "window", number, *window)
    for audience in ("users", "leaders", "responsible"):
        scene.done(*group, "announce", number, audience, "--evidence", "公众号推文")


def test_a_server_of_the_clouds_agent_is_patched_and_taken_back(scene: Scene) -> None:
    scanned = scene.done("scan", "agent", "--json").answer
    assert {one["name"] for one in scanned["updates"]} == {"openssl", "rsync"}
    queued = scene.done("queue", "agent", "--package", "rsync", "--json").answer["change"]
    number = queued["number"]
    refused = scene.run("apply", number, "--confirm", number)
    assert "Nothing was done on the server." in refused.err
    announced(scene, number)
    scene.done("simulate", number)
    assert "3.2.7-1" in scene.done("prepare", number).out
    scene.done("check", number)
    applied = scene.run("apply", number, "--confirm", number)
    assert applied.code == 0, applied.err
    assert "Setting up rsync" in applied.err  # its log comes by the agent, too
    assert scene.targets["agent"].installed()["rsync"] == "3.2.7-2"
    assert scene.targets["web1"].installed()["rsync"] == "3.2.7-1"
    assert scene.run("attach", number).code == 1  # it is over, and known to be
    scene.done("verify", number)
    back = scene.run("rollback", number, "--reason", "试验", "--confirm", number)
    assert back.code == 0, back.err
    assert scene.targets["agent"].installed()["rsync"] == "3.2.7-1"
    runs = scene.done("show", number, "--json").answer["change"]["runs"]
    assert [(one["purpose"], one["state"]) for one in runs] == [("apply", "done"),
                                                                ("rollback", "done")]  # fmt: skip


def test_a_wave_over_ssh_and_the_agent_stops_goes_on_and_ends(scene: Scene) -> None:
    # Servers that nobody has met are asked about before anything is done with any of them.
    named = ("web1", "web2", "web3", "agent")
    stranger = scene.run("wave", "queue", *named, "--package", "openssl")
    assert stranger.code == 1
    assert "--accept-fingerprint SHA256:" in stranger.err
    accept = [word for one in scene.fingerprints for word in ("--accept-fingerprint", one)]
    wrong = scene.run("wave", "queue", *named, "--accept-fingerprint", "SHA256:" + "A" * 43)
    assert wrong.code == 1
    assert scene.done("wave", "list", "--json").answer["waves"] == []
    before = len(scene.done("list", "--json").answer["changes"])

    queued = scene.run("wave", "queue", *named, "--package", "openssl", *accept, "--json")
    assert queued.code == 0, queued.err
    number = queued.answer["number"]
    assert queued.answer["title"] == "openssl on 4 servers"
    assert [(one["name"], one["batch"]) for one in queued.answer["members"]] == [
        ("web1", 1), ("web2", 2), ("web3", 3), ("agent", 3),
    ]  # fmt: skip
    assert len(scene.done("list", "--json").answer["changes"]) == before + 4

    # A closed gate begins nothing; a number that was not typed again neither.
    shut = scene.run("wave", "go-on", number, "--confirm", number)
    assert shut.code == 1
    assert "web1" in shut.err
    announced(scene, "wave", number)
    assert scene.run("wave", "go-on", number).code == 1
    assert set(scene.wave(number).values()) == {"waiting"}
    assert set(scene.versions().values()) == {"3.0.15"}

    first = scene.run("wave", "go-on", number, "--confirm", number)
    assert first.code == 0, first.err
    assert "web1  " in first.err  # whose line of the log it is
    assert scene.wave(number) == {
        "web1": "held", "web2": "waiting", "web3": "waiting", "agent": "waiting",
    }  # fmt: skip
    stops = scene.run("wave", "go-on", number, "--confirm", number, "--to-the-end")
    assert stops.code == 1
    assert "openssl: no entropy" in stops.err
    stood = {"web1": "held", "web2": "failed", "web3": "waiting", "agent": "waiting"}
    assert scene.wave(number) == stood
    now = scene.versions()
    assert (now["web1"], now["web3"], now["agent"]) == ("3.0.16", "3.0.15", "3.0.15")
    shown = scene.done("wave", "list", "--json").answer["waves"]
    assert [(one["number"], len(one["members"])) for one in shown] == [(number, 4)]
    again = scene.run("wave", "go-on", number, "--confirm", number, "--to-the-end")
    assert (again.code, scene.wave(number)) == (1, stood)

    # A person lets the others go on: over SSH and by the agent in one batch.
    bad = next(one["number"] for one in queued.answer["members"] if one["name"] == "web2")
    scene.done("wave", "leave-out", number, bad, "--reason", "另行处理")
    rest = scene.run("wave", "go-on", number, "--confirm", number, "--to-the-end")
    assert rest.code == 0, rest.err
    assert scene.wave(number) == stood | {"web2": "left_out", "web3": "held", "agent": "held"}
    now = scene.versions()
    assert (now["web3"], now["agent"]) == ("3.0.16", "3.0.16")
    for member in scene.done("wave", "show", number, "--json").answer["members"]:
        runs: list[Any] = scene.done("show", member["number"], "--json").answer["change"]["runs"]
        assert len(runs) == 1, member


def test_a_wave_that_is_not_wanted_any_more_is_cancelled(scene: Scene) -> None:
    queued = scene.run("wave", "queue", "web1", "web3", "agent", "--package", "rsync", "--json")
    assert queued.code == 0, queued.err
    number = queued.answer["number"]
    assert scene.run("wave", "cancel", number, "--reason", " ").code == 1
    scene.done("wave", "cancel", number, "--reason", "甲方推迟")
    assert set(scene.wave(number).values()) == {"left_out"}
    nothing = scene.run("wave", "go-on", number, "--confirm", number)
    assert nothing.code == 0, nothing.err
    assert set(scene.versions("rsync").values()) == {"3.2.7"}


def test_a_server_that_cannot_be_asked_is_named_and_not_part_of_it(scene: Scene) -> None:
    scene.key.rename(scene.key.with_suffix(".kept"))
    scene.key.write_text("not the key of that account")
    try:
        queued = scene.run("wave", "queue", "web1", "web3", "agent", "--package", "rsync", "--json")
    finally:
        scene.key.with_suffix(".kept").rename(scene.key)
    assert queued.code == 1
    assert [one["name"] for one in queued.answer["members"]] == ["web1", "web3"]
    assert "Not part of it: agent" in queued.err
    assert "AuthFailure" in queued.err
