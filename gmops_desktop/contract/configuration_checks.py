"""Which service reads a file of configuration, how it judges the file, and how it reads it anew.

`{file}` in a check stands for a copy of the file; a check without it judges the file where it is.
`{1}` is what the pattern's group found (a version in the path).  Reload, never restart: what only
a restart would read is said so and left to a change of its own.
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
    (r"/etc/(?:mysql/.+|my\.cnf|my\.cnf\.d/.+)",
     Service("MySQL",
             "if mysqld --version | grep -qi mariadb; then mysqld --help --verbose >/dev/null;"
             " else mysqld --validate-config; fi", "")),
    (r"/etc/sudoers(?:\.d/.+)?", Service("sudo", "visudo -c -f {file}", "")),
    (r"/etc/systemd/system/[^/]+\.(?:service|timer|socket|path|mount|target)",
     Service("systemd", "systemd-analyze verify {file}", "systemctl daemon-reload")),
    (r"/etc/(?:bind/.+|named\.conf)", Service("BIND", "named-checkconf", "rndc reload")),
)  # fmt: skip


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
