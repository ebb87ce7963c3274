"""The site comes first: no question is asked while the server has its hands full."""

from __future__ import annotations

import threading
import time
from typing import Final

from gmops_desktop.adapters.mysql import MysqlConnection
from gmops_desktop.adapters.mysql.failures import ServerRefused
from gmops_desktop.context import Context
from gmops_desktop.language import tr

BUSY: Final = 12  # statements of others that run at the same time

_EVERY: Final = 1.0  # seconds between two looks
_PAUSE: Final = 0.5  # seconds until the next look at a busy server
_LONGEST: Final = 10.0  # seconds after which one question is asked all the same: a backup must end


class Courtesy:
    """Holds questions back while many statements run at the server; shared by all connections."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._lock = threading.Lock()  # one look is for all; who comes meanwhile waits, too
        self._next = 0.0
        self.waited = 0.0  # seconds

    def before(self, connection: MysqlConnection, ours: int) -> None:
        """Wait until the server is less busy; `ours` of its connections are the backup's own."""
        if connection.urgent:  # others wait for its answers
            return
        with self._lock:
            begun = now = time.monotonic()
            if now < self._next:
                return
            while _running(connection) - ours >= BUSY and now - begun < _LONGEST:
                self._context.progress(None, tr("Waiting: the server is busy"))
                self._context.wait(_PAUSE)
                now = time.monotonic()
            self.waited += now - begun
            self._next = now + _EVERY


def _running(connection: MysqlConnection) -> int:
    """Return how many threads of the server work right now; all users may ask."""
    try:
        found = connection.rows("SHOW GLOBAL STATUS LIKE 'Threads_running'")
    except ServerRefused:  # a proxy that does not pass it on
        return 0
    return int(found[0][1]) if found else 0
