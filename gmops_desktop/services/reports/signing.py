"""Signing documents of the register, filing back what Party A returns, and judging any file.

Nothing is overwritten: the document as it was made stays where it is, the signed one stands beside
it, and so does what comes back.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Literal, Protocol

from db.engine import Database
from db.journal import Journal, utc_now
from db.models import ReportRow
from gmops_desktop.context import Context
from gmops_desktop.contract.terms import ZONE
from gmops_desktop.errors import OpsError, ProofFailed
from gmops_desktop.language import tr
from gmops_desktop.paths import write_atomically
from gmops_desktop.reports import signed as signatures
from gmops_desktop.reports import worker
from gmops_desktop.reports.signed import Sealed, SigningKey
from gmops_desktop.services.reports.judging import (
    Judgement,
    Verdict,
    judge,
    read,
    word_of_verdict,
)
from gmops_desktop.services.reports.register import Register, Report, write
from gmops_desktop.settings import SettingsFile

__all__ = ["Judgement", "Signing", "SigningKey", "Verdict", "word_of_verdict", "worth"]

Returned = Literal["countersigned", "scan"]

_SCANS: Final = {b"%PDF-": ".pdf", b"\x89PNG": ".png", b"\xff\xd8\xff": ".jpg", b"II*\0": ".tif",
                 b"MM\0*": ".tif"}  # fmt: skip


class Keyring(Protocol):
    """Where the key's password is kept."""

    def find(self, name: str) -> str | None: ...

    def put(self, name: str, secret: str) -> None: ...

    def delete(self, name: str) -> None: ...


