"""A release with SQL and a configuration from the terminal, on the sandbox's site: from the archive
of the developer through every gate to the hand-over, and back, while visitors come."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import sandbox_site
from gmops import ROOT, Ran, gmops
from gmops_desktop.assembly import assemble
from gmops_desktop.contract.terms import ZONE
from gmops_desktop.paths import Home
from sandbox.site_release import make
from sandbox_site import Site

pytestmark = pytest.mark.servers

WHEN = "%Y-%m-%dT%H:%M"


@dataclass(frozen=True)
class Scene:
    """A home at whose other end the sandbox's site is, and a keyring with its secret."""

    home: Path
    keyring: Path
    site: Site

    def run(self, *words: str | Path, **more: str) -> Ran:
        return gmops(
            *words,
            home=self.home,
            PYTHON_KEYRING_BACKEND="file_keyring.FileKeyring",
            PYTHONPATH=str(ROOT / "tests" / "helpers"),
            GMOPS_TEST_KEYRING=str(self.keyring),
        )

    def done(self, *words: str | Path) -> Ran:
        ran = self.run(*words)
        assert ran.code == 0, ran.err or ran.out
        return ran

    def patch(self, *words: str | Path) -> Ran:
        return self.done("patch", *words)

    def change(self, number: str) -> Any:
        return self.patch("show", number, "--json").answer["change"]

    def queued(self, *words: str | Path) -> str:
        return str(self.patch(*words, "--json").answer["change"]["number"])

    def through_the_gates(self, number: str) -> None:
        """Lead a change through every gate by the commands of the guide."""
        now = datetime.now(ZONE)  # the hours of a change are Beijing time
        begin, end = now - timedelta(minutes=2), now + timedelta(hours=2)
        refused = self.run("patch", "assess", number, "--text", "版本更新")
        assert "project manager" in refused.err  # 2.3-4: who evaluates, and how many days
        self.patch("assess", number, "--text", "版本更新", "--downtime", "0",
                   "--by", "陈志远", "--person-days", "0.5")  # fmt: skip
        self.patch("simulate", number)
        self.patch("window", number, "--from", begin.strftime(WHEN), "--until", end.strftime(WHEN))
        for audience in ("users", "leaders", "responsible"):
            self.patch("announce", number, audience, "--evidence", "公众号推文")
        self.patch("prepare", number)
        self.patch("check", number)
        shut = [gate["key"] for gate in self.change(number)["gates"] if not gate["met"]]
        assert shut == []


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    folder = tmp_path_factory.mktemp("released")
    home, keyring = folder / "home", folder / "keyring.json"
    home.mkdir()
    with sandbox_site.running(folder) as site:
        kept = {f"gmops-desktop {name}": value for name, value in site.secrets.items()}
        keyring.write_text(json.dumps(kept))
        with assemble(Home(home)) as services:
            site.enter(services)
        scene = Scene(home, keyring, site)
        scene.done("backup", "all")  # what the gates of backups ask for
        yield scene


