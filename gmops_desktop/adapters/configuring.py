"""A file of configuration on a server: fetched, judged by its service, replaced as a whole.

What a change needs lies in `/var/tmp/gmops-changes/ID` (for an account other than root
`gmops-changes-UID`; elsewhere where its environment names `GMOPS_CHANGES`), which only its account
may enter: `new`, and `old` with owner, mode, access list and security context of the file as it
was.  After half a year it goes with the next change.  What a machine of ours did for a change is
noted there, too (`run_notes`).
"""

from __future__ import annotations

import hashlib
import re
import shlex
from dataclasses import dataclass
from typing import Final

from gmops_desktop.adapters.ssh import Ssh
from gmops_desktop.context import Context
from gmops_desktop.contract.runs import RunPurpose
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr

WAY_IN: Final = "way_in"  # the key of the step in which a run waits for a new login
LARGEST: Final = 1 << 20  # bytes; no file of configuration is larger
_TOO_LONG: Final = 120.0  # seconds for a check
_STATUS_NAMESPACE: Final = 65  # no mount of one's own: the file can only be judged in its place

HEAD: Final = r"""
LC_ALL=C; export LC_ALL
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin; export PATH
if [ "$(id -u)" = 0 ]; then base=/var/tmp/gmops-changes
else base=/var/tmp/gmops-changes-$(id -u); fi
base=${GMOPS_CHANGES:-$base}
digest() { sha256sum <"$1" | cut -c 1-64; }
"""
_FETCH: Final = r"""
[ -e "$path" ] || exit 72
real=$(readlink -f -- "$path") || exit 72
[ -f "$real" ] || exit 75
[ -r "$real" ] || exit 73
size=$(stat -c %s -- "$real")
[ "$size" -le LARGEST ] || exit 76
above=${real%/*}; [ -n "$above" ] || above=/
rights=yes; [ -w "$real" ] && [ -w "$above" ] || rights=no
free=$(df -Pk -- "$above" | tail -n 1 | awk '{print $4}')
printf '%s\0' "$real" "$(stat -c '%a %u %g %h' -- "$real")" "$rights" "$free"
cat -- "$real"
"""
# A check without {file} sees the new file in the place of the old one, in mounts of its own that
# nobody else sees and that go with it.
_JUDGE: Final = r"""
judge() {
    file=$1
    if [ -z "$check" ]; then return 0; fi
    if [ -n "$copies" ]; then sh -c "$check" sh "$file"; return; fi
    unshare -m sh -c 'mount --bind "$1" "$2"' sh "$file" "$real" 2>/dev/null || return 65
    unshare -m sh -c 'mount --bind "$1" "$2" && exec sh -c "$3"' sh "$file" "$real" "$check"
}
"""
_TRY: Final = r"""
umask 077
folder=$(mktemp -d /var/tmp/gmops-try.XXXXXXXX) || exit 74
trap 'rm -rf -- "$folder"' EXIT HUP TERM
cat >"$folder/${real##*/}" || exit 74
chmod --reference="$real" "$folder/${real##*/}" 2>/dev/null
judge "$folder/${real##*/}" 2>&1
"""
_KEEP: Final = r"""
umask 077
mkdir -p -- "$base" 2>/dev/null
[ -d "$base" ] && [ ! -L "$base" ] && [ -O "$base" ] && chmod 700 "$base" || exit 74
# What was kept for changes that are long over goes.
find "$base" -mindepth 1 -maxdepth 1 -type d -mtime +180 -exec rm -rf -- {} + 2>/dev/null
folder=$base/$id
mkdir -p -- "$folder" || exit 74
cat >"$folder/new.part" || exit 74
[ "$(digest "$folder/new.part")" = "$after" ] || exit 77
if [ ! -f "$folder/old" ] || [ "$(digest "$folder/old")" != "$before" ]; then
    cp -p --preserve=all -- "$real" "$folder/old.part" 2>/dev/null ||
        cp -p -- "$real" "$folder/old.part" || exit 74
    [ "$(digest "$folder/old.part")" = "$before" ] || exit 78
    mv -f -- "$folder/old.part" "$folder/old"
fi
mv -f -- "$folder/new.part" "$folder/new"
sync -- "$folder/new" "$folder/old" 2>/dev/null || sync
"""
_REPLACE: Final = r"""
folder=$base/$id; beside=${real%/*}/.${real##*/}.gmops-$id
refuse() { echo "$1"; tell fault "$1"; exit 1; }
stands() {
    [ "$(readlink -f -- "$path")" = "$real" ] || refuse "$path leads elsewhere now"
    now=$(digest "$real")
    [ "$now" = "$from" ] || [ "$now" = "$to" ] ||
        refuse "$real was changed by somebody else: its SHA-256 is $now"
    [ -f "$folder/new" ] && [ -f "$folder/old" ] && [ "$(digest "$folder/$which")" = "$to" ] ||
        refuse "what was prepared is not there any more"
}
dressed() {
    cp -p --preserve=all -- "$1" "$beside" 2>/dev/null || cp -p -- "$1" "$beside" || return 1
    cat -- "$2" >"$beside" && [ "$(digest "$beside")" = "$3" ] || return 1
    sync -- "$beside" 2>/dev/null || sync
}
build() {
    like=$real; [ "$which" = new ] || like=$folder/old
    dressed "$like" "$folder/$which" "$to" && return 0
    rm -f -- "$beside"
    refuse "$real could not be built anew"
}
said() { judge "$beside" >"$run/said" 2>&1; status=$?; cat "$run/said"; }
checked() {
    said
    case $status in
        0) ;;
        65) echo "no mounts of our own here: it is checked in its place";;
        *) rm -f -- "$beside"; refuse "$(grep -v '^$' "$run/said" | head -n 20)";;
    esac
}
replaced() { mv -fT -- "$beside" "$real"; }
back() {
    if [ "$which" = new ]; then dressed "$folder/old" "$folder/old" "$from"
    else dressed "$folder/old" "$folder/new" "$from"; fi && mv -fT -- "$beside" "$real"
}
in_place() {
    [ -n "$check" ] && [ -z "$copies" ] || return 0
    sh -c "$check" >"$run/said" 2>&1 && { cat "$run/said"; return 0; }
    cat "$run/said"
    back || refuse "the old file could not be put back"
    refuse "$(grep -v '^$' "$run/said" | head -n 20)"
}
reloaded() {
    sh -c "$reload" >"$run/said" 2>&1 && { cat "$run/said"; return 0; }
    cat "$run/said"
    back || refuse "the old file could not be put back"
    sh -c "$reload"
    refuse "the service did not take it: $(grep -v '^$' "$run/said" | head -n 20)"
}
# A file that decides who may log in stands for good only when somebody has logged in anew.
way_in() {
    left=$seconds
    until [ -e "$run/answer" ] || [ "$left" -le 0 ]; do sleep 1; left=$((left - 1)); done
    if [ -e "$run/answer" ]; then echo "logged in anew"; return 0; fi
    back || refuse "the old file could not be put back"
    [ -z "$reload" ] || sh -c "$reload"
    refuse "nobody could log in anew within $seconds seconds: the old file stands again"
}
proof() {
    now=$(digest "$real"); echo "$real $now"
    [ "$now" = "$to" ] && [ "$(stat -c '%a %u %g' -- "$real")" = "$dress" ]
}
"""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A file as it is on a server; `real` is where links lead, `links` how many names it has.

    `writable` says whether the account may replace it, `free` the bytes free beside it.
    """

    path: str
    real: str
    content: bytes
    mode: int
    uid: int
    gid: int
    links: int
    writable: bool
    free: int | None

    @property
    def digest(self) -> str:
        """The SHA-256 of its content."""
        return hashlib.sha256(self.content).hexdigest()


@dataclass(frozen=True, slots=True)
class Judged:
    """What a service says of a new file: `ok` is None where it can only be judged in its place."""

    ok: bool | None
    said: str


def fetch(ssh: Ssh, path: str, context: Context) -> Fetched:
    """Read a file; raise `OpsError` where there is none that can be changed so."""
    script = _set(path=path) + HEAD + _FETCH.replace("LARGEST", str(LARGEST))
    with ssh.command(script, context) as command:
        answer = command.readall()
        status, _complaints = command.finish()
    host = ssh.address.host
    hints = {
        72: (tr("{host} has no file {path}.", host=host, path=path), tr("Check the path.")),
        73: (tr("{user} may not read {path} on {host}.", user=ssh.address.user, path=path,
                host=host), tr("Use an account that may.")),
        75: (tr("{path} on {host} is no file.", path=path, host=host), tr("Check the path.")),
        76: (tr("{path} on {host} is larger than 1 MB.", path=path, host=host),
             tr("Such a file is no configuration; deploy it as a release.")),
    }  # fmt: skip
    if status:
        message, hint = hints.get(
            status, (tr("{path} on {host} cannot be read.", path=path, host=host), "")
        )
        raise OpsError(message, hint=hint, unharmed=tr("Nothing on the server was changed."))
    real, dress, rights, free, content = answer.split(b"\0", 4)
    mode, uid, gid, links = dress.decode().split()
    return Fetched(
        path=path,
        real=real.decode("utf-8", "surrogateescape"),
        content=content,
        mode=int(mode, 8),
        uid=int(uid),
        gid=int(gid),
        links=int(links),
        writable=rights == b"yes",
        free=int(free) * 1024 if free.isdigit() else None,
    )


def judge(ssh: Ssh, real: str, content: bytes, check: str, context: Context) -> Judged:
    """Let the service's own check judge a new file; nothing that is in use is touched."""
    if not check:
        return Judged(True, "")
    script = _set(real=real, **_check(check)) + HEAD + _JUDGE + _TRY
    with ssh.command(script, context, stdin=[content], silence=_TOO_LONG) as command:
        said = command.readall().decode("utf-8", "replace").strip()
        status, _complaints = command.finish()
    said = re.sub(r"/var/tmp/gmops-try\.\w+/[^\s:]+", real, said)
    if status == _STATUS_NAMESPACE:
        return Judged(None, said)
    return Judged(status == 0, said)


