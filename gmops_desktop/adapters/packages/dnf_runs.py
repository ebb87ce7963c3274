"""The same with dnf or yum: new packages wait in the manager's cache, old ones in our folder."""

from __future__ import annotations

from typing import Final

from gmops_desktop.adapters.packages.scan import MANAGER

# yum 3 is Python 2 and dies of LC_ALL=C on names that are not ASCII.
WORDS: Final = (
    MANAGER
    + r"""
unset LC_ALL; LC_MESSAGES=C; LC_CTYPE=en_US.UTF-8; LC_COLLATE=C
export LC_MESSAGES LC_CTYPE LC_COLLATE
etc=/etc
take() { root env LC_MESSAGES=C LC_CTYPE=en_US.UTF-8 $M -y --setopt=keepcache=1 "$@"; }
packages_now() { rpm -qa --qf '%{NAME}.%{ARCH}=%{EVR} %{EVR}\n' | sort -k 1,1; }
has() { rpm -q --qf '%{EVR}\n' "$1" 2>/dev/null | grep -qxF -- "$2"; }
half_done() {
  rpm -qa --qf '%{NAME}.%{ARCH}\n' | grep -v '^gpg-pubkey\|^kernel' | sort | uniq -d
}
interrupted() { ls /var/lib/yum 2>/dev/null | grep -q '^transaction-all'; }
left_beside() {
  root find "$etc" -xdev -type f \( -name '*.rpmnew' -o -name '*.rpmsave' -o -name '*.rpmorig' \) \
    -cnewer "$run/begun" -exec sha256sum {} +
}
faults() {
  sed -n 's/^[Ee]rror: unpacking of archive failed on file [^ ]* *.*/&/p
s/^Error unpacking rpm package \(.*\)$/\1/p
s/^Error in [A-Z]* scriptlet in rpm package \(.*\)$/\1/p
s/^[Ee]rror: %[a-z]*(\([^)]*\)) scriptlet failed.*/\1/p' | sort -u
}
reboot_due() {
  said=$(needs-restarting -r 2>/dev/null || $M -q needs-restarting -r 2>/dev/null)
  case $said in *"Reboot is required"*|*"Reboot should be"*) echo yes;; *"No core"*) echo no;; esac
}
last_done() { root $M -q history list 2>/dev/null | awk '$1 + 0 > 0 { print $1; exit }'; }
# dnf would wait for another without an end.
holders() {
  for file in /var/lib/rpm/.rpm.lock /usr/lib/sysimage/rpm/.rpm.lock; do
    inode=$(stat -L -c %i "$file" 2>/dev/null) || continue
    sed -n "s/^[^>]* \([0-9][0-9]*\) [0-9a-f:]*:$inode .*/\1/p" /proc/locks
  done
  cat /var/cache/dnf/*.pid /var/lib/dnf/*.pid /run/yum.pid 2>/dev/null
}
free_of_others() {
  left=$patience
  while
    held=$(for pid in $(holders | sort -u); do
      [ ! -d "/proc/$pid" ] || echo "process $pid ($(cat "/proc/$pid/comm"))"
    done)
    [ -n "$held" ]
  do
    [ "$left" -gt 0 ] || { echo "$held"; tell fault "$say_locked $held"; exit 1; }
    left=$((left - 1)); sleep 1
  done
}
# What the manager counts before it asks, with those that come along.
counts() {
  awk '/^(Install|Upgrade|Remove|Downgrade) +[0-9]+ / {
    n = $2; if (match($0, /\(\+ *[0-9]+/)) { s = substr($0, RSTART + 2, RLENGTH - 2); n += s }
    print $1 " " n }'
}
"""
)

PREPARE: Final = r"""
fetch() { free_of_others; wanted --downloadonly; }
keep() {
  name=$1; version=$2; stem=${name%.*}; arch=${name##*.}
  rm -rf "$run/one"; mkdir "$run/one" || exit 1
  for source in archive cache; do
    case $source in
    archive) take -q reinstall --downloadonly --downloaddir="$run/one" "$stem-$version.$arch";;
    cache) find /var/cache/dnf /var/cache/yum -name "$stem-*.$arch.rpm" -exec cp {} "$run/one" \;
    esac >/dev/null 2>&1
    for file in "$run/one"/*.rpm; do
      [ -f "$file" ] || continue
      [ "$(rpm -qp --qf '%{NAME}.%{ARCH} %{EVR}' "$file" 2>/dev/null)" = "$name $version" ] ||
        continue
      root cp -f "$file" "$kept/old/" || exit 1
      sum=$(sha256sum <"$file"); echo "$name $version $source ${sum%% *} ${file##*/}"
      return
    done
  done
  echo "$name $version none - -"
}
keep_old() {
  mkdir -p "$kept/old" || exit 1
  while read -r name version; do keep "$name" "$version"; done <"$run/replaced" >"$run/kept" ||
    exit 1
  cp "$run/kept" "$kept/kept.new" && mv -f "$kept/kept.new" "$kept/kept" && tell kept <"$kept/kept"
}
step fetch fetch
step keep keep_old
"""

