"""What changes left on a server is cleared once they are over, and never before."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from db.engine import Database
from gmops_desktop.context import Context
from gmops_desktop.contract.changes import ENDED
from gmops_desktop.errors import OpsError
from gmops_desktop.services.patches import Change
from release_flow import Flow
from released import write
from sandbox.sshd import Sshd

pytestmark = pytest.mark.servers


@pytest.fixture
def flow(database: Database, tmp_path: Path) -> Iterator[Flow]:
    homes = {"GMOPS_RUNS": str(tmp_path / "runs"), "GMOPS_CHANGES": str(tmp_path / "changes")}
    with Sshd(tmp_path / "sshd", environment=homes) as sshd:
        yield Flow(database, tmp_path, sshd)


def told(flow: Flow, keep: int = 2) -> dict[tuple[str, str], str]:
    """Return of what lies there why it stays, by kind and change."""
    found = flow.leftovers.look(flow.host, Context(), keep=keep)
    return {(one.what, one.number): one.stays for one in found}


def test_copies_of_a_configuration_go_when_its_change_is_closed(flow: Flow, tmp_path: Path) -> None:
    file = tmp_path / "app.conf"
    file.write_text("limit = 10\n")
    change = flow.configurations.queue(
        flow.host, str(file), "limit = 20\n", Context(), check="", reload=""
    )
    change = flow.apply(flow.ready(change))
    kept = tmp_path / "changes" / change.id
    assert (kept / "old").read_text() == "limit = 10\n"
    assert "is “Checking after”" in told(flow)["copies", change.number]
    assert flow.leftovers.clear(flow.host, Context(), confirm="web2") == ()
    assert kept.is_dir()  # it is still the way back

    (tmp_path / "changes" / ("0" * 36)).mkdir()  # another machine's, of which nobody here knows
    change = flow.closed(change)
    assert told(flow)["copies", change.number] == ""
    with pytest.raises(OpsError, match="type the name of the server: web2"):
        flow.leftovers.clear(flow.host, Context(), confirm="yes")
    assert kept.is_dir()
    [gone] = flow.leftovers.clear(flow.host, Context(), confirm="web2")
    assert (gone.number, gone.path, gone.size) == (change.number, str(kept), gone.size)
    assert gone.size
    assert not kept.exists()
    assert file.read_text() == "limit = 20\n"
    assert told(flow) == {("copies", ""): "no change on this machine knows it"}
    [*_, step] = flow.patches.steps(change.id)
    assert (step.key, step.text) == ("change.cleared", str(kept))
    assert flow.patches.get(change.id).state in ENDED


@pytest.mark.parametrize("link", [True, False], ids=["link", "folder"])
def test_old_releases_go_but_for_the_newest_and_what_is_needed(
    flow: Flow, tmp_path: Path, link: bool
) -> None:
    www = tmp_path / "www"
    if link:
        write(www / "releases" / "0", {"index.php": "0"})
        (www / "site").symlink_to("releases/0")
    else:
        write(www / "site", {"index.php": "0"})
    site = www / "site"

    def release(number: int) -> Change:
        source = write(tmp_path / f"v{number}", {"index.php": str(number)})
        queued = flow.releases.queue(flow.host, source, Context(), folder=str(site))
        return flow.apply(flow.ready(queued))

    changes = [flow.closed(release(number)) for number in (1, 2, 3)]
    last = release(4)
    stays = told(flow, keep=0)
    assert "is “Checking after”" in stays["release", last.number]
    if link:  # the tree of 3 is where 4 leads back to
        assert "leads back to it" in stays["release", changes[2].number]
    assert told(flow, keep=1)["release", changes[1].number if link else changes[2].number]
    gone = flow.leftovers.clear(flow.host, Context(), confirm="web2", keep=0)
    wanted = changes[:2] if link else changes
    assert {one.number for one in gone} == {one.number for one in wanted}
    assert not [one for one in gone if Path(one.path).exists()]
    assert (site / "index.php").read_text() == "4"
    # The way back of what is not over was left alone, and leads back.
    flow.back(last)
    assert (site / "index.php").read_text() == "3"
