"""`python -m sandbox.expiry_board FOLDER`: the expiry board and one of its sheets, photographed in
both languages and themes.

What runs out is invented and stored as looks, registries and people would have left it.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn

from gmops_desktop.addresses import CloudAddress, WebAddress
from gmops_desktop.context import Context
from gmops_desktop.contract.looks import CloudDetails, WebDetails
from gmops_desktop.contract.looks.clouds import RunsOut

if TYPE_CHECKING:
    from gmops_desktop.assembly import Services
    from sandbox.stage import Stage

_DAY: Final = timedelta(days=1)
_SITE: Final = "https://www.chamber.org.cn/"


def invent(services: Services, *, chinese: bool) -> None:
    """Record a contract of this year, and everything that runs out under it."""
    from db.models import DomainRow
    from gmops_desktop.services.servers import Servers
    from sandbox.furnish import renewed

    now, today = datetime.now(UTC), date.today()
    services.settings.change(actor="张伟")
    contracts = services.contracts
    contracts.save_contract(renewed(contracts.load_example(), today))
    contracts.save_expiry("icp", today + 200 * _DAY)
    contracts.save_expiry("verification", today + 26 * _DAY)
    contracts.save_expiry("police", None, never=True)
    contracts.save_expiry("domain:chamber.org.cn", today + 12 * _DAY)
    site, server, data, cloud = (
        ("官网", "官网", "商会", "腾讯云")
        if chinese
        else ("website", "web", "chamber", "Tencent Cloud")
    )
    contracts.save_resource("website", site, WebAddress(_SITE))
    contracts.save_resource("cloud", cloud, CloudAddress("AKIDexample00001234"))
    until = (now + 24 * _DAY).isoformat()
    rented = (
        RunsOut("cvm", "ins-8a1b2c3d", server, str(today + 6 * _DAY), ""),
        RunsOut("database", "cdb-4e5f6a7b", data, str(today + 88 * _DAY), "", renews=True),
    )
    services.__dict__["servers"] = Servers(
        services._database,
        look_host=_nobody,
        look_mysql=_nobody,
        look_web=lambda address, context: WebDetails(
            200, 0.2, True, 24.0, True, 200, 41_000, tls_issuer="DigiCert", tls_until=until
        ),
        look_account=_nobody,
        look_cloud=lambda address, context: CloudDetails(
            str(today), None, None, None, None, None, None, None, None, None, rented
        ),
    )
    services.servers.look(contracts.resources(), Context())
    with services._database.session() as session, session.begin():
        session.add(
            DomainRow(
                name="chamber.org.cn", until=today + 377 * _DAY, source="whois",
                server="whois.cnnic.cn", learnt_at=now - 5 * _DAY / 24, asked_at=now,
            )
        )  # fmt: skip


def _nobody(*_words: object) -> NoReturn:
    raise AssertionError("there is no such resource")


def photograph(folder: Path) -> Iterator[Path]:
    """Write the pictures; yield their paths."""
    from gmops_desktop import language
    from gmops_desktop.assembly import assemble
    from gmops_desktop.language import LANGUAGES
    from gmops_desktop.paths import Home
    from sandbox.screenshots import THEMES
    from sandbox.stage import staged

    with tempfile.TemporaryDirectory(prefix="gmops-expiry-") as place:
        for spoken in LANGUAGES:
            language.use(spoken)
            os.environ["GMOPS_HOME"] = str(Path(place) / spoken)
            with assemble(Home.find()) as services:
                invent(services, chinese=spoken == "zh_CN")
                services.expiry_reminders.follow()
                services.settings.change(language=spoken)
                with staged(services) as (stage, program):
                    for theme in THEMES:
                        services.settings.change(theme=theme)
                        program.appearance.choose(theme)
                        stage.window.rebuild()
                        ending = f"{theme}{'' if spoken == 'zh_CN' else '.en'}.png"
                        yield stage.picture(folder / f"expiry-{ending}")
                        yield _sheet(stage, folder / f"expiry-sheet-{ending}")


def _sheet(stage: Stage, path: Path) -> Path:
    """Photograph the sheet of the domain, whose sources differ."""
    from ui.expiry_sheet import ExpirySheet

    table = stage.window.page.expiry  # type: ignore[attr-defined]  # the overview
    table.opened.emit(next(one for one in table.rows.shown if one.thing.kind == "domain"))
    sheet = stage.dialog(ExpirySheet)
    taken = stage.picture_of(sheet, path)
    sheet.reject()
    return taken


def main(words: Sequence[str] | None = None) -> int:
    """Photograph the board."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.expiry_board")
    parser.add_argument("folder", type=Path, nargs="?", default=Path("screenshots"))
    chosen = parser.parse_args(words)
    if sys.platform.startswith("linux") and not os.environ.get("DISPLAY"):
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    chosen.folder.mkdir(parents=True, exist_ok=True)
    for path in photograph(chosen.folder):
        sys.stdout.write(f"{path}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
