"""Drills on a clone, against the stand-in of Tencent Cloud that starts real servers for clones."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from cloned import on_clone
from databases import execute, opener, query
from db.engine import Database
from db.journal import Journal, utc_now
from every_step import Everything
from gmops_desktop.adapters import tencent, tencent_clones
from gmops_desktop.adapters.local_server import LocalServers
from gmops_desktop.adapters.tencent import CloudRefused, Tencent
from gmops_desktop.adapters.vault import Vault
from gmops_desktop.addresses import MysqlAddress, Resource
from gmops_desktop.archive.sealing import Seals
from gmops_desktop.context import Context, Progress
from gmops_desktop.errors import Cancelled, OpsError
from gmops_desktop.reports.archival import attached
from gmops_desktop.reports.facts import MonthFacts
from gmops_desktop.services.backups import Backups
from gmops_desktop.services.contracts import Contracts
from gmops_desktop.services.drills import CloneRehearsal, CloneStays, Drills, clones
from gmops_desktop.services.reports import Reports
from gmops_desktop.services.tickets import Tickets
from gmops_desktop.services.troubles import Troubles
from memory_keyring import MemoryKeyring
from sandbox.mariadb import MariaDB
from sandbox.sshd import Sshd
from sandbox.tencent import Tencent as StandIn

pytestmark = pytest.mark.servers

SITE = [
    "CREATE TABLE members (id int PRIMARY KEY, name varchar(40)) DEFAULT CHARSET=utf8mb4",
    "INSERT INTO members VALUES (1,'会员一'),(2,' DEFINER=`a`@`b` '),(3,NULL)",
    "CREATE DEFINER='nobody'@'%' VIEW named AS SELECT name FROM members",
    "CREATE TRIGGER keep BEFORE DELETE ON members FOR EACH ROW SIGNAL SQLSTATE '45000'",
    # It would empty the table at once, on a server whose scheduler runs.
    "CREATE EVENT tidy ON SCHEDULE EVERY 1 SECOND DO UPDATE members SET name='x'",
]
DRILLED = "Proving the copy"
MADE = "Tencent Cloud makes the clone"


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory, mariadb: MariaDB) -> Iterator[StandIn]:
    server = StandIn(tmp_path_factory.mktemp("tencent"))
    server.stand_for(mariadb)
    with server:
        yield server


@pytest.fixture
def stand_in(process: StandIn, monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    """The stand-in as it behaves at first, and nobody waits for long.  A test that leaves a clone
    in its account fails."""
    process.behave(clone_seconds=0.3)
    (process.folder / "faults.json").unlink(missing_ok=True)
    monkeypatch.setattr(tencent, "_PAUSES", (0.0, 0.0, 0.0))
    monkeypatch.setattr(clones, "_PAUSES", (0.05,))
    monkeypatch.setattr(clones, "_LOOKS", 8)
    yield process
    (process.folder / "faults.json").unlink(missing_ok=True)
    assert there(process) == [], "a clone was left behind"


@pytest.fixture
def site(
    mariadb: MariaDB, schema: MysqlAddress, stand_in: StandIn, contracts: Contracts,
    database: Database, memory_keyring: MemoryKeyring, tmp_path: Path,
) -> Iterator[Resource]:  # fmt: skip
    """A database of the contract that is a TencentDB instance, backed up."""
    cloud = stand_in.database
    memory_keyring.set_password("gmops-desktop", cloud.secret_name, stand_in.secret_key)
    execute(mariadb, "", ["SET GLOBAL event_scheduler=OFF"])  # the original itself stands still
    execute(mariadb, schema.schema, SITE)
    site = contracts.save_resource("mysql", "官网数据库", replace(schema, cloud=cloud))
    (tmp_path / "archives").mkdir()
    backups = Backups(database, opener(mariadb), lambda: tmp_path / "archives")
    backups.take(schema, Context(), resource_id=site.id)
    yield site
    execute(mariadb, "", ["SET GLOBAL event_scheduler=ON"])


@pytest.fixture
def contracts(database: Database) -> Contracts:
    return Contracts(database, Journal(database, actor=lambda: "工程师"))


@pytest.fixture
def reports(database: Database, tmp_path: Path) -> Reports:
    def no_month(start: date, end: date) -> MonthFacts:
        raise AssertionError("no monthly report is made here")

    journal = Journal(database, actor=lambda: "工程师")
    return Reports(database, journal, lambda: tmp_path / "reports", no_month)


@pytest.fixture
def build(
    database: Database, contracts: Contracts, reports: Reports, tmp_path: Path
) -> Callable[[CloneRehearsal], Drills]:
    """Build the drills of a machine on which no database server is installed."""
    journal = Journal(database, actor=lambda: "工程师")

    def made(rehearsal: CloneRehearsal) -> Drills:
        return Drills(
            database, journal, LocalServers(tmp_path / "local"), Seals().opened,
            file=reports.keep, contract=contracts.of_resource,
            troubles=Troubles(database, journal, Tickets(database, journal)),
            resources=contracts.resources, secrets=Vault(), locks=tmp_path / "locks",
            on_clone=rehearsal, find=lambda: (),
        )  # fmt: skip

    return made


@pytest.fixture
def drills(build: Callable[[CloneRehearsal], Drills], tmp_path: Path) -> Drills:
    return build(on_clone(tmp_path))


def api(stand_in: StandIn) -> Tencent:
    cloud = stand_in.database
    return Tencent(
        cloud.secret_id, stand_in.secret_key, region=cloud.region, endpoint=cloud.endpoint
    )


def there(stand_in: StandIn) -> list[str]:
    """The clones that the account holds, whatever their state."""
    fields = {"Status": [0, 1, 4, 5], "Limit": 100}
    said = api(stand_in).call("cdb", "2017-03-20", "DescribeDBInstances", fields, Context())
    return [one["InstanceId"] for one in said["Items"] if one["InstanceId"] != "cdb-sandbox1"]


def ordered(stand_in: StandIn) -> int:
    """How many clones were ever ordered."""
    return len(tencent_clones.tasks(api(stand_in), "cdb-sandbox1", Context()))


def servers_of(stand_in: StandIn) -> list[MariaDB]:
    folder = stand_in.folder / "clones"
    return [MariaDB(one) for one in folder.iterdir() if one.is_dir()]


def when(text: str, act: Callable[[], object]) -> Context:
    """A context in which something happens as soon as a step begins, once."""
    done: list[str] = []

    def report(progress: Progress) -> None:
        if progress.text.startswith(text) and not done:
            done.append(text)
            act()

    return Everything(report)


# ---------------------------------------------------------------- the price comes first


def test_the_price_is_told_and_nothing_is_ordered(
    drills: Drills, site: Resource, stand_in: StandIn
) -> None:
    before = ordered(stand_in)
    quote = drills.quote(site, Context())
    assert str(quote.price) == "¥0.52"
    assert quote.name.startswith("gmops-drill-")
    assert quote.backup.kind == "physical"
    assert (ordered(stand_in), there(stand_in), drills.clones_left()) == (before, [], ())


def test_a_missing_right_names_the_action_and_all_that_a_drill_needs(
    drills: Drills, site: Resource, stand_in: StandIn
) -> None:
    stand_in.fail_next("CreateCloneInstance", "UnauthorizedOperation.CamNoAuth", "no")
    with pytest.raises(CloudRefused) as refused:
        drills.quote(site, Context())
    assert '"action": ["cdb:CreateCloneInstance"]' in refused.value.policy
    for action in tencent_clones.ACTIONS:
        assert f"cdb:{action}" in refused.value.hint
    assert refused.value.unharmed == "No clone was ordered."


def test_what_is_no_cloud_instance_or_out_of_reach_is_refused_before_anything(
    drills: Drills, site: Resource, contracts: Contracts, database: Database
) -> None:
    address = site.address
    assert isinstance(address, MysqlAddress)
    bare = replace(site, address=replace(address, cloud=None))
    assert not drills.clonable(bare)
    with pytest.raises(OpsError, match="No TencentDB instance"):
        drills.quote(bare, Context())
    outside = replace(site, address=replace(address, host="db.example"))
    with pytest.raises(OpsError, match="could not be reached from here") as refused:
        drills.quote(outside, Context())
    assert "SSH server" in refused.value.hint


def test_the_way_to_the_clone_is_tried_before_anything_is_ordered(
    build: Callable[[CloneRehearsal], Drills], site: Resource, stand_in: StandIn, tmp_path: Path
) -> None:
    def secret(name: str) -> str:
        return "wrong" if name.startswith("mysql:") else Vault().get(name)

    before = ordered(stand_in)
    with pytest.raises(OpsError, match="refuses the user name or password"):
        build(on_clone(tmp_path, secret=secret)).quote(site, Context())
    assert ordered(stand_in) == before


def test_an_account_that_may_not_make_a_schema_is_refused_before_anything_is_ordered(
    build: Callable[[CloneRehearsal], Drills], site: Resource, mariadb: MariaDB, tmp_path: Path
) -> None:
    def secret(name: str) -> str:
        return mariadb.password("site") if name.startswith("mysql:") else Vault().get(name)

    assert isinstance(site.address, MysqlAddress)
    humble = replace(site, address=replace(site.address, user="site"))
    drills = build(on_clone(tmp_path, secret=secret))
    with pytest.raises(OpsError, match="it lacks SELECT, INSERT, CREATE, DROP") as refused:
        drills.quote(humble, Context())
    assert r"`gmops\_drill\_%`" in refused.value.hint
    grant = r"GRANT ALL ON `gmops\_drill\_%`.* TO site@'%'"
    execute(mariadb, "", [grant])
    try:
        assert drills.quote(humble, Context()).name.startswith("gmops-drill-")
    finally:
        execute(mariadb, "", [grant.replace("GRANT", "REVOKE").replace(" TO ", " FROM ")])


def test_without_a_local_server_the_way_out_names_the_clone(drills: Drills, site: Resource) -> None:
    with pytest.raises(OpsError, match="No MariaDB or MySQL server") as refused:
        drills.run(site, Context())
    assert "gmops drill run --clone" in refused.value.hint


# ---------------------------------------------------------------- the drill itself


def test_an_archive_is_proved_on_a_clone_through_ssh_and_nothing_stays(
    drills: Drills, site: Resource, stand_in: StandIn, mariadb: MariaDB, sshd: Sshd,
    contracts: Contracts, reports: Reports, tmp_path: Path,
) -> None:  # fmt: skip
    (tmp_path / "known_hosts").write_text(sshd.known_hosts_line(), "utf-8")
    address = site.address
    assert isinstance(address, MysqlAddress)
    contracts.save_resource("mysql", site.name, replace(address, ssh=sshd.address), site.id)
    (site,) = contracts.resources()
    schemas = query(mariadb, "", "SHOW DATABASES")
    drills.save_checks(site, ("SELECT * FROM named",))

    told: list[Progress] = []
    drill = drills.run(site, Everything(told.append), quote=drills.quote(site, Context()))

    assert (drill.outcome, drill.faults) == ("proved", ())
    assert (drill.tables, drill.rows, drill.definitions) == (1, 3, 4)
    assert [(one.rows, one.fault) for one in drill.checks] == [(3, "")]
    assert f"(clone {drill.clone} in Tencent Cloud)" in drill.server
    assert [one.name for one in drill.phases if one.counts] == [
        "Verifying the file", "Making the clone", "Restoring with stock tools", "Proof by digests",
    ]  # fmt: skip
    assert any(progress.text.startswith(MADE) for progress in told)
    assert any("at ¥0.52 an hour, and is removed" in note for note in drill.notes)
    assert any(note.startswith("The cloud's own backup of ") for note in drill.notes)
    assert there(stand_in) == []
    assert servers_of(stand_in) == []
    assert query(mariadb, "", "SHOW DATABASES") == schemas
    assert drills.clones_left() == ()
    (certificate,) = reports.all()
    said, _ = attached(certificate.path)
    assert (said["facts"]["clone"], said["facts"]["server"]) == (True, drill.server)


def test_a_fault_on_the_clone_turns_the_drill_red_without_a_stock_client(
    build: Callable[[CloneRehearsal], Drills], site: Resource, stand_in: StandIn, tmp_path: Path
) -> None:
    drills = build(on_clone(tmp_path, find_client=lambda kind: None))
    quote = drills.quote(site, Context())

    def meddle() -> None:
        (server,) = servers_of(stand_in)
        found = query(server, "", "SHOW DATABASES LIKE 'gmops_drill_%'")
        execute(server, found[0][0], ["UPDATE members SET name='y' WHERE id=1"])

    drill = drills.run(site, when(DRILLED, meddle), quote=quote)
    assert drill.outcome == "disproved"
    assert "The rows of members are not the archive's" in drill.faults[0]
    assert any("this program sent the archive's statements" in note for note in drill.notes)
    assert there(stand_in) == []


def test_another_password_on_the_clone_is_said_and_the_clone_removed(
    build: Callable[[CloneRehearsal], Drills], site: Resource, stand_in: StandIn, tmp_path: Path
) -> None:
    changed: list[bool] = []

    def secret(name: str) -> str:
        return "another" if changed and name.startswith("mysql:") else Vault().get(name)

    drills = build(on_clone(tmp_path, secret=secret))
    quote = drills.quote(site, Context())
    changed.append(True)
    with pytest.raises(OpsError, match="does not take the password of ops_backup") as refused:
        drills.run(site, Context(), quote=quote)
    assert "gmops backup cloud create --kind physical" in refused.value.hint
    assert (there(stand_in), drills.clones_left()) == ([], ())
    assert [one.outcome for one in drills.all(site.id)] == ["failed"]


# ---------------------------------------------------------------- the cloud's bad days


def test_too_little_money_orders_nothing(drills: Drills, site: Resource, stand_in: StandIn) -> None:
    quote, before = drills.quote(site, Context()), ordered(stand_in)
    stand_in.behave(balance=51)
    with pytest.raises(CloudRefused, match="not sufficient") as refused:
        drills.run(site, Context(), quote=quote)
    assert "too little money" in refused.value.hint
    assert (ordered(stand_in), drills.clones_left()) == (before, ())


def test_a_clone_that_fails_is_said_and_removed(
    drills: Drills, site: Resource, stand_in: StandIn
) -> None:
    stand_in.behave(clone_seconds=0.2, clone_fails=True)
    with pytest.raises(OpsError, match="could not make the clone"):
        drills.run(site, Context(), quote=drills.quote(site, Context()))
    assert (there(stand_in), drills.clones_left()) == ([], ())


@pytest.mark.parametrize("text", ["Ordering the clone", MADE])
def test_a_cancelled_drill_leaves_no_clone(
    drills: Drills, site: Resource, stand_in: StandIn, text: str
) -> None:
    quote, before = drills.quote(site, Context()), ordered(stand_in)
    stand_in.behave(clone_seconds=600)

    def cancel() -> None:
        stand_in.behave(clone_seconds=0.1, clone_fails=True)  # or it could not be removed for long
        context.cancel()

    context = when(text, cancel)
    with pytest.raises(Cancelled):
        drills.run(site, context, quote=quote)
    assert ordered(stand_in) - before == (text == MADE)
    assert (there(stand_in), drills.clones_left()) == ([], ())


def test_an_order_whose_answer_was_lost_is_found_and_not_placed_again(
    drills: Drills, site: Resource, stand_in: StandIn
) -> None:
    quote, before = drills.quote(site, Context()), ordered(stand_in)
    stand_in.behave(clone_seconds=0.4, clone_fails=True)
    stand_in.fail_next("CreateCloneInstance", "InternalError", "lost", after=True)
    notes: list[str] = []
    with pytest.raises(OpsError, match="could not make the clone"):  # so it was followed
        drills.run(site, Context(note=notes.append), quote=quote)
    assert notes == ["The answer was lost, but the clone is being made."]
    assert ordered(stand_in) == before + 1
    assert (there(stand_in), drills.clones_left()) == ([], ())


def test_an_order_of_which_nobody_knows_stays_in_mind_for_a_day(
    build: Callable[[CloneRehearsal], Drills], site: Resource, stand_in: StandIn, tmp_path: Path
) -> None:
    later = [timedelta()]
    drills = build(on_clone(tmp_path, now=lambda: utc_now() + later[0]))
    quote, before = drills.quote(site, Context()), ordered(stand_in)
    stand_in.fail_next("CreateCloneInstance", "InternalError", "lost")
    with pytest.raises(CloneStays, match="not known whether the clone") as stays:
        drills.run(site, Context(), quote=quote)
    assert "gmops drill clones --remove" in stays.value.hint
    assert [one.name for one in drills.clones_left()] == [quote.name]
    assert len(drills.clear_clones(Context()).stay) == 1
    later[0] = timedelta(days=2)
    assert drills.clear_clones(Context()).gone == (quote.name,)
    assert (ordered(stand_in), drills.clones_left()) == (before, ())


def test_a_line_that_breaks_for_a_while_ends_nothing(
    drills: Drills, site: Resource, stand_in: StandIn
) -> None:
    stand_in.behave(clone_seconds=600)
    quote = drills.quote(site, Context())

    def cut() -> None:
        stand_in.behave(clone_seconds=0.1, clone_fails=True)
        for _ in range(9):  # more often than one call tries
            stand_in.fail_next("*", "ClientNetworkError", "gone")

    with pytest.raises(OpsError, match="could not make the clone"):
        drills.run(site, when(MADE, cut), quote=quote)
    assert json.loads((stand_in.folder / "faults.json").read_text("utf-8")) == []
    assert there(stand_in) == []


def test_a_line_that_stays_broken_leaves_a_clone_that_is_named(
    drills: Drills, site: Resource, mariadb: MariaDB, contracts: Contracts,
    memory_keyring: MemoryKeyring, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(clones, "_SILENCE", 0.2)
    monkeypatch.setattr(clones, "_HURRY", 0.2)
    server = StandIn(tmp_path / "tencent")
    server.stand_for(mariadb)
    with server:
        server.behave(clone_seconds=600)
        cloud = server.database
        memory_keyring.set_password("gmops-desktop", cloud.secret_name, server.secret_key)
        assert isinstance(site.address, MysqlAddress)
        address = replace(site.address, cloud=cloud)
        site = contracts.save_resource("mysql", site.name, address, site.id)
        with pytest.raises(CloneStays, match="not known whether the clone") as stays:
            drills.run(site, when(MADE, server.kill), quote=drills.quote(site, Context()))
    assert isinstance(stays.value.ended_by, CloudRefused)
    assert stays.value.ended_by.code == "ClientNetworkError"
    assert [one.name for one in drills.clones_left()] == [stays.value.left.name]


def test_a_clone_that_takes_too_long_is_named_until_it_can_be_removed(
    drills: Drills, site: Resource, stand_in: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in.behave(clone_seconds=12)  # of which it is not listed for the first 1.2
    monkeypatch.setattr(clones, "_MAKING", 1.5)
    monkeypatch.setattr(clones, "_REMOVING", 0.2)
    quote = drills.quote(site, Context())
    with pytest.raises(CloneStays, match=r"may still cost ¥0\.52 an hour") as stays:
        drills.run(site, Context(), quote=quote)
    assert "is not ready after" in str(stays.value.ended_by)
    assert "region ap-guangzhou" in stays.value.hint
    (left,) = drills.clones_left()
    assert (left.name, [left.instance]) == (quote.name, there(stand_in))
    (drill,) = drills.all(site.id)
    assert drill.outcome == "failed"
    assert len(drill.faults) == 2  # what ended it, and what stays

    stand_in.behave(clone_seconds=0.1, clone_fails=True)  # now it can be isolated
    monkeypatch.setattr(clones, "_REMOVING", 60.0)
    stand_in.fail_next("OfflineIsolatedInstances", "UnauthorizedOperation", "no")
    (stays_isolated,) = drills.clear_clones(Context()).stay
    assert "is isolated and costs nothing any more" in stays_isolated.message
    assert "cdb:OfflineIsolatedInstances" in stays_isolated.hint
    assert drills.clear_clones(Context()).gone == (quote.name,)
    assert drills.clones_left() == ()


def test_nothing_that_is_no_clone_of_ours_is_ever_removed(
    site: Resource, stand_in: StandIn
) -> None:
    original = tencent_clones.instance(api(stand_in), "cdb-sandbox1", Context())
    assert original is not None
    with pytest.raises(OpsError, match="is no clone of a drill"):
        tencent_clones.isolate(api(stand_in), original, Context())
