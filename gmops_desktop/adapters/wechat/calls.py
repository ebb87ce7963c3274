"""Calls of an account's interfaces.

Tokens come from `stable_token`, which is apart from `cgi-bin/token`: asking never throws out the
website's own token.  Every answer is HTTP 200; a failure is a non-zero `errcode` inside.
"""

from __future__ import annotations

import json
import ssl
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import urlsplit

import httpx

from gmops_desktop.adapters import http, tcp
from gmops_desktop.adapters.wechat.refusals import BUSY, DAY_SPENT, TOKEN_LOST, WeChatRefused
from gmops_desktop.addresses import AccountAddress
from gmops_desktop.context import Context
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr
from gmops_desktop.log import remember_secret

_SECONDS: Final = 10.0  # without a byte of an answer
_CONNECT: Final = 5.0


class NoAnswer(OpsError):
    """No answer came, or none that is WeChat's."""


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
        refused: Callable[[WeChatRefused], object] = lambda refusal: None,
    ) -> None:
        """`refused` is told of every refusal, whatever is made of it."""
        http.refuse_plain(address.base_url)
        remember_secret(secret)
        self._address = address
        self._secret = secret
        self._context = context
        self._token = ""
        self._refused = refused
        timeout = httpx.Timeout(_SECONDS, connect=_CONNECT)
        url = address.base_url
        self._headers: dict[str, str] = {}
        self._extensions: dict[str, str] = {}
        if port is not None:
            url, self._headers, self._extensions = _through(port, address.base_url)
        self._client = http.Client(base_url=url, timeout=timeout, verify=verify)

    def call(self, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Return the answer to a POST of `body`, or a GET without one.

        A busy interface is asked twice more, a lost token fetched anew once.  Raises
        `WeChatRefused`, `NoAnswer`, or what `tcp.connect` raises.
        """
        token = self.log_in()
        try:
            return self._patiently(path, body, token)
        except WeChatRefused as refusal:
            if refusal.code not in TOKEN_LOST:
                raise
        self._token = ""
        return self._patiently(path, body, self.log_in())

    def clear_quota(self) -> None:
        """Let the day's quotas of all interfaces start anew, for all programs of the account.

        WeChat takes it ten times a month (.../doc/service/api/apimanage/api_clearquota).  Where a
        token is no longer to be had, since that quota is spent itself, the AppSecret stands for it
        (`v2`).  Raises as `call` does; after `NoAnswer` nobody knows whether it was done.
        """
        path = "/cgi-bin/clear_quota"
        try:
            self.call(path, {"appid": self._address.app_id})
        except WeChatRefused as refusal:
            if refusal.code != DAY_SPENT:
                raise
            both = {"appid": self._address.app_id, "appsecret": self._secret}
            self._patiently(f"{path}/v2", both)

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
            path = "/cgi-bin/stable_token"
            token = self._patiently(path, asked).get("access_token")
            if not isinstance(token, str) or not token:
                raise _no_answer(path, tr("there is no token in it"))
            self._token = token
            remember_secret(token)
        return self._token

    def _patiently(
        self, path: str, body: Mapping[str, Any] | None, token: str = ""
    ) -> dict[str, Any]:
        """Ask; where WeChat is busy, twice more."""
        for pause in (1, 2):
            try:
                return self._ask(path, body, token)
            except WeChatRefused as refusal:
                if refusal.code != BUSY:
                    raise
            self._context.wait(pause)
        return self._ask(path, body, token)

    def _ask(self, path: str, body: Mapping[str, Any] | None, token: str) -> dict[str, Any]:
        method = "GET" if body is None else "POST"
        try:
            with self._context.on_cancel(self._client.wake):
                answer = self._client.request(
                    method,
                    path,
                    json=body,
                    params={"access_token": token} if token else None,
                    headers=self._headers,
                    extensions=self._extensions,
                )
        except httpx.ConnectError as error:
            self._context.check()
            self._explain_connection()
            raise _no_answer(path, type(error).__name__) from error
        except httpx.TimeoutException as error:
            self._context.check()
            raise _no_answer(path, tr("nothing came in {count} s", count=int(_SECONDS))) from error
        except httpx.HTTPError as error:
            self._context.check()
            raise _no_answer(path, type(error).__name__) from error
        if answer.status_code != httpx.codes.OK:
            raise _no_answer(path, f"HTTP {answer.status_code}")
        try:
            data = answer.json()
        except (json.JSONDecodeError, UnicodeDecodeError) as error:
            raise _not_wechat(path, answer.content) from error
        if not isinstance(data, dict):
            raise _not_wechat(path, answer.content)
        code = data.get("errcode", 0)
        if not isinstance(code, int):
            raise _not_wechat(path, answer.content)
        if code:
            said = str(data.get("errmsg", ""))
            refusal = WeChatRefused(code, said, path, direct=not self._headers)
            self._refused(refusal)
            raise refusal
        return data

    def _explain_connection(self) -> None:
        """Let `tcp` say why there is no connection, if it finds the same."""
        if self._headers:
            return  # what keeps the server from WeChat was told when the tunnel was opened
        host, port = host_of(self._address)
        tcp.connect(host, port, self._context, deadline=5.0).close()


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


def _no_answer(path: str, why: str) -> NoAnswer:
    return NoAnswer(
        tr("WeChat gave no proper answer to {path}: {why}.", path=path, why=why),
        hint=tr("Check this machine's network and proxy, then try again."),
    )


def _not_wechat(path: str, content: bytes) -> NoAnswer:
    """Return the failure where an answer came that WeChat does not give."""
    if content.lstrip()[:1] != b"<":
        return _no_answer(path, tr("it is empty or torn off"))
    refusal = _no_answer(path, tr("a web page came in its place"))
    refusal.hint = tr(
        "A login page of this network may stand in between: open any website in a browser, log "
        "in, then try again."
    )
    return refusal
