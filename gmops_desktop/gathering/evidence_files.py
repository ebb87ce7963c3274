"""The evidence itself, beside the paper that lists it: files, documents and entries of the journal
in one folder or zip, with SHA256SUMS, to be checked without this program.

What is written follows the data attached to the compilation: nothing comes in that it does not
list, and each file is held against the digest printed there.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import shutil
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sqlalchemy import select

from db.engine import Database
from db.entries import view_of
from db.models import Device, Entry
from gmops_desktop.context import Context
from gmops_desktop.contract.record import hashed_text
from gmops_desktop.errors import OpsError
from gmops_desktop.language import LANGUAGES, speaking, tr
from gmops_desktop.reports.orders import attached
from gmops_desktop.services.attachments import Attachments
from gmops_desktop.services.reports import Register, Report

SUMS: Final = "SHA256SUMS"
_ENTRIES: Final = "entries.jsonl"
_AT_ONCE: Final = 400  # entries of one statement


@dataclass(frozen=True, slots=True)
class Saved:
    """What was written to `path`; `missing` names what could not be had, with the reason."""

    path: Path
    entries: int
    files: int
    missing: tuple[str, ...]


class EvidenceFiles:
    """Writes what a compilation lists; `whole` says whether a contract is the only one here."""

    def __init__(
        self,
        database: Database,
        register: Register,
        attachments: Attachments,
        whole: Callable[[], bool],
    ) -> None:
        self._database, self._register = database, register
        self._attachments, self._whole = attachments, whole

    def save(self, name: str, target: Path, context: Context, *, chains: bool = False) -> Saved:
        """Write what the compilation of this number lists into a new folder, or a zip where
        `target` ends so.

        `chains` adds the whole chain of every device, which leads to the printed heads: everything
        on record, so it is refused where another contract's record stands in it.
        """
        report = self._register.get(name)
        if report.kind != "compilation":
            raise OpsError(
                tr("{number} is no compilation of evidence.", number=report.number),
                hint=tr("Make one first, or name another: gmops report list."),
            )
        if chains and not self._whole():
            raise OpsError(
                tr("The chains hold the record of another contract, too."),
                hint=tr("Leave them out: the entries of this contract are written in any case."),
            )
        if target.exists():
            raise OpsError(
                tr("{path} is there already.", path=target),
                hint=tr("Choose another name; nothing is overwritten."),
            )
        facts = attached(report.path)[0]["facts"]
        with _part_of(target) as part:
            return self._write(report, facts, target, part, context, chains)

    def _write(
        self,
        report: Report,
        facts: Mapping[str, Any],
        target: Path,
        part: Path,
        context: Context,
        chains: bool,
    ) -> Saved:
        missing: list[str] = []
        shutil.copyfile(report.path, part / f"{report.number}.pdf")
        count = self._entries(facts, part, missing, context)
        if chains:
            self._chains(part, context)
        files = self._documents(facts, part, missing, context)
        files += self._files(facts, part, missing, context)
        readme = "\n\n".join(_readme(report, missing, language) for language in LANGUAGES)
        (part / "README.txt").write_text(readme, "utf-8")
        _sum_up(part, context)
        if target.suffix.lower() == ".zip":
            packed = part.with_name(part.name + ".zip")
            try:
                _pack(part, packed, context)
                os.replace(packed, target)
            finally:
                packed.unlink(missing_ok=True)
        else:
            part.rename(target)
        return Saved(target, count, files, tuple(missing))

    def _entries(
        self, facts: Mapping[str, Any], part: Path, missing: list[str], context: Context
    ) -> int:
        """Write the entries listed, one to a line, as they were hashed; return how many."""
        context.progress(5, tr("Writing the entries of the journal"))
        listed = [line for clause in facts["clauses"] for line in clause["entries"]]
        listed.sort(key=lambda line: (line["device_id"], line["sequence"]))
        found: dict[str, str] = {}
        hashes = [line["hash"] for line in listed]
        with self._database.session() as session:
            for start in range(0, len(hashes), _AT_ONCE):
                context.check()
                wanted = select(Entry.__table__).where(
                    Entry.hash.in_(hashes[start : start + _AT_ONCE])
                )
                for row in session.execute(wanted):
                    found[row.hash] = hashed_text(view_of(row), row.data)
        lines = []
        for line in listed:
            text = found.get(line["hash"], "")
            if hashlib.sha256(text.encode()).hexdigest() == line["hash"]:
                lines.append(text)
            else:
                missing.append(
                    tr("Entry {number} of {device}: not in the journal as it is printed.",
                       number=line["sequence"], device=line["device"])
                )  # fmt: skip
        (part / _ENTRIES).write_text("".join(line + "\n" for line in lines), "utf-8", newline="\n")
        return len(lines)

    def _chains(self, part: Path, context: Context) -> None:
        """Write every device's whole chain, an entry to a line."""
        with self._database.session() as session:
            for device in session.scalars(select(Device).order_by(Device.id)):
                context.check()
                wanted = select(Entry.__table__).where(Entry.device == device.id)
                rows = session.execute(wanted.order_by(Entry.sequence))
                name = f"chain-{_plain(device.name)}-{device.id[-6:]}.jsonl"
                with (part / name).open("w", encoding="utf-8", newline="\n") as file:
                    for row in rows:
                        file.write(hashed_text(view_of(row), row.data) + "\n")

    def _documents(
        self, facts: Mapping[str, Any], part: Path, missing: list[str], context: Context
    ) -> int:
        folder, count = part / "documents", 0
        there = {one.number: one for one in self._register.all()}
        for line in _lines(facts, "documents"):
            context.check()
            report = there.get(line["number"])
            if report is None or not report.path.is_file():
                missing.append(tr("{name}: its file is not here.", name=line["number"]))
                continue
            folder.mkdir(exist_ok=True)
            copy = folder / f"{line['number']}.pdf"
            shutil.copyfile(report.path, copy)
            if _digest(copy) != line["sha256"]:  # signed since, most likely
                missing.append(
                    tr("{name}: the file is another than the one listed (signed or returned "
                       "since?).", name=line["number"])
                )  # fmt: skip
            count += 1
        return count

    def _files(
        self, facts: Mapping[str, Any], part: Path, missing: list[str], context: Context
    ) -> int:
        """Copy the attachments; archives are only listed: they may hold gigabytes of data."""
        folder, count = part / "files", 0
        there = {one.sha256: one for one in self._attachments.all()}
        for line in _lines(facts, "files"):
            context.check()
            if line["there"] is not None:
                missing.append(
                    tr("{name}: an archive, listed with its digest and not handed over.",
                       name=line["name"])
                )  # fmt: skip
                continue
            attachment = there.get(line["sha256"])
            if attachment is None:
                missing.append(tr("{name}: its file is not here.", name=line["name"]))
                continue
            folder.mkdir(exist_ok=True)
            path = folder / f"{line['sha256'][:8]}-{line['name']}"
            if path.exists():
                continue
            try:
                self._attachments.save(attachment, path, context)
            except OpsError as error:
                missing.append(f"{line['name']}{tr(': ')}{error.message}")
                continue
            count += 1
        return count


