"""Whoever lives the year: services, servers, the clock, and what is done again and again."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from gmops_desktop.adapters.host_checks import Wanted
from gmops_desktop.adapters.local_programs import NoLocalServer
from gmops_desktop.adapters.ssh import ConnectionLost
from gmops_desktop.addresses import AccountAddress, HostAddress, Kind, MysqlAddress, Resource
from gmops_desktop.context import Context
from gmops_desktop.contract.change_checks import Checked
from gmops_desktop.contract.changes import AUDIENCES, Audience
from gmops_desktop.contract.gates import notice_gate
from gmops_desktop.contract.terms import ZONE, Contract
from gmops_desktop.contract.tickets import Priority, Ticket, TicketKind, TicketState
from gmops_desktop.errors import OpsError
from gmops_desktop.language import speaking, tr, tr_n
from gmops_desktop.paths import Home
from sandbox import signing_keys, stock
from sandbox.box import Sandbox
from sandbox.database import SITE_SCHEMA
from sandbox.year.clock import Clock
from sandbox.year.papers import Papers
from sandbox.year.past import KERNEL, Past
from sandbox.year.watching import HOUR, Watching

if TYPE_CHECKING:
    from gmops_desktop.assembly import Services
    from gmops_desktop.services.attachments import Content
    from gmops_desktop.services.patches import Change

START: Final = date(2025, 3, 6)
END: Final = date(2026, 3, 6)
NUMBER: Final = "SAMPLE-YW-2025-01"  # and so it stands in every document's number

LEADER, PLANNER, HAND, MATE = "陈志远", "张伟", "刘洋", "周敏"  # Party B
CONTACT, SECOND, THIRD = "李慧敏", "王立新", "赵敏"  # Party A
TOLD: Final[dict[Audience, str]] = {
    "users": "公众号推文与官网公告（截图存档）",
    "leaders": "电话告知秘书处与会领导，有通话记录",
    "responsible": "微信工作群通知，已全部回复",
}


def at(day: date, hour: str = "09:00") -> datetime:
    """Return a moment of Beijing time."""
    return datetime.combine(day, time.fromisoformat(hour), ZONE).astimezone(UTC)


class Life:
    """The year as one team lives it."""

    def __init__(self, services: Services, box: Sandbox, clock: Clock) -> None:
        self.services, self.box, self.clock = services, box, clock
        self.past = Past(clock.now, lambda: clock.now)
        self.noted: dict[str, str] = {}  # what the papers are about, by a name: ids, numbers
        self.papers = Papers(self)
        self.watching = Watching(services, self.past, clock)
        self._leave_this_machine_out()

    def _leave_this_machine_out(self) -> None:
        """Let the checks around a change not say on which machine the year is lived: its kernel,
        and what listens there besides the sandbox."""
        checking, website = self.services.checking, self.box.website
        look = checking._look_host
        status = self.box.status().servers
        ours = {f"port:tcp/{one}" for one in (website.tls_port, *(one.port for one in status))}

        def looked(address: HostAddress, wanted: Wanted, context: Context) -> tuple[Checked, ...]:
            found = look(address, wanted, context)
            strange = {one.key for one in found if one.key.startswith("port:")} - ours
            listen = sum(one.key in ours for one in found)
            ports = tr_n("something listens on {count} port", "something listens on {count} ports",
                         listen)  # fmt: skip
            texts = {"kernel": KERNEL, "ports": ports}
            values = {"kernel": KERNEL}
            return tuple(
                replace(
                    one,
                    text=texts.get(one.key, one.text),
                    value=values.get(one.key, one.value),
                )
                for one in found
                if one.key not in strange
            )

        checking._look_host = looked

    # ------------------------------------------------------------ time

    @property
    def now(self) -> datetime:
        return self.clock.now

    @property
    def today(self) -> date:
        return self.now.astimezone(ZONE).date()

    def until(self, day: date, hour: str = "09:00") -> None:
        """Let time pass up to a moment."""
        self.watching.until(at(day, hour))

    def wait(self, **span: float) -> None:
        """Let some hours or minutes pass."""
        self.watching.until(self.now + timedelta(**span))

    # ------------------------------------------------------------ people and things

    def the(self, kind: Kind) -> Resource:
        """Return the one resource of a kind."""
        return next(one for one in self.services.contracts.resources() if one.kind == kind)

    @property
    def contact(self) -> str:
        """Who asks for most of it, and receives the papers."""
        return CONTACT

    @property
    def contract(self) -> Contract:
        return self.services.contracts.get(NUMBER)

    @contextmanager
    def as_(self, name: str) -> Iterator[None]:
        """Let somebody else of Party B sit at the machine."""
        before = self.services.settings.current.actor
        self.services.settings.change(actor=name)
        yield
        self.services.settings.change(actor=before)

    def attach(self, kind: str, subject: str, name: str, text: str = "") -> Content:
        """Attach a file, which says its own name where no text is given."""
        attachments = self.services.attachments
        content = attachments.keep_bytes((text or name).encode(), name, Context())
        attachments.attach(kind, subject, [content])
        return content

    def take_keys(self) -> None:
        """Take up a key to sign with and a picture of a seal, both nobody's."""
        signing, folder = self.services.signing, self.box.folder / "keys"
        folder.mkdir(mode=0o700)
        key, seal = folder / "示例签名证书.p12", folder / "示例印章.png"
        key.write_bytes(signing_keys.key_file(PLANNER, self.contract.party_b))
        seal.write_bytes(signing_keys.seal_picture())
        signing.use_key(key, signing_keys.PASSWORD)
        signing.use_seal(seal)

    # ------------------------------------------------------------ tickets

    def ticket(
        self, kind: TicketKind, title: str, by: str, priority: Priority = 3, **more: Any
    ) -> Ticket:
        more.setdefault("channel", "微信")
        return self.services.tickets.open(kind, title, requester=by, priority=priority, **more)

    def answer(self, ticket: Ticket, minutes: float = 10, text: str = "") -> None:
        """Take a ticket up so many minutes after it was raised."""
        self.wait(minutes=minutes)
        state: TicketState = "assessing" if ticket.kind == "requirement" else "working"
        self.services.tickets.move(ticket.id, state, text)

    def finish(
        self, ticket: Ticket, *, by: str = CONTACT, hours: float = 3, said: str = "已恢复，确认",
        text: str = "", waits: float = 1.5,
    ) -> None:  # fmt: skip
        """Do the work, have Party A confirm it with a picture of the talk, close it."""
        tickets = self.services.tickets
        self.wait(hours=hours)
        tickets.move(ticket.id, "awaiting_confirmation", text)
        self.wait(hours=waits)
        shot = f"确认截图-{ticket.number}.png"
        self.attach("ticket", ticket.id, shot)
        when = self.now - timedelta(minutes=20)
        tickets.confirm(ticket.id, by=by, channel="微信", at=when, text=said, evidence=[shot])
        tickets.close(ticket.id)

    def _alerts(self) -> list[Ticket]:
        """Return the open tickets that the looks opened by themselves, the oldest first."""
        found = self.services.tickets.all()
        return [one for one in reversed(found) if not one.requester and one.state == "registered"]

    def merge_alerts(self, into: Ticket) -> None:
        """Merge what the looks found of a fault into the ticket about it."""
        for one in self._alerts():
            self.services.tickets.bonds.merge(one.id, into.id, "同一故障的告警")

    def settle_own(self, cause: str, text: str, *, hours: float = 1) -> None:
        """Work on what the looks found, up to Party A's confirmation."""
        found = self._alerts()
        if not found:
            raise AssertionError(f"the looks found nothing: {cause}")
        facts = self.services.tickets.facts
        for one in found:
            self.services.tickets.move(one.id, "working")
        for one in found:
            facts.agree(one.id, by=CONTACT, channel="微信")
            facts.scope(one.id, "only_here")
            facts.cause(one.id, cause, "party_b")
            self.finish(one, hours=hours, said="知悉，确认", text=text, waits=0.5)

    # ------------------------------------------------------------ backups

    def back_up(self, *, files: bool = False, account: bool = False) -> None:
        """Back the database up and verify the file; and more, where it is wanted."""
        services, context = self.services, Context()
        database = self.the("mysql")
        assert isinstance(database.address, MysqlAddress)
        taken = services.backups.take(database.address, context, resource_id=database.id)
        services.backups.verify(taken.path, context)
        if files:
            for place in services.site_files.places(services.contracts.resources()):
                kept = services.site_files.take(place, context)
                services.site_files.verify(kept.path, context)
        if account:
            one = self.the("account")
            assert isinstance(one.address, AccountAddress)
            services.account_backups.take(one.address, context, name=one.name, resource_id=one.id)

    def spoil(self, statement: str) -> None:
        """Do to the database what people do by mistake."""
        port, password = self.box.mariadb.port, self.box.mariadb.root_password
        with stock.client_options(port, "root", password) as login:
            stock.ask(login, statement, SITE_SCHEMA)

    # ------------------------------------------------------------ changes

    def through_gates(
        self, change: Change, *, text: str, days: Decimal | None = None, minutes: int = 10,
        skip: Sequence[Audience] = (), why: str = "",
    ) -> Change:  # fmt: skip
        """Lead a change through its gates, those of `skip` as special emergencies."""
        patches, host, context = self.services.patches, self.the("host"), Context()
        patches.assess(change.id, text=text, risk="低：有回退方案，已在维护窗口内安排",
                       downtime_minutes=minutes, by=LEADER, person_days=days)  # fmt: skip
        patches.simulate(host, change.id, context)
        with self.as_(HAND):
            patches.approve(change.id)
        begin = self.now + timedelta(minutes=20)
        patches.set_window(change.id, begin, begin + 2 * HOUR)
        self.twice(lambda: patches.prepare(host, change.id, context))
        for audience in AUDIENCES:
            if audience in skip:
                patches.pass_gate(change.id, notice_gate(audience), why)
            else:
                patches.announce(change.id, audience, TOLD[audience])
        return patches.get(change.id)

    def twice(self, step: Callable[[], object]) -> None:
        """Take a step again where the line broke, or a program did not answer on a busy machine:
        what the first try had brought is there."""
        try:
            step()
        except (ConnectionLost, NoLocalServer):
            step()

    def apply(self, change: Change) -> Change:
        """Begin a change in its window, when everything is copied and checked; look after it."""
        patches, host, context = self.services.patches, self.the("host"), Context()
        self.back_up(files=True)
        self.wait(minutes=25)
        patches.simulate(host, change.id, context)
        self.watching.look_at_cloud()
        if any(one.key == "snapshot" and not one.open for one in patches.get(change.id).gates):
            patches.snapshot(host, change.id, context)
        patches.check_before(host, change.id, context)
        patches.apply(host, change.id, context, confirm=change.number)
        return patches.check_after(host, change.id, context)

    def hand_over(self, change: Change, document: str, *, days: Decimal | None = None) -> Change:
        """Have Party A confirm a change, hand over what it changed, and close it."""
        from gmops_desktop.contract.steps import Handed

        patches, host = self.services.patches, self.the("host")
        patches.confirm(change.id, by=CONTACT, channel="微信", text="网站与后台均正常，确认。")
        manual = self.attach("change", change.id, document)
        patches.hand_over(
            host, change.id, Context(), person_days=days,
            documents=[Handed(manual.name, "document", manual.sha256)],
        )  # fmt: skip
        return patches.close(change.id)


@contextmanager
def begun(folder: Path) -> Iterator[Life]:
    """Start the sandbox of `folder` on the contract's first morning; stop it at the end.

    What lies there is thrown away: a folder that is no sandbox is refused.
    """
    if folder.exists() and any(folder.iterdir()) and not (folder / "lock").exists():
        raise OpsError(
            tr("{folder} is no sandbox, and not empty.", folder=folder),
            hint=tr("Choose an empty folder; the year is lived there from its first day."),
            unharmed=tr("Nothing there was touched."),
        )
    clock = Clock()
    box = Sandbox(folder, small=True, environment=clock.environment, certificate_days=400)
    box.reset()
    try:
        _place_release(folder / "website")
        box.start()
        os.environ.update(box.environment())
        from gmops_desktop.assembly import assemble

        with speaking("zh_CN"), assemble(Home.find()) as services:
            yield Life(services, box, clock)
    finally:
        box.stop()


def _place_release(website: Path) -> None:
    """Serve the website from a release, as a site is whose releases this program places."""
    with as_file(files("sandbox.site") / "program") as program:
        shutil.copytree(program, website / "releases" / "1.0")
    (website / "program").symlink_to("releases/1.0")
