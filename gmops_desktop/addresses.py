"""Addresses of the things we look after, and how they are written: `mysql://user@host:port/schema`.

An address never holds a secret; `secret_name` says under which name the keyring keeps it.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Final, Literal
from urllib.parse import quote, unquote, urlsplit

from gmops_desktop.errors import OpsError
from gmops_desktop.language import mark, tr

Kind = Literal["host", "mysql", "website", "account", "cloud"]

KIND_WORDS: Final[dict[Kind, str]] = {
    "host": mark("Cloud server"),
    "mysql": mark("Cloud database"),
    "website": mark("Website"),
    "account": mark("Official Account"),
    "cloud": mark("Cloud account"),
}


@dataclass(frozen=True, slots=True)
class SshAddress:
    """An SSH server: `user@host:port`.

    `key` is the path of a private key file; without one, the keyring's password is used.
    """

    host: str
    port: int = 22
    user: str = "root"
    key: str = ""

    @property
    def secret_name(self) -> str:
        return f"ssh:{self}"

    def __str__(self) -> str:
        return f"{self.user}@{_bracketed(self.host)}:{self.port}"


@dataclass(frozen=True, slots=True)
class CloudDatabase:
    """A TencentDB instance (`cdb-...`) as Tencent Cloud's API knows it: region, and whose key.

    `endpoint` replaces the API's own address (`http://127.0.0.1:port` of a stand-in).
    """

    instance: str
    region: str
    secret_id: str
    endpoint: str = ""

    @property
    def secret_name(self) -> str:
        return f"tencent:{self.secret_id}"

    def __str__(self) -> str:
        return self.instance


@dataclass(frozen=True, slots=True)
class MysqlAddress:
    """A schema on a MySQL or MariaDB server, reached directly or through an SSH tunnel.

    `tls` is "required" (verified against the system's or `ca`'s roots), or "off" for a loopback
    or a tunnelled connection.  `cloud` is the TencentDB instance the server is, if it is one.
    """

    host: str
    port: int
    user: str
    schema: str
    ssh: SshAddress | None = None
    tls: Literal["required", "off"] = "off"
    ca: str = ""
    cloud: CloudDatabase | None = None

    @property
    def secret_name(self) -> str:
        return f"mysql:{self.user}@{_bracketed(self.host)}:{self.port}"

    def __str__(self) -> str:
        server = f"{quote(self.user, safe='')}@{_bracketed(self.host)}:{self.port}"
        return f"mysql://{server}/{quote(self.schema, safe='')}"


@dataclass(frozen=True, slots=True)
class ProgramFiles:
    """Which directories on which server a website is made of.

    `excluded` are the patterns of what a backup of them leaves out.
    """

    ssh: SshAddress
    folders: tuple[str, ...]
    excluded: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WebAddress:
    """A website: its front page, a word that must stand on it, and the back end's page.

    `program` says where its program files are, where that is known; `pages` are further front
    pages, on which the same word must stand.
    """

    url: str
    keyword: str = ""
    admin_url: str = ""
    ca: str = ""
    program: ProgramFiles | None = None
    pages: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.url


@dataclass(frozen=True, slots=True)
class AccountAddress:
    """A WeChat Official Account: its app id, and the interface's base address.

    WeChat answers only addresses on the account's whitelist: with `ssh` the calls leave from that
    server, which has one that stays the same.  `callback` is where the site answers WeChat.
    """

    app_id: str
    base_url: str = "https://api.weixin.qq.com"
    ssh: SshAddress | None = None
    callback: str = ""

    @property
    def secret_name(self) -> str:
        return f"wechat:{self.app_id}"

    @property
    def callback_secret_name(self) -> str:
        """The name of the token that signs what WeChat asks the callback."""
        return f"wechat-callback:{self.app_id}"

    def __str__(self) -> str:
        return self.app_id


@dataclass(frozen=True, slots=True)
class CloudAddress:
    """A Tencent Cloud account, as the holder of one pair of keys sees it in some regions.

    `endpoint` replaces the API's own address (`http://127.0.0.1:port` of a stand-in).
    """

    secret_id: str
    regions: tuple[str, ...] = ("ap-guangzhou",)
    endpoint: str = ""

    @property
    def secret_name(self) -> str:
        return f"tencent:{self.secret_id}"

    def __str__(self) -> str:
        return f"{self.secret_id} @ {', '.join(self.regions)}"


@dataclass(frozen=True, slots=True)
class TatAddress:
    """A cloud server that is looked at by Tencent Cloud's agent on it (TAT), without SSH.

    `endpoint` replaces the API's own address (`http://127.0.0.1:port` of a stand-in).
    """

    instance: str
    region: str
    secret_id: str
    endpoint: str = ""

    @property
    def secret_name(self) -> str:
        return f"tencent:{self.secret_id}"

    def __str__(self) -> str:
        return f"{self.instance} @ {self.region} (TAT)"


HostAddress = SshAddress | TatAddress
Address = HostAddress | MysqlAddress | WebAddress | AccountAddress | CloudAddress


@dataclass(frozen=True, slots=True)
class Resource:
    """A managed thing of the contract; `id` is a UUID as text."""

    id: str
    kind: Kind
    name: str
    address: Address


def ssh_of(resource: Resource) -> SshAddress | None:
    """Return the SSH server through which `resource` is reached, if it is."""
    address = resource.address
    if isinstance(address, SshAddress):
        return address
    return address.ssh if isinstance(address, MysqlAddress | AccountAddress) else None


def address_to_dict(address: Address) -> dict[str, Any]:
    """Return `address` as plain JSON values; a database outside the cloud says nothing of one, an
    account that is called directly nothing of a server, one without a callback nothing of that, a
    website nothing of unknown files."""
    values = asdict(address)
    for name in ("cloud", "program"):
        if values.get(name, "") is None:
            del values[name]
    if isinstance(address, AccountAddress):
        for name in ("ssh", "callback"):
            if not values[name]:
                del values[name]
    if isinstance(address, CloudAddress):
        values["regions"] = list(address.regions)
    if "pages" in values:
        if values["pages"]:
            values["pages"] = list(values["pages"])
        else:
            del values["pages"]
    if program := values.get("program"):
        for name in ("folders", "excluded"):
            program[name] = list(program[name])
    return values


def address_from_dict(kind: Kind, values: dict[str, Any]) -> Address:
    """Return the address of a `kind` of resource from what `address_to_dict` gave."""
    if kind == "host":
        return TatAddress(**values) if "instance" in values else SshAddress(**values)
    if kind == "mysql":
        ssh, cloud = values.get("ssh"), values.get("cloud")
        tunnel = SshAddress(**ssh) if ssh else None
        instance = CloudDatabase(**cloud) if cloud else None
        return MysqlAddress(**{**values, "ssh": tunnel, "cloud": instance})
    if kind == "account":
        ssh = values.get("ssh")
        return AccountAddress(**{**values, "ssh": SshAddress(**ssh) if ssh else None})
    if kind == "cloud":
        return CloudAddress(**{**values, "regions": tuple(values["regions"])})
    pages = tuple(values.get("pages", ()))
    return WebAddress(**{**values, "program": _program(values.get("program")), "pages": pages})


def _program(values: dict[str, Any] | None) -> ProgramFiles | None:
    if not values:
        return None
    server = SshAddress(**values["ssh"])
    return ProgramFiles(server, tuple(values["folders"]), tuple(values.get("excluded", ())))


def parse_ssh(text: str, *, key: str = "") -> SshAddress:
    """Read `user@host:port`; the user defaults to root, the port to 22."""
    parts = _split(f"ssh://{text}", text)
    return SshAddress(
        parts.hostname or "", parts.port or 22, unquote(parts.username or "root"), key
    )


def parse_mysql(text: str, *, ssh: SshAddress | None = None) -> MysqlAddress:
    """Read `mysql://user@host:port/schema`; refuse a password written into it."""
    parts = _split(text, text)
    schema = unquote(parts.path.removeprefix("/"))
    if parts.scheme != "mysql" or not schema or not parts.username:
        raise OpsError(
            tr("“{text}” is not a database address.", text=text),
            hint=tr("Write it as mysql://user@host:port/schema."),
        )
    if parts.password:
        raise OpsError(
            tr("A database address must not hold a password."),
            hint=tr("Keep it in the keyring, type it when asked, or name GMOPS_PASSWORD_FILE."),
        )
    return MysqlAddress(
        parts.hostname or "", parts.port or 3306, unquote(parts.username), schema, ssh
    )


def _split(text: str, shown: str) -> Any:
    try:
        parts = urlsplit(text)
        there = bool(parts.hostname) and (parts.port is None or 0 < parts.port < 65536)
    except ValueError:
        there = False
    if not there:
        raise OpsError(
            tr("“{text}” is not an address.", text=shown),
            hint=tr("Write it as user@host:port, or mysql://user@host:port/schema."),
        )
    return parts


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
