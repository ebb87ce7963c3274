"""The scripts that bring packages to a host with apt, install exactly them, and take them back."""

from __future__ import annotations

from typing import Final

# dpkg writes into our log and not through a terminal of apt's: it lives on if apt is killed.
WORDS: Final = r"""
LC_ALL=C; export LC_ALL
eval "$(apt-config shell STATUS Dir::State::status/f ARCHIVES Dir::Cache::archives/d PLACE Dir/d)"
admin=${STATUS%/*}; etc=${PLACE%/}/etc
silent() {
  root env LC_ALL=C DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=l NEEDRESTART_SUSPEND=1 \
    APT_LISTCHANGES_FRONTEND=none APT_LISTBUGS_FRONTEND=none UCF_FORCE_CONFFOLD=1 "$@"
}
take() {
  silent apt-get -y -q -o Dpkg::Use-Pty=0 -o Dpkg::Options::=--force-confdef \
    -o Dpkg::Options::=--force-confold -o DPkg::Lock::Timeout="$patience" "$@"
}
# dpkg as apt would call it.
own_dpkg() { (
  options=$(apt-config dump | sed -n 's/^DPkg::Options:: "\(.*\)";$/\1/p')
  IFS='
'; set -f
  silent dpkg $options "$@"
) }
query() { dpkg-query --admindir="$admin" -W -f "$@" 2>/dev/null; }
packages_now() {
  query '${Package}:${Architecture} ${Version}/${db:Status-Status}\n' | sed 's,/installed$,,' |
    sort -k 1,1
}
version_of() { query '${db:Status-Status} ${Version}\n' "$1" | head -n 1; }
half_done() {
  query '${db:Status-Status} ${binary:Package}\n' |
    sed -n '/^installed \|^config-files \|^not-/!s/.* //p'
}
interrupted() { ls "$admin/updates" 2>/dev/null | grep -q '^[0-9][0-9]*$'; }
left_beside() {
  root find "$etc" -xdev -type f \( -name '*.dpkg-dist' -o -name '*.dpkg-new' \
    -o -name '*.dpkg-old' -o -name '*.ucf-dist' -o -name '*.ucf-old' \) -cnewer "$run/begun" \
    -exec sha256sum {} +
}
# What a simulation would do, a line each.
moves() {
  sed -n 's/^Inst \([^ ]*\) \(\[[^]]*\] \)\{0,1\}(\([^ ]*\) .*/Inst \1 \3/p
s/^Remv \([^ ]*\).*/Remv \1/p' | sort
}
faults() {
  sed -n 's/^dpkg: error processing [a-z]* \([^ ]*\) (.*/\1/p' | sed 's/.*\///' | sort -u
}
reboot_due() {
  if [ -e "${PLACE%/}/var/run/reboot-required" ]; then echo yes
  elif [ -e "${PLACE%/}/usr/share/update-notifier/notify-reboot-required" ]; then echo no
  fi
}
"""

# The new packages as apt would unpack them, and those that are replaced.
PREPARE: Final = r"""
fetch() {
  mkdir -p "$kept/new/partial" "$kept/old" || exit 1
  wanted -d -o Dir::Cache::archives="$kept/new/" || exit 1
  cd "$kept/new" || exit 1
  for file in *.deb; do
    [ -f "$file" ] || continue
    name=$(dpkg-deb -f "$file" Package) version=$(dpkg-deb -f "$file" Version)
    sum=$(sha256sum <"$file"); sum=${sum%% *}
    apt-cache show "$name=$version" | grep -qx "SHA256: $sum" ||
      { tell fault "$say_altered $file"; root rm -f "$file"; exit 1; }
    echo "$sum  $file"
  done >"$run/sums" || exit 1
  [ -s "$run/sums" ] && mv -f "$run/sums" SHA256SUMS
}
# As the archive has it, else as apt's cache or the host itself still does.
keep() {
  name=$1; version=$2
  for source in archive cache host; do
    case $source in
    archive) silent apt-get -q download "$name=$version" >/dev/null 2>&1;;
    cache) for file in "$ARCHIVES${name%%:*}"_*.deb; do
        [ -f "$file" ] && [ "$(dpkg-deb -f "$file" Version)" = "$version" ] && cp "$file" .
      done;;
    host) command -v dpkg-repack >/dev/null && [ "$PLACE" = / ] &&
      root dpkg-repack "${name%%:*}" >/dev/null 2>&1;;
    esac
    for file in "${name%%:*}"_*.deb; do
      [ -f "$file" ] && [ "$(dpkg-deb -f "$file" Version)" = "$version" ] || continue
      sum=$(sha256sum <"$file"); sum=${sum%% *}
      known=$(apt-cache show "$name=$version" 2>/dev/null | sed -n 's/^SHA256: //p')
      [ $source = host ] || [ -z "$known" ] || echo "$known" | grep -qx "$sum" ||
        { root rm -f "$file"; continue; }
      echo "$name $version $source $sum $file"
      return
    done
  done
  echo "$name $version none - -"
}
keep_old() {
  cd "$kept/old" || exit 1
  while read -r name version; do keep "$name" "$version"; done <"$run/replaced" >"$run/kept" ||
    exit 1
  apt-mark showauto $(sed 's/ .*//' "$run/replaced") >"$kept/automatic"
  cp "$run/kept" "$kept/kept.new" && mv -f "$kept/kept.new" "$kept/kept" && tell kept <"$kept/kept"
}
step fetch fetch
step keep keep_old
"""

