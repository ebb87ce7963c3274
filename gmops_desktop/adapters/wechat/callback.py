"""The site's side of an account: does its callback answer as WeChat wants it to?

When the callback is set up, and at any time, WeChat asks it with a signature over a secret token;
the site checks it and gives the `echostr` back.  (developers.weixin.qq.com: 接入指南)
"""

from __future__ import annotations

import hashlib
import secrets
import time
from typing import Final

import httpx

from gmops_desktop.adapters import http
from gmops_desktop.context import Context
from gmops_desktop.contract.looks.accounts import EchoSeen
from gmops_desktop.language import tr

_SECONDS: Final = 5.0  # then WeChat drops a callback, too


def echo(url: str, token: str, context: Context) -> EchoSeen:
    """Ask the callback at `url` with a right and, where it answers that, with a wrong signature."""
    began = time.monotonic()
    with http.Client(timeout=httpx.Timeout(_SECONDS)) as client:
        try:
            status, echoed = _asked(client, url, token, context)
            seconds = time.monotonic() - began
            guarded = None
            if echoed:
                guarded = not _asked(client, url, secrets.token_hex(16), context)[1]
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            context.check()
            why = str(error) or type(error).__name__
            if isinstance(error, httpx.TimeoutException):
                why = tr("no answer in {count} s", count=int(_SECONDS))
            return EchoSeen(None, None, False, None, why)
    return EchoSeen(status, seconds, echoed, guarded)


def signature_of(token: str, timestamp: str, nonce: str) -> str:
    """Return WeChat's signature over a question."""
    return hashlib.sha1("".join(sorted((token, timestamp, nonce))).encode()).hexdigest()


def _asked(client: http.Client, url: str, token: str, context: Context) -> tuple[int, bool]:
    """Ask once; return the status, and whether exactly what was asked for came back."""
    stamp, nonce, wanted = str(int(time.time())), secrets.token_hex(5), secrets.token_hex(8)
    question = {
        "signature": signature_of(token, stamp, nonce),
        "timestamp": stamp,
        "nonce": nonce,
        "echostr": wanted,
    }
    with context.on_cancel(client.wake):
        answer = client.get(httpx.URL(url).copy_merge_params(question))
    return answer.status_code, answer.content.strip() == wanted.encode()
