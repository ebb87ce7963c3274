"""Where things lie: our own files, and the folder that holds everything local to this machine."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from platformdirs import user_cache_path, user_data_path

from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr

ROOT: Final = Path(__file__).resolve().parent.parent
RESOURCES: Final = ROOT / "resources"


@dataclass(frozen=True, slots=True)
class Home:
    """The folder of all local state; `GMOPS_HOME` names another one."""

    root: Path

    @classmethod
    def where(cls) -> Home:
        """Return the folder in use as it is named, without touching the disk."""
        named = os.environ.get("GMOPS_HOME")
        return cls(Path(named).absolute() if named else user_data_path("GMOps Desktop", False))

    @classmethod
    def find(cls) -> Home:
        """Return the folder in use, made with access for its owner only."""
        home = cls.where()
        try:
            for folder in (home.root, home.archives, home.reports, home.logs):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise OpsError(
                tr("The data folder {folder} cannot be used: {why}.", folder=home.root, why=error),
                hint=tr("Choose another folder with GMOPS_HOME, or mend its permissions."),
            ) from error
        return home

    @property
    def store(self) -> Path:
        return self.root / "store.db"

    @property
    def settings(self) -> Path:
        return self.root / "settings.json"

    @property
    def company_seal(self) -> Path:
        return self.root / "seal.png"

    @property
    def known_hosts(self) -> Path:
        return self.root / "known_hosts"

    @property
    def archives(self) -> Path:
        return self.root / "archives"

    @property
    def opened(self) -> Path:
        return self.root / "opened"  # plain copies of sealed archives, while they are read

    @property
    def attachments(self) -> Path:
        return self.root / "attachments"

    @property
    def releases(self) -> Path:
        """Releases of applications as they were taken in, and the ledgers of their runs."""
        return self.root / "releases"

    @property
    def reports(self) -> Path:
        return self.root / "reports"

    @property
    def unsaved(self) -> Path:
        """Words that are being typed into reports."""
        return self.root / "unsaved"

    @property
    def cloud(self) -> Path:
        """What was last seen of backups in the cloud."""
        return self.root / "cloud"

    @property
    def account_pauses(self) -> Path:
        """Until when official accounts must not be asked."""
        return self.root / "account-pauses.json"

    @property
    def local_servers(self) -> Path:
        """Throw-away database servers: in the user's cache, unless another home is named."""
        if os.environ.get("GMOPS_HOME"):
            return self.root / "local-servers"
        return user_cache_path("gmops-desktop", False) / "local-servers"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def locks(self) -> Path:
        return self.root / "locks"


def write_atomically(
    path: Path, content: bytes, mode: int = 0o600, *, lasting: bool = True
) -> None:
    """Replace `path` so that it holds the old content or the new, whatever happens between; where
    it need not be `lasting`, a power cut (and no kill) may leave it empty.

    Raises `OSError` (disk full, no rights) with the old file untouched.
    """
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    handle = os.open(part, flags, mode)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            if lasting:
                os.fsync(file.fileno())
        os.replace(part, path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    if lasting:
        sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make a rename inside `folder` survive a power cut (Windows does so by itself)."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
