"""Tests of a connection, step by step, so that the broken one is named with its remedy; and the
pinning of host keys, which only a person decides."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self
from urllib.parse import urlsplit

from gmops_desktop.adapters import host_keys, mysql_status, ssh, tcp, web
from gmops_desktop.adapters.host_keys import ChangedHostKey, HostKey, UnknownHostKey
from gmops_desktop.addresses import (
    AccountAddress,
    CloudAddress,
    CloudDatabase,
    HostAddress,
    MysqlAddress,
    Resource,
    SshAddress,
    TatAddress,
    WebAddress,
)
from gmops_desktop.context import Context
from gmops_desktop.contract.account_parts import PARTS
from gmops_desktop.contract.cloud_rights import policy_of
from gmops_desktop.contract.looks import AccountDetails, CloudDetails, HostDetails
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr
from gmops_desktop.states import Check, State

__all__ = ["Check", "Connections", "HostKey"]

_CLOUD = "https://sts.tencentcloudapi.com"
_MAY = "id -un; id -u; sudo -n true >/dev/null 2>&1 && echo sudo"


class Database(mysql_status.Asking, Protocol):
    """An open connection to a schema: a `MysqlConnection`."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


@dataclass(frozen=True, slots=True)
class _Finding:
    text: str
    state: State = "ok"
    detail: str = ""
    remedy: str = ""


Step = tuple[str, Callable[[], _Finding]]


