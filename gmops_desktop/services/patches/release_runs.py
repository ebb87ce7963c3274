"""Carries a release out and takes it back: the switch by a run on the server, the SQL from here.

What was done to the database stands in the ledgers of this machine, and is noted on the server for
every other one.  A new run of the same change goes on where an earlier one ended; a rollback that
came to its end wipes the slate.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import Final

from gmops_desktop.adapters import detached, locks, releasing, run_notes, site_tree
from gmops_desktop.adapters.ssh import Ssh
from gmops_desktop.addresses import MysqlAddress, Resource
from gmops_desktop.archive.release_package import Shelf
from gmops_desktop.context import Context
from gmops_desktop.contract.releases import ReleasePlan, Script
from gmops_desktop.contract.rollbacks import RollbackStep
from gmops_desktop.contract.runs import RunLook, RunPurpose
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr
from gmops_desktop.paths import write_atomically
from gmops_desktop.services.patches.hands import LookRun
from gmops_desktop.services.patches.release_database import Archived, ReleaseDatabase
from gmops_desktop.services.patches.release_ledger import Guard, RunLedger, RunRecord, Way
from gmops_desktop.services.patches.release_placing import place_of
from gmops_desktop.services.patches.release_run import ReleaseRun, unknown
from gmops_desktop.services.patches.release_sql import Text

Open = Callable[[Resource, Context], AbstractContextManager[Ssh]]

_LINES: Final = ".jsonl"
_HEARD: Final = 600  # seconds after which a machine that told nothing more may be gone
_ASK: Final = 0.3  # seconds between two looks at a switch


class ReleaseRuns:
    """The runs of releases; their ledgers and locks are kept in `folder`."""

    def __init__(
        self,
        folder: Path,
        shelf: Shelf,
        open_ssh: Open,
        look_run: LookRun,
        database: ReleaseDatabase,
        mysql_of: Callable[[ReleasePlan], MysqlAddress],
    ) -> None:
        self._runs = folder / "runs"
        self._elsewhere = folder / "elsewhere"
        self._locks = folder / "locks"
        self._shelf = shelf
        self._open = open_ssh
        self._look_run = look_run
        self._database = database
        self._mysql_of = mysql_of

    def alone(self, change_id: str) -> AbstractContextManager[None]:
        """Keep other programs of this machine from the same change; raise `Busy` where one is."""
        return locks.held(self._locks / f"{change_id}.lock", tr("A run of this change"))

    @property
    def device(self) -> str:
        """What this machine is called in what it notes."""
        return self._database.device

    def fetch(self, host: Resource, change_id: str, context: Context) -> None:
        """Learn from the server what other machines did for a change: the lines of their runs, and
        the scripts that lead back."""
        with self._open(host, context) as ssh:
            notes = run_notes.read(ssh, context, change_id=change_id)
        self._learn(notes)

    def note(self, one: ReleaseRun, ledger: RunLedger) -> None:
        """Note on the server what was done so far; a run forth also the scripts that lead back."""
        first = ledger.read().way == "forth"
        with self._open(one.host, one.context) as ssh:
            for down in one.release.of("down") if first else ():
                content = self._shelf.content(down.digest)
                run_notes.keep(ssh, one.change_id, down.digest, content, one.context)
            name = f"{one.run_id}{_LINES}"
            run_notes.keep(ssh, one.change_id, name, ledger.content, one.context)

    def told(self, one: ReleaseRun, ledger: RunLedger) -> None:
        """Note what was done where that no longer decides anything: a dead line is only told."""
        try:
            self.note(one, ledger)
        except OpsError as error:
            one.context.check()
            one.context.note(error.message)

    def _learn(self, notes: Sequence[run_notes.Note]) -> None:
        self._elsewhere.mkdir(mode=0o700, parents=True, exist_ok=True)
        for note in notes:
            if note.name.endswith(_LINES):
                write_atomically(self._elsewhere / note.name, note.content)
            elif not self._shelf.has(note.name):
                self._shelf.add(note.name, note.content)

    def start(
        self,
        host: Resource,
        release: ReleasePlan,
        change_id: str,
        run_id: str,
        purpose: RunPurpose,
        context: Context,
    ) -> None:
        """Begin a run; one with SQL is gone through here, to its end or its fault."""
        if purpose == "mend":
            raise OpsError(
                tr("Of a release nothing is left half done on the server."),
                hint=tr("Try it again, or roll it back."),
                unharmed=tr("Nothing was begun."),
            )
        one = ReleaseRun(self, host, release, change_id, run_id, context)
        with self.alone(change_id):
            if not release.migrates:
                one.switch(purpose)
                return
            address = self._mysql_of(release)
            with self._database.alone(address, change_id, context):
                self.fetch(host, change_id, context)
                if purpose == "rollback":
                    one.back()
                else:
                    one.forth()

    def look(self, host: Resource, run_id: str, offset: int, context: Context) -> RunLook:
        """Return what the server says of a run, and what was done here to the database for it."""
        found = self._look_run(host, run_id, offset, context)
        ledger = self.ledger(run_id)
        if not ledger.exists:
            return self._looked(host, found, context)
        try:
            with self.alone(ledger.read().change_id):
                return _merged(found, ledger.read())
        except locks.Busy:
            first, last = ledger.read().steps()
            return replace(found, state="running", why="", steps=(*first, *found.steps, *last))

    def _looked(self, host: Resource, found: RunLook, context: Context) -> RunLook:
        """Put together what the server says of a run and what another machine noted there."""
        if found.state == "running" or not (found.state == "absent" or found.outcome.get("sql")):
            return found
        with self._open(host, context) as ssh:
            notes = run_notes.read(ssh, context, name=f"{found.id}{_LINES}")
        self._learn(notes)
        if not notes:
            return found
        record = self.ledger(found.id).read()
        first, last = record.steps()
        steps = (*first, *found.steps, *last)
        settled = record.done or record.refusal or record.unknown
        if settled or found.state in ("failed", "interrupted", "unknown"):
            return _merged(found, record)
        if notes[0].age < _HEARD:
            return replace(found, state="running", why="", steps=steps)
        why = tr("{device} ran its SQL and told the server nothing more for {minutes} minutes.",
                 device=record.device, minutes=notes[0].age // 60)  # fmt: skip
        return replace(found, state="interrupted", why=why, steps=steps)

    def ran(self, change_id: str, script: str) -> int:
        """Return how many statements of a script stand in the database now."""
        records = self.since(change_id, "apply")
        return max((one.statements_of(script) for one in records), default=0)

    def steps_back(
        self, release: ReleasePlan, change_id: str, context: Context
    ) -> Iterator[RollbackStep]:
        """Say how the database goes back: as it is planned, or, once something was run, as it is
        now, with the rows that would be lost."""
        if not release.migrates:
            return
        address = self._mysql_of(release)
        guard = self.guard(change_id)
        if guard:
            way, first, last = self.way_back(release, change_id)
            downs: Sequence[Script] = (*first, *last)
        else:
            downs = release.ways_down or ()
            way = "down" if release.ways_down is not None else "archive"
        for down in downs:
            yield RollbackStep(
                f"sql:{down.name}",
                tr("{script} undoes {undone} ({count} statements).", script=down.name,
                   undone=down.undoes, count=down.statements),
                loses=tr("What this script of the release takes away; the archive from before stays"
                         " at hand."),
            )  # fmt: skip
        if way != "archive":
            return
        loses = why_not = ""
        try:
            if guard is None:
                texts = self.texts((*release.of("before"), *release.of("after")))
                guard = self._database.guard(address, texts, context)
            loses = self._database.loses(address, guard, self._settled(change_id), context)
        except OpsError as error:
            context.check()
            why_not = f"{error.message} {error.hint}".strip()
        yield RollbackStep(
            "database",
            tr("{schema} goes back to the archive taken before the first statement, by delta"
               " restore; a safety copy of it is taken first.", schema=address.schema),
            loses=loses,
            why_not=why_not,
        )  # fmt: skip

    # ------------------------------------------------------------ what was done

    def ledger(self, run_id: str) -> RunLedger:
        name = f"{run_id}{_LINES}"
        return RunLedger(self._runs / name, self._elsewhere / name)

    def since(self, change_id: str, purpose: RunPurpose) -> list[RunRecord]:
        """Return the runs of a change here since it was last rolled back, the oldest first (their
        ids grow with time)."""
        found: list[RunRecord] = []
        known = {path.stem for where in (self._runs, self._elsewhere)
                 for path in where.glob(f"*{_LINES}")}  # fmt: skip
        for run_id in sorted(known):
            record = self.ledger(run_id).read()
            if record.change_id != change_id:
                continue
            found = [] if record.purpose == "rollback" and record.done else [*found, record]
        return [record for record in found if record.purpose == purpose]

    def guard(self, change_id: str) -> Guard | None:
        """Return the archive from before the first statement of a change, if one was run."""
        found = [one for one in self.since(change_id, "apply") if one.guarded and one.begun]
        return found[0].guarded if found else None

    def archive_wanted(self, change_id: str) -> Guard:
        """Return which archive the database goes back to; raise where nothing was run."""
        if guard := self.guard(change_id):
            return guard
        raise OpsError(
            tr("No SQL of this release was run: it needs no archive."),
            unharmed=tr("Nothing was taken in."),
        )

    def _settled(self, change_id: str) -> Archived | None:
        for record in reversed(self.since(change_id, "apply")):
            if record.settled and not record.elsewhere and Path(record.settled[0]).is_file():
                return Archived(Path(record.settled[0]), record.settled[1])
        return None

    def way_back(
        self, release: ReleasePlan, change_id: str
    ) -> tuple[Way, tuple[Script, ...], tuple[Script, ...]]:
        """Choose how the database goes back; the scripts that run before and after the switch.

        Scripts of the release's own count only where what they undo was run as a whole, and none of
        them has failed already.
        """
        records = self.since(change_id, "apply")
        if not records:
            raise OpsError(
                tr("Nobody knows of SQL of this release that stands: neither this machine nor the"
                   " server."),
                hint=tr("Attach to the change: it may have been rolled back from elsewhere."),
                unharmed=tr("Nothing was run."),
            )  # fmt: skip
        scripts = (*release.of("before"), *release.of("after"))
        ran = {script.name: _most(records, script.name) for script in scripts}
        if all(how == "none" for how in ran.values()):
            return "files", (), ()
        failed = [one for one in self.since(change_id, "rollback")
                  if one.unknown or one.refusal or one.entered]  # fmt: skip
        downs = release.ways_down
        if downs is not None and not all(self._shelf.has(down.digest) for down in downs):
            downs = None  # neither here nor on the server
        if downs is not None and "part" not in ran.values() and not failed:
            wanted = [down for down in downs if ran[down.undoes] == "whole"]
            late = {script.name for script in release.of("after")}
            return (
                "down",
                tuple(down for down in wanted if down.undoes in late),
                tuple(down for down in wanted if down.undoes not in late),
            )
        if self.guard(change_id) is None:
            raise OpsError(
                tr("There is no archive from before the SQL of this release."),
                hint=tr("Restore a backup by hand."),
                unharmed=tr("Nothing was run."),
            )
        return "archive", (), ()

    def texts(self, scripts: Sequence[Script]) -> list[Text]:
        return [Text(script, self._shelf.content(script.digest)) for script in scripts]

    # ------------------------------------------------------------ what is done

    def switch(self, one: ReleaseRun, purpose: RunPurpose) -> None:
        """Let the server switch by itself; a run that has begun is not begun again."""
        release, context = one.release, one.context
        with self._open(one.host, context) as ssh:
            served, at, _placed = place_of(ssh, release, one.change_id, context)
            look = site_tree.look(ssh, served.live, release.kept, context)
            at.list_stays(look.left_out)
            script = releasing.switch_script(
                served, at.mark, at.staging, release.tree, release.live, purpose, release.reload
            )
            if release.migrates:  # whoever looks from elsewhere learns that there is more to ask
                script += "tell sql yes\n"
            steps = [key for key in releasing.STEPS if key != "reload" or release.reload]
            detached.start(ssh, one.run_id, script, context, steps=steps)

    def switched(self, one: ReleaseRun, purpose: RunPurpose) -> bool:
        """Switch and wait for the end; say whether it ended well."""
        self.switch(one, purpose)
        one.context.progress(None, tr("Switching on {host}", host=one.host.name))
        while True:
            found = self._look_run(one.host, one.run_id, 0, one.context)
            if found.ended:
                return found.state == "done"
            one.context.wait(_ASK)

    def run(self, one: ReleaseRun, scripts: Sequence[Script], ledger: RunLedger) -> bool:
        """Run what of scripts has not been run; say whether all of them stand now."""
        address = self._mysql_of(one.release)
        return self._database.run(address, self.texts(scripts), ledger, one.context)

    def take_guard(self, one: ReleaseRun, scripts: Sequence[Script]) -> Guard:
        address = self._mysql_of(one.release)
        return self._database.guard(address, self.texts(scripts), one.context)

    def settle(self, one: ReleaseRun, ledger: RunLedger) -> None:
        """Keep what the scripts made, so that rows written later can be told from theirs."""
        try:
            found = self._database.settled(self._mysql_of(one.release), one.context)
        except OpsError as error:
            one.context.check()
            one.context.note(error.message)  # the release stands; only that count is less exact
            return
        ledger.settled(str(found.path), found.at)

    def check_archive(self, one: ReleaseRun, guard: Guard) -> None:
        """Raise where this machine does not have the archive, before anything is switched."""
        self._database.archive(guard, self._mysql_of(one.release))

    def bring_back(self, one: ReleaseRun, guard: Guard) -> None:
        self._database.bring_back(self._mysql_of(one.release), guard, one.context)


def _merged(found: RunLook, record: RunRecord) -> RunLook:
    """Put together what the server says of a switch and what this machine did to the database."""
    first, last = record.steps()
    steps = (*first, *found.steps, *last)
    if found.state == "unknown" or (found.state == "absent" and not record.begun):
        return replace(found, steps=steps)
    if record.unknown:
        return replace(found, state="interrupted", why=unknown(record), steps=steps)
    if record.refusal:
        return replace(found, state="failed", why=record.refusal, steps=steps)
    if record.done or found.state in ("failed", "interrupted", "running"):
        return replace(found, steps=steps)
    if found.state == "absent":
        why = tr("It was interrupted before the switch.")
    elif record.way == "archive":
        why = tr("It was switched back, and interrupted before the database was brought back.")
    else:
        why = tr("It was switched, and interrupted before all SQL was run.")
    why = f"{why} {tr('Try again, and it goes on from there.')}"
    return replace(found, state="interrupted", why=why, steps=steps)


def _most(records: Sequence[RunRecord], script: str) -> str:
    """Say how much of a script several runs have run."""
    if any(record.unknown and record.unknown[0] == script for record in records):
        return "part"
    found = {record.ran(script) for record in records}
    return next((how for how in ("whole", "part") if how in found), "none")
