"""A stand-in for the group robots of 企业微信 (WeCom): it is not Tencent's, and says so in every
answer (`X-Stand-In: gmops-sandbox`).

    python -m sandbox.wecom FOLDER PORT

It refuses what the real one refuses: another method or path, what is no JSON, an unknown kind of
message, an empty text, more than 4096 bytes of markdown (2048 of text), more than 20 messages in a
minute (45009), and every key but its own (93000).  Every answer is HTTP 200 with JSON.  The key
lies in `FOLDER/config.json`, what was said in `FOLDER/said.json`; `FOLDER/faults.json` scripts
failures: a list of {"errcode", "errmsg"} or {"status"}, each used once.
"""

from __future__ import annotations

import json
import secrets
import sys
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

from gmops_desktop.paths import write_atomically
from sandbox.processes import LOOPBACK
from sandbox.server import Server

Json = dict[str, Any]

PATH: Final = "/cgi-bin/webhook/send"
_PER_MINUTE: Final = 20
_LONGEST: Final = {"text": 2048, "markdown": 4096}  # bytes of UTF-8


class Wecom(Server):
    """The stand-in's process."""

    name = "wecom"

    @property
    def address(self) -> str:
        """The robot's address, key and all."""
        return f"http://{LOOPBACK}:{self.port}{PATH}?key={self.key}"

    @property
    def key(self) -> str:
        file = self.folder / "config.json"
        if not file.exists():
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_atomically(file, json.dumps({"key": str(uuid4())}).encode())
        return str(json.loads(file.read_text("utf-8"))["key"])

    @property
    def said(self) -> list[str]:
        """The texts that were taken, oldest first."""
        return [one["text"] for one in _read(self.folder / "said.json")]

    def fail_next(self, **fault: object) -> None:
        """Let the next message meet a fault: `errcode` and `errmsg`, or an HTTP `status`."""
        file = self.folder / "faults.json"
        write_atomically(file, json.dumps([*_read(file), fault]).encode())

    def _start(self) -> None:
        assert self.key
        self._listen_as("sandbox.wecom")


class Failed(Exception):
    """The robot refuses: `errcode` and its words."""

    def __init__(self, errcode: int, errmsg: str) -> None:
        super().__init__(errmsg)
        self.errcode = errcode


class Robot:
    """One robot; key and faults are read from `folder` at every message."""

    def __init__(self, folder: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._folder, self._clock = folder, clock
        self._lock = threading.Lock()
        self._taken: list[float] = []  # when messages were taken, for the limit

    def answer(self, method: str, target: str, body: bytes) -> tuple[int, Json]:
        """Return status and answer to one request."""
        with self._lock:
            try:
                if fault := self._scripted():
                    if "status" in fault:
                        return int(fault["status"]), {}
                    raise Failed(fault["errcode"], str(fault.get("errmsg", "scripted")))
                text = self._checked(method, target, body)
                self._count()
            except Failed as refusal:
                more = "more info at https://open.work.weixin.qq.com/devtool/query?e="
                hint = f"hint: [{secrets.token_hex(8)}], {more}{refusal.errcode}"
                return 200, {"errcode": refusal.errcode, "errmsg": f"{refusal}, {hint}"}
            file = self._folder / "said.json"
            write_atomically(file, json.dumps([*_read(file), {"text": text}]).encode())
            return 200, {"errcode": 0, "errmsg": "ok"}

    def _checked(self, method: str, target: str, body: bytes) -> str:
        """Return the text of a message that is as it must be."""
        parts = urlsplit(target)
        if parts.path != PATH:
            raise Failed(40066, "invalid url")
        if method != "POST":
            raise Failed(43002, "require POST method")
        key = parse_qs(parts.query).get("key", [""])[0]
        if key != json.loads((self._folder / "config.json").read_text("utf-8"))["key"]:
            raise Failed(93000, "invalid webhook url")
        try:
            given = json.loads(body)
        except ValueError:
            raise Failed(47001, "data format error") from None
        kind = given.get("msgtype") if isinstance(given, dict) else None
        if kind not in _LONGEST:
            raise Failed(40008, "invalid message type")
        inner = given.get(kind)
        text = inner.get("content") if isinstance(inner, dict) else None
        if not isinstance(text, str) or not text:
            raise Failed(44004, f"{kind} content is empty")
        if len(text.encode()) > _LONGEST[kind]:
            raise Failed(40058, f"{kind}.content exceed max length {_LONGEST[kind]}")
        return text

    def _count(self) -> None:
        now = self._clock()
        self._taken = [at for at in self._taken if now - at < 60]
        if len(self._taken) >= _PER_MINUTE:
            raise Failed(45009, "api freq out of limit")
        self._taken.append(now)

    def _scripted(self) -> Json | None:
        file = self._folder / "faults.json"
        faults = _read(file)
        if not faults:
            return None
        write_atomically(file, json.dumps(faults[1:]).encode())
        return faults[0]


def _read(file: Path) -> list[Json]:
    found: list[Json] = json.loads(file.read_text("utf-8")) if file.exists() else []
    return found


def handler(robot: Robot) -> type[BaseHTTPRequestHandler]:
    """Return what answers requests for `robot`."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 30
        wbufsize = -1  # head and body in one piece, or the body waits for an acknowledgement

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"] or 0))
            status, answer = robot.answer(self.command, self.path, body)
            data = json.dumps(answer, ensure_ascii=False).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json; charset=UTF-8")
            self.send_header("Content-Length", str(len(data)))
            self.send_header("X-Stand-In", "gmops-sandbox")
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST

        def log_message(self, format: str, *args: Any) -> None:
            """Keep quiet: the addresses carry the key."""

    return Handler


def _serve(folder: Path, port: int) -> None:
    with ThreadingHTTPServer((LOOPBACK, port), handler(Robot(folder))) as server:
        server.daemon_threads = True
        server.serve_forever()


if __name__ == "__main__":
    _serve(Path(sys.argv[1]), int(sys.argv[2]))
