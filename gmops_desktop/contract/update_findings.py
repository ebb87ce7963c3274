"""What a scan means, in words: how a host stands, and what ages on it beside its packages.

Judged when it is shown, not when it was scanned: an end of life comes with the calendar.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

from gmops_desktop.contract.end_of_life import (
    AS_OF,
    SYSTEMS,
    Life,
    component_life,
    name_of,
    system_life,
)
from gmops_desktop.contract.updates import Component, Inventory, KeptBack, Reason, Update
from gmops_desktop.language import mark, tr, tr_n
from gmops_desktop.states import Check, State

_SOON: Final = timedelta(days=183)  # a move to another system wants half a year

_REASONS: Final[dict[Reason, str]] = {
    "held": mark("held by the host's own setting"),
    "removes": mark("would remove {detail}"),
    "dependency": mark("does not fit what is installed: {detail}"),
    "phased": mark("given out in steps; this host's turn has not come"),
    "pro": mark("only with Ubuntu Pro"),
    "excluded": mark("excluded by the host's settings"),
    "unknown": mark("reason unknown"),
}
# The distributors' own words; only the two highest are inked.
_SEVERITIES: Final[dict[str, tuple[str, State | None]]] = {
    "critical": (mark("Critical"), "critical"),
    "emergency": (mark("emergency"), "critical"),
    "important": (mark("important"), "warning"),
    "high": (mark("high"), "warning"),
    "moderate": (mark("moderate"), None),
    "medium": (mark("medium"), None),
    "low": (mark("low"), None),
}


def word_of_severity(update: Update) -> str:
    """Return the distributor's word for how bad the hole is, "" where there is no hole."""
    if not update.security:
        return ""
    known = _SEVERITIES.get(update.severity.lower())
    return tr(known[0]) if known else update.severity or tr("unknown severity")


def state_of_severity(update: Update) -> State | None:
    """Return how loudly an update's severity is shown."""
    if not update.security:
        return None
    known = _SEVERITIES.get(update.severity.lower())
    return known[1] if known else "unknown"


def rank_of_severity(update: Update) -> int:
    """Return the place of an update among others, the worst hole first."""
    if not update.security:
        return len(_SEVERITIES) + 1
    known = list(_SEVERITIES)
    word = update.severity.lower()
    return known.index(word) if word in known else len(known)


def standing(found: Inventory, today: date) -> tuple[State, str]:
    """Return how a host stands as far as updates go; unknown is never up to date."""
    if found.unknown:
        return "unknown", tr("unknown")
    security = found.security
    if security:
        return "warning", tr_n("{count} security update", "{count} security updates", security)
    if _over(system_life(found.system_id, found.system_version), today):
        return "critical", tr("system no longer maintained")
    if security is None:
        return "unknown", tr("security unknown")
    if found.updates:
        return "ok", tr("No security update")
    return "ok", tr("Up to date")


def findings(found: Inventory, today: date) -> tuple[Check, ...]:
    """Return what is to be known of a host beside its list of updates, the worst first."""
    order: dict[State, int] = {"critical": 0, "warning": 1, "unknown": 2, "ok": 3}
    said = [
        *_system(found, today),
        *_automatic(found),
        *_restarts(found),
        *_not_judged(found),
        *_not_taken(found),
        *_components(found, today),
    ]
    return tuple(sorted(said, key=lambda check: order[check.state]))


def why_not(kept: KeptBack) -> str:
    """Return in words why an update is not taken with the others."""
    return tr(_REASONS[kept.reason], detail=kept.detail)


def _system(found: Inventory, today: date) -> Iterator[Check]:
    name = tr("Operating system")
    if not found.system:
        yield Check(name, "unknown", tr("The host does not say which system it is."))
        return
    life = system_life(found.system_id, found.system_version)
    product = SYSTEMS.get(found.system_id)
    detail = product.source if product else ""
    if life is None or (life.ends is None and not life.ended):
        yield Check(
            name, "unknown",
            tr("{system}: until when it is maintained is not known.", system=found.system),
            detail, _ask_the_maker(),
        )  # fmt: skip
    elif _over(life, today):
        yield Check(
            name, "critical",
            tr("No longer maintained since {day}: no security updates.", day=_day(life)),
            detail, tr("Plan a move with Party A."),
        )  # fmt: skip
    elif life.ends is not None and life.ends - today < _SOON:
        yield Check(
            name, "warning",
            tr("{system} is maintained until {day} only.", system=found.system, day=_day(life)),
            detail, tr("Plan a move with Party A."),
        )  # fmt: skip
    else:
        yield Check(
            name, "ok",
            tr("{system} is maintained until {day}.", system=found.system, day=_day(life)), detail,
        )  # fmt: skip


def _automatic(found: Inventory) -> Iterator[Check]:
    name = tr("Automatic updates")
    for one in found.updaters:
        if one.active is None:
            why = found.unknowns.get("automatic", "")
            yield Check(
                name, "unknown",
                tr("Whether the host updates itself is not known ({why}).", why=why),
            )  # fmt: skip
            continue
        text = tr(
            "{program} installs updates by itself: that would break the duty to announce (2.3-8).",
            program=one.name,
        )
        if one.reboots:
            text += " " + tr("It may restart the host, too.")
        detail = tr("It takes: {scope}", scope=one.scope) if one.scope else ""
        off = tr("Switch it off: {command}", command=one.switch_off)
        yield Check(name, "warning", text, detail, off)
    if not found.updaters and found.automatic is False:
        yield Check(name, "ok", tr("Nothing installs updates by itself."))
    elif not found.updaters:
        why = found.unknowns.get("automatic") or found.unknown or tr("nobody asked")
        yield Check(
            name, "unknown", tr("Whether the host updates itself is not known ({why}).", why=why)
        )


