"""Registries at the edge: real HTTPS, real TCP, and answers that are cut, mangled or refused."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import string
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gmops_desktop.adapters import tcp
from gmops_desktop.adapters.registries import (
    NoDay,
    NotRegistered,
    Place,
    Registries,
    rdap,
    whois,
)
from gmops_desktop.context import Context
from gmops_desktop.errors import Cancelled, OpsError
from sandbox.certificates import issue
from strange_servers import free_port, listener, silent

TODAY = date(2026, 11, 23)

# As CNNIC and Verisign write; names and people are invented.
CNNIC = """\
Domain Name: chamber.org.cn
ROID: 20030317s10001s00054151-cn
Domain Status: clientDeleteProhibited
Registrant: 某某商会
Registrant Contact Email: domain@chamber.org.cn
Sponsoring Registrar: 某某信息技术有限公司
Name Server: ns1.dnspod.example
Registration Time: 2003-03-17 12:20:05
Expiration Time: 2027-03-17 12:48:36
DNSSEC: unsigned
"""
VERISIGN = """\
   Domain Name: CHAMBER.COM
   Registry Domain ID: 2138514_DOMAIN_COM-VRSN
   Updated Date: 2026-09-09T15:39:04Z
   Creation Date: 1997-09-15T04:00:00Z
   Registry Expiry Date: 2027-09-14T04:00:00Z
   Registrar: Some Registrar Inc.
   Name Server: NS1.CHAMBER.COM
>>> Last update of whois database: 2026-11-23T06:31:12Z <<<

NOTICE: The expiration date displayed in this record is the date the
registrar's sponsorship of the domain name registration in the registry is
currently set to expire.
"""
RECORD: dict[str, Any] = {
    "objectClassName": "domain",
    "ldhName": "CHAMBER.COM",
    "events": [
        {"eventAction": "registration", "eventDate": "1997-09-15T04:00:00Z"},
        {"eventAction": "expiration", "eventDate": "2027-09-14T04:00:00Z"},
        {"eventAction": "last update of RDAP database", "eventDate": "2026-11-23T06:31:12Z"},
    ],
}


# ---------------------------------------------------------------- stand-ins


def answering(text: str, asked: list[str] | None = None) -> Callable[[socket.socket], object]:
    def serve(stream: socket.socket) -> None:
        line = b""
        while not line.endswith(b"\r\n"):
            line += stream.recv(1024)
        if asked is not None:
            asked.append(line.decode().strip())
        stream.sendall(text.encode())
        stream.shutdown(socket.SHUT_WR)

    return serve


class Rdap:
    """A registry's HTTPS server; what it says is what the test put there."""

    def __init__(self, folder: Path) -> None:
        self.status, self.body, self.asked = 200, json.dumps(RECORD).encode(), list[str]()
        made = issue(folder, days=30)
        self.trust = ssl.create_default_context(cafile=str(made.ca))
        rules = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        rules.load_cert_chain(made.certificate, made.key)
        ours = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                ours.asked.append(self.path)
                self.send_response(ours.status)
                self.send_header("Content-Type", "application/rdap+json")
                self.send_header("Content-Length", str(len(ours.body)))
                if ours.status == 302:
                    self.send_header("Location", "http://127.0.0.1:9/elsewhere")
                self.end_headers()
                self.wfile.write(ours.body)

            def log_message(self, *_words: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.socket = rules.wrap_socket(self.server.socket, server_side=True)
        self.base = f"https://127.0.0.1:{self.server.server_port}/rdap/"

    @contextmanager
    def running(self) -> Iterator[Rdap]:
        thread = threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self.server.shutdown()
            self.server.server_close()
            thread.join(5)


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rdap]:
    with Rdap(tmp_path_factory.mktemp("registry")).running() as running:
        yield running


@pytest.fixture
def com(registry: Rdap) -> Rdap:
    registry.status, registry.body = 200, json.dumps(RECORD).encode()
    registry.asked.clear()
    return registry


def registries(com: Rdap, whois_port: int = 0, **more: Any) -> Registries:
    server = f"127.0.0.1:{whois_port}" if whois_port else ""
    return Registries({"com": Place(com.base, server)}, trust=com.trust, **more)


