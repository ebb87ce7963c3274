"""A look at a Tencent Cloud account: whole lists, and what is refused costs that part alone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gmops_desktop.adapters.tencent import CloudRefused, Tencent
from gmops_desktop.adapters.tencent_look import CloudLooks
from gmops_desktop.context import Context
from gmops_desktop.contract.looks import CloudDetails
from sandbox.tencent import Tencent as StandIn
from sandbox.tencent_backups import REGION

NOW = datetime(2018, 11, 22, 2, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandIn]:
    with StandIn(tmp_path_factory.mktemp("tencent")) as server:
        yield server


@pytest.fixture
def stand_in(process: StandIn) -> Iterator[StandIn]:
    yield process
    process.behave()
    (process.folder / "faults.json").unlink(missing_ok=True)


def api_of(stand_in: StandIn, region: str = REGION, key: str = "") -> Tencent:
    return Tencent(stand_in.secret_id, key or stand_in.secret_key, region=region,
                   endpoint=f"http://{stand_in.endpoint}", pauses=(0.0, 0.0))  # fmt: skip


def look(stand_in: StandIn, *regions: str) -> CloudDetails:
    apis = {region: api_of(stand_in, region) for region in regions or (REGION,)}
    return CloudLooks().look("a", apis, datetime.now(UTC), Context())


@pytest.mark.servers
def test_everything_is_read(stand_in: StandIn) -> None:
    seen = look(stand_in)
    assert seen.sections == seen.denied == {}
    [server] = seen.servers
    assert (server.name, server.state, server.restricted) == ("官网", "RUNNING", "NORMAL")
    assert server.addresses == ("203.0.113.10", "127.0.0.1", "10.0.0.5")
    [instance] = seen.databases
    assert (instance.id, instance.status, instance.locked) == ("cdb-sandbox1", 1, False)
    [disk] = seen.disks
    yesterday = datetime.now(UTC) - timedelta(days=1)
    assert (disk.server, disk.snapshots) == (server.id, 1)
    assert disk.newest in {f"{yesterday + timedelta(hours=8):%Y-%m-%d}"}
    assert [one.status for one in seen.certificates] == [1, 3]
    assert (seen.balance, seen.owed, seen.snapshots) == (128_450, 0, 1)
    assert [one.status for one in seen.alarms] == ["OK"]
    # The disk ends with its server, and the certificate that was replaced does not count.
    assert [one.what for one in seen.runs_out] == ["database", "cvm", "certificate", "domain"]


@pytest.mark.servers
def test_lists_of_several_pages_are_read_to_their_end(stand_in: StandIn) -> None:
    stand_in.behave(servers=250, alarms=101)
    seen = look(stand_in)
    assert len({one.id for one in seen.servers}) == 250
    assert len({one.id for one in seen.disks}) == 250
    assert seen.firing == 101
    assert seen.servers[-1].addresses == ("10.0.1.4",)  # PublicIpAddresses is null


@pytest.mark.servers
def test_a_list_that_breaks_off_is_not_known(stand_in: StandIn) -> None:
    stand_in.behave(servers=3, breaks_off="DescribeInstances")
    seen = look(stand_in)
    assert seen.servers is None
    assert seen.sections == {"servers": "DescribeInstances gave 1 of 3 entries"}
    assert len(seen.disks) == 3


ACTIONS = {
    "servers": ("DescribeInstances", "cvm:DescribeInstances"),
    "databases": ("DescribeDBInstances", "cdb:DescribeDBInstances"),
    "alarms": ("DescribeAlarmHistories", "monitor:DescribeAlarmHistories"),
    "disks": ("DescribeDisks", "cvm:DescribeDisks"),
    "snapshots": ("DescribeSnapshots", "cvm:DescribeSnapshots"),
    "certificates": ("DescribeCertificates", "ssl:DescribeCertificates"),
    "domains": ("DescribeDomainNameList", "domain:DescribeDomainNameList"),
    "balance": ("DescribeAccountBalance", "finance:DescribeAccountBalance"),
}


@pytest.mark.servers
@pytest.mark.parametrize("part", ACTIONS)
def test_a_right_that_is_missing_costs_its_part_alone(stand_in: StandIn, part: str) -> None:
    action, right = ACTIONS[part]
    stand_in.behave(denied=[action])
    seen = look(stand_in)
    assert seen.denied == {part: right}
    assert seen.sections == {part: f"the keys may not use {right}"}
    assert getattr(seen, part) is None
    for other in ACTIONS.keys() - {part}:
        assert getattr(seen, other) is not None


@pytest.mark.servers
def test_an_account_without_any_right_is_wholly_unknown(stand_in: StandIn) -> None:
    stand_in.behave(denied=[action for action, _ in ACTIONS.values()])
    seen = look(stand_in)
    assert seen.sections.keys() == seen.denied.keys() == ACTIONS.keys()
    assert seen.runs_out == ()


@pytest.mark.servers
def test_another_region_is_empty_and_says_so(stand_in: StandIn) -> None:
    seen = look(stand_in, "ap-shanghai")
    assert (seen.servers, seen.databases) == ((), ())
    assert "ap-shanghai" in seen.sections["found"]
    both = look(stand_in, "ap-shanghai", REGION)
    assert [one.region for one in both.servers] == [REGION]
    assert both.sections == {}


@pytest.mark.servers
def test_a_misspelt_region_costs_what_lies_in_regions(stand_in: StandIn) -> None:
    with pytest.raises(CloudRefused) as caught:
        api_of(stand_in, "gz").call("cvm", "2017-03-12", "DescribeInstances", {}, Context())
    assert "region" in caught.value.hint
    seen = look(stand_in, "gz")
    assert "UnsupportedRegion" in seen.sections["servers"]


@pytest.mark.servers
def test_wrong_keys_are_one_failure_and_not_eight(stand_in: StandIn) -> None:
    api = api_of(stand_in, key="another-secret-key")
    with pytest.raises(CloudRefused, match="SignatureFailure"):
        CloudLooks().look("a", {REGION: api}, NOW, Context())


@pytest.mark.servers
@pytest.mark.parametrize(("off", "word"), [(3600.0, "behind"), (-3600.0, "ahead of")])
def test_a_clock_that_is_off_is_told_with_by_how_much(
    stand_in: StandIn, off: float, word: str
) -> None:
    stand_in.behave(clock_off=off)
    with pytest.raises(CloudRefused, match="SignatureExpire") as caught:
        look(stand_in)
    assert f"s {word} Tencent Cloud's" in caught.value.hint
    assert (
        "3,600" in caught.value.hint
        or "3,601" in caught.value.hint
        or "3,599" in (caught.value.hint)
    )


@pytest.mark.servers
@pytest.mark.parametrize("code", ["RequestLimitExceeded", "InternalError", "ResourceUnavailable"])
def test_a_passing_fault_is_outlived(stand_in: StandIn, code: str) -> None:
    stand_in.fail_next("DescribeDisks", code)
    assert look(stand_in).sections == {}


@pytest.mark.servers
def test_a_lasting_fault_costs_its_part_alone(stand_in: StandIn) -> None:
    for _ in range(3):
        stand_in.fail_next("DescribeDisks", "InternalError", "broken")
    seen = look(stand_in)
    assert seen.sections.keys() == {"disks"}
    assert "broken" in seen.sections["disks"]
    assert seen.snapshots == 1


class Script:
    """An API that answers from a table, and counts who was asked what."""

    def __init__(self, **answers: dict[str, Any] | Exception) -> None:
        self.answers = answers
        self.asked: list[str] = []

    def call(
        self, service: str, version: str, action: str, fields: object, context: Context
    ) -> dict[str, Any]:
        self.asked.append(action)
        answer = self.answers.get(action, EMPTY.get(action, {}))
        if isinstance(answer, Exception):
            raise answer
        return answer


EMPTY: dict[str, dict[str, Any]] = {
    "DescribeInstances": {"TotalCount": 0, "InstanceSet": []},
    "DescribeDBInstances": {"TotalCount": 0, "Items": None},
    "DescribeAlarmHistories": {"TotalCount": 0, "Histories": []},
    "DescribeDisks": {"TotalCount": 0, "DiskSet": []},
    "DescribeSnapshots": {"TotalCount": 0, "SnapshotSet": []},
    "DescribeCertificates": {"TotalCount": 0, "Certificates": []},
    "DescribeDomainNameList": {"TotalCount": 0, "DomainSet": None},
    "DescribeAccountBalance": {"Balance": 100},
}
SILENT = CloudRefused("x", "ClientNetworkError", "nobody answers", "")


def scripted(script: Script, looks: CloudLooks | None = None) -> CloudDetails:
    return (looks or CloudLooks()).look("a", {"r": script}, NOW, Context())  # type: ignore[dict-item]


def test_a_dead_line_is_no_answer_at_all() -> None:
    with pytest.raises(CloudRefused, match="nobody answers"):
        scripted(Script(DescribeInstances=SILENT))


def test_a_line_that_dies_midway_leaves_the_rest_unknown_without_asking_on() -> None:
    script = Script(DescribeDisks=SILENT)
    seen = scripted(script)
    assert seen.alarms == ()
    for part in ("disks", "snapshots", "certificates", "domains", "balance"):
        assert "nobody answers" in seen.sections[part]
    assert script.asked[-1] == "DescribeDisks"


@pytest.mark.parametrize(
    "answer",
    [{}, {"TotalCount": None, "DiskSet": []}, {"TotalCount": 1, "DiskSet": [{}]},
     {"TotalCount": 1, "DiskSet": "x"}, {"TotalCount": 1, "DiskSet": None}],
)  # fmt: skip
def test_half_an_answer_is_not_known(answer: dict[str, Any]) -> None:
    seen = scripted(Script(DescribeDisks=answer))
    assert seen.disks is None
    assert "disks" in seen.sections


def test_null_is_not_a_fault_where_the_cloud_may_say_so() -> None:
    server = {"InstanceId": "ins-1", "InstanceState": "RUNNING", "ExpiredTime": None,
              "PublicIpAddresses": None, "InternetAccessible": None, "CPU": None}  # fmt: skip
    instance = {"InstanceId": "cdb-1", "Status": 1, "PayType": 1,
                "DeadlineTime": "0000-00-00 00:00:00", "Vip": ""}  # fmt: skip
    seen = scripted(
        Script(
            DescribeInstances={"TotalCount": 1, "InstanceSet": [server]},
            DescribeDBInstances={"TotalCount": 1, "Items": [instance]},
        )
    )
    assert seen.sections == {}
    assert seen.runs_out == ()
    assert seen.servers[0].addresses == ()


def test_days_are_those_of_beijing() -> None:
    late = {"InstanceId": "ins-1", "InstanceState": "RUNNING",
            "ExpiredTime": "2018-12-01T17:00:00Z"}  # fmt: skip
    seen = scripted(Script(DescribeInstances={"TotalCount": 1, "InstanceSet": [late]}))
    assert seen.servers[0].expires == "2018-12-02"


def test_what_changes_slowly_is_asked_for_every_five_minutes() -> None:
    now = [0.0]
    script, looks = Script(), CloudLooks(lambda: now[0])
    scripted(script, looks)
    first, script.asked = script.asked, []
    now[0] = 299.0
    scripted(script, looks)
    assert set(first) - set(script.asked) == {
        "DescribeDisks", "DescribeSnapshots", "DescribeCertificates", "DescribeDomainNameList",
        "DescribeAccountBalance",
    }  # fmt: skip
    now[0] = 301.0
    script.asked = []
    scripted(script, looks)
    assert script.asked == first


def test_what_could_not_be_learnt_is_asked_for_again() -> None:
    looks = CloudLooks(lambda: 0.0)
    denied = CloudRefused("DescribeDisks", "UnauthorizedOperation", "no", "", "cbs")
    assert scripted(Script(DescribeDisks=denied), looks).disks is None
    assert scripted(Script(), looks).disks == ()
