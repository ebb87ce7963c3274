"""Checks before and after a change, and what differs: the proof that nothing broke."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final, Literal, cast

from gmops_desktop.language import mark, tr
from gmops_desktop.states import State

Verdict = Literal["same", "better", "changed", "worse", "unknown"]

_RANKS: Final[dict[State, int]] = {"ok": 0, "warning": 1, "critical": 2}
_VERDICTS: Final[dict[Verdict, str]] = {
    "same": mark("As before"),
    "better": mark("Better than before"),
    "changed": mark("Differs from before"),
    "worse": mark("Worse than before"),
    "unknown": mark("Not known"),
}


def word_of_verdict(verdict: Verdict) -> str:
    """Return the word for what became of a check."""
    return tr(_VERDICTS[verdict])


@dataclass(frozen=True, slots=True)
class Checked:
    """One thing looked at: `key` names it for good ("unit:nginx.service", "port:tcp/443").

    `value` is what is compared ("" where the state alone counts), `text` what people read.

    `within` is the key of the list it stands on ("ports"): where that list is known later and this
    is no longer on it, it is gone, which is worse; where the list is not known, neither is this.
    `amount` is compared with `slack`: within it, more or less is the same.  Beyond it more is worse
    where it is `rising` (lines of errors; these have slack, and the states are then not compared),
    else it differs (the moment something was started).
    """

    key: str
    title: str
    state: State
    text: str
    value: str = ""
    within: str = ""
    amount: float | None = None
    slack: float = 0.0
    rising: bool = False


@dataclass(frozen=True, slots=True)
class Checks:
    """All checks of one moment; `at` is this machine's clock, UTC.

    `waited` is for how many seconds they were taken again until all was well, or patience ended.
    """

    at: datetime
    items: tuple[Checked, ...]
    waited: float = 0.0

    @property
    def faults(self) -> tuple[Checked, ...]:
        """Those that are critical or unknown: with them nothing is begun."""
        return tuple(one for one in self.items if one.state in ("critical", "unknown"))


@dataclass(frozen=True, slots=True)
class Difference:
    """One check before and after; None where it was not looked at then."""

    key: str
    title: str
    before: Checked | None
    after: Checked | None
    verdict: Verdict


def compare(before: Checks, after: Checks) -> tuple[Difference, ...]:
    """Return every check of both moments, what is worse first, else in the order looked at."""
    old = {one.key: one for one in before.items}
    new = {one.key: one for one in after.items}
    found = [
        Difference(
            key, (new.get(key) or old[key]).title, old.get(key), new.get(key),
            _verdict(key, old, new),
        )
        for key in [*old, *(key for key in new if key not in old)]
    ]  # fmt: skip
    order: tuple[Verdict, ...] = ("worse", "unknown", "changed", "better", "same")
    return tuple(sorted(found, key=lambda one: order.index(one.verdict)))


def held(differences: Iterable[Difference]) -> bool:
    """Whether nothing got worse and nothing became unknown."""
    return all(one.verdict not in ("worse", "unknown") for one in differences)


def _verdict(key: str, old: Mapping[str, Checked], new: Mapping[str, Checked]) -> Verdict:
    before, after = old.get(key), new.get(key)
    if before is None and after is not None and _known(old.get(after.within)):
        return "changed" if after.state == "ok" else _unless_unknown("worse", after)
    if after is None:
        gone = before is not None and _known(new.get(before.within))
        return "worse" if gone else "unknown"
    if not _known(after):
        return "unknown"
    if before is None or not _known(before):
        return "better" if after.state == "ok" else "worse"
    was, now = _RANKS[before.state], _RANKS[after.state]
    # What is counted and varies says by its amount how much worse it is, not by a limit it passed.
    counted = before.rising and before.slack > 0 and None not in (before.amount, after.amount)
    if now != was and not counted:
        return "worse" if now > was else "better"
    return _of_values(before, after)


def _of_values(before: Checked, after: Checked) -> Verdict:
    if before.value != after.value or (before.amount is None) != (after.amount is None):
        return "changed"
    if before.amount is None or after.amount is None:
        return "same"
    more = after.amount - before.amount
    if abs(more) <= (before.slack if more > 0 else after.slack):
        return "same"
    if not before.rising:
        return "changed"
    return "worse" if more > 0 else "better"


def _known(one: Checked | None) -> bool:
    return one is not None and one.state in _RANKS


def _unless_unknown(verdict: Verdict, one: Checked) -> Verdict:
    return verdict if _known(one) else "unknown"


def checks_to_dict(checks: Checks) -> dict[str, Any]:
    """Return the checks as plain JSON values."""
    items = [asdict(one) for one in checks.items]
    return {"at": checks.at.isoformat(), "items": items, "waited": checks.waited}


def checks_from_dict(values: Mapping[str, Any]) -> Checks:
    """Return the checks `checks_to_dict` was given."""
    items = tuple(Checked(**{**one, "state": cast(State, one["state"])}) for one in values["items"])
    waited = float(values.get("waited", 0.0))
    return Checks(datetime.fromisoformat(values["at"]), items, waited)
