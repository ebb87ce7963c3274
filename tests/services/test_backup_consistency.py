"""However many connections read, and whatever the account may do, a backup is one moment, or says
of what it is not."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from databases import checksums, execute, load_with_stock_client, opener, query
from db.engine import Database
from gmops_desktop.adapters.mysql import MysqlConnection, segments, snapshot
from gmops_desktop.addresses import MysqlAddress
from gmops_desktop.archive.manifest import Manifest
from gmops_desktop.archive.reader import ArchiveReader
from gmops_desktop.context import Context, Progress
from gmops_desktop.errors import Cancelled, OpsError
from gmops_desktop.services.backups import Backup, Backups, TransferPlan
from gmops_desktop.services.backups.crew import Crew
from sandbox.database import DatabaseServer
from sandbox.mariadb import MariaDB
from sandbox.mysql9 import Mysql9

pytestmark = pytest.mark.servers

# Each transaction adds a row to all of them.
ALIKE = [f"CREATE TABLE t{n} (id bigint PRIMARY KEY AUTO_INCREMENT, n int)" for n in range(4)]


@pytest.fixture
def archives(tmp_path: Path) -> Path:
    folder = tmp_path / "archives"
    folder.mkdir()
    return folder


@pytest.fixture
def backups(database: Database, mariadb: MariaDB, archives: Path) -> Backups:
    return Backups(database, opener(mariadb), lambda: archives)


@pytest.fixture(scope="module")
def logging(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MariaDB]:
    """A MariaDB that keeps a binlog, as servers with a replica do."""
    folder = tmp_path_factory.mktemp("logging")
    with MariaDB(folder, options=("--log-bin=binlog", "--server-id=1")) as server:
        yield server


@pytest.fixture(scope="module")
def tracing(tmp_path_factory: pytest.TempPathFactory, mysql9: Mysql9) -> Iterator[Mysql9]:
    """A MySQL 9 with GTIDs, as TencentDB has them."""
    assert mysql9.port
    options = ("--log-bin=binlog", "--gtid-mode=ON", "--enforce-gtid-consistency=ON")
    with Mysql9(tmp_path_factory.mktemp("tracing"), options=options) as server:
        yield server


def manifest_of(path: Path) -> Manifest:
    with ArchiveReader(path) as reader:
        return reader.manifest


@contextmanager
def opened(server: DatabaseServer, address: MysqlAddress, count: int) -> Iterator[Any]:
    """Open prepared connections."""
    some: list[MysqlConnection] = []
    try:
        for _ in range(count):
            some.append(opener(server)(address, Context()))
            segments.prepare(some[-1])
        yield some
    finally:
        for connection in some:
            connection.close()


@contextmanager
def made(server: DatabaseServer, statements: list[str], user: str = "ops_backup") -> Any:
    """A schema with something in it; gone at the end."""
    execute(server, "", ["DROP DATABASE IF EXISTS alike", "CREATE DATABASE alike"])
    execute(server, "alike", statements)
    yield server.address("alike", user=user)
    execute(server, "", ["DROP DATABASE alike"])


@contextmanager
def busy(work: Callable[[], object]) -> Iterator[None]:
    """Do `work` over and over in a thread until the block ends; its failure is the block's."""
    stop, failures = threading.Event(), list[BaseException]()

    def go() -> None:
        try:
            while not stop.is_set():
                work()
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=go)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(30)
    assert not failures, failures


@contextmanager
def writing(server: DatabaseServer) -> Iterator[None]:
    """Add a row to all tables in each transaction, as fast as it goes."""
    with server.connect("alike") as connection, connection.cursor() as cursor:

        def step() -> None:
            cursor.execute("BEGIN")
            for number in range(len(ALIKE)):
                cursor.execute(f"INSERT INTO t{number} (n) VALUES (1)")
            cursor.execute("COMMIT")

        with busy(step):
            yield


