"""What any file is worth: its signatures, and whether register and journal say the same."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.engine import Database
from db.journal import Journal
from db.models import Entry, ReportRow
from gmops_desktop.context import Context
from gmops_desktop.contract.record import ChainHead
from gmops_desktop.contract.terms import ZONE
from gmops_desktop.errors import OpsError
from gmops_desktop.language import mark, tr
from gmops_desktop.reports import signed as signatures
from gmops_desktop.reports import worker
from gmops_desktop.reports.orders import attached
from gmops_desktop.reports.signed import Examination, Signature
from gmops_desktop.services.reports.register import heads_of

Verdict = Literal["unsigned", "untouched", "countersigned", "altered", "contradicted"]

_PARTIES: Final = {"party_a": mark("Party A"), "party_b": mark("Party B")}
_BEGUN: Final = 24  # characters of a text that name it
_LARGEST: Final = 200_000_000  # bytes of a file that comes back
_VERDICTS: Final[dict[Verdict, str]] = {
    "unsigned": mark("Not signed"),
    "untouched": mark("Untouched since it was signed"),
    "countersigned": mark("Signed by both parties, untouched since"),
    "altered": mark("Altered"),
    "contradicted": mark("Contradicted by the record"),
}


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a file is worth.  `facts` are what was found, `faults` what does not agree, both as
    finished sentences; `number` is empty for a file that is none of ours."""

    path: Path
    verdict: Verdict
    number: str
    facts: tuple[str, ...]
    faults: tuple[str, ...]
    examination: Examination


def judge(path: Path, database: Database, journal: Journal, context: Context) -> Judgement:
    """Say what a file is worth: its signatures, the register, and the journal as it is now."""
    content = read(path)
    context.progress(None, tr("Reading {path}", path=path.name))
    found = worker.run(context, signatures.examine, content)
    facts = [_told(one) for one in found.signatures]
    faults = list(found.reasons)
    number, heads, texts, printed_fault = _printed(path)
    faults += [printed_fault] if printed_fault else []
    with database.session() as session:
        wanted = select(ReportRow).where(ReportRow.number == number)
        row = session.scalars(wanted).first() if number else None
        if row is None:
            facts.append(tr("It is not in the register of this computer."))
        else:
            said, wrong = _against_register(session, content, row, found)
            facts, faults = [*facts, *said], [*faults, *wrong]
        for said, wrong in (_against_journal(session, heads), _own_words(session, texts)):
            facts, faults = [*facts, *said], [*faults, *wrong]
    context.progress(None, tr("Following the chains of the journal"))
    faults += journal.verify().faults
    verdict: Verdict = found.verdict
    if faults and verdict != "altered":
        verdict = "contradicted"
    return Judgement(path, verdict, number, tuple(facts), tuple(dict.fromkeys(faults)), found)


def word_of_verdict(verdict: Verdict) -> str:
    """Return what a file is worth, in a few words."""
    return tr(_VERDICTS[verdict])


def read(path: Path) -> bytes:
    """Return the content of a file; raise `OpsError` where it is too large, or not to be read."""
    try:
        if path.stat().st_size > _LARGEST:
            raise OpsError(
                tr("{path} is larger than 200 MB.", path=path),
                hint=tr("Choose the document itself, or scan it with fewer dots per inch."),
            )
        return path.read_bytes()
    except OSError as error:
        raise OpsError(
            tr("{path} cannot be read: {why}.", path=path, why=error.strerror or error),
            hint=tr("Check the name, and whether you may read it."),
        ) from error


def _printed(path: Path) -> tuple[str, tuple[ChainHead, ...], dict[str, str], str]:
    """Return number, chain heads and people's own words (by the hash of their entry) a document of
    ours holds, and what is wrong with them."""
    try:
        values, _ = attached(path)
        number = str(values["document"]["number"])
        texts = {str(one["entry"]): str(one["text"]) for one in values.get("texts", ())}
        return number, heads_of(values["facts"]["heads"]), texts, ""
    except OpsError as error:
        return "", (), {}, error.message
    except (KeyError, TypeError, AttributeError):
        return "", (), {}, tr("{path} holds data that this version cannot read.", path=path)


