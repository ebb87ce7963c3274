"""What changes left on a server besides releases: files before and after, and notes of runs.

They lie in `gmops-changes/ID` (where that is, `configuring` says).
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from typing import Final

from gmops_desktop.adapters.configuring import HEAD
from gmops_desktop.adapters.ssh import Ssh
from gmops_desktop.context import Context
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr

_ID: Final = r"[0-9a-f-]{8,40}"
_LIST: Final = r"""
[ -e "$base" ] || exit 0
[ -d "$base" ] && [ ! -L "$base" ] && [ -O "$base" ] || exit 74
for one in "$base"/*; do
    [ -d "$one" ] && [ ! -L "$one" ] && echo "$(du -sk -- "$one" | cut -f 1) $one"
done; :
"""
_REMOVE: Final = r"""
[ -d "$base" ] && [ ! -L "$base" ] && [ -O "$base" ] || exit 74
[ ! -L "$base/$id" ] && rm -rf -- "$base/$id" && [ ! -e "$base/$id" ]
"""


@dataclass(frozen=True, slots=True)
class KeptCopy:
    """The folder of one change: `size` are the bytes that it takes."""

    id: str
    path: str
    size: int


def kept(ssh: Ssh, context: Context) -> tuple[KeptCopy, ...]:
    """Return what this account's changes left on the server."""
    status, answer = ssh.run(HEAD + _LIST, context)
    if status:
        raise OpsError(
            tr("What changes left on {host} cannot be listed.", host=ssh.address.host),
            hint=tr("Check the folder gmops-changes in /var/tmp there, and whose it is."),
        )
    lines = answer.decode("utf-8", "replace").splitlines()
    found = (re.fullmatch(rf"(\d+) (/.*/({_ID}))", line) for line in lines)
    return tuple(KeptCopy(one[3], one[2], int(one[1]) * 1024) for one in found if one)


def remove(ssh: Ssh, id: str, context: Context) -> None:
    """Remove what one change left; raise `OpsError` where it cannot be."""
    if not re.fullmatch(_ID, id):
        raise ValueError(id)
    status, answer = ssh.run(f"id={shlex.quote(id)}\n{HEAD}{_REMOVE}", context)
    if status:
        said = answer.decode("utf-8", "replace").strip().rpartition("\n")[2]
        raise OpsError(
            tr("What {id} left could not be removed: {why}.", id=id,
               why=said.rstrip(".") or str(status)),
            hint=tr("Check the folder gmops-changes in /var/tmp there, and whose it is."),
        )  # fmt: skip
