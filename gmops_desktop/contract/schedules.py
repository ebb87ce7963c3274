"""When a database is to be backed up: the plan, and what is due when.  Pure rules, no clock of
their own.

Times of day are those of the wall clock.  A time that a change to summer time leaves out happens
as much later as the clock jumped; one that comes twice happens the first time only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any, Final, Literal, Self

from gmops_desktop.contract.retention import Keep
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr

CatchUp = Literal["now", "ask", "skip"]
Scruple = Literal["ask", "run", "skip"]
QuietRule = Literal["none", "wait", "slow"]
Why = Literal["missed", "battery", "metered", "quiet", "retry"]
Outcome = Literal["running", "done", "unproved", "damaged", "failed", "skipped", "declined",
                  "missed"]  # fmt: skip

EVERY_DAY: Final = frozenset(range(7))
GRACE: Final = timedelta(minutes=20)  # later than this, a backup was missed; timers come every 10
_WEEK: Final = timedelta(days=8)  # within which every plan comes round, whatever the clock does
_MBIT: Final = 1_000_000 / 8  # bytes
_LEAST_SHARE: Final = 0.05  # of the line that a backup may always use: it must end some day

# What ends an appointment for good; the others leave it open for another attempt.
_FINAL: Final[frozenset[Outcome]] = frozenset({"done", "unproved", "declined", "missed"})
_TRIED: Final[frozenset[Outcome]] = frozenset({"failed", "damaged"})


@dataclass(frozen=True, slots=True)
class Plan:
    """When and how politely one database is backed up, and which of its archives are kept.

    `times` are times of day; with `every_hours` the first of them starts a series within the day.
    `weekdays` are 0 (Monday) to 6.  `catch_up` says what happens to a backup the machine slept
    through; `battery` and `metered` what happens there ("ask" asks in the window; unattended it
    skips).  In the quiet hours a backup waits for their end, or is slower.  Rates are Mbit/s: of
    the line `line_mbit`, `leave_mbit` are left to others; 0 for the line means no limit.  A failed
    backup is tried `retries` times more, `retry_minutes` apart.
    """

    enabled: bool = True
    times: tuple[time, ...] = (time(3),)
    every_hours: int = 0
    weekdays: frozenset[int] = EVERY_DAY
    catch_up: CatchUp = "now"
    battery: Scruple = "ask"
    metered: Scruple = "ask"
    quiet_rule: QuietRule = "none"
    quiet_begin: time = time(9)
    quiet_end: time = time(18)
    line_mbit: float = 0.0
    leave_mbit: float = 0.0
    quiet_leave_mbit: float = 0.0
    retries: int = 3
    retry_minutes: int = 10
    keep: Keep = field(default_factory=Keep)

    def checked(self) -> Self:
        """Return the plan; raise `OpsError` naming what makes no sense in it."""
        fault = "; ".join(_faults(self))
        if fault:
            raise OpsError(
                tr("This schedule cannot work: {fault}.", fault=fault),
                hint=tr("Mend it, then save again."),
                unharmed=tr("The schedule in use is unchanged."),
            )
        return self

    @property
    def day_times(self) -> tuple[time, ...]:
        """The times of day, those of a series included, in order."""
        if not self.every_hours:
            return tuple(sorted(set(self.times)))
        first = min(self.times)
        hours = range(first.hour, 24, self.every_hours)
        return tuple(first.replace(hour=hour) for hour in hours)

    def to_dict(self) -> dict[str, Any]:
        """Return the plan as plain JSON values."""
        values = {one.name: getattr(self, one.name) for one in fields(self)}
        values |= {
            "times": [f"{one:%H:%M}" for one in self.times],
            "weekdays": sorted(self.weekdays),
            "quiet_begin": f"{self.quiet_begin:%H:%M}",
            "quiet_end": f"{self.quiet_end:%H:%M}",
            "keep": self.keep.to_dict(),
        }
        return values

    @classmethod
    def from_dict(cls, values: object) -> Self:
        """Return the plan of `to_dict`; `ValueError` or `TypeError` where it is broken.

        Fields of a newer version are not ours to judge; those of an older one have defaults.
        """
        if not isinstance(values, Mapping):
            raise TypeError(f"{values!r}")
        default = cls()
        known = {one.name: values[one.name] for one in fields(cls) if one.name in values}
        for name, value in known.items():
            usual = getattr(default, name)
            if isinstance(usual, bool | str | int) and type(value) is not type(usual):
                raise TypeError(f"{name}: {value!r}")
            if isinstance(usual, float):
                known[name] = float(value)
        if "times" in known:
            known["times"] = tuple(time.fromisoformat(one) for one in known["times"])
        if "weekdays" in known:
            known["weekdays"] = frozenset(int(one) for one in known["weekdays"])
        for name in ("quiet_begin", "quiet_end"):
            if name in known:
                known[name] = time.fromisoformat(known[name])
        if "keep" in known:
            known["keep"] = Keep.from_dict(known["keep"])
        plan = replace(default, **known)
        if faults := list(_faults(plan)):
            raise ValueError("; ".join(faults))
        return plan


def _faults(plan: Plan) -> Iterator[str]:
    if not plan.times:
        yield tr("it names no time of day")
    if not plan.weekdays or not plan.weekdays <= EVERY_DAY:
        yield tr("it names no weekday")
    if plan.every_hours not in range(24):
        yield tr("the hours between two backups are not 1 to 23")
    if plan.quiet_rule != "none" and plan.quiet_begin == plan.quiet_end:
        yield tr("the quiet hours begin when they end")
    rates = (plan.line_mbit, plan.leave_mbit, plan.quiet_leave_mbit)
    if any(not 0 <= rate < 1e6 for rate in rates):
        yield tr("a rate is below zero, or is no rate")
    elif plan.line_mbit and max(rates[1:]) >= plan.line_mbit:
        yield tr("what is left to others takes the whole line")
    elif not plan.line_mbit and max(rates[1:]):
        yield tr("the speed of the line is missing")
    if plan.quiet_rule == "slow" and not plan.line_mbit:
        yield tr("being slower in the quiet hours needs the speed of the line")
    if not 0 <= plan.retries <= 20 or not 1 <= plan.retry_minutes <= 24 * 60:
        yield tr("the repeats are not 0 to 20, each after 1 minute to 1 day")
    choices = (
        (plan.catch_up, ("now", "ask", "skip")),
        (plan.battery, ("ask", "run", "skip")),
        (plan.metered, ("ask", "run", "skip")),
        (plan.quiet_rule, ("none", "wait", "slow")),
    )
    for value, known in choices:
        if value not in known:
            yield tr("“{value}” is not one of {known}", value=value, known=", ".join(known))
    yield from plan.keep.faults()


# ---------------------------------------------------------------- the calendar


def occurrences(
    plan: Plan, after: datetime, upto: datetime, zone: tzinfo | None = None
) -> tuple[datetime, ...]:
    """Return the plan's moments later than `after` and not later than `upto`, in order, as UTC.

    `zone` is the wall clock's; None is this machine's own.
    """
    found = set()
    on, last = _local(after, zone).date(), _local(upto, zone).date()
    while on <= last:
        if on.weekday() in plan.weekdays:
            found |= {_moment(on, one, zone) for one in plan.day_times}
        on += timedelta(days=1)
    return tuple(sorted(at for at in found if after < at <= upto))


def newest(plan: Plan, now: datetime, zone: tzinfo | None = None) -> datetime | None:
    """Return the plan's newest moment that is not in the future."""
    return next(reversed(occurrences(plan, now - _WEEK, now, zone)), None)


