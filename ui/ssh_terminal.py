"""A terminal of the desktop's own on a server: OpenSSH's client, with the host keys trusted here.

No password is on the command line: `ssh` asks for it in the terminal.
"""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from pathlib import Path
from typing import Final

from PySide6.QtCore import QProcess

from gmops_desktop.addresses import SshAddress

# What opens a window and runs the words that follow in it; the user's own choice comes first.
_LINUX: Final = (
    ("x-terminal-emulator", "-e"),
    ("gnome-terminal", "--"),
    ("kgx", "--"),
    ("konsole", "-e"),
    ("xfce4-terminal", "-x"),
    ("mate-terminal", "-x"),
    ("alacritty", "-e"),
    ("kitty",),
    ("foot",),
    ("wezterm", "start", "--"),
    ("xterm", "-e"),
)
# Why `ssh` itself failed (255) would else be gone with its window.
_HOLD: Final = ("sh", "-c", '"$@"; [ $? -ne 255 ] || read -r _', "sh")
_APPLE: Final = 'tell application "Terminal"\nactivate\ndo script {command}\nend tell'


def command_of(address: SshAddress, known_hosts: Path | None) -> list[str]:
    """Return the `ssh` command for a server; only the key in `known_hosts` is trusted."""
    words = ["ssh", "-p", str(address.port)]
    if address.key:
        words += ["-i", address.key, "-o", "IdentitiesOnly=yes"]
    if known_hosts is not None:
        # OpenSSH splits the value at blanks, and reads it once more for quotes.
        words += ["-o", f'UserKnownHostsFile="{known_hosts}"', "-o", "StrictHostKeyChecking=yes"]
    return [*words, f"{address.user}@{address.host}"]


def open_terminal(words: list[str]) -> str:
    """Run a command in a terminal window; return the program that opened it, or nothing."""
    for program, *others in _ways(words):
        if shutil.which(program) and QProcess.startDetached(program, others)[0]:
            return program
    return ""


def _ways(words: list[str]) -> list[list[str]]:
    if sys.platform == "win32":
        # Its own sign for "another tab" must not be found in a path.  The second opens a console.
        return [["wt.exe", *(word.replace(";", "\\;") for word in words)], words]
    if sys.platform == "darwin":
        quoted = shlex.join(words).replace("\\", "\\\\").replace('"', '\\"')
        return [["osascript", "-e", _APPLE.format(command=f'"{quoted}"')]]
    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return []  # nobody would see it
    return [[*way, *_HOLD, *words] for way in _LINUX]
