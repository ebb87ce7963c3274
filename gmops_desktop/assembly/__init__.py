"""Puts the services together, for the window and the terminal alike.

Each is made, and its libraries are loaded, when it is asked for the first time: most commands need
two or three, and all of them take as long as a small backup.  The classes stand on one another in
the order in which services need services: record, backups, servers, changes, documents.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from db.engine import Database
from gmops_desktop.adapters.vault import Vault
from gmops_desktop.assembly.papers import PaperServices
from gmops_desktop.paths import Home
from gmops_desktop.settings import SettingsFile

__all__ = ["Services", "assemble"]


class Services(PaperServices):
    """Everything the window and the terminal can ask for."""


@contextmanager
def assemble(home: Home, *, secret: Callable[[str], str] | None = None) -> Iterator[Services]:
    """Give the services on the data in `home`; close the store at the end.

    `secret` is asked for every password, by its name, in the thread that works (default: the
    keyring).  Raises `OpsError` where the store or the settings cannot be used.
    """
    settings = SettingsFile(home.settings)
    database = Database(home.store)
    try:
        services = Services(home, settings, database, secret or Vault().get)
        services.catch_up()
        services.sealing.sweep()
        try:
            yield services
        finally:
            services.hang_up()
    finally:
        database.close()