class Signing:
    """The signing key, the seal, and what is done with them.

    The key stays in its own file (`settings.signing_key` names it), its password in the keyring;
    `seal` is where the imported picture of the seal is kept.
    """

    def __init__(
        self,
        database: Database,
        journal: Journal,
        register: Register,
        settings: SettingsFile,
        keyring: Keyring,
        seal: Path,
        *,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._database, self._journal, self._register = database, journal, register
        self._settings, self._keyring, self._seal = settings, keyring, seal
        self._now = now

    # ------------------------------------------------------------ key and seal

    def key(self) -> SigningKey | None:
        """Return whose key is set up, or None; raises `OpsError` where it cannot be opened."""
        path = self._settings.latest().signing_key
        return signatures.read_key(self._key_file(path), self._password(path)) if path else None

    @property
    def chosen(self) -> bool:
        """Whether a key is named; whether it can be opened, `key` says."""
        return bool(self._settings.latest().signing_key)

    def use_key(self, path: Path, password: str) -> SigningKey:
        """Sign with this PKCS#12 file from now on; nothing is kept if it cannot be opened."""
        path = path.absolute()
        found = signatures.read_key(self._key_file(str(path)), password)
        self._check_days(found)
        self._keyring.put(_secret_name(str(path)), password)
        self._settings.change(signing_key=str(path))
        return found

    def forget_key(self) -> None:
        """Sign no more; the key's own file stays where it is."""
        path = self._settings.latest().signing_key
        if path:
            self._keyring.delete(_secret_name(path))
            self._settings.change(signing_key="")

    def use_seal(self, path: Path) -> None:
        """Take the picture of Party B's own seal; it goes over name and date when signing."""
        made = signatures.imported_seal(read(path))
        try:
            self._seal.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_atomically(self._seal, made)
        except OSError as error:
            raise OpsError(
                tr("{path} could not be written: {why}.", path=self._seal, why=error),
                hint=tr("Free some space, then choose the picture again."),
            ) from error

    def seal(self) -> bytes | None:
        """Return the picture of the seal as PNG, or None where none was imported."""
        try:
            return self._seal.read_bytes()
        except FileNotFoundError:
            return None

    # ------------------------------------------------------------ signing

    def sign(
        self, name: str, context: Context, *, reason: str = "", across: bool = False
    ) -> Report:
        """Sign a document of the register for Party B; return it as it now stands there.

        `across` lays the company's seal over the edges of all pages, too (骑缝章).
        """
        report = self._register.get(name)
        if report.signed != "unsigned":
            raise OpsError(
                tr("{number} is signed already.", number=report.number),
                hint=tr("A correction is a new version: make the document again."),
            )
        content = self._unaltered(report)
        chosen = self._settings.latest().signing_key
        if not chosen:
            raise OpsError(
                tr("No signing key is set up."),
                hint=tr("Choose the PKCS#12 file (.p12, .pfx) of your company in the settings."),
            )
        key_file, password = self._key_file(chosen), self._password(chosen)
        key = signatures.read_key(key_file, password)
        self._check_days(key)
        seal = self.seal()
        if across:
            _check_across(report, seal)
        at, actor = self._now().astimezone(ZONE), self._journal.actor()
        said = tr("Electronic signature {at}, certificate {digest}",
                  at=f"{at:%Y-%m-%d %H:%M}", digest=key.fingerprint[:8])  # fmt: skip
        look = Sealed(seal, actor, said, at.date(), across)
        context.progress(None, tr("Signing {number}", number=report.number))
        signed = worker.run(
            context, signatures.sign, content, key_file, password, "party_b", look, reason=reason
        )
        path = report.path.with_name(f"{report.number}.signed.pdf")
        fields = {
            "signed": "party_b",
            "path": path,
            "file_bytes": len(signed),
            "file_digest": hashlib.sha256(signed).hexdigest(),
            "unsigned_path": report.path,
            "unsigned_bytes": len(content),
            "unsigned_digest": report.file_digest,
            "signer": key.fingerprint,
        }
        note = {"holder": key.holder, "certificate": key.fingerprint}
        note |= {"across": "yes"} if across else {}
        return self._record(report, "report.signed", fields, note, (path, signed), context)

    def file_back(
        self, name: str, path: Path, context: Context, *, by: str, copies: str = ""
    ) -> Report:
        """File what Party A returned: the file countersigned, or a scan of the signed paper.

        `by` is who returned it, `copies` who holds which copy.  A file that claims to be the
        document and is altered is refused.
        """
        report = self._register.get(name)
        if not by.strip():
            raise OpsError(
                tr("Who returned it must be named."),
                hint=tr("Name the person of Party A who signed or sent it."),
            )
        content = read(path)
        suffix = next((end for start, end in _SCANS.items() if content.startswith(start)), "")
        if not suffix:
            raise OpsError(
                tr("{path} is neither a PDF nor a picture.", path=path),
                hint=tr("File the countersigned PDF, or a scan as PDF, PNG, JPEG or TIFF."),
            )
        context.progress(None, tr("Reading {path}", path=path.name))
        kind = self._kind_of_return(report, content, context)
        place = self._free(report, kind, suffix)
        digest = hashlib.sha256(content).hexdigest()
        fields: dict[str, Any] = {"signed": "both", "returned": kind, "returned_by": by.strip()}
        fields |= {"copies": copies.strip()} if copies.strip() else {}
        if kind == "countersigned":
            fields |= {"path": place, "file_bytes": len(content), "file_digest": digest}
        else:
            fields |= {"scan_path": place, "scan_digest": digest}
        note = {"by": by.strip(), "digest": digest, "copies": copies.strip()}
        return self._record(report, "report.returned", fields, note, (place, content), context)

    # ------------------------------------------------------------ judging

    def judge(self, path: Path, context: Context) -> Judgement:
        """Say what a file is worth: its signatures, the register, and the journal as it is now."""
        return judge(path, self._database, self._journal, context)

    # ------------------------------------------------------------ inside

    def _unaltered(self, report: Report) -> bytes:
        content = read(report.path)
        if hashlib.sha256(content).hexdigest() != report.file_digest:
            raise ProofFailed(
                tr("The file of report {number} was altered.", number=report.number),
                hint=tr("Make the document again; an altered one is not signed."),
            )
        return content

    def _kind_of_return(self, report: Report, content: bytes, context: Context) -> Returned:
        """Return what came back; raises `OpsError` for a damaged or foreign electronic file."""
        if not content.startswith(b"%PDF-"):
            return "scan"
        found = worker.run(context, signatures.examine, content)
        if found.verdict == "unsigned":
            if hashlib.sha256(content).hexdigest() == report.file_digest:
                raise OpsError(
                    tr("{number} came back as it was sent: nobody signed it.",
                       number=report.number),
                    hint=tr("Ask Party A for the signed file, or scan the signed paper."),
                )  # fmt: skip
            return "scan"
        original = self._original_of(report)
        if found.verdict != "countersigned" or found.original != original:
            why = " ".join(found.reasons)
            if found.original != original:
                why = tr("It was made from another document.")
            elif not why:
                why = tr("Party A's signature is missing.")
            raise ProofFailed(
                tr("{number} cannot be filed as countersigned: {why}", number=report.number,
                   why=why),
                hint=tr("Ask Party A for the file as it was signed; the register is unchanged."),
            )  # fmt: skip
        return "countersigned"

    def _original_of(self, report: Report) -> str:
        with self._database.session() as session:
            row = session.get(ReportRow, report.id)
            assert row is not None
            return str(row.more.get("unsigned_digest") or row.file_digest)

    def _free(self, report: Report, kind: Returned, suffix: str) -> Path:
        folder, place = report.path.parent, 1
        while True:
            mark = f".{kind}" if place == 1 else f".{kind}-{place}"
            path = folder / f"{report.number}{mark}{suffix}"
            if not path.exists():
                return path
            place += 1

    def _record(
        self,
        report: Report,
        action: str,
        fields: dict[str, Any],
        note: dict[str, str],
        file: tuple[Path, bytes],
        context: Context,
    ) -> Report:
        """Write the file and journal it, both or neither."""
        with context.uncut(), self._database.session() as session, session.begin():
            row = session.get(ReportRow, report.id)
            if row is None or row.signed != report.signed:
                raise OpsError(
                    tr("{number} was signed by somebody else meanwhile.", number=report.number),
                    hint=tr("Look at it in the register again."),
                )
            self._journal.record(session, "report", report.id, action, fields, **note)
            write(*file, tr("The register is unchanged."))
        return self._register.get(report.id)

    def _key_file(self, path: str) -> bytes:
        try:
            return Path(path).read_bytes()
        except OSError as error:
            raise OpsError(
                tr("The signing key {path} cannot be read: {why}.", path=path,
                   why=error.strerror or error),
                hint=tr("Plug in the medium it is on, or choose the file again in the settings."),
            ) from error  # fmt: skip

    def _password(self, path: str) -> str:
        found = self._keyring.find(_secret_name(path))
        if found is None:
            raise OpsError(
                tr("The password of the signing key is not in the keyring."),
                hint=tr("Choose the key again in the settings, and enter its password."),
            )
        return found

    def _check_days(self, key: SigningKey) -> None:
        now = self._now()
        if not key.valid_from <= now <= key.valid_to:
            days = f"{key.valid_from:%Y-%m-%d} – {key.valid_to:%Y-%m-%d}"
            raise OpsError(
                tr("The certificate of {holder} is valid {days} only, not now.",
                   holder=key.holder, days=days),
                hint=tr("Set the clock right, or have the certificate renewed."),
            )  # fmt: skip


def worth(key: SigningKey) -> str:
    """Say plainly what signatures with this key are worth."""
    return tr(
        "Issued by {issuer}. A signature proves that the file was not altered and that this key "
        "signed it; that the key is yours must be known otherwise, for readers do not trust "
        "issuers of one's own. For legal weight by itself, use a key of a licensed CA.",
        issuer=key.issuer or key.holder,
    )


def _check_across(report: Report, seal: bytes | None) -> None:
    """Refuse a seal across the edges where there is none to lay there, or no edge."""
    if seal is None:
        raise OpsError(
            tr("No picture of a seal was imported: there is none to lay across the edges."),
            hint=tr("Import your company's own seal in the settings, or sign without it."),
        )
    if report.pages < 2:
        raise OpsError(
            tr("{number} has one page: a seal across the edges takes two.", number=report.number),
            hint=tr("Sign it without; the seal goes over name and date all the same."),
        )


def _secret_name(path: str) -> str:
    return f"signing:{path}"