def states(moment: snapshot.Moment) -> set[tuple[str, ...]]:
    """Return what each connection of a moment sees: all row counts."""
    question = "SELECT " + ",".join(f"(SELECT COUNT(*) FROM t{n})" for n in range(len(ALIKE)))
    return {connection.one(question) for connection in moment.connections}


# ---------------------------------------------------------------- one moment, by each way


def test_a_position_that_did_not_move_is_one_moment(logging: MariaDB) -> None:
    with made(logging, ALIKE) as address, opened(logging, address, 3) as some:
        moment = snapshot.together(some)
        assert moment.way == "position"
        assert len(moment.connections) == 3
        assert moment.lock_seconds == 0
        assert moment.position["binlog_snapshot_file"]


def test_several_connections_see_one_state_under_load(logging: MariaDB) -> None:
    """Without any lock, and without any right: by the binlog position of each snapshot."""
    with made(logging, ALIKE) as address, opened(logging, address, 3) as some, writing(logging):
        for _ in range(15):
            moment = snapshot.together(some, lock=False)
            assert moment.way == ("position" if len(moment.connections) > 1 else "single")
            (state,) = states(moment)
            assert len(set(state)) == 1, "each transaction adds to every table"


@pytest.mark.mysql9
def test_gtids_tell_one_moment_on_mysql(tracing: Mysql9) -> None:
    grant = "GRANT SELECT ON alike.* TO site@'%'"
    with (
        made(tracing, [*ALIKE, grant], "site") as address,
        opened(tracing, address, 3) as some,
    ):
        ways = set()
        assert snapshot.together(some).way == "position"
        with writing(tracing):
            for _ in range(15):
                moment = snapshot.together(some)
                ways.add(moment.way)
                (state,) = states(moment)
                assert len(set(state)) == 1
        assert ways <= {"position", "single"}


@pytest.mark.parametrize("count", [2, 3])
def test_a_read_lock_makes_one_moment_where_no_position_tells(mariadb: MariaDB, count: int) -> None:
    with made(mariadb, ALIKE) as address, opened(mariadb, address, count) as some, writing(mariadb):
        for _ in range(10):
            moment = snapshot.together(some)
            assert moment.way == "read_lock" or len(moment.connections) == 1
            assert moment.lock_seconds < 2
            (state,) = states(moment)
            assert len(set(state)) == 1


def test_the_read_lock_is_let_go_at_once(mariadb: MariaDB) -> None:
    with made(mariadb, ALIKE) as address, opened(mariadb, address, 2) as some:
        moment = snapshot.together(some)
        assert moment.way == "read_lock"
        execute(mariadb, "alike", ["SET lock_wait_timeout=1", "INSERT INTO t0 (n) VALUES (1)"])
        assert states(moment) == {("0", "0", "0", "0")}


@pytest.mark.parametrize(
    ("kind", "slow"),
    [
        ("mariadb", "INSERT INTO t0 (n) SELECT SLEEP(3)"),
        ("mysql56", "SELECT SLEEP(3) FROM t0"),
    ],
)
def test_a_long_statement_is_never_queued_behind(
    kind: str, slow: str, request: pytest.FixtureRequest
) -> None:
    """While somebody's statement runs, the read lock is not waited for: nobody queues behind it."""
    server: DatabaseServer = request.getfixturevalue(kind)
    running = "SELECT ID FROM information_schema.PROCESSLIST WHERE USER='root' AND INFO=%s"
    with (
        made(server, [*ALIKE, "INSERT INTO t0 (n) VALUES (1)"]) as address,
        opened(server, address, 2) as some,
        server.connect("alike") as other,
        server.connect("alike") as site,
        site.cursor() as cursor,
    ):
        thread = threading.Thread(target=lambda: other.cursor().execute(slow))
        thread.start()
        while not cursor.execute(running, (slow,)):
            pass
        moment = snapshot.together(some)
        cursor.execute("INSERT INTO t1 (n) VALUES (1)")
        assert thread.is_alive(), "the statement still runs"
        assert (moment.way, moment.lock_seconds) == ("single", 0)
        thread.join()


