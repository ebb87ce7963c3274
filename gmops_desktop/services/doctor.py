"""One page that says whether everything the program needs is there, and what to do where not.

Every check stands alone: one that fails is a line of the page, never the end of it.
"""

from __future__ import annotations

import os
import platform
import shutil
import stat
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from importlib.metadata import PackageNotFoundError, requires, version
from importlib.util import find_spec
from json import loads
from pathlib import Path
from typing import Final

from gmops_desktop.adapters.timers import TimerState
from gmops_desktop.contract.record import ChainReport
from gmops_desktop.errors import OpsError
from gmops_desktop.language import LANGUAGES, mark, tr, tr_n
from gmops_desktop.paths import RESOURCES, Home
from gmops_desktop.states import Check

_MEGABYTE: Final = 1_000_000
_LITTLE_SPACE: Final = 2_000 * _MEGABYTE  # a backup of an ordinary site no longer fits surely
_ROUNDS_MISSED: Final = 3  # of looks, before something is wrong and not only slow
_NO_SPACE: Final = 200 * _MEGABYTE  # not even the store's own copies fit

# The modules that something of ours imports today, as the frozen program must hold them.
_MODULES: Final = (
    "alembic",
    "chinese_calendar",
    "cryptography",
    "httpx",
    "keyring",
    "openpyxl",
    "paramiko",
    "pikepdf",
    "platformdirs",
    "pymysql",
    "pypdfium2",
    "pyrage",
    "reportlab",
    "rich",
    "sqlalchemy",
    "tencentcloud",
    "typer",
    "tzdata",
    "zstandard",
)
_REINSTALL: Final = mark("Install the program anew; from the sources: python3 dev.py setup.")


def checks(
    home: Home,
    *,
    keyring: Callable[[], str],
    chains: Callable[[], ChainReport],
    tools: Sequence[str] = (),
) -> tuple[Check, ...]:
    """Look at everything the program needs, in the order a person would.

    `keyring` names the keyring in use, `chains` opens the store and proves its record, `tools` are
    the servers' programs that the sandbox starts (none where the sandbox is not shipped).
    """
    return tuple(_all(home, keyring, chains, tools))


def _all(
    home: Home,
    keyring: Callable[[], str],
    chains: Callable[[], ChainReport],
    tools: Sequence[str],
) -> Iterator[Check]:
    yield _python()
    yield _qt()
    yield _libraries()
    yield _resources()
    yield _fonts()
    yield _clock()
    yield _folder(home)
    yield _space(home)
    yield _keyring(keyring)
    yield _record(chains)
    if tools:
        yield _tools(tools)


def _python() -> Check:
    text = f"{platform.python_version()} · {platform.platform()}"
    if sys.version_info < (3, 11):  # noqa: UP036 - the check itself
        remedy = tr("Install Python 3.11 or newer.")
        return Check("Python", "critical", text, remedy=remedy)
    return Check("Python", "ok", text)


def _qt() -> Check:
    name = "Qt"
    try:
        found = version("PySide6-Essentials")
        wanted = _pinned("pyside6-essentials")
    except PackageNotFoundError as error:
        text = tr("{what} is missing.", what=error.name)
        return Check(name, "critical", text, remedy=tr(_REINSTALL))
    if wanted and found != wanted:
        # Other releases crash in ways that no test of ours can see coming; the pin is a finding.
        text = tr("PySide6 {found} is here, {wanted} is needed.", found=found, wanted=wanted)
        return Check(name, "critical", text, remedy=tr(_REINSTALL))
    return Check(name, "ok", f"PySide6 {found}")


def _pinned(library: str) -> str:
    """Return the version that our own metadata pins for `library`, or nothing."""
    for line in requires("gmops-desktop") or ():
        name, _, pinned = line.partition("==")
        if name.strip().lower() == library:
            return pinned.split(";")[0].strip()
    return ""


def _libraries() -> Check:
    name = tr("Libraries")
    missing = [module for module in _MODULES if find_spec(module) is None]
    if missing:
        text = tr("Missing: {names}.", names=", ".join(missing))
        return Check(name, "critical", text, remedy=tr(_REINSTALL))
    count = len(_MODULES)
    return Check(name, "ok", tr_n("{count} library is here", "{count} libraries are here", count))


def _resources() -> Check:
    name = tr("Our own files")
    wanted = [RESOURCES / "example_contract.json", RESOURCES / "fonts"]
    for language in LANGUAGES:
        if language != "en":
            wanted.append(RESOURCES / "translations" / language)
    faults = [str(path.relative_to(RESOURCES)) for path in wanted if not path.exists()]
    for file in RESOURCES.rglob("*.json"):
        try:
            loads(file.read_text("utf-8"))
        except (OSError, ValueError) as error:
            faults.append(f"{file.relative_to(RESOURCES)}: {error}")
    if faults:
        text = tr("Missing or damaged: {names}.", names=", ".join(faults))
        return Check(name, "critical", text, str(RESOURCES), tr(_REINSTALL))
    return Check(name, "ok", tr("All are readable"), str(RESOURCES))


