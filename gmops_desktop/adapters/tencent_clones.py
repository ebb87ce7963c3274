"""Clones of a TencentDB instance, by the actions of its API (cdb 2017-03-20): what one would cost,
making one, how far it is, and removing it.

Only a clone that carries our name is ever removed, and nothing that costs money is asked for twice:
`create` is called once, and what became of an unclear answer is looked up (`named`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from gmops_desktop.adapters.tencent import CloudRefused, Tencent, policy
from gmops_desktop.context import Context
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr

InstanceState = Literal["creating", "running", "isolating", "isolated", "going", "unknown"]
CloneState = Literal["initial", "running", "wait_complete", "success", "failed", "unknown"]

MARK: Final = "gmops-drill-"  # how the name of each clone of ours begins
ACTIONS: Final = (  # what a drill on a clone asks for; the key may read backups anyway
    "DescribeDBInstances",
    "DescribeDBSecurityGroups",
    "DescribeDBPrice",
    "CreateCloneInstance",
    "DescribeCloneList",
    "IsolateDBInstance",
    "OfflineIsolatedInstances",
)

_SERVICE: Final = ("cdb", "2017-03-20")
_PAGE: Final = 100
_STATES: Final[dict[int, InstanceState]] = {
    0: "creating",
    1: "running",
    4: "isolating",
    5: "isolated",
    6: "going",
    7: "going",
}
_CLONE_STATES: Final[dict[str, CloneState]] = {
    "initial": "initial",
    "running": "running",
    "wait_complete": "wait_complete",
    "success": "success",
    "failed": "failed",
}
_BUSY: Final = (
    "OperationDenied.ActionInProcess",
    "OperationDenied.InstanceTaskRunning",
    "OperationDenied.InstanceTaskStatusError",
    "OperationDenied.InstanceLockerConflict",
    "OperationDenied.InstanceStatusError",
    "OperationDenied.FlowConflict",
    "OperationDenied.WrongStatus",
    "FailedOperation.InstanceTaskConflictError",
    "FailedOperation.OperationInConflictError",
    "FailedOperation.StatusConflict",
)


@dataclass(frozen=True, slots=True)
class Instance:
    """A TencentDB instance: what it is called, where it is reached, and how large it is.

    `memory` is in MB, `volume` in GB; `busy` while the cloud works on it.  `host` and `port` are
    those inside its network.
    """

    id: str
    name: str
    state: InstanceState
    busy: bool
    host: str
    port: int
    version: str
    zone: str
    memory: int
    volume: int
    cpu: int
    device: str
    nodes: int
    protect: int
    network: str
    subnet: str


@dataclass(frozen=True, slots=True)
class Price:
    """What an instance costs an hour, in hundredths of `currency` ("CNY")."""

    hundredths: int
    currency: str

    def __str__(self) -> str:
        amount = f"{self.hundredths / 100:,.2f}"
        return f"¥{amount}" if self.currency == "CNY" else f"{self.currency} {amount}"


@dataclass(frozen=True, slots=True)
class CloneTask:
    """One entry of the list of clones of an instance; `instance` is empty at first."""

    number: int
    instance: str
    state: CloneState


def instance(api: Tencent, id: str, context: Context) -> Instance | None:
    """Return an instance by its id, one that is isolated or going included; None where none is."""
    return _one(api, {"InstanceIds": [id]}, context)


def named(api: Tencent, name: str, context: Context) -> Instance | None:
    """Return the instance of exactly this name; None where none is."""
    found = _one(api, {"InstanceNames": [name]}, context)
    return found if found is not None and found.name == name else None


def price(api: Tencent, source: Instance, context: Context) -> Price:
    """Return what a clone of `source` costs an hour; in the first, dearest step of its price."""
    fields = {
        "Zone": source.zone,
        "GoodsNum": 1,
        "Memory": source.memory,
        "Volume": source.volume,
        "Cpu": source.cpu,
        "InstanceRole": "master",
        "PayType": "HOUR_PAID",
        "ProtectMode": source.protect,
        "InstanceNodes": _nodes(source),
        "DeviceType": source.device,
        "Ladder": 1,
    }
    said = api.call(*_SERVICE, "DescribeDBPrice", fields, context)
    return Price(int(said["Price"]), said.get("Currency") or "CNY")


def order(
    api: Tencent, source: Instance, backup_id: int, name: str, context: Context
) -> dict[str, Any]:
    """Return the order for a clone called `name` of a backup of `source`, paid by the hour."""
    fields: dict[str, Any] = {
        "InstanceId": source.id,
        "SpecifiedBackupId": backup_id,
        "InstanceName": name,
        "PayType": "USED_PAID",
        "Memory": source.memory,
        "Volume": source.volume,
        "Cpu": source.cpu,
        "Zone": source.zone,
        "ProtectMode": source.protect,
        "InstanceNodes": _nodes(source),
        "DeviceType": source.device,
    }
    if source.network and source.subnet:  # where the original is reached, the clone is, too
        fields |= {"UniqVpcId": source.network, "UniqSubnetId": source.subnet}
    said = api.call(*_SERVICE, "DescribeDBSecurityGroups", {"InstanceId": source.id}, context)
    if groups := [group["SecurityGroupId"] for group in said.get("Groups") or []]:
        fields["SecurityGroup"] = groups
    return fields


def rehearse(api: Tencent, fields: Mapping[str, Any], context: Context) -> None:
    """Let the cloud check an order without carrying it out; raise `CloudRefused`."""
    api.call(*_SERVICE, "CreateCloneInstance", {**fields, "DryRun": True}, context)


def create(api: Tencent, fields: Mapping[str, Any], context: Context) -> None:
    """Place an order: from now on it costs money.

    Raises `CloudRefused`, whose `unclear` says that the clone may be in the making all the same;
    never place it a second time.
    """
    api.call(*_SERVICE, "CreateCloneInstance", fields, context)


def tasks(api: Tencent, source_id: str, context: Context) -> tuple[CloneTask, ...]:
    """Return what was and is being cloned from an instance."""
    found: list[CloneTask] = []
    while True:
        page = {"InstanceId": source_id, "Offset": len(found), "Limit": _PAGE}
        said = api.call(*_SERVICE, "DescribeCloneList", page, context)
        items = said.get("Items") or []
        found += [_task(item) for item in items]
        if not items or len(found) >= said["TotalCount"]:
            return tuple(found)


def isolate(api: Tencent, clone: Instance, context: Context) -> bool:
    """Begin to isolate a clone of ours: from then on it cannot be reached and costs nothing.

    Says whether it began; not so while the cloud still works on the instance.
    """
    _refuse_foreign(clone)
    return _begun(api, "IsolateDBInstance", {"InstanceId": clone.id}, context)


def take_offline(api: Tencent, clone: Instance, context: Context) -> bool:
    """Begin to delete an isolated clone of ours, for good; say whether it began."""
    _refuse_foreign(clone)
    return _begun(api, "OfflineIsolatedInstances", {"InstanceIds": [clone.id]}, context)


def whole_policy() -> str:
    """Return one CAM policy that grants all that a drill on a clone asks for."""
    return policy("cdb", *ACTIONS)


# ---------------------------------------------------------------- inside


def _begun(api: Tencent, action: str, fields: dict[str, Any], context: Context) -> bool:
    try:
        api.call(*_SERVICE, action, fields, context)
    except CloudRefused as refusal:
        if refusal.code.startswith(_BUSY):
            return False
        raise
    return True


def _one(api: Tencent, wanted: dict[str, Any], context: Context) -> Instance | None:
    # Without `Status` the isolated ones and those on their way out may be left out (doc 236/15872).
    fields = {**wanted, "Status": sorted(_STATES), "Limit": _PAGE}
    items = api.call(*_SERVICE, "DescribeDBInstances", fields, context).get("Items") or []
    return _instance(items[0]) if items else None


def _instance(item: dict[str, Any]) -> Instance:
    return Instance(
        id=item["InstanceId"],
        name=item.get("InstanceName") or "",
        state=_STATES.get(item["Status"], "unknown"),
        busy=bool(item.get("TaskStatus")),
        host=item.get("Vip") or "",
        port=item.get("Vport") or 0,
        version=item.get("EngineVersion") or "",
        zone=item.get("Zone") or "",
        memory=item.get("Memory") or 0,
        volume=item.get("Volume") or 0,
        cpu=item.get("Cpu") or 0,
        device=item.get("DeviceType") or "UNIVERSAL",
        nodes=item.get("InstanceNodes") or 2,
        protect=item.get("ProtectMode") or 0,
        network=item.get("UniqVpcId") or "",
        subnet=item.get("UniqSubnetId") or "",
    )


def _task(item: dict[str, Any]) -> CloneTask:
    said = item.get("TaskStatus") or ""
    state = _CLONE_STATES.get(said, "unknown")
    return CloneTask(item["CloneJobId"], item.get("DstInstanceId") or "", state)


def _nodes(source: Instance) -> int:
    """Return how many nodes a clone has: no more than two, which cost least and serve as well."""
    return min(source.nodes, 2)


def _refuse_foreign(clone: Instance) -> None:
    """Nothing but a clone of ours may ever be removed from here."""
    if not clone.name.startswith(MARK):
        raise OpsError(
            tr("{instance} is called “{name}”: it is no clone of a drill.",
               instance=clone.id, name=clone.name),
            hint=tr("Remove it in Tencent Cloud's console, if it is one all the same."),
            unharmed=tr("It was not touched."),
        )  # fmt: skip
