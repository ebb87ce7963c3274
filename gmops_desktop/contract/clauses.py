"""What the contract's clauses ask of the record, one by one, and what the record shows for each.

A clause is full where something stands for it and nothing against it, partly where something
stands against it, missing where it asks for something that is not there, and none where nothing
has happened yet that it speaks of.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from gmops_desktop.contract.notices import Notice
from gmops_desktop.contract.obligations import Cell, Stream, word_of_stream
from gmops_desktop.contract.person_days import Ledger
from gmops_desktop.contract.record import EntryView
from gmops_desktop.contract.registers import Record, Register
from gmops_desktop.contract.terms import Contact, Contract, Vacancy, word_of_post
from gmops_desktop.language import mark, tr

Histories = Mapping[str, Sequence[EntryView]]  # the entries of each ticket or change

_TITLES: Final[dict[str, str]] = {
    "1.12": mark("Answer at any time, solve in Party A's order"),
    "1.13": mark("Follow the agreed process"),
    "1.14": mark("Record every problem"),
    "1.15": mark("Designated contacts only; tell of changes in time"),
    "1.2": mark("Party A's part: confirm and announce"),
    "1.31": mark("Set up, run and watch the processes"),
    "1.32": mark("Hand over changed documents and configuration"),
    "1.33": mark("Keep response and resolution times"),
    "1.34": mark("Causes that are not Party B's"),
    "2.1": mark("Scope, period and payment"),
    "2.2-1": mark("Operation of the server"),
    "2.2-2": mark("Development, bugs and vulnerabilities"),
    "2.2-3": mark("Pages and back end of the website"),
    "2.2-4": mark("Backup of database and program files"),
    "2.2-5": mark("Operation reports"),
    "2.2-6": mark("System patches"),
    "2.3-1": mark("Operations manager and technicians, always on call"),
    "2.3-2": mark("Quickly on site"),
    "2.3-3/4": mark("The project manager evaluates requirements"),
    "2.3-5": mark("Is the same problem seen elsewhere?"),
    "2.3-6": mark("Root cause, then a promised time, kept"),
    "2.3-7": mark("Party A confirms the solution"),
    "2.3-8": mark("All concerned are told before downtime"),
    "2.3-9": mark("Deviations announced, people trained"),
}
CLAUSES: Final = tuple(_TITLES)


@dataclass(frozen=True, slots=True)
class ClauseProof:
    """What the record shows for a clause: `facts` for it and `breaches` against it, as phrases."""

    key: str
    title: str
    state: Cell
    facts: tuple[str, ...]
    breaches: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Recorded:
    """All that the record holds of a contract.

    `vacancies` are the posts that nobody fills now, or did not fill all of a month that is judged,
    `people` the contacts, by which that is known of any day.  `late` are the numbers of tickets
    whose promise was missed, `unanswered` of those answered too late, `waited` is how long tickets
    waited on Party A; `gaps` are stretches without duty, None where there is no roster at all.
    """

    contract: Contract
    tickets: Histories
    changes: Histories
    notices: Sequence[Notice]
    vacancies: Sequence[Vacancy]
    gaps: Sequence[tuple[date, date]] | None
    ledger: Ledger
    records: Sequence[Record]
    totals: Counter[Stream]
    late: Sequence[str] = ()
    unanswered: Sequence[str] = ()
    waited: timedelta = timedelta(0)
    people: Sequence[Contact] = ()

    def actions(self, *wanted: str) -> int:
        """Count the entries of tickets and changes whose action is one of these."""
        return sum(entry.action in wanted for entry in self.entries())

    def entries(self) -> Iterable[EntryView]:
        """Yield every entry of tickets and changes."""
        for history in (*self.tickets.values(), *self.changes.values()):
            yield from history

    def registered(self, register: Register) -> list[Record]:
        """Return the lines of one register."""
        return [one for one in self.records if one.register == register]


Found = tuple[list[str], list[str], bool]  # facts, breaches, whether it is owed in any case


def proofs(recorded: Recorded) -> tuple[ClauseProof, ...]:
    """Return every clause with what the record shows for it, in the contract's order."""
    return tuple(_proof(key, recorded) for key in CLAUSES)


