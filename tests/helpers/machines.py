"""A host that can lose its power: a real sshd as the first process of a namespace of its own, with
a boot id of its own.  Linux, root."""

from __future__ import annotations

import shlex
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from gmops_desktop.adapters import host_keys, ssh
from gmops_desktop.adapters.ssh import Ssh
from gmops_desktop.addresses import SshAddress
from gmops_desktop.context import Context
from sandbox.processes import find_tool
from sandbox.sshd import Sshd

_BOOT_ID = "/proc/sys/kernel/random/boot_id"


class Machine(Sshd):
    """Ends with all that runs on it at once (`kill`), and comes back as after a cold start."""

    patience = 0.1  # unshare passes no signal on

    def _listen(
        self,
        words: Callable[[int], Sequence[str | Path]],
        environment: Mapping[str, str] | None = None,
    ) -> None:
        boot = self.folder / "boot_id"
        boot.write_text(f"{uuid.uuid4()}\n", "ascii")
        unshare = find_tool("unshare", "util-linux")
        begin = f"mount --bind {shlex.quote(str(boot))} {_BOOT_ID} && exec "

        def inside(port: int) -> Sequence[str | Path]:
            line = begin + shlex.join(map(str, words(port)))
            apart = ["--mount", "--pid", "--fork", "--mount-proc", "--kill-child"]
            return [unshare, *apart, "sh", "-c", line]

        super()._listen(inside, environment)

    @property
    def boot_id(self) -> str:
        return (self.folder / "boot_id").read_text("ascii").strip()


@contextmanager
def logged_in(address: SshAddress, folder: Path) -> Iterator[Ssh]:
    """Give a connection to a server of the sandbox, whose key is trusted at first sight."""
    known = folder / "known_hosts"
    key = ssh.host_key(address, Context(), known_hosts=known)
    host_keys.trust(address, key, known)
    with Ssh.open(address, Context(), password=None, known_hosts=known) as shell:
        yield shell
