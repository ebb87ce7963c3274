"""Reports at their size: a year with 10,000 tickets, and a month with 1,000, made and signed.

    python3 dev.py bench --only reports

The tickets are those of the list of tickets (`benchmarks/tickets.py`), ten entries each.  What is
measured is what the window does when a report is ordered: facts gathered and clocks replayed from
the entries, pages laid out in a worker process begun for it, PDF/A checked, the file registered;
and for the month, signed in another worker with a key made for the run.  Then own words are typed
into the month's report, whose pages are set anew beside them: that is what the turns of the window
are measured for (`benchmarks/report_window.py`).
"""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12
from cryptography.x509.oid import NameOID

from benchmarks.figures import Figure, timed, write
from benchmarks.report_window import typing
from benchmarks.tickets import seed
from db.journal import Journal
from gmops_desktop.assembly import Services, assemble
from gmops_desktop.context import Context
from gmops_desktop.paths import Home
from gmops_desktop.reports.archival import attached
from gmops_desktop.services.reports import Kind
from gmops_desktop.services.reports.signing import Signing

YEAR: Final = 10_000
MONTH: Final = 1_000
_YEAR_BAR: Final = 20_000.0  # milliseconds
_MONTH_BAR: Final = 3_000.0
_MEMORY_BAR: Final = 300.0  # MB
_PASSWORD: Final = "for this run alone"


def measure(folder: Path, part: int, runs: int, out: Path) -> bool:
    """Measure `1/part` of the full size, write `reports.md`; return whether each report tells
    every ticket."""
    facts: dict[str, str] = {}
    figures: list[Figure] = []
    exact = True
    with _store(folder / "year", YEAR // part, 365) as services:
        made = partial(_make, services, "annual", "2018")
        figures.append(timed("a year's report made", runs, made,
                             _YEAR_BAR))  # fmt: skip
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        figures.append(
            Figure("peak of its worker process, in MB", runs, peak, peak, 0, _MEMORY_BAR)
        )
        exact &= _told(services, facts, "the year's report", YEAR // part)
    with _store(folder / "month", MONTH // part, 25) as services:
        signing = _signing(services, folder)

        def signed() -> None:
            signing.sign(_make(services, "monthly", "2018-03"), Context())

        figures.append(timed("a month's report made and signed", runs, signed, _MONTH_BAR))
        exact &= _told(services, facts, "the month's report", MONTH // part)
        facts |= typing(services, "2018-03", figures.append)
    write(out, "reports", facts, figures)
    return exact


@contextmanager
def _store(home: Path, tickets: int, days: int) -> Iterator[Services]:
    home.mkdir(parents=True)
    seed(
        home, tickets, lambda store, now: Journal(store, actor=lambda: "张伟", now=now), days
    ).close()
    with assemble(Home(home), secret=lambda name: "") as services:
        yield services


def _make(services: Services, kind: Kind, of: str) -> str:
    return services.reports.make(kind, of, Context()).number


def _told(services: Services, facts: dict[str, str], name: str, tickets: int) -> bool:
    """Note how long a report is, and whether the data attached hold every ticket."""
    report = services.reports.all()[0]
    said, _ = attached(report.path)
    held = said["facts"]
    lines = len((held.get("whole") or held)["tickets"])
    size = report.path.stat().st_size / 1e6
    facts[name] = f"{lines:,} tickets, {report.pages} pages, {size:.1f} MB"
    return lines == tickets


def _signing(services: Services, folder: Path) -> Signing:
    """Return signing with a key that was made for this run and is in no keyring of the user's."""
    signing = Signing(
        services._database, services._journal, services.reports, services.settings, _Secrets(),
        services.home.company_seal,
    )  # fmt: skip
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "GMOps bench")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    file = folder / "key.p12"
    sealed = BestAvailableEncryption(_PASSWORD.encode())
    made = pkcs12.serialize_key_and_certificates(b"bench", key, certificate, None, sealed)
    file.write_bytes(made)
    signing.use_key(file, _PASSWORD)
    return signing


class _Secrets:
    """Keeps secrets for as long as the run lasts."""

    def __init__(self) -> None:
        self._kept: dict[str, str] = {}

    def find(self, name: str) -> str | None:
        return self._kept.get(name)

    def put(self, name: str, secret: str) -> None:
        self._kept[name] = secret

    def delete(self, name: str) -> None:
        self._kept.pop(name, None)
