"""The simulated hosts of the fleet's benchmark answer a look as this machine does."""

from __future__ import annotations

import platform
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import fleet
from benchmarks.figures import Figure
from gmops_desktop.adapters import ssh
from gmops_desktop.context import Context
from gmops_desktop.outside import Outside
from gmops_desktop.paths import ROOT, Home


def test_a_simulated_host_answers_with_what_the_script_printed_here(tmp_path: Path) -> None:
    figures: list[Figure] = []
    recorded, seconds = fleet._record(tmp_path, figures.append)
    assert figures[0].median == pytest.approx(seconds * 1000)
    words = [sys.executable, "-m", "benchmarks.fleet_servers", str(recorded), "0", "2"]
    pipe = subprocess.PIPE
    with subprocess.Popen(words, cwd=ROOT, stdin=pipe, stdout=pipe, text=True) as process:
        hosts = fleet.Hosts([process])
        home = Home(tmp_path / "home")
        home.root.mkdir()
        home.known_hosts.write_text(hosts.known_hosts)
        outside = Outside(home, lambda name: "any")
        first, second = hosts.addresses
        looks = [outside.look_host(one, Context()) for one in (first, second, first)]
        assert len(outside.kept) == 2
        assert {look.kernel for look in looks} == {platform.release()}
        assert (looks[2].uptime_seconds or 0) > (looks[0].uptime_seconds or 0)
        with hosts.some_hanging(), pytest.raises(ssh.DeadlinePassed):
            outside.kept.over(
                first, Context(), lambda server, left: server.run("true", Context(), deadline=left),
                deadline=0.5,
            )  # fmt: skip
        outside.close()
        process.kill()
