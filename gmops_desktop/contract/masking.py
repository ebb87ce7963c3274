"""Finds what must not be seen in a file of configuration: passwords, tokens, private keys.

What looks like a secret counts as one: a value too many behind dots hurts nobody.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

MASK: Final = "●●●"
_MARK: Final = "⟦secret {number}⟧"

_NAMES: Final = (
    r"[\w.-]*(?:pass(?:word|wd|phrase)?|pwd|secret|token|credential|api[_-]?key|access[_-]?key"
    r"|private[_-]?key|app[_-]?key|auth[_-]?key|salt|密码|口令|密钥)[\w-]*"
)
_VALUE: Final = r"(\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|[^\s,;&\"'<>)]+)"
# The last group of each is the secret.
_PATTERNS: Final = (
    # name = value, name: value, "name" => "value", define('NAME', 'value')
    re.compile(rf"(?i)(?<![\w/.-])[\"'$@]?{_NAMES}[\"']?\s*(?:=>|[:=,])\s*{_VALUE}"),
    # name value; as nginx, Apache and redis write it
    re.compile(rf"(?i)(?:^|(?<=[\s$@])){_NAMES}\s+(?!=)(?!on\b|off\b|yes\b|no\b|/){_VALUE}"),
    re.compile(r"://[^\s/:@]+:([^\s@]+)(?=@)"),
    re.compile(r"(?i)\bIDENTIFIED\s+BY\s+('(?:[^'\\]|\\.)*')"),
    re.compile(r"(?i)\bAuthorization[\"']?\s*[:=]?\s+[\"']?(?:Bearer|Basic)\s+([^\s\"';]+)"),
)
_KEY_BEGINS: Final = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----")
_KEY_ENDS: Final = re.compile(r"-----END [A-Z ]*PRIVATE KEY-----")
_COMMENT: Final = re.compile(r"\s*(?:#|//|;)\s")


Span = tuple[int, int]


def spans_of(lines: Iterable[str]) -> list[list[Span]]:
    """Return for each line of a whole file where its secrets begin and end."""
    found: list[list[Span]] = []
    inside = False
    for line in lines:
        begins = bool(_KEY_BEGINS.search(line))
        inside = (inside or begins) and not _KEY_ENDS.search(line)
        bare = line.rstrip("\r\n")
        found.append([(0, len(bare))] if inside and not begins and bare else _spans(line))
    return found


def masked(line: str, spans: Sequence[Span]) -> str:
    """Return a line with its secrets behind dots."""
    for first, last in reversed(spans):
        line = line[:first] + MASK + line[last:]
    return line


def taken_out(
    lines: Iterable[tuple[str, Sequence[Span]]],
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return lines with marks for their secrets, and the secrets in the order of their marks."""
    found: list[str] = []
    kept: list[str] = []
    for line, spans in lines:
        for first, last in reversed(spans):
            # Numbered from the line's end; only that each has a number of its own counts.
            found.append(line[first:last])
            line = line[:first] + _MARK.format(number=len(found)) + line[last:]
        kept.append(line)
    return tuple(kept), tuple(found)


def put_back(lines: Iterable[str], secrets: Iterable[str]) -> tuple[str, ...]:
    """Return the lines that `taken_out` was given."""
    marks = {_MARK.format(number=number): one for number, one in enumerate(secrets, 1)}
    if not marks:
        return tuple(lines)
    pattern = re.compile("|".join(map(re.escape, marks)))
    return tuple(pattern.sub(lambda one: marks[one[0]], line) for line in lines)


def _spans(line: str) -> list[Span]:
    if _COMMENT.match(line) and "=" not in line:
        return []
    spans = sorted(
        found.span(found.re.groups) for pattern in _PATTERNS for found in pattern.finditer(line)
    )
    kept: list[Span] = []
    for first, last in spans:
        if kept and first < kept[-1][1]:
            kept[-1] = kept[-1][0], max(last, kept[-1][1])
        elif last > first:
            kept.append((first, last))
    return kept
