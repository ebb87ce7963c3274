"""A desk whose server stands in the cloud's stand-in: what a change does with its disks there."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from change_desk import Desk
from gmops_desktop.adapters.written_since import Written
from gmops_desktop.addresses import CloudAddress
from gmops_desktop.context import Context
from gmops_desktop.contract.gates import Gate
from gmops_desktop.contract.looks import CloudDetails
from gmops_desktop.contract.looks.clouds import CloudLink
from gmops_desktop.errors import OpsError
from gmops_desktop.outside import Outside
from gmops_desktop.paths import Home
from gmops_desktop.services.patches import Change, Patches
from gmops_desktop.services.patches.checking import Hanging
from gmops_desktop.services.patches.cloud_places import CloudPlaces
from gmops_desktop.services.patches.disks import DiskHands
from sandbox.tencent import Tencent

NAME = "web1"


class Cloud:
    """A desk whose server is the stand-in's, and what was asked of the cloud."""

    def __init__(self, desk: Desk, stand_in: Tencent, home: Home) -> None:
        self.desk, self.stand_in = desk, stand_in
        self.outside = Outside(home, lambda name: stand_in.secret_key)
        self.settled: list[str] = []
        self.written: tuple[Written, ...] | OpsError = ()
        self.looks: dict[str, Any] = {}
        save = desk.contracts.save_resource
        desk.cloud = save("cloud", "腾讯云", stand_in.account, id=desk.cloud.id)
        places = CloudPlaces(desk.contracts.resources, self.looks.get)
        hands = DiskHands(
            place_of=places.of,
            open_api=self.outside.open_cloud,
            settle=lambda host, context: self.settled.append(host.id),
            count=self._count,
            pauses=(0.0,),
        )
        hanging = Hanging((desk.site,), (desk.site_db,))
        desk.hands = replace(desk.hands, disks=hands, hanging=lambda host, context: hanging)
        desk.patches = Patches(desk.database, desk.journal, desk.hands, now=lambda: desk.server.now)
        self.look()

    def _count(self, host: Any, folders: Any, since: datetime, context: Context) -> Any:
        if isinstance(self.written, OpsError):
            raise self.written
        return self.written

    def look(self) -> CloudDetails:
        """Look at the account as the status page does, and keep it."""
        assert isinstance(self.desk.cloud.address, CloudAddress)
        outside = Outside(Home(Path("/nowhere")), lambda name: self.stand_in.secret_key)
        seen = outside.look_cloud(self.desk.cloud.address, Context())
        link = CloudLink("cvm", "ins-sandbox1", self.desk.host.id, NAME, "by its address")
        seen = replace(seen, links=(link,))
        self.desk.keep_cloud(seen)
        self.looks[self.desk.cloud.id] = _Look(seen)
        return seen

    def make(self, change: Change, context: Context | None = None, **options: Any) -> Change:
        return self.desk.patches.snapshot(
            self.desk.host, change.id, context or Context(), **options
        )

    def put_back(self, change: Change, **given: Any) -> Change:
        values = {"confirm": NAME, "reason": "系统起不来", "agreed_by": "李慧敏",
                  "channel": "电话", **given}  # fmt: skip
        context = values.pop("context", Context())
        return self.desk.patches.roll_back_disks(self.desk.host, change.id, context, **values)

    def gate(self, change: Change) -> Gate:
        found = self.desk.patches.get(change.id).gates
        return next(one for one in found if one.key == "snapshot")

    def steps(self, change: Change) -> list[str]:
        return [one.key for one in self.desk.patches.steps(change.id)]


class _Look:
    def __init__(self, details: CloudDetails) -> None:
        self.details = details
