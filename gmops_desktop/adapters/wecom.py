"""A group robot of 企业微信 (WeCom): one address, which is its secret, and one verb.

Every answer is HTTP 200 with JSON; only errcode 0 is a success.  Codes:
developer.work.weixin.qq.com/document/path/90455, and what robots are seen to answer.
"""

from __future__ import annotations

import json
import ssl
from typing import Final
from urllib.parse import parse_qs, urlsplit

import httpx

from gmops_desktop.adapters import http, tcp
from gmops_desktop.context import Context
from gmops_desktop.errors import OpsError
from gmops_desktop.language import mark, tr
from gmops_desktop.log import remember_secret

_PATH: Final = "/cgi-bin/webhook/send"
_SECONDS: Final = 10.0
_MANY: Final = 45009
_PASSING: Final = frozenset({-1, 6000, _MANY, 45033})  # busy, or too many at once: later it works
_ADDRESS: Final = frozenset({93000, 93004, 93008})  # no such robot, switched off, not in the group

_HINTS: Final[dict[int, str]] = {
    -1: mark("WeCom is busy; it is tried again by itself."),
    40008: mark("WeCom does not know this kind of message: look for a newer version of the "
                "program."),
    40058: mark("WeCom finds a field missing or too long: look for a newer version of the "
                "program."),
    _MANY: mark("More than 20 messages went to this robot within a minute, perhaps from another "
                "program; it is tried again by itself."),
    45033: mark("Too many programs use this robot at once; it is tried again by itself."),
    93000: mark("The address is wrong, or the robot was removed from the group: copy its address "
                "anew from the group's settings."),
    93004: mark("The robot is switched off: an administrator of WeCom can switch it on again."),
    93008: mark("The robot is no longer in the group: add it anew and copy its new address."),
}  # fmt: skip


class WecomRefused(OpsError):
    """The robot answered with an error; `code` is its errcode."""

    def __init__(self, code: int, said: str) -> None:
        super().__init__(
            tr("The WeCom robot refuses the message: {code} {said}", code=code, said=said),
            hint=tr(_HINTS[code])
            if code in _HINTS
            else tr("Look up the code in WeCom's documentation."),
        )
        self.code = code

    @property
    def final(self) -> bool:
        """Whether this very message will never be taken."""
        return self.code not in _PASSING | _ADDRESS


def checked(address: str) -> str:
    """Return the address of a robot, trimmed; raise `OpsError` where it cannot be one."""
    address = address.strip()
    parts = urlsplit(address)
    key = parse_qs(parts.query).get("key", [""])[0]
    if not parts.hostname or parts.path != _PATH or not key:
        raise OpsError(
            tr("This is not the address of a WeCom robot."),
            hint=tr("Copy it from the group: Settings, Message robots. It looks like "
                    "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=…"),
            unharmed=tr("Nothing was kept, and nothing was sent."),
        )  # fmt: skip
    remember_secret(address)
    remember_secret(key)
    http.refuse_plain(f"{parts.scheme}://{parts.netloc}{parts.path}")
    return address


def send(
    address: str, markdown: str, context: Context, *, verify: ssl.SSLContext | bool = True
) -> None:
    """Let the robot say `markdown` (at most 4096 bytes of UTF-8).

    Raises `WecomRefused`, or `OpsError` where the robot is not reached or gives no proper answer.
    """
    address = checked(address)
    body = {"msgtype": "markdown", "markdown": {"content": markdown}}
    timeout = httpx.Timeout(_SECONDS, connect=5.0)
    with http.Client(timeout=timeout, verify=verify) as client:
        try:
            with context.on_cancel(client.wake):
                answer = client.post(address, json=body)
            if answer.status_code != httpx.codes.OK:
                raise _no_answer(tr("it says HTTP {status}", status=answer.status_code))
            data = answer.json()
        except httpx.ConnectError as error:
            context.check()
            _explain_connection(address, context)
            raise _no_answer(_reason(error)) from None  # its text holds the address
        except (httpx.HTTPError, json.JSONDecodeError, UnicodeDecodeError) as error:
            context.check()
            raise _no_answer(_reason(error)) from None
    if not isinstance(data, dict) or not isinstance(data.get("errcode"), int):
        raise _no_answer(tr("there is no errcode in it"))
    if code := data["errcode"]:
        # What follows is of help to nobody, and may name the key.
        said = str(data.get("errmsg", "")).partition(",")[0]
        raise WecomRefused(code, said)


def _explain_connection(address: str, context: Context) -> None:
    """Let `tcp` say why there is no connection, if it finds the same."""
    parts = urlsplit(address)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    tcp.connect(parts.hostname or "", port, context, deadline=5.0).close()


def _reason(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError | UnicodeDecodeError):
        return tr("something else answers in its place (a login page of the network?)")
    if "CERTIFICATE_VERIFY_FAILED" in str(error):
        return tr("its certificate is not to be trusted")
    return type(error).__name__


def _no_answer(why: str) -> OpsError:
    return OpsError(
        tr("The WeCom robot gave no proper answer: {why}.", why=why),
        hint=tr("Check this machine's network; it is tried again by itself."),
    )
