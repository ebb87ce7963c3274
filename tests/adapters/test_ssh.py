"""SSH against the real sshd, and against servers that misbehave."""

from __future__ import annotations

import stat
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import paramiko
import pymysql
import pytest
from cryptography.hazmat.primitives import serialization

from gmops_desktop.adapters import host_keys, ssh, tcp
from gmops_desktop.adapters.host_keys import ChangedHostKey, UnknownHostKey
from gmops_desktop.adapters.ssh import Ssh
from gmops_desktop.addresses import SshAddress
from gmops_desktop.context import Context
from gmops_desktop.errors import Cancelled, OpsError
from gmops_desktop.lines import Line
from sandbox.mariadb import MariaDB
from sandbox.sshd import Sshd
from strange_servers import SshServer, free_port, listener, silent


@dataclass(frozen=True)
class Server:
    """Where a test's server is, and which host keys are trusted."""

    address: SshAddress
    known_hosts: Path

    def open(self, context: Context | None = None, **options: object) -> Ssh:
        return Ssh.open(
            self.address,
            context or Context(),
            **{"password": "right", "known_hosts": self.known_hosts, **options},
        )

    def pin(self) -> Server:
        key = ssh.host_key(self.address, Context(), known_hosts=self.known_hosts)
        host_keys.trust(self.address, key, self.known_hosts)
        return self


@contextmanager
def strange(server: SshServer, folder: Path) -> Iterator[Server]:
    with server.listening() as port:
        yield Server(SshAddress("127.0.0.1", port, "ops"), folder / "known_hosts").pin()


def say(text: bytes, status: int = 0) -> object:
    def command(channel: paramiko.Channel, line: bytes) -> None:
        channel.sendall(text)
        channel.send_exit_status(status)
        channel.close()

    return command


@contextmanager
def cancelled_after(seconds: float) -> Iterator[Context]:
    context = Context()
    timer = threading.Timer(seconds, context.cancel)
    timer.start()
    begun = time.monotonic()
    with pytest.raises(Cancelled):
        yield context
    assert time.monotonic() - begun < seconds + 15
    timer.join()


# -- Against the real sshd


@pytest.fixture
def real(sshd: Sshd, tmp_path: Path) -> Server:
    return Server(sshd.address, tmp_path / "known_hosts").pin()


def test_a_command_gives_status_and_output(real: Server) -> None:
    with real.open() as connection:
        assert connection.run("echo hello; echo world >&2; exit 3", Context()) == (
            3,
            b"hello\nworld\n",
        )


def test_the_script_may_be_long_and_hold_anything(real: Server) -> None:
    script = "# '\"$(echo no)\n" * 20_000 + 'printf %s "it\'s 中文"\n'
    with real.open() as connection:
        assert connection.run(script, Context()) == (0, "it's 中文".encode())


def test_data_on_standard_input_reaches_the_script(real: Server) -> None:
    data = bytes(range(256)) * 20_000
    with real.open() as connection:
        assert connection.run("cat", Context(), stdin=data) == (0, data)


def test_a_command_that_does_not_read_its_input_still_ends(real: Server) -> None:
    with real.open() as connection:
        assert connection.run("exit 7", Context(), stdin=b"x" * 5_000_000)[0] == 7


def test_twelve_megabytes_of_mixed_output_do_not_deadlock(real: Server) -> None:
    script = "head -c 6000000 /dev/zero; head -c 6000000 /dev/zero >&2"
    with real.open() as connection:
        status, output = connection.run(script, Context(), deadline=60)
    assert (status, len(output)) == (0, 12_000_000)


def test_compression_carries_the_same_bytes_by_fewer(real: Server) -> None:
    context = Context()
    context.line = Line(compress=True)
    with real.open(context) as connection:
        assert connection.run("seq 100000", context)[1].endswith(b"\n100000\n")
    assert context.line.travelled < 588_895 / 2


