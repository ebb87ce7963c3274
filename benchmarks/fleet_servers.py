"""Stand-ins for many hosts: SSH servers in this process that answer a look with a recorded answer.

    python -m benchmarks.fleet_servers RECORDED SECONDS COUNT

Listens on so many ports of the loopback, prints the host key and the ports, and serves until its
standard input ends.  The answer is what the real script printed on this machine, with the markers
of whoever asks and an uptime that goes on; it comes after as many seconds as the script took.
Any user and password is let in.
"""

from __future__ import annotations

import re
import socket
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

import paramiko
from paramiko.common import AUTH_SUCCESSFUL, OPEN_SUCCEEDED

RECORDED_AS: Final = "recorded"  # the random word in the recorded answer
_SELDOM: Final = 5.0  # seconds between two looks of a connection's thread whether it should end
_UPTIME: Final = re.compile(rb"(?<= B uptime\n)([\d.]+)")


class _Host(paramiko.ServerInterface):
    def __init__(self, recorded: bytes, seconds: float) -> None:
        self._recorded, self._seconds = recorded, seconds
        self._begun = time.monotonic()

    def get_allowed_auths(self, username: str) -> str:
        return "password"

    def check_auth_password(self, username: str, password: str) -> int:
        return AUTH_SUCCESSFUL

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return OPEN_SUCCEEDED

    def check_channel_exec_request(self, channel: paramiko.Channel, command: bytes) -> bool:
        threading.Thread(target=self._answer, args=(channel,), daemon=True).start()
        return True

    def _answer(self, channel: paramiko.Channel) -> None:
        with suppress(OSError, EOFError, paramiko.SSHException):
            asked = b""
            while piece := channel.recv(65536):
                asked += piece
            threading.Event().wait(self._seconds)
            word = asked.split(b"\n", 1)[0].removeprefix(b"N=")
            answer = self._recorded.replace(RECORDED_AS.encode(), word)
            channel.sendall(_UPTIME.sub(self._later, answer, count=1))
            channel.send_exit_status(0)
            channel.close()

    def _later(self, found: re.Match[bytes]) -> bytes:
        return b"%.2f" % (float(found[1]) + time.monotonic() - self._begun)


def _serve(door: socket.socket, key: paramiko.PKey, host: _Host) -> None:
    while True:
        stream, _ = door.accept()
        transport = paramiko.Transport(stream)
        transport.add_server_key(key)
        transport.start_server(event=threading.Event(), server=host)
        with suppress(OSError):  # whoever came is gone again
            stream.settimeout(_SELDOM)


def main() -> None:
    """Serve until nobody is left who would ask."""
    recorded, seconds, count = Path(sys.argv[1]).read_bytes(), float(sys.argv[2]), int(sys.argv[3])
    key = paramiko.ECDSAKey.generate()
    host = _Host(recorded, seconds)
    doors = [socket.create_server(("127.0.0.1", 0), backlog=8) for _ in range(count)]
    for door in doors:
        threading.Thread(target=_serve, args=(door, key, host), daemon=True).start()
    ports = (str(door.getsockname()[1]) for door in doors)
    print(key.get_name(), key.get_base64(), *ports, flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
