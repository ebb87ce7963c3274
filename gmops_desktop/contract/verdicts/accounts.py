"""How an Official Account is judged."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from gmops_desktop.contract.looks import AccountDetails
from gmops_desktop.contract.verdicts.findings import Findings, count_of
from gmops_desktop.language import tr
from gmops_desktop.states import State


def judge_account(seen: AccountDetails, add: Findings) -> None:
    """Add to `add` what a look amounts to: findings by key, and figures for the card."""
    for what, why in _first_few(seen.sections):
        add.add(f"known:{what}", "unknown",
                tr("Unknown: {what}, because {why}.", what=what, why=why))  # fmt: skip
    used: State = "unknown"
    if seen.quota_used is not None and seen.quota_limit:
        share = 100 * seen.quota_used / seen.quota_limit
        used = "critical" if share >= 100 else "warning" if share >= 80 else "ok"
        add.add(
            "quota",
            used,
            tr("{share} % of today's interface calls are used up.", share=round(share)),
        )
    add.figure(tr("Followers"), count_of(seen.followers), "", "ok", "followers")
    add.figure(tr("New yesterday"), count_of(seen.new_followers), "", "ok")
    add.figure(tr("Lost yesterday"), count_of(seen.lost_followers), "", "ok")
    limit = "" if seen.quota_limit is None else f"/ {seen.quota_limit:,}"
    add.figure(tr("Interface calls"), count_of(seen.quota_used), limit, used)


def _first_few(sections: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    yield from list(sections.items())[:3]
