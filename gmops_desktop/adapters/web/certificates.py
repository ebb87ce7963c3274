"""The certificate behind an address: read whatever it is, and judged as browsers would.

Two handshakes: one that accepts anything, to read the dates even of a bad one, and one that
verifies, to say whether browsers will trust it.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from gmops_desktop.adapters import http, tcp
from gmops_desktop.context import Context
from gmops_desktop.contract.looks import ChainLink
from gmops_desktop.errors import OpsError
from gmops_desktop.language import mark, tr

SECONDS: Final = 10.0

# OpenSSL's verify codes, x509_vfy.h
_FAULTS: Final = {
    9: mark("it is not valid yet"),
    10: mark("it has expired"),
    18: mark("it is self-signed"),
    19: mark("its chain ends in a self-signed certificate that is not trusted"),
    20: mark("its issuer is not known (an intermediate certificate may be missing)"),
    21: mark("its issuer is not known (an intermediate certificate may be missing)"),
    62: mark("it is for another name"),
}


class TlsFailed(OpsError):
    """No encrypted connection comes about."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """The certificate a server shows; `fault` says why it is not trusted, empty if it is.

    `fingerprint` is the SHA-256 in hexadecimal; `chain` what the server sent, its own certificate
    first, None where this Python does not tell; `since` is when it began to hold.
    """

    until: datetime
    issuer: str
    fault: str
    fingerprint: str = ""
    chain: tuple[ChainLink, ...] | None = None
    since: datetime | None = None

    @property
    def days(self) -> float:
        """Days until it ends; negative after that."""
        return (self.until - datetime.now(UTC)).total_seconds() / 86400


def look_tls(url: str, ca: str, context: Context) -> Certificate:
    """Return the certificate behind `url`, judged against the system's roots or the file `ca`."""
    der, chain = _handshake(url, accept_any(), context)
    fault = ""
    try:
        _handshake(url, ssl.create_default_context(cafile=ca or None), context)
    except TlsFailed as error:
        if not isinstance(error.__cause__, ssl.SSLCertVerificationError):
            raise
        code, words = error.__cause__.verify_code, error.__cause__.verify_message
        fault = tr(_FAULTS[code]) if code in _FAULTS else words
    except OSError as error:
        raise OpsError(
            tr("The certificate file {file} cannot be read: {why}.", file=ca, why=error),
            hint=tr("Choose the file again in the website's settings."),
        ) from error
    try:
        shown = x509.load_der_x509_certificate(der)
    except ValueError as error:  # OpenSSL reads some that break the rules
        raise no_tls(urlsplit(url).hostname or "", error) from error
    return Certificate(
        shown.not_valid_after_utc,
        _name(shown.issuer),
        fault,
        shown.fingerprint(hashes.SHA256()).hex(),
        chain,
        shown.not_valid_before_utc,
    )


def _handshake(
    url: str, rules: ssl.SSLContext, context: Context
) -> tuple[bytes, tuple[ChainLink, ...] | None]:
    """Return the server's certificate as DER, and its chain; raises `TlsFailed` from the cause."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    stream = tcp.connect(host, parts.port or 443, context, deadline=SECONDS)
    stream.settimeout(SECONDS)
    secured = rules.wrap_socket(stream, server_hostname=host, do_handshake_on_connect=False)
    try:
        with context.on_cancel(lambda: http.wake(secured)):
            secured.do_handshake()
            return secured.getpeercert(True) or b"", _chain(secured)
    except (OSError, ssl.CertificateError) as error:
        context.check()
        raise no_tls(host, error) from error
    finally:
        secured.close()


def _chain(secured: ssl.SSLSocket) -> tuple[ChainLink, ...] | None:
    """Return what the server sent; public since Python 3.13, before behind a private name."""
    found: Any = getattr(secured, "get_unverified_chain", None)
    if found is not None:
        ders = [bytes(one) for one in found()]
    else:
        found = getattr(getattr(secured, "_sslobj", None), "get_unverified_chain", None)
        if found is None:
            return None
        ders = [ssl.PEM_cert_to_DER_cert(one.public_bytes()) for one in found() or ()]
    certificates = [x509.load_der_x509_certificate(der) for der in ders]
    return tuple(
        ChainLink(_name(one.subject), _name(one.issuer), one.not_valid_after_utc.isoformat())
        for one in certificates
    )


def _name(name: x509.Name) -> str:
    names = name.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    return str(names[0].value) if names else name.rfc4514_string()


def no_tls(host: str, error: Exception) -> TlsFailed:
    why = getattr(error, "reason", None) or str(error)
    return TlsFailed(
        tr("{host} gives no encrypted connection: {why}.", host=host, why=why),
        hint=tr("Check the port, and that the web server has a certificate and offers TLS 1.2."),
    )


def accept_any() -> ssl.SSLContext:
    rules = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    rules.check_hostname = False
    rules.verify_mode = ssl.CERT_NONE
    return rules
