"""What was agreed, or set by ourselves, about time: the limits of clocks, and what may stop them.

This is data of a contract: it is kept with the contract as JSON and read back, and a contract that
says nothing has `OBJECTIVES`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import time
from typing import Any, Final, Literal, TypeVar, cast

from gmops_desktop.contract.hours import ALWAYS, WORKING, Hours
from gmops_desktop.contract.tickets import (
    ESTIMATES,
    IMPACTS,
    KINDS,
    PARTY_A,
    PRIORITIES,
    SUSPENSIONS,
    Impact,
    Pause,
    Priority,
    TicketKind,
)
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr

ClockKey = Literal["response", "restore", "resolve", "promise", "waiting"]
_Word = TypeVar("_Word")
BoundKey = Literal["response", "restore", "resolve"]  # the clocks that have a target

_MINUTE: Final = 60.0
_HOUR: Final = 3600.0
BOUND: Final[tuple[BoundKey, ...]] = ("response", "restore", "resolve")
_PAUSES: Final = frozenset(PARTY_A) | frozenset(cast(Pause, one) for one in SUSPENSIONS)


@dataclass(frozen=True, slots=True)
class Rule:
    """A clock's limit in counted seconds by priority, for some kinds of tickets or for all."""

    clock: BoundKey
    seconds: Mapping[Priority, float]
    kinds: frozenset[TicketKind] = frozenset()
    working_hours: bool = False


@dataclass(frozen=True, slots=True)
class Limit:
    """What one clock of one ticket is held against; `seconds` None: against nothing."""

    seconds: float | None
    hours: Hours


@dataclass(frozen=True, slots=True)
class Targets:
    """All limits; `pauses` are the only reasons for which a clock stands still.

    `hours` are the working hours that rules may refer to; a reminder is due once `warn_at` of a
    limit is used up; `matrix` gives Party B's estimate from impact and urgency.
    """

    rules: tuple[Rule, ...] = ()
    pauses: frozenset[Pause] = PARTY_A
    hours: Hours = WORKING
    warn_at: float = 0.8
    matrix: Mapping[Impact, Mapping[Priority, Priority]] = field(default_factory=lambda: ESTIMATES)

    def limit(self, clock: BoundKey, kind: TicketKind, priority: Priority) -> Limit:
        """Return the limit; a rule that names the kind comes before one for all kinds."""
        fits = [one for one in self.rules if one.clock == clock and kind in one.kinds]
        fits += [one for one in self.rules if one.clock == clock and not one.kinds]
        for rule in fits:
            hours = self.hours if rule.working_hours else ALWAYS
            return Limit(rule.seconds.get(priority), hours)
        return Limit(None, ALWAYS)


def _by_priority(*seconds: float) -> dict[Priority, float]:
    return dict(zip(PRIORITIES, seconds, strict=True))


# Party B's own objectives.  The contract names no figures: it says "at any time", 7x24 (2.1).
OBJECTIVES: Final = Targets(
    (
        Rule("response", _by_priority(15 * _MINUTE, 30 * _MINUTE, 2 * _HOUR, 8 * _HOUR)),
        Rule("restore", _by_priority(4 * _HOUR, 8 * _HOUR, 24 * _HOUR, 72 * _HOUR)),
        Rule("resolve", _by_priority(24 * _HOUR, 48 * _HOUR, 120 * _HOUR, 240 * _HOUR)),
        Rule(
            "resolve",
            _by_priority(7 * _HOUR, 14 * _HOUR, 35 * _HOUR, 70 * _HOUR),
            frozenset({"request", "requirement", "question", "training", "visit"}),
            working_hours=True,
        ),
    )
)


# ---------------------------------------------------------------- as kept with the contract


def to_json(targets: Targets) -> dict[str, Any]:
    """Return the targets as the contract keeps them; times of day as "09:00"."""
    return {
        "rules": [
            {
                "clock": rule.clock,
                "seconds": {str(key): value for key, value in rule.seconds.items()},
                "kinds": sorted(rule.kinds),
                "working_hours": rule.working_hours,
            }
            for rule in targets.rules
        ],
        "pauses": sorted(targets.pauses),
        "hours": [[f"{opens:%H:%M}", f"{closes:%H:%M}"] for opens, closes in targets.hours.windows],
        "warn_at": targets.warn_at,
        "matrix": {
            str(impact): {str(urgency): level for urgency, level in row.items()}
            for impact, row in targets.matrix.items()
        },
    }


def from_json(said: Mapping[str, Any]) -> Targets:
    """Return what `to_json` gave; raise `OpsError` for what makes no sense."""
    try:
        return _read(said)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise OpsError(
            tr("The limits of the clocks cannot be read: {why}", why=error),
            hint=tr("See `gmops ticket targets --json` for the form they have."),
        ) from error


def _read(said: Mapping[str, Any]) -> Targets:
    targets = Targets(
        tuple(_rule(one) for one in said["rules"]),
        frozenset(_one_of(pause, _PAUSES) for pause in said.get("pauses", sorted(PARTY_A))),
        Hours(
            tuple(
                (time.fromisoformat(opens), time.fromisoformat(closes))
                for opens, closes in said.get("hours", to_json(OBJECTIVES)["hours"])
            )
        ),
        float(said.get("warn_at", OBJECTIVES.warn_at)),
        {
            _number(impact, IMPACTS): {
                _number(urgency, PRIORITIES): _number(level, PRIORITIES)
                for urgency, level in row.items()
            }
            for impact, row in said["matrix"].items()
        }
        if "matrix" in said
        else ESTIMATES,
    )
    whole = {impact: set(PRIORITIES) for impact in IMPACTS}
    if {impact: set(row) for impact, row in targets.matrix.items()} != whole:
        raise ValueError("the matrix has gaps")
    if not 0 < targets.warn_at < 1:
        raise ValueError(f"warn_at {targets.warn_at}")
    if any(rule.working_hours for rule in targets.rules) and targets.hours.always:
        raise ValueError("hours")
    return targets


def _rule(said: Mapping[str, Any]) -> Rule:
    seconds = {_number(key, PRIORITIES): float(value) for key, value in said["seconds"].items()}
    if any(value <= 0 for value in seconds.values()):
        raise ValueError(f"seconds {sorted(seconds.values())}")
    return Rule(
        _one_of(said["clock"], BOUND),
        seconds,
        frozenset(_one_of(kind, KINDS) for kind in said.get("kinds", ())),
        bool(said.get("working_hours", False)),
    )


def _one_of(said: object, known: Collection[_Word]) -> _Word:
    for word in known:
        if word == said:
            return word
    raise ValueError(f"{said!r}")


def _number(said: object, known: Collection[_Word]) -> _Word:
    """Return the known number that `said` writes; JSON's keys are always text."""
    return _one_of(int(str(said)), known)
