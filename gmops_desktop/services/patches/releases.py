"""Application releases: planned against what is live, built beside it, switched in one step.

Files are switched by a run on the server; SQL is run from here, before and after it.  Back goes the
switch, and the database by the release's own scripts or to the archive taken before its first
statement.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import Any

from db.journal import utc_now
from gmops_desktop.adapters import releasing
from gmops_desktop.adapters.releasing import Served
from gmops_desktop.adapters.ssh import Ssh
from gmops_desktop.addresses import MysqlAddress, Resource, SshAddress, WebAddress
from gmops_desktop.archive.release_package import Package, Shelf
from gmops_desktop.context import Context
from gmops_desktop.contract.exclusions import UPLOADS, USUAL
from gmops_desktop.contract.releases import (
    ReleasePlan,
    plan_to_dict,
    release_drift,
    release_from_dict,
)
from gmops_desktop.contract.rollbacks import RollbackPlan, RollbackStep
from gmops_desktop.contract.runs import RunLook, RunPurpose
from gmops_desktop.contract.trees import shown
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr
from gmops_desktop.services.patches import release_tree
from gmops_desktop.services.patches.hands import LookRun
from gmops_desktop.services.patches.record import Change
from gmops_desktop.services.patches.release_database import ReleaseDatabase
from gmops_desktop.services.patches.release_placing import (
    RESERVE,
    build,
    is_live,
    place_of,
    root_of,
)
from gmops_desktop.services.patches.release_runs import ReleaseRuns
from gmops_desktop.services.patches.release_tree import Wanted
from gmops_desktop.services.patches.works import Changed, Played

OpenSsh = Callable[[SshAddress, Context], AbstractContextManager[Ssh]]
Add = Callable[..., Change]  # `Patches.add`


class Releases:
    """The work of kind "release".

    `folder` is where releases and the ledgers of their runs are kept on this machine, `look_run`
    asks a server for a run, `add` enters a change into the queue.
    """

    def __init__(
        self,
        folder: Path,
        open_ssh: OpenSsh,
        look_run: LookRun,
        database: ReleaseDatabase,
        resources: Callable[[], Sequence[Resource]],
        add: Add,
        *,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self.shelf = Shelf(folder)
        self._open_ssh = open_ssh
        self._database = database
        self._resources = resources
        self._add = add
        self._now = now
        self._runs = ReleaseRuns(folder, self.shelf, self._open, look_run, database, self._mysql)

    # ------------------------------------------------------------ into the queue

    def queue(
        self,
        host: Resource,
        source: Path,
        context: Context,
        *,
        folder: str = "",
        digest: str = "",
        kept: Sequence[str] | None = None,
        whole: bool = True,
        database: str = "",
        reload: str = "",
        title: str = "",
        ticket: str = "",
    ) -> Change:
        """Take in a release, hold it against what is live, and queue it as a change.

        `folder` is what the web server serves (left out: that of the one website on this host),
        `digest` the SHA-256 that the release must have, `kept` the patterns of what stays (logs,
        caches and uploads by default, and what the site's backups leave out), `whole` whether what
        the release does not hold goes, `database` the id of the resource its scripts run in,
        `reload` a command for after the switch.  Raises `OpsError`.
        """
        package = self.shelf.take_in(source, context, digest=digest)
        site = self._site(host, folder)
        excluded = site.program.excluded if site and site.program else ()
        patterns = tuple(dict.fromkeys(kept if kept is not None else (*USUAL, *UPLOADS, *excluded)))
        options = {"kept": patterns, "whole": whole, "reload": reload.strip(),
                   "folder": folder.rstrip("/") or self._folder_of(host, site),
                   "database": self._database_id(package, database)}  # fmt: skip
        with self._open(host, context) as ssh:
            plan, _served, _wanted = self._planned(ssh, package, options, context)
        if not plan.changes and not plan.migrates:
            raise OpsError(
                tr("The release {name} changes nothing: it is what is live.", name=package.source),
                hint=tr("Check that it is the right one."),
                unharmed=tr("Nothing on the server was touched."),
            )
        named = title or tr("Release {name} on {host}", name=package.source, host=host.name)
        return self._add("release", named, host, plan_to_dict(plan), ticket=ticket)

    # ------------------------------------------------------------ the work

    def play(self, host: Resource, plan: Mapping[str, Any], context: Context) -> Played:
        """Hold the release against what is live now."""
        approved = release_from_dict(plan)
        package = self.shelf.get(approved.tree)
        health = ""
        with self._open(host, context) as ssh:
            options = {name: getattr(approved, name)
                       for name in ("kept", "whole", "reload", "folder", "database")}  # fmt: skip
            now, served, wanted = self._planned(ssh, package, options, context)
            health = served.why_not(host.name)
        if approved.migrates:
            try:
                self._database.check(self._mysql(approved), context)
            except OpsError as error:
                context.check()
                health = f"{health} {error.message}".strip()
        if approved.migrates and not now.changes:
            # It is live already, and only its SQL is still to be run: what was approved holds.
            now = approved
        differs = release_drift(approved, now)
        needed = wanted.size + RESERVE
        at = self._now()
        return Played(plan_to_dict(now), differs, health, served.free, needed, at)

    def prepare(
        self, host: Resource, plan: Mapping[str, Any], change_id: str, context: Context
    ) -> RollbackPlan:
        """Build the release beside what is live, prove it there, and return the way back.

        What an earlier try had brought stays.  Once the release is live nothing is built.
        """
        release = release_from_dict(plan)
        with self._runs.alone(change_id), self._open(host, context) as ssh:
            served, at, placed = place_of(ssh, release, change_id, context)
            if not is_live(served, at, placed):
                build(at, release, self.shelf.get(release.tree), self.shelf, context)
        return self._way_back(release, served, change_id, context)

    def way_back(
        self, host: Resource, plan: Mapping[str, Any], change_id: str, context: Context
    ) -> RollbackPlan:
        """Return the way back as it is now, for who is about to take it: with the rows counted that
        visitors have written since and that it would lose.  Nothing is changed."""
        release = release_from_dict(plan)
        with self._open(host, context) as ssh:
            served, _at, _placed = place_of(ssh, release, change_id, context)
        if release.migrates:
            self._runs.fetch(host, change_id, context)
        return self._way_back(release, served, change_id, context)

    def take_archive(
        self,
        host: Resource,
        plan: Mapping[str, Any],
        change_id: str,
        file: Path,
        context: Context,
    ) -> Path:
        """Bring here the archive that the database goes back to, from a file that was copied from
        the machine that took it; return where it lies.  Raises `OpsError` or `ProofFailed`."""
        release = release_from_dict(plan)
        self._runs.fetch(host, change_id, context)
        guard = self._runs.archive_wanted(change_id)
        return self._database.take_in(guard, file, self._mysql(release), context)

    def _way_back(
        self, release: ReleasePlan, served: Served, change_id: str, context: Context
    ) -> RollbackPlan:
        steps = self._runs.steps_back(release, change_id, context)
        return RollbackPlan(self._now(), (_switch_back(release, served), *steps))

    def start(
        self,
        host: Resource,
        plan: Mapping[str, Any],
        change_id: str,
        run_id: str,
        purpose: RunPurpose,
        context: Context,
    ) -> None:
        """Switch, with the SQL that belongs before and after it.

        A release without SQL is begun at the server, and that is all.  Else this returns when its
        scripts have been run, or one was refused, and `look` tells which; the same `run_id` goes on
        where it was interrupted, and runs nothing twice.  Raises `OpsError`.
        """
        self._runs.start(host, release_from_dict(plan), change_id, run_id, purpose, context)

    def look(self, host: Resource, run_id: str, offset: int, context: Context) -> RunLook:
        """Return what the server says of a run, of whatever kind, and for a release what was done
        to its database."""
        return self._runs.look(host, run_id, offset, context)

    def changed(
        self, host: Resource, plan: Mapping[str, Any], change_id: str, context: Context
    ) -> tuple[Changed, ...]:
        """Return the files that are otherwise than before, as they stand now, and the scripts."""
        release = release_from_dict(plan)
        with self._open(host, context) as ssh:
            live = release_tree.read(ssh, release.folder, release.kept, context)
        now = {shown(path): entry for path, entry in live.entries.items()}
        found = []
        for change in release.changes:
            entry = now.get(change.path)
            after = "" if entry is None else entry.digest or f"→ {shown(entry.target)}"
            if after != change.before:
                digest = entry.digest if entry else ""
                found.append(Changed(change.path, "file", change.before, after, digest))
        for script in (*release.of("before"), *release.of("after")):
            if count := self._runs.ran(change_id, script.name):
                found.append(Changed(script.name, "database", "", str(count), script.digest))
        return tuple(found)

    # ------------------------------------------------------------ planning

    def _planned(
        self, ssh: Ssh, package: Package, options: Mapping[str, Any], context: Context
    ) -> tuple[ReleasePlan, Served, Wanted]:
        served = releasing.served(ssh, options["folder"], context)
        live = release_tree.read(ssh, served.live, options["kept"], context)
        wanted = release_tree.make(
            package.site, live, options["kept"], root_of(served), whole=options["whole"]
        )
        changes, same = release_tree.changes(wanted, live)
        notes = [*package.notes, *live.notes]
        if wanted.left:
            notes.append(tr("In the release, and left as it is on the server: {names}.",
                            names=tr(", ").join(wanted.left[:12])))  # fmt: skip
        if served.layout == "folder" and not served.one_step:
            notes.append(_in_two_steps())
        plan = ReleasePlan(
            source=package.source,
            digest=package.digest,
            tree=package.tree,
            folder=options["folder"],
            layout=served.layout,
            live=served.live,
            live_tree=live.tree,
            changes=changes,
            unchanged=same,
            size=wanted.size,
            send_bytes=sum(entry.size for entry in wanted.sent),
            scripts=package.scripts,
            kept=tuple(options["kept"]),
            stays=tuple(map(shown, live.stays)),
            whole=options["whole"],
            database=options["database"],
            reload=options["reload"],
            notes=tuple(notes),
        )
        return plan, served, wanted

    def _site(self, host: Resource, folder: str) -> WebAddress | None:
        """Return the website that is made of `folder` on this host, or the only one there."""
        found = [
            one.address
            for one in self._resources()
            if isinstance(one.address, WebAddress)
            and one.address.program
            and one.address.program.ssh == host.address
            and (not folder or folder.rstrip("/") in one.address.program.folders)
        ]
        return found[0] if len(found) == 1 else None

    def _folder_of(self, host: Resource, site: WebAddress | None) -> str:
        folders = site.program.folders if site and site.program else ()
        if len(folders) != 1:
            raise OpsError(
                tr("Which directory of {host} the release goes to is not known.", host=host.name),
                hint=tr("Name the directory that the web server serves."),
                unharmed=tr("Nothing on the server was touched."),
            )
        return folders[0].rstrip("/")

    def _database_id(self, package: Package, named: str) -> str:
        if not any(script.phase != "down" for script in package.scripts):
            return ""
        found = [one for one in self._resources() if one.kind == "mysql"]
        chosen = [one for one in found if named in (one.id, one.name)] if named else found
        if len(chosen) != 1:
            raise OpsError(
                tr("The release has SQL, and in which database it runs is not known."),
                hint=tr("Name one of: {names}.", names=", ".join(one.name for one in found)),
                unharmed=tr("Nothing was run."),
            )
        return chosen[0].id

    def _mysql(self, release: ReleasePlan) -> MysqlAddress:
        for one in self._resources():
            if one.id == release.database and isinstance(one.address, MysqlAddress):
                return one.address
        raise OpsError(
            tr("The database of the release is no longer among the resources."),
            hint=tr("Enter it again, or cancel the change and queue it anew."),
            unharmed=tr("Nothing was run."),
        )

    # ------------------------------------------------------------ inside

    def _open(self, host: Resource, context: Context) -> AbstractContextManager[Ssh]:
        if not isinstance(host.address, SshAddress):
            raise OpsError(
                tr("{name} is not a server reached over SSH: no files can be sent to it.",
                   name=host.name),
                hint=tr("Choose a cloud server reached over SSH."),
                unharmed=tr("Nothing on the server was touched."),
            )  # fmt: skip
        return self._open_ssh(host.address, context)


def _switch_back(release: ReleasePlan, served: Served) -> RollbackStep:
    if release.layout == "link":
        text = tr("{folder} leads to {live} again; files that visitors left meanwhile stay.",
                  folder=release.folder, live=release.live)  # fmt: skip
        return RollbackStep("switch", text)
    text = tr("{folder} becomes the directory from before again; files that visitors left meanwhile"
              " stay.", folder=release.folder)  # fmt: skip
    costs = "" if served.one_step else _in_two_steps()
    return RollbackStep("switch", text, costs=costs)


def _in_two_steps() -> str:
    return tr("This server exchanges two directories in two steps: for an instant there is none.")
