"""The stand-in is as strict as the real one where it matters: Tencent's own SDK talks to it."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Iterator

import httpx
import pytest
from tencentcloud.common import credential
from tencentcloud.common.common_client import CommonClient
from tencentcloud.common.exception import TencentCloudSDKException
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile

from sandbox.processes import pause
from sandbox.tencent import Api, Tencent, signature
from sandbox.tencent_account import APIS, Account
from sandbox.tencent_backups import Refused

DATABASE = {"InstanceId": "cdb-sandbox1"}


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tencent]:
    with Tencent(tmp_path_factory.mktemp("tencent")) as server:
        yield server


def call(
    cloud: Tencent,
    service: str,
    action: str,
    given: dict[str, object],
    *,
    secret: str = "",
    region: str = "ap-guangzhou",
    version: str = "",
) -> dict[str, object]:
    profile = ClientProfile(httpProfile=HttpProfile(protocol="http", endpoint=cloud.endpoint))
    key = credential.Credential(cloud.secret_id, secret or cloud.secret_key)
    client = CommonClient(service, version or APIS[service][0], key, region, profile)
    client.request.conn._session.trust_env = False
    return client.call_json(action, given)["Response"]


def refusal(cloud: Tencent, *words: object, **options: str) -> str:
    with pytest.raises(TencentCloudSDKException) as caught:
        call(cloud, *words, **options)  # type: ignore[arg-type]
    return str(caught.value.get_code())


def test_the_official_example_has_the_official_signature() -> None:
    """Tencent's document 213/36792; key id and key are those of its example."""
    headers = {
        "content-type": "application/json; charset=utf-8",
        "host": "cvm.tencentcloudapi.com",
        "x-tc-timestamp": "1551113065",
    }
    filters = rb'"Filters": [{"Values": ["\u672a\u547d\u540d"], "Name": "instance-name"}]'
    made = signature(
        "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE",
        headers,
        rb'{"Limit": 1, ' + filters + b"}",
        "2019-02-25",
        "cvm",
        "content-type;host",
    )
    assert made == "72e494ea809ad7a8c8f7a4507b9bddcbaa8e581f516e8da2f66e2c5a96525168"


def test_it_says_that_it_is_a_stand_in(cloud: Tencent) -> None:
    answer = httpx.post(f"http://{cloud.endpoint}/", content=b"{}", trust_env=False)
    assert answer.headers["X-Stand-In"] == "gmops-sandbox"
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.json()["Response"]["Error"]["Code"] == "AuthFailure.InvalidAuthorization"


def test_every_action_answers_with_tencents_own_field_names(cloud: Tencent) -> None:
    assert call(cloud, "sts", "GetCallerIdentity", {})["Type"] == "SubAccount"
    assert call(cloud, "cvm", "DescribeInstances", {"Limit": 100})["TotalCount"] == 1
    assert call(cloud, "cvm", "DescribeInstancesStatus", {})["TotalCount"] == 1
    assert call(cloud, "cdb", "DescribeDBInstances", {})["Items"]
    assert call(cloud, "cdb", "DescribeBackupConfig", DATABASE)["BackupExpireDays"] == 7
    restriction = call(cloud, "cdb", "DescribeBackupDownloadRestriction", {})
    assert restriction["LimitType"] == "NoLimit"
    assert call(cloud, "cbs", "DescribeDisks", {})["DiskSet"]
    assert call(cloud, "billing", "DescribeAccountBalance", {})["Balance"] == 128_450
    assert call(cloud, "domain", "DescribeDomainNameList", {})["DomainSet"]


def test_a_backup_is_made_in_time_and_can_be_fetched_until_its_address_ends(
    cloud: Tencent,
) -> None:
    cloud.behave(backup_seconds=1.2, backup_bytes=200_000)
    made = call(cloud, "cdb", "CreateBackup", {**DATABASE, "BackupMethod": "logical"})
    assert refusal(cloud, "cdb", "CreateBackup", {**DATABASE, "BackupMethod": "logical"}) == (
        "OperationDenied.ActionInProcess"
    )
    seen = []
    while not seen or seen[-1]["Status"] != "SUCCESS":
        rows = call(cloud, "cdb", "DescribeBackups", {**DATABASE, "Limit": 100})["Items"]
        seen.append(next(row for row in rows if row["BackupId"] == made["BackupId"]))
    assert [one["Status"] for one in seen[:-1]] == ["RUNNING"] * (len(seen) - 1) != []
    percents = [one["Progress"] for one in seen]
    assert percents == sorted(percents)
    assert seen[0]["InternetUrl"] == ""
    backup = seen[-1]
    whole = httpx.get(backup["InternetUrl"], trust_env=False).content
    assert len(whole) == backup["Size"]
    assert hashlib.md5(whole).hexdigest() == backup["MD5"]
    rest = httpx.get(backup["InternetUrl"], headers={"Range": "bytes=150000-"}, trust_env=False)
    assert rest.status_code == 206
    assert rest.content == whole[150_000:]
    beyond = httpx.get(backup["InternetUrl"], headers={"Range": "bytes=999999-"}, trust_env=False)
    assert beyond.status_code == 416

    start, _, end = re.search(r"q-sign-time=((\d+);(\d+))", backup["InternetUrl"]).groups()
    begin = start.partition(";")[0]
    longer = backup["InternetUrl"].replace(start, f"{begin};{int(end) + 3600}")
    assert httpx.get(longer, trust_env=False).status_code == 403, "a signature of other times"
    assert int(end) > time.time()
    cloud.behave(address_seconds=0)
    rows = call(cloud, "cdb", "DescribeBackups", {**DATABASE, "Limit": 1})["Items"]
    assert httpx.get(rows[0]["InternetUrl"], trust_env=False).status_code == 403
    cloud.behave()


