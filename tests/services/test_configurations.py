"""Changes of configuration at a real nginx: judged, replaced as a whole, read anew, put back."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from db.ids import uuid7
from gmops_desktop.adapters.vault import Vault
from gmops_desktop.context import Context
from gmops_desktop.contract.configuration_checks import service_of
from gmops_desktop.contract.releases import configuration_from_dict, plan_to_dict
from gmops_desktop.contract.runs import RunLook
from gmops_desktop.errors import OpsError
from gmops_desktop.services.patches.configurations import Configurations
from released import Queued, Server
from sandbox.processes import find_tool
from sandbox.server import Server as SandboxServer
from sandbox.sshd import Sshd

pytestmark = pytest.mark.servers

ROOT_ONLY = pytest.mark.skipif(os.geteuid() != 0, reason="mounts and other accounts need root")
SITE = """# the site
server {{
    listen 127.0.0.1:{port};
    location / {{ return 200 "one"; }}
    location /api {{ proxy_set_header X-Token "{token}"; return 200 "api"; }}
}}
"""
TOKEN = "t0ken-of-the-site"


class Nginx(SandboxServer):
    """A real nginx on a port of its own; its site is `available/site`, linked from `enabled`."""

    name = "nginx"

    @property
    def conf(self) -> Path:
        return self.folder / "nginx.conf"

    @property
    def site(self) -> Path:
        return self.folder / "enabled" / "site"

    @property
    def check(self) -> str:
        return f"{self._program} -t -q -e stderr -c {self.conf}"

    @property
    def reload(self) -> str:
        return f"{self._program} -e stderr -c {self.conf} -s reload"

    @property
    def _program(self) -> str:
        return str(find_tool("nginx", "nginx-light"))

    def asked(self, path: str = "") -> str:
        return httpx.get(f"http://127.0.0.1:{self.port}/{path}", trust_env=False).text

    def serves(self, wanted: str) -> None:
        """Wait until it answers so: a reload takes effect when the old workers have left."""
        for _ in range(600):
            if self.asked() == wanted:
                return
            Context().wait(0.02)
        raise AssertionError(self.asked())

    def _start(self) -> None:
        def words(port: int) -> list[str | Path]:
            for name in ("available", "enabled"):
                (self.folder / name).mkdir(exist_ok=True)
            (self.folder / "available" / "site").write_text(SITE.format(port=port, token=TOKEN))
            if not self.site.is_symlink():
                self.site.symlink_to("../available/site")
            user = "user root;" if os.geteuid() == 0 else ""
            self.conf.write_text(
                f"{user} daemon off; pid {self.folder}/pid; worker_processes 1; events {{}}\n"
                f"http {{ access_log off; client_body_temp_path {self.folder}/body;\n"
                f"proxy_temp_path {self.folder}/proxy; fastcgi_temp_path {self.folder}/fastcgi;\n"
                f"uwsgi_temp_path {self.folder}/uwsgi; scgi_temp_path {self.folder}/scgi;\n"
                f"include {self.folder}/enabled/*; }}\n"
            )
            return [self._program, "-e", "stderr", "-c", self.conf]

        self._listen(words)


@dataclass
class Desk:
    """The work of configurations on a server, and what it queued."""

    server: Server
    work: Configurations = field(init=False)

    def __post_init__(self) -> None:
        self.work = Configurations(
            self.server.open,
            Vault(),
            lambda kind, title, resource, plan, *, ticket="": Queued(  # type: ignore[arg-type,return-value]
                kind, title, resource, plan, ticket
            ),
        )

    def queue(self, path: Path, text: str, **more: Any) -> Queued:
        queued: Any = self.work.queue(self.server.host, str(path), text, Context(), **more)
        return queued

    def prepare(self, change: Queued):
        return self.work.prepare(self.server.host, change.plan, change.id, Context())

    def play(self, change: Queued):
        return self.work.play(self.server.host, change.plan, Context())

    def run(self, change: Queued, purpose: Any = "apply") -> RunLook:
        run_id = uuid7()
        self.work.start(self.server.host, change.plan, change.id, run_id, purpose, Context())
        for _ in range(1200):
            look = self.server.look_run(self.server.host, run_id, 0, Context())
            if look.ended:
                return look
            Context().wait(0.05)
        raise AssertionError(look)


@pytest.fixture(scope="module")
def nginx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nginx]:
    with Nginx(tmp_path_factory.mktemp("nginx")) as server:
        yield server


@pytest.fixture(scope="module")
def sshd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    place = tmp_path_factory.mktemp("configurations")
    homes = {"GMOPS_RUNS": str(place / "runs"), "GMOPS_CHANGES": str(place / "changes")}
    with Sshd(place / "sshd", environment=homes) as server:
        yield server


@pytest.fixture
def desk(tmp_path: Path, sshd: Sshd) -> Desk:
    return Desk(Server(tmp_path, sshd))


@pytest.fixture
def site(nginx: Nginx) -> Iterator[Path]:
    """The site's file, as it was at first, and nginx that serves it."""
    real = nginx.folder / "available" / "site"
    real.write_text(SITE.format(port=nginx.port, token=TOKEN))
    real.chmod(0o640)
    subprocess.run(nginx.reload, shell=True, check=True, capture_output=True)  # noqa: S602
    nginx.serves("one")
    yield nginx.site
    for left in real.parent.glob(".site.gmops*"):
        raise AssertionError(left)


