"""The patch queue: what waits on each host, and changes that go their way through the gates.

The verbs stand in the order of the way: `queue` how a change comes in, `planning` what comes before
it begins, `running` how it is carried out and taken back, `ending` confirmation and hand-over.
`book` is the store as they use it, `gate_facts` what the gates are held against, `record` what a
change is to those who ask and `papers` what its documents say.  `works` is the protocol by which
each kind of change does its work at the server, `hands` all that is handed in.
"""

from gmops_desktop.contract.change_steps import Step
from gmops_desktop.contract.updates import Inventory, Plan, Update
from gmops_desktop.services.patches.hands import Hands
from gmops_desktop.services.patches.record import Assessment, Change
from gmops_desktop.services.patches.service import Patches
from gmops_desktop.services.patches.works import Changed, Played, Work

__all__ = [
    "Assessment",
    "Change",
    "Changed",
    "Hands",
    "Inventory",
    "Patches",
    "Plan",
    "Played",
    "Step",
    "Update",
    "Work",
]
