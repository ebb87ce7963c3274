"""Where each piece of evidence belongs, and how each clause stood in each month.

Every entry of the journal proves one clause first: there it is listed, once, with its hash.  Others
that it serves, too, only count it.  A month is judged by the same looks as the whole contract
(`contract.clauses`), over what was recorded of that month; what nobody recorded is unknown, and
never missing, before the record itself began.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final, Literal

from gmops_desktop.contract import change_steps, steps
from gmops_desktop.contract.clauses import ClauseProof, Histories, Recorded, proofs
from gmops_desktop.contract.obligations import Counts, Stream
from gmops_desktop.contract.person_days import Ledger
from gmops_desktop.contract.record import EntryView
from gmops_desktop.contract.registers import Register
from gmops_desktop.contract.terms import Vacancy, month_of, next_month, vacancies_between
from gmops_desktop.language import mark, tr

# done: there, and nothing against it; late: something against it (too late, or incomplete); none:
# nothing happened that it speaks of; ahead: the month is not over, or has not begun.
Standing = Literal["done", "late", "missing", "unknown", "none", "ahead"]

_STANDINGS: Final[dict[Standing, str]] = {
    "done": mark("fulfilled"),
    "late": mark("late or incomplete"),
    "missing": mark("missing"),
    "unknown": mark("unknown"),
    "none": mark("nothing to do"),
    "ahead": mark("not over yet"),
}
# What each month owes, whatever happens in it.
_STAFF: Final = "2.3-1"
_MONTHLY: Final = frozenset({"2.2-1", "2.2-3", "2.2-4", "2.2-5", _STAFF})
_HOMES: Final[Mapping[str, str]] = {
    "ticket.opened": "1.14",
    "ticket.imported": "1.14",
    "ticket.noted": "1.14",
    "ticket.attached": "1.14",
    "ticket.detached": "1.14",
    "ticket.declined": "1.15",
    "ticket.handed_over": "1.32",
    "change.handed_over": "1.32",
    "ticket.assessed": "2.3-3/4",
    "change.assessed": "2.3-3/4",
    "ticket.scoped": "2.3-5",
    "ticket.linked": "2.3-5",
    "ticket.unlinked": "2.3-5",
    "ticket.merged": "2.3-5",
    "ticket.unmerged": "2.3-5",
    "ticket.joined": "2.3-5",
    "ticket.parted": "2.3-5",
    "ticket.agreed": "2.3-6",
    "ticket.caused": "2.3-6",
    "ticket.promised": "2.3-6",
    "ticket.confirmed": "2.3-7",
    "change.confirmed": "2.3-7",
    "ticket.closed": "2.3-7",
    "change.closed": "2.3-7",
    "ticket.announced": "2.3-8",
    "change.announced": "2.3-8",
    "change.passed": "2.3-8",
    "ticket.restored": "1.33",
    "ticket.spent": "2.2-2",
}
_KINDS: Final[Mapping[str, str]] = {
    "ticket": "1.13",
    "contract": "2.1",
    "resource": "2.1",
    "contact": "1.15",
    "duty": "2.3-1",
    "days": "2.2-2",
    "report": "2.2-5",
    "account": "2.2-5",
    "console": "2.2-5",
}
_REGISTERS: Final[Mapping[Register, str]] = {
    "training": "2.3-9",
    "deviation": "2.3-9",
    "visit": "2.3-2",
    "question": "1.12",
    "inspection": "2.2-1",
    "verification": "2.1",
}
# What else a clause is proved by, though it is listed under others.
ALSO: Final[Mapping[str, tuple[str, ...]]] = {
    "1.12": ("ticket.opened", "ticket.declined"),
    "1.2": ("ticket.confirmed", "change.confirmed", "ticket.announced", "change.announced"),
    "1.31": ("ticket.opened", "change.queued"),
    "1.33": ("ticket.promised", "ticket.closed"),
    "1.34": ("ticket.caused",),
    "2.3-9": ("change.passed",),
}
_DOCUMENTS: Final[Mapping[str, str]] = {
    "backups": "2.2-4",
    "drill": "2.2-4",
    "inspection": "2.2-1",
    "fault": "1.14",
    "visit": "2.3-2",
    "evaluation": "2.3-3/4",
    "contact": "1.15",
    "payment": "2.1",
    "fees": "2.1",
    "compilation": "2.1",
    "sign_in": "2.3-9",
    "hand_over": "1.32",
    "notice": "2.3-8",
    "change_record": "2.2-6",
}
# Looks, by the clause that they prove.
LOOKS: Final[Mapping[str, Stream]] = {
    "2.2-1": "host_looks",
    "2.2-3": "website_looks",
    "2.2-5": "account_looks",
}
_ACTIONS: Final[Mapping[str, str]] = {
    "contract.recorded": mark("Contract recorded"),
    "contract.changed": mark("Contract changed"),
    "contract.paid": mark("Payment recorded"),
    "contract.targets_set": mark("Limits agreed"),
    "contract.expiry_set": mark("Expiry entered"),
    "contact.added": mark("Contact named"),
    "contact.changed": mark("Contact changed"),
    "contact.ended": mark("Contact ended"),
    "contact.notified": mark("Change of contact notified"),
    "duty.assigned": mark("On duty"),
    "duty.removed": mark("Taken off duty"),
    "days.agreed": mark("Person-days agreed"),
    "days.withdrawn": mark("Consent withdrawn"),
    "register.added": mark("Entered in a register"),
    "register.completed": mark("Paper named"),
    "register.amended": mark("Amended"),
    "register.struck": mark("Struck out"),
    "register.attached": mark("Attached"),
    "register.detached": mark("Attachment removed"),
    "report.made": mark("Document made"),
    "report.signed": mark("Signed by Party B"),
    "report.returned": mark("Returned by Party A"),
    "resource.added": mark("Resource recorded"),
    "resource.changed": mark("Resource changed"),
    "resource.removed": mark("Resource removed"),
    "resource.limits_set": mark("Limits of alerts set"),
    "resource.checks_set": mark("Checks set"),
    "console.read": mark("Read in the account's console"),
    "console.struck": mark("Struck out"),
    "menu restored": mark("Menu of the account restored"),
}


@dataclass(frozen=True, slots=True)
class ClauseMonths:
    """A clause over the months: how it stood in each, and how much evidence there is.

    `vacant` are the months in which posts of the contract were not filled.
    """

    proof: ClauseProof
    cells: tuple[tuple[Standing, int], ...]
    vacant: tuple[tuple[date, tuple[Vacancy, ...]], ...] = ()


def word_of_standing(standing: Standing) -> str:
    """Return the words for how a clause stood."""
    return tr(_STANDINGS[standing])


def word_of_action(entry: EntryView) -> str:
    """Return what an entry records, in words."""
    if entry.kind == "ticket":
        return steps.step_of(entry, "").action
    if entry.kind == "change":
        return change_steps.step_of(entry, "").action
    known = _ACTIONS.get(entry.action)
    return tr(known) if known else entry.action


def home_of(entry: EntryView, first: EntryView) -> str:
    """Return the clause under which an entry is listed; `first` is its subject's first entry."""
    if entry.action in _HOMES:
        return _HOMES[entry.action]
    if entry.kind == "change":
        return "2.2-6" if first.fields.get("kind") == "patch" else "2.2-2"
    if entry.kind == "register":
        return _REGISTERS.get(first.fields.get("register", "deviation"), "2.3-9")
    if entry.kind == "report":
        return home_of_document(str(first.fields.get("kind", "")))
    return _KINDS.get(entry.kind, "2.1")


