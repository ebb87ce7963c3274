"""What a system patch restarts and what it leaves running, in finished sentences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from gmops_desktop.contract.restarts import Restart, of_host, of_units
from gmops_desktop.contract.updates import Plan
from gmops_desktop.language import tr
from gmops_desktop.states import State

Line = tuple[State, str]


def restart_lines(plan: Plan) -> tuple[Line, ...]:
    """Return a line for everything that restarts, or asks for it and does not, the host first."""
    asks = plan.asks or ()
    return (*_of_host(plan, of_host(asks)), *_of_units(plan, of_units(asks)), *_of_limits(plan))


def left_lines(outcome: Mapping[str, str], *, restarted: bool) -> tuple[Line, ...]:
    """Return what a run left running that was replaced; a restart of the server renewed all."""
    if restarted:
        return ()
    found: list[Line] = []
    if waiting := outcome.get("waiting", "").split():
        names = tr(", ", context="between names").join(waiting)
        found.append(("warning", tr("These still run what was replaced: {names}.", names=names)))
    if outcome.get("reboot") == "yes":
        found.append(("warning", tr("The server asks for a restart.")))
    return tuple(found)


def _of_host(plan: Plan, asks: Sequence[Restart]) -> Iterator[Line]:
    why = tr("; ", context="between reasons").join(one.reason for one in asks)
    if plan.restart_host:
        yield (
            "warning",
            (
                tr("The server itself restarts at the end: {why}.", why=why)
                if why
                else tr("The server itself restarts at the end.")
            ),
        )
    elif any(one.must for one in asks):
        yield "critical", tr("The server itself does not restart, though it must: {why}.", why=why)
    elif asks:
        yield "warning", tr("The server itself does not restart; it could: {why}.", why=why)
    elif plan.reboot:
        yield "critical", tr("The server itself does not restart, though it must.")
    elif plan.asks is None and plan.reboot is None:
        yield "unknown", tr("Whether the server itself must restart is not known.")
    else:
        yield "ok", tr("The server itself does not restart.")


def _of_units(plan: Plan, asks: Sequence[Restart]) -> Iterator[Line]:
    if plan.services:
        names = tr(", ", context="between names").join(plan.services)
        yield "warning", tr("These restart with their packages: {names}.", names=names)
    reasons = {one.unit: one.reason for one in asks}
    for unit in plan.restarts:
        if why := reasons.get(unit, ""):
            yield "warning", tr("{unit} restarts at the end: {why}.", unit=unit, why=why)
        else:
            yield "warning", tr("{unit} restarts at the end.", unit=unit)
    for one in asks:
        if not plan.restart_host and one.unit not in plan.restarts:
            yield "warning", tr("{unit} is not restarted: {why}.", unit=one.unit, why=one.reason)


def _of_limits(plan: Plan) -> Iterator[Line]:
    if plan.no_restart:
        yield "unknown", tr("Nothing can be restarted there: {why}.", why=plan.no_restart)
    if plan.asks_unknown:
        yield "unknown", tr("What else needs a restart is not wholly known: {why}.",
                            why=plan.asks_unknown)  # fmt: skip
