"""One SSH connection: pinned host key, login, commands, tunnels.

Paramiko waits in ways that can hang: reading one stream while the other fills its window, asking
for an exit status that never comes, a timeout that passes in silence.  All of them are avoided
here; what leaves this module is bytes, or a finished sentence.
"""

from __future__ import annotations

import logging
import shlex
import socket
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import paramiko
from paramiko.ssh_exception import (
    ChannelException,
    SSHException,
)

from gmops_desktop.adapters import tcp
from gmops_desktop.adapters.host_keys import (
    ChangedHostKey,
    HostKey,
    UnknownHostKey,
    shown_key,
    trusted_key,
)
from gmops_desktop.adapters.ssh.command import Command
from gmops_desktop.adapters.ssh.conversing import PIECE, SLICE, Watched, converse
from gmops_desktop.adapters.ssh.failures import (
    ConnectionLost,
    NoRelay,
    lost,
    no_commands,
    no_tunnel,
    too_slow,
)
from gmops_desktop.adapters.ssh.login import log_in
from gmops_desktop.adapters.ssh.private_key import read_key
from gmops_desktop.adapters.ssh.relay import Relay, pump
from gmops_desktop.adapters.ssh.tunnel import Tunnel
from gmops_desktop.addresses import SshAddress
from gmops_desktop.context import Context
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr

_KEEP_ALIVE: Final = 30  # seconds; many firewalls forget a silent connection after a few minutes
_SELDOM: Final = 5.0  # seconds after which the thread of a kept connection wakes by itself

# What paramiko logs as an error with a traceback, we raise as a sentence.
logging.getLogger("paramiko.transport").setLevel(logging.CRITICAL)


