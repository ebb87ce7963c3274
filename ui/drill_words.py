"""Words for drills, in the window and the terminal; knows no Qt."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gmops_desktop.language import tr, tr_n
from gmops_desktop.states import State
from ui import words

if TYPE_CHECKING:
    from gmops_desktop.services.drills import Drill, Left, Outlook, Quote


def outcome_of(drill: Drill) -> tuple[State, str]:
    """Return a drill's result as a state and a word."""
    match drill.outcome:
        case "proved":
            return "ok", tr("passed", context="drill")
        case "disproved":
            return "critical", tr("not passed", context="drill")
        case "failed":
            return "unknown", tr("not carried out", context="drill")


def rto_text(drill: Drill) -> str:
    """Return the recovery time, where it was measured."""
    return words.lasting(drill.seconds) if drill.outcome == "proved" else words.NOTHING


def verdict_of(drill: Drill) -> str:
    """Return the verdict as a sentence."""
    if drill.outcome == "proved":
        return tr(
            "Passed: restored and proved in {time} on {server}.",
            time=words.lasting(drill.seconds),
            server=drill.server,
        )
    fault = drill.faults[0] if drill.faults else ""
    if drill.outcome == "disproved":
        return tr("Not passed: {fault}", fault=fault)
    return tr("Not carried out: {fault}", fault=fault)


def counted(drill: Drill) -> str:
    """Return what was compared, in one line."""
    return tr(", ").join(
        (
            tr_n("{count} table", "{count} tables", drill.tables),
            tr_n("{count} row", "{count} rows", drill.rows),
            tr_n("{count} definition", "{count} definitions", drill.definitions),
            tr_n("{count} check", "{count} checks", len(drill.checks)),
        )
    )


def standing_text(outlook: Outlook) -> str:
    """Return how a database's drills stand, and when the next one comes."""
    standing = outlook.standing
    parts = [standing.reason] if standing.reason else []
    if standing.last_proved is not None:
        parts.append(tr("Last proved {age}.", age=words.ago(standing.last_proved)))
    if standing.next is not None:
        parts.append(tr("The next drill is due on {day}.", day=words.stamp(standing.next)))
    else:
        parts.append(tr("Drills are run by hand only."))
    return " ".join(parts)


def cost_lines(quote: Quote) -> tuple[str, ...]:
    """Return what a drill on a clone costs and does, as sentences to agree to."""
    return (
        tr(
            "A clone of {instance} ({memory} MB of memory, {volume} GB of disk) costs {price} an "
            "hour, from its order until it is removed; Tencent Cloud bills it by the hour.",
            instance=quote.source.id,
            memory=f"{quote.source.memory:,}",
            volume=f"{quote.source.volume:,}",
            price=quote.price,
        ),
        tr(
            "It is made of the cloud's backup of {day} and takes from minutes to more than an "
            "hour. The archive is loaded into a new schema of the clone and proved there; the "
            "database itself is not touched.",
            day=words.stamp(quote.backup.at),
        ),
        tr(
            "Afterwards the clone {name} is isolated and deleted, also after a failure. Should it "
            "stay, the next start removes it, or says that it still costs money.",
            name=quote.name,
        ),
    )


def left_text(left: Left) -> str:
    """Return which clone an interrupted drill left, and what that means."""
    name = f"{left.name} ({left.instance})" if left.instance else left.name
    if left.isolated:
        return tr(
            "The clone {name}, ordered on {day}, is isolated and costs nothing any more, but is "
            "not deleted yet: gmops drill clones --remove.",
            name=name,
            day=words.stamp(left.at),
        )
    return tr(
        "The clone {name}, ordered on {day} for a drill, may still cost {price} an hour: remove it "
        "with gmops drill clones --remove.",
        name=name,
        day=words.stamp(left.at),
        price=left.price,
    )
