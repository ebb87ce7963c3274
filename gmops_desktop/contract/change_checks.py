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
    """One thing looked at: `key` names it for good ("unit:nginx.service", "port:443", "disk:/").

    `value` is what is compared ("" where the state alone counts), `text` what people read.
    """

    key: str
    title: str
    state: State
    text: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class Checks:
    """All checks of one moment; `at` is this machine's clock, UTC."""

    at: datetime
    items: tuple[Checked, ...]

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
            _verdict(old.get(key), new.get(key)),
        )
        for key in [*old, *(key for key in new if key not in old)]
    ]  # fmt: skip
    order: tuple[Verdict, ...] = ("worse", "unknown", "changed", "better", "same")
    return tuple(sorted(found, key=lambda one: order.index(one.verdict)))


def held(differences: Iterable[Difference]) -> bool:
    """Whether nothing got worse and nothing became unknown."""
    return all(one.verdict not in ("worse", "unknown") for one in differences)


def _verdict(before: Checked | None, after: Checked | None) -> Verdict:
    if after is None or after.state not in _RANKS:
        return "unknown"
    if before is None or before.state not in _RANKS:
        return "better" if after.state == "ok" else "worse"
    was, now = _RANKS[before.state], _RANKS[after.state]
    if now != was:
        return "worse" if now > was else "better"
    return "same" if before.value == after.value else "changed"


def checks_to_dict(checks: Checks) -> dict[str, Any]:
    """Return the checks as plain JSON values."""
    return {"at": checks.at.isoformat(), "items": [asdict(one) for one in checks.items]}


def checks_from_dict(values: Mapping[str, Any]) -> Checks:
    """Return the checks `checks_to_dict` was given."""
    items = tuple(Checked(**{**one, "state": cast(State, one["state"])}) for one in values["items"])
    return Checks(datetime.fromisoformat(values["at"]), items)
