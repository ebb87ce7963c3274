"""Fetching a page without a proxy: status, time, text, and the way there."""

from __future__ import annotations

import html
import re
import ssl
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

import httpx

from gmops_desktop.adapters import http, tcp
from gmops_desktop.adapters.web.certificates import accept_any, no_tls
from gmops_desktop.context import Context
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr

_SECONDS: Final = 10.0
_MOST: Final = 4_000_000  # bytes of a page that are read


class HttpFailed(OpsError):
    """The server took the connection and then gave no proper answer."""


@dataclass(frozen=True, slots=True)
class Page:
    """What came: `url` is where the redirects led, `headers` by name in lower case."""

    status: int
    seconds: float
    url: str
    redirects: tuple[str, ...]
    text: str
    size: int
    headers: Mapping[str, str]


def get(url: str, context: Context) -> Page:
    """Fetch `url`, following redirects; the time runs until the last answer's first byte."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    # Ours can be cancelled and says why it fails, httpx's cannot.
    tcp.connect(host, port, context, deadline=_SECONDS).close()
    client = http.Client(verify=accept_any(), follow_redirects=True, timeout=_SECONDS)
    with client, context.on_cancel(client.wake):
        begun = time.monotonic()
        try:
            with client.stream("GET", url) as answer:
                seconds = time.monotonic() - begun
                body = _read(answer, context, begun + 3 * _SECONDS)
        except httpx.HTTPError as error:
            context.check()
            raise _no_page(host, error) from error
    return Page(
        answer.status_code,
        seconds,
        str(answer.url),
        tuple(str(step.url) for step in answer.history),
        _decoded(body, answer.charset_encoding),
        len(body),
        {name.lower(): value for name, value in answer.headers.items()},
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
        return no_tls(host, root)
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
