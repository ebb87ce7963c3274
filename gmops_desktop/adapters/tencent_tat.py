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
from collections.abc import Mapping
from typing import Any, Final

from gmops_desktop.adapters.tencent import Tencent
from gmops_desktop.context import Context
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr

_TAT: Final = ("tat", "2020-10-28")
_WAITING: Final = frozenset(("PENDING", "DELIVERING", "DELIVER_DELAYED", "RUNNING", "CANCELLING"))
_ENDED: Final = frozenset(("SUCCESS", "FAILED"))  # it ran to its end, whatever that was
_PAUSES: Final = (0.3, 0.5, 1.0)  # seconds before each further question, the last one for ever
_LATE: Final = 20.0  # seconds the cloud may take beside the command itself
# The script is the shell's standard input, so nothing is left on the server.  Its errors would
# stand amid the packed answer.
_WRAPPED: Final = """#!/bin/sh
sh 2>/dev/null <<'{word}' | gzip -9 | base64
{script}
{word}
"""


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
        seconds = max(1, int(deadline - min(_LATE, deadline / 2)))
        wrapped = _WRAPPED.format(word=f"GMOPS-{secrets.token_hex(8)}", script=script)
        begun = self._cloud.call(
            *_TAT, "RunCommand",
            {
                "Content": base64.b64encode(wrapped.encode()).decode(),
                "InstanceIds": [self._instance],
                "CommandName": "gmops-look",
                "CommandType": "SHELL",
                "Timeout": seconds,
                "SaveCommand": False,
            },
            context,
        )  # fmt: skip
        task = self._ended(str(begun["InvocationId"]), until, context)
        return self._output(task.get("TaskResult") or {})

    def _ended(self, invocation: str, until: float, context: Context) -> Mapping[str, Any]:
        """Wait for the command's end; return its task."""
        fields = {
            "Filters": [{"Name": "invocation-id", "Values": [invocation]}],
            "HideOutput": False,  # it is hidden else
            "Limit": 1,
        }
        pauses = list(_PAUSES)
        while True:
            context.wait(pauses.pop(0) if len(pauses) > 1 else pauses[0])
            answer = self._cloud.call(*_TAT, "DescribeInvocationTasks", fields, context)
            tasks = answer.get("InvocationTaskSet") or [{"TaskStatus": "PENDING"}]
            status = str(tasks[0].get("TaskStatus"))
            if status in _ENDED:
                found: Mapping[str, Any] = tasks[0]
                return found
            if status not in _WAITING:
                raise self._failed(status, str(tasks[0].get("ErrorInfo") or ""))
            if time.monotonic() >= until:
                raise self._failed(status, tr("it took too long"))

    def _failed(self, status: str, why: str) -> OpsError:
        told = f"{status}{tr(': ')}{why}" if why else status
        return OpsError(
            tr("The cloud's agent on {name} did not run the command ({why}).",
               name=self._instance, why=told),
            hint=tr("Look at the server's agent in the console (TAT), and whether it is busy."),
        )  # fmt: skip

    def _output(self, result: Mapping[str, Any]) -> tuple[int, bytes]:
        if dropped := int(result.get("Dropped") or 0):
            raise OpsError(
                tr("The cloud cut {count} bytes off the answer of {name}.", count=dropped,
                   name=self._instance),
                hint=tr("Look at this server over SSH: its answer is too long for the agent."),
            )  # fmt: skip
        try:
            printed = base64.b64decode(str(result.get("Output") or ""), validate=True)
            packed = base64.b64decode(printed)
            if not packed:
                raise EOFError
            output = gzip.decompress(packed)
        except (binascii.Error, OSError, EOFError, zlib.error) as error:
            raise OpsError(
                tr("The answer of {name} through the cloud's agent is damaged.",
                   name=self._instance),
                hint=tr("The server needs gzip and base64 for it."),
            ) from error  # fmt: skip
        return int(result.get("ExitCode") or 0), output
