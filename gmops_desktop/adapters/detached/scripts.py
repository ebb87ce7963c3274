"""What runs at the server: the folder of a run, who watches it, and what its script may call."""

from __future__ import annotations

import re
from typing import Final

RESTART: Final = "restart"  # the key of the step that restarts the server, always the last
STAYED: Final = 124  # the exit code of that step where the server stays up
_ID: Final = r"[0-9a-zA-Z][0-9a-zA-Z-]{7,63}"

FOLDER: Final = r"""
if [ "$(id -u)" = 0 ]; then base=/var/tmp/gmops-runs; else base=/var/tmp/gmops-runs-$(id -u); fi
base=${GMOPS_RUNS:-$base}; run=$base/RUN_ID; export base run
"""

# Onto the disk; where one file cannot be named (coreutils before 8.24), everything.
SETTLE: Final = r"""
settle() { sync -- "$1" 2>/dev/null || sync; }
"""

WATCH: Final = r"""
run=$1; export run
umask 022
trap '' HUP
cd /
set -- $(sed 's/^.*) //' /proc/$$/stat)
boot=$(cat /proc/sys/kernel/random/boot_id)
[ -n "$boot" ] && [ -n "${20}" ] || exit 1
printf '%s %s %s %s\n' $$ "${20}" "$boot" "$(date +%s)" >"$run/claim.$$" || exit 1
printf '%40s\n' '' >"$run/room.$$" || exit 1
settle "$run/claim.$$"; settle "$run/room.$$"
ln "$run/claim.$$" "$run/begun" 2>/dev/null || { rm -f "$run/claim.$$" "$run/room.$$"; exit 0; }
rm -f "$run/claim.$$"
settle "$run"
sh "$run/work" </dev/null >>"$run/log" 2>&1
status=$?
printf '%s %s ' "$status" "$(date +%s)" 1<>"$run/room.$$"
settle "$run/room.$$"
mv -f "$run/room.$$" "$run/rc"
settle "$run"
"""

# What the script of a run may call.  A step is a subshell: what another needs of it, it leaves in
# a file in "$run".
WORDS: Final = r"""
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin; export PATH
root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi; }
headed() { printf '\n[%s] %s\n' "$(date '+%Y-%m-%d %H:%M:%S')" "$1"; }
try_step() {
  printf 'B %s %s\n' "$1" "$(date +%s)" >>"$run/steps"; settle "$run/steps"
  headed "$1"
  ( eval "$2" ); _status=$?
  printf 'E %s %s %s\n' "$1" "$(date +%s)" "$_status" >>"$run/steps"
  return $_status
}
step() { try_step "$@" || exit $?; }
tell() {
  mkdir -p "$run/told"
  if [ $# -gt 1 ]; then printf '%s' "$2"; else cat; fi >"$run/telling" &&
    mv -f "$run/telling" "$run/told/$1"
}
restart() {
  printf 'B restart %s\n' "$(date +%s)" >>"$run/steps"
  headed restart
  settle "$run/steps"; settle "$run/log"
  root sh -c "$1"; _status=$?
  # The server takes its time to end us; where it does not, that is this step's fault.
  _left=${2:-600}
  while [ $_status = 0 ] && [ $_left -gt 0 ]; do sleep 1; _left=$((_left - 1)); done
  [ $_status = 0 ] && _status=124
  printf 'E restart %s %s\n' "$(date +%s)" $_status >>"$run/steps"
  exit $_status
}
"""

