"""However many connections read, and whatever the account may do, a backup is one moment, or says
of what it is not."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from databases import age, checksums, execute, load_with_stock_client, opener, query
from gmops_desktop.adapters.mysql import MysqlConnection, catalogue, reading, segments, snapshot
from gmops_desktop.addresses import MysqlAddress
from gmops_desktop.archive.manifest import Manifest
from gmops_desktop.archive.reader import ArchiveReader
from gmops_desktop.context import Context, Progress
from gmops_desktop.errors import Cancelled, OpsError
from gmops_desktop.services.backups import Backup, Backups, TransferPlan, courtesy
from gmops_desktop.services.backups.crew import Crew
from gmops_desktop.services.backups.loose import Lock
from sandbox.database import DatabaseServer
from sandbox.mariadb import MariaDB
from sandbox.mysql9 import Mysql9

pytestmark = pytest.mark.servers

# Each transaction adds a row to all of them.
ALIKE = [f"CREATE TABLE t{n} (id bigint PRIMARY KEY AUTO_INCREMENT, n int)" for n in range(4)]


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


def test_others_who_ask_for_the_position_do_not_lend_us_theirs(logging: MariaDB) -> None:
    """The server shares between sessions what it is about to answer; one snapshot in a hundred
    was taken for another's before each was asked by itself, and twice."""
    with (
        made(logging, ALIKE) as address,
        opened(logging, address, 3) as some,
        opened(logging, address, 2) as others,
        writing(logging),
        busy(lambda: others[0].rows("SHOW STATUS LIKE 'binlog_snapshot_%'")),
        busy(lambda: others[1].rows("SHOW STATUS LIKE 'binlog_snapshot_%'")),
    ):
        alike = 0
        for _ in range(int(os.environ.get("GMOPS_SOAK", "60"))):
            moment = snapshot.together(some, lock=False)
            alike += len(moment.connections) > 1
            (state,) = states(moment)
            assert len(set(state)) == 1
        assert alike, "none was held against another"


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
            assert moment.lock_seconds < 20
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
    read = reading.read_range

    def seen(connection: MysqlConnection, *words: Any, **more: Any) -> Any:
        readers.add(id(connection))
        return read(connection, *words, **more)

    monkeypatch.setattr(reading, "read_range", seen)
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
    """One connection is killed; the others do not go on for nothing, and none stays.

    It is the first, because another may have nothing left to do.
    """
    execute(mariadb, schema.schema, BIG)
    killed: list[int] = []
    once = threading.Lock()

    def kill(progress: Progress) -> None:
        if (progress.percent or 0) > 20 and once.acquire(blocking=False):
            found = query(
                mariadb,
                "",
                "SELECT MIN(ID) FROM information_schema.PROCESSLIST WHERE USER='ops_backup'",
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


# ---------------------------------------------------------------- tables without snapshots

LOOSE = [
    "CREATE TABLE kept (id int PRIMARY KEY, n int) ENGINE=InnoDB",
    "INSERT INTO kept SELECT seq, 0 FROM seq_1_to_2000",
    "CREATE TABLE plain (id int PRIMARY KEY, n int, x text) ENGINE=MyISAM",
    "INSERT INTO plain SELECT seq, 0, REPEAT(MD5(seq), 20) FROM seq_1_to_20000",
    "CREATE TABLE aria (id int, x text) ENGINE=Aria",
    "INSERT INTO aria SELECT seq, SHA2(seq, 512) FROM seq_1_to_3000",
    "CREATE TABLE memory (id int PRIMARY KEY, x varchar(40)) ENGINE=MEMORY",
    "INSERT INTO memory SELECT seq, SHA1(seq) FROM seq_1_to_500",
    "CREATE TABLE listed (x varchar(40) NOT NULL, n int NOT NULL) ENGINE=CSV",
    "INSERT INTO listed SELECT SHA1(seq), seq FROM seq_1_to_100",
    "CREATE TABLE empty (id int PRIMARY KEY) ENGINE=MyISAM",
]


def kinds(backup: Backup) -> dict[str, str]:
    """Return what the archive says of each table without snapshots."""
    return {r.name: r.kind for r in manifest_of(backup.path).remarks}


def test_a_short_lock_makes_tables_without_snapshots_part_of_the_moment(
    backups: Backups, mariadb: MariaDB, schema: MysqlAddress, archives: Path
) -> None:
    execute(mariadb, schema.schema, LOOSE)
    first = backups.take(schema, Context())
    assert first.consistency == "consistent"
    assert kinds(first) == dict.fromkeys(("plain", "aria", "memory", "listed", "empty"), "locked")
    assert 0 < first.lock_seconds < 5
    assert "Of the same moment by a short lock: empty, plain (MyISAM)." in first.verdict
    assert backups.verify(first.path, Context()).ok
    names = {first.path.name, first.path.name + ".sha256"}
    assert {path.name for path in archives.iterdir()} == names, "the scratch file is gone"
    copy = f"{schema.schema}_copy"
    execute(mariadb, "", [f"CREATE DATABASE {copy} CHARACTER SET utf8mb4"])
    try:
        load_with_stock_client(mariadb, first.path, copy)
        assert checksums(mariadb, copy) == checksums(mariadb, schema.schema)
    finally:
        execute(mariadb, "", [f"DROP DATABASE {copy}"])
    # The next one is cheap, as for any table; and what was copied beforehand counts but once.
    execute(mariadb, schema.schema, ["UPDATE plain SET n = 1 WHERE id = 77"])
    second = backups.take(schema, Context())
    assert second.travelled < first.travelled // 4
    assert second.text_bytes // 2 < second.reused_bytes <= second.text_bytes
    assert second.base == first.path.name
    assert not second.resumed


def moving(server: MariaDB, schema: str) -> Any:
    """Change a MyISAM and an InnoDB table by turns, always both to the same number."""
    connection = server.connect(schema)
    cursor = connection.cursor()
    numbers = iter(range(1, 1_000_000))

    def step() -> None:
        number = next(numbers)
        place = number % 2000 + 1
        # The MyISAM table goes ahead: at any moment it is at most one step in front.
        cursor.execute("UPDATE plain SET n=%s WHERE id=%s", (number, place))
        cursor.execute("UPDATE kept SET n=%s WHERE id=%s", (number, place))

    return busy(step)


@pytest.mark.parametrize(
    "kind", ["mariadb", "mysql56", pytest.param("mysql9", marks=pytest.mark.mysql9)]
)
def test_read_lock_and_table_lock_stand_together(kind: str, request: pytest.FixtureRequest) -> None:
    """Both worlds are held for the moment; then only the tables without snapshots are, until the
    end.  What is asked meanwhile passes the writers that wait."""
    server: DatabaseServer = request.getfixturevalue(kind)
    tables = ["CREATE TABLE plain (id int PRIMARY KEY, n int) ENGINE=MyISAM"]
    tables += ["INSERT INTO plain VALUES (1, 1)", *ALIKE]
    with made(server, tables) as address:
        context = Context()
        with (
            Crew(lambda: opener(server)(address, context)) as crew,
            server.connect("alike") as site,
        ):
            crew.gather(2, in_hand=False)
            table = next(t for t in catalogue.read(crew.first).tables if t.name == "plain")
            aside = crew.aside()
            aside.run("SET SESSION lock_wait_timeout=1")
            lock = Lock([table], 5.0, aside, "")
            moment = crew.look(lock)
            assert (moment.way, lock.held) == ("read_lock", True)
            site.cursor().execute("INSERT INTO t0 (n) VALUES (1)")
            writer = threading.Thread(target=lambda: site.cursor().execute("UPDATE plain SET n=2"))
            writer.start()
            writer.join(0.5)
            assert writer.is_alive(), "it waits"
            begun = time.monotonic()
            with crew.urgent():
                for connection in crew.working:
                    assert snapshot.ask(connection, ["SELECT n FROM plain"] * 2) == [("1",)] * 2
                    assert snapshot.one(connection, "SELECT COUNT(*) FROM t0") == ("0",)
            assert time.monotonic() - begun < 15, "nobody waits for the lock"
            lock.release()
            writer.join(5)
            assert not writer.is_alive()
            assert lock.held
            assert 0.5 < lock.seconds < 5


def test_under_writes_the_lock_holds_both_worlds_together(
    backups: Backups, mariadb: MariaDB, schema: MysqlAddress
) -> None:
    """A MyISAM table and an InnoDB table, written by turns, differ by one step at most."""
    execute(mariadb, schema.schema, LOOSE[:4])
    copy = f"{schema.schema}_copy"
    for connections in (1, 3):
        with moving(mariadb, schema.schema):
            backup = backups.take(schema, Context(), plan=TransferPlan(connections=connections))
        assert kinds(backup) == {"plain": "locked"}
        execute(mariadb, "", [f"CREATE OR REPLACE DATABASE {copy} CHARACTER SET utf8mb4"])
        try:
            load_with_stock_client(mariadb, backup.path, copy)
            ahead = "SELECT COUNT(*), MAX(plain.n - kept.n) FROM plain JOIN kept USING (id)"
            ((together, _),) = query(mariadb, copy, ahead + " WHERE plain.n <> kept.n")
            assert together <= 1
            newest = "SELECT (SELECT MAX(n) FROM plain) - (SELECT MAX(n) FROM kept)"
            assert query(mariadb, copy, newest)[0][0] in (0, 1)
        finally:
            execute(mariadb, "", [f"DROP DATABASE {copy}"])


def test_without_the_right_to_lock_what_stood_still_is_told_from_what_moved(
    backups: Backups, mariadb: MariaDB, schema: MysqlAddress, monkeypatch: pytest.MonkeyPatch
) -> None:
    execute(mariadb, schema.schema, LOOSE)
    grants = f"GRANT SELECT, SHOW VIEW, TRIGGER, EVENT, EXECUTE ON {schema.schema}.* TO site@'%'"
    execute(mariadb, schema.schema, [grants])
    site = replace(schema, user="site")
    still = backups.take(site, Context())
    assert still.consistency == "consistent"
    assert kinds(still) == {
        **dict.fromkeys(("plain", "aria", "memory", "listed", "empty"), "unmoved"),
        "": "lock_no_right",
    }
    assert "Without a lock, but not changed meanwhile: empty, plain (MyISAM)." in still.verdict
    assert "The account may not lock tables (LOCK TABLES)." in still.verdict

    look = Crew.look

    def touched(crew: Crew, fence: snapshot.Fence | None = None) -> snapshot.Moment:
        found = look(crew, fence)
        execute(
            mariadb,
            schema.schema,
            ["UPDATE plain SET n=n+1 WHERE id=5", "DELETE FROM aria WHERE id=9"],
        )
        return found

    monkeypatch.setattr(Crew, "look", touched)
    moved = backups.take(site, Context())
    assert moved.consistency == "partly"
    assert {name: kind for name, kind in kinds(moved).items() if name} == {
        **dict.fromkeys(("plain", "aria"), "not_transactional"),
        **dict.fromkeys(("memory", "listed", "empty"), "unmoved"),
    }
    assert "Not consistent: plain (MyISAM tables have no snapshot)." in moved.verdict
    assert backups.verify(moved.path, Context()).ok


def test_a_table_that_nobody_wrote_to_is_not_hashed_again_under_the_lock(
    backups: Backups, mariadb: MariaDB, schema: MysqlAddress, monkeypatch: pytest.MonkeyPatch
) -> None:
    execute(mariadb, schema.schema, LOOSE[:4])
    word = "CREATE TABLE word (word varchar(40) NOT NULL, hits int NOT NULL) ENGINE=MyISAM"
    execute(mariadb, schema.schema, [word, "INSERT INTO word SELECT SHA1(seq), 1 FROM seq_1_to_99"])
    looks = Crew.look

    def take(writes: Sequence[str] = ()) -> tuple[Backup, int]:
        """Back up; return how often the lock's tables were hashed after it stood."""
        asked: list[str] = []
        rows = snapshot.rows

        def look(crew: Crew, fence: snapshot.Fence | None = None) -> snapshot.Moment:
            found = looks(crew, fence)
            execute(mariadb, schema.schema, writes)
            asked.clear()
            return found

        def counted(connection: MysqlConnection, question: str, *, first: str = "") -> Any:
            asked.append(question)
            return rows(connection, question, first=first)

        with monkeypatch.context() as patch:
            patch.setattr(Crew, "look", look)
            patch.setattr(snapshot, "rows", counted)
            plan = TransferPlan(connections=1, lock_limit=5.0 if not writes else 0.0)
            backup = backups.take(schema, Context(), plan=plan)
        loose = [q for q in asked if "SHA2(" in q and ("`plain`" in q or "`word`" in q)]
        assert backups.verify(backup.path, Context()).ok
        return backup, len(loose)

    fresh, hashed = take()
    assert hashed
    assert kinds(fresh) == {"plain": "locked", "word": "locked"}
    for table in ("plain", "word"):
        age(mariadb, schema.schema, table, seconds=60)
    still, hashed = take()
    assert not hashed
    assert kinds(still) == {"plain": "locked", "word": "locked"}
    assert still.text_bytes == fresh.text_bytes
    # Not even without a lock does a write escape that looks the same from afar.
    moved, hashed = take(["UPDATE plain SET n=1 WHERE id=5"])
    assert hashed
    assert kinds(moved)["plain"] == "not_transactional"
    assert kinds(moved)["word"] == "unmoved"
    copy = f"{schema.schema}_copy"
    execute(mariadb, "", [f"CREATE DATABASE {copy} CHARACTER SET utf8mb4"])
    try:
        load_with_stock_client(mariadb, moved.path, copy)
        assert checksums(mariadb, copy) == checksums(mariadb, schema.schema)
    finally:
        execute(mariadb, "", [f"DROP DATABASE {copy}"])


def test_a_long_write_is_not_waited_for(
    backups: Backups, mariadb: MariaDB, schema: MysqlAddress, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A statement writes when the lock is wanted: it is not had, and readers do not queue."""
    execute(mariadb, schema.schema, LOOSE)
    execute(mariadb, schema.schema, ["CREATE TABLE slow (id int) ENGINE=MyISAM"])
    execute(mariadb, schema.schema, ["INSERT INTO slow VALUES (1)"])
    aside, reads = Crew.aside, list[bool]()
    with mariadb.connect(schema.schema) as other, mariadb.connect(schema.schema) as site:
        slow = "UPDATE slow, kept SET slow.id = SLEEP(4) WHERE kept.id = 1"
        thread = threading.Thread(target=lambda: other.cursor().execute(slow))

        def meanwhile(crew: Crew) -> MysqlConnection:
            thread.start()
            running = "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE STATE='User sleep'"
            while query(mariadb, "", running) == ((0,),):
                pass
            return aside(crew)

        monkeypatch.setattr(Crew, "aside", meanwhile)
        look = Crew.look

        def looked(crew: Crew, fence: snapshot.Fence | None = None) -> snapshot.Moment:
            assert site.cursor().execute("UPDATE plain SET n=n+1 WHERE id=3")
            reads.append(thread.is_alive())
            return look(crew, fence)

        monkeypatch.setattr(Crew, "look", looked)
        backup = backups.take(schema, Context())
        thread.join()
    assert backup.lock_seconds == 0
    assert reads[0], "the site's statements wait neither for us nor for the slow one"
    assert "Tables were not locked: that would have had to wait for others." in backup.verdict


def test_a_lock_that_would_last_too_long_is_not_tried(
    backups: Backups, mariadb: MariaDB, schema: MysqlAddress
) -> None:
    execute(mariadb, schema.schema, LOOSE)
    for limit, kind in ((0.0, "lock_off"), (0.000_001, "lock_too_long")):
        backup = backups.take(schema, Context(), plan=TransferPlan(lock_limit=limit))
        assert backup.consistency == "consistent"
        assert backup.lock_seconds == 0
        assert kind in kinds(backup).values()


def test_a_lock_never_outlasts_its_limit(
    backups: Backups, mariadb: MariaDB, schema: MysqlAddress, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The line gets slow under the lock: writers go on, and the verdict says so."""
    execute(mariadb, schema.schema, LOOSE)
    look = Crew.look
    written: list[float] = []

    def slow(crew: Crew, fence: snapshot.Fence | None = None) -> snapshot.Moment:
        found = look(crew, fence)
        begun = time.monotonic()
        with mariadb.connect(schema.schema) as site, site.cursor() as cursor:
            cursor.execute("UPDATE plain SET n=n+1 WHERE id=5")  # waits for the lock's end
        written.append(time.monotonic() - begun)
        return found

    monkeypatch.setattr(Crew, "look", slow)
    backup = backups.take(schema, Context(), plan=TransferPlan(lock_limit=1.5))
    assert written[0] < 20
    assert backup.lock_seconds <= 1.5
    assert kinds(backup)["plain"] == "not_transactional"
    assert kinds(backup)["aria"] == "unmoved"
    assert "The lock on tables was given up before they were all read." in backup.verdict


def test_sequences_are_never_behind_the_rows_that_they_numbered(
    backups: Backups, mariadb: MariaDB, schema: MysqlAddress, monkeypatch: pytest.MonkeyPatch
) -> None:
    execute(
        mariadb,
        schema.schema,
        [
            "CREATE SEQUENCE numbers NOCACHE",
            "CREATE TABLE t (id int PRIMARY KEY DEFAULT nextval(numbers))",
        ],
    )
    look = Crew.look

    def late(crew: Crew, fence: snapshot.Fence | None = None) -> snapshot.Moment:
        execute(mariadb, schema.schema, ["INSERT INTO t VALUES (), (), ()"])
        return look(crew, fence)

    monkeypatch.setattr(Crew, "look", late)
    backup = backups.take(schema, Context())
    assert backup.rows == 3
    with ArchiveReader(backup.path) as reader:
        (sequence,) = (o for o in reader.manifest.objects if o.kind == "sequence")
        assert b"SETVAL(`numbers`, 4, 0, 0)" in reader.frame(sequence.frame)


# ---------------------------------------------------------------- definitions that change

PAIR = [
    "CREATE TABLE one (id int PRIMARY KEY, x text)",
    "INSERT INTO one SELECT seq, REPEAT(MD5(seq), 30) FROM seq_1_to_20000",
    "CREATE TABLE two (id int PRIMARY KEY, x text)",
    "INSERT INTO two SELECT seq, REPEAT(MD5(seq), 30) FROM seq_1_to_3000",
    "CREATE VIEW shown AS SELECT id FROM two",
]


class Disturbed(Shouting):
    """Somebody runs a statement while rows are read, in each of the first few attempts."""

    def __init__(self, server: MariaDB, schema: str, statement: str, times: int = 1) -> None:
        super().__init__(self._seen)
        self._disturb = lambda: execute(server, schema, [statement.format(number=self._left)])
        self._left = times
        self._before = 101
        self._due = False

    def _seen(self, progress: Progress) -> None:
        percent = progress.percent or 0
        self._due |= percent < self._before  # a new attempt begins
        self._before = percent
        if percent > 5 and self._due and self._left:
            self._due = False
            self._left -= 1
            self._disturb()


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("ALTER TABLE two ADD COLUMN y int", "two"),
        ("ALTER TABLE two ENGINE=InnoDB, ROW_FORMAT=COMPRESSED", "two"),
        ("TRUNCATE TABLE two", "two"),
        ("DROP TABLE two", "two"),
        ("CREATE OR REPLACE VIEW shown AS SELECT id, x FROM two", "shown"),
        ("CREATE TRIGGER fresh BEFORE INSERT ON one FOR EACH ROW SET @x=1", "fresh"),
    ],
)
def test_a_changed_definition_is_named_and_the_backup_starts_once_more(
    backups: Backups, mariadb: MariaDB, schema: MysqlAddress, statement: str, named: str
) -> None:
    execute(mariadb, schema.schema, PAIR)
    context = Disturbed(mariadb, schema.schema, statement)
    backup = backups.take(schema, context)
    assert named in manifest_of(backup.path).snapshot.redefined
    assert f"Retried because the definition of {named}" in backup.verdict
    assert backups.verify(backup.path, Context()).ok
    rows = {table.name: table.rows for table in manifest_of(backup.path).tables}
    assert rows["one"] == 20000
    assert rows.get("two") == {"TRUNCATE TABLE two": 0, "DROP TABLE two": None}.get(statement, 3000)


