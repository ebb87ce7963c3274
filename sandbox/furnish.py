"""The record of a sandbox's home: the example contract, and the sandbox's servers as the things
looked after under it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gmops_desktop.addresses import Address, Kind, address_to_dict
from gmops_desktop.paths import Home, write_atomically

# Data of the example like its contract, therefore in the contract's language.
NAMES: Mapping[Kind, str] = {
    "host": "云服务器 8核8G-5M",
    "mysql": "云数据库 chamber",
    "website": "官网",
    "account": "公众号",
}


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
        contracts = Contracts(database, Journal(database, actor=lambda: "sandbox"))
        contracts.load_example()
        there = {resource.id for resource in contracts.resources()}
        for kind, address in servers.items():
            id = known.get(kind, {}).get("id", "")
            if not id or id in there:
                id = contracts.save_resource(kind, NAMES[kind], address, id).id
            known[kind] = {"id": id, "address": wanted[kind]}
    finally:
        database.close()
    write_atomically(note, json.dumps(known, ensure_ascii=False, indent=1).encode())
