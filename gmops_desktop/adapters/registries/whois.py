"""WHOIS (RFC 3912): a line sent to port 43, and text in the registry's own words sent back."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from datetime import date
from typing import Final

from gmops_desktop.adapters import http, tcp
from gmops_desktop.adapters.registries.answers import no_day, not_registered, the_day
from gmops_desktop.context import Context
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr

_PORT: Final = 43
_SECONDS: Final = 10.0
_MOST: Final = 100_000  # bytes of an answer
_FIELD: Final = re.compile(r"^[ \t]*([A-Za-z][A-Za-z /-]*?)[ \t]*:[ \t]*(\S.*?)[ \t\r]*$", re.M)

_NAMES: Final = ("domain name", "domain")
# What registries call the day; the first one an answer uses counts: a registrar's own may differ.
_DAYS: Final = (
    "registry expiry date",
    "expiration time",  # CNNIC
    "expiry date",
    "expiration date",
    "expires on",
    "expires",
    "paid-till",
    "registrar registration expiration date",
)
_NONE: Final = re.compile(
    r"^[ \t%]*(?:no matching record|no match for|(?:domain |object )?not found|no data found|"
    r"no entries found|no object found|the queried object does not exist)",
    re.IGNORECASE | re.MULTILINE,
)
_TOO_MANY: Final = re.compile(
    r"interval is too short|too fast|limit exceeded|quota|try again later|too many",
    re.IGNORECASE,
)


def ask(server: str, domain: str, today: date, context: Context) -> date:
    """Return until when `domain` is registered, as `server` (host or host:port) says.

    Raises `NotRegistered`, `NoDay`, `tcp`'s errors, or `OpsError` where no answer comes.
    """
    return day_in(question(server, domain, context), domain, today)


def day_in(text: str, domain: str, today: date) -> date:
    """Return the day on which the registration ends, from a WHOIS answer.

    Raises `NotRegistered` where it knows no such domain, else `NoDay` or `OpsError`.
    """
    said = fields_of(text)
    names = {name.lower().rstrip(".") for field in _NAMES for name in said.get(field, ())}
    if names != {domain}:
        if not names and _TOO_MANY.search(text):
            raise OpsError(
                tr("The registry answers no more questions for now."),
                hint=tr("It is asked again by itself; the last day that was learnt stays."),
            )
        if not names and _NONE.search(text):
            raise not_registered(domain)
        raise no_day(domain)
    days = next((said[field] for field in _DAYS if field in said), ())
    return the_day(days, domain, today)


def fields_of(text: str) -> Mapping[str, tuple[str, ...]]:
    """Return what stands behind each name of an answer's lines, names in lower case."""
    found: dict[str, tuple[str, ...]] = {}
    for name, value in _FIELD.findall(text):
        found[name.lower()] = (*found.get(name.lower(), ()), value)
    return found


def question(server: str, words: str, context: Context) -> str:
    """Send a line to a WHOIS server and return its whole answer."""
    host, _, port = server.partition(":")
    end = time.monotonic() + _SECONDS
    stream = tcp.connect(host, int(port or _PORT), context, deadline=_SECONDS)
    body = bytearray()
    with stream, context.on_cancel(lambda: http.wake(stream)):
        try:
            stream.settimeout(_SECONDS)
            stream.sendall(f"{words}\r\n".encode("ascii"))
            while piece := stream.recv(16384):
                context.check()
                body += piece
                if len(body) > _MOST or time.monotonic() > end:
                    raise TimeoutError(tr("the answer does not end"))
        except OSError as error:
            context.check()
            raise OpsError(
                tr("The WHOIS server {host} gave no answer: {why}.", host=host, why=error),
                hint=tr("It is asked again by itself; the last day that was learnt stays."),
            ) from error
    context.check()
    return body.decode("utf-8", "replace")
