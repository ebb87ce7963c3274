"""A server's shell through Tencent Cloud's agent (TAT 2020-10-28), where SSH is not wanted.

The cloud takes 64 KB of a command and keeps 24 KB of what it prints, both as base64: script and
answer travel packed.  An answer that is longer still waits in a file of the server's and is fetched
in pieces; one that was cut is never taken for whole.
"""

from __future__ import annotations

import base64
import gzip
import re
import secrets
import time
import zlib
from collections.abc import Mapping, Sequence
from typing import Any, Final

from gmops_desktop.adapters.tencent import Tencent
from gmops_desktop.context import Context
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr

TAT: Final = ("tat", "2020-10-28")
WAITING: Final = frozenset(("PENDING", "DELIVERING", "DELIVER_DELAYED", "RUNNING", "CANCELLING"))
_ENDED: Final = frozenset(("SUCCESS", "FAILED"))  # it ran to its end, whatever that was
PAUSES: Final = (0.3, 0.5, 1.0)  # seconds before each further question, the last one for ever
_LATE: Final = 20.0  # seconds the cloud may take beside the command itself
_LONGEST: Final = 64 * 1024  # of a command, as base64
_AT_ONCE: Final = 18_000  # bytes printed by one command: 24,000 as base64
_PIECE: Final = 60.0  # seconds for each further piece of an answer
_STATUS: Final = b"\nGMOPS-STATUS "  # the last line of every answer
# The script is the shell's standard input.  Its errors would stand amid the packed answer.  What is
# too long for one answer waits in a file that its last piece removes, or else a later answer.
_WRAPPED: Final = """#!/bin/sh
answer=$({{ base64 -d <<'{word}' | gzip -dc | sh 2>/dev/null
{script}
{word}
printf '\\nGMOPS-STATUS %s' $?; }} | gzip -9c | base64)
length=${{#answer}}
[ $length -gt {most} ] || {{ printf '%s\\n' "$answer"; exit 0; }}
umask 077
find /var/tmp -maxdepth 1 -type f -name 'gmops-answer-*' -mmin +60 -exec rm -f {{}} + 2>/dev/null
{{ file=$(mktemp /var/tmp/gmops-answer-XXXXXXXX) && printf '%s' "$answer" >"$file" &&
  echo "MORE $length $file" || {{ rm -f "$file"; echo FULL; }}; }} 2>/dev/null
"""
_MORE: Final = re.compile(rb"MORE (\d+) (/var/tmp/gmops-answer-\w+)\s*")


class _TooLong(OpsError):
    """The answer waits in a file of the server's: `length` bytes, packed."""

    def __init__(self, name: str, length: int, file: str) -> None:
        super().__init__(
            tr("The answer of {name} is too long for the cloud's agent.", name=name),
            hint=tr("Look at this server over SSH: its answer is too long for the agent."),
        )
        self.length, self.file = length, file


def command(script: str, instances: Sequence[str], deadline: float) -> dict[str, Any]:
    """Return the fields of RunCommand for a script that is to end within `deadline` seconds, what
    the cloud itself takes included.  Raises `OpsError` for one that the cloud would not take."""
    packed = base64.encodebytes(gzip.compress(script.encode())).decode().strip()
    word = f"GMOPS-{secrets.token_hex(8)}"
    return _fields(_WRAPPED.format(word=word, script=packed, most=_AT_ONCE), instances, deadline)


def result(task: Mapping[str, Any], name: str) -> tuple[int, bytes] | None:
    """Return what the command on the instance `name` ended with, None while it has not; raises
    `OpsError` where it did not run to its end, or its answer is not whole."""
    said = _printed(task, name)
    if said is None:
        return None
    if more := _MORE.fullmatch(said):
        raise _TooLong(name, int(more[1]), more[2].decode())
    if said.strip() == b"FULL":
        raise OpsError(
            tr("{name} has no room for its answer: nothing can be written to /var/tmp there.",
               name=name),
            hint=tr("Free some space there, then try again."),
        )  # fmt: skip
    return _unpacked(said, name)


def failed(status: str, why: str, name: str) -> OpsError:
    """Return the finished sentence for a command that did not run."""
    told = f"{status}{tr(': ')}{why}" if why else status
    return OpsError(
        tr("The cloud's agent on {name} did not run the command ({why}).", name=name, why=told),
        hint=tr("Look at the server's agent in the console (TAT), and whether it is busy."),
    )


def late(status: str, name: str) -> OpsError:
    """Return it for one that still runs when its time is over."""
    return failed(status, tr("it took too long"), name)


