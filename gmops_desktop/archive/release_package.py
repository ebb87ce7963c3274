"""Takes in what an application release is delivered as: a folder, a .zip, or a .tar, packed or not.

Nothing of it is trusted: paths and links that leave the release, devices, names that stand there
twice, sizes beyond reason, half archives and wrong checksums end it.  What passes is kept on a
shelf, each content once under its SHA-256, so that what was approved is what is sent.
"""

from __future__ import annotations

import hashlib
import json
import os
import posixpath
import re
import secrets
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final

from gmops_desktop.archive import statements
from gmops_desktop.archive.release_sources import Item, read, refused
from gmops_desktop.context import Context
from gmops_desktop.contract.releases import PHASES, Phase, Script, natural, undone_by
from gmops_desktop.contract.trees import raw, shown
from gmops_desktop.errors import OpsError, ProofFailed
from gmops_desktop.language import tr
from gmops_desktop.paths import write_atomically

_SUMS: Final = "SHA256SUMS"
_SQL: Final = "sql"
_SITE: Final = "files"
_BLOCK: Final = 1 << 20
_SUM_LINE: Final = re.compile(r"^([0-9a-fA-F]{64}) [ *](.+)$")


@dataclass(frozen=True, slots=True)
class Package:
    """A release as it lies on the shelf.

    `digest` is the SHA-256 of the archive (of a folder: that of `tree`), `tree` the SHA-256 of the
    list of everything in it; `site` is what is deployed, `scripts` the SQL beside it.
    """

    source: str
    digest: str
    tree: str
    site: tuple[Item, ...]
    scripts: tuple[Script, ...]
    notes: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        return sum(item.size for item in self.site)


