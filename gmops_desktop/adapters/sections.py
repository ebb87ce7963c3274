"""Several commands in one exec: each with its own markers, exit code and time limit.

A script calls `s KEY 'COMMAND' [SECONDS]` for each part and goes to `sh` on standard input, so
nothing is left on the server.  The markers hold a random word no command can print by chance.  One
dead file system or missing tool costs one section, which then says why.  `d KEY COMMAND WORDS...`
runs a command as it stands, without a limit: for files of the kernel, which answer at once (two
processes less than `s`).
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from gmops_desktop.context import Context
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr

_TIMED_OUT: Final = (124, 137)  # coreutils' timeout, and one that had to kill

_FRAME: Final = r"""N=%s
LC_ALL=C; export LC_ALL; PATH=/usr/sbin:/usr/bin:/sbin:/bin; export PATH
if timeout 5 true >/dev/null 2>&1; then T=timeout; else T=""; fi
s() {
  printf '\n%%s B %%s\n' "$N" "$1"
  ${T:+$T ${3:-5}} sh -c "$2" 2>&1 </dev/null
  printf '\n%%s E %%s %%s\n' "$N" "$1" $?
}
d() {
  k=$1; shift
  printf '\n%%s B %%s\n' "$N" "$k"
  "$@" 2>&1 </dev/null
  printf '\n%%s E %%s %%s\n' "$N" "$k" $?
}
%s
printf '\n%%s DONE\n' "$N"
"""


class Shell(Protocol):
    """What runs a script on the host: an `Ssh` connection."""

    def run(self, script: str, context: Context, *, deadline: float) -> tuple[int, bytes]: ...


class Unknown(Exception):
    """A section does not say what we want; the text is why, fit for "unknown, because ..."."""


@dataclass(frozen=True, slots=True)
class Section:
    """What one section printed, and the exit code of its command."""

    status: int
    text: str


def collect(
    shell: Shell, script: str, context: Context, *, deadline: float, encoding: str = "utf-8"
) -> dict[str, Section]:
    """Run the calls of `s` in `script` on the host; raises `OpsError` if the answer breaks off.

    With "latin-1" each character of a section is a byte, for who must count them.
    """
    nonce = secrets.token_hex(16)
    _, output = shell.run(framed(script, nonce), context, deadline=deadline)
    return split(output.decode(encoding, "replace"), nonce)


def framed(script: str, nonce: str) -> str:
    """Return the whole script, whose markers hold `nonce`."""
    return _FRAME % (nonce, script)


def split(output: str, nonce: str) -> dict[str, Section]:
    """Return the sections of a complete answer."""
    if not re.search(rf"^{nonce} DONE$", output, re.MULTILINE):
        raise OpsError(
            tr("The look at the server broke off before its end."),
            hint=tr("Check the account's login shell, and whether the server is out of memory."),
        )
    pattern = rf"^{nonce} B (\w+)\n(.*?)\n{nonce} E \1 (\d+)$"
    return {
        key: Section(int(status), text)
        for key, text, status in re.findall(pattern, output, re.MULTILINE | re.DOTALL)
    }


def text_of(sections: Mapping[str, Section], key: str, *, partly: bool = False) -> str:
    """Return what a section printed; raises `Unknown` where its command failed.

    `partly` takes the output of a command that failed after several lines.
    """
    section = sections.get(key)
    if section is None:
        raise Unknown(tr("the host did not answer this part"))
    if section.status in _TIMED_OUT:
        raise Unknown(tr("it took too long"))
    if section.status and not (partly and "\n" in section.text.strip()):
        faults = re.findall(r"^E: (.+)$", section.text, re.MULTILINE)  # apt's, amid much else
        said = faults or section.text.strip().splitlines()
        raise Unknown(said[0].strip() if said else tr("exit code {code}", code=section.status))
    return section.text
