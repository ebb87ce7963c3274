"""Old lists of tickets: which column means what, and what the words and dates in them say.

Nothing is guessed about a value: a word that is no state, or a day that is no date, is refused with
its row and column, and the person mends the list or the mapping.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final, Literal

from gmops_desktop.contract.terms import ZONE
from gmops_desktop.contract.tickets import ENDED, Priority, TicketKind, TicketState, searchable
from gmops_desktop.language import mark, tr

Field = Literal[
    "number", "title", "description", "kind", "priority", "state", "requester", "channel",
    "opened_at", "closed_at", "resource", "notes",
]  # fmt: skip

_FIELDS: Final[dict[Field, str]] = {
    "number": mark("Number in the old list"),
    "title": mark("Title"),
    "description": mark("Description"),
    "kind": mark("Kind"),
    "priority": mark("Priority"),
    "state": mark("State"),
    "requester": mark("Who asked"),
    "channel": mark("How it came"),
    "opened_at": mark("Opened at"),
    "closed_at": mark("Closed at"),
    "resource": mark("Resource"),
    "notes": mark("What was done"),
}
FIELDS: Final = tuple(_FIELDS)
NEEDED: Final[tuple[Field, ...]] = ("title", "opened_at")

# How people head such columns; what stands first is looked for first.
_HEADS: Final[dict[Field, tuple[str, ...]]] = {
    "number": ("工单号", "单号", "工单编号", "编号", "序号", "id", "no", "no.", "number", "ticket"),
    "title": ("标题", "主题", "事项", "问题", "故障现象", "内容", "摘要", "title", "subject",
              "summary"),
    "description": ("描述", "问题描述", "详细描述", "说明", "详情", "description", "details"),
    "kind": ("类型", "类别", "分类", "工单类型", "kind", "type", "category"),
    "priority": ("优先级", "紧急程度", "级别", "等级", "priority", "urgency", "severity"),
    "state": ("状态", "处理状态", "进度", "state", "status"),
    "requester": ("提出人", "谁提出", "申请人", "报告人", "报修人", "联系人", "提单人",
                  "甲方联系人", "requester", "reporter", "who asked", "asked by", "contact"),
    "channel": ("途径", "渠道", "来源", "方式", "channel", "source", "via"),
    "opened_at": ("提出时间", "登记时间", "受理时间", "创建时间", "报告时间",
                  "申请时间", "发生时间",
                  "开始时间", "日期", "时间", "提出日期", "opened", "created", "opened at",
                  "created at", "date"),
    "closed_at": ("关闭时间", "完成时间", "解决时间", "结束时间", "处理完成时间",
                  "完成日期", "closed",
                  "resolved", "closed at", "resolved at", "finished"),
    "resource": ("资源", "系统", "设备", "服务器", "resource", "system", "host"),
    "notes": ("处理过程", "处理结果", "处理情况", "解决方案", "解决办法", "处理", "备注", "结果",
              "notes", "resolution", "solution", "remarks", "comment"),
}  # fmt: skip

_KIND_WORDS: Final[dict[TicketKind, tuple[str, ...]]] = {
    "incident": ("incident", "事件", "故障", "故障报修", "异常"),
    "problem": ("problem", "问题", "缺陷", "bug"),
    "request": ("request", "service request", "服务请求", "请求", "服务", "申请", "任务"),
    "requirement": ("requirement", "requirement change", "需求变更", "需求", "变更", "修改"),
    "question": ("question", "答疑", "咨询", "疑问"),
    "training": ("training", "培训"),
    "visit": ("visit", "on-site visit", "上门", "上门服务", "现场"),
}
_PRIORITY_WORDS: Final[dict[Priority, tuple[str, ...]]] = {
    1: ("1", "p1", "urgent", "critical", "紧急", "特急", "最高"),
    2: ("2", "p2", "high", "important", "高", "重要", "严重"),
    3: ("3", "p3", "medium", "normal", "中", "一般", "普通", "正常"),
    4: ("4", "p4", "low", "低", "较低", "不急"),
}
_STATE_WORDS: Final[dict[TicketState, tuple[str, ...]]] = {
    "registered": ("registered", "new", "open", "登记",
                   "已登记", "新建", "待处理", "未处理", "待受理",
                   "未开始"),
    "assessing": ("assessing", "评估中", "评估", "受理", "已受理", "受理/评估"),
    "working": ("working", "in progress", "处理中", "进行中", "跟进中", "未完成", "未解决"),
    "awaiting_notice": ("waiting for party a's notice", "待甲方公告", "待甲方通知"),
    "implementing": ("implementing", "实施中"),
    "awaiting_confirmation": ("waiting for party a's confirmation", "resolved", "待甲方确认",
                              "待确认"),
    "closed": ("closed", "done", "fixed", "finished",
               "已关闭", "关闭", "已完成", "完成", "已解决", "解决",
               "已处理", "已结束", "结束", "办结", "已办结", "正常关闭",
               "merged into another", "已合并"),
    "suspended": ("suspended", "on hold", "pending", "已挂起", "挂起", "暂停", "搁置"),
    "declined": ("declined", "rejected", "拒绝受理", "不予受理", "拒绝", "驳回"),
    "withdrawn": ("withdrawn", "cancelled", "canceled", "撤销", "取消", "已撤销", "已取消", "作废"),
}  # fmt: skip

_DAY: Final = re.compile(
    r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*[日号]?"
    r"(?:[T\s]+(\d{1,2})\s*[:时点]\s*(?:(\d{1,2})\s*分?)?(?:[:]\s*(\d{1,2})(?:\.\d+)?\s*秒?)?)?"
)
_HALVES: Final = {"上午": 0, "下午": 12, "AM": 0, "PM": 12}
_HALF: Final = re.compile("|".join(_HALVES))
_PACKED_DAY: Final = re.compile(r"(\d{4})(\d{2})(\d{2})")
_EXCEL_DAY_ZERO: Final = datetime(1899, 12, 30)
_EXCEL_DAYS: Final = range(30_000, 60_000)  # 1982 to 2064: numbers that can only be days
_COUNTED: Final = 4  # digits: what is no longer only counts the rows
_LONGEST: Final[dict[Field, int]] = {"title": 500, "requester": 100, "channel": 60}
_NAMESPACE: Final = uuid.UUID("6f1d3c70-6c0e-5f0b-9d57-5a9f2a3d8f10")


def word_of_field(field: Field) -> str:
    """Return the word for a field."""
    return tr(_FIELDS[field])


def guess(heads: Sequence[str]) -> dict[Field, int]:
    """Return which column probably holds which field: first by the whole head, then by a part."""
    plain = [_plain(head) for head in heads]
    found: dict[Field, int] = {}
    taken: set[int] = set()

    def take(field: Field, fits: Any) -> None:
        for word in _HEADS[field]:
            for place, head in enumerate(plain):
                if field not in found and place not in taken and fits(head, _plain(word)):
                    found[field] = place
                    taken.add(place)

    for field in FIELDS:
        take(field, lambda head, word: head == word)
    for field in FIELDS:
        take(field, lambda head, word: len(word) > 1 and not word.isascii() and word in head)
    return found


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a row was not taken: its number as in Excel, the column's head, what stands there."""

    row: int
    column: str
    value: str
    why: str


