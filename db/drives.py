"""Whether a folder lies on a network drive, where SQLite's locks and shared memory do not hold."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

# File systems whose other end is another machine (names as the kernel gives them).
_REMOTE: Final = frozenset(
    {"nfs", "nfs3", "nfs4", "cifs", "smb", "smb2", "smb3", "smbfs", "afs", "afpfs", "ncp", "ncpfs"}
    | {"webdav", "davfs", "ceph", "glusterfs", "lustre", "macfuse.sshfs", "osxfuse.sshfs"}
    | {"fuse.sshfs", "fuse.rclone", "fuse.davfs", "fuse.davfs2", "fuse.glusterfs", "fuse.s3fs"}
    | {"fuse.cifs", "fuse.smbnetfs", "fuse.curlftpfs"}
)
_REMOTE_DRIVE: Final = 4  # GetDriveTypeW: DRIVE_REMOTE


def network_drive(path: Path) -> str:
    """Return what kind of network drive `path` lies on, or "" for a local disk.

    Where the system does not tell (no /proc, no `mount`), the answer is "".
    """
    if os.name == "nt":
        return _on_windows(path)
    if sys.platform == "darwin":
        return _type_at(path, _mounts_of_mac())
    try:
        mounts = Path("/proc/self/mounts").read_text("utf-8", "surrogateescape")
    except OSError:
        return ""
    return _type_at(path, mounts_from(mounts))


def mounts_from(text: str) -> dict[str, str]:
    """Read /proc/mounts (fstab(5) fields): mount point to file system; later lines hide earlier."""
    found = {}
    for line in text.splitlines():
        fields = line.split(" ")
        if len(fields) >= 3:
            # Blank, tab, newline and backslash are written as octal numbers.
            point = fields[1]
            for code, character in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n")):
                point = point.replace(code, character)
            found[point.replace("\\134", "\\")] = fields[2]
    return found


def _type_at(path: Path, mounts: dict[str, str]) -> str:
    whole = path.resolve()
    for folder in (whole, *whole.parents):
        kind = mounts.get(str(folder))
        if kind:
            return kind if kind in _REMOTE else ""
    return ""


def _mounts_of_mac() -> dict[str, str]:
    ran = subprocess.run(["/sbin/mount"], capture_output=True, text=True, check=False, timeout=10)
    found = {}
    for line in ran.stdout.splitlines():  # //user@server/share on /Volumes/share (smbfs, nodev)
        device, _, rest = line.partition(" on ")
        point, _, options = rest.rpartition(" (")
        if device and point:
            found[point] = options.rstrip(")").split(",")[0].strip()
    return found


def _on_windows(path: Path) -> str:
    whole = path.resolve()
    if whole.drive.startswith("\\\\"):
        return "UNC"
    if sys.platform == "win32":
        import ctypes

        if ctypes.windll.kernel32.GetDriveTypeW(whole.anchor) == _REMOTE_DRIVE:
            return "smb"
    return ""
