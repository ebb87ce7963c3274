"""The example website: a process of its own that serves pages from the database and from program
files on disk, over HTTP and over TLS with a certificate of the sandbox's own authority.

    python -m sandbox.website FOLDER

`FOLDER/config.json` says where the database is; `FOLDER/program` holds the program files (what a
backup of program data covers); a status such as 503 written into `FOLDER/fault` makes every page
answer with it until the file is removed.
"""

from __future__ import annotations

import html
import json
import shutil
import ssl
import sys
import threading
import traceback
from datetime import UTC, datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import as_file, files
from pathlib import Path
from string import Template
from typing import Any, Final
from urllib.parse import urlsplit

import pymysql

from gmops_desktop.addresses import WebAddress
from gmops_desktop.paths import write_atomically
from sandbox.certificates import Certificate, issue
from sandbox.mariadb import SITE_SCHEMA, MariaDB
from sandbox.processes import LOOPBACK, answers, free_port
from sandbox.server import Server

KEYWORD: Final = "会员服务"


class Website(Server):
    """The website of `folder`; its certificate ends `certificate_days` after each start."""

    name = "website"

    def __init__(self, folder: Path, database: MariaDB, *, certificate_days: int = 60) -> None:
        super().__init__(folder)
        self.database = database
        self.certificate_days = certificate_days
        self.tls_port = _config(folder)["tls_port"] if self.port else 0

    @property
    def program(self) -> Path:
        return self.folder / "program"

    @property
    def certificate(self) -> Certificate:
        folder = self.folder / "tls"
        return Certificate(folder / "ca.pem", folder / "server.pem", folder / "server.key")

    @property
    def address(self) -> WebAddress:
        """The website over TLS, with the authority to trust."""
        url = f"https://{LOOPBACK}:{self.tls_port}/"
        return WebAddress(url, KEYWORD, f"{url}admin", str(self.certificate.ca))

    @property
    def plain_address(self) -> WebAddress:
        """The same website without TLS."""
        url = f"http://{LOOPBACK}:{self.port}/"
        return WebAddress(url, KEYWORD, f"{url}admin")

    def fail_with(self, status: int | None) -> None:
        """Let every page answer with `status` (503, ...), or work again with None."""
        fault = self.folder / "fault"
        if status is None:
            fault.unlink(missing_ok=True)
        else:
            write_atomically(fault, str(status).encode())

    def start(self) -> None:
        """Start it; one that runs with a database that has moved since is started again."""
        if self.running and _config(self.folder)["database"] != self._database():
            self.stop()
        super().start()

    def _database(self) -> dict[str, int | str]:
        return {"port": self.database.port, "password": self.database.password("site")}

    def _start(self) -> None:
        if not self.program.exists():
            with as_file(files("sandbox.site") / "program") as program:
                shutil.copytree(program, self.program)
        issue(self.folder / "tls", days=self.certificate_days)
        if not self.tls_port or answers(self.tls_port):
            self.tls_port = free_port()
        # As on every such site: the program's database password stands in a file beside it.
        config = {"tls_port": self.tls_port, "database": self._database()}
        write_atomically(self.folder / "config.json", json.dumps(config).encode())
        self._listen_as("sandbox.website")


# ---------------------------------------------------------------- the process itself