def _restarts(found: Inventory) -> Iterator[Check]:
    name = tr("Restart of the host")
    kernels = found.kernels
    if found.reboot_required:
        text = tr("The host must restart to run what is installed.")
        if kernels and kernels.newest and kernels.newest != kernels.running:
            text = tr("The host runs kernel {running}; {newest} is installed and waits for a "
                      "restart.", running=kernels.running, newest=kernels.newest)  # fmt: skip
        asked = ", ".join(found.reboot_packages)
        detail = tr("Asked for by: {names}", names=asked) if asked else ""
        yield Check(name, "warning", text, detail, tr("Queue a restart as a change of its own."))
    elif found.reboot_required is None:
        why = found.unknowns.get("reboot") or found.unknown or tr("nobody asked")
        yield Check(name, "unknown", tr("Whether a restart is due is not known ({why}).", why=why))
    name = tr("Services to restart")
    if found.restarts:
        yield Check(
            name, "warning",
            tr("They still run what was replaced: {names}.", names=", ".join(found.restarts)),
            "", tr("Restart them in an announced window."),
        )  # fmt: skip
    elif found.restarts is None:
        why = found.unknowns.get("restarts") or found.unknown or tr("nobody asked")
        text = tr("Which services still run what was replaced is not known ({why}).", why=why)
        yield Check(name, "unknown", text)


def _not_judged(found: Inventory) -> Iterator[Check]:
    mute = [one.name for one in found.repositories if one.security is False and not one.fault]
    unsure = [one.name for one in found.repositories if one.security is None and not one.fault]
    name = tr("Security of updates")
    if mute:
        text = tr("No security notices from {names}: whether holes are mended is unknown.",
                  names=", ".join(mute))  # fmt: skip
        yield Check(name, "unknown", text)
    if unsure:
        text = tr("Whether {names} publish security notices is not known.",
                  names=", ".join(unsure))  # fmt: skip
        yield Check(name, "unknown", text, found.unknowns.get("api", ""))
    for one in found.silent:
        yield Check(
            tr("Repository"), "unknown",
            tr("{name} could not be asked: what it offers now is unknown.", name=one.name),
            one.fault, tr("Mend the address or the line, and scan again."),
        )  # fmt: skip
    for part, heading in (("cves", tr("CVEs")), ("security", name)):
        if part in found.unknowns:
            text = tr("Not all is known: {why}.", why=found.unknowns[part].rstrip("."))
            yield Check(heading, "unknown", text)


def _not_taken(found: Inventory) -> Iterator[Check]:
    known = {one.name for one in found.not_taken}
    older = [KeptBack(name, "unknown") for name in found.kept_back if name not in known]
    for one in (*found.not_taken, *older):
        state: State = "warning" if one.reason in ("removes", "dependency", "pro") else "unknown"
        state = "ok" if one.reason in ("held", "phased", "excluded") else state
        text = tr("{package} waits and is not taken: {why}.", package=one.name, why=why_not(one))
        yield Check(tr("Kept back"), state, text)


def _components(found: Inventory, today: date) -> Iterator[Check]:
    life = system_life(found.system_id, found.system_version)
    known = life is not None and (life.ended or life.ends is not None)
    state: State = "critical" if _over(life, today) else "ok" if known else "unknown"
    for one in found.components:
        yield _component(one, state, today)
    if "components" in found.unknowns:
        why = found.unknowns["components"]
        text = tr("Not all could be looked at: {why}.", why=why.rstrip("."))
        yield Check(tr("Web stack"), "unknown", text)


def _component(one: Component, packaged: State, today: date) -> Check:
    """Return what to say of a component; `packaged` is how one stands that is a package."""
    name = name_of(one.product)
    if one.unknown or not one.version:
        return Check(name, "unknown", tr("Its version is not known: {why}.", why=one.unknown),
                     one.place)  # fmt: skip
    life = component_life(one.product, one.version)
    what = f"{one.version} · {one.place}"
    if one.package:
        # A distributor mends an old series on: the maker's date says nothing about it.
        text = tr("{version}, of the package {package}: mended by whoever publishes the package.",
                  version=one.version, package=one.package)  # fmt: skip
        if _over(life, today) and life is not None:
            ended = _day(life) or tr("a day not known")
            text += " " + tr("Its maker ended this series on {day}.", day=ended)
        return Check(name, packaged, text, one.place)
    if life is None or (life.ends is None and not life.ended):
        text = tr("{version}: until when this series is maintained is not known.",
                  version=one.version)  # fmt: skip
        return Check(name, "unknown", text, what, _ask_the_maker())
    if _over(life, today):
        ended = _day(life)
        text = (
            tr("{version}: this series is no longer maintained since {day}.", version=one.version,
               day=ended)
            if ended
            else tr("{version}: this series is no longer maintained.", version=one.version)
        )  # fmt: skip
        return Check(name, "critical", text, what, tr("Plan a move to a newer series."))
    if life.ends is not None and life.ends - today < _SOON:
        text = tr("{version}: this series is maintained until {day} only.", version=one.version,
                  day=_day(life))  # fmt: skip
        return Check(name, "warning", text, what, tr("Plan a move to a newer series."))
    text = tr("{version}: this series is maintained until {day}.", version=one.version,
              day=_day(life))  # fmt: skip
    return Check(name, "ok", text, what)


def _over(life: Life | None, today: date) -> bool:
    """Return whether a life is over for certain; an unknown end is no end."""
    return life is not None and (life.ended or (life.ends is not None and life.ends < today))


def _day(life: Life) -> str:
    return life.ends.isoformat() if life.ends else ""


def _ask_the_maker() -> str:
    return tr("Ask its maker; our table is as of {day}.", day=AS_OF.isoformat())