def _lines(facts: Mapping[str, Any], which: str) -> Iterator[Mapping[str, Any]]:
    for clause in facts["clauses"]:
        yield from clause[which]


@contextmanager
def _part_of(target: Path) -> Iterator[Path]:
    """Give a folder beside `target` to write into; whatever of it is left goes at the end."""
    part = target.with_name(f".{target.stem}.{secrets.token_hex(4)}.part")
    try:
        part.mkdir(mode=0o700)
        yield part
    except OSError as error:
        raise OpsError(
            tr("{path} could not be written: {why}.", path=target, why=error.strerror or error),
            hint=tr("Free some space, or choose a folder you may write to."),
            unharmed=tr("The documents and files themselves are not touched."),
        ) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _sum_up(part: Path, context: Context) -> None:
    """Write the digest of every file, in the form that `sha256sum -c` reads."""
    context.progress(80, tr("Summing up"))
    lines = []
    for path in sorted(one for one in part.rglob("*") if one.is_file()):
        context.check()
        lines.append(f"{_digest(path)}  {path.relative_to(part).as_posix()}\n")
    (part / SUMS).write_text("".join(lines), "utf-8", newline="\n")


def _pack(part: Path, packed: Path, context: Context) -> None:
    context.progress(90, tr("Packing"))
    with zipfile.ZipFile(packed, "x", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(one for one in part.rglob("*") if one.is_file()):
            context.check()
            archive.write(path, path.relative_to(part).as_posix())


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _plain(name: str) -> str:
    return re.sub(r"[^\w.-]+", "_", name)


def _readme(report: Report, missing: Sequence[str], language: Any) -> str:
    with speaking(language):
        lines = [
            tr("The evidence listed in {number}.pdf.", number=report.number),
            tr("Check all files: {command}", command=f"sha256sum -c {SUMS}"),
            tr("Each line of {name} is an entry of the journal; its SHA-256 is the hash printed.",
               name=_ENTRIES),
            tr("How to follow a chain to its head stands in the document."),
        ]  # fmt: skip
        if missing:
            lines += ["", tr("Not in here:"), *(f"- {one}" for one in missing)]
        return "\n".join(lines) + "\n"
