"""A stand-in for the WeChat Official Account interface: it is not Tencent's, and says so in every
answer (`X-Stand-In: gmops-sandbox`).

    python -m sandbox.wechat FOLDER PORT

It keeps to the documented forms: every answer is HTTP 200 with JSON, a failure is a non-zero
`errcode`; stable tokens stay the same until they expire; statistics have their longest spans, are
ready the next morning, and the retired ones answer 47009.  `FOLDER/config.json` holds the account's
settings (`_settings`); `FOLDER/account.json` what the account holds (see `wechat_account`);
`FOLDER/faults.json` scripts failures, each used once: {"path", "errcode", "errmsg"}, or an answer
that is none of WeChat's, {"path", "spoiled"}.
"""

from __future__ import annotations

import json
import secrets
import sys
import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final, Literal
from urllib.parse import parse_qsl, urlsplit

from gmops_desktop.addresses import AccountAddress
from gmops_desktop.paths import write_atomically
from sandbox import wechat_callback
from sandbox.processes import LOOPBACK
from sandbox.server import Server
from sandbox.wechat_account import Failed, Holdings
from sandbox.wechat_statistics import NEW, RETIRED, STATISTICS, rows

Json = dict[str, Any]
Spoiled = Literal["502", "empty", "torn", "page", "silence"]

_BEIJING: Final = timezone(timedelta(hours=8))
_LIFE: Final = 7200  # seconds a token lives
_READY_HOUR: Final = 8  # yesterday's statistics are ready from then on
_CALLS: Final = 10_000  # of an interface a day
_CLEARED_MOST: Final = 10  # a month


class Wechat(Server):
    """The stand-in's process; app id and secret are generated and kept in `folder`."""

    name = "wechat"

    @property
    def base_url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def address(self) -> AccountAddress:
        site = f"{self.base_url}{wechat_callback.SITE}"
        return AccountAddress(self.config()["app_id"], self.base_url, callback=site)

    @property
    def secret(self) -> str:
        secret: str = self.config()["secret"]
        return secret

    @property
    def callback_token(self) -> str:
        """What the callback of `address` shares with WeChat."""
        token: str = self.config()["callback_token"]
        return token

    def config(self) -> Json:
        """Return the account's settings, made at first."""
        file = self.folder / "config.json"
        known: Json = json.loads(file.read_text("utf-8")) if file.exists() else {}
        config = _settings() | known
        if config != known:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.configure(**config)
        return config

    def configure(self, **values: object) -> None:
        """Change settings (see `_settings`); the next call obeys."""
        file = self.folder / "config.json"
        known = json.loads(file.read_text("utf-8")) if file.exists() else {}
        write_atomically(file, json.dumps(known | values).encode())

    def fail_next(self, path: str, errcode: int, errmsg: str = "") -> None:
        """Let the next call of `path` ("*" for any) fail with one of WeChat's codes."""
        self._script({"path": path, "errcode": errcode, "errmsg": errmsg})

    def spoil_next(self, path: str, how: Spoiled) -> None:
        """Let the next call of `path` ("*" for any) get what WeChat never says: a bad gateway,
        nothing, half an answer, a web page, or silence."""
        self._script({"path": path, "spoiled": how})

    def _script(self, fault: Json) -> None:
        file = self.folder / "faults.json"
        faults = json.loads(file.read_text("utf-8")) if file.exists() else []
        faults.append(fault)
        write_atomically(file, json.dumps(faults).encode())

    @property
    def holdings(self) -> Holdings:
        """What the account holds; what is saved here, the next call tells."""
        return Holdings(self.folder)

    def _start(self) -> None:
        self.config()
        self._listen_as("sandbox.wechat")


