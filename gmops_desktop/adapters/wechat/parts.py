"""A look at an official account: what is due is asked, each part for itself; the rest stays as the
look before found it, with the time of its answer."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final

from gmops_desktop.adapters.wechat import callback, statistics
from gmops_desktop.adapters.wechat.calls import WeChat
from gmops_desktop.adapters.wechat.refusals import (
    DAY_SPENT,
    NO_CALLBACK,
    NO_SUCH_QUOTA,
    NOT_PERMITTED,
    WeChatRefused,
)
from gmops_desktop.addresses import AccountAddress
from gmops_desktop.context import Context
from gmops_desktop.contract.account_menus import menu_of
from gmops_desktop.contract.account_parts import (
    AGAIN,
    ARTICLE_DAYS,
    CHINA,
    KEPT_DAYS,
    NOT_READY,
    PARTS,
    QUOTAS,
    midnight_after,
    newest_told,
    next_told,
)
from gmops_desktop.contract.looks.accounts import (
    AccountDay,
    AccountDetails,
    CallbackSeen,
    MenuSeen,
    Quota,
    Standing,
)
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr

_SILENT: Final = 2  # parts in a row without any answer: then no further one is asked
_LONGEST: Final = 45.0  # seconds of a look, before no further part is begun

Found = dict[str, Any]  # by the fields of `AccountDetails`


@dataclass(frozen=True, slots=True)
class KeptMenu:
    """What stands for the menu in the account's newest archive, and of when that is."""

    digest: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Callback:
    """The token that the site's callback shares with WeChat, or why it is not to be had."""

    token: str
    why: str = ""


class _Late(Exception):
    """WeChat answered, but not with everything yet: ask again soon.  `found` is what there is."""

    def __init__(self, note: str, found: Found) -> None:
        super().__init__(note)
        self.note, self.found = note, found


class _NotHere(Exception):
    """The part does not apply to this account, for a reason."""


class _NotLearnt(Exception):
    """A part was not learnt, for a reason."""


def look(
    address: AccountAddress,
    secret: str | None,
    context: Context,
    *,
    before: AccountDetails | None = None,
    kept: KeptMenu | None = None,
    site: Callback | None = None,
    since: datetime | None = None,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    port: int | None = None,
) -> AccountDetails:
    """Look at the account; `before` is what the last look found, None asks everything.

    What was last asked before `since` is asked anew, though it is not due yet.

    A part that is refused stands in `sections` with the reason; raises `OpsError` where not even a
    token is to be had.  `site` opens the callback at `address.callback`.
    """
    if secret is None:
        raise OpsError(
            tr("No AppSecret is kept for the account {name}.", name=address.app_id),
            hint=tr("Enter it in the settings."),
        )
    with WeChat(address, secret, context, port=port) as wechat:
        wechat.log_in()
        looking = _Looking(wechat, address, context, before or AccountDetails(), since, now())
        looking.parts(kept, site)
    return looking.details()


