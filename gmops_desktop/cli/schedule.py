"""`gmops schedule`: backups that come by themselves, from the system's own timer."""

from __future__ import annotations

from dataclasses import replace
from datetime import time
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from gmops_desktop.cli.help import Command, group
from gmops_desktop.cli.options import Json, argument, option
from gmops_desktop.cli.schedule_timer import timer_lines
from gmops_desktop.cli.session import opened
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr
from ui import schedule_words, words

if TYPE_CHECKING:
    from gmops_desktop.addresses import Resource
    from gmops_desktop.cli.session import Session
    from gmops_desktop.contract.schedules import CatchUp, Plan, QuietRule, Scruple
    from gmops_desktop.services.schedules import Outlook, Subject
    from gmops_desktop.services.timers import TimerState

commands = group("schedule", tr("Backups that come by themselves, and what becomes of them."))

Name = Annotated[
    str,
    argument(
        "NAME",
        tr(
            "A database, website or official account of the contract, by name; without one: "
            "the database, where there is only one."
        ),
    ),
]
Everything = Annotated[
    bool,
    typer.Option("--all", help=tr("Everything at once, as `gmops backup all` takes it.")),
]
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


# ---------------------------------------------------------------- the plan


@commands.command("set", cls=Command, help=tr("Set when something, or everything, is backed up."))
def set_plan(
    name: Name = "",
    everything: Everything = False,
    at: Annotated[
        list[str] | None,
        option("--at", tr("A time of day; may be given several times."), metavar="HH:MM"),
    ] = None,
    every: Annotated[
        int | None,
        option(
            "--every",
            tr("Every so many hours from the first --at on; 0: only at the times."),
            metavar="HOURS",
            min=0,
            max=23,
        ),
    ] = None,
    days: Annotated[
        str, option("--days", tr("The weekdays: mon,wed or mon-fri or all."), metavar="mon,tue,…")
    ] = "",
    catch_up: Annotated[
        str,
        option(
            "--catch-up",
            tr("What happens to a backup the machine slept through."),
            metavar="now|ask|skip",
        ),
    ] = "",
    battery: Annotated[
        str,
        option(
            "--battery",
            tr("On battery: ask in the window (unattended: skip), run or skip."),
            metavar="ask|run|skip",
        ),
    ] = "",
    metered: Annotated[
        str,
        option(
            "--metered",
            tr("On a metered line: ask (unattended: skip), run or skip."),
            metavar="ask|run|skip",
        ),
    ] = "",
    quiet: Annotated[
        str,
        option(
            "--quiet",
            tr("Quiet hours, such as 09:00-18:00; “off” for none."),
            metavar="HH:MM-HH:MM",
        ),
    ] = "",
    quiet_rule: Annotated[
        str,
        option(
            "--quiet-rule",
            tr("In the quiet hours: wait for their end, or be slower."),
            metavar="wait|slow",
        ),
    ] = "",
    line: Annotated[
        float | None,
        option("--line", tr("The line's speed in Mbit/s; 0: no limit."), metavar="MBIT"),
    ] = None,
    leave: Annotated[
        float | None,
        option("--leave", tr("How much of it is left to the site, in Mbit/s."), metavar="MBIT"),
    ] = None,
    quiet_leave: Annotated[
        float | None,
        option(
            "--quiet-leave", tr("How much is left to the site in the quiet hours."), metavar="MBIT"
        ),
    ] = None,
    keep_last: Annotated[
        int | None, option("--keep-last", tr("Keep the newest N archives."), metavar="N")
    ] = None,
    keep_daily: Annotated[
        int | None, option("--keep-daily", tr("Keep one archive for each of N days."), metavar="N")
    ] = None,
    keep_weekly: Annotated[
        int | None,
        option("--keep-weekly", tr("Keep one archive for each of N weeks."), metavar="N"),
    ] = None,
    keep_monthly: Annotated[
        int | None,
        option("--keep-monthly", tr("Keep one archive for each of N months."), metavar="N"),
    ] = None,
    keep_all: Annotated[bool, typer.Option("--keep-all", help=tr("Remove no archive."))] = False,
    off: Annotated[bool, typer.Option("--off", help=tr("Switch the schedule off."))] = False,
    as_json: Json = False,
) -> None:
    with opened(as_json) as session:
        from gmops_desktop.contract.schedules import Plan

        subject = subject_named(session, name, everything=everything)
        schedules = session.services.schedules
        try:
            plan = schedules.plan(subject) or Plan()
        except OpsError as broken:
            session.terminal.tell(broken.message)
            plan = Plan()  # setting it anew is the way out
        given: dict[str, Any] = {
            "every_hours": every,
            "line_mbit": line,
            "leave_mbit": leave,
            "quiet_leave_mbit": quiet_leave,
            "catch_up": cast("CatchUp | None", catch_up or None),
            "battery": cast("Scruple | None", battery or None),
            "metered": cast("Scruple | None", metered or None),
            "quiet_rule": cast("QuietRule | None", quiet_rule or None),
            "times": tuple(_time(one, "--at") for one in at) if at else None,
            "weekdays": _weekdays(days) if days else None,
        }
        given |= _quiet(quiet, plan, quiet_rule)
        if line == 0:
            given = {"leave_mbit": 0.0, "quiet_leave_mbit": 0.0, **_known(given)}
        counts = {"last": keep_last, "daily": keep_daily, "weekly": keep_weekly,
                  "monthly": keep_monthly}  # fmt: skip
        keep = plan.keep
        if _known(counts):
            keep = replace(keep, enabled=True, **_known(counts))
        if keep_all:
            keep = replace(keep, enabled=False)
        plan = replace(plan, enabled=not off, keep=keep, **_known(given))
        schedules.save(subject, plan)
        outlook = schedules.outlook(subject)
        lines = [
            f"{subject.name}{tr(': ')}{schedule_words.plan_text(plan)}"
            f"{tr('; ', context='between clauses')}{schedule_words.keep_text(plan.keep)}",
            schedule_words.next_text(outlook.decision),
        ]
        if session.services.timers.state() is None and plan.enabled:
            lines.append(tr("Only the open window looks at it; `gmops schedule install` sets up "
                            "the system's timer."))  # fmt: skip
        session.terminal.answer(_outlook(outlook), *lines)


