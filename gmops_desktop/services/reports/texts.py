"""People's own words for the sections of documents, and the templates they begin with."""

from __future__ import annotations

from collections.abc import Callable

from db.engine import Database
from db.ids import uuid7
from db.journal import Journal
from gmops_desktop.contract.report_texts import (
    LONGEST,
    SECTIONS,
    OwnText,
    TextKey,
    TextTemplate,
    check_section,
    templates_of,
    text_of,
    tidied,
)
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr
from gmops_desktop.services.reports.register import Kind
from gmops_desktop.services.reports.unsaved import Typed, Unsaved

_KIND, _TEMPLATE = "report_text", "report_template"  # of the journal


class Texts:
    """Reads and records them.  `find` tells which document "the monthly report of 2018-04" is:
    that of the current contract, or of the ticket with that number."""

    def __init__(
        self,
        database: Database,
        journal: Journal,
        find: Callable[[Kind, str], TextKey],
        unsaved: Unsaved,
    ) -> None:
        self._database, self._journal, self._find = database, journal, find
        self._unsaved = unsaved
        self._back: list[Typed] = []

    @property
    def writer(self) -> str:
        """Who writes here now."""
        return self._journal.actor()

    def key(self, kind: Kind, of: str) -> TextKey:
        """Return which document is meant; raise `OpsError` where there is no such thing."""
        return self._find(kind, of)

    def of(self, key: TextKey) -> tuple[OwnText, ...]:
        """Return what stands in the sections of a document, in the order of the page; what a
        program that died had not recorded yet is recorded first."""
        self._unsaved.rescue(self._bring_back)
        sections = tuple(SECTIONS.get(key.kind, {}))
        subjects = {key.subject(section): section for section in sections}
        entries = self._journal.entries_of(_KIND, tuple(subjects))
        found = (text_of(section, entries[subject]) for subject, section in subjects.items())
        return tuple(one for one in found if one is not None)

    def write(self, key: TextKey, section: str, text: str) -> OwnText | None:
        """Keep a text for a section ("" empties it); return how it stands now.

        What is there already is not recorded again, unless another machine wrote otherwise.
        """
        check_section(key.kind, section)
        text, subject = tidied(text), key.subject(section)
        before = text_of(section, self._journal.entries(_KIND, subject))
        if before is not None and before.text == text and not before.other:
            self._unsaved.drop(key, section)
            return before
        if before is None and not text:
            self._unsaved.drop(key, section)
            return None
        fields = {
            "contract_id": key.contract_id,
            "kind": key.kind,
            "of": key.of,
            "section": section,
            "text": text,
        }
        with self._database.session() as session, session.begin():
            self._journal.record(session, _KIND, subject, "report_text.written", fields)
            written = text_of(section, self._journal.entries_in(session, _KIND, subject))
        self._unsaved.drop(key, section)
        return written

    # ------------------------------------------------------------ what is being typed

    def type(self, key: TextKey, section: str, text: str, base: str) -> None:
        """Keep what is being typed where it outlives the program; `base` is the hash of the entry
        it began with.  Raises `OpsError` where it cannot be written."""
        self._unsaved.keep(Typed(key, section, text, base))

    def typed(self, key: TextKey, section: str) -> str | None:
        """Return what is kept beside the record of a section: what is too long for it."""
        return self._unsaved.typed(key, section)

    def brought_back(self) -> tuple[Typed, ...]:
        """Return, once, what programs that died had not recorded, and is recorded now."""
        found, self._back = tuple(self._back), []
        return found

    def _bring_back(self, typed: Typed) -> None:
        """Record what was being typed; below what somebody wrote meanwhile, where somebody did."""
        subject = typed.key.subject(typed.section)
        now = text_of(typed.section, self._journal.entries(_KIND, subject))
        text, kept = typed.text, now.text if now is not None else ""
        if kept and now is not None and now.entry != typed.base:  # written since
            text = kept if text in kept else f"{kept}\n\n{text}"
        if text == kept:
            return
        if len(text) > LONGEST:  # it waits in the editor until somebody shortens it
            entry = now.entry if now is not None else ""
            self._unsaved.keep(Typed(typed.key, typed.section, text, entry))
        else:
            self.write(typed.key, typed.section, text)
        self._back.append(typed)

    # ------------------------------------------------------------ templates

    def templates(self, kind: str = "", section: str = "") -> tuple[TextTemplate, ...]:
        """Return the templates, by name: all, those of a kind, or of a section of it."""
        return tuple(
            one
            for one in templates_of(self._journal.entries(_TEMPLATE))
            if kind in ("", one.kind) and section in ("", one.section)
        )

    def keep_template(self, kind: str, section: str, name: str, text: str) -> TextTemplate:
        """Keep a template; the same name for the same section replaces what it was."""
        check_section(kind, section)
        text, name = tidied(text), " ".join(name.split())[:80]
        if not name or not text:
            raise OpsError(
                tr("A template needs a name and a text."),
                hint=tr("Write the text first, then keep it under a name."),
            )
        there = (one for one in self.templates(kind, section) if one.name == name)
        before = next(there, None)
        if before is not None and before.text == text:
            return before
        kept = TextTemplate(before.id if before else uuid7(), kind, section, name, text)
        fields = {"kind": kind, "section": section, "name": name, "text": text, "gone": False}
        with self._database.session() as session, session.begin():
            self._journal.record(session, _TEMPLATE, kept.id, "report_template.kept", fields)
        return kept

    def edit_template(self, identity: str, name: str, text: str) -> None:
        """Give a template another name or text."""
        name, text = " ".join(name.split())[:80], tidied(text)
        if not name or not text:
            raise OpsError(
                tr("A template needs a name and a text."),
                hint=tr("Write the text first, then keep it under a name."),
            )
        with self._database.session() as session, session.begin():
            fields = {"name": name, "text": text}
            self._journal.record(session, _TEMPLATE, identity, "report_template.edited", fields)

    def drop_template(self, identity: str) -> None:
        """Offer a template no more; documents made with its words keep them."""
        if not any(one.id == identity for one in self.templates()):
            raise OpsError(tr("There is no such template."), hint=tr("Look at the list again."))
        with self._database.session() as session, session.begin():
            fields = {"gone": True}
            self._journal.record(session, _TEMPLATE, identity, "report_template.dropped", fields)
