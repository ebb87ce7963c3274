"""The real servers of the sandbox start, answer, and leave nothing behind."""

from __future__ import annotations

import json
import os
import signal
import ssl
import subprocess
import sys
from pathlib import Path

import paramiko
import pymysql
import pytest

from gmops_desktop.adapters.processes import beginning
from gmops_desktop.addresses import MysqlAddress
from gmops_desktop.errors import OpsError
from sandbox import processes
from sandbox.mariadb import MariaDB
from sandbox.processes import Process, answers, find_tool, free_port, greeted, launch, pause
from sandbox.sshd import Sshd


def test_every_account_logs_in_and_sees_its_rights(mariadb: MariaDB, schema: MysqlAddress) -> None:
    with mariadb.connect(schema.schema, user="ops_backup") as connection:
        cursor = connection.cursor()
        cursor.execute("CREATE TABLE 会员 (id INT PRIMARY KEY, 名称 TEXT)")
        cursor.execute("INSERT INTO 会员 VALUES (1, '光明新区🏢')")
        cursor.execute("SELECT 名称 FROM 会员")
        assert cursor.fetchall() == (("光明新区🏢",),)
        cursor.execute("SHOW GRANTS")
        granted = str(cursor.fetchall())
        assert "SUPER" not in granted
        assert "FILE" not in granted
        with pytest.raises(pymysql.err.OperationalError, match="Access denied"):
            cursor.execute("SET GLOBAL max_connections = 10")


def test_nobody_logs_in_without_a_password(mariadb: MariaDB) -> None:
    for user in ("root", "ops_backup", "site", "", "mysql"):
        with pytest.raises(pymysql.err.OperationalError, match="Access denied"):
            pymysql.connect(host="127.0.0.1", port=mariadb.port, user=user, password="")


