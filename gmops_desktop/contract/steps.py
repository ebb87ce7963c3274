"""The steps of a ticket as people read them: its entries put into words."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, cast

from gmops_desktop.contract.changes import AUDIENCES, word_of_audience
from gmops_desktop.contract.record import EntryView
from gmops_desktop.contract.terms import as_told
from gmops_desktop.contract.ticket_bonds import LinkKind, word_of_link
from gmops_desktop.contract.tickets import (
    Pause,
    word_of_attribution,
    word_of_impact,
    word_of_pause,
    word_of_priority,
    word_of_scope,
    word_of_state,
)
from gmops_desktop.language import mark, tr, tr_n

_ACTIONS: Final[dict[str, str]] = {
    "ticket.opened": mark("Registered"),
    "ticket.imported": mark("Imported"),
    "ticket.declined": mark("Declined"),
    "ticket.moved": mark("Moved on"),
    "ticket.noted": mark("Noted"),
    "ticket.estimated": mark("Impact and urgency estimated"),
    "ticket.scoped": mark("Seen elsewhere?"),
    "ticket.agreed": mark("Problem confirmed by both"),
    "ticket.caused": mark("Root cause found"),
    "ticket.assessed": mark("Assessed"),
    "ticket.promised": mark("Promised"),
    "ticket.announced": mark("Those concerned were told"),
    "ticket.restored": mark("Service restored"),
    "ticket.handed_over": mark("Handed over"),
    "ticket.spent": mark("Person-days spent"),
    "ticket.revised": mark("Revised"),
    "ticket.confirmed": mark("Confirmed by Party A"),
    "ticket.closed": mark("Closed"),
    "ticket.attached": mark("Attached"),
    "ticket.detached": mark("Attachment removed"),
    "ticket.linked": mark("Linked"),
    "ticket.unlinked": mark("Link removed"),
    "ticket.merged": mark("Merged into another"),
    "ticket.unmerged": mark("Merge taken back"),
    "ticket.joined": mark("Another was merged into this"),
    "ticket.parted": mark("Another was parted from this"),
    "ticket.split": mark("Split"),
}

_HANDED: Final[dict[str, str]] = {
    "document": mark("document"),
    "configuration": mark("configuration"),
    "file": mark("program file"),
    "package": mark("software package"),
    "database": mark("database"),
}

WRITTEN_LATE: Final = timedelta(minutes=1)  # after it was asked for; less is the writing itself


@dataclass(frozen=True, slots=True)
class NamedFile:
    """A file as the entry that attached it names it; `id` is the attachment's, `size` in bytes."""

    id: str
    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Step:
    """One entry of a ticket as people read it.

    `action` is the word for what was done, `key` the journal's; `state` the new state, or "";
    `of` the number of the ticket it was done in, where that is another one merged into this;
    `files` are those attached by it, also where they were removed later.
    """

    at: datetime
    actor: str
    device: str
    action: str
    text: str
    emergency: str
    key: str = ""
    state: str = ""
    waiting_on: str = ""
    of: str = ""
    files: tuple[NamedFile, ...] = ()


@dataclass(frozen=True, slots=True)
class Handed:
    """A document or configuration handed over to Party A after a change (1.32).

    `digest` is the SHA-256 of the file, "" where it is no file; `before` and `after` say what a
    setting or a version was and is, or give the SHA-256 of a file before and after.  Of a script of
    a database, `after` is how many statements of it were run.
    """

    title: str
    kind: str  # "document", "configuration", "file", "package" or "database"
    digest: str = ""
    before: str = ""
    after: str = ""

    @property
    def word(self) -> str:
        """What it is, in a word."""
        return tr(_HANDED.get(self.kind, _HANDED["document"]))

    @property
    def now(self) -> str:
        """What `after` says, in words of the language that is spoken."""
        if self.kind == "database" and self.after.isdecimal():
            return tr_n("{count} statement run", "{count} statements run", int(self.after))
        return self.after

    def line(self) -> str:
        """Return it in one line."""
        change = f"{self.before} → {self.now}" if self.before or self.after else ""
        digest = f"SHA-256 {self.digest}" if self.digest else ""
        return " · ".join(text for text in (self.title, self.word, change, digest) if text)


def handed_over(entries: Iterable[EntryView]) -> tuple[Handed, ...]:
    """Return everything a ticket handed over; several hand-overs add up, in order."""
    ordered = sorted(entries, key=lambda entry: entry.order)
    return tuple(
        Handed(**{str(name): str(value) for name, value in item.items()})
        for entry in ordered
        if entry.action == "ticket.handed_over"
        for item in entry.note.get("items", ())
    )


