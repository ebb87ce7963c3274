"""Fixtures of every test: real servers, a fresh home, English, and no unexpected warning."""

from __future__ import annotations

import logging
import os
import re
import secrets
import shutil
import signal
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import keyring
import pytest
from hypothesis import settings
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

import sandbox.booted
import sandbox.mysql9
import sandbox.mysql56
from gmops_desktop import language
from gmops_desktop.addresses import MysqlAddress
from gmops_desktop.context import Context
from gmops_desktop.paths import Home
from gmops_desktop.tasks import TaskRunner
from memory_keyring import MemoryKeyring
from sandbox.mariadb import MariaDB
from sandbox.mysql9 import Mysql9
from sandbox.mysql56 import Mysql56
from sandbox.sshd import Sshd

if TYPE_CHECKING:
    from db.engine import Database
    from gmops_desktop.services.backups import Backups
    from gmops_desktop.services.restores import Restores
    from sandbox.database import DatabaseServer
    from strange_dumps import Workbench

NEEDED = {
    "mariadbd": "mariadb-server",
    "mariadb": "mariadb-client",
    "sshd": "openssh-server",
    "zstd": "zstd",
    "apt-ftparchive": "apt-utils",
    "age": "age",
    "nginx": "nginx-light",
    "pdfsig": "poppler-utils",
    "apachectl": "apache2",
}

pytest.register_assert_rewrite("strange_dumps")

# The same examples at every run of CI, so that what is red there is red here; elsewhere new ones.
settings.register_profile("ci", derandomize=True)
if os.environ.get("CI"):
    settings.load_profile("ci")

# Waiting for what comes costs nothing; giving up after pytest-qt's five seconds fails a test
# whenever the machine is busy with others.
for wait in (QtBot.waitUntil, QtBot.waitSignal, QtBot.waitSignals, QtBot.waitExposed):
    wait.__kwdefaults__["timeout"] = 60_000

if not os.environ.get("DISPLAY"):
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "logs(pattern): the test expects a WARNING or worse that matches the pattern"
    )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the folders whose files take long, so that no process is left with one at last."""
    long = ("end2end", "benchmarks", "cli", "services")

    def place(item: pytest.Item) -> int:
        folder = item.path.parent.name
        return long.index(folder) if folder in long else len(long)

    items.sort(key=place)


def pytest_sessionstart(session: pytest.Session) -> None:
    """Refuse to run without the real servers: a suite that skips them proves nothing."""
    path = os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin:/sbin"
    missing = [tool for tool in NEEDED if not shutil.which(tool, path=path)]
    if missing:
        packages = " ".join(NEEDED[tool] for tool in missing)
        pytest.exit(
            f"The tests need {', '.join(missing)}: run `python3 dev.py setup`, "
            f"or install {packages}.",
            returncode=1,
        )


def pytest_report_header() -> list[str]:
    """Name what the run goes without, once."""
    return [line for line in (no_mysql56(), no_mysql9(), sandbox.booted.missing()) if line]


# ---------------------------------------------------------------- every test


@pytest.fixture(scope="session", autouse=True)
def no_real_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep every test away from the data of whoever runs it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GMOPS_HOME", str(tmp_path_factory.mktemp("gmops-home")))
        for name in ("GMOPS_SANDBOX", "GMOPS_PASSWORD_FILE", "PYTHON_KEYRING_BACKEND"):
            patch.delenv(name, raising=False)
        yield


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """Speak English, whatever the test before spoke."""
    language.use("en")
    yield
    language.use(language.DEFAULT)


@pytest.fixture(autouse=True)
def memory_keyring() -> MemoryKeyring:
    """An empty keyring in memory for each test, in place of the user's."""
    backend = MemoryKeyring()
    keyring.set_keyring(backend)
    return backend


@pytest.fixture(autouse=True)
def no_unexpected_warning(
    request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture
) -> Iterator[None]:
    """Fail a test that logs a WARNING or worse, unless `@pytest.mark.logs(pattern)` expects it."""
    yield
    # paramiko's transports report what they also raise; the caller has had it already.
    records = [
        f"{record.name}: {record.getMessage()}"
        for when in ("setup", "call")
        for record in caplog.get_records(when)
        if record.levelno >= logging.WARNING and not record.name.startswith("paramiko")
    ]
    patterns = [mark.args[0] for mark in request.node.iter_markers("logs")]
    unexpected = [line for line in records if not any(re.search(p, line) for p in patterns)]
    assert not unexpected, "unexpected in the log"
    unseen = [p for p in patterns if not any(re.search(p, line) for line in records)]
    assert not unseen, "expected in the log, and not there"


# ---------------------------------------------------------------- what a test asks for


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """An empty data folder of the program."""
    monkeypatch.setenv("GMOPS_HOME", str(tmp_path / "home"))
    return Home.find()


@pytest.fixture
def context() -> Context:
    """A context nobody listens to; tests may cancel it."""
    return Context()


@pytest.fixture
def full_disk() -> AbstractContextManager[None]:
    """`with full_disk:` no file of this process grows beyond 1 kB, the kernel itself refusing
    (EFBIG; a really full disk says ENOSPC, and both are `OSError` from the same calls)."""
    return _full_disk()


@contextmanager
def _full_disk() -> Iterator[None]:
    import resource  # not on Windows, where `pytest_sessionstart` ends the run with a sentence

    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1024, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)


