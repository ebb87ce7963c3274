"""A WeChat Official Account as its server interfaces show it.

Tokens come from `stable_token`, which is apart from `cgi-bin/token`: asking never throws out the
website's own token.  Every answer is HTTP 200; a failure is a non-zero `errcode` inside.  Facts of
the interfaces: developers.weixin.qq.com/doc/service.
"""

from __future__ import annotations

import json
import ssl
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta, timezone
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import urlsplit

import httpx

from gmops_desktop.adapters import http, tcp
from gmops_desktop.addresses import AccountAddress
from gmops_desktop.context import Context
from gmops_desktop.contract.looks import AccountDetails
from gmops_desktop.errors import OpsError
from gmops_desktop.language import mark, tr
from gmops_desktop.log import remember_secret

_SECONDS: Final = 15.0
_CHINA: Final = timezone(timedelta(hours=8))
_BUSY: Final = -1
_TOKEN_LOST: Final = (40001, 40014, 42001)
_NOT_READY: Final = 61503  # yesterday's statistics come after 8 o'clock
_COUNTED: Final = "/datacube/getusercumulate"  # the interface whose daily quota is shown

_HINTS: Final[dict[int, str]] = {
    40001: mark("Enter the AppSecret again in the settings: it is wrong or was reset."),
    40013: mark("Check the AppID in the settings."),
    40125: mark("Enter the AppSecret again in the settings: it is wrong or was reset."),
    40164: mark(
        "Add this machine's outside address in the account's console: Settings, Basic "
        "configuration, IP whitelist. It takes some minutes. Or let the account be reached "
        "through the server, whose address stays the same."
    ),
    40243: mark("The AppSecret is frozen: thaw it in the account's console, then wait 10 minutes."),
    45009: mark("The day's quota of calls is used up; it starts anew at midnight."),
    45011: mark("Too many calls in this minute; wait a minute."),
    48001: mark("This kind of account, or an uncertified one, may not use this interface."),
    48004: mark("WeChat has banned the interface: see the notices in the account's console."),
    89503: mark("The account's administrator must confirm this machine's address on the phone."),
    89506: mark("The administrator refused this machine's address; wait an hour, then ask again."),
}


class WeChatRefused(OpsError):
    """The interface answered with an error; `code` is its errcode."""

    def __init__(self, code: int, said: str, path: str) -> None:
        super().__init__(
            tr("WeChat refuses {path}: {code} {said}", path=path, code=code, said=said),
            hint=tr(_HINTS[code])
            if code in _HINTS
            else tr("Look up the code in WeChat's documentation."),
        )
        self.code = code


class WeChat:
    """The interfaces of one account; connects at the first call, ended by `close`.

    With `port`, every call goes to that port of this machine, which leads to WeChat from a server
    on the whitelist (`ssh.forward`); the certificate must be WeChat's all the same.
    """

    def __init__(
        self,
        address: AccountAddress,
        secret: str,
        context: Context,
        *,
        port: int | None = None,
        verify: ssl.SSLContext | bool = True,
    ) -> None:
        http.refuse_plain(address.base_url)
        remember_secret(secret)
        self._address = address
        self._secret = secret
        self._context = context
        self._token = ""
        timeout = httpx.Timeout(_SECONDS, connect=5.0)
        url = address.base_url
        self._headers: dict[str, str] = {}
        self._extensions: dict[str, str] = {}
        if port is not None:
            url, self._headers, self._extensions = _through(port, address.base_url)
        self._client = http.Client(base_url=url, timeout=timeout, verify=verify)

    def call(self, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Return the answer to a POST of `body`, or a GET without one.

        A busy interface is asked twice more, a lost token fetched anew once.  Raises
        `WeChatRefused`, or what `tcp.connect` raises.
        """
        busy = lost = 0
        while True:
            try:
                return self._ask(path, body, {"access_token": self.log_in()})
            except WeChatRefused as refusal:
                if refusal.code == _BUSY and busy < 2:
                    busy += 1
                    self._context.wait(busy)
                elif refusal.code in _TOKEN_LOST and not lost:
                    lost = 1
                    self._token = ""
                else:
                    raise

    def close(self) -> None:
        """End the connection."""
        self._client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def log_in(self) -> str:
        """Return the token, fetched if there is none yet."""
        if not self._token:
            asked = {
                "grant_type": "client_credential",
                "appid": self._address.app_id,
                "secret": self._secret,
                "force_refresh": False,  # only 20 a day, and it throws out the token in use
            }
            self._token = str(self._ask("/cgi-bin/stable_token", asked)["access_token"])
            remember_secret(self._token)
        return self._token

    def _ask(
        self, path: str, body: Mapping[str, Any] | None, query: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        method = "GET" if body is None else "POST"
        try:
            with self._context.on_cancel(self._client.wake):
                answer = self._client.request(
                    method,
                    path,
                    json=body,
                    params=query,
                    headers=self._headers,
                    extensions=self._extensions,
                )
            data = answer.json()
        except httpx.ConnectError as error:
            self._context.check()
            self._explain_connection()
            raise self._no_answer(path, error) from error
        except (httpx.HTTPError, json.JSONDecodeError, UnicodeDecodeError) as error:
            self._context.check()
            raise self._no_answer(path, error) from error
        if not isinstance(data, dict):
            raise self._no_answer(path, TypeError(type(data).__name__))
        if code := data.get("errcode"):
            raise WeChatRefused(int(code), str(data.get("errmsg", "")), path)
        return data

    def _explain_connection(self) -> None:
        """Let `tcp` say why there is no connection, if it finds the same."""
        if self._headers:
            return  # what keeps the server from WeChat was told when the tunnel was opened
        host, port = host_of(self._address)
        tcp.connect(host, port, self._context, deadline=5.0).close()

    def _no_answer(self, path: str, error: Exception) -> OpsError:
        return OpsError(
            tr("WeChat gave no proper answer to {path}: {why}.",
               path=path, why=type(error).__name__),
            hint=tr("Check this machine's network and proxy, then try again."),
        )  # fmt: skip


def host_of(address: AccountAddress) -> tuple[str, int]:
    """Return the host and port of an account's interfaces."""
    parts = urlsplit(address.base_url)
    return parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)