def _proof(key: str, recorded: Recorded) -> ClauseProof:
    facts, breaches, owed = _LOOKS[key](recorded)
    state: Cell = "full"
    if breaches:
        state = "partly" if facts else "missing"
    elif not facts:
        state = "missing" if owed else "none"
    return ClauseProof(key, tr(_TITLES[key]), state, tuple(facts), tuple(breaches))


# ---------------------------------------------------------------- one look for each clause


def _answers(r: Recorded) -> Found:
    facts = [tr("{count} tickets", count=len(r.tickets))] if r.tickets else []
    breaches = [tr("answered too late: {numbers}", numbers=_listed(r.unanswered))]
    return facts, breaches if r.unanswered else [], False


def _process(r: Recorded) -> Found:
    steps = sum("state" in entry.fields for entry in r.entries())
    return [tr("{count} steps of tickets and changes", count=steps)] if steps else [], [], False


def _recorded(r: Recorded) -> Found:
    own = sum(not history[0].fields.get("requester") for history in r.tickets.values() if history)
    facts = [tr("{count} tickets", count=len(r.tickets))] if r.tickets else []
    if own:
        facts.append(tr("{count} found by Party B itself", count=own))
    return facts, [], False


def _contacts(r: Recorded) -> Found:
    first = [history[0] for history in r.tickets.values() if history]
    declined = sum(one.action == "ticket.declined" for one in first)
    emergencies = sum(bool(one.fields.get("emergency")) for one in first)
    facts = []
    if asked := [one for one in first if one.fields.get("requester")]:
        facts.append(tr("{count} requests checked", count=len(asked)))
    if declined:
        facts.append(tr("{count} declined", count=declined))
    if emergencies:
        facts.append(tr("{count} taken as special emergencies", count=emergencies))
    told = [one for one in r.notices if one.what != "payment"]
    kept = sum(one.kept is True for one in told)
    if kept:
        facts.append(tr("{count} changes of contact told in time", count=kept))
    breaches = [
        f"{one.text()} ({one.due})" for one in told if one.kept is False or one.done_on is None
    ]
    return facts, breaches, False


def _party_a(r: Recorded) -> Found:
    facts = _counted(r, mark("{count} confirmations"), "ticket.confirmed", "change.confirmed")
    facts += _counted(r, mark("{count} announcements"), "ticket.announced", "change.announced")
    if hours := round(r.waited.total_seconds() / 3600):
        facts.append(tr("waited on Party A for {hours} h, not charged", hours=hours))
    return facts, [], False


def _processes(r: Recorded) -> Found:
    facts = []
    if r.tickets:
        facts.append(tr("{count} tickets", count=len(r.tickets)))
    if r.changes:
        facts.append(tr("{count} changes", count=len(r.changes)))
    return facts, [], True


def _handover(r: Recorded) -> Found:
    return (
        _counted(r, mark("{count} hand-overs"), "ticket.handed_over", "change.handed_over"),
        [],
        False,
    )


def _times(r: Recorded) -> Found:
    promised = [
        history
        for history in r.tickets.values()
        if any(entry.action == "ticket.promised" for entry in history)
    ]
    kept = len(promised) - len(r.late)
    facts = [tr("{count} promises kept", count=kept)] if kept else []
    breaches = [tr("promises missed: {numbers}", numbers=_listed(r.late))] if r.late else []
    return facts, breaches, False


def _causes(r: Recorded) -> Found:
    causes = sum(
        any(entry.fields.get("attribution") for entry in history) for history in r.tickets.values()
    )
    return [tr("{count} causes attributed", count=causes)] if causes else [], [], False