def commands(nginx: Nginx) -> dict[str, str]:
    return {"check": nginx.check, "reload": nginx.reload}


def test_there_and_back(desk: Desk, nginx: Nginx, site: Path) -> None:
    subprocess.run(["setfacl", "-m", "u:daemon:r", site.resolve()], check=True)
    if os.geteuid() == 0:
        os.chown(site.resolve(), 33, 33)
    before = site.read_bytes()
    process = nginx.process
    change = desk.queue(site, before.decode().replace('"one"', '"two"'), **commands(nginx))
    plan = configuration_from_dict(change.plan)
    assert (change.kind, change.title) == ("configuration", f"Configuration {site} on web1")
    assert plan.real == str(site.resolve())
    assert plan_to_dict(configuration_from_dict(plan_to_dict(plan))) == plan_to_dict(plan)
    assert '-    location / { return 200 "one"; }\n+    location / { return 200 "two"; }\n' in (
        plan.diff
    )
    played = desk.play(change)
    assert (played.differs, played.health) == ((), "")
    assert not desk.prepare(change).why_not
    assert site.read_bytes() == before

    look = desk.run(change)
    assert (look.state, look.why) == ("done", ""), look.log
    assert [step.key for step in look.steps] == [
        "stands", "build", "check", "replace", "check_in_place", "reload", "proof",
    ]  # fmt: skip
    nginx.serves("two")
    assert nginx.process == process
    assert process
    assert process.alive()  # reloaded, not restarted
    assert site.is_symlink()
    assert site.stat().st_mode & 0o777 == 0o640
    acl = subprocess.run(["getfacl", "-cp", site.resolve()], capture_output=True, text=True)
    assert "user:daemon:r--" in acl.stdout
    (changed,) = desk.work.changed(desk.server.host, change.plan, change.id, Context())
    assert (changed.kind, changed.before, changed.after) == (
        "configuration", plan.before, plan.after,
    )  # fmt: skip
    desk.prepare(change)  # once more, for the way back as it is now

    look = desk.run(change, "rollback")
    assert (look.state, look.why) == ("done", ""), look.log
    nginx.serves("one")
    assert site.read_bytes() == before
    if os.geteuid() == 0:
        assert (site.stat().st_uid, site.stat().st_gid) == (33, 33)
    assert not desk.work.changed(desk.server.host, change.plan, change.id, Context())
    assert desk.run(change, "rollback").state == "done"  # it is there already


