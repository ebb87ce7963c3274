"""RDAP (RFC 9082, RFC 9083): a domain's record as JSON, over HTTPS that is verified."""

from __future__ import annotations

import json
import ssl
import time
from datetime import date
from typing import Any, Final

import httpx

from gmops_desktop.adapters import http
from gmops_desktop.adapters.registries.answers import no_day, not_registered, the_day
from gmops_desktop.context import Context
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr

_SECONDS: Final = 10.0
_MOST: Final = 1_000_000  # bytes of an answer
_TYPE: Final = "application/rdap+json, application/json;q=0.5"


def ask(
    base: str, domain: str, today: date, context: Context, *, trust: ssl.SSLContext | bool = True
) -> date:
    """Return until when `domain` is registered, as the server at `base` says.

    Raises `NotRegistered`, `NoDay`, or `OpsError` where no proper answer comes.
    """
    url = f"{base.rstrip('/')}/domain/{domain}"
    client = http.Client(verify=trust, follow_redirects=True, timeout=_SECONDS)
    with client, context.on_cancel(client.wake):
        try:
            with client.stream("GET", url, headers={"Accept": _TYPE}) as answer:
                body = _read(answer, context)
        except httpx.HTTPError as error:
            context.check()
            raise _failed(base, str(error) or type(error).__name__) from error
    if answer.url.scheme != "https":
        raise _failed(base, tr("it leads to an address that is not encrypted"))
    if answer.status_code == httpx.codes.NOT_FOUND:
        raise not_registered(domain)
    if answer.status_code != httpx.codes.OK:
        raise _failed(base, tr("it says HTTP {status}", status=answer.status_code))
    return day_in(body, domain, today)


def day_in(body: bytes, domain: str, today: date) -> date:
    """Return the day on which the registration ends, from an RDAP answer; raise `NoDay`."""
    try:
        record: Any = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise no_day(domain) from error
    if not isinstance(record, dict) or _plain(record.get("ldhName")) != domain:
        raise no_day(domain)
    events = record.get("events")
    said = [
        str(one.get("eventDate"))
        for one in (events if isinstance(events, list) else [])
        if isinstance(one, dict) and one.get("eventAction") == "expiration"
    ]
    return the_day(said, domain, today)


def _plain(name: object) -> str:
    return name.lower().rstrip(".") if isinstance(name, str) else ""


def _read(answer: httpx.Response, context: Context) -> bytes:
    body, end = bytearray(), time.monotonic() + _SECONDS
    for piece in answer.iter_bytes():
        context.check()
        body += piece
        if len(body) > _MOST or time.monotonic() > end:
            raise httpx.ReadError(tr("the answer does not end"), request=answer.request)
    return bytes(body)


def _failed(base: str, why: str) -> OpsError:
    host = httpx.URL(base).host
    return OpsError(
        tr("The registry's server {host} gave no proper answer: {why}.", host=host, why=why),
        hint=tr("It is asked again by itself; the last day that was learnt stays."),
    )
