"""Until when the makers mend holes in what a web server is made of, as far as that is known.

Facts, as of `AS_OF`; a series that is not here, or stands here without a date, is unknown and never
taken for maintained.  Most days were read from stored copies of endoflife.date, a public project
that collects the makers' own pages (those named with each product); the copies are of different
ages, that of MariaDB of 2023, that of OpenSSL of 2025-02.  From memory or a second hand, and to be
looked up before anybody relies on them: the days of RHEL, Debian 13, Rocky 10, CentOS 5 and 6,
MariaDB 11, ThinkPHP.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

AS_OF: Final = date(2026, 4, 30)


@dataclass(frozen=True, slots=True)
class Life:
    """The life of one series: `ends` is its last day of free security fixes.

    `ended` without a day: its maker ended it, on a day we do not know.
    """

    series: str
    ends: date | None
    ended: bool = False


@dataclass(frozen=True, slots=True)
class Product:
    """A product as people call it, where its maker says how long it lives, and its series."""

    name: str
    source: str
    lives: Mapping[str, Life]


def _lives(**days: str) -> dict[str, Life]:
    """Return the lives of series; "" is a date we do not know, "ended" an end without a day."""
    lives = {}
    for written, day in days.items():
        series = written.removeprefix("v").replace("_", ".")
        ends = date.fromisoformat(day) if day not in ("", "ended") else None
        lives[series] = Life(series, ends, ended=day == "ended")
    return lives


_RHEL7, _RHEL8, _RHEL9, _RHEL10 = "2024-06-30", "2029-05-31", "2032-05-31", "2035-05-31"

# By ID of os-release.  Debian's dates are those of its free long-term support.
SYSTEMS: Final[Mapping[str, Product]] = {
    "debian": Product(
        "Debian",
        "https://endoflife.date/debian",
        _lives(v7="2018-05-31", v8="2020-06-30", v9="2022-07-01", v10="2024-06-30",
               v11="2026-08-31", v12="2028-06-30", v13="2030-06-30"),
    ),
    "ubuntu": Product(
        "Ubuntu",
        "https://ubuntu.com/about/release-cycle",
        _lives(v14_04="2019-04-02", v16_04="2021-04-02", v18_04="2023-05-31", v20_04="2025-05-31",
               v22_04="2027-04-01", v24_04="2029-05-31", v24_10="2025-07-10", v25_04="2026-01-17",
               v25_10="2026-07-01", v26_04="2031-04-30"),
    ),
    "centos": Product(
        "CentOS",
        "https://www.centos.org/centos-linux-eol/",
        _lives(v5="2017-03-31", v6="2020-11-30", v7=_RHEL7, v8="2021-12-31"),
    ),
    "centos-stream": Product(
        "CentOS Stream",
        "https://www.centos.org/centos-stream/",
        _lives(v8="2024-05-31", v9="2027-05-31", v10="2030-01-01"),
    ),
    "rhel": Product(
        "Red Hat Enterprise Linux",
        "https://access.redhat.com/support/policy/updates/errata",
        _lives(v6="2020-11-30", v7=_RHEL7, v8=_RHEL8, v9=_RHEL9, v10=_RHEL10),
    ),
    "rocky": Product(
        "Rocky Linux",
        "https://wiki.rockylinux.org/rocky/version/",
        _lives(v8=_RHEL8, v9=_RHEL9, v10=_RHEL10),
    ),
    "almalinux": Product(
        "AlmaLinux",
        "https://wiki.almalinux.org/release-notes/",
        _lives(v8="2029-03-01", v9=_RHEL9, v10=_RHEL10),
    ),
    # Tencent names no day on a page that we could read.
    "tencentos": Product(
        "TencentOS Server",
        "https://cloud.tencent.com/document/product/457",
        _lives(v2="", v3="", v4=""),
    ),
    "alpine": Product(
        "Alpine Linux",
        "https://alpinelinux.org/releases/",
        _lives(v3_12="2022-05-01", v3_13="2022-11-01", v3_14="2023-05-01", v3_15="2023-11-01",
               v3_16="2024-05-23", v3_17="2024-11-22", v3_18="2025-05-09", v3_19="2025-11-01",
               v3_20="2026-04-01", v3_21="2026-11-01", v3_22="2027-05-01", v3_23="2027-11-01"),
    ),
}  # fmt: skip

COMPONENTS: Final[Mapping[str, Product]] = {
    "nginx": Product(
        "nginx",
        "https://nginx.org/en/download.html",
        _lives(v1_10="2017-04-12", v1_12="2018-04-17", v1_14="2019-04-23", v1_16="2020-04-20",
               v1_18="2021-04-20", v1_19="2021-05-25", v1_20="2022-05-24", v1_21="2022-06-21",
               v1_22="2023-04-11", v1_23="2023-05-23", v1_24="2024-04-23", v1_25="2024-05-29",
               v1_26="2025-04-23", v1_27="2025-06-24", v1_28="", v1_29=""),
    ),
    "apache": Product(
        "Apache httpd",
        "https://httpd.apache.org/",
        _lives(v1_3="2010-02-03", v2_0="2013-07-10", v2_2="2017-07-11", v2_4=""),
    ),
    "php": Product(
        "PHP",
        "https://www.php.net/supported-versions.php",
        _lives(v5_2="2011-01-06", v5_3="2014-08-14", v5_4="2015-09-14", v5_5="2016-07-21",
               v5_6="2018-12-31", v7_0="2019-01-10", v7_1="2019-12-01", v7_2="2020-11-30",
               v7_3="2021-12-06", v7_4="2022-11-28", v8_0="2023-11-26", v8_1="2025-12-31",
               v8_2="2026-12-31", v8_3="2027-12-31", v8_4="2028-12-31", v8_5="2029-12-31"),
    ),
    "mysql": Product(
        "MySQL",
        "https://www.oracle.com/us/support/library/lifetime-support-technology-069183.pdf",
        _lives(v5_5="2018-12-31", v5_6="2021-02-28", v5_7="2023-10-31", v8_0="2026-04-30",
               v8_1="2023-10-25", v8_2="2023-12-14", v8_3="2024-04-10", v8_4="2032-04-30",
               v9_0="2024-10-15", v9_1="2025-01-21", v9_2="2025-04-15", v9_3="2025-07-22",
               v9_4="2025-10-21", v9_5="2026-01-20", v9_6="2026-04-21", v9_7=""),
    ),
    "mariadb": Product(
        "MariaDB",
        "https://mariadb.org/about/#maintenance-policy",
        _lives(v5_5="2020-04-11", v10_0="2019-03-31", v10_1="2020-10-17", v10_2="2022-05-23",
               v10_3="2023-05-25", v10_4="2024-06-18", v10_5="2025-06-24", v10_6="2026-07-06",
               v10_7="2023-02-14", v10_8="2023-05-20", v10_9="2023-08-22", v10_10="2023-11-17",
               v10_11="2028-02-16", v11_0="2024-06-06", v11_1="2024-08-21", v11_2="2024-11-21",
               v11_3="2024-05-29", v11_4="2029-05-29", v11_5="2024-11-21", v11_6="2025-02-13",
               v11_7="2025-05-12", v11_8="2028-06-04"),
    ),
    "redis": Product(
        "Redis",
        "https://github.com/redis/redis/security",
        _lives(v5_0="2022-04-27", v6_0="2022-05-31", v6_2="", v7_0="2024-07-29", v7_2="",
               v7_4="", v8_0="2026-02-11", v8_2="", v8_4="", v8_6=""),
    ),
    "openssl": Product(
        "OpenSSL",
        "https://openssl-library.org/policies/releasestrat/",
        _lives(v1_0_2="2019-12-31", v1_1_0="2019-09-11", v1_1_1="2023-09-11", v3_0="2026-09-07",
               v3_1="2025-03-14", v3_2="2025-11-23", v3_3="2026-04-09", v3_4=""),
    ),
    # Only the newest release is promised fixes; up to 4.6 none come any more.
    "wordpress": Product(
        "WordPress",
        "https://wordpress.org/news/2025/06/"
        "dropping-security-updates-for-wordpress-versions-4-1-through-4-6/",
        _lives(v4_1="ended", v4_2="ended", v4_3="ended", v4_4="ended", v4_5="ended",
               v4_6="ended"),
    ),
    "discuz": Product("Discuz!", "https://www.discuz.net/", {}),
    "dedecms": Product("DedeCMS", "https://www.dedecms.com/", {}),
    "phpcms": Product("PHPCMS", "", {}),
    "thinkphp": Product(
        "ThinkPHP",
        "https://doc.thinkphp.cn/",
        _lives(v3_2="ended", v5_0="ended", v5_1="2021-01-01", v6_0="", v6_1="", v8_0="", v8_1=""),
    ),
    "empirecms": Product("EmpireCMS", "http://www.phome.net/", {}),
    "drupal": Product("Drupal", "https://www.drupal.org/about/core/policies", {}),
}  # fmt: skip


def system_life(system_id: str, version: str) -> Life | None:
    """Return how long an operating system lives; None where nobody here knows it.

    `system_id` and `version` are ID and VERSION_ID of its os-release.
    """
    product = SYSTEMS.get(system_id)
    return _life(product, version) if product else None


def component_life(product: str, version: str) -> Life | None:
    """Return how long the series lives that a version belongs to; None where nobody here knows."""
    known = COMPONENTS.get(product)
    return _life(known, version) if known else None


def name_of(product: str) -> str:
    """Return a component's name as people write it."""
    known = COMPONENTS.get(product)
    return known.name if known else product


def source_of(product: str) -> str:
    """Return the page on which the maker of a component or system says how long it lives."""
    known = COMPONENTS.get(product) or SYSTEMS.get(product)
    return known.source if known else ""


def _life(product: Product, version: str) -> Life | None:
    """Return the life of the longest series that the version begins with."""
    numbers = re.findall(r"\d+", version)
    for length in (3, 2, 1):
        found = product.lives.get(".".join(numbers[:length]))
        if found is not None and len(numbers) >= length:
            return found
    return None
