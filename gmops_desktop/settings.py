"""What this machine's user chose: one JSON file, replaced atomically.  What people record about the
contract is not here but in the journal."""

from __future__ import annotations

import json
import threading
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

from gmops_desktop.errors import OpsError
from gmops_desktop.language import DEFAULT, Language, tr
from gmops_desktop.paths import write_atomically

Theme = Literal["system", "light", "dark"]


@dataclass(frozen=True, slots=True)
class Settings:
    """Choices of this machine; every field has a default that works."""

    language: Language = DEFAULT
    theme: Theme = "system"
    actor: str = ""  # the person who works here; stands in every journal entry
    archive_folder: str = ""  # empty: the data folder's own
    probe_seconds: int = 60  # between two looks at the servers
    window: str = ""  # geometry, as Qt gave it, base64
    columns: str = ""  # widths of the columns people changed, by table, as JSON
    charts: str = ""  # the series people chose to see, by kind of resource, as JSON
    seal: bool = False  # whether new backups are sealed
    signing_key: str = ""  # the PKCS#12 file with which reports are signed; it stays where it is
    recipients: str = ""  # who can open them: a line each, public key and name
    recipient_days: str = ""  # since when each is in use: a line each, public key and day
    recovery_sheets: str = ""  # the public keys of which one was made, a line each
    attachment_megabytes: int = 50  # the largest file that may be attached
    alert_tickets: bool = True  # whether what the looks find opens tickets by itself
    alert_desktop: bool = True  # whether the desktop shows a message of a new alert
    alert_sound: bool = False  # whether a new alert is heard
    ask_registries: bool = True  # whether registries are asked until when domains are registered
    robot: bool = False  # whether a chat robot is set up; its address is in the keyring
    robot_events: str = "ticket reminder breach backup"  # what it tells
    contract: str = ""  # the id of the contract that is shown where there are several
    ticket_filters: str = ""  # those kept by name, as JSON
    ticket_templates: str = ""  # those of this machine, as JSON
    ticket_order: str = ""  # what the list of tickets is sorted by, "-" before it: descending


class SettingsFile:
    """The settings in use; `change` writes first and takes effect only when that worked."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.RLock()
        self.current = self._read()

    def latest(self) -> Settings:
        """Return the settings as they are on the disk, where another program may change them."""
        with self._lock:
            self.current = self._read()
            return self.current

    def change(self, **values: Any) -> Settings:
        """Write the settings with `values` replaced; return them."""
        with self._lock:
            return self._change(replace(self.latest(), **values))

    def _change(self, wanted: Settings) -> Settings:
        content = json.dumps(asdict(wanted), ensure_ascii=False, indent=2).encode()
        try:
            write_atomically(self._path, content)
        except OSError as error:
            raise OpsError(
                tr("The settings could not be saved to {path}: {why}.", path=self._path, why=error),
                hint=tr("Free some space or mend the folder's permissions, then try again."),
                unharmed=tr("The settings in use are unchanged."),
            ) from error
        self.current = wanted
        return wanted

    def _read(self) -> Settings:
        try:
            values = json.loads(self._path.read_text("utf-8"))
        except FileNotFoundError:
            return Settings()
        except (OSError, ValueError) as error:
            raise self._broken(str(error)) from error
        if not isinstance(values, dict):
            raise self._broken(tr("it does not hold an object"))
        hints = get_type_hints(Settings)
        known = {field.name for field in fields(Settings)} & values.keys()
        for name in known:
            if not _fits(values[name], hints[name]):
                raise self._broken(
                    tr("“{value}” does not fit {name}", name=name, value=values[name])
                )
        # A newer version's fields are not ours to judge.
        return Settings(**{name: values[name] for name in known})

    def _broken(self, why: str) -> OpsError:
        return OpsError(
            tr("The settings file {path} cannot be read: {why}.", path=self._path, why=why),
            hint=tr("Mend it, or delete it to start with the defaults."),
            unharmed=tr("The record and the backups are not touched."),
        )


def _fits(value: object, hint: Any) -> bool:
    if get_origin(hint) is Literal:
        return value in get_args(hint)
    return isinstance(value, hint) and not (hint is int and isinstance(value, bool))
