"""TencentDB's slow log, by its API (cdb 2017-03-20, DescribeSlowLogData): what the server itself
does not let its accounts read.  The API keeps a month; a look asks for the last day."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from gmops_desktop.adapters.tencent import Tencent
from gmops_desktop.context import Context
from gmops_desktop.contract.looks import SlowStatement

_DAY: Final = timedelta(days=1)
_MOST: Final = 10  # kinds of statements
_READ: Final = 800  # entries, the longest first: the most the API gives at once
_TEXT: Final = 300


def statements(
    cloud: Tencent, instance: str, schema: str, now: datetime, context: Context
) -> tuple[SlowStatement, ...]:
    """Return the kinds of statements that were slow in the last day, those first that took most.

    Raises `CloudRefused`, with the policy where a right is missing.
    """
    answer = cloud.call(
        "cdb", "2017-03-20", "DescribeSlowLogData",
        {
            "InstanceId": instance,
            "StartTime": int((now - _DAY).timestamp()),
            "EndTime": int(now.timestamp()),
            "DataBases": [schema],
            "SortBy": "QueryTime",
            "OrderBy": "DESC",
            "Limit": _READ,
        },
        context,
    )  # fmt: skip
    kinds: dict[str, list[dict[str, Any]]] = {}
    for item in answer.get("Items") or ():
        text = item.get("SqlTemplate") or item.get("SqlText") or ""
        kinds.setdefault(" ".join(text.split()), []).append(item)
    found = [_kind(text, items) for text, items in kinds.items()]
    return tuple(sorted(found, key=lambda one: -one.count * one.mean)[:_MOST])


def _kind(text: str, items: list[dict[str, Any]]) -> SlowStatement:
    seconds = [float(item["QueryTime"]) for item in items]
    examined = sum(int(item.get("RowsExamined") or 0) for item in items)
    return SlowStatement(
        text[:_TEXT], len(items), sum(seconds) / len(items), max(seconds), examined
    )
