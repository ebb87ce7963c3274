"""The whole main job on real servers, one line a step: what, how long, and what proves it.

    python3 -m sandbox.tour FOLDER [--small]

Archives, report and pictures land in FOLDER, the sandbox's data in FOLDER/.sandbox, from which the
next tour starts sooner.  Exit 0 when every step held; else the failing step is named and the exit
code is 1 (refused or failed) or 3 (a proof failed).  The sandbox is stopped at the end, whatever
happened.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gmops_desktop import language
from gmops_desktop.addresses import MysqlAddress, Resource
from gmops_desktop.cli import speech
from gmops_desktop.context import Context
from gmops_desktop.errors import OpsError, ProofFailed
from gmops_desktop.language import tr, tr_n
from gmops_desktop.log import redact, start_log
from gmops_desktop.paths import Home
from gmops_desktop.states import word_of, worst
from sandbox import stock
from sandbox.box import Sandbox
from sandbox.change_walk import ChangeWalk
from sandbox.emergency import Emergency
from ui import words

if TYPE_CHECKING:
    from gmops_desktop.assembly import Services

_STOCK_SCHEMA: Final = "tour_by_stock_client"
_DAMAGE: Final = (
    "UPDATE member SET company = CONCAT(company, '（误改）') WHERE id % 7 = 3",
    "DELETE FROM visit_log WHERE id % 10 = 1",
    "DROP TABLE event_signup",
)


class Tour:
    """The steps, in order; each returns the line that proves it or raises `OpsError`."""

    def __init__(self, folder: Path, box: Sandbox, stack: ExitStack) -> None:
        self.folder = folder
        self.box = box
        self.stack = stack  # what is started is ended by it, whatever happens

    def steps(self) -> list[tuple[str, Callable[[], str]]]:
        """Return the titles and the work, in the order of a bad day that ends well."""
        return [
            (tr("Start the sandbox"), self.start),
            (tr("Look at server, database and website"), self.look),
            (tr("Back up the database"), self.take),
            (tr("Verify the backup file"), self.verify),
            (tr("Damage the database: UPDATE, DELETE, DROP"), self.damage),
            (tr("Preview the restore"), self.preview),
            (tr("Restore with safety copy and proof"), self.restore),
            (tr("Restore the same file with the stock client"), self.restore_by_stock_client),
            (tr("Scan the server for updates and queue them"), self.queue),
            (tr("Ticket: refused to a stranger, then confirmed and closed"), self.tickets),
            (tr("Monthly report as PDF"), self.report),
            (tr("Verify the record and the report"), self.record),
            (tr("A picture of every tab"), self.pictures),
            *self.walks(),
        ]

    def guide_steps(self) -> list[tuple[str, Callable[[], str]]]:
        """Return only what brings the guide's pictures: the walk in the window."""
        return [(tr("Start the sandbox"), self.start), *self.walks()]

    def walks(self) -> list[tuple[str, Callable[[], str]]]:
        """Return what is walked through in one window: the emergency, then a change."""
        emergency = self.emergency()
        change = ChangeWalk(
            lambda: self.services,
            lambda: emergency.stage,
            self.folder,
            language=language.current(),
            installed=lambda: self.box.patch_target.installed(),
        )
        return [*emergency.steps(), *change.steps()]

    def emergency(self) -> Emergency:
        """Return the emergency as the guide tells it, on the servers that `start` starts."""
        return Emergency(
            lambda: self.services,
            self.folder,
            self.stack,
            language=language.current(),
            spoil=lambda statement: stock.ask(self.login, statement, self.address.schema),
            checksums=lambda: stock.checksums(self.login, self.address.schema),
        )

    def start(self) -> str:
        self.box.reset()
        self.stack.callback(self.box.stop)
        facts = self.box.start()
        os.environ.update(self.box.environment())
        from gmops_desktop.assembly import assemble

        home = Home.find()
        handler = start_log(home.logs)
        self.stack.callback(handler.close)
        self.services: Services = self.stack.enter_context(assemble(home))
        self.login: str = self.stack.enter_context(
            stock.client_options(facts.mysql.port, "root", self.box.mariadb.root_password)
        )
        self.host = self._only("host")
        self.database = self._only("mysql")
        self.address: MysqlAddress = facts.mysql
        return f"{facts.mysql} · {facts.ssh} · {facts.web}"

    def look(self) -> str:
        looks = self.services.servers.look(self.services.contracts.resources(), Context())
        blind = [f"{look.name}: {look.reason}" for look in looks if look.state == "unknown"]
        if blind:
            raise OpsError(tr("Not everything was seen: {what}", what="; ".join(blind)))
        figures = sum(len(look.figures) for look in looks)
        return tr(
            "{count} resources, {figures} figures, worst state: {state}",
            count=len(looks),
            figures=figures,
            state=word_of(worst(look.state for look in looks)),
        )

    def take(self) -> str:
        self.before: dict[str, str] = stock.checksums(self.login, self.address.schema)
        out = self.folder / f"{self.address.schema}.sql.zst"
        for old in (out, out.with_name(f"{out.name}.sha256")):
            old.unlink(missing_ok=True)
        backup = self.services.backups.take(
            self.address, Context(), out=out, resource_id=self.database.id
        )
        self.archive = backup.path
        return tr(
            "{rows} rows, {text} of SQL in {file}; manifest {digest}",
            rows=words.number(backup.rows),
            text=words.size(backup.text_bytes),
            file=words.size(backup.file_bytes),
            digest=backup.manifest_digest[:12],
        )

    def verify(self) -> str:
        found = self.services.backups.verify(self.archive, Context())
        if not found.ok:
            raise ProofFailed("; ".join(found.faults))
        return tr(
            "{frames} frames, {rows} rows: every digest recomputed and equal",
            frames=words.number(found.frames),
            rows=words.number(found.rows),
        )

    def damage(self) -> str:
        for statement in _DAMAGE:
            stock.ask(self.login, statement, self.address.schema)
        after = stock.checksums(self.login, self.address.schema)
        harmed = [name for name in self.before if after.get(name) != self.before[name]]
        if len(harmed) < len(_DAMAGE):
            raise ProofFailed(tr("The damage did not take: {tables}", tables=", ".join(harmed)))
        return tr("changed or gone: {tables}", tables=", ".join(sorted(harmed)))

    def preview(self) -> str:
        found = self.services.restores.preview(self.archive, self.address, Context())
        changing = [table for table in found.tables if table.action != "same"]
        if found.identical or not changing:
            raise ProofFailed(tr("The preview sees no difference."))
        shown = ", ".join(
            f"{table.table} +{table.added:,} ~{table.changed:,} -{table.removed:,}"
            for table in changing
        )
        return tr("{size} to send: {tables}", size=words.size(found.text_bytes), tables=shown)

    def restore(self) -> str:
        restored = self.services.restores.run(
            self.archive, self.address, Context(), confirm=self.address.schema
        )
        if not restored.proved:
            raise ProofFailed("; ".join(restored.differences))
        after = stock.checksums(self.login, self.address.schema)
        if after != self.before:
            raise ProofFailed(tr("CHECKSUM TABLE differs from before the damage."))
        return tr(
            "{tables} tables put back, proved by digests; CHECKSUM TABLE as before the damage",
            tables=restored.tables,
        )

    def restore_by_stock_client(self) -> str:
        create = f"DROP DATABASE IF EXISTS {_STOCK_SCHEMA}; CREATE DATABASE {_STOCK_SCHEMA}"
        stock.ask(self.login, create)
        try:
            stock.load(self.login, _STOCK_SCHEMA, self.archive)
            after = stock.checksums(self.login, _STOCK_SCHEMA)
        finally:
            stock.ask(self.login, f"DROP DATABASE {_STOCK_SCHEMA}")
        if after != self.before:
            differing = {name for name in self.before if after.get(name) != self.before[name]}
            raise ProofFailed(tr("Differing: {tables}", tables=", ".join(sorted(differing))))
        return tr("zstd -dc | mariadb: CHECKSUM TABLE equal in all {count} tables",
                  count=len(after))  # fmt: skip

    def queue(self) -> str:
        inventory = self.services.patches.scan(self.host, Context())
        if not inventory.updates:
            raise OpsError(tr("No update was found: {why}", why=inventory.unknown))
        change = self.services.patches.queue(self.host, Context())
        if change.updates is None or change.simulated_at is None:
            raise ProofFailed(tr("The plan was not simulated."))
        return tr(
            "{number}: {count} packages with exact versions, {security} for security",
            number=change.number,
            count=len(change.updates.packages),
            security=sum(update.security for update in change.updates.packages),
        )

    def tickets(self) -> str:
        service = self.services.tickets
        stranger = "路人甲"
        contacts = self.services.contracts.contacts()
        contact = next(person for person in contacts if person.party == "A")
        title = "会员名单被误改，活动报名表被删除"
        try:
            service.open("incident", title, requester=stranger, priority=1)
        except OpsError as refusal:
            refused = refusal.message
        else:
            raise ProofFailed(tr("A stranger could open a ticket."))
        ticket = service.open(
            "incident", title, requester=contact.name, priority=1, resource_id=self.database.id
        )
        service.move(ticket.id, "working", "从备份还原")
        service.move(ticket.id, "awaiting_confirmation", "已还原，摘要一致")
        try:
            service.close(ticket.id)
        except OpsError:
            service.confirm(ticket.id, by=contact.name, channel="电话")
        else:
            raise ProofFailed(tr("A ticket could be closed without confirmation."))
        service.close(ticket.id)
        closed = service.get(ticket.id)
        if closed.state != "closed":
            raise ProofFailed(tr("The ticket is not closed."))
        return tr("{number} closed; the stranger heard: {refusal}", number=closed.number,
                  refusal=refused)  # fmt: skip

    def report(self) -> str:
        out = self.folder / "monthly.pdf"
        out.unlink(missing_ok=True)
        period = f"{datetime.now(UTC).astimezone():%Y-%m}"
        report = self.services.reports.make("monthly", period, Context(), out=out)
        return tr(
            "{number}: {pages} page(s), {size}, SHA-256 {digest}, {heads} chain head(s) printed",
            number=report.number,
            pages=report.pages,
            size=words.size(out.stat().st_size),
            digest=report.file_digest[:12],
            heads=len(report.heads),
        )

    def record(self) -> str:
        found = self.services.records.verify()
        if not found.ok:
            raise ProofFailed("; ".join(found.faults))
        return tr_n(
            "{count} entry in an unbroken chain", "{count} entries in unbroken chains",
            found.entries,
        )  # fmt: skip

    def pictures(self) -> str:
        from sandbox.screenshots import photograph

        spoken = language.current()
        taken = photograph(self.services, self.folder, languages=[spoken], themes=["light"])
        return tr_n("{count} picture", "{count} pictures", len(taken))

    def _only(self, kind: str) -> Resource:
        return next(item for item in self.services.contracts.resources() if item.kind == kind)


