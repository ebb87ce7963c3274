"""The stock client of MariaDB or MySQL, fed with SQL as `zstd -dc FILE | mysql --comments` does."""

from __future__ import annotations

import re
import secrets
import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path

from gmops_desktop.addresses import MysqlAddress
from gmops_desktop.context import Context
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr
from gmops_desktop.paths import write_atomically


class ClientFailed(OpsError):
    """The client gave up: `said` are the server's words, `code` its number (0: it named none)."""

    def __init__(self, client: Path, said: str) -> None:
        super().__init__(
            tr("{client} could not load the archive: {said}", client=client.name, said=said or "?")
        )
        found = re.search(r"ERROR (\d+)", said)
        self.said, self.code = said, int(found[1]) if found else 0


def load(
    client: Path,
    address: MysqlAddress,
    password: str,
    chunks: Iterable[bytes],
    folder: Path,
    context: Context,
) -> None:
    """Feed SQL to `client`, into the schema of an address that is reached directly.

    The password goes through a file in `folder`, removed afterwards.  Raises `ClientFailed`.
    """
    options = folder / f"client-{secrets.token_hex(4)}.cnf"
    lines = (
        "[client]",
        f"user={_quoted(address.user)}",
        f"password={_quoted(password)}",
        f"host={address.host}",
        f"port={address.port}",
        "protocol=tcp",
    )
    write_atomically(options, ("\n".join(lines) + "\n").encode())
    words = [str(client), f"--defaults-file={options}", "--comments", address.schema]
    try:
        with (
            tempfile.TemporaryFile(dir=folder) as complaints,
            subprocess.Popen(
                words, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=complaints
            ) as process,
            context.on_cancel(process.kill),
        ):
            try:
                _feed(process, chunks)
            except BaseException:
                process.kill()  # what was begun must not go on
                raise
            process.wait()
            context.check()
            if process.returncode:
                complaints.seek(0)
                said = complaints.read().decode(errors="replace").strip()
                raise ClientFailed(client, said[-600:])
    finally:
        options.unlink()


def _quoted(word: str) -> str:
    """Return a value as an option file takes it, whatever signs are in it."""
    inside = word.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{inside}"'


def _feed(process: subprocess.Popen[bytes], chunks: Iterable[bytes]) -> None:
    assert process.stdin is not None
    try:
        with process.stdin as pipe:
            for chunk in chunks:
                pipe.write(chunk)
    except BrokenPipeError:
        return  # the client gave up: its exit code and words say why
