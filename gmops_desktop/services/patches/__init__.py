"""The patch queue: what waits on each host, and changes that go their way through the gates.

`service` has the verbs, `record` what a change is to those who ask, `works` the protocol by which
each kind of change does its work at the server.
"""

from gmops_desktop.contract.updates import Inventory, Plan, Update
from gmops_desktop.services.patches.record import Change, Step
from gmops_desktop.services.patches.service import Patches
from gmops_desktop.services.patches.works import Changed, Played, Work

__all__ = [
    "Change",
    "Changed",
    "Inventory",
    "Patches",
    "Plan",
    "Played",
    "Step",
    "Update",
    "Work",
]
