"""The look at a website: real loopback HTTP and TLS, good and bad."""

from __future__ import annotations

import http.server
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import ClassVar

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from gmops_desktop.adapters import host_keys, ssh, tcp, web
from gmops_desktop.adapters.sections import Section, Unknown
from gmops_desktop.adapters.web import there
from gmops_desktop.adapters.web.links import links_of
from gmops_desktop.addresses import WebAddress
from gmops_desktop.context import Context
from gmops_desktop.contract.fact_lines import lines_of
from gmops_desktop.contract.looks import (
    FromServer,
    WebDetails,
    details_from_dict,
    details_to_dict,
)
from gmops_desktop.contract.rates import with_rates
from gmops_desktop.contract.verdicts import History, verdict
from gmops_desktop.errors import Cancelled, OpsError
from sandbox.sshd import Sshd
from strange_servers import free_port, listener, silent

PAGE = "<html><meta charset='utf-8'><h1>湖滨商会</h1> &copy; 2018</html>".encode()


def answer(*parts: bytes) -> Callable[[socket.socket], object]:
    def behave(stream: socket.socket) -> None:
        stream.recv(65536)
        for part in parts:
            stream.sendall(part)
        stream.shutdown(socket.SHUT_RDWR)

    return behave


def page(body: bytes = PAGE, *, status: str = "200 OK", kind: str = "text/html") -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
    return f"{head}Connection: close\r\n\r\n".encode() + body


def look(port: int, *, scheme: str = "http", **options: str) -> WebDetails:
    return web.look(WebAddress(f"{scheme}://localhost:{port}/", **options), Context())


def test_status_keyword_time_and_size() -> None:
    with listener(answer(page())) as port:
        seen = look(port, keyword="商会")
    assert (seen.status, seen.keyword_found, seen.size) == (200, True, len(PAGE))
    assert 0 < seen.seconds < 5
    assert (seen.tls_days, seen.tls_trusted, seen.admin_status) == (None, None, None)
    assert details_from_dict("website", details_to_dict(seen)) == seen


def test_a_page_without_the_keyword_is_not_the_site() -> None:
    with listener(answer(page(b"Welcome to nginx!"))) as port:
        assert look(port, keyword="商会").keyword_found is False
        assert look(port).keyword_found is None


@pytest.mark.parametrize("kind", ["text/html", "text/html; charset=gbk", "text/html; charset=x-no"])
def test_a_page_in_gbk_is_read(kind: str) -> None:
    with listener(answer(page("<meta charset=gbk>湖滨商会".encode("gbk"), kind=kind))) as port:
        assert look(port, keyword="商会").keyword_found is True


def test_an_error_status_is_a_finding_not_a_failure() -> None:
    with listener(answer(page(b"oops", status="502 Bad Gateway"))) as port:
        assert look(port).status == 502


def test_redirects_are_followed_and_kept() -> None:
    with listener(answer(page())) as port:
        there = f"http://localhost:{port}/home"
        hop = f"HTTP/1.1 301 Moved\r\nLocation: {there}\r\nContent-Length: 0\r\n\r\n".encode()
        with listener(answer(hop)) as first:
            seen = look(first)
            assert seen.status == 200
            assert seen.redirects == (f"http://localhost:{first}/",)


def test_redirects_in_circles_are_told() -> None:
    hop = b"HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    with listener(answer(hop)) as port, pytest.raises(web.HttpFailed, match="circles"):
        look(port)


def test_the_back_end_is_looked_at_apart() -> None:
    with listener(answer(page())) as port, listener(answer(page(status="403 No"))) as admin:
        seen = look(port, admin_url=f"http://localhost:{admin}/admin")
        assert (seen.status, seen.admin_status) == (200, 403)
        seen = look(port, admin_url=f"http://localhost:{free_port()}/admin")
        assert (seen.status, seen.admin_status) == (200, None)
        assert "cannot be reached" in seen.admin_fault


def test_a_closed_port_and_an_unknown_name_are_told_apart() -> None:
    with pytest.raises(tcp.PortClosed):
        look(free_port())
    with pytest.raises(tcp.NameNotFound):
        web.look(WebAddress("http://site.invalid/"), Context())


@pytest.mark.parametrize("said", [b"", b"SSH-2.0-OpenSSH\r\n", page()[:-20]])
def test_an_answer_that_is_none_is_told(said: bytes) -> None:
    with listener(answer(said)) as port, pytest.raises(web.HttpFailed, match="no proper answer"):
        look(port)


