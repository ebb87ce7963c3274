"""The changelogs a distributor keeps beside its archive, for the sandbox's host to patch.

`apt-get changelog` fetches them for real.  Some packages have none, as happens with distributors.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

# By package: urgency and text of each version, newest first, down to what is installed.
CHANGELOGS: Final[dict[str, tuple[tuple[str, str, str], ...]]] = {
    "nginx": (
        ("1.22.1-9+deb12u2", "medium", "Non-maintainer upload: fix a test."),
        ("1.22.1-9+deb12u1+sec1", "high", "Fix CVE-2024-7347, CVE-2025-23419 (out of bounds)."),
        ("1.22.1-9+deb12u1", "medium", "Fix CVE-2023-44487."),
    ),
    "openssl": (
        ("3.0.16-1~deb12u1", "medium", "CVE-2024-13176: timing of ECDSA signatures."),
        ("3.0.15-1~deb12u1", "medium", "New upstream version, CVE-2024-9143."),
    ),
    "libssl3": (
        ("3.0.16-1~deb12u1", "medium", "CVE-2024-13176: timing of ECDSA signatures."),
        ("3.0.15-1~deb12u1", "medium", "New upstream version, CVE-2024-9143."),
    ),
    # Cut off before it reaches what is installed: it might name more.
    "linux-image-amd64": (("6.1.135-1", "high", "CVE-2025-21853 and others."),),
}


def write(folder: Path) -> None:
    """Lay the changelogs under `folder` as apt asks for them."""
    for package, versions in CHANGELOGS.items():
        letter = package[:4] if package.startswith("lib") else package[0]
        place = folder / "main" / letter / package
        place.mkdir(parents=True, exist_ok=True)
        entries = (
            f"{package} ({version}) stable-security; urgency={urgency}\n\n  * {text}\n\n"
            " -- GMOps sandbox <sandbox@localhost>  Sun, 01 Nov 2026 00:00:00 +0000\n"
            for version, urgency, text in versions
        )
        (place / f"{package}_{versions[0][0]}").write_text("\n".join(entries), "utf-8")
