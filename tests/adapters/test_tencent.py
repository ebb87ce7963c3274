"""Tencent Cloud's failures, as sentences, and what is tried again."""

from __future__ import annotations

import json
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from gmops_desktop.adapters import tencent
from gmops_desktop.adapters.tencent import CloudRefused, Tencent
from gmops_desktop.context import Context
from gmops_desktop.errors import Cancelled, OpsError
from gmops_desktop.log import redact
from sandbox.tencent import Tencent as StandIn
from strange_servers import free_port, listener

IDENTITY = {"AccountId": "100", "UserId": "200", "Arn": "qcs::cam::uin/100:uin/200"}


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tencent, "_PAUSES", (0.0, 0.0, 0.0))


def refusal(code: str, said: str = "no") -> dict:
    return {"Error": {"Code": code, "Message": said}}


class Cloud:
    """Answers each request with the next of its answers, the last one for ever."""

    def __init__(self, *answers: dict | bytes) -> None:
        self.answers = list(answers)
        self.requests: list[bytes] = []

    def behave(self, stream: socket.socket) -> None:
        data = b""
        while b"\r\n\r\n" not in data:
            data += stream.recv(65536)
        head, _, body = data.partition(b"\r\n\r\n")
        said = re.search(rb"(?i)content-length: (\d+)", head)
        length = int(said[1]) if said else 0
        while len(body) < length:
            body += stream.recv(65536)
        self.requests.append(head + b"\r\n\r\n" + body)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, dict):
            answer = json.dumps({"Response": {**answer, "RequestId": "r-1"}}).encode()
        stream.sendall(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n"
            + f"Content-Length: {len(answer)}\r\n\r\n".encode()
            + answer
        )
        stream.shutdown(socket.SHUT_RDWR)

    @contextmanager
    def answering(self) -> Iterator[Tencent]:
        with listener(self.behave) as port:
            yield Tencent("AKIDtest", " key-of-test ", endpoint=f"http://127.0.0.1:{port}")


def test_who_the_keys_belong_to() -> None:
    cloud = Cloud(IDENTITY)
    with cloud.answering() as api:
        identity = api.identity(Context())
    assert identity.account == "100"
    (request,) = cloud.requests
    assert b"X-TC-Action: GetCallerIdentity" in request
    assert b"Credential=AKIDtest/" in request
    assert b"key-of-test" not in request
    assert redact("my key-of-test ") == "my●●●"


def test_a_wrong_key_is_refused_at_once_with_what_to_do() -> None:
    cloud = Cloud(refusal("AuthFailure.SecretIdNotFound", "The SecretId is not found."))
    with cloud.answering() as api, pytest.raises(CloudRefused) as caught:
        api.identity(Context())
    assert caught.value.message == (
        "Tencent Cloud refuses GetCallerIdentity: The SecretId is not found"
        " (AuthFailure.SecretIdNotFound)"
    )
    assert "Enter the SecretId and SecretKey again" in caught.value.hint
    assert "r-1" in caught.value.hint
    assert len(cloud.requests) == 1


@pytest.mark.parametrize(
    ("code", "hint"),
    [
        ("AuthFailure.SignatureExpire", "clock"),
        ("AuthFailure.UnauthorizedOperation", "sub-account"),
        ("UnauthorizedOperation.CamNoAuth", "sub-account"),
        ("UnsupportedRegion", "region"),
        ("SomethingNew", "Look up the code"),
    ],
)
def test_a_refusal_says_what_to_do(code: str, hint: str) -> None:
    with Cloud(refusal(code)).answering() as api, pytest.raises(CloudRefused) as caught:
        api.call("cvm", "2017-03-12", "DescribeInstances", {}, Context())
    assert hint in caught.value.hint


@pytest.mark.parametrize("code", ["RequestLimitExceeded", "InternalError.Unknown"])
def test_a_read_is_tried_again(code: str) -> None:
    cloud = Cloud(refusal(code), refusal(code), {"TotalCount": 0, "InstanceSet": []})
    with cloud.answering() as api:
        answer = api.call("cvm", "2017-03-12", "DescribeInstances", {"Limit": 100}, Context())
    assert answer["TotalCount"] == 0
    assert len(cloud.requests) == 3
    assert cloud.requests[0].endswith(b'{"Limit": 100}')


def test_a_write_never_is() -> None:
    cloud = Cloud(refusal("InternalError"), {"SnapshotId": "snap-1"})
    with cloud.answering() as api, pytest.raises(CloudRefused):
        api.call("cbs", "2017-03-12", "CreateSnapshot", {"DiskId": "disk-1"}, Context())
    assert len(cloud.requests) == 1


