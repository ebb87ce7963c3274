"""What one look at a resource found: plain records, and their form in the store."""

from __future__ import annotations

import typing
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, is_dataclass
from datetime import datetime
from functools import cache
from types import NoneType, UnionType
from typing import Any, Final

from gmops_desktop.addresses import Kind
from gmops_desktop.contract.alerting import Watch
from gmops_desktop.contract.looks.accounts import (
    AccountDay,
    AccountDetails,
    Article,
    CallbackSeen,
    EchoSeen,
    MenuSeen,
    Quota,
    Standing,
)
from gmops_desktop.contract.looks.clouds import CloudDetails
from gmops_desktop.contract.looks.databases import (
    IndexHint,
    LockWait,
    MysqlDetails,
    Replication,
    SlowStatement,
    TableSize,
    Transaction,
)
from gmops_desktop.contract.looks.hosts import (
    Disk,
    DiskWork,
    FailedLogins,
    HostCounters,
    HostDetails,
    LoggedIn,
    OomKill,
    Port,
    Pressure,
    Process,
    Tcp,
    UnitLog,
)
from gmops_desktop.contract.looks.websites import (
    BrokenLink,
    ChainLink,
    FromServer,
    PageSeen,
    WebDetails,
)
from gmops_desktop.states import State

__all__ = [
    "AccountDay",
    "AccountDetails",
    "Article",
    "BrokenLink",
    "CallbackSeen",
    "ChainLink",
    "CloudDetails",
    "Details",
    "Disk",
    "DiskWork",
    "EchoSeen",
    "FailedLogins",
    "Figure",
    "FromServer",
    "HostCounters",
    "HostDetails",
    "IndexHint",
    "LockWait",
    "LoggedIn",
    "Look",
    "MenuSeen",
    "MysqlDetails",
    "OomKill",
    "PageSeen",
    "Port",
    "Pressure",
    "Process",
    "Quota",
    "Replication",
    "SlowStatement",
    "Standing",
    "TableSize",
    "Tcp",
    "Transaction",
    "UnitLog",
    "WebDetails",
    "details_from_dict",
    "details_to_dict",
]


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of a look as the window shows it; `metric` names its series, if it has one."""

    name: str
    value: str
    unit: str
    state: State
    metric: str = ""


Details = HostDetails | MysqlDetails | WebDetails | AccountDetails | CloudDetails

_DETAILS: Final[Mapping[Kind, type[Details]]] = {
    "host": HostDetails,
    "mysql": MysqlDetails,
    "website": WebDetails,
    "account": AccountDetails,
    "cloud": CloudDetails,
}


@dataclass(frozen=True, slots=True)
class Look:
    """One look at one resource: its state, one sentence why, and what was found.

    `known_at` is when something was last learnt of it: `at`, or before where this look failed;
    None where nothing ever was.
    """

    resource_id: str
    kind: Kind
    name: str
    state: State
    reason: str
    at: datetime
    seconds: float
    figures: tuple[Figure, ...]
    details: Details | None
    log_lines: tuple[str, ...] = ()
    hint: str = ""
    watches: Mapping[str, Watch] = field(default_factory=dict)  # how each finding stands
    texts: Mapping[str, str] = field(default_factory=dict)  # the sentences of this look's findings
    known_at: datetime | None = None


def details_to_dict(details: Details) -> dict[str, Any]:
    """Return `details` as plain JSON values."""
    return asdict(details)


def details_from_dict(kind: Kind, values: Mapping[str, Any]) -> Details:
    """Return the details `details_to_dict` was given; fields of newer versions are left out."""
    made: Details = _made(_DETAILS[kind], values)
    return made


def _made(kind: Any, value: Any) -> Any:
    """Return a JSON value as what the annotation `kind` says: records, tuples and mappings."""
    if isinstance(kind, type) and is_dataclass(kind):
        hints = _hints(kind)
        return kind(**{name: _made(hints[name], value[name]) for name in hints if name in value})
    if isinstance(kind, UnionType):
        (inner,) = (one for one in kind.__args__ if one is not NoneType)
        return None if value is None else _made(inner, value)
    origin, inside = typing.get_origin(kind), typing.get_args(kind)
    if origin is tuple:
        kinds = [inside[0]] * len(value) if inside[-1] is Ellipsis else inside
        return tuple(_made(one, item) for one, item in zip(kinds, value, strict=True))
    if origin is Mapping:
        return {name: _made(inside[1], item) for name, item in value.items()}
    return value


@cache
def _hints(kind: Any) -> dict[str, Any]:
    return typing.get_type_hints(kind)
