"""Program files: taken from a real server over SSH, proved, previewed, restored and taken back."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from db.engine import Database
from gmops import ROOT
from gmops_desktop.adapters import site_tree
from gmops_desktop.adapters.ssh import Ssh
from gmops_desktop.archive.tree.reader import TreeReader
from gmops_desktop.context import Context, Progress
from gmops_desktop.errors import Cancelled, OpsError, ProofFailed
from gmops_desktop.services.site_files import FileArchive, Place, SiteFiles, parse_place
from gmops_desktop.services.site_files.ledger import FileLedger
from sandbox.sshd import Sshd
from site_trees import facts, fill

VERIFIER = ROOT / "resources" / "verify_archive.py"


class World:
    """The service on a store of its own, and a site on the SSH server."""

    def __init__(self, folder: Path, database: Database, sshd: Sshd) -> None:
        self.site = folder / "site"
        self.archives = folder / "archives"
        known = folder / "known_hosts"
        known.write_text(sshd.known_hosts_line())
        fill(self.site)
        os.utime(self.site)
        self.files = SiteFiles(
            database,
            lambda address, context: Ssh.open(address, context, password=None, known_hosts=known),
            lambda: self.archives,
            folder / "locks",
        )
        self.place = Place(sshd.address, str(self.site))

    def take(self, **more) -> FileArchive:
        return self.files.take(self.place, Context(), **more)

    def settle(self) -> None:
        """Let the clock go on until what was written is no longer fresh."""
        for path in [self.site, *self.site.rglob("*")]:
            assert path.lstat().st_ctime < time.time() + 1
        Context().wait(3.2)

    def restore(self, archive: FileArchive, context: Context | None = None):
        return self.files.restore(archive.path, self.place, context or Context(), confirm="site")

    def beside(self) -> list[str]:
        return sorted(path.name for path in self.site.parent.glob("site.gmops*"))


@pytest.fixture
def world(tmp_path: Path, database: Database, sshd: Sshd) -> World:
    return World(tmp_path, database, sshd)


def test_stock_tools_restore_an_archive(world: World, tmp_path: Path) -> None:
    archive = world.take()
    out = tmp_path / "out"
    out.mkdir()
    piped = 'set -o pipefail; zstd -dc "$0" | tar -xpf - -C "$1"'
    subprocess.run(["bash", "-c", piped, str(archive.path), str(out)], check=True)
    assert facts(out) == facts(world.site)
    stated = subprocess.run(
        ["sha256sum", "-c", archive.path.name + ".sha256"], cwd=archive.path.parent, check=True
    )
    assert stated.returncode == 0


def test_verdict_names_what_is_not_in_it(world: World) -> None:
    archive = world.take()
    assert archive.whole, archive.verdict
    assert "php.socket is a socket" in archive.verdict
    assert "pipe is a named pipe" in archive.verdict
    with TreeReader(archive.path) as reader:
        paths = {entry.path for entry in reader.entries}
    assert "index.php" in paths
    assert not paths & {"logs", "logs/access", "error.log", "pipe"}


def test_verification_proves_it(world: World) -> None:
    archive = world.take()
    outcome = world.files.verify(archive.path, Context())
    assert outcome.ok, outcome.faults
    assert outcome.files == archive.entries
    assert world.files.all()[0].verified


def test_the_stand_alone_verifier_proves_it_and_finds_what_was_damaged(world: World) -> None:
    path = world.take().path

    def judged() -> tuple[int, str]:
        words = [sys.executable, "-I", "-S", "-W", "error", VERIFIER, path]
        ran = subprocess.run(words, capture_output=True, encoding="utf-8", timeout=60)
        assert ran.stderr == ""
        return ran.returncode, ran.stdout

    assert judged() == (0, f"WHOLE 完好: {path}\n")
    path.with_name(path.name + ".sha256").unlink()
    assert judged()[0] == 0
    sound = path.read_bytes()
    for share in range(9):
        broken = bytearray(sound)
        broken[len(sound) * share // 9 + 7] ^= 1 << share % 8
        path.write_bytes(broken)
        code, said = judged()
        assert (code, "DAMAGED 已损坏" in said) == (3, True), share
    path.write_bytes(sound[:-5000])
    assert judged()[0] == 3


def test_second_archive_sends_only_what_changed(world: World) -> None:
    first = world.take()
    world.settle()
    (world.site / "template-007.html").write_bytes(b"changed" * 30)
    with (world.site / "video.mp4").open("r+b") as video:
        video.seek(5 << 20)
        video.write(b"cut")
    (world.site / "new.html").write_text("new")
    (world.site / "empty.txt").unlink()
    second = world.take()
    assert second.base == first.path.name
    assert second.travelled < 4_500_000 < first.travelled  # one block of the video, no more
    assert second.reused_bytes > second.content_bytes - (5 << 20)
    assert world.files.verify(second.path, Context()).ok
    with TreeReader(second.path) as reader:
        files = {entry.path: entry for entry in reader.entries}
        assert reader.content(files["template-007.html"]) == b"changed" * 30
        assert "empty.txt" not in files
        assert (
            b"".join(reader.block(files["video.mp4"], n) for n in range(3))
            == (world.site / "video.mp4").read_bytes()
        )


def test_nothing_changed_sends_next_to_nothing(world: World) -> None:
    world.take()
    world.settle()
    world.take()
    second = world.take()
    assert second.travelled < 30_000
    assert world.files.verify(second.path, Context()).ok


def test_change_that_keeps_size_and_mtime_is_seen(world: World) -> None:
    world.take()
    world.settle()
    page = world.site / "template-001.html"
    before = page.stat()
    page.write_bytes(bytes(before.st_size))
    os.utime(page, ns=(before.st_atime_ns, before.st_mtime_ns))
    second = world.take()
    with TreeReader(second.path) as reader:
        entry = next(one for one in reader.entries if one.path == "template-001.html")
        assert reader.content(entry) == bytes(before.st_size)


def test_damaged_frame_of_the_base_is_fetched_anew(world: World) -> None:
    first = world.take()
    with TreeReader(first.path) as reader:
        frame = reader.frames[2]
    with first.path.open("r+b") as file:
        file.seek(frame.offset + frame.size // 2)
        byte = file.read(1)
        file.seek(-1, 1)
        file.write(bytes([byte[0] ^ 1]))
    assert not world.files.verify(first.path, Context()).ok
    second = world.take()
    assert second.base == ""  # known to be damaged
    assert world.files.verify(second.path, Context()).ok


def test_unreadable_files_and_folders_are_named(world: World, sshd: Sshd) -> None:
    """Root reads everything; so a wrapper stands for a server that does not."""
    real = site_tree.digests

    def digests(ssh, folder, entries, context, tell=lambda count: None):
        (Path(folder) / "run.sh").unlink(missing_ok=True)
        return real(ssh, folder, entries, context, tell)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(site_tree, "digests", digests)
        archive = world.take()
    assert not archive.whole
    assert "run.sh went away while it was read" in archive.verdict


def test_file_that_keeps_changing_is_told(world: World) -> None:
    real = site_tree.files

    def files(ssh, folder, entries, context):
        with (Path(folder) / "index.php").open("a") as page:
            page.write("more\n")
        return real(ssh, folder, entries, context)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(site_tree, "files", files)
        archive = world.take()
    assert "may be half old, half new: index.php" in archive.verdict
    assert world.files.verify(archive.path, Context()).ok


def test_cancelled_attempt_is_used_by_the_next(world: World) -> None:
    class Stop(Context):
        def progress(self, percent, text="", travelled=0, detail=None) -> None:
            if "video.mp4" in text and (percent or 0) > 90:  # one block is here
                self.cancel()
            super().progress(percent, text, travelled, detail)

    with pytest.raises(Cancelled):
        world.files.take(world.place, Stop())
    assert not list(world.archives.glob("*.tar.zst"))
    archive = world.take()
    assert archive.resumed
    assert archive.reused_bytes > 4 << 20
    assert world.files.verify(archive.path, Context()).ok
    assert not list(world.archives.glob("*.part*")) + list(world.archives.glob("*.left*"))


# ---------------------------------------------------------------- restore


def damage(site: Path) -> None:
    (site / "index.php").write_text("hacked")
    shutil.rmtree(site / "odd")
    (site / "shell.php").write_text("evil")
    (site / "run.sh").chmod(0o777)
    (site / "logs" / "access").write_text("newer line\n")
    with (site / "video.mp4").open("r+b") as video:
        video.seek(1 << 20)
        video.write(b"broken")


def test_preview_shows_the_tree_of_changes(world: World) -> None:
    archive = world.take()
    assert world.files.preview(archive.path, world.place, Context()).identical
    damage(world.site)
    before = facts(world.site, but=())
    found = world.files.preview(archive.path, world.place, Context())
    kinds = {change.path: change.kind for change in found.changes}
    assert kinds["index.php"] == "change"
    assert kinds["shell.php"] == "remove"
    assert kinds["odd"] == kinds["odd/with space.txt"] == "add"
    assert kinds["run.sh"] == "mode"
    assert kinds["video.mp4"] == "change"
    assert set(found.kept) == {"logs", "error.log"}
    assert 4 << 20 <= found.send_bytes < 5 << 20
    assert facts(world.site, but=()) == before


def test_restore_brings_everything_back_and_undo_takes_it_away(world: World) -> None:
    wanted = facts(world.site)
    archive = world.take()
    damage(world.site)
    damaged = facts(world.site, but=())
    done = world.restore(archive)
    assert facts(world.site) == wanted
    assert (world.site / "logs" / "access").read_text() == "newer line\n"
    assert (world.site / "error.log").exists()
    assert (world.site / "disk.img").stat().st_blocks < 1 << 12
    assert world.beside() == [f"site.gmops-{done.id}-old"]
    assert world.files.undo(done.id, Context()).undone
    here = facts(world.site, but=())
    shared = {name: fact for name, fact in here.items() if fact != damaged.get(name)}
    assert set(shared) <= {b"/error.log", b"/logs/access"}  # they have a second name now
    assert not world.files.undo(done.id, Context()).undone
    assert facts(world.site) == wanted
    assert not world.files.discard(done.id, Context()).undoable
    assert world.beside() == []


def test_restore_where_the_directory_is_gone(world: World) -> None:
    wanted = facts(world.site)
    archive = world.take()
    shutil.rmtree(world.site)
    assert world.files.preview(archive.path, world.place, Context()).missing
    done = world.restore(archive)
    assert facts(world.site) == wanted
    assert not done.undoable
    with pytest.raises(OpsError, match="no directory before"):
        world.files.undo(done.id, Context())


def test_restore_to_another_place(world: World, tmp_path: Path) -> None:
    wanted = facts(world.site)
    archive = world.take()
    other = replace(world.place, folder=str(tmp_path / "copy"))
    world.files.restore(archive.path, other, Context(), confirm="copy")
    assert facts(tmp_path / "copy") == wanted


def test_restore_asks_for_the_name(world: World) -> None:
    archive = world.take()
    with pytest.raises(OpsError, match="not the name"):
        world.files.restore(archive.path, world.place, Context(), confirm="other")


def test_broken_archive_is_not_restored(world: World) -> None:
    archive = world.take()
    content = bytearray(archive.path.read_bytes())
    content[len(content) // 2] ^= 4
    archive.path.write_bytes(content)
    with pytest.raises(ProofFailed):
        world.restore(archive)
    assert world.beside() == []


@pytest.mark.parametrize(
    "step", ["Verifying", "Hashing on", "Building", "Sending video", "Sending odd", "Proving"]
)
def test_cancelled_restore_leaves_the_old_directory(world: World, step: str) -> None:
    archive = world.take()
    damage(world.site)
    before = facts(world.site, but=())

    def report(progress: Progress) -> None:
        if progress.text.startswith(step):
            context.cancel()

    context = Context(report)
    context._INTERVAL = 0.0  # type: ignore[misc]
    with pytest.raises(Cancelled):
        world.restore(archive, context)
    assert facts(world.site, but=()) == before
    assert world.beside() == []


SWAPS = 'if exchange "$root" "$new"; then'
RENAMES = 'mv -- "$new" "$root" ||'
STOPS: dict[str, Callable[[str], str]] = {
    "before": lambda script: script.replace(SWAPS, "exit 9\nif false; then"),
    "exchanged": lambda script: script.replace(SWAPS, f"{SWAPS} exit 9;"),
    "no exchange": lambda script: script.replace(SWAPS, "if false; then"),
    "between": lambda script: script.replace(SWAPS, "if false; then").replace(
        RENAMES, "exit 9; true ||"
    ),
}


@pytest.mark.parametrize("where", STOPS)
def test_server_that_stops_at_the_exchange_is_put_right(world: World, where: str) -> None:
    wanted = facts(world.site)
    archive = world.take()
    damage(world.site)
    from gmops_desktop.adapters.site_tree import replacing

    with pytest.MonkeyPatch.context() as patch:
        stopped = STOPS[where](replacing._SWAP)
        assert stopped != replacing._SWAP
        patch.setattr(replacing, "_SWAP", stopped)
        patch.setattr(SiteFiles, "_clear", lambda *args: False)
        if where == "no exchange":
            world.restore(archive)
        else:
            with pytest.raises(OpsError):
                world.restore(archive)
    assert len(world.files.unfinished()) == (where != "no exchange")
    said = world.files.recover(world.place, Context())
    assert world.files.unfinished() == ()
    if where in ("no exchange", "exchanged"):
        assert facts(world.site) == wanted
        (done,) = world.files.restores()
        world.files.undo(done.id, Context())
        assert (world.site / "shell.php").exists(), "what it replaced comes back"
    else:
        assert world.files.restores() == ()
        assert (world.site / "shell.php").exists()
        assert said == (f"An interrupted restore of {world.site} was taken back.",)
    assert not any("state" in name or "new" in name for name in world.beside())


def test_killed_between_the_exchange_and_the_entry_it_can_be_undone(world: World) -> None:
    wanted, archive = facts(world.site), world.take()
    damage(world.site)

    class Killed(BaseException):
        pass

    def killed(*_: object) -> None:
        raise Killed

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(FileLedger, "add", killed)
        with pytest.raises(Killed):
            world.restore(archive)
    assert (facts(world.site), world.files.restores()) == (wanted, ())
    said = world.files.recover(world.place, Context())
    assert said == (f"An interrupted restore of {world.site} had come to its end.",)
    (done,) = world.files.restores()
    world.files.undo(done.id, Context())
    assert (world.site / "shell.php").exists()


def test_tree_is_never_missing_while_it_is_exchanged(world: World) -> None:
    """The exchange is one step of the kernel's: a reader that never rests always finds a page."""
    archive = world.take()
    script = """n=0
        while [ ! -e "$1.stop" ]; do cat "$1/index.php" >/dev/null || n=$((n+1)); done; echo $n"""
    reader = subprocess.Popen(
        ["sh", "-c", script, "sh", str(world.site)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    try:
        for _ in range(3):
            done = world.restore(archive)
            world.files.undo(done.id, Context())
    finally:
        Path(f"{world.site}.stop").touch()
    assert reader.communicate(timeout=20)[0].strip() == b"0"


def test_place_that_cannot_be_written_beside(world: World, tmp_path: Path) -> None:
    archive = world.take()
    proc = replace(world.place, folder="/proc/none")
    with pytest.raises(OpsError):
        world.files.restore(archive.path, proc, Context(), confirm="none")


def test_missing_directory_is_a_sentence(world: World) -> None:
    nowhere = replace(world.place, folder=str(world.site / "nowhere"))
    with pytest.raises(OpsError, match="has no directory"):
        world.files.take(nowhere, Context())


@pytest.mark.parametrize("words", ["root@host", "root@host:/", "host:relative", "h:/a/../b"])
def test_words_that_name_no_directory(words: str) -> None:
    with pytest.raises(OpsError):
        parse_place(words)


def test_place_is_read_from_words() -> None:
    place = parse_place("deploy@web.example:2222:/srv/www/site/")
    assert (place.ssh.port, place.ssh.user, place.folder) == (2222, "deploy", "/srv/www/site")
    assert place.name == "site"
