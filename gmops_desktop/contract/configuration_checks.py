"""Which service reads a file of configuration, how it judges the file, and how it reads it anew.

`{file}` in a check stands for a copy of the file; a check without it judges the file where it is.
`{1}` is what the pattern's group found (a version in the path).  Reload, never restart: what only
a restart would read is said so and left to a change of its own.  Lines of a check with the word
"warning" are told though the file is accepted.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Service:
    """A service, the commands that check its configuration and let it read that; "" for none."""

    name: str
    check: str
    reload: str


_SYSTEMD: Final = "if [ -d /run/systemd/system ]; then systemctl reload {unit}; else {other}; fi"


def _reload(unit: str, other: str) -> str:
    return _SYSTEMD.replace("{unit}", unit).replace("{other}", other)


# MySQL checks a configuration from 8.0.16 on (`--validate-config`); older ones and every MariaDB
# have no such check.  What they print for `--help --verbose` shows which options they do not know,
# and their complaints name values that a plugin refuses although the exit code is 0 (MariaDB 10.11:
# `innodb_flush_method=wrong`); a number that is none is only "adjusted".
_MYSQL: Final = (
    "server=$(command -v mysqld || command -v mariadbd) || exit 127;"
    ' as=; [ "$(id -u)" != 0 ] || as=--user=mysql;'
    ' if "$server" --no-defaults --help --verbose 2>/dev/null | grep -q -e "^ *--validate-config";'
    ' then "$server" $as --validate-config;'
    ' else said=$("$server" $as --help --verbose 2>&1 >/dev/null); status=$?;'
    ' printf "%s\\n" "$said" | grep -v "max_open_files";'
    ' echo "Warning: this server has no check of its configuration; it was only asked whether it'
    ' knows the options.";'
    ' [ $status = 0 ] && ! printf "%s\\n" "$said" | grep -q -e "Error while setting value"'
    ' -e "Parsing options for plugin"; fi'
)

_TABLE: Final[tuple[tuple[str, Service], ...]] = (
    (r"/etc/nginx/.+", Service("nginx", "nginx -t", _reload("nginx", "nginx -s reload"))),
    (r"/usr/local/nginx/conf/.+",
     Service("nginx", "/usr/local/nginx/sbin/nginx -t", "/usr/local/nginx/sbin/nginx -s reload")),
    (r"/etc/apache2/.+",
     Service("Apache", "apachectl configtest", _reload("apache2", "apachectl graceful"))),
    (r"/etc/httpd/.+",
     Service("Apache", "apachectl configtest", _reload("httpd", "apachectl graceful"))),
    (r"/etc/php/([\d.]+)/fpm/.+",
     Service("PHP-FPM", "php-fpm{1} -t", _reload("php{1}-fpm", "pkill -USR2 -o php-fpm{1}"))),
    (r"/etc/php-fpm\.(?:conf|d/.+)",
     Service("PHP-FPM", "php-fpm -t", _reload("php-fpm", "pkill -USR2 -o php-fpm"))),
    (r"/etc/ssh/sshd_config(?:\.d/.+)?",
     Service("sshd", '"$(command -v sshd)" -t',
             "systemctl reload ssh 2>/dev/null || systemctl reload sshd")),
    (r"/etc/(?:mysql/.+|my\.cnf|my\.cnf\.d/.+)", Service("MySQL", _MYSQL, "")),
    (r"/etc/sudoers(?:\.d/.+)?", Service("sudo", "visudo -c -f {file}", "")),
    (r"/etc/systemd/system/[^/]+\.(?:service|timer|socket|path|mount|target)",
     Service("systemd", "systemd-analyze verify {file}", "systemctl daemon-reload")),
    (r"/etc/(?:bind/.+|named\.conf)", Service("BIND", "named-checkconf", "rndc reload")),
)  # fmt: skip

# What decides who may log in to the server, or reach it at all.
_WAY_IN: Final = (
    r"/etc/ssh/.+|/etc/pam\.d/(?:sshd|common-.+|system-auth|password-auth)|/etc/security/.+"
    r"|/etc/hosts\.(?:allow|deny)|/etc/nftables\.conf|/etc/(?:iptables|ufw|firewalld)/.+"
    r"|/etc/sysconfig/(?:iptables|network-scripts/.+)|/etc/netplan/.+|/etc/network/.+"
    r"|/.+/\.ssh/authorized_keys"
)


def service_of(path: str) -> Service | None:
    """Return the service that reads a file, or None where none is known."""
    for pattern, service in _TABLE:
        if found := re.fullmatch(pattern, path):
            group = found[1] if found.re.groups else ""
            return Service(
                service.name,
                service.check.replace("{1}", group),
                service.reload.replace("{1}", group),
            )
    return None


def is_way_in(path: str) -> bool:
    """Whether a file may shut us out of the server."""
    return re.fullmatch(_WAY_IN, path) is not None