@dataclass(frozen=True, slots=True)
class OldTicket:
    """One row, understood.  `key` tells it from all others, in this list and in later ones."""

    row: int
    key: str
    number: str
    title: str
    description: str
    kind: TicketKind
    priority: Priority
    state: TicketState
    requester: str
    channel: str
    opened_at: datetime
    closed_at: datetime | None
    resource: str
    notes: str

    @property
    def subject(self) -> str:
        """The ticket's id: the same row, imported again or on another machine, gives the same."""
        return str(uuid.uuid5(_NAMESPACE, self.key))


class Reader:
    """Understands the rows of one list; `columns` says where each field stands, from 0.

    `kind` and `priority` are for rows, or whole lists, that name none.
    """

    def __init__(
        self,
        heads: Sequence[str],
        columns: Mapping[Field, int],
        *,
        kind: TicketKind = "incident",
        priority: Priority = 3,
        now: datetime,
    ) -> None:
        self._heads = heads
        self._columns = columns
        self._kind, self._priority, self._now = kind, priority, now
        self._kinds = _by_word(_KIND_WORDS)
        self._priorities = _by_word(_PRIORITY_WORDS)
        self._states = _by_word(_STATE_WORDS)
        self._met: dict[str, int] = {}

    def understand(self, row: int, cells: Sequence[Any]) -> OldTicket | list[Refusal]:
        """Return the ticket that a row is, or everything that speaks against it."""
        refused: list[Refusal] = []

        def refuse(field: Field, why: str) -> None:
            refused.append(Refusal(row, self._head(field), self._text(cells, field), why))

        said = {field: self._text(cells, field) for field in FIELDS}
        for field, longest in _LONGEST.items():
            if len(said[field]) > longest:
                refuse(field, tr("longer than {count} characters", count=longest))
        if not said["title"]:
            refuse("title", tr("empty; a ticket needs a title"))
        kind = self._word(said, "kind", self._kinds, self._kind, refuse)
        priority = self._word(said, "priority", self._priorities, self._priority, refuse)
        opened_at = self._time(cells, "opened_at", refuse)
        closed_at = self._time(cells, "closed_at", refuse)
        if not said["opened_at"]:
            refuse("opened_at", tr("empty; it must be known when the ticket was opened"))
        state: TicketState = "closed" if closed_at else "registered"
        state = self._word(said, "state", self._states, state, refuse)
        if closed_at and state not in ENDED:
            refuse("closed_at", tr("has a closing date, but its state is not an end"))
        if opened_at and closed_at and closed_at < opened_at:
            refuse("closed_at", tr("before it was opened"))
        key = self._key(said, opened_at)
        if not refused and (before := self._met.setdefault(key, row)) != row:
            refuse("number" if said["number"] else "title", tr("the same as row {row}", row=before))
        if refused or opened_at is None:
            return refused
        return OldTicket(
            row=row,
            key=key,
            number=said["number"],
            title=" ".join(said["title"].split()),
            description=said["description"],
            kind=kind,
            priority=priority,
            state=state,
            requester=said["requester"],
            channel=said["channel"],
            opened_at=opened_at,
            closed_at=closed_at,
            resource=said["resource"],
            notes=said["notes"],
        )

    @staticmethod
    def _key(said: Mapping[Field, str], opened_at: datetime | None) -> str:
        """A number tells a row from others, with its day, for numbers begin anew each year.

        A mere count of the rows does not: it moves when somebody puts a row in between.
        """
        number, day = said["number"], opened_at.isoformat() if opened_at else ""
        if number and not (number.isdigit() and len(number) <= _COUNTED):
            parts = ["number", number, day]
        else:
            parts = ["row", day, said["title"], said["requester"]]
        return "\n".join(" ".join(searchable(part).split()) for part in parts)

    def _head(self, field: Field) -> str:
        place = self._columns.get(field)
        return self._heads[place] if place is not None else word_of_field(field)

    def _cell(self, cells: Sequence[Any], field: Field) -> Any:
        place = self._columns.get(field)
        return cells[place] if place is not None else None

    def _text(self, cells: Sequence[Any], field: Field) -> str:
        cell = self._cell(cells, field)
        if cell is None:
            return ""
        if isinstance(cell, float) and cell.is_integer():
            return str(int(cell))  # Excel knows no whole numbers
        return str(cell).strip()

    def _word(
        self,
        said: Mapping[Field, str],
        field: Field,
        known: Mapping[str, Any],
        otherwise: Any,
        refuse: Any,
    ) -> Any:
        text = said[field]
        if not text:
            return otherwise
        found = known.get(_plain(text))
        if found is None:
            refuse(field, tr("not a word known for “{field}”", field=word_of_field(field)))
            return otherwise
        return found

    def _time(self, cells: Sequence[Any], field: Field, refuse: Any) -> datetime | None:
        cell = self._cell(cells, field)
        if cell is None or not self._text(cells, field):
            return None
        try:
            at = moment(cell)
        except ValueError:
            refuse(field, tr("no date; write it like 2018-03-06 10:24"))
            return None
        if at > self._now + timedelta(days=1):
            refuse(field, tr("lies in the future"))
            return None
        return at