def test_definitions_that_go_on_changing_end_the_backup(
    backups: Backups, mariadb: MariaDB, schema: MysqlAddress, archives: Path
) -> None:
    execute(mariadb, schema.schema, PAIR)
    context = Disturbed(mariadb, schema.schema, "ALTER TABLE two COMMENT='{number}'", times=9)
    with pytest.raises(OpsError, match="Definitions were changed during the backup: two") as told:
        backups.take(schema, context)
    assert "Start again when nobody changes definitions" in told.value.hint
    assert not list(archives.glob("*.zst"))


def test_an_alter_of_another_table_gets_through_while_rows_are_read(
    backups: Backups, mariadb: MariaDB, schema: MysqlAddress
) -> None:
    """Metadata locks last as long as one question: nobody's ALTER waits for the backup's end."""
    execute(mariadb, schema.schema, PAIR)
    took: list[float] = []

    def alter(progress: Progress) -> None:
        if (progress.percent or 0) > 60 and not took:  # the large table is read, the other was
            begun = time.monotonic()
            took.append(0)
            execute(
                mariadb,
                schema.schema,
                ["SET lock_wait_timeout=30", "ALTER TABLE one COMMENT='x'"],
            )
            took[0] = time.monotonic() - begun

    backup = backups.take(schema, Shouting(alter))
    assert took
    assert took[0] < 30
    assert manifest_of(backup.path).snapshot.redefined == ("one",)


