"""Asking for one part of a look after another, and keeping why one was not learnt."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol, TypeVar

from gmops_desktop.adapters.mysql.failures import ServerRefused
from gmops_desktop.adapters.mysql_status.rights import Asking
from gmops_desktop.language import tr

T = TypeVar("T")

_NO_TABLE: Final = 1142  # a right on a table is missing: of all we read, only this one's need any


class Server(Asking, Protocol):
    """A connection that also tells the columns of statements without a fixed list of them."""

    def named(self, statement: str) -> list[Mapping[str, Any]]: ...


class NotRecorded(Exception):
    """The server does not record this; the text says by what statement it would."""


class NotApplicable(Exception):
    """This server has no such thing, and need not; the text says so."""


class Parts:
    """The parts of one look at one server; `account` is ready for a GRANT."""

    def __init__(
        self, connection: Server, version: str, performance_schema: bool, account: str
    ) -> None:
        self.connection = connection
        self.schema = connection.schema
        self.performance_schema = performance_schema
        self.mariadb = "mariadb" in version.lower()
        numbers = re.match(r"(\d+)\.(\d+)\.(\d+)", version)
        self.number = tuple(int(one) for one in numbers.groups()) if numbers else (0, 0, 0)
        self.unknown: dict[str, str] = {}
        self.notes: dict[str, str] = {}
        self._account = account

    def ask(
        self, name: str, part: Callable[[Parts], T], *, right: str = "", on: str = "*.*"
    ) -> T | None:
        """Return what `part` learns; where it is refused, `right` on `on` is what is missing."""
        try:
            return part(self)
        except NotApplicable as why:
            self.notes[name] = str(why)
        except NotRecorded as why:
            self.unknown[name] = str(why)
        except ServerRefused as error:
            if right and error.forbidden:
                if error.code == _NO_TABLE:
                    right, on = "SELECT", "performance_schema.*"
                grant = f"GRANT {right} ON {on} TO {self._account};"
                self.unknown[name] = tr("the account lacks a right, which this gives: {grant}",
                                        grant=grant)  # fmt: skip
            else:
                self.unknown[name] = error.message
        except (ValueError, TypeError, IndexError, KeyError):
            self.unknown[name] = tr("the server answered in a form we do not know")
        return None

    def recorded(self) -> None:
        """Raise `NotRecorded` where the server's performance_schema is off."""
        if not self.performance_schema:
            raise NotRecorded(
                tr("performance_schema is off; it goes on by performance_schema = ON under "
                   "[mysqld] and a restart")
            )  # fmt: skip
