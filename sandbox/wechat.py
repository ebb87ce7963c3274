"""A stand-in for the WeChat Official Account interface: it is not Tencent's, and says so in every
answer (`X-Stand-In: gmops-sandbox`).

    python -m sandbox.wechat FOLDER PORT

It keeps to the documented forms: every answer is HTTP 200 with JSON, a failure is a non-zero
`errcode`; stable tokens stay the same until they expire; statistics have their longest spans, are
ready the next morning, and the retired ones answer 47009.  `FOLDER/config.json` holds app id,
secret, whether the account is certified, and the IP whitelist; `FOLDER/account.json` what the
account holds (see `wechat_account`); `FOLDER/faults.json` scripts
failures: a list of {"path", "errcode", "errmsg"}, each used once.
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
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from gmops_desktop.addresses import AccountAddress
from gmops_desktop.paths import write_atomically
from sandbox.processes import LOOPBACK
from sandbox.server import Server
from sandbox.wechat_account import Failed, Holdings
from sandbox.wechat_statistics import RETIRED, STATISTICS, rows

Json = dict[str, Any]

_BEIJING: Final = timezone(timedelta(hours=8))
_LIFE: Final = 7200  # seconds a token lives
_READY_HOUR: Final = 8  # yesterday's statistics are ready from then on


class Wechat(Server):
    """The stand-in's process; app id and secret are generated and kept in `folder`."""

    name = "wechat"

    @property
    def base_url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def address(self) -> AccountAddress:
        return AccountAddress(self.config()["app_id"], self.base_url)

    @property
    def secret(self) -> str:
        secret: str = self.config()["secret"]
        return secret

    def config(self) -> Json:
        """Return the account's settings, made at first."""
        file = self.folder / "config.json"
        if not file.exists():
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.configure(
                app_id=f"wx{secrets.token_hex(8)}",
                secret=secrets.token_hex(16),
                certified=True,
                whitelist=[LOOPBACK],
            )
        config: Json = json.loads(file.read_text("utf-8"))
        return config

    def configure(self, **values: object) -> None:
        """Change settings: `certified`, `whitelist`, `secret`; the next call obeys."""
        file = self.folder / "config.json"
        known = json.loads(file.read_text("utf-8")) if file.exists() else {}
        write_atomically(file, json.dumps(known | values).encode())

    def fail_next(self, path: str, errcode: int, errmsg: str = "") -> None:
        """Let the next call of `path` ("*" for any) fail with one of WeChat's codes."""
        file = self.folder / "faults.json"
        faults = json.loads(file.read_text("utf-8")) if file.exists() else []
        faults.append({"path": path, "errcode": errcode, "errmsg": errmsg})
        write_atomically(file, json.dumps(faults).encode())

    @property
    def holdings(self) -> Holdings:
        """What the account holds; what is saved here, the next call tells."""
        return Holdings(self.folder)

    def _start(self) -> None:
        self.config()
        self._listen_as("sandbox.wechat")


# ---------------------------------------------------------------- the process itself


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
                return self._token(method, path, query, body, ip, config)
            self._check_token(query.get("access_token", ""))
            self._used[path] = self._used.get(path, 0) + 1
        name = path.removeprefix("/datacube/")
        if name != path:
            _must_be("POST", method)
            if not config["certified"]:
                raise Failed(48001, "api unauthorized")
            return self._statistics(name, _read(body))
        try:
            wanted, do = self._actions(config)[path]
        except KeyError:
            raise Failed(40066, "invalid url") from None
        if wanted != "*":
            _must_be(wanted, method)
        with self._lock:
            return do(_read(body) if method == "POST" and body else {})

    def _actions(self, config: Json) -> Mapping[str, tuple[str, Callable[[Json], Json]]]:
        return {
            "/cgi-bin/openapi/quota/get": ("POST", self._quota),
            "/cgi-bin/clear_quota": ("POST", lambda given: self._clear_quota()),
            "/cgi-bin/get_api_domain_ip": ("GET", lambda given: {"ip_list": ["203.0.113.20"]}),
            "/cgi-bin/getcallbackip": ("GET", lambda given: {"ip_list": ["203.0.113.21"]}),
            "/cgi-bin/callback/check": ("POST", lambda given: _CALLBACK),
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
                raise Failed(fault["errcode"], fault["errmsg"])

    def _quota(self, given: Json) -> Json:
        path = given.get("cgi_path", "")
        if not path.startswith("/"):
            raise Failed(76021, "cgi_path not found, please check")
        used = self._used.get(path, 0)
        return {"quota": {"daily_limit": 10_000, "used": used, "remain": 10_000 - used}}

    def _clear_quota(self) -> Json:
        self._used.clear()
        return {}

    def _basics(self, config: Json) -> Json:
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

    def _statistics(self, name: str, given: Json) -> Json:
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
        return {"list": [row for day in days for row in rows(name, day)]}

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock(), UTC).astimezone(_BEIJING)


_CALLBACK: Final[Json] = {
    "dns": [{"ip": "203.0.113.10", "real_operator": "CAP"}],
    "ping": [{"ip": "203.0.113.10", "from_operator": "CAP", "package_loss": "0%",
              "time": "23.4ms"}],
}  # fmt: skip


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
            try:
                answer = account.answer(self.command, self.path, body, self.client_address[0])
            except Failed as error:
                rid = f"rid: {secrets.token_hex(4)}-{secrets.token_hex(4)}-{secrets.token_hex(4)}"
                answer = {"errcode": error.errcode, "errmsg": f"{error} {rid}"}
            data = json.dumps(answer, ensure_ascii=False).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json; encoding=utf-8")
            self.send_header("Content-Length", str(len(data)))
            self.send_header("X-Stand-In", "gmops-sandbox")
            self.end_headers()
            self.wfile.write(data)

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
