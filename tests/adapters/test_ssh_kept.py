"""Connections that are kept between looks: few logins, and never a worse answer than a new one."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import paramiko
import pytest

from gmops_desktop.adapters import host_keys, ssh
from gmops_desktop.adapters.ssh import KeptConnections, Ssh, kept
from gmops_desktop.adapters.tcp import HostSilent
from gmops_desktop.addresses import SshAddress
from gmops_desktop.context import Context
from gmops_desktop.errors import Cancelled, OpsError
from sandbox.sshd import Sshd
from strange_servers import SshServer, listener, silent


class Desk:
    """One program's kept connections to one server; `logins` counts what was opened."""

    def __init__(self, address: SshAddress, known_hosts: Path, **options: object) -> None:
        self.address, self.known_hosts = address, known_hosts
        self.now, self.logins = 1_000_000.0, 0
        self.opened: list[Ssh] = []
        self.deadlines: list[float] = []
        self.connections = KeptConnections(
            self._login, known_hosts, now=lambda: self.now, **options
        )

    def trust(self) -> Desk:
        key = ssh.host_key(self.address, Context(), known_hosts=self.known_hosts)
        host_keys.trust(self.address, key, self.known_hosts)
        return self

    def _login(self, address: SshAddress, context: Context, deadline: float) -> Ssh:
        self.deadlines.append(deadline)
        found = Ssh.open(
            address, context, password="right", known_hosts=self.known_hosts, deadline=deadline
        )
        self.logins += 1
        self.opened.append(found)
        return found

    def run(self, script: str = "echo hello", context: Context | None = None) -> bytes:
        given = context or Context()
        return self.connections.over(
            self.address, given, lambda server, left: server.run(script, given, deadline=left)[1]
        )