def following(plan: Plan, now: datetime, zone: tzinfo | None = None) -> datetime | None:
    """Return the plan's next moment, None where it is switched off."""
    if not plan.enabled:
        return None
    return next(iter(occurrences(plan, now, now + _WEEK, zone)), None)


def quiet_until(plan: Plan, at: datetime, zone: tzinfo | None = None) -> datetime | None:
    """Return when the quiet hours around `at` end, None outside of them."""
    if plan.quiet_rule == "none":
        return None
    today = _local(at, zone).date()
    for on in (today - timedelta(days=1), today):
        over = plan.quiet_end <= plan.quiet_begin
        begin = _moment(on, plan.quiet_begin, zone)
        end = _moment(on + timedelta(days=over), plan.quiet_end, zone)
        if begin <= at < end:
            return end
    return None


def rate_limit(plan: Plan, at: datetime, zone: tzinfo | None = None) -> int:
    """Return how many bytes a second a backup at `at` may take of the line; 0 is no limit."""
    slow = plan.quiet_rule == "slow" and quiet_until(plan, at, zone) is not None
    leave = max(plan.leave_mbit, plan.quiet_leave_mbit) if slow else plan.leave_mbit
    if not plan.line_mbit or not leave:
        return 0
    return round(max(plan.line_mbit - leave, plan.line_mbit * _LEAST_SHARE) * _MBIT)


def start_of(plan: Plan, due: datetime, zone: tzinfo | None = None) -> datetime:
    """Return when the backup due at `due` may begin: after the quiet hours, where it waits."""
    if plan.quiet_rule != "wait":
        return due
    return quiet_until(plan, due, zone) or due


