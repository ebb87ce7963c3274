"""What happens when the program itself is wrong: a report to pass on, and a sentence to read."""

from __future__ import annotations

import logging
import platform
import tempfile
import traceback
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr
from gmops_desktop.log import redact
from gmops_desktop.paths import Home

logger = logging.getLogger(__name__)


def report_bug(error: Exception) -> OpsError:
    """Write a report of `error` without secrets; return the sentence that names its file."""
    text = redact("".join(traceback.format_exception(error)))
    if logging.getLogger().handlers:
        logger.error("A command hit a bug\n%s", text)
    where = f"Python {platform.python_version()}, {platform.platform()}"
    report = _write(f"GMOps Desktop {version('gmops-desktop')}, {where}\n\n{text}")
    return OpsError(
        tr("The program made a mistake: {what}.", what=redact(f"{type(error).__name__}: {error}")),
        hint=tr("A report without secrets lies in {path}; please pass it on.", path=report),
    )


def _write(text: str) -> Path:
    name = f"bug-{datetime.now(UTC):%Y%m%d-%H%M%S-%f}.txt"
    try:
        path = Home.find().logs / name
        path.write_text(text, "utf-8")
    except (OSError, OpsError):
        path = Path(tempfile.mkdtemp(prefix="gmops-")) / name
        path.write_text(text, "utf-8")
    return path