def main() -> int:
    """Perform every step and stop the sandbox; return the exit code."""
    parser = argparse.ArgumentParser(prog="sandbox.tour", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--small", action="store_true", help="a small database (for tests)")
    parser.add_argument("--guide", action="store_true", help="only the pictures of the guide")
    options = parser.parse_args()
    speech.choose()
    if sys.platform.startswith("linux") and not has_screen():
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    begun = time.monotonic()
    folder: Path = options.folder.absolute()
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        box = Sandbox(folder / ".sandbox", small=options.small)
        try:
            tour = Tour(folder, box, stack)
            code = perform(tour.guide_steps() if options.guide else tour.steps())
        except KeyboardInterrupt:
            return 130
    if code == 0:
        seconds = words.lasting(time.monotonic() - begun)
        _say(tr("Everything held, in {seconds}: see {folder}.", seconds=seconds, folder=folder))
    return code


def perform(steps: Sequence[tuple[str, Callable[[], str]]]) -> int:
    """Perform the steps, a line each; stop at the first that fails and return its exit code."""
    for number, (title, work) in enumerate(steps, start=1):
        place = f"{number:2}/{len(steps)} {title}"
        sys.stdout.write(f"{place} … ")
        sys.stdout.flush()
        begun = time.monotonic()
        try:
            proof = work()
        except OpsError as error:
            _say("✗")
            for line in (error.message, error.unharmed, error.hint):
                if line:
                    _say(f"      {line}")
            _say(tr("The tour stopped at step {place}.", place=place.strip()))
            return 3 if isinstance(error, ProofFailed) else 1
        except Exception:
            _say("✗")
            _say(traceback.format_exc())
            _say(tr("The tour stopped at step {place}.", place=place.strip()))
            return 1
        _say(f"✓ {words.lasting(time.monotonic() - begun)}\n      {proof}")
    return 0


def has_screen() -> bool:
    """Whether a window could be shown to somebody."""
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _say(line: str) -> None:
    sys.stdout.write(redact(line) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
