"""What a look runs on the host: shell any of our systems has, and nothing that stays there.

The tools differ: busybox (Alpine) has no `df -T`, CentOS 7 no `ss -H`, an ordinary account may not
read the journal or the failed logins.  What is missing fails alone and says why.
"""

from __future__ import annotations

from typing import Final

DISKS: Final = r"""s disks 'if df --version >/dev/null 2>&1
then exec df -P -k -T -x tmpfs -x devtmpfs -x squashfs; fi
df -P -k && echo "== mounts" && cat /proc/mounts'
s inodes 'df -P -i'
"""
PORTS: Final = r"""s ports 'if command -v ss >/dev/null; then exec ss -ltnup; fi
netstat -ltnup 2>/dev/null || exec netstat -ltnu'
"""

# The counters come first, before our own commands add to the load; the clock at both ends, so that
# half the journey can be taken off.
SCRIPT: Final = (
    r"""
d begin date +%s.%N
d uptime cat /proc/uptime
d stat grep -E '^(cpu|procs_blocked )' /proc/stat
d network cat /proc/net/dev
d diskstats cat /proc/diskstats
d vm grep -E '^(oom_kill|pswpin|pswpout) ' /proc/vmstat
d snmp grep '^Tcp:' /proc/net/snmp
s processes 'cat /proc/[0-9]*/stat 2>/dev/null | sed -n "s/^\([0-9]*\) (\(.*\)) \(.\)\
\( [-0-9]*\)\{10\} \([0-9]*\) \([0-9]*\)\( [-0-9]*\)\{6\} \([0-9]*\) [0-9]* \([-0-9]*\) .*\$/\
\1 \3 \5 \6 \8 \9 \2/p"'
d page getconf PAGESIZE
d boot cat /proc/sys/kernel/random/boot_id
s system 'cat /etc/os-release || cat /etc/redhat-release'
d kernel uname -r
d memory cat /proc/meminfo
d load cat /proc/loadavg
d pressure grep some /proc/pressure/cpu /proc/pressure/memory /proc/pressure/io
d route cat /proc/net/route
d sockets cat /proc/net/sockstat
d files cat /proc/sys/fs/file-nr
"""
    + DISKS
    + r"""s units 'f=$(systemctl list-units --failed --plain --no-legend --no-pager 2>&1); c=$?
printf "%s\n" "$f"; [ $c = 0 ] || exit $c
for u in $(printf "%s\n" "$f" | sed "s/^[^[:alnum:]-]* *//" | cut -d " " -f 1 | head -n 5)
do printf "== %s\n" "$u"; journalctl -u "$u" -n 8 --no-pager -o short-iso 2>&1
done; exit 0'
s oom 'm=$(dmesg 2>&1) || { printf "%s\n" "$m" | head -n 1; exit 1; }
printf "%s\n" "$m" | grep -E "Kill(ed)? process" | tail -n 20; exit 0'
s users who
d today date '+%F %T'
s logins 'if command -v lastb >/dev/null; then exec lastb -w -F -n 1000; fi
for f in /var/log/auth.log /var/log/secure /var/log/messages
do [ -e "$f" ] || continue
[ -r "$f" ] || { echo "$f: Permission denied"; exit 1; }
tail -n 5000 "$f" | grep -E "Failed [a-z/-]+ for |Invalid user "; exit 0
done
echo "no record of failed logins was found"; exit 1'
"""
    + PORTS
    + r"""d end date +%s.%N
"""
)
