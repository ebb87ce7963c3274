"""Everything a look found, as lines for a terminal, a window or a ticket's evidence."""

from __future__ import annotations

from gmops_desktop.contract.fact_lines import accounts, clouds, databases, hosts, websites
from gmops_desktop.contract.fact_lines.lines import FactLine, Lines
from gmops_desktop.contract.looks import (
    AccountDetails,
    CloudDetails,
    Details,
    HostDetails,
    MysqlDetails,
    WebDetails,
)

__all__ = ["FactLine", "lines_of"]


def lines_of(details: Details) -> tuple[FactLine, ...]:
    """Return what `details` hold, in words; what was not learnt is unknown, with why."""
    lines = Lines(details.sections)
    if isinstance(details, HostDetails):
        lines.notes = details.notes
        hosts.write(details, lines)
    elif isinstance(details, MysqlDetails):
        lines.notes = details.notes
        databases.write(details, lines)
    elif isinstance(details, WebDetails):
        lines.notes = details.notes
        websites.write(details, lines)
    elif isinstance(details, AccountDetails):
        lines.notes = details.notes
        accounts.write(details, lines)
    elif isinstance(details, CloudDetails):
        clouds.write(details, lines)
    return tuple(lines.lines)
