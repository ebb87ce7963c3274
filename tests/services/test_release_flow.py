"""A release and a change of configuration through the gates of the queue, on a real server."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import change_desk
from change_desk import Desk
from db.engine import Database
from gmops_desktop.adapters.vault import Vault
from gmops_desktop.context import Context
from gmops_desktop.errors import OpsError
from gmops_desktop.services.patches import Change, Patches
from gmops_desktop.services.patches.configurations import Configurations
from gmops_desktop.services.patches.releases import Releases
from released import Server, write
from sandbox.sshd import Sshd

pytestmark = pytest.mark.servers


class Flow:
    """The queue with the real works of both kinds, and a server over SSH."""

    def __init__(self, database: Database, folder: Path, sshd: Sshd) -> None:
        self.desk = Desk(database)
        now = lambda: self.desk.now  # noqa: E731
        self.desk.furnish(two_person=False)
        there = Server(folder, sshd)
        self.host = self.desk.contracts.save_resource("host", "web2", sshd.address)
        no_database: Any = None
        add: Any = lambda *words, **named: self.patches.add(*words, **named)  # noqa: E731
        self.releases = Releases(
            folder / "releases", there.open, there.look_run, no_database,
            self.desk.contracts.resources, add, now=now,
        )  # fmt: skip
        self.configurations = Configurations(there.open, Vault(), add, now=now)
        works: Any = {"release": self.releases, "configuration": self.configurations}
        hands = replace(self.desk.hands, works=works, look_run=self.releases.look, every=0.05)
        self.patches = Patches(database, self.desk.journal, hands, now=now)

    def ready(self, change: Change) -> Change:
        """Lead a change through every gate."""
        patches, context = self.patches, Context()
        patches.assess(change.id, text="版本更新", risk="低", downtime_minutes=5, by="陈志远",
                       person_days=Decimal("0.5"))  # fmt: skip
        patches.simulate(self.host, change.id, context)
        begin = self.desk.now - change_desk.MINUTE
        patches.set_window(change.id, begin, begin + 120 * change_desk.MINUTE)
        for audience in change_desk.AUDIENCES:
            patches.announce(change.id, audience, "公告")
        self.desk.copied()
        patches.prepare(self.host, change.id, context)
        return patches.check_before(self.host, change.id, context)

    def apply(self, change: Change) -> Change:
        return self.patches.apply(self.host, change.id, Context(), confirm=change.number)

    def back(self, change: Change) -> Change:
        return self.patches.roll_back(
            self.host, change.id, Context(), confirm=change.number, reason="演练"
        )


@pytest.fixture
def flow(database: Database, tmp_path: Path) -> Iterator[Flow]:
    homes = {"GMOPS_RUNS": str(tmp_path / "runs"), "GMOPS_CHANGES": str(tmp_path / "changes")}
    with Sshd(tmp_path / "sshd", environment=homes) as sshd:
        yield Flow(database, tmp_path, sshd)


def test_a_release_goes_its_way(flow: Flow, tmp_path: Path) -> None:
    site = write(tmp_path / "www" / "site", {"index.php": "1", "uploads/a": "a"})
    source = write(tmp_path / "v2", {"index.php": "2", "new.php": "n"})
    change = flow.releases.queue(flow.host, source, Context(), folder=str(site))
    assert (change.kind, change.title) == ("release", "Release v2 on web2")
    with pytest.raises(OpsError):
        flow.apply(change)
    assert (site / "index.php").read_text() == "1"

    change = flow.ready(change)
    assert [gate.key for gate in change.gates if not gate.open] == []
    facts = flow.patches.notice_facts(change.id)
    assert {(one.kind, one.title) for one in facts.change.items} == {
        ("file", "index.php"), ("file", "new.php"),
    }  # fmt: skip
    change = flow.apply(change)
    assert [(run.state, run.why) for run in change.runs] == [("done", "")]
    assert (site / "index.php").read_text() == "2"
    change = flow.back(change)
    assert [(run.purpose, run.state) for run in change.runs] == [
        ("apply", "done"), ("rollback", "done"),
    ]  # fmt: skip
    assert (site / "index.php").read_text() == "1"
    assert not (site / "new.php").exists()


def test_what_was_changed_after_the_checks_stops_the_release(flow: Flow, tmp_path: Path) -> None:
    site = write(tmp_path / "www" / "site", {"index.php": "1"})
    source = write(tmp_path / "v2", {"index.php": "2"})
    change = flow.ready(flow.releases.queue(flow.host, source, Context(), folder=str(site)))
    (site / "index.php").write_text("1, mended by hand")
    with pytest.raises(OpsError, match="may not begin yet"):
        flow.apply(change)
    assert (site / "index.php").read_text() == "1, mended by hand"
    assert not flow.patches.get(change.id).runs


def test_a_configuration_goes_its_way(flow: Flow, tmp_path: Path) -> None:
    file = tmp_path / "app.conf"
    file.write_text("limit = 10\npassword = hidden-one\n")
    change = flow.configurations.queue(
        flow.host, str(file), "limit = 20\npassword = hidden-two\n", Context(),
        check="grep -q '^limit = [0-9]*$' {file}",
    )  # fmt: skip
    change = flow.ready(change)
    facts = flow.patches.notice_facts(change.id)
    assert "+limit = 20" in facts.change.diff
    assert "hidden" not in facts.change.diff
    assert [one.kind for one in facts.change.items] == ["configuration"]
    journal = str([entry.fields for entry in flow.desk.journal.entries("change", change.id)])
    assert "limit = 20" in journal
    assert "hidden-" not in journal
    change = flow.apply(change)
    assert [(run.state, run.why) for run in change.runs] == [("done", "")]
    assert file.read_text() == "limit = 20\npassword = hidden-two\n"
    change = flow.back(change)
    assert change.runs[-1].state == "done"
    assert file.read_text() == "limit = 10\npassword = hidden-one\n"