def step_of(entry: EntryView, device: str, of: str = "") -> Step:
    """Return the step that `entry` is; `device` is the name of the device that wrote it."""
    fields, note = entry.fields, entry.note
    state = fields.get("state", "")
    action = tr(_ACTIONS.get(entry.action, entry.action))
    if entry.action == "ticket.moved":
        action = word_of_state(state)
    texts = [str(note.get("text", ""))]
    if (said := _SAID.get(entry.action)) is not None:
        texts.insert(0, said(entry))
    if entry.action == "ticket.opened":
        texts.append(str(fields.get("description", "")))
    if deviation := note.get("deviation"):
        texts.append(tr("Out of order (2.3-9): {why}", why=deviation))
    texts += [str(item) for item in note.get("evidence", ())]
    return Step(
        at=entry.at,
        actor=entry.actor,
        device=device,
        action=action,
        text="\n".join(text for text in texts if text),
        emergency=str(fields.get("emergency") or fields.get("notice_emergency") or ""),
        key=entry.action,
        state=str(state),
        waiting_on=str(note.get("waiting_on", "")),
        of=of,
        files=tuple(
            NamedFile(f"{entry.id}/{place}", said["name"], int(said["size"]), said["sha256"])
            for place, said in enumerate(note.get("attachments", ()))
        ),
    )


# ---------------------------------------------------------------- what each kind of step says


def _opened(entry: EntryView) -> str:
    """Return when it was asked for, where that was not when it was written down."""
    said = entry.fields.get("opened_at")
    if not said or entry.at - datetime.fromisoformat(said) < WRITTEN_LATE:
        return ""
    return tr("Asked for at {when}, written down later", when=_stamp(said))


def _moved(entry: EntryView) -> str:
    waiting_on = entry.note.get("waiting_on")
    return word_of_pause(cast(Pause, waiting_on)) if waiting_on else ""


def _estimated(entry: EntryView) -> str:
    fields = entry.fields
    return tr(
        "{impact}, urgency {urgency}: estimated as {estimate}. {influence}",
        impact=word_of_impact(fields["impact"]),
        urgency=word_of_priority(fields["urgency"]),
        estimate=word_of_priority(fields["estimate"]),
        influence=fields.get("influence", ""),
    ).strip()


def _scoped(entry: EntryView) -> str:
    return word_of_scope(entry.fields["scope"])


def _caused(entry: EntryView) -> str:
    side = word_of_attribution(entry.fields.get("attribution", ""))
    return tr("{cause} (cause lies with: {side})", cause=entry.fields["cause"], side=side)


def _assessed(entry: EntryView) -> str:
    return f"{entry.fields.get('assessed_by', '')} · {_days(entry.fields['assessed_days'])}"


def _promised(entry: EntryView) -> str:
    return tr("until {when}", when=_stamp(entry.fields["promised_for"]))


def _announced(entry: EntryView) -> str:
    told = [one for one in AUDIENCES if entry.fields.get(f"notice_{one}")]
    return "\n".join(
        f"{word_of_audience(one)}{tr(': ')}{entry.fields[f'notice_{one}']}" for one in told
    )


def _restored(entry: EntryView) -> str:
    return tr("at {when}", when=_stamp(entry.fields["restored_at"]))


def _handed_over(entry: EntryView) -> str:
    return "\n".join(one.line() for one in handed_over([entry]))


def _spent(entry: EntryView) -> str:
    return _days(entry.note["person_days"])


def _revised(entry: EntryView) -> str:
    fields, said = entry.fields, []
    if "opened_at" in fields:
        when, before = _stamp(fields["opened_at"]), _stamp(entry.note["before"])
        said.append(tr("Asked for at {when}, not at {before}", when=when, before=before))
    if "priority" in fields:
        said.append(tr("Priority: {word}", word=word_of_priority(fields["priority"])))
    if "interrupts" in fields:
        said.append(
            tr("The work interrupts the service")
            if fields["interrupts"]
            else tr("The work does not interrupt the service")
        )
    return "\n".join(said)


def _confirmed(entry: EntryView) -> str:
    by, channel = entry.fields.get("confirmed_by", ""), entry.note.get("channel", "")
    at = entry.fields.get("confirmed_at")
    return " · ".join(str(one) for one in (by, channel, _stamp(at) if at else "") if one)


def _agreed(entry: EntryView) -> str:
    return f"{entry.fields.get('agreed_by', '')} · {entry.note.get('channel', '')}"


def _linked(entry: EntryView) -> str:
    kind, other = entry.note.get("link", ""), entry.note.get("number", "")
    return f"{word_of_link(cast(LinkKind, kind))} {other}" if kind else str(other)


def _other(entry: EntryView) -> str:
    return str(entry.note.get("number", ""))


_SAID: Final[dict[str, Callable[[EntryView], str]]] = {
    "ticket.opened": _opened,
    "ticket.declined": _opened,
    "ticket.imported": _opened,
    "ticket.moved": _moved,
    "ticket.estimated": _estimated,
    "ticket.scoped": _scoped,
    "ticket.agreed": _agreed,
    "ticket.caused": _caused,
    "ticket.assessed": _assessed,
    "ticket.promised": _promised,
    "ticket.announced": _announced,
    "ticket.restored": _restored,
    "ticket.handed_over": _handed_over,
    "ticket.spent": _spent,
    "ticket.revised": _revised,
    "ticket.confirmed": _confirmed,
    "ticket.linked": _linked,
    "ticket.unlinked": _linked,
    "ticket.merged": _other,
    "ticket.unmerged": _other,
    "ticket.joined": _other,
    "ticket.parted": _other,
    "ticket.split": _other,
}


def _stamp(said: Any) -> str:
    return f"{as_told(datetime.fromisoformat(said)):%Y-%m-%d %H:%M}"


def _days(days: object) -> str:
    return tr("{days} person-days", days=days)
