"""A resource's own thresholds: on record, checked, and used by the next look."""

from __future__ import annotations

import pytest

from db.engine import Database
from db.journal import Journal
from gmops_desktop.addresses import Resource, SshAddress
from gmops_desktop.context import Context
from gmops_desktop.contract.looks import Disk, HostDetails
from gmops_desktop.contract.thresholds import LIMITS, Limit
from gmops_desktop.errors import OpsError
from gmops_desktop.services.contracts import Contracts
from gmops_desktop.services.limits import Limits
from gmops_desktop.services.servers import Servers

GB = 10**9
HALF_FULL = HostDetails(
    system="Debian 12", kernel="6.1", boot_id="b", uptime_seconds=86400.0, cores=8, cpu=10.0,
    iowait=0.0, steal=0.0, memory_total=8 * GB, memory_available=4 * GB, swap_total=0, swap_free=0,
    load1=1.0, load5=1.0, disks=(Disk("/", "/dev/vda1", 100 * GB, 50 * GB, 50 * GB, 50.0),),
    disk_busy=1.0, out_mbit=2.0, in_mbit=1.0, failed_units=(), oom_kills=0, clock_seconds=0.0,
)  # fmt: skip


@pytest.fixture
def journal(database: Database) -> Journal:
    return Journal(database, actor=lambda: "Zhang")


@pytest.fixture
def host(database: Database, journal: Journal) -> Resource:
    return Contracts(database, journal).save_resource("host", "web1", SshAddress("web1"))


@pytest.fixture
def limits(database: Database, journal: Journal) -> Limits:
    return Limits(database, journal)


def test_what_is_set_is_used_by_the_next_look_and_can_be_taken_back(
    database: Database, limits: Limits, host: Resource
) -> None:
    servers = Servers(
        database,
        look_host=lambda address, context: HALF_FULL,
        look_mysql=lambda address, context: pytest.fail("not asked for"),
        look_web=lambda address, context: pytest.fail("not asked for"),
        look_account=lambda address, context, before: pytest.fail("not asked for"),
        look_cloud=lambda address, context: pytest.fail("not asked for"),
    )

    def look() -> str:
        [seen] = servers.look([host], Context())
        return seen.state

    assert look() == "ok"
    limits.set(host, "memory", Limit((40, 30), (98, 90)))
    assert look() == "warning"
    assert limits.own(host) == {"memory": Limit((40, 30), (98, 90))}
    limits.reset(host, "memory")
    assert look() == "ok"
    assert limits.of(host)["memory"] == LIMITS["memory"]


def test_a_disk_is_judged_by_what_was_set_for_disks(limits: Limits, host: Resource) -> None:
    limits.set(host, "disk", Limit((70, 60), (80, 75)))
    assert limits.of(host)["disk"].warning == (70, 60)


def test_what_makes_no_sense_or_does_not_belong_there_is_refused(
    limits: Limits, host: Resource, journal: Journal
) -> None:
    before = len(journal.entries("resource"))
    with pytest.raises(OpsError, match="cannot work"):
        limits.set(host, "memory", Limit((40, 40)))
    with pytest.raises(OpsError, match="tls_days") as caught:
        limits.set(host, "tls_days", Limit((30, 31)))
    assert "cpu" in caught.value.hint
    limits.reset(host, "cpu")
    assert len(journal.entries("resource")) == before, "nothing changed, nothing is on record"


def test_another_device_has_them_too(database: Database, limits: Limits, host: Resource,
                                     journal: Journal) -> None:  # fmt: skip
    limits.set(host, "cpu", Limit((50, 40), None, 5))
    journal.rebuild()
    assert limits.own(host) == {"cpu": Limit((50, 40), None, 5)}
