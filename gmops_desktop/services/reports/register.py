"""The register of documents: numbers, versions, where the files are, and what was printed in them.

Nothing is overwritten: a correction is a new version that names the one it replaces.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Literal, cast

from sqlalchemy import select

from db.engine import Database
from db.ids import uuid7
from db.journal import Journal, utc_now
from db.models import ReportRow
from db.scope import EVERYTHING, scope_of
from gmops_desktop.context import Context
from gmops_desktop.contract.record import ChainHead
from gmops_desktop.contract.report_texts import OwnText, TextKey
from gmops_desktop.contract.terms import Contract, day_of
from gmops_desktop.errors import OpsError
from gmops_desktop.language import DEFAULT, Language, mark, tr
from gmops_desktop.paths import write_atomically
from gmops_desktop.reports.orders import Built, Document, Revision, Secrecy

Kind = Literal[
    "monthly", "drill", "contact", "payment", "sign_in", "hand_over", "notice", "change_record",
    "fault", "visit", "evaluation", "backups", "inspection", "fees", "compilation", "account",
    "quarter", "annual",
]  # fmt: skip
Subject = Literal[
    "month", "quarter", "year", "ticket", "contract", "span",
    "change", "handed", "notice", "training", "drill",
]  # fmt: skip
Signed = Literal["unsigned", "party_b", "both"]

_CODES: Final[dict[Kind, str]] = {
    "monthly": "YB",  # 月报
    "drill": "YL",  # 演练
    "contact": "LX",  # 联系人变更通知
    "payment": "FK",  # 付款通知
    "sign_in": "QD",  # 签到表
    "hand_over": "YJ",  # 移交单
    "notice": "TJ",  # 停机通知
    "change_record": "BG",  # 变更记录
    "fault": "GZ",  # 故障报告
    "visit": "XC",  # 现场服务单
    "evaluation": "PG",  # 需求评估单
    "backups": "BF",  # 备份报告
    "inspection": "XJ",  # 巡检报告
    "fees": "FY",  # 费用确认单
    "compilation": "HB",  # 履约证据汇编
    "account": "GZH",  # 微信公众号运维报告
    "quarter": "JB",  # 季报
    "annual": "ND",  # 年度总结与验收报告
}
_WORDS: Final[dict[Kind, str]] = {
    "monthly": mark("Monthly report"),
    "drill": mark("Drill certificate"),
    "contact": mark("Change of contact"),
    "payment": mark("Notice of payment"),
    "sign_in": mark("Sign-in sheet"),
    "hand_over": mark("Hand-over form"),
    "notice": mark("Change notice"),
    "change_record": mark("Change record"),
    "fault": mark("Fault report"),
    "visit": mark("On-site service form"),
    "evaluation": mark("Evaluation of a requirement"),
    "backups": mark("Backup report"),
    "inspection": mark("Inspection report"),
    "fees": mark("Statement of fees"),
    "compilation": mark("Compilation of evidence"),
    "account": mark("Account report"),
    "quarter": mark("Quarterly report"),
    "annual": mark("Annual and acceptance report"),
}
# What a document is of.
SUBJECTS: Final[dict[Kind, Subject]] = {
    "monthly": "month",
    "quarter": "quarter",
    "annual": "year",
    "inspection": "month",
    "backups": "month",
    "fault": "ticket",
    "evaluation": "ticket",
    "visit": "ticket",
    "fees": "contract",
    "compilation": "span",
    "account": "month",
    "notice": "change",
    "change_record": "change",
    "hand_over": "handed",  # a change or a ticket
    "contact": "notice",
    "payment": "notice",
    "sign_in": "training",
    "drill": "drill",
}
# Of these a document can be ordered by naming it; of the others it is made where they are shown.
ORDERED: Final[frozenset[Subject]] = frozenset(
    {"month", "quarter", "year", "ticket", "contract", "span"}
)
# A form that a later month needs anew; of every other one about the same, a second is a version.
_ANEW: Final[frozenset[Kind]] = frozenset({"visit"})
# Those that are bound: their cover says who may read them, the page after it what each version puts
# right.
COVERED: Final[frozenset[Kind]] = frozenset({"quarter", "annual", "compilation"})
# Makes a document that prints the chain heads it is given.
Produce = Callable[[Document, tuple[ChainHead, ...]], Built]

_VERSION: Final = re.compile(r"-V\d+$")
_NO_CODE: Final = "GMOPS"  # for a contract whose number begins with no letters


def word_of_kind(kind: Kind) -> str:
    """Return the short name of a kind of document."""
    return tr(_WORDS[kind])


@dataclass(frozen=True, slots=True)
class Report:
    """A document of the register.  `heads` are the chain heads printed in it.

    `about` names what a letter or a sheet speaks of: a new one about the same is a new version;
    `corrects` says what that puts right, where anybody said so.
    """

    id: str
    number: str
    kind: Kind
    period: str
    path: Path
    made_at: datetime
    pages: int
    file_digest: str
    heads: tuple[ChainHead, ...]
    signed: Signed
    replaces: str = ""
    contract_id: str = ""
    about: str = ""
    corrects: str = ""


class Register:
    """Numbers and keeps documents; `folder` is where their files are."""

    def __init__(self, database: Database, journal: Journal, folder: Callable[[], Path]) -> None:
        self._database, self._journal, self._folder = database, journal, folder

    def keep(
        self,
        kind: Kind,
        period: str,
        contract: Contract | None,
        produce: Produce,
        made_at: datetime,
        context: Context,
        language: Language = DEFAULT,
        about: str = "",
        texts: tuple[OwnText, ...] = (),
        secrecy: Secrecy = "internal",
        corrects: str = "",
    ) -> tuple[Report, Built]:
        """Number a document, let `produce` make it, record it, and return it with its content.

        `period` is the month or the day it is of; what it prints must be the heads it is given.
        Of `texts`, people's own words in it, the entry that holds them is recorded.
        `corrects` says what a new version puts right; in a first one it has no place.
        """
        heads = self._journal.heads()
        while True:
            number, replaces = self._next(kind, period, contract, about)
            context.progress(None, tr("Setting the pages of {number}", number=number))
            why = corrects.strip() if replaces else ""
            document = Document(
                number, language, replaces, texts, secrecy, self._versions(replaces), why
            )
            built = produce(document, heads)
            context.progress(90, tr("Keeping {number}", number=number))
            said: dict[str, Any] = {
                "number": number,
                "kind": kind,
                "period": period,
                "title": contract.title if contract else "",
                "replaces": replaces,
                "contract_id": contract.id if contract else "",
                "about": about,
                "secrecy": secrecy,
                "corrects": why,
            }
            if texts:
                said["texts"] = {one.section: one.entry for one in texts}
            if report := self._keep(said, heads, made_at, built, context):
                break  # else somebody took the number meanwhile
        if built.missing:
            codes = ", ".join(f"U+{ord(char):04X}" for char in built.missing)
            context.note(tr("No font has these characters, printed as 〓: {codes}.", codes=codes))
        return report, built

    def all(self, contract: Contract | None = None) -> tuple[Report, ...]:
        """Return the register, newest first: that of a contract and its renewals, or all of it."""
        with self._database.session() as session:
            scope = scope_of(session, contract) if contract else EVERYTHING
            rows = session.scalars(
                select(ReportRow).order_by(ReportRow.made_at.desc(), ReportRow.number.desc())
            )
            found = tuple(_view(row) for row in rows)
        return tuple(one for one in found if scope.has(one.contract_id))

    def newest(self, about: str, kind: Kind | None = None) -> Report | None:
        """Return the newest document about something (`Notice.key`, the id of a change), if any."""
        fit = (one for one in self.all() if one.about == about and kind in (None, one.kind))
        return next(fit, None)

    def version_before(self, key: TextKey) -> Report | None:
        """Return the version of a document that one made now would replace, if any.

        The form of a visit is numbered in the month it is made in: next month's is a first one.
        """
        month = f"{day_of(utc_now()):%Y-%m}"
        fit = (
            one
            for one in self.all()
            if (one.contract_id, one.kind, one.about or one.period)
            == (key.contract_id, key.kind, key.of)
            and (one.kind not in _ANEW or one.period == month)
        )
        return next(fit, None)

    def get(self, name: str) -> Report:
        """Return the report with this id or number."""
        with self._database.session() as session:
            wanted = (ReportRow.id == name) | (ReportRow.number == name)
            row = session.scalars(select(ReportRow).where(wanted)).first()
            if row is None:
                raise OpsError(
                    tr("There is no report “{name}”.", name=name),
                    hint=tr("The register lists all numbers."),
                )
            return _view(row)

    def _versions(self, number: str) -> tuple[Revision, ...]:
        """Return a document and all that it replaced, the oldest first."""
        known = {one.number: one for one in self.all()}
        found: list[Revision] = []
        while number in known:
            one = known[number]
            found.insert(0, Revision(one.number, one.made_at, one.corrects))
            number = one.replaces
        return tuple(found)

    def _next(
        self, kind: Kind, period: str, contract: Contract | None, about: str
    ) -> tuple[str, str]:
        """Return the number for a new document, and that of the version it replaces.

        A number never passes from one contract to another.  What is about one thing is counted in
        the month of its first version, whose number the later ones keep.
        """
        taken = {one.number: one for one in self.all()}
        identity, place = contract.id if contract else "", 0
        same = (
            one.number
            for one in taken.values()
            if about and kind not in _ANEW
            and (one.kind, one.about, one.contract_id) == (kind, about, identity)
        )  # fmt: skip
        first = _VERSION.sub("", next(same, ""))
        while not first:
            place += 1
            numbered = f"{_CODES[kind]}-{period}" + (f"-{place:02d}" if about else "")
            for code in _codes_of(contract):
                held = taken.get(f"{code}-{numbered}")
                if held is None or held.contract_id in ("", identity):
                    if held is None or held.about == about:
                        first = f"{code}-{numbered}"
                    break
        number, before, version = first, "", 1
        while number in taken:
            before, version = number, version + 1
            number = f"{first}-V{version}"
        return number, before

    def _keep(
        self,
        said: Mapping[str, Any],
        heads: tuple[ChainHead, ...],
        made_at: datetime,
        built: Built,
        context: Context,
    ) -> Report | None:
        """Write the file and record it, both or neither; None where the number is taken."""
        number = said["number"]
        path = self._folder() / f"{number}.pdf"
        identity = uuid7()
        fields = {
            **said,
            "path": path,
            "made_at": made_at,
            "pages": built.pages,
            "file_bytes": len(built.content),
            "file_digest": hashlib.sha256(built.content).hexdigest(),
            "data_digest": built.data_digest,
            "heads": [asdict(head) for head in heads],
            "signed": "unsigned",
        }
        with context.uncut(), self._database.session() as session, session.begin():
            if session.scalars(select(ReportRow.id).where(ReportRow.number == number)).first():
                return None
            self._journal.record(session, "report", identity, "report.made", fields)
            write(path, built.content, tr("No report was recorded."))
            row = session.get(ReportRow, identity)
            assert row is not None
            return _view(row)


def _codes_of(contract: Contract | None) -> Iterator[str]:
    """Yield what a contract's numbers may begin with: its letters; where another contract has the
    same, its whole number; at last what is its own in any case."""
    letters = re.match(r"[A-Z]{2,}", contract.number) if contract else None
    yield letters.group() if letters else _NO_CODE
    if contract is not None:
        if whole := re.sub(r"[^A-Z0-9]", "", contract.number):
            yield whole
        yield contract.id[-8:].upper()


def write(path: Path, content: bytes, unharmed: str) -> None:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_atomically(path, content)
    except OSError as error:
        raise OpsError(
            tr("The report could not be written to {path}: {why}.", path=path, why=error),
            hint=tr("Free some space, or choose a folder you may write to, then make it again."),
            unharmed=unharmed,
        ) from error


def _view(row: ReportRow) -> Report:
    assert row.made_at is not None
    return Report(
        id=row.id,
        number=row.number,
        kind=cast(Kind, row.kind),
        period=row.period,
        path=Path(row.path),
        made_at=row.made_at,
        pages=row.pages or 0,
        file_digest=row.file_digest,
        heads=heads_of(row.heads or []),
        signed=cast(Signed, row.signed),
        replaces=str(row.more.get("replaces", "")),
        contract_id=str(row.more.get("contract_id") or ""),
        about=str(row.more.get("about") or ""),
        corrects=str(row.more.get("corrects") or ""),
    )


def heads_of(values: list[Mapping[str, Any]]) -> tuple[ChainHead, ...]:
    return tuple(ChainHead(**value) for value in values)
