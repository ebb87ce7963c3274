"""The switch of a release at every moment at which a server may stop."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from gmops_desktop.adapters.releasing import Served, switch_script
from gmops_desktop.contract.releases import Layout
from gmops_desktop.contract.runs import RunPurpose
from released import write

TREE = "ab" * 32
# What a run gives its script; each command that changes names may be the last one.
WORDS = """
step() { eval "$2" || exit 9; }
tell() { :; }
count() { left=$((${left:-STOP} - 1)); [ $left -ge 0 ] || kill -9 $$; }
mv() { case " $* " in *" --exchange "*) NO_EXCHANGE; esac; count; command mv "$@"; }
ln() { count; command ln "$@"; }
"""


class Place:
    """A site in one of the two layouts, with release 2 built beside release 1."""

    def __init__(self, folder: Path, layout: Layout, *, one_step: bool) -> None:
        self.layout, self.one_step = layout, one_step
        www = folder / "www"
        live = www / "releases" / "1" if layout == "link" else www / "site"
        self.site = www / "current" if layout == "link" else live
        self.new = www / "releases" / "2" if layout == "link" else www / "site.release-2"
        write(live, {"v": "1", "uploads/a": "a"})
        write(self.new, {"v": "2"})
        if layout == "link":
            self.site.symlink_to("releases/1")
        self.mark = str(www / f".{self.site.name}.gmops-2")
        Path(f"{self.mark}.state").write_text(f"{TREE} {self.new.stat().st_ino} {self.new}\n")
        Path(f"{self.mark}.stays").write_bytes(b"./uploads\0")
        self.served = Served(
            str(self.site), layout, "releases/1" if layout == "link" else "", str(live),
            str(www), "yes", one_step, None, 0o755, 0, 0, live.stat().st_ino, root=True,
        )  # fmt: skip

    def run(self, purpose: RunPurpose, *, stop: int = 1000) -> int:
        script = switch_script(
            self.served, self.mark, str(self.new), TREE, self.served.live, purpose, ""
        )
        no_exchange = "" if self.one_step else "return 1;;"
        words = WORDS.replace("STOP", str(stop)).replace("NO_EXCHANGE;", no_exchange or ";;")
        if not self.one_step:
            words += "perl() { return 1; }\n"
        ran = subprocess.run(["sh", "-c", words + script], capture_output=True, text=True)
        assert ran.returncode in (0, -9), ran.stdout + ran.stderr
        return ran.returncode

    def shows(self) -> str:
        """Return which release is served, whole with what visitors left; "" in the gap."""
        if not self.site.exists():
            return ""
        version = (self.site / "v").read_text()
        assert (self.site / "uploads" / "a").read_text() == "a"
        return version


@pytest.mark.parametrize(
    ("layout", "one_step"), [("link", True), ("folder", True), ("folder", False)]
)
def test_stopped_before_any_step_it_can_be_gone_on_with(
    layout: Layout, one_step: bool, tmp_path: Path
) -> None:
    stops = 0
    for number in range(9):
        place = Place(tmp_path / f"forth-{number}", layout, one_step=one_step)
        stopped = place.run("apply", stop=number)
        stops += stopped == -9
        shown = place.shows()
        assert shown in (("1", "2") if one_step else ("1", "2", ""))
        assert place.run("apply") == 0
        assert place.shows() == "2"
        (place.site / "uploads" / "b").write_text("b")

        stopped = place.run("rollback", stop=number)
        assert place.shows() in (("1", "2") if one_step else ("1", "2", ""))
        assert place.run("rollback") == 0
        assert place.shows() == "1"
        assert (place.site / "uploads" / "b").read_text() == "b"
        assert not Path(f"{place.new}.away").exists()
        if place.site.is_symlink():
            assert os.readlink(place.site) == "releases/1"
    assert stops >= (1 if one_step and layout == "folder" else 2)
