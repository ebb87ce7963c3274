"""One look at a website from this machine, without a proxy: page, certificate, back end.

A certificate is judged by two handshakes: one that accepts anything, to read the dates even of a
bad one, and one that verifies, to say whether browsers will trust it.  The page is read whatever
the verdict; nothing secret is sent.
"""

from __future__ import annotations

import html
import re
import ssl
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, TypeVar
from urllib.parse import urlsplit

import httpx
from cryptography import x509

from gmops_desktop.adapters import http, tcp
from gmops_desktop.addresses import WebAddress
from gmops_desktop.context import Context
from gmops_desktop.contract.looks import WebDetails
from gmops_desktop.errors import OpsError
from gmops_desktop.language import mark, tr

_SECONDS: Final = 10.0
_MOST: Final = 4_000_000  # bytes of a page that are read
_TRIES: Final = 3  # before a site counts as down: one lost packet is not an outage

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


T = TypeVar("T")


class TlsFailed(OpsError):
    """No encrypted connection comes about."""


class HttpFailed(OpsError):
    """The server took the connection and then gave no proper answer."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """The certificate a server shows; `fault` says why it is not trusted, empty if it is."""

    until: datetime
    issuer: str
    fault: str

    @property
    def days(self) -> float:
        """Days until it ends; negative after that."""
        return (self.until - datetime.now(UTC)).total_seconds() / 86400


@dataclass(frozen=True, slots=True)
class _Page:
    status: int
    seconds: float
    url: str
    redirects: tuple[str, ...]
    text: str
    size: int


def look(address: WebAddress, context: Context) -> WebDetails:
    """Look at the site once, trying three times before it counts as down.

    Raises `tcp`'s errors, `TlsFailed` or `HttpFailed`.
    """
    page = _persistently(lambda: _get(address.url, context), context)
    certificate = None
    if page.url.startswith("https:"):
        certificate = _persistently(lambda: look_tls(page.url, address.ca, context), context)
    admin_status, admin_fault = None, ""
    if address.admin_url:
        try:
            admin_status = _get(address.admin_url, context).status
        except OpsError as error:
            admin_fault = error.message
    return WebDetails(
        status=page.status,
        seconds=page.seconds,
        keyword_found=address.keyword in page.text if address.keyword else None,
        tls_days=certificate.days if certificate else None,
        tls_trusted=not certificate.fault if certificate else None,
        admin_status=admin_status,
        size=page.size,
        redirects=page.redirects,
        tls_until=certificate.until.isoformat() if certificate else "",
        tls_issuer=certificate.issuer if certificate else "",
        tls_fault=certificate.fault if certificate else "",
        admin_fault=admin_fault,
    )


def look_tls(url: str, ca: str, context: Context) -> Certificate:
    """Return the certificate behind `url`, judged against the system's roots or the file `ca`."""
    der = _handshake(url, _accept_any(), context)
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
    shown = x509.load_der_x509_certificate(der)
    names = shown.issuer.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    issuer = str(names[0].value) if names else shown.issuer.rfc4514_string()
    return Certificate(shown.not_valid_after_utc, issuer, fault)


def _handshake(url: str, rules: ssl.SSLContext, context: Context) -> bytes:
    """Return the server's certificate as DER; raises `TlsFailed` from the cause."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    stream = tcp.connect(host, parts.port or 443, context, deadline=_SECONDS)
    stream.settimeout(_SECONDS)
    secured = rules.wrap_socket(stream, server_hostname=host, do_handshake_on_connect=False)
    try:
        with context.on_cancel(lambda: http.wake(secured)):
            secured.do_handshake()
            return secured.getpeercert(True) or b""
    except (OSError, ssl.CertificateError) as error:
        context.check()
        raise _no_tls(host, error) from error
    finally:
        secured.close()


def _no_tls(host: str, error: Exception) -> TlsFailed:
    why = getattr(error, "reason", None) or str(error)
    return TlsFailed(
        tr("{host} gives no encrypted connection: {why}.", host=host, why=why),
        hint=tr("Check the port, and that the web server has a certificate and offers TLS 1.2."),
    )


def _get(url: str, context: Context) -> _Page:
    """Fetch `url`, following redirects; the time runs until the last answer's first byte."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    # Ours can be cancelled and says why it fails, httpx's cannot.
    tcp.connect(host, port, context, deadline=_SECONDS).close()
    client = http.Client(verify=_accept_any(), follow_redirects=True, timeout=_SECONDS)
    with client, context.on_cancel(client.wake):
        begun = time.monotonic()
        try:
            with client.stream("GET", url) as answer:
                seconds = time.monotonic() - begun
                body = _read(answer, context, begun + 3 * _SECONDS)
        except httpx.HTTPError as error:
            context.check()
            raise _no_page(host, error) from error
    return _Page(
        answer.status_code,
        seconds,
        str(answer.url),
        tuple(str(step.url) for step in answer.history),
        _decoded(body, answer.charset_encoding),
        len(body),
    )


def _read(answer: httpx.Response, context: Context, end: float) -> bytes:
    body = bytearray()
    for piece in answer.iter_bytes():
        context.check()
        body += piece
        if len(body) > _MOST:
            break
        if time.monotonic() > end:
            raise httpx.ReadTimeout("", request=answer.request)
    return bytes(body)


def _no_page(host: str, error: httpx.HTTPError) -> OpsError:
    if isinstance(root := _root(error), ssl.SSLError):
        return _no_tls(host, root)
    if isinstance(error, httpx.TimeoutException):
        return HttpFailed(
            tr("{host} took the connection, but sent no complete page in time.", host=host),
            hint=tr("The web server or its database may be overloaded; look at the host."),
        )
    if isinstance(error, httpx.TooManyRedirects):
        return HttpFailed(
            tr("{host} redirects in circles.", host=host),
            hint=tr("Check the site's address settings and the rules for HTTPS."),
        )
    return HttpFailed(
        tr("{host} gave no proper answer: {why}.", host=host, why=error),
        hint=tr("Check that a web server listens on this port, and its error log."),
    )


def _root(error: BaseException) -> Exception:
    found = error
    while found.__cause__ or found.__context__:
        found = found.__cause__ or found.__context__ or found
    return found if isinstance(found, Exception) else OSError(str(found))


def _decoded(body: bytes, declared: str | None) -> str:
    """Return the page's text; many Chinese sites say GBK only inside the page, or nowhere."""
    inside = re.search(rb"<meta[^>]+charset=[\"']?([\w-]+)", body[:4096], re.IGNORECASE)
    for encoding in (declared, inside and inside[1].decode("ascii", "replace"), "utf-8", "gb18030"):
        with suppress(UnicodeDecodeError, LookupError):
            if encoding:
                return html.unescape(body.decode(encoding))
    return html.unescape(body.decode("utf-8", "replace"))


def _accept_any() -> ssl.SSLContext:
    rules = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    rules.check_hostname = False
    rules.verify_mode = ssl.CERT_NONE
    return rules


def _persistently(attempt: Callable[[], T], context: Context) -> T:
    for left in range(_TRIES - 1, -1, -1):
        try:
            return attempt()
        except (tcp.HostSilent, tcp.PortClosed, HttpFailed):
            if not left:
                raise
        context.wait(0.5)
    raise AssertionError("the last try returned or raised")