# ---------------------------------------------------------------- the ways


def test_cn_is_asked_by_whois() -> None:
    asked: list[str] = []
    with listener(answering(CNNIC, asked)) as port:
        known = Registries({"cn": Place(whois=f"127.0.0.1:{port}")})
        found = known.ask("chamber.org.cn", TODAY, Context())
    assert (found.until, found.source) == (date(2027, 3, 17), "whois")
    assert asked == ["chamber.org.cn"], "the name and nothing else"


def test_com_is_asked_by_rdap(com: Rdap) -> None:
    found = registries(com).ask("chamber.com", TODAY, Context())
    assert (found.until, found.source, found.server) == (date(2027, 9, 14), "rdap", com.base)
    assert com.asked == ["/rdap/domain/chamber.com"]


@pytest.mark.parametrize("status", [429, 500, 503])
def test_whois_follows_where_rdap_gives_no_answer(com: Rdap, status: int) -> None:
    com.status = status
    with pytest.raises(OpsError, match=f"HTTP {status}"):
        registries(com).ask("chamber.com", TODAY, Context())
    with listener(answering(VERISIGN)) as port:
        found = registries(com, port).ask("chamber.com", TODAY, Context())
    assert (found.until, found.source) == (date(2027, 9, 14), "whois")


def test_a_registry_whose_certificate_nobody_trusts_is_not_believed(com: Rdap) -> None:
    with pytest.raises(OpsError, match="no proper answer"):
        Registries({"com": Place(com.base)}).ask("chamber.com", TODAY, Context())
    assert com.asked == []


def test_a_way_that_leaves_tls_is_not_followed_to_an_answer(com: Rdap) -> None:
    com.status = 302
    with pytest.raises(OpsError, match="no proper answer"):
        registries(com).ask("chamber.com", TODAY, Context())


def test_an_unknown_domain_is_told_apart(com: Rdap) -> None:
    com.status = 404
    with pytest.raises(NotRegistered, match=r"does not know chamber\.com"):
        registries(com, free_port()).ask("chamber.com", TODAY, Context())
    with listener(answering("No matching record.\r\n")) as port, pytest.raises(NotRegistered):
        whois.ask(f"127.0.0.1:{port}", "chamber.cn", TODAY, Context())


def test_a_registry_that_was_asked_too_often_says_so() -> None:
    with (
        listener(answering("Queried interval is too short.")) as port,
        pytest.raises(OpsError, match="no more questions") as caught,
    ):
        whois.ask(f"127.0.0.1:{port}", "chamber.cn", TODAY, Context())
    assert not isinstance(caught.value, NotRegistered)


