"""How a schedule reads: when, what is kept, what comes next, what became of a run."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Final

from gmops_desktop.contract.retention import Forecast, Keep
from gmops_desktop.contract.schedules import (
    EVERY_DAY,
    Decision,
    Outcome,
    Plan,
    Run,
    Surroundings,
    Why,
)
from gmops_desktop.language import mark, tr, tr_n
from gmops_desktop.states import State
from ui import words

if TYPE_CHECKING:  # a terminal's help must not wait for the store
    from gmops_desktop.services.schedules import Outlook, Subject

_OUTCOMES: Final[dict[Outcome, tuple[State, str]]] = {
    "running": ("unknown", mark("running")),
    "done": ("ok", mark("taken and verified")),
    "unproved": ("warning", mark("taken, not verified")),
    "damaged": ("critical", mark("archive damaged")),
    "failed": ("critical", mark("failed")),
    "skipped": ("warning", mark("skipped")),
    "declined": ("unknown", mark("not wanted")),
    "missed": ("critical", mark("missed")),
}
_WHY: Final[dict[Why, str]] = {
    "missed": mark("it was missed: the machine was off or asleep"),
    "battery": mark("the machine runs on its battery"),
    "metered": mark("the line is a metered one"),
    "quiet": mark("quiet hours"),
    "retry": mark("the last attempt failed"),
}


def outcome_of(run: Run) -> tuple[State, str]:
    """Return the state and the word for what became of a run."""
    state, word = _OUTCOMES[run.outcome]
    return state, tr(word)


def why_text(decision: Decision) -> str:
    """Return why something waits or asks, as one phrase."""
    return tr(", ").join(tr(_WHY[why]) for why in decision.why)


def plan_text(plan: Plan | None) -> str:
    """Return a plan in words: "daily at 03:00", "Mon, Thu at 02:30, 14:30"."""
    if plan is None:
        return tr("no schedule")
    if not plan.enabled:
        return tr("switched off")
    if plan.weekdays == EVERY_DAY:
        days = tr("daily")
    elif plan.weekdays == frozenset(range(5)):
        days = tr("Monday to Friday")
    else:
        monday = datetime(2018, 1, 1).date()
        named = [words.weekday(monday + timedelta(days=day)) for day in sorted(plan.weekdays)]
        days = words.listed(named)
    if plan.every_hours:
        return tr(
            "{days}, every {hours} h from {time}",
            days=days,
            hours=plan.every_hours,
            time=_clock(min(plan.times)),
        )
    times = words.listed(_clock(one) for one in plan.day_times)
    return tr("{days} at {times}", days=days, times=times)


def subject_text(subject: Subject) -> str:
    """Return what a plan is for: its name, and which of its backups where that is not clear."""
    kinds = {"files": tr("Program files"), "account": tr("Account settings")}
    return " · ".join(filter(None, (subject.name, kinds.get(subject.kind))))


def ruling_text(outlook: Outlook) -> str:
    """Return when something is backed up: by its own plan, or along with everything."""
    if outlook.within is not None:
        return tr("with everything, {when}", when=plan_text(outlook.within))
    return plan_text(outlook.plan)


def keep_text(keep: Keep) -> str:
    """Return what is kept in words: "the newest 3, 30 daily, 12 monthly"."""
    if not keep.enabled:
        return tr("every archive is kept")
    parts = [
        tr("the newest {count}", count=keep.last),
        tr("{count} daily", count=keep.daily) if keep.daily else "",
        tr("{count} weekly", count=keep.weekly) if keep.weekly else "",
        tr("{count} monthly", count=keep.monthly) if keep.monthly else "",
    ]
    return tr("{what} are kept", what=words.listed(filter(None, parts)))


def next_text(decision: Decision | None, now: datetime | None = None) -> str:
    """Return in words what comes next and when."""
    now = now or datetime.now(UTC)
    if decision is None:
        return tr("No backup is scheduled.")
    if decision.act != "wait":
        if decision.why:
            return tr("Due now; {why}.", why=why_text(decision))
        return tr("Due now.")
    if decision.at is None:
        return tr("The schedule is switched off.")
    ahead = max(0.0, (decision.at - now).total_seconds())
    values = {"when": _day_and_time(decision.at, now), "ahead": words.lasting(ahead)}
    if decision.why:
        return tr("Waits until {when}, in {ahead}: {why}.", why=why_text(decision), **values)
    return tr("Next backup {when}, in {ahead}.", **values)


def rate_text(rate_limit: int) -> str:
    """Return a limit in bytes a second as Mbit/s."""
    if not rate_limit:
        return tr("no limit")
    return tr("at most {rate} Mbit/s", rate=f"{rate_limit * 8 / 1e6:g}")


def surroundings_text(around: Surroundings) -> str:
    """Return what the system tells of battery and line; unknown counts as no, and says so."""
    if around.on_battery is None:
        power = tr("Whether it runs on battery, this system does not tell: taken as no.")
    else:
        power = tr("On battery now.") if around.on_battery else tr("On mains power now.")
    if around.metered is None:
        line = tr("Whether the line is metered, this system does not tell: taken as no.")
    else:
        line = tr("The line is metered.") if around.metered else tr("The line is not metered.")
    return f"{power} {line}"


def forecast_text(found: Forecast | None) -> str:
    """Return how long the disk lasts."""
    if found is None:
        return tr("How long the disk lasts shows after the first backup.")
    size = words.size(found.archive_bytes)
    if found.full_on is None:
        return tr("At {size} an archive the disk lasts for more than 2 years.", size=size)
    on = words.day(found.full_on.astimezone().date())
    return tr("At {size} an archive the disk is full about {day}.", size=size, day=on)


def freed_text(count: int, size: int) -> str:
    """Return what retention would remove."""
    if not count:
        return tr("Nothing would be removed.")
    archives = tr_n("{count} archive", "{count} archives", count)
    return tr("{archives} would be removed, {size}.", archives=archives, size=words.size(size))


def _day_and_time(at: datetime, now: datetime) -> str:
    here, today = at.astimezone(), now.astimezone().date()
    if here.date() == today:
        return tr("today {time}", time=words.clock(at))
    if here.date() == today + timedelta(days=1):
        return tr("tomorrow {time}", time=words.clock(at))
    if here.date() - today < timedelta(days=7):
        return f"{words.weekday(here.date())} {words.clock(at)}"
    return words.stamp(at)


def _clock(at: time) -> str:
    return f"{at:%H:%M}"
