"""What no longer agrees between register, files and journal."""

from __future__ import annotations

import hashlib

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import Entry
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr
from gmops_desktop.reports.orders import attached
from gmops_desktop.services.reports.register import Report, heads_of


def faults_of_file(report: Report) -> list[str]:
    """Return what is wrong with the file of a document, as sentences."""
    try:
        content = report.path.read_bytes()
    except OSError as error:
        return [
            tr(
                "The file of report {number} cannot be read: {why}.",
                number=report.number,
                why=error,
            )
        ]
    if hashlib.sha256(content).hexdigest() != report.file_digest:
        return [tr("The file of report {number} was altered.", number=report.number)]
    try:
        values, _ = attached(report.path)
        printed = heads_of(values["facts"]["heads"])
    except (OpsError, KeyError, TypeError) as error:
        return [
            tr(
                "The data of report {number} cannot be read: {why}.",
                number=report.number,
                why=error,
            )
        ]
    if printed != report.heads:
        number = report.number
        return [tr("Report {number} prints other chain heads than were recorded.", number=number)]
    return []


def faults_of_heads(session: Session, report: Report) -> list[str]:
    """Return which of the heads it prints are no longer those of the journal."""
    faults = []
    for head in report.heads:
        there = select(Entry.hash).where(
            Entry.device == head.device, Entry.sequence == head.sequence
        )
        if session.scalar(there) != head.hash:
            faults.append(
                tr(
                    "Report {number} contradicts the journal: entry {entry} of {device} is not "
                    "the one it was made from.",
                    number=report.number,
                    entry=head.sequence,
                    device=head.device_name,
                )
            )
    return faults
