"""The line is counted, measured, and held under a limit."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from gmops_desktop.lines import Line


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    near, far = socket.socketpair()
    with near, far:
        yield near, far


def test_what_passes_is_counted_both_ways(pair: tuple[socket.socket, socket.socket]) -> None:
    line = Line()
    near, far = line.through(pair[0]), pair[1]
    near.send(b"abc")
    assert far.recv(10) == b"abc"
    far.sendall(b"defgh")
    assert near.recv(10) == b"defgh"
    assert line.travelled == 8


def test_a_limit_makes_the_reader_late() -> None:
    line = Line(limit=100_000)
    begun = time.monotonic()
    for _ in range(6):
        line.received(10_000)
    assert time.monotonic() - begun > 0.4  # 60 kB, of which a tenth of a second's worth is free


def test_a_limit_holds_for_all_of_a_jobs_connections_together() -> None:
    line = Line(limit=200_000)
    begun = time.monotonic()
    readers = [
        threading.Thread(target=lambda: [line.received(10_000) for _ in range(6)]) for _ in range(2)
    ]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    assert time.monotonic() - begun > 0.4
    assert line.travelled == 120_000


def test_what_the_line_carried_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    line = Line()
    for _ in range(30):
        line.received(60_000)
        now[0] += 0.1
    assert line.rate == pytest.approx(600_000, rel=0.15)
    now[0] += 60  # the server thinks: nothing comes, and the line is no slower for it
    line.received(10)
    assert line.rate == pytest.approx(600_000, rel=0.15)


def test_a_line_says_by_what_it_is_compressed() -> None:
    assert Line().compression == ""
    assert Line(compress=True).compression == "ssh"
    assert Line(compress=True, at_source=True).compression == "zstd"
