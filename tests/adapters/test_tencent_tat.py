"""A shell through the cloud's agent: the stand-in really runs what it is sent, on this machine."""

from __future__ import annotations

import base64
import gzip
from collections.abc import Iterator
from typing import Any

import pytest

from gmops_desktop.adapters import host, tencent_tat
from gmops_desktop.adapters.host.script import SCRIPT
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
    assert len(base64.b64encode(SCRIPT.encode())) < 32 * 1024
    script = "yes a line of a log | head -n 10000"  # 170 kB, of which the agent would keep 24
    _, output = shell_of(stand_in).run(script, Context(), deadline=60)
    assert output == b"a line of a log\n" * 10_000


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
    """An API whose command has ended with a given result."""

    def __init__(self, result: dict[str, Any] | None) -> None:
        self.result = result

    def call(self, _service: str, _version: str, action: str, *_rest: object) -> dict[str, Any]:
        if action == "RunCommand":
            return {"InvocationId": "inv-1"}
        return {"InvocationTaskSet": [{"TaskStatus": "SUCCESS", "TaskResult": self.result}]}


def packed(output: bytes) -> str:
    return base64.b64encode(base64.encodebytes(gzip.compress(output))).decode()


@pytest.mark.parametrize(
    "result",
    [None, {}, {"Output": "%%%"}, {"Output": base64.b64encode(b"gzip: not found").decode()},
     {"Output": packed(b"whole")[:20]}],
)  # fmt: skip
def test_a_damaged_answer_is_a_failure(
    result: dict[str, Any] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tencent_tat, "PAUSES", (0.0,))
    with pytest.raises(OpsError, match="is damaged"):
        TatShell(Answering(result), "ins-1").run("x", Context(), deadline=9)  # type: ignore[arg-type]


def test_a_whole_answer_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tencent_tat, "PAUSES", (0.0,))
    shell = TatShell(Answering({"Output": packed(b"whole"), "ExitCode": 0}), "ins-1")  # type: ignore[arg-type]
    assert shell.run("x", Context(), deadline=9) == (0, b"whole")