def keep(
    ssh: Ssh, id: str, real: str, content: bytes, digests: tuple[str, str], context: Context
) -> None:
    """Bring the new file to the server and keep the old one beside it; `digests` before, after."""
    before, after = digests
    script = _set(id=id, real=real, before=before, after=after) + HEAD + _KEEP
    with ssh.command(script, context, stdin=[content]) as command:
        command.readall()
        status, complaints = command.finish()
    if status == 78:
        raise OpsError(
            tr("{path} was changed on the server meanwhile.", path=real),
            hint=tr("Simulate the change again, and look at what differs."),
            unharmed=tr("The file is as it was."),
        )
    if status:
        said = complaints.decode("utf-8", "replace").strip().rpartition("\n")[2]
        raise OpsError(
            tr("What the change of {path} needs could not be kept on the server: {why}.",
               path=real, why=said.rstrip(".") or str(status)),
            hint=tr("Free some space in /var/tmp there, and check whose gmops-changes is."),
            unharmed=tr("The file is as it was."),
        )  # fmt: skip


def replace_script(
    *,
    id: str,
    path: str,
    real: str,
    digests: tuple[str, str],
    dress: tuple[int, int, int],
    check: str,
    reload: str,
    purpose: RunPurpose,
    proved_within: int = 0,
) -> tuple[str, tuple[str, ...]]:
    """Return what a run does, and its steps: judge, replace as a whole, let the service read it.

    Where the service does not take it, the old file stands again byte for byte.  `dress` is mode,
    owner and group.  With `proved_within` the run waits so many seconds in the step `WAY_IN` for
    an answer (`detached.answer`) by somebody who logged in anew; else it takes the file back.
    """
    back = purpose == "rollback"
    before, after = digests
    words = _set(
        id=id,
        path=path,
        real=real,
        **{"from": after if back else before, "to": before if back else after},
        which="old" if back else "new",
        dress=f"{dress[0]:o} {dress[1]} {dress[2]}",
        reload=reload,
        seconds=str(proved_within),
        **_check(check),
    )
    steps = {
        "stands": "stands",
        "build": "build",
        "check": "checked",
        "replace": "replaced",
        "check_in_place": "in_place",
        **({"reload": "reloaded"} if reload else {}),
        **({WAY_IN: "way_in"} if proved_within else {}),
        "proof": "proof",
    }
    lines = [f"step {key} {command}" for key, command in steps.items()]
    script = words + HEAD + _JUDGE + _REPLACE + "\n".join([*lines, ""])
    return script, tuple(steps)


def _check(check: str) -> dict[str, str]:
    """Return the words of a check; of one that takes a file, `$1` is that."""
    copies = "{file}" in check
    return {"check": check.replace("{file}", '"$1"'), "copies": "yes" if copies else ""}


def _set(**words: str) -> str:
    return "".join(f"{name}={shlex.quote(value)}\n" for name, value in words.items())
