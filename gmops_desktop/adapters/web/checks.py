"""What is looked at on a website before and after a change: pages, back end, certificate.

Each is an entry of its own: one that fails says why, and costs the others nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Final, TypeVar
from urllib.parse import urlsplit

from gmops_desktop.adapters import tcp
from gmops_desktop.adapters.web.certificates import TlsFailed, look_tls
from gmops_desktop.adapters.web.pages import HttpFailed, Page, get
from gmops_desktop.adapters.web.unchanging import digest
from gmops_desktop.addresses import WebAddress
from gmops_desktop.context import Context
from gmops_desktop.contract.change_checks import Checked
from gmops_desktop.contract.thresholds import tls_level
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr
from gmops_desktop.states import State

_TRIES: Final = 2  # one lost packet is not an outage
_ASKED_TO_LOG_IN: Final = frozenset((401, 403))  # of a back end: it works

T = TypeVar("T")


def check(address: WebAddress, context: Context) -> tuple[Checked, ...]:
    """Return the entries of a website, as this machine sees it."""
    return tuple(_entries(address, context))


def _entries(address: WebAddress, context: Context) -> Iterator[Checked]:
    for url in dict.fromkeys((address.url, *address.pages)):
        yield _entry(
            f"page:{url}", tr("Page {url}", url=url), context,
            partial(_page, url, address.keyword, context),
        )  # fmt: skip
    if address.admin_url:
        yield _entry(
            f"admin:{address.admin_url}", tr("Back end {url}", url=address.admin_url), context,
            lambda: _back_end(get(address.admin_url, context)),
        )  # fmt: skip
    if urlsplit(address.url).scheme == "https":
        place = urlsplit(address.url).netloc
        yield _entry(
            f"certificate:{place}", tr("Certificate of {place}", place=place), context,
            lambda: _certificate(address, context),
        )  # fmt: skip


_Found = tuple[State, str, str]  # state, text, value


def _entry(key: str, title: str, context: Context, attempt: Callable[[], _Found]) -> Checked:
    try:
        state, text, value = _persistently(attempt, context)
    except OpsError as error:
        context.check()
        down = isinstance(error, HttpFailed | TlsFailed) or isinstance(
            error.__cause__, ConnectionRefusedError
        )
        # A silent line or an unknown name may as well be ours: whether the site works is not known.
        return Checked(key, title, "critical" if down else "unknown", error.message)
    return Checked(key, title, state, text, value)


def _page(url: str, keyword: str, context: Context) -> _Found:
    page = get(url, context)
    if page.status >= 400:
        return "critical", tr("status {code}", code=page.status), ""
    if keyword and keyword not in page.text:
        return "critical", tr("the keyword is missing"), ""
    return "ok", _seen(page), _value(page)


def _back_end(page: Page) -> _Found:
    if page.status >= 400 and page.status not in _ASKED_TO_LOG_IN:
        return "critical", tr("status {code}", code=page.status), ""
    return "ok", _seen(page), _value(page)


def _seen(page: Page) -> str:
    return tr("status {code}, SHA-256 {digest} …", code=page.status,
              digest=digest(page.text)[:12])  # fmt: skip


def _value(page: Page) -> str:
    """Return status, where the redirects led, and the digest of what of the page stays the same."""
    return f"{page.status} {page.url.partition('?')[0]} {digest(page.text)}"


def _certificate(address: WebAddress, context: Context) -> _Found:
    shown = look_tls(address.url, address.ca, context)
    state = tls_level(shown.days, trusted=not shown.fault)
    text = tr("ends in {days} days, SHA-256 {digest} …", days=int(shown.days),
              digest=shown.fingerprint[:12])  # fmt: skip
    if shown.fault:
        text = tr("browsers do not trust it: {why}", why=shown.fault)
    return state, text, shown.fingerprint


def _persistently(attempt: Callable[[], T], context: Context) -> T:
    for left in range(_TRIES - 1, -1, -1):
        try:
            return attempt()
        except (tcp.HostSilent, tcp.PortClosed, HttpFailed):
            if not left:
                raise
        context.wait(0.5)
    raise AssertionError("the last try returned or raised")
