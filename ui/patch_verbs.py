"""What the buttons of a change do: the form or the look before the leap, then the task.

This is the list of them, each with where it is done; nothing is decided here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from gmops_desktop.addresses import Resource
from gmops_desktop.services.contracts import Contracts
from gmops_desktop.services.patches import Change, Patches
from gmops_desktop.tasks import TaskRunner
from ui.patch_cloud import CloudVerbs
from ui.patch_ending import EndingVerbs
from ui.patch_planning import PlanningVerbs
from ui.patch_remind import remind
from ui.patch_running import RunVerbs
from ui.patch_tasks import ChangeTasks

_BACK_UP: Final = ("backups", "+")


class PatchVerbs(QObject):
    """Does what is wanted of the change in sight, over `window`."""

    wanted = Signal(str, str)  # another page's name, and what to show there
    noticed = Signal(str, str, str)  # for the notice bar

    def __init__(
        self,
        patches: Patches,
        contracts: Contracts,
        runner: TaskRunner,
        host_of: Callable[[str], Resource | None],
        window: QWidget,
    ) -> None:
        """`host_of` gives the resource of an id, while it is in the contract."""
        super().__init__(window)
        self._patches = patches
        tasks = ChangeTasks(runner, host_of, window)
        tasks.noticed.connect(self.noticed)
        planning = PlanningVerbs(patches, contracts, tasks)
        running, ending = RunVerbs(patches, tasks), EndingVerbs(patches, contracts, tasks)
        self.cloud = CloudVerbs(patches, contracts, tasks)
        # Makes a document of a change, by its id.
        self.print_paper: Callable[[str, str], object] = lambda _paper, _change: None
        # Shows one before it is made, to be written into, by the change's number.
        self.write_paper: Callable[[str, str], object] = lambda _paper, _change: None
        # By the name of what was pressed, and the gate where it was pressed there.
        self._about_gates: dict[str, Callable[[Change, str], object]] = {
            "announce": planning.announce,
            "pass_gate": planning.pass_gate,
        }
        self._acts: dict[str, Callable[[Change], object]] = {
            "assess": planning.assess,
            "simulate": planning.simulate,
            "replan": planning.replan,
            "restarts": planning.restarts,
            "set_window": planning.set_window,
            "approve": planning.approve,
            "prepare": planning.prepare,
            "check_before": planning.check_before,
            "cancel": planning.cancel,
            "remind": lambda change: remind(patches, contracts, tasks, change),
            "apply": running.apply,
            "attach": running.attach,
            "mend": running.mend,
            "roll_back": running.back.roll_back,
            "take_archive": running.back.take_archive,
            "check_after": running.check_after,
            "accept": ending.accept,
            "try_again": ending.try_again,
            "confirm": ending.confirm,
            "hand_over": ending.hand_over,
            "close": ending.close,
            "snapshot": self.cloud.snapshot,
            "delete_snapshots": self.cloud.delete_snapshots,
            "roll_back_disks": self.cloud.roll_back_disks,
            "rescue": self.cloud.rescue,
        }

    def do(self, change_id: str, act: str, gate: str = "") -> None:
        """Do what was pressed for a change, about a gate where it was pressed there."""
        change = self._patches.get(change_id)
        match act:
            case "back_up":
                self.wanted.emit(*_BACK_UP)
            case "ticket":
                self.wanted.emit("tickets", change.ticket_id)
            case "notice" | "record" | "receipt":
                self.print_paper(act, change.id)
            case "write_notice" | "write_record" | "write_receipt":
                self.write_paper(act.removeprefix("write_"), change.number)
            case _ if act in self._about_gates:
                self._about_gates[act](change, gate)
            case _:
                self._acts[act](change)