def _fonts() -> Check:
    name = tr("Chinese font")
    fonts = sorted((RESOURCES / "fonts").glob("*.[ot]t[fc]"))
    try:
        sizes = [font.stat().st_size for font in fonts]
    except OSError as error:
        text = tr("The font cannot be read: {why}.", why=error)
        return Check(name, "critical", text, remedy=tr(_REINSTALL))
    if not any(sizes):
        text = tr("The font of the reports is missing.")
        return Check(name, "critical", text, remedy=tr(_REINSTALL))
    return Check(name, "ok", ", ".join(font.stem for font in fonts))


def _clock() -> Check:
    name = tr("Clock")
    now = datetime.now().astimezone()
    text = f"{now:%Y-%m-%d %H:%M} {now.tzname()} (UTC{now:%z})"
    built = datetime.fromtimestamp(RESOURCES.stat().st_mtime, UTC)
    if now.timestamp() < built.timestamp() - 86_400:
        text = tr("{now} lies before the program was installed.", now=text)
        remedy = tr("Set the clock right: times in the record and the reports come from it.")
        return Check(name, "critical", text, remedy=remedy)
    return Check(name, "ok", text)


def _folder(home: Home) -> Check:
    name = tr("Data folder")
    probe = home.root / f".doctor-{os.getpid()}-{time.monotonic_ns()}"
    try:
        probe.write_bytes(b"")
        probe.unlink()
        mode = stat.S_IMODE(home.root.stat().st_mode)
    except OSError as error:
        text = tr("{folder} cannot be written: {why}.", folder=home.root, why=error)
        remedy = tr("Choose another folder with GMOPS_HOME, or mend its permissions.")
        return Check(name, "critical", text, remedy=remedy)
    if os.name != "nt" and mode & 0o077:
        text = tr("Other users of this machine may look into {folder}.", folder=home.root)
        remedy = f"chmod 700 {home.root}"
        return Check(name, "warning", text, remedy=remedy)
    return Check(name, "ok", str(home.root))


def _space(home: Home) -> Check:
    name = tr("Free space")
    try:
        free = shutil.disk_usage(home.root).free
    except OSError as error:
        text = tr("The free space is not known: {why}.", why=error)
        return Check(name, "unknown", text)
    text = f"{free / 1e9:,.1f} GB"
    remedy = tr("Free some space, or keep the backups on another disk.")
    if free < _NO_SPACE:
        return Check(name, "critical", text, remedy=remedy)
    if free < _LITTLE_SPACE:
        return Check(name, "warning", text, remedy=remedy)
    return Check(name, "ok", text)


def _keyring(backend: Callable[[], str]) -> Check:
    name = tr("Keyring")
    try:
        return Check(name, "ok", backend())
    except OpsError as error:
        # Without one, everything works that gets its password typed or from a file.
        return Check(name, "warning", error.message, remedy=error.hint)


def _record(chains: Callable[[], ChainReport]) -> Check:
    name = tr("The record")
    try:
        report = chains()
    except OpsError as error:
        return Check(name, "critical", error.message, error.unharmed, error.hint)
    if not report.ok:
        text = tr("The record does not prove itself: {fault}", fault=report.faults[0])
        remedy = tr("See `gmops verify`; keep a copy of the data folder before anything else.")
        return Check(name, "critical", text, "\n".join(report.faults), remedy)
    text = tr_n("{count} entry, chains intact", "{count} entries, chains intact", report.entries)
    return Check(name, "ok", text)


def _tools(tools: Sequence[str]) -> Check:
    name = tr("Servers for the sandbox")
    # Debian keeps servers where an ordinary user's PATH does not look.
    path = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin", "/sbin"])
    missing = [tool for tool in tools if shutil.which(tool, path=path) is None]
    if missing:
        text = tr("Missing: {names}.", names=", ".join(missing))
        remedy = tr("Only the sandbox and the tests need them: python3 dev.py setup installs them.")
        return Check(name, "warning", text, remedy=remedy)
    return Check(name, "ok", ", ".join(tools))


def collecting(
    timer: TimerState | None, newest: datetime | None, minutes: int, log: Path, now: datetime
) -> Check:
    """Say whether the servers are looked at though the window is closed, as the timer that is set
    up for every `minutes` should see to; `newest` is the newest look at anything."""
    name = tr("Looks while the window is closed")
    if timer is None:
        return Check(name, "ok", tr("Not set up: `gmops schedule install --collect` does."))
    remedy = tr("Run `gmops collect` by hand and see {log}; then `gmops schedule install "
                "--collect` again.", log=log)  # fmt: skip
    if not timer.active:
        text = tr("The timer ({kind}) is there, but does not run.", kind=timer.kind)
        return Check(name, "warning", text, timer.where, remedy)
    every = tr("every {minutes} minutes ({kind})", minutes=minutes, kind=timer.kind)
    if newest is None:
        return Check(name, "warning", tr("{every}, and no look yet", every=every), "", remedy)
    if now - newest > _ROUNDS_MISSED * timedelta(minutes=minutes):
        text = tr("{every}, but the last look was at {at}", every=every,
                  at=f"{newest.astimezone():%Y-%m-%d %H:%M}")  # fmt: skip
        return Check(name, "warning", text, timer.note, remedy)
    return Check(name, "ok", every)
