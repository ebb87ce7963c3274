"""A cloud account in good order, for tests to put one thing wrong in it."""

from __future__ import annotations

from gmops_desktop.contract.looks import CloudDetails
from gmops_desktop.contract.looks.clouds import (
    CloudCertificate,
    CloudDisk,
    CloudDomain,
    CloudInstance,
    CloudServer,
    RunsOut,
)

TODAY = "2018-11-22"
SERVER = CloudServer(
    "ins-1", "web", "ap-guangzhou", "RUNNING", "NORMAL", True, "2019-03-05", False, 8, 8, 5,
    ("203.0.113.10", "10.0.0.5"),
)  # fmt: skip
INSTANCE = CloudInstance(
    "cdb-1", "chamber", "ap-guangzhou", 1, True, "2019-03-01", False, "5.7", 1000, 50,
    "10.0.0.12", 3306,
)  # fmt: skip
DISK = CloudDisk(
    "disk-1", "system", "ap-guangzhou", "SYSTEM_DISK", "ATTACHED", 100, "ins-1", True,
    "2019-03-05", False, True, 1, "2018-11-21",
)  # fmt: skip
CERTIFICATE = CloudCertificate("c1", "site", ("chamber.example",), "2019-02-01", 1, "issued")
DOMAIN = CloudDomain("chamber.example", "2019-06-01", "ok")
RUNS_OUT = (
    RunsOut("certificate", "c1", "chamber.example", "2019-02-01", "Tencent Cloud"),
    RunsOut("database", "cdb-1", "chamber", "2019-03-01", "Tencent Cloud"),
    RunsOut("cvm", "ins-1", "web", "2019-03-05", "Tencent Cloud"),
)


def calm_cloud() -> CloudDetails:
    """Everything is known and in order."""
    return CloudDetails(
        TODAY, (SERVER,), (INSTANCE,), (DISK,), 1, (CERTIFICATE,), (DOMAIN,), 128_450, 0, (),
        RUNS_OUT,
    )  # fmt: skip
