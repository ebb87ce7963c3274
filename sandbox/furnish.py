"""The record of a sandbox's home: the example contract, renewed for this year, and the sandbox's
servers as the things looked after under it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from gmops_desktop.addresses import Address, Kind, address_to_dict
from gmops_desktop.contract.terms import Contract
from gmops_desktop.paths import Home, write_atomically
from gmops_desktop.settings import SettingsFile

# Data of the example like its contract, therefore in the contract's language.
NAMES: Mapping[Kind, str] = {
    "host": "云服务器 8核8G-5M",
    "mysql": "云数据库 chamber",
    "website": "官网",
    "account": "公众号",
    "cloud": "腾讯云",
}
# The one of the example's people who works at the sandbox's machine.
ON_DUTY = "张伟"
DESK = "运维工作站"  # what the journal calls that machine
RENEWED = "01620000-0000-7000-8000-000000000002"


def furnish(home: Home, note: Path, servers: Mapping[Kind, Address]) -> None:
    """Record the example contract and `servers` in `home`, unless that has been done.

    `note` remembers which resources are ours: after a change of ports the same ones get their new
    addresses, and what somebody removed is not put back.
    """
    known: dict[str, dict[str, Any]] = {}
    if note.exists() and home.store.exists():
        known = json.loads(note.read_text("utf-8"))
    wanted = {kind: address_to_dict(address) for kind, address in servers.items()}
    if {kind: entry["address"] for kind, entry in known.items()} == wanted:
        return

    # Here, because they take a second that a start with nothing to record need not spend.
    from db.engine import Database
    from db.journal import Journal
    from gmops_desktop.services.contracts import Contracts

    database = Database(home.store)
    try:
        contracts = Contracts(
            database, Journal(database, actor=lambda: "sandbox", device_name=DESK)
        )
        contracts.save_contract(renewed(contracts.load_example(), date.today()))
        there = {resource.id for resource in contracts.resources()}
        for kind, address in servers.items():
            id = known.get(kind, {}).get("id", "")
            if not id or id in there:
                id = contracts.save_resource(kind, NAMES[kind], address, id).id
            known[kind] = {"id": id, "address": wanted[kind]}
    finally:
        database.close()
    settings = SettingsFile(home.settings)
    if not settings.current.actor:
        settings.change(actor=ON_DUTY)
    write_atomically(note, json.dumps(known, ensure_ascii=False, indent=1).encode())


def renewed(example: Contract, today: date) -> Contract:
    """Return the example contract as it would have been renewed for the year of `today`.

    The example ended in 2019; on a contract long over there is nothing to see but what is missing.
    """
    year = today.year if today >= example.start.replace(year=today.year) else today.year - 1
    return replace(
        example,
        id=RENEWED,
        number=f"GMGSL-YW-{year}-01",
        start=example.start.replace(year=year),
        end=example.end.replace(year=year + 1),
        signed_on=example.start.replace(year=year),
        paid_on=example.paid_on.replace(year=year) if example.paid_on else None,
        renews=example.id,
    )
