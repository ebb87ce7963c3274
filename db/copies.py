"""Dated copies of the store: one a day, and one before each migration; the last five of each."""

from __future__ import annotations

import os
import re
import secrets
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr
from gmops_desktop.paths import sync_folder

KEPT: Final = 5
_ABANDONED: Final = 3600.0  # seconds


def folder_of(store: Path) -> Path:
    """Return where the copies of `store` lie."""
    return store.with_name("store-copies")


def keep_daily(store: Path) -> None:
    """Copy the store as it is now, unless today's copy is there already."""
    today = datetime.now(UTC).date().isoformat()
    if not (folder_of(store) / f"{store.stem}-{today}.db").exists():
        _copy(store, f"{store.stem}-{today}.db")
        _forget_old(store, rf"{re.escape(store.stem)}-\d{{4}}-\d\d-\d\d\.db")


def keep_before(store: Path, version: str) -> Path:
    """Copy the store as it is before it is brought to `version`; return the copy."""
    now = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    path = _copy(store, f"{store.stem}-before-{version}-{now}.db")
    _forget_old(store, rf"{re.escape(store.stem)}-before-.*\.db")
    return path


def _copy(store: Path, name: str) -> Path:
    """Copy through SQLite, so that what still lies in its log comes along; check the copy."""
    path = folder_of(store) / name
    # Two programs may start in one moment: each writes a part of its own, and either copy is good.
    part = path.with_suffix(f".{secrets.token_hex(4)}.part")
    try:
        path.parent.mkdir(mode=0o700, exist_ok=True)
        _sweep(path.parent)
        os.close(os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        with closing(sqlite3.connect(store)) as source, closing(sqlite3.connect(part)) as target:
            source.backup(target)
            answer = target.execute("PRAGMA integrity_check(1)").fetchone()[0]
        if answer != "ok":
            raise sqlite3.DatabaseError(answer)
        with part.open("rb+") as file:
            os.fsync(file.fileno())
        part.replace(path)
        sync_folder(path.parent)
    except (OSError, sqlite3.Error) as error:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise OpsError(
            tr(
                "No copy of the store could be made in {folder}: {why}.",
                folder=path.parent,
                why=error,
            ),
            hint=tr("Free some space and check the disk, then start again."),
            unharmed=tr("The store was not changed."),
        ) from error
    return path


def _sweep(folder: Path) -> None:
    """Remove what killed programs left half; a copy that is still written is not so old."""
    for left in folder.glob("*.part"):
        with suppress(FileNotFoundError):
            if time.time() - left.stat().st_mtime > _ABANDONED:
                left.unlink()


def _forget_old(store: Path, pattern: str) -> None:
    def matching() -> Iterator[Path]:
        for path in folder_of(store).iterdir():
            if re.fullmatch(pattern, path.name):
                yield path

    for path in sorted(matching(), key=lambda path: path.stat().st_mtime_ns)[:-KEPT]:
        path.unlink(missing_ok=True)
