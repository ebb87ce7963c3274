"""Releases as they are delivered: folders and archives, and those that may not be deployed."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import lzma
import os
import shutil
import stat
import tarfile
import zipfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
import zstandard

from gmops_desktop.archive.release_package import Package, Shelf
from gmops_desktop.context import Context
from gmops_desktop.errors import OpsError, ProofFailed

SITE = {
    "index.php": b"<?php echo 2;\n",
    "css/site.css": b"body {}\n" * 400,
    "图片/标志.svg": b"<svg/>",
    "sql/before/2-fill.sql": b"INSERT INTO a VALUES (1);\nINSERT INTO a VALUES (';');\n",
    "sql/before/10-more.sql": b"UPDATE a SET n=2;",
    "sql/after/3-clean.sql": "-- 注释;\nDROP TABLE old_a".encode(),
    "sql/down/2-fill.sql": b"DELETE FROM a;",
    "sql/README": b"how it is run",
}


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "shelf")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    source = tmp_path / "site-2.0"
    for name, content in SITE.items():
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_bytes(content)
    (source / "index.php").chmod(0o755)
    (source / "start.php").symlink_to("index.php")
    (source / "empty").mkdir()
    (source / ".git").mkdir()
    (source / ".git" / "config").write_text("url = https://x:secret@git/site")
    return source


def tarred(source: Path, *, inside: str = "") -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        tar.add(source, inside or ".")
    return out.getvalue()


def zipped(source: Path) -> bytes:
    """Return a ZIP as Linux's zip makes it: modes and symbolic links in it."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(source.rglob("*")):
            name = path.relative_to(source).as_posix()
            info = zipfile.ZipInfo(name + "/" * (path.is_dir() and not path.is_symlink()))
            info.external_attr = path.lstat().st_mode << 16
            content = b"" if path.is_dir() else path.read_bytes()
            if path.is_symlink():
                content = os.fsencode(os.readlink(path))
            archive.writestr(info, content)
    return out.getvalue()


PACKED: dict[str, Callable[[Path], bytes]] = {
    "site.tar": tarred,
    "site.tar.gz": lambda source: gzip.compress(tarred(source)),
    "site.tar.bz2": lambda source: bz2.compress(tarred(source)),
    "site.tar.xz": lambda source: lzma.compress(tarred(source)),
    "site.tar.zst": lambda source: zstandard.compress(tarred(source)),
    "site-in-a-folder.tgz": lambda source: gzip.compress(tarred(source, inside="site-2.0")),
    "site.zip": zipped,
}


@pytest.mark.parametrize("name", PACKED)
def test_every_form_gives_the_same_release(name: str, folder: Path, shelf: Shelf) -> None:
    archive = folder.parent / name
    archive.write_bytes(PACKED[name](folder))
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    package = shelf.take_in(archive, Context(), digest=digest.upper())

    plain = shelf.take_in(folder, Context())
    assert (package.tree, package.site, package.scripts) == (plain.tree, plain.site, plain.scripts)
    assert (package.digest, plain.digest) == (digest, plain.tree)
    assert shelf.get(package.tree) == plain  # what is kept is the last taken in, under its list
    by_path = {item.path: item for item in package.site}
    assert set(by_path) == {
        "css", "css/site.css", "empty", "index.php", "start.php", "图片", "图片/标志.svg",
    }  # fmt: skip
    assert by_path["index.php"].executable
    assert not by_path["css/site.css"].executable
    assert by_path["start.php"].target == "index.php"
    assert shelf.content(by_path["css/site.css"].digest) == SITE["css/site.css"]
    assert [(s.phase, s.name, s.statements, s.undoes) for s in package.scripts] == [
        ("before", "sql/before/2-fill.sql", 2, ""),
        ("before", "sql/before/10-more.sql", 1, ""),
        ("after", "sql/after/3-clean.sql", 1, ""),
        ("down", "sql/down/2-fill.sql", 1, "sql/before/2-fill.sql"),
    ]


def test_a_site_may_stand_in_a_folder_of_its_own(tmp_path: Path, shelf: Shelf) -> None:
    source = tmp_path / "release"
    for name in ("files/index.php", "sql/1.sql", "说明.txt"):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_bytes(b"SELECT 1")
    package = shelf.take_in(source, Context())
    assert [item.path for item in package.site] == ["index.php"]
    assert [(script.phase, script.name) for script in package.scripts] == [("before", "sql/1.sql")]
    assert package.notes == ("Beside the site, and not deployed: 说明.txt.",)


# ---------------------------------------------------------------- checksums


def test_checksums_are_held_against_what_is_there(folder: Path, shelf: Shelf) -> None:
    archive = folder.parent / "site.tar"
    archive.write_bytes(tarred(folder))
    right = hashlib.sha256(archive.read_bytes()).hexdigest()
    with pytest.raises(ProofFailed, match="not the one that its checksum names"):
        shelf.take_in(archive, Context(), digest="0" * 64)
    with pytest.raises(OpsError, match="is no SHA-256"):
        shelf.take_in(archive, Context(), digest="abc")
    for beside in ("site.tar.sha256", "SHA256SUMS"):
        (folder.parent / beside).write_text(f"{right} *site.tar\n")
        shelf.take_in(archive, Context())
        (folder.parent / beside).write_text(f"{'1' * 64}  site.tar\n")
        with pytest.raises(ProofFailed, match=r"site\.tar is not the one"):
            shelf.take_in(archive, Context())
        (folder.parent / beside).unlink()