APPLY: Final = r"""
ready() {
  interrupted && { tell fault "$say_interrupted"; exit 1; }
  half=$(half_done); [ -z "$half" ] || { tell fault "$say_half $half"; exit 1; }
  [ -s "$kept/kept" ] || [ ! -s "$run/replaced" ] || { tell fault "$say_unprepared"; exit 1; }
  free_of_others
}
# The versions are pinned; what else would come, go or change, shows in how many there are.
unchanged() {
  root env LC_MESSAGES=C LC_CTYPE=en_US.UTF-8 $M -C --assumeno upgrade $names >"$run/played" 2>&1
  grep -q '^Operation aborted\|^Exiting on user command' "$run/played" ||
    { cat "$run/played"; why=$(grep -i '^error\|^No ' "$run/played")
      tell fault "$say_differs $why"; exit 1; }
  counts <"$run/played" | sort >"$run/moves"
  sort "$run/expected" | comm -3 - "$run/moves" >"$run/differs"
  [ ! -s "$run/differs" ] || { cat "$run/played"; tell differs <"$run/differs"
    tell fault "$say_differs $(tr '\n\t' '; ' <"$run/differs")"; exit 1; }
}
put() {
  : >"$kept/touched"
  before=$(last_done)
  wanted -C || return
  now=$(last_done)
  [ "$now" = "$before" ] || echo "$now" >"$kept/history"
}
check() {
  bad=$(while read -r name version; do has "$name" "$version" || echo "$name $version"
  done <"$run/versions")
  [ -z "$bad" ] || { echo "$bad"; tell fault "$say_versions $bad"; exit 1; }
  rpm -V $(sed 's/ .*//' "$run/versions") | tell verified
}
step ready ready
step unchanged unchanged
step record record
carry_out put check
"""

ROLL_BACK: Final = r"""
ready() {
  [ -s "$kept/kept" ] && cd "$kept/old" || { tell fault "$say_unprepared"; exit 1; }
  awk '$3 != "none" { print $4 "  " $5 }' "$kept/kept" >"$run/sums"
  [ ! -s "$run/sums" ] || sha256sum -c "$run/sums" || { tell fault "$say_unprepared"; exit 1; }
  free_of_others
}
all_back() {
  while read -r name version source rest; do has "$name" "$version" || return 1; done <"$kept/kept"
  while read -r name version; do has "$name" "$version" && return 1; done <"$run/came"
  return 0
}
# What the manager noted is undone as a whole, where its archives still have what was before; else
# what we kept goes in.
put() {
  [ ! -s "$kept/history" ] || take history undo "$(cat "$kept/history")" || :
  all_back && return 0
  set --
  while read -r name version source sum file; do
    [ "$source" = none ] || has "$name" "$version" || set -- "$@" "$kept/old/$file"
  done <"$kept/kept"
  [ $# = 0 ] || take -C --disablerepo='*' downgrade "$@" || return
  set --
  while read -r name version; do
    ! has "$name" "$version" || set -- "$@" "$name-$version"
  done <"$run/came"
  [ $# = 0 ] || take -C remove "$@"
}
check() {
  all_back && return
  bad=$(while read -r name version rest; do has "$name" "$version" || echo "$name $version"
  done <"$kept/kept"
  while read -r name version; do ! has "$name" "$version" || echo "$name"; done <"$run/came")
  echo "$bad"; tell fault "$say_versions $bad"; exit 1
}
step ready ready
carry_out put check
rm -f "$kept/touched"
"""

MEND: Final = r"""
put() {
  free_of_others
  if command -v yum-complete-transaction >/dev/null; then
    root yum-complete-transaction -y --cleanup-only && root package-cleanup -y --cleandupes
  else
    rpm -qa >/dev/null || root rpm --rebuilddb || return
    [ -z "$(half_done)" ] || take -C remove --duplicates
  fi
}
check() { :; }
carry_out put check
"""
