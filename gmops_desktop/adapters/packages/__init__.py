"""A host's packages: what waits, what else ages on it, and the simulation of an upgrade.

apt, dnf and yum are read; nothing is changed on the host.  "No updates" is believed only when the
package manager itself says so, from lists that are there and fresh: an empty answer of a broken
collector must never read as "fully patched".
"""

from gmops_desktop.adapters.packages.scan import inventory, scan
from gmops_desktop.adapters.packages.simulation import PlanRefused, plan, simulate
from gmops_desktop.contract.updates import Inventory, Plan, Update

__all__ = ["Inventory", "Plan", "PlanRefused", "Update", "inventory", "plan", "scan", "simulate"]
