"""The links of a front page: which of them lead nowhere.

Polite: at most 20, one after the other, HEAD before GET, and not again for an hour.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Final
from urllib.parse import urldefrag, urljoin, urlsplit

import httpx

from gmops_desktop.adapters import http
from gmops_desktop.adapters.web.certificates import accept_any
from gmops_desktop.context import Context
from gmops_desktop.contract.looks import BrokenLink
from gmops_desktop.language import tr

_MOST: Final = 20
_SECONDS: Final = 5.0  # for one link
_ALL: Final = 20.0  # seconds for all of them
_HOUR: Final = 3600.0
# Answers to HEAD that say nothing about the page: some programs know GET alone.
_ONLY_GET: Final = frozenset((403, 404, 405, 501, 503))
# Declarations hold no links, and Python's parser stops with an error at a broken one.
_DECLARATION: Final = re.compile(r"<!(?!--)[^>]*>?")
_WHERE: Final = {"a": "href", "link": "href", "script": "src", "img": "src", "iframe": "src"}


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found: how many links there are, how many were tried, and which lead nowhere."""

    found: int
    checked: int
    broken: tuple[BrokenLink, ...]


class Links:
    """Checks the links of pages, each page once an hour; fit for several threads."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[float, Checked]] = {}

    def check(self, url: str, text: str, context: Context) -> Checked:
        """Return what the links of the page at `url` lead to; the page's HTML is `text`."""
        known = self._known.get(url)
        if known and time.monotonic() - known[0] < _HOUR:
            return known[1]
        links = links_of(url, text)
        checked = self._try(links, context)
        self._known[url] = time.monotonic(), checked
        return checked

    def _try(self, links: list[str], context: Context) -> Checked:
        broken, tried, end = [], 0, time.monotonic() + _ALL
        client = http.Client(verify=accept_any(), follow_redirects=True, timeout=_SECONDS)
        with client, context.on_cancel(client.wake):
            for link in links[:_MOST]:
                context.check()
                if time.monotonic() > end:
                    break
                tried += 1
                if fault := _fault(client, link):
                    broken.append(fault)
            context.check()
        return Checked(len(links), tried, tuple(broken))


def links_of(url: str, text: str) -> list[str]:
    """Return the addresses a page refers to, its own site's first, each once."""
    parser = _Parser()
    parser.feed(_DECLARATION.sub("", text))
    base = urljoin(url, parser.base) if parser.base else url
    found: dict[str, None] = {}
    for link in parser.links:
        try:
            whole = urldefrag(urljoin(base, link.strip()))[0]
            parts = urlsplit(whole)
            fit = parts.scheme in ("http", "https") and bool(parts.hostname)
        except ValueError:  # an address such as http://[broken
            continue
        if fit and whole != urldefrag(url)[0]:
            found[whole] = None
    own = urlsplit(url).netloc
    return sorted(found, key=lambda one: urlsplit(one).netloc != own)


class _Parser(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.base = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag == "base":
            self.base = values.get("href") or ""
        elif link := values.get(_WHERE.get(tag, "")):
            self.links.append(link)


def _fault(client: http.Client, link: str) -> BrokenLink | None:
    try:
        status = client.head(link).status_code
        if status in _ONLY_GET:
            with client.stream("GET", link) as answer:  # its body stays where it is
                status = answer.status_code
    except httpx.TimeoutException:
        return BrokenLink(link, None, tr("no answer in time"))
    except httpx.TooManyRedirects:
        return BrokenLink(link, None, tr("redirects in circles"))
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return BrokenLink(link, None, str(error) or type(error).__name__)
    return BrokenLink(link, status) if status >= 400 and status not in (401, 403, 429) else None