def _terms(r: Recorded) -> Found:
    c = r.contract
    facts = [
        tr("{start} to {end}", start=c.start, end=c.end),
        tr("{count} service items, ¥{total}", count=len(c.items), total=f"{c.total:,.2f}"),
    ]
    breaches = []
    for one in r.notices:
        if one.what == "payment" and one.kept:
            facts.append(tr("paid on {day}, due {due}", day=one.done_on, due=one.due))
        elif one.what == "payment":
            breaches.append(tr("payment due {due}", due=one.due))
    return facts, breaches, True


def _server(r: Recorded) -> Found:
    return _streams(r, ("host_looks",), ("inspections",))


def _development(r: Recorded) -> Found:
    facts, breaches, _ = _streams(r, (), ("requirements", "incidents"))
    used = r.ledger.used
    if used:
        facts.append(
            tr(
                "{used} of {total} free person-days are used",
                used=f"{used.normalize():f}",
                total=f"{r.ledger.total.normalize():f}",
            )
        )
    if r.ledger.left < 0:
        over = f"{-r.ledger.left.normalize():f}"
        breaches.append(tr("{days} person-days more than agreed", days=over))
    return facts, breaches, False


def _website(r: Recorded) -> Found:
    return _streams(r, ("website_looks",), ())


def _backups(r: Recorded) -> Found:
    return _streams(r, ("backups", "file_backups", "restores"), ())


def _reports(r: Recorded) -> Found:
    return _streams(r, ("reports",), ("account_looks",))


def _patches(r: Recorded) -> Found:
    return _streams(r, (), ("patches",))


def _people(r: Recorded) -> Found:
    wanted = sum(count for _, count in r.contract.staff)
    there = wanted - sum(one.wanted - one.there for one in r.vacancies)
    facts = [tr("{there} of {wanted} posts filled", there=there, wanted=wanted)] if wanted else []
    breaches = []
    if r.vacancies:
        breaches.append(tr("vacant: {posts}", posts=vacant_posts(r.vacancies)))
    if r.gaps is None:
        breaches.append(tr("no duty roster"))
    elif r.gaps:
        breaches.append(tr("{count} gaps in the duty roster", count=len(r.gaps)))
    else:
        facts.append(tr("duty roster without a gap"))
    return facts, breaches, True


def vacant_posts(found: Iterable[Vacancy]) -> str:
    """Return the names of posts that are not filled, and how many people each lacks."""
    return tr(", ", context="list").join(
        tr("{post} ({there} of {wanted})", post=word_of_post(one.post), there=one.there,
           wanted=one.wanted)
        for one in found
    )  # fmt: skip


def _visits(r: Recorded) -> Found:
    visits = r.registered("visit")
    facts = [tr("{count} visits on site", count=len(visits))] if visits else []
    return facts, _papers(visits, tr("without a service form")), False


def _evaluations(r: Recorded) -> Found:
    wanted = [
        history
        for history in r.tickets.values()
        if history and history[0].fields.get("kind") == "requirement"
    ]
    begun = [history for history in wanted if _was(history, "working", "implementing")]
    assessed = sum(any(e.action == "ticket.assessed" for e in history) for history in wanted)
    without = sum(not any(e.action == "ticket.assessed" for e in history) for history in begun)
    facts = [tr("{count} requirements evaluated", count=assessed)] if assessed else []
    breaches = [tr("{count} begun without evaluation", count=without)] if without else []
    flawed = sum(bool(line.flaws) for line in r.ledger.lines)
    if flawed:
        breaches.append(tr("{count} worked on without estimate or consent", count=flawed))
    return facts, breaches, False


def _elsewhere(r: Recorded) -> Found:
    facts = _counted(r, mark("{count} links between tickets"), "ticket.linked")
    facts += _counted(r, mark("{count} merged"), "ticket.merged")
    facts += _counted(r, mark("{count} checked for being elsewhere"), "ticket.scoped")
    return facts, [], False