@commands.command("status", cls=Command, help=tr("Show what is scheduled, and what came of it."))
def status(as_json: Json = False) -> None:
    with opened(as_json) as session:
        services = session.services
        outlooks = services.schedules.outlooks()
        timer, collecting = services.timers.state(), services.collecting.state()
        around = services.schedules.surroundings()
        session.terminal.table(
            {
                "plans": [_outlook(one) for one in outlooks],
                "timer": timer,
                "collecting": collecting,
                "surroundings": around,
                "command": services.timers.command,
            },
            (tr("What"), tr("Schedule"), tr("State"), tr("Last verified"), tr("Next")),
            [
                (
                    schedule_words.subject_text(one.subject),
                    one.fault or schedule_words.ruling_text(one),
                    _standing(one),
                    words.stamp(one.standing.last_proved)
                    if one.standing.last_proved
                    else words.NOTHING,
                    schedule_words.next_text(one.decision),
                )
                for one in outlooks
            ],
        )
        if not as_json:
            lines = timer_lines(timer, services.timers.command)
            lines.append(_collecting_line(collecting))
            told = schedule_words.surroundings_text(around)
            session.terminal.answer(None, "", *lines, told)


@commands.command("history", cls=Command, help=tr("Show what became of the last 30 times."))
def history(name: Name = "", everything: Everything = False, as_json: Json = False) -> None:
    with opened(as_json) as session:
        subject = subject_named(session, name, everything=everything)
        runs = session.services.schedules.history(subject.id)
        session.terminal.table(
            {"runs": runs},
            (tr("Due"), tr("Begun"), tr("Outcome"), tr("Why")),
            [
                (
                    words.stamp(run.due),
                    words.stamp(run.at),
                    schedule_words.outcome_of(run)[1],
                    run.reason,
                )
                for run in runs
            ],
        )


# ---------------------------------------------------------------- words


def subject_named(session: Session, name: str, *, everything: bool = False) -> Subject:
    """Return what is called `name` and can be backed up by schedule, or the only database."""
    from gmops_desktop.cli.backup import only_database
    from gmops_desktop.services.schedules import EVERYTHING

    if everything and name:
        raise typer.BadParameter(tr("it does not go with a name"), param_hint="--all")
    subjects = {one.id: one for one in session.services.schedules.subjects()}
    if everything:
        wanted = EVERYTHING
    else:
        wanted = session.resource(name).id if name else only_database(session)
    if wanted not in subjects:
        raise OpsError(
            tr("{name} is nothing that is backed up by schedule.", name=name or tr("Everything")),
            hint=tr("A database, an official account, or a website whose directories are known."),
        )
    return subjects[wanted]


def database_named(session: Session, name: str) -> Resource:
    """Return the database of the contract called `name`, or the only one there is."""
    from gmops_desktop.cli.backup import only_database

    return session.resource(name or only_database(session), kind="mysql")


def _known(values: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value is not None}


def _time(text: str, option: str) -> time:
    try:
        return time.fromisoformat(text.zfill(5))
    except ValueError as error:
        raise typer.BadParameter(
            tr("“{text}” is not a time of day such as 03:00", text=text), param_hint=option
        ) from error


def _weekdays(text: str) -> frozenset[int]:
    if text == "all":
        return frozenset(range(7))
    found = set[int]()
    for part in text.lower().split(","):
        first, _, last = part.strip().partition("-")
        if first not in _DAYS or (last or first) not in _DAYS:
            raise typer.BadParameter(
                tr("it names weekdays as {names}", names=",".join(_DAYS)), param_hint="--days"
            )
        begin, end = _DAYS.index(first), _DAYS.index(last or first)
        found |= {day % 7 for day in range(begin, end + (7 if end < begin else 0) + 1)}
    return frozenset(found)


def _quiet(text: str, plan: Plan, rule: str) -> dict[str, Any]:
    if not text:
        return {}
    if text == "off":
        return {"quiet_rule": "none"}
    begin, _, end = text.partition("-")
    known = rule or (plan.quiet_rule if plan.quiet_rule != "none" else "wait")
    return {
        "quiet_rule": known,
        "quiet_begin": _time(begin, "--quiet"),
        "quiet_end": _time(end, "--quiet"),
    }


def _standing(outlook: Outlook) -> str:
    from gmops_desktop.states import word_of

    word = word_of(outlook.standing.state)
    return f"{word}{tr(': ')}{outlook.standing.reason}" if outlook.standing.reason else word


def _collecting_line(timer: TimerState | None) -> str:
    if timer is None or not timer.active:
        return tr("The servers are looked at only while the window is open; "
                  "`gmops schedule install --collect` sets up a timer for it.")  # fmt: skip
    return tr("The servers are looked at every 5 minutes ({kind}: {where}).",
              kind=timer.kind, where=timer.where)  # fmt: skip


def _outlook(outlook: Outlook) -> dict[str, object]:
    return {
        "id": outlook.subject.id,
        "kind": outlook.subject.kind,
        "name": outlook.subject.name,
        "plan": outlook.plan.to_dict() if outlook.plan else None,
        "within_everything": outlook.within is not None,
        "fault": outlook.fault,
        "standing": outlook.standing,
        "decision": outlook.decision,
    }
