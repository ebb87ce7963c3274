"""The sandbox's site as a customer has it: served from a release over a link, with its database
and its server, and a home in which the contract names all three."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from importlib.resources import as_file, files
from pathlib import Path

import httpx

from databases import query
from gmops_desktop.adapters import host_keys, ssh
from gmops_desktop.addresses import ProgramFiles
from gmops_desktop.assembly import Services
from gmops_desktop.context import Context
from gmops_desktop.services.contracts import Contracts
from released import write
from sandbox import site_data
from sandbox.database import SITE_SCHEMA
from sandbox.mariadb import MariaDB
from sandbox.site_release import HOURS
from sandbox.sshd import Sshd
from sandbox.website import Website


@dataclass
class Site:
    """The servers; `sshd` is the machine whose files the website serves."""

    mariadb: MariaDB
    sshd: Sshd
    website: Website

    @property
    def secrets(self) -> dict[str, str]:
        """The secrets that reach them, by their names in the keyring."""
        return {self.mariadb.address().secret_name: self.mariadb.password("ops_backup")}

    @property
    def log(self) -> Path:
        """What the website was asked, and what it answered."""
        return self.website.folder / "access.log"

    def enter(self, services: Services) -> None:
        """Record a contract of now, its people and these servers, whose keys are trusted."""
        today = datetime.now(UTC).date()
        month = timedelta(days=30)
        services.contracts.save_contract(
            replace(
                Contracts.example(), start=today - month, end=today + 10 * month, two_person=False
            )
        )
        people = (("李慧敏", "A", "designated"), ("陈志远", "B", "project_manager"))
        for person, party, post in people:
            services.contracts.add_contact(person, party, valid_from=today, post=post)  # type: ignore[arg-type]
        save = services.contracts.save_resource
        save("host", "web1", self.sshd.address)
        save("mysql", "chamber", self.mariadb.address())
        program = ProgramFiles(self.sshd.address, (str(self.website.program),), ("*.log",))
        save("website", "官网", replace(self.website.plain_address, program=program))
        known = services.home.known_hosts
        key = ssh.host_key(self.sshd.address, Context(), known_hosts=known)
        host_keys.trust(self.sshd.address, key, known)

    def served(self) -> str:
        """Return which release every page shows; a mix or a fault fails the test."""
        found = set()
        for path in ("", "members", "article/1"):
            answer = httpx.get(f"{self.website.plain_address.url}{path}", trust_env=False)
            assert answer.status_code == 200, answer.text
            found.add("2.0" if HOURS in answer.text else "1.0")
        (release,) = found
        return release

    def tables(self) -> set[str]:
        return {row[0] for row in query(self.mariadb, SITE_SCHEMA, "SHOW TABLES")}

    def statuses(self, since: int) -> set[str]:
        """Return which answers the website gave since its log had `since` bytes."""
        lines = self.log.read_bytes()[since:].decode().splitlines()
        return {line.rsplit('HTTP/1.1" ', 1)[1].split()[0] for line in lines}


@contextmanager
def running(folder: Path) -> Iterator[Site]:
    """Start the servers in `folder`; the site is `site/program`, a link to `releases/1.0`."""
    homes = {"GMOPS_RUNS": str(folder / "runs"), "GMOPS_CHANGES": str(folder / "changes")}
    first = folder / "site" / "releases" / "1.0"
    with as_file(files("sandbox.site") / "program") as program:
        shutil.copytree(program, first)
    write(first, {"uploads/logo.png": b"a picture"})
    (folder / "site" / "program").symlink_to("releases/1.0")
    with (
        MariaDB(folder / "mariadb") as mariadb,
        Sshd(folder / "sshd", environment=homes) as sshd,
    ):
        site_data.seed(mariadb, site_data.SMALL)
        with Website(folder / "site", mariadb) as website:
            yield Site(mariadb, sshd, website)
