"""A release and a change of configuration through the gates of the queue, on a real server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from db.engine import Database
from gmops_desktop.context import Context
from gmops_desktop.errors import OpsError
from release_flow import Flow
from released import write
from sandbox.sshd import Sshd

pytestmark = pytest.mark.servers


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
