"""The stock tools that an engineer would use instead of us, run the way the manuals say."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr


@contextmanager
def client_options(port: int, user: str, password: str) -> Iterator[str]:
    """Give the option that lets a stock client log in: its password stands in no process list."""
    with TemporaryDirectory(prefix="gmops-client-") as folder:
        file = Path(folder) / "client.cnf"
        lines = ["[client]", "host=127.0.0.1", "protocol=tcp", f"port={port}", f"user={user}"]
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as text:
            text.write("\n".join([*lines, f"password={password}", ""]))
        yield f"--defaults-extra-file={file}"


def dump(options: str, schema: str, file: Path) -> None:
    """`mariadb-dump | zstd -3` of everything that a backup of ours holds."""
    objects = ["--routines", "--events", "--triggers", "--hex-blob"]
    words = ["mariadb-dump", options, "--single-transaction", "--quick", *objects, schema]
    _pipe(words, ["zstd", "-q", "-3", "-f", "-o", str(file)])


def load(options: str, schema: str, file: Path) -> None:
    """`zstd -dc | mariadb`, which loads a dump and an archive of ours alike."""
    _pipe(["zstd", "-dcq", str(file)], ["mariadb", options, schema])


def ask(options: str, sql: str, schema: str = "") -> list[list[str]]:
    """Return the rows that the stock client prints for `sql`, fields split at tabs."""
    words = [_tool("mariadb"), options, "--batch", "--skip-column-names"]
    ran = subprocess.run(
        [*words, schema] if schema else words, input=sql.encode(), capture_output=True, check=False
    )
    if ran.returncode:
        raise OpsError(
            tr("mariadb refused: {why}", why=ran.stderr.decode(errors="replace").strip())
        )
    return [line.split("\t") for line in ran.stdout.decode().splitlines()]


def checksums(options: str, schema: str) -> dict[str, str]:
    """Return `CHECKSUM TABLE` of every table of a schema, by the table's name."""
    tables = ask(options, "SHOW FULL TABLES WHERE Table_type = 'BASE TABLE'", schema)
    names = ", ".join("`" + name.replace("`", "``") + "`" for name, *_ in tables)
    if not names:
        return {}
    rows = ask(options, f"CHECKSUM TABLE {names}", schema)
    return {name.partition(".")[2]: value for name, value in rows}


def _pipe(first: Sequence[str], second: Sequence[str]) -> None:
    with subprocess.Popen([_tool(first[0]), *first[1:]], stdout=subprocess.PIPE) as source:
        try:
            ran = subprocess.run([_tool(second[0]), *second[1:]], stdin=source.stdout, check=False)
        finally:
            if source.stdout:
                source.stdout.close()
    for words, code in ((first, source.returncode), (second, ran.returncode)):
        if code:
            raise OpsError(tr("{tool} ended with exit code {code}.", tool=words[0], code=code))


def _tool(name: str) -> str:
    if (found := shutil.which(name)) is None:
        raise OpsError(
            tr("{tool} is not installed.", tool=name),
            hint=tr("python3 dev.py setup installs what the sandbox needs."),
        )
    return found
