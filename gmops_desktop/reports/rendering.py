"""Pages as pictures, for preview and print.  The only importer of PDFium, which is not thread-safe:
every call holds one lock."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr

_lock = threading.Lock()


def page_count(path: Path) -> int:
    """Return the number of pages of the document at `path`."""
    with _opened(path) as document:
        return len(document)


def picture(path: Path, page: int, width_px: int) -> bytes:
    """Return page `page` (from 0) as a PNG `width_px` wide, seals and filled fields included."""
    with _opened(path) as document:
        if not 0 <= page < len(document):
            raise OpsError(
                tr("{path} has no page {page}.", path=path, page=page + 1),
                hint=tr("It has {count} pages.", count=len(document)),
            )
        opened = document[page]
        try:
            scale = width_px / opened.get_width()
            return _png(opened, scale)
        finally:
            opened.close()


def text(path: Path) -> str:
    """Return all text of the document, page after page."""
    with _opened(path) as document:
        found = []
        for number in range(len(document)):
            page = document[number]
            words = page.get_textpage()
            found.append(words.get_text_bounded())
            words.close()
            page.close()
        return "\n".join(found)


class NoPages(Exception):
    """PDFium cannot show the document; says why."""


def pages_in(content: bytes) -> int:
    """Return the number of pages of the document `content`; raise `NoPages` if it is none."""
    with _read(content) as document:
        return len(document)


def page_with(content: bytes, words: str) -> int | None:
    """Return the page (from 0) of the document `content` on which `words` stand, whatever blanks
    and line ends lie between; the last one of several, None if there is none."""
    wanted = "".join(words.split())
    if not wanted:
        return None
    with _read(content) as document:
        for number in reversed(range(len(document))):
            page = document[number]
            said = page.get_textpage()
            there = "".join(said.get_text_bounded().split())
            said.close()
            page.close()
            if wanted in there:
                return number
    return None


def page_within(content: bytes, page: int, width_px: int, height_px: int) -> bytes:
    """Return page `page` (from 0) of the document `content` as a PNG that fits into
    `width_px` x `height_px`, however large the page says it is; raise `NoPages` if it cannot be."""
    with _read(content) as document:
        if not 0 <= page < len(document):
            raise NoPages(tr("it has {count} pages", count=len(document)))
        opened = document[page]
        try:
            width, height = opened.get_size()
            if min(width, height) <= 0:
                raise NoPages(tr("its page has no size"))
            return _png(opened, min(width_px / width, height_px / height))
        finally:
            opened.close()


def _png(page: Any, scale: float) -> bytes:
    bitmap = page.render(scale=scale, may_draw_forms=True)
    file = BytesIO()
    bitmap.to_pil().save(file, "PNG")
    bitmap.close()
    return file.getvalue()


@contextmanager
def _read(content: bytes) -> Iterator[Any]:
    import pypdfium2  # type: ignore[import-untyped]  # it ships no type information

    with _lock:
        try:
            document = pypdfium2.PdfDocument(content)
        except pypdfium2.PdfiumError as error:
            raise NoPages(str(error)) from error
        try:
            document.init_forms()
            yield document
        except pypdfium2.PdfiumError as error:
            raise NoPages(str(error)) from error
        finally:
            document.close()


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    # Late: every command that takes a backup would wait for it.
    import pypdfium2

    with _lock:
        try:
            # Read first: a file that PDFium holds open cannot be replaced on Windows.
            document = pypdfium2.PdfDocument(path.read_bytes())
        except (OSError, pypdfium2.PdfiumError) as error:
            raise OpsError(
                tr("{path} cannot be shown: {why}.", path=path, why=error),
                hint=tr("Make the report again; the register keeps the old number."),
            ) from error
        try:
            document.init_forms()
            yield document
        finally:
            document.close()
