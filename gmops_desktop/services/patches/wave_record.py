"""A wave as it follows from the changes of its servers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from gmops_desktop.contract.changes import BEFORE
from gmops_desktop.contract.waves import Member, Standing, Wave
from gmops_desktop.language import tr
from gmops_desktop.services.patches.record import Change

_WAVE: Final = "wave_"  # a field of a change for each wave it was put into, as runs have theirs


def waved(said: Mapping[str, Any]) -> dict[str, Any]:
    """Return the field that puts a change into a wave; `said` is the wave's `id`, `title` and
    `sizes`, the change's `batch` and `place` in it, and why it was `left_out`, if it was."""
    return {f"{_WAVE}{said['id']}": dict(said)}


def wave_in(fields: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the wave that a change is part of.

    Where two devices put it into one each, the first that was made has it, for all its changes
    alike: no wave is torn by the order in which the devices meet.
    """
    found = (said for name, said in fields.items() if name.startswith(_WAVE) and said)
    return min(found, key=lambda said: str(said["id"]), default=None)


def wave_of(pairs: Sequence[tuple[Mapping[str, Any], Change]], names: Mapping[str, str]) -> Wave:
    """Return a wave; `pairs` are its changes, each with what `wave_in` says of it, `names` those of
    the servers by resource."""
    members = []
    for said, change in pairs:
        standing, why = standing_of(change)
        if said.get("left_out"):
            standing, why = "left_out", str(said["left_out"])
        name = names.get(change.resource_id, change.resource_id)
        members.append(
            Member(change.id, change.number, change.resource_id, name, int(said["batch"]),
                   int(said["place"]), standing, why)
        )  # fmt: skip
    members.sort(key=lambda one: one.place)
    number = "W" + members[0].number.removeprefix("C")
    said = pairs[0][0]
    return Wave(said["id"], number, str(said["title"]), tuple(said["sizes"]), tuple(members))


def standing_of(change: Change) -> tuple[Standing, str]:
    """Return how a server of a wave stands, by its change, and why where it is not well."""
    if change.state in BEFORE:
        return "waiting", ""
    if change.state == "cancelled":
        return "left_out", change.reason
    if change.state in ("applying", "rolling_back"):
        return "begun", ""
    last = [run for run in change.runs if run.state != "absent"][-1]
    if last.purpose == "rollback":
        return "failed", tr("It was taken back: {why}", why=change.rollback_reason)
    if last.state != "done":
        return "failed", last.why or tr("It ended with a fault.")
    if change.state != "postcheck":
        return "held", ""
    if change.after is None or change.after.at < (last.ended_at or change.after.at):
        return "begun", ""  # not checked since that run
    verdicts = {one.verdict for one in change.differences}
    worse = [one.title for one in change.differences if one.verdict in ("worse", "unknown")]
    said = tr("After it not all is as before: {things}", things=", ".join(worse[:5]))
    return ("failed" if "worse" in verdicts else "unknown"), said


def explained(wave: Wave, whys: Mapping[str, str]) -> Wave:
    """Return the wave with what was learnt of its servers and is not in the record."""
    members = (replace(one, why=one.why or whys.get(one.change_id, "")) for one in wave.members)
    return replace(wave, members=tuple(members))