def test_without_the_right_to_lock_one_connection_is_left(mariadb: MariaDB) -> None:
    grant = "GRANT SELECT ON alike.* TO site@'%'"
    with made(mariadb, [*ALIKE, grant], "site") as address, opened(mariadb, address, 3) as some:
        moment = snapshot.together(some)
        assert (moment.way, moment.connections) == ("single", (some[0],))
    execute(mariadb, "", ["REVOKE SELECT ON alike.* FROM site@'%'"])


def test_a_replica_that_logs_nothing_of_its_master_is_not_believed(mariadb: MariaDB) -> None:
    """Its binlog position stands still while rows change."""
    with made(mariadb, ALIKE) as address, opened(mariadb, address, 2) as some:
        assert not snapshot._mariadb_tells(some[0])


# ---------------------------------------------------------------- backups by several connections

BIG = [
    "CREATE TABLE big (a int, b varchar(40), x text, PRIMARY KEY (a, b))",
    "INSERT INTO big SELECT seq % 977, CONCAT('k', seq), REPEAT(MD5(seq), 12) FROM seq_1_to_60000",
    "CREATE TABLE loose (x text)",
    "INSERT INTO loose SELECT SHA2(seq, 512) FROM seq_1_to_20000",
    "CREATE TABLE small (id int PRIMARY KEY, x text)",
    "INSERT INTO small SELECT seq, SHA1(seq) FROM seq_1_to_500",
    "ANALYZE TABLE big, loose, small",
]


def test_several_connections_write_the_same_archive(
    backups: Backups, mariadb: MariaDB, schema: MysqlAddress
) -> None:
    """The rows are the same, in the order of their keys; and so is what a later backup makes."""
    execute(mariadb, schema.schema, BIG)
    one = backups.take(schema, Context(), plan=TransferPlan(full=True, connections=1))
    several = backups.take(schema, Context(), plan=TransferPlan(full=True, connections=3))
    assert (one.connections, several.connections) == (1, 3)
    assert several.lock_seconds > 0
    assert several.verdict.startswith("One consistent snapshot over 3 connections; writes were")
    assert backups.verify(several.path, Context()).ok
    assert rows_of(one) == rows_of(several)
    for first, second in zip(
        manifest_of(one.path).tables, manifest_of(several.path).tables, strict=True
    ):
        assert (first.name, first.rows) == (second.name, second.rows)
        for before, after in pairwise(second.segments):
            assert not second.key or before.upto == after.after
    copy = f"{schema.schema}_copy"
    execute(mariadb, "", [f"CREATE DATABASE {copy} CHARACTER SET utf8mb4"])
    try:
        load_with_stock_client(mariadb, several.path, copy)
        assert checksums(mariadb, copy) == checksums(mariadb, schema.schema)
    finally:
        execute(mariadb, "", [f"DROP DATABASE {copy}"])
    execute(
        mariadb,
        schema.schema,
        [
            "UPDATE big SET x = 'changed' WHERE a IN (3, 500)",
            "DELETE FROM big WHERE a = 700",
            "INSERT INTO big SELECT 2000 + seq % 9, seq, REPEAT('z', 300) FROM seq_1_to_20000",
            "DELETE FROM loose LIMIT 10",
        ],
    )
    next_one = backups.take(schema, Context(), plan=TransferPlan(connections=3))
    assert next_one.reused_bytes > next_one.text_bytes // 3
    assert backups.verify(next_one.path, Context()).ok
    fresh = backups.take(schema, Context(), plan=TransferPlan(full=True, connections=1))
    assert rows_of(fresh) == rows_of(next_one)


def rows_of(backup: Backup) -> dict[str, tuple[int, int]]:
    """Return how many rows each table has, and how long their text is without its separators."""
    return {
        table.name: (table.rows, table.text_bytes - 2 * (table.rows - len(table.segments)))
        for table in manifest_of(backup.path).tables
    }