class _Looking:
    """One look: gathers what each part found, and when it is asked next."""

    def __init__(
        self,
        wechat: WeChat,
        address: AccountAddress,
        context: Context,
        before: AccountDetails,
        since: datetime | None,
        at: datetime,
    ) -> None:
        self._wechat, self._address, self._context = wechat, address, context
        self._before, self._since, self._at = before, since, at
        self._days = {day.on: day for day in before.days}
        self._found: Found = {}
        self._asked, self._due = dict(before.asked), dict(before.due)
        self._sections, self._notes = dict(before.sections), dict(before.notes)
        self._silent = 0
        self._end = time.monotonic() + _LONGEST

    def parts(self, kept: KeptMenu | None, site: Callback | None) -> None:
        """Ask every part that is due."""
        self._part("echo", partial(self._echo, site))
        self._part("quotas", self._quotas)
        self._part("callback", self._callback)
        for key, statistic in statistics.STATISTICS.items():
            self._part(key, partial(self._statistic, statistic))
        self._part("articles", self._articles)
        self._part("menu", self._menu)
        self._part("standing", self._standing)
        self._hold_against(kept)

    def details(self) -> AccountDetails:
        """Return all that is known now."""
        days = sorted(self._days.values(), key=lambda day: day.on)[-KEPT_DAYS:]
        return replace(
            self._before,
            **self._found,
            days=tuple(days),
            asked=self._asked,
            due=self._due,
            sections=self._sections,
            notes=self._notes,
        )

    def _part(self, key: str, ask: Callable[[], Found]) -> None:
        """Ask one part, if it is due; what it answers, or why it does not, touches no other."""
        if not self._is_due(key):
            return
        part = PARTS[key]
        self._sections.pop(key, None)
        self._notes.pop(key, None)
        self._asked[key] = self._at.isoformat()
        again = self._at + min(AGAIN, part.every)
        found: Found = {key: None} if key in _FIELDS else {}
        try:
            if self._silent >= _SILENT:
                raise _NotLearnt(tr("it was not asked, as WeChat did not answer before"))
            if time.monotonic() > self._end:
                raise _NotLearnt(tr("it was not asked, as WeChat answered too slowly before"))
            found = ask()
            again = next_told(self._at) if part.statistics else self._at + part.every
            self._silent = 0
        except _Late as late:
            self._notes[key], found = late.note, late.found
            again = min(self._at + NOT_READY, next_told(self._at))
        except _NotHere as note:
            self._notes[key] = str(note)
            again = self._at + part.every
        except _NotLearnt as why:
            self._sections[key] = str(why)
        except WeChatRefused as refusal:
            self._sections[key] = _reason(refusal)
            again = self._after(refusal, part.every)
        except OpsError as error:
            self._context.check()
            self._silent += 1
            self._sections[key] = _reason(error)
        except (KeyError, ValueError, TypeError, AttributeError, OverflowError):
            self._sections[key] = tr("WeChat answered in a form we do not know")
        self._due[key] = again.isoformat()
        self._found |= found

    def _is_due(self, key: str) -> bool:
        if key not in self._due:
            return True
        asked, due = (datetime.fromisoformat(one[key]) for one in (self._asked, self._due))
        if self._since is not None and asked < self._since:
            return True
        return not asked <= self._at < due  # a clock may have been set back

    def _after(self, refusal: WeChatRefused, every: timedelta) -> datetime:
        """Return when to ask again what was refused."""
        if refusal.code == DAY_SPENT:
            return midnight_after(self._at)
        if refusal.code in NOT_PERMITTED:
            return self._at + max(every, timedelta(hours=1))
        return self._at + min(AGAIN, every)

    # ------------------------------------------------------------ parts

    def _quotas(self) -> Found:
        return {"quotas": tuple(self._quota(path) for path in QUOTAS)}

    def _quota(self, path: str) -> Quota:
        try:
            said = self._wechat.call("/cgi-bin/openapi/quota/get", {"cgi_path": path})["quota"]
        except WeChatRefused as refusal:
            if refusal.code in NO_SUCH_QUOTA:
                return Quota(path, None, None, refusal.words, closed=True)
            raise
        limit = statistics.count(said["daily_limit"])
        if not limit:
            return Quota(path, None, None, tr("the account may not call it"), closed=True)
        return Quota(path, statistics.count(said["used"]), limit)

    def _callback(self) -> Found:
        asked = {"action": "all", "check_operator": "DEFAULT"}
        try:
            told = self._wechat.call("/cgi-bin/callback/check", asked)
        except WeChatRefused as refusal:
            if refusal.code == NO_CALLBACK:
                raise _NotHere(f"{refusal.words}{tr('. ')}{refusal.hint}") from refusal
            raise
        addresses = tuple(str(one["ip"]) for one in told["dns"])
        pings = [
            (str(one["package_loss"]).strip() != "0%", str(one.get("time", "")))
            for one in told["ping"]
        ]
        times = list(_milliseconds(took for lost, took in pings if not lost))
        lost = sum(lost for lost, _ in pings)
        return {"callback": CallbackSeen(addresses, len(pings), lost, max(times, default=None))}

    def _echo(self, site: Callback | None) -> Found:
        if not self._address.callback:
            raise _NotHere(tr("no callback address is entered in the settings"))
        if site is None or not site.token:
            raise _NotLearnt(site.why if site else tr("the callback's token is not known"))
        return {"echo": callback.echo(self._address.callback, site.token, self._context)}

    def _statistic(self, statistic: statistics.Statistic) -> Found:
        newest = newest_told(self._at)
        told = statistics.ask(statistic, self._wechat, self._before.days, newest)
        for on, figures in told.figures.items():
            self._days[on] = replace(self._days.get(on, AccountDay(on)), **figures)
        there = self._days.get(newest.isoformat())
        if told.late:
            raise _Late(_not_ready(newest.isoformat()), {})
        if there is None or getattr(there, statistic.gives[0]) is None:
            raise _Late(tr("WeChat tells nothing of {day}", day=newest.isoformat()), {})
        return {}

    def _articles(self) -> Found:
        newest = newest_told(self._at)
        found, late = statistics.articles(self._wechat, newest, ARTICLE_DAYS)
        if late:
            raise _Late(_not_ready(newest.isoformat()), {"articles": found})
        return {"articles": found}

    def _menu(self) -> Found:
        told = self._wechat.call("/cgi-bin/get_current_selfmenu_info")
        if "is_menu_open" not in told:
            raise KeyError("is_menu_open")
        menu = menu_of({"selfmenu": told})
        found: Found = {"menu": MenuSeen(menu.ways()), "menu_digest": menu.digest}
        if self._before.menu_digest not in ("", menu.digest):
            found["menu_changed_at"] = self._at.isoformat()
        return found

    def _hold_against(self, kept: KeptMenu | None) -> None:
        """Say whether the menu is the one that was kept: an archive may be newer than it."""
        menu = self._found.get("menu", self._before.menu)
        if menu is None:
            return
        digest = self._found.get("menu_digest", self._before.menu_digest)
        as_kept = None if kept is None else digest == kept.digest
        at = "" if kept is None else kept.at.isoformat()
        self._found["menu"] = replace(menu, as_kept=as_kept, kept_at=at)

    def _standing(self) -> Found:
        try:
            told = self._wechat.call("/cgi-bin/account/getaccountbasicinfo")
        except WeChatRefused as refusal:
            if refusal.code in NOT_PERMITTED:
                raise _NotHere(
                    tr("WeChat does not tell it to the account's own programs: the date stands on "
                       "the expiry board, entered by hand")
                ) from refusal  # fmt: skip
            raise
        verified = told["wx_verify_info"]
        until = statistics.count(verified.get("annual_review_end_time") or 0)
        kind = told.get("account_type")
        day = datetime.fromtimestamp(until, CHINA).date().isoformat() if until else ""
        return {
            "standing": Standing(
                service=None if kind is None else kind == 2,
                principal=str(told.get("principal_name", "")),
                verified=bool(verified["qualification_verify"]),
                review_until=day,
            )
        }


# Parts whose answer is a field of the details of the same name: unanswered, it is None.
_FIELDS: Final = frozenset({"quotas", "callback", "echo", "articles", "menu", "standing"})


def _milliseconds(times: Iterator[str]) -> Iterator[float]:
    for one in times:
        with suppress(ValueError):
            yield statistics.amount(one.removesuffix("ms"))


def _reason(error: OpsError) -> str:
    """Return why, and what to do about it, in one text."""
    return f"{error.message.rstrip('.。')}{tr('. ')}{error.hint}".strip()


def _not_ready(day: str) -> str:
    return tr("the figures of {day} are not ready yet: WeChat makes them by 8 o'clock", day=day)
