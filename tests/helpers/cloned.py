"""Builds what drills on clones need, as the program does, in a folder of the test's own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from db.journal import utc_now
from gmops_desktop.adapters import local_programs
from gmops_desktop.adapters.vault import Vault
from gmops_desktop.archive.sealing import Seals
from gmops_desktop.outside import Outside
from gmops_desktop.paths import Home
from gmops_desktop.services.drills import CloneRehearsal, Clones, Orders


def on_clone(
    folder: Path,
    *,
    secret: Callable[[str], str] | None = None,
    now: Callable[[], datetime] = utc_now,
    find_client: Callable[[str], Path | None] = local_programs.find_client,
) -> CloneRehearsal:
    """Return drills on clones whose notes, locks and known hosts lie in `folder`."""
    outside = Outside(Home(folder), secret or Vault().get)
    orders = Orders(folder / "clones", folder / "locks")
    clones = Clones(outside.open_tencent, orders, now)
    return CloneRehearsal(clones, Seals().opened, outside.reach, find_client)
