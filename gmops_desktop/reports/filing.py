"""What every document that is kept has in common: its facts attached as data, and their digest."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict
from datetime import date
from typing import TYPE_CHECKING

from reportlab.platypus import Flowable

from gmops_desktop.language import tr
from gmops_desktop.reports.archival import archival
from gmops_desktop.reports.document import Paper, build
from gmops_desktop.reports.fonts import missing
from gmops_desktop.reports.orders import Built, Document
from gmops_desktop.reports.paragraph import clean

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


def filed(
    facts: DataclassInstance,
    kind: str,
    document: Document,
    title: str,
    author: str,
    story: Callable[[str], list[Flowable]],
) -> Built:
    """Return the document that `story` tells (given the data's digest) as PDF/A-3b with `facts`
    attached as JSON; they must have the chain heads printed as `heads`."""
    data = _as_json(facts, kind, document)
    lost = tuple(sorted(missing(clean("".join(set(data.decode()))))))
    digest = hashlib.sha256(data).hexdigest()
    aside = tr("All times are Beijing time (UTC+8)")
    content, pages = build(lambda: story(digest), Paper(title, document.number, author, aside))
    described = tr("The data of report {number}", number=document.number)
    return Built(archival(content, data, described=described), pages, digest, lost)


def _as_json(facts: DataclassInstance, kind: str, document: Document) -> bytes:
    said = {"number": document.number, "replaces": document.replaces, "kind": kind}
    values = {
        "format": "gmops-report-1",
        "document": said,
        "facts": asdict(facts),
        "texts": [asdict(one) for one in document.texts],
    }
    text = json.dumps(
        values, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=_plain
    )
    return text.encode()


def _plain(value: object) -> str:
    """Return days and moments as ISO 8601, amounts as their digits."""
    return value.isoformat() if isinstance(value, date) else str(value)
