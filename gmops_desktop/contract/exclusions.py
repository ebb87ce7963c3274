"""Which paths a backup of a directory leaves out.

A pattern without a slash is held against every name on the way (`*.log`); one with a slash
inside or in front against the whole path (`/data/old`).  A slash at the end means folders only.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from fnmatch import translate
from typing import Final

# What a site makes anew by itself; visitors' uploads are part of the site, and stay in.
USUAL: Final = (
    *("*.log", "log/", "logs/"),
    *("cache/", ".cache/", "tmp/", "temp/"),
    *("*.pid", "*.sock", "*.swp"),
)
UPLOADS: Final = ("upload/", "uploads/", "attachment/", "attachments/")

Rule = Callable[[str, bool], bool]


def excluded(patterns: Sequence[str]) -> Rule:
    """Return what says of a relative path, and whether it is a folder, that it is left out.

    It looks at the last name of the path only: what lies in a folder left out goes with it.
    """
    rules = [_rule(pattern) for pattern in patterns if pattern.strip("/ ")]

    def left_out(path: str, folder: bool) -> bool:
        name = path.rpartition("/")[2]
        return any(
            (folder or not folders) and matches.match(path if whole else name) is not None
            for matches, whole, folders in rules
        )

    return left_out


def _rule(pattern: str) -> tuple[re.Pattern[str], bool, bool]:
    pattern = pattern.strip()
    folders = pattern.endswith("/")
    bare = pattern.strip("/")
    whole = "/" in pattern.rstrip("/")
    return re.compile(translate(bare)), whole, folders
