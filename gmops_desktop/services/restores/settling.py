"""What brings a schema to one end of a restore: the state before it, or the state after it.

Each step finds out by itself how far things came, so that it may be taken again and again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

from gmops_desktop.adapters.mysql import (
    MysqlConnection,
    amending,
    catalogue,
    exchange,
    script,
    triggers,
)
from gmops_desktop.adapters.mysql.triggers import StandIn
from gmops_desktop.archive.reader import ArchiveReader
from gmops_desktop.context import Context
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr
from gmops_desktop.services.restores.inplace import rows_back
from gmops_desktop.services.restores.ledger import Plan, State

Stands = Literal["before", "after"]


def settle(
    connection: MysqlConnection,
    plan: Plan,
    state: State,
    safety: ArchiveReader | None,
    context: Context,
    *,
    forward: bool = False,
) -> Stands:
    """Bring a schema to one end of an interrupted restore, and say to which.

    That is the state before it, unless all of it was done already.  `safety` gives rows back that
    were committed before something else failed; `OpsError` where that is needed and it is None,
    unless the same archive is restored again right afterwards (`forward`).
    """
    if state == "clearing":
        return "after"
    marked = bool(plan.amended) and amending.is_marked(connection, plan.mark)
    if marked and not plan.settles:
        return "after"
    put_back(connection, plan, swapped=state == "swapping")
    if marked:
        try:
            _give_rows_back(connection, plan, safety, context)
        except OpsError as error:
            if not forward:
                raise
            context.note(error.message)
    amending.drop_mark(connection, plan.mark)
    return "before"


def _give_rows_back(
    connection: MysqlConnection, plan: Plan, safety: ArchiveReader | None, context: Context
) -> None:
    if safety is None:
        raise OpsError(
            tr("The safety copy of the interrupted restore is gone."),
            hint=tr("Bring the restore to its end (gmops restore recover --finish)."),
        )
    rows_back(connection, safety, plan.amended, plan.mark, context)


def put_back(connection: MysqlConnection, plan: Plan, *, swapped: bool) -> None:
    """Give the schema's definitions back, and the tables swapped, from wherever that stopped."""
    exchange.prepare(connection)
    if swapped:
        silence(connection)
        frames: dict[tuple[str, str], bytes] = {
            (thing.kind, thing.name): script.definition(connection, thing) for thing in plan.before
        }
        stand_ins = _missing_triggers(connection, plan, frames)
        exchange.exchange_back(connection, plan.swap)
        exchange.drop_triggers(connection, [plan.swap.new(name) for name in plan.swap.built])
        triggers.take_over(connection, stand_ins)
        standing = exchange.ties(connection)
        late = exchange.made_meanwhile(standing, plan.ties, plan.swap.homes())
        exchange.tie(connection, exchange.joined(plan.ties, late), standing)
        wanted: dict[tuple[str, str], str] = {
            (thing.kind, thing.name): thing.digest for thing in plan.before
        }
        define_anew(connection, plan, wanted, frames)
    exchange.clear(connection, plan.swap, old=False)
    for name in plan.made:
        exchange.drop(connection, "sequence", name)


def _missing_triggers(
    connection: MysqlConnection, plan: Plan, frames: Mapping[tuple[str, str], bytes]
) -> tuple[StandIn, ...]:
    """Make the triggers that the swapped out tables have lost, before they come back."""
    standing, there = exchange.tables(connection), triggers.listed(connection)
    homes = {
        table: plan.swap.old(table) for table in plan.swap.there if plan.swap.old(table) in standing
    }
    lost = {
        key: frame
        for key, frame in frames.items()
        if key[0] == "trigger" and there.get(key[1]) not in homes.values()
    }
    return triggers.stand_in(connection, lost, homes)


def finish(connection: MysqlConnection, plan: Plan) -> None:
    """Clear away the former tables of a restore that was complete but for this."""
    exchange.clear(connection, plan.swap, old=True)
    if plan.amended:
        amending.drop_mark(connection, plan.mark)


def silence(connection: MysqlConnection) -> None:
    """Let no event write while tables change places; each comes back with its definition."""
    for thing in catalogue.read(connection).objects:
        if thing.kind == "event" and " DISABLE" not in thing.create:
            exchange.drop(connection, "event", thing.name)


def define_anew(
    connection: MysqlConnection,
    plan: Plan,
    wanted: Mapping[tuple[str, str], str],
    frames: Mapping[tuple[str, str], bytes],
    definer: Callable[[bytes], bytes] = lambda statement: statement,
) -> list[str]:
    """Make the schema's definitions those `wanted` (digests); return those that lost a definer."""
    present = catalogue.read(connection)
    for view in present.invalid - plan.invalid:  # its tables have gone with the swap
        exchange.drop(connection, "view", view)
    right = set()
    for thing in present.objects:
        if wanted.get((thing.kind, thing.name)) == thing.digest and thing.kind != "sequence":
            right.add((thing.kind, thing.name))
        else:
            exchange.drop(connection, thing.kind, thing.name)
    missing = {key: frames[key] for key in wanted if key not in right}
    return exchange.define(connection, missing, definer)
