"""Rounds in a process of their own: what they store is seen here, whatever becomes of it."""

from __future__ import annotations

import os
import signal
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from gmops_desktop.adapters import host_keys, ssh
from gmops_desktop.adapters.vault import Vault
from gmops_desktop.addresses import MysqlAddress, Resource, WebAddress
from gmops_desktop.assembly import Services, assemble
from gmops_desktop.changes import Change
from gmops_desktop.context import Context
from gmops_desktop.errors import Cancelled, OpsError
from gmops_desktop.paths import Home
from sandbox.sshd import Sshd


@pytest.fixture(scope="module")
def sshd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    with Sshd(tmp_path_factory.mktemp("sshd")) as server:
        yield server


@pytest.fixture
def services(home: Home, sshd: Sshd) -> Iterator[Services]:
    """The services of a program whose one host is trusted."""
    key = ssh.host_key(sshd.address, Context(), known_hosts=home.known_hosts)
    host_keys.trust(sshd.address, key, home.known_hosts)
    with assemble(home) as services:
        services.contracts.load_example()
        services.contracts.save_resource("host", "web1", sshd.address)
        yield services


@pytest.fixture
def silent() -> Iterator[Resource]:
    """A website whose server takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        url = f"http://127.0.0.1:{door.getsockname()[1]}/"
        yield Resource("silent", "website", "silent", WebAddress(url))


def states(services: Services) -> dict[str, str]:
    return {look.name: look.state for look in services.servers.glance()}


def reasons(services: Services) -> dict[str, str]:
    return {look.name: look.reason for look in services.servers.glance()}


def test_a_round_is_stored_and_told(services: Services) -> None:
    told: list[str] = []
    services.looking.look(services.contracts.resources(), Context(note=told.append), afresh=False)
    seen = services.servers.newest(services.contracts.resources()[0].id)
    assert seen is not None
    assert seen.details is not None
    assert any(line.startswith("web1: ") for line in told)
    assert services.looking.process.pid not in (None, os.getpid())


def test_passwords_are_asked_of_this_keyring_and_a_missing_one_is_told(services: Services) -> None:
    with socket.create_server(("127.0.0.1", 0)) as door:
        address = MysqlAddress("127.0.0.1", door.getsockname()[1], "ops", "site")
    services.contracts.save_resource("mysql", "site", address)
    resources = services.contracts.resources()
    services.looking.look(resources, Context(), afresh=False)
    assert "No password is kept" in reasons(services)["site"]
    Vault().put(address.secret_name, "a password")
    services.looking.look(resources, Context(), afresh=False)
    assert "No password is kept" not in reasons(services)["site"]
    assert states(services)["site"] == "critical"  # nobody listens there


def test_a_changed_host_key_is_told_as_ever(services: Services, home: Home, sshd: Sshd) -> None:
    resources = services.contracts.resources()
    services.looking.look(resources, Context(), afresh=False)
    other = home.known_hosts.with_name("other")
    with Sshd(Path(other)) as stranger:
        line = stranger.known_hosts_line().split(" ", 1)[1]
        place = sshd.known_hosts_line().split(" ", 1)[0]
        home.known_hosts.write_text(f"{place} {line}", "utf-8")
    services.looking.look(resources, Context(), afresh=False)
    assert "host key" in reasons(services)["web1"]


def test_a_killed_process_loses_nothing_and_the_next_round_has_a_new_one(
    services: Services, silent: Resource
) -> None:
    resources = services.contracts.resources()
    pids: list[int | None] = []

    def kill(change: Change) -> None:  # the host is stored, and the silent one is still waited for
        assert change == Change.SERVERS
        pids.append(pid := services.looking.process.pid)
        assert pid is not None
        os.kill(pid, signal.SIGKILL)

    with pytest.raises(OpsError, match="ended early"):
        services.looking.look([*resources, silent], Context(change=kill), afresh=False)
    first = services.servers.newest(resources[0].id)
    assert first is not None
    assert first.details is not None
    services.looking.look(resources, Context(), afresh=True)
    second = services.servers.newest(resources[0].id)
    assert second is not None
    assert second.at > first.at
    assert services.looking.process.pid not in (None, *pids)


def test_a_cancelled_round_ends_at_once(services: Services, silent: Resource) -> None:
    context = Context(change=lambda _change: context.cancel())
    both = [*services.contracts.resources(), silent]
    ended: list[type[Exception]] = []

    def look() -> None:
        try:
            services.looking.look(both, context, afresh=False)
        except Cancelled as error:
            ended.append(type(error))

    round_ = threading.Thread(target=look)
    round_.start()
    round_.join(30)  # a silent website is waited for longer
    assert ended == [Cancelled]


def test_a_window_without_resources_has_no_second_process(home: Home) -> None:
    with assemble(home) as services:
        services.looking.look((), Context(), afresh=False)
        assert services.looking.process.pid is None
