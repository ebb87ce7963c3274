"""Templates of new tickets: what kind, how urgent, and what must be asked for."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, cast

from gmops_desktop.contract.tickets import KINDS, PRIORITIES, Priority, TicketKind


@dataclass(frozen=True, slots=True)
class Template:
    """What a new ticket begins with; title and description are then gone on with."""

    name: str
    kind: TicketKind
    priority: Priority
    title: str
    description: str


def ours(text: str, language: str) -> tuple[Template, ...]:
    """Return the templates that come with the program, in one language."""
    return tuple(_template({**one, **one[language]}) for one in json.loads(text))


def kept(text: str) -> tuple[Template, ...]:
    """Return the templates of the settings.  Raises `ValueError` where the text is none of ours."""
    told = json.loads(text) if text else []
    if not isinstance(told, list) or not all(isinstance(one, dict) for one in told):
        raise ValueError("no list of templates")
    return tuple(_template(one) for one in told)


def to_text(templates: Iterable[Template]) -> str:
    """Return templates as the settings keep them."""
    return json.dumps([asdict(one) for one in templates], ensure_ascii=False)


def _template(values: Mapping[str, Any]) -> Template:
    kind, priority = values.get("kind"), values.get("priority")
    return Template(
        name=str(values.get("name", "")),
        kind=cast(TicketKind, kind) if kind in KINDS else "incident",
        priority=cast(Priority, priority) if priority in PRIORITIES else 3,
        title=str(values.get("title", "")),
        description=str(values.get("description", "")),
    )