def test_a_site_that_answers_at_the_third_try_is_up() -> None:
    tries = []

    def behave(stream: socket.socket) -> None:
        if stream.recv(65536):
            tries.append(1)
            stream.sendall(page() if len(tries) == 3 else b"")
            stream.shutdown(socket.SHUT_RDWR)

    with listener(behave) as port:
        assert look(port).status == 200
    assert len(tries) == 3


def test_a_silent_site_meets_its_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web.pages, "_SECONDS", 0.4)
    with listener(silent) as port, pytest.raises(web.HttpFailed, match="in time"):
        look(port)


def test_cancel_wakes_a_waiting_look() -> None:
    context = Context()
    with listener(silent) as port:
        threading.Timer(0.4, context.cancel).start()
        begun = time.monotonic()
        with pytest.raises(Cancelled):
            web.look(WebAddress(f"http://127.0.0.1:{port}/"), context)
        assert time.monotonic() - begun < 8


# -- Certificates


@dataclass(frozen=True)
class Issued:
    chain: Path
    ca: Path


def issue(folder: Path, *, name: str = "localhost", days: float = 90) -> Issued:
    """Make a certificate for `name` that ends in `days`, from a root of its own."""
    now = datetime.now(UTC)
    root_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    root = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Test root")])
    leaf = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])

    def build(subject: x509.Name, owner: ec.EllipticCurvePrivateKey, *, ca: bool):
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(root)
            .public_key(owner.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=400))
            .not_valid_after(now + timedelta(days=400 if ca else days))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
            .add_extension(
                x509.SubjectKeyIdentifier.from_public_key(owner.public_key()), critical=False
            )
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key()),
                critical=False,
            )
        )

    names = x509.SubjectAlternativeName([x509.DNSName(name)])
    top = build(root, root_key, ca=True).sign(root_key, hashes.SHA256())
    own = build(leaf, key, ca=False).add_extension(names, critical=False)
    signed = own.sign(root_key, hashes.SHA256())
    issued = Issued(folder / "chain.pem", folder / "ca.pem")
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    issued.chain.write_bytes(signed.public_bytes(Encoding.PEM) + secret)
    issued.ca.write_bytes(top.public_bytes(Encoding.PEM))
    return issued


@contextmanager
def secured(issued: Issued) -> Iterator[int]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.wfile.write(page())

        def log_message(self, *words: object) -> None:
            """Tests have nothing to read here."""

    class Server(http.server.ThreadingHTTPServer):
        def handle_error(self, request: object, client: object) -> None:
            """A handshake the client broke off is what some tests are about."""

    rules = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    rules.load_cert_chain(issued.chain)
    with Server(("127.0.0.1", 0), Handler) as server:
        server.socket = rules.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


def test_a_trusted_certificate_has_days_left(tmp_path: Path) -> None:
    issued = issue(tmp_path, days=45)
    with secured(issued) as port:
        seen = look(port, scheme="https", ca=str(issued.ca), keyword="商会")
    assert seen.tls_trusted is True
    assert seen.tls_days == pytest.approx(45, abs=0.1)
    assert (seen.status, seen.keyword_found, seen.tls_fault) == (200, True, "")
    assert seen.tls_issuer == "Test root"
    assert "" < seen.tls_since < seen.tls_until


@pytest.mark.parametrize(
    ("options", "with_ca", "fault"),
    [
        ({"days": -3}, True, "it has expired"),
        ({"name": "www.example.com"}, True, "it is for another name"),
        ({}, False, "its issuer is not known (an intermediate certificate may be missing)"),
    ],
)
def test_a_bad_certificate_is_read_and_judged(
    tmp_path: Path, options: dict, with_ca: bool, fault: str
) -> None:
    issued = issue(tmp_path, **options)
    with secured(issued) as port:
        seen = look(port, scheme="https", ca=str(issued.ca) if with_ca else "")
    assert (seen.tls_trusted, seen.tls_fault) == (False, fault)
    assert seen.tls_days == pytest.approx(options.get("days", 90), abs=0.1)
    assert seen.status == 200


def test_a_port_without_tls_is_told() -> None:
    with listener(answer(page())) as port, pytest.raises(web.TlsFailed, match="encrypted"):
        look(port, scheme="https")


def test_a_missing_certificate_file_is_named(tmp_path: Path) -> None:
    with secured(issue(tmp_path)) as port, pytest.raises(OpsError, match="nowhere"):
        look(port, scheme="https", ca=str(tmp_path / "nowhere.pem"))