class Ssh:
    """A live connection to one server, logged in."""

    def __init__(self, address: SshAddress, stream: socket.socket, transport: paramiko.Transport):
        self.address = address
        self._stream = stream
        self._transport = transport

    @classmethod
    def open(
        cls,
        address: SshAddress,
        context: Context,
        *,
        password: str | None,
        known_hosts: Path,
        deadline: float = 15.0,
    ) -> Ssh:
        """Connect and log in with the address's key file, or with `password`.

        With a key file, `password` unlocks it.  The context's line says whether to compress, and
        counts what travels.  `deadline` (seconds) is for all steps together.  Raises `tcp`'s
        errors, `UnknownHostKey`, `ChangedHostKey`, `LoginRefused`, `ConnectionLost` or
        `DeadlinePassed`.
        """
        end = time.monotonic() + deadline
        key = read_key(address, password) if address.key else None
        ssh, shown = cls._meet(address, context, known_hosts, end)
        try:
            if shown.known != "pinned":
                trusted = trusted_key(address, known_hosts)
                raise ChangedHostKey(shown, trusted) if trusted else UnknownHostKey(shown)
            log_in(ssh._transport, address, key, password, context, end, ssh.cut)
            ssh._transport.set_keepalive(_KEEP_ALIVE)
        except BaseException:
            ssh.close()
            raise
        return ssh

    def run(
        self, script: str, context: Context, *, deadline: float = 20.0, stdin: bytes = b""
    ) -> tuple[int, bytes]:
        """Run `script` in the server's `sh`; return its exit status and what it printed.

        Standard output and error come mixed, as they were written.  The script travels on standard
        input, so nothing stays on the server; where `stdin` is given it goes as an argument (up to
        100 kB, visible in the server's process list).  A command that a signal ended gives 255.
        Raises `DeadlinePassed` or `ConnectionLost`; never reports success for a lost connection.
        """
        end = time.monotonic() + deadline
        channel = self._open("session", None, context, end)
        # Paramiko waits for the reply to the request without end, on this very event.
        channel.event = Watched(lambda: self._check(context, end))
        try:
            channel.set_combine_stderr(True)
            channel.exec_command(f"sh -c {shlex.quote(script)}" if stdin else "sh -s")
            output = converse(channel, stdin or script.encode(), lambda: self._check(context, end))
            while not channel.status_event.wait(SLICE):
                self._check(context, end)
            if channel.exit_status == -1 and not self._transport.is_active():
                raise lost(self.address.host)
            return (channel.exit_status if channel.exit_status >= 0 else 255), output
        except (SSHException, OSError, EOFError) as error:
            raise self._ended(error, context) from error
        finally:
            channel.close()

    @contextmanager
    def command(
        self, script: str, context: Context, *, stdin: Iterable[bytes] = (), silence: float = 600.0
    ) -> Iterator[Command]:
        """Run `script` in the server's `sh`, fed with `stdin`; while inside, read what it prints.

        The script goes as an argument, so it holds no secret.  Nothing moving for `silence` seconds
        raises `DeadlinePassed`, a broken line `ConnectionLost`.
        """

        def check(silent: float) -> None:
            self._check(context, time.monotonic() + silence - silent)
            if not self._transport.is_active():
                raise lost(self.address.host)

        channel = self._open("session", None, context, time.monotonic() + 20.0)
        channel.event = Watched(lambda: check(0.0))
        try:
            channel.exec_command(f"sh -c {shlex.quote(script)}")
            with Command(channel, stdin, check) as command:
                yield command
        except (SSHException, OSError, EOFError) as error:
            raise self._ended(error, context) from error
        finally:
            channel.close()

    def channel(self, host: str, port: int, context: Context, *, deadline: float = 15.0) -> Tunnel:
        """Return a socket-like stream from the server to `host`:`port` as the server sees it."""
        end = time.monotonic() + deadline
        return Tunnel(self._open("direct-tcpip", (host, port), context, end))

    def relay(self, host: str, port: int, context: Context, *, deadline: float = 10.0) -> Relay:
        """Return a stream as `channel` does whose answers are compressed with zstd at the server.

        Raises `NoRelay` where that cannot be had: no commands, no perl or zstd there, no such port.
        """
        end = time.monotonic() + deadline
        channel = None
        try:
            channel = self._open("session", None, context, end)
            channel.event = Watched(lambda: self._check(context, end))
            channel.exec_command(pump(host, port, context.line.window))
            channel.settimeout(SLICE)
            relay = Relay(channel)
            while not relay.runs():
                self._check(context, end)
            channel.settimeout(None)
            return relay
        except (SSHException, OSError, EOFError, OpsError) as error:
            said = self._complaint(channel) if channel else ""
            context.check()
            if not self._transport.is_active():
                raise lost(self.address.host) from error
            why = (said if isinstance(error, EOFError) else "") or str(error)
            raise NoRelay(
                tr("{host} cannot compress with zstd: {why}.",
                   host=self.address.host, why=why.rstrip(".")),
            ) from error  # fmt: skip

    def _complaint(self, channel: paramiko.Channel) -> str:
        """Close a command's channel; return the last line of what it complained of."""
        said = b""
        if channel.recv_stderr_ready():
            said = channel.recv_stderr(PIECE)
        channel.close()
        lines = said.decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else ""

    @property
    def alive(self) -> bool:
        """Whether the connection still stood when last heard of."""
        return self._transport.is_active()

    def answers(self, context: Context, within: float) -> bool:
        """Whether the server still opens a channel over this connection, in so many seconds."""
        if not self.alive:
            return False
        try:
            self._open("session", None, context, time.monotonic() + within).close()
        except OpsError:
            return False  # why, a new connection tells
        return True

    def wake_seldom(self) -> None:
        """Fit the connection for being kept: its thread, which waits for bytes, would look up ten
        times a second, and so would those of two hundred others."""
        with suppress(OSError):  # closed already: whoever uses it next is told
            self._stream.settimeout(_SELDOM)

    def cut(self) -> None:
        """Break the connection at once, from any thread: whoever waits for it wakes with an error.

        Quick and safe at any moment, so fit for `Context.on_cancel`.
        """
        try:
            self._stream.shutdown(socket.SHUT_RDWR)
        except OSError:
            return  # it was broken already

    def close(self) -> None:
        """End the connection and its thread."""
        self.cut()
        self._transport.close()
        # Stops paramiko's handshake timer, a thread that would hold up the end of the program.
        self._transport.packetizer.complete_handshake()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @classmethod
    def _meet(
        cls,
        address: SshAddress,
        context: Context,
        known_hosts: Path,
        end: float,
    ) -> tuple[Ssh, HostKey]:
        """Connect and exchange keys; nothing secret has travelled when this returns."""
        trusted = trusted_key(address, known_hosts)
        left = max(0.1, end - time.monotonic())
        stream = tcp.connect(address.host, address.port, context, deadline=left)
        try:
            transport = paramiko.Transport(context.line.through(stream))  # type: ignore[arg-type]  # all it uses of a socket
            transport.daemon = True
            transport.use_compression(context.line.compress)
            if trusted:
                _prefer(transport, trusted.algorithm)
        except BaseException:
            stream.close()
            raise
        ssh = cls(address, stream, transport)
        try:
            negotiated = threading.Event()
            # Ours is the only deadline: paramiko's own would pass in silence.
            transport.banner_timeout = transport.handshake_timeout = left + 5
            transport.start_client(event=negotiated)
            while not negotiated.wait(SLICE):
                ssh._check(context, end)
            if not transport.is_active():
                raise transport.get_exception() or SSHException("negotiation failed")
            key = transport.get_remote_server_key()
            return ssh, shown_key(address, key.get_name(), key.asbytes(), known_hosts)
        except (SSHException, OSError, EOFError) as error:
            ssh.close()
            context.check()
            raise ConnectionLost(
                tr("{host} answers on port {port}, but not as an SSH server we can talk to: {why}.",
                   host=address.host, port=address.port, why=str(error) or type(error).__name__),
                hint=tr("Check the port; the SSH service may also be overloaded or too old."),
            ) from error  # fmt: skip
        except BaseException:
            ssh.close()
            raise

    def _open(
        self, kind: str, target: tuple[str, int] | None, context: Context, end: float
    ) -> paramiko.Channel:
        context.check()
        try:
            with context.on_cancel(self.cut):
                return self._transport.open_channel(
                    kind,
                    dest_addr=target,
                    src_addr=("127.0.0.1", 0) if target else None,
                    timeout=max(0.1, end - time.monotonic()),
                )
        except ChannelException as error:
            if target is None:
                raise no_commands(self.address, error.text) from error
            # RFC 4254: 1 is administratively prohibited
            raise no_tunnel(
                self.address.host, target, error.text, forbidden=error.code == 1
            ) from error
        except (SSHException, OSError, EOFError) as error:
            context.check()
            late = time.monotonic() > end
            raise (too_slow if late else lost)(self.address.host) from error

    def _ended(self, error: Exception, context: Context) -> OpsError:
        """Return why a command did not come to its end."""
        context.check()
        if self._transport.is_active():
            return no_commands(self.address, str(error))
        return lost(self.address.host)

    def _check(self, context: Context, end: float) -> None:
        context.check()
        if time.monotonic() > end:
            raise too_slow(self.address.host)


def host_key(
    address: SshAddress, context: Context, *, known_hosts: Path, deadline: float = 10.0
) -> HostKey:
    """Return the key the server shows, without logging in."""
    end = time.monotonic() + deadline
    ssh, key = Ssh._meet(address, context, known_hosts, end)
    ssh.close()
    return key


def _prefer(transport: paramiko.Transport, algorithm: str) -> None:
    """Ask for the kind of key that is trusted: a server with several would else seem changed."""
    options = transport.get_security_options()
    wanted = ("rsa-sha2-512", "rsa-sha2-256") if algorithm == "ssh-rsa" else (algorithm,)
    first = [kind for kind in wanted if kind in options.key_types]
    options.key_types = tuple(first) + tuple(
        kind for kind in options.key_types if kind not in first
    )
