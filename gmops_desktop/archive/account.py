"""Archives of an official account's settings: `NAME.account.zst`.

The container is that of the other archives: zstd frames, each with its checksum, and a seek table.
Their contents one after another are a single JSON document (`zstd -dc NAME.account.zst | jq .`):
first what the archive is of, then a frame for each part of the settings, as WeChat told it, and at
the end, under `manifest`, the SHA-256 of every frame before it and one over all of those.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, Final

from gmops_desktop.archive import damage
from gmops_desktop.archive.files import explained
from gmops_desktop.archive.frames import (
    Damaged,
    compress,
    decompress,
    measure,
    read_seek_table,
    seek_table,
    store,
)
from gmops_desktop.archive.reader import cannot_read
from gmops_desktop.archive.writer import Written, sidecar, write_sidecar
from gmops_desktop.errors import ProofFailed
from gmops_desktop.language import tr
from gmops_desktop.paths import write_atomically

SUFFIX: Final = ".account.zst"
FORMAT: Final = 1
_OPENING: Final = b'{"archive": "GMOps official account"'
_MANIFEST: Final = "manifest"
_HEAD: Final = frozenset(
    {"archive", "format", "tool", "account", "name", "taken", "missing", _MANIFEST}
)


@dataclass(frozen=True, slots=True)
class AccountSettings:
    """What an account held at one time.

    `parts` are WeChat's answers by a name of ours (see `services.account_settings.reading`),
    `missing` says in a sentence why a part could not be had.  `digest` stands for the whole
    archive; it is empty for settings that were not read from one.
    """

    account: str  # the app id
    name: str
    taken: datetime
    parts: Mapping[str, Any]
    missing: Mapping[str, str]
    tool: str = ""
    digest: str = ""


def write(path: Path, settings: AccountSettings) -> tuple[Written, str]:
    """Write an archive with its sidecar, whole or not at all; return it, and its digest."""
    head = {
        "format": FORMAT,
        "tool": settings.tool,
        "account": settings.account,
        "name": settings.name,
        "taken": settings.taken.isoformat(),
        "missing": dict(settings.missing),
    }
    contents = [_OPENING + b"".join(_member(name, value) for name, value in head.items())]
    contents += [_member(name, value) for name, value in settings.parts.items()]
    stored = [compress(content) for content in contents]
    digests = [hashlib.sha256(frame).hexdigest() for frame in stored]
    digest = _digest(digests)
    contents.append(_member(_MANIFEST, {"frames": digests, "sha256": digest}) + b"}\n")
    stored.append(store(contents[-1]))
    frames, offset = [], 0
    for frame, content in zip(stored, contents, strict=True):
        frames.append(measure(frame, offset, len(content)))
        offset += len(frame)
    data = b"".join([*stored, seek_table(frames)])
    sha256 = hashlib.sha256(data).hexdigest()
    with explained(path):
        if path.exists():
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))
        try:
            write_sidecar(path, sha256)
            write_atomically(path, data)
        finally:
            if not path.exists():
                sidecar(path).unlink(missing_ok=True)
    return Written(path, len(data), sha256), digest


def read(path: Path) -> AccountSettings:
    """Return what an archive holds, every byte of it proved; raises `ProofFailed` or `OpsError`."""
    try:
        with path.open("rb") as file:
            found, faults = _proved(file)
    except OSError as error:
        raise cannot_read(path, error) from error
    if found is None:
        raise ProofFailed(
            tr("{path} is no whole archive of an account: {faults}", path=path,
               faults=" ".join(faults)),
            hint=tr("Verify it to learn what is wrong with it, and use another archive."),
        )  # fmt: skip
    return found


def ours(file: BinaryIO) -> bool:
    """Say whether a file begins as an archive of this kind, whole or not."""
    shape = damage.container(file)
    if not shape.frames:
        return False
    file.seek(shape.frames[0].offset)
    try:
        return decompress(file.read(shape.frames[0].size)).startswith(_OPENING)
    except Damaged:
        return False


def faults_of(file: BinaryIO) -> tuple[int, list[str]]:
    """Return how many frames there are, and what is wrong with the archive, in sentences."""
    return len(damage.container(file).frames), _proved(file)[1]


def _proved(file: BinaryIO) -> tuple[AccountSettings | None, list[str]]:
    """Return the settings where everything holds, else None and what does not."""
    shape = damage.container(file)
    faults = list(shape.faults)
    stored, texts = [], []
    for number, frame in enumerate(shape.frames):
        file.seek(frame.offset)
        raw = file.read(frame.size)
        if part := damage.part_of(raw, frame):
            faults.append(damage.damaged(part, number, frame, tr("the account's settings")))
            continue
        stored.append(raw)
        texts.append(decompress(raw))
    if faults:
        return None, faults
    try:
        read_seek_table(file)
    except Damaged:
        return None, [tr("The manifest is missing, so the content cannot be proved.")]
    try:
        document = json.loads(b"".join(texts))
        manifest = document[_MANIFEST]
        wanted = tuple(manifest["frames"])
        found = tuple(hashlib.sha256(raw).hexdigest() for raw in stored[:-1])
        if wanted != found or manifest["sha256"] != _digest(found):
            return None, [tr("The content is not what its manifest says: it was edited.")]
        return _settings(document), []
    except (ValueError, KeyError, TypeError):
        return None, [tr("The content is of a form this program does not know.")]


def _settings(document: Mapping[str, Any]) -> AccountSettings:
    if document["format"] != FORMAT:
        raise ValueError(document["format"])
    return AccountSettings(
        account=document["account"],
        name=document["name"],
        taken=datetime.fromisoformat(document["taken"]),
        parts={name: value for name, value in document.items() if name not in _HEAD},
        missing=document["missing"],
        tool=document["tool"],
        digest=document[_MANIFEST]["sha256"],
    )


def _member(name: str, value: object) -> bytes:
    text = json.dumps(value, ensure_ascii=False, indent=1)
    return f',\n"{name}": {text}'.encode()


def _digest(frames: list[str] | tuple[str, ...]) -> str:
    return hashlib.sha256("\n".join(frames).encode()).hexdigest()
