"""What a look found, judged one by one: findings under their keys, and the figures that matter."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from gmops_desktop.contract.alerting import Watch
from gmops_desktop.contract.looks import Details, Figure
from gmops_desktop.contract.thresholds import LIMITS, Limit, Values, judge, limit_of
from gmops_desktop.language import tr, tr_n
from gmops_desktop.states import State, worst


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing a look judged: its level, unknown where it was not learnt, and the sentence."""

    level: State
    text: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a look amounts to; `findings` by their key, those that are in order among them."""

    state: State
    reason: str
    figures: tuple[Figure, ...] = ()
    findings: Mapping[str, Finding] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class History:
    """What is known from before this look, which is taken at `at`.

    `watches` are the findings up to now, `points(metric)` the values of the last hour, oldest
    first, `limits` those of this resource.
    """

    watches: Mapping[str, Watch] = field(default_factory=dict)
    points: Callable[[str], Values] = lambda metric: ()
    details: Details | None = None
    limits: Mapping[str, Limit] = field(default_factory=lambda: LIMITS)
    at: datetime = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class Findings:
    history: History
    found: list[tuple[State, str]] = field(default_factory=list)
    figures: list[Figure] = field(default_factory=list)
    findings: dict[str, Finding] = field(default_factory=dict)

    def add(self, key: str, level: State, sentence: str) -> None:
        """Note a finding under the key by which it is found again at the next look."""
        self.findings[key] = Finding(level, sentence)
        if level != "ok":
            self.found.append((level, sentence))

    def unlearnt(self, sections: Mapping[str, str], essential: Mapping[str, str]) -> None:
        """Note what was not learnt although the state hangs on it: nothing is in order by
        ignorance.  `sections` say why, `essential` what is meant."""
        for name, word in essential.items():
            if why := sections.get(name):
                sentence = tr("Unknown: {what}, because {why}.", what=tr(word),
                              why=why.rstrip(".;。；"))  # fmt: skip
                self.add(f"known:{name}", "unknown", sentence)

    def before(self, key: str) -> State:
        """Return the level at the last look that knew it."""
        watch = self.history.watches.get(key)
        return watch.level if watch else "ok"

    def limit(self, key: str) -> Limit:
        """Return the limit of a finding for this resource."""
        return limit_of(key, self.history.limits)

    def judge(self, metric: str, value: float | None, sentence: str) -> State:
        """Judge a value by its limit; add `sentence` if it is over.

        What is over and has not lasted long enough yet is unknown, and no reason to speak of.
        """
        if value is None:
            self.findings[metric] = Finding("unknown")
            return "unknown"
        values = [*self.history.points(metric), (self.history.at, value)]
        level = judge(self.limit(metric), values, self.before(metric))
        if level == "unknown":
            self.findings[metric] = Finding("unknown")
        else:
            self.add(metric, level, sentence)
        return level

    def figure(
        self, name: str, value: str | None, unit: str, state: State, metric: str = ""
    ) -> None:
        shown = "—" if value is None else value
        unknown: State = "unknown"
        self.figures.append(Figure(name, shown, unit, unknown if value is None else state, metric))

    def rate(
        self, name: str, value: str | None, unit: str, state: State, metric: str, *, waits: bool
    ) -> None:
        """Show a figure that is the difference of two looks; before the second it is unknown."""
        if value is None and waits:
            self.figures.append(Figure(name, tr("collecting"), "", "unknown", metric))
        else:
            self.figure(name, value, unit, state, metric)

    def verdict(self) -> Verdict:
        """Return what the findings amount to: the worst of them, and the first reason for it."""
        state = worst([state for state, _ in self.found] or ["ok"])
        reasons = [sentence for kind, sentence in self.found if kind == state]
        if not reasons:
            reason = tr("All within limits.")
        elif len(reasons) == 1:
            reason = reasons[0]
        else:
            more = len(reasons) - 1
            reason = tr_n("{first} (and {count} more)", "{first} (and {count} more)", more,
                          first=reasons[0])  # fmt: skip
        return Verdict(state, reason, tuple(self.figures), self.findings)


def whole(value: float | None) -> str | None:
    """Return a figure without places."""
    return None if value is None else f"{value:.0f}"


def tenth(value: float | None) -> str | None:
    """Return a figure with one place."""
    return None if value is None else f"{value:.1f}"


def count_of(value: int | None) -> str | None:
    """Return a number of things."""
    return None if value is None else f"{value:,}"
