"""What a manifest may say where its words become parts of SQL.

Bounds, character sets and counts go into questions to a server as they stand, in a preview before
anybody has agreed to anything.  The digests of an archive prove that it is as its writer left it,
not who that was: so nothing passes here that could be more than a value.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from gmops_desktop.archive.manifest import ColumnRecord, Manifest, SegmentRecord, TableRecord

FORMS: Final = frozenset(
    {"number", "float", "bits", "bytes", "text", "json", "enum", "set", "time", "other"}
)
_BOUND: Final = re.compile(
    r"""NULL|-?[0-9]+(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?
      | (?:_[a-z0-9]+[ ])?(?:''|0x[0-9A-Fa-f]+)
      | '(?:[^'\\]|\\.)*'""",  # as QUOTE writes it
    re.VERBOSE | re.DOTALL,
)
_WORD: Final = re.compile(r"\w*", re.ASCII)  # the name of a character set or a collation


def is_ours(manifest: Manifest) -> bool:
    """Say whether every word that goes into SQL is of a kind that this program writes."""
    source = manifest.source
    return (
        _are_words((source.charset, source.collation))
        and _are_counts((source.lower_case_names,))
        and all(map(_is_table, manifest.tables))
        and all(_are_counts((thing.frame,)) for thing in manifest.objects)
    )


def _is_table(table: TableRecord) -> bool:
    return (
        _are_counts((table.frame, table.buckets))
        and all(map(_is_column, (*table.columns, *table.key)))
        and all(_is_segment(segment, len(table.key)) for segment in table.segments)
    )


def _is_column(column: ColumnRecord) -> bool:
    return column.form in FORMS and _are_words((column.charset,))


def _is_segment(segment: SegmentRecord, width: int) -> bool:
    counts = (segment.rows, segment.text_bytes, segment.frame, segment.frames, segment.bucket or 0)
    return (
        _are_counts(counts) and _is_bound(segment.after, width) and _is_bound(segment.upto, width)
    )


def _is_bound(bound: tuple[str, ...] | None, width: int) -> bool:
    return bound is None or (
        isinstance(bound, tuple)
        and len(bound) == width
        and all(isinstance(word, str) and _BOUND.fullmatch(word) for word in bound)
    )


def _are_words(words: Iterable[object]) -> bool:
    return all(isinstance(word, str) and _WORD.fullmatch(word) for word in words)


def _are_counts(numbers: Iterable[object]) -> bool:
    return all(type(number) is int and number >= 0 for number in numbers)
