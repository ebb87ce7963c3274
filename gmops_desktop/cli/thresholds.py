"""`gmops thresholds`: from which values on something is an alert, for each resource."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from gmops_desktop.cli.help import Command, group
from gmops_desktop.cli.options import Json, option
from gmops_desktop.cli.session import opened
from gmops_desktop.language import tr
from ui import words

if TYPE_CHECKING:
    from gmops_desktop.cli.session import Session
    from gmops_desktop.contract.thresholds import Pair

commands = group("thresholds", tr("From which values on something is an alert."))

Name = Annotated[
    str, typer.Argument(metavar="NAME", help=tr("A resource of the contract, by name."))
]
Key = Annotated[str, typer.Argument(metavar="KEY", help=tr("What is judged, as `show` names it."))]


@commands.command("show", cls=Command, help=tr("Show the thresholds of a resource."))
def show(name: Name, as_json: Json = False) -> None:
    with opened(as_json) as session:
        _show(session, name)


@commands.command("set", cls=Command, help=tr("Set one threshold of a resource."))
def set_(
    name: Name,
    key: Key,
    warning: Annotated[
        str,
        option(
            "--warning",
            tr("When it is a warning, and when it is over: 85:75; “off”."),
            metavar="TRIGGER:CLEAR",
        ),
    ] = "",
    critical: Annotated[
        str,
        option(
            "--critical",
            tr("When it is critical, and when no longer: 95:85; “off”."),
            metavar="TRIGGER:CLEAR",
        ),
    ] = "",
    minutes: Annotated[
        float | None,
        option("--minutes", tr("Over how long its mean is taken; 0: the last look."), metavar="N"),
    ] = None,
    as_json: Json = False,
) -> None:
    with opened(as_json) as session:
        limits = session.services.limits
        resource = session.resource(name)
        limit = limits.of(resource).get(key)
        if limit is not None:
            if warning:
                limit = replace(limit, warning=_pair(warning, "--warning"))
            if critical:
                limit = replace(limit, critical=_pair(critical, "--critical"))
            if minutes is not None:
                limit = replace(limit, minutes=minutes)
            limits.set(resource, key, limit)
        else:
            limits.reset(resource, key)  # says which there are
        _show(session, name)


@commands.command("reset", cls=Command, help=tr("Go back to the program's own threshold."))
def reset(name: Name, key: Key, as_json: Json = False) -> None:
    with opened(as_json) as session:
        session.services.limits.reset(session.resource(name), key)
        _show(session, name)


def _show(session: Session, name: str) -> None:
    from gmops_desktop.contract.thresholds import NAMES

    resource = session.resource(name)
    limits, own = session.services.limits.of(resource), session.services.limits.own(resource)
    session.terminal.table(
        {"limits": {key: one.to_dict() for key, one in limits.items()}, "own": list(own)},
        (tr("Key"), tr("What"), tr("Warning"), tr("Critical"), tr("Over (min)"), tr("Set here")),
        [
            (
                key,
                tr(NAMES[resource.kind][key]),
                _text(limit.warning),
                _text(limit.critical),
                words.number(limit.minutes) if limit.minutes else words.NOTHING,
                tr("yes") if key in own else "",
            )
            for key, limit in limits.items()
        ],
    )


def _text(pair: Pair | None) -> str:
    return words.NOTHING if pair is None else f"{pair[0]:g} → {pair[1]:g}"


def _pair(text: str, option: str) -> Pair | None:
    if text == "off":
        return None
    trigger, _, clear = text.partition(":")
    try:
        return float(trigger), float(clear)
    except ValueError as error:
        raise typer.BadParameter(
            tr("“{text}” is not two numbers such as 85:75", text=text), param_hint=option
        ) from error
