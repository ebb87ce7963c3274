"""TencentDB's own backups, against the stand-in that verifies signatures and field names."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from gmops_desktop.adapters import download, tencent, tencent_backups
from gmops_desktop.adapters.tencent import CloudRefused, Tencent
from gmops_desktop.adapters.vault import NoSecret, Vault
from gmops_desktop.addresses import CloudDatabase
from gmops_desktop.context import Context, Progress
from gmops_desktop.errors import Cancelled, OpsError, ProofFailed
from gmops_desktop.services import cloud_backups
from gmops_desktop.services.cloud_backups import BackupBusy, CloudBackups, Listing, opened_with
from memory_keyring import MemoryKeyring
from sandbox.tencent import Tencent as StandIn
from strange_servers import free_port

pytestmark = pytest.mark.servers

SIZE = 300_000


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandIn]:
    with StandIn(tmp_path_factory.mktemp("tencent")) as server:
        yield server


@pytest.fixture
def stand_in(process: StandIn, monkeypatch: pytest.MonkeyPatch) -> StandIn:
    """The stand-in as it behaves at first, and nobody waits for long."""
    process.behave(backup_seconds=0.3, backup_bytes=SIZE)
    (process.folder / "faults.json").unlink(missing_ok=True)
    monkeypatch.setattr(tencent, "_PAUSES", (0.0, 0.0, 0.0))
    monkeypatch.setattr(download, "_PAUSES", (0.0, 0.0, 0.0))
    monkeypatch.setattr(cloud_backups, "_PAUSES", (0.05,))
    return process


@pytest.fixture
def cloud(stand_in: StandIn, memory_keyring: MemoryKeyring) -> CloudDatabase:
    cloud = stand_in.database
    memory_keyring.set_password("gmops-desktop", cloud.secret_name, stand_in.secret_key)
    return cloud


@pytest.fixture
def backups(tmp_path: Path) -> CloudBackups:
    def connect(cloud: CloudDatabase) -> Tencent:
        key = Vault().get(cloud.secret_name)
        return Tencent(cloud.secret_id, key, region=cloud.region, endpoint=cloud.endpoint)

    return CloudBackups(connect, tmp_path / "cloud", lambda: tmp_path / "archives")


def newest(listing: Listing) -> int:
    """The newest automatic backup's id."""
    return next(one.id for one in listing.backups if one.way == "automatic")


def fault(stand_in: StandIn, action: str, code: str, times: int = 1) -> None:
    for _ in range(times):
        stand_in.fail_next(action, code, "said so")


# ---------------------------------------------------------------- seeing


def test_what_the_instance_keeps_is_seen_and_remembered(
    backups: CloudBackups, cloud: CloudDatabase, context: Context
) -> None:
    assert backups.last(cloud) == Listing()
    seen = backups.all(cloud, context)
    ours = [one for one in seen.backups if one.way == "automatic"]
    assert len(ours) == 7
    one = ours[0]
    assert (one.kind, one.method, one.state, one.percent) == ("physical", "full", "done", 100)
    assert (one.at.hour, one.at.minute) == (19, 2)  # 3:02 in Beijing
    assert one.ended
    assert (one.ended - one.at).total_seconds() == 240
    assert one.size > 0
    assert len(one.md5) == 32
    assert one.gtid.startswith("8a94f357")
    assert (one.file, one.frozen, one.encrypted, one.region) == (True, False, False, "ap-guangzhou")
    assert [at.at for at in seen.backups] == sorted((at.at for at in seen.backups), reverse=True)
    assert seen.retention
    assert (seen.retention.days, seen.retention.binlog_days) == (7, 7)
    assert dict(seen.retention.windows)["Monday"] == "02:00-06:00"
    assert (seen.access, seen.fault) == ("open", "")
    assert backups.last(cloud) == seen


