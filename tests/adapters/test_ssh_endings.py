"""What is sent to a command ends before the command's channel does, however close the two are."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

from gmops_desktop.adapters import host_keys, ssh
from gmops_desktop.adapters.ssh import Ssh
from gmops_desktop.context import Context
from sandbox.sshd import Sshd

EOF, CLOSE = 96, 97  # RFC 4254, 5.3


def test_a_command_that_ends_as_its_input_does_breaks_no_connection(
    sshd: Sshd, tmp_path: Path
) -> None:
    """The end of the input is held up on its way until our answer to the command's end went out,
    or half a second, in which it would have: OpenSSH does not forgive the wrong order."""
    known = tmp_path / "known_hosts"
    key = ssh.host_key(sshd.address, Context(), known_hosts=known)
    host_keys.trust(sshd.address, key, known)
    with Ssh.open(sshd.address, Context(), password=None, known_hosts=known) as connection:
        transport: Any = connection._transport
        send, closed, order = transport._send_user_message, threading.Event(), list[int]()

        def held_up(message: Any) -> None:
            kind = message.asbytes()[0]
            if kind == EOF:
                closed.wait(0.5)
            send(message)
            if kind in (EOF, CLOSE):
                order.append(kind)
            if kind == CLOSE:
                closed.set()

        transport._send_user_message = held_up
        with connection.command("exec true", Context(), stdin=[b"x"]) as command:
            command.readall()
        transport._send_user_message = send
        assert connection.run("echo there", Context()) == (0, b"there\n")
    assert order[:2] == [EOF, CLOSE]