# Nothing is begun unless all that is needed is there and apt would do what was approved.
_READY: Final = r"""
room() {
  for file in "$1"/*.deb; do
    name=$(dpkg-deb -f "$file" Package); new=$(dpkg-deb -f "$file" Installed-Size)
    old=$(query '${Installed-Size}\n' "$name" | head -n 1)
    echo "${new:-0} ${old:-0}"
  done | awk '{ more = $1 - $2; if (more > 0) sum += more; if ($1 + 0 > most) most = $1 + 0 }
    END { print int(sum + most + 8192) }'
}
enough() {
  needed=$(room "$1")
  free=$(df -Pk "${PLACE}usr" "$admin" "$PLACE." 2>/dev/null | awk 'NR > 1 { print $4 }' | sort -n |
    head -n 1)
  [ "${free:-0}" -ge "$needed" ] ||
    { tell fault "$say_full $((${free:-0} / 1024)) MB / $((needed / 1024)) MB"; exit 1; }
}
same() {
  "$@" -s -o Debug::NoLocking=1 >"$run/played" 2>&1 ||
    { cat "$run/played"; tell fault "$say_differs $(grep '^E: ' "$run/played")"; exit 1; }
  moves <"$run/played" >"$run/moves"
}
"""

APPLY: Final = (
    _READY
    + r"""
ready() {
  interrupted && { tell fault "$say_interrupted"; exit 1; }
  half=$(half_done); [ -z "$half" ] || { tell fault "$say_half $half"; exit 1; }
  cd "$kept/new" 2>/dev/null && [ -s SHA256SUMS ] && sha256sum -c SHA256SUMS ||
    { tell fault "$say_unprepared"; exit 1; }
  enough "$kept/new"
}
unchanged() {
  same wanted
  sort "$run/expected" | comm -3 - "$run/moves" >"$run/differs"
  [ ! -s "$run/differs" ] || { cat "$run/differs"; tell differs <"$run/differs"
    tell fault "$say_differs $(tr '\n\t' '; ' <"$run/differs")"; exit 1; }
}
put() {
  : >"$kept/touched"
  wanted --no-download -o Dir::Cache::archives="$kept/new/"
}
check() {
  bad=$(while read -r name version; do
    [ "$(version_of "$name")" = "installed $version" ] || echo "$name $(version_of "$name")"
  done <"$run/versions")
  [ -z "$bad" ] || { echo "$bad"; tell fault "$say_versions $bad"; exit 1; }
}
step ready ready
step unchanged unchanged
step record record
carry_out put check
"""
)

ROLL_BACK: Final = (
    _READY
    + r"""
ready() {
  cd "$kept/old" 2>/dev/null && [ -s "$kept/kept" ] || { tell fault "$say_unprepared"; exit 1; }
  awk '$3 != "none" { print $4 "  " $5 }' "$kept/kept" >"$run/sums"
  sha256sum -c "$run/sums" || { tell fault "$say_unprepared"; exit 1; }
  awk '$3 == "none" { print $1 }' "$kept/kept" >"$run/impossible"
  if interrupted; then own_dpkg --configure -a; fi
  enough "$kept/old"
}
# Only what is not as it was; what came new goes.
back() {
  set --
  while read -r name version source sum file; do
    [ "$source" = none ] || [ "$(version_of "$name")" = "installed $version" ] ||
      set -- "$@" "$kept/old/$file"
  done <"$kept/kept"
  while read -r name; do
    [ -z "$(version_of "$name")" ] || set -- "$@" "$name-"
  done <"$run/came"
  [ $# -gt 0 ] || return 0
  # From here and not from the archive, where that still has them.
  take $how --no-download -o Dir::Cache::archives="$kept/old/" install --allow-downgrades "$@"
}
play_back() { how="$*"; back; }
unchanged() {
  same play_back
  awk '{ print "Inst " $1 " " $2 }' "$kept/kept" >"$run/expected"
  sed 's/^/Remv /' "$run/came" >>"$run/expected"
  sort -u "$run/expected" | comm -13 - "$run/moves" >"$run/differs"
  [ ! -s "$run/differs" ] || { cat "$run/differs"; tell differs <"$run/differs"
    tell fault "$say_differs $(tr '\n\t' '; ' <"$run/differs")"; exit 1; }
}
put() { how=; back; }
marks() { [ ! -s "$kept/automatic" ] || root apt-mark auto $(cat "$kept/automatic") >/dev/null; }
check() {
  marks || exit 1
  bad=$(while read -r name version source rest; do
    [ "$(version_of "$name")" = "installed $version" ] || echo "$name $(version_of "$name")"
  done <"$kept/kept"
  while read -r name; do
    case $(version_of "$name") in ""|config-files*|not-installed*) ;; *) echo "$name";; esac
  done <"$run/came")
  [ -z "$bad" ] || { echo "$bad"; tell fault "$say_versions $bad"; exit 1; }
}
step ready ready
step unchanged unchanged
carry_out put check
rm -f "$kept/touched"
"""
)

MEND: Final = r"""
put() { own_dpkg --configure -a; }
check() { :; }
carry_out put check
"""
