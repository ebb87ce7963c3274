"""Lets what runs out soon stand in tickets: one for each thing, told of every step on the way."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from gmops_desktop.contract.expiry import Expiry
from gmops_desktop.contract.expiry_reminders import renewed, step_of, trouble_key, trouble_of
from gmops_desktop.contract.tickets import Ticket
from gmops_desktop.contract.troubles import TroubleBook


class ExpiryReminders:
    """Follows the board of everything that runs out; tickets are written where that is `wanted`."""

    def __init__(
        self,
        board: Callable[[], Sequence[Expiry]],
        troubles: TroubleBook,
        *,
        wanted: Callable[[], bool] = lambda: True,
    ) -> None:
        self._board, self._troubles, self._wanted = board, troubles, wanted

    def follow(self) -> tuple[Ticket, ...]:
        """Open or join the ticket of each thing that reached a step; note what lasts again.

        Returns the tickets that were written to.  Closing one is a person's.
        """
        if not self._wanted():
            return ()
        board = self._board()
        written = [self._troubles.report(one) for one in filter(None, map(trouble_of, board))]
        known = self._troubles.known()
        written += [
            self._troubles.over(trouble_key(one), renewed(one))
            for one in board
            if one.state == "ok" and step_of(one) is None and trouble_key(one) in known
        ]
        return tuple(dict.fromkeys(filter(None, written)))

    def ticket_of(self, expiry: Expiry) -> Ticket | None:
        """Return the open ticket of a thing."""
        return self._troubles.standing(trouble_key(expiry))