class Connections:
    """Tests connections to resources, and knows the trusted host keys in `known_hosts`.

    `open_ssh`, `open_mysql`, `look_host`, `look_account`, `look_cloud` and `count_cloud_backups`
    connect as the program itself does, secrets included.
    """

    def __init__(
        self,
        *,
        known_hosts: Path,
        open_ssh: Callable[[SshAddress, Context], ssh.Ssh],
        open_mysql: Callable[[MysqlAddress, Context], Database],
        look_host: Callable[[HostAddress, Context], HostDetails],
        look_account: Callable[[AccountAddress, Context], AccountDetails],
        look_cloud: Callable[[CloudAddress, Context], CloudDetails],
        count_cloud_backups: Callable[[CloudDatabase, Context], int],
    ) -> None:
        self._known_hosts = known_hosts
        self._open_ssh = open_ssh
        self._open_mysql = open_mysql
        self._look_host = look_host
        self._look_account = look_account
        self._look_cloud = look_cloud
        self._count_cloud_backups = count_cloud_backups

    def test(self, resource: Resource, context: Context) -> tuple[Check, ...]:
        """Try every step from the name to the rights, in order; stop at the first that fails.

        What comes after it was not tried, and is unknown.
        """
        match resource.address:
            case SshAddress() as address:
                return _run([*self._ssh_steps(address, context), self._may(address, context)],
                            context)  # fmt: skip
            case TatAddress() as address:
                return _run(self._agent_steps(address, context), context)
            case MysqlAddress() as address:
                return _run(list(self._mysql_steps(address, context)), context)
            case WebAddress() as address:
                return _run(self._web_steps(address, context), context)
            case AccountAddress() as address:
                return _run(self._account_steps(address, context), context)
            case CloudAddress() as address:
                return _run(self._cloud_steps(address, context), context)

    def fingerprint(self, address: SshAddress, context: Context) -> HostKey:
        """Return the key the server shows now, without logging in."""
        return ssh.host_key(address, context, known_hosts=self._known_hosts)

    def mistrusted(
        self, address: SshAddress, context: Context
    ) -> UnknownHostKey | ChangedHostKey | None:
        """Return why a login would be refused for the key that the server shows now; None for one
        that is trusted, or that does not answer."""
        try:
            shown = self.fingerprint(address, context)
        except OpsError:
            context.check()
            return None
        if shown.known == "pinned":
            return None
        trusted = host_keys.trusted_key(address, self._known_hosts)
        return ChangedHostKey(shown, trusted) if trusted else UnknownHostKey(shown)

    def trust(self, address: SshAddress, key: HostKey) -> None:
        """Trust `key` for this server from now on; the user has compared the fingerprint."""
        host_keys.trust(address, key, self._known_hosts)

    # ------------------------------------------------------------ steps

    def _ssh_steps(self, address: SshAddress, context: Context) -> list[Step]:
        def key() -> _Finding:
            shown = self.fingerprint(address, context)
            if shown.known == "pinned":
                return _Finding(shown.fingerprint)
            trusted = host_keys.trusted_key(address, self._known_hosts)
            raise ChangedHostKey(shown, trusted) if trusted else UnknownHostKey(shown)

        def login() -> _Finding:
            with self._open_ssh(address, context):
                return _Finding(tr("{user} is let in.", user=address.user))

        return [
            *_reach(address.host, address.port, context),
            (tr("Host key"), key),
            (tr("SSH login"), login),
        ]

    def _may(self, address: SshAddress, context: Context) -> Step:
        def permission() -> _Finding:
            with self._open_ssh(address, context) as connection:
                status, output = connection.run(_MAY, context)
            words = output.decode("utf-8", "replace").split()
            if status == 255 or not words[1:] or not words[1].isdigit():
                raise OpsError(
                    tr("{user} cannot run commands on {host}.",
                       user=address.user, host=address.host),
                    hint=tr("Give the account a login shell such as /bin/sh."),
                )  # fmt: skip
            if words[1] == "0":
                return _Finding(tr("{user} may do everything.", user=words[0]))
            if words[2:] == ["sudo"]:
                return _Finding(tr("{user} may become root with sudo.", user=words[0]))
            return _Finding(
                tr("{user} may look, but not install updates.", user=words[0]),
                "warning",
                remedy=f"{words[0]} ALL=(root) NOPASSWD: /usr/bin/apt-get",
            )

        return tr("Permission"), permission

    def _mysql_steps(self, address: MysqlAddress, context: Context) -> Iterator[Step]:
        if address.ssh:
            tunnel = address.ssh
            yield from self._ssh_steps(tunnel, context)

            def port() -> _Finding:
                with self._open_ssh(tunnel, context) as connection:
                    connection.channel(address.host, address.port, context).close()
                return _Finding(_place(address.host, address.port))

            yield tr("Database port"), port
        else:
            yield from _reach(address.host, address.port, context)
            if address.tls == "required":
                yield tr("TLS identity"), lambda: self._identity(address, context)

        def login() -> _Finding:
            with self._open_mysql(address, context) as connection:
                return _Finding(mysql_status.account(connection))

        def permission() -> _Finding:
            with self._open_mysql(address, context) as connection:
                return _rights(connection)

        yield tr("Login"), login
        yield tr("Permission"), permission
        if address.cloud is not None:
            yield tr("TencentDB backups"), self._cloud(address.cloud, context)

    def _cloud(self, cloud: CloudDatabase, context: Context) -> Callable[[], _Finding]:
        """Return the step that asks Tencent Cloud with the keys of the instance."""

        def ask() -> _Finding:
            count = self._count_cloud_backups(cloud, context)
            return _Finding(tr("{instance} keeps {count} backups.", instance=cloud, count=count))

        return ask

    def _identity(self, address: MysqlAddress, context: Context) -> _Finding:
        """Return whether the encrypted connection stands; a refused login comes after it."""
        try:
            with self._open_mysql(address, context):
                pass
        except OpsError as error:
            cause = error.__cause__
            if isinstance(getattr(cause, "original_exception", cause), ssl.SSLError):
                raise
        return _Finding(tr("The certificate is trusted."))

    def _web_steps(self, address: WebAddress, context: Context) -> list[Step]:
        def page() -> _Finding:
            seen = web.look(address, context)
            if seen.status >= 400:
                raise OpsError(
                    tr("The front page answers with status {status}.", status=seen.status),
                    hint=tr("Check the address, and the web server's error log."),
                )
            if seen.keyword_found is False:
                raise OpsError(
                    tr("The front page does not hold the word it should."),
                    hint=tr("Check the word in the settings: “{word}”.", word=address.keyword),
                )
            return _Finding(tr("Status {status}", status=seen.status))

        host, port, secure = _of_url(address.url)
        steps = _reach(host, port, context)
        if secure:
            steps.append((tr("TLS identity"), lambda: _certificate(address, context)))
        return [*steps, (tr("Front page"), page)]

    def _account_steps(self, address: AccountAddress, context: Context) -> list[Step]:
        def permission() -> _Finding:
            seen = self._look_account(address, context)
            if seen.sections:
                refused = [f"{tr(PARTS[key].word)}{tr(': ')}{why}"
                           for key, why in seen.sections.items()]  # fmt: skip
                return _Finding(tr("; ").join(dict.fromkeys(refused)), "warning")
            return _Finding(tr("The interfaces asked for may be used."))

        host, port, _ = _of_url(address.base_url)
        return [*_reach(host, port, context), (tr("Login and permission"), permission)]

    def _agent_steps(self, address: TatAddress, context: Context) -> list[Step]:
        def look() -> _Finding:
            seen = self._look_host(address, context)
            return _Finding(tr("The agent answers: {system}.", system=seen.system))

        host, port, _ = _of_url(address.endpoint or _CLOUD)
        return [*_reach(host, port, context), (tr("Login and permission"), look)]

    def _cloud_steps(self, address: CloudAddress, context: Context) -> list[Step]:
        def permission() -> _Finding:
            seen = self._look_cloud(address, context)
            if not seen.sections:
                return _Finding(tr("The interfaces asked for may be used."))
            text = "; ".join(dict.fromkeys(seen.sections.values()))
            if not seen.denied:
                return _Finding(text, "warning")
            policy = policy_of(sorted(set(seen.denied.values())))
            asked = tr("Send this policy to the account's owner, for the sub-account (CAM).")
            return _Finding(text, "warning", asked, policy)

        host, port, _ = _of_url(address.endpoint or _CLOUD)
        return [*_reach(host, port, context), (tr("Login and permission"), permission)]