# -- Certificates, more closely


def test_the_chain_and_the_fingerprint_are_told(tmp_path: Path) -> None:
    issued = issue(tmp_path)
    with secured(issued) as port:
        seen = look(port, scheme="https", ca=str(issued.ca))
    leaf = x509.load_pem_x509_certificate(issued.chain.read_bytes())
    assert seen.tls_fingerprint == leaf.fingerprint(hashes.SHA256()).hex()
    assert seen.tls_chain
    assert [(link.subject, link.issuer) for link in seen.tls_chain] == [("localhost", "Test root")]
    assert seen.tls_chain[0].until == seen.tls_until
    assert details_from_dict("website", details_to_dict(seen)) == seen


def test_another_certificate_than_last_time_is_told(tmp_path: Path) -> None:
    looks = []
    for name in ("first", "second"):
        folder = tmp_path / name
        folder.mkdir()
        issued = issue(folder)
        with secured(issued) as port:
            looks.append(look(port, scheme="https", ca=str(issued.ca)))
    first, second = looks
    assert with_rates(second, first, timedelta(minutes=1)).certificate_changed is True
    assert with_rates(second, second, timedelta(minutes=1)).certificate_changed is False
    lines = lines_of(with_rates(second, first, timedelta(minutes=1)))
    assert any("another one than at the last look" in line.value for line in lines)


# -- Pages, headers, links


def test_further_pages_are_looked_at_one_by_one() -> None:
    with listener(answer(page())) as port:
        there = f"http://localhost:{port}/"
        gone = f"http://localhost:{free_port()}/"
        seen = web.look(WebAddress(there, "商会", pages=(there, gone)), Context())
    good, bad = seen.pages
    assert (good.status, good.keyword_found, good.fault) == (200, True, "")
    assert (bad.status, "cannot be reached" in bad.fault) == (None, True)
    assert verdict(seen, History()).state == "warning"


def test_the_security_headers_that_are_missing_are_named() -> None:
    careful = page().replace(
        b"Connection:",
        b"Content-Security-Policy: frame-ancestors 'self'\r\n"
        b"Referrer-Policy: same-origin\r\nConnection:",
    )
    with listener(answer(careful)) as port:
        seen = look(port)
    assert seen.headers
    assert set(seen.headers) == {"content-security-policy", "referrer-policy"}
    # No HTTPS to insist on, and the policy says who may frame the page.
    assert seen.missing_headers == ("x-content-type-options",)


class Site(http.server.BaseHTTPRequestHandler):
    """A site some of whose links are broken; `asked` is what was asked for."""

    asked: ClassVar[list[str]] = []

    def do_HEAD(self) -> None:
        self.asked.append(f"HEAD {self.path}")
        status = {"/gone": 404, "/get-only": 405, "/broken": 500, "/login": 401}
        self._say(status.get(self.path, 200))

    def do_GET(self) -> None:
        self.asked.append(f"GET {self.path}")
        self._say(404 if self.path == "/gone" else 200)

    def _say(self, status: int) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *words: object) -> None:
        """Tests have nothing to read here."""


@pytest.fixture
def site() -> Iterator[int]:
    Site.asked.clear()
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Site) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


def test_broken_links_are_found_politely_and_once_an_hour(site: int) -> None:
    closed = free_port()
    text = f"""<a href="/gone">1</a> <a href='/get-only'>2</a> <img src="broken"> <a href="/login">
        <a href="/gone#part"> <a href="#top"> <a href="mailto:x@y"> <a href="javascript:void(0)">
        <a href="http://[bad"> <script src="http://127.0.0.1:{closed}/x.js"></script>"""
    links, url = web.Links(), f"http://127.0.0.1:{site}/"
    found = links.check(url, text, Context())
    assert (found.found, found.checked) == (5, 5)
    assert [(one.url.rpartition("/")[2], one.status) for one in found.broken] == [
        ("gone", 404), ("broken", 500), ("x.js", None),
    ]  # fmt: skip
    assert Site.asked == [
        "HEAD /gone", "GET /gone", "HEAD /get-only", "GET /get-only", "HEAD /broken", "HEAD /login",
    ]  # fmt: skip
    assert links.check(url, text, Context()) == found
    assert len(Site.asked) == 6


