"""What was stored by older versions stays readable; drift names every difference."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

from gmops_desktop.contract.updates import (
    Inventory,
    Plan,
    Update,
    drift,
    inventory_from_dict,
    plan_from_dict,
    to_dict,
)

AT = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
BASH = Update("bash", "amd64", "5.1-1", "5.1-2", "Debian-Security:12/stable-security", True)
RICH = replace(BASH, severity="high", cves=("CVE-2026-1", "CVE-2026-2"), advisory="X-1", bytes=42)
# As the first version of the program wrote them.
OLD_UPDATE = {
    "name": "bash",
    "arch": "amd64",
    "old": "5.1-1",
    "new": "5.1-2",
    "origin": "Debian-Security:12/stable-security",
    "security": True,
}
OLD_INVENTORY = {
    "resource_id": "h",
    "at": AT.isoformat(),
    "manager": "apt",
    "system": "Debian GNU/Linux 12 (bookworm)",
    "updates": [OLD_UPDATE],
    "held": ["nginx"],
    "kept_back": ["redis-server"],
    "reboot_required": None,
    "automatic": False,
    "unknown": "",
}
OLD_PLAN = {
    "packages": [OLD_UPDATE],
    "installs": [],
    "removes": [],
    "services": [],
    "reboot": None,
    "text": "Inst bash",
    "simulated_at": AT.isoformat(),
}


def test_what_an_older_version_stored_is_read() -> None:
    found = inventory_from_dict(OLD_INVENTORY)
    assert found.updates == (BASH,)
    assert (found.held, found.kept_back) == (("nginx",), ("redis-server",))
    plan = plan_from_dict(OLD_PLAN)
    assert plan.packages == (BASH,)
    assert (plan.manager, plan.download_bytes, plan.obsoletes) == ("apt", None, ())


def test_everything_survives_the_store() -> None:
    found = Inventory("h", AT, "dnf", "Rocky 9", (RICH, BASH), (), (), True, None, "", AT, ("a",))
    assert inventory_from_dict(json.loads(json.dumps(to_dict(found)))) == found
    plan = Plan((RICH,), ("new 1",), ("old",), (), True, "…", AT, 5, "dnf", 7, ("a by b",))
    assert plan_from_dict(json.loads(json.dumps(to_dict(plan)))) == plan


def test_what_another_package_replaces_is_drift() -> None:
    approved = plan_from_dict(OLD_PLAN)
    now = replace(approved, obsoletes=("iptables by nftables",))
    assert drift(approved, now) == ("+ iptables by nftables (obsoleted)",)
    assert drift(now, approved) == ("- iptables by nftables (obsoleted)",)
