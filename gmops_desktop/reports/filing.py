"""What every document that is kept has in common: its facts attached as data, and their digest."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from reportlab.platypus import Flowable

from gmops_desktop.language import tr
from gmops_desktop.reports.archival import archival
from gmops_desktop.reports.covers import Cover, bound
from gmops_desktop.reports.document import Paper, build
from gmops_desktop.reports.fonts import missing
from gmops_desktop.reports.orders import Built, Document, word_of_secrecy
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
    *,
    cover: Cover | None = None,
    sheets: Mapping[str, bytes] | None = None,
) -> Built:
    """Return the document that `story` tells (given the data's digest) as PDF/A-3b with `facts`
    attached as JSON; they must have the chain heads printed as `heads`.

    With a `cover` it is bound: contents and versions follow the cover, and its title stands in the
    running head.  `sheets` are tables (CSV) attached beside the facts, by their file's name.
    """
    data = json_of(facts, kind, document)
    lost = tuple(sorted(missing(clean("".join(set(data.decode()))))))
    digest = hashlib.sha256(data).hexdigest()
    aside = tr("All times are Beijing time (UTC+8)")
    told = story(digest)
    if cover is not None:
        told = bound(cover, document, told)
        aside = f"{word_of_secrecy(document.secrecy)} · {aside}"
    paper = Paper(title, document.number, author, aside, covered=cover is not None)
    content, pages = build(told, paper)
    described = tr("The data of report {number}", number=document.number)
    made = archival(content, data, described=described, sheets=sheets or {})
    return Built(made, pages, digest, lost)


def json_of(facts: DataclassInstance, kind: str, document: Document) -> bytes:
    """Return `facts` and what is said of the document as JSON: sorted keys, times in ISO 8601."""
    said = {
        "kind": kind, "number": document.number, "language": document.language,
        "replaces": document.replaces, "revisions": document.revisions,
        "corrects": document.corrects, "secrecy": document.secrecy,
    }  # fmt: skip
    values = {
        "format": "gmops-report-1", "document": said, "facts": facts, "texts": document.texts,
    }  # fmt: skip
    text = json.dumps(
        values, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=_plain
    )
    return text.encode()


def _plain(value: object) -> Any:
    """Return what JSON lacks a form for in one it has, a level at a time (`asdict` copies all):
    days and moments as ISO 8601, amounts as their digits."""
    if is_dataclass(value):
        return {one.name: getattr(value, one.name) for one in fields(value)}
    if isinstance(value, Mapping):
        return dict(value)
    return value.isoformat() if isinstance(value, date) else str(value)
