"""A desk at which changes go their way: a contract, its people and things, and a server that writes
down what it was told.

The server stands for one at the other end of SSH: it plays, prepares and runs what the flow asks of
it (the edge that the adapters' own tests reach for real).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from db import looks
from db.engine import Database
from db.ids import uuid7
from db.journal import Journal
from db.models import ArchiveRow
from gmops_desktop.addresses import (
    CloudAddress,
    MysqlAddress,
    ProgramFiles,
    Resource,
    SshAddress,
    WebAddress,
)
from gmops_desktop.context import Context
from gmops_desktop.contract.change_checks import Checked, Checks
from gmops_desktop.contract.changes import AUDIENCES, ChangeKind
from gmops_desktop.contract.looks import CloudDetails, Look
from gmops_desktop.contract.looks.clouds import CloudDisk, CloudLink, CloudServer, CloudSnapshot
from gmops_desktop.contract.rollbacks import RollbackPlan, RollbackStep
from gmops_desktop.contract.runs import RunLook, RunPurpose, RunState, RunStep
from gmops_desktop.contract.terms import day_of
from gmops_desktop.contract.updates import Inventory, Plan
from gmops_desktop.errors import OpsError
from gmops_desktop.services.contracts import Contracts
from gmops_desktop.services.ledgers import Ledgers
from gmops_desktop.services.patches import Change, Changed, Hands, Patches, Played
from gmops_desktop.services.tickets import Tickets
from gmops_desktop.services.troubles import Troubles

GB = 1024**3
NOW = datetime(2018, 4, 20, 6, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
SSH = SshAddress("10.0.0.4")
PLAN = {"source": "v2.3.0.zip", "changes": [{"path": "a.php", "before": "1", "after": "2"}]}


class Server:
    """The server of the changes; `asked` is everything it was told, in order."""

    def __init__(self) -> None:
        self.now = NOW
        self.asked: list[tuple[str, ...]] = []
        self.differs: tuple[str, ...] = ()
        self.health = ""
        self.disk_free = 50 * GB
        self.why_not = ""
        self.refuses_start: OpsError | None = None
        self.silent = 0  # how many looks are not answered
        self.state: RunState = "done"  # how runs end
        self.going = 0  # for how many looks they still go on
        self.never: set[str] = set()  # runs whose start did not arrive
        self.log = "Setting up nginx ...\n"
        self.checked: dict[str, Checked] = {
            key: Checked(key, key, "ok", "fine") for key in ("page:/", "unit:nginx.service")
        }
        self.on_start: Any = None

    def runs(self) -> list[tuple[str, ...]]:
        """Return what was started: purpose and id of each run."""
        return [one[1:] for one in self.asked if one[0] == "start"]

    # the work of a change

    def play(self, host: Resource, plan: Mapping[str, Any], context: Context) -> Played:
        self.asked.append(("play", host.id))
        after = {**plan, "played": True} if self.differs else plan
        return Played(after, self.differs, self.health, self.disk_free, GB, self.now)

    def prepare(
        self, host: Resource, plan: Mapping[str, Any], change_id: str, context: Context
    ) -> RollbackPlan:
        self.asked.append(("prepare", change_id))
        return RollbackPlan(self.now, (RollbackStep("switch", "Back.", why_not=self.why_not),))

    def start(
        self,
        host: Resource,
        plan: Mapping[str, Any],
        change_id: str,
        run_id: str,
        purpose: RunPurpose,
        context: Context,
    ) -> None:
        if self.on_start:
            self.on_start(purpose)
        if self.refuses_start:
            self.never.add(run_id)
            raise self.refuses_start
        self.never.discard(run_id)
        if (purpose, run_id) not in self.runs():  # begun once under one id
            self.asked.append(("start", purpose, run_id))

    def changed(
        self, host: Resource, plan: Mapping[str, Any], change_id: str, context: Context
    ) -> tuple[Changed, ...]:
        self.asked.append(("changed", change_id))
        return (Changed("a.php", "file", "1", "2", "ab" * 32),)

    # what the flow is handed in besides

    def look(self, host: Resource, run_id: str, offset: int, context: Context) -> RunLook:
        if self.silent:
            self.silent -= 1
            raise OpsError(f"{host.name} does not answer.")
        if run_id in self.never or run_id not in [one[1] for one in self.runs()]:
            return RunLook(run_id, "absent", "No such run.")
        began = datetime(2001, 1, 1, tzinfo=UTC)  # the server's clock is wrong
        text = self.log[offset:]
        if self.going:
            self.going -= 1
            return RunLook(run_id, "running", log=text, offset=len(self.log), began_at=began)
        failed = self.state != "done"
        return RunLook(
            run_id, self.state, "Unpacking failed." if failed else "", int(failed),
            (RunStep("unpack", began, began + MINUTE, int(failed)),), text, len(self.log),
            began, began + 3 * MINUTE, "b2", "b1", {"beside": "/etc/nginx/nginx.conf.dpkg-dist\n"},
        )  # fmt: skip

    def check(
        self,
        host: Resource,
        plan: Mapping[str, Any],
        context: Context,
        *,
        patient: float = 0.0,
        before: Checks | None = None,
    ) -> Checks:
        return Checks(self.now, tuple(self.checked.values()))

    def scan(self, address: SshAddress, context: Context) -> Inventory:
        raise AssertionError("a release asks for no updates")

    def simulate(self, address: SshAddress, wanted: Any, context: Context) -> Plan:
        raise AssertionError("a release asks for no updates")


class Desk:
    """One machine with its store; `server` is what stands at the other end."""

    def __init__(self, database: Database, server: Server | None = None, name: str = "") -> None:
        self.database = database
        self.actor = "张伟"
        self.server = server or Server()
        now = lambda: self.server.now  # noqa: E731
        self.journal = Journal(database, actor=lambda: self.actor, device_name=name, now=now)
        self.contracts = Contracts(database, self.journal, now=now)
        self.tickets = Tickets(database, self.journal, now=now)
        self.ledgers = Ledgers(database, self.journal, self.tickets, now=now)
        self.logs: dict[str, bytes] = {}
        there = self.server
        hands = Hands(
            scan_host=there.scan,
            simulate_host=there.simulate,
            works={"release": there, "configuration": there, "patch": there},
            take_checks=there.check,
            look_run=there.look,
            troubles=Troubles(database, self.journal, self.tickets, now=now),
            days=self.ledgers,
            tickets=self.tickets,
            keep_log=lambda change, name, log, context: self.logs.update({name: log}),
            pauses=(0.0, 0.0),
            every=0.0,
        )
        self.hands = hands
        self.patches = Patches(database, self.journal, hands, now=now)

    @property
    def now(self) -> datetime:
        return self.server.now

    @now.setter
    def now(self, now: datetime) -> None:
        self.server.now = now

    def furnish(self, *, two_person: bool = True) -> None:
        """Enter the contract, its people, and the things that hang together."""
        contract = replace(Contracts.example(), two_person=two_person)
        self.contracts.save_contract(contract)
        people = (("李慧敏", "A", "designated"), ("陈志远", "B", "project_manager"))
        for person, party, post in people:
            self.contracts.add_contact(person, party, valid_from=date(2018, 3, 6), post=post)  # type: ignore[arg-type]
        save = self.contracts.save_resource
        self.host = save("host", "web1", SSH)
        self.site_db = save("mysql", "chamber", MysqlAddress("10.0.0.9", 3306, "ops", "chamber"))
        program = ProgramFiles(SSH, ("/srv/www",))
        self.site = save("website", "官网", WebAddress("https://x.example", program=program))
        self.cloud = save("cloud", "腾讯云", CloudAddress("AKID"))

    def back_up(self, resource: Resource, purpose: str, verified: bool | None = True) -> None:
        """Enter an archive of a thing, taken now."""
        with self.database.session() as session, session.begin():
            session.add(
                ArchiveRow(
                    id=uuid7(), at=self.now, seconds=1.0, source="", schema=resource.name,
                    resource_id=resource.id, purpose=purpose, path="/x", file_bytes=1,
                    text_bytes=1, travelled=1, rows=1, tables=1, consistency="consistent",
                    verified=verified, verified_at=self.now,
                )
            )  # fmt: skip

    def look_at_cloud(self, newest: datetime | None = None, *, disks: int = 1) -> None:
        """Enter a look at the cloud account, whose server is ours: each of its disks has a finished
        snapshot of `newest`, which is now where nothing else is said."""
        at = newest or self.now
        server = CloudServer("ins-1", "web1", "ap", "RUNNING", "", False, "", False, 8, 8, 5)
        names = [f"disk-{number}" for number in range(1, disks + 1)]
        found = tuple(
            CloudDisk(name, "系统盘", "ap", "SYSTEM_DISK", "ATTACHED", 100, "ins-1", False,
                      "", False, True, 1, str(day_of(at)))
            for name in names
        )  # fmt: skip
        snaps = tuple(
            CloudSnapshot(name.replace("disk", "snap"), name, "", at.isoformat(timespec="seconds"),
                          "NORMAL", 100, 100)
            for name in names
        )  # fmt: skip
        self.keep_cloud(
            CloudDetails(
                str(day_of(self.now)), (server,), (), found, len(snaps), (), (), 0, 0, (),
                links=(CloudLink("cvm", "ins-1", self.host.id, "web1", "id"),), snaps=snaps,
            )
        )  # fmt: skip

    def keep_cloud(self, details: CloudDetails) -> None:
        """Enter what a look at the cloud account found."""
        with self.database.session() as session, session.begin():
            looks.keep(
                session,
                Look(self.cloud.id, "cloud", "腾讯云", "ok", "", self.now, 1.0, (), details),
            )

    def queued(self, kind: ChangeKind = "release", title: str = "v2.3.0") -> Change:
        """Queue a change and have it evaluated and played through."""
        change = self.patches.add(kind, title, self.host, PLAN)
        change = self.patches.assess(
            change.id, text="筛选", risk="低", downtime_minutes=10, by="陈志远",
            person_days=Decimal("0.5"),
        )  # fmt: skip
        return self.patches.simulate(self.host, change.id, Context())

    def announced(self, change: Change, length: int = 120) -> Change:
        """Set a window that has begun, and have everybody told of it."""
        begin = self.now - 2 * MINUTE
        change = self.patches.set_window(change.id, begin, begin + length * MINUTE)
        for audience in AUDIENCES:
            change = self.patches.announce(change.id, audience, f"公告 {audience}")
        return change

    def released(self, change: Change) -> Change:
        """Let a second person release the plan."""
        self.actor, before = "刘洋", self.actor
        change = self.patches.approve(change.id)
        self.actor = before
        return change

    def copied(self) -> None:
        """Have fresh copies of everything that the change could harm."""
        self.back_up(self.site_db, "backup")
        self.back_up(self.site, "files")
        self.look_at_cloud()

    def ready(self, kind: ChangeKind = "release") -> Change:
        """Return a change with every gate open."""
        change = self.released(self.announced(self.queued(kind)))
        self.copied()
        change = self.patches.prepare(self.host, change.id, Context())
        return self.patches.check_before(self.host, change.id, Context())

    def apply(self, change: Change, **options: Any) -> Change:
        return self.patches.apply(self.host, change.id, Context(), confirm=change.number, **options)

    def write(self, change_id: str, **fields: Any) -> None:
        """Write fields past every rule, as a faulty program or another hand would."""
        with self.database.session() as session, session.begin():
            self.journal.record(session, "change", change_id, "change.revised", fields)
