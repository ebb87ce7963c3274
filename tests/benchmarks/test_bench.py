"""The benchmark measures what it says: every contestant, over a line that has the rate it names."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.proxy import Proxy
from benchmarks.results import (
    DAILY,
    DUMP,
    FIRST,
    LOOPBACK,
    OURS,
    PREVIEW,
    RESTORE,
    RESTORE_ONE,
    SAME,
    SSH_DUMP,
    SSH_LOAD,
    Results,
    Sample,
)
from strange_servers import listener

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.servers
def test_a_tiny_run_measures_every_contestant(tmp_path: Path) -> None:
    words = ["--tiny", "--proxy", "--rate", "10", "--only", "loopback", "line"]
    ran = subprocess.run(
        [sys.executable, "-m", "benchmarks", *words, "--out", tmp_path / "out"],
        cwd=ROOT,
        env={**os.environ, "GMOPS_BENCH_CACHE": str(tmp_path / "cache")},
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout[-2000:] + ran.stderr[-2000:]
    told = json.loads((tmp_path / "out" / "results.json").read_text("utf-8"))
    samples = told["samples"]
    assert {LOOPBACK, FIRST, DAILY, SAME} <= samples.keys()
    for scenario, rival in ((LOOPBACK, DUMP), *((name, SSH_DUMP) for name in (FIRST, DAILY, SAME))):
        assert all(sample["seconds"] > 0 for sample in samples[scenario][OURS])
        assert all(sample["seconds"] > 0 for sample in samples[scenario][rival])
    for scenario in (FIRST, DAILY, SAME):
        for who in (OURS, SSH_DUMP):
            assert all(sample["line_bytes"] > 1_000 for sample in samples[scenario][who])
    assert samples[FIRST][OURS][0]["memory"] > 20_000_000
    assert "CHECKSUM TABLE of every table as on the server" in told["facts"]["last daily archive"]
    assert "Mbit/s" in told["facts"]["line"]
    assert len(told["bars"]) == 7
    page = (tmp_path / "out" / "results.md").read_text("utf-8")
    assert all(name in page for name in (LOOPBACK, FIRST, DAILY, SAME))
    kept = [folder.name for folder in (tmp_path / "cache").iterdir()]
    assert len(kept) == 1, f"only the seeded data may stay: {kept}"


def test_medians_ratios_and_bars() -> None:
    results = Results()
    for seconds in (300.0, 310.0, 5.0):
        results.add(DAILY, SSH_DUMP, Sample(seconds, 200_000_000))
    for seconds in (15.0, 16.0, 700.0):
        results.add(DAILY, OURS, Sample(seconds, 6_000_000, memory=299_000_000))
    assert results.median(DAILY, SSH_DUMP, "seconds") == 300
    time_, bytes_, memory = results.verdicts()
    assert (time_.met, time_.found) == (True, "1/18.8")
    assert (bytes_.met, bytes_.found, bytes_.bar) == (False, "1/33.3", "at most 1/40.0")
    assert memory.met
    titles, theirs, ours = results.rows()
    assert theirs[1] == SSH_DUMP
    assert ours[1] == OURS
    assert dict(zip(titles, ours, strict=True))["× time"] == "1/18.8"


def test_a_preview_and_a_restore_are_held_against_the_same_rival() -> None:
    results = Results()
    results.add(RESTORE_ONE, SSH_LOAD, Sample(500.0, 300_000_000))
    results.add(RESTORE_ONE, PREVIEW, Sample(10.0, 90_000))
    results.add(RESTORE_ONE, RESTORE, Sample(50.0, 900_000))
    preview, restore = results.verdicts()
    assert (preview.met, preview.found) == (True, "1/50.0")
    assert PREVIEW in preview.what
    assert (restore.met, restore.found, restore.bar) == (False, "1/10.0", "at most 1/12.0")
    assert [row[1] for row in results.rows()[1:]] == [SSH_LOAD, PREVIEW, RESTORE]


def _sending(size: int) -> Callable[[socket.socket], None]:
    def send(stream: socket.socket) -> None:
        stream.sendall(bytes(size))
        stream.shutdown(socket.SHUT_WR)

    return send


def _received(port: int) -> int:
    total = 0
    with socket.create_connection(("127.0.0.1", port)) as stream:
        stream.settimeout(20)
        while data := stream.recv(65536):
            total += len(data)
    return total


def test_the_proxy_keeps_its_rate_whatever_the_connections() -> None:
    with listener(_sending(200_000)) as port, Proxy(port, rate=8e6).listening() as proxy:
        begun = time.monotonic()
        threads = [threading.Thread(target=_received, args=(proxy.port,)) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        seconds = time.monotonic() - begun
    assert proxy.down == 600_000
    assert seconds > 0.5, "600 kB over 1 MB/s"


def test_the_proxy_cuts_at_a_byte_and_can_be_mended() -> None:
    with listener(_sending(300_000)) as port, Proxy(port).listening() as proxy:
        proxy.cut_after = 100_000
        assert _received(proxy.port) < 100_000
        assert proxy.is_cut
        assert _received(proxy.port) == 0
        proxy.mend()
        assert _received(proxy.port) == 300_000
