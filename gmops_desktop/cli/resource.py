"""`gmops resource`: what the contract asks us to look after; a cloud account is entered here."""

from __future__ import annotations

from typing import Annotated

import typer

from gmops_desktop.addresses import KIND_WORDS, CloudAddress, Kind, TatAddress
from gmops_desktop.cli.help import Command, group
from gmops_desktop.cli.options import Json, ResourceName, argument, option
from gmops_desktop.cli.session import Session, opened
from gmops_desktop.cli.terminal import password_from_file
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr
from gmops_desktop.states import word_of, worst

commands = group("resource", tr("What is looked after: list, test; enter a cloud account."))


@commands.command("list", cls=Command, help=tr("List what is looked after."))
def list_all(as_json: Json = False) -> None:
    with opened(as_json) as session:
        found = session.services.contracts.resources()
        session.terminal.table(
            {"resources": found},
            (tr("Name", context="resource"), tr("Kind"), tr("Address")),
            [(one.name, tr(KIND_WORDS[one.kind]), str(one.address)) for one in found],
        )


Name = Annotated[str, argument("NAME", tr("What to call it."))]
SecretId = Annotated[
    str,
    option("--secret-id", tr("The SecretId of a sub-account with few rights."), metavar="ID"),
]
Endpoint = Annotated[
    str,
    option(
        "--endpoint",
        tr("Another address than Tencent Cloud's, such as a stand-in's."),
        metavar="URL",
    ),
]


@commands.command(
    "add-cloud",
    cls=Command,
    help=tr("Enter a Tencent Cloud account; its SecretKey is asked for and goes to the keyring."),
)
def add_cloud(
    name: Name,
    secret_id: SecretId,
    region: Annotated[
        list[str] | None,
        option(
            "--region",
            tr("Where its things are; several times for several (ap-guangzhou)."),
            metavar="REGION",
        ),
    ] = None,
    endpoint: Endpoint = "",
    as_json: Json = False,
) -> None:
    regions = tuple(dict.fromkeys(region or CloudAddress("").regions))
    with opened(as_json) as session:
        _enter(session, "cloud", name, CloudAddress(secret_id.strip(), regions, endpoint))


@commands.command(
    "add-tat",
    cls=Command,
    help=tr("Enter a server that Tencent Cloud's agent looks at, where SSH is not wanted."),
)
def add_tat(
    name: Name,
    secret_id: SecretId,
    instance: Annotated[
        str,
        option("--instance", tr("The id of the cloud server (ins-…)."), metavar="INS-ID"),
    ],
    region: Annotated[
        str, typer.Option("--region", metavar="REGION", help=tr("Where the server is."))
    ] = "ap-guangzhou",
    endpoint: Endpoint = "",
    as_json: Json = False,
) -> None:
    with opened(as_json) as session:
        _enter(session, "host", name, TatAddress(instance, region, secret_id.strip(), endpoint))


def _enter(session: Session, kind: Kind, name: str, address: CloudAddress | TatAddress) -> None:
    """Record a resource, and keep its SecretKey."""
    contracts = session.services.contracts
    if any(one.name == name for one in contracts.resources()):
        raise OpsError(
            tr("There is a resource called {name} already.", name=name),
            hint=tr("Give it another name."),
        )
    key = password_from_file()
    if key is None:
        key = session.terminal.password(address.secret_name, lambda _: None, from_file=False)
    if not key:
        raise OpsError(
            tr("The SecretKey is missing."),
            hint=tr("Type it when asked, or name a file with it in GMOPS_PASSWORD_FILE."),
            unharmed=tr("Nothing was recorded."),
        )
    session.services.save_secret(address.secret_name, key)
    session.terminal.answer(
        {"resource": contracts.save_resource(kind, name, address)},
        tr("{name} is entered; its key is in the keyring.", name=name),
        tr("Whether it may look: gmops resource test {name}", name=name),
    )


@commands.command(
    "test", cls=Command, help=tr("Test the connection step by step (exit 1 if one fails).")
)
def try_connection(name: ResourceName, as_json: Json = False) -> None:
    with opened(as_json) as session:
        resource = session.resource(name)
        session.prepare_one_of_many(resource)
        checks = session.run(
            lambda context: session.services.connections.test(resource, context),
            tr("Test the connection to {name}", name=name),
        )
        session.terminal.table(
            {"checks": checks},
            (tr("Step"), tr("State"), tr("Finding")),
            [(one.name, word_of(one.state), one.text) for one in checks],
        )
        for remedy in filter(None, (one.remedy for one in checks)):
            session.terminal.tell(remedy)
        if worst(one.state for one in checks) == "critical":
            raise typer.Exit(1)


@commands.command("remove", cls=Command, help=tr("Stop looking after a resource."))
def remove(name: ResourceName, as_json: Json = False) -> None:
    with opened(as_json) as session:
        resource = session.resource(name)
        session.services.contracts.remove_resource(resource.id)
        session.terminal.answer(
            {"removed": resource.id},
            tr("{name} is no longer looked after; what is on record stays.", name=name),
        )
