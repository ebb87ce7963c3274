"""What a website stands on beyond packages: servers, PHP, databases, content systems, by version.

Programs are found at the places distributions, panels and hand-made builds use, and asked for their
version; one that somebody other than root could have replaced is not run.  Content systems are
told by files under the document roots that the web servers' settings name.
"""

from __future__ import annotations

import re
from typing import Final

from gmops_desktop.adapters.packages.reading import Reading
from gmops_desktop.adapters.sections import Unknown
from gmops_desktop.contract.updates import Component
from gmops_desktop.language import tr

# One line each: "product|place|package|what it says".  "-" is no package, "?" nobody can say.
SCRIPT: Final = r"""
s programs 'owner() {
  if command -v dpkg-query >/dev/null; then
    o=$(dpkg-query -S "$1" 2>/dev/null | head -n 1)
    [ -n "$o" ] || o=$(dpkg-query -S "/usr$1" 2>/dev/null | head -n 1)
    [ -n "$o" ] && echo "${o%%:*}" || echo -
  elif command -v rpm >/dev/null; then
    o=$(rpm -qf --qf "%{NAME} " "$1" 2>/dev/null) && echo "${o%% *}" || echo -
  else echo "?"; fi
}
ask() {
  product=$1; option=$2; shift 2
  for f in "$@"; do
    [ -f "$f" ] && [ -x "$f" ] || continue
    r=$(readlink -f "$f")
    case "$seen" in *" $r "*) continue;; esac
    seen="$seen $r "
    if [ -z "$(find "$r" -maxdepth 0 -user root ! -perm -020 ! -perm -002)" ]; then
      echo "$product|$f|$(owner "$r")|!unsafe"
    else
      echo "$product|$f|$(owner "$r")|$("$r" $option 2>&1 </dev/null | head -n 2 | tr "\n|" "  ")"
    fi
  done
}
ask nginx -v /usr/sbin/nginx /usr/local/nginx/sbin/nginx /usr/local/sbin/nginx \
  /usr/local/openresty/nginx/sbin/nginx /www/server/nginx/sbin/nginx /opt/nginx/sbin/nginx
ask apache -v /usr/sbin/apache2 /usr/sbin/httpd /usr/local/apache*/bin/httpd \
  /usr/local/httpd/bin/httpd /www/server/apache/bin/httpd
ask php -v /usr/bin/php[0-9]* /usr/bin/php /usr/sbin/php-fpm* /usr/local/php*/bin/php \
  /usr/local/bin/php /www/server/php/*/bin/php /opt/remi/php*/root/usr/bin/php
ask mysql --version /usr/sbin/mariadbd /usr/libexec/mariadbd /usr/sbin/mysqld \
  /usr/libexec/mysqld /usr/local/mysql/bin/mariadbd /usr/local/mysql/bin/mysqld \
  /www/server/mysql/bin/mysqld
ask redis --version /usr/bin/redis-server /usr/local/bin/redis-server \
  /usr/local/redis/bin/redis-server /www/server/redis/src/redis-server
ask openssl version /usr/bin/openssl /usr/local/bin/openssl /usr/local/openssl/bin/openssl
true' 30
s contents 'roots=$(grep -rhsE "^[[:space:]]*(root|DocumentRoot)[[:space:]]" /etc/nginx /etc/httpd \
  /etc/apache2 /usr/local/nginx/conf /usr/local/apache*/conf /www/server/panel/vhost |
  sed "s/^[[:space:]]*[A-Za-z]*[[:space:]]*//; s/[;\"]//g; s/[[:space:]]*$//" | sort -u |
  head -n 30)
for r in $roots /var/www/* /www/wwwroot/* /home/wwwroot/* /data/wwwroot/*; do
  [ -d "$r" ] && readlink -f "$r"
done | sort -u | while read -r r; do
  for d in "$r" "$(dirname "$r")"; do
    say() {
      [ -r "$d/$2" ] && l=$(grep -m 2 -iE "$3" "$d/$2" | tr "\n|" "  ") &&
        echo "$1|$d|-|$l"
    }
    say wordpress wp-includes/version.php "wp_version ="
    say discuz source/discuz_version.php "DISCUZ_VERSION"
    say dedecms include/common.inc.php "cfg_version ="
    say dedecms data/admin/ver.txt "[0-9]"
    say phpcms caches/configs/version.php "pc_version"
    say thinkphp thinkphp/base.php "THINK_VERSION"
    say thinkphp ThinkPHP/ThinkPHP.php "THINK_VERSION"
    say thinkphp thinkphp/library/think/App.php "const VERSION"
    say thinkphp vendor/topthink/framework/src/think/App.php "const VERSION"
    say empirecms e/class/EmpireCMS_version.php "EmpireCMS_VERSION"
    say drupal core/lib/Drupal.php "const VERSION"
  done
done | sort -u' 30
"""
# How each says its version.  A MariaDB calls itself mysqld too, and says who it is.
_VERSIONS: Final = {
    "nginx": r"(?:nginx|openresty)/([\d.]+)",
    "apache": r"Apache/([\d.]+)",
    "php": r"^PHP ([\d.]+)",
    "mysql": r"Ver ([\d.]+)",
    "redis": r"v=([\d.]+)",
    "openssl": r"^OpenSSL ([\d.]+[a-z]?)",
    "wordpress": r"wp_version = ['\"]([\d.]+)",
    "discuz": r"['\"](?:X|F)?([\d.]+)",
    "dedecms": r"['\"]V?([\w.]+)|^\s*([\d]+)",
    "phpcms": r"=>\s*['\"]V?([\d.]+)",
    "thinkphp": r"VERSION['\"]?\s*[,=]\s*['\"]V?([\d.]+)",
    "empirecms": r"VERSION['\"]?\s*,\s*['\"]([\d.]+)",
    "drupal": r"VERSION\s*=\s*['\"]([\d.]+)",
}


def read(reading: Reading) -> tuple[Component, ...]:
    """Return what was seen; a part of the look that failed is kept as unknown."""
    found: dict[tuple[str, str], Component] = {}
    for part in ("programs", "contents"):
        try:
            text = reading.text(part)
        except Unknown as why:
            reading.unknowns["components"] = str(why)
            continue
        for line in text.splitlines():
            fields = line.split("|", 3)
            if len(fields) == 4 and fields[0] in _VERSIONS:
                one = _component(*fields)
                # A content system may show its version in two files: the one that can be read.
                known = found.get((one.product, one.place))
                if known is None or known.unknown:
                    found[one.product, one.place] = one
            elif line.strip():
                reading.unknowns.setdefault("components", line.strip()[:200])
    return tuple(found.values())


def _component(product: str, place: str, owner: str, said: str) -> Component:
    package = None if owner == "?" else "" if owner == "-" else owner
    if said == "!unsafe":
        why = tr("others than root may replace this program, so it was not run")
        return Component(product, "", place, package, why)
    if product == "mysql" and "mariadb" in said.lower():
        product = "mariadb"
        exact = re.search(r"(?:Ver |\b)(\d+\.\d+\.\d+)-MariaDB", said, re.IGNORECASE)
        if exact:
            return Component(product, exact[1], place, package)
    found = re.search(_VERSIONS.get(product, _VERSIONS["mysql"]), said.strip())
    version = next((one for one in found.groups() if one), "") if found else ""
    unknown = "" if version else tr("it did not say its version")
    return Component(product, version, place, package, unknown)
