"""What of a look at an official account stands below its charts."""

from __future__ import annotations

from gmops_desktop.contract.account_parts import QUOTAS
from gmops_desktop.contract.looks import AccountDetails
from gmops_desktop.contract.metrics import failed_share
from gmops_desktop.language import tr, tr_n
from gmops_desktop.services.servers import Look
from gmops_desktop.states import State
from ui.words import NOTHING, lasting, number, share

Fact = tuple[str, str, State | None]


def account_facts(details: AccountDetails, look: Look) -> list[Fact]:
    """Return the name of each fact, its words, and how pressing it is."""

    def state(*keys: str) -> State | None:
        levels = [look.watches[key].level for key in keys if key in look.watches]
        return next((one for one in ("critical", "warning") if one in levels), None)

    quotas = [key for key in look.watches if key.partition(":")[0] == "quota"]
    return [
        (tr("Callback, seen by WeChat"), _callback(details), state("callback")),
        (tr("Answer to a signed question"), _echo(details), state("echo")),
        (_of(details, tr("Unanswered"), "calls"), _failed(details), state("callback_failed")),
        (_of(details, tr("Time to the answer"), "mean_ms"), _times(details), state("callback_ms")),
        (tr("Most used interface"), _quota(details), state(*quotas)),
        (_of(details, tr("Readers"), "readers"), _readers(details), None),
        (tr("Menu"), _menu(details), state("menu")),
        (tr("Verification"), _verification(details), state("verified", "review_days")),
    ]


def account_about(details: AccountDetails) -> list[str]:
    """Return what the account is, in a few words."""
    standing = details.standing
    if standing is None:
        return []
    kinds = {True: tr("service account"), False: tr("subscription account"), None: ""}
    return [one for one in (standing.principal, kinds[standing.service]) if one]


def _missing(details: AccountDetails, key: str) -> str:
    """Return what to say of a part without an answer; why, all findings tell."""
    return tr("does not apply") if key in details.notes else tr("unknown")


def _of(details: AccountDetails, name: str, figure: str) -> str:
    day = details.newest(figure)
    return name if day is None else tr("{name} ({day})", name=name, day=day.on[5:])


def _callback(details: AccountDetails) -> str:
    seen = details.callback
    if seen is None:
        return _missing(details, "callback")
    if not seen.addresses:
        return tr("name not resolved")
    if seen.pings and seen.lost == seen.pings:
        return tr("no answer to pings")
    took = "" if seen.slowest_ms is None else f"{tr(', ')}{number(seen.slowest_ms)} ms"
    return f"{seen.addresses[0]}{took}"


def _echo(details: AccountDetails) -> str:
    seen = details.echo
    if seen is None:
        return _missing(details, "echo")
    if seen.fault or seen.seconds is None:
        return seen.fault
    if not seen.echoed:
        return tr("wrong, status {code}", code=seen.status)
    if seen.guarded is False:
        return tr("right, but unguarded")
    return tr("right, {time}", time=lasting(seen.seconds))


def _failed(details: AccountDetails) -> str:
    day, part = details.newest("calls"), failed_share(details)
    if day is None or day.calls is None:
        return _missing(details, "health")
    if part is None or day.failed is None:
        return tr("none of {count}", count=number(day.calls)) if not day.calls else NOTHING
    return tr("{failed} of {count}", failed=number(day.failed), count=number(day.calls))


def _times(details: AccountDetails) -> str:
    day = details.newest("mean_ms")
    if day is None or day.mean_ms is None:
        return _missing(details, "health")
    longest = NOTHING if day.longest_ms is None else number(day.longest_ms)
    return tr("{mean} ms, at most {longest} ms", mean=number(day.mean_ms), longest=longest)


def _quota(details: AccountDetails) -> str:
    quota = details.fullest
    if quota is None or quota.share is None:
        return _missing(details, "quotas")
    what = tr(QUOTAS.get(quota.path, quota.path))
    return tr("{what}, {share}", what=what, share=share(quota.share / 100))


def _readers(details: AccountDetails) -> str:
    day = details.newest("readers")
    if day is None or day.readers is None:
        return _missing(details, "reads")
    if day.shares is None:
        return number(day.readers)
    return tr("{count}, shared by {shares}", count=number(day.readers), shares=number(day.shares))


def _menu(details: AccountDetails) -> str:
    menu = details.menu
    if menu is None:
        return _missing(details, "menu")
    if menu.as_kept is None:
        count = len(menu.buttons)
        return tr_n("{count} button, not kept yet", "{count} buttons, not kept yet", count)
    day = menu.kept_at[:10]
    return tr("as kept on {day}", day=day) if menu.as_kept else tr("not as kept on {day}", day=day)


def _verification(details: AccountDetails) -> str:
    standing = details.standing
    if standing is None:
        return tr("see the expiry board") if "standing" in details.notes else tr("unknown")
    if not standing.verified:
        return tr("not certified")
    return standing.review_until or tr("certified")
