"""What one look at a website found, from this machine and from its server."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class PageSeen:
    """One more page of the site; `fault` says why there is no status."""

    url: str
    status: int | None
    seconds: float | None
    keyword_found: bool | None
    fault: str = ""


@dataclass(frozen=True, slots=True)
class ChainLink:
    """A certificate of the chain as the server sends it; `until` is ISO 8601."""

    subject: str
    issuer: str
    until: str


@dataclass(frozen=True, slots=True)
class BrokenLink:
    """A link of the front page that leads nowhere: the status, or `why` there is none."""

    url: str
    status: int | None
    why: str = ""


@dataclass(frozen=True, slots=True)
class FromServer:
    """What the site's own server gets from the same address; `fault` says why no status came."""

    status: int | None
    seconds: float | None
    tool: str
    fault: str = ""


@dataclass(frozen=True, slots=True)
class WebDetails:
    """A website as this machine sees it.  `seconds` runs until the first byte of the answer.

    `tls_trusted` is None without TLS; `tls_fault` says why a certificate is not trusted.
    `sections` says why something was not learnt, `notes` what does not apply.
    """

    status: int
    seconds: float
    keyword_found: bool | None
    tls_days: float | None
    tls_trusted: bool | None
    admin_status: int | None
    size: int
    redirects: tuple[str, ...] = ()
    tls_until: str = ""
    tls_since: str = ""
    tls_issuer: str = ""
    tls_fault: str = ""
    admin_fault: str = ""
    pages: tuple[PageSeen, ...] = ()  # the further front pages
    tls_fingerprint: str = ""  # SHA-256, hexadecimal
    tls_chain: tuple[ChainLink, ...] | None = None
    certificate_changed: bool = False  # since the look before
    headers: Mapping[str, str] | None = None  # the security headers that are there
    missing_headers: tuple[str, ...] | None = None
    broken_links: tuple[BrokenLink, ...] | None = None
    links_checked: int = 0
    links_found: int = 0
    from_server: FromServer | None = None
    sections: Mapping[str, str] = field(default_factory=dict)
    notes: Mapping[str, str] = field(default_factory=dict)
