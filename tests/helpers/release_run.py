"""A program of its own that runs a release, so that it can be killed at any moment:

python tests/helpers/release_run.py < ORDER.json
"""

from __future__ import annotations

import json
import sys
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

from db.engine import Database
from gmops_desktop.adapters import mysql
from gmops_desktop.addresses import MysqlAddress, Resource, SshAddress
from gmops_desktop.context import Context
from gmops_desktop.services.backups import Backups
from gmops_desktop.services.restores import Restores
from gmops_desktop.ways_back import release_database
from released import Queued, Releasing, Server


def at_work(order: dict[str, Any], database: Database) -> Releasing:
    """Return the work of releases as an order describes it; any number may be made of one."""
    folder = Path(order["folder"])
    server = Server.__new__(Server)
    server.folder, server.known = folder, folder / "known_hosts"
    server.address = SshAddress(**order["ssh"])
    server.host = Resource(order["host"], "host", "web1", server.address)

    def connect(address: MysqlAddress, context: Context) -> mysql.MysqlConnection:
        return mysql.connect(address, context, password=order["password"])

    backups = Backups(database, connect, lambda: folder / "archives")
    restores = Restores(database, connect, partial(backups.take, purpose="safety"))
    ways = release_database(connect, backups, restores, order.get("device", "desk"))
    return Releasing(server, ways, MysqlAddress(**order["mysql"]))


def main() -> None:
    order = json.load(sys.stdin)
    with closing(Database(Path(order["store"]))) as database:
        work = at_work(order, database)
        change = Queued("release", "", work.server.host, order["plan"], "", order["change"])
        sys.stdout.write("begun\n")
        sys.stdout.flush()
        work.run(change, order["purpose"], run_id=order["run"])


if __name__ == "__main__":
    main()
