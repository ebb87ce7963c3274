"""What one look at a WeChat Official Account found.

Each part is an answer of its own: learnt, or unknown for a reason of its own.  Parts are not asked
at every look (`contract.account_parts`), so each has the time it was asked.  Days are those of
China, as ISO 8601 dates; times are ISO 8601, too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from gmops_desktop.states import State


@dataclass(frozen=True, slots=True)
class AccountDay:
    """A day's figures, each None until WeChat tells it: from 8 o'clock of the next day on."""

    on: str
    followers: int | None = None  # at the day's end
    new: int | None = None
    lost: int | None = None
    readers: int | None = None  # people who read anything published
    shares: int | None = None  # people who passed something on
    calls: int | None = None  # messages and events that WeChat handed to the site
    failed: int | None = None  # of those, without a proper answer
    mean_ms: float | None = None  # until the answer
    longest_ms: int | None = None
    looking: int | None = None  # people who marked something as worth reading (在看)
    likes: int | None = None  # people who liked something


@dataclass(frozen=True, slots=True)
class Article:
    """Something published; the figures count from that day until the newest day told."""

    on: str
    title: str
    url: str
    readers: int | None
    shares: int | None
    finished: float | None  # share of readers that came to the end, in per cent


@dataclass(frozen=True, slots=True)
class Quota:
    """How often an interface was called today, by all programs together, and how often it may be;
    `why` says why that is not known, `closed` that the account may not use the interface."""

    path: str
    used: int | None
    limit: int | None
    why: str = ""
    closed: bool = False

    @property
    def share(self) -> float | None:
        """What is used up, in per cent."""
        return None if self.used is None or not self.limit else 100 * self.used / self.limit


@dataclass(frozen=True, slots=True)
class CallbackSeen:
    """The site's callback as WeChat's network sees it: one ping to each of its addresses."""

    addresses: tuple[str, ...]
    pings: int
    lost: int
    slowest_ms: float | None


@dataclass(frozen=True, slots=True)
class EchoSeen:
    """Whether the callback answers a signed question as WeChat asks it when it is set up.

    `guarded` says whether it refuses a wrong signature; `fault` why there was no answer.
    """

    status: int | None
    seconds: float | None
    echoed: bool
    guarded: bool | None
    fault: str = ""

    @property
    def state(self) -> State:
        """How pressing it is: a site that fails loses messages, one that takes any signature not
        yet."""
        if self.fault or (not self.echoed and (self.status or 0) >= 500):
            return "critical"
        return "ok" if self.echoed and self.guarded is not False else "warning"


@dataclass(frozen=True, slots=True)
class MenuSeen:
    """The menu: its buttons by their way in the tree.

    `as_kept` says whether it is that of the account's newest archive, `kept_at` of when that is.
    """

    buttons: tuple[str, ...]
    as_kept: bool | None = None
    kept_at: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """What the account is; `review_until` is the last day of its yearly verification, if told."""

    service: bool | None  # a service account, not a subscription account
    principal: str
    verified: bool | None
    review_until: str = ""


@dataclass(frozen=True, slots=True)
class AccountDetails:
    """A WeChat Official Account.

    `sections` says by part why something was not learnt, `notes` why it does not apply or is not
    there yet; `asked` when each part was last asked, `due` when it is to be asked again.
    `menu_digest` stands for the menu that was read last, even if this look could not read it.
    """

    days: tuple[AccountDay, ...] = ()  # oldest first
    articles: tuple[Article, ...] | None = None  # newest first
    quotas: tuple[Quota, ...] | None = None
    callback: CallbackSeen | None = None
    echo: EchoSeen | None = None
    menu: MenuSeen | None = None
    menu_digest: str = ""
    menu_changed_at: str = ""  # when a look first found another one than before
    standing: Standing | None = None
    asked: Mapping[str, str] = field(default_factory=dict)
    due: Mapping[str, str] = field(default_factory=dict)
    sections: Mapping[str, str] = field(default_factory=dict)
    notes: Mapping[str, str] = field(default_factory=dict)

    def newest(self, figure: str) -> AccountDay | None:
        """Return the newest day of which `figure` (a field of `AccountDay`) is known."""
        known = (day for day in reversed(self.days) if getattr(day, figure) is not None)
        return next(known, None)

    @property
    def followers(self) -> int | None:
        """How many follow the account, by the newest day that tells."""
        day = self.newest("followers")
        return day.followers if day else None

    @property
    def fullest(self) -> Quota | None:
        """The quota of which the largest share is used up."""
        known = [one for one in self.quotas or () if one.share is not None]
        return max(known, key=lambda one: one.share or 0.0, default=None)