def _told(one: Signature) -> str:
    at = f"{one.at.astimezone(ZONE):%Y-%m-%d %H:%M}" if one.at else tr("at an unknown time")
    said = tr("Revision {number} was signed for {party} by {who}, {at}, certificate {digest}.",
              number=one.revision + 1, party=tr(_PARTIES[one.party])
              if one.party else tr("an unknown party"), who=one.holder, at=at,
              digest=" ".join(re.findall(".{8}", one.fingerprint)[:4]))  # fmt: skip
    if not one.valid_then:
        said += " " + tr("The certificate was not valid then.")
    return said


def _against_register(
    session: Session, content: bytes, row: ReportRow, found: Examination
) -> tuple[list[str], list[str]]:
    facts, faults = [], []
    original = str(row.more.get("unsigned_digest") or row.file_digest)
    length = int(row.more.get("unsigned_bytes") or row.file_bytes or 0)
    if hashlib.sha256(content[:length]).hexdigest() == original:
        facts.append(tr("The register knows it: {number}, made {at}.", number=row.number,
                        at=f"{row.made_at.astimezone(ZONE):%Y-%m-%d %H:%M}"
                        if row.made_at else "—"))  # fmt: skip
    else:
        faults.append(tr("The register knows another document as {number}.", number=row.number))
    signer = str(row.more.get("signer") or "")
    ours = [one for one in found.signatures if one.party == "party_b"]
    if signer and any(one.fingerprint != signer for one in ours):
        faults.append(tr("It bears another signature of Party B than the register says."))
    elif ours and not signer:
        faults.append(tr("It bears a signature of Party B that the register does not know."))
    for other in session.scalars(select(ReportRow).where(ReportRow.number != row.number)):
        if other.more.get("replaces") == row.number:
            facts.append(tr("A newer version holds: {number}.", number=other.number))
    return facts, faults


def _against_journal(session: Session, heads: tuple[ChainHead, ...]) -> tuple[list[str], list[str]]:
    """Hold the chain heads it prints against the journal, and each chain against itself."""
    facts, faults = [], []
    for head in heads:
        there = select(Entry.hash).where(
            Entry.device == head.device, Entry.sequence == head.sequence
        )
        entry = session.scalar(there)
        if entry is None:
            facts.append(tr("The journal here does not hold entry {entry} of {device}.",
                            entry=head.sequence, device=head.device_name))  # fmt: skip
        elif entry != head.hash:
            faults.append(tr("The journal contradicts it: entry {entry} of {device} is not the one "
                             "it was made from.", entry=head.sequence,
                             device=head.device_name))  # fmt: skip
        else:
            facts.append(tr("The journal agrees: entry {entry} of {device} is the one printed in "
                            "it.", entry=head.sequence, device=head.device_name))  # fmt: skip
    return facts, faults


def _own_words(session: Session, texts: Mapping[str, str]) -> tuple[list[str], list[str]]:
    """Hold people's own words against the entries of the journal that the document names."""
    facts, faults = [], []
    for hash_, text in texts.items():
        entry = session.scalars(select(Entry).where(Entry.hash == hash_)).first()
        if entry is None:
            facts.append(tr("The journal here does not hold the entry of words written by a "
                            "person: “{text}”.", text=_begun(text)))  # fmt: skip
        elif (kept := json.loads(entry.data)["fields"].get("text")) != text:
            faults.append(tr("Words of {who} stand otherwise in the journal: “{text}”.",
                             who=entry.actor, text=_begun(str(kept))))  # fmt: skip
        else:
            facts.append(tr("Words of {who} are those of the journal: “{text}”.",
                            who=entry.actor, text=_begun(text)))  # fmt: skip
    return facts, faults


def _begun(text: str) -> str:
    """Return how a text begins, on one line."""
    line = " ".join(text.split())
    return line if len(line) <= _BEGUN else line[:_BEGUN] + "…"
