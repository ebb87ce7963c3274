"""`python -m sandbox.status_days FOLDER`: the status page on a calm, a bad and an unknown day.

The days are invented and stored as looks would have left them; nothing is looked at.
"""

from __future__ import annotations

import argparse
import math
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from typing import Any, Final, Literal, NoReturn

from gmops_desktop.addresses import AccountAddress, MysqlAddress, SshAddress, WebAddress
from gmops_desktop.context import Context
from gmops_desktop.contract.looks import (
    AccountDetails,
    Disk,
    HostDetails,
    MysqlDetails,
    UnitLog,
    WebDetails,
)
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr
from gmops_desktop.settings import Theme
from sandbox import account_days
from sandbox.screenshots import THEMES

Day = Literal["calm", "bad", "unknown"]

DAYS: Final[tuple[Day, ...]] = ("calm", "bad", "unknown")
_GB: Final = 10**9
_EVERY: Final = 300.0
_UNIT: Final = "php-fpm.service"
_LAST_WORDS: Final = (
    "2018-11-22T10:05:11+0800 web1 php-fpm[812]: unable to bind to 127.0.0.1:9000: Address in use"
)
_LOOKS: Final = 289  # every five minutes, a day and the last


class Past:
    """What was there at each look of a day; `at` counts the looks, the last is now."""

    def __init__(self, day: Day, refusal: str, silence: str) -> None:
        self.day, self.at = day, 0
        self.ended: float | None = None  # when the day was over, and the window looks on
        self._refusal, self._silence = refusal, silence

    def host(self, _address: object, _context: object) -> HostDetails:
        self._fall_silent()
        part = self.at / _LOOKS
        busy = 30 + 14 * math.sin(7 * part) + 5 * math.sin(61 * part) + 3 * math.sin(151 * part)
        used = 46.0 + 2 * part
        if self.day == "bad":
            busy += 30 * math.exp(-(((part - 0.85) / 0.03) ** 2))
            used = 79 + 12.5 * part**2
        whole, out = 60 * _GB, 1.8 + 1.2 * math.sin(9 * part) + 0.4 * math.sin(83 * part)
        return HostDetails(
            system="TencentOS Server 3.1", kernel="5.4", boot_id="b",
            uptime_seconds=86 * 86400.0 + self.at * _EVERY, cores=8, cpu=busy, iowait=1.2,
            steal=0.4, memory_total=8 * _GB, memory_available=int((4.1 - part) * _GB),
            swap_total=0, swap_free=0, load1=1.2, load5=1.1,
            disks=(
                Disk("/", "/dev/vda1", whole, int(whole * used / 100),
                     int(whole * (100 - used) / 100), used),
                Disk("/data", "/dev/vdb1", 100 * _GB, 46 * _GB, 54 * _GB, 46.0),
            ),
            disk_busy=3.0, out_mbit=out, in_mbit=out / 3,
            failed_units=(_UNIT,) if self._down else (), oom_kills=0, clock_seconds=0.02,
            unit_logs=(UnitLog(_UNIT, (_LAST_WORDS,)),) if self._down else (),
        )  # fmt: skip

    def mysql(self, _address: object, _context: object) -> MysqlDetails:
        self._fall_silent()
        wave = math.sin(7 * self.at / _LOOKS)
        ran = self.at * _EVERY + (0 if self.ended is None else time.monotonic() - self.ended)
        return MysqlDetails(
            "5.7.18-cynos", 86400.0 * 86 + ran, 46 + int(12 * wave), 800, 3, None,
            6_800_000_000 + self.at * 100_000, 112, 5 + self.at // 20, 10**8 + int(30 * ran),
        )  # fmt: skip

    def web(self, _address: object, _context: object) -> WebDetails:
        if self.day == "unknown" and self.at > 250:
            raise self._silent()
        days = 17.4 if self.day == "bad" else 214.0
        wave = 0.24 + 0.06 * math.sin(9 * self.at / _LOOKS) + 0.03 * math.sin(self.at)
        well = WebDetails(200, wave, True, days, True, 200, 41_000, tls_issuer="DigiCert")
        return replace(well, status=502, keyword_found=False) if self._down else well

    def account(self, _address: object, _context: object, _before: object) -> AccountDetails:
        if self.day != "calm":
            hint = tr("Add this machine's outside address in the account's console.")
            raise OpsError(self._refusal, hint=hint)
        ago = timedelta(seconds=_EVERY * (_LOOKS - 1 - self.at))
        return account_days.calm(datetime.now(UTC) - ago)

    def nothing(self, _address: object, _context: object) -> NoReturn:
        """No cloud account is entered on these days."""
        raise AssertionError

    @property
    def _down(self) -> bool:
        return self.day == "bad" and self.at >= _LOOKS - 4

    def _fall_silent(self) -> None:
        if self.day == "unknown" and self.at > 250:
            raise self._silent()

    def _silent(self) -> OpsError:
        hint = tr("The host may be down, or a firewall or security group drops the packets.")
        return OpsError(self._silence, hint=hint)


