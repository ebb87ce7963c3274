"""A stand-in for Tencent Cloud's API: it is not Tencent's, and says so in every answer
(`X-Stand-In: gmops-sandbox`).

    python -m sandbox.tencent FOLDER PORT

What makes it worth asking: it verifies the TC3-HMAC-SHA256 signature and the clock as the real one
does, and checks the field names of every request, and of its own every answer, against the models
of Tencent's own SDK.  What the account holds, and changes by itself, is in `tencent_account`.
`FOLDER/faults.json` scripts failures: a list of {"action", "code", "message", "after"}, each used
once;
`FOLDER/behaviour.json` says how backups and clones behave (the fields of `Behaviour`).
"""

from __future__ import annotations

import hashlib
import hmac
import importlib
import json
import re
import secrets
import sys
import threading
import time
import warnings
from collections.abc import Callable
from datetime import UTC, datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from gmops_desktop.addresses import CloudAddress, CloudDatabase
from gmops_desktop.paths import write_atomically
from sandbox.mariadb import MariaDB
from sandbox.processes import LOOPBACK
from sandbox.server import Server
from sandbox.tencent_account import APIS, REGIONS, REQUIRED, Account
from sandbox.tencent_backups import DATABASE, REGION, Behaviour, Refused
from sandbox.tencent_clones import CloneServers

_AUTHORIZATION: Final = re.compile(
    r"TC3-HMAC-SHA256 Credential=([^/]+)/([^/]+)/([^/]+)/tc3_request, "
    r"SignedHeaders=([^,]+), Signature=(\w{64})"
)
_SKEW: Final = 300  # seconds a request's clock may differ
_CLONES: Final = "clones"  # the folder of the servers behind clones
_AGENT: Final = "agent.json"  # the environment of the agent's commands

# Catching warnings is process-wide in Python, and the SDK tells of unknown fields by a warning.
_checking = threading.Lock()


class Tencent(Server):
    """The stand-in's process; its one key pair is generated and kept in `folder`.

    `environment` is set for every command that its agent runs.
    """

    name = "tencent"

    def __init__(
        self, folder: Path, port: int = 0, *, environment: dict[str, str] | None = None
    ) -> None:
        super().__init__(folder, port)
        self.environment = environment or {}

    @property
    def endpoint(self) -> str:
        """What the SDK's `HttpProfile(protocol="http", endpoint=...)` wants."""
        return f"{LOOPBACK}:{self.port}"

    @property
    def secret_id(self) -> str:
        return self._keys()["secret_id"]

    @property
    def secret_key(self) -> str:
        return self._keys()["secret_key"]

    @property
    def database(self) -> CloudDatabase:
        """The account's one TencentDB instance."""
        return CloudDatabase(DATABASE, REGION, self.secret_id, f"http://{self.endpoint}")

    @property
    def account(self) -> CloudAddress:
        """The account, as it is looked at."""
        return CloudAddress(self.secret_id, (REGION,), f"http://{self.endpoint}")

    def fail_next(self, action: str, code: str, message: str = "", *, after: bool = False) -> None:
        """Let the next call of `action` ("*" for any) fail with an error code of Tencent's; `after`
        it was carried out, as where the answer is lost on the way."""
        file = self.folder / "faults.json"
        faults = json.loads(file.read_text("utf-8")) if file.exists() else []
        faults.append({"action": action, "code": code, "message": message, "after": after})
        write_atomically(file, json.dumps(faults).encode())

    def behave(self, **values: object) -> None:
        """Let backups and their files behave as `values` say (fields of `Behaviour`), from now on;
        without values, as they do at first."""
        Behaviour(**values)  # type: ignore[arg-type] # only to refuse unknown names
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_atomically(self.folder / "behaviour.json", json.dumps(values).encode())

    def stand_for(self, server: MariaDB) -> None:
        """Be the cloud of this server: what the instance is reached at, and clones are made of."""
        self._clones.clone_of(server.folder)

    def stop(self) -> None:
        """Stop it, and the clones that it started."""
        super().stop()
        self._clones.stop_all()

    @property
    def _clones(self) -> CloneServers:
        return CloneServers(self.folder / _CLONES)

    def _start(self) -> None:
        self._clones.stop_all()  # the account knows nothing of what was before
        self._keys()
        write_atomically(self.folder / _AGENT, json.dumps(self.environment).encode())
        self._listen_as("sandbox.tencent")

    def _keys(self) -> dict[str, str]:
        file = self.folder / "keys.json"
        if not file.exists():
            made = {
                "secret_id": "AKIDsandbox" + secrets.token_hex(12),
                "secret_key": secrets.token_hex(16),
            }
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_atomically(file, json.dumps(made).encode())
        keys: dict[str, str] = json.loads(file.read_text("utf-8"))
        return keys


