"""One command's hold on the program: the services, the terminal, and the way from the words typed
to an address whose password is in hand and whose SSH server is trusted."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from gmops_desktop.adapters.host_keys import ChangedHostKey, UnknownHostKey
from gmops_desktop.addresses import (
    AccountAddress,
    CloudDatabase,
    MysqlAddress,
    Resource,
    SshAddress,
    TatAddress,
    parse_mysql,
    parse_ssh,
    ssh_of,
)
from gmops_desktop.cli.terminal import PASSWORD_FILE, Terminal
from gmops_desktop.context import Context, side_by_side
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr
from gmops_desktop.log import start_log
from gmops_desktop.paths import Home

if TYPE_CHECKING:
    from gmops_desktop.assembly import Services

Result = TypeVar("Result")


@contextmanager
def opened(as_json: bool) -> Iterator[Session]:
    """Open the data folder, the log and every service for one command."""
    # Late: it brings every library, which `gmops --help` must not wait for.
    from gmops_desktop.adapters.vault import Vault
    from gmops_desktop.assembly import assemble

    home = Home.find()
    handler = start_log(home.logs)
    logging.raiseExceptions = False  # a log that cannot be written is no reason for a traceback
    secrets = _Secrets(Terminal(as_json=as_json), Vault().find)
    try:
        with assemble(home, secret=secrets.get) as services:
            yield Session(services, secrets.terminal, secrets)
    finally:
        logging.getLogger().removeHandler(handler)
        handler.close()


@dataclass
class _Secrets:
    """Passwords of this command: asked for before the work begins, handed out while it runs."""

    terminal: Terminal
    find: Callable[[str], str | None]
    known: dict[str, str] = field(default_factory=dict)

    def prepare(self, name: str, *, given: bool = False) -> None:
        """Have the password of `name` in hand; `given` lets `GMOPS_PASSWORD_FILE` answer."""
        if name not in self.known:
            secret = self.terminal.password(name, self.find, from_file=given)
            if secret is not None:
                self.known[name] = secret

    def get(self, name: str) -> str:
        """Return the password kept under `name`; called from the working thread, so never asks."""
        if name in self.known:
            return self.known[name]
        secret = self.find(name)
        if secret is None:
            from gmops_desktop.adapters.vault import NoSecret

            refusal = NoSecret(name)
            refusal.hint = tr("Type it when asked, or name a file with it in GMOPS_PASSWORD_FILE.")
            raise refusal
        return secret


@dataclass
class _Met:
    """The SSH server this command goes through, and the fingerprint its user named for it."""

    server: SshAddress | None = None
    accept: str = ""


@dataclass(frozen=True)
class Session:
    """The services and the terminal of one command."""

    services: Services
    terminal: Terminal
    _secrets: _Secrets
    _met: _Met = field(default_factory=_Met)

    def run(self, job: Callable[[Context], Result], title: str, *, terse: bool = False) -> Result:
        """Run a job with progress; Ctrl+C cancels it.  `terse` shows none where nobody looks on.

        A server met for the first time refuses before anything is sent: once its key is trusted,
        the job starts again.
        """
        try:
            return self.terminal.run(job, title, terse=terse)
        except (UnknownHostKey, ChangedHostKey) as refused:
            self._trust(refused)
            return self.terminal.run(job, title, terse=terse)

    def tell_tickets(self) -> None:
        """Let what was restored stand in the ticket it was for, and say in which."""
        for ticket in self.services.ticket_trail.follow():
            self.terminal.tell(tr("It is written down in ticket {numbers}.", numbers=ticket.number))

    def database(
        self, words: str, *, ssh: str = "", key: str = "", accept: str = ""
    ) -> tuple[MysqlAddress, str]:
        """Return the database that `words` name, and its resource's id (empty for an address).

        The passwords are in hand afterwards.
        """
        if key and not (ssh and "://" in words):
            raise OpsError(
                tr("--key names the private key for the server behind --ssh, and there is none."),
                hint=tr("Name the server with --ssh USER@HOST, or leave --key out."),
                unharmed=tr("Nothing was sent."),
            )
        if "://" in words:
            if ssh:
                server = parse_ssh(ssh, key=str(Path(key).absolute()) if key else "")
                address = parse_mysql(words, ssh=server)
            else:
                address = parse_mysql(words)
            resource_id = ""
        else:
            resource = self.resource(words, kind="mysql")
            resource_id = resource.id
            if not isinstance(resource.address, MysqlAddress):
                raise OpsError(tr("{name} is not a database.", name=resource.name))
            address = resource.address
        self.prepare(address, accept=accept)
        return address, resource_id

    def prepare(self, address: MysqlAddress | SshAddress, *, accept: str = "") -> None:
        """Have the passwords of `address` in hand, and its SSH server and fingerprint in mind."""
        server = address.ssh if isinstance(address, MysqlAddress) else address
        self._met.server, self._met.accept = server, accept
        if server is not None and not server.key:
            self._secrets.prepare(server.secret_name)
        if isinstance(address, MysqlAddress):
            self._secrets.prepare(address.secret_name, given=True)

    def prepare_host(self, host: Resource, *, accept: str = "") -> None:
        """Have in hand what a server asks for, over SSH or by the cloud's agent."""
        if isinstance(host.address, SshAddress):
            self.prepare(host.address, accept=accept)
        elif isinstance(host.address, TatAddress):
            self._secrets.prepare(host.address.secret_name, given=True)

    def meet(self, hosts: Sequence[Resource], accept: Sequence[str] = ()) -> None:
        """Have the secrets of several servers in hand, and each one's host key trusted: one that is
        not is asked about before anything is begun with any of them.

        A key is trusted where `accept` names its fingerprint.  A server that does not answer is
        left to whoever uses it.  Raises `UnknownHostKey` or `ChangedHostKey` for the first that
        nobody trusts.
        """
        self.prepare_given(hosts)
        for host in hosts:
            self.prepare_one_of_many(host)
        servers = [one.address for one in hosts if isinstance(one.address, SshAddress)]
        connections = self.services.connections

        def look(context: Context) -> list[tuple[SshAddress, UnknownHostKey | ChangedHostKey]]:
            jobs = [partial(connections.mistrusted, one, context) for one in servers]
            found = zip(servers, side_by_side(jobs), strict=True)
            return [(server, refused) for server, refused in found if refused is not None]

        for server, refused in self.run(look, tr("Looking at host keys"), terse=True):
            named = refused.key.fingerprint in accept
            self._met.server = server
            self._met.accept = refused.key.fingerprint if named else ""
            self._trust(refused)

    def prepare_cloud(self, cloud: CloudDatabase, *, given: bool = True) -> None:
        """Have the secret key of a cloud instance in hand; `given` as in `_Secrets.prepare`."""
        self._secrets.prepare(cloud.secret_name, given=given)

    def prepare_account(self, address: AccountAddress, *, accept: str = "") -> None:
        """Have the AppSecret of an official account in hand, and what its calls go through."""
        if address.ssh is not None:
            self.prepare(address.ssh, accept=accept)
        self._secrets.prepare(address.secret_name, given=True)

    def prepare_one_of_many(self, resource: Resource) -> None:
        """Have the secrets of one of several things in hand; one file of a password is not for all.

        What nobody has is missed when it is needed, by that part alone.
        """
        for name in _secrets_of(resource):
            self._secrets.prepare(name)

    def prepare_given(self, resources: Sequence[Resource]) -> None:
        """Let the file named by `GMOPS_PASSWORD_FILE` answer for the one password that it is for:
        that of the only database, else of the only thing that needs one."""
        if not os.environ.get(PASSWORD_FILE):
            return
        databases = {one.address.secret_name for one in resources
                     if isinstance(one.address, MysqlAddress)}  # fmt: skip
        others = {name for one in resources for name in _secrets_of(one)} - databases
        for names in (databases, others):
            if names:
                if len(names) == 1:
                    self._secrets.prepare(names.pop(), given=True)
                return

    def resource(self, words: str, *, kind: str = "") -> Resource:
        """Return the contract's resource named `words` (by name or id), of `kind` where given."""
        there = [item for item in self.services.contracts.resources() if kind in ("", item.kind)]
        named = [item for item in there if words in (item.name, item.id)]
        if len(named) == 1:
            return named[0]
        names = ", ".join(item.name for item in there)
        if named:
            ids = ", ".join(item.id for item in named)
            raise OpsError(
                tr("More than one resource is called {name}.", name=words),
                hint=tr("Name it by its id: {ids}.", ids=ids),
            )
        raise OpsError(
            tr("No resource of the contract is called {name}.", name=words),
            hint=tr("These are known: {names}.", names=names)
            if names
            else tr("Add it in the settings, or write mysql://user@host:port/schema."),
        )

    def _trust(self, refused: UnknownHostKey | ChangedHostKey) -> None:
        """Ask the first-contact question about the server just met; raise again unless it is
        answered.  A changed key is never asked about: only its named fingerprint lets it pass."""
        server, key, accept = self._met.server, refused.key, self._met.accept
        if server is None:
            raise refused
        if accept and accept != key.fingerprint:
            raise OpsError(
                tr(
                    "{server} shows {fingerprint}, not the fingerprint you named.",
                    server=server,
                    fingerprint=key.fingerprint,
                ),
                hint=tr("Compare with the fingerprint your provider or server shows."),
                unharmed=tr("Nothing was sent to it, no password either."),
            ) from refused
        changed = isinstance(refused, ChangedHostKey)
        if not accept and (changed or not self._agrees(refused)):
            once = tr("To trust it, add --accept-fingerprint {value}.", value=key.fingerprint)
            refused.hint = f"{refused.hint} {once}"
            raise refused
        self.services.connections.trust(server, key)

    def _agrees(self, refused: UnknownHostKey | ChangedHostKey) -> bool:
        if not self.terminal.can_ask:
            return False
        self.terminal.tell(refused.message)
        question = tr("If this is the fingerprint you expect, type yes to trust it:")
        return self.terminal.ask(question) == "yes"


def _secrets_of(resource: Resource) -> Iterator[str]:
    """Yield the names of the secrets that a look at a resource needs."""
    server = ssh_of(resource)
    if server is not None and not server.key:
        yield server.secret_name
    if not isinstance(resource.address, SshAddress) and (
        name := getattr(resource.address, "secret_name", "")
    ):
        yield name
