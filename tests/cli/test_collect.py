"""`gmops collect` as a timer runs it, and its timer beside the one of backups."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from db import measured
from gmops import gmops
from gmops_desktop.addresses import WebAddress
from gmops_desktop.assembly import assemble
from gmops_desktop.paths import Home

# Nothing listens there: port 9 is refused at once.
SITE = WebAddress("http://127.0.0.1:9/")


def test_collect_looks_remembers_and_leaves_out_what_was_just_looked_at(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    with assemble(Home(home)) as services:
        site = services.contracts.save_resource("website", "site", SITE).id
    first = gmops("collect", "--json", home=home)
    assert first.code == 0, first.err
    assert [look["name"] for look in first.answer["looks"]] == ["site"]
    assert first.answer["state"] == "critical"
    again = gmops("collect", home=home)
    assert "0 looked at, 0 not reached, 1 looked at a moment ago." in again.out
    now = datetime.now(UTC)
    with assemble(Home(home)) as services, services._database.session() as session:
        [one] = measured.samples(session, site, now - timedelta(hours=1), now)
    assert one.every == 300_000
    assert (one.values["up"], one.values["look"]) == (0.0, 0.0)


def test_without_anything_to_look_at_it_says_so_and_is_done(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    ran = gmops("collect", "--json", home=home)
    assert (ran.code, ran.answer["looks"], ran.answer["state"]) == (0, [], None)


def test_what_runs_out_soon_is_in_a_ticket_after_the_round(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    with assemble(Home(home)) as services:
        services.contracts.load_example()
        services.contracts.save_expiry("domain", date.today() + timedelta(days=9))
    [number] = gmops("collect", "--json", home=home).answer["tickets"]
    assert number == "T-0001"
    assert gmops("collect", "--json", home=home).answer["tickets"] == []


@pytest.mark.skipif(os.name == "nt", reason="a crontab is needed")
def test_its_timer_stands_beside_the_one_of_backups(tmp_path: Path) -> None:
    tools, home, table = tmp_path / "bin", tmp_path / "home", tmp_path / "crontab"
    tools.mkdir()
    home.mkdir()
    crontab = tools / "crontab"
    crontab.write_text(f'#!/bin/sh\n[ "$1" = -l ] && exec cat {table}\nexec cat > {table}\n')
    crontab.chmod(0o700)
    (tools / "systemctl").write_text("#!/bin/sh\nexit 1\n")
    (tools / "systemctl").chmod(0o700)
    table.touch()
    way = {"PATH": f"{tools}:{os.environ['PATH']}"}
    for words in (("install",), ("install", "--collect")):
        ran = gmops("schedule", *words, home=home, **way)
        assert ran.code == 0, ran.err
    lines = [line for line in table.read_text().splitlines() if not line.startswith("#")]
    assert [line.split()[0] for line in lines] == ["*/10", "*/5"]
    assert "schedule run --due" in lines[0]
    assert " collect >>" in lines[1]
    assert "collect.log" in lines[1]
    told = gmops("schedule", "status", "--json", home=home, **way).answer
    assert told["collecting"]["active"]
    assert gmops("schedule", "remove", "--collect", home=home, **way).code == 0
    assert "schedule run --due" in table.read_text()
    assert "collect" not in table.read_text()
