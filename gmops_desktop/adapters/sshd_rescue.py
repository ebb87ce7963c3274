"""sshd of a server that is reached by another way: its settings kept before a change, looked at,
restarted, and put back as they were.

What is kept lies in a folder of mode 700 on the server.  A restart is refused while sshd finds its
settings wrong, and settings that it finds wrong are not left in place.
"""

from __future__ import annotations

import shlex
from typing import Final

from gmops_desktop.adapters.sections import Section, Shell, Unknown, collect, text_of
from gmops_desktop.context import Context
from gmops_desktop.contract.runs import SshdSeen
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr

FOLDER: Final = "/etc/ssh"
_BASE: Final = "/var/tmp/gmops-sshd"
_SECONDS: Final = 90.0
# Both units of the families; where systemd starts it by a socket, that one, too.
RESTART: Final = r"""
if [ -d /run/systemd/system ]; then
  for unit in ssh sshd; do
    systemctl cat $unit.service >/dev/null 2>&1 || continue
    systemctl reset-failed $unit.service 2>/dev/null
    systemctl is-enabled --quiet $unit.socket 2>/dev/null && systemctl restart $unit.socket
    systemctl restart $unit.service; exit $?
  done
fi
service ssh restart || service sshd restart
"""
_SET: Final = r"""
conf=FOLDER; kept=KEPT; now=$kept.now
# It is gone while the service is stopped, and sshd -t misses it.
[ -d /run/sshd ] || mkdir -p -m 755 /run/sshd 2>/dev/null
"""
_KEEP: Final = r"""
umask 077
[ -f "$conf/sshd_config" ] || { echo "$conf/sshd_config is not there"; exit 1; }
mkdir -p "$kept.new" && rm -rf "$kept" || exit 1
for name in sshd_config sshd_config.d; do
  [ ! -e "$conf/$name" ] || cp -a "$conf/$name" "$kept.new/" || exit 1
done
mv "$kept.new" "$kept"
"""
_LOOK: Final = r"""
s test 'sshd -t -f "CONF/sshd_config"' 20
s ports 'ports=$(sshd -T -f "CONF/sshd_config" 2>/dev/null | sed -n "s/^port //p")
for port in ${ports:-22}; do
  grep -qi ":$(printf %04X "$port") [0-9A-F]*:[0-9A-F]* 0A" /proc/net/tcp /proc/net/tcp6 &&
    echo "$port"
done; exit 0' 10
s same 'for name in sshd_config sshd_config.d; do
  [ -e "KEPT" ] || exit 3
  [ -e "CONF/$name" ] || [ -e "KEPT/$name" ] || continue
  diff -r "KEPT/$name" "CONF/$name" >/dev/null 2>&1 || exit 1
done' 20
s unit 'journalctl -u ssh -u sshd -n 5 --no-pager -o cat 2>/dev/null | tail -n 5' 10
"""
_BACK: Final = r"""
[ -d "$kept" ] || { echo "nothing was kept"; exit 3; }
rm -rf "$now" && mkdir -p -m 700 "$now" || exit 1
for name in sshd_config sshd_config.d; do
  [ ! -e "$conf/$name" ] || mv "$conf/$name" "$now/" || exit 1
  [ ! -e "$kept/$name" ] || cp -a "$kept/$name" "$conf/" || exit 1
done
if ! sshd -t -f "$conf/sshd_config"; then
  for name in sshd_config sshd_config.d; do
    rm -rf "$conf/$name"
    [ ! -e "$now/$name" ] || mv "$now/$name" "$conf/"
  done
  exit 1
fi
"""
_TEST: Final = 'sshd -t -f "$conf/sshd_config" || exit 1\n'


def keep(shell: Shell, change_id: str, context: Context, *, folder: str = FOLDER) -> None:
    """Keep sshd's settings as they are, for `put_back`; raises `OpsError` where that fails."""
    _done(shell, _KEEP, change_id, folder, context)


def look(shell: Shell, change_id: str, context: Context, *, folder: str = FOLDER) -> SshdSeen:
    """Return how sshd stands."""
    words = {"CONF": folder, "KEPT": f"{_BASE}/{change_id}"}
    script = _filled(_SET, change_id, folder) + _LOOK
    for name, value in words.items():
        script = script.replace(name, value)
    found = collect(shell, script, context, deadline=_SECONDS)
    try:
        test = found["test"]
        same = found["same"].status
        listens = bool(text_of(found, "ports").strip())
    except (KeyError, Unknown) as why:
        raise OpsError(
            tr("What became of sshd is not known: {why}.", why=why),
            hint=tr("Look at the server in the cloud's console (VNC)."),
        ) from why
    log = found.get("unit", Section(1, "")).text.strip()
    fault = test.text.strip() or tr("exit code {code}", code=test.status)
    return SshdSeen(
        fault if test.status else "", listens, same != 3, None if same == 3 else same != 0, log
    )


def restart(
    shell: Shell, change_id: str, context: Context, *, folder: str = FOLDER, command: str = RESTART
) -> None:
    """Restart sshd, unless it finds its settings wrong; raises `OpsError`."""
    _done(shell, f"{_TEST}{command}", change_id, folder, context)


def put_back(
    shell: Shell, change_id: str, context: Context, *, folder: str = FOLDER, command: str = RESTART
) -> None:
    """Put the settings back that were kept, and restart; what sshd then finds wrong leaves all as
    it was.  Raises `OpsError`."""
    _done(shell, f"{_BACK}{command}", change_id, folder, context)


def _done(shell: Shell, script: str, change_id: str, folder: str, context: Context) -> None:
    whole = _filled(_SET, change_id, folder) + script
    with context.uncut():
        found = collect(shell, f"s done {shlex.quote(whole)} 60", context, deadline=_SECONDS)
    try:
        text_of(found, "done")
    except Unknown as why:
        raise OpsError(
            tr("sshd was not changed as it should be: {why}.", why=why),
            hint=tr("Look at the server in the cloud's console (VNC); the settings from before are "
                    "in {folder} there.", folder=f"{_BASE}/{change_id}"),
        ) from why  # fmt: skip


def _filled(script: str, change_id: str, folder: str) -> str:
    kept = shlex.quote(f"{_BASE}/{change_id}")
    return script.replace("FOLDER", shlex.quote(folder)).replace("KEPT", kept, 1)