def test_iana_names_the_server_of_other_top_levels(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    said = "domain:       VIP\nwhois:        whois.nic.vip\nstatus:       ACTIVE\n"
    answer = VERISIGN.replace("CHAMBER.COM", "chamber.vip")
    real = tcp.connect

    def connect(host: str, port: int, context: Context, *, deadline: float) -> socket.socket:
        if (host, port) == ("whois.nic.vip", 43):  # the world's DNS is not here
            host, port = "127.0.0.1", second
        return real(host, port, context, deadline=deadline)

    monkeypatch.setattr(tcp, "connect", connect)
    with listener(answering(said, asked)) as first, listener(answering(answer)) as second:
        found = Registries({}, iana=f"127.0.0.1:{first}").ask("chamber.vip", TODAY, Context())
    assert asked == ["vip"]
    assert (found.until, found.server) == (date(2027, 9, 14), "whois.nic.vip")


@pytest.mark.parametrize(
    "said", ["", "whois: 127.0.0.1", "whois: a.b.c d", "whois: x.cn\nrefer: y.cn"]
)
def test_iana_s_answer_leads_nowhere_else(said: str) -> None:
    with listener(answering(said)) as port, pytest.raises(NoDay, match=r"under \.zz"):
        Registries({}, iana=f"127.0.0.1:{port}").ask("a.zz", TODAY, Context())


def test_nobody_there_is_the_line_s_fault() -> None:
    known = Registries({"cn": Place(whois=f"127.0.0.1:{free_port()}")})
    with pytest.raises(tcp.PortClosed):
        known.ask("chamber.cn", TODAY, Context())


def test_cancelling_wakes_a_silent_server() -> None:
    context = Context()
    with listener(silent) as port:
        timer = threading.Timer(0.2, context.cancel)
        timer.start()
        with pytest.raises(Cancelled):
            whois.ask(f"127.0.0.1:{port}", "chamber.cn", TODAY, context)
        timer.join()


def test_an_answer_without_end_is_cut_off() -> None:
    def flood(stream: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                stream.sendall(b"Domain Name: chamber.cn\n" * 1000)

    with listener(flood) as port, pytest.raises(OpsError, match="no answer"):
        whois.ask(f"127.0.0.1:{port}", "chamber.cn", TODAY, Context())


# ---------------------------------------------------------------- what an answer is worth


@pytest.mark.parametrize(
    "change",
    [
        ("chamber.org.cn", "other.org.cn"),  # another's record
        ("2027-03-17 12:48:36", "soon"),
        ("2027-03-17 12:48:36", "17-03-2027"),
        ("2027-03-17 12:48:36", "2027-13-17"),
        ("2027-03-17 12:48:36", "2927-03-17"),  # nobody registers for centuries
        ("Expiration Time", "Expiration"),
        ("DNSSEC: unsigned", "Expiration Time: 2028-03-17"),  # two that differ
    ],
)
def test_no_day_is_taken_from_an_answer_that_does_not_fit(change: tuple[str, str]) -> None:
    with pytest.raises(NoDay):
        whois.day_in(CNNIC.replace(*change), "chamber.org.cn", TODAY)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>Log in</html>",
        b"[]",
        b"null",
        b"{}",
        json.dumps({**RECORD, "ldhName": "other.com"}).encode(),
        json.dumps({**RECORD, "events": None}).encode(),
        json.dumps({**RECORD, "events": [None, {"eventAction": "expiration"}]}).encode(),
        json.dumps({**RECORD, "events": RECORD["events"][:1]}).encode(),
        b"[" * 100_000,
    ],
)
def test_no_day_is_taken_from_a_record_that_does_not_fit(body: bytes) -> None:
    with pytest.raises(NoDay):
        rdap.day_in(body, "chamber.com", TODAY)


damages = st.lists(
    st.tuples(
        st.integers(0, len(CNNIC) - 1), st.integers(0, 30), st.text(string.printable, max_size=4)
    ),
    max_size=4,
)


def damaged(text: str, changes: list[tuple[int, int, str]]) -> str:
    for at, length, put in changes:
        text = text[:at] + put + text[at + length :]
    return text


@settings(deadline=None)
@given(damages, st.integers(0, len(CNNIC)))
def test_a_damaged_answer_never_yields_a_day_that_is_not_in_it(
    changes: list[tuple[int, int, str]], end: int
) -> None:
    text = damaged(CNNIC, changes)[:end] if changes else CNNIC[:end]
    try:
        found = whois.day_in(text, "chamber.org.cn", TODAY)
    except OpsError:
        return
    written = [found.strftime(f"%Y{sign}%m{sign}%d") for sign in "-./"]
    assert any(day in text for day in written)


@settings(deadline=None)
@given(damages)
def test_a_damaged_record_never_yields_a_day_that_is_not_in_it(
    changes: list[tuple[int, int, str]],
) -> None:
    body = damaged(json.dumps(RECORD), changes).encode()
    try:
        found = rdap.day_in(body, "chamber.com", TODAY)
    except OpsError:
        return
    written = [found.strftime(f"%Y{sign}%m{sign}%d").encode() for sign in "-./"]
    assert any(day in body for day in written)


def test_every_single_cut_of_an_answer_is_no_day_or_the_whole_one() -> None:
    for end in range(len(CNNIC)):
        with contextlib.suppress(OpsError):
            assert whois.day_in(CNNIC[:end], "chamber.org.cn", TODAY) == date(2027, 3, 17)
