"""A server's shell through Tencent Cloud's agent (TAT 2020-10-28), where SSH is not wanted.

The cloud keeps 24 KB of what a command prints: the answer comes compressed, and one that was cut
is not taken for whole.
"""

from __future__ import annotations

import base64
import binascii
import gzip
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
# The script is the shell's standard input, so nothing is left on the server.  Its errors would
# stand amid the packed answer.
_WRAPPED: Final = """#!/bin/sh
sh 2>/dev/null <<'{word}' | gzip -9 | base64
{script}
{word}
"""


def command(script: str, instances: Sequence[str], deadline: float) -> dict[str, Any]:
    """Return the fields of RunCommand for a script that is to end within `deadline` seconds, what
    the cloud itself takes included."""
    seconds = max(1, int(deadline - min(_LATE, deadline / 2)))
    wrapped = _WRAPPED.format(word=f"GMOPS-{secrets.token_hex(8)}", script=script)
    return {
        "Content": base64.b64encode(wrapped.encode()).decode(),
        "InstanceIds": list(instances),
        "CommandName": "gmops-look",
        "CommandType": "SHELL",
        "Timeout": seconds,
        "SaveCommand": False,
    }


def result(task: Mapping[str, Any], name: str) -> tuple[int, bytes] | None:
    """Return what the command on the instance `name` ended with, None while it has not; raises
    `OpsError` where it did not run to its end, or its answer is not whole."""
    status = str(task.get("TaskStatus"))
    if status in _ENDED:
        return _output(task.get("TaskResult") or {}, name)
    if status in WAITING:
        return None
    raise failed(status, str(task.get("ErrorInfo") or ""), name)


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


def _output(found: Mapping[str, Any], name: str) -> tuple[int, bytes]:
    if dropped := int(found.get("Dropped") or 0):
        raise OpsError(
            tr("The cloud cut {count} bytes off the answer of {name}.", count=dropped, name=name),
            hint=tr("Look at this server over SSH: its answer is too long for the agent."),
        )
    try:
        printed = base64.b64decode(str(found.get("Output") or ""), validate=True)
        packed = base64.b64decode(printed)
        if not packed:
            raise EOFError
        output = gzip.decompress(packed)
    except (binascii.Error, OSError, EOFError, zlib.error) as error:
        raise OpsError(
            tr("The answer of {name} through the cloud's agent is damaged.", name=name),
            hint=tr("The server needs gzip and base64 for it."),
        ) from error
    return int(found.get("ExitCode") or 0), output


class TatShell:
    """Runs scripts on one instance; an `adapters.sections.Shell`."""

    def __init__(self, cloud: Tencent, instance: str) -> None:
        self._cloud, self._instance = cloud, instance

    def run(self, script: str, context: Context, *, deadline: float) -> tuple[int, bytes]:
        """Return the exit code and what the script printed, within `deadline` seconds.

        Raises `CloudRefused`, or `OpsError` where the command did not run to its end.  After a
        cancellation the command still ends by its own limit.
        """
        until = time.monotonic() + deadline
        fields = command(script, [self._instance], deadline)
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
            tasks = answer.get("InvocationTaskSet") or [{"TaskStatus": "PENDING"}]
            ended = result(tasks[0], self._instance)
            if ended is not None:
                return ended
            if time.monotonic() >= until:
                raise late(str(tasks[0].get("TaskStatus")), self._instance)