# A function: nothing of it is done before all of it has arrived.
START: Final = r"""main() {
umask 077
trap '' HUP
FOLDER
mkdir -p "$base" 2>/dev/null
[ -d "$base" ] && [ ! -L "$base" ] && [ -O "$base" ] && chmod 700 "$base" ||
  { echo "gmops: foreign $base"; exit 1; }
mkdir -p "$run" 2>/dev/null || { echo "gmops: full $base"; exit 1; }
[ -e "$run/begun" ] && { echo "gmops: begun"; exit 0; }
command -v setsid >/dev/null || { echo "gmops: setsid"; exit 1; }
cat >"$run/planned.$$" <<'WORD'
PLANNED
WORD
cat >"$run/work.$$" <<'WORD'
SETTLE
WORDS
SCRIPT
WORD
cat >"$run/watch.$$" <<'WORD' || { rm -f "$run"/*.$$; echo "gmops: full $base"; exit 1; }
SETTLE
WATCH
WORD
# What was cut off by a full disk must not run.
[ "$(tail -n 1 "$run/work.$$")" = "# WORD" ] && [ -s "$run/planned.$$" ] ||
  { rm -f "$run"/*.$$; echo "gmops: full $base"; exit 1; }
for name in planned work watch; do mv -f "$run/$name.$$" "$run/$name"; done
unit=
if [ -d /run/systemd/system ] && command -v systemd-run >/dev/null; then
  root=; [ "$(id -u)" = 0 ] || root="sudo -n"
  for collect in --collect ""; do
    $root systemd-run --quiet $collect --unit=gmops-RUN_ID --uid="$(id -u)" -p KillMode=process \
      sh "$run/watch" "$run" </dev/null >/dev/null 2>&1 && { unit=yes; break; }
  done
fi
[ -n "$unit" ] || setsid sh "$run/watch" "$run" </dev/null >/dev/null 2>&1 &
tries=0
while [ ! -e "$run/begun" ] && [ $tries -lt 100 ]; do
  sleep 0.1 2>/dev/null || sleep 1
  tries=$((tries + 1))
done
if [ -e "$run/begun" ]; then echo "gmops: begun"; else echo "gmops: silent"; fi
}
main
"""

# Whether it lives is asked before its end is read: else one that ends in between would seem to
# have been interrupted.  Its children may outlive it.
LOOK: Final = r"""
FOLDER
# Root may ask for another account's: the cloud's agent does where SSH does not answer.
if [ "$(id -u)" = 0 ] && [ ! -e "$run" ]; then
  for other in /var/tmp/gmops-runs-*; do
    [ -d "$other/RUN_ID" ] && { base=$other; run=$base/RUN_ID; }
  done
fi
s boot 'cat /proc/sys/kernel/random/boot_id; sed -n "s/^btime //p" /proc/stat'
s there 'if [ ! -e "$base" ]; then echo no
elif [ "$(id -u)" != 0 ] && [ ! -O "$base" ]; then echo foreign
elif [ -e "$run/begun" ]; then echo yes; else echo no; fi'
s alive 'read -r pid ticks rest <"$run/begun" || exit 1
cat /proc/[0-9]*/stat 2>/dev/null | sed "s/^\([0-9]*\) (.*) /\1 /" | awk -v p="$pid" -v t="$ticks" "
\$2 == \"Z\" { next }
\$1 == p { if (\$21 == t) own = 1; else other = 1 }
\$1 != p && (\$4 == p || \$5 == p) { children = 1 }
END { print (own || (children && !other)) ? \"yes\" : \"no\" }"' 20
d rc cat "$run/rc"
d begun cat "$run/begun"
s digest '[ -e "$run/rc" ] || grep -q "^B restart" "$run/steps" || exit 1
sha256sum <"$run/log"' 60
d planned cat "$run/planned"
d steps cat "$run/steps"
s told 'cd "$run/told" 2>/dev/null || exit 0
for name in *; do [ -f "$name" ] && { echo "$name $(wc -c <"$name")"; cat "$name"; }; done'
s log 'size=$(wc -c <"$run/log") || exit 1
from=OFFSET; [ $from = 0 ] && [ $size -gt AT_ONCE ] && from=$((size - AT_ONCE))
echo $size $from; tail -c +$((from + 1)) "$run/log" | head -c AT_ONCE'
"""

# What a run waits for is told to it; one that has ended hears nothing any more.
ANSWER: Final = r"""
FOLDER
s answer '[ -e "$run/begun" ] && : >"$run/answer"'
"""

KNOWN: Final = r"""
FOLDER
s runs '[ ! -e "$base" ] || ls -t "$base"'
"""

FORGET: Final = r"""
FOLDER
s gone 'rm -rf --one-file-system "$run" 2>/dev/null || rm -rf "$run"; [ ! -e "$run" ]'
"""


def filled(script: str, run_id: str, **parts: str) -> str:
    """Return `script` with its capital words replaced, in one pass: what is filled in may hold
    them, too."""
    if run_id and not is_id(run_id):
        raise ValueError(run_id)
    parts |= {"FOLDER": FOLDER.replace("RUN_ID", run_id), "RUN_ID": run_id}
    return re.sub(rf"\b(?:{'|'.join(parts)})\b", lambda found: parts[found[0]], script)


def is_id(name: str) -> bool:
    """Whether a name below the folder of the runs is a run's."""
    return re.fullmatch(_ID, name) is not None