@pytest.fixture
def runner(qapp: QApplication) -> Iterator[TaskRunner]:
    """The task runner; a task that outlives its test fails it."""
    runner = TaskRunner()
    yield runner
    assert runner.shut_down(), "a task outlived its test"
    qapp.processEvents()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """An empty, migrated store."""
    from db.engine import Database

    database = Database(tmp_path / "store.db")
    yield database
    database.close()


# ---------------------------------------------------------------- real servers


@pytest.fixture(scope="session")
def mariadb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MariaDB]:
    """A running MariaDB, shared by the tests of one worker.  Tests that kill, slow or lock a
    whole server start their own: `with MariaDB(tmp_path / "own") as server` (about a second)."""
    with MariaDB(tmp_path_factory.mktemp("mariadb")) as server:
        yield server


@pytest.fixture(scope="session")
def mysql56(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mysql56]:
    """A running MySQL 5.6, shared by the tests of one worker."""
    if missing := no_mysql56():
        # CI has what it takes to fetch it: a suite that skipped it there would prove too little.
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(missing)
    with Mysql56(tmp_path_factory.mktemp("mysql56")) as server:
        yield server


@pytest.fixture(scope="session")
def mysql9(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mysql9]:
    """A running MySQL 9, shared by the tests of one worker; they are marked `mysql9`."""
    if missing := no_mysql9():
        pytest.skip(missing)
    with Mysql9(tmp_path_factory.mktemp("mysql9")) as server:
        yield server


def no_mysql56() -> str:
    """Say why there is no MySQL 5.6 here; nothing where there is one."""
    if not sandbox.mysql56.runs_here():
        return "MySQL 5.6 runs on 64-bit x86 Linux only: its tests are skipped."
    if not sandbox.mysql56.fetched():
        return "MySQL 5.6 is not here (`python3 dev.py setup` fetches it): its tests are skipped."
    return ""


def no_mysql9() -> str:
    """Say why there is no MySQL 9 here; nothing where there is one."""
    if not sandbox.mysql9.runs_here():
        return "MySQL 9 needs Linux and root here: its tests are skipped."
    if not sandbox.mysql9.is_built():
        return "MySQL 9 is not here (`python3 dev.py test-all` builds it): its tests are skipped."
    return ""


@pytest.fixture(scope="session")
def sshd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    """A running OpenSSH server, shared by the tests of one worker."""
    with Sshd(tmp_path_factory.mktemp("sshd")) as server:
        yield server


@pytest.fixture(scope="session")
def _workshop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    from strange_dumps import Workbench

    workbench = Workbench(tmp_path_factory.mktemp("dumps"))
    yield workbench
    workbench.close()


@pytest.fixture
def workbench(_workshop: Workbench) -> Iterator[Workbench]:
    """Makes schemas on any server, backs them up and loads archives; all is removed at the end."""
    yield _workshop
    _workshop.clear()


@pytest.fixture
def schema(mariadb: MariaDB, memory_keyring: MemoryKeyring) -> Iterator[MysqlAddress]:
    """A fresh empty schema as `ops_backup` sees it.

    The password is `mariadb.password("ops_backup")`, and is in the keyring under the address's
    `secret_name`; `mariadb.connect(schema.schema)` opens a connection as root.
    """
    address = mariadb.address(f"t_{secrets.token_hex(4)}")
    memory_keyring.set_password(
        "gmops-desktop", address.secret_name, mariadb.password(address.user)
    )
    with mariadb.connect() as connection:
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {address.schema} CHARACTER SET utf8mb4")
        yield address
        with connection.cursor() as cursor:
            cursor.execute(f"DROP DATABASE IF EXISTS {address.schema}")


@pytest.fixture
def root(schema: MysqlAddress) -> MysqlAddress:
    """The schema as root sees it, who may name any definer."""
    return replace(schema, user="root")


# ---------------------------------------------------------------- backups of them


@pytest.fixture
def server(request: pytest.FixtureRequest) -> DatabaseServer:
    """The server whose schemas are backed up: MariaDB, or each kind (`databases.EVERY_KIND`)."""
    server: DatabaseServer = request.getfixturevalue(getattr(request, "param", "mariadb"))
    return server


@pytest.fixture
def address(request: pytest.FixtureRequest, server: DatabaseServer) -> Iterator[MysqlAddress]:
    """A schema on the server as root sees it, filled by the `SITE` of the test's module."""
    from databases import execute

    address = server.address(f"t_{secrets.token_hex(4)}", user="root")
    execute(server, "", [f"CREATE DATABASE {address.schema} CHARACTER SET utf8mb4"])
    execute(server, address.schema, request.module.SITE)
    yield address
    execute(server, "", [f"DROP DATABASE {address.schema}"])


@pytest.fixture
def archives(tmp_path: Path) -> Path:
    """The folder of the archives."""
    folder = tmp_path / "archives"
    folder.mkdir()
    return folder


@pytest.fixture
def backups(database: Database, server: DatabaseServer, archives: Path) -> Backups:
    """Backups of the server, into `archives`."""
    from databases import opener
    from gmops_desktop.services.backups import Backups

    return Backups(database, opener(server), lambda: archives)


@pytest.fixture
def restores(database: Database, server: DatabaseServer, backups: Backups) -> Restores:
    """Restores into the server, each behind a safety backup."""
    from databases import opener
    from gmops_desktop.services.restores import Restores

    return Restores(database, opener(server), partial(backups.take, purpose="safety"))
