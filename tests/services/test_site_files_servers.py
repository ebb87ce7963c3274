"""Program files on bad days: busybox, little rights, full disks, cut lines, a killed program.

A few moments of killing each time, the same ones; `GMOPS_SOAK=20` tries that many new ones.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import pytest

import gmops
from db.engine import Database
from gmops_desktop.adapters.ssh import Ssh
from gmops_desktop.addresses import SshAddress
from gmops_desktop.context import Context
from gmops_desktop.errors import OpsError
from gmops_desktop.services.site_files import FileArchive, Place, SiteFiles
from sandbox.sshd import Sshd
from site_trees import facts, fill

MOMENTS = int(os.environ.get("GMOPS_SOAK", "2"))
SEED = secrets.token_hex(4) if "GMOPS_SOAK" in os.environ else "the same moments"
ROOT_ONLY = pytest.mark.skipif(os.geteuid() != 0, reason="needs root: another account, a mount")


@dataclass
class Far:
    """The service, a site on a server, and the connections that were opened to it."""

    files: SiteFiles
    place: Place
    site: Path
    opened: list[Ssh] = field(default_factory=list)

    def take(self, context: Context | None = None) -> FileArchive:
        return self.files.take(self.place, context or Context())

    def damage(self) -> dict[bytes, object]:
        """Change some of everything; return how the site stands then."""
        (self.site / "index.php").write_text("hacked")
        shutil.rmtree(self.site / "odd")
        with (self.site / "video.mp4").open("r+b") as video:
            video.seek(1 << 20)
            video.write(b"broken")
        return facts(self.site)

    def cut(self) -> None:
        """Let the line break: the other side just goes away."""
        for ssh in self.opened:
            if ssh.alive:
                ssh._transport.sock.shutdown(socket.SHUT_RDWR)

    def beside(self) -> list[str]:
        return sorted(path.name for path in self.site.parent.glob("site.gmops*"))


class When(Context):
    """Does something once, as soon as the progress tells of `word`."""

    _INTERVAL = 0.0

    def __init__(self, word: str, act: Callable[[], object]) -> None:
        super().__init__()
        self._word, self._act = word, act
        self.done = False

    def progress(self, percent, text="", travelled=0, detail=None) -> None:
        super().progress(percent, text, travelled, detail)
        if self._word in text and not self.done:
            self.done = True
            self._act()


def far(folder: Path, database: Database, sshd: Sshd, *, site: Path | None = None) -> Far:
    site = site or folder / "site"
    known = folder / "known_hosts"
    known.write_text(sshd.known_hosts_line())
    fill(site)
    opened: list[Ssh] = []

    def open_ssh(address: SshAddress, context: Context) -> Ssh:
        opened.append(Ssh.open(address, context, password=None, known_hosts=known))
        return opened[-1]

    files = SiteFiles(database, open_ssh, lambda: folder / "archives", folder / "locks")
    return Far(files, Place(sshd.address, str(site)), site, opened)


@pytest.fixture(scope="module")
def small_sshd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    """A server with busybox alone, as small distributions and appliances have it."""
    busybox = shutil.which("busybox")
    assert busybox, "busybox is missing: python3 dev.py setup installs it"
    folder = tmp_path_factory.mktemp("busybox")
    applets = folder / "bin"
    applets.mkdir()
    subprocess.run([busybox, "--install", "-s", str(applets)], check=True)
    server = Sshd(folder / "sshd", environment={"PATH": str(applets)})
    server.start()
    try:
        yield server
    finally:
        server.stop()


def test_busybox_suffices(tmp_path: Path, database: Database, small_sshd: Sshd) -> None:
    here = far(tmp_path, database, small_sshd)
    with here.files._open_ssh(here.place.ssh, Context()) as ssh:
        _status, answer = ssh.run("find --help 2>&1; command -v perl getfacl", Context())
    assert b"BusyBox" in answer
    assert b"perl" not in answer
    wanted = facts(here.site)
    archive = here.take()
    assert archive.whole, archive.verdict
    untold = "this server does not tell whether there are any: access list, extended attributes"
    assert untold in archive.verdict
    assert here.files.verify(archive.path, Context()).ok
    again = here.take()
    assert again.travelled < archive.travelled / 10
    here.damage()
    assert not here.files.preview(archive.path, here.place, Context()).identical
    done = here.files.restore(archive.path, here.place, Context(), confirm="site")
    assert facts(here.site) == wanted
    here.files.undo(done.id, Context())
    assert (here.site / "index.php").read_text() == "hacked"


# ---------------------------------------------------------------- the line


@pytest.mark.parametrize("word", ["Hashing on", "Reading video"])
def test_a_line_cut_while_backing_up_leaves_nothing_that_looks_whole(
    tmp_path: Path, database: Database, sshd: Sshd, word: str
) -> None:
    here = far(tmp_path, database, sshd)
    context = When(word, here.cut)
    with pytest.raises(OpsError) as refused:
        here.take(context)
    assert context.done
    assert refused.value.message.endswith(".")
    assert "127.0.0.1" in refused.value.message
    assert not list((tmp_path / "archives").glob("*.zst"))
    assert here.files.all() == ()
    archive = here.take()
    assert archive.whole
    assert here.files.verify(archive.path, Context()).ok


@pytest.mark.parametrize("word", ["Sending video", "Proving"])
def test_a_line_cut_while_restoring_leaves_the_old_directory(
    tmp_path: Path, database: Database, sshd: Sshd, word: str
) -> None:
    here = far(tmp_path, database, sshd)
    wanted = facts(here.site)
    archive = here.take()
    damaged = here.damage()
    context = When(word, here.cut)
    with pytest.raises(OpsError):
        here.files.restore(archive.path, here.place, context, confirm="site")
    assert context.done
    assert facts(here.site) == damaged
    here.files.restore(archive.path, here.place, Context(), confirm="site")  # it clears up first
    assert facts(here.site) == wanted
    assert len(here.beside()) == 1, "only what is kept for undoing"


# ---------------------------------------------------------------- what a tar does not carry


def test_access_lists_and_extended_attributes_are_named_as_not_kept(
    tmp_path: Path, database: Database, sshd: Sshd
) -> None:
    here = far(tmp_path, database, sshd)
    assert here.take().whole
    odd = here.site / "odd" / "two\nlines.txt"
    try:
        os.setxattr(odd, "user.origin", b"phone")
        subprocess.run(["setfacl", "-m", "u:1234:rw", here.site / "run.sh"], check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"this file system has none: {error}")
    (here.site / "logs" / "access").unlink()  # what is left out is not spoken of
    os.setxattr(here.site / "error.log", "user.origin", b"phone")
    archive = here.take()
    assert not archive.whole
    assert "Not kept: access list of run.sh." in archive.verdict
    assert "Not kept: extended attributes of odd/two\\nlines.txt." in archive.verdict
    assert "error.log" not in archive.verdict


# ---------------------------------------------------------------- disks


def test_a_full_disk_here_ends_with_a_sentence_and_no_archive(
    tmp_path: Path, database: Database, sshd: Sshd
) -> None:
    """The kernel refuses to let the archive grow, as a full disk does."""
    here = far(tmp_path, database, sshd)
    home = home_of(tmp_path, sshd)
    limited = gmops.environment(home)
    with gmops.Command(words_of(here, "take"), limited, file_limit=3 << 20) as process:
        _out, err = process.communicate(timeout=60)
    assert process.returncode == 1, err
    assert "cannot be written" in err or "could not be written" in err, err
    assert "Traceback" not in err
    assert not list((home / "archives").glob("*.tar.zst"))
    ran = gmops.gmops(*words_of(here, "take"), home=home)
    assert ran.code == 0, ran.err


@ROOT_ONLY
def test_a_disk_that_fills_up_there_leaves_the_old_directory(
    tmp_path: Path, database: Database, sshd: Sshd
) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=70m", "tmpfs", disk], check=True)
    try:
        here = far(tmp_path, database, sshd, site=disk / "site")
        wanted = facts(here.site)
        archive = here.take()
        damaged = here.damage()
        with (disk / "others").open("wb") as others:  # 8 MB are free: too little for the site
            others.write(bytes(shutil.disk_usage(disk).free - (8 << 20)))
        with pytest.raises(OpsError, match=r"8 MB free where .*; .* MB are needed"):
            here.files.restore(archive.path, here.place, Context(), confirm="site")
        assert (facts(here.site), here.beside()) == (damaged, [])
        (disk / "others").unlink()

        def fill_up() -> None:
            with (disk / "others").open("wb") as others:
                others.write(bytes(shutil.disk_usage(disk).free - (1 << 20)))

        context = When("Sending video", fill_up)
        no_space = pytest.raises(OpsError, match=r"could not build the directory: .*[Nn]o space")
        with no_space as full:
            here.files.restore(archive.path, here.place, context, confirm="site")
        assert full.value.unharmed == "The directory is as it was."
        assert (facts(here.site), here.beside()) == (damaged, [])
        (disk / "others").unlink()
        here.files.restore(archive.path, here.place, Context(), confirm="site")
        assert facts(here.site) == wanted
    finally:
        subprocess.run(["umount", disk], check=True)


# ---------------------------------------------------------------- rights


@pytest.fixture(scope="module")
def nobodys_sshd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    """A server whose commands run as an account without any rights."""
    with Sshd(tmp_path_factory.mktemp("nobody")) as server:
        keys = server.folder / "authorized_keys"
        drop = "setpriv --reuid=65534 --regid=65534 --clear-groups"
        command = f'command="exec {drop} sh -c \\"$SSH_ORIGINAL_COMMAND\\""'
        keys.write_text(f"{command} {keys.read_text()}")
        yield server


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every account may enter; pytest's are their owner's alone."""
    with tempfile.TemporaryDirectory(prefix="gmops-site-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@ROOT_ONLY
def test_what_the_account_may_not_read_is_named_and_not_restored_over(
    tmp_path: Path, open_folder: Path, database: Database, nobodys_sshd: Sshd
) -> None:
    here = far(tmp_path, database, nobodys_sshd, site=open_folder / "site")
    (here.site / "uploads").chmod(0o700)
    archive = here.take()
    assert not archive.whole
    assert "Left out: secret.php could not be read (Permission denied)." in archive.verdict
    assert "uploads" in archive.verdict
    assert here.files.verify(archive.path, Context()).ok
    before = facts(here.site)
    with pytest.raises(OpsError, match="may not write beside"):
        here.files.restore(archive.path, here.place, Context(), confirm="site")
    open_folder.chmod(0o777)
    # Neither may it link what others own (logs), nor give files their owners back.
    with pytest.raises(
        OpsError, match=r"could not build the directory: .*not permitted"
    ) as refused:
        here.files.restore(archive.path, here.place, Context(), confirm="site")
    assert refused.value.unharmed == "The directory is as it was."
    assert facts(here.site) == before
    assert here.beside() == []


# ---------------------------------------------------------------- a killed program


def home_of(folder: Path, sshd: Sshd) -> Path:
    home = folder / "home"
    home.mkdir(mode=0o700)
    (home / "known_hosts").write_text(sshd.known_hosts_line())
    return home


def words_of(here: Far, verb: str, *more: str | Path) -> list[str | Path]:
    ssh = here.place.ssh
    place = f"{ssh.user}@{ssh.host}:{ssh.port}:{here.place.folder}"
    return ["files", verb, *more, place, "--key", ssh.key, "--json"]


def killed(words: list[str | Path], home: Path, seconds: float) -> None:
    with gmops.start(*words, home=home) as process:
        Context().wait(seconds)
        process.kill()


def test_killed_at_any_moment_the_next_backup_and_the_next_restore_are_whole(
    tmp_path: Path, database: Database, sshd: Sshd
) -> None:
    here, home, random = far(tmp_path, database, sshd), home_of(tmp_path, sshd), Random(SEED)
    wanted = facts(here.site)
    for _ in range(MOMENTS):
        killed(words_of(here, "take"), home, random.uniform(0.5, 3))
        for file in (home / "archives").glob("*.tar.zst"):
            assert here.files.verify(file, Context()).ok, "what has its name is whole"
    taken = gmops.gmops(*words_of(here, "take"), home=home)
    assert taken.code == 0, taken.err
    path = Path(json.loads(taken.out)["path"])
    assert here.files.verify(path, Context()).ok
    assert not list((home / "archives").glob("*.part*")) + list((home / "archives").glob("*.left*"))
    damaged = here.damage()
    restore = [*words_of(here, "restore", path), "--confirm", "site"]
    for _ in range(MOMENTS):
        killed(restore, home, random.uniform(0.5, 3))
        assert facts(here.site) in (damaged, wanted), "never between"
    ran = gmops.gmops(*restore, home=home)
    assert ran.code == 0, ran.err
    assert facts(here.site) == wanted
    assert not [name for name in here.beside() if not name.endswith("-old")]
