"""The server and client of the sandbox's MySQL 9 as programs that a drill can start like any other:
its tree's own loader runs them outside the tree."""

from __future__ import annotations

from pathlib import Path

from gmops_desktop.adapters import local_programs
from gmops_desktop.adapters.local_programs import Program
from sandbox import mysql9

_PROGRAMS = {"mysqld": "usr/sbin/mysqld", "mysql": "usr/bin/mysql"}


def find(folder: Path) -> tuple[Program, ...]:
    """Put the programs into `folder`, and return what is found there."""
    tree = mysql9.built()
    (loader,) = tree.glob("usr/lib*/ld-linux*.so.*")
    libraries = ":".join(str(found) for found in sorted(tree.glob("usr/lib/*-linux-gnu")))
    messages = f"{tree}/usr/share/mysql"
    folder.mkdir()
    for name, path in _PROGRAMS.items():
        words = f'"$@" --character-sets-dir={messages}/charsets'
        if name == "mysqld":
            words += f" --lc-messages-dir={messages}"
        script = folder / name
        script.write_text(
            f"#!/bin/sh\nexec {loader} --library-path {libraries} {tree}/{path} {words}\n", "utf-8"
        )
        script.chmod(0o755)
    return local_programs.find([folder])