def test_files_can_be_cut_kept_inside_and_backups_can_fail(cloud: Tencent) -> None:
    rows = call(cloud, "cdb", "DescribeBackups", {**DATABASE, "Limit": 1})["Items"]
    cloud.behave(cut_after=1000)
    with pytest.raises(httpx.RemoteProtocolError):
        httpx.get(rows[0]["InternetUrl"], trust_env=False)
    cloud.behave(download="LimitOnlyIntranet")
    assert httpx.get(rows[0]["InternetUrl"], trust_env=False).status_code == 403
    cloud.behave(backup_seconds=0.1, backup_fails=True)
    made = call(cloud, "cdb", "CreateBackup", {**DATABASE, "BackupMethod": "physical"})
    status = "RUNNING"
    while status == "RUNNING":
        rows = call(cloud, "cdb", "DescribeBackups", {**DATABASE, "Limit": 100})["Items"]
        status = next(row["Status"] for row in rows if row["BackupId"] == made["BackupId"])
    assert status == "FAILED"
    cloud.behave(basic=True)
    assert refusal(cloud, "cdb", "CreateBackup", {**DATABASE, "BackupMethod": "logical"}) == (
        "OperationDenied.NotSupportBasic"
    )
    cloud.behave()


def test_a_snapshot_grows_to_a_hundred_percent(cloud: Tencent) -> None:
    made = call(cloud, "cbs", "CreateSnapshot", {"DiskId": "disk-sandbox1"})["SnapshotId"]
    percents = []
    while not percents or percents[-1] < 100:
        rows = call(cloud, "cbs", "DescribeSnapshots", {"SnapshotIds": [made]})["SnapshotSet"]
        percents.append(rows[0]["Percent"])
    assert percents == sorted(percents)
    assert rows[0]["SnapshotState"] == "NORMAL"


@pytest.mark.parametrize(
    ("service", "action", "given", "code"),
    [
        ("cvm", "DescribeInstances", {"Limitt": 5}, "UnknownParameter"),
        ("cvm", "DescribeInstances", {"Filters": [{"Nam": "x"}]}, "UnknownParameter"),
        ("cvm", "DescribeInstances", {"Limit": 101}, "InvalidParameterValue.Range"),
        ("cvm", "DescribeInstances", {"InstanceIds": ["ins-x"]}, "InvalidInstanceId.NotFound"),
        ("cvm", "DescribeNothing", {}, "InvalidAction"),
        ("cdb", "CreateBackup", {"InstanceId": "cdb-sandbox1"}, "MissingParameter"),
        ("cdb", "DescribeBackups", {"InstanceId": "x"}, "InvalidParameter.InstanceNotFound"),
    ],
)
def test_what_the_real_one_would_refuse(
    cloud: Tencent, service: str, action: str, given: dict[str, object], code: str
) -> None:
    assert refusal(cloud, service, action, given) == code


def test_wrong_keys_regions_and_versions(cloud: Tencent) -> None:
    identity = ("sts", "GetCallerIdentity", {})
    assert refusal(cloud, *identity, secret="wrong") == "AuthFailure.SignatureFailure"
    assert refusal(cloud, *identity, version="2001-01-01") == "NoSuchVersion"
    assert refusal(cloud, *identity, region="gz") == "UnsupportedRegion"
    elsewhere = call(cloud, "cvm", "DescribeInstances", {}, region="ap-shanghai")
    assert (elsewhere["TotalCount"], elsewhere["InstanceSet"]) == (0, [])


