"""The stand-in's agent: it really runs what it is sent, on this very machine, as the sandbox's sshd
does, and takes and keeps as little as the real one.

Field names are Tencent's; every answer is checked against the SDK's models before it is sent.
"""

from __future__ import annotations

import base64
import binascii
import itertools
import os
import signal
import subprocess
import tempfile
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import IO, Final

from sandbox.tencent_backups import Behaviour, Json, Refused

_MOST: Final = 24 * 1024  # of the output, as base64
_LONGEST: Final = 64 * 1024  # of a command, as base64
_NAME: Final = 60  # bytes of a command's name
_SECONDS: Final = range(1, 86_401)  # for which a command may be let run
_USUAL: Final = 60  # of them where none are asked for
_TOGETHER: Final = 200  # instances of one command
_PAGE: Final = 100  # of a list, and of the numbers in a question


@dataclass(slots=True)
class _Running:
    """A command at work, and what it printed; at its limit it is ended with all it started."""

    invocation: str
    instance: str
    process: subprocess.Popen[bytes]
    output: IO[bytes]
    seconds: int
    watch: threading.Timer = field(init=False)
    timed_out: bool = False
    looks: int = 0

    def __post_init__(self) -> None:
        self.watch = threading.Timer(self.seconds, self._end)
        self.watch.daemon = True
        self.watch.start()

    def _end(self) -> None:
        if self.process.poll() is None:
            self.timed_out = True
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)


class Agent:
    """Runs commands on the account's servers, all of which are this machine.  The account calls it
    under its lock.  `environment` is set for every command."""

    def __init__(
        self, behaviour: Callable[[], Behaviour], environment: Mapping[str, str] | None = None
    ) -> None:
        self._behaviour = behaviour
        kept = {name: said for name, said in os.environ.items() if not name.startswith("PYTHON")}
        self._environment = {**kept, **(environment or {})}
        self._numbers = itertools.count(1)
        self._running: dict[str, _Running] = {}  # by the number of the task

    def states(self, given: Json) -> Json:
        """DescribeAutomationAgentStatus: of an instance without an agent nothing is said."""
        asked = given.get("InstanceIds", [])
        if len(asked) > _PAGE:
            raise Refused("InvalidParameterValue.LimitExceeded", "InstanceIds")
        of = {one: self._agent(one) for one in asked if one in self._servers()}
        found = [
            {
                "InstanceId": one, "Version": "1.0.2", "Environment": "Linux",
                "LastHeartbeatTime": "2018-06-01T00:00:00Z", "SupportFeatures": [],
                "AgentStatus": "Online" if state == "Online" else "Offline",
            }
            for one, state in of.items()
            if state != "AgentNotInstalled"
        ]  # fmt: skip
        limit = given.get("Limit", 20)
        return {"TotalCount": len(found), "AutomationAgentSet": found[:limit]}

    def run(self, given: Json) -> Json:
        """RunCommand: one instance that cannot, and none does."""
        behaviour, wanted = self._behaviour(), given["InstanceIds"]
        if len(wanted) > _TOGETHER:
            raise Refused("InvalidParameterValue.LimitExceeded", "InstanceIds")
        if not set(wanted) <= self._servers():
            raise Refused("InvalidInstanceId.NotFound", "the instance is not found")
        if behaviour.server_state != "RUNNING":
            raise Refused("ResourceUnavailable.InstanceStateNotRunning", "it does not run")
        for state in map(self._agent, wanted):
            if state != "Online":
                raise Refused(f"ResourceUnavailable.{state}", "the agent does not answer")
        command, seconds = _command(given), given.get("Timeout", _USUAL)
        invocation = f"inv-{next(self._numbers)}"
        for instance in wanted:
            task = f"invt-{next(self._numbers)}"
            process, output = self._started(command)
            self._running[task] = _Running(invocation, instance, process, output, seconds)
        return {"CommandId": "cmd-sandbox", "InvocationId": invocation}

    def tasks(self, given: Json) -> Json:
        """DescribeInvocationTasks: the first looks find each running."""
        numbers = given.get("InvocationTaskIds", [])
        if len(numbers) > _PAGE or (numbers and given.get("Filters")):
            raise Refused("InvalidParameterValue", "InvocationTaskIds")
        if not numbers:
            [of] = (one["Values"][0] for one in given["Filters"] if one["Name"] == "invocation-id")
            numbers = [task for task, one in self._running.items() if one.invocation == of]
        known = [one for one in numbers if one in self._running]
        begin = given.get("Offset", 0)
        shown = known[begin : begin + given.get("Limit", 20)]
        hidden = given.get("HideOutput", True)
        found = [self._task(number, self._running[number], hidden=hidden) for number in shown]
        return {"TotalCount": len(known), "InvocationTaskSet": found}

    def _task(self, number: str, one: _Running, *, hidden: bool) -> Json:
        behaviour = self._behaviour()
        one.looks += 1
        task: Json = {
            "InvocationId": one.invocation, "InvocationTaskId": number, "InstanceId": one.instance,
            "TaskStatus": "RUNNING", "TaskResult": None, "ErrorInfo": "",
        }  # fmt: skip
        status = behaviour.tat_each.get(one.instance, behaviour.tat_status)
        if one.looks <= behaviour.tat_looks:
            pass
        elif status:
            task |= {"TaskStatus": status, "ErrorInfo": "as it was told to"}
        elif one.process.poll() is not None:
            self._end(task, one, hidden=hidden)
        return task

    def _servers(self) -> set[str]:
        return {f"ins-sandbox{number + 1}" for number in range(self._behaviour().servers)}

    def _agent(self, instance: str) -> str:
        behaviour = self._behaviour()
        state = behaviour.tat_each.get(instance, "")
        return state if state.startswith("Agent") else behaviour.tat

    def _started(self, command: str) -> tuple[subprocess.Popen[bytes], IO[bytes]]:
        output = tempfile.TemporaryFile()  # noqa: SIM115 - the process writes to it
        process = subprocess.Popen(
            ["/bin/sh", "-c", command], stdin=subprocess.DEVNULL, stdout=output,
            stderr=subprocess.STDOUT, cwd="/", env=self._environment, start_new_session=True,
        )  # fmt: skip
        return process, output

    def _end(self, task: Json, one: _Running, *, hidden: bool) -> None:
        one.watch.cancel()
        if one.timed_out:
            task["TaskStatus"] = "TIMEOUT"
            return
        code = one.process.wait()
        one.output.seek(0)
        output = one.output.read()
        kept = output[: min(_MOST // 4 * 3, self._behaviour().tat_bytes)]
        task["TaskStatus"] = "FAILED" if code else "SUCCESS"
        task["TaskResult"] = {
            "ExitCode": code,
            "Output": "" if hidden else base64.b64encode(kept).decode(),
            "Dropped": len(output) - len(kept),
        }


def _command(given: Json) -> str:
    """Return the command that was sent; refuse what the real one does."""
    if len(given["Content"]) > _LONGEST:
        raise Refused("InvalidParameterValue.TooLarge", "Content")
    if given.get("CommandType", "SHELL") != "SHELL":
        raise Refused("InvalidParameterValue", "CommandType: these servers run SHELL alone")
    if len(given.get("CommandName", "").encode()) > _NAME:
        raise Refused("InvalidParameterValue.TooLong", "CommandName")
    if given.get("Timeout", _USUAL) not in _SECONDS:
        raise Refused("InvalidParameterValue.Range", "Timeout")
    try:
        return base64.b64decode(given["Content"], validate=True).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise Refused("InvalidParameterValue.InvalidContent", "Content is no base64") from error
