"""Builds a directory beside another one, of what that has already and of what is sent."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from typing import Final

from gmops_desktop.adapters.ssh import Ssh
from gmops_desktop.context import Context
from gmops_desktop.contract.trees import Entry, raw, shown, text
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr

TOO_LONG: Final = 900.0  # seconds that a step on the server may take

# Both names change at once where the kernel can be asked to (renameat2, RENAME_EXCHANGE).
EXCHANGE: Final = r"""
inode() { stat -c %i -- "$1" 2>/dev/null; }
exchange() {
    mv --exchange --no-copy -T -- "$1" "$2" 2>/dev/null && return 0
    case $(uname -m) in
        x86_64) call=316;; aarch64|riscv64) call=276;; i?86) call=353;; *) return 1;;
    esac
    perl -e 'exit(syscall($ARGV[0]+0, -100, $ARGV[1], -100, $ARGV[2], 2) == 0 ? 0 : 1)' \
        "$call" "$1" "$2" 2>/dev/null
}
"""
# A line that breaks must not end a step halfway: sh goes on without us.
HEAD: Final = r"""
trap '' HUP PIPE
LC_ALL=C; export LC_ALL
"""


class Building:
    """A tree that is built at `staging` beside `folder`, the old one, on one server."""

    def __init__(self, ssh: Ssh, folder: str, staging: str, context: Context) -> None:
        self._ssh, self.folder, self._new, self._context = ssh, folder, staging, context

    @property
    def ssh(self) -> Ssh:
        return self._ssh

    @property
    def staging(self) -> str:
        """Where the new tree is built."""
        return self._new

    def keep(self, paths: Sequence[str]) -> None:
        """Copy what the new tree has in common with the old one, on the server."""
        self._beside("cp -pP --parents --", paths)

    def tie(self, paths: Sequence[str]) -> None:
        """Let the new tree share what no archive holds (logs, caches) with the old one."""
        self._beside("cp -alP --parents --", paths)

    def send(self, tar: Iterable[bytes]) -> None:
        """Unpack a tar into the new tree."""
        with self._ssh.command(
            self._there('tar -xpf - -C "$new"'), self._context, stdin=tar
        ) as command:
            self._succeeded(*command.finish())

    def dress(self, entries: Sequence[Entry]) -> None:
        """Give files of the new tree their owners, modes and times."""
        if not entries:
            return
        script = """
            cd -- "$new" && xargs -0 -n 5 sh -c '
                [ "$(id -u)" != 0 ] || chown "$2" "$1" || exit 255
                chmod "$3" "$1" || exit 255
                touch -d "@$4.$5" "$1" 2>/dev/null || touch -d "@$4" "$1" || exit 255' sh"""
        told = [
            name_of(entry.path)
            + f"{entry.uid}:{entry.gid}\0{entry.mode:o}\0{_seconds(entry)}\0".encode()
            for entry in entries
        ]
        self._fed(script, told)

    # ------------------------------------------------------------ inside

    def _beside(self, words: str, paths: Sequence[str]) -> None:
        if not paths:
            return
        script = f"""cd -- "$root" || exit 72
            xargs -0 sh -c '{words} "$@" "$0"' "$new" """
        self._fed(script, [name_of(path) for path in paths])

    def _fed(self, script: str, stdin: Iterable[bytes]) -> None:
        with self._ssh.command(self._there(script), self._context, stdin=stdin) as command:
            self._succeeded(*command.finish())

    def _there(self, script: str) -> str:
        root, new = shlex.quote(self.folder), shlex.quote(self.staging)
        return f"root={root} new={new}\n{HEAD}{script}"

    def _run(self, script: str) -> str:
        # Complaints come apart: a login script's may arrive at any moment, also after the answer.
        there = self._ssh.command(self._there(script), self._context, silence=TOO_LONG)
        with there as command:
            answer = command.readall()
            self._succeeded(*command.finish())
        return answer.decode("utf-8", "replace")

    def _succeeded(self, status: int, complaints: bytes) -> None:
        if status:
            raise self._refused(status, complaints)

    def _refused(self, status: int, answer: bytes) -> OpsError:
        host, folder = self._ssh.address.host, self.folder
        unharmed = tr("The directory is as it was.")
        match status:
            case 73:
                message = tr("{user} may not write beside {folder} on {host}.",
                             user=self._ssh.address.user, folder=folder, host=host)  # fmt: skip
                hint = tr("Use an account that owns the folder above it, such as root.")
            case 74:
                message = tr("{folder} on {host} is a file system of its own: it cannot be"
                             " exchanged by a rename.", folder=folder, host=host)  # fmt: skip
                hint = tr("Restore a folder inside it, or mount it one level higher.")
            case 75 | 76:
                message = tr("{folder} on {host} is not a directory that can be replaced.",
                             folder=folder, host=host)  # fmt: skip
                hint = tr("Check the path.")
            case 77:
                message = tr("What a restore of {folder} replaced is no longer on {host}.",
                             folder=folder, host=host)  # fmt: skip
                hint = tr("Choose one of the backups instead.")
            case _:
                lines = [shown(text(line)) for line in answer.splitlines() if line.strip()]
                echoes = ("xargs: ", "tar: Exiting with failure", "tar: Child returned")
                causes = [line for line in lines if not line.startswith(echoes)] or lines
                message = tr("{host} could not build the directory: {why}.", host=host,
                             why=(causes or [str(status)])[-1].rstrip("."))  # fmt: skip
                hint = tr("Check the disk and the rights there, then try again.")
        return OpsError(message, hint=hint, unharmed=unharmed)


def name_of(path: str) -> bytes:
    return b"./" + raw(path) + b"\0"


def _seconds(entry: Entry) -> str:
    return f"{entry.mtime_ns // 10**9}\0{entry.mtime_ns % 10**9:09d}"