# ---------------------------------------------------------------- the process itself


def signature(
    secret: str, headers: dict[str, str], body: bytes, date: str, service: str, signed: str
) -> str:
    """Return the TC3 signature of a POST (Tencent's document 213/36792; headers in lower case)."""

    def sign(key: bytes, text: str) -> bytes:
        return hmac.new(key, text.encode(), hashlib.sha256).digest()

    listed = "".join(f"{name}:{headers[name].strip()}\n" for name in signed.split(";"))
    request = "\n".join(["POST", "/", "", listed, signed, hashlib.sha256(body).hexdigest()])
    scope = f"{date}/{service}/tc3_request"
    digest = hashlib.sha256(request.encode()).hexdigest()
    text = "\n".join(["TC3-HMAC-SHA256", headers["x-tc-timestamp"], scope, digest])
    key = sign(sign(sign(f"TC3{secret}".encode(), date), service), "tc3_request")
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


class Api:
    """Judges one request after the other; `keys` are secret keys by their id."""

    def __init__(
        self,
        account: Account,
        keys: dict[str, str],
        *,
        clock: Callable[[], float] = time.time,
        fault: Callable[[str], Refused | None] = lambda action: None,
        behaviour: Callable[[], Behaviour] = Behaviour,
    ) -> None:
        self.account = account
        self.behaviour = behaviour
        self._keys = keys
        self._clock = clock
        self._fault = fault

    def answer(self, headers: dict[str, str], body: bytes) -> dict[str, Any]:
        """Return the `Response` object; raises `Refused`."""
        service = self._verify(headers, body)
        action = headers.get("x-tc-action", "")
        refused = self._fault(action)
        if refused and not refused.after:
            raise refused
        try:
            version, module = APIS[service]
        except KeyError:
            raise Refused("InvalidParameter", f"no such service: {service}") from None
        if version != headers.get("x-tc-version"):
            raise Refused("NoSuchVersion", f"{service} is {version}")
        models = importlib.import_module(f"tencentcloud.{service}.{module}.models")
        if not hasattr(models, f"{action}Request"):
            raise Refused("InvalidAction", f"{service} has no action {action}")
        given = json.loads(body)
        check_fields(getattr(models, f"{action}Request"), given, "UnknownParameter")
        for name in REQUIRED.get((service, action), ()):
            if name not in given:
                raise Refused("MissingParameter", f"The request lacks {name}.")
        region = headers.get("x-tc-region", "")
        if region and region not in REGIONS:
            raise Refused("UnsupportedRegion", f"no region {region}")
        found = self.account.do(service, action, region, given, headers.get("host", ""))
        check_fields(
            getattr(models, f"{action}Response"), {**found, "RequestId": ""}, "InternalError"
        )
        if refused:
            raise refused
        return found

    def _verify(self, headers: dict[str, str], body: bytes) -> str:
        match = _AUTHORIZATION.fullmatch(headers.get("authorization", ""))
        if not match:
            raise Refused("AuthFailure.InvalidAuthorization", "The Authorization is malformed.")
        key_id, date, service, signed, given = match.groups()
        stamp = int(headers.get("x-tc-timestamp", "0"))
        if key_id not in self._keys:
            raise Refused("AuthFailure.SecretIdNotFound", "The SecretId is not found.")
        if abs(self._clock() + self.behaviour().clock_off - stamp) > _SKEW:
            raise Refused("AuthFailure.SignatureExpire", "The signature has expired.")
        day = datetime.fromtimestamp(stamp, UTC).strftime("%Y-%m-%d")
        right = signature(self._keys[key_id], headers, body, date, service, signed)
        if day != date or not hmac.compare_digest(right, given):
            raise Refused("AuthFailure.SignatureFailure", "The signature does not match.")
        return service