def test_a_release_from_its_archive_to_the_hand_over_and_back(scene: Scene, tmp_path: Path) -> None:
    site = scene.site
    assert site.served() == "1.0"
    began = site.log.stat().st_size
    source = make(tmp_path / "site-2.0")
    archive = Path(shutil.make_archive(str(tmp_path / "site-2.0"), "gztar", source))
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()

    wrong = scene.run("patch", "release", "web1", archive, "--sha256", "0" * 64)
    assert wrong.code == 3, wrong.err
    assert digest[:12] in wrong.err
    before = len(scene.patch("list", "--json").answer["changes"])
    assert before == 0  # nothing was queued
    number = scene.queued("release", "web1", archive, "--sha256", digest)
    planned = scene.patch("plan", number).out
    assert f"SHA-256 {digest}" in planned
    assert "~ page.html" in planned
    assert "sql/before/1-hours.sql" in planned

    refused = scene.run("patch", "apply", number, "--confirm", number)
    assert refused.code == 1
    assert "Nothing was done on the server." in refused.err
    scene.through_the_gates(number)
    assert "Only setting, faq go back" in scene.patch("plan", number).out
    applied = scene.patch("apply", number, "--confirm", number)
    assert "leads to" in applied.err  # the log of the switch goes by
    assert site.served() == "2.0"
    assert "faq" in site.tables()
    scene.patch("verify", number)
    scene.patch("confirm", number, "--by", "李慧敏", "--channel", "电话")
    scene.patch("handover", number, "--text", "2.0：页脚显示服务时间", "--document", "操作手册",
                "--person-days", "0.5")  # fmt: skip
    change = scene.change(number)
    assert change["spent_days"] == "0.5"
    days = scene.done("ledger", "days", "--json").answer
    assert "0.5" in json.dumps(days)  # booked on the ticket of the change

    assert "faq: made by the release, they go with all their rows (2)" in (
        scene.patch("way-back", number).out
    )
    other = next(scene.home.glob("archives/*.tar.zst"))
    assert scene.run("patch", "archive", number, other).code == 3  # it is not the one
    # Where no keyring answers, the file of the one password does.
    password = tmp_path / "password"
    password.write_text(next(iter(site.secrets.values())))
    back = gmops("patch", "rollback", number, "--reason", "演练", "--confirm", number,
                 home=scene.home, GMOPS_PASSWORD_FILE=str(password))  # fmt: skip
    assert back.code == 0, back.err
    assert site.served() == "1.0"
    assert "faq" not in site.tables()
    scene.patch("verify", number)
    assert site.statuses(began) == {"200"}
    paper = scene.patch("notify", number, "--paper", "handover", "--json").answer
    assert Path(paper["path"]).read_bytes().startswith(b"%PDF-")


def test_a_release_from_a_folder_without_sql(scene: Scene, tmp_path: Path) -> None:
    source = tmp_path / "site-1.1"
    shutil.copytree(scene.site.website.program, source)
    before = (source / "site.css").read_text()
    (source / "site.css").write_text("body { color: #222 }\n")
    number = scene.queued("release", "web1", source)
    assert scene.change(number)["plan"]["scripts"] == []
    scene.through_the_gates(number)
    scene.patch("apply", number, "--confirm", number)
    assert (scene.site.website.program / "site.css").read_text() == "body { color: #222 }\n"
    scene.patch("verify", number)
    scene.patch("rollback", number, "--reason", "演练", "--confirm", number)
    assert (scene.site.website.program / "site.css").read_text() == before


def test_a_configuration_from_a_file(scene: Scene, tmp_path: Path) -> None:
    there, here = tmp_path / "app.conf", tmp_path / "new.conf"
    there.write_text("limit = 10\n")
    check = ("--check", "grep -q '^limit = [0-9]*$' {file}")
    fetched = scene.patch("configure", "web1", str(there), "--json").answer
    assert fetched["text"] == "limit = 10\n"
    here.write_text("limit = many\n")
    refused = scene.run("patch", "configure", "web1", str(there), "--text", here, *check)
    assert refused.code == 1
    assert "does not accept" in refused.err
    here.write_text("limit = 20\n")
    number = scene.queued("configure", "web1", str(there), "--text", here, *check,
                          "--based-on", fetched["digest"])  # fmt: skip
    assert "+limit = 20" in scene.patch("plan", number).out
    scene.through_the_gates(number)
    scene.patch("apply", number, "--confirm", number)
    assert there.read_text() == "limit = 20\n"
    scene.patch("verify", number)
    scene.patch("confirm", number, "--by", "李慧敏", "--channel", "电话")
    scene.patch("handover", number)
    paper = scene.patch("notify", number, "--paper", "handover", "--json").answer
    assert Path(paper["path"]).read_bytes().startswith(b"%PDF-")
    scene.patch("close", number)

    # What it left there goes by the server's name; what is not over stays.
    listed = scene.patch("leftovers", "web1", "--json").answer["leftovers"]
    kept = next(one for one in listed if one["number"] == number)
    assert kept["stays"] == ""
    assert all(one["stays"] for one in listed if one["number"] != number)
    assert scene.run("patch", "leftovers", "web1", "--confirm", "web2").code == 1
    assert Path(kept["path"]).is_dir()
    assert kept["path"] in scene.patch("leftovers", "web1", "--confirm", "web1").out
    assert not Path(kept["path"]).exists()