def _promises(r: Recorded) -> Found:
    facts = _counted(r, mark("{count} problems confirmed by both"), "ticket.agreed")
    facts += _counted(r, mark("{count} root causes"), "ticket.caused")
    facts += _counted(r, mark("{count} promises, all versions"), "ticket.promised")
    breaches = [tr("promises missed: {numbers}", numbers=_listed(r.late))] if r.late else []
    return facts, breaches, False


def _confirmations(r: Recorded) -> Found:
    closed = [h for h in r.tickets.values() if any(e.action == "ticket.closed" for e in h)]
    without = [
        h for h in closed if not any(e.action in ("ticket.confirmed", "ticket.imported") for e in h)
    ]
    facts = _counted(r, mark("{count} confirmations"), "ticket.confirmed", "change.confirmed")
    numbers = _listed(str(h[0].fields.get("number", "")) for h in without)
    breaches = [tr("closed unconfirmed: {numbers}", numbers=numbers)] if without else []
    return facts, breaches, False


def _announcements(r: Recorded) -> Found:
    facts = _counted(r, mark("{count} announcements"), "ticket.announced", "change.announced")
    rounds = sum(
        bool(e.fields.get("notice_emergency") or e.note.get("notice_emergency"))
        or (e.kind == "change" and bool(e.fields.get("emergency")))
        for e in r.entries()
    )
    breaches = [tr("{count} special emergencies without announcement", count=rounds)]
    return facts, breaches if rounds else [], False


def _deviations(r: Recorded) -> Found:
    deviations = r.registered("deviation")
    trainings = r.registered("training")
    noted = sum(bool(entry.note.get("deviation")) for entry in r.entries())
    facts = []
    if deviations or noted:
        facts.append(tr("{count} deviations", count=len(deviations) + noted))
    if trainings:
        facts.append(tr("{count} trainings", count=len(trainings)))
    breaches = _papers(deviations, tr("not announced"))
    breaches += _papers(trainings, tr("without a sign-in sheet"))
    return facts, breaches, False


_LOOKS: Final[dict[str, Callable[[Recorded], Found]]] = {
    "1.12": _answers,
    "1.13": _process,
    "1.14": _recorded,
    "1.15": _contacts,
    "1.2": _party_a,
    "1.31": _processes,
    "1.32": _handover,
    "1.33": _times,
    "1.34": _causes,
    "2.1": _terms,
    "2.2-1": _server,
    "2.2-2": _development,
    "2.2-3": _website,
    "2.2-4": _backups,
    "2.2-5": _reports,
    "2.2-6": _patches,
    "2.3-1": _people,
    "2.3-2": _visits,
    "2.3-3/4": _evaluations,
    "2.3-5": _elsewhere,
    "2.3-6": _promises,
    "2.3-7": _confirmations,
    "2.3-8": _announcements,
    "2.3-9": _deviations,
}


# ---------------------------------------------------------------- counting


def _streams(r: Recorded, needs: Sequence[Stream], also: Sequence[Stream]) -> Found:
    """Return how much of each stream there is; every needed one that has none is a breach."""
    facts = [
        tr("{count} {what}", count=f"{r.totals[one]:,}", what=word_of_stream(one))
        for one in (*needs, *also)
        if r.totals[one]
    ]
    lacking = [tr("no {what}", what=word_of_stream(one)) for one in needs if not r.totals[one]]
    return facts, lacking, bool(needs)


def _counted(r: Recorded, text: str, *actions: str) -> list[str]:
    count = r.actions(*actions)
    return [tr(text, count=count)] if count else []


def _papers(records: Sequence[Record], lack: str) -> list[str]:
    without = [one for one in records if not one.complete]
    return [f"{lack}: {_listed(str(one.on) for one in without)}"] if without else []


def _was(history: Iterable[EntryView], *states: str) -> bool:
    return any(entry.fields.get("state") in states for entry in history)


def _listed(names: Iterable[str]) -> str:
    return tr(", ", context="between names").join(names)
