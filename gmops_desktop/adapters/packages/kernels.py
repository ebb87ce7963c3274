"""Kernels of a host, and whether it must restart to run the newest."""

from __future__ import annotations

import re
from typing import Final

from gmops_desktop.adapters.packages.reading import Reading, numbers
from gmops_desktop.contract.updates import Kernels
from gmops_desktop.language import tr

# The file names hold the version; an initrd or a rescue image is no kernel of the series.
SCRIPT = r"""
s kernels 'uname -r; ls /boot | grep "^vmlinuz-[0-9]"'
"""


_VERSION: Final = re.compile(r"\d+\.\d+\S*$", re.MULTILINE)


def read(reading: Reading) -> Kernels | None:
    """Return the kernels; None where not even the running one is known.

    Newer is judged within one flavour only: a newer cloud kernel is none for a plain host.
    """
    running, *files = reading.or_empty("kernels", "kernels", partly=True).split() or [""]
    if not running:
        section = reading.sections.get("kernels")
        # Without a kernel of its own (a container), `grep` finds nothing and says so by 1.
        if section is None or section.status != 1 or not _VERSION.match(section.text):
            reading.unknowns.setdefault("kernels", tr("the host does not say which kernel runs"))
            return None
        running, *files = section.text.split()
    reading.unknowns.pop("kernels", None)
    installed = tuple(
        name.removeprefix("vmlinuz-") for name in files if not name.startswith("vmlinuz-0-rescue")
    )
    same = [name for name in installed if _flavour(name) == _flavour(running)]
    newest = max(same, key=numbers) if running in same else ""
    return Kernels(running, installed, newest)


def _flavour(version: str) -> str:
    """Return what is left without the numbers: "--amd", "--cloud-amd", "-elx"."""
    return re.sub(r"[\d._]+", "", version)
