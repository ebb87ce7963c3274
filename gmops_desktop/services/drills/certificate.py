"""What a drill's certificate says, out of the drill and the contract."""

from __future__ import annotations

from gmops_desktop.contract.record import ChainHead
from gmops_desktop.contract.terms import Contract
from gmops_desktop.reports.orders import CheckLine, DrillFacts, PhaseLine
from gmops_desktop.services.drills.record import Drill


def facts_of(
    drill: Drill, contract: Contract | None, heads: tuple[ChainHead, ...] = ()
) -> DrillFacts:
    """Return the facts to print; without a contract the parties stay open."""
    return DrillFacts(
        name=drill.name,
        proved=drill.outcome == "proved",
        at=drill.at,
        archive=drill.path.name,
        sha256=drill.sha256,
        file_bytes=drill.file_bytes,
        taken_at=drill.taken_at,
        source=drill.source,
        server=drill.server,
        clone=bool(drill.clone),
        schema=drill.schema,
        seconds=drill.seconds,
        tables=drill.tables,
        rows=drill.rows,
        definitions=drill.definitions,
        text_bytes=drill.text_bytes,
        phases=tuple(PhaseLine(one.name, one.seconds, one.counts) for one in drill.phases),
        checks=tuple(CheckLine(one.sql, one.rows, one.seconds, one.fault) for one in drill.checks),
        faults=drill.faults,
        notes=drill.notes,
        party_a=contract.party_a if contract else "",
        party_b=contract.party_b if contract else "",
        heads=heads,
        drill_id=drill.id,
        contract=contract,
    )
