"""Where a server of the contract is in Tencent Cloud: whose account, which region, which id.

The newest look at an account says which of its servers is which of ours.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from gmops_desktop.addresses import CloudAddress, Resource, TatAddress
from gmops_desktop.contract.looks import CloudDetails, Look


@dataclass(frozen=True, slots=True)
class CloudPlace:
    """A server as the cloud knows it; `cloud` is the resource of the account."""

    cloud: str
    account: CloudAddress
    region: str
    server: str
    addresses: tuple[str, ...] = ()

    @property
    def agent(self) -> TatAddress:
        """The address of the cloud's agent on it."""
        account = self.account
        return TatAddress(self.server, self.region, account.secret_id, account.endpoint)


class CloudPlaces:
    """Finds servers; `newest` gives the newest look at a resource."""

    def __init__(
        self, resources: Callable[[], Sequence[Resource]], newest: Callable[[str], Look | None]
    ) -> None:
        self._resources, self._newest = resources, newest

    def of(self, host: Resource) -> CloudPlace | None:
        """Return where a server is; None where no account's look tells it."""
        for cloud in self._resources():
            if not isinstance(cloud.address, CloudAddress):
                continue
            look = self._newest(cloud.id)
            seen = look.details if look else None
            if not isinstance(seen, CloudDetails):
                continue
            servers = {one.id: one for one in seen.servers or ()}
            for link in seen.links:
                if link.resource_id == host.id and link.what == "cvm" and link.id in servers:
                    one = servers[link.id]
                    return CloudPlace(cloud.id, cloud.address, one.region, one.id, one.addresses)
        return None
