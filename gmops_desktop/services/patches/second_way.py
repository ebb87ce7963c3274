"""Asking what became of a run where SSH does not answer: through the cloud's agent on the server.

A patch may break sshd, or the server come back without it.  Where the newest look at a cloud
account says which of its servers this is, the agent there is asked; it sees every account's runs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from gmops_desktop.adapters import ssh, tcp
from gmops_desktop.addresses import HostAddress, Resource, SshAddress, TatAddress
from gmops_desktop.context import Context
from gmops_desktop.contract.looks import Look
from gmops_desktop.contract.runs import RunLook
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr
from gmops_desktop.services.patches.cloud_places import CloudPlaces

# Nobody answers; one who answers and refuses us is another matter.
_UNREACHED = (tcp.HostSilent, tcp.PortClosed, ssh.ConnectionLost, ssh.DeadlinePassed)


class SecondWay:
    """Looks at runs; `look_run` asks one address, `newest` gives the newest look at a resource."""

    def __init__(
        self,
        look_run: Callable[[HostAddress, str, int, Context], RunLook],
        resources: Callable[[], Sequence[Resource]],
        newest: Callable[[str], Look | None],
    ) -> None:
        self._look_run, self._places = look_run, CloudPlaces(resources, newest)
        self._told: set[str] = set()

    def look(self, host: Resource, run_id: str, offset: int, context: Context) -> RunLook:
        """Ask over SSH, else through the agent; which it was, the job's log says once.

        Raises what SSH said where there is no agent, and both where that does not answer either.
        """
        address = host.address
        if not isinstance(address, SshAddress | TatAddress):
            raise OpsError(tr("{name} is not a server.", name=host.name))
        try:
            return self._look_run(address, run_id, offset, context)
        except _UNREACHED as silence:
            agent = self.agent_of(host)
            if agent is None:
                self._tell_none(host, run_id, context)
                raise
            try:
                look = self._look_run(agent, run_id, offset, context)
            except OpsError as error:
                raise OpsError(
                    tr("{name} answers neither over SSH nor through the cloud's agent: {why} "
                       "{also}", name=host.name, why=silence.message, also=error.message),
                    hint=error.hint or silence.hint,
                ) from silence  # fmt: skip
            if run_id not in self._told:
                self._told.add(run_id)
                context.note(
                    tr("{name} does not answer over SSH ({why}) The run is watched through the "
                       "cloud's agent on {instance}.", name=host.name, why=silence.message,
                       instance=agent.instance)
                )  # fmt: skip
            return look

    def _tell_none(self, host: Resource, run_id: str, context: Context) -> None:
        if (said := f"none {run_id}") not in self._told:
            self._told.add(said)
            context.note(
                tr("{name} does not answer over SSH, and there is no second way in: no look at a "
                   "cloud account says which of its servers this is.", name=host.name)
            )  # fmt: skip

    def agent_of(self, host: Resource) -> TatAddress | None:
        """Return the address of the cloud's agent on a host, where an account's look tells it."""
        place = self._places.of(host)
        return place.agent if place else None