def _local(at: datetime, zone: tzinfo | None) -> datetime:
    return at.astimezone(zone)


def _moment(on: date, at: time, zone: tzinfo | None) -> datetime:
    # In a gap of the clock the offset before it counts (PEP 495), which shifts the time forward.
    wall = datetime.combine(on, at, zone)
    return wall.astimezone(UTC)


# ---------------------------------------------------------------- what is due


@dataclass(frozen=True, slots=True)
class Run:
    """One attempt at, or decision about, the backup due at `due`.

    `hopeless` is a failure that another attempt would not mend.  `unattended` says that no window
    was open.  `reason` is a finished sentence, or nothing.
    """

    id: str
    resource_id: str
    due: datetime
    at: datetime
    ended: datetime | None
    outcome: Outcome
    reason: str = ""
    archive_id: str = ""
    hopeless: bool = False
    unattended: bool = False


@dataclass(frozen=True, slots=True)
class Taken:
    """What the rules need to know of an archive; `verified` is None where nobody looked."""

    id: str
    at: datetime
    verified: bool | None


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Where the machine stands: None where it cannot be known, which counts as no."""

    on_battery: bool | None = None
    metered: bool | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do now.

    "wait" until `at` (None: nothing will ever be due), "run" the backup due at `due`, "ask" the
    person at the window, or "skip" it for the reasons in `why`, which a skip of "missed" ends for
    good.  `late` is how long ago it should have begun, in seconds; `attempt` counts from 1.
    """

    act: Literal["wait", "run", "ask", "skip"]
    at: datetime | None = None
    due: datetime | None = None
    why: tuple[Why, ...] = ()
    late: float = 0.0
    attempt: int = 1
    rate_limit: int = 0


def open_appointment(
    plan: Plan,
    since: datetime,
    now: datetime,
    runs: Sequence[Run],
    taken: Sequence[Taken],
    zone: tzinfo | None = None,
) -> datetime | None:
    """Return the newest moment of the plan that has come and is not settled.

    Of several that were missed only the newest counts.  It is settled by a run of its own, or by
    a proved archive begun since, whoever took it.  `since` is when the plan was made: it does not
    ask for what was before.  After the clock was set back, moments settled before stay settled.
    """
    due = newest(plan, now, zone)
    if not plan.enabled or due is None or due <= since <= now:
        return None
    if any(run.due == due and run.outcome in _FINAL for run in runs):
        return None
    if any(due <= one.at <= now and one.verified for one in taken):
        return None
    return due


def decide(
    plan: Plan,
    since: datetime,
    now: datetime,
    runs: Sequence[Run],
    taken: Sequence[Taken],
    around: Surroundings,
    *,
    attended: bool,
    zone: tzinfo | None = None,
) -> Decision:
    """Say what is to be done now about one database.  Arguments as in `open_appointment`."""
    due = open_appointment(plan, since, now, runs, taken, zone)
    after = following(plan, now, zone)
    wait = Decision("wait", start_of(plan, after, zone) if after else None, after)
    if due is None:
        return wait
    tried = [run for run in runs if run.due == due and run.outcome in _TRIED]
    if any(run.hopeless for run in tried) or len(tried) > plan.retries:
        return wait
    if tried:
        # A time in the future was written before the clock was set back.
        ended = max(min(run.ended or run.at, now) for run in tried)
        again = ended + timedelta(minutes=plan.retry_minutes)
        if now < again:
            return Decision("wait", again, due, ("retry",), attempt=len(tried) + 1)
    start = start_of(plan, due, zone)
    quiet = quiet_until(plan, now, zone) if plan.quiet_rule == "wait" else None
    if now < start or quiet is not None:
        return Decision("wait", quiet or start, due, ("quiet",), attempt=len(tried) + 1)

    late = now - start
    missed = late > GRACE and not tried
    found = Decision(
        "run",
        now,
        due,
        ("missed",) if missed else (),
        late.total_seconds(),
        len(tried) + 1,
        rate_limit(plan, now, zone),
    )
    if missed and plan.catch_up == "skip":
        return replace(found, act="skip")
    scruples: list[tuple[Why, Scruple]] = []
    if missed and plan.catch_up == "ask":
        scruples.append(("missed", "ask" if attended else "run"))
    if around.on_battery:
        scruples.append(("battery", plan.battery))
    if around.metered:
        scruples.append(("metered", plan.metered))
    why = tuple(name for name, scruple in scruples if scruple != "run")
    if any(scruple == "skip" or (scruple == "ask" and not attended) for _, scruple in scruples):
        return replace(found, act="skip", why=tuple(one for one in why if one != "missed"))
    return replace(found, act="ask", why=why) if why else found