def _through(port: int, base_url: str) -> tuple[str, dict[str, str], dict[str, str]]:
    """Return address, headers and extensions of calls that go through a local port: the name that
    is asked for, and that the certificate must bear, stays."""
    parts = urlsplit(base_url)
    url = f"{parts.scheme}://127.0.0.1:{port}{parts.path}"
    return url, {"Host": parts.netloc}, {"sni_hostname": parts.hostname or ""}


def look(
    address: AccountAddress,
    secret: str | None,
    context: Context,
    *,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    port: int | None = None,
) -> AccountDetails:
    """Look at the account: yesterday's followers, and how much of today's calls is used.

    A part that may not be asked stands in `sections` with the reason; raises `OpsError` where not
    even a token is to be had.
    """
    if secret is None:
        raise OpsError(
            tr("No AppSecret is kept for the account {name}.", name=address.app_id),
            hint=tr("Enter it in the settings."),
        )
    sections: dict[str, str] = {}
    day = (now().astimezone(_CHINA).date() - timedelta(days=1)).isoformat()
    span = {"begin_date": day, "end_date": day}

    def part(name: str, read: Callable[[], dict[str, int]]) -> dict[str, int]:
        """Return the numbers of one interface; none, and why, where it refuses."""
        try:
            return read()
        except WeChatRefused as refusal:
            if refusal.code != _NOT_READY:
                sections[name] = refusal.message.rstrip(".")
        except (KeyError, ValueError, TypeError):
            sections[name] = tr("WeChat answered in a form we do not know")
        return {}

    with WeChat(address, secret, context, port=port) as wechat:

        def followers() -> dict[str, int]:
            rows = wechat.call("/datacube/getusercumulate", span)["list"]
            return {"all": int(rows[-1]["cumulate_user"])} if rows else {}

        def changes() -> dict[str, int]:
            rows = wechat.call("/datacube/getusersummary", span)["list"]
            names = ("new_user", "cancel_user")  # a row for each way people found the account
            return {name: sum(int(row[name]) for row in rows) for name in names}

        def quota() -> dict[str, int]:
            said = wechat.call("/cgi-bin/openapi/quota/get", {"cgi_path": _COUNTED})["quota"]
            return {name: int(said[name]) for name in ("used", "daily_limit")}

        wechat.log_in()
        counted = part(tr("followers"), followers)
        changed = part(tr("changes of followers"), changes)
        calls = part(tr("quota of calls"), quota)
    return AccountDetails(
        followers=counted.get("all"),
        new_followers=changed.get("new_user"),
        lost_followers=changed.get("cancel_user"),
        quota_used=calls.get("used"),
        quota_limit=calls.get("daily_limit"),
        sections=sections,
    )
