"""The checks of Apache, PHP-FPM, MariaDB, MySQL and sshd by their own programs, on their own paths;
and a change of sshd's own file that would shut us out."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from gmops_desktop.adapters.vault import Vault
from gmops_desktop.context import Context
from gmops_desktop.contract.configuration_checks import is_way_in, service_of
from gmops_desktop.contract.releases import configuration_from_dict
from gmops_desktop.contract.runs import RunLook
from gmops_desktop.errors import OpsError
from gmops_desktop.services.patches.configurations import Configurations
from released import Queued, Server
from sandbox import mysql56
from sandbox.processes import find_tool
from sandbox.sshd import Sshd

pytestmark = [
    pytest.mark.servers,
    pytest.mark.skipif(os.geteuid() != 0, reason="mounts need root"),
]

ETC = ("apache2", "php", "mysql", "ssh")
SSHD = "/etc/ssh/sshd_config"


class Machine(Sshd):
    """A server that reads its own /etc/ssh/sshd_config; of what its programs read in /etc it has
    copies, which stand there for whoever logs in."""

    @property
    def etc(self) -> Path:
        return self.folder / "etc"

    @property
    def reload(self) -> str:
        return f"kill -HUP $(cat {self.folder / 'sshd.pid'})"

    def _words(self, port: int) -> list[str]:
        if not self.etc.exists():
            for name in ETC:
                shutil.copytree(Path("/etc", name), self.etc / name, symlinks=True)
        options = [one for one in super()._words(port)[5::2]]
        lines = [option.replace("=", " ", 1) for option in options]
        (self.etc / "ssh" / "sshd_config").write_text("\n".join([*lines, ""]))
        return ["-D", "-e"]


def inside(folder: Path):
    """Return what runs words where the copies stand in /etc."""
    binds = " && ".join(f"mount --bind {folder}/etc/{name} /etc/{name}" for name in ETC)

    def words(command):
        return [
            str(find_tool("unshare", "util-linux")),
            "-m",
            "sh",
            "-c",
            f'{binds} && exec "$@"',
            "sh",
            *command,
        ]

    return words


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    place = tmp_path_factory.mktemp("machine")
    homes = {"GMOPS_RUNS": str(place / "runs"), "GMOPS_CHANGES": str(place / "changes")}
    with Machine(place / "sshd", environment=homes, inside=inside(place / "sshd")) as machine:
        yield machine


class Desk:
    """The work of configurations on the machine; a lock-out is taken back after two seconds."""

    def __init__(self, machine: Machine, folder: Path) -> None:
        self.machine = machine
        self.server = Server(folder, machine)
        add = lambda kind, title, resource, plan, *, ticket="": Queued(  # noqa: E731
            kind, title, resource, plan, ticket
        )
        self.work = Configurations(self.server.open, Vault(), add, way_in=2)  # type: ignore[arg-type]
        self.notes: list[str] = []

    def text(self, path: str) -> str:
        return (self.machine.etc / path.removeprefix("/etc/")).read_text()

    def queue(self, path: str, text: str, **more: str) -> Queued:
        queued: object = self.work.queue(self.server.host, path, text, Context(), **more)
        assert isinstance(queued, Queued)
        return queued

    def run(self, change: Queued, purpose: str = "apply") -> RunLook:
        context = Context(note=self.notes.append)
        run_id = change.id.replace("-", "")[:20] + purpose
        host, plan = self.server.host, change.plan
        if purpose == "apply":
            self.work.prepare(host, plan, change.id, context)
        self.work.start(host, plan, change.id, run_id, purpose, context)  # type: ignore[arg-type]
        for _ in range(1200):
            try:
                look = self.server.look_run(host, run_id, 0, Context())
            except OpsError:  # sshd is just reading its file anew
                Context().wait(0.05)
                continue
            if look.ended:
                return look
            Context().wait(0.05)
        raise AssertionError(run_id)


@pytest.fixture
def desk(machine: Machine, tmp_path: Path) -> Desk:
    return Desk(machine, tmp_path)


def pool() -> str:
    """Return the pool of the PHP-FPM that is installed."""
    return str(next(Path("/etc/php").glob("*/fpm/pool.d/www.conf")))


@pytest.mark.parametrize(
    ("path", "good", "bad", "said"),
    [
        ("/etc/apache2/conf-available/charset.conf", "AddDefaultCharset UTF-8\n",
         "AddDefaultCharsets UTF-8\n", "Invalid command 'AddDefaultCharsets'"),
        ("", "pm.max_children = 6\n", "pm.max_children = 0\n", "max_children must be"),
        ("/etc/mysql/conf.d/mysql.cnf", "[mysqld]\nmax_connections=200\n",
         "[mysqld]\nmax_conections=200\n", "unknown variable 'max_conections=200'"),
        ("/etc/mysql/conf.d/mysql.cnf", "[mysqld]\ninnodb_flush_method=O_DIRECT\n",
         "[mysqld]\ninnodb_flush_method=never\n", "Error while setting value 'never'"),
        (SSHD, "LoginGraceTime 60\n", "LoginGraceTimes 60\n",
         "Bad configuration option: LoginGraceTimes"),
    ],
)  # fmt: skip
def test_the_programs_themselves_judge(
    desk: Desk, path: str, good: str, bad: str, said: str
) -> None:
    path = path or pool()
    before = desk.text(path)
    with pytest.raises(OpsError, match="does not accept") as refused:
        desk.queue(path, before + bad)
    assert said in refused.value.message
    assert desk.text(path) == before
    change = desk.queue(path, before + good, reload=desk.machine.reload if path == SSHD else "")
    plan = configuration_from_dict(change.plan)
    warned = [note for note in plan.notes if "has no check of its configuration" in note]
    assert bool(warned) == ("mysql" in path)  # MariaDB can only be asked for its options
    look = desk.run(change)
    assert (look.state, look.why) == ("done", ""), look.log
    assert desk.text(path) == before + good
    assert desk.run(change, "rollback").state == "done"
    assert desk.text(path) == before


def test_an_old_mysql_is_not_asked_for_what_it_cannot(desk: Desk, tmp_path: Path) -> None:
    """MySQL 5.6 knows no --validate-config: asked for that, it would refuse every file."""
    assert mysql56.fetched()
    home, path = mysql56.binaries(), "/etc/mysql/conf.d/mysql.cnf"
    program = tmp_path / "mysqld"
    program.write_text(
        f"""#!/bin/sh
        [ "$1" = --no-defaults ] || set -- --defaults-file={path} "$@"
        LD_LIBRARY_PATH={home} exec {home}/mysqld "$@" --basedir={home} \\
            --lc-messages-dir={home}/share
        """
    )
    program.chmod(0o755)
    service = service_of(path)
    assert service is not None
    check = f"PATH={tmp_path}:$PATH; {service.check}"
    before = desk.text(path)
    change = desk.queue(path, f"{before}[mysqld]\nmax_connections=200\n", check=check)
    assert "has no check of its configuration" in str(change.plan["notes"])
    with pytest.raises(OpsError, match="unknown variable 'max_conections=200'"):
        desk.queue(path, f"{before}[mysqld]\nmax_conections=200\n", check=check)


@pytest.mark.parametrize("wrong", ["AllowUsers nobody\n", "Port 1\n"])
def test_who_is_shut_out_gets_the_old_file_back(desk: Desk, wrong: str) -> None:
    """sshd accepts the file, and lets nobody in any more; the connection that stands proves
    nothing.  The server takes it back by itself."""
    before = desk.text(SSHD)
    text = before
    if wrong.startswith("Port"):
        text = "".join(line for line in before.splitlines(keepends=True)
                       if not line.startswith("Port"))  # fmt: skip
    change = desk.queue(SSHD, wrong + text, reload=desk.machine.reload)
    plan = configuration_from_dict(change.plan)
    assert plan.way_in
    assert any("may shut us out" in note for note in plan.notes)
    with desk.server.open(desk.server.address, Context()) as standing:
        look = desk.run(change)
        assert standing.run("true", Context())[0] == 0
    assert look.state == "failed"
    assert "nobody could log in anew within 2 seconds: the old file stands again" in look.why
    assert desk.text(SSHD) == before
    assert any("puts the old file back" in note for note in desk.notes)
    assert desk.run(change, "rollback").state == "done"  # we are let in again; it is back already


def test_a_harmless_change_of_the_way_in_is_proved_by_a_new_login(desk: Desk) -> None:
    before = desk.text(SSHD)
    change = desk.queue(SSHD, f"{before}ClientAliveInterval 60\n", reload=desk.machine.reload)
    look = desk.run(change)
    assert (look.state, look.why) == ("done", ""), look.log
    assert "logged in anew" in look.log
    assert [step.key for step in look.steps][-3:] == ["reload", "way_in", "proof"]
    back = desk.run(change, "rollback")
    assert back.state == "done"
    assert "way_in" not in [step.key for step in back.steps]  # what was there has let us in


def test_what_may_shut_us_out_is_known() -> None:
    for path in (SSHD, "/etc/ssh/sshd_config.d/10-ops.conf", "/root/.ssh/authorized_keys",
                 "/etc/nftables.conf", "/etc/pam.d/sshd", "/etc/hosts.deny"):  # fmt: skip
        assert is_way_in(path), path
    for path in ("/etc/nginx/nginx.conf", "/etc/hosts", "/etc/pam.d/cron"):
        assert not is_way_in(path), path


def test_the_copies_are_the_machines_alone() -> None:
    """What this file does stands in no file of the system that runs it."""
    for name in ETC:
        ran = subprocess.run(["grep", "-rlE", "max_conections|AddDefaultCharsets", f"/etc/{name}"],
                             capture_output=True)  # fmt: skip
        assert ran.stdout == b"", name