def home_of_document(kind: str) -> str:
    """Return the clause under which a document is listed."""
    return _DOCUMENTS.get(kind, "2.2-5")


def emergency_of(entry: EntryView) -> str:
    """Return the reason of a special emergency or another deviation that an entry records."""
    said: Any = (
        entry.fields.get("emergency")
        or entry.note.get("emergency")
        or entry.fields.get("notice_emergency")
        or entry.note.get("notice_emergency")
        or entry.note.get("deviation")
    )
    return str(said) if said else ""


def over_months(
    recorded: Recorded,
    counts: Counts,
    months: Sequence[date],
    pieces: Mapping[tuple[str, date], int],
    today: date,
    begins: datetime | None,
) -> tuple[ClauseMonths, ...]:
    """Return every clause over `months` (first days).

    `counts` are the streams' by month, `pieces` the evidence listed by clause and month; `begins`
    is when the record itself began (None: it holds nothing).
    """
    whole = proofs(recorded)
    held = {month: _of_month(recorded, counts, month, today) for month in months}
    judged = {month: proofs(one) for month, one in held.items()}
    first = month_of(begins) if begins else None
    cells: dict[str, list[tuple[Standing, int]]] = {one.key: [] for one in whole}
    for month in months:
        for one in judged[month]:
            count = pieces.get((one.key, month), 0)
            standing = _standing(one, month, today, count, held[month])
            before = first is None or month < first
            if before and not count and standing in ("missing", "none", "late"):
                standing = "unknown"
            cells[one.key].append((standing, count))
    vacant = tuple(
        (month, tuple(one.vacancies))
        for (month, one), (standing, _) in zip(held.items(), cells[_STAFF], strict=True)
        if one.vacancies and standing not in ("unknown", "ahead")
    )
    return tuple(
        ClauseMonths(one, tuple(cells[one.key]), vacant if one.key == _STAFF else ())
        for one in whole
    )


