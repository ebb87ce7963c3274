"""A big file behind a signed address, fetched so that nothing is fetched twice: it grows as
`NAME.part`, goes on where it stopped (HTTP Range) after a cut line, a cancel or a crash, asks for a
fresh address when the old one expires, and takes its name only when size and MD5 are right.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs, urlsplit

import httpx

from gmops_desktop.adapters import http
from gmops_desktop.context import Context
from gmops_desktop.errors import OpsError, ProofFailed
from gmops_desktop.language import tr
from gmops_desktop.paths import sync_folder

_TIMEOUT: Final = httpx.Timeout(20.0, connect=8.0)
_PAUSES: Final = (1.0, 3.0, 10.0, 30.0)  # seconds before each try that follows one without a byte
_REFUSALS: Final = 2  # fresh addresses refused one after the other before we give up
_MARGIN: Final = 30.0  # seconds before its end at which an address is no longer used
_RESERVE: Final = 64 << 20  # bytes of a disk that stay free


class AddressRefused(OpsError):
    """The server does not honour the address: it expired, or this machine may not use it."""


class LineCut(OpsError):
    """The answer stopped before its end; what came before it is good."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A file that is whole.  `proved` is None where there was no MD5 to compare with."""

    md5: str
    proved: bool | None
    resumed_at: int
    travelled: int


def fetch(address: Callable[[], str], path: Path, size: int, md5: str, context: Context) -> Fetched:
    """Fetch `size` bytes to `path`; `address` gives a fresh signed address each time.

    Cancelled or failed, `path.part` stays for the next time; only content that is proved wrong is
    thrown away.  Raises `OpsError`; `ProofFailed` for a wrong MD5.
    """
    part = path.with_name(f"{path.name}.part")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        begin = part.stat().st_size if part.exists() else 0
        if begin > size:
            part.unlink()
            begin = 0
        _refuse_full(path.parent, size - begin)
        digest = md5_of(part, context) if begin else hashlib.md5(usedforsecurity=False)
        with part.open("ab") as file:
            job = _Fetching(address, size, begin, digest, context)
            for chunk in job.chunks():
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        found = job.digest.hexdigest()
        if md5 and found != md5.lower():
            part.unlink()
            raise ProofFailed(
                tr("{file} does not have the MD5 that its keeper states.", file=path.name),
                hint=tr("Download it again; if it happens twice, the file there is damaged."),
                unharmed=tr("What was fetched was thrown away; no wrong file was kept."),
            )
        os.replace(part, path)
        sync_folder(path.parent)
    except OSError as error:
        raise OpsError(
            tr("{path} could not be written: {why}.", path=part, why=error.strerror or error),
            hint=tr("Free some space there, then start again: the download goes on."),
            unharmed=tr("What has arrived so far is kept."),
        ) from error
    return Fetched(found, True if md5 else None, begin, job.done - begin)


