"""Brings a directory to one end of a restore that was interrupted: the old tree, or the new."""

from __future__ import annotations

from gmops_desktop.adapters import site_tree
from gmops_desktop.adapters.site_tree import Replacing
from gmops_desktop.adapters.ssh import Ssh
from gmops_desktop.context import Context
from gmops_desktop.language import tr
from gmops_desktop.services.site_files.ledger import FileLedger
from gmops_desktop.services.site_files.places import Place


def put_right(ssh: Ssh, place: Place, ledger: FileLedger, context: Context) -> tuple[str, ...]:
    """Clear what interrupted restores left, of this machine or others; say of each how it
    ended, and enter those of ours that had come to their end."""
    ours = {one.id: one for one in ledger.unfinished() if str(one.place) == str(place)}
    said = []
    for id in dict.fromkeys([*site_tree.interrupted(ssh, place.folder, context), *ours]):
        replacing = Replacing(ssh, place.folder, id, context)
        told = replacing.clear()
        if told == "none" and id in ours and replacing.stands(ours[id].undoable):
            told = "done"  # killed in the moment between that and the entry
        if told == "done":
            said.append(tr("An interrupted restore of {folder} had come to its end.",
                           folder=place.folder))  # fmt: skip
        elif told != "none" or id in ours:
            said.append(tr("An interrupted restore of {folder} was taken back.",
                           folder=place.folder))  # fmt: skip
        if id in ours and told == "done":
            ledger.add(ours[id])
        elif id in ours:
            ledger.forget(id)
    for sentence in said:
        context.note(sentence)
    return tuple(said)