def live(services: Any, day: Day, words: tuple[str, str, str, str], past: Past) -> None:
    """Look through a whole day at four resources named by `words`."""
    from gmops_desktop.services.servers import Servers

    contracts = services.contracts
    contracts.load_example()
    site, host, data, account = words
    addresses: list[tuple[Any, str, Any]] = [
        ("website", site, WebAddress("https://www.example.org.cn")),
        ("host", host, SshAddress("10.0.0.8")),
        ("mysql", data, MysqlAddress("10.0.0.9", 3306, "ops", "chamber")),
        ("account", account, AccountAddress("wx1")),
    ]
    known = [contracts.save_resource(*one) for one in addresses]
    now = datetime.now(UTC)
    clock = [now]
    servers = Servers(
        services._database, look_host=past.host, look_mysql=past.mysql, look_web=past.web,
        look_account=past.account, look_cloud=past.nothing, interval=lambda: _EVERY,
        now=lambda: clock[0] if clock else datetime.now(UTC),
    )  # fmt: skip
    services.__dict__["servers"] = servers  # the window looks at the last of the day again
    services.alerts._now = servers._now
    for past.at in range(_LOOKS):
        clock[0] = now - timedelta(seconds=_EVERY * (_LOOKS - 1 - past.at))
        if day == "bad" and 126 <= past.at <= 145:
            continue  # this machine was asleep
        servers.look(known, Context())
        if past.at > _LOOKS - 60:
            services.alerts.follow()
    clock.clear()
    past.ended = time.monotonic()


def photograph(
    folder: Path, days: Sequence[Day] = DAYS, themes: Sequence[Theme] = THEMES
) -> Iterator[Path]:
    """Write a picture of each day in both languages and in the themes; yield their paths."""
    from gmops_desktop import language
    from gmops_desktop.assembly import assemble
    from gmops_desktop.language import LANGUAGES
    from gmops_desktop.paths import Home
    from sandbox.stage import staged

    # One folder to the end: a window that is closed may still write a last word.
    with tempfile.TemporaryDirectory(prefix="gmops-days-") as place:
        for spoken, day in product(LANGUAGES, days):
            language.use(spoken)
            os.environ["GMOPS_HOME"] = str(Path(place) / f"{day}-{spoken}")
            with assemble(Home.find()) as services:
                chinese = spoken == "zh_CN"
                said = (
                    ("40164：出口 IP 不在白名单", "连接超时：119.29.0.88 没有应答")
                    if chinese
                    else (
                        "40164: this address is not allowed",
                        "119.29.0.88 did not answer in time",
                    )
                )
                names = (
                    ("官网", "云服务器", "云数据库", "公众号")
                    if chinese
                    else ("Website", "Web server", "Database", "Account")
                )
                live(services, day, names, Past(day, *said))
                services.settings.change(language=spoken)
                with staged(services) as (stage, program):
                    for theme in themes:
                        services.settings.change(theme=theme)
                        program.appearance.choose(theme)
                        stage.window.rebuild()
                        _show(stage, day)
                        ending = "" if chinese else ".en"
                        yield stage.picture(folder / f"status-{day}-{theme}{ending}.png")


def _show(stage: Any, day: Day) -> None:
    stage.window.rail.setCurrentIndex(1)
    tab = stage.window.page
    resources = tab._contracts.resources()
    chosen: Callable[[Any], bool] = lambda one: one.kind == "host"  # noqa: E731 - short
    tab.show_item(next(one for one in resources if chosen(one)).id)


def main(words: Sequence[str] | None = None) -> int:
    """Photograph the days."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.status_days")
    parser.add_argument("folder", type=Path, nargs="?", default=Path("screenshots"))
    parser.add_argument("--day", choices=DAYS, action="append")
    parser.add_argument("--theme", choices=THEMES, action="append")
    chosen = parser.parse_args(words)
    if sys.platform.startswith("linux") and not os.environ.get("DISPLAY"):
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    chosen.folder.mkdir(parents=True, exist_ok=True)
    for path in photograph(chosen.folder, chosen.day or DAYS, chosen.theme or THEMES):
        sys.stdout.write(f"{path}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
