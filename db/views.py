"""What the rows of the store look like to everybody above it: frozen records, no session."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, cast

from db.models import ContactRow, ContractRow, TicketRow
from gmops_desktop.contract.changes import AUDIENCES
from gmops_desktop.contract.terms import Contact, Contract, Party, ServiceItem, post_of
from gmops_desktop.contract.ticket_bonds import links_in
from gmops_desktop.contract.tickets import (
    Attribution,
    Impact,
    Priority,
    Scope,
    Ticket,
    TicketKind,
    TicketState,
)


def contract_of(row: ContractRow) -> Contract:
    """Return the contract of a row; what was never said is empty or zero."""
    start = row.start or date.min
    more = row.more or {}
    return Contract(
        id=row.id,
        title=row.title,
        number=row.reference,
        party_a=row.party_a,
        party_b=row.party_b,
        start=start,
        end=row.end or start,
        total=row.total or Decimal(0),
        payable=row.payable or Decimal(0),
        signed_on=row.signed_on,
        person_days=row.person_days or Decimal(0),
        items=tuple(_item(values) for values in row.items or ()),
        scope=tuple(more.get("scope") or ()),
        service_time=more.get("service_time") or "",
        staff=tuple(
            (post_of(post, "", "B"), int(count)) for post, count in more.get("staff") or ()
        ),
        day_step=Decimal(more.get("day_step") or 0),
        payment_days=int(more.get("payment_days", 3)),
        notice_days=int(more.get("notice_days", 3)),
        paid_on=date.fromisoformat(more["paid_on"]) if more.get("paid_on") else None,
        renews=more.get("renews") or "",
        two_person=bool(more.get("two_person")),
    )


def in_force(contracts: Iterable[Contract], today: date) -> Contract | None:
    """Return the contract that runs today, else the one that started last."""
    known = list(contracts)
    running = [contract for contract in known if contract.runs(today)]
    return max(running or known, key=lambda contract: contract.start, default=None)


def contact_of(row: ContactRow) -> Contact:
    """Return the contact of a row."""
    party: Party = "A" if row.party == "A" else "B"
    more = row.more or {}
    return Contact(
        id=row.id,
        name=row.name,
        party=party,
        role=row.role,
        phone=row.phone,
        valid_from=row.valid_from or date.min,
        valid_to=row.valid_to,
        post=post_of(more.get("post") or "", row.role, party),
        stands_in=tuple(more.get("stands_in") or ()),
        contract_id=more.get("contract_id") or "",
    )


def ticket_of(row: TicketRow) -> Ticket:
    """Return the ticket of a row."""
    more = row.more
    promised, assessed = more.get("promised_for"), more.get("assessed_days")
    restored = more.get("restored_at")
    return Ticket(
        id=row.id,
        number=row.number,
        kind=cast(TicketKind, row.kind),
        title=row.title,
        description=row.description,
        state=cast(TicketState, row.state),
        priority=cast(Priority, row.priority or 3),
        estimate=cast("Priority | None", row.estimate),
        requester=row.requester,
        contact_id=row.contact_id,
        emergency=row.emergency,
        resource_id=row.resource_id,
        opened_at=row.opened_at or row.created_at,
        closed_at=row.closed_at,
        confirmed_by=row.confirmed_by,
        conflict=bool(row.conflicts),
        channel=row.channel,
        promised_for=datetime.fromisoformat(promised) if promised else None,
        person_days=row.person_days or Decimal(0),
        assessed_days=Decimal(assessed) if assessed else None,
        conflicts=tuple(row.conflicts),
        assessed_by=more.get("assessed_by", ""),
        impact=cast("Impact | None", more.get("impact")),
        urgency=cast("Priority | None", more.get("urgency")),
        influence=more.get("influence", ""),
        scope=cast(Scope, more.get("scope", "")),
        cause=more.get("cause", ""),
        attribution=cast(Attribution, more.get("attribution", "")),
        agreed_by=more.get("agreed_by", ""),
        restored_at=datetime.fromisoformat(restored) if restored else None,
        interrupts=bool(more.get("interrupts")),
        notices={one: said for one in AUDIENCES if (said := more.get(f"notice_{one}"))},
        notice_emergency=more.get("notice_emergency", ""),
        confirmed_at=row.confirmed_at,
        resumes=cast("TicketState | None", more.get("resumes")),
        links=links_in(more),
        merged_into=more.get("merged_into", ""),
        contract_id=more.get("contract_id") or "",
        void_merge=more.get("void_merge", ""),
    )


def _item(values: Mapping[str, Any]) -> ServiceItem:
    amount = values.get("amount")
    return ServiceItem(
        key=values["key"],
        title=values["title"],
        amount=None if amount is None else Decimal(amount),
        remark=values.get("remark", ""),
        monthly=bool(values.get("monthly")),
    )