def test_sums_inside_name_every_file(folder: Path, shelf: Shelf) -> None:
    shutil.rmtree(folder / ".git")
    files = [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]
    lines = [
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  ./{path.relative_to(folder)}"
        for path in files
    ]
    (folder / "SHA256SUMS").write_text("\n".join(lines))
    package = shelf.take_in(folder, Context())
    assert package.notes == ("Every file is the one that its SHA256SUMS names.",)
    assert "SHA256SUMS" not in {item.path for item in package.site}
    (folder / "added.php").write_text("<?php system($_GET[0]);")
    with pytest.raises(ProofFailed, match=r"does not name added\.php"):
        shelf.take_in(folder, Context())
    (folder / "added.php").unlink()
    (folder / "index.php").write_text("another")
    with pytest.raises(ProofFailed, match=r"index\.php is not the one"):
        shelf.take_in(folder, Context())


# ---------------------------------------------------------------- what may not be deployed


def tar_of(*members: tuple[tarfile.TarInfo, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for info, content in members:
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return out.getvalue()


def member(name: str, kind: bytes = tarfile.REGTYPE, target: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


EVIL = {
    "out": ((member("../../etc/cron.d/x"), b"x"), "leads out of it"),
    "absolute": ((member("/etc/passwd"), b"x"), "absolute path"),
    "windows": ((member("C:/x"), b"x"), "absolute path"),
    "device": ((member("sda", tarfile.BLKTYPE), b""), "neither file, folder nor link"),
    "pipe": ((member("pipe", tarfile.FIFOTYPE), b""), "neither file, folder nor link"),
    "link out": ((member("a", tarfile.SYMTYPE, "../../etc"), b""), "leads out of it, to"),
    "link absolute": ((member("a", tarfile.SYMTYPE, "/etc"), b""), "leads out of it, to"),
    "hard link": ((member("a", tarfile.LNKTYPE, "/etc/shadow"), b""), "is no file of the release"),
}


@pytest.mark.parametrize("name", EVIL)
def test_what_could_reach_out_is_refused(name: str, tmp_path: Path, shelf: Shelf) -> None:
    evil, match = EVIL[name]
    archive = tmp_path / "evil.tar"
    archive.write_bytes(tar_of((member("index.php"), b"<?php"), evil))
    with pytest.raises(OpsError, match=match) as caught:
        shelf.take_in(archive, Context())
    assert caught.value.unharmed == "Nothing on the server was touched."


def test_nothing_is_written_through_a_link_or_over_another(tmp_path: Path, shelf: Shelf) -> None:
    archive = tmp_path / "evil.tar"
    archive.write_bytes(
        tar_of(
            (member("up", tarfile.SYMTYPE, "files"), b""),
            (member("up/x.php"), b"x"),
            (member("files/y"), b""),
        )
    )
    with pytest.raises(OpsError, match=r"puts up/x\.php into up, which is no folder"):
        shelf.take_in(archive, Context())
    archive.write_bytes(tar_of((member("a"), b"1"), (member("a"), b"2")))
    with pytest.raises(OpsError, match="names a twice"):
        shelf.take_in(archive, Context())
    archive.with_suffix(".zip").write_bytes(b"")
    with zipfile.ZipFile(archive.with_suffix(".zip"), "w") as bad:
        bad.writestr("..\\..\\x.php", "x")
    with pytest.raises(OpsError, match="leads out of it"):
        shelf.take_in(archive.with_suffix(".zip"), Context())


@pytest.mark.parametrize("name", PACKED)
def test_half_an_archive_is_none(name: str, folder: Path, shelf: Shelf) -> None:
    whole = PACKED[name](folder)
    archive = folder.parent / name
    cuts = {len(whole) // 2, len(whole) - 9, len(whole) * 9 // 10}
    if name == "site.tar":  # between two members, too; what fills it up may be missing
        cuts = set(range(512, len(whole.rstrip(b"\0")), 512))
    for cut in cuts:
        archive.write_bytes(whole[:cut])
        with pytest.raises(OpsError, match="is no whole archive"):
            shelf.take_in(archive, Context())
    assert not list(shelf.folder.glob("*.json"))


def test_an_archive_that_swells_ends_before_the_disk_is_full(tmp_path: Path, shelf: Shelf) -> None:
    archive = tmp_path / "bomb.zip"
    with (
        zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as bomb,
        bomb.open("zeros", "w") as zeros,
    ):
        for _ in range(300):
            zeros.write(bytes(1 << 20))
    with pytest.raises(OpsError, match="beyond reason"):
        shelf.take_in(archive, Context())
    assert not list(shelf.folder.rglob("*.part"))


def test_a_full_disk_here_is_a_sentence(
    folder: Path, shelf: Shelf, full_disk: AbstractContextManager[None]
) -> None:
    with full_disk, pytest.raises(OpsError, match="could not be taken in") as caught:
        shelf.take_in(folder, Context())
    assert "free space" in caught.value.hint
    assert not list(shelf.folder.rglob("*.part"))
    assert isinstance(shelf.take_in(folder, Context()), Package)


def test_what_lies_on_the_shelf_is_proved_each_time(folder: Path, shelf: Shelf) -> None:
    package = shelf.take_in(folder, Context())
    (index,) = [item for item in package.site if item.path == "index.php"]
    (blob,) = shelf.folder.rglob(index.digest)
    blob.chmod(stat.S_IRUSR | stat.S_IWUSR)
    blob.write_bytes(b"<?php echo 3;\n")
    with pytest.raises(ProofFailed, match="damaged or gone"):
        list(shelf.blocks(index.digest))
    blob.unlink()
    with pytest.raises(ProofFailed, match="damaged or gone"):
        shelf.content(index.digest)
    with pytest.raises(OpsError, match="not on this machine"):
        shelf.get("0" * 64)
