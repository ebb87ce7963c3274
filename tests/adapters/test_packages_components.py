"""The parts of a web stack: the real script over trees as distributions and people lay them."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from gmops_desktop.adapters.packages.components import SCRIPT, read
from gmops_desktop.adapters.packages.reading import Reading
from gmops_desktop.adapters.sections import _FRAME, Section, split
from gmops_desktop.contract.updates import Component

FILES = {
    "blog/wp-includes/version.php": "<?php\n$wp_version = '6.4.2';\n$wp_db_version = 56657;\n",
    "bbs/source/discuz_version.php": "<?php\ndefine('DISCUZ_VERSION', 'X3.4');\n",
    "old/include/common.inc.php": "<?php\n$cfg_version = 'V57_UTF8_SP2';\n",
    "news/caches/configs/version.php": "<?php return array('pc_version' => 'V9.6.3');\n",
    "shop/thinkphp/base.php": "<?php\ndefine('THINK_VERSION', '5.0.24');\n",
    "shop/public/index.php": "<?php\n",
    "api/vendor/topthink/framework/src/think/App.php": "    const VERSION = '6.0.12LTS';\n",
    "api/public/index.php": "<?php\n",
    "cms/e/class/EmpireCMS_version.php": "<?php define('EmpireCMS_VERSION','7.5');\n",
}


def asked(script: str) -> dict[str, Section]:
    ran = subprocess.run(
        ["sh", "-s"], input=_FRAME % ("n0nce", script), capture_output=True, text=True, check=True
    )
    return split(ran.stdout, "n0nce")


def test_content_systems_are_told_by_their_files(tmp_path: Path) -> None:
    for name, text in FILES.items():
        file = tmp_path / "www" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
    sites = tmp_path / "nginx/site.conf"
    sites.parent.mkdir()
    roots = ("blog", "bbs", "old", "news", "shop/public", "api/public", "cms")
    lines = "".join(f"  root   {tmp_path}/www/{root};\n" for root in roots)
    sites.write_text(f"server {{\n{lines}}}\n", "utf-8")
    script = SCRIPT.replace("/etc/nginx /etc/httpd", str(sites.parent))
    assert script != SCRIPT
    found = {one.place.rpartition("/")[2]: one for one in read(Reading(asked(script)))}
    told = {name: (found[name].product, found[name].version) for name in found if name in
            {"blog", "bbs", "old", "news", "shop", "api", "cms"}}  # fmt: skip
    assert told == {
        "blog": ("wordpress", "6.4.2"),
        "bbs": ("discuz", "3.4"),
        "old": ("dedecms", "57_UTF8_SP2"),
        "news": ("phpcms", "9.6.3"),
        "shop": ("thinkphp", "5.0.24"),
        "api": ("thinkphp", "6.0.12"),
        "cms": ("empirecms", "7.5"),
    }


def test_programs_of_this_system_say_their_version_and_package() -> None:
    found = {one.product: one for one in read(Reading(asked(SCRIPT)))}
    assert found["openssl"].version.startswith(("1.", "3."))
    assert found["mariadb"].version.startswith("1")
    assert found["mariadb"].package in ("mariadb-server-core", "mariadb-server")


def test_a_program_that_others_may_replace_is_not_run(tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    program = tmp_path / "nginx"
    program.write_text(f"#!/bin/sh\ntouch {ran}\necho nginx version: nginx/1.28.0\n", "utf-8")
    script = SCRIPT.replace("/usr/local/nginx/sbin/nginx", str(program))
    program.chmod(0o777)
    found = [one for one in read(Reading(asked(script))) if one.place == str(program)]
    assert not ran.exists()
    assert found[0].version == ""
    assert "was not run" in found[0].unknown


@pytest.mark.parametrize(
    ("line", "component"),
    [
        ("nginx|/n|nginx-core|nginx version: nginx/1.22.1 ",
         Component("nginx", "1.22.1", "/n", "nginx-core")),
        ("apache|/a|-|Server version: Apache/2.4.57 (Debian) Server built: 2023",
         Component("apache", "2.4.57", "/a", "")),
        ("php|/p|?|PHP 7.4.33 (cli) (built: Nov  8 2022)", Component("php", "7.4.33", "/p", None)),
        ("mysql|/m|-|mysqld  Ver 5.6.24 for linux-glibc2.5 on x86_64 (MySQL Community Server)",
         Component("mysql", "5.6.24", "/m", "")),
        ("mysql|/m|x|mysqld  Ver 10.3.39-MariaDB for Linux on x86_64 (MariaDB Server)",
         Component("mariadb", "10.3.39", "/m", "x")),
        ("redis|/r|-|Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64",
         Component("redis", "7.0.15", "/r", "")),
        ("openssl|/o|openssl|OpenSSL 1.1.1w  11 Sep 2023",
         Component("openssl", "1.1.1w", "/o", "openssl")),
        ("nginx|/n|-|nginx: error while loading shared libraries: libpcre.so.1",
         Component("nginx", "", "/n", "", "it did not say its version")),
    ],
)  # fmt: skip
def test_each_says_its_version_in_its_own_way(line: str, component: Component) -> None:
    sections = {"programs": Section(0, line + "\n"), "contents": Section(0, "")}
    assert read(Reading(sections)) == (component,)
