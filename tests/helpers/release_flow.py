"""The queue with the real works of releases and configurations, and a server over SSH: tests."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import change_desk
from change_desk import Desk
from db.engine import Database
from gmops_desktop.adapters.vault import Vault
from gmops_desktop.context import Context
from gmops_desktop.services.patches import Change, Patches
from gmops_desktop.services.patches.configurations import Configurations
from gmops_desktop.services.patches.leftovers import Leftovers
from gmops_desktop.services.patches.releases import Releases
from released import Server
from sandbox.sshd import Sshd


class Flow:
    """The queue with the real works of both kinds, and a server over SSH."""

    def __init__(self, database: Database, folder: Path, sshd: Sshd) -> None:
        self.desk = Desk(database)
        now = lambda: self.desk.now  # noqa: E731
        self.desk.furnish(two_person=False)
        there = Server(folder, sshd)
        self.host = self.desk.contracts.save_resource("host", "web2", sshd.address)
        no_database: Any = None
        add: Any = lambda *words, **named: self.patches.add(*words, **named)  # noqa: E731
        self.releases = Releases(
            folder / "releases", there.open, there.look_run, no_database,
            self.desk.contracts.resources, add, now=now,
        )  # fmt: skip
        self.configurations = Configurations(there.open, Vault(), add, now=now)
        works: Any = {"release": self.releases, "configuration": self.configurations}
        hands = replace(self.desk.hands, works=works, look_run=self.releases.look, every=0.05)
        self.patches = Patches(database, self.desk.journal, hands, now=now)
        self.leftovers = Leftovers(there.open, self.patches.all, self.patches.cleared)

    def ready(self, change: Change) -> Change:
        """Lead a change through every gate."""
        patches, context = self.patches, Context()
        patches.assess(change.id, text="版本更新", risk="低", downtime_minutes=5, by="陈志远",
                       person_days=Decimal("0.5"))  # fmt: skip
        patches.simulate(self.host, change.id, context)
        begin = self.desk.now - change_desk.MINUTE
        patches.set_window(change.id, begin, begin + 120 * change_desk.MINUTE)
        for audience in change_desk.AUDIENCES:
            patches.announce(change.id, audience, "公告")
        self.desk.copied()
        patches.prepare(self.host, change.id, context)
        return patches.check_before(self.host, change.id, context)

    def apply(self, change: Change) -> Change:
        return self.patches.apply(self.host, change.id, Context(), confirm=change.number)

    def back(self, change: Change) -> Change:
        return self.patches.roll_back(
            self.host, change.id, Context(), confirm=change.number, reason="演练"
        )

    def closed(self, change: Change) -> Change:
        """Lead a change that was applied to its end."""
        self.patches.check_after(self.host, change.id, Context())
        self.patches.confirm(change.id, by="李慧敏", channel="电话")
        self.patches.hand_over(self.host, change.id, Context())
        return self.patches.close(change.id)