def _settings() -> Json:
    """Return the settings of a new account."""
    return {
        "app_id": f"wx{secrets.token_hex(8)}",
        "secret": secrets.token_hex(16),
        "callback_token": secrets.token_hex(16),
        "certified": True,
        "whitelist": [LOOPBACK],
        "basics": True,  # whether it tells its verification to its own token
        "callback": wechat_callback.REACHED,  # what WeChat's network finds; None: none is set
        "site": "right",  # how the site answers at the callback
        "limits": {},  # calls a day by path, where it is not the usual number
        "used": {},  # calls by path that other programs made today
        "cleared": {},  # how often the quotas were cleared, by month
        "delayed": [],  # statistics that are late, and say so
        "silent": [],  # statistics that hold no row
    }


# ---------------------------------------------------------------- the process itself


class NotWeChats(Exception):
    """The answer is none of WeChat's: how it is spoiled."""

    def __init__(self, how: Spoiled) -> None:
        super().__init__(how)
        self.how = how


class Account:
    """The interface of one account; settings are read from `folder` at every call."""

    def __init__(self, folder: Path, clock: Callable[[], float] = time.time) -> None:
        self._folder = folder
        self._clock = clock
        self._lock = threading.Lock()
        self._tokens: dict[str, float] = {}  # token: when it ends
        self._stable = ""
        self._used: dict[str, int] = {}
        self._holdings = Holdings(folder)

    def answer(self, method: str, target: str, body: bytes, ip: str) -> Json:
        """Return the answer to one request; raises `Failed`."""
        parts = urlsplit(target)
        path, query = parts.path, dict(parse_qsl(parts.query))
        config = json.loads((self._folder / "config.json").read_text("utf-8"))
        with self._lock:
            self._scripted(path)
            if path in {"/cgi-bin/stable_token", "/cgi-bin/token"}:
                if self._used_of(path, config) >= config["limits"].get(path, _CALLS):
                    raise Failed(45009, "reach max api daily quota limit")
                return self._token(method, path, query, body, ip, config)
            if path == "/cgi-bin/clear_quota/v2":
                return self._clear_by_secret(method, body, config)
            self._check_token(query.get("access_token", ""))
            if self._used_of(path, config) >= config["limits"].get(path, _CALLS):
                raise Failed(45009, "reach max api daily quota limit")
            self._used[path] = self._used.get(path, 0) + 1
        name = path.removeprefix("/datacube/")
        if name != path:
            _must_be("POST", method)
            if not config["certified"]:
                raise Failed(48001, "api unauthorized")
            return self._statistics(name, _read(body), config)
        try:
            wanted, do = self._actions(config)[path]
        except KeyError:
            raise Failed(40066, "invalid url") from None
        if wanted != "*":
            _must_be(wanted, method)
        with self._lock:
            return do(_read(body) if method == "POST" and body else {})

    def site(self, target: str) -> tuple[int, str]:
        """Return what the site answers at the account's callback: status and text."""
        config = json.loads((self._folder / "config.json").read_text("utf-8"))
        query = dict(parse_qsl(urlsplit(target).query))
        return wechat_callback.answer(query, config["callback_token"], config["site"])

    def _actions(self, config: Json) -> Mapping[str, tuple[str, Callable[[Json], Json]]]:
        return {
            "/cgi-bin/openapi/quota/get": ("POST", lambda given: self._quota(given, config)),
            "/cgi-bin/clear_quota": ("POST", lambda given: self._clear_quota(given, config)),
            "/cgi-bin/get_api_domain_ip": ("GET", lambda given: {"ip_list": ["203.0.113.20"]}),
            "/cgi-bin/getcallbackip": ("GET", lambda given: {"ip_list": ["203.0.113.21"]}),
            "/cgi-bin/callback/check": (
                "POST",
                lambda given: wechat_callback.check(config["callback"], given),
            ),
            **self._holdings.actions(bool(config["certified"])),
            "/cgi-bin/freepublish/batchget": ("POST", lambda given: _published(config)),
            "/cgi-bin/account/getaccountbasicinfo": ("*", lambda given: self._basics(config)),
        }

    def _token(
        self, method: str, path: str, query: dict[str, str], body: bytes, ip: str, config: Json
    ) -> Json:
        stable = path.endswith("stable_token")
        _must_be("POST" if stable else "GET", method)
        given = _read(body) if stable else query
        if given.get("grant_type") != "client_credential":
            raise Failed(40002, "invalid grant_type")
        if given.get("appid") != config["app_id"]:
            raise Failed(40013, "invalid appid")
        if given.get("secret") != config["secret"]:
            raise Failed(40125 if given.get("secret") else 41004, "invalid appsecret")
        if ip not in config["whitelist"]:
            raise Failed(40164, f"invalid ip {ip} ipv6 ::ffff:{ip}, not in whitelist")
        now = self._clock()
        # Renewed in its last five minutes; until then the same one, whoever asks.
        fresh = self._stable and self._tokens.get(self._stable, 0) - now > 300
        if not stable or given.get("force_refresh") or not fresh:
            token = secrets.token_urlsafe(96)
            if stable:
                self._tokens.pop(self._stable, None)
                self._stable = token
            self._tokens[token] = now + _LIFE
        else:
            token = self._stable
        return {"access_token": token, "expires_in": int(self._tokens[token] - now)}

    def _check_token(self, token: str) -> None:
        if not token:
            raise Failed(41001, "access_token missing")
        if token not in self._tokens:
            raise Failed(40001, "invalid credential, access_token is invalid or not latest")
        if self._tokens[token] < self._clock():
            raise Failed(42001, "access_token expired")

    def _scripted(self, path: str) -> None:
        file = self._folder / "faults.json"
        faults = json.loads(file.read_text("utf-8")) if file.exists() else []
        for place, fault in enumerate(faults):
            if fault["path"] in ("*", path):
                del faults[place]
                write_atomically(file, json.dumps(faults).encode())
                if "spoiled" in fault:
                    raise NotWeChats(fault["spoiled"])
                raise Failed(fault["errcode"], fault["errmsg"])

    def _used_of(self, path: str, config: Json) -> int:
        return self._used.get(path, 0) + int(config["used"].get(path, 0))

    def _quota(self, given: Json, config: Json) -> Json:
        path = given.get("cgi_path", "")
        if not path.startswith("/"):
            raise Failed(76021, "cgi_path not found, please check")
        used, limit = self._used_of(path, config), config["limits"].get(path, _CALLS)
        return {
            "quota": {"daily_limit": limit, "used": used, "remain": max(0, limit - used)},
            "rate_limit": {"call_count": 100, "refresh_second": 60},
        }

    def _clear_quota(self, given: Json, config: Json) -> Json:
        if given.get("appid") != config["app_id"]:
            raise Failed(40013, "invalid appid")
        month = self._now().strftime("%Y-%m")
        if config["cleared"].get(month, 0) >= _CLEARED_MOST:
            raise Failed(48006, "forbid to clear quota because of reaching the limit")
        cleared = {month: config["cleared"].get(month, 0) + 1}
        file = self._folder / "config.json"
        write_atomically(file, json.dumps(config | {"used": {}, "cleared": cleared}).encode())
        self._used.clear()
        return {}

    def _clear_by_secret(self, method: str, body: bytes, config: Json) -> Json:
        """The second form: without a token, and not counted among the calls."""
        _must_be("POST", method)
        given = _read(body)
        if given.get("appid") == config["app_id"] and given.get("appsecret") != config["secret"]:
            raise Failed(40125, "invalid appsecret")
        return self._clear_quota(given, config)

    def _basics(self, config: Json) -> Json:
        if not config["basics"]:
            raise Failed(48001, "api unauthorized")
        today = self._now().date()
        begin = datetime.combine(today - timedelta(days=300), datetime.min.time(), _BEIJING)
        end = datetime.combine(today + timedelta(days=65), datetime.min.time(), _BEIJING)
        certified = bool(config["certified"])
        return {
            "appid": config["app_id"],
            "account_type": 2,
            "principal_type": 1,
            "principal_name": "光明新区工商联（演示）",
            "realname_status": 1,
            "wx_verify_info": {
                "qualification_verify": certified,
                "naming_verify": certified,
                "annual_review": certified,
                "annual_review_begin_time": int(begin.timestamp()) if certified else 0,
                "annual_review_end_time": int(end.timestamp()) if certified else 0,
            },
        }

    def _statistics(self, name: str, given: Json, config: Json) -> Json:
        if name in RETIRED:
            raise Failed(47009, "this api is offline, please use the new api")
        if name not in STATISTICS:
            raise Failed(40066, "invalid url")
        try:
            first, last = (date.fromisoformat(given[key]) for key in ("begin_date", "end_date"))
        except (KeyError, TypeError, ValueError):
            raise Failed(61500, "date format error") from None
        if last < first or (last - first).days + 1 > STATISTICS[name]:
            raise Failed(61501, "date range error")
        now = self._now()
        newest = now.date() - timedelta(days=1 if now.hour >= _READY_HOUR else 2)
        if last > newest:
            raise Failed(61503, "data not ready, please try later")
        days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
        told = [] if name in config["silent"] else [row for day in days for row in rows(name, day)]
        return (
            {"list": told, "is_delay": name in config["delayed"]} if name in NEW else {"list": told}
        )

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock(), UTC).astimezone(_BEIJING)


