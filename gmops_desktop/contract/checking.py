"""What a contract's terms must hold together before they are recorded."""

from __future__ import annotations

from gmops_desktop.contract.terms import Contract
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr


def check_terms(contract: Contract) -> None:
    """Refuse terms that make no sense, with the way out."""
    if not contract.title.strip():
        raise OpsError(tr("The contract has no title."), hint=tr("Give it a title."))
    if contract.end < contract.start:
        raise OpsError(
            tr(
                "The contract ends on {end}, before it starts on {start}.",
                end=contract.end,
                start=contract.start,
            ),
            hint=tr("Mend one of the two days."),
        )
    amounts = [contract.total, contract.payable, contract.person_days, contract.day_step]
    amounts += [item.amount for item in contract.items if item.amount is not None]
    if any(amount < 0 for amount in amounts):
        raise OpsError(
            tr("An amount of the contract is negative."), hint=tr("Mend the amounts, then save.")
        )
    priced = any(item.amount is not None for item in contract.items)
    if priced and contract.items_total != contract.total:
        raise OpsError(
            tr(
                "The items add up to {sum}, and the contract says {total}.",
                sum=f"{contract.items_total:,.2f}",
                total=f"{contract.total:,.2f}",
            ),
            hint=tr("Mend the amounts, then save."),
            unharmed=tr("Nothing was recorded."),
        )
    keys = [item.key for item in contract.items]
    twice = sorted({key for key in keys if keys.count(key) > 1})
    if twice:
        raise OpsError(
            tr("Two service items have the key {key}.", key=twice[0]),
            hint=tr("Give each item a key of its own: it says which evidence proves it."),
        )