# ---------------------------------------------------------------- the site comes first


def test_questions_are_held_back_while_the_server_is_busy(
    backups: Backups, mariadb: MariaDB, schema: MysqlAddress
) -> None:
    execute(mariadb, schema.schema, PAIR)
    notes: list[str] = []
    told: list[str] = []
    with ExitStack() as stack:
        site = [stack.enter_context(mariadb.connect()) for _ in range(courtesy.BUSY + 1)]
        threads = [
            threading.Thread(target=lambda c=each: c.cursor().execute("SELECT SLEEP(3)"))
            for each in site
        ]
        for thread in threads:
            thread.start()
        begun = time.monotonic()
        backup = backups.take(schema, Context(lambda p: told.append(p.text), notes.append))
        for thread in threads:
            thread.join()
    assert backup.seconds > 1.5
    assert time.monotonic() - begun < 60
    assert [note for note in notes if note.startswith("Held back for ")]
    assert "Waiting: the server is busy" in told


def test_a_server_that_is_always_busy_is_backed_up_all_the_same(
    backups: Backups, mariadb: MariaDB, schema: MysqlAddress, monkeypatch: pytest.MonkeyPatch
) -> None:
    execute(mariadb, schema.schema, PAIR[2:4])
    monkeypatch.setattr(courtesy, "BUSY", -100)
    monkeypatch.setattr(courtesy, "_LONGEST", 0.6)
    assert backups.take(schema, Context()).rows == 3000
