"""The end of what is sent to a command, told so that no end of the command overtakes it."""

from __future__ import annotations

from typing import Any

import paramiko


def end_input(channel: paramiko.Channel) -> None:
    """Say that nothing more is sent; nothing is said on a channel that is closed.

    paramiko's own `shutdown_write` marks this as said under the channel's lock, and sends it after
    letting go of it.  Where the command ends in between, our answer to that overtakes it, and
    OpenSSH breaks the whole connection over an end of input for a channel that is no more.
    """
    inside: Any = channel  # what paramiko's own `shutdown` calls has no types
    with channel.lock:
        message = inside._send_eof()
        if message is not None:
            inside.transport._send_user_message(message)
