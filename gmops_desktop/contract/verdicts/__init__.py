"""From what a look found to a state, the sentence why, and the figures that matter: pure rules."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from gmops_desktop.contract.alerting import Watch, follow
from gmops_desktop.contract.looks import (
    AccountDetails,
    CloudDetails,
    Details,
    HostDetails,
    MysqlDetails,
    WebDetails,
)
from gmops_desktop.contract.thresholds import DOWN, UNREACHED, hold_of
from gmops_desktop.contract.verdicts.accounts import judge_account
from gmops_desktop.contract.verdicts.clouds import judge_cloud
from gmops_desktop.contract.verdicts.databases import judge_database
from gmops_desktop.contract.verdicts.findings import Finding, Findings, History, Verdict
from gmops_desktop.contract.verdicts.hosts import judge_host
from gmops_desktop.contract.verdicts.websites import judge_website

__all__ = ["Finding", "History", "Verdict", "unreached", "verdict", "watched"]


def verdict(details: Details, history: History) -> Verdict:
    """Return what `details` amount to."""
    findings = Findings(history)
    findings.findings |= {DOWN: Finding("ok"), UNREACHED: Finding("ok")}
    match details:
        case HostDetails():
            judge_host(details, findings)
        case MysqlDetails():
            judge_database(details, findings)
        case WebDetails():
            judge_website(details, findings)
        case AccountDetails():
            judge_account(details, findings)
        case CloudDetails():
            judge_cloud(details, findings)
    return findings.verdict()


def unreached(down: bool, why: str) -> Verdict:
    """Return what a look amounts to that learnt nothing: `down` is a fact, all else is unknown."""
    findings = {
        DOWN: Finding("critical" if down else "unknown", why),
        UNREACHED: Finding("ok" if down else "warning", why),
    }
    return Verdict("critical" if down else "unknown", why, findings=findings)


def watched(
    before: Mapping[str, Watch], found: Verdict, at: datetime, every: float, *, learnt: bool
) -> dict[str, Watch]:
    """Return how each finding stands after a look.

    What a look that `learnt` something no longer speaks of is gone, and so in order.
    """
    rest = Finding("ok") if learnt else Finding("unknown")
    keys = dict.fromkeys((*before, *found.findings))
    return {
        key: follow(
            before.get(key, Watch()), hold_of(key), found.findings.get(key, rest).level, at, every
        )
        for key in keys
    }
