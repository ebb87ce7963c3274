"""Time that passes, with the looks that the program would have taken at `past`.

Most hours of a year are like the one before: of those only the figures are stored, as the looks
would have left them.  Twice a day, and every ten minutes of a day on which much happens, the
services look themselves: they judge, raise alerts, and open tickets.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Final

from db import samples
from gmops_desktop.addresses import Resource
from gmops_desktop.context import Context
from gmops_desktop.contract.looks import (
    Details,
    WebDetails,
)
from gmops_desktop.contract.metrics import LOOK, UP, samples_of
from gmops_desktop.contract.rates import with_rates
from gmops_desktop.contract.terms import ZONE
from sandbox.year.clock import Clock
from sandbox.year.past import Past

if TYPE_CHECKING:
    from gmops_desktop.assembly import Services

HOUR: Final = timedelta(hours=1)
_OFTEN: Final = timedelta(minutes=10)
_LOOKED_AT: Final = (6, 18)  # o'clock, on a day like any other


class Watching:
    """The looks of a year; `lively` are days of which each ten minutes are wanted, `asleep` spans
    in which this machine looked at nothing."""

    def __init__(self, services: Services, past: Past, clock: Clock) -> None:
        self._services, self._past, self._clock = services, past, clock
        self.asleep: list[tuple[datetime, datetime]] = []
        self.lively: set[date] = set()
        self._last = clock.now
        self._before: dict[str, Details] = {}
        self._real_cloud = services.servers._look_cloud
        self._stand_in()
        self._seen = [one for one in services.contracts.resources() if one.kind != "cloud"]

    def until(self, goal: datetime) -> None:
        """Let time pass up to a moment; the clock is there then."""
        quiet: list[datetime] = []
        while (moment := self._next()) <= goal:
            self._last = moment
            if any(begin <= moment < end for begin, end in self.asleep):
                self._store(quiet, moment)
                quiet = []
            elif self._is_lively(moment) or moment.astimezone(ZONE).hour in _LOOKED_AT:
                self._store(quiet, moment)
                quiet = []
                self._look(moment)
            else:
                quiet.append(moment)
        self._store(quiet, self._last + HOUR)
        self._clock.move(goal)

    def look_now(self) -> None:
        """Look at everything, as the window does when it is opened."""
        self._last = self._clock.now
        self._look(self._last)

    def look_at_cloud(self) -> None:
        """Ask the stand-in of the cloud, and nothing from memory."""
        self._services._outside._cloud_looks = None
        clouds = [one for one in self._services.contracts.resources() if one.kind == "cloud"]
        self._services.servers.look(clouds, Context(), every=86400)

    # ------------------------------------------------------------ inside

    def _next(self) -> datetime:
        pace = _OFTEN if self._is_lively(self._last) else HOUR
        since = self._last - datetime(1970, 1, 1, tzinfo=self._last.tzinfo)
        return self._last + pace - since % pace  # on the full hour, on the tenth minute

    def _is_lively(self, moment: datetime) -> bool:
        return moment.astimezone(ZONE).date() in self.lively

    def _look(self, moment: datetime) -> None:
        self._clock.move(moment)
        every = (_OFTEN if self._is_lively(moment) else HOUR).total_seconds()
        self._services.servers.look(self._seen, Context(), every=every)
        self._services.alerts.follow()

    def _store(self, moments: list[datetime], end: datetime) -> None:
        """Store the figures of looks, of which the last speaks until `end` at most."""
        if not moments:
            return
        with self._services._database.session() as session, session.begin():
            for one in self._seen:
                taken = {at: self._figures(one, at) for at in moments}
                span = (moments[0], min(end, moments[-1] + HOUR))
                samples.keep_span(session, one.id, span, HOUR.total_seconds(), taken, "own")

    def _figures(self, resource: Resource, at: datetime) -> Mapping[str, float | None]:
        with self._supposed(at):
            found = self._details(resource)
        before = self._before.get(resource.id)
        self._before[resource.id] = found
        rated = with_rates(found, before, HOUR)
        up = not isinstance(found, WebDetails) or found.status < 400
        return {**samples_of(rated), UP: float(up), LOOK: 1.0}

    def _details(self, resource: Resource) -> Details:
        past, address, nothing = self._past, resource.address, Context()
        match resource.kind:
            case "host":
                return past.host(address, nothing)
            case "mysql":
                return past.mysql(address, nothing)
            case "website":
                return past.web(address, nothing)
            case _:
                return past.account(address, nothing, None)

    @contextmanager
    def _supposed(self, at: datetime) -> Iterator[None]:
        """Ask the past for another moment than now."""
        now, self._past.at = self._past.at, lambda: at
        yield
        self._past.at = now

    def _stand_in(self) -> None:
        """Put the past in the place of the ways to the machines."""
        from gmops_desktop.services.servers import Servers

        past = self._past
        self._services.__dict__["servers"] = Servers(
            self._services._database, look_host=past.host, look_mysql=past.mysql,
            look_web=past.web, look_account=past.account, look_cloud=self._real_cloud,
        )  # fmt: skip