def test_what_the_service_refuses_never_stands(desk: Desk, nginx: Nginx, site: Path) -> None:
    """Refused when it is queued, and, where only a neighbour made it wrong since, in the run."""
    before, state = site.read_bytes(), site.stat()
    bad = before.decode().replace("location / {", "locaton / {")
    with pytest.raises(OpsError, match='unknown directive "locaton"') as caught:
        desk.queue(site, bad, **commands(nginx))
    assert f"{site}:4" in caught.value.message
    assert caught.value.unharmed == "The file is as it was."

    part = nginx.folder / "part"
    part.write_text("add_header X-Part yes;")
    good = before.decode().replace("location / {", f"include {part}; location / {{")
    change = desk.queue(site, good, **commands(nginx))
    desk.prepare(change)
    part.unlink()
    assert "part" in desk.play(change).health
    look = desk.run(change)
    assert look.state == "failed"
    assert f'open() "{part}" failed' in look.why
    assert (site.read_bytes(), site.stat().st_ino) == (before, state.st_ino)
    nginx.serves("one")


def test_a_change_by_somebody_else_is_seen_and_kept(desk: Desk, nginx: Nginx, site: Path) -> None:
    fetched = desk.work.fetch(desk.server.host, str(site), Context())
    text = fetched.content.decode().replace('"one"', '"mine"')
    theirs = fetched.content.decode().replace('"one"', '"theirs"')

    change = desk.queue(site, text, **commands(nginx))
    desk.prepare(change)
    site.write_text(theirs)
    (differs,) = desk.play(change).differs
    assert "was changed on the server since" in differs
    with pytest.raises(OpsError, match="was changed on the server since"):
        desk.prepare(change)
    look = desk.run(change)
    assert look.state == "failed"
    assert "was changed by somebody else" in look.why
    assert site.read_text() == theirs
    with pytest.raises(OpsError, match="while it was edited"):
        desk.queue(site, text, based_on=configuration_from_dict(change.plan).before)

    change = desk.queue(site, text, **commands(nginx))
    desk.prepare(change)
    assert desk.run(change).state == "done"
    site.write_text(f"{text}# theirs\n")  # and before it is taken back
    look = desk.run(change, "rollback")
    assert look.state == "failed"
    assert site.read_text() == f"{text}# theirs\n"


def test_a_reload_that_fails_brings_the_old_file_back(desk: Desk, nginx: Nginx, site: Path) -> None:
    before = site.read_bytes()
    reload = f'grep -q two {site} && {{ echo "no thanks" >&2; exit 3; }}; {nginx.reload}'
    text = before.decode().replace('"one"', '"two"')
    change = desk.queue(site, text, check=nginx.check, reload=reload)
    desk.prepare(change)
    look = desk.run(change)
    assert look.state == "failed"
    assert "the service did not take it: no thanks" in look.why
    assert site.read_bytes() == before
    nginx.serves("one")


def test_secrets_stand_in_no_plan(desk: Desk, nginx: Nginx, site: Path) -> None:
    before = site.read_text()
    line = '    set $db_password "N3w-secret/+1";\n    set $x "plain";\n'
    change = desk.queue(site, before.replace("    location / {", f"{line}    location / {{", 1)
                        .replace(TOKEN, "another-t0ken"), **commands(nginx))  # fmt: skip
    plan = configuration_from_dict(change.plan)
    for secret in ("N3w-secret", TOKEN, "another-t0ken"):
        assert secret not in str(change.plan)
    assert "+    set $db_password ●●●;" in plan.diff
    assert '+    set $x "plain";' in plan.diff
    desk.prepare(change)
    look = desk.run(change)
    assert look.state == "done", look.log
    assert "N3w-secret" not in look.log
    assert "another-t0ken" in site.read_text()
    assert 'set $db_password "N3w-secret/+1";' in site.read_text()
    assert desk.run(change, "rollback").state == "done"
    assert site.read_text() == before

    Vault().delete(plan.secret_names[0])
    with pytest.raises(OpsError, match=r"keyring|kept"):
        desk.prepare(change)


