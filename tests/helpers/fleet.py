"""Hosts without hosts: SSH servers in this process, each on a loopback address of its own, that
really run what they are sent with `sh` in a folder of their own; beside each a website that serves
a page of that folder.

What differs from a real host: the processor, the disk and the kernel are this machine's, and `ss`
lists the host's own website alone.
"""

from __future__ import annotations

import socket
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

import paramiko
from paramiko.common import AUTH_SUCCESSFUL, OPEN_SUCCEEDED

from gmops_desktop.adapters import detached
from gmops_desktop.adapters.sections import Shell
from gmops_desktop.addresses import ProgramFiles, Resource, SshAddress, WebAddress
from gmops_desktop.context import Context, side_by_side
from gmops_desktop.contract.rollbacks import RollbackPlan, RollbackStep
from gmops_desktop.contract.runs import RunLook, RunPurpose
from gmops_desktop.services.patches.works import Changed, Played

KEYWORD: Final = "会员服务"
PAGE: Final = "<html><body><h1>会员服务</h1><p>{}</p></body></html>"
_SELDOM: Final = 5.0  # seconds between two looks of a connection's thread whether it should end


@dataclass(frozen=True)
class SimulatedHost:
    """One host: its folder holds `page.html`, `tools`, and a line in `applied` for each run."""

    number: int
    folder: Path
    address: SshAddress
    url: str

    @property
    def page(self) -> str:
        return (self.folder / "page.html").read_text("utf-8")

    @property
    def applied(self) -> int:
        """How often a change was carried out here."""
        file = self.folder / "applied"
        return len(file.read_text("utf-8").splitlines()) if file.exists() else 0

    @property
    def resources(self) -> tuple[Resource, Resource]:
        name = f"web{self.number:02}"
        program = ProgramFiles(self.address, (str(self.folder),))
        site = WebAddress(self.url, KEYWORD, program=program)
        return (
            Resource(f"host-{self.number:02}", "host", name, self.address),
            Resource(f"site-{self.number:02}", "website", f"{name} site", site),
        )


@contextmanager
def fleet(folder: Path, known_hosts: Path, count: int) -> Iterator[tuple[SimulatedHost, ...]]:
    """Serve `count` hosts below `folder` until the block ends; their keys are pinned."""
    key = paramiko.ECDSAKey.generate()
    hosts, closing, webs = [], [], []
    lines = []
    try:
        for number in range(1, count + 1):
            ip, own = f"127.0.9.{number}", folder / f"{number:02}"
            (own / "tools").mkdir(parents=True)
            (own / "page.html").write_text(PAGE.format("as it was"), "utf-8")
            web = ThreadingHTTPServer((ip, 0), _pages(own))
            web.daemon_threads = True
            threading.Thread(target=web.serve_forever, daemon=True).start()
            webs.append(web)
            port = web.server_address[1]
            ss = own / "tools" / "ss"
            ss.write_text(
                "#!/bin/sh\necho 'Netid State Recv-Q Send-Q Local:Port Peer:Port'\n"
                f"echo 'tcp LISTEN 0 5 {ip}:{port} 0.0.0.0:*'\n"
            )
            ss.chmod(0o755)
            door = socket.create_server((ip, 0), backlog=16)
            threading.Thread(target=_serve, args=(door, key, own), daemon=True).start()
            closing.append(door.close)
            address = SshAddress(ip, door.getsockname()[1], "ops")
            lines.append(f"[{ip}]:{address.port} {key.get_name()} {key.get_base64()}\n")
            hosts.append(SimulatedHost(number, own, address, f"http://{ip}:{port}/"))
        known_hosts.parent.mkdir(parents=True, exist_ok=True)
        known_hosts.write_text("".join(lines), "ascii")
        yield tuple(hosts)
    finally:
        side_by_side([web.shutdown for web in webs])
        closing += [web.server_close for web in webs]
        for close in closing:
            close()