def _standing(
    one: ClauseProof, month: date, today: date, count: int, recorded: Recorded
) -> Standing:
    if month > today:
        return "ahead"
    running = next_month(month) > today
    if one.key == _STAFF and recorded.gaps is None and not recorded.vacancies:
        return "unknown"  # without a roster nobody can tell who was there
    if one.state == "full":
        return "done"
    if one.state == "partly":
        return "ahead" if running and one.key in _MONTHLY else "late"
    if one.state == "missing" and (one.key in _MONTHLY or one.breaches):
        return "ahead" if running else "missing"
    return "done" if count else "none"


def _of_month(recorded: Recorded, counts: Counts, month: date, today: date) -> Recorded:
    """Return what the record holds of one month: what was opened, came due or was done in it, and
    who filled which post then."""
    contract = recorded.contract
    first = max(month, contract.start)
    last = min(next_month(month) - timedelta(days=1), contract.end, today)
    tickets, changes = _opened(recorded.tickets, month), _opened(recorded.changes, month)
    numbers = {str(one[0].fields.get("number", "")) for one in tickets.values()}
    gaps = recorded.gaps
    if gaps is not None:
        end = next_month(month)
        gaps = [one for one in gaps if one[0] < end and one[1] >= month]
    totals: Counter[Stream] = Counter()
    for (stream, on), count in counts.items():
        if on == month:
            totals[stream] += count
    return replace(
        recorded,
        tickets=tickets,
        changes=changes,
        notices=[one for one in recorded.notices if one.due.replace(day=1) == month],
        vacancies=vacancies_between(contract, recorded.people, first, last),
        gaps=gaps,
        ledger=Ledger(Decimal(0), Decimal(0), Decimal(0), ()),
        records=[one for one in recorded.records if one.on.replace(day=1) == month],
        totals=totals,
        late=[one for one in recorded.late if one in numbers],
        unanswered=[one for one in recorded.unanswered if one in numbers],
    )


def _opened(histories: Histories, month: date) -> Histories:
    return {
        subject: history
        for subject, history in histories.items()
        if history and month_of(history[0].at) == month
    }
