"""The drills there were and the plans for them: rows of the store, as records that may leave it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import select

from db.engine import Database
from db.journal import Journal
from db.models import DrillPlanRow, DrillRow, ResourceRow
from gmops_desktop.contract.drills import Done, DrillPlan, Outcome
from gmops_desktop.services.drills.checks import CheckResult


@dataclass(frozen=True, slots=True)
class Phase:
    """One step of a drill, in words, and the seconds it took; `counts` towards the RTO."""

    name: str
    seconds: float
    counts: bool = True


@dataclass(frozen=True, slots=True)
class Drill:
    """A drill that ended.

    "proved": the copy that stock tools restored is the archive, and every check held; "disproved":
    `faults` say what is not; "failed": it could not be carried out, and `faults` say why.
    `sha256` is that of the file as it lies on the disk.  `notes` say what was proved in another
    way.  `source` and `server` name the servers of the archive and of the drill; `clone` is the id
    of the cloned cloud instance, where it was one.
    """

    id: str
    at: datetime
    outcome: Outcome
    resource_id: str
    name: str
    archive_id: str
    path: Path
    sha256: str
    file_bytes: int
    taken_at: datetime | None
    schema: str
    source: str
    server: str
    phases: tuple[Phase, ...]
    tables: int
    rows: int
    definitions: int
    text_bytes: int
    faults: tuple[str, ...]
    notes: tuple[str, ...]
    checks: tuple[CheckResult, ...]
    certificate: str = ""  # its number in the register of reports
    clone: str = ""

    @property
    def seconds(self) -> float:
        """The measured recovery time (RTO): from the file in hand to a database that is proved."""
        return sum(phase.seconds for phase in self.phases if phase.counts)


@dataclass(frozen=True, slots=True)
class Kept:
    """The plan of one database, and since when."""

    plan: DrillPlan
    since: datetime


class Record:
    """Reads and writes what the drills need to know; the checks go through the journal."""

    def __init__(self, database: Database, journal: Journal) -> None:
        self._database, self._journal = database, journal

    def add(self, drill: Drill) -> None:
        """Enter a drill."""
        values = asdict(drill)
        data = {
            **{name: values[name] for name in values if name not in ("id", "at", "outcome")},
            "path": str(drill.path),
            "taken_at": drill.taken_at.isoformat() if drill.taken_at else "",
        }
        row = DrillRow(id=drill.id, at=drill.at, resource_id=drill.resource_id,
                       archive_id=drill.archive_id, outcome=drill.outcome, data=data)  # fmt: skip
        with self._database.session() as session, session.begin():
            session.add(row)

    def all(self, resource_id: str = "") -> tuple[Drill, ...]:
        """Return the drills of a database, or all, newest first."""
        wanted = select(DrillRow).order_by(DrillRow.at.desc(), DrillRow.id.desc())
        if resource_id:
            wanted = wanted.where(DrillRow.resource_id == resource_id)
        with self._database.session() as session:
            return tuple(_drill(row) for row in session.scalars(wanted))

    def done(self, resource_id: str) -> tuple[Done, ...]:
        """Return what the rules need of a database's drills."""
        return tuple(Done(drill.at, drill.outcome) for drill in self.all(resource_id))

    # ------------------------------------------------------------ plans

    def plan(self, resource_id: str) -> Kept | None:
        """Return when a database is drilled by itself, if it is."""
        with self._database.session() as session:
            row = session.get(DrillPlanRow, resource_id)
            return Kept(DrillPlan.from_dict(row.data), row.at) if row else None

    def save_plan(self, resource_id: str, plan: DrillPlan, now: datetime) -> None:
        """Write the plan."""
        with self._database.session() as session, session.begin():
            row = session.get(DrillPlanRow, resource_id)
            if row is None:
                row = DrillPlanRow(resource_id=resource_id, at=now, data={})
                session.add(row)
            elif not DrillPlan.from_dict(row.data).enabled:
                row.at = now  # what was not wanted meanwhile is not overdue
            row.data = plan.to_dict()

    # ------------------------------------------------------------ checks

    def checks(self, resource_id: str) -> tuple[str, ...]:
        """Return the checks recorded for a database."""
        with self._database.session() as session:
            row = session.get(ResourceRow, resource_id)
            found = row.more.get("drill_checks", []) if row else []
        return tuple(str(one) for one in found)

    def save_checks(self, resource_id: str, checks: tuple[str, ...]) -> None:
        """Record the checks of a database in the journal: every machine drills by the same."""
        with self._database.session() as session, session.begin():
            fields = {"drill_checks": list(checks)}
            self._journal.record(session, "resource", resource_id, "resource.checks_set", fields)


def _drill(row: DrillRow) -> Drill:
    data = dict(row.data)
    return Drill(
        **{
            **data,
            "id": row.id,
            "at": row.at,
            "outcome": row.outcome,
            "path": Path(data["path"]),
            "taken_at": datetime.fromisoformat(data["taken_at"]) if data["taken_at"] else None,
            "phases": tuple(Phase(**one) for one in data["phases"]),
            "faults": tuple(data["faults"]),
            "notes": tuple(data["notes"]),
            "checks": tuple(CheckResult(**one) for one in data["checks"]),
        }
    )
