"""Directories with everything in them that a site may have, and what tells two of them apart."""

from __future__ import annotations

import hashlib
import os
import socket
import stat
from pathlib import Path

from gmops_desktop.contract.trees import LARGE

STRANGE = (
    b"with space.txt",
    b"two\nlines.txt",
    "表情🙂.html".encode(),
    b"latin-\xe9\xff.txt",
    b"back\\slash'quote\".txt",
    b"-rf",
    b"$(touch pwned)`id`;x",
    b"*?[a].txt",
    b"long-" + b"n" * 240,
)


def fill(folder: Path) -> None:
    """Make a small site: odd names, modes, links, a large and a sparse file, empty folders."""
    folder.mkdir(mode=0o755)
    (folder / "index.php").write_text("<?php echo 'hello';\n")
    (folder / "empty folder").mkdir()
    (folder / "empty.txt").touch()
    odd = folder / "odd"
    odd.mkdir(mode=0o750)
    for number, name in enumerate(STRANGE):
        Path(os.fsdecode(os.fsencode(odd) + b"/" + name)).write_bytes(b"odd %d\n" % number * 50)
    deep = folder.joinpath(*["deep" * 12] * 4)
    deep.mkdir(parents=True)
    (deep / "page.html").write_text("deep")
    for number in range(120):
        (folder / f"template-{number:03}.html").write_bytes(os.urandom(900) + b"x" * number * 40)
    (folder / "secret.php").write_text("password")
    (folder / "secret.php").chmod(0o600)
    (folder / "run.sh").write_text("#!/bin/sh\n")
    (folder / "run.sh").chmod(0o755)
    os.link(folder / "index.php", folder / "second-name.php")
    (folder / "current").symlink_to("odd/with space.txt")
    (folder / "outside").symlink_to("/etc/hostname")
    (folder / "dangling").symlink_to("nowhere\nat all")
    (folder / "shared").mkdir()
    (folder / "shared").chmod(0o2775)
    (folder / "uploads").mkdir()
    (folder / "uploads" / "photo.jpg").write_bytes(os.urandom(300_000))
    # Both just large enough to be kept in blocks: three each.
    (folder / "video.mp4").write_bytes(os.urandom(LARGE) + b"the end")
    with (folder / "disk.img").open("wb") as sparse:
        sparse.seek(LARGE)
        sparse.write(b"last")
    (folder / "logs").mkdir()
    (folder / "logs" / "access").write_text("a line\n")
    (folder / "error.log").write_text("an error\n")
    with socket.socket(socket.AF_UNIX) as listening:
        here = os.getcwd()
        os.chdir(folder)  # names of sockets are short
        try:
            listening.bind("php.socket")
        finally:
            os.chdir(here)
    os.mkfifo(folder / "pipe")
    os.utime(folder / "index.php", ns=(10**18, 1_400_000_000_123_456_789))
    if os.geteuid() == 0:
        os.chown(folder / "secret.php", 33, 33)
        os.chown(folder / "shared", 1234, 4321)


def facts(
    folder: Path, *, but: tuple[str, ...] = ("logs", "error.log", "php.socket", "pipe")
) -> dict:
    """Return what a restore must bring back of `folder`, by the bytes of each path."""
    found = {}
    root = os.fsencode(folder)
    for place, folders, files in os.walk(root):
        if place == root:
            folders[:] = [name for name in folders if os.fsdecode(name) not in but]
            files = [name for name in files if os.fsdecode(name) not in but]
        for name in [*folders, *files]:
            path = place + b"/" + name
            state = os.lstat(path)
            what = (stat.S_IFMT(state.st_mode), state.st_uid, state.st_gid)
            if stat.S_ISLNK(state.st_mode):
                found[path[len(root) :]] = (*what, os.readlink(path))
            elif stat.S_ISDIR(state.st_mode):
                found[path[len(root) :]] = (*what, stat.S_IMODE(state.st_mode))
            elif not stat.S_ISREG(state.st_mode):
                found[path[len(root) :]] = what
            else:
                with open(path, "rb") as file:
                    digest = hashlib.file_digest(file, "sha256").hexdigest()
                times = state.st_mtime_ns // 10**9
                found[path[len(root) :]] = (
                    *what, stat.S_IMODE(state.st_mode), state.st_nlink, times, digest,
                )  # fmt: skip
    return found
