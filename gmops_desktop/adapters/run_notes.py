"""What a machine of ours did for a change, noted on the server for whoever goes on from another.

The notes of a change lie in `gmops-changes/ID/notes` (where that is, `configuring` says): a file
for each run, and what its way back needs.  Only the account that made them may enter.
"""

from __future__ import annotations

import base64
import hashlib
import re
import shlex
from dataclasses import dataclass
from typing import Final

from gmops_desktop.adapters.configuring import HEAD
from gmops_desktop.adapters.ssh import Ssh
from gmops_desktop.context import Context
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr

_NAME: Final = r"[0-9a-zA-Z][0-9a-zA-Z.-]{7,79}"

_ANY: Final = "'*'"
_KEEP: Final = r"""
umask 077
mkdir -p -- "$base" 2>/dev/null
[ -d "$base" ] && [ ! -L "$base" ] && [ -O "$base" ] && chmod 700 "$base" || exit 74
mkdir -p -- "$base/$id/notes" && cd -- "$base/$id/notes" || exit 74
cat >".$name.part" && [ "$(digest ".$name.part")" = "$sha256" ] || exit 74
sync -- ".$name.part" 2>/dev/null || sync
mv -f -- ".$name.part" "$name"
"""
_READ: Final = r"""
now=$(date +%s)
for one in "$base"/$id/notes/$name; do
    [ -f "$one" ] || continue
    at=$(stat -c %Y -- "$one"); folder=${one%/notes/*}
    printf '%s %s %s ' "${folder##*/}" "${one##*/}" $((now - at))
    base64 <"$one" | tr -d '\n'; echo
done
"""


@dataclass(frozen=True, slots=True)
class Note:
    """A file of a change, and how many seconds ago, by the server's clock, it was written."""

    change_id: str
    name: str
    age: int
    content: bytes


def keep(ssh: Ssh, change_id: str, name: str, content: bytes, context: Context) -> None:
    """Note something of a change, in place of what stood there under this name.

    Raises `OpsError` where it cannot be kept; then what stood there stands.
    """
    sha256 = hashlib.sha256(content).hexdigest()
    script = _words(id=change_id, name=name, sha256=sha256) + HEAD + _KEEP
    with ssh.command(script, context, stdin=[content]) as command:
        command.readall()
        status, complaints = command.finish()
    if status:
        said = complaints.decode("utf-8", "replace").strip().rpartition("\n")[2]
        raise OpsError(
            tr("What is done for the change cannot be noted on the server: {why}.",
               why=said.rstrip(".") or str(status)),
            hint=tr("Free some space in /var/tmp there, and check whose gmops-changes is."),
            unharmed=tr("Nothing more was run."),
        )  # fmt: skip


def read(ssh: Ssh, context: Context, *, change_id: str = "", name: str = "") -> tuple[Note, ...]:
    """Return the notes of a change, or those of a name whosesoever they are."""
    # A pattern stands for what is not named.
    words = f"id={_checked(change_id) or _ANY}\nname={_checked(name) or _ANY}\n"
    status, answer = ssh.run(words + HEAD + _READ, context)
    if status:
        raise OpsError(
            tr("What was done for the change cannot be read from the server."),
            hint=tr("Check the folder gmops-changes in /var/tmp there, and whose it is."),
        )
    found = []
    for line in answer.decode("ascii", "replace").splitlines():
        fields = line.split(" ")
        if len(fields) == 4 and all(re.fullmatch(_NAME, word) for word in fields[:2]):
            owner, file, age, packed = fields
            found.append(Note(owner, file, int(age), base64.b64decode(packed)))
    return tuple(found)


def _checked(word: str) -> str:
    if word and not re.fullmatch(_NAME, word):
        raise ValueError(word)
    return word


def _words(**words: str) -> str:
    for word in words.values():
        _checked(word)
    return "".join(f"{name}={shlex.quote(value)}\n" for name, value in words.items())