def _reach(host: str, port: int, context: Context) -> list[Step]:
    """Return the steps every connection begins with."""

    def name() -> _Finding:
        found = tcp.resolve(host, port, context)
        return _Finding(", ".join(dict.fromkeys(str(endpoint) for endpoint in found)))

    def stream() -> _Finding:
        tcp.connect(host, port, context).close()
        return _Finding(_place(host, port))

    return [("DNS", name), ("TCP", stream)]


def _run(steps: Sequence[Step], context: Context) -> tuple[Check, ...]:
    checks: list[Check] = []
    failed = ""
    for name, attempt in steps:
        context.check()
        if failed:
            text = tr("Not tried, because this failed before: {name}.", name=failed)
            checks.append(Check(name, "unknown", text))
            continue
        context.progress(None, name)
        try:
            found = attempt()
        except OpsError as error:
            context.check()
            failed = name
            # A first contact is a question to the user, not a fault of the server.
            state: State = "warning" if isinstance(error, UnknownHostKey) else "critical"
            checks.append(Check(name, state, error.message, error.unharmed, error.hint))
        else:
            checks.append(Check(name, found.state, found.text, found.detail, found.remedy))
    return tuple(checks)


def _rights(connection: mysql_status.Asking) -> _Finding:
    """Return whether the account's rights suffice, with the statement that grants the others."""
    held = mysql_status.privileges(connection)
    user = mysql_status.account(connection)

    def grant(wanted: Sequence[str]) -> str:
        missing = ", ".join(right for right in wanted if right not in held)
        schema = connection.schema.replace("`", "``")
        return f"GRANT {missing} ON `{schema}`.* TO {user};" if missing else ""

    if statement := grant(mysql_status.FOR_BACKUP):
        return _Finding(
            tr("The account may not back up everything."),
            "critical",
            tr("An administrator of the database runs the statement below."),
            statement,
        )
    if statement := grant(mysql_status.FOR_RESTORE):
        return _Finding(
            tr("The account may back up, but not restore."),
            "warning",
            tr("An administrator of the database runs the statement below."),
            statement,
        )
    return _Finding(tr("The account may back up and restore."))


def _certificate(address: WebAddress, context: Context) -> _Finding:
    shown = web.look_tls(address.url, address.ca, context)
    if shown.fault:
        raise OpsError(
            tr("Browsers do not trust the certificate: {why}.", why=shown.fault),
            hint=tr("Renew it, and install it together with its intermediate certificates."),
        )
    return _Finding(
        tr("{issuer}, valid until {day}", issuer=shown.issuer,
           day=f"{shown.until.astimezone():%Y-%m-%d}"),
    )  # fmt: skip


def _of_url(url: str) -> tuple[str, int, bool]:
    parts = urlsplit(url)
    secure = parts.scheme == "https"
    return parts.hostname or "", parts.port or (443 if secure else 80), secure


def _place(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
