"""The sandbox as a whole: quick the second time, nothing left behind, hard to kill."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import httpx
import keyring.backend
import pymysql
import pytest

from db.engine import Database
from db.journal import Journal
from gmops_desktop.addresses import Resource
from gmops_desktop.contract.terms import Contract
from gmops_desktop.errors import OpsError
from gmops_desktop.services.contracts import Contracts
from sandbox import processes
from sandbox.box import Sandbox, default_folder
from sandbox.vault import SERVICE, SandboxKeyring

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    box = Sandbox(tmp_path_factory.mktemp("box") / "sandbox", small=True)
    box.start()
    yield box
    box.stop()


@pytest.fixture
def place(box: Sandbox, tmp_path: Path) -> Path:
    """The folder of another sandbox, which has been seeded before."""
    shutil.copytree(box.folder / "seed", tmp_path / "box" / "seed")
    return tmp_path / "box"


def pids(box: Sandbox) -> list[int]:
    return [json.loads(file.read_text())["pid"] for file in box.folder.glob("*/process.json")]


def left_over(box: Sandbox) -> list[processes.Process]:
    return [one for name in box._servers for one in processes._marked(box.folder / name)]


def articles(box: Sandbox) -> int:
    with box.mariadb.connect("chamber") as connection, connection.cursor() as cursor:
        cursor.execute("SELECT COUNT(*) FROM article")
        row = cursor.fetchone()
        assert row
        return int(row[0])


def test_all_of_it_answers_and_the_facts_hold(box: Sandbox) -> None:
    facts = box.start()
    assert box.status().running
    assert facts.small
    assert articles(box) == 110
    assert facts.mysql.ssh == facts.ssh
    assert json.loads((box.folder / "facts.json").read_text("utf-8"))["mysql"]["port"] == (
        facts.mysql.port
    )
    assert box.sshd.known_hosts_line() in box.home.known_hosts.read_text("utf-8")


def test_the_facts_hold_no_secret(box: Sandbox) -> None:
    text = (box.folder / "facts.json").read_text("utf-8")
    for user in ("root", "ops_backup", "site"):
        assert box.mariadb.password(user) not in text
    assert box.tencent.secret_key not in text
    assert box.wechat.secret not in text
    for file in ("vault.json", "mariadb/passwords.json", "website/config.json", "sshd/client_key"):
        assert stat.S_IMODE((box.folder / file).stat().st_mode) == 0o600, file
    assert stat.S_IMODE(box.folder.stat().st_mode) == 0o700


def test_its_keyring_opens_the_database(box: Sandbox) -> None:
    address = box.start().mysql_direct
    secret = box.keyring.get_password(SERVICE, address.secret_name)
    assert secret
    with pymysql.connect(
        host=address.host, port=address.port, user=address.user, password=secret, database="chamber"
    ) as connection:
        assert connection.open


def test_a_program_in_its_environment_finds_the_secrets(box: Sandbox) -> None:
    code = (
        "import keyring, sys; backend = keyring.get_keyring(); print(backend.name);"
        "print(bool(keyring.get_password('gmops-desktop', sys.argv[1])))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code, box.start().mysql.secret_name],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, **box.environment()},
    )
    assert ran.stdout.splitlines() == [SandboxKeyring.name, "True"], ran.stderr
    assert "throw-away" in SandboxKeyring.name


def test_the_keyring_needs_its_folder_named() -> None:
    with pytest.raises(keyring.errors.KeyringError, match="GMOPS_SANDBOX"):
        SandboxKeyring().get_password(SERVICE, "mysql:x")


def test_starting_a_running_sandbox_changes_nothing(box: Sandbox) -> None:
    before = pids(box)
    Sandbox(box.folder).start()
    assert pids(box) == before


def test_a_second_start_keeps_ports_and_data(box: Sandbox) -> None:
    ports = [server.port for server in box.status().servers]
    with box.mariadb.connect("chamber") as connection:
        connection.cursor().execute("DELETE FROM comment")
        connection.cursor().execute("DELETE FROM attachment")
        connection.cursor().execute("DELETE FROM article WHERE id > 100")
    box.stop()
    assert not left_over(box)
    assert not any(server.running for server in box.status().servers)
    Sandbox(box.folder).start()
    assert [server.port for server in box.status().servers] == ports
    assert articles(box) == 100


def test_a_reset_brings_the_first_data_back(box: Sandbox) -> None:
    box.reset()
    assert not left_over(box)
    assert not (box.folder / "vault.json").exists()
    box.start()
    assert articles(box) == 110


def recorded(box: Sandbox) -> tuple[Contract | None, dict[str, Resource]]:
    database = Database(box.home.store)
    try:
        contracts = Contracts(database, Journal(database, actor=lambda: "test"))
        return contracts.current(), {one.kind: one for one in contracts.resources()}
    finally:
        database.close()


def test_the_home_knows_the_contract_and_the_servers(box: Sandbox) -> None:
    facts = box.start()
    contract, resources = recorded(box)
    assert contract is not None
    assert contract.start <= date.today() <= contract.end
    assert contract.number.startswith("GMGSL-YW-")
    addresses = {kind: one.address for kind, one in resources.items()}
    assert addresses == {
        "host": facts.ssh,
        "mysql": facts.mysql,
        "website": facts.web,
        "account": facts.wechat,
        "cloud": facts.cloud,
    }


def test_it_survives_the_death_of_its_parent(place: Path) -> None:
    code = (
        "import os, signal, sys; from pathlib import Path; from sandbox.box import Sandbox\n"
        "Sandbox(Path(sys.argv[1]), small=True).start(); os.kill(os.getpid(), signal.SIGKILL)"
    )
    words = [sys.executable, "-c", code, str(place)]
    assert subprocess.run(words, cwd=ROOT).returncode == -signal.SIGKILL
    box = Sandbox(place)
    assert box.status().running
    before = pids(box)
    box.start()
    assert pids(box) == before, "a running server was started again"
    box.stop()
    assert not left_over(box)


@pytest.mark.parametrize("seconds", [0.4, 1.2, 2.4])
def test_a_start_killed_half_way_can_be_repeated(tmp_path: Path, seconds: float) -> None:
    words = [sys.executable, "-m", "sandbox", "start", "--small", "--folder", tmp_path / "box"]
    first = subprocess.Popen(words, cwd=ROOT, stdout=subprocess.DEVNULL)
    try:
        first.wait(seconds)
    except subprocess.TimeoutExpired:
        first.kill()
        first.wait()
    box = Sandbox(tmp_path / "box", small=True)
    try:
        box.start()
        assert articles(box) == 110
    finally:
        box.stop()
    assert not left_over(box)


def test_a_full_disk_is_told_and_got_over(place: Path, full_disk: object) -> None:
    box = Sandbox(place, small=True)
    with full_disk, pytest.raises(OpsError) as caught:
        box.start()
    assert caught.value.hint
    assert not left_over(box)
    try:
        box.start()
        assert articles(box) == 110
    finally:
        box.stop()


def test_two_starts_at_once_wait_for_each_other(place: Path) -> None:
    boxes = [Sandbox(place, small=True) for _ in range(2)]
    failures: list[BaseException] = []

    def start(box: Sandbox) -> None:
        try:
            box.start()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=start, args=[box]) for box in boxes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    try:
        assert not failures
        found = left_over(boxes[0])
        assert {one.pid for one in found} == set(pids(boxes[0]))
    finally:
        boxes[0].stop()
    assert not left_over(boxes[0])


def occupy(port: int) -> socket.socket:
    """Listen on `port` as a stranger would, when no dying connection holds it any more."""
    deadline = time.monotonic() + 75
    while True:
        try:
            return socket.create_server(("127.0.0.1", port))
        except OSError:
            if time.monotonic() > deadline:
                raise
            processes.pause()


def test_taken_ports_are_replaced_and_everybody_is_told(place: Path) -> None:
    box = Sandbox(place, small=True)
    first = box.start()
    _, before = recorded(box)
    box.sshd.stop()
    box.mariadb.kill()
    with occupy(first.ssh.port), occupy(first.mysql.port):
        try:
            facts = box.start()
            assert facts.ssh.port != first.ssh.port
            assert facts.mysql.port != first.mysql.port
            assert f"[127.0.0.1]:{facts.ssh.port} " in box.home.known_hosts.read_text("utf-8")
            _, after = recorded(box)
            assert after["host"].address == facts.ssh
            assert after["mysql"].address == facts.mysql
            assert {one.id for one in after.values()} == {one.id for one in before.values()}
            assert box.keyring.get_password(SERVICE, facts.mysql.secret_name)
            page = httpx.get(box.website.plain_address.url, trust_env=False)
            assert page.status_code == 200, "the website asks the database where it was"
        finally:
            box.stop()


def test_the_command_line(place: Path) -> None:
    def run(*words: str) -> subprocess.CompletedProcess[str]:
        line = [sys.executable, "-m", "sandbox", *words, "--folder", str(place)]
        return subprocess.run(line, cwd=ROOT, capture_output=True, text=True)

    assert json.loads(run("status", "--json").stdout)["status"]["running"] is False
    started = run("start", "--small")
    try:
        assert started.returncode == 0, started.stderr
        assert "export GMOPS_HOME=" in started.stdout
        shown = json.loads(run("status", "--json").stdout)
        assert shown["status"]["running"] is True
        assert shown["environment"]["GMOPS_SANDBOX"] == str(place)
    finally:
        stopped = run("stop")
    assert stopped.returncode == 0
    assert "export" not in stopped.stdout
    assert run("dance").returncode == 2


def test_its_usual_place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert default_folder() == ROOT / ".sandbox"
    monkeypatch.setenv("GMOPS_SANDBOX", str(tmp_path))
    assert default_folder() == tmp_path
