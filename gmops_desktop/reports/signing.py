"""Signatures of documents: PAdES-B-B from a PKCS#12 key, with an imported seal as its picture.

With `edge_seal`, the only importer of pyHanko.  Party B certifies (ISO 32000-1, 12.8.2.2: nothing
but signatures and filled fields may follow), Party A countersigns as a further revision; what was
signed stays byte for byte.  Nothing is fetched from any network, so what a certificate is worth is
its fingerprint and who is known to hold it, not what an issuer says of it today.
"""

from __future__ import annotations

import hashlib
import logging
from datetime import UTC
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

import pikepdf
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID

from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr
from gmops_desktop.reports.edge_seal import sealed_across
from gmops_desktop.reports.signed import (
    FIELDS,
    PLACES,
    Examination,
    Party,
    Sealed,
    Signature,
    SigningKey,
    Verdict,
)

if TYPE_CHECKING:
    from pyhanko.sign.validation.status import PdfSignatureStatus

_CONTENTS: Final = 24 * 1024  # bytes kept free for a signature and its certificates


def read_key(content: bytes, password: str) -> SigningKey:
    """Return whose key a PKCS#12 file holds.

    Raises `OpsError` where the password is wrong, the file is none, or the key cannot sign.
    """
    try:
        key, certificate, _ = pkcs12.load_key_and_certificates(content, password.encode() or None)
    except (ValueError, UnsupportedAlgorithm, TypeError) as error:
        raise OpsError(
            tr("The signing key cannot be opened: wrong password, or no PKCS#12 file."),
            hint=tr("Choose the file (.p12 or .pfx) again, and enter the password it came with."),
        ) from error
    if key is None or certificate is None:
        raise OpsError(
            tr("The file holds no key with its certificate."),
            hint=tr("Export it again, with the private key and the certificate together."),
        )
    if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise OpsError(
            tr("Keys of this kind cannot sign PDF documents (RSA and elliptic curves can)."),
            hint=tr("Ask the issuer for an RSA key; SM2 seals need the vendor's own program."),
        )
    return _describe(certificate)


def sign(
    content: bytes,
    key: bytes,
    password: str,
    party: Party,
    sealed: Sealed,
    *,
    reason: str = "",
    location: str = "",
) -> bytes:
    """Return the document with a signature of `party`; the bytes there are stay as they are.

    Where a seal is to go across the edges, it is drawn first, so that the signature covers it.
    Party B certifies the document, and the first signature makes the fields of both.  Raises
    `OpsError` for a document that is signed by this party, or altered.
    """
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign import fields, signers
    from pyhanko.sign.fields import MDPPerm, SigFieldSpec, SigSeedSubFilter

    _quieten()
    read_key(content=key, password=password)
    before = examine(content)
    if before.verdict == "altered":
        raise OpsError(
            tr("An altered document is not signed: {why}", why=" ".join(before.reasons)),
            hint=tr("Make it again from the record."),
        )
    if any(one.party == party for one in before.signatures):
        raise OpsError(
            tr("The document bears this party's signature already."),
            hint=tr("A correction is a new version: make the document again."),
        )
    signer = signers.SimpleSigner.load_pkcs12_data(
        key, other_certs=[], passphrase=password.encode() or None
    )
    assert signer is not None  # `read_key` opened it
    if sealed.across and sealed.seal is not None:
        content = sealed_across(content, sealed.seal)
    places = places_of(content)
    writer = IncrementalPdfFileWriter(BytesIO(content))
    there = {name for name, *_ in fields.enumerate_sig_fields(writer)}
    for one, name in FIELDS.items():
        if name not in there:
            page, box = places.get(one, (0, None))
            fields.append_signature_field(writer, SigFieldSpec(name, on_page=page, box=box))
    box = places[party][1] if party in places else None
    metadata = signers.PdfSignatureMetadata(
        field_name=FIELDS[party],
        md_algorithm="sha256",
        subfilter=SigSeedSubFilter.PADES,
        certify=party == "party_b" and not before.signatures,
        docmdp_permissions=MDPPerm.FILL_FORMS,
        reason=reason or None,
        location=location or None,
    )
    made = BytesIO()
    with TemporaryDirectory() as folder:
        style = _appearance(box, sealed, Path(folder)) if box else None
        pen = signers.PdfSigner(metadata, signer=signer, stamp_style=style)
        pen.sign_pdf(writer, output=made, existing_fields_only=True, bytes_reserved=_CONTENTS)
    return made.getvalue()


