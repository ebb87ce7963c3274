"""One look at a website: pages, certificate, back end, links; from this machine without a proxy.

The page is read whatever the verdict on the certificate; nothing secret is sent.  What the site's
own server gets from the same address is asked for by `there`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

from gmops_desktop.adapters import tcp
from gmops_desktop.adapters.web.certificates import Certificate, TlsFailed, look_tls
from gmops_desktop.adapters.web.links import Links
from gmops_desktop.adapters.web.pages import HttpFailed, Page, get
from gmops_desktop.adapters.web.there import SiteDown, TurnedAway, look_from, placed
from gmops_desktop.addresses import WebAddress
from gmops_desktop.context import Context
from gmops_desktop.contract.looks import PageSeen, WebDetails
from gmops_desktop.errors import OpsError

__all__ = [
    "Certificate",
    "HttpFailed",
    "Links",
    "SiteDown",
    "TlsFailed",
    "TurnedAway",
    "look",
    "look_from",
    "look_tls",
    "placed",
]

_TRIES: Final = 3  # before a site counts as down: one lost packet is not an outage

# The headers by which a site asks browsers for care.
_SECURITY: Final = (
    "strict-transport-security",
    "content-security-policy",
    "x-content-type-options",
    "x-frame-options",
    "referrer-policy",
)

T = TypeVar("T")


def look(address: WebAddress, context: Context, links: Links | None = None) -> WebDetails:
    """Look at the site once, trying three times before it counts as down.

    `links` checks the front page's links and remembers them; without it they are not looked at.
    Raises `tcp`'s errors, `TlsFailed` or `HttpFailed`.
    """
    page = _persistently(lambda: get(address.url, context), context)
    certificate = None
    if page.url.startswith("https:"):
        certificate = _persistently(lambda: look_tls(page.url, address.ca, context), context)
    admin_status, admin_fault = None, ""
    if address.admin_url:
        try:
            admin_status = get(address.admin_url, context).status
        except OpsError as error:
            context.check()
            admin_fault = error.message
    checked = links.check(page.url, page.text, context) if links and page.status < 400 else None
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
        tls_since=certificate.since.isoformat() if certificate and certificate.since else "",
        tls_issuer=certificate.issuer if certificate else "",
        tls_fault=certificate.fault if certificate else "",
        admin_fault=admin_fault,
        pages=tuple(_further(url, address.keyword, context) for url in address.pages),
        tls_fingerprint=certificate.fingerprint if certificate else "",
        tls_chain=certificate.chain if certificate else None,
        headers={name: page.headers[name] for name in _SECURITY if name in page.headers},
        missing_headers=_missing(page),
        broken_links=checked.broken if checked else None,
        links_checked=checked.checked if checked else 0,
        links_found=checked.found if checked else 0,
    )


def _further(url: str, keyword: str, context: Context) -> PageSeen:
    try:
        page = get(url, context)
    except OpsError as error:
        context.check()
        return PageSeen(url, None, None, None, error.message)
    found = keyword in page.text if keyword else None
    return PageSeen(url, page.status, page.seconds, found)


def _missing(page: Page) -> tuple[str, ...]:
    """Return the security headers that are not there; plain HTTP cannot ask for HTTPS only."""
    missing = [name for name in _SECURITY if name not in page.headers]
    if not page.url.startswith("https:"):
        missing.remove("strict-transport-security")
    if "frame-ancestors" in page.headers.get("content-security-policy", ""):
        missing = [name for name in missing if name != "x-frame-options"]
    return tuple(missing)


def _persistently(attempt: Callable[[], T], context: Context) -> T:
    for left in range(_TRIES - 1, -1, -1):
        try:
            return attempt()
        except (tcp.HostSilent, tcp.PortClosed, HttpFailed):
            if not left:
                raise
        context.wait(0.5)
    raise AssertionError("the last try returned or raised")