def test_a_clock_that_is_off_is_refused() -> None:
    api = Api(Account(), {"AKID": "key"}, clock=lambda: 1_000_000.0)
    headers = {
        "content-type": "application/json",
        "host": "localhost",
        "x-tc-timestamp": "1000400",
    }
    sign = signature("key", headers, b"{}", "1970-01-12", "sts", "content-type;host")
    headers["authorization"] = (
        "TC3-HMAC-SHA256 Credential=AKID/1970-01-12/sts/tc3_request, "
        f"SignedHeaders=content-type;host, Signature={sign}"
    )
    with pytest.raises(Refused) as caught:
        api.answer(headers, b"{}")
    assert caught.value.code == "AuthFailure.SignatureExpire"


def test_a_scripted_failure_happens_once(cloud: Tencent) -> None:
    cloud.fail_next("GetCallerIdentity", "RequestLimitExceeded", "slow down")
    assert refusal(cloud, "sts", "GetCallerIdentity", {}) == "RequestLimitExceeded"
    assert call(cloud, "sts", "GetCallerIdentity", {})["AccountId"]


# ---------------------------------------------------------------- clones

ORDER = {**DATABASE, "InstanceName": "drill", "PayType": "USED_PAID"}


def backup_of(cloud: Tencent) -> dict[str, object]:
    """What names a backup that can be cloned."""
    found = call(cloud, "cdb", "DescribeBackups", DATABASE)["Items"]
    assert isinstance(found, list)
    return {"SpecifiedBackupId": next(o["BackupId"] for o in found if o["Way"] == "automatic")}


def clones(cloud: Tencent) -> list[dict[str, object]]:
    fields = {"InstanceNames": ["drill"], "Status": [0, 1, 4, 5]}
    found = call(cloud, "cdb", "DescribeDBInstances", fields)["Items"]
    assert isinstance(found, list)
    return found


def test_a_clone_has_a_price_by_the_hour(cloud: Tencent) -> None:
    wanted: dict[str, object] = {
        "Zone": "ap-guangzhou-3", "GoodsNum": 1, "Memory": 1000, "Volume": 50,
        "InstanceRole": "master", "PayType": "HOUR_PAID",
    }  # fmt: skip
    said = call(cloud, "cdb", "DescribeDBPrice", wanted)
    assert (said["Price"], said["Currency"]) == (52, "CNY")
    less = {name: value for name, value in wanted.items() if name != "Zone"}
    assert refusal(cloud, "cdb", "DescribeDBPrice", less) == "MissingParameter"


def test_an_order_for_a_clone_must_be_one_and_a_dry_one_makes_none(cloud: Tencent) -> None:
    good = {**ORDER, **backup_of(cloud)}
    for bad in (
        ORDER,
        {**good, "SpecifiedRollbackTime": "2026-01-01 00:00:00"},
        {**good, "SpecifiedBackupId": 1},
        {**good, "InstanceName": "x" * 61},
        {**good, "UniqVpcId": "vpc-sandbox1"},
        {**good, "Memory": 500},
        {**good, "PayType": "PRE_PAID"},
    ):
        assert refusal(cloud, "cdb", "CreateCloneInstance", bad) == "InvalidParameter"
    assert call(cloud, "cdb", "CreateCloneInstance", {**good, "DryRun": True}).keys() == {
        "RequestId"
    }
    assert call(cloud, "cdb", "DescribeCloneList", DATABASE)["TotalCount"] == 0


def test_a_clone_goes_through_its_states_and_can_be_removed_only_in_order(cloud: Tencent) -> None:
    cloud.behave(clone_seconds=600)
    order = {**ORDER, **backup_of(cloud)}
    assert call(cloud, "cdb", "CreateCloneInstance", order)["AsyncRequestId"]
    (task,) = call(cloud, "cdb", "DescribeCloneList", DATABASE)["Items"]  # type: ignore[misc]
    assert (task["TaskStatus"], task["DstInstanceId"]) == ("initial", "")
    assert clones(cloud) == []
    cloud.behave(clone_seconds=0.001, clone_fails=True)
    (clone,) = clones(cloud)
    one = {"InstanceId": clone["InstanceId"]}
    gone = {"InstanceIds": [clone["InstanceId"]]}
    assert clone["Status"] == 1
    assert refusal(cloud, "cdb", "OfflineIsolatedInstances", gone).startswith("OperationDenied")
    assert refusal(cloud, "cdb", "IsolateDBInstance", DATABASE) == "OperationDenied"
    call(cloud, "cdb", "IsolateDBInstance", one)
    deadline = time.monotonic() + 20
    while clones(cloud)[0]["Status"] != 5:
        assert time.monotonic() < deadline
        pause()
    assert refusal(cloud, "cdb", "IsolateDBInstance", one).startswith("OperationDenied")
    fields = {"InstanceIds": [clone["InstanceId"]]}
    assert call(cloud, "cdb", "DescribeDBInstances", fields)["Items"] == []  # not asked for
    call(cloud, "cdb", "OfflineIsolatedInstances", gone)
    assert clones(cloud) == []