def test_no_page_has_more_than_twenty_links_tried(site: int) -> None:
    text = "".join(f'<a href="/{number}">' for number in range(50))
    found = web.Links().check(f"http://127.0.0.1:{site}/", text, Context())
    assert (found.found, found.checked, found.broken) == (50, 20, ())


@settings(deadline=None)
@given(st.text(alphabet="<>a href='\"/=:[]#?!-\\\x00中", max_size=120))
def test_no_page_breaks_the_reading_of_its_links(text: str) -> None:
    for link in links_of("http://site.example/", f"<a href='{text}'>{text}"):
        assert link.startswith(("http://", "https://"))


# -- From the site's own server


def said(text: str, status: int = 0) -> Section:
    return Section(status, text)


@pytest.mark.parametrize(
    ("section", "status", "fault"),
    [
        (said("curl 0 200 0.123456\n"), 200, ""),
        (said("curl 0 502 0.100000\n"), 502, ""),
        (said("curl 7 000 0.000000\n"), None, "nothing accepts the connection"),
        (said("curl 6 000 0.000000\n"), None, "the name cannot be resolved there"),
        (said("curl 28 000 0.000000\n"), None, "no answer in time"),
        (said("curl 99 000 0.000000\n"), None, "exit code 99"),
        (said("wget 0 200\n"), 200, ""),
        (said("wget 8 404\n"), 404, ""),
        (said("wget 4 \n"), None, "nothing accepts the connection"),
    ],
)
def test_what_curl_or_wget_got_there_is_read(section: Section, status: int, fault: str) -> None:
    seen = there.parse(section)
    assert (seen.status, seen.fault) == (status, fault)


@pytest.mark.parametrize(
    ("section", "why"),
    [
        (None, "did not answer this part"),
        (said("", 127), "neither curl nor wget"),
        (said("", 124), "took too long"),
        (said("curl 0 000 0.0\n"), "form we do not know"),
        (said("wget 0 \n"), "form we do not know"),
        (said("curl: nonsense\n"), "form we do not know"),
        (said("sh: Permission denied\n", 126), "Permission denied"),
    ],
)
def test_without_an_answer_from_there_it_is_unknown(section: Section | None, why: str) -> None:
    with pytest.raises(Unknown, match=why):
        there.parse(section)


@settings(deadline=None)
@given(st.text(max_size=80), st.sampled_from([0, 1, 124, 127]))
def test_no_answer_from_there_is_ok_by_damage(text: str, status: int) -> None:
    try:
        seen = there.parse(Section(status, text))
    except Unknown:
        return
    assert status == 0
    assert seen.fault or re.match(rf"(curl|wget) \d+ {seen.status}\b", text.strip())


def test_our_line_and_the_site_are_told_apart_in_words() -> None:
    silent_here = tcp.HostSilent("site did not answer.", hint="It may be down.")
    nonsense = web.HttpFailed("site gave no proper answer.")
    up, down = FromServer(200, 0.1, "curl"), FromServer(None, None, "curl", "no answer in time")
    line = web.placed(silent_here, up, "")
    assert "This machine's line is down, not the site" in line.message
    assert not isinstance(line, web.SiteDown | web.HttpFailed)  # no fact about the service
    both = web.placed(silent_here, down, "")
    assert isinstance(both, web.SiteDown)
    assert "no answer in time" in both.message
    assert isinstance(web.placed(silent_here, FromServer(502, 0.1, "wget"), ""), web.SiteDown)
    assert isinstance(web.placed(nonsense, up, ""), web.TurnedAway)
    unasked = web.placed(silent_here, None, "no server is entered")
    assert unasked is silent_here
    assert "not known: no server is entered" in unasked.hint


def test_the_server_is_asked_over_ssh_by_curl(sshd: Sshd, tmp_path: Path) -> None:
    known = tmp_path / "known_hosts"
    key = ssh.host_key(sshd.address, Context(), known_hosts=known)
    host_keys.trust(sshd.address, key, known)
    with (
        ssh.Ssh.open(sshd.address, Context(), password=None, known_hosts=known) as shell,
        listener(answer(page(status="503 Busy"))) as port,
    ):
        seen = web.look_from(shell, f"http://127.0.0.1:{port}/a'b?c=$(id)", Context())
        assert (seen.status, seen.tool, seen.fault) == (503, "curl", "")
        gone = web.look_from(shell, f"http://127.0.0.1:{free_port()}/", Context())
    assert (gone.status, gone.fault) == (None, "nothing accepts the connection")