def test_a_limit_is_kept(real: Server) -> None:
    """400 kB at 400 kB a second: about a second, and the sender is slowed down with us."""
    context = Context()
    context.line = Line(limit=400_000)
    with real.open(context) as connection:
        begun = time.monotonic()
        _, output = connection.run("head -c 400000 /dev/zero", context)
        seconds = time.monotonic() - begun
    assert len(output) == 400_000
    assert context.line.travelled > 400_000
    assert seconds > 0.8


def test_a_command_without_end_meets_its_deadline(real: Server) -> None:
    begun = time.monotonic()
    with real.open() as connection:
        with pytest.raises(ssh.DeadlinePassed):
            connection.run("sleep 30", Context(), deadline=1)
        assert time.monotonic() - begun < 15
        assert connection.run("echo alive", Context()) == (0, b"alive\n")


def test_a_command_killed_by_a_signal_is_not_a_lost_connection(real: Server) -> None:
    with real.open() as connection:
        assert connection.run("kill -9 $$", Context())[0] == 255


def test_a_connection_cut_in_mid_command_is_lost_not_failed(real: Server) -> None:
    with real.open() as connection:
        threading.Timer(0.5, connection.cut).start()
        begun = time.monotonic()
        with pytest.raises(ssh.ConnectionLost):
            connection.run("sleep 30", Context(), deadline=60)
        assert time.monotonic() - begun < 15
        assert not connection.alive


def test_cancel_wakes_a_running_command(real: Server) -> None:
    with real.open() as connection, cancelled_after(0.5) as context:
        connection.run("sleep 30", context, deadline=60)


def test_a_tunnel_carries_bytes_both_ways(real: Server) -> None:
    def echo(stream) -> None:
        stream.sendall(stream.recv(100).upper())

    with listener(echo) as port, real.open() as connection:
        tunnel = connection.channel("127.0.0.1", port, Context())
        tunnel.settimeout(5)
        tunnel.sendall(b"through")
        assert tunnel.makefile("rb").read(7) == b"THROUGH"
        tunnel.close()


def test_a_tunnel_to_a_closed_port_names_the_target(real: Server) -> None:
    port = free_port()
    with (
        real.open() as connection,
        pytest.raises(ssh.TunnelRefused, match=f"cannot reach 127.0.0.1:{port}"),
    ):
        connection.channel("127.0.0.1", port, Context())


def test_a_silent_tunnel_times_out(real: Server) -> None:
    with listener(silent) as port, real.open() as connection:
        tunnel = connection.channel("127.0.0.1", port, Context())
        tunnel.settimeout(0.3)
        with pytest.raises(TimeoutError):
            tunnel.recv(1)


def test_cutting_wakes_a_waiting_tunnel(real: Server) -> None:
    with listener(silent) as port, real.open() as connection:
        tunnel = connection.channel("127.0.0.1", port, Context())
        threading.Timer(0.3, connection.cut).start()
        assert tunnel.recv(1) == b""


def test_an_unknown_key_file_is_named(real: Server, tmp_path: Path) -> None:
    other = replace(real.address, key=str(tmp_path / "nowhere"))
    with pytest.raises(ssh.LoginRefused, match="nowhere does not exist"):
        replace(real, address=other).open()


def test_a_key_the_server_does_not_know_is_refused_with_the_line_to_add(
    real: Server, tmp_path: Path
) -> None:
    stranger = tmp_path / "stranger"
    key = paramiko.RSAKey.generate(2048)
    key.write_private_key_file(str(stranger))
    with pytest.raises(ssh.LoginRefused, match="refused the key") as caught:
        replace(real, address=replace(real.address, key=str(stranger))).open()
    assert f"ssh-rsa {key.get_base64()}" in caught.value.hint