def moment(cell: Any) -> datetime:
    """Return the time that a cell says, in UTC; what names no zone is Beijing time.

    Raises `ValueError` where it says none.
    """
    if isinstance(cell, bool | time):
        raise ValueError(cell)
    if isinstance(cell, datetime):
        return _in_zone(cell)
    if isinstance(cell, date):
        return _in_zone(datetime.combine(cell, time()))
    if isinstance(cell, int | float):
        if cell == int(cell) and (packed := _PACKED_DAY.fullmatch(str(int(cell)))):
            return _at(packed)
        if int(cell) in _EXCEL_DAYS:
            return _in_zone(_EXCEL_DAY_ZERO + timedelta(seconds=round(cell * 86_400)))
        raise ValueError(cell)
    text = searchable(str(cell)).strip().upper()
    if packed := _PACKED_DAY.fullmatch(text):
        return _at(packed)
    half = _HALF.search(text)
    if match := _DAY.fullmatch(" ".join(_HALF.sub(" ", text).split())):
        return _in_half(_at(match), half[0]) if half else _at(match)
    if re.fullmatch(r"\d{5}(\.\d+)?", text):  # an Excel day that went through CSV
        return moment(float(text))
    return _in_zone(datetime.fromisoformat(text))


def _at(match: re.Match[str]) -> datetime:
    parts = [int(part or 0) for part in match.groups()]
    year, month, day, hour, minute, second = (*parts, 0, 0, 0)[:6]
    return _in_zone(datetime(year, month, day, hour, minute, second))


def _in_half(at: datetime, half: str) -> datetime:
    """Return the time that a clock of twelve hours says; the afternoon is also written 15:05."""
    hour = at.astimezone(ZONE).hour
    if _HALVES[half] == 0 and hour > 12:
        raise ValueError(half)
    return at + timedelta(hours=hour % 12 + _HALVES[half] - hour)


def _in_zone(at: datetime) -> datetime:
    at = at.replace(tzinfo=ZONE) if at.tzinfo is None else at
    return at.astimezone(UTC).replace(microsecond=0)


def _plain(text: str) -> str:
    return re.sub(r"[\s*：:（）()\[\]【】_]+", "", searchable(text))


def _by_word(words: Mapping[Any, Sequence[str]]) -> dict[str, Any]:
    return {_plain(word): key for key, several in words.items() for word in several}
