"""SSH connections that stay open from one look to the next.

A login costs more than the look that follows it, and leaves its lines in the server's log.  What
is kept is for looks alone: they may be begun again.  Jobs open connections of their own.

A connection lives for some minutes only.  An open one proves less than a new one would: that the
port still lets people in, and that the key of the login is still the right one.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from gmops_desktop.adapters.host_keys import trusted_key
from gmops_desktop.adapters.ssh.connection import Ssh
from gmops_desktop.adapters.ssh.failures import ConnectionLost, DeadlinePassed
from gmops_desktop.adapters.tcp import HostSilent
from gmops_desktop.addresses import SshAddress
from gmops_desktop.context import Context
from gmops_desktop.errors import Cancelled, OpsError

Result = TypeVar("Result")

_LOGIN: Final = 15.0  # seconds for connecting and the login
_ANSWER: Final = 5.0  # seconds after which a kept connection is taken for dead
_BRISK: Final = 5.0  # seconds for a server that took longer than its time
_AGAIN: Final = 600.0  # seconds after which such a one is given its whole time again


@dataclass(frozen=True, slots=True)
class _Identity:
    """What a connection was opened with; where any of it changed, it is not used again."""

    address: SshAddress
    host_key: str
    key_file: tuple[int, int]  # when it was changed, and its size
    era: int


@dataclass(frozen=True, slots=True)
class _Kept:
    ssh: Ssh
    identity: _Identity
    end: float  # of its life, by the wall's clock


class KeptConnections:
    """Lends connections, and keeps up to `most` of them for up to `life` seconds.

    `login` opens one within the seconds it is given; it has the password only while it runs.
    `now` is the wall's clock: on a machine that sleeps, only that goes on.
    """

    def __init__(
        self,
        login: Callable[[SshAddress, Context, float], Ssh],
        known_hosts: Path,
        *,
        most: int = 256,
        life: float = 900.0,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._login, self._known_hosts = login, known_hosts
        self._most, self._life, self._now = most, life, now
        self._lock = threading.Lock()
        self._idle: list[_Kept] = []  # the one lent longest ago first
        self._era = 0
        self._late: dict[SshAddress, float] = {}  # when a server last had its whole time in vain
        self._sweeper: threading.Timer | None = None

    def over(
        self,
        address: SshAddress,
        context: Context,
        work: Callable[[Ssh, float], Result],
        *,
        deadline: float = 60.0,
    ) -> Result:
        """Return what `work` returns, given a connection and the seconds that are left for it.

        A kept connection that turns out to be lost is no fault of the server: the work is begun
        again over a new one.  `deadline` is for all of it; a server that let it pass gets a few
        seconds from then on, until it answers or ten minutes have gone.
        """
        begun = time.monotonic()
        late = self._late.get(address)
        brisk = late is not None and begun - late < _AGAIN
        end = begun + (min(_BRISK, deadline) if brisk else deadline)
        try:
            result = self._over(address, context, work, end)
        except (HostSilent, DeadlinePassed):
            if not brisk:
                self._late[address] = begun
            raise
        self._late.pop(address, None)
        return result

    def forget(self) -> None:
        """Use no connection again that is open now: a password changed, or somebody asks anew."""
        with self._lock:
            self._era += 1
            gone, self._idle = self._idle, []
        _close(gone)

    def close(self) -> None:
        """Close what is kept, and keep nothing any more."""
        self._most = 0
        if self._sweeper is not None:
            self._sweeper.cancel()
        self.forget()

    def __len__(self) -> int:
        return len(self._idle)

    def _over(
        self,
        address: SshAddress,
        context: Context,
        work: Callable[[Ssh, float], Result],
        end: float,
    ) -> Result:
        identity = self._identity(address)
        kept = self._take(identity, context)
        if kept is not None:
            try:
                return self._lend(kept, work, end)
            except OpsError as error:
                if kept.ssh.alive and not isinstance(error, ConnectionLost):
                    raise
        ssh = self._login(address, context, max(0.1, min(_LOGIN, end - time.monotonic())))
        ssh.wake_seldom()
        life = self._life * random.uniform(0.5, 1.0)  # so that not all log in at once
        return self._lend(_Kept(ssh, identity, self._now() + life), work, end)

    def _lend(self, kept: _Kept, work: Callable[[Ssh, float], Result], end: float) -> Result:
        try:
            return work(kept.ssh, max(0.1, end - time.monotonic()))
        except (ConnectionLost, DeadlinePassed, Cancelled):
            kept.ssh.close()
            raise
        finally:
            self._put_back(kept)

    def _take(self, identity: _Identity, context: Context) -> _Kept | None:
        """Return a connection that answers; close those to the same server that do not."""
        while True:
            with self._lock:
                known = [one for one in self._idle if one.identity.address == identity.address]
                if not known:
                    return None
                kept = known[-1]
                self._idle.remove(kept)
            same = kept.identity == identity and self._lives(kept)
            if same and kept.ssh.answers(context, _ANSWER):
                return kept
            kept.ssh.close()

    def _put_back(self, kept: _Kept) -> None:
        gone = [kept]
        with self._lock:
            if kept.ssh.alive and kept.identity.era == self._era and self._lives(kept):
                self._idle.append(kept)
                gone = self._idle[: max(0, len(self._idle) - self._most)]
                del self._idle[: len(gone)]
                self._sweep_later()
        _close(gone)

    def _lives(self, kept: _Kept) -> bool:
        """Whether its time is not over; a clock that was set back ends it, too."""
        return 0 < kept.end - self._now() <= self._life

    def _sweep_later(self) -> None:
        """See to it that nothing outlives its time because nobody asks for it any more."""
        if self._idle and self._sweeper is None:
            self._sweeper = threading.Timer(self._life / 2, self._sweep)
            self._sweeper.daemon = True
            self._sweeper.start()

    def _sweep(self) -> None:
        with self._lock:
            gone = [one for one in self._idle if not self._lives(one)]
            self._idle = [one for one in self._idle if self._lives(one)]
            self._sweeper = None
            self._sweep_later()
        _close(gone)

    def _identity(self, address: SshAddress) -> _Identity:
        trusted = trusted_key(address, self._known_hosts)
        stamp = (0, 0)
        if address.key:
            try:
                found = Path(address.key).expanduser().stat()
            except OSError:
                pass  # the login says what is wrong with it
            else:
                stamp = (found.st_mtime_ns, found.st_size)
        return _Identity(address, trusted.blob if trusted else "", stamp, self._era)


def _close(connections: list[_Kept]) -> None:
    for kept in connections:
        kept.ssh.close()