def _published(config: Json) -> Json:
    if not config["certified"]:
        raise Failed(48001, "api unauthorized")
    return {"total_count": 60, "item_count": 0, "item": []}


def _must_be(wanted: str, method: str) -> None:
    if wanted != method:
        code = 43001 if wanted == "GET" else 43002
        raise Failed(code, f"require {wanted} method")


def _read(body: bytes) -> Json:
    try:
        given = json.loads(body)
    except ValueError:
        given = None
    if not isinstance(given, dict):
        raise Failed(47001, "data format error")
    return given


def _handler(account: Account) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 30
        wbufsize = -1  # head and body in one piece, or the body waits for an acknowledgement

        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"] or 0))
            ip = self.client_address[0]
            if self.path.startswith(wechat_callback.SITE):
                status, text = account.site(self.path)
                self._send(status, "text/plain", text.encode())
                return
            try:
                answer = account.answer(self.command, self.path, body, ip)
            except NotWeChats as fault:
                self._spoil(fault.how)
                return
            except Failed as error:
                rid = f"rid: {secrets.token_hex(4)}-{secrets.token_hex(4)}-{secrets.token_hex(4)}"
                answer = {"errcode": error.errcode, "errmsg": f"{error} {rid}"}
            data = json.dumps(answer, ensure_ascii=False).encode()
            self._send(200, "application/json; encoding=utf-8", data)

        def _send(self, status: int, kind: str, data: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(data)))
            self.send_header("X-Stand-In", "gmops-sandbox")
            self.end_headers()
            self.wfile.write(data)

        def _spoil(self, how: Spoiled) -> None:
            if how == "silence":
                self.rfile.read(1)  # until the client has gone
                self.close_connection = True
            elif how == "page":
                self._send(200, "text/html", b"<html><body>Please log in.</body></html>")
            elif how == "torn":
                self._send(200, "application/json", b'{"access_token": "half')
            else:
                self._send(502 if how == "502" else 200, "text/plain", b"")

        do_POST = do_GET

        def log_message(self, format: str, *args: Any) -> None:
            """Keep quiet: the addresses carry tokens."""

    return Handler


def _serve(folder: Path, port: int) -> None:
    with ThreadingHTTPServer((LOOPBACK, port), _handler(Account(folder))) as server:
        server.daemon_threads = True
        server.serve_forever()


if __name__ == "__main__":
    _serve(Path(sys.argv[1]), int(sys.argv[2]))
