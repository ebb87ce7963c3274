"""How changes of files read in the window."""

from __future__ import annotations

from gmops_desktop.contract.trees import shown
from gmops_desktop.language import tr
from gmops_desktop.services.site_files import FileChange, TreePreview
from gmops_desktop.states import State
from ui import words
from ui.widgets.table_model import Column


def kind_word(change: FileChange) -> str:
    """Return what would happen to a path."""
    match change.kind:
        case "add":
            return tr("added")
        case "change":
            return tr("changed")
        case "remove":
            return tr("removed")
        case "mode":
            return tr("mode only")


def change_columns() -> tuple[Column[FileChange], ...]:
    """Return the columns of the tree of changes."""
    return (
        Column(tr("Path"), _branch, key=lambda one: one.path.split("/"),
               tip=lambda one: shown(one.path)),
        Column(tr("Change", context="restore"), kind_word, width=110, state=_state),
        Column(tr("Size"), lambda one: "" if one.folder else words.size(one.size), width=100,
               key=lambda one: one.size, right=True),
        Column(tr("Mode", context="file"), lambda one: one.detail, width=200),
    )  # fmt: skip


def summary(preview: TreePreview) -> str:
    """Say in a line what a restore would do."""
    return tr(
        "{added} added, {changed} changed, {removed} removed, {modes} mode only; {size} travel"
        " before compression.",
        added=words.number(preview.count("add")),
        changed=words.number(preview.count("change")),
        removed=words.number(preview.count("remove")),
        modes=words.number(preview.count("mode")),
        size=words.size(preview.send_bytes),
    )


def notes(preview: TreePreview) -> str:
    """Return what else is to be known before a restore, a sentence a line."""
    lines = [
        tr("{path} would lose its right to run as its owner or group.", path=shown(path))
        for path in preview.set_id
    ]
    if preview.kept:
        kept = tr(", ").join(map(shown, preview.kept[:8])) + ("…" if len(preview.kept) > 8 else "")
        lines.append(tr("Kept as it is, since no archive holds it: {paths}", paths=kept))
    return "\n".join(lines)


def _branch(change: FileChange) -> str:
    # The window's font is proportional: an ideographic space is about as wide as a branch.
    name = shown(change.path.rpartition("/")[2]) if change.path else "."
    return "\u3000" * change.path.count("/") + name + ("/" if change.folder and change.path else "")


def _state(change: FileChange) -> State | None:
    return "warning" if change.kind == "remove" else None
