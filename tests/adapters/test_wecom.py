"""The robot against its stand-in: what it takes, what it refuses, and a secret address."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest

from gmops_desktop.adapters import wecom
from gmops_desktop.adapters.wecom import WecomRefused
from gmops_desktop.context import Context
from gmops_desktop.errors import Cancelled, OpsError
from gmops_desktop.log import redact
from sandbox.certificates import issue
from sandbox.wecom import PATH, Robot, Wecom, handler
from strange_servers import free_port, listener, silent


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wecom]:
    with Wecom(tmp_path_factory.mktemp("wecom")) as robot:
        yield robot


@pytest.fixture
def robot(shared: Wecom) -> Wecom:
    """The stand-in without what another test scripted."""
    (shared.folder / "faults.json").unlink(missing_ok=True)
    return shared


def test_what_is_sent_arrives(robot: Wecom, context: Context) -> None:
    wecom.send(robot.address, "**新工单**\nT-0184 官网首页 502", context)
    assert robot.said[-1] == "**新工单**\nT-0184 官网首页 502"


@pytest.mark.parametrize(
    ("code", "final", "hint"),
    [
        (93000, False, "copy its address anew"),
        (93004, False, "switched off"),
        (93008, False, "no longer in the group"),
        (45009, False, "tried again by itself"),
        (45033, False, "tried again by itself"),
        (-1, False, "busy"),
        (40008, True, "newer version"),
        (40058, True, "too long"),
        (12345, True, "Look up the code"),
    ],
)
def test_each_refusal_names_the_way_out(
    robot: Wecom, context: Context, code: int, final: bool, hint: str
) -> None:
    robot.fail_next(errcode=code, errmsg="as scripted")
    with pytest.raises(WecomRefused) as caught:
        wecom.send(robot.address, "text", context)
    assert (caught.value.code, caught.value.final) == (code, final)
    assert hint in caught.value.hint
    assert f"{code} as scripted" in caught.value.message


def test_a_wrong_key_is_refused_and_shown_nowhere(robot: Wecom, context: Context) -> None:
    wrong = robot.address.replace(robot.key, "11112222-3333-4444-5555-666677778888")
    with pytest.raises(WecomRefused) as caught:
        wecom.send(wrong, "text", context)
    assert caught.value.code == 93000
    assert "66667777" not in f"{caught.value.message}{caught.value.hint}"
    assert "66667777" not in redact(f"POST {wrong}")


def test_too_long_a_text_is_refused_for_good(robot: Wecom, context: Context) -> None:
    wecom.send(robot.address, "维" * 1365, context)
    with pytest.raises(WecomRefused) as caught:
        wecom.send(robot.address, "维" * 1366, context)
    assert caught.value.final


@pytest.mark.parametrize(
    "address",
    [
        "",
        "qyapi.weixin.qq.com",
        "https://qyapi.weixin.qq.com/cgi-bin/webhook/send",
        "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=",
        "https://example.com/?key=abc",
    ],
)
def test_what_is_no_robots_address_is_told_before_anything_is_kept(address: str) -> None:
    with pytest.raises(OpsError, match="not the address of a WeCom robot") as caught:
        wecom.checked(address)
    assert "Message robots" in caught.value.hint


def test_the_key_never_travels_readable() -> None:
    with pytest.raises(OpsError, match="not encrypted") as caught:
        wecom.checked("http://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=abcd-efgh")
    assert "abcd" not in caught.value.message


def test_an_address_is_trimmed(robot: Wecom) -> None:
    assert wecom.checked(f" {robot.address}\n") == robot.address


def test_an_answer_that_is_none_is_told(robot: Wecom, context: Context) -> None:
    robot.fail_next(status=502)
    with pytest.raises(OpsError, match="HTTP 502") as caught:
        wecom.send(robot.address, "text", context)
    assert "network" in caught.value.hint


def page(stream: socket.socket) -> None:
    """A hotel's network answers with its login page."""
    stream.recv(65536)
    stream.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<html>")


def nonsense(stream: socket.socket) -> None:
    stream.recv(65536)
    stream.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]")


def test_a_login_page_is_no_robot(context: Context) -> None:
    with listener(page) as port, pytest.raises(OpsError, match="login page"):
        wecom.send(f"http://127.0.0.1:{port}{PATH}?key=k-1234", "text", context)
    with listener(nonsense) as port, pytest.raises(OpsError, match="no errcode"):
        wecom.send(f"http://127.0.0.1:{port}{PATH}?key=k-1234", "text", context)


def test_nobody_there_is_told(context: Context) -> None:
    with pytest.raises(OpsError, match="Connection refused"):
        wecom.send(f"http://127.0.0.1:{free_port()}{PATH}?key=k-1234", "text", context)


def test_a_cancelled_message_returns_at_once() -> None:
    context = Context()
    with listener(silent) as port:
        timer = threading.Timer(0.2, context.cancel)
        timer.start()
        with pytest.raises(Cancelled):
            wecom.send(f"http://127.0.0.1:{port}{PATH}?key=k-1234", "text", context)
        timer.join()


def test_tls_is_verified(tmp_path: Path, context: Context) -> None:
    made = issue(tmp_path / "tls", days=30)
    folder = tmp_path / "robot"
    key = Wecom(folder).key
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler(Robot(folder)))
    ours = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ours.load_cert_chain(made.certificate, made.key)
    server.socket = ours.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    address = f"https://127.0.0.1:{server.server_port}{PATH}?key={key}"
    try:
        with pytest.raises(OpsError, match="certificate is not to be trusted"):
            wecom.send(address, "text", context)
        trusted = ssl.create_default_context(cafile=str(made.ca))
        wecom.send(address, "text", context, verify=trusted)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    assert Wecom(folder).said == ["text"]
