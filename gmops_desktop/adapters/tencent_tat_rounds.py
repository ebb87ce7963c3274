"""Looks at many servers by one command of the cloud's agent, where each by itself would be a call.

RunCommand takes up to 200 instances and refuses all of them for one whose agent does not answer:
whoever would spoil it is asked by itself.  So each has an answer, or a refusal, of its own.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final

from gmops_desktop.adapters import tencent_tat
from gmops_desktop.adapters.sections import Section, Unknown, collect, framed, split
from gmops_desktop.adapters.tencent import CloudRefused, Tencent
from gmops_desktop.adapters.tencent_lists import PAGE, pages
from gmops_desktop.adapters.tencent_tat import TAT, TatShell
from gmops_desktop.addresses import TatAddress
from gmops_desktop.context import Context

MOST: Final = 200  # instances of one command (tat 2020-10-28)
_DEADLINE: Final = 60.0  # seconds for a command and the wait for it
# Refusals that are about some instance among many; others would meet each of them alike.
_OF_ONE: Final = (
    "ResourceUnavailable",
    "InvalidInstanceId",
    "InvalidParameter",
    "ResourceNotFound",
)

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Seen:
    """What an instance answered, and our clock before and after, in seconds since 1970."""

    sections: Mapping[str, Section]
    ours: tuple[float, float]


class AgentRounds:
    """`secret` gives a key by its name; a question is asked again after each of the `pauses`."""

    def __init__(self, secret: Callable[[str], str], pauses: Sequence[float]) -> None:
        self._secret, self._pauses = secret, pauses
        self._lock = threading.Lock()
        self._expected: dict[TatAddress, _Round] = {}

    @contextmanager
    def expecting(self, addresses: Sequence[TatAddress], script: str) -> Iterator[None]:
        """While inside, let the looks at these addresses share commands that run `script`."""
        mine: dict[TatAddress, _Round] = {}
        for _, group in groupby(sorted(addresses, key=_keys), _keys):
            same = list(group)
            for at in range(0, len(same), MOST):
                part = same[at : at + MOST]
                if len(part) > 1:
                    round_ = _Round(self._open, part, script)
                    mine |= dict.fromkeys(part, round_)
        with self._lock:
            self._expected |= mine
        try:
            yield
        finally:
            with self._lock:
                for address, round_ in mine.items():
                    if self._expected.get(address) is round_:
                        del self._expected[address]

    def look(self, address: TatAddress, script: str, context: Context) -> Seen:
        """Return what a server answers to `script`, together with those expected beside it.

        Raises `CloudRefused`, or `OpsError` where its command did not run to its end.
        """
        with self._lock:
            round_ = self._expected.pop(address, None)  # a second look asks anew
        if round_ is not None:
            seen = round_.of(address.instance, context)
            if seen is not None:
                return seen
        begun = time.time()
        shell = self.shell(address)
        return Seen(collect(shell, script, context, deadline=_DEADLINE), (begun, time.time()))

    def shell(self, address: TatAddress) -> TatShell:
        """Return the shell of one instance, for whatever is to run on it alone."""
        return TatShell(self._open(address), address.instance)

    def _open(self, address: TatAddress) -> Tencent:
        key = self._secret(address.secret_name)
        return Tencent(address.secret_id, key, region=address.region, endpoint=address.endpoint,
                       pauses=self._pauses)  # fmt: skip


def _keys(address: TatAddress) -> tuple[str, str, str]:
    return address.region, address.secret_id, address.endpoint


class _Round:
    """One command for several instances.  Whose look comes first sends it; who waits asks, in
    turns, for all."""

    def __init__(
        self, open_api: Callable[[TatAddress], Tencent], part: Sequence[TatAddress], script: str
    ) -> None:
        self._open, self._first = open_api, part[0]
        self._instances = [one.instance for one in part]
        self._nonce = secrets.token_hex(16)
        self._script = framed(script, self._nonce)
        self._lock = threading.Lock()
        self._api: Tencent | None = None  # once it was begun
        self._begun, self._until, self._next = 0.0, 0.0, 0.0
        self._pauses = list(tencent_tat.PAUSES)
        self._refusal: CloudRefused | None = None
        self._together: frozenset[str] = frozenset()
        self._invocation = ""
        self._tasks: dict[str, tuple[Json, float]] = {}  # the newest of each, and when it was seen

    def of(self, instance: str, context: Context) -> Seen | None:
        """Wait for what an instance answers; None where it must be asked by itself."""
        while True:
            with self._lock:
                if self._api is None:
                    self._begin(context)
                if self._refusal is not None:
                    raise copy(self._refusal) from self._refusal
                if instance not in self._together:
                    return None
                if self._waits(instance) and time.monotonic() >= self._next:
                    self._ask(context)
                task, at = self._tasks.get(instance, ({"TaskStatus": "PENDING"}, 0.0))
                pause = max(0.01, self._next - time.monotonic())
            ended = tencent_tat.result(task, instance)
            if ended is not None:
                sections = split(ended[1].decode("utf-8", "replace"), self._nonce)
                return Seen(sections, (self._begun, at))
            if time.monotonic() >= self._until:
                raise tencent_tat.late(str(task.get("TaskStatus")), instance)
            context.wait(pause)

    def _begin(self, context: Context) -> None:
        """Send the command to those whose agents answer."""
        api = self._open(self._first)
        self._until = time.monotonic() + _DEADLINE
        ready = self._ready(api, context)
        if len(ready) > 1:
            fields = tencent_tat.command(self._script, ready, _DEADLINE)
            self._begun = time.time()
            try:
                begun = api.call(*TAT, "RunCommand", fields, context)
            except CloudRefused as refusal:
                if not refusal.code.startswith(_OF_ONE):
                    self._refusal = refusal
            else:
                self._invocation = str(begun["InvocationId"])
                self._together = frozenset(ready)
        self._api = api
        self._rest()

    def _ready(self, api: Tencent, context: Context) -> list[str]:
        """Return the instances that will not spoil the command, as far as can be known."""
        known: dict[str, Json] = {}
        try:
            for at in range(0, len(self._instances), PAGE):
                fields = {"InstanceIds": self._instances[at : at + PAGE], "Limit": PAGE}
                said = api.call(*TAT, "DescribeAutomationAgentStatus", fields, context)
                for one in said.get("AutomationAgentSet") or ():
                    known[str(one.get("InstanceId"))] = one
        except CloudRefused as refusal:
            if not refusal.right:
                self._refusal = refusal
                return []
            return self._instances  # it may be run all the same; if not, each is asked by itself
        return [
            one
            for one in self._instances
            if known.get(one, {}).get("AgentStatus") == "Online"
            and known[one].get("Environment") == "Linux"
        ]

    def _waits(self, instance: str) -> bool:
        return not _is_over(self._tasks.get(instance, ({}, 0.0))[0])

    def _ask(self, context: Context) -> None:
        """Ask how all stand that have not ended: the answer of each comes once."""
        assert self._api is not None
        left = [str(task["InvocationTaskId"]) for task, _ in self._tasks.values()
                if not _is_over(task)]  # fmt: skip
        if self._tasks:
            for at in range(0, len(left), PAGE):
                fields = {"InvocationTaskIds": left[at : at + PAGE], "HideOutput": False,
                          "Limit": PAGE}  # fmt: skip
                said = self._api.call(*TAT, "DescribeInvocationTasks", fields, context)
                self._keep(said.get("InvocationTaskSet") or ())
        else:
            self._keep(self._listed(self._api, context))
        self._rest()

    def _listed(self, api: Tencent, context: Context) -> Sequence[Json]:
        filters = [{"Name": "invocation-id", "Values": [self._invocation]}]

        def page(at: int) -> Json:
            return {"Filters": filters, "HideOutput": False, "Limit": PAGE, "Offset": at}

        name = "InvocationTaskSet"
        try:
            return pages(api, TAT, "DescribeInvocationTasks", name, page, context)
        except Unknown:
            return ()  # half a list: it is asked for again, as long as there is time

    def _keep(self, tasks: Sequence[Json]) -> None:
        at = time.time()
        self._tasks |= {str(task.get("InstanceId")): (task, at) for task in tasks}

    def _rest(self) -> None:
        pause = self._pauses.pop(0) if len(self._pauses) > 1 else self._pauses[0]
        self._next = time.monotonic() + pause


def _is_over(task: Json) -> bool:
    return bool(task) and str(task.get("TaskStatus")) not in tencent_tat.WAITING
