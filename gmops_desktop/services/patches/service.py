"""The patch queue: what waits on each host, and changes that go their way through the gates.

Nothing touches a server but through the gates of `contract.gates`, above all Party A's notice to
all three audiences (2.3-8).  Every step is a journal entry; where a change stands follows from
them.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from db.engine import Database
from db.journal import Journal, utc_now
from gmops_desktop.services.patches.book import Book
from gmops_desktop.services.patches.hands import Hands
from gmops_desktop.services.patches.papers import Papers


class Patches(Papers):
    """The inventories and the queue; `hands` reach the servers and the other services."""

    def __init__(
        self,
        database: Database,
        journal: Journal,
        hands: Hands,
        *,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        super().__init__(Book(database, journal, now), hands)
