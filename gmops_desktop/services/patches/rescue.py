"""The second way in, as steps of a change: where sshd does not come back, the cloud's agent on the
server looks at it, restarts it, and puts its settings back as they were before.

Each step is told before, asked for with the change's number, and recorded with what came of it.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from typing import Final, Literal, get_args

from gmops_desktop.adapters import sshd_rescue
from gmops_desktop.adapters.sections import Shell
from gmops_desktop.addresses import HostAddress, Resource, TatAddress
from gmops_desktop.context import Context
from gmops_desktop.contract.runs import SshdSeen
from gmops_desktop.errors import OpsError
from gmops_desktop.language import mark, tr

RescueStep = Literal["restart", "settings"]

STEPS: Final[dict[RescueStep, str]] = {
    "restart": mark("sshd restarted through the cloud's agent"),
    "settings": mark(
        "sshd's settings put back as before, and restarted, through the cloud's agent"
    ),
}


@dataclass(frozen=True, slots=True)
class RescueHands:
    """`agent_of` gives the cloud's agent on a host, where one is known; `shell_of` what runs
    scripts there; `folder` and `command` are where sshd's settings are and what restarts it.
    `pauses` are the seconds before each look whether SSH answers again."""

    agent_of: Callable[[Resource], TatAddress | None]
    shell_of: Callable[[HostAddress, Context], AbstractContextManager[Shell]]
    folder: str = sshd_rescue.FOLDER
    command: str = sshd_rescue.RESTART
    pauses: tuple[float, ...] = (1.0, 2.0, 4.0)

    def keep(self, host: Resource, change_id: str, context: Context) -> None:
        """Keep sshd's settings on the server, where there is a second way to put them back by."""
        address = host.address
        if self.agent_of(host) is None or isinstance(address, TatAddress):
            return
        assert isinstance(address, HostAddress)
        try:
            with self.shell_of(address, context) as shell:
                sshd_rescue.keep(shell, change_id, context, folder=self.folder)
        except OpsError as error:
            context.check()
            context.note(
                tr("sshd's settings were not kept ({why}): the second way could only restart it.",
                   why=error.message)
            )  # fmt: skip

    def look(self, host: Resource, change_id: str, context: Context) -> SshdSeen:
        """Return how sshd stands, as the agent sees it."""
        with self.shell_of(self._agent(host), context) as shell:
            return sshd_rescue.look(shell, change_id, context, folder=self.folder)

    def do(self, step: RescueStep, host: Resource, change_id: str, context: Context) -> bool:
        """Do one step; return whether the server answers over SSH afterwards."""
        verb = sshd_rescue.restart if step == "restart" else sshd_rescue.put_back
        with self.shell_of(self._agent(host), context) as shell:
            partial(verb, folder=self.folder, command=self.command)(shell, change_id, context)
        return self._answers(host, context)

    def _answers(self, host: Resource, context: Context) -> bool:
        address = host.address
        assert isinstance(address, HostAddress)
        for pause in self.pauses:
            context.wait(pause)
            try:
                with self.shell_of(address, context) as shell:
                    shell.run("true", context, deadline=20.0)
            except OpsError as error:
                context.check()
                context.note(error.message)
            else:
                return True
        return False

    def _agent(self, host: Resource) -> TatAddress:
        agent = self.agent_of(host)
        if agent is None:
            raise OpsError(
                tr("No second way into {name} is known.", name=host.name),
                hint=tr("Look at the cloud account that has it; without its agent (TAT) there is "
                        "the console's VNC, or the way back by the disks' snapshots."),
                unharmed=tr("Nothing was done on the server."),
            )  # fmt: skip
        return agent


def checked_step(step: str) -> RescueStep:
    """Return a step by its name; raise `OpsError` for another."""
    for known in get_args(RescueStep):
        if step == known:
            found: RescueStep = known
            return found
    raise OpsError(
        tr("The second way knows no step “{step}”.", step=step),
        hint=tr("Choose one of: {names}.", names=", ".join(get_args(RescueStep))),
    )
