"""Copies of an archive or a report somewhere else, so that a cut copy never looks whole."""

from __future__ import annotations

import hashlib
import os
import secrets
from pathlib import Path
from typing import Final

from gmops_desktop.context import Context
from gmops_desktop.errors import OpsError, ProofFailed
from gmops_desktop.language import tr
from gmops_desktop.paths import sync_folder

_BLOCK: Final = 1 << 20


def copy_file(source: Path, target: Path, context: Context) -> int:
    """Copy `source` to `target` and read it back; return its bytes.

    The copy grows under another name and takes its own only when it is on the disk and has the
    source's SHA-256; a file that stood at `target` stays until then.  Raises `OpsError` where
    the source is gone or the target cannot be written.
    """
    part = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
    try:
        total = source.stat().st_size
    except OSError as error:
        raise OpsError(
            tr("{path} cannot be read: {why}.", path=source, why=error.strerror or error),
            hint=tr("It may have been moved or deleted, or its drive is not connected."),
        ) from error
    try:
        with source.open("rb") as reader, part.open("xb") as writer:
            digest, copied = hashlib.sha256(), 0
            while block := reader.read(_BLOCK):
                writer.write(block)
                digest.update(block)
                copied += len(block)
                context.progress(_percent(copied, total), tr("Copying"))
            writer.flush()
            os.fsync(writer.fileno())
        if _digest(part, context) != digest.digest():
            raise ProofFailed(
                tr("The copy at {path} does not read back as it was written.", path=target),
                hint=tr("The medium may be failing: choose another one."),
                unharmed=tr("The original is unchanged."),
            )
        os.replace(part, target)
        sync_folder(target.parent)
    except OSError as error:
        raise OpsError(
            tr("{path} could not be written: {why}.", path=target, why=error.strerror or error),
            hint=tr("Free some space there, or choose another folder."),
            unharmed=tr("The original is unchanged."),
        ) from error
    finally:
        part.unlink(missing_ok=True)
    return copied


def _digest(path: Path, context: Context) -> bytes:
    digest = hashlib.sha256()
    with path.open("rb") as reader:
        while block := reader.read(_BLOCK):
            digest.update(block)
            context.check()
    return digest.digest()


def _percent(done: int, total: int) -> int:
    return min(99, done * 100 // total) if total else 99
