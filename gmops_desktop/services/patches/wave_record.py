"""A wave as it follows from the changes of its servers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from db.models import ChangeRow
from gmops_desktop.contract.changes import BEFORE
from gmops_desktop.contract.waves import Member, Standing, Wave
from gmops_desktop.language import tr
from gmops_desktop.services.patches.record import Change, fields_of

WAVE: Final = "wave"  # the field of a change that says to which wave it belongs, and where


def wave_of(
    wave_id: str, pairs: Sequence[tuple[ChangeRow, Change]], names: Mapping[str, str]
) -> Wave:
    """Return a wave; `pairs` are its changes, `names` those of the servers by resource."""
    members = []
    for row, change in pairs:
        said = fields_of(row)[WAVE]
        standing, why = standing_of(change)
        if said.get("left_out"):
            standing, why = "left_out", str(said["left_out"])
        name = names.get(change.resource_id, change.resource_id)
        members.append(
            Member(change.id, change.number, change.resource_id, name, int(said["batch"]),
                   int(said["place"]), standing, why)
        )  # fmt: skip
    members.sort(key=lambda one: one.place)
    first: Mapping[str, Any] = fields_of(pairs[0][0])[WAVE]
    number = "W" + members[0].number.removeprefix("C")
    return Wave(wave_id, number, str(first["title"]), tuple(first["sizes"]), tuple(members))


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
