"""The samples laid out again from the facts that each of them carries inside: seconds, not a year.

python3 dev.py samples --again    after a change to what a document looks like
"""

from __future__ import annotations

import json
import re
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import is_dataclass
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any, Final, cast

import pikepdf

from gmops_desktop.contract.terms import ZONE
from gmops_desktop.language import speaking, tr
from gmops_desktop.reports import orders, signing
from gmops_desktop.reports.drill_certificate import make_certificate
from gmops_desktop.reports.orders import Built, Document
from gmops_desktop.reports.signed import Sealed, read_key
from gmops_desktop.services.reports import Kind
from sandbox import signing_keys

SIGNED: Final = "-signed"  # ends the name of a sample that is another one, signed

_ORDERS: Final[Mapping[Kind, Callable[..., Built]]] = {
    "monthly": orders.make_monthly,
    "quarter": orders.make_quarterly,
    "annual": orders.make_annual,
    "inspection": orders.make_inspection,
    "account": orders.make_account_report,
    "backups": orders.make_backup_report,
    "drill": make_certificate,
    "fault": orders.make_fault_report,
    "evaluation": orders.make_evaluation,
    "visit": orders.make_service_form,
    "notice": orders.make_notice,
    "change_record": orders.make_change_record,
    "hand_over": orders.make_hand_over,
    "sign_in": orders.make_sign_in,
    "contact": orders.make_letter,
    "payment": orders.make_letter,
    "fees": orders.make_fees,
    "compilation": orders.make_compilation,
}


def kind_of(name: str) -> Kind:
    """Return the kind of a sample: what its file's name begins with."""
    return cast(Kind, re.split("[-.]", name)[0])


def data_of(content: bytes) -> bytes:
    """Return the data attached to a document."""
    with pikepdf.open(BytesIO(content)) as pdf:
        return pdf.attachments["data.json"].get_file().read_bytes()


def drawn(content: bytes) -> list[bytes]:
    """Return what a PDF draws on each of its pages, and nothing of its ids and times."""
    with pikepdf.open(BytesIO(content)) as pdf:
        return [page.Contents.read_bytes() for page in pdf.pages]


def laid_out(file: Path) -> Built:
    """Lay a sample out again from its own data."""
    data = json.loads(data_of(file.read_bytes()))
    order = _ORDERS[kind_of(file.stem)]
    kind = typing.get_type_hints(order)["facts"]
    said = {**data["document"], "texts": data["texts"]}
    del said["kind"]
    document: Document = _made(Document, said)
    with speaking(document.language):
        return order(_made(kind, data["facts"]), document)


def _made(kind: Any, value: Any) -> Any:
    """Return a value of JSON as what the annotation `kind` says."""
    if isinstance(kind, type) and is_dataclass(kind):
        hints = typing.get_type_hints(kind)
        return kind(**{name: _made(hints[name], one) for name, one in value.items()})
    origin, inside = typing.get_origin(kind), typing.get_args(kind)
    if origin in (types.UnionType, typing.Union):
        return None if value is None else _made(_fitting(inside, value), value)
    if origin is tuple:
        kinds = [inside[0]] * len(value) if inside[-1] is Ellipsis else inside
        return tuple(_made(one, item) for one, item in zip(kinds, value, strict=True))
    if kind in (date, datetime):
        return kind.fromisoformat(value)
    if kind is Decimal:
        return Decimal(value)
    if isinstance(value, Mapping) and len(inside) == 2:
        return {_made(inside[0], name): _made(inside[1], one) for name, one in value.items()}
    return value


def _fitting(kinds: tuple[Any, ...], value: Any) -> Any:
    """Return the one of several annotations that a value is written as."""
    real = [one for one in kinds if one is not types.NoneType]
    for one in real:
        if is_dataclass(one) and isinstance(value, Mapping):
            if set(value) <= set(typing.get_type_hints(one)):
                return one
        elif not is_dataclass(one) and len(real) > 1:
            return one
    return real[0]


def renew(folder: Path) -> list[str]:
    """Lay out every sample of a folder again; return the names of those that look otherwise now.

    What draws the same pages stays: else each run would give the same page a new id and time.
    """
    changed = []
    for file in sorted(folder.glob("*.pdf")):
        if file.stem.endswith(SIGNED):
            continue
        built = laid_out(file)
        if drawn(built.content) == drawn(file.read_bytes()):
            continue
        file.write_bytes(built.content)
        changed.append(file.stem)
        copy = file.with_stem(file.stem + SIGNED)
        if copy.exists():
            copy.write_bytes(sign(built.content))
            changed.append(copy.stem)
    return changed


def sign(content: bytes) -> bytes:
    """Sign a sample for Party B, as the register does, with a key of nobody."""
    said = json.loads(data_of(content))["facts"]
    at = datetime.fromisoformat(said["generated_at"]).astimezone(ZONE)
    key = signing_keys.key_file("张伟", said["contract"]["party_b"])
    digest = read_key(key, signing_keys.PASSWORD).fingerprint[:8]
    when = f"{at:%Y-%m-%d %H:%M}"
    with speaking("zh_CN"):
        words = tr("Electronic signature {at}, certificate {digest}", at=when, digest=digest)
    look = Sealed(signing_keys.seal_picture(), "张伟", words, at.date())
    return signing.sign(content, key, signing_keys.PASSWORD, "party_b", look)
