"""A shell through the cloud's agent: the stand-in really runs what it is sent, on this machine."""

from __future__ import annotations

import base64
import gzip
import hashlib
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gmops_desktop.adapters import host, tencent_tat
from gmops_desktop.adapters.tencent import NOT_RUNNING, CloudRefused, Tencent
from gmops_desktop.adapters.tencent_tat import TatShell
from gmops_desktop.context import Context
from gmops_desktop.errors import Cancelled, OpsError
from sandbox.tencent import Tencent as StandIn

pytestmark = pytest.mark.servers


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandIn]:
    with StandIn(tmp_path_factory.mktemp("tencent")) as server:
        yield server


@pytest.fixture
def stand_in(process: StandIn, monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    monkeypatch.setattr(tencent_tat, "PAUSES", (0.02, 0.05))
    yield process
    process.behave()


def shell_of(stand_in: StandIn, instance: str = "ins-sandbox1") -> TatShell:
    api = Tencent(stand_in.secret_id, stand_in.secret_key,
                  endpoint=f"http://{stand_in.endpoint}", pauses=(0.0,))  # fmt: skip
    return TatShell(api, instance)


def test_a_whole_look_goes_through_the_agent(stand_in: StandIn) -> None:
    seen = host.look(shell_of(stand_in), Context())
    assert seen.cores
    assert seen.memory_total
    assert seen.disks
    assert "cpu" not in seen.sections


def test_a_look_fits_into_what_the_agent_takes_and_gives(stand_in: StandIn) -> None:
    script = "yes a line of a log | head -n 10000"  # 170 kB, of which the agent would keep 24
    _, output = shell_of(stand_in).run(script, Context(), deadline=60)
    assert output == b"a line of a log\n" * 10_000
    words = "".join(f"echo {number:06} and no other\n" for number in range(5000))  # 135 kB
    _, output = shell_of(stand_in).run(words, Context(), deadline=60)
    assert output.endswith(b"004999 and no other\n")


def test_an_answer_too_long_for_once_comes_in_pieces_and_leaves_nothing(stand_in: StandIn) -> None:
    """Random bytes, which nothing packs: five pieces."""
    before = {*Path("/var/tmp").glob("gmops-answer-*")}
    script = "head -c 60000 /dev/urandom >/tmp/$$; cat /tmp/$$; sha256sum </tmp/$$; rm /tmp/$$"
    status, output = shell_of(stand_in).run(script, Context(), deadline=60)
    assert status == 0
    told = output[60_000:].split()[0].decode()
    assert hashlib.sha256(output[:60_000]).hexdigest() == told
    assert {*Path("/var/tmp").glob("gmops-answer-*")} == before


def test_what_the_agent_does_not_take_is_not_sent(stand_in: StandIn) -> None:
    script = "# " + base64.b64encode(random.Random(1).randbytes(60_000)).decode()
    with pytest.raises(OpsError, match="too long a command"):
        shell_of(stand_in).run(script, Context(), deadline=60)
    api = Tencent(stand_in.secret_id, stand_in.secret_key,
                  endpoint=f"http://{stand_in.endpoint}", pauses=(0.0,))  # fmt: skip
    command = {"Content": base64.b64encode(b"true").decode(), "InstanceIds": ["ins-sandbox1"]}
    for wrong in (
        {"Content": "A" * (64 * 1024 + 4)}, {"Content": "true; false"}, {"Timeout": 86_401},
        {"CommandName": "名" * 21}, {"CommandType": "POWERSHELL"}, {"Comand": "x"},
    ):  # fmt: skip
        with pytest.raises(CloudRefused):
            api.call("tat", "2020-10-28", "RunCommand", {**command, **wrong}, Context())


def test_how_the_script_ended_is_told(stand_in: StandIn) -> None:
    assert shell_of(stand_in).run("echo x; exit 7", Context(), deadline=60) == (7, b"x\n")


def test_what_it_prints_comes_as_it_is(stand_in: StandIn) -> None:
    script = "printf 'a\\0b\\377 $HOME `x` \"y\"'; echo oops >&2; cat"
    _, output = shell_of(stand_in).run(script, Context(), deadline=60)
    assert output.startswith(b'a\x00b\xff $HOME `x` "y"')


@pytest.mark.parametrize(
    ("agent", "hint"),
    [("AgentNotInstalled", "Install the agent"), ("AgentStatusNotOnline", "Start the agent")],
)
def test_an_agent_that_is_not_there_is_told_with_what_to_do(
    stand_in: StandIn, agent: str, hint: str
) -> None:
    stand_in.behave(tat=agent)
    with pytest.raises(CloudRefused, match=agent) as caught:
        shell_of(stand_in).run("true", Context(), deadline=60)
    assert hint in caught.value.hint


def test_a_server_that_does_not_run_is_told_apart(stand_in: StandIn) -> None:
    stand_in.behave(server_state="STOPPED")
    with pytest.raises(CloudRefused) as caught:
        shell_of(stand_in).run("true", Context(), deadline=60)
    assert caught.value.code == NOT_RUNNING


def test_a_missing_right_comes_with_its_policy(stand_in: StandIn) -> None:
    stand_in.behave(denied=["RunCommand"])
    with pytest.raises(CloudRefused) as caught:
        shell_of(stand_in).run("true", Context(), deadline=60)
    assert '"tat:RunCommand"' in caught.value.policy


def test_another_instance_is_refused(stand_in: StandIn) -> None:
    with pytest.raises(CloudRefused, match="not found"):
        shell_of(stand_in, "ins-other").run("true", Context(), deadline=60)


@pytest.mark.parametrize("status", ["DELIVER_FAILED", "START_FAILED", "TERMINATED", "NEW_WORD"])
def test_a_command_that_did_not_end_is_a_failure(stand_in: StandIn, status: str) -> None:
    stand_in.behave(tat_status=status)
    with pytest.raises(OpsError, match=f"{status}: as it was told to"):
        shell_of(stand_in).run("true", Context(), deadline=60)


def test_a_command_that_takes_too_long_is_ended_there(stand_in: StandIn) -> None:
    with pytest.raises(OpsError, match="TIMEOUT"):
        shell_of(stand_in).run("exec sleep 30", Context(), deadline=2)


def test_an_answer_that_was_cut_is_not_taken_for_whole(stand_in: StandIn) -> None:
    stand_in.behave(tat_bytes=100)
    with pytest.raises(OpsError, match="bytes off the answer"):
        shell_of(stand_in).run("seq 1 5000", Context(), deadline=60)


def test_a_cancellation_ends_the_waiting(stand_in: StandIn) -> None:
    stand_in.behave(tat_status="RUNNING")
    context = Context()
    context.progress(None)
    wait = context.wait

    def cancelling(seconds: float) -> None:
        context.cancel()
        wait(seconds)

    context.wait = cancelling  # type: ignore[method-assign]
    with pytest.raises(Cancelled):
        shell_of(stand_in).run("true", context, deadline=60)


class Answering:
    """An API whose command has ended, and printed what is given; None for no result at all."""

    def __init__(self, printed: bytes | None) -> None:
        self._result = printed is not None and {
            "Output": base64.b64encode(printed).decode(), "ExitCode": 0
        }  # fmt: skip

    def call(self, _service: str, _version: str, action: str, *_rest: object) -> dict[str, Any]:
        if action == "RunCommand":
            return {"InvocationId": "inv-1"}
        return {"InvocationTaskSet": [{"TaskStatus": "SUCCESS", "TaskResult": self._result}]}


def packed(output: str) -> bytes:
    return base64.encodebytes(gzip.compress(output.encode(), mtime=0))


@pytest.mark.parametrize(
    "printed",
    [
        None,
        b"%%%",
        b"gzip: not found",
        packed("whole\nGMOPS-STATUS 0")[:20],
        packed("whole"),  # what packed it was killed
    ],
)
def test_a_damaged_answer_is_a_failure(
    printed: bytes | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tencent_tat, "PAUSES", (0.0,))
    with pytest.raises(OpsError, match="is damaged"):
        TatShell(Answering(printed), "ins-1").run("x", Context(), deadline=9)  # type: ignore[arg-type]


def test_a_whole_answer_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tencent_tat, "PAUSES", (0.0,))
    shell = TatShell(Answering(packed("whole\nGMOPS-STATUS 3")), "ins-1")  # type: ignore[arg-type]
    assert shell.run("x", Context(), deadline=9) == (3, b"whole")


def test_a_server_without_room_for_its_answer_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tencent_tat, "PAUSES", (0.0,))
    with pytest.raises(OpsError, match="has no room for its answer"):
        TatShell(Answering(b"FULL\n"), "ins-1").run("x", Context(), deadline=9)  # type: ignore[arg-type]
