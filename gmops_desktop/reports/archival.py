"""PDF/A-3b: the form of PDF that is still readable in ten years, with the data attached inside.

Conformity is checked on the finished file, before anybody signs it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import pikepdf

from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr

DATA: Final = "data.json"


def archival(
    content: bytes,
    data: bytes,
    *,
    described: str,
    sheets: Mapping[str, bytes] = MappingProxyType({}),
) -> bytes:
    """Return the PDF `content` as PDF/A-3b with `data` (JSON) attached; `described` says of what.

    `sheets` are tables (CSV) attached beside it, by their file's name.

    Raises `pikepdf.pdfa.PdfaError` where the result does not conform: a bug of ours.
    """
    import pikepdf.pdfa  # 0.2 s; only documents need it

    made = BytesIO()
    with pikepdf.open(BytesIO(content)) as pdf:
        for page in pdf.pages:
            if "/Trans" in page:
                del page["/Trans"]
        files = {DATA: ("application/json", data)}
        files |= {name: ("text/csv", sheet) for name, sheet in sheets.items()}
        for name, (kind, held) in files.items():
            file = pikepdf.AttachedFileSpec(
                pdf,
                held,
                filename=name,
                description=described,
                mime_type=kind,
                creation_date="",
                mod_date="",
            )
            file.relationship = pikepdf.Name.Data
            pdf.attachments[name] = file
        pikepdf.pdfa.save(pdf, made, "3b")
    return made.getvalue()


def attached(path: Path) -> tuple[Mapping[str, Any], bytes]:
    """Return the data attached to a document of ours, read and as the bytes that its digest is of.

    A file that is no PDF, or not ours, raises an `OpsError`.
    """
    try:
        with pikepdf.open(path) as pdf:
            content = pdf.attachments[DATA].get_file().read_bytes()
        values = json.loads(content)
    except FileNotFoundError as error:
        raise OpsError(tr("There is no file {path}.", path=path)) from error
    except (pikepdf.PdfError, KeyError, ValueError, OSError) as error:
        raise OpsError(
            tr("{path} is not a report made by this program: {why}.", path=path, why=error),
            hint=tr("Choose a report from the register, or a copy of one."),
        ) from error
    if not isinstance(values, dict) or values.get("format") != "gmops-report-1":
        raise OpsError(
            tr("{path} holds data that this version cannot read.", path=path),
            hint=tr("Open it with the version of the program that made it."),
        )
    return values, content