def test_a_locked_key_opens_with_its_passphrase_only(tmp_path: Path, real: Server) -> None:
    locked = tmp_path / "locked"
    locked.write_bytes(
        serialization.load_ssh_private_key(Path(real.address.key).read_bytes(), None).private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.OpenSSH,
            serialization.BestAvailableEncryption(b"open sesame"),
        )
    )
    server = replace(real, address=replace(real.address, key=str(locked)))
    server.open(password="open sesame").close()
    with pytest.raises(ssh.LoginRefused, match="passphrase"):
        server.open(password=None)
    with pytest.raises(ssh.LoginRefused, match="cannot be used"):
        server.open(password="wrong")


def test_mysql_speaks_through_a_tunnel(real: Server, mariadb: MariaDB) -> None:
    with real.open() as connection:
        database = pymysql.connect(
            user="root", password=mariadb.root_password, ssl_disabled=True, defer_connect=True
        )
        database.connect(connection.channel("127.0.0.1", mariadb.port, Context()))
        with database, database.cursor() as cursor:
            cursor.execute("SELECT repeat('x', 3000000), %s", ("中文",))
            row = cursor.fetchone()
    assert (len(row[0]), row[1]) == (3_000_000, "中文")


def test_a_cut_tunnel_ends_a_running_query(real: Server, mariadb: MariaDB) -> None:
    with real.open() as connection:
        database = pymysql.connect(
            user="root", password=mariadb.root_password, ssl_disabled=True, defer_connect=True
        )
        database.connect(connection.channel("127.0.0.1", mariadb.port, Context()))
        threading.Timer(0.3, connection.cut).start()
        begun = time.monotonic()
        with pytest.raises(pymysql.OperationalError), database.cursor() as cursor:
            cursor.execute("SELECT sleep(20)")
        assert time.monotonic() - begun < 15


# -- Host keys


def test_an_unknown_key_is_asked_about_before_any_password_travels(tmp_path: Path) -> None:
    server = SshServer(say(b""))
    with server.listening() as port:
        there = Server(SshAddress("127.0.0.1", port, "ops"), tmp_path / "known_hosts")
        with pytest.raises(UnknownHostKey) as caught:
            there.open()
        key = caught.value.key
        assert key.known == "unknown"
        assert key.fingerprint == server.key.fingerprint
        assert server.passwords_seen == []

        host_keys.trust(there.address, key, there.known_hosts)
        there.open().close()
        assert server.passwords_seen == ["right"]
    assert stat.S_IMODE(there.known_hosts.stat().st_mode) == 0o600


def test_a_changed_key_never_gets_a_password(tmp_path: Path) -> None:
    server = SshServer(say(b""))
    with strange(server, tmp_path) as there:
        old = server.key.fingerprint
        server.key = paramiko.RSAKey.generate(2048)
        with pytest.raises(ChangedHostKey, match="has changed") as caught:
            there.open()
        assert old in caught.value.message
        assert server.key.fingerprint in caught.value.message
        assert caught.value.key.known == "changed"
        assert server.passwords_seen == []

        host_keys.trust(there.address, caught.value.key, there.known_hosts)
        there.open().close()


def test_keys_of_several_servers_are_kept_apart(tmp_path: Path) -> None:
    first, second = SshServer(say(b"one")), SshServer(say(b"two"))
    with strange(first, tmp_path) as one, strange(second, tmp_path) as two:
        for server in (one, two):
            server.open().close()
        assert len(one.known_hosts.read_text().splitlines()) == 2


def test_a_damaged_file_of_keys_is_named(tmp_path: Path) -> None:
    file = tmp_path / "known_hosts"
    file.write_text("# comment\nweb1 ssh-ed25519 ???\n")
    with pytest.raises(OpsError, match="damaged"):
        host_keys.trusted_key(SshAddress("web1"), file)
    assert host_keys.trusted_key(SshAddress("web2"), file) is None


# -- Servers that misbehave


