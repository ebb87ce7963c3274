"""What every service stands on: home, settings, store, journal, ways out, keys of archives."""

from __future__ import annotations

import getpass
import os
from collections.abc import Callable
from functools import cached_property
from pathlib import Path

from db.engine import Database
from db.journal import Journal
from gmops_desktop.adapters.vault import Vault
from gmops_desktop.archive.plain_copies import PlainCopies
from gmops_desktop.outside import Outside
from gmops_desktop.paths import Home
from gmops_desktop.services.sealing import KEY_FILE, Sealing
from gmops_desktop.settings import SettingsFile


class Core:
    """Home, settings, store, journal and the ways out of this machine."""

    def __init__(
        self,
        home: Home,
        settings: SettingsFile,
        database: Database,
        secret: Callable[[str], str],
    ) -> None:
        self.home = home
        self.settings = settings
        self._database = database
        self._journal = Journal(database, actor=self._actor)
        self._secret = secret
        self._outside = Outside(home, secret)

    def catch_up(self) -> None:
        """Gather from the journal what an older program did not."""
        self._journal.catch_up()

    def save_secret(self, name: str, secret: str) -> None:
        """Keep a secret in the keyring under a name (`address.secret_name`)."""
        Vault().put(name, secret)
        self._outside.forget()

    def hang_up(self) -> None:
        """Close the connections that are kept between looks."""
        self._outside.close()

    def _actor(self) -> str:
        return self.settings.current.actor or getpass.getuser()

    def _archives(self) -> Path:
        chosen = self.settings.current.archive_folder
        return Path(chosen) if chosen else self.home.archives

    def _shown(self) -> str:
        return self.settings.current.contract

    @cached_property
    def sealing(self) -> Sealing:
        copies = PlainCopies(self.home.opened)
        identity = os.environ.get(KEY_FILE, "")
        return Sealing(self.settings, Vault(), copies, identity_file=identity)
