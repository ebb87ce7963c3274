"""Releases of files on a real server: planned, built beside, switched, and back again."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from db.ids import uuid7
from gmops_desktop.adapters import releasing
from gmops_desktop.adapters.ssh import ConnectionLost, Ssh
from gmops_desktop.context import Context, Progress
from gmops_desktop.contract.releases import plan_to_dict, release_from_dict
from gmops_desktop.errors import Cancelled, OpsError, ProofFailed
from released import Releasing, Server, seen, write
from sandbox.sshd import Sshd
from walls import MOUNTS

pytestmark = pytest.mark.servers

ROOT_ONLY = pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away and mounts")
OLD = {
    "index.php": "<?php echo 1;",
    "about.html": "关于我们",
    "css/site.css": "body {}",
    "lib/old.php": "<?php // gone in 2.0",
    "tool.sh": "#!/bin/sh",
    "start": "-> index.php",
    "config.php": "<?php $password = 'of the server';",
    "uploads/photo.jpg": b"\xff\xd8 photo",
    "logs/access.log": "one line\n",
}
NEW = {
    "index.php": "<?php echo 2;",
    "about.html": "关于我们",
    "css/site.css": "body {}",
    "news/列表.html": "新闻",
    "start": "-> news/列表.html",
    "config.php": "<?php $password = 'of the developer';",
    "uploads/readme": "not deployed",
}
KEPT = ["uploads/", "logs/", "config.php"]
STAYS = ("uploads", "logs", "config.php")


@pytest.fixture(scope="module")
def sshd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    place = tmp_path_factory.mktemp("releases")
    with Sshd(place / "sshd", environment={"GMOPS_RUNS": str(place / "runs")}) as server:
        yield server


@pytest.fixture
def server(tmp_path: Path, sshd: Sshd) -> Server:
    return Server(tmp_path, sshd)


@pytest.fixture
def work(server: Server) -> Releasing:
    return Releasing(server)


def site_of(folder: Path, layout: str) -> Path:
    """Make what a web server serves: a link to a release, or a directory."""
    www = folder / "www"
    served = www / "current" if layout == "link" else www / "site"
    live = www / "releases" / "1.0" if layout == "link" else served
    write(live, OLD)
    (live / "tool.sh").chmod(0o750)
    (live / "about.html").chmod(0o640)
    if os.geteuid() == 0:
        os.chown(live / "about.html", 33, 33)
        os.chown(live, 1234, 33)
    if layout == "link":
        served.symlink_to("releases/1.0")
    return served


@pytest.fixture
def site(tmp_path: Path) -> Path:
    return site_of(tmp_path, "link")


@pytest.fixture(params=["link", "folder"])
def either(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return site_of(tmp_path, request.param)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return write(tmp_path / "site-2.0", NEW)


def test_a_plan_tells_what_would_change(work: Releasing, site: Path, source: Path) -> None:
    change = work.queue(source, site, kept=KEPT, ticket="T-7")
    plan = work.plan(change)
    assert {(one.path, one.step) for one in plan.changes} == {
        ("index.php", "change"),
        ("lib/old.php", "remove"),
        ("news/列表.html", "add"),
        ("start", "change"),
        ("tool.sh", "remove"),
    }
    assert plan.unchanged == 2
    assert plan.send_bytes == len(NEW["index.php"]) + len("新闻".encode())
    assert plan.stays == ("config.php", "logs", "uploads")
    assert plan.notes == (
        "In the release, and left as it is on the server: config.php, uploads/readme.",
    )
    assert (change.kind, change.title) == ("release", "Release site-2.0 on web1")
    assert (plan.layout, plan.live) == (
        ("link", str(site.parent / "releases" / "1.0")) if site.is_symlink()
        else ("folder", str(site))
    )  # fmt: skip
    assert release_from_dict(plan_to_dict(plan)) == plan
    part = work.plan(work.queue(source, site, kept=KEPT, whole=False))
    assert {one.step for one in part.changes} == {"add", "change"}


def test_there_and_back(work: Releasing, either: Path, source: Path) -> None:
    site = either
    before = seen(site)
    change = work.queue(source, site, kept=KEPT)
    back = work.prepare(change)
    assert not back.why_not
    assert seen(site) == before

    (site / "uploads" / "while prepared.jpg").write_bytes(b"a visitor's")
    look = work.run(change)
    assert (look.state, look.why) == ("done", ""), look.log
    assert [step.key for step in look.steps] == [
        "ready", "stands", "share", "switch", "catch_up", "proof",
    ]  # fmt: skip
    after = seen(site)
    assert {name for name in after if name.split("/")[0] not in STAYS} == {
        "about.html", "css", "css/site.css", "index.php", "news", "news/列表.html", "start",
    }  # fmt: skip
    assert (site / "index.php").read_text() == "<?php echo 2;"
    assert after["about.html"] == before["about.html"]  # owner and mode, too
    assert (site / "config.php").read_text() == OLD["config.php"]
    assert (site / "uploads" / "while prepared.jpg").read_bytes() == b"a visitor's"
    assert not (site / "uploads" / "readme").exists()
    assert site.stat().st_uid == (1234 if os.geteuid() == 0 else os.geteuid())
    assert site.is_symlink() == (work.plan(change).layout == "link")
    if site.is_symlink():
        assert os.readlink(site).startswith("releases/site-2.0-")

    found = {one.title: one for one in work.releases.changed(
        work.server.host, change.plan, change.id, Context())}  # fmt: skip
    assert set(found) == {"index.php", "lib/old.php", "news/列表.html", "start", "tool.sh"}
    assert (found["lib/old.php"].after, found["news/列表.html"].before) == ("", "")
    assert found["index.php"].after == found["index.php"].digest != found["index.php"].before

    (site / "uploads" / "new.jpg").write_bytes(b"after the switch")
    with (site / "logs" / "access.log").open("a") as log:
        log.write("another line\n")
    look = work.run(change, "rollback")
    assert (look.state, look.why) == ("done", ""), look.log
    now = seen(site, but=STAYS)
    assert now == {name: what for name, what in before.items() if name.split("/")[0] not in STAYS}
    assert (site / "uploads" / "new.jpg").read_bytes() == b"after the switch"
    assert (site / "logs" / "access.log").read_text() == "one line\nanother line\n"
    assert not work.releases.changed(work.server.host, change.plan, change.id, Context())

    assert work.run(change).state == "done"  # and forth again: what was built is still there
    assert (site / "index.php").read_text() == "<?php echo 2;"


def test_a_run_begun_twice_switches_once(work: Releasing, either: Path, source: Path) -> None:
    site = either
    change = work.queue(source, site, kept=KEPT)
    work.prepare(change)
    run_id = uuid7()
    assert work.run(change, run_id=run_id).state == "done"
    work.run(change, "rollback")
    look = work.run(change, run_id=run_id)  # its end is told, nothing is done
    assert look.state == "done"
    assert (site / "index.php").read_text() == "<?php echo 1;"
    # Another run of what is done already ends well, too.
    assert work.run(change, "rollback").state == "done"
    assert (site / "index.php").read_text() == "<?php echo 1;"


def test_what_was_changed_since_is_drift_and_stops_it(
    work: Releasing, site: Path, source: Path
) -> None:
    change = work.queue(source, site, kept=KEPT)
    host = work.server.host
    played = work.releases.play(host, change.plan, Context())
    assert (played.differs, played.health) == ((), "")
    assert played.disk_needed is not None
    assert played.disk_free is not None
    (site / "index.php").write_text("<?php echo 'quickly mended';")
    (site / "uploads" / "another.jpg").write_bytes(b"no drift")
    differs = work.releases.play(host, change.plan, Context()).differs
    assert "~ index.php" in differs
    assert f"What is live in {site} was changed since." in differs
    with pytest.raises(OpsError, match="was changed since") as caught:
        work.prepare(change)
    assert caught.value.unharmed == "What is live was not touched."
    assert (site / "index.php").read_text() == "<?php echo 'quickly mended';"


def test_nothing_is_switched_to_what_is_not_whole(
    work: Releasing, site: Path, source: Path
) -> None:
    change = work.queue(source, site, kept=KEPT)
    before = seen(site)
    look = work.run(change)  # not prepared
    assert look.state == "failed"
    assert "the release is not there as a whole" in look.why
    assert seen(site) == before


def test_somebody_elses_switch_is_not_overwritten(
    work: Releasing, tmp_path: Path, source: Path
) -> None:
    www = tmp_path / "www"
    write(www / "releases" / "1.0", OLD)
    write(www / "releases" / "1.1", {"index.php": "<?php echo 1.1;"})
    site = www / "current"
    site.symlink_to(www / "releases" / "1.0")
    change = work.queue(source, site, kept=KEPT)
    work.prepare(change)
    site.unlink()
    site.symlink_to(www / "releases" / "1.1")
    look = work.run(change)
    assert look.state == "failed"
    assert "1.1, not to" in look.why
    assert os.readlink(site).endswith("1.1")


# ---------------------------------------------------------------- bad days


class Cut(Context):
    """A context whose line breaks once so many bytes of a release were sent."""

    _INTERVAL = 0.0

    def __init__(self, server: Server, name: str) -> None:
        super().__init__(self._told)
        self.name, self.server, self.ssh = name, server, list[Ssh]()

    def _told(self, progress: Progress) -> None:
        if progress.text == f"Sending {self.name}" and self.ssh:
            self.ssh.pop().cut()


def test_a_line_that_breaks_keeps_what_arrived(
    work: Releasing, site: Path, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(40):
        (source / f"large-{number:02}.bin").write_bytes(os.urandom(200_000))
    change = work.queue(source, site, kept=KEPT)
    context = Cut(work.server, "large-25.bin")
    opened = Ssh.open

    def open_(*words, **named) -> Ssh:
        ssh = opened(*words, **named)
        context.ssh.append(ssh)
        return ssh

    with monkeypatch.context() as patch:
        patch.setattr(Ssh, "open", open_)
        with pytest.raises(ConnectionLost):
            work.prepare(change, context)
    before = seen(site)
    again = Context()
    work.prepare(change, again)
    assert again.line.travelled < 5_500_000  # of 8 MB
    assert seen(site) == before
    assert work.run(change).state == "done"
    assert (site / "large-39.bin").read_bytes() == (source / "large-39.bin").read_bytes()


def test_cancelled_in_the_middle_it_can_be_prepared_again(
    work: Releasing, site: Path, source: Path
) -> None:
    for number in range(20):
        (source / f"large-{number:02}.bin").write_bytes(os.urandom(300_000))
    change = work.queue(source, site, kept=KEPT)
    before = seen(site)

    class Stopped(Context):
        _INTERVAL = 0.0

    context = Stopped(lambda told: context.cancel() if "large-09" in told.text else None)
    with pytest.raises(Cancelled):
        work.prepare(change, context)
    assert seen(site) == before
    work.prepare(change)
    assert work.run(change).state == "done"


def test_what_arrived_is_proved_before_it_counts(work: Releasing, site: Path, source: Path) -> None:
    """Somebody changes the release on the server between two preparations."""
    change = work.queue(source, site, kept=KEPT)
    work.prepare(change)
    with work.server.open(work.server.address, Context()) as ssh:
        served = releasing.served(ssh, str(site), Context())
        (placed,) = releasing.placed(ssh, served, Context())
    (Path(placed.path) / "index.php").write_text("<?php system($_GET[0]);")
    (Path(placed.path) / "shell.php").write_text("<?php system($_GET[0]);")
    shutil.rmtree(Path(placed.path) / "news")
    work.prepare(change)
    assert work.run(change).state == "done"
    assert (site / "index.php").read_text() == NEW["index.php"]
    assert not (site / "shell.php").exists()
    assert (site / "news" / "列表.html").read_text() == "新闻"


@MOUNTS
def test_a_full_disk_leaves_the_site_and_its_room(
    work: Releasing, tmp_path: Path, source: Path
) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=120m", "tmpfs", disk], check=True)
    try:
        site = write(disk / "site", OLD)
        (source / "large.bin").write_bytes(os.urandom(20 << 20))
        change = work.queue(source, site, kept=KEPT)
        before = seen(site)
        others = disk / "others"
        others.write_bytes(bytes(shutil.disk_usage(disk).free - (70 << 20)))
        with pytest.raises(OpsError, match=r"70 MB free where .*; 84 MB are needed") as caught:
            work.prepare(change)
        assert caught.value.unharmed == "What is live was not touched."
        others.unlink()

        def fill_up(told: Progress) -> None:
            if "large.bin" in told.text and not others.exists():
                others.write_bytes(bytes(shutil.disk_usage(disk).free - (5 << 20)))

        class Each(Context):
            _INTERVAL = 0.0

        with pytest.raises(OpsError, match=r"could not build the directory: .*[Nn]o space"):
            work.prepare(change, Each(fill_up))
        assert seen(site) == before
        assert {path.name for path in disk.iterdir()} == {"site", "others"}
        others.unlink()
        work.prepare(change)
        assert work.run(change).state == "done"
    finally:
        subprocess.run(["umount", disk], check=True)


@ROOT_ONLY
def test_without_rights_it_is_said_before_anything_is_sent(
    tmp_path_factory: pytest.TempPathFactory, tmp_path: Path, source: Path
) -> None:
    place = tmp_path_factory.mktemp("nobody", numbered=True)
    with Sshd(place / "sshd") as nobody:
        keys = nobody.folder / "authorized_keys"
        drop = "setpriv --reuid=65534 --regid=65534 --clear-groups"
        line = f'command="exec {drop} sh -c \\"$SSH_ORIGINAL_COMMAND\\""'
        keys.write_text(f"{line} {keys.read_text()}")
        open_ = Path("/var/tmp") / f"gmops-release-{uuid7()}"
        try:
            site = write(open_ / "site", OLD)
            for path in (open_, site):
                path.chmod(0o755)
            work = Releasing(Server(tmp_path, nobody))
            change = work.queue(source, site, kept=KEPT)
            played = work.releases.play(work.server.host, change.plan, Context())
            assert played.health == f"The account may not write beside {site} on web1."
            with pytest.raises(OpsError, match="may not write beside"):
                work.prepare(change)
            (site / "about.html").chmod(0o600)
            os.chown(site / "about.html", 0, 0)
            with pytest.raises(OpsError, match=r"about\.html .* cannot be read: Permission denied"):
                work.queue(source, site, kept=KEPT)
        finally:
            shutil.rmtree(open_)


def test_two_programs_do_not_prepare_one_change_at_once(
    work: Releasing, site: Path, source: Path
) -> None:
    (source / "large.bin").write_bytes(os.urandom(3 << 20))
    change = work.queue(source, site, kept=KEPT)
    reached, go_on = threading.Event(), threading.Event()

    class Held(Context):
        _INTERVAL = 0.0

    def told(progress: Progress) -> None:
        if "large.bin" in progress.text:
            reached.set()
            go_on.wait(60)

    first = threading.Thread(target=work.prepare, args=(change, Held(told)))
    first.start()
    try:
        assert reached.wait(60)
        with pytest.raises(OpsError, match="already under way"):
            work.prepare(change)
    finally:
        go_on.set()
        first.join()
    assert work.run(change).state == "done"


def test_a_release_that_is_live_already_is_not_queued(work: Releasing, site: Path) -> None:
    same = write(site.parent.parent / "same", {k: v for k, v in OLD.items()
                                                if k.split("/")[0] not in STAYS})  # fmt: skip
    with pytest.raises(OpsError, match="changes nothing"):
        work.queue(same, site, kept=KEPT)
    with pytest.raises(OpsError, match="has no directory"):
        work.queue(same, site.parent / "nowhere", kept=KEPT)
    with pytest.raises(ProofFailed, match="checksum"):
        work.queue(same, site, kept=KEPT, digest="0" * 64)
