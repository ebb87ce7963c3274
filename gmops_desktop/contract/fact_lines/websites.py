"""The lines of a look at a website."""

from __future__ import annotations

from gmops_desktop.contract.fact_lines.lines import Lines, noted, size
from gmops_desktop.contract.looks import PageSeen, WebDetails
from gmops_desktop.language import tr
from gmops_desktop.states import State


def write(seen: WebDetails, lines: Lines) -> None:
    """Add everything the look at a website found."""
    _pages(seen, lines)
    _server(seen, lines)
    _certificate(seen, lines)
    _care(seen, lines)


def _pages(seen: WebDetails, lines: Lines) -> None:
    lines.subject = tr("Pages")
    told = tr("status {code}, first byte after {seconds} s, {size}", code=seen.status,
              seconds=f"{seen.seconds:.2f}", size=size(seen.size))  # fmt: skip
    lines.add("page", tr("Front page"), told, "critical" if seen.status >= 400 else "ok")
    if seen.keyword_found is not None:
        found = tr("found") if seen.keyword_found else tr("missing")
        lines.add("page", tr("Keyword"), found, "ok" if seen.keyword_found else "critical")
    if seen.redirects:
        lines.add("page", tr("By way of"), " → ".join(seen.redirects))
    for page in seen.pages:
        lines.add("page", page.url, *_page(page))
    if seen.admin_fault:
        lines.add("page", tr("Back end"), seen.admin_fault, "warning")
    elif seen.admin_status is not None:
        lines.add("page", tr("Back end"), tr("status {code}", code=seen.admin_status))


def _page(page: PageSeen) -> tuple[str, State]:
    if page.status is None or page.seconds is None:
        return page.fault, "warning"
    told = tr("status {code}, first byte after {seconds} s", code=page.status,
              seconds=f"{page.seconds:.2f}")  # fmt: skip
    if page.keyword_found is False:
        return f"{told}{tr(', ')}{tr('the keyword is missing')}", "warning"
    return told, "warning" if page.status >= 400 else "ok"


def _server(seen: WebDetails, lines: Lines) -> None:
    lines.subject = tr("From the site's own server")
    there, told = seen.from_server, None
    state: State | None = None
    if there is not None:
        told, state = there.fault, "warning"
        if there.status is not None:
            told = tr("status {code} (by {tool})", code=there.status, tool=there.tool)
            state = "warning" if there.status >= 400 else "ok"
    lines.add("from_server", tr("Front page"), told, state)


def _certificate(seen: WebDetails, lines: Lines) -> None:
    lines.subject = tr("Certificate")
    if seen.tls_trusted is None:
        lines.add("tls", tr("Trust"), tr("none (plain HTTP)"), "warning")
        return
    trusted = tr("trusted") if seen.tls_trusted else seen.tls_fault
    lines.add("tls", tr("Trust"), trusted, "ok" if seen.tls_trusted else "critical")
    until = tr("{day}, by {issuer}", day=seen.tls_until[:10], issuer=seen.tls_issuer)
    lines.add("tls", tr("Valid until"), until)
    fingerprint = seen.tls_fingerprint or None
    if fingerprint and seen.certificate_changed:
        fingerprint = tr("{fingerprint}: another one than at the last look",
                         fingerprint=fingerprint)  # fmt: skip
    lines.add("tls", "SHA-256", fingerprint, "warning" if seen.certificate_changed else None)
    chain = None
    if seen.tls_chain is not None:
        chain = " → ".join(noted(link.subject, link.until[:10]) for link in seen.tls_chain)
    lines.add("chain", tr("Chain as sent"), chain)


def _care(seen: WebDetails, lines: Lines) -> None:
    lines.subject = tr("Care")
    missing = None
    if seen.missing_headers is not None:
        missing = ", ".join(seen.missing_headers) or tr("none")
    lines.add("headers", tr("Security headers missing"), missing)
    for link in seen.broken_links or ():
        why = link.why or tr("status {code}", code=link.status)
        lines.add("links", tr("Broken link"), f"{link.url}{tr(': ')}{why}", "warning")
    if not seen.broken_links:
        told = None
        if seen.broken_links is not None:
            told = tr("none broken of {checked} tried ({found} on the page)",
                      checked=seen.links_checked, found=seen.links_found)  # fmt: skip
        lines.add("links", tr("Links"), told)
