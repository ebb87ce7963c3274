"""The stand-in's agent: it really runs what it is sent, on this very machine, as the sandbox's sshd
does, and keeps as little of the output as the real one.

Field names are Tencent's; every answer is checked against the SDK's models before it is sent.
"""

from __future__ import annotations

import base64
import itertools
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from sandbox.tencent_backups import Behaviour, Json, Refused

_MOST: Final = 24 * 1024  # bytes that are kept
_LONGEST: Final = 64 * 1024  # of a command, as base64
_INSTANCE: Final = "ins-sandbox1"


@dataclass(slots=True)
class _Running:
    process: subprocess.Popen[bytes]
    seconds: int
    looks: int = 0


class Agent:
    """Runs commands on the account's first server.  The account calls it under its lock."""

    def __init__(self, behaviour: Callable[[], Behaviour]) -> None:
        self._behaviour = behaviour
        self._numbers = itertools.count(1)
        self._running: dict[str, _Running] = {}

    def run(self, given: Json) -> Json:
        """RunCommand."""
        behaviour = self._behaviour()
        if given["InstanceIds"] != [_INSTANCE]:
            raise Refused("InvalidInstanceId.NotFound", "the instance is not found")
        if behaviour.server_state != "RUNNING":
            raise Refused("ResourceUnavailable.InstanceStateNotRunning", "it does not run")
        if behaviour.tat != "Online":
            raise Refused(f"ResourceUnavailable.{behaviour.tat}", "the agent does not answer")
        if len(given["Content"]) > _LONGEST:
            raise Refused("InvalidParameterValue.TooLarge", "Content")
        file = tempfile.TemporaryFile()  # noqa: SIM115 - the process writes to it
        process = subprocess.Popen(
            ["/bin/sh", "-c", base64.b64decode(given["Content"]).decode()],
            stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT, cwd="/",
        )  # fmt: skip
        process.stdout = file
        number = f"inv-{next(self._numbers)}"
        self._running[number] = _Running(process, given.get("Timeout", 60))
        return {"CommandId": "cmd-sandbox", "InvocationId": number}

    def tasks(self, given: Json) -> Json:
        """DescribeInvocationTasks: the first look finds it running."""
        [wanted] = (one["Values"][0] for one in given["Filters"] if one["Name"] == "invocation-id")
        if wanted not in self._running:
            return {"TotalCount": 0, "InvocationTaskSet": []}
        one = self._running[wanted]
        one.looks += 1
        task: Json = {
            "InvocationId": wanted, "InvocationTaskId": wanted, "InstanceId": _INSTANCE,
            "TaskStatus": "RUNNING", "TaskResult": None, "ErrorInfo": "",
        }  # fmt: skip
        if self._behaviour().tat_status and one.looks > 1:
            task |= {"TaskStatus": self._behaviour().tat_status, "ErrorInfo": "as it was told to"}
        elif one.looks > 1:
            self._end(task, one, hidden=given.get("HideOutput", True))
        return {"TotalCount": 1, "InvocationTaskSet": [task]}

    def _end(self, task: Json, one: _Running, *, hidden: bool) -> None:
        try:
            code = one.process.wait(one.seconds)
        except subprocess.TimeoutExpired:
            one.process.kill()
            one.process.wait()
            task["TaskStatus"] = "TIMEOUT"
            return
        assert one.process.stdout is not None
        one.process.stdout.seek(0)
        output = one.process.stdout.read()
        kept = output[: min(_MOST, self._behaviour().tat_bytes)]
        task["TaskStatus"] = "FAILED" if code else "SUCCESS"
        task["TaskResult"] = {
            "ExitCode": code,
            "Output": "" if hidden else base64.b64encode(kept).decode(),
            "Dropped": len(output) - len(kept),
        }