@pytest.fixture
def desk(sshd: Sshd, tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(sshd.address, tmp_path / "known_hosts").trust()
    yield desk
    desk.connections.close()


@contextmanager
def strange(server: SshServer, folder: Path) -> Iterator[Desk]:
    with server.listening() as port:
        address = SshAddress("127.0.0.1", port, "ops")
        desk = Desk(address, folder / "known_hosts").trust()
        yield desk
        desk.connections.close()


def says(text: bytes) -> Callable[[paramiko.Channel, bytes], None]:
    def answer(channel: paramiko.Channel, line: bytes) -> None:
        channel.sendall(text)
        channel.send_exit_status(0)
        channel.close()

    return answer


def test_many_looks_take_one_login(desk: Desk) -> None:
    assert [desk.run() for _ in range(3)] == [b"hello\n"] * 3
    assert (desk.logins, len(desk.connections)) == (1, 1)


def test_looks_at_the_same_time_have_a_connection_each(desk: Desk) -> None:
    meeting = threading.Barrier(2, timeout=20)
    met: list[Ssh] = []

    def look() -> None:
        def work(server: Ssh, left: float) -> None:
            met.append(server)
            meeting.wait()

        desk.connections.over(desk.address, Context(), work)

    threads = [threading.Thread(target=look) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert met[0] is not met[1]
    assert (desk.logins, len(desk.connections)) == (2, 2)
    desk.run()
    assert desk.logins == 2


def test_a_connection_that_died_unseen_is_replaced_and_nobody_hears_of_it(desk: Desk) -> None:
    desk.run()
    desk.opened[0].cut()
    assert desk.run() == b"hello\n"
    assert (desk.logins, len(desk.connections)) == (2, 1)


def test_a_connection_that_falls_silent_costs_seconds_and_is_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept, "_ANSWER", 0.3)
    server = SshServer(says(b"hello"))
    with strange(server, tmp_path) as desk:
        assert desk.run() == b"hello"
        # As after a night's sleep behind a router: what is sent arrives nowhere.
        server.transports[-1].packetizer.send_message = lambda data: None
        assert desk.run() == b"hello"
        assert desk.logins == 2


def test_what_is_lost_in_the_middle_is_begun_again_once(desk: Desk) -> None:
    desk.run()
    asked: list[Ssh] = []

    def breaks(server: Ssh, left: float) -> str:
        asked.append(server)
        server.cut()
        server.run("echo never", Context(), deadline=left)
        raise AssertionError("a cut connection answered")

    with pytest.raises(ssh.ConnectionLost):
        desk.connections.over(desk.address, Context(), breaks)
    assert len(asked) == 2
    assert asked[0] is not asked[1]
    assert len(desk.connections) == 0


def test_what_is_lost_right_after_the_login_is_a_lost_connection(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    login = desk._login

    def lost(address: SshAddress, context: Context, deadline: float) -> Ssh:
        found = login(address, context, deadline)
        found.close()
        return found

    monkeypatch.setattr(desk.connections, "_login", lost)
    with pytest.raises(ssh.ConnectionLost):
        desk.run()
    assert len(desk.connections) == 0


def test_what_the_server_refuses_is_not_asked_twice_and_costs_no_connection(desk: Desk) -> None:
    asked: list[int] = []

    def refused(server: Ssh, left: float) -> None:
        asked.append(1)
        server.channel("127.0.0.1", 1, Context())

    for _ in range(2):
        with pytest.raises(ssh.TunnelRefused):
            desk.connections.over(desk.address, Context(), refused)
    assert (len(asked), desk.logins) == (2, 1)


def test_another_trusted_key_is_another_connection(desk: Desk) -> None:
    desk.run()
    other = paramiko.RSAKey.generate(2048)
    shown = host_keys.shown_key(desk.address, "ssh-rsa", other.asbytes(), desk.known_hosts)
    host_keys.trust(desk.address, shown, desk.known_hosts)
    with pytest.raises(ssh.ChangedHostKey):
        desk.run()
    assert not desk.opened[0].alive


def test_a_key_file_that_was_replaced_logs_in_anew(desk: Desk, tmp_path: Path) -> None:
    copy = tmp_path / "key"
    copy.write_bytes(Path(desk.address.key).read_bytes())
    desk.address = replace(desk.address, key=str(copy))
    desk.run()
    copy.write_bytes(Path(desk.address.key).read_bytes() + b"\n")
    desk.run()
    assert (desk.logins, len(desk.connections)) == (2, 1)


@pytest.mark.parametrize("gone", [901.0, -1000.0], ids=["slept or stayed long", "set back"])
def test_nothing_is_kept_beyond_its_time_by_whatever_clock(desk: Desk, gone: float) -> None:
    desk.run()
    desk.now += gone
    desk.run()
    assert (desk.logins, len(desk.connections)) == (2, 1)


def test_whoever_asks_anew_gets_a_new_login(desk: Desk) -> None:
    desk.run()
    desk.connections.forget()
    assert len(desk.connections) == 0

    def during(server: Ssh, left: float) -> None:
        desk.connections.forget()  # as a password is saved while a look goes on

    desk.connections.over(desk.address, Context(), during)
    assert (desk.logins, len(desk.connections)) == (2, 0)
    assert not any(one.alive for one in desk.opened)


def test_no_more_are_kept_than_allowed_and_none_after_the_end(sshd: Sshd, tmp_path: Path) -> None:
    desk = Desk(sshd.address, tmp_path / "known_hosts", most=1).trust()

    def twice(server: Ssh, left: float) -> None:
        desk.run()

    desk.connections.over(desk.address, Context(), twice)
    assert [one.alive for one in desk.opened] == [True, False]
    desk.connections.close()
    desk.run()
    assert not any(one.alive for one in desk.opened)


def test_what_nobody_asks_for_any_more_is_closed_all_the_same(sshd: Sshd, tmp_path: Path) -> None:
    desk = Desk(sshd.address, tmp_path / "known_hosts", life=0.4).trust()
    desk.run()
    desk.now += 1
    end = time.monotonic() + 20
    while any(one.alive for one in desk.opened) and time.monotonic() < end:
        threading.Event().wait(0.05)
    assert not any(one.alive for one in desk.opened)
    assert len(desk.connections) == 0
    desk.connections.close()


def test_no_password_outlives_its_login(tmp_path: Path) -> None:
    with strange(SshServer(says(b"hello")), tmp_path) as desk:
        desk.run()
        handler = desk.opened[0]._transport.auth_handler
        assert handler.is_authenticated()
        assert "right" not in vars(handler).values()


def test_a_key_is_not_held_either(desk: Desk) -> None:
    desk.run()
    handler = desk.opened[0]._transport.auth_handler
    assert not any(isinstance(one, paramiko.PKey) for one in vars(handler).values())


def test_cancelling_lets_the_connection_go(desk: Desk) -> None:
    context = Context()
    timer = threading.Timer(0.3, context.cancel)
    timer.start()
    with pytest.raises(Cancelled):
        desk.run("sleep 30", context)
    timer.join()
    assert len(desk.connections) == 0
    assert desk.run() == b"hello\n"


def test_a_silent_server_gets_its_whole_time_once_and_seconds_from_then_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept, "_LOGIN", 0.6)
    monkeypatch.setattr(kept, "_BRISK", 0.2)
    with listener(silent) as port:
        desk = Desk(SshAddress("127.0.0.1", port, "ops"), tmp_path / "known_hosts")
        for _ in range(3):
            with pytest.raises((HostSilent, ssh.DeadlinePassed)):
                desk.run()
        assert desk.deadlines[0] == 0.6
        assert max(desk.deadlines[1:]) <= 0.2
        monkeypatch.setattr(kept, "_AGAIN", 0.0)
        with pytest.raises((HostSilent, ssh.DeadlinePassed)):
            desk.run()
        assert desk.deadlines[3] == 0.6
        desk.connections.close()


def test_a_command_that_hangs_meets_the_deadline_of_the_whole_look(desk: Desk) -> None:
    desk.run()
    begun = time.monotonic()
    with pytest.raises(ssh.DeadlinePassed):
        desk.connections.over(
            desk.address,
            Context(),
            lambda server, left: server.run("sleep 30", Context(), deadline=left),
            deadline=1.0,
        )
    assert time.monotonic() - begun < 15
    assert len(desk.connections) == 0


def test_a_login_that_fails_is_told_as_it_is(tmp_path: Path) -> None:
    server = SshServer(says(b"hello"), password="changed meanwhile")
    with strange(server, tmp_path) as desk:
        for _ in range(2):
            with pytest.raises(OpsError, match="refused the password"):
                desk.run()
        assert len(desk.connections) == 0