def test_tls_is_verified_against_its_own_authority(mariadb: MariaDB) -> None:
    words = {"host": "127.0.0.1", "port": mariadb.port, "user": "site"}
    trusting = ssl.create_default_context(cafile=str(mariadb.certificate.ca))
    with (
        pymysql.connect(**words, password=mariadb.password("site"), ssl=trusting) as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute("SHOW STATUS LIKE 'Ssl_version'")
        assert cursor.fetchone()[1].startswith("TLSv1.")
    with pytest.raises(pymysql.err.OperationalError, match="CERTIFICATE_VERIFY_FAILED"):
        pymysql.connect(
            **words, password=mariadb.password("site"), ssl=ssl.create_default_context()
        )


def test_a_stopped_server_keeps_data_port_and_passwords(tmp_path: Path) -> None:
    server = MariaDB(tmp_path / "db")
    with server:
        with server.connect() as connection:
            connection.cursor().execute("CREATE DATABASE kept")
        port, process = server.port, server.process
    assert process is not None
    assert not process.alive()
    assert not answers(port)
    with MariaDB(tmp_path / "db", port) as again, again.connect("kept") as connection:
        assert connection.open
        assert again.port == port
        assert not list(again.folder.glob("accounts-*")), "passwords were left lying about"


def test_a_server_that_cannot_start_says_why(tmp_path: Path) -> None:
    server = MariaDB(tmp_path / "db", options=("--no-such-option",))
    with pytest.raises(OpsError, match="MariaDB of the sandbox did not start") as caught:
        server.start()
    assert "no-such-option" in caught.value.hint
    assert not list(server.folder.glob("accounts-*"))


def test_commands_run_over_ssh_and_the_host_key_is_the_pinned_one(sshd: Sshd) -> None:
    address = sshd.address
    with paramiko.SSHClient() as client:
        client.get_host_keys().add(
            f"[{address.host}]:{address.port}",
            "ssh-ed25519",
            paramiko.Ed25519Key(filename=str(sshd.host_key_file)),
        )
        client.connect(
            address.host,
            address.port,
            address.user,
            key_filename=address.key,
            allow_agent=False,
            look_for_keys=False,
        )
        _, out, _ = client.exec_command("echo 你好; exit 3")
        assert out.read().decode() == "你好\n"
        assert out.channel.recv_exit_status() == 3


def test_the_fingerprint_is_the_one_openssh_shows(sshd: Sshd) -> None:
    shown = subprocess.run(
        ["ssh-keygen", "-lf", str(sshd.host_key_file)], capture_output=True, text=True, check=True
    ).stdout
    assert sshd.fingerprint in shown


def test_stopping_ends_open_sessions_too(tmp_path: Path) -> None:
    with Sshd(tmp_path / "ssh", environment={"APT_CONFIG": "/a b/apt.conf"}) as server:
        client = paramiko.SSHClient()
        client.set_missing_host_key_policy(paramiko.WarningPolicy)
        address = server.address
        with pytest.warns(UserWarning, match="Unknown ssh-ed25519 host key"):
            client.connect(
                address.host,
                address.port,
                address.user,
                key_filename=address.key,
                allow_agent=False,
                look_for_keys=False,
            )
        _, out, _ = client.exec_command('echo $$ "$APT_CONFIG"; exec sleep 1000')
        pid, setting = out.readline().split(maxsplit=1)
        assert setting == "/a b/apt.conf\n"
        session = Process(int(pid), beginning(int(pid)) or "")
        assert session.alive()
    client.close()
    assert not session.alive()


def test_a_process_outlives_its_killed_parent(tmp_path: Path) -> None:
    code = (
        "import os, signal, sys; from pathlib import Path; from sandbox.processes import *\n"
        "process = launch([find_tool('sleep', ''), '1000'], Path(sys.argv[1]))\n"
        "print(process.pid, process.began, flush=True); os.kill(os.getpid(), signal.SIGKILL)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "log")], capture_output=True, text=True
    )
    assert ran.returncode == -signal.SIGKILL
    pid, began = ran.stdout.split()
    process = Process(int(pid), began)
    assert process.alive()
    process.end()
    assert not process.alive()


def test_a_reused_pid_is_not_taken_for_ours(tmp_path: Path) -> None:
    stranger = launch([find_tool("sleep", ""), "1000"], tmp_path / "log")
    taken_over = Process(stranger.pid, "1")
    assert not taken_over.alive()
    taken_over.end()
    taken_over.kill()
    assert stranger.alive(), "a process that is not ours was killed"
    stranger.kill()
    assert not stranger.alive()


def test_a_process_that_ignores_the_request_is_made_to_end(tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    stubborn = launch([find_tool("sh", ""), "-c", f"trap '' TERM; echo > {ready}; "
                       "while :; do sleep 0.1; done"], tmp_path / "log")  # fmt: skip
    while not ready.exists():
        processes.pause()
    stubborn.end(patience=0.2)
    assert not stubborn.alive()


def test_a_missing_tool_is_named_with_its_package() -> None:
    with pytest.raises(OpsError, match="needs no-such-tool") as caught:
        find_tool("no-such-tool", "some-package")
    assert "apt-get install some-package" in caught.value.hint


def test_the_suite_refuses_to_run_without_the_servers(tmp_path: Path) -> None:
    root = Path(__file__).parents[2]
    # A PATH without the servers is not enough: /usr/sbin is always looked at.  So ask the check.
    code = (
        "import shutil, runpy, pytest\n"
        "shutil.which = lambda name, path=None: None if name == 'mariadbd' else '/bin/' + name\n"
        "pytest.main(['--collect-only', '-q', 'tests/sandbox/test_servers.py'])\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code],
        cwd=root,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": "tests/helpers"},
    )
    assert "The tests need mariadbd" in ran.stdout + ran.stderr
    assert "install mariadb-server" in ran.stdout + ran.stderr


def test_a_process_lives_as_long_as_one_of_its_threads(tmp_path: Path) -> None:
    """As a killed server does for a moment, its first thread gone and its files still locked."""
    code = (
        "import ctypes, os, sys, threading\n"
        "def last():\n"
        "    sys.stdin.read(); os._exit(0)\n"
        "threading.Thread(target=last).start()\n"
        "libc = ctypes.CDLL(None); print(flush=True)\n"
        "libc.syscall({'x86_64': 60, 'aarch64': 93}[os.uname().machine], 0)\n"  # this thread only
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout
        assert child.stdin
        child.stdout.readline()
        process = Process(child.pid, beginning(child.pid) or "")
        stat = Path(f"/proc/{child.pid}/stat")
        while ") Z " not in stat.read_text("utf-8"):
            assert child.poll() is None
            pause()
        assert process.alive()
        child.stdin.close()
        while process.alive():
            pause()


def test_a_server_about_to_end_is_waited_for_and_started_anew(tmp_path: Path) -> None:
    ending = launch([find_tool("sleep", "coreutils"), "1"], tmp_path / "log")
    note = {"pid": ending.pid, "began": ending.began, "port": free_port()}
    (tmp_path / "process.json").write_text(json.dumps(note), "utf-8")
    with Sshd(tmp_path) as server:
        assert not ending.alive()
        assert greeted(server.port)