@ROOT_ONLY
def test_without_mounts_it_is_judged_in_its_place_and_undone(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """An account without rights: what its check refuses in its place is put back at once."""
    place = tmp_path_factory.mktemp("nobody", numbered=True)
    with nobodys(place) as nobody, open_folder() as folder:
        file = folder / "app.conf"
        file.write_bytes("mode = old\r\n名称 = 站点\r\n".encode())
        file.chmod(0o600)
        for path in (folder, file):
            os.chown(path, 65534, 65534)
        before = file.read_bytes()
        desk = Desk(Server(tmp_path, nobody))
        check = f'grep -q "mode = wrong" {file} && {{ echo "mode: wrong" >&2; exit 1; }}; true'
        change = desk.queue(file, before.decode().replace("old", "wrong"), check=check)
        notes = configuration_from_dict(change.plan).notes
        assert any("can only be checked in its place" in note for note in notes)
        desk.prepare(change)
        look = desk.run(change)
        assert (look.state, "mode: wrong" in look.why) == ("failed", True), look
        assert file.read_bytes() == before
        change = desk.queue(file, before.decode().replace("old", "new"), check=check)
        desk.prepare(change)
        assert desk.run(change).state == "done"
        assert file.read_bytes() == before.replace(b"old", b"new")
        assert file.stat().st_mode & 0o777 == 0o600

        os.chown(file, 0, 0)
        file.chmod(0o644)
        more = desk.queue(file, "mode = root\n", check="")
        assert "may not replace" in desk.play(more).health
        file.chmod(0o600)
        with pytest.raises(OpsError, match="may not read"):
            desk.work.fetch(desk.server.host, str(file), Context())


@contextmanager
def nobodys(place: Path) -> Iterator[Sshd]:
    with Sshd(place / "sshd") as server, tempfile.TemporaryDirectory(prefix="gmops-") as runs:
        os.chown(runs, 65534, 65534)
        keys = server.folder / "authorized_keys"
        homes = f"GMOPS_RUNS={runs} GMOPS_CHANGES={runs}/changes"
        drop = f"env {homes} setpriv --reuid=65534 --regid=65534 --clear-groups"
        line = f'command="exec {drop} sh -c \\"$SSH_ORIGINAL_COMMAND\\""'
        keys.write_text(f"{line} {keys.read_text()}")
        yield server


@contextmanager
def open_folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="gmops-conf-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def test_what_is_no_file_is_said(desk: Desk, tmp_path: Path) -> None:
    with pytest.raises(OpsError, match="has no file"):
        desk.work.fetch(desk.server.host, str(tmp_path / "nowhere"), Context())
    with pytest.raises(OpsError, match="is no file"):
        desk.work.fetch(desk.server.host, str(tmp_path), Context())
    large = tmp_path / "large"
    large.write_bytes(bytes(2 << 20))
    with pytest.raises(OpsError, match="larger than 1 MB"):
        desk.work.fetch(desk.server.host, str(large), Context())
    same = tmp_path / "same"
    same.write_text("a = 1\n")
    with pytest.raises(OpsError, match="nothing changes"):
        desk.queue(same, "a = 1\n")


def test_services_are_known_by_their_paths() -> None:
    def named(path: str) -> tuple[str, str]:
        service = service_of(path)
        return (service.name, service.check) if service else ("", "")

    assert named("/etc/nginx/sites-available/www") == ("nginx", "nginx -t")
    assert named("/etc/php/8.2/fpm/pool.d/www.conf") == ("PHP-FPM", "php-fpm8.2 -t")
    assert named("/etc/sudoers.d/ops") == ("sudo", "visudo -c -f {file}")
    assert named("/etc/ssh/sshd_config") == ("sshd", '"$(command -v sshd)" -t')
    assert named("/etc/systemd/system/app.service")[1] == "systemd-analyze verify {file}"
    assert named("/etc/mysql/mariadb.conf.d/50-server.cnf")[0] == "MySQL"
    assert named("/etc/hosts") == ("", "")
    assert named("/home/x/etc/nginx/nginx.conf") == ("", "")