class _Pages:
    """What stands under each path."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._program = folder / "program"
        self._config = _config(folder)

    def fault(self) -> HTTPStatus | None:
        try:
            return HTTPStatus(int((self._folder / "fault").read_text("utf-8")))
        except FileNotFoundError:
            return None

    def page(self, path: str) -> tuple[HTTPStatus, str, bytes]:
        """Return status, media type and body of the page at `path`."""
        if path == "/static/site.css":
            return HTTPStatus.OK, "text/css", (self._program / "site.css").read_bytes()
        if path == "/admin":
            body = (self._program / "admin.html").read_bytes()
            return HTTPStatus.OK, "text/html; charset=utf-8", body
        title, content = "首页", ""
        if path == "/":
            rows = self._ask(
                "SELECT id, title, DATE(published_at) FROM article"
                " ORDER BY published_at DESC, id LIMIT 20"
            )
            content = _list(_headline(*row) for row in rows)
        elif path == "/members":
            title = "会员名录"
            rows = self._ask("SELECT company, level FROM member ORDER BY number LIMIT 100")
            content = _list(f"{_safe(row[0])}（{row[1]}）" for row in rows)
        elif path.startswith("/category/"):
            slug = path.removeprefix("/category/")
            for name, number in self._ask("SELECT name, id FROM category WHERE slug = %s", slug):
                rows = self._ask(
                    "SELECT id, title, DATE(published_at) FROM article WHERE category_id = %s"
                    " ORDER BY published_at DESC, id LIMIT 20",
                    number,
                )
                title, content = name, _list(_headline(*row) for row in rows)
        elif (number := path.removeprefix("/article/")).isdigit():
            found = self._ask("SELECT title, body FROM article WHERE id = %s", int(number))
            if found:
                title, content = found[0]
        if not content:
            return HTTPStatus.NOT_FOUND, "text/html; charset=utf-8", self._fill("页面不存在", "")
        return HTTPStatus.OK, "text/html; charset=utf-8", self._fill(title, content)

    def _fill(self, title: str, content: str) -> bytes:
        settings = {name: _safe(value or "") for name, value in
                    self._ask("SELECT name, value FROM setting")}  # fmt: skip
        categories = self._ask("SELECT slug, name FROM category ORDER BY position")
        links = (f'<a href="/category/{slug}">{_safe(name)}</a>' for slug, name in categories)
        template = Template((self._program / "page.html").read_text("utf-8"))
        return template.substitute(
            settings, title=_safe(title), content=content, navigation=" ".join(links)
        ).encode()

    def _ask(self, query: str, *values: object) -> tuple[tuple[Any, ...], ...]:
        with pymysql.connect(
            host=LOOPBACK,
            port=self._config["database"]["port"],
            user="site",
            password=self._config["database"]["password"],
            database=SITE_SCHEMA,
            charset="utf8mb4",
            connect_timeout=5,
            read_timeout=10,
            ssl_disabled=True,  # or the system's certificates are read for each page
        ) as connection, connection.cursor() as cursor:  # fmt: skip
            cursor.execute(query, values)
            return cursor.fetchall()


def _config(folder: Path) -> dict[str, Any]:
    config: dict[str, Any] = json.loads((folder / "config.json").read_text("utf-8"))
    return config


def _headline(number: int, title: str, day: object) -> str:
    return f'<a href="/article/{number}">{_safe(title)}</a> {day}'


def _list(items: Any) -> str:
    return "<ul>\n" + "\n".join(f"<li>{item}</li>" for item in items) + "\n</ul>"


def _safe(text: str) -> str:
    return html.escape(str(text))


def _handler(pages: _Pages, log: Path) -> type[BaseHTTPRequestHandler]:
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        server_version = "GMOpsSandboxSite"
        timeout = 15  # of an idle connection, in seconds

        def do_GET(self) -> None:
            try:
                status, media_type, body = self._found()
            except Exception:
                # The program's border: a page that cannot be made is a 500, and is logged.
                traceback.print_exc()
                status, media_type = HTTPStatus.INTERNAL_SERVER_ERROR, "text/plain; charset=utf-8"
                body = "系统繁忙：数据库连接失败".encode()
            self.send_response(status)
            self.send_header("Content-Type", media_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        do_HEAD = do_GET

        def _found(self) -> tuple[HTTPStatus, str, bytes]:
            if fault := pages.fault():
                body = f"{fault.value} {fault.phrase}".encode()
                return fault, "text/plain; charset=utf-8", body
            return pages.page(urlsplit(self.path).path)

        def log_message(self, format: str, *args: Any) -> None:
            at = datetime.now(UTC).astimezone().isoformat(" ", "seconds")
            with lock, log.open("a", encoding="utf-8") as out:
                out.write(f"{self.client_address[0]} [{at}] {format % args}\n")

    return Handler


class _TlsServer(ThreadingHTTPServer):
    """Shakes hands in the connection's own thread, so that a silent client holds up nobody."""

    daemon_threads = True

    def __init__(self, port: int, handler: Any, certificate: Certificate) -> None:
        super().__init__((LOOPBACK, port), handler)
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate.certificate, certificate.key)
        self.socket = context.wrap_socket(
            self.socket, server_side=True, do_handshake_on_connect=False
        )

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that did not like our certificate, or left: its own affair."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


def _serve(folder: Path, port: int) -> None:
    pages = _Pages(folder)
    handler = _handler(pages, folder / "access.log")
    tls = folder / "tls"
    certificate = Certificate(tls / "ca.pem", tls / "server.pem", tls / "server.key")
    secure = _TlsServer(_config(folder)["tls_port"], handler, certificate)
    threading.Thread(target=secure.serve_forever, daemon=True).start()
    with ThreadingHTTPServer((LOOPBACK, port), handler) as plain:
        plain.daemon_threads = True
        plain.serve_forever()


if __name__ == "__main__":
    _serve(Path(sys.argv[1]), int(sys.argv[2]))
