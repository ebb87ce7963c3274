"""What the checks of a change run on a host: shell any of our systems has; nothing stays there."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from gmops_desktop.adapters.host.script import DISKS, PORTS
from gmops_desktop.adapters.web import there

MINUTES: Final = 10  # of the error logs that are counted
_TAIL: Final = 1_000_000  # bytes of each log that are read
_FILES: Final = 40  # logs that are read

# Where the packages of Debian, Ubuntu and CentOS write, and the panels that are common in China.
_LOGS: Final = (
    ("nginx", "/var/log/nginx/*error*log /www/wwwlogs/*error*log /home/wwwlogs/*error*log"),
    ("apache", "/var/log/apache2/*error*log /var/log/httpd/*error_log"),
    ("php", "/var/log/php*fpm*.log /var/log/php*/*error*.log /var/log/php_errors.log"
            " /www/server/php/*/var/log/php-fpm.log"),
    ("mysql", "/var/log/mysql/error.log /var/log/mysql/*.err /var/log/mysqld.log"
              " /var/log/mariadb/mariadb.log /www/server/data/*.err"),
)  # fmt: skip

_UNITS: Final = """systemctl show '*.service' --no-pager -p Id -p LoadState -p ActiveState \
-p SubState -p UnitFileState -p NRestarts -p TriggeredBy -p Type"""
_FAILED: Final = "systemctl list-units --failed --plain --no-legend --no-pager"

# Whether half of something is installed, and who holds the locks.  The kernel's list of locks is
# asked, because trying to take one would itself hold it for a moment.
_MANAGER: Final = r"""
for m in apt-get dnf yum zypper apk; do command -v $m >/dev/null && break; m=; done
echo "manager ${m:-none}"
held() {
  [ -e "$1" ] || return 0
  i=$(stat -c %i "$1") || return 0
  grep -s ":$i " /proc/locks | while read -r n kind how mode pid rest; do
    [ "$kind" = "->" ] && continue
    echo "locked $pid $(cat "/proc/$pid/comm" 2>/dev/null)"; break
  done
}
case "$m" in
apt-get)
  eval "$(apt-config shell S Dir::State::status/f)"; a=$(dirname "$S")
  [ -r "$S" ] || { echo "$S cannot be read" >&2; exit 1; }
  dpkg --admindir="$a" --audit | sed 's/^/audit /'
  for u in "$a"/updates/[0-9]*; do [ -e "$u" ] && echo "audit dpkg was interrupted"; done
  held "$a/lock-frontend"; held "$a/lock";;
dnf|yum|zypper)
  rpm -q rpm >/dev/null || exit 1
  for u in /var/lib/yum/transaction-all.*; do [ -e "$u" ] && echo "audit $u is unfinished"; done
  held /var/lib/rpm/.rpm.lock; held /var/cache/dnf/metadata_lock.pid;;
esac
echo end"""

# Counts the lines of level error or worse since a moment, given in the server's own time and in
# UTC.  Known are the times of nginx, Apache, PHP, MySQL, MariaDB, and what begins with ISO 8601.
_AWK: Final = r"""
BEGIN { split("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec", a, " ")
        for (i = 1; i <= 12; i++) m[a[i]] = sprintf("%02d", i) }
