"""A directory on a server: looked at, read and replaced with nothing but its own stock tools.

`sh`, `find`, `stat`, `sha256sum`, `xargs`, `tar`, `dd`, `head`, `cp`: GNU's or busybox's; `getfacl`
and `getfattr` where they are there, to tell what is not kept.  Names travel in lists divided by NUL
on standard input, never in our command line.
"""

from gmops_desktop.adapters.site_tree.looking import Look, NoFolder, look, not_kept
from gmops_desktop.adapters.site_tree.reading import block_digests, blocks, digests, files
from gmops_desktop.adapters.site_tree.replacing import (
    Beside,
    Left,
    Replacing,
    interrupted,
    kept_beside,
)

__all__ = [
    "Beside",
    "Left",
    "Look",
    "NoFolder",
    "Replacing",
    "block_digests",
    "blocks",
    "digests",
    "files",
    "interrupted",
    "kept_beside",
    "look",
    "not_kept",
]