def md5_of(path: Path, context: Context) -> hashlib._Hash:
    """Return the MD5 of a file, still open for more; raises `OSError`."""
    digest, done = hashlib.md5(usedforsecurity=False), 0
    whole = path.stat().st_size or 1
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
            done += len(block)
            context.progress(min(99, done * 100 // whole), tr("Reading what is here already"))
    return digest


class _Fetching:
    """The bytes of one download, over as many answers and addresses as it takes."""

    def __init__(
        self,
        address: Callable[[], str],
        size: int,
        begin: int,
        digest: hashlib._Hash,
        context: Context,
    ) -> None:
        self.digest, self.done = digest, begin
        self._address, self._size, self._begin, self._context = address, size, begin, context

    def chunks(self) -> Iterator[bytes]:
        url, refused, idle = "", 0, 0
        while self.done < self._size:
            if not url or 0 < expires(url) < time.time() + _MARGIN:
                url = secured(self._address())
            before = self.done
            try:
                yield from self._one(url)
            except AddressRefused:
                refused = 0 if self.done > before else refused + 1
                if refused > _REFUSALS:
                    raise
                self._context.note(tr("The download address has expired; asking for a new one."))
                url = ""
            except LineCut as cut:
                refused = 0
                idle = 0 if self.done > before else idle + 1
                if idle > len(_PAUSES):
                    raise
                self._context.note(f"{cut.message} {tr('The download goes on where it stopped.')}")
                self._context.wait(_PAUSES[max(0, idle - 1)])

    def _one(self, url: str) -> Iterator[bytes]:
        """Yield what one answer brings."""
        with _reading(url, self.done, self._context) as (begin, chunks):
            skip = self.done - begin  # a server without Range begins anew
            for chunk in chunks:
                fresh = chunk[skip:] if skip else chunk
                skip = max(0, skip - len(chunk))
                if self.done + len(fresh) > self._size:
                    raise ProofFailed(
                        tr("The file is larger than its keeper states."),
                        hint=tr("Look at the list of backups again, then start again."),
                    )
                self.digest.update(fresh)
                self.done += len(fresh)
                self._context.progress(
                    min(99, self.done * 100 // self._size),
                    tr("Downloading"),
                    self.done - self._begin,
                )
                yield fresh
        if self.done < self._size:
            raise _cut("EOF")


def expires(url: str) -> float:
    """Return when a signed COS address ends (`q-sign-time=START;END`), as a timestamp; 0 unknown.

    Source: document 436/7778, request signatures.
    """
    sign = parse_qs(urlsplit(url).query).get("q-sign-time", [""])[0]
    end = sign.partition(";")[2]
    return float(end) if end.isdigit() else 0.0


def secured(url: str) -> str:
    """Return `url` as HTTPS, unless it is loopback: the signature does not cover the scheme."""
    parts = urlsplit(url)
    if parts.scheme == "http" and not http.is_loopback(parts.hostname or ""):
        return parts._replace(scheme="https").geturl()
    return url


@contextmanager
def _reading(url: str, begin: int, context: Context) -> Iterator[tuple[int, Iterator[bytes]]]:
    """Yield the byte from which the server really sends, and the bytes.

    What is raised never tells the address, which is a secret.
    """
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={begin}-"} if begin else {})
    with http.Client(timeout=_TIMEOUT) as client, context.on_cancel(client.wake):
        try:
            with client.stream("GET", url, headers=headers) as answer:
                _judge(answer.status_code)
                partial = answer.status_code == httpx.codes.PARTIAL_CONTENT
                # As it comes: a chunk size would hold back bytes, and a cut would lose them.
                yield begin if partial else 0, answer.iter_raw()
        except httpx.HTTPError as error:
            context.check()
            raise _cut(type(error).__name__) from error


def _judge(status: int) -> None:
    if status in (httpx.codes.OK, httpx.codes.PARTIAL_CONTENT):
        return
    if status in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN, httpx.codes.NOT_FOUND):
        raise AddressRefused(
            tr("The storage refuses the download address (status {status}).", status=status),
            hint=tr("Check in Tencent Cloud's console from where backups may be downloaded."),
            unharmed=tr("What has arrived so far is kept."),
        )
    raise _cut(f"HTTP {status}")


def _cut(kind: str) -> LineCut:
    return LineCut(
        tr("The download was cut ({kind}).", kind=kind),
        hint=tr("Start again: the download goes on where it stopped."),
        unharmed=tr("What has arrived so far is kept."),
    )


def _refuse_full(folder: Path, needed: int) -> None:
    free = shutil.disk_usage(folder).free
    if free < needed + _RESERVE:
        raise OpsError(
            tr(
                "{folder} has {free} MB free, the download needs {needed} MB.",
                folder=folder,
                free=free >> 20,
                needed=(needed + _RESERVE) >> 20,
            ),
            hint=tr("Free some space on the disk, or choose another folder."),
            unharmed=tr("Nothing was downloaded."),
        )
