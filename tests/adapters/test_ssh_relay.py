"""A tunnel that compresses at the far end: every byte comes, at once, and nothing stays there."""

from __future__ import annotations

import os
import random
import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gmops_desktop.adapters import host_keys, ssh
from gmops_desktop.adapters.ssh import Ssh
from gmops_desktop.context import Context
from gmops_desktop.errors import Cancelled
from relays import gone, pumps
from sandbox.sshd import Sshd


@contextmanager
def logged_in(sshd: Sshd, folder: Path, context: Context) -> Iterator[Ssh]:
    hosts = folder / "known_hosts"
    key = ssh.host_key(sshd.address, context, known_hosts=hosts)
    host_keys.trust(sshd.address, key, hosts)
    with Ssh.open(sshd.address, context, password=None, known_hosts=hosts) as server:
        yield server


@contextmanager
def target(serve: Callable[[socket.socket], object]) -> Iterator[int]:
    """Let `serve` talk with whoever connects; give the port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def accept() -> None:
            try:
                stream, _ = listener.accept()
            except OSError:
                return  # nobody came
            with stream:
                serve(stream)

        thread = threading.Thread(target=accept)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join(10)
            assert not thread.is_alive()


def echo(stream: socket.socket) -> None:
    while data := stream.recv(65536):
        stream.sendall(data)


def test_every_size_of_answer_comes_at_once(sshd: Sshd, tmp_path: Path, context: Context) -> None:
    """Blocks of zstd are 128 KiB: answers end before, on and behind their borders."""
    chance = random.Random(1)
    sizes = [1, 3, 4, 5, *range(131_060, 131_080), 262_144, 1_000_003]
    with target(echo) as port, logged_in(sshd, tmp_path, context) as server:
        relay = server.relay("127.0.0.1", port, context)
        relay.settimeout(10)
        reader = relay.makefile()
        for size in sizes:
            data = chance.randbytes(size)
            threading.Thread(target=relay.sendall, args=(data,)).start()
            assert reader.read(size) == data
        relay.close()
        assert gone(port)


def test_what_is_sent_is_packed_where_that_is_worth_it(
    sshd: Sshd, tmp_path: Path, context: Context
) -> None:
    """Whole, in order, whatever its size: some frames go packed, and others as they are."""
    rows = b"".join(b"(%d,'the same words again'),\n" % number for number in range(150_000))
    pieces = [b"SELECT 1", rows[: 32 << 10], b"x", rows, rows[: (32 << 10) - 1], os.urandom(99_999)]
    came = bytearray()

    def keep(stream: socket.socket) -> None:
        while len(came) < sum(map(len, pieces)):
            came.extend(stream.recv(65536))
        stream.sendall(b"all")

    with target(keep) as port, logged_in(sshd, tmp_path, context) as server:
        relay = server.relay("127.0.0.1", port, context)
        relay.settimeout(20)
        before = context.line.travelled
        for piece in pieces:
            relay.sendall(memoryview(piece))
        assert relay.makefile().read(3) == b"all"
        assert bytes(came) == b"".join(pieces)
        assert context.line.travelled - before < len(came) // 8
        relay.close()
        assert gone(port)


def test_what_repeats_does_not_travel(sshd: Sshd, tmp_path: Path, context: Context) -> None:
    text = b"".join(b"(%d,'the same words again'),\n" % number for number in range(40_000))

    def tell(stream: socket.socket) -> None:
        stream.sendall(text)

    with target(tell) as port, logged_in(sshd, tmp_path, context) as server:
        before = context.line.travelled
        reader = server.relay("127.0.0.1", port, context).makefile()
        assert reader.read() == text
        assert context.line.travelled - before < len(text) / 5
        assert gone(port)


def test_who_falls_silent_can_be_cut(sshd: Sshd, tmp_path: Path, context: Context) -> None:
    with target(echo) as port, logged_in(sshd, tmp_path, context) as server:
        relay = server.relay("127.0.0.1", port, context)
        threading.Timer(0.3, relay.close).start()
        assert relay.recv(10) == b""
        assert gone(port)


def test_a_target_that_is_not_there(sshd: Sshd, tmp_path: Path, context: Context) -> None:
    with logged_in(sshd, tmp_path, context) as server:
        with pytest.raises(ssh.NoRelay, match="Connection refused"):
            server.relay("127.0.0.1", 1, context)
        assert server.run("echo alive", context) == (0, b"alive\n")


@contextmanager
def host_with(folder: Path, tools: list[str], perl: str = "") -> Iterator[Sshd]:
    """Run an SSH server on which only `tools` are found; `perl` is a shell script in its place."""
    path = folder / "bin"
    path.mkdir()
    for tool in ("sh", *tools):
        (path / tool).symlink_to(str(shutil.which(tool)))
    if perl:
        (path / "perl").write_text(f"#!/bin/sh\n{perl}\n")
        (path / "perl").chmod(0o755)
    with Sshd(folder / "sshd", environment={"PATH": str(path)}) as server:
        yield server


@pytest.mark.parametrize(
    ("tools", "lacking"),
    [(["perl", "stdbuf"], "no zstd"), (["perl", "zstd"], "no stdbuf"), (["zstd"], "perl")],
)
def test_a_host_without_the_tools(
    tools: list[str], lacking: str, tmp_path: Path, context: Context
) -> None:
    with (
        host_with(tmp_path, tools) as sshd,
        logged_in(sshd, tmp_path, context) as server,
        pytest.raises(ssh.NoRelay, match=lacking),
    ):
        server.relay("127.0.0.1", 1, context)


def test_an_account_that_only_talks(tmp_path: Path, context: Context) -> None:
    with (
        host_with(tmp_path, [], "echo This account is for backups only.") as sshd,
        logged_in(sshd, tmp_path, context) as server,
        pytest.raises(ssh.NoRelay, match="what came is not compressed"),
    ):
        server.relay("127.0.0.1", 1, context)


def test_a_pump_that_never_begins_is_given_up(tmp_path: Path, context: Context) -> None:
    with (
        host_with(tmp_path, ["sleep"], "exec sleep 20") as sshd,
        logged_in(sshd, tmp_path, context) as server,
    ):
        with pytest.raises(ssh.NoRelay, match="did not finish in time"):
            server.relay("127.0.0.1", 1, context, deadline=1)
        threading.Timer(0.3, context.cancel).start()
        with pytest.raises(Cancelled):
            server.relay("127.0.0.1", 1, context)


def test_the_pump_is_polite(sshd: Sshd, tmp_path: Path, context: Context) -> None:
    with target(echo) as port, logged_in(sshd, tmp_path, context) as server:
        relay = server.relay("127.0.0.1", port, context)
        assert [os.getpriority(os.PRIO_PROCESS, pid) for pid in pumps(port)] == [10]
        relay.close()
        assert gone(port)


def test_a_desert_does_not_fill_the_memory(sshd: Sshd, tmp_path: Path, context: Context) -> None:
    """400 MB of zeros travel as some kilobytes, and are unpacked as they are read."""
    size = 400 << 20

    def tell(stream: socket.socket) -> None:
        zeros = bytes(1 << 20)
        for _ in range(size >> 20):
            stream.sendall(zeros)

    with target(tell) as port, logged_in(sshd, tmp_path, context) as server:
        relay = server.relay("127.0.0.1", port, context)
        relay.settimeout(10)
        seen = largest = 0
        while piece := relay.recv(size):
            seen, largest = seen + len(piece), max(largest, len(piece))
        assert seen == size
        assert largest < 32 << 20
        assert gone(port)
