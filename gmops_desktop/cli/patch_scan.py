"""What `gmops patch scan` prints: the updates of a host, and what else ages on it."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from gmops_desktop.contract.terms import day_of
from gmops_desktop.contract.update_findings import findings, standing, word_of_severity
from gmops_desktop.language import tr, tr_n
from gmops_desktop.states import word_of
from ui import words

if TYPE_CHECKING:
    from gmops_desktop.cli.terminal import Terminal
    from gmops_desktop.contract.updates import Inventory


def show(terminal: Terminal, found: Inventory) -> None:
    """Give a scan whole: as JSON with its findings and standing, or as tables for a person."""
    today = day_of(datetime.now(UTC))
    said = findings(found, today)
    state, word = standing(found, today)
    if terminal.as_json:
        whole = {**asdict(found), "state": state, "standing": word, "findings": said}
        terminal.answer(whole)
        return
    if found.unknown:
        terminal.answer(found, tr("Unknown: {why}", why=found.unknown))
    elif found.updates:
        _show_updates(terminal, found)
    for note in found.notes:
        terminal.answer(found, note)
    terminal.answer(found, f"{found.system} · {word}")
    if said:
        terminal.answer(found, "")
        terminal.table(
            said,
            (tr("State"), tr("What"), tr("Finding"), tr("What to do")),
            [(word_of(one.state), one.name, one.text, one.remedy) for one in said],
        )


def _show_updates(terminal: Terminal, found: Inventory) -> None:
    terminal.table(
        found,
        (tr("Package"), tr("Version now"), tr("New version"), tr("Severity"), tr("CVEs"),
         tr("Size"), tr("Origin")),
        [
            (
                update.name,
                update.old or words.NOTHING,
                update.new,
                word_of_severity(update),
                words.listed(update.cves),
                words.NOTHING if update.bytes is None else words.size(update.bytes),
                update.origin,
            )
            for update in found.updates
        ],
    )  # fmt: skip
    count = len(found.updates)
    security = sum(update.security for update in found.updates)
    lines = [
        tr_n("{count} update, {security} for security.",
             "{count} updates, {security} for security.",
             count, security=security)
    ]  # fmt: skip
    if found.unjudged:
        unjudged = len(found.unjudged)
        lines.append(
            tr_n("Of {count} it is not known whether it is for security.",
                 "Of {count} it is not known whether they are for security.", unjudged)
        )  # fmt: skip
    if found.download_bytes is not None:
        lines.append(tr("{size} to download", size=words.size(found.download_bytes)))
    terminal.answer(found, *lines)
