"""The samples of `docs/samples`: one of every kind of document, and of every paper of a change.

    python3 dev.py samples    make them anew

They tell the invented year of the example contract, which the tests of reports tell too.  That they
are samples stands in each number and in Party B's name, and so on every page.  Times, ids and
numbers are the example's: two runs say the same.
"""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import timedelta
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any, Final, cast

import pikepdf

import example_change as change
import sample_changes as changes
import sample_tickets as tickets
from example_papers import PAPERS
from example_period import CONTRACT
from example_year import quarter, year
from gmops_desktop.contract.steps import Handed
from gmops_desktop.contract.terms import Contact, Contract, day_of
from gmops_desktop.language import Language, speaking
from gmops_desktop.reports import orders
from gmops_desktop.reports.orders import Built, Document, HandOverFacts, LetterFacts
from gmops_desktop.reports.span_facts import SpanFacts
from gmops_desktop.services.reports import Kind
from gmops_desktop.services.reports.register import _CODES

FOLDER: Final = Path(__file__).resolve().parents[2] / "docs" / "samples"
ENGLISH: Final = ("monthly", "notice")  # those that are there in English too
SIGNED: Final = change.at(6).date().replace(month=3)  # the day of the contract

_Order = Callable[[Any, Document], Built]
_Maker = Callable[[Document], Built]


def _order(order: _Order, facts: Callable[[], Any], document: Document) -> Built:
    with speaking(document.language):
        return order(as_sample(facts()), document)


def as_sample(value: Any) -> Any:
    """Return facts with the example's own parties, and digests that look like digests, wherever
    they name any."""
    if isinstance(value, Contract):
        return replace(value, party_a=CONTRACT.party_a, party_b=CONTRACT.party_b)
    if isinstance(value, str) and re.fullmatch("[0-9a-f]{64}", value):
        return hashlib.sha256(value.encode()).hexdigest()
    if isinstance(value, tuple) and type(value) is tuple:
        return tuple(as_sample(one) for one in value)
    if not is_dataclass(value) or isinstance(value, type):
        return value
    there = {one.name: getattr(value, one.name) for one in fields(value) if one.init}
    changed = {name: as_sample(one) for name, one in there.items()}
    if "party_a" in there:
        changed["party_a"] = CONTRACT.party_a
    return replace(value, **changed)


def _joined() -> LetterFacts:
    facts = _facts_of("contact")
    return replace(
        facts, contact=Contact("x", "赵明", "B", "运维经理", "0755-00000012", facts.dated)
    )


def _payment() -> LetterFacts:
    return replace(_facts_of("payment"), dated=SIGNED)


def _facts_of(kind: Kind) -> Any:
    return cast(partial[Built], PAPERS[kind]).args[1]()


def _handed() -> HandOverFacts:
    """What the mended fault handed over: a setting, a version and a manual."""
    items = (
        Handed("MySQL max_connections", "configuration", before="151", after="300"),
        Handed("php-fpm pm.max_children", "configuration", before="5", after="24"),
        Handed("nginx-light", "package", before="1.10.3-1+deb9u1", after="1.10.3-1+deb9u2"),
        Handed("运维手册 V1.3.docx", "document", change.NEW),
    )
    return HandOverFacts(
        "t", "T-0002", tickets.TITLE, items, CONTRACT, change.at(16).date(), change.HEADS
    )


def _whole(facts: SpanFacts) -> SpanFacts:
    """Return a quarter whose load and availability were watched from end to end."""
    month, days = facts.whole, (facts.whole.end - facts.whole.start).days + 1
    spans = range((days + 29) // 30)

    def repeated(points: Any) -> Any:
        shifted = (
            (at + timedelta(days=30 * span), *rest) for span in spans for at, *rest in points
        )
        return tuple(one for one in shifted if day_of(one[0]) <= month.end)

    usage = tuple(replace(one, points=repeated(one.points)) for one in month.usage)
    up = month.availability
    assert up is not None
    return replace(
        facts,
        whole=replace(month, usage=usage, availability=replace(up, points=repeated(up.points))),
    )


# What replaces or joins those of PAPERS; a change's in PAPERS are a patch's.
_OWN: Final[Mapping[str, tuple[_Order, Callable[[], Any]]]] = {
    "contact": (orders.make_letter, _joined),
    "payment": (orders.make_letter, _payment),
    "quarter": (orders.make_quarterly, lambda: _whole(quarter())),
    "annual": (orders.make_annual, lambda: year(48)),
    "fault": (orders.make_fault_report, tickets.fault),
    "visit": (orders.make_service_form, tickets.visit),
    "evaluation": (orders.make_evaluation, tickets.requirement),
    "hand_over": (orders.make_hand_over, _handed),
    "hand_over-release": (orders.make_hand_over, changes.handed_over),
    "notice-release": (orders.make_notice, lambda: changes.notice_of(changes.RELEASE)),
    "notice-configuration": (orders.make_notice, lambda: changes.notice_of(changes.CONFIGURATION)),
    "change_record-taken-back": (orders.make_change_record, changes.taken_back),
    "change_record-configuration": (orders.make_change_record, changes.configured),
}


def samples() -> dict[str, Callable[[], Built]]:
    """Return the maker of each sample by the name of its file, without its ending."""
    makers: dict[str, _Maker] = {
        kind: partial(_order, *cast(partial[Built], make).args) for kind, make in PAPERS.items()
    }
    makers |= {name: partial(_order, *own) for name, own in _OWN.items()}
    found = {name: partial(make, _document(name, "zh_CN")) for name, make in makers.items()}
    return found | {f"{name}.en": partial(makers[name], _document(name, "en")) for name in ENGLISH}


def _document(name: str, language: Language) -> Document:
    kind = kind_of(name)
    period = {"annual": "2018", "quarter": "2018-Q2"}.get(kind, "2018-04")
    word = "样例" if language == "zh_CN" else "SAMPLE"
    return Document(f"{word}-{_CODES[kind]}-{period}", language)


def kind_of(name: str) -> Kind:
    """Return the kind of a sample: what its file's name begins with."""
    return cast(Kind, re.split("[-.]", name)[0])


def drawn(content: bytes) -> list[bytes]:
    """Return what a PDF draws on each of its pages, and nothing of its ids and times."""
    with pikepdf.open(BytesIO(content)) as pdf:
        return [page.Contents.read_bytes() for page in pdf.pages]


def main(folder: Path = FOLDER) -> None:
    """Write every sample, and take away those of kinds that are no more."""
    folder.mkdir(parents=True, exist_ok=True)
    made = samples()
    for file in folder.glob("*.pdf"):
        if file.stem not in made:
            file.unlink()
    for name, make in made.items():
        built = make()
        file = folder / f"{name}.pdf"
        if file.exists() and drawn(file.read_bytes()) == drawn(built.content):
            continue  # else each run would give the same page a new id and time
        file.write_bytes(built.content)
        sys.stdout.write(f"{file.name}: {built.pages} p, {len(built.content) // 1000} kB\n")


if __name__ == "__main__":
    main(*(Path(word) for word in sys.argv[1:]))