def _fields(content: str, instances: Sequence[str], deadline: float) -> dict[str, Any]:
    encoded = base64.b64encode(content.encode()).decode()
    if len(encoded) > _LONGEST:
        raise OpsError(
            tr("This is too long a command for the cloud's agent on {name}.",
               name=", ".join(instances)),
            hint=tr("Enter the server with its SSH address, or do it in smaller parts."),
            unharmed=tr("Nothing was sent."),
        )  # fmt: skip
    return {
        "Content": encoded,
        "InstanceIds": list(instances),
        "CommandName": "gmops-look",
        "CommandType": "SHELL",
        "Timeout": max(1, int(deadline - min(_LATE, deadline / 2))),
        "SaveCommand": False,
    }


def _printed(task: Mapping[str, Any], name: str) -> bytes | None:
    """Return all that an ended command printed; None while it has not ended."""
    status = str(task.get("TaskStatus"))
    if status in WAITING:
        return None
    if status not in _ENDED:
        raise failed(status, str(task.get("ErrorInfo") or ""), name)
    found = task.get("TaskResult") or {}
    if dropped := int(found.get("Dropped") or 0):
        raise OpsError(
            tr("The cloud cut {count} bytes off the answer of {name}.", count=dropped, name=name),
            hint=tr("Look at this server over SSH: its answer is too long for the agent."),
        )
    try:
        return base64.b64decode(str(found.get("Output") or ""), validate=True)
    except ValueError as error:
        raise _damaged(name) from error


def _unpacked(packed: bytes, name: str) -> tuple[int, bytes]:
    """Return exit code and output of the script from a packed answer."""
    try:
        output, _, status = gzip.decompress(base64.b64decode(packed)).rpartition(_STATUS)
        return int(status), output
    except (OSError, EOFError, zlib.error, ValueError) as error:
        raise _damaged(name) from error


def _damaged(name: str) -> OpsError:
    return OpsError(
        tr("The answer of {name} through the cloud's agent is damaged.", name=name),
        hint=tr("The server needs gzip and base64 for it."),
    )


class TatShell:
    """Runs scripts on one instance; an `adapters.sections.Shell`."""

    def __init__(self, cloud: Tencent, instance: str) -> None:
        self._cloud, self._instance = cloud, instance

    def run(self, script: str, context: Context, *, deadline: float) -> tuple[int, bytes]:
        """Return the exit code and what the script printed, within `deadline` seconds.

        Raises `CloudRefused`, or `OpsError` where the command did not run to its end.  After a
        cancellation the command still ends by its own limit.
        """
        name = self._instance
        task = self._ended(command(script, [name], deadline), context, deadline)
        try:
            ended = result(task, name)
        except _TooLong as waits:
            ended = _unpacked(self._fetched(waits, context), name)
        assert ended is not None
        return ended

    def _ended(self, fields: dict[str, Any], context: Context, deadline: float) -> dict[str, Any]:
        """Let the agent run a command, and wait for its end; return its task."""
        until = time.monotonic() + deadline
        begun = self._cloud.call(*TAT, "RunCommand", fields, context)
        asked = {
            "Filters": [{"Name": "invocation-id", "Values": [str(begun["InvocationId"])]}],
            "HideOutput": False,  # it is hidden else
            "Limit": 1,
        }
        pauses = list(PAUSES)
        while True:
            context.wait(pauses.pop(0) if len(pauses) > 1 else pauses[0])
            answer = self._cloud.call(*TAT, "DescribeInvocationTasks", asked, context)
            task: dict[str, Any] = (answer.get("InvocationTaskSet") or [{"TaskStatus": "PENDING"}])[
                0
            ]
            if str(task.get("TaskStatus")) not in WAITING:
                return task
            if time.monotonic() >= until:
                raise late(str(task.get("TaskStatus")), self._instance)

    def _fetched(self, waits: _TooLong, context: Context) -> bytes:
        """Return the answer that waits in a file there, which the last piece removes."""
        answer = b""
        while len(answer) < waits.length:
            ask = f"tail -c +{len(answer) + 1} {waits.file} | head -c {_AT_ONCE}"
            if waits.length - len(answer) <= _AT_ONCE:
                ask += f"; rm -f {waits.file}"
            task = self._ended(_fields(ask, [self._instance], _PIECE), context, _PIECE)
            piece = _printed(task, self._instance)
            if not piece:
                raise _damaged(self._instance)
            answer += piece
        return answer