def _pages(folder: Path) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = (folder / "page.html").read_bytes()
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Keep no log of requests."""

    return Handler


class _Host(paramiko.ServerInterface):
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get_allowed_auths(self, username: str) -> str:
        return "password"

    def check_auth_password(self, username: str, password: str) -> int:
        return AUTH_SUCCESSFUL

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return OPEN_SUCCEEDED

    def check_channel_exec_request(self, channel: paramiko.Channel, command: bytes) -> bool:
        threading.Thread(target=self._run, args=(channel, command), daemon=True).start()
        return True

    def _run(self, channel: paramiko.Channel, command: bytes) -> None:
        with suppress(OSError, EOFError, paramiko.SSHException):  # who asked is gone again
            asked = b""
            while piece := channel.recv(65536):
                asked += piece
            tools = f"PATH={self._folder}/tools:/usr/sbin:".encode()
            ran = subprocess.run(
                ["sh", "-c", command.decode()],
                input=asked.replace(b"PATH=/usr/sbin:", tools, 1),
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=self._folder, check=False,
                env={
                    "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
                    "GMOPS_RUNS": str(self._folder / "runs"), "HOME": str(self._folder),
                },
            )  # fmt: skip
            channel.sendall(ran.stdout)
            channel.send_exit_status(ran.returncode)
            channel.close()


def _serve(door: socket.socket, key: paramiko.PKey, folder: Path) -> None:
    with suppress(OSError):  # the door was closed
        while True:
            stream, _ = door.accept()
            transport = paramiko.Transport(stream)
            transport.add_server_key(key)
            with suppress(EOFError, paramiko.SSHException):
                transport.start_server(event=threading.Event(), server=_Host(folder))
                with suppress(OSError):  # whoever came is gone again
                    stream.settimeout(_SELDOM)


# ---------------------------------------------------------------- the work on such a host

# `gate` is a pipe that a test opens when the run may go on; `broken` lets the step fail, `bad` lets
# it place a page without its word.
_APPLY: Final = """
step place 'cd "$HOST_FOLDER" || exit 1
if [ -p gate ]; then read line <gate; fi
echo begun >>applied
if [ -e broken ]; then echo "cannot place the page" >&2; exit 3; fi
if [ -e bad ]; then echo "Index of /" >page.new; else cp page.wanted page.new; fi
mv page.new page.html'
tell page "$(sha256sum <"$HOST_FOLDER/page.html")"
"""
_BACK: Final = """
step back 'cd "$HOST_FOLDER" && cp page.old page.new && mv page.new page.html'
"""


class PageWork:
    """Places another page in a host's folder, by a run that goes on there by itself.

    `shells` opens a way to a host, `folders` are the hosts' by their resource.
    """

    def __init__(
        self,
        shells: Callable[[Resource, Context], AbstractContextManager[Shell]],
        folders: Mapping[str, Path],
        now: Callable[[], datetime],
    ) -> None:
        self._shells, self._folders, self._now = shells, folders, now

    def play(self, host: Resource, plan: Mapping[str, Any], context: Context) -> Played:
        return Played(plan, (), "", 50 * 1024**3, 0, self._now())

    def prepare(
        self, host: Resource, plan: Mapping[str, Any], change_id: str, context: Context
    ) -> RollbackPlan:
        script = (
            f"cd {self._folders[host.id]} && cat >page.wanted <<'EOF'\n{plan['page']}\nEOF\n"
            "[ -e page.old ] || cp page.html page.old"
        )
        with self._shells(host, context) as shell:
            status, output = shell.run(script, context, deadline=30)
        assert not status, output
        return RollbackPlan(self._now(), (RollbackStep("back", "The page as it was."),))

    def start(
        self,
        host: Resource,
        plan: Mapping[str, Any],
        change_id: str,
        run_id: str,
        purpose: RunPurpose,
        context: Context,
    ) -> None:
        script = _APPLY if purpose == "apply" else _BACK
        there = f"HOST_FOLDER={self._folders[host.id]}; export HOST_FOLDER\n"
        with self._shells(host, context) as shell:
            detached.start(shell, run_id, there + script, context)

    def changed(
        self, host: Resource, plan: Mapping[str, Any], change_id: str, context: Context
    ) -> tuple[Changed, ...]:
        return ()

    def look_run(self, host: Resource, run_id: str, offset: int, context: Context) -> RunLook:
        with self._shells(host, context) as shell:
            return detached.look(shell, run_id, context, offset)


def resources_of(hosts: Sequence[SimulatedHost]) -> tuple[Resource, ...]:
    return tuple(one for host in hosts for one in host.resources)
