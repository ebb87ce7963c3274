"""Puts another directory in the place of one, by names: built beside it, then exchanged at once.

Beside `FOLDER` stand, while a restore `ID` runs, `FOLDER.gmops-ID-new` (what is built) and for a
moment `FOLDER.gmops-ID-state`; afterwards `FOLDER.gmops-ID-old` (what was there).  The state file
says which inode the new tree has, so that whoever finds it knows on which side of the exchange
things stopped.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from gmops_desktop.adapters.site_tree.building import EXCHANGE, HEAD, Building, name_of
from gmops_desktop.adapters.ssh import Ssh
from gmops_desktop.context import Context
from gmops_desktop.contract.trees import BLOCK, Entry
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr

Left = Literal["none", "cleared", "done", "back"]

_HEAD: Final = (
    HEAD
    + r"""
[ -d "$root" ] && root=$(cd -- "$root" && pwd -P)
new=$root.gmops-$id-new; old=$root.gmops-$id-old; state=$root.gmops-$id-state
parent=${root%/*}; [ -n "$parent" ] || parent=/
# Onto the disk; that of the whole file system where one file cannot be named.
settle() { sync -- "$1" 2>/dev/null || sync; }
"""
    + EXCHANGE
)
# What dd says beside its counts, where it failed; it ends xargs, too.
_SAID: Final = '{ echo "$said" | grep ^dd: >&2; exit 255; }'
_PREPARE: Final = r"""
[ "$root" != / ] || exit 76
[ -w "$parent" ] || exit 73
if [ -d "$root" ]; then
    [ "$(stat -c %d -- "$root")" = "$(stat -c %d -- "$parent")" ] || exit 74
elif [ -e "$root" ] || [ -L "$root" ]; then exit 75
fi
mkdir -m 700 -- "$new" || exit 73
df -Pk -- "$parent" | tail -n 1
printf 'root=%s' "$root"
"""
_SWAP: Final = r"""
printf '%s %s\n' "$(inode "$new")" "$what" >"$state" || exit 73
settle "$state"
if [ ! -e "$root" ]; then mv -- "$new" "$root" && rm -f -- "$state" && echo made; exit $?; fi
if exchange "$root" "$new"; then mv -- "$new" "$old" && rm -f -- "$state" && echo exchanged; exit $?
fi
mv -- "$root" "$old" || { rm -f -- "$state"; exit 73; }
mv -- "$new" "$root" || { mv -- "$old" "$root"; rm -f -- "$state"; exit 73; }
rm -f -- "$state"; echo renamed
"""
_UNDO: Final = r"""
[ -d "$old" ] || exit 77
printf '%s undo\n' "$(inode "$old")" >"$state" || exit 73
settle "$state"
mv -- "$old" "$new" || exit 73
what=undo
"""
_RECOVER: Final = r"""
told=none
if [ -f "$state" ]; then
    read -r wanted what <"$state"
    if [ -n "$wanted" ] && [ "$(inode "$root")" = "$wanted" ]; then
        [ -d "$new" ] && mv -- "$new" "$old"
        told=done
    else
        [ ! -e "$root" ] && [ -d "$old" ] && mv -- "$old" "$root"
        [ "$what" = undo ] && [ -d "$new" ] && [ ! -e "$old" ] && mv -- "$new" "$old"
        told=back
    fi
    rm -f -- "$state"
elif [ -d "$new" ]; then told=cleared
fi
# What was cut off may still be unpacking for a moment: rm then finds its folders not empty.
tries=0
while [ -d "$new" ] && ! rm -rf -- "$new" 2>/dev/null && [ $tries -lt 30 ]; do
    sleep 1; tries=$((tries + 1))
done
rm -f -- "$root.gmops-$id-large"
echo $told
"""


@dataclass(frozen=True, slots=True)
class Beside:
    """What a server keeps beside a directory from a restore: its id, and when it was replaced."""

    id: str
    at: int  # seconds since 1970


class Replacing(Building):
    """One replacement of `folder`, known by `id`; each step may be tried again by a later one."""

    def __init__(self, ssh: Ssh, folder: str, id: str, context: Context) -> None:
        if not re.fullmatch(r"[0-9a-f-]{8,40}", id):
            raise ValueError(id)
        super().__init__(ssh, folder, "", context)
        self.id = id

    @property
    def staging(self) -> str:
        """Where the new tree is built."""
        return f"{self.folder}.gmops-{self.id}-new"

    def prepare(self, needed: int) -> None:
        """Make the folder beside; raise `OpsError` where that or a rename cannot be."""
        answer, _, folder = self._run(_PREPARE).partition("\nroot=")
        self.folder = folder  # the one a symbolic link leads to
        numbers = re.findall(r"\s(\d+)(?=\s)", answer.rpartition("\n")[2])
        if len(numbers) >= 3 and int(numbers[2]) * 1024 < needed:
            free = int(numbers[2]) >> 10
            self.clear()
            raise OpsError(
                tr("The server has {free} MB free where {folder} lies; {needed} MB are needed.",
                   free=free, folder=self.folder, needed=needed >> 20),
                hint=tr("Free some space there: the old directory is kept until you discard it."),
                unharmed=tr("The directory is as it was."),
            )  # fmt: skip

    def build(
        self, entry: Entry, here: Sequence[int], runs: Sequence[tuple[int, Iterable[bytes]]]
    ) -> None:
        """Make a large file out of blocks that the old one has `here` in the same place, and of
        runs of blocks that are sent; what is in neither is a hole."""
        large = '"$root.gmops-$id-large"'
        copy = f"""
            cd -- "$root" || exit 72; : >{large}
            xargs -0 -n 2 sh -c 'said=$(dd if="$1" of="$0" bs={BLOCK} skip="$2" seek="$2" \\
                count=1 conv=notrunc 2>&1) || {_SAID}' {large}"""
        asked = [name_of(entry.path) + f"{number}\0".encode() for number in here]
        self._fed(copy if asked else f": >{large}", asked)
        for first, content in runs:
            write = f"dd of={large} bs={BLOCK} seek={first} conv=notrunc"
            self._fed(f"said=$({write} 2>&1) || {_SAID}", content)
        finish = f"""
            dd if=/dev/null of={large} bs=1 seek={entry.size} count=0 2>/dev/null || exit 73
            export new; xargs -0 -n 1 sh -c 'mv -f -- "$0" "$new/$1"' {large}"""
        self._fed(finish, [name_of(entry.path)])
        self.dress([entry])

    def swap(self) -> None:
        """Exchange the two; nothing is between, and what was there is kept."""
        with self._context.uncut():
            self._run("what=restore" + _SWAP)

    def undo(self) -> None:
        """Exchange them again: what `swap` (or `undo`) replaced comes back."""
        with self._context.uncut():
            self._run(_UNDO + _SWAP)

    def clear(self) -> Left:
        """Put right what an interruption left: the old tree stands, or the new, and no half."""
        with self._context.uncut():
            answer = self._run(_RECOVER).split()
        for told in ("cleared", "done", "back"):
            if answer[-1:] == [told]:
                return told
        return "none"

    def discard(self) -> None:
        """Delete what was kept for undoing."""
        self._run('[ ! -d "$old" ] || rm -rf -- "$old"')

    def stands(self, replaced: bool) -> bool:
        """Say whether the exchange came about: the tree that was `replaced` is kept beside, or,
        where there was none, the new one stands."""
        name = "$old" if replaced else "$root"
        return self._run(f'[ -d "{name}" ] && echo there || echo gone').strip() == "there"

    # ------------------------------------------------------------ inside

    def _there(self, script: str) -> str:
        return f"root={shlex.quote(self.folder)} id={self.id}\n{_HEAD}{script}"


def interrupted(ssh: Ssh, folder: str, context: Context) -> list[str]:
    """Return the ids of replacements of `folder` that did not come to their end."""
    script = (
        f"root={shlex.quote(folder)}\n"
        '[ -d "$root" ] && root=$(cd -- "$root" && pwd -P)\n'
        'for one in "$root".gmops-*-new "$root".gmops-*-state; do'
        ' [ -e "$one" ] && echo "$one"; done; :'
    )
    _status, answer = ssh.run(script, context)
    found = re.findall(
        r"\.gmops-([0-9a-f-]{8,40})-(?:new|state)$", answer.decode("utf-8", "replace"), re.M
    )
    return sorted(set(found))


def kept_beside(ssh: Ssh, folder: str, context: Context) -> Iterator[Beside]:
    """Return what earlier restores of `folder` left beside it, from whichever machine."""
    script = (
        f"root={shlex.quote(folder)}\n"
        'for old in "$root".gmops-*-old; do [ -d "$old" ] && stat -c "%Z %n" -- "$old"; done; :'
    )
    _status, answer = ssh.run(script, context)
    for line in answer.decode("utf-8", "replace").splitlines():
        if found := re.search(r"^(\d+) .*\.gmops-([0-9a-f-]+)-old$", line):
            yield Beside(found[2], int(found[1]))
