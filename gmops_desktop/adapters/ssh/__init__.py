"""SSH with pinned host keys, a deadline and a way out of everything.

The only home of paramiko.  What leaves this package is bytes, or a finished sentence.
"""

from gmops_desktop.adapters.host_keys import ChangedHostKey, HostKey, UnknownHostKey
from gmops_desktop.adapters.ssh.command import Command
from gmops_desktop.adapters.ssh.connection import Ssh, host_key
from gmops_desktop.adapters.ssh.failures import (
    ConnectionLost,
    DeadlinePassed,
    LoginRefused,
    NoRelay,
    TunnelRefused,
)
from gmops_desktop.adapters.ssh.kept import KeptConnections
from gmops_desktop.adapters.ssh.relay import Relay
from gmops_desktop.adapters.ssh.tunnel import Tunnel

__all__ = [
    "ChangedHostKey",
    "Command",
    "ConnectionLost",
    "DeadlinePassed",
    "HostKey",
    "KeptConnections",
    "LoginRefused",
    "NoRelay",
    "Relay",
    "Ssh",
    "Tunnel",
    "TunnelRefused",
    "UnknownHostKey",
    "host_key",
]