def check_fields(model: type[Any], given: dict[str, Any], code: str) -> None:
    """Refuse fields, nested ones included, that Tencent's SDK does not know in `model`."""
    with _checking, warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            model()._deserialize(given)
        except Warning as warning:
            raise Refused(code, str(warning)) from warning
        except (AttributeError, TypeError, ValueError) as error:
            raise Refused("InvalidParameter", f"not the form of {model.__name__}") from error


def handler(api: Api) -> type[BaseHTTPRequestHandler]:
    """Return the HTTP face of `api`: one POST for everything, and GET for backup files."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 30

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"] or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            try:
                answer = api.answer(headers, body)
            except Refused as error:
                answer = {"Error": {"Code": error.code, "Message": str(error)}}
            whole = {"Response": {**answer, "RequestId": secrets.token_hex(16)}}
            # Exactly so: with "; charset=utf-8" the SDK would overlook every error.
            self._send(HTTPStatus.OK, json.dumps(whole).encode(), "application/json")

        def do_HEAD(self) -> None:
            self.send_response(HTTPStatus.OK)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def date_time_string(self, timestamp: float | None = None) -> str:
            return super().date_time_string(timestamp or time.time() + api.behaviour().clock_off)

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            words = parse_qs(parts.query)
            times = words.get("q-sign-time", [""])[0]
            signature = words.get("q-signature", [""])[0]
            number = parts.path.rpartition("/")[2].removesuffix(".xb")
            behaviour = api.behaviour()
            content = api.account.backups.file(number, times, signature)
            if content is None:
                return self._send(HTTPStatus.FORBIDDEN, b"<Code>AccessDenied</Code>", "text/xml")
            wanted = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
            begin = int(wanted[1]) if wanted and behaviour.ranges else 0
            if begin >= len(content):
                status = HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE
                return self._send(status, b"<Code>InvalidRange</Code>", "text/xml")
            partial = begin > 0
            status = HTTPStatus.PARTIAL_CONTENT if partial else HTTPStatus.OK
            extra = {"Content-Range": f"bytes {begin}-{len(content) - 1}/{len(content)}"}
            self._send(
                status,
                content[begin:],
                "application/octet-stream",
                extra if partial else {},
                cut_after=behaviour.cut_after,
            )

        def _send(
            self,
            status: HTTPStatus,
            body: bytes,
            kind: str,
            extra: dict[str, str] | None = None,
            *,
            cut_after: int = 0,
        ) -> None:
            self.send_response(status)
            lines = {"Content-Type": kind, "Content-Length": str(len(body))}
            for name, value in {**lines, **(extra or {}), "X-Stand-In": "gmops-sandbox"}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body[:cut_after] if cut_after else body)
            if 0 < cut_after < len(body):
                self.close_connection = True

        def log_message(self, format: str, *args: Any) -> None:
            """Keep quiet: the calls carry addresses with signatures."""

    return Handler


def scripted(folder: Path) -> Callable[[str], Refused | None]:
    """Return what takes the next failure for an action from `folder`/faults.json."""
    lock = threading.Lock()

    def fault(action: str) -> Refused | None:
        with lock:
            file = folder / "faults.json"
            faults = json.loads(file.read_text("utf-8")) if file.exists() else []
            for place, one in enumerate(faults):
                if one["action"] in ("*", action):
                    write_atomically(
                        file, json.dumps(faults[:place] + faults[place + 1 :]).encode()
                    )
                    return Refused(one["code"], one["message"], after=one.get("after", False))
            return None

    return fault


def _behaving(folder: Path) -> Callable[[], Behaviour]:
    file = folder / "behaviour.json"

    def behaviour() -> Behaviour:
        return Behaviour(**json.loads(file.read_text("utf-8"))) if file.exists() else Behaviour()

    return behaviour


def _serve(folder: Path, port: int) -> None:
    keys = json.loads((folder / "keys.json").read_text("utf-8"))
    behaviour = _behaving(folder)
    api = Api(
        Account(
            behaviour=behaviour,
            servers=CloneServers(folder / _CLONES),
            environment=json.loads((folder / _AGENT).read_text("utf-8")),
        ),
        {keys["secret_id"]: keys["secret_key"]},
        fault=scripted(folder),
        behaviour=behaviour,
    )
    with ThreadingHTTPServer((LOOPBACK, port), handler(api)) as server:
        server.daemon_threads = True
        server.serve_forever()


if __name__ == "__main__":
    _serve(Path(sys.argv[1]), int(sys.argv[2]))