def test_a_wrong_password_is_a_finished_sentence(tmp_path: Path) -> None:
    with strange(SshServer(say(b"")), tmp_path) as there, pytest.raises(ssh.LoginRefused) as caught:
        there.open(password="wrong")
    assert caught.value.message == "127.0.0.1 refused the password of ops."
    assert "settings" in caught.value.hint


def test_no_password_at_all_is_said_before_asking_the_server(tmp_path: Path) -> None:
    server = SshServer(say(b""))
    with (
        strange(server, tmp_path) as there,
        pytest.raises(ssh.LoginRefused, match="No password is kept"),
    ):
        there.open(password=None)
    assert server.passwords_seen == []


def test_a_server_that_takes_keys_only_says_so(tmp_path: Path) -> None:
    with (
        strange(SshServer(say(b""), methods="publickey"), tmp_path) as there,
        pytest.raises(ssh.LoginRefused, match="it wants: publickey"),
    ):
        there.open()


def test_a_closed_port_is_told_from_a_refused_login(tmp_path: Path) -> None:
    there = Server(SshAddress("127.0.0.1", free_port()), tmp_path / "known_hosts")
    with pytest.raises(tcp.PortClosed):
        there.open()


def test_a_port_that_says_nothing_meets_the_deadline(tmp_path: Path) -> None:
    with listener(silent) as port:
        there = Server(SshAddress("127.0.0.1", port), tmp_path / "known_hosts")
        begun = time.monotonic()
        with pytest.raises(ssh.DeadlinePassed):
            there.open(deadline=1.0)
        assert time.monotonic() - begun < 15


def test_cancel_wakes_a_login_that_waits(tmp_path: Path) -> None:
    with listener(silent) as port:
        there = Server(SshAddress("127.0.0.1", port), tmp_path / "known_hosts")
        with cancelled_after(0.3) as context:
            there.open(context)


def test_something_that_is_not_ssh_is_told(tmp_path: Path) -> None:
    def website(stream) -> None:
        stream.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        stream.close()

    with listener(website) as port:
        there = Server(SshAddress("127.0.0.1", port), tmp_path / "known_hosts")
        with pytest.raises(ssh.ConnectionLost, match="not as an SSH server"):
            there.open()


def test_a_server_that_hangs_up_in_mid_command_is_lost(tmp_path: Path) -> None:
    def hang_up(channel: paramiko.Channel, line: bytes) -> None:
        channel.sendall(b"half an ans")
        channel.get_transport().close()

    with (
        strange(SshServer(hang_up), tmp_path) as there,
        there.open() as connection,
        pytest.raises(ssh.ConnectionLost),
    ):
        connection.run("true", Context())


def test_an_exit_status_that_never_comes_meets_the_deadline(tmp_path: Path) -> None:
    def forget(channel: paramiko.Channel, line: bytes) -> None:
        channel.sendall(b"done")
        channel.shutdown_write()

    with (
        strange(SshServer(forget), tmp_path) as there,
        there.open() as connection,
        pytest.raises(ssh.DeadlinePassed),
    ):
        connection.run("true", Context(), deadline=1)


def test_a_server_that_never_replies_to_the_command_meets_the_deadline(tmp_path: Path) -> None:
    server = SshServer(say(b""))
    released = threading.Event()
    server.before_reply = lambda: released.wait(20)
    with strange(server, tmp_path) as there, there.open() as connection:
        begun = time.monotonic()
        with pytest.raises(ssh.DeadlinePassed):
            connection.run("true", Context(), deadline=1)
        with cancelled_after(0.3) as context:
            connection.run("true", context)
        assert time.monotonic() - begun < 15
        released.set()


def test_a_server_that_refuses_the_command_is_not_a_lost_connection(tmp_path: Path) -> None:
    server = SshServer(say(b""))
    server.before_reply = lambda: False
    with (
        strange(server, tmp_path) as there,
        there.open() as connection,
        pytest.raises(OpsError, match="does not let ops run commands"),
    ):
        connection.run("true", Context())
