"""Many servers by one command: the stand-in really runs it for each, and refuses all for one."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from gmops_desktop.adapters import host, tencent_tat, tencent_tat_rounds
from gmops_desktop.adapters.tencent import CloudRefused, Tencent
from gmops_desktop.adapters.tencent_tat_rounds import AgentRounds, Seen
from gmops_desktop.addresses import TatAddress
from gmops_desktop.context import Context, side_by_side
from gmops_desktop.errors import Cancelled, OpsError
from sandbox.tencent import REGION
from sandbox.tencent import Tencent as StandIn

pytestmark = pytest.mark.servers

SCRIPT = "d here cat /proc/uptime"


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandIn]:
    with StandIn(tmp_path_factory.mktemp("tencent")) as server:
        yield server


class Cloud:
    """Four servers of one account; it remembers which actions were asked for."""

    def __init__(self, stand_in: StandIn) -> None:
        self.stand_in = stand_in
        self.asked: list[tuple[str, Any]] = []
        self.rounds = AgentRounds(lambda _name: stand_in.secret_key, (0.0,))
        self.addresses = [
            TatAddress(f"ins-sandbox{number}", REGION, stand_in.secret_id,
                       f"http://{stand_in.endpoint}")
            for number in range(1, 5)
        ]  # fmt: skip

    def look(self, context: Context | None = None) -> list[Seen | Exception]:
        """Look at all of them, side by side as a round does."""

        def look(address: TatAddress) -> Seen | Exception:
            try:
                return self.rounds.look(address, SCRIPT, context or Context())
            except (OpsError, Cancelled) as error:
                return error

        with self.rounds.expecting(self.addresses, SCRIPT):
            return side_by_side([lambda one=one: look(one) for one in self.addresses])

    def commands(self) -> list[int]:
        """Return for how many instances each command was."""
        return [len(fields["InstanceIds"]) for action, fields in self.asked
                if action == "RunCommand"]  # fmt: skip


@pytest.fixture
def cloud(process: StandIn, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    monkeypatch.setattr(tencent_tat, "PAUSES", (0.02, 0.05))
    process.behave(servers=4)
    cloud = Cloud(process)
    call = Tencent.call

    def counted(self: Tencent, service: str, version: str, action: str, fields: Any,
                context: Context) -> dict[str, Any]:  # fmt: skip
        cloud.asked.append((action, fields))
        return call(self, service, version, action, fields, context)

    monkeypatch.setattr(Tencent, "call", counted)
    yield cloud
    process.behave()


def answered(seen: Sequence[Seen | Exception]) -> list[bool]:
    return [isinstance(one, Seen) and "here" in one.sections for one in seen]


def test_one_command_asks_all(cloud: Cloud) -> None:
    assert answered(cloud.look()) == [True] * 4
    assert cloud.commands() == [4]


def test_each_answers_for_itself(cloud: Cloud) -> None:
    with cloud.rounds.expecting(cloud.addresses, host.SCRIPT):
        seen = [cloud.rounds.look(one, host.SCRIPT, Context()) for one in cloud.addresses]
    for one in seen:
        details = host.parse(one.sections, ours=one.ours)
        assert details.memory_total
        assert details.clock_seconds is not None
        assert abs(details.clock_seconds) < 60
    assert cloud.commands() == [4]


def test_one_without_an_agent_is_refused_by_itself(cloud: Cloud) -> None:
    cloud.stand_in.behave(servers=4, tat_each={"ins-sandbox2": "AgentStatusNotOnline"})
    seen = cloud.look()
    assert answered(seen) == [True, False, True, True]
    assert isinstance(seen[1], CloudRefused)
    assert seen[1].code == "ResourceUnavailable.AgentStatusNotOnline"
    assert sorted(cloud.commands()) == [1, 3]


def test_one_that_spoils_the_command_unforeseen_is_told_from_the_others(cloud: Cloud) -> None:
    """The right to ask for the agents' state is missing, so the command meets the dead one."""
    cloud.stand_in.behave(
        servers=4, denied=["DescribeAutomationAgentStatus"],
        tat_each={"ins-sandbox4": "AgentNotInstalled"},
    )  # fmt: skip
    seen = cloud.look()
    assert answered(seen) == [True, True, True, False]
    assert "Install the agent" in str(getattr(seen[3], "hint", ""))
    assert sorted(cloud.commands()) == [1, 1, 1, 1, 4]


def test_one_that_fails_or_hangs_holds_up_nobody(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those that answered are there while another still runs."""
    cloud.stand_in.behave(
        servers=4, tat_each={"ins-sandbox1": "RUNNING", "ins-sandbox3": "START_FAILED"}
    )
    hanging = threading.Event()
    context = Context()
    with cloud.rounds.expecting(cloud.addresses, SCRIPT):
        first = threading.Thread(target=lambda: (_wait(cloud, context), hanging.set()))
        first.start()
        others = [cloud.rounds.look(cloud.addresses[at], SCRIPT, context) for at in (1, 3)]
        assert answered(others) == [True, True]
        with pytest.raises(OpsError, match="START_FAILED: as it was told to"):
            cloud.rounds.look(cloud.addresses[2], SCRIPT, context)
        assert not hanging.is_set()
        context.cancel()
        first.join()
    assert cloud.commands() == [4]
    monkeypatch.setattr(tencent_tat_rounds, "_DEADLINE", 0.5)
    seen = cloud.look()
    assert "it took too long" in str(seen[0])
    assert answered(seen)[1::2] == [True, True]


def _wait(cloud: Cloud, context: Context) -> None:
    with pytest.raises(Cancelled):
        cloud.rounds.look(cloud.addresses[0], SCRIPT, context)


def test_a_missing_right_is_the_refusal_of_each(cloud: Cloud) -> None:
    cloud.stand_in.behave(servers=4, denied=["RunCommand"])
    seen = cloud.look()
    assert all(isinstance(one, CloudRefused) and one.right == "tat:RunCommand" for one in seen)
    assert len({id(one) for one in seen}) == 4
    assert cloud.commands() == [4]  # nobody asks what was refused to all


def test_an_answer_is_taken_once(cloud: Cloud) -> None:
    with cloud.rounds.expecting(cloud.addresses, SCRIPT):
        cloud.rounds.look(cloud.addresses[0], SCRIPT, Context())
        cloud.rounds.look(cloud.addresses[0], SCRIPT, Context())
    cloud.rounds.look(cloud.addresses[1], SCRIPT, Context())
    assert cloud.commands() == [4, 1, 1]


def test_more_than_a_command_takes_are_asked_in_parts(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tencent_tat_rounds, "MOST", 2)
    monkeypatch.setattr(tencent_tat_rounds, "PAGE", 1)
    assert answered(cloud.look()) == [True] * 4
    assert cloud.commands() == [2, 2]