def test_all_pages_are_read(
    backups: CloudBackups,
    cloud: CloudDatabase,
    context: Context,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = backups.all(cloud, context).backups
    monkeypatch.setattr(tencent_backups, "_PAGE", 3)
    assert backups.all(cloud, context).backups == whole


def test_no_address_or_key_is_ever_kept(
    backups: CloudBackups, cloud: CloudDatabase, stand_in: StandIn, context: Context, tmp_path: Path
) -> None:
    copy = backups.download(cloud, newest(backups.all(cloud, context)), context)
    kept = b"".join(
        file.read_bytes() for file in tmp_path.rglob("*") if file.is_file() and file != copy.path
    )
    assert b"q-sign" not in kept
    assert stand_in.secret_key.encode() not in kept


def test_without_a_key_the_name_to_keep_it_under_is_told(
    backups: CloudBackups, cloud: CloudDatabase, memory_keyring: MemoryKeyring, context: Context
) -> None:
    memory_keyring.delete_password("gmops-desktop", cloud.secret_name)
    with pytest.raises(NoSecret) as caught:
        backups.all(cloud, context)
    assert caught.value.secret == cloud.secret_name


def test_a_missing_right_comes_with_the_policy_that_grants_it(
    backups: CloudBackups, cloud: CloudDatabase, stand_in: StandIn, context: Context
) -> None:
    fault(stand_in, "DescribeBackups", "UnauthorizedOperation.CamNoAuth")
    with pytest.raises(CloudRefused) as caught:
        backups.all(cloud, context)
    wanted = (
        '{"version": "2.0", "statement": [{"effect": "allow", '
        '"action": ["cdb:DescribeBackups"], "resource": ["*"]}]}'
    )
    assert caught.value.policy == wanted
    assert wanted in caught.value.hint
    assert json.loads(wanted)


def test_a_list_without_the_right_to_see_retention_is_still_a_list(
    backups: CloudBackups, cloud: CloudDatabase, stand_in: StandIn, context: Context
) -> None:
    fault(stand_in, "DescribeBackupConfig", "UnauthorizedOperation.CamNoAuth")
    seen = backups.all(cloud, context)
    assert seen.backups
    assert seen.retention is None
    assert "DescribeBackupConfig" in seen.fault
    assert "cdb:DescribeBackupConfig" in seen.hint


def test_a_rate_limit_is_outlived_and_told_when_it_stays(
    backups: CloudBackups, cloud: CloudDatabase, stand_in: StandIn, context: Context
) -> None:
    fault(stand_in, "DescribeBackups", "RequestLimitExceeded", 2)
    assert backups.all(cloud, context).backups
    fault(stand_in, "DescribeBackups", "RequestLimitExceeded", 4)
    with pytest.raises(CloudRefused) as caught:
        backups.all(cloud, context)
    assert "wait a little" in caught.value.hint


def test_a_look_that_fails_keeps_what_was_seen_and_says_why(
    backups: CloudBackups, cloud: CloudDatabase, stand_in: StandIn, context: Context
) -> None:
    before = backups.look(cloud, context)
    fault(stand_in, "DescribeBackups", "AuthFailure.SecretIdNotFound")
    seen = backups.look(cloud, context)
    assert (seen.backups, seen.at) == (before.backups, before.at)
    assert "SecretIdNotFound" in seen.fault
    assert seen.hint
    assert backups.look(cloud, context).fault == ""


def test_another_region_or_instance_is_refused_by_name(
    backups: CloudBackups, stand_in: StandIn, cloud: CloudDatabase, context: Context
) -> None:
    other = CloudDatabase("cdb-other", cloud.region, cloud.secret_id, cloud.endpoint)
    with pytest.raises(CloudRefused, match="InstanceNotFound") as caught:
        backups.all(other, context)
    assert "instance" in caught.value.hint


def test_a_note_that_cannot_be_read_is_only_a_memory(
    backups: CloudBackups, cloud: CloudDatabase, tmp_path: Path, context: Context
) -> None:
    seen = backups.all(cloud, context)
    (tmp_path / "cloud" / "cdb-sandbox1.json").write_text("{", "utf-8")
    assert "cannot be read" in backups.last(cloud).fault
    assert backups.all(cloud, context).backups == seen.backups


# ---------------------------------------------------------------- making


def test_a_backup_is_made_and_followed_to_its_end(
    backups: CloudBackups, cloud: CloudDatabase, stand_in: StandIn
) -> None:
    heard: list[Progress] = []
    context = Context(heard.append)
    made = backups.make(cloud, context, kind="logical", schema="chamber", name="before the release")
    assert (made.state, made.kind, made.method, made.way) == (
        "done", "logical", "partial", "manual",
    )  # fmt: skip
    assert made.title == "before the release"
    assert heard[-1].percent == 100
    assert backups.last(cloud).backups[0] == made


def test_only_one_backup_at_a_time(
    backups: CloudBackups, cloud: CloudDatabase, stand_in: StandIn
) -> None:
    stand_in.behave(backup_seconds=60)
    waiting = Context()
    waiting._report = lambda progress: progress.percent is not None and waiting.cancel()
    with pytest.raises(Cancelled):
        backups.make(cloud, waiting)
    running = backups.last(cloud).running
    assert running is not None
    assert running.state == "running"
    with pytest.raises(BackupBusy) as caught:
        backups.make(cloud, Context())
    assert "already making a backup" in caught.value.message
    assert caught.value.unharmed
    # It went on in the cloud; a program started later can wait for it again.
    stand_in.behave(backup_seconds=0.1)
    assert backups.follow(cloud, running.id, Context()).state == "done"


def test_a_refusal_as_busy_by_tencent_itself_says_the_same(
    backups: CloudBackups, cloud: CloudDatabase, stand_in: StandIn, context: Context
) -> None:
    fault(stand_in, "CreateBackup", "OperationDenied.InstanceTaskRunning")
    with pytest.raises(BackupBusy, match="busy with another task"):
        backups.make(cloud, context)


def test_a_backup_that_fails_is_told(
    backups: CloudBackups, cloud: CloudDatabase, stand_in: StandIn, context: Context
) -> None:
    stand_in.behave(backup_seconds=0.2, backup_fails=True)
    with pytest.raises(OpsError, match="could not finish the backup"):
        backups.make(cloud, context)
    assert backups.last(cloud).backups[0].state == "failed"


def test_a_basic_instance_makes_snapshots_only(
    backups: CloudBackups, cloud: CloudDatabase, stand_in: StandIn, context: Context
) -> None:
    stand_in.behave(backup_seconds=0.1, basic=True)
    with pytest.raises(OpsError, match="cannot make this kind"):
        backups.make(cloud, context, kind="physical")
    made = backups.make(cloud, context, kind="snapshot")
    with pytest.raises(OpsError, match="no file to download"):
        backups.download(cloud, made.id, context)
    assert "no file" in opened_with(made)


def test_one_schema_is_for_logical_backups(
    backups: CloudBackups, cloud: CloudDatabase, context: Context
) -> None:
    with pytest.raises(OpsError, match="Only a logical backup"):
        backups.make(cloud, context, kind="physical", schema="chamber")


def test_a_write_whose_answer_is_lost_is_adopted_not_repeated(
    backups: CloudBackups, cloud: CloudDatabase, monkeypatch: pytest.MonkeyPatch, context: Context
) -> None:
    """The request arrives, the answer does not: what stands there decides."""
    create = tencent_backups.create

    def losing(*words: object) -> int:
        create(*words)  # type: ignore[arg-type]
        raise CloudRefused("CreateBackup", "ClientNetworkError", "no proper answer", "", "cdb")

    monkeypatch.setattr(tencent_backups, "create", losing)
    made = backups.make(cloud, context, name="adopted")
    assert (made.title, made.state) == ("adopted", "done")


def test_a_write_that_never_arrived_is_told(
    backups: CloudBackups, cloud: CloudDatabase, stand_in: StandIn, context: Context
) -> None:
    fault(stand_in, "CreateBackup", "InternalError")
    with pytest.raises(CloudRefused, match="InternalError"):
        backups.make(cloud, context)


# ---------------------------------------------------------------- fetching


def test_a_file_is_fetched_and_proved(
    backups: CloudBackups, cloud: CloudDatabase, context: Context
) -> None:
    listing = backups.all(cloud, context)
    backup = listing.backups[0]
    copy = backups.download(cloud, newest(listing), context)
    content = copy.path.read_bytes()
    known = next(one for one in listing.backups if one.id == newest(listing))
    assert len(content) == known.size
    assert hashlib.md5(content).hexdigest() == copy.md5 == known.md5
    assert (copy.proved, copy.resumed_at, copy.travelled) == (True, 0, known.size)
    assert copy.path.name.startswith(f"cdb-sandbox1-{known.id}-")
    assert backups.last(cloud).copies[known.id] == copy
    assert "xtrabackup" in opened_with(next(o for o in listing.backups if o.kind == "physical"))
    assert backup


def test_a_file_that_is_there_is_proved_again_and_damage_is_seen(
    backups: CloudBackups, cloud: CloudDatabase, context: Context
) -> None:
    number = newest(backups.all(cloud, context))
    path = backups.download(cloud, number, context).path
    again = backups.download(cloud, number, context)
    assert (again.proved, again.travelled) == (True, 0)
    content = bytearray(path.read_bytes())
    content[1000] ^= 1
    path.write_bytes(content)
    assert backups.verify(cloud, number, context).proved is False
    path.unlink()
    with pytest.raises(OpsError, match="not been downloaded"):
        backups.verify(cloud, number, context)


def test_a_cut_line_costs_nothing_that_has_arrived(
    backups: CloudBackups, cloud: CloudDatabase, stand_in: StandIn
) -> None:
    number = newest(backups.all(cloud, Context()))
    stand_in.behave(cut_after=100_000)
    notes: list[str] = []
    copy = backups.download(cloud, number, Context(note=notes.append))
    assert copy.proved
    assert copy.travelled == copy.path.stat().st_size
    assert sum("cut" in line for line in notes) >= 2


def test_a_cancelled_download_goes_on_where_it_stopped(
    backups: CloudBackups, cloud: CloudDatabase, tmp_path: Path, stand_in: StandIn
) -> None:
    number = newest(backups.all(cloud, Context()))
    stand_in.behave(cut_after=150_000)
    context = Context(note=lambda _line: context.cancel())
    with pytest.raises(Cancelled):
        backups.download(cloud, number, context)
    (part,) = (tmp_path / "archives").iterdir()
    assert part.name.endswith(".xb.part")
    begun = part.stat().st_size
    assert begun == 150_000
    stand_in.behave()
    copy = backups.download(cloud, number, Context())
    assert (copy.proved, copy.resumed_at) == (True, begun)
    assert copy.travelled == copy.path.stat().st_size - begun
    assert list((tmp_path / "archives").iterdir()) == [copy.path]


def test_a_server_that_cannot_begin_in_the_middle_costs_time_not_truth(
    backups: CloudBackups, cloud: CloudDatabase, stand_in: StandIn, tmp_path: Path
) -> None:
    number = newest(backups.all(cloud, Context()))
    whole = backups.download(cloud, number, Context(), out=tmp_path / "first.xb")
    part = tmp_path / "second.xb.part"
    part.write_bytes(whole.path.read_bytes()[:1234])
    stand_in.behave(ranges=False)
    copy = backups.download(cloud, number, Context(), out=tmp_path / "second.xb")
    assert copy.proved
    assert copy.path.read_bytes() == whole.path.read_bytes()


def test_an_expired_address_is_replaced_on_the_way(
    backups: CloudBackups, cloud: CloudDatabase, monkeypatch: pytest.MonkeyPatch, stand_in: StandIn
) -> None:
    number = newest(backups.all(cloud, Context()))
    fresh, given = tencent_backups.address, list[str]()

    def address(*words: object) -> str:
        url = fresh(*words)  # type: ignore[arg-type]
        # The first is one whose end has come, although it does not say so.
        given.append(url.replace("q-signature=", "q-signature=0") if not given else url)
        return given[-1]

    monkeypatch.setattr(tencent_backups, "address", address)
    notes: list[str] = []
    copy = backups.download(cloud, number, Context(note=notes.append))
    assert copy.proved
    assert len(given) == 2
    assert any("expired" in line for line in notes)
    assert not any("q-sign" in line for line in notes)


def test_an_address_about_to_end_is_not_used(
    backups: CloudBackups, cloud: CloudDatabase, stand_in: StandIn
) -> None:
    number = newest(backups.all(cloud, Context()))
    stand_in.behave(address_seconds=0)
    with pytest.raises(download.AddressRefused) as caught:
        backups.download(cloud, number, Context())
    assert caught.value.unharmed
    assert "q-sign" not in f"{caught.value.message}{caught.value.hint}{caught.value.__cause__}"


def test_a_wrong_md5_leaves_no_file(
    backups: CloudBackups, cloud: CloudDatabase, stand_in: StandIn, tmp_path: Path
) -> None:
    stand_in.behave(backup_seconds=0.05, backup_bytes=SIZE, wrong_md5=True)
    made = backups.make(cloud, Context())
    with pytest.raises(ProofFailed, match="does not have the MD5"):
        backups.download(cloud, made.id, Context())
    assert list((tmp_path / "archives").iterdir()) == []


def test_a_full_disk_keeps_what_has_arrived(
    backups: CloudBackups,
    cloud: CloudDatabase,
    full_disk: AbstractContextManager[None],
    tmp_path: Path,
) -> None:
    number = newest(backups.all(cloud, Context()))
    (tmp_path / "archives").mkdir()
    connect = backups._connect(cloud)
    known = next(one for one in backups.last(cloud).backups if one.id == number)
    path = tmp_path / "archives" / "file.xb"

    def fetch() -> download.Fetched:
        return download.fetch(
            lambda: tencent_backups.address(connect, cloud.instance, number, Context()),
            path,
            known.size,
            known.md5,
            Context(),
        )

    with full_disk, pytest.raises(OpsError, match="could not be written") as caught:
        fetch()
    assert "goes on" in caught.value.hint
    assert not path.exists()
    assert fetch().proved


def test_a_disk_without_room_is_refused_before_the_start(
    backups: CloudBackups, cloud: CloudDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = newest(backups.all(cloud, Context()))
    monkeypatch.setattr(download, "_RESERVE", 1 << 60)
    with pytest.raises(OpsError, match="MB free"):
        backups.download(cloud, number, Context())


def test_downloads_only_inside_the_cloud_are_said_plainly(
    backups: CloudBackups, cloud: CloudDatabase, stand_in: StandIn, context: Context
) -> None:
    stand_in.behave(download="LimitOnlyIntranet")
    listing = backups.all(cloud, context)
    assert listing.access == "intranet"
    with pytest.raises(OpsError, match="only inside Tencent's own network"):
        backups.download(cloud, newest(listing), context)


def test_archived_unfinished_and_unknown_backups_are_refused(
    backups: CloudBackups, cloud: CloudDatabase, stand_in: StandIn, context: Context
) -> None:
    number = newest(backups.all(cloud, context))
    stand_in.behave(archived=True)
    with pytest.raises(OpsError, match="archive storage"):
        backups.download(cloud, number, context)
    stand_in.behave()
    with pytest.raises(OpsError, match="has no backup 1"):
        backups.download(cloud, 1, context)


def test_a_cloud_that_does_not_answer_is_told(
    backups: CloudBackups, cloud: CloudDatabase, memory_keyring: MemoryKeyring, context: Context
) -> None:
    dead = CloudDatabase("cdb-x", cloud.region, cloud.secret_id, f"http://127.0.0.1:{free_port()}")
    with pytest.raises(CloudRefused) as caught:
        backups.all(dead, context)
    assert caught.value.code == "ClientNetworkError"