def examine(content: bytes) -> Examination:
    """Return what the signatures of a file say of it.

    Whatever cannot be read as a signed PDF counts as altered, with the reason.
    """
    from pyhanko.pdf_utils.misc import PdfError
    from pyhanko.pdf_utils.reader import PdfFileReader

    _quieten()
    try:
        reader = PdfFileReader(BytesIO(content), strict=False)
        embedded = list(reader.embedded_signatures)
    except Exception as error:  # damage shows as anything: each is a reason
        if _is_pdf_without_signatures(content):
            return Examination("unsigned", (), "", ())
        if not isinstance(error, PdfError | ValueError | KeyError | OSError):
            logging.getLogger(__name__).debug("unreadable signatures", exc_info=True)
        return _unreadable(error)
    if not embedded:
        return Examination("unsigned", (), "", ())
    found, reasons = [], list[str]()
    for place, one in enumerate(embedded, start=1):
        try:
            found.append(_judged(one, place))
        except Exception as error:  # see above
            reasons.append(_reason(one.field_name, error))
    reasons += [
        tr("What {who} signed is not what stands there now.", who=one.holder)
        if not one.intact
        else tr("After the signature of {who} the document was changed.", who=one.holder)
        for one in found
        if not one.whole
    ]
    if len(found) == len(embedded) and not reasons and not _covers_all(embedded[-1]):
        reasons.append(tr("Something was added after the last signature."))
    original = hashlib.sha256(content[: _end_of_first(content, reader)]).hexdigest()
    verdict: Verdict = "altered"
    if not reasons:
        parties = {one.party for one in found}
        verdict = "countersigned" if {"party_a", "party_b"} <= parties else "untouched"
    return Examination(verdict, tuple(found), original, tuple(reasons))


def places_of(content: bytes) -> dict[Party, tuple[int, tuple[int, int, int, int]]]:
    """Return page (from 0) and rectangle (points) of each party's place in a document."""
    found: dict[Party, tuple[int, tuple[int, int, int, int]]] = {}
    with pikepdf.open(BytesIO(content)) as pdf:
        pages = {page.objgen: number for number, page in enumerate(pdf.pages)}
        named = _destinations(pdf)
        for party, name in PLACES.items():
            where = named.get(name)
            if where is None or len(where) != 6 or where[1] != pikepdf.Name.FitR:
                continue
            left, bottom, right, top = (round(float(edge)) for edge in list(where)[2:])
            found[party] = (pages[where[0].objgen], (left, bottom, right, top))
    return found


def _destinations(pdf: pikepdf.Pdf) -> dict[str, Any]:
    """Return the named destinations, from the old dictionary and from the name tree."""
    found: dict[str, Any] = {}
    for name, where in dict(pdf.Root.get("/Dests", pikepdf.Dictionary())).items():
        found[str(name).removeprefix("/")] = _explicit(where)
    names = pdf.Root.get("/Names", pikepdf.Dictionary()).get("/Dests")
    if names is not None:
        for key, where in pikepdf.NameTree(names).items():
            found[str(key)] = _explicit(where)
    return found


def _explicit(where: Any) -> Any:
    return where["/D"] if isinstance(where, pikepdf.Dictionary) else where


def _appearance(box: tuple[int, int, int, int], sealed: Sealed, folder: Path) -> Any:
    """Return how the signature looks in its place; pyHanko wants its page as a file."""
    from pyhanko.pdf_utils.content import ImportedPdfPage
    from pyhanko.stamp import StaticStampStyle

    from gmops_desktop.reports import stamp

    file = folder / "stamp.pdf"
    size = (float(box[2] - box[0]), float(box[3] - box[1]))
    file.write_bytes(stamp.draw(*size, sealed.seal, sealed.name, sealed.said, sealed.on))
    page = ImportedPdfPage(str(file))  # type: ignore[no-untyped-call]
    return StaticStampStyle(background=page, border_width=0, background_opacity=1.0)


