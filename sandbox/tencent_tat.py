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
_TOGETHER: Final = 200  # instances of one command
_PAGE: Final = 100  # of a list, and of the numbers in a question


@dataclass(slots=True)
class _Running:
    invocation: str
    instance: str
    process: subprocess.Popen[bytes]
    seconds: int
    looks: int = 0


class Agent:
    """Runs commands on the account's servers, all of which are this machine.  The account calls it
    under its lock."""

    def __init__(self, behaviour: Callable[[], Behaviour]) -> None:
        self._behaviour = behaviour
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
        if len(given["Content"]) > _LONGEST:
            raise Refused("InvalidParameterValue.TooLarge", "Content")
        invocation = f"inv-{next(self._numbers)}"
        for instance in wanted:
            task = f"invt-{next(self._numbers)}"
            process, seconds = _started(given["Content"]), given.get("Timeout", 60)
            self._running[task] = _Running(invocation, instance, process, seconds)
        return {"CommandId": "cmd-sandbox", "InvocationId": invocation}

    def tasks(self, given: Json) -> Json:
        """DescribeInvocationTasks: the first look finds each running."""
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
        if status and one.looks > 1:
            task |= {"TaskStatus": status, "ErrorInfo": "as it was told to"}
        elif one.looks > 1:
            self._end(task, one, hidden=hidden)
        return task

    def _servers(self) -> set[str]:
        return {f"ins-sandbox{number + 1}" for number in range(self._behaviour().servers)}

    def _agent(self, instance: str) -> str:
        behaviour = self._behaviour()
        state = behaviour.tat_each.get(instance, "")
        return state if state.startswith("Agent") else behaviour.tat

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


def _started(content: str) -> subprocess.Popen[bytes]:
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the process writes to it
    process = subprocess.Popen(
        ["/bin/sh", "-c", base64.b64decode(content).decode()],
        stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT, cwd="/",
    )  # fmt: skip
    process.stdout = file
    return process