NF == 0 { next }
{ t = ""; z = 0; l = $0; sub(/^\[/, "", l)
  if (l ~ /^[12][0-9][0-9][0-9][-\/][01][0-9][-\/][0-3][0-9][ T][0-2][0-9]:[0-5][0-9]:[0-6][0-9]/) {
    t = substr(l, 1, 19); gsub(/\//, "-", t); sub(/T/, " ", t)
    z = (substr(l, 20) ~ /^[.,]?[0-9]*Z/)
  } else if (l ~ /^[0-3]?[0-9]-[JFMASOND][a-z][a-z]-[12][0-9][0-9][0-9] [0-2][0-9]:/) {
    split(l, w, /[] -]/); t = sprintf("%s-%s-%02d %s", w[3], m[w[2]], w[1], substr(w[4], 1, 8))
    z = (w[5] == "UTC" || w[5] == "GMT")
  } else if (l ~ /^[MTWFS][a-z][a-z] [JFMASOND][a-z][a-z] +[0-9]+ [0-9:.]+ [12][0-9][0-9][0-9]\]/) {
    split(l, w, / +/); t = sprintf("%s-%s-%02d %s", substr(w[5], 1, 4), m[w[2]], w[3],
                                   substr(w[4], 1, 8))
  } else if (l ~ /^[0-9][0-9][01][0-9][0-3][0-9] +[0-9]+:[0-5][0-9]:[0-6][0-9]/) {
    split(l, w, /[ :]+/); t = sprintf("20%s-%s-%s %02d:%s:%s", substr(w[1], 1, 2),
      substr(w[1], 3, 2), substr(w[1], 5, 2), w[2], w[3], w[4])
  }
  n++
  if (t == "") next
  k++; if (k == 1) o = (t >= (z ? u : c))
  if (t >= (z ? u : c) && ($0 ~ /(\[|:)(error|crit|alert|emerg)\]/ || \
      $0 ~ /\[ERROR\]|\] (ERROR|ALERT): |PHP (Fatal|Parse|[A-Z][a-z]+ fatal) error/ || \
      $0 ~ /(^|[^A-Za-z_])(ERROR|FATAL|CRITICAL|SEVERE|EMERGENCY)([^A-Za-z_]|$)/)) e++
}
END { printf "%d %d %d %d\n", e, k, n, o }
"""

_COUNT: Final = r"""
now=$(date +%s); from=$((now - MINUTES * 60))
c=$(date -d "@$from" "+%Y-%m-%d %H:%M:%S") && u=$(date -u -d "@$from" "+%Y-%m-%d %H:%M:%S") ||
exit 1
left=FILES
count() {
  p=$1; shift
  for f; do
    d=$(dirname "$f")
    if [ -d "$d" ] && ! { [ -r "$d" ] && [ -x "$d" ]; }; then echo "$p denied $d"; continue; fi
    [ -f "$f" ] || { [ "$p" = named ] && echo "$p missing $f"; continue; }
    [ -r "$f" ] || { echo "$p denied $f"; continue; }
    left=$((left - 1)); [ $left -ge 0 ] || { echo "$p beyond $f"; continue; }
    s=$(stat -c %s "$f"); w=0; [ "$s" -gt TAIL ] && w=1
    r=$(tail -c TAIL "$f" | awk -v c="$c" -v u="$u" AWK) || r="- - - -"
    echo "$p counted $r $w $f"
  done
}
"""

# What the kernel's own messages and every service say at level error or worse.
_JOURNAL: Final = r"""
j=$(journalctl -q -p err --since "@$(($(date +%s) - MINUTES * 60))" -n 5000 -o cat --no-pager 2>&1)
c=$?
[ $c = 0 ] || { printf "%s\n" "$j" | head -n 2; exit $c; }
case "$j" in *"not seeing messages from other users"*|*"insufficient permissions"*)
echo "this account may not read the journal (group systemd-journal)"; exit 1;; esac
printf "lines "; printf "%s" "$j" | grep -c . ; exit 0"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What of a host is looked at beside what every host has.

    `units` are those that the change restarts, `logs` paths of further error logs, `urls` what is
    fetched from there.  `ports` count although the kernel may give out their numbers to anybody.
    """

    units: tuple[str, ...] = ()
    logs: tuple[str, ...] = ()
    urls: tuple[str, ...] = ()
    ports: frozenset[int] = frozenset()

    @property
    def pages(self) -> tuple[tuple[str, str], ...]:
        """The sections of the pages with their addresses."""
        return tuple((f"page_{number}", url) for number, url in enumerate(self.urls))


def script_for(wanted: Wanted) -> str:
    """Return the script, for `sections.collect`."""
    return "\n".join((
        "d uptime cat /proc/uptime",
        "d boot cat /proc/sys/kernel/random/boot_id",
        "d kernel uname -r",
        DISKS + PORTS + "d range cat /proc/sys/net/ipv4/ip_local_port_range",
        _section("units", _UNITS, 10),
        _section("failed", _FAILED, 10),
        _section("manager", _MANAGER, 20),
        _section("logs", _counting(wanted.logs), 20),
        _section("journal", _JOURNAL.replace("MINUTES", str(MINUTES)), 10),
        *(there.section_for(url, key) for key, url in wanted.pages),
    ))  # fmt: skip


def _section(key: str, command: str, seconds: int) -> str:
    return f"s {key} {shlex.quote(command)} {seconds}"


def _counting(named: Iterable[str]) -> str:
    text = _COUNT.replace("AWK", shlex.quote(_AWK))
    for word, number in (("MINUTES", MINUTES), ("TAIL", _TAIL), ("FILES", _FILES)):
        text = text.replace(word, str(number))
    calls = [f"count {program} {places}" for program, places in _LOGS]
    if paths := " ".join(map(shlex.quote, named)):
        calls.insert(0, f"count named {paths}")
    return "\n".join((text, *calls, "echo end"))