def test_a_page_that_is_no_answer_is_told() -> None:
    said = b"<html>log in to the hotel</html>"
    with Cloud(said).answering() as api, pytest.raises(CloudRefused, match="no proper answer came"):
        api.identity(Context())


OK = json.dumps({"Response": {**IDENTITY, "RequestId": "r"}}).encode()
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n"
FAULTS = {
    "502": b"HTTP/1.1 502 Bad Gateway\r\nConnection: close\r\nContent-Length: 3\r\n\r\nbad",
    "empty": HEAD + b"Content-Length: 0\r\n\r\n",
    "cut short": HEAD + f"Content-Length: {len(OK)}\r\n\r\n".encode() + OK[:20],
    "no object": HEAD + b"Content-Length: 2\r\n\r\n[]",
    "closed": b"",
    "stalled": None,
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_broken_line_is_tried_again_and_then_told(
    fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tencent, "_TIMEOUTS", (2, 0.3))
    over = threading.Event()
    met: list[bytes] = []

    def behave(stream: socket.socket) -> None:
        met.append(stream.recv(65536))
        answer = FAULTS[fault]
        if over.is_set():
            answer = HEAD + f"Content-Length: {len(OK)}\r\n\r\n".encode() + OK
        if answer is None:
            stream.recv(65536)  # until the other side has had enough
        else:
            stream.sendall(answer)

    with listener(behave) as port:
        api = Tencent("AKIDtest", "key-of-test", endpoint=f"http://127.0.0.1:{port}")
        with pytest.raises(CloudRefused) as caught:
            api.identity(Context())
        assert caught.value.unreached or caught.value.code == "ServerNetworkError"
        assert len(met) == 4
        over.set()
        assert api.identity(Context()).account == "100"


def test_a_closed_port_is_told_after_the_last_try() -> None:
    api = Tencent("id", "key-of-test", endpoint=f"http://127.0.0.1:{free_port()}")
    with pytest.raises(CloudRefused) as caught:
        api.identity(Context())
    assert caught.value.code == "ClientNetworkError"


def test_cancel_ends_the_tries() -> None:
    context = Context()
    cloud = Cloud(refusal("InternalError"))
    behave = cloud.behave

    def cancelling(stream: socket.socket) -> None:
        context.cancel()
        behave(stream)

    cloud.behave = cancelling
    with cloud.answering() as api, pytest.raises(Cancelled):
        api.identity(context)
    assert len(cloud.requests) == 1


def test_keys_never_travel_unencrypted() -> None:
    with pytest.raises(OpsError, match="is not encrypted"):
        Tencent("id", "key", endpoint="http://sts.tencentcloudapi.com")


# -- The sandbox's stand-in, which verifies signatures and field names


@pytest.fixture(scope="module")
def stand_in(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandIn]:
    with StandIn(tmp_path_factory.mktemp("tencent")) as server:
        yield server


def api_of(stand_in: StandIn, key: str = "") -> Tencent:
    endpoint = f"http://{stand_in.endpoint}"
    return Tencent(stand_in.secret_id, key or stand_in.secret_key, endpoint=endpoint)


@pytest.mark.servers
def test_the_stand_in_takes_our_signature_and_our_fields(stand_in: StandIn) -> None:
    api = api_of(stand_in)
    assert api.identity(Context()).account
    found = api.call("cvm", "2017-03-12", "DescribeInstances", {"Limit": 100}, Context())
    assert found["TotalCount"] == len(found["InstanceSet"]) == 1


@pytest.mark.servers
def test_the_stand_in_refuses_a_wrong_key_and_a_wrong_field(stand_in: StandIn) -> None:
    with pytest.raises(CloudRefused) as caught:
        api_of(stand_in, "another-secret-key").identity(Context())
    assert caught.value.code == "AuthFailure.SignatureFailure"
    assert caught.value.request_id
    with pytest.raises(CloudRefused) as caught:
        api_of(stand_in).call("cvm", "2017-03-12", "DescribeInstances", {"Limitt": 1}, Context())
    assert caught.value.code == "UnknownParameter"


@pytest.mark.servers
def test_the_stand_ins_passing_faults_are_outlived(stand_in: StandIn) -> None:
    stand_in.fail_next("GetCallerIdentity", "InternalError", "try later")
    assert api_of(stand_in).identity(Context()).account