class Shelf:
    """The folder that keeps releases: `TREE.json` for each, and contents by their SHA-256."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def take_in(self, source: Path, context: Context, *, digest: str = "") -> Package:
        """Read a release, prove it against `digest` and any SHA256SUMS, and keep it.

        Raises `OpsError` where it cannot be read or may not be deployed, `ProofFailed` where a
        checksum is not the one that was named.
        """
        context.progress(None, tr("Reading {name}", name=source.name))
        wanted = digest.strip().lower()
        if wanted and not re.fullmatch(r"[0-9a-f]{64}", wanted):
            raise OpsError(
                tr("“{text}” is no SHA-256.", text=digest),
                hint=tr("It has 64 digits and letters a to f."),
            )
        try:
            of_file = ""
            if not source.is_dir():
                with source.open("rb") as file:
                    of_file = hashlib.file_digest(file, "sha256").hexdigest()
                _same_digest(source.name, wanted or _sum_beside(source), of_file)
            items = read(source, self._keep, context)
            package = self._packed(source, items, of_file)
            if not of_file:
                _same_digest(source.name, wanted, package.digest)
            kept = json.dumps(asdict(package)).encode()
            write_atomically(self.folder / f"{package.tree}.json", kept)
        except OSError as error:
            raise OpsError(
                tr("{file} could not be taken in: {why}.", file=source,
                   why=error.strerror or error),
                hint=tr("Check the path, the rights and the free space on this machine."),
                unharmed=tr("Nothing on the server was touched."),
            ) from error  # fmt: skip
        return package

    def get(self, tree: str) -> Package:
        """Return a release that was taken in; raise `OpsError` where it is not on this machine."""
        try:
            values = json.loads((self.folder / f"{tree}.json").read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise OpsError(
                tr("The release is not on this machine."),
                hint=tr("Go on where it was queued, or queue it here from the same file."),
                unharmed=tr("Nothing on the server was touched."),
            ) from error
        site = tuple(Item(**one) for one in values["site"])
        scripts = tuple(Script(**one) for one in values["scripts"])
        notes = tuple(values["notes"])
        return Package(**{**values, "site": site, "scripts": scripts, "notes": notes})

    def has(self, digest: str) -> bool:
        """Whether a content is here."""
        return self._blob(digest).is_file()

    def add(self, digest: str, content: bytes) -> None:
        """Keep a content that came from elsewhere; what has another digest is left out."""
        if hashlib.sha256(content).hexdigest() == digest:
            self._keep([content])

    def content(self, digest: str) -> bytes:
        """Return a content, proved anew; raise `ProofFailed` where it is damaged or gone."""
        try:
            found = self._blob(digest).read_bytes()
        except OSError as error:
            raise _damaged() from error
        if hashlib.sha256(found).hexdigest() != digest:
            raise _damaged()
        return found

    def blocks(self, digest: str) -> Iterator[bytes]:
        """Hand out a content in blocks; raise `ProofFailed` at its end where it is damaged."""
        proof = hashlib.sha256()
        try:
            with self._blob(digest).open("rb") as file:
                while block := file.read(_BLOCK):
                    proof.update(block)
                    yield block
        except OSError as error:
            raise _damaged() from error
        if proof.hexdigest() != digest:
            raise _damaged()

    # ------------------------------------------------------------ inside

    def _blob(self, digest: str) -> Path:
        return self.folder / "contents" / digest[:2] / digest

    def _keep(self, content: Iterable[bytes]) -> tuple[str, int]:
        """Keep a content; return its digest and size."""
        (self.folder / "contents").mkdir(mode=0o700, parents=True, exist_ok=True)
        part = self.folder / "contents" / f".{secrets.token_hex(8)}.part"
        proof, size = hashlib.sha256(), 0
        try:
            with part.open("xb") as file:
                for block in content:
                    proof.update(block)
                    size += len(block)
                    file.write(block)
                file.flush()
                os.fsync(file.fileno())
            blob = self._blob(proof.hexdigest())
            blob.parent.mkdir(mode=0o700, exist_ok=True)
            os.replace(part, blob)
        finally:
            part.unlink(missing_ok=True)
        return proof.hexdigest(), size

    def _packed(self, source: Path, items: list[Item], of_file: str) -> Package:
        """Part the site from the SQL beside it; check paths, links and sums."""
        if of_file:
            items = _stripped(items)
        notes: list[str] = []
        by_path = {item.path: item for item in items}
        if sums := by_path.pop(_SUMS, None):
            _proved(self.content(sums.digest).decode("utf-8", "replace"), by_path)
            notes.append(tr("Every file is the one that its SHA256SUMS names."))
        tree = tree_digest(by_path.values())
        sql = {path: item for path, item in by_path.items() if _under(path, _SQL)}
        tops = {path.partition("/")[0] for path in by_path if path not in sql}
        site = [item for path, item in by_path.items() if path not in sql]
        if by_path.get(_SITE, Item("", "file")).kind == "folder" and sql and _SITE in tops:
            site = [replace(item, path=item.path.removeprefix(f"{_SITE}/")) for item in site
                    if item.path.startswith(f"{_SITE}/")]  # fmt: skip
            if others := sorted(tops - {_SITE}):
                notes.append(tr("Beside the site, and not deployed: {names}.",
                                names=tr(", ").join(map(shown, others))))  # fmt: skip
        _check(site)
        if not site and not sql:
            raise OpsError(
                tr("{file} holds nothing that could be deployed.", file=source.name),
                hint=tr("It needs the site's files, and the SQL in a folder named sql."),
            )
        scripts = self._scripts(sql)
        ordered = tuple(sorted(site, key=lambda item: raw(item.path)))
        return Package(source.name, of_file or tree, tree, ordered, scripts, tuple(notes))

    def _scripts(self, sql: Mapping[str, Item]) -> tuple[Script, ...]:
        found: dict[Phase, list[Item]] = {phase: [] for phase in PHASES}
        for path, item in sql.items():
            if item.kind != "file" or not path.lower().endswith(".sql"):
                continue
            folder = path.split("/")[1] if path.count("/") > 1 else ""
            phase: Phase = next((one for one in PHASES if one == folder), "before")
            found[phase].append(item)
        ran = [item.path for item in [*found["before"], *found["after"]]]
        scripts = []
        for phase in PHASES:
            for item in sorted(found[phase], key=lambda one: natural(one.path)):
                count = sum(1 for _ in split(self.content(item.digest)))
                undoes = undone_by(item.path, ran) if phase == "down" else ""
                scripts.append(Script(phase, item.path, item.digest, count, undoes))
        return tuple(scripts)


def split(text: bytes) -> Iterator[statements.Statement]:
    """Return the statements of a script in UTF-8, as a stock client would send them."""
    splitter = statements.Splitter(statements.Session("utf8mb4"), limit=64 << 20)
    try:
        yield from splitter.feed(text.removeprefix(b"\xef\xbb\xbf"))
        yield from splitter.finish()
    except statements.OversizedStatement as error:
        raise OpsError(
            tr("A statement in line {line} has more than 64 MB.", line=error.line),
            hint=tr("Cut it into smaller ones."),
        ) from error


def tree_digest(items: Iterable[Item]) -> str:
    """Return the SHA-256 of the list of everything in a release: kind, name, content."""
    proof = hashlib.sha256()
    for item in sorted(items, key=lambda one: raw(one.path)):
        content = item.digest or item.target
        proof.update(b"\0".join((item.kind.encode(), raw(item.path), raw(content))) + b"\n")
    return proof.hexdigest()


def _under(path: str, folder: str) -> bool:
    return path == folder or path.startswith(f"{folder}/")


def _check(site: Iterable[Item]) -> None:
    """Raise where a link leaves the site, or something lies in what is no folder."""
    known = {item.path: item for item in site}
    for item in known.values():
        folder = posixpath.dirname(item.path)
        while folder:
            if known.get(folder, Item("", "folder")).kind != "folder":
                raise refused(
                    tr("The release puts {path} into {folder}, which is no folder.",
                       path=shown(item.path), folder=shown(folder))
                )  # fmt: skip
            folder = posixpath.dirname(folder)
        if item.kind == "link":
            end = posixpath.normpath(posixpath.join(posixpath.dirname(item.path), item.target))
            if not item.target or item.target.startswith("/") or end.split("/")[0] == "..":
                raise refused(
                    tr("The link {path} of the release leads out of it, to {target}.",
                       path=shown(item.path), target=shown(item.target))
                )  # fmt: skip


def _stripped(items: list[Item]) -> list[Item]:
    """Leave out the one folder in which an archive holds everything, if it does."""
    tops = {item.path.partition("/")[0] for item in items}
    if len(tops) != 1 or any("/" not in one.path and one.kind != "folder" for one in items):
        return items
    (top,) = tops
    if top == _SQL:
        return items
    return [replace(one, path=one.path.removeprefix(f"{top}/")) for one in items if "/" in one.path]


def _proved(sums: str, items: Mapping[str, Item]) -> None:
    """Hold the files against the lines of SHA256SUMS."""
    lines = [found for line in sums.splitlines() if (found := _SUM_LINE.match(line.strip()))]
    named = {found[2].removeprefix("./"): found[1].lower() for found in lines}
    files = {path: item.digest for path, item in items.items() if item.kind == "file"}
    for path, digest in named.items():
        if files.get(path) != digest:
            _same_digest(path, digest, files.get(path, ""))
    if others := sorted(files.keys() - named.keys()):
        raise ProofFailed(
            tr("SHA256SUMS does not name {path}, which is in the release.", path=shown(others[0])),
            hint=tr("Ask whoever made the release for a whole one."),
            unharmed=tr("Nothing on the server was touched."),
        )


def _sum_beside(source: Path) -> str:
    """Return the digest that a file beside an archive names for it: NAME.sha256 or SHA256SUMS."""
    for beside in (source.with_name(f"{source.name}.sha256"), source.with_name(_SUMS)):
        if beside.is_file():
            text = beside.read_text("utf-8", "replace")
            for line in text.splitlines():
                found = _SUM_LINE.match(line.strip())
                if found and found[2].removeprefix("./") == source.name:
                    return found[1].lower()
            if beside.suffix == ".sha256" and (bare := re.match(r"\s*([0-9a-fA-F]{64})\s*$", text)):
                return bare[1].lower()
    return ""


def _same_digest(name: str, wanted: str, found: str) -> None:
    if wanted and wanted != found:
        raise ProofFailed(
            tr("{name} is not the one that its checksum names: {found} instead of {wanted}.",
               name=name, found=found[:16] or tr("nothing"), wanted=wanted[:16]),
            hint=tr("Fetch it once more from where it came from, and ask for its SHA-256."),
            unharmed=tr("Nothing on the server was touched."),
        )  # fmt: skip


def _damaged() -> ProofFailed:
    return ProofFailed(
        tr("A file of the release is damaged or gone on this machine."),
        hint=tr("Queue the release anew from its file."),
        unharmed=tr("Nothing on the server was touched."),
    )
