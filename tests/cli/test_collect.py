"""`gmops collect` as a timer runs it, and its timer beside the one of backups."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from db import measured
from gmops import gmops
from gmops_desktop.adapters import host_keys, ssh
from gmops_desktop.adapters.locks import held
from gmops_desktop.addresses import SshAddress, WebAddress
from gmops_desktop.assembly import assemble
from gmops_desktop.context import Context
from gmops_desktop.paths import Home
from strange_servers import SshServer

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


def test_two_at_once_are_one(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    with assemble(Home(home)) as services:
        services.contracts.save_resource("website", "site", SITE)
    with held(Home(home).locks / "collect.lock", "A round"):
        ran = gmops("collect", home=home)
    assert (ran.code, ran.err) == (0, "")
    assert "already under way" in ran.out
    assert "1 looked at" in gmops("collect", home=home).out


def test_the_password_file_answers_for_the_one_password_there_is(tmp_path: Path) -> None:
    home, file = tmp_path / "home", tmp_path / "password"
    home.mkdir()
    file.write_text("right\n")
    file.chmod(0o600)
    server = SshServer(lambda channel, line: channel.close())
    with server.listening() as port, assemble(Home(home)) as services:
        address = SshAddress("127.0.0.1", port, "ops")
        key = ssh.host_key(address, Context(), known_hosts=Home(home).known_hosts)
        host_keys.trust(address, key, Home(home).known_hosts)
        services.contracts.save_resource("host", "web1", address)
        assert gmops("collect", home=home, GMOPS_PASSWORD_FILE=str(file)).code == 0
        assert server.passwords_seen == ["right"]
        services.contracts.save_resource("host", "web2", SshAddress("127.0.0.1", port, "other"))
        ran = gmops("collect", "--json", home=home, GMOPS_PASSWORD_FILE=str(file))
    [look] = ran.answer["looks"]
    assert (look["name"], look["state"]) == ("web2", "unknown")
    assert server.passwords_seen == ["right"], "one file is not for two passwords"


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
