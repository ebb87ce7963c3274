"""Help and usage faults in the user's language.

The page is laid out here, not by typer, whose own cuts off lines of Chinese (it breaks only at
spaces) and speaks English.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from gmops_desktop.language import tr


class Command(TyperCommand):
    """A command whose help speaks the user's language."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        _show(self, ctx, commands=())


class Group(TyperGroup):
    """A group of commands whose help speaks the user's language."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        commands = [(name, self.commands[name].help or "") for name in self.list_commands(ctx)]
        _show(self, ctx, commands=commands)


def group(name: str, summary: str) -> typer.Typer:
    """Return an empty group of commands; without a command it shows its help."""
    return typer.Typer(
        name=name, help=summary, cls=Group, no_args_is_help=True, add_completion=False
    )


def usage_sentence(fault: typer.TyperException) -> str:
    """Say in one sentence what cannot be understood about the command line."""
    message = fault.format_message()
    param: Any = getattr(fault, "param", None)
    named = getattr(fault, "param_hint", None) or (param and param.get_error_hint()) or ""
    name = str(named).strip("'")
    match type(fault).__name__:
        case "NoSuchOption":
            return tr("There is no option {name} here.", name=getattr(fault, "option_name", ""))
        case "MissingParameter":
            return tr("{name} is missing.", name=name)
        case "BadParameter" if name:
            return tr("{name} does not fit: {why}", name=name, why=fault.message)
        case "UsageError" if message.startswith("No such command"):
            return tr("There is no command {name} here.", name=message.split("'")[1])
        case _:
            return tr("This command line cannot be understood: {why}", why=message)


def _show(command: Any, ctx: Any, commands: Any) -> None:
    from rich.console import Console
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False)
    console.print(Text(command.get_usage(ctx).replace("Usage:", tr("Usage:"), 1)))
    console.print()
    console.print(Text(command.help or "", overflow="fold"))
    params = command.get_params(ctx)
    for title, rows in (
        (tr("Commands"), list(commands)),
        (tr("Arguments"), list(_arguments(params))),
        (tr("Options"), list(_options(params))),
    ):
        if rows:
            table = Table(box=None, show_header=False, padding=(0, 2))
            table.add_column(no_wrap=True, style="bold cyan")
            table.add_column(overflow="fold")
            for name, text in rows:
                table.add_row(Text(name), Text(text))
            console.print()
            console.print(Text(title, style="bold"))
            console.print(Padding(table, (0, 0, 0, 1)))


def _arguments(params: Any) -> Iterator[tuple[str, str]]:
    for param in params:
        if param.param_type_name == "argument":
            yield param.metavar or param.name, param.help or ""


def _options(params: Any) -> Iterator[tuple[str, str]]:
    for param in params:
        if param.param_type_name != "option":
            continue
        if param.opts == ["--help"]:
            yield "--help", tr("Show this help and exit.")
            continue
        names = ", ".join([*param.opts, *param.secondary_opts])
        text = param.help or ""
        if param.required:
            text += tr(" (required)", context="help")
        elif param.show_default and param.default not in (None, "", False):
            text += tr(" (default: {value})", context="help", value=param.default)
        yield names if param.is_flag else f"{names} {param.metavar or 'TEXT'}", text