def _judged(embedded: Any, place: int) -> Signature:
    from pyhanko.sign.diff_analysis import ModificationLevel
    from pyhanko.sign.validation import validate_pdf_signature
    from pyhanko_certvalidator import ValidationContext

    context = ValidationContext(trust_roots=[], allow_fetching=False)
    status: PdfSignatureStatus = validate_pdf_signature(embedded, context)
    certificate = x509.load_der_x509_certificate(status.signing_cert.dump())
    described = _describe(certificate)
    intact = bool(status.intact and status.valid)
    level = status.modification_level
    allowed = level is not None and level <= ModificationLevel.FORM_FILLING
    party: Party | None = next(
        (party for party, name in FIELDS.items() if name == embedded.field_name), None
    )
    at = status.signer_reported_dt
    return Signature(
        field=embedded.field_name,
        party=party,
        holder=described.holder,
        fingerprint=described.fingerprint,
        at=at.astimezone(UTC) if at else None,
        intact=intact,
        whole=intact and allowed and status.docmdp_ok is not False,
        certifies=_certifies(embedded),
        revision=place,
        valid_then=bool(at and described.valid_from <= at <= described.valid_to),
    )


def _certifies(embedded: Any) -> bool:
    from pyhanko.sign.validation.pdf_embedded import read_certification_data

    certified = read_certification_data(embedded.reader)
    return certified is not None and certified.author_sig == embedded.sig_object


def _covers_all(embedded: Any) -> bool:
    from pyhanko.sign.validation.status import SignatureCoverageLevel

    return bool(embedded.evaluate_signature_coverage() == SignatureCoverageLevel.ENTIRE_FILE)


def _end_of_first(content: bytes, reader: Any) -> int:
    """Return how many bytes the document had before anything was added to it."""
    table = int(reader.xrefs.get_xref_container_info(0).end_location)
    end = content.index(b"%%EOF", table) + len(b"%%EOF")
    return end + len(b"\n") if content[end : end + 1] == b"\n" else end


def _describe(certificate: x509.Certificate) -> SigningKey:
    return SigningKey(
        name=_named(certificate.subject, NameOID.COMMON_NAME),
        organization=_named(certificate.subject, NameOID.ORGANIZATION_NAME),
        issuer=_named(certificate.issuer, NameOID.COMMON_NAME)
        or _named(certificate.issuer, NameOID.ORGANIZATION_NAME),
        fingerprint=certificate.fingerprint(hashes.SHA256()).hex(),
        valid_from=certificate.not_valid_before_utc,
        valid_to=certificate.not_valid_after_utc,
        own=certificate.issuer == certificate.subject,
    )


def _named(name: x509.Name, wanted: x509.ObjectIdentifier) -> str:
    return next((str(one.value) for one in name.get_attributes_for_oid(wanted)), "")


def _is_pdf_without_signatures(content: bytes) -> bool:
    """Whether another reader opens the file and finds no signature in it."""
    try:
        with pikepdf.open(BytesIO(content)) as pdf:
            return "/AcroForm" not in pdf.Root
    except pikepdf.PdfError:
        return False


def _unreadable(error: Exception) -> Examination:
    why = tr("The file cannot be read as a signed document: {why}.", why=_said(error))
    return Examination("altered", (), "", (why,))


def _reason(field: str, error: Exception) -> str:
    return tr("The signature {field} cannot be checked: {why}.", field=field, why=_said(error))


def _said(error: Exception) -> str:
    return str(error).strip().rstrip(".") or type(error).__name__


def _quieten() -> None:
    """pyHanko logs a traceback for each damaged file, which here is an answer like any other."""
    for name in ("pyhanko", "pyhanko_certvalidator"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