def test_every_connection_reads_its_part_of_a_large_table(
    backups: Backups, mariadb: MariaDB, schema: MysqlAddress, monkeypatch: pytest.MonkeyPatch
) -> None:
    execute(mariadb, schema.schema, BIG[:2])
    execute(mariadb, schema.schema, ["ANALYZE TABLE big"])
    readers: set[int] = set()
    read = snapshot.table

    def seen(connection: MysqlConnection) -> Any:
        readers.add(id(connection))
        return read(connection)

    monkeypatch.setattr(snapshot, "table", seen)
    backup = backups.take(schema, Context(), plan=TransferPlan(connections=2))
    assert backup.connections == 2
    assert len(readers) == 2


def test_a_small_schema_takes_one_connection(
    backups: Backups, mariadb: MariaDB, schema: MysqlAddress
) -> None:
    execute(mariadb, schema.schema, BIG)
    backup = backups.take(schema, Context())
    assert (backup.connections, backup.lock_seconds) == (1, 0)
    assert backup.verdict == "One consistent snapshot, taken without a lock."


def test_fewer_connections_where_the_server_lets_no_more_in(
    backups: Backups, mariadb: MariaDB, schema: MysqlAddress
) -> None:
    execute(mariadb, schema.schema, BIG[2:])
    notes: list[str] = []
    limit = "ALTER USER ops_backup@'%' WITH MAX_USER_CONNECTIONS "
    execute(mariadb, "", [limit + "2"])
    try:
        backup = backups.take(schema, Context(note=notes.append), plan=TransferPlan(connections=4))
    finally:
        execute(mariadb, "", [limit + "0"])
    assert backup.connections == 2
    assert [note for note in notes if note.startswith("No more connections could be opened: ")]


class Shouting(Context):
    """Reports every progress, however fast they come."""

    _INTERVAL = 0


def test_the_first_error_ends_all_connections(
    backups: Backups, mariadb: MariaDB, schema: MysqlAddress, archives: Path
) -> None:
    """One connection is killed; the others do not go on for nothing, and none stays."""
    execute(mariadb, schema.schema, BIG)
    killed: list[int] = []

    def kill(progress: Progress) -> None:
        if (progress.percent or 0) > 20 and not killed:
            found = query(
                mariadb,
                "",
                "SELECT MAX(ID) FROM information_schema.PROCESSLIST WHERE USER='ops_backup'",
            )
            killed.append(found[0][0])
            execute(mariadb, "", [f"KILL {found[0][0]}"])

    with pytest.raises(OpsError, match="broke"):
        backups.take(schema, Shouting(kill), plan=TransferPlan(connections=3))
    assert killed
    assert not list(archives.glob("*.zst"))
    assert_alone(mariadb)


def test_a_cancelled_backup_ends_all_connections(
    backups: Backups, mariadb: MariaDB, schema: MysqlAddress, archives: Path
) -> None:
    execute(mariadb, schema.schema, BIG)
    context = Shouting(lambda progress: (progress.percent or 0) > 20 and context.cancel())
    with pytest.raises(Cancelled):
        backups.take(schema, context, plan=TransferPlan(connections=3))
    assert not list(archives.glob("*.zst"))
    assert_alone(mariadb)


def assert_alone(server: MariaDB) -> None:
    """Assert that no connection of a backup lives on."""
    left = "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE USER='ops_backup'"
    waiting = threading.Event()
    for _ in range(50):
        if query(server, "", left) == ((0,),):
            return
        waiting.wait(0.1)
    raise AssertionError("a connection lives on")


def test_jobs_may_hand_on_a_part_of_themselves(mariadb: MariaDB, schema: MysqlAddress) -> None:
    done: list[int] = []
    with Crew(lambda: opener(mariadb)(schema, Context())) as crew:
        crew.gather(2, in_hand=False)

        def halved(size: int) -> Callable[[MysqlConnection], None]:
            def job(connection: MysqlConnection) -> None:
                if size > 1:
                    crew.add(halved(size // 2))
                    crew.add(halved(size - size // 2))
                else:
                    connection.one("SELECT 1")
                    done.append(1)

            return job

        crew.share([halved(64)])
        assert len(done) == 64
