"""What the buttons of a change do after it: accept, try again, confirm, hand over, close."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gmops_desktop.language import tr
from gmops_desktop.services.contracts import Contracts
from gmops_desktop.services.patches import Change, Patches
from ui.patch_forms import hand_over_form, handed, heading
from ui.patch_tasks import ChangeTasks
from ui.ticket_dialogs import ConfirmSheet
from ui.ticket_fields import designated_now


class EndingVerbs:
    """What people say of a change when it was carried out."""

    def __init__(self, patches: Patches, contracts: Contracts, tasks: ChangeTasks) -> None:
        self._patches, self._contracts, self._tasks = patches, contracts, tasks

    def accept(self, change: Change) -> None:
        self._tasks.record_with_reason(
            change, tr("Accept what differs"), lambda why: self._patches.accept(change.id, why)
        )

    def try_again(self, change: Change) -> None:
        self._tasks.record_with_reason(
            change, tr("Try again"), lambda why: self._patches.try_again(change.id, why)
        )

    def confirm(self, change: Change) -> None:
        sheet = ConfirmSheet(self._tasks.window, heading(change), designated_now(self._contracts))
        sheet.at.setEnabled(False)  # it counts from when it is recorded
        sheet.given.connect(
            lambda said: self._tasks.record(
                change,
                lambda: self._patches.confirm(change.id, **_confirmed(said)),
                tr("Record confirmation"),
            )
        )
        sheet.open()

    def hand_over(self, change: Change) -> None:
        form = hand_over_form(self._tasks.window, change)

        def hand_over(said: Mapping[str, Any]) -> None:
            values = handed(said)
            self._tasks.work(
                change,
                lambda host, number, context: self._patches.hand_over(
                    host, number, context, **values
                ),
                tr("Hand over {number}", number=change.number),
            )

        form.given.connect(hand_over)
        form.open()

    def close(self, change: Change) -> None:
        self._tasks.record(change, lambda: self._patches.close(change.id), tr("Close change"))


def _confirmed(said: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the form of a confirmation gave, as `Patches.confirm` takes it."""
    return {
        "by": said["by"],
        "channel": said["channel"],
        "text": said["text"],
        "paper": "; ".join(said["evidence"]),
    }
