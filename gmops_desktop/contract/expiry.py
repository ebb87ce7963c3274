"""When things run out: who says so, and what counts where two say different things.

Every source's word is kept with the day on which it was learnt.  A machine's fresh word counts
before a date that was entered by hand; where they differ, both are shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, Literal

from gmops_desktop.contract.terms import day_of
from gmops_desktop.language import mark, tr
from gmops_desktop.states import State

ExpiryKind = Literal[
    "contract",
    "cvm",
    "database",
    "disk",
    "certificate",
    "tls",
    "domain",
    "verification",
    "account_filing",
    "icp",
    "police",
    "ssh_key",
    "api_key",
    "seal_key",
]
Source = Literal["contract", "cloud", "rdap", "whois", "handshake", "account", "hand", "rotation"]

WARNING_DAYS, CRITICAL_DAYS = 30, 7
FRESH: Final = timedelta(days=14)  # what nobody confirmed for longer is not taken for certain
ROTATION: Final = timedelta(days=365)  # a key is to be replaced a year after it came into use
# A key still works on the day after: late is a reason to do it, and no alarm.
GENTLE: Final[frozenset[ExpiryKind]] = frozenset({"ssh_key", "api_key", "seal_key"})

# Better sources first; the contract's own date and one of hand are true until they are changed.
# That a key is to be replaced after a year is a rule: whoever says another day means it.
_SOURCES: Final[dict[Source, str]] = {
    "contract": mark("contract"),
    "cloud": mark("cloud console"),
    "rdap": mark("registry (RDAP)"),
    "whois": mark("registry (WHOIS)"),
    "handshake": mark("TLS handshake"),
    "account": mark("official account"),
    "hand": mark("by hand"),
    "rotation": mark("rotation after a year"),
}
_LASTING: Final[frozenset[Source]] = frozenset({"contract", "rotation", "hand"})
_RANK: Final = {source: place for place, source in enumerate(_SOURCES)}
_STATES: Final[dict[State, int]] = {"critical": 0, "warning": 1, "unknown": 2, "ok": 3}
_ZONES: Final = timedelta(days=1)  # registries and resellers count days in zones of their own


@dataclass(frozen=True, slots=True)
class Said:
    """What one source says of a thing, and when that was learnt.

    `never` is a person's word that it does not run out, or does not apply here.  `detail` names
    the source more exactly: the registry's server, the key's file.
    """

    source: Source
    on: date | None
    at: datetime | None = None
    detail: str = ""
    never: bool = False


@dataclass(frozen=True, slots=True)
class Thing:
    """Something that runs out.

    `key` names it for good, among those of `owner` (a contract) where it has one; `life` is for how
    many days in all it was issued, where that is known; `fault` a reason to worry beside the date.
    One that `renews` is prolonged by itself, as long as there is money.
    """

    key: str
    kind: ExpiryKind
    name: str
    resource_id: str = ""
    owner: str = ""
    life: float | None = None
    fault: str = ""
    renews: bool = False


@dataclass(frozen=True, slots=True)
class Claim:
    """A thing with all that is said of it, not judged yet; `lacking` is why there is no date.

    `resources` are those that use it; it belongs to the scope of each.
    """

    thing: Thing
    said: tuple[Said, ...] = ()
    lacking: str = ""
    resources: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Expiry:
    """When a thing runs out; `on` is None where nobody knows, or where it does not run out.

    `source` says who says so, or why nobody does; `at` when that was learnt; `note` what makes it
    doubtful; `said` is every source's word, the one that counts first.
    """

    thing: Thing
    state: State
    on: date | None
    days: int | None
    source: str
    at: datetime | None = None
    note: str = ""
    said: tuple[Said, ...] = ()

    @property
    def key(self) -> str:
        """What names the thing for good."""
        return self.thing.key

    @property
    def name(self) -> str:
        """What people call it."""
        return self.thing.name


def word_of_source(source: Source) -> str:
    """Return the word for a source."""
    return tr(_SOURCES[source])


def judged(claim: Claim, now: datetime) -> Expiry:
    """Return how a thing stands by all that is said of it."""
    thing = claim.thing
    words = sorted(claim.said, key=lambda one: _RANK[one.source])
    known = [one for one in words if one.on is not None]
    if not known:
        never = next((one for one in words if one.never), None)
        if never is not None:
            return Expiry(
                thing, "ok", None, None, tr("by hand: does not run out"), never.at, said=(never,)
            )
        return Expiry(thing, "unknown", None, None, claim.lacking or tr("not configured"))
    counts = _counting(known, now)
    assert counts.on is not None
    days = (counts.on - day_of(now)).days
    state, notes = _state(thing, days), []
    if not _fresh(counts, now) and counts.at is not None:
        notes.append(tr("not confirmed since {day}", day=day_of(counts.at)))
        state = "unknown" if state == "ok" else state
    if thing.fault:
        notes.append(thing.fault)
        state = "warning" if state == "ok" else state
    if thing.renews:
        notes.append(tr("its renewal is ordered"))
    others = [one for one in known if one is not counts]
    notes += [
        tr("differs: {who} {day}", who=word_of_source(one.source), day=one.on)
        for one in others
        if one.source != "rotation" and one.on is not None and abs(one.on - counts.on) > _ZONES
    ]
    source = word_of_source(counts.source)
    note = tr("; ").join(notes)
    return Expiry(thing, state, counts.on, days, source, counts.at, note, (counts, *others))


def in_order(found: Iterable[Expiry]) -> tuple[Expiry, ...]:
    """Return the board as it is read: the worst first, then the soonest."""
    return tuple(
        sorted(found, key=lambda one: (_STATES[one.state], one.on or date.max, one.name, one.key))
    )


def _counting(known: Sequence[Said], now: datetime) -> Said:
    """Return whose word counts: the best fresh source's, else whatever was learnt last."""
    fresh = [one for one in known if _fresh(one, now)]
    if fresh:
        return fresh[0]
    return max(known, key=lambda one: one.at.timestamp() if one.at else 0)


def _fresh(said: Said, now: datetime) -> bool:
    return said.source in _LASTING or said.at is None or now - said.at <= FRESH


def _state(thing: Thing, days: int) -> State:
    if days > (CRITICAL_DAYS if thing.renews else WARNING_DAYS):
        return "ok"
    if thing.renews and days >= 0:
        return "warning"
    return "critical" if days <= CRITICAL_DAYS and thing.kind not in GENTLE else "warning"
