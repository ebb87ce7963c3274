"""Places a release beside what a web server serves, and switches to it in one step of the kernel.

What is served is a symbolic link that is turned (`current -> releases/1.4`), or a directory that
is exchanged with another.  Beside it stand, for each release `ID` that this program placed, two
hidden files: `.NAME.gmops-ID.state` says where the new tree is and that it is whole, `...stays`
lists what belongs to no release (uploads, configuration).  Both trees share that by hard links.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from gmops_desktop.adapters.site_tree.building import EXCHANGE, TOO_LONG, Building, name_of
from gmops_desktop.adapters.ssh import Ssh
from gmops_desktop.context import Context
from gmops_desktop.contract.releases import Layout
from gmops_desktop.contract.runs import RunPurpose
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr

_NO_FOLDER: Final = 72
_FIELDS: Final = 9

_LOOK: Final = r"""
LC_ALL=C; export LC_ALL
[ -d "$folder" ] || exit 72
live=$(cd -- "$folder" && pwd -P) || exit 72
[ "$live" != / ] || exit 72
if [ -L "$folder" ]; then layout=link; text=$(readlink -- "$folder"); else layout=folder; text=; fi
above=${live%/*}; [ -n "$above" ] || above=/
beside=$(cd -- "$(dirname -- "$folder")" && pwd -P) || exit 72
rights=yes; [ -w "$above" ] && [ -w "$beside" ] || rights=no
[ "$(stat -c %d -- "$live")" = "$(stat -c %d -- "$above")" ] || rights=mount
step=no
if mv --help 2>&1 | grep -q -- --exchange || command -v perl >/dev/null; then step=yes; fi
free=$(df -Pk -- "$above" | tail -n 1 | awk '{print $4}')
printf '%s\0' "$layout" "$text" "$live" "$beside" "$rights" "$step" "$free" \
    "$(stat -c '%a %u %g %i' -- "$live")" "$(id -u)"
"""
_BEGIN: Final = r"""
[ -d "$new" ] || mkdir -m 700 -- "$new" || exit 73
"""
_READY: Final = r"""
chmod "$mode" "$new" || exit 73
[ "$(id -u)" != 0 ] || chown "$owner" "$new" || exit 73
printf '%s %s %s\n' "$tree" "$(stat -c %i -- "$new")" "$new" >"$state.part" || exit 73
sync -- "$state.part" 2>/dev/null || sync
mv -f -- "$state.part" "$state" || exit 73
"""
# What the run of a switch is made of.  Paths that neither release owns are the same files in both:
# what the one gets, the other has; what comes between the first pass and the switch, the second one
# brings over.
_COMMON: Final = r"""
share() {
    cd -- "$1" || return 72
    xargs -0 sh -c 'for one; do
        if [ -e "$one" ] || [ -L "$one" ]; then
            cp -alPu --parents -- "$one" "$0" || exit 255
        fi
    done' "$2" <"$stays"
}
refuse() { echo "$1"; tell fault "$1"; exit 1; }
ready() {
    read -r built number place <"$state" && [ "$built" = "$tree" ] &&
        { [ -d "$new" ] || [ -d "$new.away" ]; } ||
        refuse "the release is not there as a whole"
}
"""
_LINK: Final = r"""
leads() { cd -- "$folder" && pwd -P; }
stands() {
    now=$(leads) || refuse "$folder leads nowhere"
    [ "$now" = "$from" ] || [ "$now" = "$to" ] || refuse "$folder leads to $now, not to $from"
    [ -d "$to" ] || refuse "$to is gone"
}
before() { [ "$(leads)" = "$to" ] || share "$from" "$to"; }
turn() { ln -sfn -- "$text" "$mark.turn" && mv -fT -- "$mark.turn" "$folder"; }
after() { share "$from" "$to"; }
proof() { now=$(leads); echo "$folder leads to $now"; [ "$now" = "$to" ]; }
"""
_FOLDER: Final = r"""
is_new() { read -r built number place <"$state" && [ "$(inode "$folder")" = "$number" ]; }
reached() { if is_new; then [ "$want" = new ]; else [ "$want" = old ]; fi; }
stands() {
    if [ ! -e "$folder" ] && [ -d "$new.away" ]; then mv -T -- "$new.away" "$folder"; fi
    if [ ! -e "$new" ] && [ -d "$new.away" ]; then mv -T -- "$new.away" "$new"; fi
    [ -d "$folder" ] && [ -d "$new" ] || refuse "one of the two directories is gone"
    read -r built number place <"$state"
    [ "$(inode "$folder")" = "$number" ] || [ "$(inode "$new")" = "$number" ] ||
        refuse "neither directory is the release"
}
before() { reached || share "$folder" "$new"; }
turn() {
    reached && return 0
    exchange "$folder" "$new" && return 0
    echo "in two steps: this server cannot exchange two names at once"
    mv -T -- "$folder" "$new.away" || return 1
    mv -T -- "$new" "$folder" || { mv -T -- "$new.away" "$folder"; return 1; }
    mv -T -- "$new.away" "$new"
}
after() { share "$new" "$folder"; }
proof() { echo "$folder is directory $(inode "$folder")"; reached; }
"""
STEPS: Final = ("ready", "stands", "share", "switch", "catch_up", "reload", "proof")


@dataclass(frozen=True, slots=True)
class Served:
    """What a web server serves, as it stands; `live` is the real path, `above` where it lies.

    `text` is what a link says, `one_step` whether two directories can be exchanged at once, `free`
    the bytes there are, `mode` and owner those of the live directory, `root` whether the account
    may give files away.
    """

    folder: str
    layout: Layout
    text: str
    live: str
    beside: str
    rights: str
    one_step: bool
    free: int | None
    mode: int
    uid: int
    gid: int
    inode: int
    root: bool

    @property
    def above(self) -> str:
        return self.live.rpartition("/")[0] or "/"

    def why_not(self, host: str) -> str:
        """Say why nothing can be switched here, or nothing."""
        if self.rights == "no":
            return tr("The account may not write beside {folder} on {host}.",
                      folder=self.live, host=host)  # fmt: skip
        if self.rights == "mount" and self.layout == "folder":
            return tr("{folder} on {host} is a file system of its own: it cannot be exchanged by a"
                      " rename.", folder=self.live, host=host)  # fmt: skip
        return ""


def served(ssh: Ssh, folder: str, context: Context) -> Served:
    """Look at what is served; raise `OpsError` where there is no such directory."""
    script = f"folder={shlex.quote(folder.rstrip('/'))}{_LOOK}"
    status, answer = ssh.run(script, context)
    fields = answer.decode("utf-8", "surrogateescape").split("\0")
    if status or len(fields) <= _FIELDS - 1:
        raise OpsError(
            tr("{host} has no directory {folder} that {user} may enter.",
               host=ssh.address.host, folder=folder, user=ssh.address.user),
            hint=tr("Check the path, and the rights of the account."),
            unharmed=tr("Nothing on the server was touched."),
        )  # fmt: skip
    layout, text, live, beside, rights, step, free, dress, uid = fields[:_FIELDS]
    mode, owner, group, inode = dress.split()
    return Served(
        folder=folder.rstrip("/"),
        layout="link" if layout.endswith("link") else "folder",
        text=text,
        live=live,
        beside=beside,
        rights=rights,
        one_step=step == "yes",
        free=int(free) * 1024 if free.isdigit() else None,
        mode=int(mode, 8),
        uid=int(owner),
        gid=int(group),
        inode=int(inode),
        root=uid == "0",
    )


@dataclass(frozen=True, slots=True)
class Placed:
    """A release that this program placed: its id, the digest of its tree, and where that stands."""

    id: str
    tree: str
    inode: int
    path: str


class Releasing(Building):
    """One release of what `served` tells of, known by `id`, a UUID."""

    def __init__(self, ssh: Ssh, served: Served, id: str, name: str, context: Context) -> None:
        if not re.fullmatch(r"[0-9a-f-]{8,40}", id):
            raise ValueError(id)
        self.served, self.id = served, id
        title = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-.")[:40] or "release"
        short = id.replace("-", "")[-12:]
        if served.layout == "link":
            new = f"{served.above.rstrip('/')}/{title}-{short}"
        else:
            new = f"{served.live}.release-{short}"
        super().__init__(ssh, served.live, new, context)

    @property
    def mark(self) -> str:
        """What the hidden files of this release begin with."""
        return f"{_marks(self.served)}{self.id}"

    def begin(self) -> None:
        """Make the folder in which the release is built, unless an earlier try has."""
        self._run(_BEGIN)

    def remove(self, paths: Sequence[str]) -> None:
        """Remove from the new tree what does not belong there."""
        if paths:
            script = 'cd -- "$new" && xargs -0 rm -rf --'
            self._fed(script, [name_of(path) for path in paths])

    def list_stays(self, paths: Sequence[str]) -> None:
        """Note on the server which paths belong to no release."""
        stays = shlex.quote(f"{self.mark}.stays")
        script = f"cat >{stays}.part && mv -f -- {stays}.part {stays} || exit 73"
        self._fed(script, [b"", *(name_of(path) for path in paths)])

    def finish(self, tree: str) -> None:
        """Note that the new tree is whole, and dress it as the live one is."""
        served = self.served
        words = {"mode": f"{served.mode:o}", "owner": f"{served.uid}:{served.gid}", "tree": tree,
                 "state": f"{self.mark}.state"}  # fmt: skip
        with self._context.uncut():
            self._run(_set(words) + _READY)

    def placed(self) -> Placed | None:
        """Return what is noted of this release, or None where it is not whole."""
        return next((one for one in placed(self._ssh, self.served, self._context)
                     if one.id == self.id), None)  # fmt: skip

    def clear(self) -> None:
        """Remove the new tree and its notes; it must not be live."""
        mark = shlex.quote(self.mark)
        self._run(f'rm -rf -- "$new" && rm -f -- {mark}.state {mark}.stays {mark}.state.part')


def placed(ssh: Ssh, served: Served, context: Context) -> tuple[Placed, ...]:
    """Return every release that stands whole beside what is served, from whichever machine."""
    name = shlex.quote(_marks(served))
    script = f"""
        for one in {name}*.state; do
            [ -f "$one" ] && printf '%s\\0' "$one" "$(cat -- "$one")"
        done; :"""
    _status, answer = ssh.run(script, context)
    fields = answer.decode("utf-8", "surrogateescape").split("\0")
    found = []
    for path, line in zip(fields[::2], fields[1::2], strict=False):
        noted = re.search(r"\.gmops-([0-9a-f-]{8,40})\.state$", path)
        said = re.fullmatch(r"([0-9a-f]{64}) (\d+) (/.*)", line)
        if noted and said:
            found.append(Placed(noted[1], said[1], int(said[2]), said[3]))
    return tuple(found)


def remove(ssh: Ssh, served: Served, one: Placed, context: Context) -> None:
    """Remove a release that is not live, and its notes."""
    mark = shlex.quote(_marks(served) + one.id)
    path = shlex.quote(one.path)
    script = f"""
        [ "$(cd -- {shlex.quote(served.folder)} && pwd -P)" != {path} ] || exit 75
        rm -rf -- {path} && rm -f -- {mark}.state {mark}.stays"""
    status, answer = ssh.run(script, context, deadline=TOO_LONG)
    if status:
        said = answer.decode("utf-8", "replace").strip().rpartition("\n")[2]
        raise OpsError(
            tr("The release {path} could not be removed: {why}.", path=one.path,
               why=said.rstrip(".") or str(status)),
            hint=tr("Check the rights of the account there."),
            unharmed=tr("What is live was not touched."),
        )  # fmt: skip


def switch_script(
    served: Served, mark: str, staging: str, tree: str, was: str, purpose: RunPurpose, reload: str
) -> str:
    """Return what a run does: to switch to the release, or back to what `was` live before it.

    Each step may be tried again: what has been switched stays, and is proved once more.
    """
    back = purpose == "rollback"
    words = {
        "folder": served.folder if served.layout == "link" else served.live,
        "mark": mark,
        "state": f"{mark}.state",
        "stays": f"{mark}.stays",
        "tree": tree,
        "new": staging,
        "want": "old" if back else "new",
    }
    functions = EXCHANGE + _COMMON + (_LINK if served.layout == "link" else _FOLDER)
    source, target = (staging, was) if back else (was, staging)
    if served.layout == "link":
        words |= {"from": source, "to": target, "text": _link_text(served, target)}
    steps = {
        "ready": "ready",
        "stands": "stands",
        "share": "before",
        "switch": "turn",
        "catch_up": "after",
        **({"reload": reload} if reload else {}),
        "proof": "proof",
    }
    lines = [f"step {key} {shlex.quote(command)}" for key, command in steps.items()]
    told = f"tell live {shlex.quote(target if served.layout == 'link' else served.live)}"
    return "\n".join(["LC_ALL=C; export LC_ALL", _set(words) + functions, *lines, told, ""])


def _marks(served: Served) -> str:
    return f"{served.beside.rstrip('/')}/.{served.folder.rpartition('/')[2]}.gmops-"


def _link_text(served: Served, target: str) -> str:
    """Return what the link is to say: as it was written before, where that leads there, too."""
    above = served.text.rpartition("/")[0]
    if served.text.startswith("/") or not above or target.rpartition("/")[0] != served.above:
        return target
    return f"{above}/{target.rpartition('/')[2]}"


def _set(words: dict[str, str]) -> str:
    return "".join(f"{name}={shlex.quote(value)}\n" for name, value in words.items())
