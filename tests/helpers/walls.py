"""A firewall in front of a port, and a room with mounts of its own: both the kernel's, both gone
with the process they were made around.  Linux only; mounts need root, too."""

from __future__ import annotations

import ctypes
import os
import socket
import stat
import struct
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from sandbox.processes import find_tool
from sandbox.sshd import Sshd

_PIDFD_GETFD = 438
_ATTACH_FILTER, _DETACH_FILTER = 26, 27
_DROP_ALL = struct.pack("HBBI", 0x06, 0, 0, 0)  # BPF: return 0 bytes of every packet


@contextmanager
def dropped(pid: int, port: int) -> Iterator[None]:
    """Let the kernel drop in silence whatever wants to connect to the port of a process."""
    with socket.socket(fileno=_taken(pid, _descriptor(pid, port))) as door:
        program = ctypes.create_string_buffer(_DROP_ALL)
        door.setsockopt(
            socket.SOL_SOCKET, _ATTACH_FILTER, struct.pack("HP", 1, ctypes.addressof(program))
        )
        try:
            yield
        finally:
            door.setsockopt(socket.SOL_SOCKET, _DETACH_FILTER, 0)


def _descriptor(pid: int, port: int) -> int:
    """Return the number under which a process holds the socket that listens on a port."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    inodes = {
        f"socket:[{row[9]}]" for row in rows if row[1].endswith(f":{port:04X}") and row[3] == "0A"
    }
    held = Path(f"/proc/{pid}/fd").iterdir()
    return next(int(one.name) for one in held if os.readlink(one) in inodes)


def _taken(pid: int, descriptor: int) -> int:
    """Return a descriptor of ours for the same socket (pidfd_getfd(2))."""
    process = os.pidfd_open(pid)
    try:
        libc = ctypes.CDLL(None, use_errno=True)
        taken = libc.syscall(_PIDFD_GETFD, process, descriptor, 0)
    finally:
        os.close(process)
    if taken < 0:
        pytest.skip(f"this kernel does not lend sockets: {os.strerror(ctypes.get_errno())}")
    return int(taken)


MOUNTS = pytest.mark.skipif(os.geteuid() != 0, reason="mounts of one's own need root")


class WalledSshd(Sshd):
    """A real sshd whose sessions see mounts of their own, where we may have such."""

    def _listen(
        self,
        words: Callable[[int], Sequence[str | Path]],
        environment: Mapping[str, str] | None = None,
    ) -> None:
        apart = [find_tool("unshare", "util-linux"), "--mount"] if os.geteuid() == 0 else []
        super()._listen(lambda port: [*apart, *words(port)], environment)

    def inside(self, *words: str | Path) -> None:
        """Run a command among the sessions' mounts."""
        assert self.process
        enter = ["nsenter", "--target", str(self.process.pid), "--mount", "--"]
        subprocess.run([*enter, *map(str, words)], check=True)

    @contextmanager
    def replaced(self, tool: str, by: Path) -> Iterator[None]:
        """Let the sessions find another file where a tool stands."""
        place = find_tool(tool, "coreutils")
        self.inside("mount", "--bind", by, place)
        try:
            yield
        finally:
            self.inside("umount", place)

    @contextmanager
    def disk(self, folder: Path, megabytes: int) -> Iterator[Path]:
        """Give the sessions a small ext4 of its own under `folder`; yield it, as seen from here."""
        assert self.process
        image, device, mount = folder / "disk.img", folder / "vdb1", folder / "data"
        mount.mkdir()
        with image.open("wb") as file:
            file.truncate(megabytes << 20)
        subprocess.run([find_tool("mkfs.ext4", "e2fsprogs"), "-q", "-m", "0", image], check=True)
        losetup = find_tool("losetup", "mount")
        made = subprocess.run([losetup, "--find", "--show", image], capture_output=True, text=True)
        if made.returncode:
            pytest.skip(f"no loop device is to be had here: {made.stderr.strip()}")
        loop = made.stdout.strip()
        try:
            # Under a name of its own: what is mounted from /dev/loopN is no disk to us (snaps).
            os.mknod(device, stat.S_IFBLK | 0o600, os.stat(loop).st_rdev)
            self.inside("mount", device, mount)
        finally:
            subprocess.run([losetup, "--detach", loop], check=True)  # once it is unmounted
        try:
            yield Path(f"/proc/{self.process.pid}/root{mount}")
        finally:
            self.inside("umount", mount)
